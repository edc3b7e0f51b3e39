"""The one form in which a value is compared: exact, and the same whoever wrote it.

Numbers are whole multiples of 1/100,000,000 (`SCALE`): what is finer is rounded to that, so that
a float's last digits are no difference. Money and quantities carry their unit. Dates are days of
the Gregorian calendar (as `date.toordinal`), texts are folded by the rules of their field. None
is nothing: the field is not there, is null, or stands empty; 0 is 0. What has no form is a
`Problem`, which equals nothing.

What a form is made of here is plain data, so that it can be stored, hashed and read again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, TypeAlias

from hub.language import Message, say

#: Digits behind the point that count.
PLACES = 8
#: Numbers are kept as so many parts of one.
SCALE: int = 10**PLACES
#: Digits behind the point → what makes a whole number of them.
_POWERS: Sequence[int] = tuple(10 ** (PLACES - digits) for digits in range(PLACES + 1))
#: More digits than any number here has.
_WIDE = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
#: Most digits a number may have before its point.
_MOST_DIGITS = 30
_TOO_MUCH: int = 10**_MOST_DIGITS
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NEGATIVE_IN_BRACKETS = re.compile(r"\((.*)\)")

#: A number with its currency or unit.
Measured: TypeAlias = tuple[int, str]
#: A value as it is compared.
Form: TypeAlias = "str | int | Measured | tuple[str, ...] | Problem | None"


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that cannot be compared, and why."""

    #: As it came.
    value: str
    #: A key of `WHY`.
    code: str

    @property
    def why(self) -> Message:
        """Return what is wrong with it."""
        return WHY[self.code]


#: Code of a problem → what is wrong.
WHY: Mapping[str, Message] = {
    "no_number": say("is no number"),
    "too_long": say("has more digits than an amount can have"),
    "no_date": say("is no date"),
    "unreadable": say("cannot be read from the record"),
    "several": say("differs between the rows of one key"),
    # unlike the others it says that a mapping lacks a word
    "unmapped": say("is a status nobody mapped"),
}


# ---- texts -------------------------------------------------------------------------------------

#: Brackets of full width and their like, as names of companies have them.
_BRACKETS = str.maketrans("（）【】〔〕［］", "()[]()[]")
#: No one sees them: zero-width blanks, joiners, direction marks, the byte-order mark.
_UNSEEN = dict.fromkeys(
    [0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)]
)
_SPACES = re.compile(r"\s+")
_NO_DIGITS = re.compile(r"\D+")


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_UNSEEN)


def bare(text: str) -> str:
    """Return a text without full width, blanks around it and what no one sees."""
    return (text if text.isascii() else _nfkc(text)).strip()


def escaped(text: str) -> str:
    """Return a text that every file and database takes: half of a character as its number.

    JSON may hold such a half, as \\ud83d, and no encoding has it.
    """
    return text.encode(errors="backslashreplace").decode()


#: Name of a rule → what it does to a text.
TEXT_RULES: Mapping[str, Callable[[str], str]] = {
    "nfkc": lambda text: text if text.isascii() else _nfkc(text),
    "trim": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    "one_space": lambda text: _SPACES.sub(" ", text),
    "drop_spaces": lambda text: _SPACES.sub("", text),
    "brackets": lambda text: text.translate(_BRACKETS),
    "digits_only": lambda text: _NO_DIGITS.sub("", text),
}
#: Rules of a key where the file says nothing; `O` and `0` are never folded.
KEY_RULES = ("nfkc", "trim", "upper", "drop:[\\s\\-_/]")
#: Rules of a text where its field says nothing.
PLAIN_RULES = ("nfkc", "trim")
#: Texts that stand for nothing where a field says nothing of it.
EMPTY = ("",)
_KEPT = 50_000
_DROP = "drop:"


