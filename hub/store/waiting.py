"""What waits for a person: read queries, each bounded, the longest waiting first.

`owners` narrows what is told to records of these owners; None: all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.observed import OBSERVE
from hub.store.views import Row

_m, _d, _w, _h = t.message.c, t.delivery.c, t.delivery_wait.c, t.hold.c
_r, _a, _n, _s = t.record.c, t.watch.c, t.notice.c, t.connection_state.c
_RECORD = (_r.kind.label("record_kind"), _r.number)
_DELIVERY = (_d.id, _d.connection, _d.step, _d.state, _d.reason, _d.confirm, _d.words)


def held(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return what gates hold."""
    names = (_h.id, _h.gate, _h.reasons, _h.roles, _h.action, _h.requested_by, _h.held_at)
    query = sa.select(*names, *_RECORD).join_from(t.hold, t.record, _h.record_id == _r.id)
    # written out, not bound: only so does the database see that the index of holds serves it
    query = query.where(_h.state == sa.literal("held", literal_execute=True))
    return _rows(tx, query.order_by(_h.id), owners, limit)


def unapproved(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return the messages that wait for approvals; what gates hold is told of its holds."""
    query = _messages().where(_m.state == "waiting", _m.wake_key.like("approval:%"))
    return _rows(tx, query.where(_m.reason.not_like("gate %")), owners, limit)


def failed(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return the messages that failed."""
    return _rows(tx, _messages().where(_m.state == "failed"), owners, limit)


def _messages() -> Any:
    names = (_m.id, _m.connection, _m.stream, _m.reason, _m.received_at)
    query = sa.select(*names, *_RECORD).outerjoin_from(t.message, t.record, _m.record_id == _r.id)
    return query.order_by(_m.id)


def dead(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return the dead deliveries."""
    return _rows(tx, _deliveries(_d.created_at).where(_d.state == "dead"), owners, limit)


def for_a_word(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return the deliveries that a route holds for a person."""
    query = _deliveries(_d.created_at).join(t.delivery_wait, _w.delivery_id == _d.id)
    return _rows(tx, query.where(_w.on_id == "", _w.kind == "hold"), owners, limit)


def unconfirmed(tx: Connection, owners: frozenset[str] | None, limit: int) -> list[Row]:
    """Return what the far end shows otherwise than it was delivered, or does not show."""
    # in the words of the index `delivery_unconfirmed`, without which all would be read
    wrong = sa.text("delivery.confirm IN ('differs', 'unreadable')")
    return _rows(tx, _deliveries(_d.finished_at).where(wrong), owners, limit)


def _deliveries(since: Any) -> Any:
    query = sa.select(*_DELIVERY, since.label("since"), *_RECORD)
    return query.outerjoin_from(t.delivery, t.record, _d.record_id == _r.id).order_by(_d.id)


def fired(tx: Connection, owners: frozenset[str] | None, now: datetime, limit: int) -> list[Row]:
    """Return the watches that fired, or cannot tell, and nobody has acknowledged."""
    names = (_a.id, _a.watch, _a.key, _a.state, _a.reason, _a.fired_at, _a.deadline, _a.armed_at)
    query = sa.select(*names, *_RECORD).outerjoin_from(t.watch, t.record, _a.record_id == _r.id)
    query = query.where(
        _a.state.in_(("fired", "cannot_tell")),
        _a.acknowledged_at.is_(None),
        sa.or_(_a.snoozed_until.is_(None), _a.snoozed_until <= now),
    )
    return _rows(tx, query.order_by(_a.id), owners, limit)


def told_of_watches(tx: Connection, ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Return watch id → whom its notices were for so far."""
    # one by one: asked about many at once, SQLite would read every notice there is
    told = {one: _told_of_watch(tx, one) for one in ids}
    return {one: to for one, to in told.items() if to}


def _told_of_watch(tx: Connection, watch_id: str) -> tuple[str, ...]:
    # their causes begin so, whatever follows
    its = sa.and_(_n.cause >= f"watch:{watch_id}:", _n.cause < f"watch:{watch_id};")
    rows = tx.scalars(sa.select(_n.to).where(its).order_by(_n.cause).limit(100))
    return tuple(dict.fromkeys(name for to in rows for name in to))


def noted(tx: Connection, since: datetime, limit: int) -> list[Row]:
    """Return what the ledger noted for a person since a moment."""
    c = t.ledger.c
    # written out, not bound: only so does the database see that the index of todos serves it
    noted_so = c.kind.like(sa.literal("todo.%", literal_execute=True))
    query = sa.select(c.id, c.kind, c.at, c.subject).where(noted_so, c.at >= since)
    return _rows(tx, query.order_by(c.id), None, limit)


def paused(tx: Connection) -> list[Row]:
    """Return the connections that are paused, with the reason."""
    query = sa.select(_s.connection, _s.paused_at, _s.paused_by, _s.pause_reason)
    query = query.where(_s.paused_at.is_not(None)).order_by(_s.paused_at)
    return _rows(tx, query, None, 1000)


def observed(tx: Connection, connections: Sequence[str]) -> list[Row]:
    """Return the connections with deliveries that wait for them to go live, and how many."""
    count, since = sa.func.count().label("count"), sa.func.min(_d.created_at).label("since")
    query = sa.select(_d.connection, count, since).join_from(
        t.delivery_wait, t.delivery, _w.delivery_id == _d.id
    )
    query = query.where(_w.on_id.in_(connections), _w.kind == OBSERVE)
    return _rows(tx, query.group_by(_d.connection).order_by(_d.connection), None, 1000)


def _rows(tx: Connection, query: Any, owners: frozenset[str] | None, limit: int) -> list[Row]:
    if owners is not None:
        query = query.where(_r.owner.in_(sorted(owners)))
    return [dict(row) for row in tx.execute(query.limit(limit)).mappings()]
