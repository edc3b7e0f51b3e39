"""Routes: which records go where, in which order, and what is wrong in a route file."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest

from hub.mapping import After, ApprovalRule, MappingFault, Route, read_bundle
from hub.mapping.route import frame_of

ROUTE = """\
route: approved-commitment
title: 已批准承诺同步
when: {record: commitment, from: crm, if: status == "approved"}
require:
  approvals: {levels: [supervisor, coo], distinct: true, accept_auto_passed: false}
  may_change: [text, lines.note]
deliver:
  - {to: crm, operation: update_record, after: [erp, confirmed(wms)]}
  - to: wms
    operation: create_order
    map: to-wms
    after: [erp]
    on_unknown: resend
    if: lines is set
  - to: erp
    operation: add_commitment
    on_confirmed: supplementary_order
    on_revision: append
    on_revoke: person
  - {to: erp, step: note, operation: add_note}
"""
MAPPING = """\
mapping: to-wms
from: {record: commitment}
to: {connector: qimen, operation: create_order}
fields: {no: number}
"""


def route(text: str = ROUTE, mapping: str = MAPPING) -> Route:
    files = {"own/r.yaml": text.encode(), "own/m.yaml": mapping.encode()}
    return next(iter(read_bundle(files).routes.values()))


def test_a_route_is_read_whole() -> None:
    found = route()
    assert (found.name, found.title, found.record) == (
        "approved-commitment",
        "已批准承诺同步",
        "commitment",
    )
    assert found.sources == ("crm",)
    assert found.approvals == ApprovalRule(("supervisor", "coo"), True, False)
    assert found.may_change == ("text", "lines.note")


def test_steps_come_after_what_they_wait_for_and_otherwise_as_written() -> None:
    assert [step.name for step in route().steps] == ["erp", "wms", "crm", "note"]


def test_a_step_keeps_its_words() -> None:
    erp, wms, crm, note = route().steps
    assert erp.options == {"on_confirmed": "supplementary_order"}
    assert (erp.on_revision, erp.on_revoke, erp.on_unknown) == ("append", "person", "stop")
    assert (wms.mapping, wms.on_unknown, wms.on_revision) == ("to-wms", "resend", None)
    assert wms.when is not None
    assert wms.when.holds({"lines": []})
    assert not wms.when.holds({})
    assert crm.after == (After("erp"), After("wms", confirmed=True))
    assert (note.name, note.to) == ("note", "erp")


@pytest.mark.parametrize(
    ("kind", "connection", "status", "expected"),
    [
        ("commitment", "crm", "approved", True),
        ("commitment", "crm", "draft", False),
        ("commitment", "erp", "approved", False),
        ("order", "crm", "approved", False),
    ],
)
def test_a_route_matches_by_kind_connection_and_condition(
    kind: str, connection: str, status: str, expected: bool
) -> None:
    assert route().matches(kind, connection, {"status": status}) is expected


def test_a_route_without_from_takes_any_connection() -> None:
    found = route(ROUTE.replace(" from: crm,", ""))
    assert found.matches("commitment", "anywhere", {"status": "approved"})


def test_several_connections_may_be_named() -> None:
    found = route(ROUTE.replace("from: crm,", "from: [crm, oa],"))
    assert found.sources == ("crm", "oa")


def test_a_condition_the_record_does_not_fit_is_a_fault() -> None:
    found = route(ROUTE.replace('status == "approved"', "amount > 10"))
    with pytest.raises(MappingFault):
        found.matches("commitment", "crm", {})


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("9.99", False), ("10.00", True), ("+11", True), ("-11", False), ("1" * 60, None),
        (10, True), (9, False), (Decimal("10.0"), True), (Decimal("NaN"), None), (10**50, None),
        ("", None), ("1e5", None), ("10 yuan", None), (None, None), (True, None), ([11], None),
        ({"amount": "11", "currency": "CNY"}, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_compares_exact_numbers_and_nothing_else(
    amount: object, expected: bool | None
) -> None:
    found = route(ROUTE.replace('status == "approved"', "amount >= 10"))
    told: bool | None = None
    with contextlib.suppress(MappingFault):
        told = found.matches("commitment", "crm", {"amount": amount})
    assert told is expected


def test_a_condition_that_does_not_fit_changes_nothing_for_the_next_one() -> None:
    first, second = (
        route(ROUTE.replace('status == "approved"', text)).when
        for text in ("amount > 10", 'status == "approved"')
    )
    assert first is not None
    assert second is not None
    document = {"status": "approved"}
    frame = frame_of(document)
    with pytest.raises(MappingFault):
        first.holds(document, frame)
    assert second.holds(document, frame)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("record: commitment, ", "record: comitment, ", "E111"),
        ("record: commitment, ", "", "E105"),
        ("route: approved", "rout: approved", "E105"),
        ('status == "approved"', "stats is set", "E101"),
        ('status == "approved"', "status =", "E107"),
        ("distinct: true", "distinct: yes", "E106"),
        ("distinct: true", "distnct: true", "E102"),
        ("[supervisor, coo]", "[]", "E105"),
        ("[supervisor, coo]", "[coo, coo]", "E112"),
        ("lines.note", "lines.nte", "E101"),
        ("map: to-wms", "map: to-wsm", "E111"),
        ("operation: create_order", "operation: cancel_order", "E106"),
        ("after: [erp]", "after: [erpp]", "E111"),
        ("after: [erp]", "after: [crm]", "E113"),
        ("after: [erp]", "after: [wms]", "E113"),
        ("step: note, ", "", "E112"),
        ("operation: add_note", "opration: add_note", "E105"),
        ("on_unknown: resend", "on_unknown: retry", "E106"),
        ("on_revision: append", "on_revision: replace", "E106"),
        ("on_revoke: person", "on_revoke: ignore", "E106"),
        ("if: lines is set", "if: [lines]", "E106"),
        ("on_confirmed: supplementary_order", "on_confirmed: [a]", "E102"),
    ],
)
def test_a_wrong_route_is_refused(file_faults: Any, old: str, new: str, code: str) -> None:
    assert old in ROUTE
    faults = file_faults(r=ROUTE.replace(old, new), m=MAPPING)
    assert [fault.code for fault in faults] == [code]


@pytest.mark.parametrize("path", ["$results.erp.number", "$delivery.revision", "$links.erp"])
@pytest.mark.parametrize("condition", ['status == "approved"', "lines is set"])
def test_a_route_asks_nothing_of_a_delivery_that_is_not_yet_made(
    file_faults: Any, condition: str, path: str
) -> None:
    text = ROUTE.replace(condition, f'{path} == "1"')
    (fault,) = file_faults(r=text, m=MAPPING)
    line = text[: text.index(path)].count("\n") + 1
    assert (fault.code, fault.line) == ("E101", line)
    assert fault.message == f"{path} is known only once the route has decided."
    assert fault.hint == "Name a field of the record."


@pytest.mark.parametrize("deliver", ["", "deliver: []\n", "deliver: erp\n"])
def test_a_route_delivers_something(file_faults: Any, deliver: str) -> None:
    head = ROUTE.split("deliver:", maxsplit=1)[0]
    assert [fault.code for fault in file_faults(r=head + deliver, m=MAPPING)] == ["E105"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from: {record: commitment}", "from: {record: contract}"),
        ("to: {connector: qimen, operation: create_order}", "to: {record: shipment}"),
    ],
)
def test_a_step_takes_only_a_mapping_that_fits(file_faults: Any, old: str, new: str) -> None:
    other = MAPPING.replace(old, new)
    if "shipment" in other:
        other = other.replace(
            "{no: number}", "{number: number, order_no: order_no, status: status}"
        )
    faults = file_faults(r=ROUTE, m=other)
    assert [fault.code for fault in faults] == ["E106"]
