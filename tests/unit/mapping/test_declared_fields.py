"""Fields that a mapping declares besides those its connector names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.connector import FieldSpec
from hub.errors import Fault, MappingError
from hub.language import Language, told
from hub.mapping import Bundle, FieldMapping, read_bundle, run_tests
from hub.mapping.writing import schema

FORM = {
    "number": FieldSpec(required=True),
    "phone": FieldSpec(personal="phone"),
    "lines": FieldSpec(type="list", fields={"sku": FieldSpec(required=True)}),
}
CALL = {
    "id": FieldSpec(required=True),
    "note": FieldSpec(),
    "rows": FieldSpec(type="list", fields={"sku": FieldSpec()}),
}


def schemas(connector: str, name: str) -> Mapping[str, FieldSpec] | None:
    return {("crm", "form"): FORM, ("shop", "put"): CALL}.get((connector, name))


def load(fields: str, source: str = "", target: str = "", more: str = "") -> Bundle:
    """Read a mapping whose ends declare these fields."""
    declared = [f", fields: {{{one}}}" if one else "" for one in (source, target)]
    text = (
        "mapping: probe\n"
        f"from: {{connector: crm, stream: form{declared[0]}}}\n"
        f"to: {{connector: shop, operation: put{declared[1]}}}\n"
        f"{more}"
        f"fields: {{id: number, {fields}}}\n"
    )
    return read_bundle({"own/probe.yaml": text.encode()}, schemas)


def mapping(fields: str, source: str = "", target: str = "", more: str = "") -> FieldMapping:
    return load(fields, source, target, more).mappings["probe"]


def refused(fields: str, source: str = "", target: str = "", more: str = "") -> Fault:
    """Return the one fault."""
    with pytest.raises(MappingError) as caught:
        load(fields, source, target, more)
    (fault,) = caught.value.faults
    return fault


# ---- what is declared is known ---------------------------------------------------------------


def test_a_declared_field_of_the_source_can_be_read() -> None:
    made = mapping("day: {from: due, as: date}", "due: text", "day: date")
    assert made.apply({"number": "1", "due": "2026-06-01"}) == {"id": "1", "day": "2026-06-01"}


def test_a_declared_field_has_the_type_it_was_given() -> None:
    assert refused("day: due", "due: text", "day: date").code == "E114"
    assert mapping("day: due", "due: date", "day: date")


def test_what_the_connector_names_is_still_known() -> None:
    assert mapping("phone: {from: phone, redact: phone}", "due: date", "phone: text")


def test_fields_inside_a_declared_list_are_known() -> None:
    gifts = "gifts: {type: list, fields: {name: text, count: integer}}"
    rule = "gifts: {each: gifts, fields: {name: name, count: count}}"
    found = mapping(rule, gifts, gifts)
    given = {"number": "1", "gifts": [{"name": "杯", "count": 2}]}
    assert found.apply(given)["gifts"] == [{"name": "杯", "count": 2}]
    wrong = refused(rule.replace("name: name", "name: nam"), gifts, gifts)
    assert (wrong.code, "name" in wrong.hint) == ("E101", True)


def test_a_field_more_in_a_list_leaves_those_the_connector_names() -> None:
    colour = "{type: list, fields: {colour: text}}"
    rule = "rows: {each: lines, fields: {sku: sku, colour: colour}}"
    assert mapping(rule, f"lines: {colour}", f"rows: {colour}")


def test_the_declared_type_takes_the_place_of_the_connectors() -> None:
    assert refused("day: number", "", "day: integer").code == "E114"
    assert mapping("day: number", "number: integer", "day: integer")


def test_where_nothing_is_known_of_a_stream_the_declared_fields_are_all_there_are() -> None:
    text = "mapping: probe\nfrom: {connector: other, stream: things, fields: {name: text}}\n"
    text += "to: {connector: shop, operation: put}\nfields: {id: nam}\n"
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/probe.yaml": text.encode()}, schemas)
    assert "Did you mean name?" in caught.value.faults[0].hint


def test_a_declared_field_that_nobody_reads_is_a_warning() -> None:
    more = "ignore: [phone, lines]\n"
    assert load("note: number", more=more).warnings == ()
    (warning,) = load("note: number", "due: date", more=more).warnings
    assert (warning.code, "due" in warning.message) == ("W101", True)


def test_a_required_field_of_the_target_must_be_filled() -> None:
    shop = "shop: {type: text, required: true}"
    assert refused("note: number", target=shop).code == "E104"
    assert mapping("shop: number", target=shop)


# ---- what is personal ------------------------------------------------------------------------


def test_a_personal_mark_keeps_the_value_inside() -> None:
    mobile = "mobile: {personal: phone}"
    fault = refused("tel: mobile", mobile, "tel: text")
    assert (fault.code, "phone" in fault.message) == ("E301", True)
    assert mapping("tel: {from: mobile, redact: phone}", mobile, "tel: text")


def test_what_a_marked_value_fills_is_shown_nowhere() -> None:
    rules = "tel: {from: mobile, allow_personal: the carrier calls}, note: number"
    found = mapping(rules, "mobile: {personal: phone}", "tel: text")
    assert (found.hides("tel"), found.hides("note")) == (True, False)


def test_a_mark_inside_a_list_counts_too() -> None:
    people = "people: {type: list, fields: {name: {personal: name}}}"
    fault = refused("rows: {each: people, fields: {sku: name}}", people)
    assert fault.code == "E301"


def test_declaring_a_field_anew_does_not_take_the_connectors_mark_away() -> None:
    assert refused("tel: phone", "phone: text", "tel: text").code == "E301"


# ---- what is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "code", "words"),
    [
        ("due: datum", "", "E106", "Did you mean date?"),
        ("due: {type: datum}", "", "E106", "Did you mean date?"),
        ("due: {typ: date}", "", "E102", "Did you mean type?"),
        ("due: [date]", "", "E106", "due needs words"),
        ("due: {personal: fone}", "", "E106", "Did you mean phone?"),
        ("due: {fields: {day: date}}", "", "E110", "only a list or an object"),
        ("due: {type: list, fields: {day: datum}}", "", "E106", "Did you mean date?"),
        ("due: {required: true}", "", "E110", "in the rule that reads it"),
        ("", "due: {required: ja}", "E106", "true or false"),
    ],
)
def test_a_declaration_that_says_nothing_clear_is_refused(
    source: str, target: str, code: str, words: str
) -> None:
    fault = refused("note: number", source, target)
    assert fault.code == code
    assert words in f"{fault.message} {fault.hint}"
    assert fault.line == (2 if source else 3)


def test_a_record_of_the_hub_takes_no_declarations() -> None:
    text = "mapping: probe\nfrom: {record: contract, fields: {due: date}}\n"
    text += "to: {connector: shop, operation: put}\nfields: {id: number}\n"
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/probe.yaml": text.encode()}, schemas)
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E110", 2)
    assert "not with record:" in fault.message


# ---- the hint --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "declare"),
    [
        ("note: due", "from: {…, fields: {due: text}}"),
        ("id2: number", "to: {…, fields: {id2: text}}"),
        (
            "rows: {each: lines, fields: {sku: colour}}",
            "from: {…, fields: {lines: {type: list, fields: {colour: text}}}}",
        ),
        (
            "rows: {each: lines, fields: {colour: sku}}",
            "to: {…, fields: {rows: {type: list, fields: {colour: text}}}}",
        ),
    ],
)
def test_an_unknown_field_says_how_it_is_declared(fields: str, declare: str) -> None:
    hint = refused(fields).hint
    assert hint.endswith(f"declare it: {declare}")
    assert told(hint, Language.ZH).endswith(f"请声明：{declare}")


def test_what_the_hint_says_mends_the_file() -> None:
    assert "{due: text}" in refused("shop: due", target="shop: text").hint
    assert mapping("shop: due", "due: text", "shop: text")


def test_a_record_is_never_said_to_be_declared() -> None:
    text = "mapping: probe\nfrom: {record: contract}\nto: {connector: shop, operation: put}\n"
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/probe.yaml": f"{text}fields: {{id: numbr}}\n".encode()}, schemas)
    assert str(caught.value.faults[0].hint) == "Did you mean number?"


# ---- in an editor ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"due": "date"}, True),
        ({"tel": {"type": "text", "personal": "phone"}}, True),
        ({"rows": {"type": "list", "fields": {"sku": {"fields": {"a": "text"}}}}}, True),
        ({"due": "datum"}, False),
        ({"due": {"typ": "date"}}, False),
        ({"rows": {"type": "list", "fields": {"sku": "txt"}}}, False),
    ],
)
def test_an_editor_underlines_what_the_checker_refuses(fields: Any, fits: bool) -> None:
    file = {
        "mapping": "probe",
        "from": {"connector": "crm", "stream": "form", "fields": fields},
        "to": {"record": "contract"},
        "fields": {"number": "number"},
    }
    assert Draft202012Validator(schema.json_schema()).is_valid(file) == fits


# ---- both ways -------------------------------------------------------------------------------


def test_a_declared_field_is_turned_round() -> None:
    more = """\
direction: two-way
tests:
  - name: there and back
    given: {number: "1", due: 2026-06-01}
    expect: {id: "1", day: 2026-06-01}
"""
    found = load("day: {from: due, as: date}", "due: date", "day: date", more)
    assert run_tests(found) == []
    back = found.mappings["probe"].back
    assert back is not None
    assert back.apply({"id": "1", "day": "2026-06-01"}) == {"number": "1", "due": "2026-06-01"}
