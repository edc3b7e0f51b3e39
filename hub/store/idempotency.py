"""Answers of the API under the caller's own key, so that a call made twice does nothing twice.

Also the choices a caller was shown before a bulk decision: kept under a name of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import inserts, payloads
from hub.store import tables as t

#: How long a key is remembered.
KEPT = timedelta(hours=24)
#: What our own names begin with; keys of callers begin with the other.
_CHOICE, _CALL = "choice:", "call:"
_i = t.idempotency.c


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of the first call under a key."""

    request_hash: str
    #: Process that took it.
    worker: str
    #: Whether that process is noted as working.
    works: bool
    #: None: it has not answered, or its process ended before.
    status: int | None
    answer: bytes


def claim(
    tx: Connection, actor: str, key: str, request_hash: str, worker: str, now: datetime
) -> Earlier | None:
    """Take a key for a call; None where it is ours, else what the first call under it did."""
    _forget(tx, now)
    row = {
        "actor": actor, "key": _CALL + key, "request_hash": request_hash, "worker": worker,
        "asked_at": now,
    }  # fmt: skip
    if inserts.insert_new(tx, t.idempotency, row):
        return None
    found = tx.execute(sa.select(t.idempotency).where(*_of(actor, _CALL + key))).one()
    works = sa.select(t.worker.c.id).where(t.worker.c.id == found.worker)
    return Earlier(
        found.request_hash, found.worker, tx.scalar(works) is not None, found.status,
        found.answer or b"",
    )  # fmt: skip


def answer(tx: Connection, actor: str, key: str, status: int, body: bytes) -> None:
    """Keep what the call was answered."""
    changed = sa.update(t.idempotency).where(*_of(actor, _CALL + key))
    tx.execute(changed.values(status=status, answer=body))


def release(tx: Connection, actor: str, key: str) -> None:
    """Forget a call that was not answered, so that it may be made again."""
    tx.execute(sa.delete(t.idempotency).where(*_of(actor, _CALL + key)))


def keep_choice(
    tx: Connection, actor: str, name: str, worker: str, document: Any, now: datetime
) -> None:
    """Keep what a caller was shown, as long as a key."""
    _forget(tx, now)
    content = payloads.encode(document)
    tx.execute(
        sa.insert(t.idempotency).values(
            actor=actor, key=_CHOICE + name, request_hash=payloads.sha256(content), worker=worker,
            status=200, answer=content, asked_at=now,
        )
    )  # fmt: skip


def take_choice(tx: Connection, actor: str, name: str, now: datetime) -> Any:
    """Return what this caller was shown under a name, once; None where there is nothing, or old."""
    gone = sa.delete(t.idempotency).where(*_of(actor, _CHOICE + name), _i.asked_at > now - KEPT)
    content = tx.scalar(gone.returning(_i.answer))
    return None if content is None else payloads.parse(content)


def _forget(tx: Connection, now: datetime) -> None:
    tx.execute(sa.delete(t.idempotency).where(_i.asked_at <= now - KEPT))


def _of(actor: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _i.actor == actor, _i.key == key
