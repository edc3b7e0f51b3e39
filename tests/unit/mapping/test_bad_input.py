"""Bad and hostile input: files nobody meant, numbers out of proportion, names with a trick."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hub.errors import Fault, MappingError
from hub.language import Language, told_fault
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle
from hub.mapping.running.lookups import GivenLookUps

HEAD = """\
mapping: probe
from: {connector: there, stream: things}
to: {connector: here, operation: put}
"""


def mapping_of(fields: Mapping[str, Any], **words: Any) -> FieldMapping:
    head = {
        "mapping": "probe",
        "from": {"connector": "there", "stream": "things"},
        "to": {"connector": "here", "operation": "put"},
    }
    text = json.dumps({**head, **words, "fields": fields}, ensure_ascii=False)
    return read_bundle({"own/probe.yaml": text.encode()}).mappings["probe"]


def load_faults(text: str | bytes) -> list[Fault]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/probe.yaml": data})
    return list(caught.value.faults)


def both_forms(mapping: FieldMapping, document: Mapping[str, Any]) -> Any:
    """Return what a document becomes, after the strict rules made the same of it."""
    found = mapping.apply(document)
    assert replace(mapping, quick=mapping.strict).apply(document) == found
    assert mapping.explain(document).document == found
    return found


def run_faults(mapping: FieldMapping, document: Mapping[str, Any]) -> list[Fault]:
    with pytest.raises(MappingFault) as caught:
        mapping.apply(document)
    return list(caught.value.faults)


# ---- what YAML makes of texts elsewhere ------------------------------------------------------

TEXTS = ["NO", "on", "yes", "0123", "1:30", "12.10", "1_000", "0x1F", "1e3", ".inf", "2026-06-01",
         "=", "<<", "~x", "Null", "TRUE"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_as_it_is_written_wherever_it_stands(text: str) -> None:
    fields = f"""\
tables: {{t: {{k: {text}, {text}: v}}}}
fields:
  value: {{value: {text}}}
  default: {{from: missing, default: {text}}}
  then: {{when: a is set, then: {text}}}
  other: {{from: a, map: {{b: c}}, else: {text}}}
  out: {{from: a, map: t}}
  into: {{from: text, map: t}}
  empty: {{from: text, empty: [{text}], default: none}}
