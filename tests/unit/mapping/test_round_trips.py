"""Tests of two-way mapping files: each maps there and back unless it says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hub.errors import Fault
from hub.mapping import FieldMapping, read_bundle
from hub.mapping.examples.inline import failures
from hub.mapping.two_way.round_trip import losses

Read = Callable[..., FieldMapping]
FaultsOf = Callable[..., list[Fault]]

TWO_WAY = "direction: two-way"
_TEST = """\
direction: two-way
ignore: [id, lines.id]
tests:
  - name: there and back
    given: {given}
    expect: {expect}
{more}
"""
_FIELDS = "sku: code\nlines: {each: lines, fields: {n: {from: n, as: integer}}}\nx: {from: x, {x}}"


def _outcome(read: Read, given: str, x: str = "as: text", more: str = "") -> list[str]:
    before = _TEST.replace("{given}", given).replace("{expect}", "{}").replace("{more}", more)
    return [fault.message for fault in failures(read(_FIELDS.replace("{x}", x), before))]


@pytest.mark.parametrize(
    ("given", "x", "lost"),
    [
        ("{code: A, id: 7, lines: [{id: 1, n: '2'}]}", "as: text", None),
        ("{code: A, color: red}", "as: text", 'color was "red" and comes back as (missing)'),
        (
            "{lines: [{n: '1'}, {n: '2', m: '3'}]}", "as: text",
            'lines[1].m was "3" and comes back as (missing)',
        ),
        ("{x: '1.25'}", "as: decimal, places: 1", 'x was "1.25" and comes back as 1.3'),
        ("{x: ''}", "default: '-', empty: ['']", 'x was "" and comes back as "-"'),
        ("{}", "default: '-'", 'x was (missing) and comes back as "-"'),
        ("{x: 2026/1/2}", "as: date", None),
        ("{x: null}", "as: text", None),
    ],
    ids=["all", "a field", "a field of items", "digits", "empty", "missing", "a day", "null"],
)  # fmt: skip
def test_every_test_of_a_two_way_file_goes_there_and_back(
    read: Read, given: str, x: str, lost: str | None
) -> None:
    messages = _outcome(read, given, x)
    prefix = "Test there and back of probe: on the way back, "
    assert messages == ([f"{prefix}{lost}"] if lost else [])


def test_a_document_the_way_back_refuses_fails_its_test(read: Read) -> None:
    x = "as: text, back: {x: {from: x, as: integer}}"
    (message,) = _outcome(read, "{x: ten}", x)
    assert message.startswith("Test there and back of probe: on the way back, ")
    assert 'x: x = "ten" is no number' in message


def test_a_test_may_say_that_it_goes_one_way(read: Read) -> None:
    assert _outcome(read, "{color: red}", more="    round_trip: false") == []
    assert len(_outcome(read, "{color: red}", more="    round_trip: true")) == 1


def test_a_skipped_or_refused_document_goes_no_way(read: Read) -> None:
    tests = (
        "when: sku_given\ntests:\n"
        "  - {name: skipped, given: {sku_given: false, color: red}, expect_skip: true}\n"
        "  - name: refused\n    given: {sku_given: true, x: many}\n"
        "    expect_error: {code: E202}\n"
    )
    mapping = read("x: {from: x, as: integer}", f"{TWO_WAY}\n{tests}")
    assert [*failures(mapping)] == []


def test_a_round_trip_in_a_one_way_file_is_a_fault(check_faults: FaultsOf) -> None:
    test = "tests:\n  - {name: a, given: {}, expect: {}, round_trip: true}"
    (fault,) = check_faults("f: a", test)
    assert (fault.code, fault.line) == ("E110", 5)


@pytest.mark.parametrize(
    ("given", "returned", "same"),
    [
        ("0.25", Decimal("0.250000"), True),
        (1, Decimal("1.0"), True),
        ("00981", "981", False),
        ("00981", 981, True),
        ("true", True, False),
        (1, True, False),
        ("2026-05-01T08:00:00Z", "2026-05-01T16:00:00+08:00", True),
        ("2026-05-01T08:00:00Z", "2026-05-01T08:00:00+08:00", False),
        ("2026-05-01 08:00:00", "2026-05-01T08:00:00+08:00", True),
        ("2026-05-01", "2026-05-01T00:00:00Z", False),
        (None, "", False),
        ([], None, False),
        ({}, None, True),
        ({"a": None}, {}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ({"a": 1}, "a", False),
    ],
    ids=str,
)
def test_what_counts_as_the_same(given: Any, returned: Any, same: bool) -> None:
    assert (not [*losses({"x": given}, {"x": returned})]) is same


# ---- a bill of materials ---------------------------------------------------------------------

_BOM = """\
mapping: u8-bom
version: 2
direction: two-way
from: {connector: u8, stream: bom}
to: {connector: here, operation: put}
key: "{ParentInvCode}@{Version}"
tables:
  uom: {千克: KGM, 克: GRM, 个: C62, 米: MTR, 套: SET}
  status: {"1": draft, "3": released, "4": obsolete}
