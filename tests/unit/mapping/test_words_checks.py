"""Checks of a value and of the whole document, and what the loader finds by both schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.errors import Fault, MappingError
from hub.mapping import Bundle, read_bundle

# ---- check: ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("> 0", "1", "0"),
        (">= 1.5", "1.50", "1.49"),
        ("!= 0", "1", "0.00"),
        ('== "A"', "A", "a"),
        ('in ["A", "B"]', "B", "C"),
        ('not in ["A"]', "B", "A"),
        ("len($value) == 2", "ab", "abc"),
        ('matches($value, "[A-Z]{3}-[0-9]+")', "ABC-1", "xABC-1"),
        ('matches($value, "[A-Z]{3}-[0-9]+")', "ABC-1", "ABC-1x"),
        ('matches($value, "[^<]*")', "a\nb", "a\n<"),
        ("> 0 and $value < 10", "9", "10"),
        ('$value == left(other, 1) or $value == "-"', "o", "x"),
        ("not ($value == other)", "x", "other"),
        ("sum(lines: n) == $value", "3", "4"),
    ],
)
def test_a_check_holds_or_stops_the_rule(
    apply: Any, run_faults: Any, check: str, right: str, wrong: str
) -> None:
    rule = f"x: {{from: a, check: {json.dumps(check)}}}"
    document = {"other": "other", "lines": [{"n": 1}, {"n": 2}]}
    assert apply(rule, {**document, "a": right}) == {"x": right}
    (fault,) = run_faults(rule, {**document, "a": wrong})
    assert fault.code == "E214"
    assert check in fault.message
    assert fault.source == "a"


def test_the_first_check_of_a_list_that_does_not_hold_is_told_in_its_own_words(
    run_faults: Any,
) -> None:
    rule = """
    x:
      from: a
      as: decimal
      check:
        - "> 0"
        - {that: "$value < 100", says: "Too many for one order: {a} 100% %s {0.__class__}"}
        - "!= 50"
    """
    for value, says in (("-1", "> 0"), ("100", "Too many for one order: {a} 100% %s {0.__class__}"),
                        ("50", "!= 50")):  # fmt: skip
        (fault,) = run_faults(rule, {"a": value})
        assert (fault.code, says in fault.message) == ("E214", True)


def test_a_check_is_of_the_value_before_it_is_masked_written_or_cut(apply: Any) -> None:
    rule = """
    x: {from: a, check: 'len($value) == 3', redact: name, max_length: 1, cut: true}
    y: {from: d, as: date, check: '> "2026-01-01"', format: YYYY}
    """
    assert apply(rule, {"a": "李晓梅", "d": "2026-06-01"}) == {"x": "李", "y": "2026"}


def test_no_default_stands_for_a_value_that_cannot_be_checked(run_faults: Any) -> None:
    check = """'$value == "0" or $value < most'"""
    (fault,) = run_faults(f'x: {{from: a, check: {check}, default: "0"}}', {"a": "5"})
    assert fault.code == "E203"
    assert '"5"' in fault.message


def test_a_default_is_checked_too(check_faults: Any, run_faults: Any) -> None:
    rule = 'x: {from: a, check: "> 5", default: "0"}'
    assert [fault.code for fault in run_faults(rule, {})] == ["E214"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('check: ""', "E107"),
        ("check: null", "E106"),
        ("check: '> '", "E107"),
        ("check: {says: a}", "E105"),
        ("check: {that: '> 0', say: a}", "E102"),
        ("check: 'matches($value, other)'", "E107"),
        ("check: 'matches($value, \"(\")'", "E107"),
        ("check: '$valeu > 0'", "E111"),
    ],
)
def test_a_check_that_is_written_wrong_is_refused(check_faults: Any, rule: str, code: str) -> None:
    assert {fault.code for fault in check_faults(f"x: {{from: a, {rule}}}")} == {code}


def test_the_value_is_known_in_checks_only(check_faults: Any) -> None:
    for rule in ("x: $value", "x: {calc: $value + 1}", "x: {when: $value > 1, then: a}"):
        assert [fault.code for fault in check_faults(rule)] == ["E101"]
    faults = check_faults("x: {from: a}", "checks: [{that: $value > 1, says: no}]")
    assert [fault.code for fault in faults] == ["E101"]


# ---- checks: ---------------------------------------------------------------------------------

TOTAL = """
let: {most: {from: limit, as: decimal}}
checks:
  - {that: "sum(rows: qty) <= $most", says: "{count} rows of {..number} are more than {$most}"}
  - {that: "count == count(..lines)", says: "{{lines}} 100% %s"}
