"""When something that repeats comes next: after a time, or as a cron expression says.

An expression has five parts and means what Debian's cron makes of it, in its own zone: what falls
into the hour that a change of the clocks skips comes right after it, and what stands in the hour
that comes twice comes once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from cronsim import CronSim, CronSimError

_EXAMPLE = '"0 8 * * mon-fri", 8:00 from Monday to Friday'
_PARTS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_DAY = timedelta(days=1)
#: What has no turn for so long has none.
_FAR = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Rule:
    """How something repeats: by `at`, or by `every` where there is none."""

    zone: tzinfo
    every: timedelta = _DAY
    #: A cron expression that `cron` let pass.
    at: str | None = None
    #: Says which days it has its turn on; None: on all.
    works: Callable[[date], bool] | None = None


def cron(expression: str) -> str:
    """Return a cron expression as it is; `ValueError` with place and example where it is none."""
    parts = list(re.finditer(r"\S+", expression))
    if len(parts) != len(_PARTS):
        raise ValueError(
            f"needs five parts (minute hour day month weekday), and has {len(parts)}; "
            f"for example {_EXAMPLE}"
        )
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        part = parts[_PARTS.index(name)]
        raise ValueError(
            f"{name} {part[0]!r} at character {part.start() + 1} is none that ever comes; "
            f"for example {_EXAMPLE}"
        ) from None
    return expression


def following(rule: Rule, after: datetime) -> datetime | None:
    """Return the next turn after a moment, in UTC; None where none comes within two years."""
    begun = after.astimezone(rule.zone)
    turn, last = _next(rule, begun), begun + _FAR
    while turn < last:
        if rule.works is None or rule.works(turn.date()):
            return turn.astimezone(UTC)
        turn = _first_of(rule, turn.date() + _DAY)
    return None


def _next(rule: Rule, after: datetime) -> datetime:
    if rule.at is not None:
        return next(CronSim(rule.at, after))
    return (after.astimezone(UTC) + rule.every).astimezone(rule.zone)


def _first_of(rule: Rule, day: date) -> datetime:
    """Return the first turn from the beginning of a day on."""
    midnight = datetime.combine(day, time(), rule.zone)
    # the first second of the day is a turn too
    return midnight if rule.at is None else _next(rule, midnight - timedelta(seconds=1))
