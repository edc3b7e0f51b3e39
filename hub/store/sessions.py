"""Visits to the console. Of a visit's id only the hash is kept: who reads the store has none."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t

#: A visit nobody went on with for so long is over.
IDLE = timedelta(hours=8)
#: The last sign of life is not written oftener.
_NOTED_EVERY = timedelta(minutes=1)


def begin(tx: Connection, secret: str, token_id: str, now: datetime) -> None:
    """Begin a visit whose random id is `secret`; what is over is cleared away."""
    s = t.session.c
    tx.execute(sa.delete(t.session).where(s.seen_at <= now - IDLE))
    row = {"hash": _hash(secret), "token_id": token_id, "began_at": now, "seen_at": now}
    tx.execute(sa.insert(t.session).values(row))


def find(tx: Connection, secret: str, now: datetime) -> tuple[str, bool] | None:
    """Return the id of the token a visit began with, and whether to note that it goes on.

    None where there is no such visit, or it is over.
    """
    s = t.session.c
    row = tx.execute(sa.select(s.token_id, s.seen_at).where(s.hash == _hash(secret))).first()
    if row is None or row.seen_at <= now - IDLE:
        return None
    return row.token_id, row.seen_at <= now - _NOTED_EVERY


def go_on(tx: Connection, secret: str, now: datetime) -> None:
    """Note that a visit goes on."""
    s = t.session.c
    tx.execute(sa.update(t.session).where(s.hash == _hash(secret)).values(seen_at=now))


def end(tx: Connection, secret: str) -> None:
    """End a visit; nothing happens where there is none."""
    tx.execute(sa.delete(t.session).where(t.session.c.hash == _hash(secret)))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
