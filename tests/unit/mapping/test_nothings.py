"""The four kinds of nothing, missing, null, empty text and empty list, before every word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle
from hub.mapping.running.lookups import GivenLookUps, LinksMissing
from hub.mapping.writing import vocabulary

#: The field is not in the document.
OUT = "(left out)"
PARKED = "(waits)"
NOTHINGS: Mapping[str, dict[str, Any]] = {
    "missing": {},
    "null": {"a": None},
    "empty text": {"a": ""},
    "empty list": {"a": []},
}
NAMES = [pytest.param(name, id=name.replace(" ", "-")) for name in NOTHINGS]
SCOPE = Scope(lookups=GivenLookUps({"rate: -> CNY": {"USD": "7"}}), secret=b"a key")
#: HMAC-SHA256 of the empty text under that key.
EMPTY_HASH = "b42577ed528db0b7"


def listed(**words: Any) -> dict[str, Any]:
    return {"each": "a", "from": "b", **words}


#: Word → (rule, what it makes of missing, null, empty text, empty list: a value or a fault's code).
TABLE: Mapping[str, list[tuple[dict[str, Any], Any, Any, Any, Any]]] = {
    # sources
    "from": [({"from": "a"}, OUT, OUT, "", "E205")],
    "value": [({"value": ""}, "", "", "", ""), ({"value": None}, OUT, OUT, OUT, OUT)],
    "text": [({"text": "<{a}>"}, "E203", "E203", "<>", "E205")],
    "parts": [
        ({"text": "<{p}>", "parts": {"p": "a"}}, "E203", "E203", "<>", "E205"),
        ({"text": "<{p}>", "parts": {"p": {"from": "a", "default": "-"}}},
         "<->", "<->", "<>", "E205"),
    ],
    "calc": [
        ({"calc": "a"}, OUT, OUT, "", "E205"),
        ({"calc": "a + 1"}, "E203", "E203", "E202", "E202"),
        ({"calc": "upper(a)"}, "E203", "E203", "", "E205"),
        ({"calc": "a is set"}, False, False, True, True),
        ({"calc": "a == 1"}, False, False, False, "E211"),
        ({"calc": "len(a)"}, "E203", "E203", 0, 0),
        ({"calc": "sum(a)"}, "E203", "E203", "E205", Decimal(0)),
        ({"calc": "count(a)"}, 0, 0, "E205", 0),
        ({"calc": "any(a: b)"}, False, False, "E205", False),
        ({"calc": 'join(a, ",")'}, "E203", "E203", "E205", ""),
        ({"calc": "days(a, 1)"}, "E203", "E203", "E206", "E206"),
        ({"calc": 'matches(a, "")'}, "E203", "E203", True, "E205"),
        ({"calc": 'a in ["", 1]'}, False, False, True, "E211"),
    ],
    "when": [({"when": "a", "then": "yes", "else": "no"}, "no", "no", "E207", "E207")],
    "then": [({"when": "true", "then": {"from": "a"}}, OUT, OUT, "", "E205")],
    "choose": [
        ({"choose": [{"when": "a is not set", "then": "no"}, {"when": 'a == ""', "then": "empty"}]},
         "no", "no", "empty", "E211"),
        ({"choose": [{"when": "b is set", "then": "b"}]}, OUT, OUT, OUT, OUT),
    ],
    "else": [
        ({"when": "b is set", "then": "b", "else": {"from": "a"}}, OUT, OUT, "", "E205"),
        ({"from": "a", "map": {"k": "K"}, "else": "keep"}, OUT, OUT, "", "E205"),
        ({"from": "a", "map": {"k": "K"}, "else": None}, OUT, OUT, OUT, "E205"),
    ],
    "count": [({"count": "a"}, 0, 0, "E205", 0)],
    "fields": [({"fields": {"y": "a"}}, OUT, OUT, {"y": ""}, "E205")],
    "each": [(listed(), OUT, OUT, "E205", [])],
    # absence
    "empty": [
        ({"from": "a", "empty": [""]}, OUT, OUT, OUT, "E205"),
        ({"from": "a", "empty": ["", "-"], "default": "0"}, "0", "0", "0", "E205"),
        ({"from": "a", "empty": "", "required": True}, "E203", "E203", "E203", "E205"),
    ],
    "default": [
        ({"from": "a", "default": "none"}, "none", "none", "", "E205"),
        ({"from": "a", "default": None}, None, None, "", "E205"),
        ({"from": "a", "default": ""}, "", "", "", "E205"),
        (listed(default=[]), [], [], "E205", []),
        (listed(default=None), None, None, "E205", []),
        ({"calc": "a + 1", "default": "0"}, "0", "0", "E202", "E202"),
        ({"text": "<{a}>", "default": "none"}, "none", "none", "<>", "E205"),
    ],
    "required": [
        ({"from": "a", "required": True}, "E203", "E203", "", "E205"),
        (listed(required=True), "E203", "E203", "E205", []),
        ({"fields": {"y": "a"}, "required": True}, "E203", "E203", {"y": ""}, "E205 E203"),
    ],
    # types
    "as": [
        ({"from": "a", "as": "text"}, OUT, OUT, "", "E205"),
        ({"from": "a", "as": "integer"}, OUT, OUT, "E202", "E205"),
        ({"from": "a", "as": "decimal"}, OUT, OUT, "E202", "E205"),
        ({"from": "a", "as": "boolean"}, OUT, OUT, "E207", "E205"),
        ({"from": "a", "as": "date"}, OUT, OUT, "E206", "E205"),
        ({"from": "a", "as": "datetime", "zone": "UTC"}, OUT, OUT, "E206", "E205"),
        ({"from": "a", "as": "email"}, OUT, OUT, "E220", "E205"),
        ({"from": "a", "as": "money", "currency": "CNY"}, OUT, OUT, "E202", "E205"),
        ({"from": "a", "as": "quantity", "unit": "b"}, OUT, OUT, "E203", "E205"),
    ],
    "currency": [({"value": "1", "as": "money", "currency": "a"}, "E203", "E203", "E203", "E205")],
    "unit": [({"value": "1", "as": "quantity", "unit": "a"}, "E203", "E203", "E203", "E205")],
    "places": [({"from": "a", "as": "decimal", "places": 2}, OUT, OUT, "E202", "E205")],
    "round": [
        ({"from": "a", "as": "decimal", "places": 0, "round": "down"}, OUT, OUT, "E202", "E205")
    ],
    "thousands": [({"from": "a", "as": "decimal", "thousands": ","}, OUT, OUT, "E202", "E205")],
    "scale": [({"from": "a", "as": "integer", "scale": "10"}, OUT, OUT, "E202", "E205")],
    "zone": [({"from": "a", "as": "date", "zone": "Asia/Shanghai"}, OUT, OUT, "E206", "E205")],
    "format": [({"from": "a", "as": "date", "format": "YYYY"}, OUT, OUT, "E206", "E205")],
    # look-ups
    "map": [
        ({"from": "a", "map": {"k": "K"}}, OUT, OUT, "E201", "E205"),
        ({"from": "a", "map": {"": "none"}}, OUT, OUT, "none", "E205"),
        ({"from": "a", "map": {"": None}, "default": "-"}, "-", "-", "-", "E205"),
    ],
    "lookup": [
        ({"from": "a", "lookup": "crm.a -> wms.b"}, OUT, OUT, "E217", "E205"),
        ({"from": "a", "lookup": "crm.a -> wms.b", "else": "park"}, OUT, OUT, PARKED, "E205"),
        ({"from": "a", "lookup": "rate: -> CNY"}, OUT, OUT, "E218", "E205"),
    ],
    "at": [
        ({"value": "USD", "lookup": "rate: -> CNY", "at": "a"},
         "E203", "E203", "E206", "E205"),
    ],
    # privacy
    "redact": [
        ({"from": "a", "redact": "name"}, OUT, OUT, "", "E205"),
        ({"from": "a", "redact": "phone"}, OUT, OUT, "", "E205"),
        ({"from": "a", "redact": "id_card"}, OUT, OUT, "", "E205"),
        ({"from": "a", "redact": "bank"}, OUT, OUT, "", "E205"),
        ({"from": "a", "redact": "email"}, OUT, OUT, "", "E205"),
        ({"from": "a", "redact": "hash"}, OUT, OUT, EMPTY_HASH, "E205"),
        ({"from": "a", "redact": "drop"}, OUT, OUT, OUT, "E205"),
    ],
    "allow_personal": [({"from": "a", "allow_personal": "why"}, OUT, OUT, "", "E205")],
    # shape
    "split": [
        ({"from": "a", "split": ","}, OUT, OUT, [], "E205"),
        ({"from": "a", "split": ",", "default": []}, [], [], [], "E205"),
        ({"from": "a", "split": ",", "required": True}, "E203", "E203", [], "E205"),
    ],
    "max_length": [({"from": "a", "max_length": 3}, OUT, OUT, "", "E205")],
    "cut": [({"from": "a", "max_length": 0, "cut": True}, OUT, OUT, "", "E205")],
    "where": [(listed(where="b is set"), OUT, OUT, "E205", [])],
    "join": [
        (listed(join=","), OUT, OUT, "E205", ""),
        (listed(join=",", default="none"), "none", "none", "E205", ""),
    ],
    "order_by": [(listed(order_by="b"), OUT, OUT, "E205", [])],
    "unique": [
        ({"each": "a", "fields": {"y": "b"}, "unique": "y"}, OUT, OUT, "E205", []),
    ],
    "min": [
        (listed(min=1), "E219", "E219", "E205", "E219"),
        (listed(min=0), OUT, OUT, "E205", []),
    ],
    "max": [(listed(max=0), OUT, OUT, "E205", [])],
    # checks
    "check": [
        ({"from": "a", "check": '!= ""'}, OUT, OUT, "E214", "E205"),
        ({"value": "1", "check": "$value < a"}, "E203", "E203", "E210", "E211"),
        ({"value": "1", "check": "$value < a", "default": "0"}, "E203", "E203", "E210", "E211"),
    ],
    "back": [({"text": "<{a}>", "back": {}}, "E203", "E203", "<>", "E205")],
}  # fmt: skip

CASES = [
    pytest.param(rule, name, expected, id=f"{word}-{number}-{name.replace(' ', '-')}")
    for word, rows in TABLE.items()
    for number, (rule, *results) in enumerate(rows, 1)
    for name, expected in zip(NOTHINGS, results, strict=True)
]


def mapping_of(rule: Mapping[str, Any]) -> FieldMapping:
    head = {
        "mapping": "probe",
        "from": {"connector": "there", "stream": "things"},
        "to": {"connector": "here", "operation": "put"},
        **({"direction": "two-way"} if "back" in rule else {}),
    }
    text = json.dumps({**head, "fields": {"x": rule}}, ensure_ascii=False)
    # in quotes these would be values
    text = re.sub(r'"else": "(keep|park)"', r'"else": \1', text)
    return read_bundle({"own/probe.yaml": text.encode()}).mappings["probe"]


def outcome(rule: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Return the value of the field, or the codes of its faults."""
    try:
        return mapping_of(rule).apply(document, SCOPE).get("x", OUT)
    except MappingFault as error:
        return " ".join(fault.code for fault in error.faults)
    except LinksMissing:
        return PARKED


