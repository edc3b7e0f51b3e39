"""Repairs of mapping files: what is safe is mended, whatever may be meant is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import MappingError
from hub.mapping import read_bundle
from hub.mapping.writing.fixes import fixed
from hub.yamlreader import parse

HEAD = "mapping: m\nfrom: {connector: a, stream: b}\nto: {connector: c, operation: d}\n"


def mended(text: str) -> str:
    """Repair what the YAML reader finds."""
    return fixed(text, parse(text.encode()).faults)


def mended_file(text: str) -> str:
    """Repair a mapping file round by round, as faults come to light."""
    for _ in range(5):
        try:
            read_bundle({"own/m.yaml": text.encode()})
        except MappingError as error:
            text = fixed(text, error.faults)
    return text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("mapping：x\nfrom: a\n", "mapping: x\nfrom: a\n"),
        ("fields：\n  name: a\n  b：c\n", "fields:\n  name: a\n  b: c\n"),
        ('p: {when：late, then: "1"}\n', 'p: {when: late, then: "1"}\n'),
        ('p: {when：late， then: "1"， else：x}\n', 'p: {when: late, then: "1", else: x}\n'),
        ("uom: {个：EA， 套：ST}\n", "uom: {个: EA, 套: ST}\n"),
        ("uom: {“1”: draft}\n", 'uom: {"1": draft}\n'),
        ("f:\n－ a\n", "f:\n- a\n"),
        ("p: {map: ｛a: b｝, then：c}\n", "p: {map: {a: b}, then: c}\n"),
        ("f:\r\n  a：b\r\n  c: d\r\n", "f:\r\n  a: b\r\n  c: d\r\n"),
    ],
    ids=[
        *("colon", "two-colons", "flow-colon", "comma", "table", "quotes", "dash", "braces"),
        "windows",
    ],
)
def test_full_width_signs_that_yaml_needs_are_typed_anew(wrong: str, right: str) -> None:
    assert mended(wrong) == right


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("when: a ＝＝ “已批准，待发” and n ＞ 2", 'when: a == "已批准，待发" and n > 2'),
        ("when: a ＝＝ '（是）'", "when: a == '（是）'"),
        ("fields:\n  a: {calc: n × m}", "fields:\n  a: {calc: n * m}"),
        (
            "fields:\n  a: {calc: round（n × m， 2）, as: decimal}",
            'fields:\n  a: {calc: "round(n * m, 2)", as: decimal}',
        ),
        ("fields:\n  a: b．c", "fields:\n  a: b.c"),
        ("fields:\n  a: {text: 承诺（急）, as: text}\n  b: c．d", None),
    ],
    ids=["comparison", "quoted-inside", "times", "comma", "path", "text-beside"],
)
def test_full_width_signs_in_expressions_are_typed_anew(wrong: str, right: str | None) -> None:
    fields = "" if "fields" in wrong else "\nfields:\n  a: b"
    right = wrong.replace("．", ".") if right is None else right
    assert mended_file(f"{HEAD}{wrong}{fields}\n") == f"{HEAD}{right}{fields}\n"


def test_a_lone_word_with_the_wrong_colon_is_a_word() -> None:
    assert mended_file(f"{HEAD}fields:\n  name：title\n") == f"{HEAD}fields:\n  name: title\n"
    assert mended_file("mapping：x\n") == "mapping: x\n"


def test_a_word_that_means_its_full_width_signs_gets_quotes() -> None:
    assert mended("uom: {套（组）: EA, 个：只: ST}\n") == 'uom: {"套（组）": EA, "个：只": ST}\n'


def test_tabs_become_spaces() -> None:
    assert mended("a:\n\tb:\tc\n\t\td: e\n") == "a:\n  b: c\n    d: e\n"


@pytest.mark.parametrize(
    "kept",
    [
        'a: "x\ty"\nb: c\n',
        "a: b # c\td\n",
        "a: |\n  x\ty\nb: c\n",
        "title: 已批准（承诺）：第一，版\n# 注：（全角）\n",
        'text: "{id}（{kind}）；交期：{due}"\n',
        "a: '：'\n",
    ],
    ids=["tab-in-quotes", "tab-in-comment", "tab-in-text", "title", "template", "sign"],
)
def test_quotes_comments_and_texts_stay_as_they_are(kept: str) -> None:
    assert mended(kept) == kept
    assert mended(f"x：1\n{kept}").partition("\n")[2] == kept


def test_a_tab_beside_quotes_goes_and_the_one_inside_stays() -> None:
    assert mended('a:\t"x\ty"\t# z\tz\n') == 'a: "x\ty" # z\tz\n'


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("o: {text: {id}-R{rev}}", 'o: {text: "{id}-R{rev}"}'),
        ("o: {text: {id}-R{rev}, as: text}  # {x}", 'o: {text: "{id}-R{rev}", as: text}  # {x}'),
        ("- {that: a == [b] or c, says: no}", '- {that: "a == [b] or c", says: no}'),
        ('o: {text: {a}"x", as: text}', "o: {text: '{a}\"x\"', as: text}"),
        ("o: {text: it's {a}-{b}, as: text}", 'o: {text: "it\'s {a}-{b}", as: text}'),
    ],
    ids=["only", "comment", "brackets", "quotes-inside", "apostrophe"],
)
def test_texts_with_braces_inside_braces_get_quotes(wrong: str, right: str) -> None:
    assert mended(f"a: b\n{wrong}\n" if wrong[0] != "-" else f"{wrong}\n").splitlines()[-1] == right


@pytest.mark.parametrize(
    "text",
    ["a: [b\nc: d\n", 'a: "b\nc: d\n', "a: b: c\n", "{\n", "a: *b\n", "\x00", ""],
    ids=["bracket", "quote", "two-colons", "brace", "alias", "nul", "empty"],
)
def test_what_only_a_person_can_mend_is_left_alone(text: str) -> None:
    assert mended(text) == text


@given(
    st.lists(st.sampled_from([*"：，（）“”｛｝\t\n{}[],ab\"'# 单\u3000。|", ": ", "\n  ", "- "]))
)
def test_whatever_is_repaired_stays_as_it_is_then(pieces: list[str]) -> None:
    once = mended("".join(pieces))
    assert mended(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "when：a\n b\t:c\n",
        "{｛［a：b，\n",
        "a：b：c， d\n'：",
        "uom: {个：EA， “x：\n",
        "－－ a\n\t-\t｝",
    ],
)
def test_repairing_twice_is_repairing_once(text: str) -> None:
    once = mended(text)
    assert mended(once) == once


def test_a_fault_of_another_text_changes_nothing() -> None:
    faults = parse("a:\n  b:\n    c：d\n    e: f\n".encode()).faults
    assert fixed("a: b\n", faults) == "a: b\n"
