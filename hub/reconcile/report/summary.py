"""The figures every format shows, worked out once from the findings of a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from hub.reconcile.report.value import Finding, Report

#: Currency → sum.
Amounts: TypeAlias = Mapping[str, Decimal]


@dataclass(slots=True)
class Sum:
    """How many findings, and what they are worth by currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        self.count += 1
        if finding.amount is not None:
            before = self.amounts.get(finding.currency, Decimal(0))
            self.amounts[finding.currency] = before + finding.amount

    def __str__(self) -> str:
        return shown(self.amounts)


def shown(amounts: Amounts) -> str:
    """Return amounts as people read them, each with its currency."""
    return " + ".join(
        f"{amount:,.2f} {currency}".strip() for currency, amount in sorted(amounts.items())
    )


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

    @classmethod
    def of(cls, report: Report) -> Summary:
        """Return the sums of a report; walks through its findings once."""
        total, oldest = Sum(), 0
        sums: dict[str, dict[str, Sum]] = defaultdict(lambda: defaultdict(Sum))
        ageing: dict[tuple[str, int], Sum] = defaultdict(Sum)
        heat: dict[tuple[str, str], Sum] = defaultdict(Sum)
        for one in report.findings():
            total.add(one)
            for name, value in (
                ("kind", one.kind), ("cause", one.cause), ("severity", str(one.severity)),
                ("customer", one.customer), ("owner", one.owner),
            ):  # fmt: skip
                if value:
                    sums[name][value].add(one)
            ageing[one.kind, bucket(one.age, report.ageing)].add(one)
            heat[one.cause, one.side].add(one)
            oldest = max(oldest, one.age)
        return cls(
            total, sums["kind"], sums["cause"], sums["severity"], _largest(sums["customer"]),
            _largest(sums["owner"]), ageing, heat, oldest,
        )  # fmt: skip


def bucket(age: int, edges: tuple[int, ...]) -> int:
    """Return the position of an age among the ageing buckets."""
    return next((at for at, edge in enumerate(edges) if age <= edge), len(edges))


def _largest(sums: Mapping[str, Sum]) -> Mapping[str, Sum]:
    worth = {name: sum(one.amounts.values(), Decimal(0)) for name, one in sums.items()}
    return {
        name: sums[name]
        for name in sorted(sums, key=lambda name: (-worth[name], -sums[name].count, name))
    }
