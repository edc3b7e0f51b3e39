"""What the hub knows of the records that a reconciliation compares: sent, answered, and there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t

_IDS = 400


@dataclass(slots=True)
class Evidence:
    """What the hub knows of one record and one connection."""

    record_id: str
    number: str
    revision: int
    planned: int
    revoked: set[int] = field(default_factory=set)
    #: Deliveries to the connection, the oldest first.
    deliveries: list[Any] = field(default_factory=list)
    #: Wait kinds of those that are blocked: delivery → kinds.
    waits: dict[str, set[str]] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    #: State and reason of the last message that brought the record.
    message: tuple[str, str] | None = None


_d, _k, _w, _m = t.delivery.c, t.link.c, t.delivery_wait.c, t.message.c
_DELIVERY = (
    _d.id, _d.record_id, _d.revision, _d.operation, _d.mapping, _d.bundle, _d.intent, _d.action,
    _d.state, _d.reason, _d.words, _d.confirm, _d.external_id, _d.payload, _d.unsure, _d.key,
    _d.options, _d.handle, _d.created_at, _d.finished_at, _d.first_sent_at, _d.step,
    _d.correlation_id, _d.connection,
)  # fmt: skip


def known(
    tx: Connection, kind: str, connection: str, numbers: Collection[str], to: str,
    operation: str = "",
) -> Mapping[str, Evidence]:  # fmt: skip
    """Return number → what the hub knows of the record and of its deliveries to a connection.

    `connection` is where the records come from, `to` where they were delivered. Without a kind it
    is the youngest record of that number of which something was sent there by the operation.
    """
    c = t.record.c
    wanted = sorted(set(numbers))
    found: dict[str, Evidence] = {}
    of_kind = (
        (c.kind == kind, c.connection == connection)
        if kind
        else (
            sa.exists().where(_d.record_id == c.id, _d.connection == to, _d.operation == operation),
        )
    )
    for start in range(0, len(wanted), _IDS):
        query = (
            sa.select(c.id, c.number, c.revision, c.planned)
            .where(*of_kind, c.number.in_(wanted[start : start + _IDS]))
            .order_by(c.id)
        )
        found.update({row.id: Evidence(*row) for row in tx.execute(query)})
    ids = sorted(found)
    for start in range(0, len(ids), _IDS):
        _add_evidence(tx, found, ids[start : start + _IDS], to, operation)
    return {one.number: one for one in found.values()}


def _add_evidence(
    tx: Connection, found: Mapping[str, Evidence], ids: Sequence[str], to: str, operation: str
) -> None:
    v = t.revocation.c
    for gone in tx.execute(sa.select(v.record_id, v.revision).where(v.record_id.in_(ids))):
        found[gone.record_id].revoked.add(gone.revision)
    theirs = sa.and_(_d.record_id.in_(ids), _d.connection == to)
    sent = sa.select(*_DELIVERY).where(theirs)
    if operation:
        sent = sent.where(_d.operation == operation)
    for row in tx.execute(sent.order_by(_d.revision, _d.id)):
        found[row.record_id].deliveries.append(row)
    waits = (
        sa.select(_d.record_id, _w.delivery_id, _w.kind)
        .join_from(t.delivery_wait, t.delivery, _d.id == _w.delivery_id)
        .where(theirs)
    )
    for wait in tx.execute(waits):
        found[wait.record_id].waits.setdefault(wait.delivery_id, set()).add(wait.kind)
    links = sa.select(t.link).where(_k.record_id.in_(ids), _k.connection == to)
    for link in tx.execute(links.order_by(_k.id)):
        found[str(link.record_id)].links.append(link)
    last = sa.select(_m.record_id, _m.state, _m.reason).where(_m.record_id.in_(ids))
    for message in tx.execute(last.order_by(_m.id)):
        found[str(message.record_id)].message = (message.state, message.reason or "")


def numbered(tx: Connection, kind: str, number: str) -> dict[str, Any] | None:
    """Return the newest document of the record of a number."""
    c, v = t.record.c, t.record_revision.c
    newest = sa.and_(v.record_id == c.id, v.revision == c.revision)
    query = (
        sa.select(c.revision, c.standing, v.document)
        .join_from(t.record, t.record_revision, newest)
        .where(c.kind == kind, c.number == number)
        .limit(1)
    )
    row = tx.execute(query).first()
    return None if row is None else {**row.document, **row.standing, "revision": row.revision}


def attempts(tx: Connection, deliveries: Sequence[str]) -> list[Any]:
    """Return the attempts of deliveries, in order, with step and connection of each."""
    a = t.attempt.c
    found: list[Any] = []
    for start in range(0, len(deliveries), _IDS):
        query = (
            sa.select(
                a.delivery_id, a.kind, a.outcome, a.code, a.ended_at, a.answer, _d.step,
                _d.connection, _d.revision,
            )
            .join_from(t.attempt, t.delivery, _d.id == a.delivery_id)
            .where(a.delivery_id.in_(deliveries[start : start + _IDS]))
            .order_by(a.delivery_id, a.fence, a.started_at)
        )  # fmt: skip
        found += tx.execute(query)
    return found


def delivered(tx: Connection, connection: str, operation: str, after: str, limit: int) -> list[Any]:
    """Return the objects the hub made by an operation and that are still there, as far as it knows.

    Each with the delivery that wrote it last, and its record's number; in the order of their
    links, beginning after one.
    """
    c = t.record.c
    query = (
        sa.select(
            _k.id.label("link_id"), _k.handle, _k.external_id, _k.record_id, c.number,
        )
        .join_from(t.link, t.record, c.id == _k.record_id)
        .where(_k.connection == connection, _k.id > after, _k.alive)
        .where(
            sa.exists().where(
                _d.record_id == _k.record_id, _d.connection == connection,
                _d.operation == operation, _d.handle == _k.handle, _d.state == "delivered",
            )
        )
        .order_by(_k.id)
        .limit(limit)
    )  # fmt: skip
    links = tx.execute(query).all()
    sent = (
        sa.select(*_DELIVERY)
        .where(
            _d.record_id.in_([link.record_id for link in links]), _d.connection == connection,
            _d.operation == operation, _d.state == "delivered",
        )
        .order_by(_d.revision, _d.id)
    )  # fmt: skip
    last = {(row.record_id, row.handle): row for row in tx.execute(sent)}
    return [(link, last[link.record_id, link.handle]) for link in links]


def documents(
    tx: Connection, kind: str, after: str, limit: int
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return id, number and newest document of the records of a kind, beginning after an id."""
    c, v = t.record.c, t.record_revision.c
    newest = sa.and_(v.record_id == c.id, v.revision == c.revision)
    query = (
        sa.select(c.id, c.number, c.revision, c.standing, v.document)
        .join_from(t.record, t.record_revision, newest)
        .where(c.kind == kind, c.id > after)
        .order_by(c.id)
        .limit(limit)
    )
    return [
        (row.id, row.number, {**row.document, **row.standing, "revision": row.revision})
        for row in tx.execute(query)
    ]


def said(
    tx: Connection, wanted: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], dict[str, Any]]:
    """Return record and revision → document of these revisions."""
    v = t.record_revision.c
    ids = sorted({record for record, _ in wanted})
    found = {}
    for start in range(0, len(ids), _IDS):
        query = sa.select(v.record_id, v.revision, v.document).where(
            v.record_id.in_(ids[start : start + _IDS])
        )
        for row in tx.execute(query):
            if (row.record_id, row.revision) in wanted:
                found[row.record_id, row.revision] = {**row.document, "revision": row.revision}
    return found
