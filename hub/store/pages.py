"""Lists page by page: the newest first, each page beginning behind the last row of the one before.

`owners` narrows a list to records of these owners; None: all. Rows come as in `hub.store.views`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.views import Row

_MESSAGE = (
    *("id", "connection", "stream", "external_id", "state", "reason"),
    *("record_id", "revision", "correlation_id", "tries", "received_at", "finished_at"),
)
_DELIVERY = (
    *("id", "route", "step", "connection", "operation", "revision", "state", "reason", "words"),
    *("confirm", "external_id", "tries", "due_at", "created_at", "finished_at"),
)
_RECORD = ("id", "kind", "connection", "number", "company", "revision", "planned", "changed_at")
_LINK = ("id", "connection", "kind", "handle", "external_id", "alive", "changed_at")
_HOLD = (
    *("id", "gate", "record_id", "revision", "delivery_id", "action", "state", "reasons", "roles"),
    *("requested_by", "held_at", "decided_at", "decided_by", "decision", "valid_until"),
)
_WATCH = (
    *("id", "watch", "key", "state", "record_id", "company", "armed_at", "deadline", "due_at"),
    *("step", "fired_at", "cleared_at", "acknowledged_at", "acknowledged_by", "snoozed_until"),
    "reason",
)
_ALERT = (
    *("id", "kind", "subject", "state", "facts", "opened_at", "cleared_at"),
    *("acknowledged_at", "acknowledged_by"),
)
_DOCUMENT = (
    *("id", "number", "record_id", "revision", "name", "state", "content", "issued_at"),
    *("issued_by", "superseded_by", "ended_at", "words", "correlation_id"),
)
_DELIVERED = ("id", "step", "connection", "operation", "state", "confirm", "external_id",
              "finished_at")  # fmt: skip
_LEDGER = (
    *("seq", "id", "at", "kind", "actor", "subject", "correlation_id", "facts", "hash", "chain"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are wanted."""

    limit: int
    #: Id of the last row seen; None: from the newest one on.
    after: str | None = None
    owners: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Deliveries a person means; None: whatever it is."""

    state: str | None = None
    connection: str | None = None
    number: str | None = None
    reason: str | None = None
    #: Planned at this moment or later.
    since: datetime | None = None


def messages(
    tx: Connection, page: Page, *, state: str | None = None, connection: str | None = None
) -> list[Row]:
    """Return messages."""
    m = t.message.c
    query = sa.select(*(m[name] for name in _MESSAGE))
    return _page(tx, query, m, page, {m.state: state, m.connection: connection}, m.record_id)


def deliveries(tx: Connection, page: Page, wanted: Wanted) -> list[Row]:
    """Return deliveries with their record's kind and number."""
    d, r = t.delivery.c, t.record.c
    query = sa.select(
        *(d[name] for name in _DELIVERY), r.kind.label("kind"), r.number.label("number")
    ).outerjoin_from(t.delivery, t.record, d.record_id == r.id)
    return _page(tx, _such(query, wanted), d, page, {}, d.record_id)


def delivery_ids(tx: Connection, wanted: Wanted, owners: frozenset[str] | None, limit: int) -> Any:
    """Return id, connection and reason of deliveries, the oldest first."""
    d, r = t.delivery.c, t.record.c
    query = sa.select(d.id, d.connection, d.reason)
    query = query.outerjoin_from(t.delivery, t.record, d.record_id == r.id)
    query = _owned(_such(query, wanted), d.record_id, owners)
    return tx.execute(query.order_by(d.id).limit(limit)).all()


def known_deliveries(tx: Connection, ids: list[str], owners: frozenset[str] | None) -> list[Any]:
    """Return id, connection and reason of those of these ids that there are."""
    d = t.delivery.c
    query = _owned(sa.select(d.id, d.connection, d.reason), d.record_id, owners)
    parts = (ids[start : start + 500] for start in range(0, len(ids), 500))
    return [row for part in parts for row in tx.execute(query.where(d.id.in_(part)))]


def records(
    tx: Connection, page: Page, *, kind: str | None = None, connection: str | None = None,
    number: str | None = None,
) -> list[Row]:  # fmt: skip
    """Return records, the last made first."""
    r = t.record.c
    wanted = {r.kind: kind, r.connection: connection, r.number: number}
    return _page(tx, sa.select(*(r[name] for name in _RECORD)), r, page, wanted, r.id)


def record(tx: Connection, record_id: str) -> Row | None:
    """Return all of one record; None where there is none."""
    row = tx.execute(sa.select(t.record).where(t.record.c.id == record_id)).mappings().first()
    return None if row is None else dict(row)


def links(
    tx: Connection, page: Page, *, connection: str | None = None, kind: str | None = None,
    handle: str | None = None,
) -> list[Row]:  # fmt: skip
    """Return links, the last made first."""
    k = t.link.c
    wanted = {k.connection: connection, k.kind: kind, k.handle: handle}
    return _page(tx, sa.select(*(k[name] for name in _LINK)), k, page, wanted, k.record_id)


def holds(
    tx: Connection, page: Page, *, state: str | None = None, gate: str | None = None
) -> list[Row]:
    """Return what gates hold and held, with the record's kind and number."""
    h, r = t.hold.c, t.record.c
    query = sa.select(
        *(h[name] for name in _HOLD), r.kind.label("kind"), r.number.label("number")
    ).outerjoin_from(t.hold, t.record, h.record_id == r.id)
    return _page(tx, query, h, page, {h.state: state, h.gate: gate}, h.record_id)


