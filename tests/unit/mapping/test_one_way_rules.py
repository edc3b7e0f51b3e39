"""Rules of two-way mappings that cannot be turned round, and wrong ways back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from hub.errors import Fault
from hub.mapping import FieldMapping, MappingFault, read_bundle

Read = Callable[..., FieldMapping]
FaultsOf = Callable[..., list[Fault]]

HEAD = """\
mapping: probe
from: {connector: there, stream: things}
to: {connector: here, operation: put}
"""
TWO_WAY = "direction: two-way"
UOM = "tables:\n  uom: {千克: KGM, 克: GRM}\n"

#: A rule → what stands at the place of its fault, and what the fault says.
ONE_WAY: Mapping[str, tuple[str, str, str]] = {
    "value": ("f: {value: A}", "value", "value: cannot be turned round."),
    "text": ('f: {text: "{a}"}', "text", "text: cannot be turned round."),
    "calc": ("f: {calc: a + 1}", "calc", "calc: cannot be turned round."),
    "when": ("f: {when: a, then: b}", "when", "when: cannot be turned round."),
    "choose": (
        "f: {choose: [{when: a, then: b}]}", "choose", "choose: cannot be turned round.",
    ),
    "count": ("f: {count: a}", "count", "count: cannot be turned round."),
    "split": ('f: {from: a, split: ","}', "split", "split: cannot be turned round."),
    "redact": ("f: {from: a, redact: name}", "redact", "redact: cannot be turned round."),
    "thousands": (
        'f: {from: a, as: decimal, thousands: ","}', "thousands",
        "thousands: cannot be turned round.",
    ),
    "cut": (
        "f: {from: a, max_length: 3, cut: true}", "cut", "cut: cannot be turned round.",
    ),
    "where": (
        "f: {each: a, where: b, fields: {c: c}}", "where", "where: cannot be turned round.",
    ),
    "join": ('f: {each: a, join: ","}', "join", "join: cannot be turned round."),
    "a field of items": ("f: {each: a, from: b}", "from", "from: cannot be turned round."),
    "an item of a list": (
        'f: {from: "a[first].b"}', '"a[first].b"',
        "a[first].b is no field of the document or item at hand.",
    ),
    "an enclosing document": (
        "f: {each: a, fields: {c: ..b}}", "..b",
        "..b is no field of the document or item at hand.",
    ),
    "a currency of the document": (
        "f: {each: a, fields: {c: {from: p, as: money, currency: ..b}}}", "..b",
        "..b is no field of the document or item at hand.",
    ),
    "a table with two alike": (
        "f: {from: a, map: {A: X, B: Y, C: X}}", "map", "the table gives X for both A and C.",
    ),
    "a table with nothing": (
        "f: {from: a, map: {A: X, B: null}}", "map", "the table gives nothing for B.",
    ),
    "a table with else": (
        "f: {from: a, map: {A: X}, else: keep}", "else",
        "else: cannot be turned round: several values may have become one.",
    ),
    "a table of days": (
        "f: {from: a, map: {A: 2026-01-01}, as: date}", "as:",
        "map: and as: date cannot be turned round.",
    ),
    "a link one way": (
        "f: {from: a, lookup: u8.item -> hub.item}", "lookup",
        "lookup: goes one way; A <-> B can be turned round.",
    ),
    "a scale without end": (
        "f: {from: a, as: decimal, scale: 3}", "scale", "scale: 3 cannot be turned round exactly.",
    ),
    "a day nobody can read": (
        "f: {from: a, as: date, format: DD.MM.YYYY}", "format",
        "format: DD.MM.YYYY is no way of writing that can be read again.",
    ),
    "a day without zeros": (
        "f: {from: a, as: date, format: YYYYMD}", "format",
        "format: YYYYMD is no way of writing that can be read again.",
    ),
    "a time without its day's hours": (
        "f: {from: a, as: datetime, zone: UTC, format: YYYY-MM-DD}", "format",
        "format: YYYY-MM-DD is no way of writing that can be read again.",
    ),
    "a source twice": (
        "e: a\nf: a", "a", "e and f both tell the source its a.",
    ),
    "a source and a part of it": (
        "e: a.b\nf: {each: a, fields: {c: c}}", "a, fields", "f and e both tell the source its a.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "there", "message"), ONE_WAY.values(), ids=ONE_WAY)
def test_what_cannot_be_turned_round_is_said_where_it_stands(
    check_faults: FaultsOf, fields: str, there: str, message: str
) -> None:
    (fault,) = check_faults(fields, TWO_WAY)
    assert (fault.code, fault.message) == ("E115", message)
    assert "back: {" in fault.hint
    line = f"  {fields.splitlines()[-1]}"
    assert line[fault.column - 1 :].startswith(there)


@pytest.mark.parametrize(("fields", "there", "message"), ONE_WAY.values(), ids=ONE_WAY)
def test_a_way_back_that_is_given_needs_no_turning_round(
    read: Read, fields: str, there: str, message: str
) -> None:
    rules = [line for line in fields.splitlines() if line.startswith("f:")]
    rule = rules[0].removeprefix("f: ")
    rule = rule[1:-1] if rule.startswith("{") else f"from: {rule}"
    mapping = read(f"f: {{{rule}, back: {{}}}}", TWO_WAY)
    assert mapping.back is not None
    assert mapping.back.apply({"f": "X"}) == {}


@pytest.mark.parametrize(
    ("back", "code", "message"),
    [
        ("name", "E106", "back: needs source paths with rules."),
        ("{..a: f}", "E115", "..a is no field of the document or item at hand."),
        ("{'a[first]': f}", "E115", "a[first] is no field of the document or item at hand."),
        ("{a b: f}", "E107", "'a b' is no path: 'b' is not expected here."),
        ("{a: {from: f, sa: text}}", "E102", "On the way back: A rule has no word 'sa'."),
        ("{a: {from: f, as: money}}", "E105", "On the way back: as: money needs currency:"),
    ],
    ids=["a text", "an enclosing document", "an item", "no path", "a word", "a companion"],
)
def test_a_wrong_way_back_is_a_fault(
    check_faults: FaultsOf, back: str, code: str, message: str
) -> None:
    (fault,) = check_faults(f'f: {{text: "{{a}}", back: {back}}}', TWO_WAY)
    assert (fault.code, fault.line) == (code, 6)
    assert fault.message.startswith(message)


def test_two_ways_back_to_one_field_are_named_in_a_list_too(check_faults: FaultsOf) -> None:
    fields = "lines:\n  each: rows\n  fields:\n    a: x\n    b: {text: '{x}', back: {x: b}}"
    (fault,) = check_faults(fields, TWO_WAY)
    assert fault.message == "lines[].a and lines[].b both tell the source its x."


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{from: a, map: nowhere}", "E109"),
        ("{from: a, as: number}", "E106"),
        ("{from: a, map: {A: {x: y}}}", "E106"),
        ("{from: a, map: {A: X}, scale: 2}", "E110"),
        ("{from: a, as: date, format: YYYY-MM-DD HH:mm}", "E110"),
        ("{from: a, as: decimal, scale: much}", "E106"),
        ("{from: a, as: money, currency: [a]}", "E106"),
        ("{from: [a]}", "E106"),
        ("{each: [a]}", "E106"),
        ("[a]", "E106"),
        ("{fields: a}", "E106"),
        ('"a b"', "E107"),
    ],
)
def test_what_is_wrong_forward_is_told_as_in_any_file(
    check_faults: FaultsOf, rule: str, code: str
) -> None:
    one_way, two_way = check_faults(f"f: {rule}"), check_faults(f"f: {rule}", TWO_WAY)
    assert code in {fault.code for fault in one_way}
    assert [(fault.code, fault.message) for fault in two_way if fault.code != "E115"] == [
        (fault.code, fault.message) for fault in one_way
    ]


def test_a_file_without_fields_is_told_so_once(file_faults: FaultsOf) -> None:
    faults = file_faults(probe=f"{HEAD}{TWO_WAY}\n")
    assert [fault.code for fault in faults] == ["E105"]


def test_faults_of_the_way_back_wait_for_a_way_forward_without_any(check_faults: FaultsOf) -> None:
    (fault,) = check_faults("f: {from: a, map: nowhere}", TWO_WAY)
    assert fault.code == "E109"


def test_every_rule_that_cannot_be_turned_round_is_reported_at_once(
    check_faults: FaultsOf,
) -> None:
    faults = check_faults("e: {value: A}\nf: {calc: a}\ng: {count: b}", TWO_WAY)
    assert [(fault.code, fault.line) for fault in faults] == [
        ("E115", 6), ("E115", 7), ("E115", 8),
    ]  # fmt: skip


def test_a_way_back_in_a_one_way_file_is_a_fault(check_faults: FaultsOf) -> None:
    (fault,) = check_faults("e: a\nf: {each: b, fields: {c: {value: X, back: {}}}}")
    assert (fault.code, fault.line) == ("E110", 7)
    assert "direction: two-way" in f"{fault.message} {fault.hint}"


def test_a_one_way_file_has_no_way_back(read: Read) -> None:
    assert read("f: {value: A}").back is None
    assert read("f: {value: A}", "direction: one-way").back is None


def test_a_table_that_only_the_way_back_uses_is_used() -> None:
    rule = 'f: {text: "{a}", back: {a: {from: f, map: uom}}}'
    text = f"{HEAD}{TWO_WAY}\n{UOM}fields:\n  {rule}\n".encode()
    assert read_bundle({"own/probe.yaml": text}).warnings == ()
    other = text.replace(b"map: uom", b"map: {A: B}")
    assert [fault.code for fault in read_bundle({"own/probe.yaml": other}).warnings] == ["W102"]


def test_another_direction_is_a_fault(check_faults: FaultsOf) -> None:
    (fault,) = check_faults("f: a", "direction: two-ways")
    assert (fault.code, fault.hint) == ("E106", "Did you mean two-way?")


def test_a_record_gets_its_required_fields_on_the_way_back(file_faults: FaultsOf) -> None:
    text = (
        "mapping: probe\ndirection: two-way\nfrom: {record: bom}\n"
        "to: {connector: here, operation: put}\nfields:\n  code: sku\n"
    )
    (fault,) = file_faults(probe=text)
    assert fault.code == "E104"
    assert fault.message.startswith("On the way back: The target needs number")


def test_a_fault_of_the_way_back_names_the_source_and_its_place(read: Read) -> None:
    mapping = read("sku: code\nqty: {from: lines.n, as: integer}", TWO_WAY)
    assert mapping.back is not None
    with pytest.raises(MappingFault) as caught:
        mapping.back.apply({"qty": "many"})
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E202", 7)
    assert fault.message.startswith('lines.n: qty = "many" is no number')


def test_a_way_back_from_a_field_the_record_has_not_is_a_fault(file_faults: FaultsOf) -> None:
    text = (
        "mapping: probe\ndirection: two-way\nfrom: {connector: there, stream: things}\n"
        "to: {record: bom}\nfields:\n  number: no\n  sku: code\n"
        "  name: {text: '{title}', back: {title: nam}}\n"
    )
    (fault,) = file_faults(probe=text)
    assert (fault.code, fault.line) == ("E101", 8)
    assert fault.message == "On the way back: nam: the source has no nam."
    assert fault.hint == "Did you mean name?"
