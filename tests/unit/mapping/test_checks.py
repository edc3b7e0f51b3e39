"""What is wrong in a mapping file is found when it is loaded, all of it at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hub.errors import MappingError
from hub.flow.checks import schema
from hub.mapping import load_bundle, read_bundle


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("x: {frm: a}", "E102"),
        ("x: {}", "E105"),
        ("x: {required: true}", "E105"),
        ("x: [a, b]", "E106"),
        ("x:", "E106"),
        ("x: {from: a, value: b}", "E110"),
        ("x: {from: [a]}", "E106"),
        ("x: a b", "E107"),
        ("x: a-b", "E107"),
        ("x: {when：a, then: b}", "E003"),
        ("x：: a", "E003"),
        ("x: {calc: a ＋ b}", "E003"),
        ("x: {calc: a / b}", "E107"),
        ("x: {from: a, required: yes}", "E106"),
        ('x: {from: a, required: "true"}', "E106"),
        ('x: {from: a, required: true, default: "1"}', "E110"),
        ("x: {from: a, as: number}", "E106"),
        ("x: {from: a, places: 2}", "E110"),
        ("x: {from: a, as: decimal, places: -1}", "E106"),
        ("x: {from: a, as: integer, format: YYYY}", "E110"),
        ("x: {from: a, as: date, format: yyyy}", "E106"),
        ("x: {from: a, as: date, format: HH}", "E110"),
        ("x: {from: a, as: datetime, zone: Asia/Shangai}", "E106"),
        ("x: {from: a, as: integer, default: many}", "E106"),
        ("x: {from: a, map: nowhere}", "E109"),
        ("x: {from: a, map: {b: [c]}}", "E106"),
        ("x: {from: a, parts: {b: c}}", "E110"),
        ("x: {from: a, then: b}", "E110"),
        ("x: {from: a, else: b}", "E110"),
        ("x: {when: a}", "E105"),
        ('x: {text: "{a"}', "E107"),
        ('x: {text: "{a b}"}', "E107"),
        ("x: {from: a, cut: true}", "E110"),
        ("x: {from: a, max_length: many}", "E106"),
        ("x: {from: a, max_length: {bytes: 3, encoding: klingon}}", "E106"),
        ("x: {from: a, where: b}", "E110"),
        ("x: {from: a, join: b}", "E110"),
        ("x: {each: a, fields: {y: b}, text: c}", "E110"),
        ("x: {each: a, fields: {y: b}, default: c}", "E106"),
        ("x: {fields: {y: b}, default: c}", "E110"),
        ("x: ..a", "E101"),
        ("x: $net", "E111"),
        ("x: $delivery.kee", "E101"),
        ("x: $results.erp", "E101"),
        ("x: $links", "E101"),
        ("x: {each: a, fields: {y: {each: b, fields: {y: {each: c, fields: "
         "{y: {each: d, fields: {y: e}}}}}}}}", "E005"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused(check_faults: Any, rule: str, code: str) -> None:
    assert [fault.code for fault in check_faults(rule)] == [code]


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("key: fixed", "E106"),
        ('key: "{a"', "E107"),
        ("format: 2", "E106"),
        ("version: two", "E106"),
        ("when: a =", "E107"),
        ("wen: a", "E102"),
        ("let: {links: a}", "E110"),
        ("let: {a: $b, b: c}", "E111"),
        ("ignore: [a b]", "E107"),
        ("tests: {name: a}", "E106"),
        ("tests: [{name: a, given: {}}]", "E105"),
        ("tests: [{name: a, expect: {}}]", "E105"),
        ("tests: [{name: a, base: b, expect: {}}]", "E111"),
        ("tests: [{name: a, given: {}, expect_error: {code: E999}}]", "E106"),
        ("tests: [{name: a, given: {}, expect: {}}, {name: a, given: {}, expect: {}}]", "E112"),
    ],
)
def test_a_wrong_word_of_the_file_is_refused(check_faults: Any, before: str, code: str) -> None:
    assert [fault.code for fault in check_faults("x: a", before)] == [code]


def test_all_faults_of_all_files_come_at_once_in_order(file_faults: Any) -> None:
    one = """\
mapping: one
from: {record: commitment}
to: {connector: wms, operation: put}
tables: {a: {b: c}, a: {d: e}}
fields:
  owner: customer.nmae
  kind: {from: kind, map: order_tpye}
  when: {frmo: x}