def folder(rules: Sequence[str]) -> Callable[[str], str]:
    """Return what folds a text by rules, one after the other.

    A rule is a name of `TEXT_RULES`, or `drop:` and a regular expression of what goes.
    Raises `KeyError` of a name that is none, `re.error` of an expression that is none.
    """
    steps: list[Callable[[str], str]] = []
    for rule in rules:
        if rule.startswith(_DROP):
            pattern = re.compile(rule.removeprefix(_DROP))
            steps.append(lambda text, drop=pattern.sub: drop("", text))  # type: ignore[misc]
        else:
            steps.append(TEXT_RULES[rule])

    def fold(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return fold


class Memory(dict[str, Any]):
    """What was made of the last texts: `memory[text]` makes it where it is not known.

    Most texts of a system come again and again, and looking one up takes a tenth of the time.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> Any:
        """Make it, and keep it."""
        if len(self) >= _KEPT:
            self.clear()
        found = self[text] = self._make(text)
        return found


def plain(value: Any) -> str:
    """Return a value as the text a person would read."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case float():
            return format(Decimal(repr(value)), "f")
        case list() | tuple():
            return ", ".join(plain(one) for one in value)
    return str(value)


# ---- numbers -----------------------------------------------------------------------------------


def number(value: Any) -> int | Problem:
    """Return a number in parts of `SCALE`; a `Problem` where the value is none.

    `1,234.50`, `(12.00)` for a negative one and digits of full width are numbers; a float is what
    it prints as.
    """
    if type(value) is int and -_TOO_MUCH < value < _TOO_MUCH:
        return value * SCALE
    if type(value) is str and value.isascii():
        # what nearly all systems write, without the detour over Decimal
        whole, _, parts = value.partition(".")
        digits = whole + parts
        if digits.isdecimal() and 0 < len(whole) <= _MOST_DIGITS and len(parts) <= PLACES:
            return int(digits) * _POWERS[len(parts)]
    return _number(value)


def _number(value: Any) -> int | Problem:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return Problem(plain(value), "no_number")
    text = bare(plain(value)).replace("\u2212", "-")
    bracketed = _NEGATIVE_IN_BRACKETS.fullmatch(text)
    if bracketed is not None:
        text = f"-{bracketed[1].strip()}"
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        return Problem(plain(value), "no_number")
    found = Decimal(text)
    if found and found.adjusted() >= _MOST_DIGITS:
        return Problem(plain(value), "too_long")
    return scaled(found)


def scaled(found: Decimal) -> int:
    """Return a number in parts of `SCALE`, rounded half to even."""
    return int(_WIDE.scaleb(found, PLACES).to_integral_value(ROUND_HALF_EVEN, _WIDE))


def times(left: int, factor: Decimal) -> int:
    """Return a scaled number times a factor, rounded half to even."""
    return int(_WIDE.multiply(Decimal(left), factor).to_integral_value(ROUND_HALF_EVEN, _WIDE))


def unscaled(found: int) -> Decimal:
    """Return a scaled number as it is written."""
    if found % SCALE == 0:
        return Decimal(found // SCALE)
    return _WIDE.scaleb(Decimal(found), -PLACES).normalize(_WIDE)


def written(found: int, places: int = 0) -> str:
    """Return a scaled number in plain notation, with at least so many places."""
    value = unscaled(found)
    exponent = value.as_tuple().exponent
    have = -exponent if isinstance(exponent, int) else 0
    return format(value, f".{max(places, have, 0)}f")


# ---- dates -------------------------------------------------------------------------------------

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def day(value: Any, zone: tzinfo = UTC) -> int | Problem:
    """Return the day in a zone; a date without a time is never shifted.

    A time without an offset is meant in the zone.
    """
    if isinstance(value, str):
        text = bare(value)
        found = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
        try:
            if found is not None:
                return date(int(found[1]), int(found[2]), int(found[3])).toordinal()
            return _day_of(datetime.fromisoformat(text.replace("/", "-")), zone)
        except (ValueError, OverflowError):
            # 9999-12-31T23:59Z is in no year of a zone east of it
            return Problem(value, "no_date")
    if isinstance(value, datetime):
        try:
            return _day_of(value, zone)
        except OverflowError:
            return Problem(plain(value), "no_date")
    if isinstance(value, date):
        return value.toordinal()
    return Problem(plain(value), "no_date")


def _day_of(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone) if moment.tzinfo is not None else moment
    return local.date().toordinal()


def shown_day(found: int) -> str:
    """Return a day as ISO 8601 writes it."""
    return date.fromordinal(found).isoformat()
