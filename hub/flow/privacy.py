"""Masks personal data and secrets in what is shown, by their marks in the schemas.

A document nobody described is masked whole: rather too little is shown than too much.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from hub import logs, registry
from hub.connector import FieldSpec
from hub.errors import ConfigError
from hub.flow import checks
from hub.records import kind
from hub.settings import Settings
from hub.store import payloads

#: Ways to the personal fields of a document, list indexes left out; None: nobody described it.
Marks: TypeAlias = "frozenset[tuple[str, ...]] | None"

#: Characters of an answer that are shown.
_EXCERPT = 600
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_OPENING = re.compile(r"<([\w:.-]+)(?:\s[^<>]*?)?(/?)>")


def of_record(schema: str) -> Marks:
    """Return the marks of a stored record, given as `kind@version`."""
    try:
        model = kind(schema.partition("@")[0])
    except ConfigError:
        return None
    return frozenset(tuple(path.split(".")) for path in model.personal)


def of_connection(settings: Settings, connection: str, name: str) -> Marks:
    """Return the marks of what a connection's stream brings, or its operation takes."""
    configured = settings.connections.get(connection)
    fields = checks.fields_of(configured.connector, name) if configured else None
    return frozenset(_marked(fields, ())) if fields else None


def of_answers(settings: Settings, connection: str) -> Marks:
    """Return the marks of all a connection's product may show, as an answer holds any of it."""
    configured = settings.connections.get(connection)
    if configured is None:
        return None
    try:
        spec = registry.load(configured.connector).spec
    except ConfigError:
        return None
    described = [one.fields for one in spec.streams] + [one.fields for one in spec.operations]
    return frozenset(mark for fields in described for mark in _marked(fields, ()))


def _marked(fields: Mapping[str, FieldSpec], above: tuple[str, ...]) -> list[tuple[str, ...]]:
    found = []
    for name, field in fields.items():
        if field.personal is not None:
            found.append((*above, name))
        found += _marked(field.fields, (*above, name))
    return found


def document(content: Any, marks: Marks) -> Any:
    """Return a document with its personal fields and secrets masked."""
    if marks is None:
        return _all_masked(content)
    return logs.masked(_masked(content, marks, ()))


def _masked(value: Any, marks: frozenset[tuple[str, ...]], place: tuple[str, ...]) -> Any:
    if place in marks:
        return _all_masked(value)
    if isinstance(value, Mapping):
        return {name: _masked(item, marks, (*place, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, marks, place) for item in value]
    return value


def _all_masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _all_masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_all_masked(item) for item in value]
    return value if value in (None, "") or isinstance(value, bool) else logs.MASK


def words(said: str | None) -> str | None:
    """Return somebody's words with secrets and mobile numbers masked."""
    return None if said is None else _MOBILE.sub(logs.MASK, str(logs.masked(said)))


def said(kept: Any) -> Any:
    """Return sentences kept as data, however deep, each with what `words` masks in it."""
    if isinstance(kept, Mapping):
        return {name: said(item) for name, item in kept.items()}
    if isinstance(kept, list):
        return [said(item) for item in kept]
    return words(kept) if isinstance(kept, str) else kept


def answer(content: bytes | None, marks: Marks) -> str | None:
    """Return the beginning of a far end's answer, its personal fields masked by their names."""
    if content is None or marks is None:
        return None if content is None else logs.MASK
    names = frozenset(path[-1] for path in marks)
    with contextlib.suppress(ValueError):
        return _cut(words(_json_masked(content, names)) or "")
    shown = content[: 4 * _EXCERPT].decode("utf-8", "replace")
    return _cut(words(_elements_masked(shown, names)) or "")


def _json_masked(content: bytes, names: frozenset[str]) -> str:
    """Return JSON with hidden fields masked; what goes too deep to look at is hidden whole."""
    try:
        parsed = logs.masked(_by_name(payloads.parse(content), names))
        return payloads.encode(parsed).decode()
    except RecursionError:
        return logs.MASK


def raw(content: bytes | None) -> str | None:
    """Return the beginning of a far end's answer as it is."""
    return None if content is None else _cut(content.decode("utf-8", "replace"))


def _elements_masked(xml: str, names: frozenset[str]) -> str:
    """Return XML, or its beginning, without attributes and content of hidden elements."""
    shown, at = [], 0
    while opening := _OPENING.search(xml, at):
        name = opening[1]
        if name.rpartition(":")[2] in names or logs.sensitive(name):
            shown.append(f"{xml[at : opening.start()]}<{name}>{logs.MASK}")
            at = opening.end() if opening[2] else _closing(xml, name, opening.end())
        else:
            shown.append(xml[at : opening.end()])
            at = opening.end()
    return "".join(shown) + xml[at:]


def _closing(xml: str, name: str, start: int) -> int:
    """Return where an element is closed; the end of the text where that was cut off."""
    closing = re.compile(rf"</{re.escape(name)}\s*>").search(xml, start)
    return closing.start() if closing else len(xml)


def _by_name(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _all_masked(item) if name in names else _by_name(item, names)
            for name, item in value.items()
        }
    return [_by_name(item, names) for item in value] if isinstance(value, list) else value


def _cut(shown: str) -> str:
    return shown if len(shown) <= _EXCERPT else f"{shown[:_EXCERPT]} …"
