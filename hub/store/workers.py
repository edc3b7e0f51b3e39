"""Processes that work on a store, so that the leases of a dead one need not be waited out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import bundles
from hub.store import tables as t


def register(tx: Connection, worker: str, host: str, now: datetime) -> None:
    """Note that this process has begun to work."""
    tx.execute(sa.insert(t.worker).values(id=worker, host=host, pid=os.getpid(), seen_at=now))


def beat(tx: Connection, worker: str, now: datetime) -> None:
    """Note a sign of life."""
    tx.execute(sa.update(t.worker).where(t.worker.c.id == worker).values(seen_at=now))


def leave(tx: Connection, workers: Sequence[str]) -> None:
    """Note that these processes work no more."""
    tx.execute(sa.delete(t.worker).where(t.worker.c.id.in_(workers)))
    bundles.forget_places(tx, workers)


def dead(tx: Connection, worker: str, host: str) -> list[str]:
    """Return the workers of this machine whose process is gone; others may yet live."""
    w = t.worker.c
    rows = tx.execute(sa.select(w.id, w.pid).where(w.host == host, w.id != worker)).all()
    return sorted(row.id for row in rows if row.pid == os.getpid() or not _lives(row.pid))


def others(tx: Connection, worker: str) -> list[str]:
    """Return every other worker that is noted, living or not."""
    w = t.worker.c
    return list(tx.scalars(sa.select(w.id).where(w.id != worker).order_by(w.id)))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
