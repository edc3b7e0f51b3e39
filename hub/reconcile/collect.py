"""Reads the sides of a run, in parallel, each within the budget of its connection.

A side is whole only when its last page was read and it holds as much as its system says, and as
much as it should. Otherwise it is partial, with the page and the error: nothing is then said to be
missing there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection as Transaction

from hub.connector import Action, Command, Counts, Fetches, Finds, Found, Lists, Polls
from hub.errors import ConfigError, ConnectorError, Outcome
from hub.flow.parts import Connection, Flow
from hub.language import Message, say
from hub.mapping.bundle import Bundle
from hub.mapping.faults import MappingFault
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.reconciliation.sides import DELIVERED_REVISION, EXTERNAL_ID, NUMBER, Side
from hub.mapping.running.lookups import LinksMissing
from hub.mapping.running.run import Scope
from hub.reconcile.engine import Document, Engine, Progress
from hub.reconcile.threads import in_thread
from hub.store import connections, evidence, payloads

if TYPE_CHECKING:
    from hub.table_file import Table

#: A page that cannot be read is asked for again after so many seconds each.
_AGAIN = (1.0, 5.0, 20.0)
#: Outcomes after which asking again may help.
_PASSING = (Outcome.UNAVAILABLE_NOT_APPLIED, Outcome.RATE_LIMITED, Outcome.UNKNOWN)
#: Records of the store, and documents of a file, landed in one transaction.
_PAGE = 1_000
#: Objects asked for by key, in one page.
_BY_KEY = 50
#: A list that goes on for so many pages goes round in circles.
_MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True)
class Closed:
    """A side that was read as far as it could be."""

    name: str
    complete: bool
    #: Why not.
    reason: Message | str = ""
    declared_after: int | None = None
    notes: tuple[Message, ...] = ()


class Collector:
    """Reads the sides of one run into its snapshot."""

    def __init__(
        self, flow: Flow, engine: Engine, bundle: Bundle, files: Mapping[str, Table] | None = None
    ) -> None:
        self._flow, self._engine, self._bundle = flow, engine, bundle
        self._files = files or {}
        self._scope = Scope(secret=flow.secret)

    async def read(self, name: str, before: int | None) -> Closed:
        """Read a side to its end; `before` is how many rows it had when it was whole last."""
        side = self._engine.definition.sides[name]
        progress = self._progress(name)
        try:
            if not progress.whole:
                await self._read(side)
            after = await self._count(side)
            if name in self._engine.kept:
                after = await self._hold(side, after)
        except ConnectorError as error:
            page = self._engine.progress[name].pages + 1
            words = say("page {page}: {error}", page=page, error=str(error))
            return Closed(name, False, words)
        reason = self._suspect(side, before, after)
        return Closed(name, reason is None, reason or "", after)

    async def _hold(self, side: Side, count: int | None) -> int | None:
        """Count what is held of a side; read everything where the system says it holds less."""
        progress = self._engine.progress[side.name]
        await in_thread(self._flow, self._engine.held, side.name)
        if not progress.changes or count is None or count >= progress.documents:
            return count
        # something was deleted, and no change tells what
        await in_thread(
            self._flow, self._engine.begin, side.name, progress.run, self._flow.clock.now(),
            whole=True,
        )  # fmt: skip
        await self._read(side)
        await in_thread(self._flow, self._engine.held, side.name)
        return await self._count(side)

    def _progress(self, name: str) -> Progress:
        """Return how far a side was read by a run that is gone on with.

        Of another source that is nothing, and of a file only all of it is something.
        """
        table = self._files.get(name)
        source = table.sha256 if table is not None else ""
        progress = self._engine.progress[name]
        half = table is not None and not progress.whole
        if progress.pages and (half or progress.source != source):
            progress = self._engine.restart(name)
        progress.source = source
        return progress

    async def _read(self, side: Side) -> None:
        table = self._files.get(side.name)
        if table is not None:
            await self._read_file(side, table)
        elif side.record:
            await self._read_records(side)
        elif side.operation:
            await self._read_by_key(side)
        else:
            await self._read_pages(side)

    async def _land(
        self, side: Side, documents: Iterable[Document], cursor: str | None, *, whole: bool,
        since: str | None = None,
    ) -> None:  # fmt: skip
        now = self._flow.clock.now()
        # canonical form and hashes take processor time: the event loop has other things to do
        await in_thread(
            self._flow, self._engine.land, side.name, documents, now,
            cursor=cursor, whole=whole, since=since,
        )  # fmt: skip

    # -- pages of a stream

    async def _read_pages(self, side: Side) -> None:
        connection = self._flow.connection(side.connection)
        progress = self._engine.progress[side.name]
        kept = side.name in self._engine.kept
        if progress.declared is None:
            progress.declared = await self._count(side)
        mapping = self._mapping(side)
        for _ in range(_MOST_PAGES):
            page = await self._page(connection, side, progress.cursor)
            documents: list[Document] = []
            for event in page.events:
                if kept and not event.object_id:
                    raise ConfigError(
                        say("{side}: {connection} does not say which object its items are. Use "
                            "read: full.", side=side.name, connection=connection.name)
                    )  # fmt: skip
                item = await self._whole(connection, side.stream, event)
                documents.append((event.object_id or event.external_id, item))
            await self._land(
                side, mapped(mapping, documents, self._scope), page.cursor, whole=not page.more,
                since=page.cursor if kept else None,
            )  # fmt: skip
            if not page.more:
                return
        raise ConnectorError(
            Outcome.UNKNOWN, f"{side.connection}: {side.stream} goes on after {_MOST_PAGES} pages"
        )

    async def _whole(self, connection: Connection, stream: str, event: Any) -> Any:
        if not event.hint:
            return event.item
        connector = connection.connector
        if not isinstance(connector, Fetches):
            return event.item
        return await self._patiently(connection, lambda: connector.fetch(stream, event.object_id))

    async def _page(self, connection: Connection, side: Side, cursor: str | None) -> Any:
        connector, stream = connection.connector, side.stream
        if isinstance(connector, Lists):
            return await self._patiently(connection, lambda: connector.list(stream, cursor))
        if isinstance(connector, Polls):
            return await self._patiently(connection, lambda: connector.poll(stream, cursor))
        raise ConfigError(
            say("{name}: {connector} can show no list of {stream}.",
                name=connection.name, connector=connection.spec.name, stream=stream)
        )  # fmt: skip

    async def _count(self, side: Side) -> int | None:
        """Return how much the system says it holds; None where it says nothing."""
        # a mapping may skip some of them
        if side.name in self._files or not side.stream or side.mapping:
            return None
        connection = self._flow.connection(side.connection)
        connector = connection.connector
        if not isinstance(connector, Counts):
            return None
        count: int = await self._patiently(connection, lambda: connector.count(side.stream))
        return count

    async def _patiently(self, connection: Connection, ask: Any) -> Any:
        """Ask within the budget; again where that may help."""
        for wait in (*_AGAIN, None):
            await self._budget(connection)
            try:
                return await ask()
            except ConnectorError as error:
                if wait is None or error.outcome not in _PASSING:
                    raise
                after = error.retry_after
                await self._flow.clock.sleep(after.total_seconds() if after else wait)
        raise AssertionError  # the last try returned or raised

    async def _budget(self, connection: Connection) -> None:
        if not any(connection.limits.values()):
            return
        while not await self._flow.store.write(_spend, connection, self._flow.clock.now()):
            await self._flow.clock.sleep(0.5)

    # -- objects by key

    async def _read_by_key(self, side: Side) -> None:
        connection = self._flow.connection(side.connection)
        connector = connection.connector
        if not isinstance(connector, Finds):
            raise ConfigError(
                say("{name}: {connector} cannot be asked by key.",
                    name=connection.name, connector=connection.spec.name)
            )  # fmt: skip
        progress = self._engine.progress[side.name]
        limit = asyncio.Semaphore(max(connection.slots // 2, 1))
        while True:
            asked = await self._flow.store.read(
                _asked, side.connection, side.operation, progress.cursor or ""
            )
            documents = await asyncio.gather(
                *(self._found(connection, connector, one, limit) for one in asked)
            )
            whole = len(asked) < _BY_KEY
            cursor = asked[-1].link_id if asked else progress.cursor
            await self._land(side, [one for one in documents if one is not None], cursor,
                             whole=whole)  # fmt: skip
            if whole:
                return

    async def _found(
        self, connection: Connection, connector: Finds, asked: Asked, limit: asyncio.Semaphore
    ) -> tuple[str, dict[str, Any]] | None:
        async with limit:
            found = await self._patiently(connection, lambda: connector.find(asked.command))
        return None if found is None else found_document(found, asked.command, asked.number)

    # -- the hub's own records, and files

    async def _read_records(self, side: Side) -> None:
        progress = self._engine.progress[side.name]
        while True:
            found = await self._flow.store.read(
                evidence.documents, side.record, progress.cursor or "", _PAGE
            )
            whole = len(found) < _PAGE
            cursor = found[-1][0] if found else progress.cursor
            await self._land(side, [(number, document) for _, number, document in found], cursor,
                             whole=whole)  # fmt: skip
            if whole:
                return

    async def _read_file(self, side: Side, table: Table) -> None:
        await in_thread(
            self._flow, land_file, self._engine, side.name, table, self._flow.clock.now()
        )

    def _mapping(self, side: Side) -> FieldMapping | None:
        return self._bundle.mappings[side.mapping] if side.mapping else None

    # -- whole or not

    def _suspect(self, side: Side, before: int | None, after: int | None) -> Message | None:
        """Return why a side that was read to its end cannot be believed all the same."""
        progress = self._engine.progress[side.name]
        found = progress.documents
        if found < side.min_rows and not side.by_key:
            return say("{found} read, where {least} were expected at least",
                       found=found, least=side.min_rows)  # fmt: skip
        if before and side.max_drop is not None and found < before * (1 - side.max_drop):
            return say("{found} read, {before} when it was whole last", found=found, before=before)
        if progress.rejected > side.max_rejected:
            return say("{count} rows cannot be used, the first: {why}",
                       count=progress.rejected, why=progress.reasons[0])  # fmt: skip
        declared = progress.declared
        # more are shown than there are where one changes meanwhile and comes a second time
        if declared is not None and after is not None and declared == after > progress.documents:
            return say("{documents} read, where the system says it holds {declared}",
                       documents=progress.documents, declared=declared)  # fmt: skip
        return None


@dataclass(frozen=True, slots=True)
class Asked:
    """One object that is asked for by our key."""

    link_id: str
    number: str
    command: Command


def land_file(engine: Engine, side: str, table: Table, now: datetime) -> None:
    """Land the rows of a file."""
    batch: list[tuple[str, Mapping[str, Any]]] = []
    for one in _rows_of(table):
        batch.append(one)
        if len(batch) == _PAGE:
            engine.land(side, batch, now)
            batch = []
    engine.land(side, batch, now, whole=True)


def mapped(
    mapping: FieldMapping | None, documents: Sequence[Document], scope: Scope
) -> Iterable[Document]:
    """Yield what a mapping makes of the items; those it skips are none."""
    if mapping is None:
        yield from documents
        return
    for source, item in documents:
        try:
            if item is None or not mapping.applies(item, scope):
                yield source, None
            else:
                yield source, mapping.apply(item, scope)
        except (MappingFault, LinksMissing) as error:
            # counted as rejected where it is landed: it has no key
            yield source, {"_fault": str(error)}


def _spend(tx: Transaction, connection: Connection, now: datetime) -> bool:
    state = connections.lock(tx, [connection.name])[connection.name]
    granted = state.spend(1, connection.limits, now)
    connections.save(tx, state)
    return granted == 1


def _asked(tx: Transaction, connection: str, operation: str, after: str) -> list[Asked]:
    """Return what was delivered and should still be there, with what it was delivered by."""
    found = evidence.delivered(tx, connection, operation, after, _BY_KEY)
    contents = payloads.get(tx, [row.payload for _, row in found if row.payload])
    return [
        Asked(
            link.link_id,
            link.number,
            command_of(row, contents.get(row.payload), link.external_id),
        )
        for link, row in found
    ]


def command_of(row: Any, content: bytes | None, external_id: str | None = None) -> Command:
    """Return what asks a far end for what a delivery wrote."""
    return Command(
        operation=row.operation,
        action=Action(row.action or "create"),
        document=payloads.parse(content) if content is not None else {},
        key=row.key or row.id,
        external_id=external_id or row.external_id,
        revision=row.revision,
        options=row.options,
        correlation_id=row.correlation_id,
    )


def found_document(found: Found, command: Command, number: str) -> tuple[str, dict[str, Any]]:
    """Return what a far end shows under our key, with what the hub knows of the object."""
    theirs = found.external_id or command.external_id or number
    known = {NUMBER: number, DELIVERED_REVISION: command.revision, EXTERNAL_ID: theirs}
    return theirs, {**found.document, **known}


def _rows_of(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield line and content of each row of a file, dates as ISO 8601."""
    for row in table.rows():
        cells = (one.isoformat() if isinstance(one, date) else one for one in row.cells)
        yield str(row.line), dict(zip(table.columns, cells, strict=True))
