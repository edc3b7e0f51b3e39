"""`hub doctor`: whether the mapping files of the folder are those in force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Hub

MAPPING = (
    "mapping: mine\nfrom: {connector: there, stream: things}\n"
    "to: {connector: here, operation: put}\nfields: {x: a}\n"
)


def told(hub: Hub) -> dict[str, str]:
    rows = map(json.loads, hub("doctor", "--json", "--timeout", "5").out.splitlines())
    return {row["check"]: f"{row['code']} {row['words']}" for row in rows}


def test_a_folder_that_is_in_force_is_not_mentioned(hub: Hub, filled: Path) -> None:
    assert "in force" not in told(hub)


@pytest.mark.parametrize("watches", [False, True])
def test_a_folder_that_is_not_in_force_is_a_finding_where_nobody_watches_it(
    hub: Hub, filled: Path, watches: bool
) -> None:
    folder = filled / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / "mine.yaml").write_text(MAPPING, "utf-8")
    with (filled / "hub.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"mappings_watch: {str(watches).lower()}\n")
    words = told(hub)["in force"]
    assert words.startswith("0" if watches else "1")
    assert "hub map apply" in words
