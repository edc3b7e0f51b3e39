"""What the store shows to be wrong now: counts by connection and cause, never what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.rows import OPEN

Row = dict[str, Any]

_d, _m, _s, _w = t.delivery.c, t.message.c, t.connection_state.c, t.delivery_wait.c
#: Groups that are told; more are as good as none.
_MOST = 500


def dead_letters(tx: Connection) -> list[Row]:
    """Return `connection`, `reason`, `count` and `newest` id of dead deliveries."""
    query = sa.select(
        _d.connection, _d.reason, sa.func.count().label("count"), sa.func.max(_d.id).label("newest")
    ).where(_d.state == "dead")
    return _grouped(tx, query, _d.connection, _d.reason)


def failed_messages(tx: Connection) -> list[Row]:
    """Return `connection`, `stream`, `count` and `newest` id of failed messages."""
    query = sa.select(
        _m.connection, _m.stream, sa.func.count().label("count"), sa.func.max(_m.id).label("newest")
    ).where(_m.state == "failed")
    return _grouped(tx, query, _m.connection, _m.stream)


def stuck_lanes(tx: Connection, before: datetime) -> list[Row]:
    """Return `connection` and `count` of lanes whose next delivery waits behind a dead one.

    Counted are those whose next one was planned before a moment.
    """
    behind = t.delivery.alias("behind")
    query = (
        sa.select(_d.connection, sa.func.count(sa.distinct(_d.lane_id)).label("count"))
        .join_from(t.delivery, t.delivery_wait, sa.and_(_w.on_id == _d.id, _w.kind == "lane"))
        .join(behind, behind.c.id == _w.delivery_id)
        .where(_d.state == "dead", behind.c.created_at < before)
    )
    return _grouped(tx, query, _d.connection)


def paused(tx: Connection) -> list[Row]:
    """Return `connection`, since when and by whom it is paused."""
    query = sa.select(_s.connection, _s.paused_at, _s.paused_by)
    return _rows(tx, query.where(_s.paused_at.is_not(None)).order_by(_s.connection))


def unreachable(tx: Connection, openings: int) -> list[Row]:
    """Return `connection` and `failures` in a row where the breaker opened so often."""
    query = sa.select(_s.connection, _s.failures).where(
        _s.opened >= openings, _s.paused_at.is_(None)
    )
    return _rows(tx, query.order_by(_s.connection))


def overdue(tx: Connection, connections: Sequence[str], before: datetime) -> list[Row]:
    """Return the `connection`s with a delivery that was due before a moment, and `since` when."""
    found = []
    for name in connections:
        # one look-up in the index each: the oldest that is due
        query = sa.select(sa.func.min(_d.due_at)).where(_d.connection == name, _d.due_at < before)
        since = tx.scalar(query)
        if since is not None:
            found.append({"connection": name, "since": since})
    return found


def oldest_message(tx: Connection, before: datetime) -> datetime | None:
    """Return since when the oldest message is due that was due before a moment."""
    return tx.scalar(sa.select(sa.func.min(_m.due_at)).where(_m.due_at < before))


def read_to_the_end(tx: Connection) -> Mapping[tuple[str, str], datetime | None]:
    """Return when each polled stream was last read to its end."""
    c = t.cursor.c
    query = sa.select(c.connection, c.stream, c.read_at).order_by(c.connection, c.stream)
    return {(row.connection, row.stream): row.read_at for row in tx.execute(query.limit(1000))}


def last_message(tx: Connection, connection: str) -> datetime | None:
    """Return when a connection last brought a message."""
    newest, stream = "", ""
    # stream by stream: each is one look-up in the index, however many messages there are
    while True:
        later = sa.select(sa.func.min(_m.stream)).where(_m.connection == connection)
        found = tx.scalar(later.where(_m.stream > stream))
        if found is None:
            return tx.scalar(sa.select(_m.received_at).where(_m.id == newest))
        stream = found
        its = sa.and_(_m.connection == connection, _m.stream == stream)
        newest = max(newest, tx.scalar(sa.select(sa.func.max(_m.id)).where(its)) or "")


def open_by_connection(tx: Connection) -> Mapping[str, Mapping[str, int]]:
    """Return the counts of unfinished and dead deliveries: connection → state → count."""
    query = sa.select(_d.connection, _d.state, sa.func.count().label("count"))
    told: dict[str, dict[str, int]] = {}
    for row in _grouped(tx, query.where(_d.state.in_(sorted(OPEN))), _d.connection, _d.state):
        told.setdefault(row["connection"], {})[row["state"]] = row["count"]
    return told


def held(tx: Connection) -> int:
    """Return how many holds of gates wait for a person."""
    # written out, not bound: only so does the database see that the index of holds serves it
    waiting = t.hold.c.state == sa.literal("held", literal_execute=True)
    return tx.scalar(sa.select(sa.func.count()).select_from(t.hold).where(waiting)) or 0


def watches_by_state(tx: Connection) -> Mapping[str, int]:
    """Return how many watches have fired, wait or cannot tell."""
    c = t.watch.c
    shown = c.state.in_(("armed", "fired", "cannot_tell"))
    query = sa.select(c.state, sa.func.count()).where(shown).group_by(c.state).order_by(c.state)
    return {row[0]: row[1] for row in tx.execute(query)}


def _grouped(tx: Connection, query: Any, *columns: Any) -> list[Row]:
    return _rows(tx, query.group_by(*columns).order_by(*columns))


def _rows(tx: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in tx.execute(query.limit(_MOST)).mappings()]
