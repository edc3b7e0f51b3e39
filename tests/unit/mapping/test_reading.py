"""Plain data in mapping files, such as the documents of inline tests."""

from __future__ import annotations

from typing import Any

import pytest

from hub.mapping.reading import data
from hub.yamlreader import parse


def read(text: str) -> Any:
    root = parse(text.encode()).root
    assert root is not None
    return data(root)


def test_only_unquoted_true_and_false_are_booleans() -> None:
    assert read("[true, false, 'true', True, yes]") == [True, False, "true", "True", "yes"]


@pytest.mark.parametrize("nothing", ["", "null", "~"])
def test_nothing_is_written_in_three_plain_ways(nothing: str) -> None:
    assert read(f"a: {nothing}\n") == {"a": None}


@pytest.mark.parametrize("text", ["'null'", '"~"', '""', "NULL", "None", "00981", "12.10", "NO"])
def test_all_else_stays_the_text_it_is(text: str) -> None:
    assert read(f"a: [{text}]\n") == {"a": [text.strip("'\"")]}