def watches(
    tx: Connection, page: Page, *, state: str | None = None, watch: str | None = None
) -> list[Row]:
    """Return what watches wait for and waited for."""
    w = t.watch.c
    query = sa.select(*(w[name] for name in _WATCH))
    return _page(tx, query, w, page, {w.state: state, w.watch: watch}, w.record_id)


def alerts(tx: Connection, page: Page, *, state: str | None = None) -> list[Row]:
    """Return alerts; they are of the whole hub, so that no owner of records has any."""
    a = t.alert.c
    if page.owners is not None:
        return []
    return _page(tx, sa.select(*(a[name] for name in _ALERT)), a, page, {a.state: state}, None)


def documents(
    tx: Connection, page: Page, *, state: str | None = None, record_number: str | None = None
) -> list[Row]:
    """Return documents that were issued, with the kind, number and source of their record."""
    d, r = t.document.c, t.record.c
    return _page(tx, _issued(), d, page, {d.state: state, r.number: record_number}, d.record_id)


def document(tx: Connection, number: str) -> Row | None:
    """Return one that was issued by its canonical number; None where there is none."""
    rows = _rows(tx, _issued().where(t.document.c.number == number))
    return rows[0] if rows else None


def _issued() -> Any:
    d, r = t.document.c, t.record.c
    query = sa.select(
        *(d[name] for name in _DOCUMENT), r.kind.label("kind"), r.company.label("company"),
        r.number.label("record_number"), r.connection.label("connection"),
    )  # fmt: skip
    return query.join_from(t.document, t.record, d.record_id == r.id).where(d.state != "drawn")


def copies(tx: Connection, document_id: str) -> list[Row]:
    """Return the copies of a document in order."""
    c = t.document_copy.c
    query = sa.select(t.document_copy).where(c.document_id == document_id)
    return _rows(tx, query.order_by(c.copy))


def revision_deliveries(tx: Connection, record_id: str, revision: int, limit: int) -> list[Row]:
    """Return the deliveries of one revision of a record, the oldest first."""
    d = t.delivery.c
    query = sa.select(*(d[name] for name in _DELIVERED))
    query = query.where(d.record_id == record_id, d.revision == revision)
    return _rows(tx, query.order_by(d.id).limit(limit))


def sealed(tx: Connection, after: int, limit: int) -> list[Row]:
    """Return sealed ledger entries after a sequence number, in the order of the chain."""
    c = t.ledger.c
    query = sa.select(*(c[name] for name in _LEDGER)).where(c.seq > after)
    return _rows(tx, query.order_by(c.seq).limit(limit))


def is_seen(tx: Connection, record_id: str | None, owners: frozenset[str] | None) -> bool:
    """Say whether a record is one of these owners'."""
    if owners is None:
        return True
    r = t.record.c
    query = sa.select(r.id).where(r.id == record_id, r.owner.in_(sorted(owners)))
    return tx.scalar(query) is not None


def hold_is_seen(tx: Connection, hold_id: str, owners: frozenset[str] | None) -> bool:
    """Say whether there is such a hold, of a record of one of these owners."""
    return _is_there(tx, t.hold.c.id, t.hold.c.record_id, hold_id, owners)


def watch_is_seen(tx: Connection, watch_id: str, owners: frozenset[str] | None) -> bool:
    """Say whether there is such a watch, of a record of one of these owners."""
    return _is_there(tx, t.watch.c.id, t.watch.c.record_id, watch_id, owners)


def link_is_seen(
    tx: Connection, connection: str, kind: str, handle: str, owners: frozenset[str] | None
) -> bool:
    """Say whether a link may be shown and set: it is of no record, or of one of these owners."""
    k = t.link.c
    query = sa.select(k.record_id).where(
        k.connection == connection, k.kind == kind, k.handle == handle, k.record_id.is_not(None)
    )
    return all(is_seen(tx, one, owners) for one in tx.scalars(query))


def _is_there(
    tx: Connection, column: Any, record_id: Any, wanted: str, owners: frozenset[str] | None
) -> bool:
    query = _owned(sa.select(column).where(column == wanted), record_id, owners)
    return tx.scalar(query) is not None


def _such(query: Any, wanted: Wanted) -> Any:
    d, r = t.delivery.c, t.record.c
    asked = {
        d.state: wanted.state, d.connection: wanted.connection, d.reason: wanted.reason,
        r.number: wanted.number,
    }  # fmt: skip
    query = _where(query, asked)
    return query if wanted.since is None else query.where(d.created_at >= wanted.since)


def _page(
    tx: Connection, query: Any, columns: Any, page: Page, wanted: Mapping[Any, str | None],
    record_id: Any,
) -> list[Row]:  # fmt: skip
    query = _where(query, wanted)
    if record_id is not None:
        query = _owned(query, record_id, page.owners)
    if page.after is not None:
        query = query.where(columns.id < page.after)
    return _rows(tx, query.order_by(columns.id.desc()).limit(page.limit))


def _owned(query: Any, record_id: Any, owners: frozenset[str] | None) -> Any:
    if owners is None:
        return query
    r = t.record.c
    return query.where(record_id.in_(sa.select(r.id).where(r.owner.in_(sorted(owners)))))


def _where(query: Any, wanted: Mapping[Any, str | None]) -> Any:
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return query


def _rows(tx: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in tx.execute(query).mappings()]
