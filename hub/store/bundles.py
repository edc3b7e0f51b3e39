"""Bundles: all mapping files of one moment, kept for whatever was mapped with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t


def put(tx: Connection, sha: str, files: Mapping[str, bytes], now: datetime) -> bool:
    """Make a bundle the active one; return False when it was active already."""
    b = t.bundle.c
    if active(tx) == sha:
        return False
    if tx.execute(sa.update(t.bundle).where(b.sha == sha).values(active_at=now)).rowcount == 0:
        texts = {name: content.decode() for name, content in files.items()}
        tx.execute(sa.insert(t.bundle).values(sha=sha, files=texts, active_at=now))
    return True


def active(tx: Connection) -> str | None:
    """Return the address of the bundle that was activated last."""
    b = t.bundle.c
    return tx.scalar(sa.select(b.sha).order_by(b.active_at.desc(), b.sha).limit(1))


def files(tx: Connection, sha: str) -> Mapping[str, bytes]:
    """Return the files of a bundle."""
    texts = tx.scalar(sa.select(t.bundle.c.files).where(t.bundle.c.sha == sha)) or {}
    return {name: text.encode() for name, text in texts.items()}