@pytest.mark.parametrize(("rule", "name", "expected"), CASES)
def test_a_word_tells_the_four_kinds_of_nothing_apart(
    rule: dict[str, Any], name: str, expected: Any
) -> None:
    found = outcome(rule, NOTHINGS[name])
    assert found == expected
    assert type(found) is type(expected)


def test_the_table_has_every_word_of_a_rule() -> None:
    assert set(TABLE) == set(vocabulary.RULE_WORDS)
    assert all(word in rule for word, rows in TABLE.items() for rule, *_ in rows)


def test_the_table_has_every_type_and_every_mask() -> None:
    assert {rule["as"] for rule, *_ in TABLE["as"]} == set(vocabulary.choices("as"))
    assert {rule["redact"] for rule, *_ in TABLE["redact"]} == set(vocabulary.choices("redact"))


# ---- messages --------------------------------------------------------------------------------

#: What a message shows of each.
SHOWN = {
    "missing": "(missing)",
    "null": "(null)",
    "empty text": '""',
    "empty list": "(an empty list)",
}


def fault_of(rule: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    with pytest.raises(MappingFault) as caught:
        mapping_of(rule).apply(document, SCOPE)
    return caught.value.faults[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "rule",
    [
        {"calc": "a + 1"},
        {"from": "a", "empty": [""], "required": True},
        {"calc": "days(a, 1)"},
    ],
    ids=["operand", "required", "function"],
)
def test_a_fault_shows_which_nothing_it_was(rule: dict[str, Any], name: str) -> None:
    assert fault_of(rule, NOTHINGS[name]).value == SHOWN[name]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing", "x: a is missing, but required"),
        ("null", "x: a is null, but required"),
        ("empty text", "x: a is what empty: or a table counts as nothing, but required"),
    ],
)
def test_required_says_which_nothing_it_was(name: str, says: str) -> None:
    rule = {"from": "a", "empty": [""], "required": True}
    assert fault_of(rule, NOTHINGS[name]).message == says


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_parent_is_missing_and_any_other_nothing_is_told(name: str) -> None:
    document = {"a": NOTHINGS[name]["a"]} if NOTHINGS[name] else {}
    found = outcome({"from": "a.b"}, document)
    assert found == {"missing": OUT, "null": OUT, "empty text": "E211", "empty list": "E205"}[name]


@pytest.mark.parametrize("item", [None, [], {}], ids=["null", "empty-list", "empty-object"])
def test_an_item_that_is_nothing_is_a_fault_with_its_index(item: Any) -> None:
    fault = fault_of({"each": "a"}, {"a": ["1", item]})
    assert fault.source == "a[1]"
    assert fault.code in {"E203", "E205", "E211"}


def test_an_empty_text_is_an_item_like_any_other() -> None:
    assert outcome({"each": "a"}, {"a": ["1", ""]}) == ["1", ""]


@pytest.mark.parametrize("word", ["each", "count"])
def test_an_empty_object_is_no_list(word: str) -> None:
    rule = {"each": "a"} if word == "each" else {"count": "a"}
    assert outcome(rule, {"a": {}}) == "E205"
