"""Rows that may be the same under another number are suggested, where nothing else fits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hub.language import Language
from hub.reconcile import matches
from hub.reconcile.matches import Matches
from hub.reconcile.report.value import Finding, Severity

SEEN = datetime(2026, 6, 1, tzinfo=UTC)


def row(kind: str, key: str, amount: str, customer: str = "华东机电", currency: str = "CNY",
        side: str = "erp") -> Finding:  # fmt: skip
    return Finding(
        id=key, key=key, side=side, kind=kind, cause="unknown", severity=Severity.HIGH,
        state="open", first_seen=SEEN, age=0, amount=Decimal(amount), currency=currency,
        customer=customer,
    )  # fmt: skip


def suggested(*rows: Finding) -> Mapping[str, str]:
    found = Matches()
    for one in rows:
        found.add(one)
    return found.told(Language.EN)


def test_two_rows_of_one_amount_and_customer_may_be_the_same() -> None:
    found = suggested(row("missing", "HT-1", "120.50"), row("extra", "HT-I", "120.5"))
    assert found == {
        "HT-1": "may be there as HT-I, of the same amount",
        "HT-I": "may be HT-1, of the same amount",
    }


@pytest.mark.parametrize(
    "other",
    [
        row("extra", "HT-I", "120.51"),
        row("extra", "HT-I", "120.50", customer="华南机电"),
        row("extra", "HT-I", "120.50", currency="USD"),
        row("extra", "HT-I", "120.50", side="wms"),
        row("missing", "HT-I", "120.50"),
    ],
    ids=["amount", "customer", "currency", "side", "both are missing"],
)
def test_rows_that_differ_are_not_the_same(other: Finding) -> None:
    assert suggested(row("missing", "HT-1", "120.50"), other) == {}


def test_where_more_than_one_fits_nothing_is_suggested() -> None:
    twice = [row("extra", "A", "120.50"), row("extra", "B", "120.50")]
    assert suggested(row("missing", "HT-1", "120.50"), *twice) == {}


def test_names_of_customers_are_the_same_however_they_are_written() -> None:
    found = suggested(
        row("missing", "HT-1", "7", customer="华东（机电） 公司"),
        row("extra", "HT-I", "7", customer="华东(机电) 公司"),
    )
    assert set(found) == {"HT-1", "HT-I"}


def test_several_rows_may_be_one_and_one_may_be_several() -> None:
    parts = [row("extra", "A", "100"), row("extra", "B", "20"), row("extra", "C", "7")]
    assert suggested(row("missing", "HT-1", "120"), *parts) == {
        "HT-1": "may be there as A, B: together the same amount",
        "A": "may be HT-1: together the same amount",
        "B": "may be HT-1: together the same amount",
    }
    parts = [row("missing", "A", "100"), row("missing", "B", "20")]
    assert suggested(row("extra", "X", "120"), *parts)["A"] == (
        "may be there as X: together the same amount"
    )


@pytest.mark.parametrize("amounts", [("100", "20", "90", "30"), ("60", "60", "60")])
def test_a_sum_that_is_made_in_two_ways_says_nothing(amounts: tuple[str, ...]) -> None:
    parts = [row("extra", str(at), amount) for at, amount in enumerate(amounts)]
    assert suggested(row("missing", "HT-1", "120"), *parts) == {}


def test_a_row_that_two_sums_want_belongs_to_neither() -> None:
    parts = [row("extra", "A", "100"), row("extra", "B", "20"), row("extra", "C", "30")]
    ones = [row("missing", "HT-1", "120"), row("missing", "HT-2", "130")]
    assert suggested(*ones, *parts) == {}


def test_no_sums_are_made_where_nobody_says_whose_rows_they_are_or_there_are_many() -> None:
    parts = [row("extra", "A", "100", customer=""), row("extra", "B", "20", customer="")]
    assert suggested(row("missing", "HT-1", "120", customer=""), *parts) == {}
    many = [row("extra", str(at), str(2**at)) for at in range(9)]
    assert suggested(row("missing", "HT-1", "3"), *many) == {}


def test_of_more_rows_than_can_be_kept_nothing_is_suggested(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matches, "_MOST", 3)
    pair = [row("missing", "HT-1", "5"), row("extra", "HT-I", "5")]
    assert set(suggested(*pair)) == {"HT-1", "HT-I"}
    assert suggested(*pair, row("extra", "X", "8"), row("extra", "Y", "9")) == {}
