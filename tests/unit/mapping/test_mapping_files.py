"""A mapping file as a whole: when, key, lane, inline tests, and documents of any kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import Fault, MappingError
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle, run_tests
from hub.records import Commitment

COMMITMENT = """\
format: 1
mapping: commitment-to-wms
version: 3
title: 已批准承诺 → WMS 出库单
from: {record: commitment}
to: {connector: wms, operation: create_order}
key: "{number}"
lane: "{customer.code}/{order_no}"
when: 'status == "approved" and any(lines: quantity > 0)'
tables:
  order_type: {gift: GIFT, expedite: RUSH}
let:
  net: {calc: "sum(lines where not gift: quantity * unit_price)", as: decimal, places: 2}
fields:
  order_no: {text: "{number}-R{revision}"}
  order_type: {from: kind, map: order_type}
  promised: {from: promised_date, as: date, format: YYYYMMDD, required: true}
  ship_at: {from: latest_ship_at, as: datetime, zone: Asia/Shanghai, format: "YYYY-MM-DD HH:mm"}
  amount: $net
  erp_no:
    when: $results.erp.external_id is set
    then: {from: $results.erp.external_id}
    else: {from: order_no}
  receiver:
    fields:
      name: {from: customer.contact.name, allow_personal: 收货}
      phone: {from: customer.contact.phone, allow_personal: 收货}
  lines:
    each: lines
    fields:
      sku: sku
      qty: {from: quantity, as: decimal, places: 3}
      kind: {when: gift, then: GIFT, else: SALE}
ignore: [approvals, customer.contact.street]
tests:
  - name: 赠品不计价
    given:
      number: C1
      revision: "1"
      kind: gift
      status: approved
      promised_date: "2026-06-01"
      latest_ship_at: "2026-05-06T01:30:00Z"
      order_no: SO7
      customer: {code: K1, contact: {name: 李晓梅, phone: "13812345678"}}
      lines:
        - {line_no: "1", sku: A, quantity: "12", unit_price: "129.555", gift: false}
        - {line_no: "2", sku: B, quantity: "1", unit_price: "88.00", gift: true}
    expect:
      order_no: C1-R1
      amount: "1554.66"
      promised: "20260601"
      ship_at: "2026-05-06 09:30"
      erp_no: SO7
      lines: [{kind: SALE}, {kind: GIFT, qty: "1"}]
  - name: 用ERP号
    base: 赠品不计价
    results: {erp: {external_id: "17"}}
    expect: {erp_no: "17"}
  - name: 未知类型要报错
    base: 赠品不计价
    change: {kind: vip}
    expect_error: {code: value-not-in-table, field: order_type}
  - name: 未批准不推送
    base: 赠品不计价
    change: {status: draft}
    expect_skip: true
"""


@pytest.fixture(scope="module")
def mapping() -> FieldMapping:
    return read_bundle({"own/m.yaml": COMMITMENT.encode()}).mappings["commitment-to-wms"]


@pytest.fixture
def record() -> Commitment:
    return Commitment.model_validate(
        {
            "number": "C1",
            "revision": 2,
            "kind": "gift",
            "status": "approved",
            "customer": {"code": "K1"},
            "promised_date": "2026-06-01",
            "lines": [
                {"line_no": "1", "sku": "A", "quantity": "2", "unit_price": "0.10"},
                {"line_no": "2", "sku": "B", "quantity": "1", "unit_price": "0.20"},
            ],
        }
    )


def test_the_inline_tests_of_a_right_file_pass(mapping: FieldMapping) -> None:
    assert run_tests(read_bundle({"own/m.yaml": COMMITMENT.encode()})) == []
    assert len(mapping.tests) == 4


def test_the_head_of_a_file_is_kept(mapping: FieldMapping) -> None:
    assert (mapping.name, mapping.version, mapping.title) == (
        "commitment-to-wms",
        3,
        "已批准承诺 → WMS 出库单",
    )
    assert (mapping.source, mapping.target) == ("commitment", ("wms", "create_order"))


def test_a_dumped_record_maps_like_its_stored_json(
    mapping: FieldMapping, record: Commitment
) -> None:
    python, stored = record.model_dump(), record.model_dump(mode="json")
    assert mapping.apply(python) == mapping.apply(stored)
    assert mapping.apply(python)["amount"] == Decimal("0.40")
    assert mapping.applies(python)
    assert mapping.applies(stored)


def test_when_says_whether_a_document_is_mapped_at_all(
    mapping: FieldMapping, record: Commitment
) -> None:
    assert not mapping.applies({**record.model_dump(), "status": "draft"})
    assert not mapping.applies({**record.model_dump(), "lines": []})


def test_key_and_lane_are_written_from_the_document(mapping: FieldMapping) -> None:
    document = {"number": "C1", "customer": {"code": "K1"}, "order_no": "SO7"}
    assert mapping.key(document) == "C1"
    assert mapping.lane(document) == "K1/SO7"


def test_a_key_without_its_parts_is_a_fault(mapping: FieldMapping) -> None:
    with pytest.raises(MappingFault) as caught:
        mapping.key({})
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E203", 7)


def test_without_key_lane_and_when_there_is_none_and_all_applies(read: Any) -> None:
    plain = read("x: a")
    assert plain.key({}) is None
    assert plain.lane({}) is None
    assert plain.applies({})


def test_mapping_never_changes_the_document(mapping: FieldMapping, record: Commitment) -> None:
    document = record.model_dump()
    mapping.apply(document, Scope())
    assert document == record.model_dump()


def test_two_runs_share_nothing(read: Any) -> None:
    mapping = read("x: {each: a, fields: {y: b}, default: []}")
    mapping.apply({})["x"].append("mine")
    assert mapping.apply({}) == {"x": []}


FAILING = [
    pytest.param("expect: {x: '2'}", ['x is "1", expected "2"'], id="value"),
    pytest.param("expect: {x: '1', y: '1'}", ['y is (missing), expected "1"'], id="missing"),
    pytest.param("expect: {x: true}", ['x is "1", expected True'], id="boolean"),
    pytest.param("expect: {l: [{z: '1'}]}", ["l has 2 items, expected 1"], id="length"),
    pytest.param(
        "expect: {l: [{z: '1'}, {z: '3'}]}", ['l[1].z is 2, expected "3"'], id="inside-a-list"
    ),
    pytest.param("expect_skip: true", ["when: holds"], id="no-skip"),
    pytest.param("expect_error: {code: E201}", ["a fault E201 was expected"], id="no-fault"),
    pytest.param("change: {a: null}\n    expect: {}", ["E203", "required"], id="fault"),
    pytest.param(
        "change: {a: null}\n    expect_error: {code: E201}", ["but came E203"], id="other-fault"
    ),
    pytest.param("change: {go: false}\n    expect: {}", ["when: does not hold"], id="skip"),
]


@pytest.mark.parametrize(("outcome", "words"), FAILING)
def test_a_failing_inline_test_says_what_differs(outcome: str, words: list[str]) -> None:
    before = f"""\
