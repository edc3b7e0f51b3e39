"""Dates and times: what is read, and how it is written."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.language import say
from hub.mapping.data.values import iso
from hub.mapping.faults import Stop

_DATE = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})")
_TIME = re.compile(
    r"(?:[T ])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)? ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
#: What nearly every text is; only such a text means the same to `fromisoformat` as to us.
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_ISO_DAY = 10
_LITERAL = frozenset("TZ")

Format = Callable[[date], str]


def read(value: Any) -> date:
    """Return the date or instant a value stands for.

    Text is year-month-day (`-`, `/`, `.` or nothing between), with or without a time and an
    offset; any other order of the parts would be a guess.
    """
    if type(value) is str and _ISO.fullmatch(value):
        try:
            return (date if len(value) == _ISO_DAY else datetime).fromisoformat(value)
        except ValueError:
            raise _unreadable() from None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise Stop("E206", say("is no date"))
    if not value:
        raise Stop("E206", say('is no date; if it means nothing, say empty: [""]'))
    found = _read_text(value)
    if found is None:
        raise _unreadable()
    return found


def _unreadable() -> Stop:
    return Stop("E206", say("is no date; the file can read 2026-06-01 and 2026-06-01 09:30:00"))


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


def day_reader(zone: ZoneInfo | None) -> Callable[[Any], date]:
    """Return what reads the calendar day of a value, as `day` does."""

    def run(value: Any) -> date:
        # an ISO date, and neither a week (2026-W23-1) nor an ordinal day
        if type(value) is str and len(value) == _ISO_DAY and value[4] == "-" == value[7]:
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise _unreadable() from None
        return day(value, zone)

    return run


def day(value: Any, zone: ZoneInfo | None) -> date:
    """Return the calendar day, of an instant the day in the zone."""
    found = read(value)
    if not isinstance(found, datetime):
        return found
    if found.tzinfo is None:
        return found.date()
    if zone is None:
        message = say("is an instant; its day depends on the place: add zone: Asia/Shanghai")
        raise Stop("E206", message)
    return _moved(found, zone).date()


def instant(value: Any, zone: ZoneInfo | None) -> datetime:
    """Return an aware time; one without offset is taken to be in the zone."""
    found = read(value)
    if not isinstance(found, datetime):
        raise Stop("E206", say("has no time of day; write it with text: and as: datetime"))
    if found.tzinfo is not None:
        return _moved(found, zone) if zone else found
    if zone is None:
        raise Stop("E206", say("has no time zone: add zone: Asia/Shanghai, or whichever it is"))
    return _placed(found, zone)


def _placed(value: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time; where clocks are changed there may be none, or two."""
    first, second = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        message = say("stands where clocks are changed in {zone}; it needs its offset", zone=zone)
        raise Stop("E206", message)
    return first


def _moved(value: datetime, zone: ZoneInfo) -> datetime:
    try:
        return value.astimezone(zone)
    except (OverflowError, ValueError):
        raise Stop("E206", say("lies outside the calendar")) from None


def iso_text(value: date) -> str:
    """Return ISO text: the zone's offset where one was given, Z otherwise."""
    if isinstance(value, datetime) and isinstance(value.tzinfo, ZoneInfo):
        return value.isoformat()
    return iso(value)


def formatter(pattern: str) -> Format:
    """Return what writes dates after a pattern such as `YYYY-MM-DD HH:mm:ss`.

    Raises `ValueError` with a sentence for a letter that is none of the tokens.
    """
    layout, rest = "", pattern
    names: list[str] = []
    while rest:
        token = next((known for known in _TOKENS if rest.startswith(known)), rest[0])
        rest = rest[len(token) :]
        if token in _TOKENS:
            name, width = _TOKENS[token]
            layout += f"%0{width}d"
            names.append(name)
        elif token.isascii() and token.isalpha() and token not in _LITERAL:
            known = ", ".join(_TOKENS)
            raise ValueError(say("{token!r} is none of {known}", token=token, known=known))
        else:
            layout += token.replace("%", "%%")
    if not names:
        return lambda _value: pattern
    parts = operator.attrgetter(*names)
    return lambda value: layout % parts(value)


def has_time(pattern: str) -> bool:
    """Return whether a pattern asks for a time of day."""
    return any(token in pattern for token in ("HH", "mm", "ss"))


#: Token of a pattern → the part of a date it writes, and how many digits at least.
_TOKENS: Mapping[str, tuple[str, int]] = {
    "YYYY": ("year", 4),
    "MM": ("month", 2),
    "DD": ("day", 2),
    "HH": ("hour", 2),
    "mm": ("minute", 2),
    "ss": ("second", 2),
    "M": ("month", 1),
    "D": ("day", 1),
}
