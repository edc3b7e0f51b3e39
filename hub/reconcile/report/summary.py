"""The figures every format shows, worked out once from the findings of a report."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeAlias

from hub.reconcile.report.value import Finding, Report, Rows, Total, Verdict

#: Currency → sum.
Amounts: TypeAlias = Mapping[str, Decimal]


@dataclass(slots=True)
class Sum:
    """How many findings, and what they are worth by currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        self.put(1, finding.currency, finding.amount)

    def put(self, count: int, currency: str, amount: Decimal | None) -> None:
        """Count so many findings, worth so much together; None: nobody can tell."""
        self.count += count
        if amount is not None:
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount

    def __str__(self) -> str:
        return shown(self.amounts)


def shown(amounts: Amounts) -> str:
    """Return amounts as people read them, each with its currency."""
    return " + ".join(
        f"{figure(amount)} {currency}".strip() for currency, amount in sorted(amounts.items())
    )


def figure(amount: Decimal) -> str:
    """Return an amount with all its decimals, two at least."""
    whole, _, parts = f"{amount:,f}".partition(".")
    return f"{whole}.{parts:0<2}"


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums of the findings that stand, by everything one asks for."""

    total: Sum
    kinds: Mapping[str, Sum]
    causes: Mapping[str, Sum]
    severities: Mapping[str, Sum]
    #: Customer and owner, the most at stake first.
    customers: Mapping[str, Sum]
    owners: Mapping[str, Sum]
    #: Kind and bucket: the position in `Report.ageing`, one more than the last for older.
    ageing: Mapping[tuple[str, int], Sum]
    #: Cause and side.
    heat: Mapping[tuple[str, str], Sum]
    #: Days of the oldest one.
    oldest: int
    #: Kind, cause and side.
    groups: Mapping[tuple[str, str, str], Sum] = field(default_factory=dict)
    #: Kind and severity.
    gravity: Mapping[tuple[str, str], Sum] = field(default_factory=dict)

    @classmethod
    def of(cls, report: Report) -> Summary:
        """Return the sums of a report; walks through its findings once, unless they have them."""
        if isinstance(report.findings, _Summed):
            return report.findings.summary
        oldest = 0
        # few differ in what is added up here, and each combination is added once
        found: dict[tuple[Any, ...], list[Any]] = {}
        customers: dict[tuple[str, str], list[Any]] = {}
        owners: dict[tuple[str, str], list[Any]] = {}
        for one in report.findings():
            place = bisect_left(report.ageing, one.age)
            _count(found, (one.kind, one.cause, one.side, one.severity, place, one.currency), one)
            _count(customers, (one.customer, one.currency), one)
            _count(owners, (one.owner, one.currency), one)
            oldest = max(oldest, one.age)
        names = ("total", "kind", "cause", "severity", "ageing", "heat", "groups", "gravity")
        sums: dict[str, dict[Any, Sum]] = {name: {} for name in names}
        for (kind, cause, side, severity, place, currency), (count, amount) in found.items():
            for name, key in (
                ("total", ""), ("kind", kind), ("cause", cause), ("severity", str(severity)),
                ("ageing", (kind, place)), ("heat", (cause, side)),
                ("groups", (kind, cause, side)), ("gravity", (kind, str(severity))),
            ):  # fmt: skip
                if key or name == "total":
                    sums[name].setdefault(key, Sum()).put(count, currency, amount)
        return cls(
            sums["total"].get("", Sum()), sums["kind"], sums["cause"], sums["severity"],
            _largest(customers), _largest(owners), sums["ageing"], sums["heat"], oldest,
            sums["groups"], sums["gravity"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Summed:
    """Findings that have their sums with them."""

    rows: Rows
    summary: Summary

    def __call__(self) -> Iterator[Finding]:
        return self.rows()


def summed(report: Report) -> Report:
    """Return a report whose sums are worked out, for whoever writes it in parts or many formats."""
    return replace(report, findings=_Summed(report.findings, Summary.of(report)))


def _count(found: dict[Any, list[Any]], key: Hashable, one: Finding) -> None:
    counted = found.get(key)
    if counted is None:
        found[key] = [1, one.amount]
        return
    counted[0] += 1
    if one.amount is not None:
        counted[1] = one.amount if counted[1] is None else counted[1] + one.amount


def bucket(age: int, edges: tuple[int, ...]) -> int:
    """Return the position of an age among the ageing buckets."""
    return bisect_left(edges, age)


def _largest(found: Mapping[tuple[str, str], list[Any]]) -> Mapping[str, Sum]:
    sums: dict[str, Sum] = {}
    for (name, currency), (count, amount) in found.items():
        if name:
            sums.setdefault(name, Sum()).put(count, currency, amount)
    # amounts of two currencies are never added, not even to order them
    most = {name: max(one.amounts.values(), default=Decimal(0)) for name, one in sums.items()}
    return {
        name: sums[name]
        for name in sorted(sums, key=lambda name: (-most[name], -sums[name].count, name))
    }


def agreement(report: Report) -> Decimal | None:
    """Return the share of keys that agree; None where nobody can tell: not all was read."""
    if report.verdict not in (Verdict.AGREED, Verdict.FINDINGS):
        return None
    return report.counts.agreement


def unread(report: Report) -> tuple[str, ...]:
    """Return why not everything could be read, a sentence each; empty for a complete run."""
    if report.verdict in (Verdict.AGREED, Verdict.FINDINGS):
        return ()
    told = "\n".join(report.reasons)
    sides = (
        f"{one.title}: {one.reason}"
        for one in report.sides
        if one.state != "complete" and one.reason and one.reason not in told
    )
    return (*report.reasons, *sides)


def said(report: Report, total: Total) -> Mapping[str, Decimal | None]:
    """Return the figures of a control total by the name of their column.

    None stands for what nobody can tell: the sum of a side that was not read to its end, and what
    follows from it. What was found, is underway or within tolerance counts all the same.
    """
    failed = report.verdict is Verdict.FAILED
    whole = {one.name for one in report.sides if one.state == "complete" and not failed}
    left = total.left if total.left_side in whole else None
    right = total.right if total.right_side in whole else None
    both = left is not None and right is not None
    found = {
        "left_sum": left, "right_sum": right,
        "total_difference": total.difference if both else None, "findings": total.findings,
        "in_flight": total.in_flight, "within": total.within, "not_expected": total.not_expected,
        "not_compared": total.not_compared if both else None, "rest": total.rest if both else None,
    }  # fmt: skip
    return dict.fromkeys(found) if failed else found
