"""A document a person has changed: read from text, and held against what the operation takes."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.connector import FieldSpec
from hub.language import Message, say
from hub.logs import MASK
from hub.nearest import nearest

#: No document goes deeper; such a one is an attack or an accident, and nobody could look at it.
_DEEPEST = 40
#: A value of a masked view: masked whole, or what is secret in it.
_MASKED = re.compile(
    r"(?i)^{0}$|(?:=|://[^/@:\s]*:|\b(?:bearer|basic) ){0}".format(re.escape(MASK))
)
#: What stands for a file until it is sent.
_FILE = re.compile(r"payload:[0-9a-f]{64}")
#: Nobody reads on after so many, and to look for the nearest name of each takes its time.
_TOLD = 100

#: What Python says of JSON → the same in plain words.
_PROBLEMS: Mapping[str, Message] = {
    "Expecting value": say("a value is missing"),
    "Expecting ',' delimiter": say("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": say("a colon is missing"),
    "Expecting property name enclosed in double quotes": say('a name in " " is missing'),
    "Illegal trailing comma before end of object": say("a comma stands before the end"),
    "Illegal trailing comma before end of array": say("a comma stands before the end"),
    "Extra data": say("something stands behind the end"),
    "Unterminated string starting at": say('a text has no closing "'),
    "Invalid control character at": say("a text goes over the end of its line"),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a document."""

    #: Line and column in the text, where it could not be read; 0 otherwise.
    line: int
    column: int
    #: Way to the field, such as `items.2.quantity`; empty for the document as a whole.
    field: str
    message: Message
    #: Not to be sent even if a person insists: no document, too deep, the mask of a masked view,
    #: which would overwrite what is true, or something else in the place of a file.
    barred: bool = False


class Unreadable(ValueError):
    """The text is no JSON object."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.message)
        self.wrong = wrong


def parse(text: str) -> dict[str, Any]:
    """Return the document of a text; numbers that are not whole become text, as written.

    Raises `Unreadable` with the place.
    """
    try:
        found = json.loads(
            text, parse_float=str, parse_constant=_no_number, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        problem = _PROBLEMS.get(error.msg, error.msg)
        message = say("This is not JSON: {problem}.", problem=problem)
        raise Unreadable(Wrong(error.lineno, error.colno, "", message)) from None
    except RecursionError:
        raise Unreadable(_whole(say("The document goes too deep."))) from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        # Python takes no whole number of more than 4300 digits
        raise Unreadable(_whole(say("The document holds a number that is too long."))) from None
    if not isinstance(found, dict):
        raise Unreadable(_whole(say("The document must be a JSON object: {{ … }}.")))
    return found


def faults(document: Mapping[str, Any], fields: Mapping[str, FieldSpec] | None) -> list[Wrong]:
    """Return what is wrong with a document, the first hundred things; what bars it comes first.

    Without fields nobody described what it may hold.
    """
    barred = list(itertools.islice(_barred(document, ""), _TOLD))
    if barred or not fields:
        return barred
    return list(itertools.islice(_against(document, fields, ""), _TOLD))


def _no_number(word: str) -> None:
    message = say("{word} is no number in JSON. Write a number, or null.", word=word)
    raise Unreadable(_whole(message))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Unreadable(_whole(say("{name} stands twice in one object.", name=name)))
        found[name] = value
    return found


def _whole(message: Message) -> Wrong:
    return Wrong(0, 0, "", message, barred=True)


def _barred(value: Any, way: str, depth: int = 0) -> Iterator[Wrong]:
    """Yield the values that came from a masked view, and what goes too deep."""
    if isinstance(value, str) and _MASKED.search(value):
        message = say("{field} is {mask}, from a masked view.", field=way, mask=value[:100])
        yield Wrong(0, 0, way, message, barred=True)
    if depth > _DEEPEST:
        yield _whole(say("The document goes too deep."))
        return
    for name, item in _inside(value):
        yield from _barred(item, _way(way, name), depth + 1)


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(number), item) for number, item in enumerate(value, 1))


def _against(
    document: Mapping[str, Any], fields: Mapping[str, FieldSpec], way: str
) -> Iterator[Wrong]:
    for name, field in fields.items():
        if field.required and document.get(name) in (None, ""):
            place = _way(way, name)
            yield Wrong(0, 0, place, say("{field} is required.", field=place))
    for name, value in document.items():
        place = _way(way, name)
        if name not in fields:
            hint = nearest(name, fields)
            yield Wrong(0, 0, place, say("{field} is not known.{hint}", field=place, hint=hint))
        elif value is not None and value != "":
            yield from _value(value, fields[name], place)


def _value(value: Any, field: FieldSpec, way: str) -> Iterator[Wrong]:
    if not _fits(value, field.type):
        message = say("{field} must be {type}.", field=way, type=_called(field.type))
        yield Wrong(0, 0, way, message, barred=field.type == "file")
        return
    for name, item in _inside(value) if field.type == "list" else [("", value)]:
        if field.fields and isinstance(item, Mapping):
            yield from _against(item, field.fields, _way(way, name))


def _fits(value: Any, type_: str) -> bool:
    """Say whether a value may stand for a type; text may stand for a number."""
    match type_:
        case "list":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return _is_number(value, whole=True)
        case "decimal":
            return _is_number(value, whole=False)
        case "file":
            return isinstance(value, str) and _FILE.fullmatch(value) is not None
    return not isinstance(value, Mapping | list)


def _is_number(value: Any, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return False
    return math.isfinite(number) and (not whole or number == number.to_integral_value())


def _called(type_: str) -> Message:
    match type_:
        case "list":
            return say("a list: [ … ]")
        case "object":
            return say("an object: {{ … }}")
        case "boolean":
            return say("true or false")
        case "integer":
            return say("a whole number")
        case "decimal":
            return say("a number")
        case "file":
            return say("a file of the hub: payload: and its SHA-256")
    return say("a text or a number")


def _way(above: str, name: str) -> str:
    return f"{above}.{name}" if above and name else above or name