"""
FIELDS = """
rows: {each: lines, fields: {qty: {from: q, as: decimal}}}
count: {count: lines}
"""


def test_a_check_of_the_document_sees_target_names_and_the_source_above(
    apply: Any, run_faults: Any
) -> None:
    document = {"number": "C-1", "limit": "3", "lines": [{"q": "1"}, {"q": "2"}]}
    assert apply(FIELDS, document, before=TOTAL)["count"] == 2
    (fault,) = run_faults(FIELDS, {**document, "limit": "2"}, before=TOTAL)
    assert (fault.code, fault.message, fault.target) == (
        "E214",
        "2 rows of C-1 are more than 2",
        "",
    )


def test_all_checks_that_do_not_hold_are_told(run_faults: Any) -> None:
    before = 'checks: [{that: x == "1", says: one}, {that: "x == \\"2\\"", says: "{{x}} %d {x}"}]'
    faults = run_faults("x: a", {"a": "3"}, before=before)
    assert [fault.message for fault in faults] == ["one", "{x} %d 3"]


def test_a_value_with_braces_is_no_part_of_a_sentence(run_faults: Any) -> None:
    before = 'checks: [{that: x == "1", says: "x is {x}"}]'
    (fault,) = run_faults("x: a", {"a": "{0.__class__} {x} %s"}, before=before)
    assert fault.message == "x is {0.__class__} {x} %s"


def test_a_sentence_that_cannot_be_filled_is_told_as_it_is_written(run_faults: Any) -> None:
    before = 'checks: [{that: x is set, says: "no x: {x}"}]'
    (fault,) = run_faults("x: a", {}, before=before)
    assert (fault.code, fault.message) == ("E214", "no x: {x}")


def test_a_document_with_faults_is_not_checked(run_faults: Any) -> None:
    before = "checks: [{that: x is set, says: no}]"
    assert [f.code for f in run_faults("x: {from: a, as: integer}", {"a": "z"}, before)] == ["E202"]


def test_a_fault_inside_a_check_names_the_target_field(run_faults: Any) -> None:
    before = 'checks: [{that: "rows[last].n + 1 > 1", says: no}]'
    rule = "rows: {each: l, fields: {n: n}}"
    (fault,) = run_faults(rule, {"l": [{"n": "many"}]}, before=before)
    assert (fault.code, fault.source) == ("E202", "rows[last].n")


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ("a", "E106"),
        ("{that: a, says: b}", "E106"),
        ("[{that: a}]", "E105"),
        ("[{says: a}]", "E105"),
        ("[{that: a, says: '{b'}]", "E107"),
        ("[{that: a >, says: b}]", "E107"),
        ("[{that: ....a, says: b}]", "E101"),
        ("[{that: a, says: b, else: c}]", "E102"),
    ],
)
def test_checks_that_are_written_wrong_are_refused(
    check_faults: Any, checks: str, code: str
) -> None:
    assert {fault.code for fault in check_faults("x: a", f"checks: {checks}")} == {code}


# ---- both schemas ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Spec:
    """A field as connectors tell it."""

    type: str = "text"
    required: bool = False
    personal: str | None = None
    fields: dict[str, Spec] = field(default_factory=dict)


TYPES = ("text", "boolean", "integer", "decimal", "date", "datetime")
MORE = Spec("object", fields={"x": Spec(), "y": Spec()})
DEEP = Spec("object", fields={"one": Spec(), "more": MORE})
SCHEMAS = {
    ("there", "typed"): {name: Spec(name) for name in TYPES},
    ("here", "typed"): {name: Spec(name) for name in TYPES},
    ("there", "deep"): {
        "a": Spec(),
        "deep": DEEP,
        "raw": Spec("object"),
        "a.b": Spec(),
        "rows": Spec("list", fields={"sku": Spec(), "qty": Spec()}),
    },
    ("there", "named"): {
        name: Spec() for name in ("number", "company", "revision", "modified_at", "a")
    },
}


def bundle(fields: Mapping[str, Any], source: str = "typed", **words: Any) -> Bundle:
    head = {
        "mapping": "probe",
        "from": {"connector": "there", "stream": source},
        "to": {"connector": "here", "operation": source},
    }
    text = json.dumps({**head, **words, "fields": fields}, ensure_ascii=False)
    return read_bundle({"own/probe.yaml": text.encode()}, lambda *end: SCHEMAS.get(end))


def clashes(rule: Any, target: str) -> list[str]:
    try:
        bundle({target: rule})
    except MappingError as error:
        return [fault.code for fault in error.faults]
    return []


FITS = {
    "text": set(TYPES),
    "boolean": {"boolean"},
    "integer": {"integer"},
    "decimal": {"decimal", "integer"},
    "date": {"date"},
    "datetime": {"datetime"},
}


@pytest.mark.parametrize("made", TYPES)
@pytest.mark.parametrize("target", TYPES)
def test_a_field_takes_only_values_of_its_type(target: str, made: str) -> None:
    expected = [] if made in FITS[target] else ["E114"]
    assert clashes(made, target) == expected
    assert clashes({"from": made, "as": target}, target) == []


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ({"value": "1"}, "text"),
        ({"text": "{text}"}, "text"),
        ({"calc": "integer > 1"}, "boolean"),
        ({"calc": "boolean is set"}, "boolean"),
        ({"calc": 'matches(text, "a")'}, "boolean"),
        ({"calc": "len(text)"}, "integer"),
        ({"calc": "upper(text)"}, "text"),
        ({"calc": "days(date, 1)"}, "date"),
        ({"from": "text", "map": {"y": True, "n": False}}, "boolean"),
        ({"from": "text", "map": {"y": "1"}}, "text"),
        ({"from": "text", "as": "email"}, "text"),
        ({"from": "date", "as": "date", "format": "YYYY"}, "text"),
        ({"from": "integer", "as": "integer", "redact": "hash"}, "text"),
        ({"when": "boolean", "then": {"from": "date"}, "else": {"from": "date"}}, "date"),
        ({"choose": [{"when": "boolean", "then": {"from": "integer"}}]}, "integer"),
    ],
    ids=str,
)
def test_what_a_rule_gives_is_told_by_its_words(rule: Any, made: str) -> None:
    for target in TYPES:
        expected = [] if made in FITS[target] else ["E114"]
        assert (target, clashes(rule, target)) == (target, expected)


@pytest.mark.parametrize(
    "rule",
    [
        {"when": "boolean", "then": {"from": "date"}, "else": "text"},
        {"from": "text", "map": {"y": "1"}, "else": "keep"},
        {"from": "text", "lookup": "a.b -> c.d"},
        {"calc": "integer + 1"},
        "$links.erp",
    ],
    ids=str,
)
def test_what_cannot_be_told_before_a_document_comes_is_no_clash(rule: Any) -> None:
    for target in ("boolean", "integer", "date"):
        assert clashes(rule, target) == []


def test_a_clash_says_what_to_add() -> None:
    with pytest.raises(MappingError) as caught:
        bundle({"integer": "text"})
    (fault,) = caught.value.faults
    assert fault.message == "integer is integer, and the rule gives text."
    assert fault.hint == "Add as: integer"


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        ({"from": "date", "as": "date", "format": "YYYY"}, "format: writes text; take it out."),
        ({"from": "date", "redact": "hash"}, "redact: writes text; take it out."),
        ({"from": "text", "as": "text", "max_length": 8}, "max_length: writes text; take it out."),
        ({"from": "text", "as": "integer"}, "Write as: date instead."),
        ({"calc": "len(text)"}, "Add as: date"),
    ],
    ids=str,
)
def test_a_clash_names_the_word_that_makes_it(rule: Any, hint: str) -> None:
    with pytest.raises(MappingError) as caught:
        bundle({"date": rule})
    assert [(fault.code, fault.hint) for fault in caught.value.faults] == [("E114", hint)]


# ---- warnings --------------------------------------------------------------------------------


def warnings(fields: Mapping[str, Any], **words: Any) -> list[Fault]:
    return [*bundle(fields, "deep", **words).warnings]


def left_out(fields: Mapping[str, Any], **words: Any) -> str:
    """Return the source fields that W101 names."""
    found = [fault for fault in warnings(fields, **words) if fault.code == "W101"]
    names = [fault.message.removeprefix("Neither mapped nor ignored: ") for fault in found]
    return names[0].removesuffix(".") if names else ""


REST = ["a", "deep", "raw", '"a.b"', "rows"]


@pytest.mark.parametrize(
    ("fields", "ignore", "expected"),
    [
        ({}, [], "a, deep, raw, a.b, rows"),
        ({}, REST, ""),
        ({"x": "a"}, REST[1:], ""),
        ({"x": "deep.one"}, ["a", *REST[2:]], "deep.more"),
        ({"x": "deep.more.x"}, ["a", *REST[2:]], "deep.one, deep.more.y"),
        ({"x": "deep.one"}, ["a", "deep.more", *REST[2:]], ""),
        ({}, ["a", "deep.more.x", *REST[2:]], "deep.one, deep.more.y"),
        ({"x": "raw.anything.below"}, ["a", "deep", '"a.b"', "rows"], ""),
        ({"x": '"a.b"'}, ["a", "deep", "raw", "rows"], ""),
        ({"x": {"each": "rows", "fields": {"s": "sku"}}}, REST[:4], "rows.qty"),
        ({"x": {"calc": "sum(rows: qty)"}}, REST[:4], "rows.sku"),
        ({"x": {"each": "rows", "where": "qty > 1", "from": "sku"}}, REST[:4], ""),
        ({"x": "rows[first].sku"}, [*REST[:4], "rows.qty"], ""),
        ({"x": {"each": "rows", "fields": {"s": "..a", "q": "qty"}}}, REST[1:4], "rows.sku"),
    ],
)
def test_source_fields_neither_mapped_nor_ignored_are_named_as_short_as_can_be(
    fields: Mapping[str, Any], ignore: list[str], expected: str
) -> None:
    assert left_out({"z": {"value": "1"}, **fields}, ignore=ignore) == expected


def test_what_a_connector_calls_like_a_part_of_every_record_is_its_own() -> None:
    def told(ignore: list[str]) -> list[str]:
        warnings = bundle({"x": "a"}, "named", ignore=ignore).warnings
        return [warning.message for warning in warnings if warning.code == "W101"]

    envelope = ["number", "company", "revision", "modified_at"]
    assert told([]) == [f"Neither mapped nor ignored: {', '.join(envelope)}."]
    assert told(envelope) == []


@pytest.mark.parametrize(
    ("ignored", "code"),
    [("nope", "E101"), ("deep.nope", "E101"), ("..a", "E101"), ("$n", "E111"), ('a."', "E107"),
     (None, "E106")],
    ids=str,
)  # fmt: skip
def test_what_is_ignored_is_a_path_of_the_source_and_told_once(ignored: Any, code: str) -> None:
    with pytest.raises(MappingError) as caught:
        bundle({"x": "a"}, "deep", ignore=["raw", ignored])
    assert [fault.code for fault in caught.value.faults] == [code]


def test_only_paths_of_the_source_are_ignored() -> None:
    ignored = bundle({"x": "a"}, "deep", ignore=["deep.one", "$delivery.key"]).mappings["probe"]
    assert ignored.ignored == {("deep", "one")}


def test_what_every_record_has_around_it_need_not_be_mapped() -> None:
    text = """\