fields:
  item: {from: ParentInvCode, lookup: u8.item <-> hub.item}
  revision: {from: Version, as: text}
  status: {from: BomStatus, map: status}
  effective:
    fields:
      from: {from: VersionEffDate, as: date, format: YYYY-MM-DD, zone: Asia/Shanghai}
      to: {from: VersionEndDate, as: date, empty: ["2099-12-31", ""]}
  base_qty: {from: BaseQtyN, as: decimal, places: 6, check: "> 0"}
  components:
    each: Components
    order_by: SortSeq
    unique: [position, item]
    fields:
      position: {from: SortSeq, as: integer}
      item: {from: InvCode, lookup: u8.item <-> hub.item}
      qty: {from: BaseQtyN, as: quantity, places: 6, unit: {from: UnitName, map: uom}}
      scrap: {from: CompScrap, as: decimal, scale: 0.01, default: "0"}
      phantom: {from: WIPType, map: {"1": true, "3": false}}
      note: {from: Remark, default: ""}
checks:
  - {that: count(components) > 0, says: "BOM {item} 没有子件"}
ignore: [BomId, Components.OpComponentId]
tests:
  - name: 两级之一
    given:
      BomId: "7"
      ParentInvCode: P-100
      Version: "10"
      BomStatus: "3"
      VersionEffDate: 2026-01-01
      VersionEndDate: 2099-12-31
      BaseQtyN: "1"
      Components:
        - {OpComponentId: "1", SortSeq: "10", InvCode: M-7, BaseQtyN: "0.25", UnitName: 千克,
           CompScrap: "2.5", WIPType: "3", Remark: ""}
    lookups: {"u8.item <-> hub.item": {P-100: I-1, M-7: I-2}}
    expect:
      item: I-1
      status: released
      effective: {from: "2026-01-01", to: null}
      components:
        - position: "10"
          item: I-2
          qty: {amount: "0.25", unit: KGM}
          scrap: "0.025"
          phantom: false
          note: ""
    round_trip: true
"""


def test_a_bill_of_materials_with_links_tables_units_and_scales_comes_back() -> None:
    mapping = read_bundle({"own/bom.yaml": _BOM.encode()}).mappings["u8-bom"]
    assert [*failures(mapping)] == []
    (test,) = mapping.tests
    assert mapping.back is not None
    returned = mapping.back.apply(mapping.apply(test.given, test.scope), test.scope)
    assert returned["VersionEndDate"] == "2099-12-31"
    assert returned["Components"] == [
        {
            "SortSeq": 10,
            "InvCode": "M-7",
            "BaseQtyN": Decimal("0.25"),
            "UnitName": "千克",
            "CompScrap": Decimal("2.5"),
            "WIPType": "3",
            "Remark": "",
        }
    ]


def test_a_link_that_is_missing_on_the_way_back_fails_the_test() -> None:
    text = _BOM.replace("M-7: I-2}", 'M-8: I-2}, "u8.item -> hub.item": {M-7: I-9}')
    mapping = read_bundle({"own/bom.yaml": text.encode()}).mappings["u8-bom"]
    found = [fault.message for fault in failures(mapping)]
    assert any(
        "on the way back, own/bom.yaml:25:29  E217 Components[0].InvCode: " in message
        for message in found
    )


def test_a_link_to_be_waited_for_on_the_way_back_fails_the_test() -> None:
    parked = _BOM.replace(
        "InvCode, lookup: u8.item <-> hub.item", "InvCode, else: park, lookup: u8.item <-> hub.item"
    )
    text = parked.replace("M-7: I-2}", 'M-8: I-2}, "u8.item -> hub.item": {M-7: I-9}')
    mapping = read_bundle({"own/bom.yaml": text.encode()}).mappings["u8-bom"]
    found = [fault.message for fault in failures(mapping)]
    waits = "on the way back, the document waits for the link of: u8 item I-9"
    assert any(message.endswith(waits) for message in found)
