"""The loader: text stays text, and what surprises people is refused at its place."""

from __future__ import annotations

from typing import Any

import pytest

from hub.mapping.faults import Faults
from hub.mapping.positions import MAX_BYTES, Entries, Scalar, parse
from hub.mapping.reading import data


def parsed(text: str | bytes) -> tuple[Any, list[str]]:
    faults = Faults()
    raw = text if isinstance(text, bytes) else text.encode()
    node = parse("f.yaml", raw, faults)
    return node, [f"{fault.code} {fault.line}:{fault.column}" for fault in faults.found]


@pytest.mark.parametrize(
    "scalar",
    ["NO", "on", "yes", "0123", "12.10", "1:30", "1_000", "2026-06-01", "00981", "1e3", ".inf"],
)
def test_a_scalar_stays_the_text_it_is(scalar: str) -> None:
    node, faults = parsed(f"a: {scalar}\n")
    assert data(node) == {"a": scalar}
    assert faults == []


@pytest.mark.parametrize("nothing", ["", "null", "~"])
def test_null_is_written_in_three_plain_ways(nothing: str) -> None:
    node, _ = parsed(f"a: {nothing}\n")
    assert data(node) == {"a": None}


@pytest.mark.parametrize("text", ["'null'", '"~"', '""', "NULL", "None"])
def test_quoted_or_other_words_are_not_null(text: str) -> None:
    node, _ = parsed(f"a: {text}\n")
    assert data(node) == {"a": text.strip("'\"")}


def test_only_unquoted_true_and_false_are_booleans_in_data() -> None:
    node, _ = parsed("a: [true, false, 'true', True, yes]\n")
    assert data(node) == {"a": [True, False, "true", "True", "yes"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", ["E002 3:1"], id="duplicate-key"),
        pytest.param("a: &x 1\n", ["E004 1:4"], id="anchor"),
        pytest.param("a: &x 1\nb: *x\n", ["E004 1:4", "E004 2:4"], id="alias"),
        pytest.param("a: !!int 1\n", ["E004 1:4"], id="tag"),
        pytest.param("a: !python/object:os.system 1\n", ["E004 1:4"], id="python-tag"),
        pytest.param("a: 1\n---\nb: 2\n", ["E004 2:1"], id="second-document"),
        pytest.param("a:\n\tb: 1\n", ["E004 2:1"], id="tab"),
        pytest.param("? [a, b]\n: 1\n", ["E004 1:3"], id="list-as-key"),
        pytest.param("a: [1, 2\n", ["E001 2:1"], id="open-bracket"),
        pytest.param("a: {t: {x} y}\n", ["E001 1:12"], id="braces-without-quotes"),
        pytest.param("order_no：number\nb: 1\n", ["E003 2:2"], id="full-width-colon"),
        pytest.param(b"a: \xff\xfe\n", ["E001 1:0"], id="not-utf-8"),
    ],
)
def test_what_surprises_people_is_refused_with_its_place(
    text: str | bytes, expected: list[str]
) -> None:
    assert parsed(text)[1] == expected


def test_an_alias_bomb_is_refused_and_never_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    _, faults = parsed("\n".join(lines) + "\n")
    assert {fault.split()[0] for fault in faults} == {"E004"}


def test_a_file_that_is_too_large_is_refused() -> None:
    assert parsed(b"#" * (MAX_BYTES + 1))[1] == ["E005 0:0"]


def test_nesting_deeper_than_allowed_is_refused() -> None:
    node, faults = parsed("a: " + "[" * 200 + "]" * 200 + "\n")
    assert node is None
    assert [fault.split()[0] for fault in faults] == ["E005"]


def test_too_many_entries_are_refused() -> None:
    assert parsed("a: [" + "x," * 30_000 + "]\n")[1][0].startswith("E005")


def test_places_count_characters_not_bytes() -> None:
    node, _ = parsed('中文: {"键": 值}\n')
    assert isinstance(node, Entries)
    inner = node.pairs[0][1]
    assert isinstance(inner, Entries)
    value = inner.pairs[0][1]
    assert isinstance(value, Scalar)
    assert (value.place.line, value.place.column) == (1, 11)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    node, faults = parsed("\ufeffa: 1\n".encode())
    assert data(node) == {"a": "1"}
    assert faults == []


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_said_to_be_empty(text: str) -> None:
    assert parsed(text) == (None, ["E105 0:0"])