mapping: probe
from: {record: order}
to: {connector: here, operation: put}
fields: {x: number}
"""
    (warning,) = read_bundle({"own/probe.yaml": text.encode()}).warnings
    assert warning.code == "W101"
    assert "schema_version" not in warning.message
    assert "customer" in warning.message


@pytest.mark.parametrize(
    "words",
    [
        {"let": {"n": "a"}},
        {"tables": {"n": {"a": "b"}}},
        {"let": {"n": "a", "m": "$n"}},
    ],
    ids=str,
)
def test_a_let_or_table_nothing_uses_is_named(words: Mapping[str, Any]) -> None:
    found = [fault for fault in warnings({"x": "a"}, **words, ignore=REST) if fault.code == "W102"]
    name = "$m" if "m" in str(words.get("let", "")) else ("$n" if "let" in words else "n")
    assert [fault.message for fault in found] == [f"Nothing uses {name}."]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"x": "$n"}, {}),
        ({"x": {"text": "{$n}"}}, {}),
        ({"x": {"calc": "$n + 1"}}, {}),
        ({"x": {"each": "rows", "where": "qty == $n", "from": "sku"}}, {}),
        ({"x": {"from": "a", "check": "!= $n"}}, {}),
        ({"x": "a"}, {"when": "$n is set"}),
        ({"x": "a"}, {"key": "{$n}"}),
        ({"x": "a"}, {"checks": [{"that": "x == $n", "says": "no"}]}),
        ({"x": "a"}, {"checks": [{"that": "x is set", "says": "{$n}"}]}),
    ],
    ids=str,
)
def test_a_let_that_anything_uses_is_used(fields: Mapping[str, Any], words: Any) -> None:
    found = warnings(fields, let={"n": "a"}, ignore=REST, **words)
    assert "W102" not in {fault.code for fault in found}
