"""What another mapping would make of documents that were mapped before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.language import say
from hub.mapping.data.values import MISSING, is_list, is_object, shown
from hub.mapping.faults import MappingFault, RuleFault
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.running.lookups import LinksMissing
from hub.mapping.running.run import EMPTY, Scope

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
    *,
    personal: bool = False,
) -> Effects:
    """Return which target fields would differ, in how many documents, with samples.

    A value is not shown where one of the mappings puts something personal there, and where
    nothing is known of the documents; `personal` shows all.
    """
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
                hidden = not personal and (old.hides(name) or new.hides(name))
                values = _told(name, one, other, hidden=hidden)
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


def _told(field: str, old: Any, new: Any, *, hidden: bool) -> tuple[str, str]:
    if field == OUTCOME:
        return old, new
    return shown(old, hidden=hidden), shown(new, hidden=hidden)
