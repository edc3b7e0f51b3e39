"""What values are and how one becomes another: exact, strict, never guessing.

Four kinds of nothing are kept apart: missing, null, empty text, empty list. Only the first
two count as nothing by themselves; `empty:` adds others.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Subnormal,
)
from typing import Any, Final, TypeGuard

from hub.language import Message, say
from hub.mapping.faults import Absent, Stop
from hub.records import plain

MAX_DIGITS = 40
MAX_EXPONENT = 30
#: Places a number can be rounded to.
MAX_PLACES = 20
_TOO_LARGE = 10**MAX_DIGITS
#: Digits and exponent of what an expression may work out on the way.
REACH = 120
#: Sums and products are exact; one out of all proportion is an `ArithmeticError`.
EXACT: Final = Context(
    prec=REACH,
    Emax=REACH,
    Emin=-REACH,
    traps=[InvalidOperation, DivisionByZero, Overflow, Subnormal, Inexact],
)
#: For rounding to places, which is never exact.
_ROUNDING: Final = Context(prec=4 * REACH)
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


def shown(value: Any, *, hidden: bool = False) -> Message:
    """Return a short description for messages; the four kinds of nothing stay apart."""
    if value is MISSING:
        return say("(missing)")
    if value is None:
        return say("(null)")
    if hidden:
        return say("(personal, not shown)")
    if is_list(value):
        return say("(a list of {count})", count=len(value)) if value else say("(an empty list)")
    if is_object(value):
        return say("(an object)")
    return say("{value}", value=_written(value))


def _written(value: Any) -> str:
    if isinstance(value, str):
        seen = "".join([_printable(sign) for sign in value[:40]])
        return f'"{seen}…"' if len(value) > 40 else f'"{seen}"'
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= _TOO_LARGE):
        # Python writes no number of more than 4300 digits
        return f"({type(value).__name__})"
    return str(value)[:60]


def _printable(sign: str) -> str:
    # line ends and signs that turn the writing round would make a message say something else
    return sign if sign.isprintable() else repr(sign)[1:-1]


def single(value: Any) -> Any:
    """Return a single value as plain data, missing for null; lists and objects stop the rule."""
    kind = type(value)
    if kind is str or kind is bool:
        return value
    if value is None or value is MISSING:
        return MISSING
    if kind is Decimal:
        return value if _is_short(value) else bounded(value)
    if kind is int:
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
        raise Stop("E205", say("is a list: use each, or [first] or [last]"))
    if is_object(value):
        raise Stop("E211", say("is an object: name the field you mean, or use fields"))
    if isinstance(value, float):
        raise Stop("E202", say("is a float, which is not exact; the connector must give Decimal"))
    kind = type(value).__name__
    raise Stop("E211", say("is a {kind}, which no mapping can carry", kind=kind))


def bounded(value: int | Decimal) -> int | Decimal:
    """Return the number; one of more than 40 digits or 30 places stops the rule."""
    if isinstance(value, Decimal):
        if _is_short(value) or _is_bounded(value):
            return value
        if value.is_zero():
            return Decimal(0)
    elif -_TOO_LARGE < value < _TOO_LARGE:
        return value
    message = say(
        "is no number of at most {digits} digits and {places} places",
        digits=MAX_DIGITS,
        places=MAX_EXPONENT,
    )
    raise Stop("E209", message)


def _is_short(value: Decimal) -> bool:
    # the text of a decimal is cheap, taking it apart is not
    text = str(value)
    return len(text) <= MAX_EXPONENT and "E" not in text and value.is_finite()


def _is_bounded(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    return -MAX_EXPONENT <= exponent <= MAX_EXPONENT and len(digits) <= MAX_DIGITS


def out_of_reach() -> Stop:
    """Return what stops a calculation whose result is out of all proportion."""
    return Stop("E209", say("works out a number of more than {most} digits", most=REACH))


def iso(value: date) -> str:
    """Return ISO text; an instant in UTC with Z."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except OverflowError:
            raise Stop("E206", say("lies outside the calendar")) from None
    return value.isoformat()


def absent(value: Any) -> Absent:
    """Return what stops a rule that needs a value and got none."""
    if value is MISSING:
        return Absent("E203", say("is missing; give a default:, or ask `is set` first"))
    return Absent("E203", say("is null; give a default:, or ask `is set` first"))


# ---- numbers ---------------------------------------------------------------------------------

_LONG_TEXT = 100
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
#: Says whether a whole text is a number, however long.
reads_as_decimal: Final = _DECIMAL.fullmatch


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
        raise Stop("E202", say("is a boolean, not a number"))
    if isinstance(value, (int, Decimal)):
        return Decimal(bounded(value))
    if isinstance(value, str):
        return _decimal_of_text(value)
    if isinstance(value, date) or is_list(value) or is_object(value):
        raise Stop("E202", say("is {kind}, not a number", kind=_kind(value)))
    return decimal(_not_single(value))


def _decimal_of_text(text: str) -> Decimal:
    if _DECIMAL.fullmatch(text) and len(text) <= _LONG_TEXT:
        return Decimal(bounded(Decimal(text)))
    if not text:
        raise Stop("E202", say('is no number; if it means nothing, say empty: [""]'))
    if len(text) > _LONG_TEXT:
        raise Stop("E202", say("is too long for a number"))
    match = _DECIMAL.match(text)
    end = match.end() if match else 0
    if text[end].isalpha():
        # the letter may be of a person's name
        message = say("is no number: character {at} is not part of a decimal", at=end + 1)
        raise Stop("E202", message)
    message = say(
        "is no number: the {sign!r} at character {at} is not part of a decimal",
        sign=text[end],
        at=end + 1,
    )
    raise Stop("E202", message)


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
        raise Stop("E208", say("is no whole number"))
    return whole


#: One unit of the last place, by the number of places.
_UNITS = tuple(Decimal(1).scaleb(-places) for places in range(MAX_PLACES + 1))


def rounded(value: Decimal, places: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Return the number with exactly that many places."""
    try:
        result = value.quantize(_UNITS[places], rounding, _ROUNDING)
    except ArithmeticError:
        raise out_of_reach() from None
    return result or result.copy_abs()


def rounder(places: int, rounding: str) -> Callable[[Any], Decimal]:
    """Return what reads a number and gives it exactly that many places."""
    unit = _UNITS[places]

    def read(value: Any) -> Decimal:
        if type(value) is str and len(value) <= MAX_EXPONENT and _DECIMAL.fullmatch(value):
            number = Decimal(value)
        elif type(value) is Decimal:
            # whatever read or worked it out has looked at its size
            number = value
        else:
            number = decimal(value)
        result = number.quantize(unit, rounding, _ROUNDING)
        return result or result.copy_abs()

    return read


# ---- text and booleans -----------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a single value as text: `true`, `12.50` as written, dates as ISO."""
    if type(value) is str:
        return value
    if is_nothing(value):
        raise absent(value)
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
    message = say(
        "is {kind}, not a boolean; name the texts in a table: map: {{yes: true, no: false}}",
        kind=_kind(value),
    )
    raise Stop("E207", message)


def _kind(value: Any) -> Message:
    if isinstance(value, str):
        return say("text")
    if isinstance(value, (int, Decimal)):
        return say("a number")
    if is_list(value):
        return say("a list")
    return say("an object") if is_object(value) else say("a date")
