"""Ask a connection what changed, and store the answers together with the new cursor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.connector import Polls
from hub.errors import ConfigError
from hub.failpoints import fail_at
from hub.flow.parts import Flow
from hub.flow.receive import incoming_of
from hub.language import say
from hub.store import inbox
from hub.store import tables as t

#: Pages one poll reads at most before others have their turn.
_PAGES = 100


async def poll(flow: Flow, connection: str, stream: str, since: str | None = None) -> int:
    """Read all pages there are; return how many messages were new.

    `since` replaces the stored cursor for this poll. Raises `ConnectorError` where the far end
    cannot be read; what was read before it is stored.
    """
    connector = flow.connection(connection).connector
    if not isinstance(connector, Polls):
        raise ConfigError(
            say("{name}: {connector} cannot be polled.",
                name=connection, connector=connector.spec.name)
        )  # fmt: skip
    connector.spec.stream(stream)
    stored = await flow.store.read(read_cursor, connection, stream)
    position, fresh = since or stored or _beginning(flow, connection), 0
    began = flow.clock.now()
    for _ in range(_PAGES):
        page = await connector.poll(stream, position)
        incoming = [incoming_of(flow, connection, event) for event in page.events]
        fail_at("poll.before_commit")
        # from another place than the cursor's, something may have been left out
        whole = began if not page.more and since is None else None
        moved = await flow.store.write(
            _store_page, connection, stream, incoming, stored, page.cursor, flow.clock.now(), whole
        )
        fail_at("poll.committed")
        if moved is None:
            return fresh
        fresh += moved
        stored = position = page.cursor
        if not page.more:
            break
    if fresh:
        flow.bell.ring("route")
    return fresh


def _beginning(flow: Flow, connection: str) -> str | None:
    """Return where the first poll begins: what was changed before is not even asked for."""
    since = flow.connection(connection).since
    return since.isoformat() if since is not None else None


def read_cursor(tx: Transaction, connection: str, stream: str) -> str | None:
    """Return where polling has got to, None before the first poll."""
    c = t.cursor.c
    return tx.scalar(sa.select(c.value).where(c.connection == connection, c.stream == stream))


def _store_page(
    tx: Transaction,
    connection: str,
    stream: str,
    incoming: Sequence[inbox.Incoming],
    before: str | None,
    after: str,
    now: datetime,
    read_at: datetime | None,
) -> int | None:
    """Store messages and cursor in one transaction; None when another process was faster.

    `read_at` is when a poll began of which this page is the last one.
    """
    c = t.cursor.c
    read = {"read_at": read_at} if read_at is not None else {}
    if before is None:
        if read_cursor(tx, connection, stream) is not None:
            return None
        tx.execute(
            sa.insert(t.cursor).values(
                connection=connection, stream=stream, value=after, moved_at=now, **read
            )
        )
    else:
        done = tx.execute(
            sa.update(t.cursor)
            .where(c.connection == connection, c.stream == stream, c.value == before)
            .values(value=after, moved_at=now, **read)
        )
        if done.rowcount == 0:
            return None
    return inbox.store(tx, incoming).count(inbox.STORED) if incoming else 0
