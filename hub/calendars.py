"""Business time: which days are worked, from when to when, and what is two working hours later.

China's holidays and the weekends worked in their stead come from the package `chinesecalendar`,
which knows a year once the State Council has published it. Of a year it does not know, weekdays
are taken for worked: `Calendar.known` says so, and whoever counts on it is warned.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

from hub.language import say
from hub.people import ZONE

Unit: TypeAlias = Literal["minutes", "hours", "days"]
#: From and to, in minutes after midnight.
Hours: TypeAlias = tuple[int, int]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([1-9]\d{0,3}) +(working +)?(minute|hour|day)s?")
_HOURS = re.compile(r"(\d{2}):(\d{2}) ?- ?(\d{2}):(\d{2})")
_MOST = 1000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as people write it: `2 working hours`, `3 days`."""

    number: int
    unit: Unit
    #: Only time in which the company works counts.
    working: bool = False

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.number == 1 else self.unit
        return f"{self.number} {'working ' if self.working else ''}{unit}"


def span(text: str) -> Span:
    """Return the span a text means; `ValueError` with how to write one otherwise."""
    found = _SPAN.fullmatch(text.strip())
    if found is None or int(found[1]) > _MOST:
        raise ValueError(
            say(
                "{text!r} is no time; write one such as 30 minutes, 2 working hours, "
                "1 working day or 3 days, of 1 to {most}",
                text=text, most=_MOST,
            )
        )  # fmt: skip
    return Span(int(found[1]), cast(Unit, f"{found[3]}s"), working=bool(found[2]))


def hours(text: str) -> Hours:
    """Return from and to of a text such as `09:00-18:00`; `ValueError` otherwise."""
    found = _HOURS.fullmatch(text.strip())
    if found is not None:
        begin, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        minutes_fit = int(found[2]) < 60 and int(found[4]) < 60
        if minutes_fit and begin < end <= 24 * 60:
            return begin, end
    raise ValueError(say("write working hours such as 09:00-18:00, both on one day"))


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a company works."""

    zone: ZoneInfo = ZONE
    #: Whose public holidays count; None: nobody's.
    country: Literal["CN"] | None = "CN"
    #: In order, none over another.
    hours: tuple[Hours, ...] = ((9 * 60, 18 * 60),)
    #: Days of the week that are not worked, 0 for Monday; never all seven.
    weekend: frozenset[int] = frozenset({5, 6})
    #: What the company decides against all others.
    days_off: frozenset[date] = field(default=frozenset(), repr=False)
    work_days: frozenset[date] = field(default=frozenset(), repr=False)

    def known(self, year: int) -> bool:
        """Say whether the public holidays of a year are known; otherwise weekdays are worked."""
        return self.country is None or year in _chinese_years()

    def unknown_years(self, today: date) -> list[int]:
        """Return the years whose holidays will be missed soon: this one, in December the next."""
        near = {today.year, (today + timedelta(days=31)).year}
        return [year for year in sorted(near) if not self.known(year)]

    def is_working_day(self, day: date) -> bool:
        """Say whether a day is worked."""
        if day in self.days_off or day in self.work_days:
            return day in self.work_days
        by_law = _chinese_days().get(day) if self.country is not None else None
        return by_law if by_law is not None else day.weekday() not in self.weekend

    def add(self, start: datetime, more: Span) -> datetime:
        """Return the instant that is a span after another one, in UTC.

        Working time begins to count when work begins. A working day later is the same time of
        day; from outside working hours, the time at which work begins next.
        """
        local = start.astimezone(self.zone)
        if more.working and more.unit == "days":
            found = self._working_days_later(local, more.number)
        elif more.working:
            found = self._working_time_later(local, timedelta(**{more.unit: more.number}))
        elif more.unit == "days":
            found = local + timedelta(days=more.number)
        else:
            return start.astimezone(UTC) + timedelta(**{more.unit: more.number})
        return found.astimezone(UTC)

    def _working_days_later(self, start: datetime, number: int) -> datetime:
        moment = self._at_work(start)
        day = moment.date()
        for _ in range(number):
            day += _DAY
            while not self.is_working_day(day):
                day += _DAY
        return datetime.combine(day, moment.timetz())

    def _at_work(self, moment: datetime) -> datetime:
        """Return the moment itself where work goes on or just ends, else when work begins next."""
        day = moment.date()
        while True:
            for begin, end in self._worked(day):
                if moment <= end:
                    return max(moment, begin)
            day += _DAY

    def _working_time_later(self, start: datetime, left: timedelta) -> datetime:
        day = start.date()
        while True:
            for begin, end in self._worked(day):
                begin = max(begin, start)
                if end - begin >= left:
                    return begin + left
                left -= max(end - begin, timedelta(0))
            day += _DAY

    def _worked(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_working_day(day):
            return []
        midnight = datetime.combine(day, datetime.min.time(), self.zone)
        return [
            (midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end))
            for begin, end in self.hours
        ]


#: The calendar where hub.yaml says nothing, and that of the tests in watch files.
STANDARD = Calendar()


@functools.cache
def _chinese_days() -> Mapping[date, bool]:
    """Return the days on which China's law differs from the week, with whether they are worked."""
    # 20 years of days: only for whoever counts working time
    from chinese_calendar import constants

    return {**dict.fromkeys(constants.holidays, False), **dict.fromkeys(constants.workdays, True)}


@functools.cache
def _chinese_years() -> frozenset[int]:
    return frozenset(day.year for day in _chinese_days())
