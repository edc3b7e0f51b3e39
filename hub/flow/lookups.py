"""Answers what mappings look up, from the links of the store as one transaction sees them.

A mapping asks for one name after the other. So a document is first mapped with `Questions`, which
only notes what it asks; then everything many documents asked is loaded together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection as Transaction

from hub.mapping.running.lookups import HUB, MissingLink, Namespace, NoLookUps, missing
from hub.store import links


class Question(NamedTuple):
    """What a mapping asks for: see `hub.mapping.running.lookups.LookUps.link`."""

    source: Namespace
    target: Namespace
    value: str


class Questions(NoLookUps):
    """Knows nothing, and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def link(self, source: Namespace, target: Namespace, value: str) -> MissingLink:
        """Note the question."""
        self.asked.append(Question(source, target, value))
        return missing(source, target, value)


class StoreLookUps:
    """Answers from the links that stand; of several about one object the last one written."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._handles: defaultdict[Namespace, dict[str, str | None]] = defaultdict(dict)
        self._external_ids: defaultdict[Namespace, dict[str, str | None]] = defaultdict(dict)

    def load(self, questions: Iterable[Question]) -> None:
        """Load what answers all of these, in two statements for each pair of namespaces."""
        asked = list(questions)
        sources = _grouped((one.source, one.value) for one in asked)
        for source, values in sources.items():
            self._load_handles(source, values)
        targets = _grouped((one.target, self._handle(one.source, one.value)) for one in asked)
        for target, handles in targets.items():
            self._load_external_ids(target, handles)

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        """Return the id the target namespace has for what the source namespace calls `value`."""
        handle = self._handle(source, value)
        if target.connection == HUB:
            known = source.connection == HUB or self._handles[source].get(value) is not None
            return handle if known else missing(source, target, value)
        self._load_external_ids(target, {handle})
        found = self._external_ids[target][handle]
        return missing(source, target, handle) if found is None else found

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        """Return None: no facts are stored yet."""
        return None

    def _handle(self, source: Namespace, value: str) -> str:
        """Return our handle of an object; where no link names it, the number is the source's."""
        if source.connection == HUB:
            return value
        self._load_handles(source, {value})
        return self._handles[source][value] or value

    def _load_handles(self, source: Namespace, values: set[str]) -> None:
        known = self._handles[source]
        wanted = values - known.keys()
        if wanted and source.connection != HUB:
            found = links.handles(self.tx, source.connection, source.kind, wanted)
            known.update({one: found.get(one) for one in wanted})

    def _load_external_ids(self, target: Namespace, handles: set[str]) -> None:
        known = self._external_ids[target]
        wanted = handles - known.keys()
        if wanted and target.connection != HUB:
            found = links.external_ids(self.tx, target.connection, target.kind, wanted)
            known.update({one: found.get(one) for one in wanted})


def _grouped(pairs: Iterable[tuple[Namespace, str]]) -> dict[Namespace, set[str]]:
    groups: dict[Namespace, set[str]] = {}
    for namespace, value in pairs:
        groups.setdefault(namespace, set()).add(value)
    return groups
