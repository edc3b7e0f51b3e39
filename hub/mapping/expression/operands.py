"""What operators and functions make of their operands, and refuse."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hub.language import say
from hub.mapping.data import dates, values
from hub.mapping.data.measures import Operand, each_amount, number_or_measure
from hub.mapping.data.values import (
    EXACT,
    MAX_PLACES,
    absent,
    integer,
    is_list,
    is_nothing,
    source_text,
    text,
)
from hub.mapping.faults import Stop


def computed(value: Any) -> Operand:
    """Return an operand that may have been worked out already."""
    return value if type(value) is Decimal else number_or_measure(value)


def negative(value: Operand) -> Operand:
    """Return the operand with the other sign."""
    return each_amount(value, EXACT.minus)


def rounded(value: Operand, places: int) -> Operand:
    """Return the operand with that many places, half up."""
    if isinstance(value, Decimal):
        return values.rounded(value, places)
    return each_amount(value, lambda amount: values.rounded(amount, places))


def day_of(value: Any) -> date:
    """Return the calendar day of a value."""
    if is_nothing(value):
        raise absent(value)
    return dates.day(value, None)


def days(day: date, count: int) -> date:
    """Return the date that many calendar days later."""
    try:
        return day + timedelta(days=count)
    except OverflowError:
        raise Stop("E206", say("lies outside the calendar")) from None


def words_of(value: Any) -> str:
    """Return a value as text; nothing stops the rule."""
    if is_nothing(value):
        raise absent(value)
    return text(value)


def source_words(value: Any) -> str:
    """Return a value of the document as text: equal numbers are equal texts."""
    if is_nothing(value):
        raise absent(value)
    return source_text(value)


def sized(value: Any) -> Any:
    """Return what has a length: a list as it is, anything else as text."""
    return value if is_list(value) else words_of(value)


def as_list(value: Any) -> Any:
    """Return a list; nothing is one without items."""
    if is_nothing(value):
        return ()
    if is_list(value):
        return value
    raise Stop("E205", say("is no list: `in` needs one after it"))


def count_of(value: Any) -> int:
    """Return a number of characters."""
    number = integer(value)
    if 0 <= number <= 10_000:
        return number
    raise Stop("E209", say("is no number of characters from 0 to 10000"))


def places_of(value: Any) -> int:
    """Return a number of places."""
    number = integer(value)
    if 0 <= number <= MAX_PLACES:
        return number
    raise Stop("E209", say("is no number of places from 0 to {most}", most=MAX_PLACES))


def left(words: str, count: int) -> str:
    """Return the first characters."""
    return words[:count]


def right(words: str, count: int) -> str:
    """Return the last characters."""
    return words[len(words) - count :] if count < len(words) else words
