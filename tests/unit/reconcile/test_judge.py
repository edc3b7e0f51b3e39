"""What is wrong with a key: who lacks it, has it twice, or says something else."""

from __future__ import annotations

from typing import Any

import pytest

from hub.mapping.bundle import read_bundle, run_tests
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.together import judged

TWO = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, key: number, revision: rev}
  erp: {connection: erp, stream: o, key: no, revision: rev}
compare:
  amount: {as: number, crm: amount, erp: amount, tolerance: "0.01"}
"""


def definition(text: str = TWO, **changes: str) -> Reconciliation:
    for old, new in changes.items():
        text = text.replace(old, new)
    return next(iter(read_bundle({"own/r.yaml": text.encode()}).reconciliations.values()))


def seen(one: Reconciliation, **given: Any) -> list[tuple[str, ...]]:
    documents = {name: [rows] if isinstance(rows, dict) else rows for name, rows in given.items()}
    return [
        (found.kind, found.side, found.key, found.field)
        for opinion in judged(one, documents) for found in opinion.seen
    ]  # fmt: skip


def crm(number: str = "CM-1", **values: Any) -> dict[str, Any]:
    return {"number": number, "rev": 1, "amount": "10", **values}


def erp(no: str = "CM-1", **values: Any) -> dict[str, Any]:
    return {"no": no, "rev": 1, "amount": "10", **values}


def test_what_agrees_is_not_seen() -> None:
    assert seen(definition(), crm=crm(), erp=erp("ｃｍ１", amount="10.01")) == []


def test_who_lacks_it_and_who_has_more_is_told() -> None:
    found = seen(definition(), crm=[crm("A"), crm("B")], erp=[erp("B"), erp("C")])
    assert found == [("missing", "erp", "A", ""), ("extra", "erp", "C", "")]


def test_two_objects_with_one_key_are_a_duplicate_and_not_compared() -> None:
    found = seen(definition(), crm=crm(), erp=[erp(), erp(amount="99")])
    assert found == [("duplicate", "erp", "CM1", "")]


def test_two_keys_that_become_one_are_a_collision() -> None:
    found = seen(definition(), crm=crm(), erp=[erp("CM-1"), erp("C-M1")])
    assert found == [("key_collision", "erp", "CM1", "")]


def test_a_lower_revision_is_stale_and_a_higher_one_differs() -> None:
    assert seen(definition(), crm=crm(rev=2), erp=erp()) == [("stale", "erp", "CM1", "revision")]
    assert seen(definition(), crm=crm(), erp=erp(rev=2)) == [("differs", "erp", "CM1", "revision")]


MANY = """\
reconciliation: many
sides:
  crm: {connection: crm, stream: o, key: number}
  erp: {connection: erp, stream: o, each: lines, key: no, id: ..ref, many: true}
compare:
  quantity: {as: number, crm: quantity, erp: quantity}
  customer: {as: text, crm: customer, erp: ..customer}
"""


def order(ref: str, *quantities: str, customer: str = "K") -> dict[str, Any]:
    lines = [{"no": "CM-1", "quantity": one} for one in quantities]
    return {"ref": ref, "customer": customer, "lines": lines}


PROMISE = {"number": "CM-1", "quantity": "5", "customer": "K"}


def test_lines_of_one_object_are_added_up() -> None:
    assert seen(definition(MANY), crm=PROMISE, erp=order("1", "2", "3")) == []


def test_lines_of_two_objects_are_a_duplicate() -> None:
    found = seen(definition(MANY), crm=PROMISE, erp=[order("1", "5"), order("2", "5")])
    assert found == [("duplicate", "erp", "CM1", "")]


def test_several_objects_may_be_meant() -> None:
    one = definition(MANY.replace("many: true", "many: true, unique: false"))
    assert seen(one, crm=PROMISE, erp=[order("1", "2"), order("2", "3")]) == []


def test_what_the_rows_of_a_key_say_differently_cannot_be_compared() -> None:
    one = definition(MANY.replace("many: true", "many: true, unique: false"))
    rows = [order("1", "2"), order("2", "3", customer="L")]
    assert seen(one, crm=PROMISE, erp=rows) == [("not_comparable", "erp", "CM1", "customer")]


def test_what_need_not_be_there_is_not_missing() -> None:
    text = TWO.replace("key: no,", 'key: no, expected_when: kind == "gift",')
    assert seen(definition(text), crm=crm(kind="price")) == []
    assert seen(definition(text), crm=crm(kind="gift")) == [("missing", "erp", "CM1", "")]


def test_only_and_find_choose_rows_and_keys() -> None:
    text = TWO.replace(
        "key: no,", 'key: {from: text, find: "CM-[0-9]+"}, only: text is set and text != "",'
    )
    rows = [erp("x", text="赠品 CM-1 随货"), erp("y", text="")]
    assert seen(definition(text), crm=crm(), erp=rows) == []


def test_exclusive_amounts_are_brought_to_inclusive_ones() -> None:
    text = """\
reconciliation: tax
sides:
  crm: {connection: crm, stream: o, key: number}
  fin: {connection: fin, stream: o, key: number}
compare:
  amount:
    as: money
    crm: {from: amount, currency: CNY}
    fin: {from: net, currency: currency, tax: exclusive, tax_rate: rate}
"""
    one = definition(text)
    promised = {"number": "1", "amount": "113.00"}
    posted = {"number": "1", "net": "100", "rate": "13", "currency": "CNY"}
    assert seen(one, crm=promised, fin=posted) == []
    assert seen(one, crm=promised, fin={**posted, "net": "100.01"}) == [
        ("differs", "fin", "1", "amount")
    ]
    assert seen(one, crm=promised, fin={**posted, "rate": "?"}) == [
        ("not_comparable", "fin", "1", "amount")
    ]


def test_an_example_in_the_file_that_does_not_come_out_is_told() -> None:
    text = f"""{TWO}
tests:
  - name: gone
    given: {{crm: {{number: A, rev: 1, amount: "1"}}}}
    expect: []
"""
    (fault,) = run_tests(read_bundle({"own/r.yaml": text.encode()}))
    assert "missing" in str(fault)
    assert "gone" in str(fault)


@pytest.mark.parametrize("empty", ["", None, "   "])
def test_a_row_without_a_key_is_none(empty: Any) -> None:
    assert seen(definition(), crm=crm(), erp=[erp(), erp(empty)]) == []
