"""What another mapping would make of documents that were mapped before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.errors import ConfigError
from hub.language import say
from hub.mapping.faults import MappingFault, RuleFault
from hub.mapping.field_mapping import End, FieldMapping, Schemas
from hub.mapping.lookups import LinksMissing
from hub.mapping.run import EMPTY, Scope
from hub.mapping.shape import Shape, of_fields, of_record
from hub.mapping.values import MISSING, is_list, is_object, shown
from hub.records import kind

#: What differs where one of the two mappings makes no document at all.
OUTCOME = "(outcome)"
SAMPLES = 5
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was mapped before, with what its mapping saw besides."""

    #: What a person knows it by, such as the number of its record.
    name: str
    data: Mapping[str, Any]
    scope: Scope = EMPTY


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one document that would be another."""

    document: str
    #: Target path with list indexes.
    target: str
    old: str
    new: str


@dataclass(slots=True)
class FieldEffect:
    """What becomes of one target field."""

    #: Target path, `[]` for any index; `key:`, `lane:`; or `OUTCOME`.
    target: str
    #: In so many documents.
    documents: int = 0
    #: Of the first documents, one of each.
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Effects:
    """What becomes of all the documents."""

    #: So many were looked at, and so many would be other ones.
    documents: int
    changed: int
    fields: tuple[FieldEffect, ...]


def over_documents(
    old: FieldMapping,
    new: FieldMapping,
    documents: Iterable[Document],
    schemas: Schemas | None = None,
    *,
    personal: bool = False,
) -> Effects:
    """Return which target fields would differ, in how many documents, with samples.

    A value is not shown where its field is personal, where it holds a personal value of the
    document or is a piece of one, and where nothing is known of the document; `personal` shows all.
    """
    hidden = _Hidden((old, new), schemas) if not personal else None
    effects: dict[str, FieldEffect] = {}
    seen = changed = 0
    for document in documents:
        seen += 1
        found = list(_differences(_outcome(old, document), _outcome(new, document)))
        changed += bool(found)
        counted = set()
        for path, one, other in found:
            name = _INDEX.sub("[]", path)
            effect = effects.setdefault(name, FieldEffect(name))
            if name in counted:
                continue
            counted.add(name)
            effect.documents += 1
            if len(effect.samples) < SAMPLES:
                values = _told(name, one, other, document, hidden)
                effect.samples.append(Sample(document.name, path, *values))
    ordered = sorted(effects.values(), key=lambda effect: (-effect.documents, effect.target))
    return Effects(seen, changed, tuple(ordered))


def _outcome(mapping: FieldMapping, document: Document) -> dict[str, Any]:
    """Return target path → value; where no document comes of it, why."""
    data, scope = document.data, document.scope
    try:
        if not mapping.applies(data, scope):
            return {OUTCOME: say("when: does not hold")}
        found = {"key:": mapping.key(data, scope), "lane:": mapping.lane(data, scope)}
        return {**found, **dict(_leaves(mapping.apply(data, scope), ""))}
    except MappingFault as fault:
        first = fault.faults[0]
        target = first.target if isinstance(first, RuleFault) else ""
        return {OUTCOME: f"{first.code} {target}".strip()}
    except LinksMissing:
        return {OUTCOME: say("waits for a link")}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if is_object(value) and (value or not path):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif is_list(value) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    if OUTCOME in old or OUTCOME in new:
        made = say("a document")
        one, other = old.get(OUTCOME, made), new.get(OUTCOME, made)
        if one != other:
            yield OUTCOME, one, other
        return
    for path in {**new, **old}:
        one, other = old.get(path, MISSING), new.get(path, MISSING)
        # true and 1 are equal to Python only
        if one != other or isinstance(one, bool) != isinstance(other, bool):
            yield path, one, other


def _told(
    field: str, old: Any, new: Any, document: Document, hidden: _Hidden | None
) -> tuple[str, str]:
    if field == OUTCOME:
        return old, new
    if hidden is not None and hidden.hides(field, (old, new), document.data):
        masked = say("(personal, not shown)")
        return masked, masked
    return shown(old), shown(new)


# ---- what must not be shown ------------------------------------------------------------------


class _Hidden:
    """Knows which values are personal, or might be for all that is known."""

    def __init__(self, mappings: tuple[FieldMapping, ...], schemas: Schemas | None) -> None:
        self.sources = [_shape(one.source, schemas) for one in mappings]
        targets = [_shape(one.target, schemas) for one in mappings]
        self.paths = {path for shape in targets if shape for path in _personal(shape, "")}

    def hides(self, field: str, values: tuple[Any, ...], data: Mapping[str, Any]) -> bool:
        """Say whether the field is personal, or a value has to do with a personal one of `data`."""
        above = (field[: at.start()] for at in re.finditer(r"[.\[]", field))
        if any(path in self.paths for path in (field, *above)):
            return True
        for shape in self.sources:
            # a source of which nothing is known may hold anything
            if shape is None or any(_akin(text, values) for text in _texts(data, shape)):
                return True
        return False


def _shape(end: End, schemas: Schemas | None) -> Shape | None:
    if isinstance(end, tuple):
        fields = schemas(*end) if schemas is not None else None
        return of_fields(fields) if fields else None
    try:
        return of_record(kind(end))
    except ConfigError:
        return None


def _personal(shape: Shape, path: str) -> Iterator[str]:
    for name, inner in shape.fields.items():
        below = f"{path}.{name}" if path else name
        if inner.personal:
            yield below
        yield from _personal(inner, f"{below}[]" if inner.type == "list" else below)


def _texts(value: Any, shape: Shape, *, personal: bool = False) -> Iterator[str]:
    """Yield the personal values of a document, letters and digits only."""
    if is_object(value):
        for name, inner in value.items():
            below = shape.fields.get(name, Shape())
            yield from _texts(inner, below, personal=personal or bool(below.personal))
    elif is_list(value):
        for item in value:
            yield from _texts(item, shape, personal=personal)
    elif personal and (text := _bare(value)):
        yield text


def _akin(text: str, values: Iterable[Any]) -> bool:
    """Say whether one of the values is the text, holds it, or is a piece of it."""
    for value in values:
        bare = _bare(value)
        if bare == text:
            return True
        # a number is no piece of another one because they have digits in common
        if bare and isinstance(value, str) and (bare in text or (len(text) > 1 and text in bare)):
            return True
    return False


def _bare(value: Any) -> str:
    nothing = value is None or value is MISSING or isinstance(value, bool)
    return "" if nothing else re.sub(r"[\W_]", "", str(value))
