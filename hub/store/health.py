"""What became of the newest revision of each record: read in batches, for a report over all.

Every query is bounded by a batch of records; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.reconciliations import OPEN

#: Records of a batch, and rows of one kind that a batch reads at most.
BATCH = 400
_MOST = 50_000

_r, _v, _d, _a = t.record.c, t.record_revision.c, t.delivery.c, t.attempt.c
_w, _h, _m, _f = t.delivery_wait.c, t.hold.c, t.message.c, t.finding.c
_k, _o, _p = t.link.c, t.revocation.c, t.approval.c
_DELIVERY = (
    _d.id, _d.record_id, _d.revision, _d.plan_id, _d.route, _d.step, _d.connection, _d.bundle,
    _d.state, _d.reason, _d.confirm, _d.tries, _d.created_at, _d.finished_at,
)  # fmt: skip


@dataclass(slots=True)
class Known:
    """What the store holds of a record and its newest revision."""

    record_id: str
    revision: int
    #: When the revision came.
    received: datetime
    number: str
    connection: str
    owner: str | None
    #: Highest revision whose deliveries were planned.
    planned: int
    customer: str | None
    customer_code: str | None
    revoked: bool = False
    #: Deliveries of the revision, the oldest first.
    deliveries: list[Any] = field(default_factory=list)
    #: Delivery → what it waits for: kind, and connection and kind of the link.
    waits: dict[str, list[Any]] = field(default_factory=dict)
    #: Delivery → when it was first tried.
    tried: dict[str, datetime] = field(default_factory=dict)
    #: What gates hold or held of the revision; of no delivery: of its planning.
    holds: list[Any] = field(default_factory=list)
    #: State and reason of the last message that brought the record, if it is not planned.
    message: tuple[str, str] | None = None
    #: Open findings of its key: cause, side, id.
    findings: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are asked for, by when their newest revision came."""

    kind: str
    since: datetime
    until: datetime
    #: Where they come from; None: anywhere.
    connection: str | None = None


def batches(tx: Connection, wanted: Wanted) -> Iterator[list[Known]]:
    """Yield the records whose newest revision came in a time, in the order these came."""
    after: tuple[datetime, str] | None = None
    while rows := tx.execute(_heads(wanted, after)).all():
        yield _known(tx, rows)
        after = (rows[-1].received, rows[-1].record_id)


def numbered(tx: Connection, kind: str, number: str, connection: str | None) -> list[Known]:
    """Return the records of a kind and number, whenever they came."""
    query = _select(kind, connection).where(_r.number == number).order_by(_r.id).limit(BATCH)
    return _known(tx, tx.execute(query).all())


def _select(kind: str, connection: str | None) -> Any:
    document: Any = _v.document
    newest = sa.and_(_r.id == _v.record_id, _r.revision == _v.revision)
    query = sa.select(
        _v.record_id, _v.revision, _v.stored_at.label("received"), _r.number, _r.connection,
        _r.owner, _r.planned, document["customer"]["name"].as_string().label("customer"),
        document["customer"]["code"].as_string().label("customer_code"),
    ).join_from(t.record_revision, t.record, newest).where(_r.kind == kind)  # fmt: skip
    return query if connection is None else query.where(_r.connection == connection)


def _heads(wanted: Wanted, after: tuple[datetime, str] | None) -> Any:
    query = _select(wanted.kind, wanted.connection)
    query = query.where(_v.stored_at >= (after[0] if after else wanted.since))
    query = query.where(_v.stored_at < wanted.until)
    if after is not None:
        query = query.where(sa.or_(_v.stored_at > after[0], _v.record_id > after[1]))
    return query.order_by(_v.stored_at, _v.record_id).limit(BATCH)


def _known(tx: Connection, rows: Sequence[Any]) -> list[Known]:
    found = {row.record_id: Known(*row) for row in rows}
    ids = list(found)
    for gone in tx.execute(sa.select(_o.record_id, _o.revision).where(_o.record_id.in_(ids))):
        one = found[gone.record_id]
        one.revoked = one.revoked or gone.revision == one.revision
    sent = sa.select(*_DELIVERY).where(_d.record_id.in_(ids)).order_by(_d.id).limit(_MOST)
    owners: dict[str, Known] = {}
    for row in tx.execute(sent):
        one = found[row.record_id]
        if row.revision == one.revision:
            one.deliveries.append(row)
            owners[row.id] = one
    _add_tried(tx, owners)
    _add_waits(tx, owners)
    for hold in tx.execute(_holds(ids)):
        one = found[hold.record_id]
        if hold.revision == one.revision:
            one.holds.append(hold)
    _add_messages(tx, [one for one in found.values() if not one.deliveries])
    return list(found.values())


def _holds(ids: Sequence[str]) -> Any:
    names = (_h.id, _h.record_id, _h.revision, _h.delivery_id, _h.gate, _h.state, _h.held_at,
             _h.decided_at)  # fmt: skip
    return sa.select(*names).where(_h.record_id.in_(ids)).order_by(_h.id).limit(_MOST)


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    whole = list(ids)
    for start in range(0, len(whole), BATCH):
        yield whole[start : start + BATCH]


