"""Dates and times: what is read, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.mapping.faults import Stop
from hub.mapping.values import iso

_DATE = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})")
_TIME = re.compile(
    r"(?:[T ])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)? ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_LITERAL = frozenset("TZ")

Format = Callable[[date], str]


def read(value: Any) -> date:
    """Return the date or instant a value stands for.

    Text is year-month-day (`-`, `/`, `.` or nothing between), with or without a time and an
    offset; any other order of the parts would be a guess.
    """
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise Stop("E206", "is no date")
    if not value:
        raise Stop("E206", 'is no date; if it means nothing, say empty: [""]')
    found = _read_text(value)
    if found is None:
        raise Stop("E206", "is no date; the file can read 2026-06-01 and 2026-06-01 09:30:00")
    return found


def _read_text(value: str) -> date | None:
    match = _DATE.match(value)
    if match is None:
        return None
    year, separator, month, day = match.groups()
    if not separator and match.end() != 8:
        return None
    try:
        if match.end() == len(value):
            return date(int(year), int(month), int(day))
        return _with_time(value, match.end(), f"{year}-{int(month):02}-{int(day):02}")
    except ValueError:
        return None


def _with_time(value: str, start: int, day: str) -> datetime | None:
    match = _TIME.fullmatch(value, start)
    if match is None:
        return None
    hour, minute, second, fraction, offset = match.groups()
    micros = (fraction or "0").ljust(6, "0")
    return datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}.{micros}{offset or ''}")


def day(value: Any, zone: ZoneInfo | None) -> date:
    """Return the calendar day, of an instant the day in the zone."""
    found = read(value)
    if not isinstance(found, datetime):
        return found
    if found.tzinfo is None:
        return found.date()
    if zone is None:
        raise Stop("E206", "is an instant; its day depends on the place: add zone: Asia/Shanghai")
    return _moved(found, zone).date()


def instant(value: Any, zone: ZoneInfo | None) -> datetime:
    """Return an aware time; one without offset is taken to be in the zone."""
    found = read(value)
    if not isinstance(found, datetime):
        raise Stop("E206", "has no time of day; write it with text: and as: datetime")
    if found.tzinfo is not None:
        return _moved(found, zone) if zone else found
    if zone is None:
        raise Stop("E206", "has no time zone: add zone: Asia/Shanghai, or whichever it is")
    return found.replace(tzinfo=zone)


def _moved(value: datetime, zone: ZoneInfo) -> datetime:
    try:
        return value.astimezone(zone)
    except (OverflowError, ValueError):
        raise Stop("E206", "lies outside the calendar") from None


def iso_text(value: date) -> str:
    """Return ISO text: the zone's offset where one was given, Z otherwise."""
    if isinstance(value, datetime) and isinstance(value.tzinfo, ZoneInfo):
        return value.isoformat()
    return iso(value)


def formatter(pattern: str) -> Format:
    """Return what writes dates after a pattern such as `YYYY-MM-DD HH:mm:ss`.

    Raises `ValueError` for a letter that is none of the tokens.
    """
    writers: list[Format] = []
    rest = pattern
    while rest:
        token = next((known for known in _WRITERS if rest.startswith(known)), rest[0])
        if token not in _WRITERS and token.isascii() and token.isalpha() and token not in _LITERAL:
            raise ValueError(f"{token!r} is none of {', '.join(_WRITERS)}")
        writers.append(_WRITERS.get(token) or _literal(token))
        rest = rest[len(token) :]
    return lambda value: "".join([write(value) for write in writers])


def has_time(pattern: str) -> bool:
    """Return whether a pattern asks for a time of day."""
    return any(token in pattern for token in ("HH", "mm", "ss"))


def _literal(character: str) -> Format:
    return lambda _value: character


def _part(name: str, width: int) -> Format:
    # a day has no hour; its patterns are checked not to ask for one
    return lambda value: str(getattr(value, name, 0)).zfill(width)


_WRITERS: Mapping[str, Format] = {
    "YYYY": _part("year", 4),
    "MM": _part("month", 2),
    "DD": _part("day", 2),
    "HH": _part("hour", 2),
    "mm": _part("minute", 2),
    "ss": _part("second", 2),
    "M": _part("month", 1),
    "D": _part("day", 1),
}
