"""Deliveries that wait until a person lets their connection go live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t

#: Kind of the wait; what is waited for is the connection, by its name.
OBSERVE = "observe"

_w, _d = t.delivery_wait.c, t.delivery.c


def waiting(tx: Connection, connection: str, limit: int) -> Sequence[str]:
    """Return the ids of the oldest deliveries that wait for a connection to go live."""
    query = sa.select(_w.delivery_id).where(_w.on_id == connection, _w.kind == OBSERVE)
    return tx.scalars(query.order_by(_w.delivery_id).limit(limit)).all()


def counts(tx: Connection, connection: str) -> Mapping[str, int]:
    """Return how many deliveries wait for a connection to go live, by operation."""
    query = (
        sa.select(_d.operation, sa.func.count())
        .join_from(t.delivery_wait, t.delivery, _w.delivery_id == _d.id)
        .where(_w.on_id == connection, _w.kind == OBSERVE)
        .group_by(_d.operation)
        .order_by(_d.operation)
    )
    return {operation: int(count) for operation, count in tx.execute(query)}
