"""What a two-way mapping loses on the way there and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hub.language import Message, say
from hub.mapping.data import dates
from hub.mapping.data.values import (
    MISSING,
    is_decimal_text,
    is_list,
    is_nothing,
    is_object,
    shown,
)
from hub.mapping.faults import Stop

#: Names of a source path; lists are gone through.
Names = tuple[str, ...]


def losses(
    given: Any, returned: Any, ignored: Collection[Names] = (), *, names: Names = (), path: str = ""
) -> Iterator[Message]:
    """Yield what came back otherwise than it was given, apart from what `ignore:` names.

    Missing is the same as null, a number as its text, a day or instant as any way of writing it.
    """
    if names in ignored:
        return
    if _objects(given, returned):
        one, other = _fields(given), _fields(returned)
        for name in dict.fromkeys([*one, *other]):
            yield from losses(
                one.get(name, MISSING), other.get(name, MISSING), ignored,
                names=(*names, name), path=f"{path}.{name}" if path else name,
            )  # fmt: skip
    elif is_list(given) and is_list(returned) and len(given) == len(returned):
        for index, (one, other) in enumerate(zip(given, returned, strict=True)):
            yield from losses(one, other, ignored, names=names, path=f"{path}[{index}]")
    elif not same(given, returned):
        yield say(
            "{path} was {given} and comes back as {returned}",
            path=path, given=shown(given), returned=shown(returned),
        )  # fmt: skip


def _objects(one: Any, other: Any) -> bool:
    """Return whether both are objects; one with nothing in it is as good as none."""
    both = [value for value in (one, other) if not is_nothing(value)]
    return bool(both) and all(is_object(value) for value in both)


def _fields(value: Any) -> Mapping[str, Any]:
    return value if is_object(value) else {}


def same(one: Any, other: Any) -> bool:
    """Return whether two single values mean the same."""
    if is_nothing(one) or is_nothing(other):
        return is_nothing(one) and is_nothing(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, Decimal)) or isinstance(other, (int, Decimal)):
        return _number(one) is not None and _number(one) == _number(other)
    return bool(one == other) or _same_time(one, other)


def _number(value: Any) -> Decimal | None:
    exact = isinstance(value, (int, Decimal)) or is_decimal_text(value)
    return Decimal(value) if exact else None


def _same_time(one: Any, other: Any) -> bool:
    try:
        left, right = dates.read(one), dates.read(other)
    except Stop:
        return False
    if _is_local(left) != _is_local(right):
        # a time without zone was read as, and comes back as, the time on that zone's clocks
        return _clock(left) == _clock(right)
    return left == right


def _is_local(value: date) -> bool:
    return not isinstance(value, datetime) or value.tzinfo is None


def _clock(value: date) -> date:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
