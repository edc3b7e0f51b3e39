"""Counts what a run found, and checks that the sums of the sides are explained to the last cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.compare import forms
from hub.compare.fields import Field, Result
from hub.compare.forms import Form
from hub.mapping.reconciliation.judge import Opinion
from hub.mapping.reconciliation.rows import Row
from hub.reconcile.engine import Engine
from hub.reconcile.report.value import Counts, FieldReport, Total

#: Where the part of a difference goes that a key makes.
FINDINGS, IN_FLIGHT, WITHIN, NOT_EXPECTED, NOT_COMPARED = (
    "findings", "in_flight", "within", "not_expected", "not_compared",
)  # fmt: skip


@dataclass(slots=True)
class _Pairs:
    seen: int = 0
    within: int = 0
    differs: int = 0
    not_comparable: int = 0


class Tally:
    """Figures of one run; every candidate is counted once, after it was judged and classified."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._layout = engine.layout
        self._authority = engine.definition.authority
        self._fields: dict[str, _Pairs] = {name: _Pairs() for name in self._layout.owners}
        #: Field, right side, unit → part → sum, scaled.
        self._parts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        #: Field, side, unit → how much its sum changed as rows were read again, scaled.
        self._moved: dict[tuple[str, str, str], int] = defaultdict(int)
        self.candidates = self.with_authority = 0
        self.differing = self.within = self.in_flight = self.not_compared = self.agreed = 0
        self.waived = 0

    def add(
        self, opinion: Opinion, in_flight: frozenset[str] = frozenset(),
        unread: frozenset[str] = frozenset(), *, differing: bool, waived: bool = False,
    ) -> str:  # fmt: skip
        """Count a key: sides on which it is underway, sides that were not read for it.

        Return how it came out: one of the qualities of slices.
        """
        self.candidates += 1
        landed = opinion.all if opinion.landed is None else opinion.landed
        self.with_authority += self._authority in landed
        close = any(one.result is Result.WITHIN for _, _, one in opinion.judged)
        if differing:
            self.differing += 1
            quality = "open"
        elif waived:
            self.waived += 1
            quality = "waived"
        elif unread:
            self.not_compared += 1
            quality = "not_compared"
        elif in_flight or opinion.not_due:
            self.in_flight += 1
            quality = "in_flight"
        else:
            self.agreed += 1
            quality = "within" if close else "agreed"
        self.within += close
        self._count_fields(opinion)
        for name in self._engine.definition.totals:
            self._split(name, opinion, in_flight, unread)
            if opinion.landed is not None:
                self._move(name, opinion.all, opinion.landed)
        return quality

    def _count_fields(self, opinion: Opinion) -> None:
        for name, owners in self._layout.owners.items():
            there = sum(side in opinion.rows for side in owners)
            self._fields[name].seen += max(there - 1, 0)
        for name, _, judged in opinion.judged:
            pairs = self._fields[name]
            match judged.result:
                case Result.WITHIN:
                    pairs.within += 1
                case Result.DIFFERS:
                    pairs.differs += 1
                case _:
                    pairs.not_comparable += 1

    # -- totals

    def _split(
        self, name: str, opinion: Opinion, in_flight: frozenset[str], unread: frozenset[str]
    ) -> None:
        left = _sums(opinion.all, self._authority, name)
        for side in self._others(name):
            right = _sums(opinion.all, side, name)
            part = self._part(name, side, opinion, in_flight, unread)
            for unit in left | right:
                difference = left.get(unit, 0) - right.get(unit, 0)
                if difference:
                    self._parts[name, side, unit][part] += difference

    def _move(
        self, name: str, rows: Mapping[str, Sequence[Row]], landed: Mapping[str, Sequence[Row]]
    ) -> None:
        for side in self._layout.owners[name]:
            now, before = _sums(rows, side, name), _sums(landed, side, name)
            for unit in now | before:
                self._moved[name, side, unit] += now.get(unit, 0) - before.get(unit, 0)

    def _others(self, name: str) -> Iterator[str]:
        owners = self._layout.owners[name]
        if self._authority in owners:
            yield from (side for side in owners if side != self._authority)

    def _part(
        self, name: str, side: str, opinion: Opinion, in_flight: frozenset[str],
        unread: frozenset[str],
    ) -> str:  # fmt: skip
        if side in opinion.not_expected:
            return NOT_EXPECTED
        if side in in_flight or side in opinion.not_due:
            return IN_FLIGHT
        if side in unread or self._authority in unread:
            return NOT_COMPARED
        if any(
            one.side in (side, self._authority) and one.field in ("", name)
            for one in opinion.seen
        ):  # fmt: skip
            return FINDINGS
        if self._authority not in opinion.all:
            # read by key: what stands there beyond what is right is no finding
            return NOT_EXPECTED
        return WITHIN

    def totals(self) -> tuple[Total, ...]:
        """Return the control totals; a `rest` other than 0 says that engine or read erred."""
        return tuple(
            self._total(name, side, unit)
            for name in self._engine.definition.totals
            for side in self._others(name)
            for unit in self._units(name, side)
        )

    def _units(self, name: str, side: str) -> list[str]:
        found = {
            unit
            for one in (self._authority, side)
            for field, _, unit in (at.partition("\t") for at in self._engine.progress[one].sums)
            if field == name
        } | {unit for field, one, unit in self._moved if field == name and one in (
            self._authority, side
        )}  # fmt: skip
        return sorted(found)

    def _total(self, name: str, side: str, unit: str) -> Total:
        field = self._layout.fields[name]
        left, right = (
            self._engine.progress[one].sums.get(f"{name}\t{unit}", 0)
            + self._moved.get((name, one, unit), 0)
            for one in (self._authority, side)
        )
        parts = self._parts.get((name, side, unit), {})
        rest = left - right - sum(parts.values())
        shown = {part: forms.unscaled(parts.get(part, 0)) for part in _PARTS}
        return Total(
            field=name, title=field.title, unit=unit, left_side=self._authority, right_side=side,
            left=forms.unscaled(left), right=forms.unscaled(right), rest=forms.unscaled(rest),
            **shown,
        )  # fmt: skip

    # -- figures

    def counts(self) -> Counts:
        """Return the keys by what was found; those that are plainly equal agree."""
        engine = self._engine
        with_authority = engine.keys(self._authority)
        plain = with_authority - self.with_authority
        return Counts(
            keys=plain + self.candidates, agreed=plain + self.agreed, within=self.within,
            in_flight=self.in_flight, not_compared=self.not_compared, differing=self.differing,
            waived=self.waived,
        )  # fmt: skip

    def fields(self, rules: Mapping[str, str]) -> tuple[FieldReport, ...]:
        """Return how the values of each field agree."""
        plain = self._engine.keys(self._authority) - self.with_authority
        return tuple(
            self._field(name, self._layout.fields[name], plain, rules.get(name, ""))
            for name in self._layout.owners
        )

    def _field(self, name: str, field: Field, plain: int, rule: str) -> FieldReport:
        owners, pairs = self._layout.owners[name], self._fields[name]
        unequal = pairs.within + pairs.differs + pairs.not_comparable
        return FieldReport(
            name=name, title=field.title, type=str(field.type), rule=rule, sides=owners,
            equal=plain * (len(owners) - 1) + pairs.seen - unequal, within=pairs.within,
            differs=pairs.differs, not_comparable=pairs.not_comparable,
        )  # fmt: skip


_PARTS = (FINDINGS, IN_FLIGHT, WITHIN, NOT_EXPECTED, NOT_COMPARED)


def _sums(rows: Mapping[str, Sequence[Row]], side: str, name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows.get(side, ()):
        number, unit = _measure(row.values.get(name))
        if number is not None:
            found[unit] = found.get(unit, 0) + number
    return found


def _measure(value: Form) -> tuple[int | None, str]:
    if isinstance(value, int):
        return value, ""
    if isinstance(value, tuple) and isinstance(value[0], int):
        return value[0], str(value[1])
    return None, ""
