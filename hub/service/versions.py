"""Versions of a delivery, so that two people who decide about it at once do not undo each other."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from hub.errors import HubError
from hub.language import say
from hub.store import tables as t

#: What changes with every decision, call and result.
_SEEN = (*("state", "reason", "fence", "key", "payload", "waits", "confirm", "due_at"),)


class Changed(HubError):
    """Somebody or something changed the row since it was looked at."""


def of_delivery(tx: sa.Connection, delivery_id: str) -> str | None:
    """Return the version of a delivery; None where there is none."""
    return _version(tx, _query(delivery_id))


def _query(delivery_id: str) -> Any:
    d = t.delivery.c
    return sa.select(*(d[name] for name in _SEEN)).where(d.id == delivery_id)


def _version(tx: sa.Connection, query: Any) -> str | None:
    row = tx.execute(query).first()
    return None if row is None else hashlib.sha256(repr(tuple(row)).encode()).hexdigest()[:16]


def require(tx: sa.Connection, delivery_id: str, version: str) -> None:
    """Let it pass; raises `Changed` where the delivery is no longer of this version.

    The row stays locked until the transaction ends.
    """
    if _version(tx, _query(delivery_id).with_for_update()) != version:
        raise Changed(
            say(
                "Delivery {id} has changed since it was looked at. Look at it again, then decide "
                "anew.",
                id=delivery_id,
            )
        )
