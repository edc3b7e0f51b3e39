"""Work that only one process does at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.inserts import insert_missing

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def lock(tx: Connection, name: str) -> None:
    """Hold the work of this name for the rest of the transaction."""
    query = sa.select(t.singleton.c.name).where(t.singleton.c.name == name).with_for_update()
    if tx.execute(query).first() is None:
        row = {"name": name, "worker": "", "lease_until": _LONG_AGO, "fence": 0}
        insert_missing(tx, t.singleton, [row])
        tx.execute(query)


def release(tx: Connection, worker: str, workers: Sequence[str] | None, now: datetime) -> None:
    """End the leases of these workers; None: of all but this one."""
    s = t.singleton.c
    theirs = s.worker != worker if workers is None else s.worker.in_(workers)
    tx.execute(sa.update(t.singleton).where(theirs, s.lease_until > now).values(lease_until=now))


def end(tx: Connection, name: str, worker: str, now: datetime) -> None:
    """End the lease a worker has of some work."""
    s = t.singleton.c
    ours = sa.and_(s.name == name, s.worker == worker, s.lease_until > now)
    tx.execute(sa.update(t.singleton).where(ours).values(lease_until=now))


def acquire(tx: Connection, name: str, worker: str, now: datetime, lease: timedelta) -> bool:
    """Take or keep the lease of some work; False while another worker has it."""
    lock(tx, name)
    s = t.singleton.c
    done = tx.execute(
        sa.update(t.singleton)
        .where(s.name == name, sa.or_(s.worker == worker, s.lease_until <= now))
        .values(worker=worker, lease_until=now + lease, fence=s.fence + 1)
    )
    return done.rowcount == 1