"""
    two = "mapping: two\nfrom: {record: comitment}\nto: {record: order}\nfields: {nmber: a}\n"
    faults = file_faults(one=one, two=two, three="a: [1\n")
    assert [(fault.file, fault.line, fault.code) for fault in faults] == [
        ("own/one.yaml", 4, "E002"),
        ("own/one.yaml", 6, "E101"),
        ("own/one.yaml", 7, "E109"),
        ("own/one.yaml", 8, "E102"),
        ("own/three.yaml", 2, "E001"),
        ("own/two.yaml", 2, "E111"),
        ("own/two.yaml", 4, "E104"),
        ("own/two.yaml", 4, "E103"),
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_said_to_be_empty(file_faults: Any, text: str) -> None:
    (fault,) = file_faults(one=text)
    assert str(fault).startswith("own/one.yaml  E105 The file is empty.")


def test_a_second_document_does_not_hide_what_is_wrong_in_the_first(file_faults: Any) -> None:
    found = file_faults(one="mapping: one\nfrom: {record: nothing}\n---\nb: 2\n")
    assert {fault.code for fault in found if fault.line == 2} == {"E111"}
    assert {fault.code for fault in found if fault.line == 3} == {"E004"}


def test_a_fault_names_the_place_and_the_nearest_right_name(file_faults: Any) -> None:
    text = """\
mapping: one
from: {record: commitment}
to: {connector: wms, operation: put}
fields:
  owner_name:    customer.nmae
"""
    (fault,) = file_faults(one=text)
    assert (fault.line, fault.column, fault.end_column) == (5, 27, 31)
    assert str(fault).endswith("customer has no nmae. Did you mean name?")


RECORD = """\
mapping: probe
from: {{record: commitment}}
to: {{connector: here, operation: put}}
fields:
  x: {rule}
"""


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("customer", "E108"),
        ("lines", "E108"),
        ("lines.sku", "E108"),
        ("number.x", "E101"),
        ("{each: customer, fields: {y: code}}", "E108"),
        ("{each: lines, fields: {y: skuu}}", "E101"),
        ("{each: lines, where: gif, fields: {y: sku}}", "E101"),
        ("{each: lines, fields: {y: ..currncy}}", "E101"),
        ("{calc: 'sum(lines: qty)'}", "E101"),
        ("{calc: 'sum(number)'}", "E108"),
        ("{text: '{numbr}'}", "E101"),
        ("{when: stats is set, then: a}", "E101"),
    ],
)
def test_paths_are_checked_against_the_record(file_faults: Any, rule: str, code: str) -> None:
    assert [fault.code for fault in file_faults(probe=RECORD.format(rule=rule))] == [code]


@pytest.mark.parametrize(
    "rule",
    [
        "{each: approvals, where: '\"A\" in ..lines.sku', fields: {y: decided_at, z: ..order_no}}",
        "{calc: 'sum(lines where not gift: quantity * unit_price)'}",
        "customer.contact.district",
        "lines[first].sku",
    ],
)
def test_right_paths_into_a_record_are_taken(tmp_path: Path, rule: str) -> None:
    assert _load(tmp_path, RECORD.format(rule=rule)).mappings["probe"].source == "commitment"


TO_RECORD = """\
mapping: probe
from: {{connector: erp, stream: order}}
to: {{record: order}}
fields:
  number: no
  status: state
  {rule}
