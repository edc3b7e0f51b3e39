"""What a run adds up: its slices as they are kept with its report, in the smallest pieces.

Quarters and years are made of months when somebody asks for them, so that each amount is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from hub.compare import forms
from hub.mapping.reconciliation.slices.definition import Rate
from hub.mapping.reconciliation.slices.periods import Periods, Window, month_name, months_of
from hub.mapping.reconciliation.slices.targets import Target

#: By the date of each state: what was paid in March, whenever it was signed. By the date of the
#: first state: of what was signed in March, how much is paid by now.
View: TypeAlias = Literal["cash", "cohort"]
CASH: View = "cash"
COHORT: View = "cohort"


@dataclass(slots=True)
class StateSum:
    """A state, and the keys of which it cannot be added up as it should."""

    name: str
    title: str
    side: str
    #: The side was read to its end; otherwise more may be there.
    whole: bool = True
    #: Keys that are in the state.
    keys: int = 0
    #: Keys with a row that says an amount and no day: they are in no period.
    no_date: int = 0
    #: Keys with a row that says a day and no amount: they add nothing.
    no_amount: int = 0
    #: Keys with a row that says neither.
    empty: int = 0
    #: Those of them whose day or amount is there and cannot be read.
    unreadable: int = 0
    #: Keys that are not in the first state, or have no day of it: they are in no cohort.
    no_cohort: int = 0


@dataclass(slots=True)
class SubjectSum:
    """A subject, and the keys of which it is not told as it is."""

    name: str
    title: str
    #: Keys of which no side says it.
    unsaid: int = 0
    #: Keys whose rows say several; the first is believed.
    several: int = 0
    #: Keys whose value is not told by itself: there are too many.
    others: int = 0


@dataclass(frozen=True, slots=True)
class TargetSum:
    """What a target was at the time of the run."""

    name: str
    title: str
    by: str
    #: Subject, first and last month, currency, amount.
    amounts: tuple[tuple[str, str, str, str, Decimal], ...]

    def target(self) -> Target:
        """Return it as it is asked for amounts."""
        found = {
            (subject, _month(first), _month(last), currency): forms.scaled(amount)
            for subject, first, last, currency, amount in self.amounts
        }
        return Target(self.name, self.title, self.by, found)


def _month(name: str) -> int:
    found = months_of(name)
    return found[0] if found is not None else 0


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """An amount: what rows of one state and piece of time add up to, of keys that are as sure."""

    view: View
    #: month, or the name of a rolling period.
    grain: str
    #: 2026-03; earlier, later, undated.
    period: str
    #: Subject; empty where a file names none.
    by: str
    #: Its value; empty: nobody says it; None: one of those not told by themselves.
    value: str | None
    state: str
    currency: str
    #: One of `QUALITIES`.
    quality: str
    amount: Decimal
    #: Sum of the absolute amounts, so that a refund makes nothing look surer.
    gross: Decimal
    rows: int


@dataclass(frozen=True, slots=True)
class Sliced:
    """The slices of a run."""

    #: Day of the run in the zone of the definition: the last one of rolling periods.
    day: date
    states: tuple[StateSum, ...]
    subjects: tuple[SubjectSum, ...]
    periods: tuple[Periods, ...]
    targets: tuple[TargetSum, ...] = ()
    rates: tuple[Rate, ...] = ()
    cells: tuple[Cell, ...] = field(default=(), repr=False)

    @property
    def window(self) -> Window:
        """Return the months that are told one by one."""
        return Window(self.day)

    def view_of(self, rate: Rate) -> View:
        """Return by which date a rate is: against another state, that of the first one."""
        return CASH if any(one.name == rate.against for one in self.targets) else COHORT


def kept(target: Target) -> TargetSum:
    """Return a target as it is kept with a run."""
    return TargetSum(
        target.name, target.title, target.by,
        tuple(
            (subject, month_name(first), month_name(last), currency, forms.unscaled(amount))
            for (subject, first, last, currency), amount in target.amounts.items()
        ),
    )  # fmt: skip