when: go
tests:
  - name: base
    given: {{go: true, a: "1", l: [{{z: "1"}}, {{z: "2"}}]}}
    expect: {{x: "1", l: [{{z: "1"}}, {{z: "2.0"}}], nothing: null}}
  - name: probe
    base: base
    {outcome}
"""
    text = f"""\
mapping: probe
from: {{connector: a, stream: b}}
to: {{connector: c, operation: d}}
{before}
fields:
  x: {{from: a, required: true}}
  l: {{each: l, fields: {{z: {{from: z, as: decimal}}}}}}
"""
    (fault,) = run_tests(read_bundle({"own/p.yaml": text.encode()}))
    assert fault.code == "E401"
    assert fault.line == 9
    assert all(word in fault.message for word in words)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=8),
    st.sampled_from(["", "approved", "gift", "1", "2026-06-01", "2026-06-01T00:00:00Z"]),
    st.dates(),
    st.datetimes(),
    st.binary(max_size=3),
)
NAMES = st.sampled_from(
    "number revision kind status customer code contact name order_no promised_date latest_ship_at "
    "lines sku quantity unit_price gift".split()
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(NAMES, inner, max_size=9),
    ),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, DOCUMENTS, max_size=12))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_document_breaks_a_mapping(mapping: FieldMapping, document: dict[str, Any]) -> None:
    reasons: list[Fault] = []
    for run in (mapping.apply, mapping.applies, mapping.key, mapping.lane):
        try:
            run(document)
        except MappingFault as fault:
            reasons.extend(fault.faults)
    assert all(fault.message and fault.line for fault in reasons)


@given(st.dictionaries(NAMES, DOCUMENTS, max_size=12))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_document_gives_the_same_result(
    mapping: FieldMapping, document: dict[str, Any]
) -> None:
    assert _outcome(mapping, document) == _outcome(mapping, document)


def _outcome(mapping: FieldMapping, document: dict[str, Any]) -> str:
    try:
        return repr(mapping.apply(document))
    except MappingFault as fault:
        return str(fault)


@given(
    st.integers(0, len(COMMITMENT)),
    st.integers(0, 12),
    st.one_of(st.sampled_from(list("{}[]:,&*!|>'\"\t：（\n -$.~#%@`")), st.text(max_size=5)),
)
@settings(max_examples=150)
def test_no_edit_of_a_file_breaks_the_loader(at: int, removed: int, inserted: str) -> None:
    text = COMMITMENT[:at] + inserted + COMMITMENT[at + removed :]
    reasons: list[Fault] = []
    try:
        read_bundle({"own/m.yaml": text.encode("utf-8", "replace")})
    except MappingError as error:
        reasons.extend(error.faults)
    assert all(fault.file == "own/m.yaml" and fault.message for fault in reasons)