"""


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("customer: party", "E108"),
        ("customer: {fields: {name: party}}", "E104"),
        ("customer: {fields: {code: party, nmae: x}}", "E103"),
        ("customer: {each: party, fields: {code: x}}", "E108"),
        ("customer: {fields: {code: {fields: {x: y}}}}", "E108"),
    ],
)
def test_targets_are_checked_against_the_record(file_faults: Any, rule: str, code: str) -> None:
    found = [fault.code for fault in file_faults(probe=TO_RECORD.format(rule=rule))]
    assert set(found) == {code}


def test_an_unfilled_required_field_is_named(file_faults: Any) -> None:
    (fault,) = file_faults(probe=TO_RECORD.format(rule="title: x").replace("  title: x\n", ""))
    assert fault.code == "E104"
    assert "customer" in fault.message


@pytest.mark.parametrize(
    "ends",
    [
        "from: {record: commitment}\nto: {connector: a}",
        "from: {connector: a, operation: b}\nto: {record: order}",
        "from: {record: commitment, connector: a}\nto: {record: order}",
        "from: commitment\nto: {record: order}",
        "to: {record: order}",
    ],
)
def test_both_ends_are_a_record_or_a_connectors(file_faults: Any, ends: str) -> None:
    faults = file_faults(probe=f"mapping: probe\n{ends}\nfields: {{number: a}}\n")
    assert {"E105", "E102", "E106"} & {fault.code for fault in faults}


@dataclass(frozen=True)
class Spec:
    type: str = "text"
    required: bool = False
    personal: str | None = None
    fields: dict[str, Spec] = field(default_factory=dict)


SCHEMAS = {
    ("erp", "order"): {
        "no": Spec(),
        "phone": Spec(personal="phone"),
        "rows": Spec("list", fields={"sku": Spec()}),
        "raw": Spec("object"),
    },
    ("wms", "put"): {
        "no": Spec(required=True),
        "rows": Spec("list", fields={"sku": Spec(required=True)}),
    },
}


def _load(folder: Path, text: str) -> Any:
    (folder / "m.yaml").write_text(text, "utf-8")
    return load_bundle(folder, schemas=lambda connector, name: SCHEMAS.get((connector, name)))


CONNECTORS = """\
mapping: probe
from: {connector: erp, stream: order}
to: {connector: wms, operation: put}
fields: {fields}
"""


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("{no: no, rows: {each: rows, fields: {sku: sku}}}", set()),
        ("{no: raw.anything}", set()),
        ("{no: nr}", {"E101"}),
        ("{no: no, rowz: no}", {"E103"}),
        ("{rows: {each: rows, fields: {sku: sku}}}", {"E104"}),
        ("{no: no, rows: {each: rows, fields: {}}}", {"E104"}),
        ("{no: no, rows: {value: a}}", {"E108"}),
        ("{no: {each: rows, from: sku}}", {"E108"}),
        ("{no: {each: rows, from: sku, join: ','}}", set()),
    ],
)
def test_paths_are_checked_against_a_connectors_schema(
    tmp_path: Path, fields: str, codes: set[str]
) -> None:
    found: set[str] = set()
    try:
        _load(tmp_path, CONNECTORS.replace("{fields}", fields))
    except MappingError as error:
        found = {fault.code for fault in error.faults}
    assert found == codes


def test_personal_values_never_show_in_a_fault(tmp_path: Path) -> None:
    rules = "{no: {from: phone, as: integer, allow_personal: the carrier calls}}"
    mapping = _load(tmp_path, CONNECTORS.replace("{fields}", rules)).mappings["probe"]
    with pytest.raises(MappingError) as caught:
        mapping.apply({"phone": "138-1234-5678"})
    assert "5678" not in str(caught.value)
    assert "phone = (personal, not shown)" in str(caught.value)


@pytest.mark.parametrize(
    "rule",
    [
        "{from: tel, as: text, max_length: 3}",
        "{from: tel, map: {a: b}}",
        "{calc: tel * 2}",
        "{text: '{tel}', max_length: 3}",
        "{when: tel > 'x', then: a}",
    ],
)
def test_values_on_the_way_into_a_personal_field_never_show(tmp_path: Path, rule: str) -> None:
    text = f"""\
mapping: probe
from: {{connector: crm, stream: form}}
to: {{record: commitment}}
fields:
  number: no
  kind: kind
  status: status
  customer: {{fields: {{code: no, contact: {{fields: {{phone: {rule}}}}}}}}}
"""
    mapping = _load(tmp_path, text).mappings["probe"]
    with pytest.raises(MappingError) as caught:
        mapping.apply({"tel": "x138-1234-5678", "no": "1"})
    assert "5678" not in str(caught.value)


@pytest.mark.parametrize(
    ("ends", "place"),
    [
        ("from: {connector: tryton, stream: ordr}\nto: {record: order}", (2, 35)),
        ("from: {record: order}\nto: {connector: tryton, operation: add_commitmen}", (3, 36)),
    ],
)
def test_a_stream_or_operation_the_connector_does_not_have_is_a_fault(
    ends: str, place: tuple[int, int]
) -> None:
    text = f"mapping: probe\n{ends}\nfields:\n  number: number\n"
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/probe.yaml": text.encode()}, schema)
    found = [one for one in caught.value.faults if one.code == "E111"]
    assert [(one.line, one.column) for one in found] == [place]
    assert found[0].hint.startswith("Did you mean ")


def test_an_end_nobody_describes_is_a_warning() -> None:
    text = "mapping: probe\nfrom: {connector: trytn, stream: order}\nto: {record: order}\n"
    text += "fields: {number: no, status: s, customer: {fields: {code: c}}}\n"
    bundle = read_bundle({"own/probe.yaml": text.encode()}, schema)
    assert [(one.code, one.line, one.column) for one in bundle.warnings] == [("W104", 2, 34)]