"""
    (mapping,) = read_bundle({"own/probe.yaml": (HEAD + fields).encode()}).mappings.values()
    assert both_forms(mapping, {"a": "k", "text": text}) == {
        **dict.fromkeys(["value", "default", "then", "other", "out"], text),
        "into": "v",
        "empty": "none",
    }


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("fields: {x: a, x: b}\n", "E002", 4),
        ("fields:\n  x: a\n  y: b\n  x: c\n", "E002", 7),
        ("tables: {t: {k: v, k: w}}\nfields: {x: a}\n", "E002", 4),
        ("let: {n: a, n: b}\nfields: {x: $n}\n", "E002", 4),
        ("fields: &all {x: a}\n", "E004", 4),
        ("fields: {x: &one {from: a}, y: *one}\n", "E004", 4),
        ("fields: {<<: {x: a}, y: b}\n", "E102", 4),
        ("fields: {x: !!python/object/apply:os.system [ls]}\n", "E004", 4),
        ("fields: {x: !!binary aGk=}\n", "E004", 4),
        ("fields:\n\tx: a\n", "E004", 5),
        ("fields: {? [a] : b}\n", "E004", 4),
        ("fields: {x： a}\n", "E003", 4),
        ("fields:\n  x：a\n", "E106", 5),
        ("fields: {x: {calc: sum（lines）}}\n", "E003", 4),
        ("fields: {x: {when: a ＝＝ b, then: c}}\n", "E003", 4),
        ("---\nfields: {x: a}\n", "E004", 4),
        ("%YAML 1.1\n---\nfields: {x: a}\n", "E004", 4),
    ],
)
def test_a_trap_of_yaml_is_a_fault_with_its_place(text: str, code: str, line: int) -> None:
    faults = load_faults(HEAD + text)
    assert (code, line) in {(fault.code, fault.line) for fault in faults}


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    levels = "".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    started = time.process_time()
    faults = load_faults(f"{HEAD}tables:\n  a0: &a0 [x]\n{levels}fields: {{x: a}}\n")
    assert "E004" in {fault.code for fault in faults}
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"a: \x00", b"\x80: b", "\ufeffa".encode()])
def test_what_is_no_text_is_a_fault_and_no_crash(text: bytes) -> None:
    assert load_faults(text)


def test_full_width_signs_in_quotes_are_meant(apply: Any) -> None:
    assert apply('x: {value: "（a），b：c"}\ny: {text: "{a}：（元）"}', {"a": "1"}) == {
        "x": "（a），b：c",
        "y": "1：（元）",
    }


# ---- limits ----------------------------------------------------------------------------------


def sized(size: int) -> bytes:
    text = f"{HEAD}fields: {{x: a}}\n# "
    return (text + "c" * (size - len(text))).encode()


def test_a_file_may_have_256_kib_and_not_one_byte_more() -> None:
    assert read_bundle({"own/probe.yaml": sized(256 * 1024)}).mappings
    assert [fault.code for fault in load_faults(sized(256 * 1024 + 1))] == ["E005"]


def test_a_file_may_have_2000_rules_and_not_one_more() -> None:
    def text(rules: int) -> str:
        return HEAD + "fields:\n" + "".join(f"  x{n}: a\n" for n in range(rules))

    assert read_bundle({"own/probe.yaml": text(2_000).encode()}).mappings
    (fault,) = load_faults(text(2_001))
    assert (fault.code, fault.line) == ("E005", 4 + 2_001)


@pytest.mark.parametrize(
    ("fitting", "over"),
    [
        ("a" + " + 1" * 100, "a" + " + 1" * 101),
        ("(" * 19 + "1" + ")" * 19, "(" * 20 + "1" + ")" * 20),
        ("-" * 19 + "1", "-" * 20 + "1"),
        ("upper(" * 19 + "a" + ")" * 19, "upper(" * 20 + "a" + ")" * 20),
        ("a" + " and not b" * 30, "not " * 20 + "a"),
    ],
    ids=["operators", "brackets", "signs", "functions", "negations"],
)
def test_an_expression_has_100_operators_and_20_levels_at_most(fitting: str, over: str) -> None:
    assert mapping_of({"x": {"calc": fitting}})
    with pytest.raises(MappingError) as caught:
        mapping_of({"x": {"calc": over}})
    assert [fault.code for fault in caught.value.faults] == ["E107"]


def test_an_expression_of_501_characters_is_refused() -> None:
    assert mapping_of({"x": {"calc": '"' + "a" * 498 + '"'}})
    with pytest.raises(MappingError):
        mapping_of({"x": {"calc": '"' + "a" * 499 + '"'}})


@pytest.mark.parametrize(
    "rule",
    [
        {"each": "a"},
        {"each": "a", "fields": {"y": "b"}},
        {"each": "a", "where": "b is set", "value": "1"},
        {"each": "a", "order_by": "b", "value": "1"},
        {"calc": "count(a)"},
        {"calc": "sum(a: b)"},
        {"calc": 'join(a, ",")'},
        {"from": "text", "split": ","},
    ],
    ids=str,
)
def test_a_list_may_have_10000_items_and_not_one_more(rule: dict[str, Any]) -> None:
    mapping = mapping_of({"x": rule})
    item = {"b": "1"} if {"fields", "value"} & rule.keys() or ": b" in str(rule) else "1"
    mapping.apply({"a": [item] * 10_000, "text": "1," * 9_999 + "1"})
    (fault,) = run_faults(mapping, {"a": [item] * 10_001, "text": "1," * 10_000 + "1"})
    assert fault.code == "E213"


def test_a_walk_inside_a_walk_is_bounded_too() -> None:
    mapping = mapping_of({"x": {"each": "a", "calc": "count(..a where b > ..b)"}})
    started = time.process_time()
    (fault,) = run_faults(mapping, {"a": [{"b": 1}] * 5_000})
    assert fault.code == "E213"
    assert time.process_time() - started < 10


NUMBERS = [
    "1" * 41,
    10**40,
    -(10**40),
    Decimal("1E+31"),
    Decimal("1E-31"),
    Decimal("1E+999999"),
    Decimal("Infinity"),
    Decimal("NaN"),
    Decimal("sNaN"),
    "9" * 5_000,
    10**5_000,
]
IN_REACH = [{"calc": "a + 0"}, {"calc": "round(a, 2)"}, {"calc": "$m * a"}]
NUMBER_IDS = ["41-digits", "ten-to-40", "minus", "exponent", "places", "huge", "infinite", "nan",
              "signalling", "long-text", "long-number"]  # fmt: skip
RULES = [
    {"from": "a", "as": "decimal"},
    {"from": "a", "as": "integer"},
    {"from": "a", "as": "money", "currency": "CNY"},
    {"from": "a", "as": "quantity", "unit": {"value": "kg"}},
    {"from": "a", "as": "decimal", "scale": "0.1", "places": 2},
    {"calc": "a + 0"},
    {"calc": "round(a, 2)"},
    {"calc": "sum(l)"},
    {"calc": "$m * a"},
    {"when": "a > 0", "then": "x"},
    {"from": "one", "check": "$value < a"},
]


@pytest.mark.parametrize("number", NUMBERS, ids=NUMBER_IDS)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_number_out_of_all_proportion_stops_the_rule(rule: dict[str, Any], number: Any) -> None:
    if isinstance(number, Decimal) and str(number) in {"1E+31", "1E-31"} and rule in IN_REACH:
        # what comes of it has few digits again
        number = Decimal("1E+121")
    mapping = mapping_of({"x": rule}, let={"m": {"value": "1", "as": "money", "currency": "CNY"}})
    (fault,) = run_faults(mapping, {"a": number, "l": [number], "one": 1})
    assert fault.code in {"E202", "E209", "E210"}
    assert len(fault.message) < 400


@pytest.mark.parametrize(
    "rule",
    [
        {"calc": "a * a"},
        {"calc": "$m * a"},
        {"calc": "round($m * a, 2)"},
        {"calc": "sum(l)"},
        {"calc": "sum(l: a * ..a)"},
        {"calc": "-(a * a)"},
        {"from": "a", "as": "decimal", "scale": "9999999999"},
        {"from": "a", "as": "integer", "scale": "9999999999"},
        {"from": "a", "as": "money", "currency": "CNY", "scale": "9999999999"},
        {"from": "a", "as": "decimal", "scale": "0.000000000000000000000000000001"},
    ],
    ids=str,
)
def test_a_result_out_of_all_proportion_stops_the_rule(rule: dict[str, Any]) -> None:
    let = {"m": {"value": "9" * 38, "as": "money", "currency": "CNY"}}
    number = "9" * 38 + ".9"
    mapping = mapping_of({"x": rule}, let=let)
    items = [{"a": number}] * 3 if "l: a" in str(rule) else ["9" * 40] * 2
    (fault,) = run_faults(mapping, {"a": number, "l": items})
    assert fault.code in {"E209", "E208"}


@pytest.mark.parametrize(
    "value",
    [1.5, float("nan"), b"1", {1}, object()],
    ids=["float", "nan", "bytes", "set", "object"],
)
@pytest.mark.parametrize(
    "rule",
    [
        {"from": "a"},
        {"from": "a", "as": "decimal"},
        {"calc": "a + 1"},
        {"calc": "upper(a)"},
        {"text": "{a}"},
        {"each": "l"},
        {"each": "a"},
        {"count": "a"},
        {"calc": "days(a, 1)"},
        {"when": "a", "then": "x"},
    ],
    ids=str,
)
def test_a_value_that_is_no_plain_data_is_told_as_what_it_is(
    rule: dict[str, Any], value: Any
) -> None:
    (fault,) = run_faults(mapping_of({"x": rule}), {"a": value, "l": [value]})
    assert fault.code.startswith("E2")
    assert "is a date" not in fault.message


# ---- names with a trick ----------------------------------------------------------------------

NAMES = {
    "code": "'];import os#",
    "dunder": "__class__",
    "format": "{0.__class__}",
    "percent": "%s%(x)s%n",
    "turned": "a\u202eb",
    "zero-width": "a\u200bb",
    "long": "n" * 70,
    "quotes": "it's",
    "dots": "a.b",
    "two-dots": "..a",
    "braces": "{{a}}",
    "one-brace": "{",
    "newline": "a\nb",
    "nul": "a\x00b",
    "escape": "\x1b[31m",
    "dollar": "$links.erp",
    "index": "a[first]",
    "brackets": "a[]",
    "word": "and",
    "empty": "",
    "space": " a ",
    "backslash": "\\",
    "triple": "'''",
    "true": "true",
    "null": "null",
    "chinese": "字段",
    "emoji": "😀",
    "item": "item",
    "frame": "frame",
    "missing": "MISSING",
    "walrus": "n0:=1",
}
#: Half a character, which JSON can carry and YAML cannot; and a very long name.
VALUES = {**NAMES, "half": "\ud83d", "longest": "n" * 10_000}
TRICKS = [pytest.param(name, id=id_) for id_, name in NAMES.items()]


def path_of(name: str) -> str:
    return f'"{name}"'


@pytest.mark.parametrize("name", TRICKS)
def test_a_name_with_a_trick_is_a_name_wherever_it_stands(name: str) -> None:
    path = path_of(name)
    mapping = mapping_of(
        {
            name: {"value": name},
            "from": {"from": path},
            "deep": {"from": f"o.{path}.{path}"},
            "calc": {"calc": f"left({path}, 10000)"},
            "when": {"when": f"{path} == {path}", "then": name, "else": "other"},
            "in": {"calc": f"{path} in [{path}]"},
            "map": {"from": path, "map": {name: name}},
            "table": {"from": path, "map": name},
            "empty": {"from": path, "empty": [name], "default": name},
            "object": {"fields": {name: {"from": path}}},
            "list": {"each": "l", "order_by": path, "unique": name,
                     "fields": {name: {"from": path}, "up": f"..{path}"}},
            "sum": {"calc": f"join(l: {path}, {path})"},
            "let": f"${path}" if name not in {"links", "value"} else "a",
            "else": {"from": "o.x", "map": {"k": "v"}, "else": name, "default": name},
        },
        let={name: {"from": path}},
        tables={name: {name: name}},
        checks=[{"that": f"{path} == ..{path}", "says": "no"}],
        title=name or "title",
    )  # fmt: skip
    document = {name: name, "o": {name: {name: name}}, "l": [{name: name}]}
    found = both_forms(mapping, document)
    text = {"from", "deep", "calc", "when", "map", "table", "empty", "sum", "let", "else"}
    assert found == {
        **dict.fromkeys(text, name),
        name: name,
        "in": True,
        "object": {name: name},
        "list": [{name: name, "up": name}],
    }


@pytest.mark.parametrize("name", TRICKS)
def test_a_fault_about_a_name_with_a_trick_can_be_told(name: str) -> None:
    path = path_of(name)
    mapping = mapping_of(
        {
            name: {"from": path, "as": "integer"},
            "object": {"fields": {name: {"from": path, "required": True}}},
            "list": {"each": "l", "fields": {name: {"from": path, "map": {name: name}}}},
            "calc": {"calc": f"{path} + 1"},
            "check": {"value": name or "x", "check": {"that": '== "other"', "says": name or "x"}},
        },
        let={name: {"from": path}},
        checks=[{"that": f"{path} == 1", "says": "no"}],
    )
    document = {name: "not it", "l": [{name: "not it"}]}
    faults = run_faults(mapping, document)
    assert {fault.code for fault in faults} == {"E202", "E201", "E214"}
    for fault in faults:
        assert told_fault(fault, Language.EN) == str(fault)
        assert told_fault(fault, Language.ZH)


@pytest.mark.parametrize("name", TRICKS)
def test_a_fault_of_a_file_with_such_a_name_can_be_told(name: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapping_of(
            {name: {"from": "a", name or "y": "b", "map": name or "t", "as": name or "x"}},
            let={"l": {"from": f"${path_of(name)}"}},
            checks=[{"that": f"${path_of(name)} > 1", "says": name or "no"}],
        )
    for fault in caught.value.faults:
        assert told_fault(fault, Language.EN) == str(fault)
        assert told_fault(fault, Language.ZH)


@pytest.mark.parametrize("where", ["source", "target", "table", "let", "says"])
def test_a_name_of_10000_characters_is_taken_or_told(where: str) -> None:
    name = "n" * 10_000
    words: dict[str, dict[str, Any]] = {
        "source": {"fields": {"x": name}},
        "target": {"fields": {name: "a"}},
        "table": {"fields": {"x": {"from": "a", "map": {name: "v"}}}},
        "let": {"fields": {"x": f"${name}"}, "let": {name: "a"}},
        "says": {"fields": {"x": "a"}, "checks": [{"that": "x is set", "says": f"{{{name}}}"}]},
    }
    with pytest.raises(MappingError) as caught:
        mapping_of(**words[where])
    assert {fault.code for fault in caught.value.faults} <= {"E001", "E107"}


def test_a_document_may_have_names_of_any_length() -> None:
    assert both_forms(mapping_of({"x": "a"}), {"n" * 10_000: "1", "a": "2"}) == {"x": "2"}


@pytest.mark.parametrize("name", VALUES.values(), ids=VALUES)
def test_a_value_with_a_trick_is_a_value_and_nothing_else(name: str) -> None:
    rule = {"text": "{a}{p}", "parts": {"p": {"from": "a"}}}
    assert both_forms(mapping_of({"x": rule}), {"a": name}) == {"x": name * 2}
    for words in ({"as": "integer"}, {"map": {"k": "v"}}, {"check": '== "no such"'}):
        (fault,) = run_faults(mapping_of({"x": {"from": "a", **words}}), {"a": name})
        assert fault.line == 1
        assert told_fault(fault, Language.ZH)
        assert fault.value.replace("…", "").isprintable() or "\u200b" in fault.value
        assert not {"\n", "\x1b", "\u202e", "\x00"} & {*fault.message}


@pytest.mark.parametrize(
    "text", ["{a", "a}", "{a b}", "{a.b.}", "{0.__class__ }", "{!r}", "{:d}", "{}", "{{a}"]
)
def test_a_brace_that_holds_no_path_is_refused(text: str) -> None:
    with pytest.raises(MappingError) as caught:
        mapping_of({"x": {"text": text}})
    assert {fault.code for fault in caught.value.faults} == {"E107"}


def test_no_path_reaches_into_python() -> None:
    mapping = mapping_of({"x": "a.__class__.__mro__", "y": {"text": "{b.__len__}", "default": "-"}})
    assert both_forms(mapping, {"a": {}, "b": {}}) == {"y": "-"}
    assert {f.code for f in run_faults(mapping, {"a": "text", "b": []})} == {"E211", "E205"}


# ---- patterns --------------------------------------------------------------------------------


def matching(pattern: str) -> FieldMapping:
    return mapping_of({"x": {"calc": f'matches(a, "{pattern}")'}})


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "(.*)*x", "([a-z]+)*\\d"])
def test_no_pattern_takes_longer_than_its_text_is_long(pattern: str) -> None:
    mapping = matching(pattern)
    started = time.process_time()
    assert both_forms(mapping, {"a": "a" * 100_000 + "!"}) == {"x": False}
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "pattern",
    ["(a)\\1", "(?=a)", "(?<=a)b", "(a{1000}){1000}", "((a{100}){100}){100}", "(", "[", "a**",
     "a" * 201, "\\p{Nothing}"],
)  # fmt: skip
def test_a_pattern_that_is_none_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(MappingError) as caught:
        matching(pattern)
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E107", 1)


def test_a_pattern_is_for_the_whole_text_and_any_text(apply: Any) -> None:
    mapping = matching(".*b.?")
    for text, expected in (("ab", True), ("abc", True), ("abcd", False), ("a\nb", False),
                           ("\ud83db", True), ("b\x00", True), ("", False)):  # fmt: skip
        assert both_forms(mapping, {"a": text}) == {"x": expected}


def test_no_field_is_ever_a_pattern(check_faults: Any) -> None:
    for pattern in ("b", "upper(b)", "$value", '"a" + "b"', "1"):
        faults = check_faults(f"x: {{calc: 'matches(a, {pattern})'}}")
        assert "E107" in {fault.code for fault in faults}


# ---- days and zones --------------------------------------------------------------------------

AT = "x: {from: a, as: datetime, zone: ZONE}\ny: {from: a, as: date, zone: ZONE}"


@pytest.mark.parametrize(
    ("zone", "text", "instant", "day"),
    [
        # around the hour that is left out, and the one that comes twice
        ("Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T03:00:00+02:00", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00", "2026-10-25"),
        ("Asia/Shanghai", "2026-05-31T16:00:00Z", "2026-06-01T00:00:00+08:00", "2026-06-01"),
        ("Asia/Shanghai", "2026-05-31T15:59:59Z", "2026-05-31T23:59:59+08:00", "2026-05-31"),
        ("Pacific/Kiritimati", "2026-06-01T10:00:00Z", "2026-06-02T00:00:00+14:00", "2026-06-02"),
        ("Pacific/Apia", "2011-12-29T23:59:00-10:00", "2011-12-29T23:59:00-10:00", "2011-12-29"),
        ("Asia/Kathmandu", "2026-06-01T00:00:00Z", "2026-06-01T05:45:00+05:45", "2026-06-01"),
        ("UTC", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "0001-01-01"),
        ("Asia/Shanghai", "9999-12-31 23:59:59", "9999-12-31T23:59:59+08:00", "9999-12-31"),
    ],
)
def test_a_time_has_the_offset_and_day_of_its_zone(
    apply: Any, zone: str, text: str, instant: str, day: str
) -> None:
    assert apply(AT.replace("ZONE", zone), {"a": text}) == {"x": instant, "y": day}


@pytest.mark.parametrize("text", ["2026-03-29 02:30:00", "2026-10-25 02:30:00"])
def test_a_local_time_that_is_none_or_two_is_a_fault(read: Any, text: str) -> None:
    (fault,) = run_faults(read("x: {from: a, as: datetime, zone: Europe/Berlin}"), {"a": text})
    assert fault.code == "E206"
    assert "clocks are changed in Europe/Berlin" in fault.message


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/New_York", "0001-01-01T00:00:00Z"),
        ("Asia/Shanghai", "9999-12-31T23:59:59Z"),
        ("Asia/Shanghai", "0000-01-01 00:00:00"),
        ("Asia/Shanghai", "2026-06-01T24:00:00Z"),
        ("Asia/Shanghai", "2026-06-01T00:00:60Z"),
        ("Asia/Shanghai", "2026-06-01T00:00:00+24:00"),
        ("Asia/Shanghai", "２０２６-06-01"),
    ],
)
def test_a_time_outside_the_calendar_is_a_fault(read: Any, zone: str, text: str) -> None:
    faults = run_faults(read(AT.replace("ZONE", zone)), {"a": text})
    assert {fault.code for fault in faults} == {"E206"}


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-02-28", 1, "2026-03-01"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2026-01-01", -1, "2025-12-31"),
        ("2026-06-01", 0, "2026-06-01"),
        ("9999-12-30", "1", "9999-12-31"),
    ],
)
def test_days_are_those_of_the_calendar(apply: Any, day: str, count: Any, expected: str) -> None:
    assert apply("x: {calc: 'days(a, n)'}", {"a": day, "n": count}) == {"x": expected}


@pytest.mark.parametrize(
    ("day", "count", "code"),
    [
        ("9999-12-31", 1, "E206"),
        ("2026-06-01T23:00:00Z", 1, "E206"),
        ("0001-01-01", -1, "E206"),
        ("2026-06-01", 10**12, "E206"),
        ("2026-06-01", 10**39, "E206"),
        ("2026-06-01", "1.5", "E208"),
        ("2026-06-01", None, "E203"),
        ("soon", 1, "E206"),
        (20260601, 1, "E206"),
    ],
)
def test_days_that_are_none_are_a_fault(read: Any, day: Any, count: Any, code: str) -> None:
    (fault,) = run_faults(read("x: {calc: 'days(a, n)'}"), {"a": day, "n": count})
    assert fault.code == code


# ---- lets ------------------------------------------------------------------------------------


def test_a_long_chain_of_lets_is_worked_out() -> None:
    assert both_forms(chain_of(60), {"a": "1"}) == {"x": Decimal(60)}


def test_a_chain_of_lets_that_is_too_long_is_a_fault_and_no_crash() -> None:
    mapping = chain_of(1_500)
    (fault,) = run_faults(mapping, {"a": "1"})
    assert fault.code == "E213"
    assert [fault.code for fault in mapping.explain({"a": "1"}).faults] == ["E213"]


def chain_of(lets: int) -> FieldMapping:
    """Return a mapping whose field uses the last of so many lets, each of which adds 1."""
    known: dict[str, Any] = {"v0": {"from": "a", "as": "decimal"}}
    known |= {f"v{n}": {"calc": f"$v{n - 1} + 1"} for n in range(1, lets)}
    return mapping_of({"x": f"$v{lets - 1}"}, let=known)


@pytest.mark.parametrize(
    "lets",
    [
        {"b": {"calc": "$b + 1"}},
        {"b": {"calc": "$c + 1"}, "c": "a"},
        {"b": "$c", "c": "$b"},
        {"b": {"text": "{$c}"}, "c": "a"},
        {"b": {"when": "$c is set", "then": "x"}, "c": "a"},
    ],
    ids=str,
)
def test_a_let_sees_only_those_above_it(lets: dict[str, Any]) -> None:
    with pytest.raises(MappingError) as caught:
        mapping_of({"x": "$b"}, let=lets)
    assert "E111" in {fault.code for fault in caught.value.faults}


def test_a_let_that_is_null_on_purpose_is_null_wherever_it_is_used() -> None:
    fields = {"x": "$n", "y": {"from": "$n", "as": "integer"}, "z": {"from": "$n", "default": "0"}}
    mapping = mapping_of(fields, let={"n": {"from": "a", "default": None}})
    assert both_forms(mapping, {}) == {"x": None, "y": None, "z": "0"}


def test_a_let_inside_a_list_is_of_the_whole_document() -> None:
    mapping = mapping_of(
        {"x": {"each": "l", "fields": {"y": "$n", "z": {"calc": "$n + n"}}}}, let={"n": "n"}
    )
    found = both_forms(mapping, {"n": "1", "l": [{"n": "2"}, {"n": "3"}]})
    assert found == {"x": [{"y": "1", "z": Decimal(3)}, {"y": "1", "z": Decimal(4)}]}


# ---- nothing half done -----------------------------------------------------------------------


def test_a_document_is_never_changed_whatever_its_rules_do() -> None:
    mapping = mapping_of(
        {
            "x": {"each": "l", "order_by": "n", "unique": "n", "fields": {"n": "n"}},
            "y": {"from": "t", "split": ","},
            "z": {"each": "tags"},
        }
    )
    document = {"l": [{"n": "2"}, {"n": "1"}], "t": "b,a", "tags": ["b", "a"]}
    kept = json.dumps(document)
    found = mapping.apply(document)
    found["z"].append("mine")
    found["y"].append("mine")
    assert json.dumps(document) == kept
    assert mapping.apply(document)["z"] == ["b", "a"]


def test_an_answer_of_any_kind_is_taken_or_told(read: Any) -> None:
    mapping = read('x: {from: a, lookup: "rate: -> CNY", as: decimal}')
    for answer in ("many", "", [], {"a": 1}, True):
        scope = Scope(lookups=GivenLookUps({"rate: -> CNY": {"USD": answer}}))
        with pytest.raises(MappingFault):
            mapping.apply({"a": "USD"}, scope)
