"""Looks once more at a key that differs: records move while systems are read one after the other.

What can be read by its id is read again on every side; what agrees by then was no finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.connector import Command, Fetches, Finds
from hub.errors import ConfigError, ConnectorError
from hub.flow.parts import Flow
from hub.mapping.bundle import Bundle
from hub.mapping.faults import MappingFault
from hub.mapping.reconciliation.judge import Opinion
from hub.mapping.reconciliation.rows import Row
from hub.mapping.reconciliation.sides import Side
from hub.mapping.running.run import Scope
from hub.reconcile.collect import command_of, found_document, mapped
from hub.reconcile.engine import Engine
from hub.store import evidence, payloads
from hub.store.evidence import Evidence


class Again:
    """Reads single keys of the sides of a run."""

    def __init__(
        self, flow: Flow, bundle: Bundle, engine: Engine, files: Iterable[str],
        known: Mapping[tuple[str, str], Evidence],
    ) -> None:  # fmt: skip
        self._flow, self._bundle, self._engine = flow, bundle, engine
        self._files = set(files)
        self._known = known
        self._scope = Scope(secret=flow.secret)

    async def look(self, opinion: Opinion) -> Opinion | None:
        """Return what is to be said of a key by now; None where no side can be read by key."""
        rows: dict[str, Sequence[Row]] = dict(opinion.all)
        looked = False
        for name in self._engine.sides:
            side = self._engine.definition.sides[name]
            try:
                fresh = await self._rows(side, opinion)
            except (ConnectorError, ConfigError, MappingFault):
                # what was seen first stands
                continue
            if fresh is not None:
                looked = True
                rows[name] = fresh
        if not looked:
            return None
        there = {name: found for name, found in rows.items() if found}
        return self._engine.judged(opinion.key, there, self._flow.clock.now(), opinion.all)

    async def _rows(self, side: Side, opinion: Opinion) -> list[Row] | None:
        """Return the rows of a key as they stand now; None where they cannot be read by key."""
        if side.name in self._files:
            return None
        if side.record:
            return await self._of_record(side, opinion)
        if side.operation:
            return await self._by_key(side, opinion)
        return await self._fetched(side, opinion)

    async def _of_record(self, side: Side, opinion: Opinion) -> list[Row] | None:
        number = self._number(opinion)
        document = await self._flow.store.read(evidence.numbered, side.record, number)
        found = [] if document is None else [(number, document)]
        return self._engine.rows(side.name, opinion.key, found)

    async def _by_key(self, side: Side, opinion: Opinion) -> list[Row] | None:
        connector = self._flow.connection(side.connection).connector
        known = self._known.get((side.name, self._number(opinion)))
        if known is None or not isinstance(connector, Finds):
            return None
        sent = [
            one for one in known.deliveries
            if one.payload and one.state == "delivered" and one.operation == side.operation
        ]  # fmt: skip
        if not sent:
            return None
        command = await self._flow.store.read(_command, sent[-1])
        found = await connector.find(command)
        documents = [] if found is None else [found_document(found, command, known.number)]
        return self._engine.rows(side.name, opinion.key, documents)

    async def _fetched(self, side: Side, opinion: Opinion) -> list[Row] | None:
        sources = {row.source for row in opinion.all.get(side.name, ()) if row.source}
        documents = await self._fetch(side, sources)
        if documents is None:
            return None
        return self._engine.rows(side.name, opinion.key, documents)

    async def _fetch(
        self, side: Side, ids: Collection[str]
    ) -> list[tuple[str, Mapping[str, Any]]] | None:
        """Return what stands under ids of a stream; None where it cannot be read by them."""
        connector = self._flow.connection(side.connection).connector
        if not isinstance(connector, Fetches) or not ids:
            return None
        items = [(one, await connector.fetch(side.stream, one)) for one in sorted(ids)]
        mapping = self._bundle.mappings[side.mapping] if side.mapping else None
        found = mapped(mapping, items, self._scope)
        return [(one, document) for one, document in found if document is not None]

    async def renamed(self, name: str, key: str, object_id: str) -> list[str] | None:
        """Return the keys under which an object stands by now that a key was delivered as.

        None where it is gone, still has the key, or cannot be read by its id. Empty where it is
        there, and none of the rows that are compared.
        """
        side = self._engine.definition.sides[name]
        if side.name in self._files or not side.stream:
            return None
        try:
            documents = await self._fetch(side, {object_id})
            found = list(self._engine.all_rows(name, documents or []))
        except (ConnectorError, ConfigError, MappingFault):
            return None
        keys = {row.key: row.original for row in found}
        # of an order whose lines are compared, one without any may have lost them
        if not documents or key in keys or (side.each and not keys):
            return None
        return list(keys.values())

    def _number(self, opinion: Opinion) -> str:
        authority = opinion.rows.get(self._engine.definition.authority)
        row = authority or next(iter(opinion.rows.values()), None)
        return row.original if row is not None else opinion.key


def _command(tx: Transaction, sent: Any) -> Command:
    return command_of(sent, payloads.get(tx, [sent.payload]).get(sent.payload))
