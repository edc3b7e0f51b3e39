"""The one reader of YAML files: text stays text, and what surprises is refused at its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.yamlfile import Entries, Scalar, YamlFile, texts
from hub.yamlreader import MAX_BYTES, parse, read


def file_of(text: str) -> YamlFile:
    return parse(text.encode())


def faults(text: str | bytes) -> list[str]:
    found = parse(text if isinstance(text, bytes) else text.encode()).faults
    return [f"{fault.line}:{fault.column} {fault.code}" for fault in found]


# ---- what is read


@pytest.mark.parametrize(
    "scalar",
    ["NO", "on", "true", "00981", "12.10", "1:30", "2026-06-01", "1e3", ".inf", "null", "~"],
)
def test_a_scalar_stays_the_text_it_is(scalar: str) -> None:
    file = file_of(f"a: {scalar}\n")
    assert file.content == {"a": scalar}
    assert file.faults == ()


def test_what_is_empty_is_nothing_but_not_in_quotes() -> None:
    assert file_of("a:\nb: ''\nc:\n- \n- ''\n").content == {"a": None, "b": "", "c": [None, ""]}


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_has_no_content_and_no_fault(text: str) -> None:
    assert file_of(text) == YamlFile("")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert file_of("\ufeffa: 1\n") == file_of("a: 1\n")


@pytest.mark.parametrize("text", ["备注: 你好：世界", "'金额（元）': x"])
def test_full_width_punctuation_in_values_and_quoted_keys_is_text(text: str) -> None:
    assert faults(text) == []


def test_places_count_characters_not_bytes() -> None:
    assert str(file_of('中文: {"键": 值}\n').fault("E1", "no.", ("中文", "键"))) == "1:11  E1 no."


@pytest.mark.parametrize(
    ("way", "key", "place"),
    [
        (("a", "b"), False, "2:6"),
        (("a", "b"), True, "2:3"),
        (("a", "b", 1), False, "2:10"),
        (("a", "b", 1), True, "2:10"),
        (("a", "b", 7), False, "2:6"),
        (("a", "c", "d"), False, "2:3"),
        (("a", "c", "d"), True, "1:1"),
        (("z",), False, "1:1"),
    ],
)
def test_a_fault_stands_at_its_place_or_at_what_is_around_it(
    way: tuple[str | int, ...], key: bool, place: str
) -> None:
    file = file_of("a:\n  b: [1, 2]")
    assert str(file.fault("E1", "no.", way, key=key)) == f"{place}  E1 no."


@pytest.mark.parametrize("way", [("a", "z"), ("a", "b", 2), ("a", "b", 0, "c"), ("z",)])
def test_a_way_that_leads_nowhere_ends_at_nothing(way: tuple[str | int, ...]) -> None:
    assert file_of("a:\n  b: [1, 2]").at(way) is None


@pytest.mark.parametrize(("text", "column"), [("abc", 3), ("'abc'", 4)])
def test_the_place_of_a_character_counts_the_quote_before_it(text: str, column: int) -> None:
    scalar = file_of(text).root
    assert isinstance(scalar, Scalar)
    assert scalar.at(2).column == column
    assert scalar.at(2, 1).end_column == column + 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(">-\n  ab +\n  cd", "ab + cd", id="folded"),
        pytest.param("|\n  ab +\n  cd", "ab +\ncd", id="block"),
        pytest.param("ab +\n  cd", "ab + cd", id="over-two-lines"),
        pytest.param("'ab +\n  cd'", "ab + cd", id="quoted-over-two-lines"),
        pytest.param(r'"a\"b + cd"', 'a"b + cd', id="escaped"),
        pytest.param("'a''b + cd'", "a'b + cd", id="a-quote-twice"),
    ],
)
def test_a_character_of_a_text_that_reads_otherwise_than_it_stands_has_the_place_of_the_text(
    value: str, text: str
) -> None:
    root = file_of(f"key: {value}").root
    assert isinstance(root, Entries)
    scalar = root.pairs[0][1]
    assert isinstance(scalar, Scalar)
    assert scalar.text == text
    place = scalar.at(5, 2)
    assert (place.line, place.column, place.width) == (1, 6, 0)


# ---- what is refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", ["3:1 E002"], id="duplicate-key"),
        pytest.param("a: &x 1\n", ["1:4 E004"], id="anchor"),
        pytest.param("a: &x 1\nb: *x\n", ["1:4 E004", "2:4 E004"], id="alias"),
        pytest.param("a: !!int 1\n", ["1:4 E004"], id="tag"),
        pytest.param("a: !python/object:os.system 1\n", ["1:4 E004"], id="python-tag"),
        pytest.param("a: 1\n---\nb: 2\n", ["2:1 E004"], id="second-document"),
        pytest.param("a:\n\tb: 1\n", ["2:1 E004"], id="tab"),
        pytest.param("a: 1\t# x\nb: 2\t# y\n", ["1:5 E004", "2:5 E004"], id="tabs"),
        pytest.param("? [a, b]\n: 1\n", ["1:3 E004"], id="list-as-key"),
        pytest.param("? [a]\n: 1\n? [a]\n: 1\n", ["1:3 E004", "3:3 E004"], id="lists-as-keys"),
        pytest.param("a: [1, 2\n", ["2:1 E001"], id="open-bracket"),
        pytest.param("a: {t: {x} y}\n", ["1:12 E001"], id="braces-without-quotes"),
        pytest.param("a: 你好，世界: x\n", ["1:9 E001"], id="second-colon-after-prose"),
        pytest.param("'a：b': c: d\n", ["1:9 E001"], id="second-colon-after-a-quoted-key"),
        pytest.param("中：文: 1\nb: c: d\n", ["1:2 E003", "2:5 E001"], id="two-in-two-lines"),
        pytest.param("\ufeffa:\t1\n", ["1:3 E004"], id="tab-after-a-byte-order-mark"),
        pytest.param("中：文: {b: 1}\n", ["1:2 E003"], id="full-width-in-a-key"),
        pytest.param("a: {金额（元）: 1}\n", ["1:7 E003"], id="full-width-in-an-inner-key"),
        pytest.param("order_no：number\nb: 1\n", ["1:9 E003"], id="full-width-colon"),
        pytest.param("a: {b: 1，c: 2}\n", ["1:9 E003"], id="full-width-comma"),
        pytest.param("a: '：'\nb：1\nc: 2\n", ["2:2 E003"], id="full-width-colon-after-quoted-one"),
        pytest.param("a: [1, 2］\nb: 3\n", ["1:9 E003"], id="full-width-bracket"),
        pytest.param("中文: 字\nb: 中文字\nc: \x01\n", ["3:0 E001"], id="control-character"),
        pytest.param(b"a: 1\nb: \xff\xfe\n", ["2:0 E001"], id="not-utf-8"),
        pytest.param(b"#" * (MAX_BYTES + 1), ["0:0 E005"], id="too-large"),
        pytest.param("a: " + "[" * 200 + "]" * 200, ["1:36 E005"], id="too-deep"),
        pytest.param("a: [" + "x," * 30_000 + "]\n", ["1:39999 E005"], id="too-many"),
    ],
)
def test_what_surprises_people_is_refused_with_its_place(
    text: str | bytes, expected: list[str]
) -> None:
    assert faults(text) == expected


def test_the_largest_and_the_deepest_file_are_read() -> None:
    assert faults(b"#" * MAX_BYTES) == []
    assert faults("[" * 33 + "]" * 33) == []


def test_several_faults_come_at_once() -> None:
    text = "a: 1\na: 2\nb: !t 3\nc: &x 4\n（: 5\n---\n"
    assert [fault.split(":")[0] for fault in faults(text)] == ["2", "3", "4", "5", "6"]


def test_a_syntax_error_does_not_hide_what_stands_before_it() -> None:
    assert faults("a: 1\na: 2\n（: 3\nb: [\n") == ["2:1 E002", "3:1 E003", "5:1 E001"]


def test_a_duplicate_keeps_the_first_value_and_its_place() -> None:
    file = file_of("a: 1\na: 2")
    assert file.content == {"a": "1"}
    assert file.fault("E1", "no.", ("a",)).column == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("金额（元）: 1", "This is the full-width （, the file needs (. In quotes it may stay."),
        (
            "a：1\nb: 2",
            "This is the full-width ：, the file needs : and a space. In quotes it may stay.",
        ),
        ("a: 1\na: 2", "a stands already in line 1."),
        ("a: *x", "An alias (*x). Write the value out."),
        ("a: &x 1", "An anchor (&x). Write the value out."),
        ("a: !!int 1", "A tag (tag:yaml.org,2002:int). Leave it out."),
        ("a: b: c", "This is no YAML: a second ': ' in one line: put the text in quotes."),
        ("a: \x01", "The character U+0001 is not allowed in YAML."),
    ],
)
def test_a_message_says_what_to_write_instead(text: str, message: str) -> None:
    assert [fault.message for fault in file_of(text).faults] == [message]


def test_an_alias_bomb_is_refused_and_never_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert {fault.split()[1] for fault in faults("\n".join(lines))} == {"E004"}


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = read(tmp_path / "no.yaml").faults
    assert fault.code == "E001"
    assert fault.file == str(tmp_path / "no.yaml")


def test_of_a_file_that_is_too_large_no_more_than_needed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hub.yaml"
    path.write_bytes(b"#" * MAX_BYTES * 2)
    assert [fault.code for fault in read(path).faults] == ["E005"]


# ---- whatever the text


@given(st.text())
def test_any_text_is_read_or_refused_with_faults(text: str) -> None:
    assert all(fault.code.startswith("E00") for fault in file_of(text).faults)


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_faults(data: bytes) -> None:
    assert all(fault.code.startswith("E00") for fault in parse(data).faults)


nested = st.recursive(
    st.text("ab:#'\"，：-[]{}\n ", min_size=1),
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.text("xyz", min_size=1), inner),
    max_leaves=8,
)


@given(nested)
def test_every_text_of_a_file_has_its_place(content: object) -> None:
    written = json.dumps(content, ensure_ascii=False)
    file = file_of(written)
    assert file.content == content
    for way, text in texts(file.content):
        assert file.at(way) == text
        column = file.fault("E1", "no.", way).column
        assert written[column - 1 :].startswith(json.dumps(text, ensure_ascii=False))
