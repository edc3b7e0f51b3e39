"""The outbox: what is due, what is leased, what was attempted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.rows import OPEN

_d = t.delivery.c
_DUE = (
    sa.select(_d.id)
    .where(_d.connection == sa.bindparam("connection"), _d.due_at <= sa.bindparam("now"))
    .order_by(_d.due_at, _d.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_OF_PLANS = (
    sa.select(_d.plan_id, _d.step, _d.state, _d.external_id, _d.results, _d.key)
    .where(
        _d.record_id.in_(sa.bindparam("records", expanding=True)),
        _d.plan_id.in_(sa.bindparam("plans", expanding=True)),
    )
    .order_by(_d.id)
)


def due(tx: Connection, connection: str, now: datetime, limit: int) -> Sequence[str]:
    """Return, locked, the ids of the oldest rows of a connection that are due."""
    return tx.scalars(_DUE, {"connection": connection, "now": now, "limit": limit}).all()


def due_to_send(tx: Connection, connection: str, now: datetime, limit: int) -> Sequence[str]:
    """Return, locked, the ids of the oldest rows of a connection that are due to be sent."""
    query = sa.select(_d.id).where(
        _d.connection == connection, _d.due_at <= now, _d.state == "ready"
    )
    query = query.order_by(_d.due_at, _d.id).limit(limit)
    return tx.scalars(query.with_for_update(skip_locked=True)).all()


def renew(tx: Connection, worker: str, fences: Mapping[str, int], until: datetime) -> set[str]:
    """Move the leases of a worker's calls; return the ids of those that are still its own."""
    d = t.delivery.c
    rows = tx.execute(
        sa.select(d.id, d.fence)
        .where(d.id.in_(fences), d.worker == worker, d.lease_until.is_not(None))
        .order_by(d.id)
        .with_for_update()
    ).all()
    ours = {row.id for row in rows if fences[row.id] == row.fence}
    if ours:
        tx.execute(sa.update(t.delivery).where(d.id.in_(ours)).values(lease_until=until))
    return ours


def save_progress(
    tx: Connection, delivery_id: str, fence: int, progress: Mapping[str, Any]
) -> bool:
    """Keep what several remote steps have reached; False when the row is not ours any more."""
    d = t.delivery.c
    done = tx.execute(
        sa.update(t.delivery)
        .where(d.id == delivery_id, d.fence == fence, d.lease_until.is_not(None))
        .values(progress=dict(progress))
    )
    return done.rowcount == 1


def lease_ended(tx: Connection, now: datetime, limit: int = 200) -> Sequence[str]:
    """Return the ids of rows whose worker did not come back in time."""
    d = t.delivery.c
    return tx.scalars(
        sa.select(d.id)
        .where(d.lease_until <= now)
        .order_by(d.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def leased_by(tx: Connection, workers: Sequence[str]) -> Sequence[str]:
    """Return the ids of the rows these workers have leased."""
    d = t.delivery.c
    return tx.scalars(
        sa.select(d.id).where(d.lease_until.is_not(None), d.worker.in_(workers)).order_by(d.id)
    ).all()


def other_workers(tx: Connection, worker: str) -> Sequence[str]:
    """Return the workers that have leased anything, other than this one."""
    d = t.delivery.c
    query = sa.select(d.worker).distinct().where(d.lease_until.is_not(None), d.worker != worker)
    return [name for name in tx.scalars(query) if name is not None]


def lanes_to_open(tx: Connection, now: datetime, limit: int = 200) -> Sequence[str]:
    """Return the ids of closed rows whose old requests can no longer take effect."""
    d = t.delivery.c
    return tx.scalars(
        sa.select(d.id)
        # in the words of the index `delivery_settling`, without which all that was ever delivered
        # would be read
        .where(sa.text("delivery.holds_lane"), d.state.not_in(sorted(OPEN)), d.settles_at <= now)
        .order_by(d.settles_at)
        .limit(limit)
    ).all()


def given_up(tx: Connection, now: datetime, limit: int = 200) -> Sequence[str]:
    """Return the ids of accepted rows whose result did not come in time; a pause stops it."""
    d, c = t.delivery.c, t.connection_state.c
    paused = sa.select(c.connection).where(c.paused_at.is_not(None))
    return tx.scalars(
        sa.select(d.id)
        .where(
            d.state == "accepted", d.lease_until.is_(None), d.gives_up_at <= now,
            d.connection.not_in(paused),
        )
        .order_by(d.id)
        .limit(limit)
    ).all()  # fmt: skip


def by_report(
    tx: Connection, connection: str, ticket: str | None, key: str | None
) -> Sequence[str]:
    """Return the ids of the rows a far end's report is about, newest first."""
    d = t.delivery.c
    matches = []
    if ticket is not None:
        matches.append(d.ticket == ticket)
    if key is not None:
        # a change and a cancel go under the key of the object that was created, or under their own
        own = sa.or_(d.action == "create", d.key.startswith(d.id))
        matches.append(sa.and_(d.key == key, own))
    if not matches:
        return []
    return tx.scalars(
        sa.select(d.id)
        .where(d.connection == connection, sa.or_(*matches))
        .order_by(d.id.desc())
        .limit(20)
    ).all()


def results_of_plans(
    tx: Connection, plans: Iterable[tuple[str, str]]
) -> Mapping[str, dict[str, Any]]:
    """Return plan id → step → what its delivery learned, for these (record id, plan id)."""
    found: dict[str, dict[str, Any]] = {}
    records, wanted = (sorted(set(part)) for part in zip(*plans, strict=True))
    for row in tx.execute(_OF_PLANS, {"records": records, "plans": wanted}):
        named = row.state == "skipped" and row.external_id is not None
        if row.state != "delivered" and not named:
            continue
        values = {**(row.results or {}), "external_id": row.external_id, "key": row.key}
        found.setdefault(row.plan_id, {})[row.step] = values
    return found


def counts(tx: Connection) -> Mapping[str, int]:
    """Return how many deliveries are in each state, and how each read-back ended."""
    d = t.delivery.c
    found = dict(tx.execute(sa.select(d.state, sa.func.count()).group_by(d.state)).tuples().all())
    confirmed = (
        sa.select(d.confirm, sa.func.count()).where(d.confirm.is_not(None)).group_by(d.confirm)
    )
    found.update({f"confirm:{name}": number for name, number in tx.execute(confirmed).tuples()})
    return found
