"""The periods of slices: natural and fiscal ones are made of months, rolling ones of days.

A period is named by what it covers, so that nobody has to know how a company counts its years:
`2026-03`, `2026-Q1`, `2026`, `2026-04/2027-03` (from month to month) and `2026-01-01/2026-03-31`
(from day to day), as ISO 8601 writes intervals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

#: Word → months of one.
NATURAL: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
#: Words that take the month with which a year begins.
FISCAL: Mapping[str, int] = {"fiscal_quarter": 3, "fiscal_year": 12}
#: What lies before and after the months that are told one by one, or the days of a rolling period.
EARLIER, LATER = "earlier", "later"
#: Of what has no date.
UNDATED = "undated"
#: All periods together.
WHOLE = "all"
#: Months before and after a run that are told one by one.
_REACH = 120
_NAMED = re.compile(r"(\d{4})(?:-(\d{2})|-?Q([1-4]))?(?:/(\d{4})-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Periods:
    """One way to cut time."""

    #: month, quarter, year, fiscal_year, fiscal_quarter, rolling_90_days …
    name: str
    #: How many months one is; 0: it is days.
    months: int
    #: Month with which a year begins.
    first: int = 1
    #: Days of a rolling one, the last of which is that of the run.
    days: int = 0

    @property
    def grain(self) -> str:
        """Return in what pieces amounts are added up: months make all but rolling periods."""
        return "month" if self.months else self.name

    def begin(self, month: int) -> int:
        """Return the first month of the period in which a month lies."""
        shift = self.first - 1
        return (month - shift) // self.months * self.months + shift

    def label(self, begin: int) -> str:
        """Return the name of the period that begins with a month."""
        year, month = divmod(begin, 12)
        if self.months == 1:
            return month_name(begin)
        if self.name == "quarter":
            return f"{year:04d}-Q{month // 3 + 1}"
        if self.name == "year":
            return f"{year:04d}"
        return f"{month_name(begin)}/{month_name(begin + self.months - 1)}"


@dataclass(frozen=True, slots=True)
class Window:
    """What is told one by one: the months around the day of a run."""

    day: date

    @property
    def months(self) -> tuple[int, int]:
        """Return the first and the last month, by number."""
        middle = number_of(self.day)
        return max(middle - _REACH, 12), min(middle + _REACH, 9999 * 12 + 11)

    def piece(self, periods: Periods, day: int | None) -> str:
        """Return the piece in which a day lies, of the pieces amounts are added up in."""
        if day is None:
            return UNDATED
        if not periods.months:
            return self._rolling(periods.days, day)
        number = number_of(date.fromordinal(day))
        first, last = self.months
        if number < first:
            return EARLIER
        return LATER if number > last else month_name(number)

    def _rolling(self, days: int, day: int) -> str:
        last = self.day.toordinal()
        if day > last:
            return LATER
        return EARLIER if day <= last - days else self.rolling_name(days)

    def rolling_name(self, days: int) -> str:
        """Return the name of the rolling period of so many days."""
        return f"{(self.day - timedelta(days=days - 1)).isoformat()}/{self.day.isoformat()}"

    def period(self, periods: Periods, piece: str) -> str:
        """Return the period to which a piece belongs; those that are cut off are not told."""
        if not periods.months or piece in (EARLIER, LATER, UNDATED):
            return piece
        begin = periods.begin(_number(piece))
        first, last = self.months
        if begin < first:
            return EARLIER
        return LATER if begin + periods.months - 1 > last else periods.label(begin)


def number_of(day: date) -> int:
    """Return a month as a number: those that follow each other do."""
    return day.year * 12 + day.month - 1


def month_name(number: int) -> str:
    """Return a month as ISO 8601 writes it."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _number(name: str) -> int:
    return int(name[:4]) * 12 + int(name[5:7]) - 1


def months_of(name: str) -> tuple[int, int] | None:
    """Return the first and last month of a period a person names; None where it is none.

    2026-03, 2026-Q1 and 2026Q1, 2026, 2026-04/2027-03.
    """
    found = _NAMED.fullmatch(name.strip())
    if found is None:
        return None
    year, month, quarter, last_year, last_month = found.groups()
    begin = int(year) * 12
    if last_year is not None:
        if month is None:
            return None
        span = begin + int(month) - 1, int(last_year) * 12 + int(last_month) - 1
        fits = 1 <= int(month) <= 12 and 1 <= int(last_month) <= 12 and span[0] <= span[1]
        return span if fits else None
    if quarter is not None:
        begin += (int(quarter) - 1) * 3
        return begin, begin + 2
    if month is not None:
        begin += int(month) - 1
        return (begin, begin) if 1 <= int(month) <= 12 else None
    return begin, begin + 11


def pieces_of(begin: int, end: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield the ways to make a period of smaller ones: of its months, of its quarters."""
    for months in (1, 3):
        if (end - begin + 1) % months == 0 and end - begin + 1 > months:
            yield tuple((at, at + months - 1) for at in range(begin, end + 1, months))


def order_of(period: str) -> tuple[int, str]:
    """Return what periods are sorted by: as time goes, what has no date and all together last."""
    place = {EARLIER: 0, LATER: 2, UNDATED: 3, WHOLE: 4}.get(period, 1)
    return place, period
