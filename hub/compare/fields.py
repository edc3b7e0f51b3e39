"""What two values of a field are to each other: equal, within its tolerance, or different.

One comparator for all: what a store, a file or a far end holds is brought into one form first
(`forms`), and judged here, exactly, whatever database found it. A difference is always
`actual - expected`, so that its sign says who has more.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from hub.calendars import STANDARD, Calendar
from hub.compare import forms
from hub.compare.forms import Form, Problem
from hub.language import Message, say


class FieldType(enum.StrEnum):
    """What a field holds, and so in which form it is compared."""

    TEXT = "text"
    #: A word of a fixed set; one word of a side may stand for several of the others.
    STATUS = "status"
    #: A number without a unit.
    NUMBER = "number"
    #: With a currency.
    MONEY = "money"
    #: With a unit.
    QUANTITY = "quantity"
    DATE = "date"


class Several(enum.StrEnum):
    """What several rows of one key say of a field together."""

    SUM = "sum"
    #: All of them must say the same.
    SAME = "same"
    EARLIEST = "earliest"
    LATEST = "latest"


class Result(enum.StrEnum):
    """What two values are to each other."""

    EQUAL = "equal"
    #: Not equal, but nobody minds.
    WITHIN = "within"
    DIFFERS = "differs"
    #: Two currencies, an unknown unit, no number: nothing can be said, and that is a finding.
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart two values may be; what is over all of them differs.

    Numbers are scaled as `forms` keeps them; the widest of the bounds that are set holds.
    """

    #: How much less, and how much more, the other side may have.
    below: int = 0
    above: int = 0
    #: Share of the larger of the two amounts, such as 0.01; of 0 it is 0.
    share: Decimal = Decimal(0)
    #: For each line of the document with more lines: rounding of n lines is n times as much.
    per_line: int = 0
    #: Of dates: `below` and `above` count only days that are worked.
    working: bool = False

    def allows(self, expected: int, actual: int, lines: int) -> bool:
        """Say whether two numbers are close enough."""
        difference = actual - expected
        bound = self.above if difference > 0 else self.below
        bound = max(bound, self.per_line * max(lines, 1))
        if abs(difference) <= bound:
            return True
        if not self.share:
            return False
        # in whole numbers, so that no bound is rounded
        part, whole = self.share.as_integer_ratio()
        return abs(difference) * whole <= max(abs(expected), abs(actual)) * part


NONE = Tolerance()
#: How the names of units and currencies are folded.
UNIT_RULES = ("nfkc", "trim", "upper")


class Judged(msgspec.Struct, frozen=True):
    """What two values of a field are to each other, and by how much."""

    result: Result
    #: `actual - expected`: scaled for numbers, days for dates; None: it cannot be told.
    difference: int | None = None
    #: Why nothing can be said.
    why: Message | None = None


EQUAL = Judged(Result.EQUAL)
_DIFFERS = Judged(Result.DIFFERS)


