"""Masks what a mapping made: the personal fields of its target, and personal data of its source
wherever a rule carried it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub import logs
from hub.cli import privacy
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.mapping import FieldMapping
    from hub.mapping.field_mapping import End
    from hub.mapping.shape import Shape

#: A personal text of fewer characters is masked only where it stands alone.
_SHORTEST = 2
_TELLING_DIGITS = 4


def shape_of(end: End) -> Shape | None:
    """Return what documents of a mapping's end may hold; None where nobody described them."""
    from hub.flow import checks
    from hub.mapping.shape import of_fields, of_record
    from hub.records import kind

    if isinstance(end, tuple):
        fields = checks.schema(*end)
        return None if fields is None else of_fields(fields)
    try:
        return of_record(kind(end))
    except ConfigError:
        return None


def made(mapping: FieldMapping, given: Mapping[str, Any], document: Any) -> Any:
    """Return what the mapping made of a document, masked; whole where an end is not described."""
    source, target = shape_of(mapping.source), shape_of(mapping.target)
    if source is None or target is None:
        return privacy.document(document, None)
    without = _without(document, frozenset(_texts(given, source, personal=False)))
    return privacy.document(without, frozenset(_marks(target, ())))


def carried(mapping: FieldMapping, given: Mapping[str, Any]) -> frozenset[str]:
    """Return the personal texts of a document, as far as its source is described."""
    source = shape_of(mapping.source)
    return frozenset() if source is None else frozenset(_texts(given, source, personal=False))


def holds(shown: str, personal: frozenset[str]) -> bool:
    """Say whether what is about to be shown is a personal text, has one in it, or is a piece."""
    # two digits are a piece of many a phone number, and say nothing about it
    telling = len(shown) >= (_TELLING_DIGITS if shown.isdigit() else _SHORTEST)
    return shown in personal or any(
        (text in shown and len(text) >= _SHORTEST) or (telling and shown in text)
        for text in personal
    )


def _marks(shape: Shape, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, inner in shape.fields.items():
        if inner.personal:
            yield (*above, name)
        yield from _marks(inner, (*above, name))


def _texts(value: Any, shape: Shape | None, *, personal: bool) -> Iterator[str]:
    """Yield the personal values of a document as text."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            inner = None if shape is None else shape.fields.get(name)
            marked = personal or (inner is not None and bool(inner.personal))
            yield from _texts(item, inner, personal=marked)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, shape, personal=personal)
    elif personal and value not in (None, "") and not isinstance(value, bool):
        yield str(value)


def _without(value: Any, personal: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(item, personal) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without(item, personal) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return logs.MASK if holds(str(value), personal) else value
