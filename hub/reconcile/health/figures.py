"""The figures of the report, worked out in one walk over the commitments.

Of times only whole seconds are kept, four bytes each, so that medians are exact.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hub.reconcile.health.value import DUE, Asked, Commitment, State, StepTime
from hub.reconcile.report.plain.value import share

#: From so many days on the trend is by week.
_DAYS = 31
_TENTHS_OF_90 = 9


class Spans:
    """Lengths of time in whole seconds: their number, and their median, p90 and longest."""

    def __init__(self) -> None:
        self._seconds, self._sorted = array("I"), True

    def add(self, seconds: int) -> None:
        """Count one."""
        self._seconds.append(min(seconds, 2**32 - 1))
        self._sorted = False

    def __len__(self) -> int:
        return len(self._seconds)

    def _at(self, place: int) -> timedelta | None:
        if not self._sorted:
            self._seconds, self._sorted = array("I", sorted(self._seconds)), True
        return timedelta(seconds=self._seconds[place]) if self._seconds else None

    @property
    def median(self) -> timedelta | None:
        """Return the one in the middle; of two, the shorter."""
        return self._at((len(self) - 1) // 2 if self else 0)

    @property
    def p90(self) -> timedelta | None:
        """Return the shortest one that nine in ten are not longer than."""
        return self._at(max((len(self) * _TENTHS_OF_90 + 9) // 10 - 1, 0))

    @property
    def longest(self) -> timedelta | None:
        """Return the longest."""
        return self._at(-1)

    @property
    def mean(self) -> timedelta | None:
        """Return the sum over the number, in whole seconds."""
        return timedelta(seconds=sum(self._seconds) // len(self)) if self else None


#: What is measured of a step, as `StepTime` has it.
MEASURES = ("total", "own", "waited", "tried")
PARTS = ("approving", "preceding", "held", "queued", "tried")


@dataclass(slots=True)
class StepFigures:
    """Times of one step over all commitments."""

    measures: dict[str, Spans] = field(default_factory=lambda: {name: Spans() for name in MEASURES})
    #: Sums of seconds.
    parts: Counter[str] = field(default_factory=Counter)

    def add(self, one: StepTime) -> None:
        """Count the step of one commitment."""
        for name, spans in self.measures.items():
            spans.add(getattr(one, name))
        self.parts.update({name: getattr(one, name) for name in PARTS})

    def mean(self, part: str) -> timedelta:
        """Return what a part takes on average, in whole seconds."""
        return timedelta(seconds=self.parts[part] // max(len(self.measures["total"]), 1))


@dataclass(slots=True)
class Cohort:
    """Commitments that came in one day or week."""

    count: int = 0
    fulfilled: int = 0
    due: int = 0
    times: Spans = field(default_factory=Spans)


@dataclass(slots=True)
class Kept:
    """How many commitments one cause keeps, and since when the oldest."""

    count: int = 0
    oldest: datetime | None = None


class Figures:
    """Counts and times of all commitments of the period."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._zone = asked, ZoneInfo(asked.zone)
        self.states: Counter[State] = Counter()
        self.times = Spans()
        #: Step and connection → times.
        self.steps: dict[tuple[str, str], StepFigures] = {}
        #: State, cause and where → how many.
        self.causes: dict[tuple[State, str, str], Kept] = {}
        self.cohorts: dict[date, Cohort] = {}
        #: Planned and not revoked, and here for the limit at least; of them, delivered within it.
        self.matured = self.in_time = 0
        self.weekly = asked.until - asked.since > timedelta(days=_DAYS)

    def add(self, one: Commitment) -> None:
        """Count a commitment."""
        self.states[one.state] += 1
        if one.cause:
            kept = self.causes.setdefault((one.state, one.cause, one.where), Kept())
            kept.count += 1
            kept.oldest = min(kept.oldest or one.received, one.received)
        for step in one.steps:
            self.steps.setdefault((step.step, step.connection), StepFigures()).add(step)
        took = one.age(self._asked.now)
        self._mature(one, took)
        cohort = self.cohorts.setdefault(self.day(one.received), Cohort())
        cohort.count += 1
        cohort.due += one.state in DUE
        if one.state is State.FULFILLED:
            cohort.fulfilled += 1
            for spans in (self.times, cohort.times):
                spans.add(int(took.total_seconds()))

    def _mature(self, one: Commitment, took: timedelta) -> None:
        if one.state in (State.REVOKED, State.NOT_PLANNED):
            return
        if self._asked.now - one.received < self._asked.limit:
            return
        self.matured += 1
        self.in_time += one.state is State.FULFILLED and took <= self._asked.limit

    def day(self, moment: datetime) -> date:
        """Return the day a moment is counted to, or the Monday of its week."""
        day = moment.astimezone(self._zone).date()
        return day - timedelta(days=day.weekday()) if self.weekly else day

    @property
    def count(self) -> int:
        """Return how many commitments there are."""
        return self.states.total()

    @property
    def due(self) -> int:
        """Return how many are fulfilled or should be."""
        return sum(self.states[one] for one in DUE)

    @property
    def standing(self) -> int:
        """Return how many were not revoked."""
        return self.count - self.states[State.REVOKED]

    @property
    def rate(self) -> Decimal | None:
        """Return the fulfilment rate: fulfilled of those that are due."""
        return share(self.states[State.FULFILLED], self.due)

    @property
    def strict_rate(self) -> Decimal | None:
        """Return what is fulfilled of all that were not revoked, however young or unplanned."""
        return share(self.states[State.FULFILLED], self.standing)

    @property
    def in_time_rate(self) -> Decimal | None:
        """Return what was delivered within the limit, of those that have had that long."""
        return share(self.in_time, self.matured)

    def trend(self) -> Iterator[tuple[date, Cohort]]:
        """Yield the days or weeks in which something came, in order."""
        yield from sorted(self.cohorts.items())
