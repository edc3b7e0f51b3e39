"""What values are and how one becomes another: exact, strict, never guessing.

Four kinds of nothing are kept apart: missing, null, empty text, empty list. Only the first
two count as nothing by themselves; `empty:` adds others.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, TypeGuard

from hub.mapping.faults import Absent, Stop
from hub.records import plain

MAX_DIGITS = 40
MAX_EXPONENT = 30
#: Places a number can be rounded to.
MAX_PLACES = 20
_TOO_LARGE = 10**MAX_DIGITS
#: Digits and exponent of what an expression may work out on the way.
REACH = 120
#: Wide enough that sums and products of numbers within reach are exact.
EXACT: Final = Context(prec=4 * REACH)
#: Quotients are cut here; `round(…)` stands around each.
QUOTIENT: Final = Context(prec=60)


class Missing(enum.Enum):
    """The document has no such field."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


def is_nothing(value: Any) -> bool:
    """Return whether the value is missing or null."""
    return value is MISSING or value is None


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Return whether the value has named fields."""
    return type(value) is dict or isinstance(value, Mapping)


def is_list(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Return whether the value is a list."""
    return isinstance(value, (list, tuple))


def shown(value: Any) -> str:
    """Return a short description for messages; the four kinds of nothing stay apart."""
    if value is MISSING:
        return "(missing)"
    if value is None:
        return "(null)"
    if is_list(value):
        return f"(a list of {len(value)})" if value else "(an empty list)"
    if is_object(value):
        return "(an object)"
    if isinstance(value, str):
        return f'"{value[:40]}…"' if len(value) > 40 else f'"{value}"'
    return f"({type(value).__name__})" if isinstance(value, float) else str(value)[:60]


def single(value: Any) -> Any:
    """Return a single value as plain data, missing for null; lists and objects stop the rule."""
    kind = type(value)
    if kind is str or kind is bool:
        return value
    if value is None or value is MISSING:
        return MISSING
    if kind is Decimal or kind is int:
        return bounded(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (int, Decimal)):
        return value if isinstance(value, bool) else bounded(value)
    if isinstance(value, date):
        return iso(value)
    return _not_single(value)


def _not_single(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if is_list(value):
        raise Stop("E205", "is a list: use each, or [first] or [last]")
    if is_object(value):
        raise Stop("E211", "is an object: name the field you mean, or use fields")
    if isinstance(value, float):
        raise Stop("E202", "is a float, which is not exact; the connector must give Decimal")
    raise Stop("E211", f"is a {type(value).__name__}, which no mapping can carry")


def bounded(value: int | Decimal) -> int | Decimal:
    """Return the number; one of more than 40 digits or 30 places stops the rule."""
    if isinstance(value, int):
        if -_TOO_LARGE < value < _TOO_LARGE:
            return value
    elif _is_short(value) or _is_bounded(value):
        return value
    elif value.is_zero():
        return Decimal(0)
    raise Stop("E209", f"is no number of at most {MAX_DIGITS} digits and {MAX_EXPONENT} places")


def _is_short(value: Decimal) -> bool:
    # the text of a decimal is cheap, taking it apart is not
    text = str(value)
    return len(text) <= MAX_EXPONENT and "E" not in text and value.is_finite()


def _is_bounded(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    return -MAX_EXPONENT <= exponent <= MAX_EXPONENT and len(digits) <= MAX_DIGITS


def within_reach(value: Decimal) -> Decimal:
    """Return what an expression worked out; a number out of all proportion stops the rule."""
    if -REACH <= value.adjusted() <= REACH and len(str(value)) <= 2 * REACH:
        return value
    if value.is_zero():
        return Decimal(0)
    raise Stop("E209", f"works out a number of more than {REACH} digits")


def iso(value: date) -> str:
    """Return ISO text; an instant in UTC with Z."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except OverflowError:
            raise Stop("E206", "lies outside the calendar") from None
    return value.isoformat()


def absent(value: Any) -> Absent:
    """Return what stops a rule that needs a value and got none."""
    kind = "missing" if value is MISSING else "null"
    return Absent("E203", f"is {kind}; give a default:, or ask `is set` first")


# ---- numbers ---------------------------------------------------------------------------------

_LONG_TEXT = 100
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def decimal(value: Any) -> Decimal:
    """Return an exact number; text must be plain digits with at most one point."""
    kind = type(value)
    if kind is str:
        # short text cannot have too many digits
        if len(value) <= MAX_EXPONENT and _DECIMAL.fullmatch(value):
            return Decimal(value)
        return _decimal_of_text(value)
    if kind is Decimal or kind is int:
        return Decimal(bounded(value))
    if is_nothing(value):
        raise absent(value)
    return _decimal_of_other(value)


def _decimal_of_other(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise Stop("E202", "is a boolean, not a number")
    if isinstance(value, (int, Decimal)):
        return Decimal(bounded(value))
    if isinstance(value, str):
        return _decimal_of_text(value)
    raise Stop("E202", f"is {_kind(value)}, not a number")


def _decimal_of_text(text: str) -> Decimal:
    if _DECIMAL.fullmatch(text) and len(text) <= _LONG_TEXT:
        return Decimal(bounded(Decimal(text)))
    if not text:
        raise Stop("E202", 'is no number; if it means nothing, say empty: [""]')
    if len(text) > _LONG_TEXT:
        raise Stop("E202", "is too long for a number")
    match = _DECIMAL.match(text)
    end = match.end() if match else 0
    raise Stop(
        "E202", f"is no number: the {text[end]!r} at character {end + 1} is not part of a decimal"
    )


def is_decimal_text(value: Any) -> bool:
    """Return whether a text reads as a number."""
    return isinstance(value, str) and len(value) <= _LONG_TEXT and bool(_DECIMAL.fullmatch(value))


def integer(value: Any) -> int:
    """Return a whole number; `12.0` counts, `12.5` does not."""
    if type(value) is str and len(value) <= MAX_EXPONENT and value.isascii() and value.isdigit():
        return int(value)
    number = decimal(value)
    whole = int(number)
    if whole != number:
        raise Stop("E208", "is no whole number")
    return whole


#: One unit of the last place, by the number of places.
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(MAX_PLACES + 1))


def rounded(value: Decimal, places: int) -> Decimal:
    """Return the number with exactly that many places, half up."""
    result = value.quantize(_UNITS[places], ROUND_HALF_UP, EXACT)
    return result or result.copy_abs()


# ---- text and booleans -----------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a single value as text: `true`, `12.50` as written, dates as ISO."""
    if type(value) is str:
        return value
    value = single(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def source_text(value: Any) -> str:
    """Return a value of a document as text; equal numbers give equal text (`12.50` is `12.5`)."""
    if type(value) is str:
        return value
    return plain(Decimal(bounded(value))) if isinstance(value, Decimal) else text(value)


def boolean(value: Any) -> bool:
    """Return a boolean; text is none, whatever it says."""
    if isinstance(value, bool):
        return value
    hint = "name the texts in a table: map: {yes: true, no: false}"
    raise Stop("E207", f"is {_kind(value)}, not a boolean; {hint}")


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (int, Decimal)):
        return "a number"
    return "a list" if is_list(value) else "an object" if is_object(value) else "a date"