class Reader:
    """Brings values into their form: texts by `memory`, where there is one, else by `function`."""

    __slots__ = ("function", "memory")

    def __init__(
        self, memory: forms.Memory | None, function: Callable[[Any], Form] | None = None
    ) -> None:
        self.memory = memory
        self.function = function

    def __call__(self, value: Any) -> Form:
        """Return the form of a value."""
        if value is None:
            return None
        found: Form
        if self.memory is not None and type(value) is str:
            found = self.memory[value]
        elif self.function is not None:
            found = self.function(value)
        else:
            found = self.memory[forms.plain(value)] if self.memory is not None else None
        return found


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is compared: its type, the form of its values, and its tolerance."""

    name: str
    type: FieldType
    title: str = ""
    tolerance: Tolerance = NONE
    #: How texts are folded; see `forms.TEXT_RULES`.
    rules: tuple[str, ...] = forms.PLAIN_RULES
    #: Texts that mean nothing stands there.
    empty: tuple[str, ...] = forms.EMPTY
    #: Unit → base unit and how many of it one is.
    units: Mapping[str, tuple[str, Decimal]] = field(default_factory=dict)
    #: Of several rows of one key; None: amounts are added up, all else must be the same.
    several: Several | None = None
    #: Currency → what one of it is in `currency`; from `rate_source`. Empty: never converted.
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    currency: str = ""
    #: Where the rates are from, and of which day: told with each difference.
    rate_source: str = ""
    #: Zone in which a time is a day.
    zone: tzinfo = UTC
    calendar: Calendar = STANDARD

    # -- forms

    def reader(self) -> Reader:
        """Return what brings a value of this field into its form."""
        match self.type:
            case FieldType.TEXT | FieldType.STATUS:
                return Reader(forms.Memory(self._folder()))
            case FieldType.DATE:
                read = self._read_by(lambda value: forms.day(value, self.zone))
                return Reader(forms.Memory(read), read)
            case FieldType.NUMBER | FieldType.MONEY | FieldType.QUANTITY:
                return Reader(None, self._read_by(forms.number))

    def measured_reader(self) -> Callable[[Any, Any], Form]:
        """Return what brings an amount and its currency or unit into one form."""
        amount = self._read_by(forms.number)
        factors = self._factors()
        units = forms.Memory(forms.folder(UNIT_RULES))

        def read(value: Any, unit: Any) -> Form:
            number = amount(value)
            if type(number) is not int:
                return number
            text = units[unit if type(unit) is str else forms.plain(unit)] if unit else ""
            if text in factors:
                base, factor = factors[text]
                return forms.times(number, factor), base
            return number, text

        return read

    def _folder(self) -> Callable[[str], str | None]:
        fold = forms.folder(self.rules)
        empty = {fold(one) for one in self.empty} | {""}

        def read(text: str) -> str | None:
            folded = fold(text)
            return None if folded in empty else folded

        return read

    def _read_by(
        self, form: Callable[[Any], int | Problem]
    ) -> Callable[[Any], int | Problem | None]:
        """Return what reads numbers or days, of which some may stand for nothing."""
        texts = {forms.bare(one) for one in self.empty} | {""}
        # however they are written: 9999999.00, 2099-12-31T00:00
        nothing = {found for one in texts if type(found := form(one)) is int}

        def read(value: Any) -> int | Problem | None:
            if value is None:
                return None
            found = form(value)
            if type(found) is int:
                return None if found in nothing else found
            return None if type(value) is str and forms.bare(value) in texts else found

        return read

    def _factors(self) -> Mapping[str, tuple[str, Decimal]]:
        """Return unit or currency, folded → what it is brought to and by how much."""
        fold = forms.folder(UNIT_RULES)
        if self.type is FieldType.MONEY:
            return {fold(one): (fold(self.currency), rate) for one, rate in self.rates.items()}
        return {fold(one): (fold(base), by) for one, (base, by) in self.units.items()}

    # -- judging

    def judge(self, expected: Form, actual: Form, lines: int = 1) -> Judged:
        """Return what two values of this field are to each other.

        `lines` is the number of lines of the document with more of them. Nothing and 0 differ.
        """
        for value in (expected, actual):
            if isinstance(value, Problem):
                return Judged(Result.NOT_COMPARABLE, why=value.why)
        if expected == actual:
            return EQUAL
        if expected is None or actual is None:
            return _DIFFERS
        match self.type:
            case FieldType.NUMBER:
                return self._numbers(expected, actual, lines)  # type: ignore[arg-type]
            case FieldType.MONEY | FieldType.QUANTITY:
                return self._measured(expected, actual, lines)
            case FieldType.DATE:
                return self._days(expected, actual)  # type: ignore[arg-type]
            case FieldType.STATUS:
                return EQUAL if _overlap(expected, actual) else _DIFFERS
        return _DIFFERS

    def _numbers(self, expected: int, actual: int, lines: int) -> Judged:
        close = self.tolerance.allows(expected, actual, lines)
        return Judged(Result.WITHIN if close else Result.DIFFERS, actual - expected)

    def _measured(self, expected: Any, actual: Any, lines: int) -> Judged:
        (left, left_unit), (right, right_unit) = expected, actual
        if left_unit == right_unit:
            return EQUAL if left == right else self._numbers(left, right, lines)
        if self.type is FieldType.MONEY:
            why = say("{left} and {right} are two currencies", left=left_unit or "-",
                      right=right_unit or "-")  # fmt: skip
        else:
            why = say("nobody knows what one {left} is in {right}", left=left_unit or "-",
                      right=right_unit or "-")  # fmt: skip
        return Judged(Result.NOT_COMPARABLE, why=why)

    def _days(self, expected: int, actual: int) -> Judged:
        difference = actual - expected
        counted = self._worked(expected, actual) if self.tolerance.working else difference
        bound = self.tolerance.above if counted > 0 else self.tolerance.below
        return Judged(Result.WITHIN if abs(counted) <= bound else Result.DIFFERS, difference)

    def _worked(self, expected: int, actual: int) -> int:
        """Return how many worked days lie after the first and up to the second."""
        first, last = sorted((expected, actual))
        day, end, count = date.fromordinal(first), date.fromordinal(last), 0
        # what is over the bound needs no exact number
        most = max(self.tolerance.above, self.tolerance.below) + 1
        while day < end and count < most:
            day += timedelta(days=1)
            count += self.calendar.is_working_day(day)
        return count if actual >= expected else -count

    # -- words

    def shown(self, value: Form) -> str | None:
        """Return a value as people read it; None where nothing stands."""
        match value:
            case None:
                return None
            case Problem():
                return value.value
            case str():
                return value
            case [number, str() as unit] if not isinstance(number, str):
                places = 2 if self.type is FieldType.MONEY else 0
                return f"{forms.written(number, places)} {unit}".rstrip()
            case tuple():
                return " / ".join(value)  # type: ignore[arg-type]
            case int() if self.type is FieldType.DATE:
                return forms.shown_day(value)
        return forms.written(value)

    def shown_difference(self, judged: Judged, unit: str = "") -> str:
        """Return how far apart two values are: `+4 d`, `-12.00 CNY`; empty: nobody can tell."""
        if judged.difference is None:
            return ""
        sign = "+" if judged.difference > 0 else ""
        if self.type is FieldType.DATE:
            return f"{sign}{judged.difference} d"
        places = 2 if self.type is FieldType.MONEY else 0
        return f"{sign}{forms.written(judged.difference, places)} {unit}".rstrip()


def _overlap(expected: Form, actual: Form) -> bool:
    left = expected if isinstance(expected, tuple) else (expected,)
    right = actual if isinstance(actual, tuple) else (actual,)
    return not set(left).isdisjoint(right)


def status_reader(field: Field, words: Mapping[str, Sequence[str]]) -> Reader:
    """Return what reads a status through a side's own table: theirs → ours, one or several.

    What the table does not know is a `Problem`, never taken for equal.
    """
    read = field.reader()
    sets: dict[Form, set[str]] = {}
    for theirs, ours in words.items():
        # folded like what the other sides say
        sets.setdefault(read(theirs), set()).update(str(read(one) or "") for one in ours)
    known = {theirs: tuple(sorted(ours)) for theirs, ours in sets.items()}

    def mapped(text: str) -> Form:
        folded = read(text)
        if folded is None:
            return None
        found = known.get(folded)
        if found is None:
            return Problem(text, "unmapped")
        return found[0] if len(found) == 1 else found

    return Reader(forms.Memory(mapped))