def _add_tried(tx: Connection, owners: dict[str, Known]) -> None:
    for ids in _chunks(owners):
        query = (
            sa.select(_a.delivery_id, sa.func.min(_a.started_at).label("at"))
            .where(_a.delivery_id.in_(ids), _a.kind != "read")
            .group_by(_a.delivery_id)
        )
        for delivery_id, at in tx.execute(query):
            owners[delivery_id].tried[delivery_id] = at


def _add_waits(tx: Connection, owners: dict[str, Known]) -> None:
    blocked = [
        row.id for one in owners.values() for row in one.deliveries if row.state == "blocked"
    ]
    for ids in _chunks(dict.fromkeys(blocked)):
        of_link = sa.and_(_w.kind == "link", _k.id == _w.on_id)
        query = (
            sa.select(_w.delivery_id, _w.kind, _w.on_id, _k.connection, _k.kind.label("of"),
                      _k.handle)
            .outerjoin_from(t.delivery_wait, t.link, of_link)
            .where(_w.delivery_id.in_(ids))
            .order_by(_w.delivery_id, _w.kind, _w.on_id)
            .limit(_MOST)
        )  # fmt: skip
        for row in tx.execute(query):
            owners[row.delivery_id].waits.setdefault(row.delivery_id, []).append(row)


def _add_messages(tx: Connection, unplanned: Sequence[Known]) -> None:
    found = {one.record_id: one for one in unplanned}
    query = sa.select(_m.record_id, _m.state, _m.reason).where(_m.record_id.in_(list(found)))
    for row in tx.execute(query.order_by(_m.id).limit(_MOST)):
        found[str(row.record_id)].message = (row.state, row.reason or "")


def findings(tx: Connection, keys: Collection[str]) -> dict[str, list[Any]]:
    """Return key → its open findings, the gravest first."""
    found: dict[str, list[Any]] = {}
    grave = sa.case({"critical": 0, "high": 1, "medium": 2}, value=_f.severity, else_=3)
    for ids in _chunks(sorted(set(keys))):
        query = sa.select(_f.key, _f.id, _f.side, _f.kind, _f.cause, _f.evidence)
        query = query.where(_f.key.in_(ids), _f.state.in_(OPEN))
        for row in tx.execute(query.order_by(grave, _f.first_seen, _f.id).limit(_MOST)):
            found.setdefault(row.key, []).append(row)
    return found


# ---- what happened to some records, one after the other ------------------------------------------


@dataclass(slots=True)
class Story:
    """What happened to a record."""

    revisions: list[Any] = field(default_factory=list)
    approvals: list[Any] = field(default_factory=list)
    revocations: list[Any] = field(default_factory=list)
    deliveries: list[Any] = field(default_factory=list)
    attempts: list[Any] = field(default_factory=list)
    holds: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    repairs: list[Any] = field(default_factory=list)


def stories(tx: Connection, keys: dict[str, str]) -> dict[str, Story]:
    """Return what happened to records; `keys` is record id → key of its findings."""
    found = {record_id: Story() for record_id in keys}
    ids = sorted(found)
    for name, table, at in (
        ("revisions", t.record_revision, _v.revision), ("approvals", t.approval, _p.id),
        ("revocations", t.revocation, _o.revision), ("deliveries", t.delivery, _d.id),
        ("holds", t.hold, _h.id),
    ):  # fmt: skip
        names = [one for one in table.c if one.name not in _HEAVY]
        query = sa.select(*names).where(table.c.record_id.in_(ids)).order_by(at).limit(_MOST)
        for row in tx.execute(query):
            getattr(found[row.record_id], name).append(row)
    owner = {row.id: row.record_id for one in found.values() for row in one.deliveries}
    for chunk in _chunks(owner):
        query = sa.select(t.attempt).where(_a.delivery_id.in_(chunk))
        for row in tx.execute(query.order_by(_a.started_at, _a.fence).limit(_MOST)):
            found[owner[row.delivery_id]].attempts.append(row)
    _add_events(tx, found, keys)
    return found


#: Columns no story tells.
_HEAVY = frozenset({"document", "traits", "options", "results", "progress", "reasons", "roles"})


def _add_events(tx: Connection, found: dict[str, Story], keys: dict[str, str]) -> None:
    e, p = t.finding_event.c, t.repair.c
    records = {key: record_id for record_id, key in keys.items()}
    query = sa.select(_f.id, _f.key).where(_f.key.in_(sorted(records))).order_by(_f.id)
    owner = {row.id: records[row.key] for row in tx.execute(query.limit(_MOST))}
    for ids in _chunks(owner):
        events = (
            sa.select(e.finding_id, e.at, e.actor, e.from_state, e.to_state, _f.side, _f.kind,
                      _f.cause)
            .join_from(t.finding_event, t.finding, _f.id == e.finding_id)
            .where(e.finding_id.in_(ids))
            .order_by(e.id)
            .limit(_MOST)
        )  # fmt: skip
        for row in tx.execute(events):
            found[owner[row.finding_id]].events.append(row)
        repairs = (
            sa.select(p.finding_id, p.action, p.state, p.applied_at, p.applied_by, _f.side)
            .join_from(t.repair, t.finding, _f.id == p.finding_id)
            .where(p.finding_id.in_(ids), p.applied_at.is_not(None))
            .order_by(p.id)
            .limit(_MOST)
        )
        for done in tx.execute(repairs):
            found[owner[done.finding_id]].repairs.append(done)
