"""Masks what a mapping made: the fields into which its rules or its target put personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub import logs
from hub.flow import privacy

if TYPE_CHECKING:
    from hub.mapping import FieldMapping


def made(mapping: FieldMapping, document: Any) -> Any:
    """Return what the mapping made, masked; whole where nobody described what it reads."""
    return logs.masked(_masked(mapping, document, ""))


def handle(mapping: FieldMapping, word: str, made: str | None) -> str | None:
    """Return what `key:` or `lane:` made, masked."""
    return logs.MASK if made and mapping.hides(f"{word}:") else privacy.words(made)


def read_unknowing(mapping: FieldMapping) -> bool:
    """Return whether its source is described, but was not to whoever read its files.

    So older files are read that do not pass what is checked today.
    """
    from hub.flow import checks

    source = mapping.source
    described = isinstance(source, tuple) and bool(checks.fields_of(*source))
    return mapping.personal is None and described


def _masked(mapping: FieldMapping, value: Any, target: str) -> Any:
    if mapping.hides(target):
        return privacy.document(value, None)
    if isinstance(value, Mapping):
        return {
            name: _masked(mapping, item, f"{target}.{name}" if target else str(name))
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(mapping, item, target) for item in value]
    return value
