"""Comparing two values without guessing their type."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from hub.language import Message, say
from hub.mapping.data import dates
from hub.mapping.data.measures import Measure, amounts, measure, number_or_measure
from hub.mapping.data.values import (
    MAX_EXPONENT,
    absent,
    decimal,
    is_decimal_text,
    is_list,
    is_nothing,
    is_object,
    reads_as_decimal,
    shown,
)
from hub.mapping.faults import Stop


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal.

    A number equals text that reads as the same number; a boolean never meets text silently.
    """
    if is_nothing(one) or is_nothing(other):
        return is_nothing(one) and is_nothing(other)
    if _measured(one) or _measured(other):
        left, right = amounts(number_or_measure(one), number_or_measure(other))
        return left == right
    _refuse_lists(one, other)
    if isinstance(one, bool) or isinstance(other, bool):
        return _same_booleans(one, other)
    if _is_number(one) or _is_number(other):
        return _reads_as_number(one) and _reads_as_number(other) and decimal(one) == decimal(other)
    if isinstance(one, date) or isinstance(other, date):
        return _ordered(operator.eq, one, other)
    return bool(_plain(one) == _plain(other))


def _measured(value: Any) -> bool:
    return isinstance(value, Measure) or measure(value) is not None


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _same_booleans(one: Any, other: Any) -> bool:
    if isinstance(one, bool) and isinstance(other, bool):
        return one is other
    message = say("compares a boolean with something else; write true or false without quotes")
    raise Stop("E210", message)


def _refuse_lists(one: Any, other: Any) -> None:
    if any(is_list(value) or is_object(value) for value in (one, other)):
        raise Stop("E211", say("compares a list or object; name one field, or use any(…) or in"))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _reads_as_number(value: Any) -> bool:
    return _is_number(value) or is_decimal_text(value)


#: Numbers as they are, and no booleans.
_NUMBERS = frozenset({int, Decimal})


def _exact(value: Any) -> Decimal | None:
    """Return a number, or a short text that reads as one; None: it is to be looked at closely."""
    kind = type(value)
    if kind is str and len(value) <= MAX_EXPONENT and reads_as_decimal(value):
        return Decimal(value)
    return decimal(value) if kind in _NUMBERS else None


def _ordering(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def run(one: Any, other: Any) -> bool:
        left, right = _exact(one), _exact(other)
        if left is not None and right is not None:
            return test(left, right)
        for value in (one, other):
            if is_nothing(value):
                raise absent(value)
        if _measured(one) or _measured(other):
            return test(*amounts(number_or_measure(one), number_or_measure(other)))
        _refuse_lists(one, other)
        if _reads_as_number(one) and _reads_as_number(other):
            return test(decimal(one), decimal(other))
        return _ordered(test, one, other)

    return run


def _ordered(test: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    try:
        left, right = dates.read(one), dates.read(other)
    except Stop:
        message = say("compares what has no order: only numbers, dates and times have one")
        raise Stop("E210", message) from None
    if isinstance(left, datetime) != isinstance(right, datetime):
        message = say("compares a day with a time; map both with as: date and a zone:")
        raise Stop("E210", message)
    try:
        return test(left, right)
    except TypeError:
        raise Stop("E210", say("compares times with and without a time zone")) from None


def subject(expression: str, one: Any, other: Any, hidden: bool) -> Message:
    """Return what an error about a comparison starts with."""
    if hidden:
        return say("{expression!r} (values not shown)", expression=expression)
    return say(
        "{expression!r} with {one} and {other}",
        expression=expression,
        one=shown(one),
        other=shown(other),
    )


TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": same,
    "!=": lambda one, other: not same(one, other),
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
}
