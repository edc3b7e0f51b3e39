"""Personal data: what masks leave of it, where it may not go, and that no fault shows it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from hub.errors import Fault, MappingError
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle
from hub.mapping.data.redaction import MASKS, REDACTIONS, keyed_hash

# ---- masks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("name", "李晓梅", "李**"),
        ("name", "李梅", "李*"),
        ("name", "欧阳晓梅", "欧***"),
        ("name", "李", "李*"),
        ("name", "John Smith", "J*** S****"),
        ("name", "J Smith", "J* S****"),
        ("name", "阿凡提·买买提", "阿******"),
        ("name", " 李 晓 梅 ", " * * * "),
        ("name", "李 晓梅", "李* **"),
        ("name", "张三 13812345678", "张* ***********"),
        ("name", "李\u3000晓梅", "李***"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "138 1234 5678", "138 **** 5678"),
        ("phone", "+86-138-1234-5678", "+86-1**-****-5678"),
        ("phone", "１３８１２３４５６７８", "１３８****５６７８"),
        ("phone", "010-8888", "***-*888"),
        ("phone", "12", "*2"),
        ("phone", "1", "*"),
        ("phone", "13812345678 张三", "138****5678 **"),
        ("phone", "none", "****"),
        ("id_card", "110101199003071234", "110***********1234"),
        ("id_card", "11010119900307123X", "110***********123X"),
        ("id_card", "110101900307123", "110********7123"),
        ("id_card", "E12345678", "*********"),
        ("id_card", "1234567", "*******"),
        ("id_card", "1", "*"),
        ("bank", "6222021234567890", "************7890"),
        ("bank", "6222 0212 3456 7890", "***************7890"),
        ("bank", "12345", "*****"),
        ("bank", "1234", "****"),
        ("email", "li.xiaomei@example.com", "l***@example.com"),
        ("email", "l@example.com", "l***@example.com"),
        ("email", "@example.com", "***@example.com"),
        ("email", "a@b@example.com", "a***@example.com"),
        ("email", "no address", "**********"),
    ],
)
def test_a_mask_leaves_so_much(kind: str, value: str, expected: str) -> None:
    assert MASKS[kind](value) == expected


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_never_leaves_a_value_as_it_was(kind: str) -> None:
    for value in ("李", "a", "7", "ab", "12345", "李晓梅", "x" * 40, "１２３", "1@b.cn", "٣٤٥"):
        assert MASKS[kind](value) != value
    assert MASKS[kind]("") in {"", "***@"}


def test_the_same_value_has_the_same_hash_and_another_key_another_one() -> None:
    one = keyed_hash("13812345678", b"a key")
    assert one == "fa3d42fcd7be01df"
    assert keyed_hash("13812345678", b"a key") == one
    assert keyed_hash("13812345679", b"a key") != one
    assert keyed_hash("13812345678", b"another") != one
    assert keyed_hash("\ud800", b"a key")


# ---- mappings of personal documents ----------------------------------------------------------


@dataclass(frozen=True)
class Spec:
    """A field as connectors tell it."""

    type: str = "text"
    required: bool = False
    personal: str | None = None
    fields: dict[str, Spec] = field(default_factory=dict)


SOURCE = {
    "a": Spec(),
    "phone": Spec(personal="phone"),
    "name": Spec(personal="name"),
    "phones": Spec("list", personal="phone"),
    "card": Spec("object", personal="id_card"),
    "contact": Spec("object", fields={"name": Spec(personal="name"), "city": Spec()}),
    "lines": Spec("list", fields={"tel": Spec(personal="phone"), "sku": Spec()}),
}


def mapping_of(
    fields: Mapping[str, Any], to: Mapping[str, str] | None = None, **words: Any
) -> FieldMapping:
    head = {
        "mapping": "probe",
        "from": {"connector": "there", "stream": "things"},
        "to": to or {"connector": "here", "operation": "put"},
    }
    text = json.dumps({**head, **words, "fields": fields}, ensure_ascii=False)
    known = {("there", "things"): SOURCE}
    files = {"own/probe.yaml": text.encode()}
    return read_bundle(files, lambda *end: known.get(end)).mappings["probe"]


def refused(fields: Mapping[str, Any], **words: Any) -> list[str]:
    """Return the paths that would leave, as E301 names them."""
    faults = load_faults(fields, **words)
    assert {fault.code for fault in faults} <= {"E301"}
    return sorted(fault.message.split(" is personal")[0] for fault in faults)


def load_faults(fields: Mapping[str, Any], **words: Any) -> Sequence[Fault]:
    """Return what keeps the mapping from being loaded."""
    try:
        mapping_of(fields, **words)
    except MappingError as error:
        return error.faults
    return ()


PARTS = {"text": "{p} {q}", "parts": {"p": {"from": "phone", "redact": "phone"}, "q": "name"}}
LINES = {"each": "lines", "from": "tel"}


@pytest.mark.parametrize(
    ("rule", "words", "expected"),
    [
        ("phone", {}, ["phone"]),
        ("contact.name", {}, ["contact.name"]),
        ("contact.city", {}, []),
        ("phones[last]", {}, ["phones[last]"]),
        ("card.number", {}, ["card.number"]),
        ({"each": "phones"}, {}, ["phones"]),
        ({"each": "phones", "join": ","}, {}, ["phones"]),
        ({"text": "to {phone}"}, {}, ["phone"]),
        ({"calc": "upper(phone)"}, {}, ["phone"]),
        ({"calc": 'join(lines: tel, ",")'}, {}, ["tel"]),
        ({"calc": 'join(phones, ",")'}, {}, ["phones"]),
        ("$tel", {"let": {"tel": "phone"}}, ["$tel"]),
        ({"text": "{$b}"}, {"let": {"tel": "phone", "b": {"text": "{$tel}"}}}, ["$b"]),
        ({"each": "$l"}, {"let": {"l": {"each": "phones"}}}, ["each"]),
        ("$tel", {"let": {"tel": {"from": "phone", "redact": "phone"}}}, []),
        ("$tel", {"let": {"tel": {"from": "phone", "allow_personal": "carrier"}}}, []),
        ({"text": "{p}", "parts": {"p": "phone"}}, {}, ["phone"]),
        (PARTS, {}, ["name"]),
        ({**PARTS, "redact": "hash"}, {}, []),
        ({**PARTS, "allow_personal": "carrier"}, {}, []),
        ({"when": "a is set", "then": {"from": "phone"}}, {}, ["phone"]),
        ({"when": "a is set", "then": "x", "else": {"from": "name"}}, {}, ["name"]),
        ({"when": "a is set", "then": {"from": "phone"}, "redact": "phone"}, {}, []),
        ({"when": "a is set", "then": {"from": "phone", "redact": "drop"},
          "else": {"from": "name"}}, {}, ["name"]),
        ({"choose": [{"when": "a is set", "then": {"from": "phone"}}]}, {}, ["phone"]),
        ({"each": "lines", "fields": {"t": "tel"}}, {}, ["tel"]),
        ({"each": "lines", "fields": {"t": "..name"}}, {}, ["..name"]),
        ({**LINES, "join": ","}, {}, ["tel"]),
        ({**LINES, "redact": "phone", "join": ","}, {}, []),
        ({"text": "{p}", "parts": {"p": {**LINES, "join": ","}}}, {}, ["tel"]),
        ({"fields": {"t": "phone"}}, {}, ["phone"]),
        ({"fields": {"t": {"from": "phone", "redact": "hash"}, "n": "name"}}, {}, ["name"]),
        ({"value": "1", "as": "money", "currency": "phone"}, {}, ["phone"]),
        ("a", {"key": "{phone}"}, ["phone"]),
        ("a", {"lane": "{a}/{name}"}, ["name"]),
        ("a", {"let": {"t": {"from": "phone", "redact": "hash"}}, "key": "{$t}"}, []),
        # what is only asked does not leave
        ({"when": 'phone == "1"', "then": "yes"}, {}, []),
        ({"each": "lines", "where": "tel is set", "order_by": "tel", "from": "sku"}, {}, []),
        ({"count": "phones"}, {}, []),
        ({"from": "a", "check": "$value != phone"}, {}, []),
        ("a", {"checks": [{"that": "..phone is set", "says": "no phone"}]}, []),
    ],
    ids=str,
)  # fmt: skip
def test_personal_values_leave_only_masked_or_with_a_reason(
    rule: Any, words: Mapping[str, Any], expected: list[str]
) -> None:
    assert refused({"x": rule}, **words) == expected


def test_the_hub_itself_may_know_them() -> None:
    fields = {"number": "a", "customer": {"fields": {"code": "phone"}}, "status": "a"}
    assert refused(fields, to={"record": "order"}) == []


@pytest.mark.parametrize("reason", ["", " ", None], ids=repr)
def test_a_reason_says_something(reason: str | None) -> None:
    with pytest.raises(MappingError) as caught:
        mapping_of({"x": {"from": "phone", "allow_personal": reason}})
    assert "E105" in {fault.code for fault in caught.value.faults}


def test_a_hash_needs_the_key_of_the_hub() -> None:
    mapping = mapping_of({"x": {"from": "phone", "redact": "hash"}})
    assert mapping.apply({"phone": "13812345678"}, Scope(secret=b"a key")) == {
        "x": "fa3d42fcd7be01df"
    }
    with pytest.raises(MappingFault) as caught:
        mapping.apply({"phone": "13812345678"})
    assert "has no key" in str(caught.value)
    assert "1381" not in str(caught.value)


def test_equal_numbers_have_equal_hashes() -> None:
    mapping = mapping_of({"x": {"from": "phone", "redact": "hash"}})
    numbers = (13800, Decimal("13800.0"), "13800", Decimal("1.38E+4"))
    found = {mapping.apply({"phone": n}, Scope(secret=b"a key"))["x"] for n in numbers}
    assert len(found) == 1


# ---- nothing shows them ----------------------------------------------------------------------

#: A value no rule below can take, with pieces that are looked for.
SECRET = "\u674eQ77-ZEBRA"
PIECES = ("Q77", "ZEBRA", "\u674e")
DOCUMENT = {
    "a": "A",
    "phone": SECRET,
    "name": SECRET,
    "phones": [SECRET, SECRET],
    "card": {"number": SECRET},
    "contact": {"name": SECRET, "city": "X"},
    "lines": [{"tel": SECRET, "sku": "1"}, {"tel": SECRET, "sku": "1"}],
}
WHY = {"allow_personal": "the carrier calls"}
P = {"from": "phone", **WHY}
LET = {"let": {"t": "phone", "l": {"each": "phones"}, "why": P, "o": {"fields": {"t": P}},
               "rows": {"each": "lines", "fields": {"t": {"from": "tel", **WHY}}}}}  # fmt: skip

FAILING: list[tuple[Any, Mapping[str, Any]]] = [
    *(({**P, "as": kind}, {}) for kind in ("integer", "decimal", "boolean", "date", "email")),
    ({**P, "as": "datetime", "zone": "UTC"}, {}),
    ({**P, "as": "money", "currency": "CNY"}, {}),
    ({**P, "as": "quantity", "unit": "a"}, {}),
    ({**P, "as": "decimal", "thousands": "_"}, {}),
    ({"value": "1", "as": "money", "currency": "phone", **WHY}, {}),
    ({**P, "map": {"a": "b"}}, {}),
    ({**P, "lookup": "crm.a -> wms.b"}, {}),
    ({**P, "lookup": "rate: -> CNY"}, {}),
    ({"value": "USD", "lookup": "rate: -> CNY", "at": "phone", **WHY}, {}),
    ({**P, "max_length": 3}, {}),
    ({**P, "max_length": {"bytes": 3}}, {}),
    ({**P, "max_length": {"bytes": 90, "encoding": "ascii"}}, {}),
    ({**P, "check": "> 5"}, {}),
    ({**P, "check": "round($value) > 5"}, {}),
    ({**P, "check": 'upper($value) < "B"'}, {}),
    ({**P, "check": "len($value) == 1"}, {}),
    ({**P, "check": {"that": '== ""', "says": "no"}}, {}),
    ({"from": "a", "check": "$value < phone"}, {}),
    ({**P, "split": "-", "as": "integer"}, {}),
    ({"count": "phone"}, {}),
    ({"from": "phone.x", **WHY}, {}),
    ({"calc": "phone * 2", **WHY}, {}),
    ({"calc": "sum(lines: tel)", **WHY}, {}),
    ({"calc": "sum(phones)", **WHY}, {}),
    ({"calc": "sum(lines.tel)", **WHY}, {}),
    ({"calc": "max(lines: upper(tel)) + 1", **WHY}, {}),
    ({"calc": "days(phone, 1)", **WHY}, {}),
    ({"calc": "left(a, phone)", **WHY}, {}),
    ({"calc": "card.number + 1", **WHY}, {}),
    ({"when": "phone", "then": "x"}, {}),
    ({"when": 'right(phone, 9) > "z"', "then": "x"}, {}),
    ({"when": 'name > "z" or phone > "z"', "then": "x"}, {}),
    ({"when": "a in phone", "then": "x"}, {}),
    ({"choose": [{"when": "phone > 1", "then": "x"}]}, {}),
    ({"text": "{phone}", **WHY, "as": "integer"}, {}),
    ({"text": "{p}", "parts": {"p": {**P, "as": "date"}}}, {}),
    ({"when": "a is set", "then": P, "as": "date"}, {}),
    ({"when": "a is set", "then": {**P, "as": "date"}}, {}),
    ({"from": "$t", **WHY, "as": "integer"}, LET),
    ({"calc": "$t * 2", **WHY}, LET),
    ({"when": "$t > 1", "then": "x"}, LET),
    ({"calc": "$why * 2"}, LET),
    ({"from": "$why", "as": "integer"}, LET),
    ({"calc": "$o.t * 2"}, LET),
    ({"from": "$o.t", "as": "integer"}, LET),
    ({"calc": "sum($rows: t)"}, LET),
    ({"each": "$rows", "from": "t", "as": "integer"}, LET),
    ({"each": "$l", **WHY, "as": "integer"}, LET),
    ({"each": "phones", **WHY, "as": "integer"}, {}),
    ({"each": "phones", "fields": {"y": {"value": "1"}}}, {}),
    ({"each": "phones", "from": "x", **WHY}, {}),
    ({**LINES, **WHY, "as": "integer", "join": ","}, {}),
    ({"each": "lines", "fields": {"y": {"from": "tel", **WHY}}, "unique": "y"}, {}),
    ({"each": "phones", **WHY, "max": 1}, {}),
    (P, {"checks": [{"that": "x > 1", "says": "no"}]}),
    (P, {"checks": [{"that": "x * 2 > 1", "says": "no"}]}),
    (P, {"checks": [{"that": 'x == ""', "says": "x is {x}"}]}),
    ("a", {"checks": [{"that": 'x == ""', "says": "tel is {..phone}"}]}),
    ("a", {"checks": [{"that": "..phone > 1", "says": "no"}]}),
    ({"fields": {"t": P}}, {"checks": [{"that": 'x.t == ""', "says": "it is {x.t}"}]}),
    ({"each": "lines", "fields": {"t": {"from": "tel", **WHY}}},
     {"checks": [{"that": "sum(x: t) > 1", "says": "no"}]}),
    ("a", {"when": "phone > 1"}),
]  # fmt: skip


@pytest.mark.parametrize("masked", [False, True], ids=["allowed", "masked"])
@pytest.mark.parametrize(("rule", "words"), FAILING, ids=str)
def test_no_fault_of_any_word_shows_a_personal_value(
    rule: Any, words: Mapping[str, Any], masked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    if masked:
        rule = _masked(rule)
    caplog.set_level(logging.DEBUG)
    refused_at_once = load_faults({"x": rule}, **words)
    if refused_at_once:
        # the schema shows that it cannot work, so no document can
        assert {fault.code for fault in refused_at_once} <= {"E101", "E108"}
        return
    mapping = mapping_of({"x": rule}, **words)
    run = mapping.applies if "when" in words else mapping.apply
    with pytest.raises(MappingFault) as caught:
        run(DOCUMENT)
    told = [repr(caught.value.faults), str(caught.value), caplog.text]
    told += [repr(mapping.explain(DOCUMENT).trace.notes), repr(mapping.explain(DOCUMENT).faults)]
    assert caught.value.faults
    for piece in PIECES:
        assert not [text for text in told if piece in text]


def _masked(rule: Any) -> Any:
    """Return the rule with a mask wherever it has a reason."""
    if isinstance(rule, dict):
        inner = {name: _masked(value) for name, value in rule.items() if name != "allow_personal"}
        return {**inner, "redact": "hash"} if "allow_personal" in rule else inner
    return rule


def test_every_mask_is_in_the_explanation_and_what_it_masks_is_not() -> None:
    for kind in REDACTIONS:
        mapping = mapping_of({"x": {"from": "phone", "redact": kind, "max_length": 40}})
        told = mapping.explain({"phone": "13812345678"}, Scope(secret=b"a key"))
        assert not told.faults
        notes = {note.word: note.value for note in told.trace.notes}
        assert notes["from"] == "(personal, not shown)"
        assert "1234" not in repr(told.trace.notes)


def test_a_reason_lets_a_value_leave_and_shows_it_nowhere_else() -> None:
    mapping = mapping_of({"x": {**P, "max_length": 40}})
    told = mapping.explain({"phone": "13812345678"})
    assert told.document == {"x": "13812345678"}
    assert {note.value for note in told.trace.notes} == {"(personal, not shown)"}
