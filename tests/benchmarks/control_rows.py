"""Watches that wait, put into a store past the hub's stages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from claim_rows import insert, instant
from control_job import WATCHES

from hub.flow.parts import Flow
from hub.store import tables as t
from hub.store.watches import Row

_COLUMNS = tuple(Row.__dataclass_fields__)


def arm(flow: Flow, number: int) -> None:
    """Insert armed rows that are due tomorrow, and build the indexes afterwards."""
    indexes = sorted(t.watch.indexes, key=lambda one: str(one.name))
    with flow.store.engine.begin() as tx:
        for index in indexes:
            index.drop(tx)
        insert(tx, t.watch, _COLUMNS, _rows(flow, number))
        for index in indexes:
            index.create(tx)
    if flow.store.dialect == "postgresql":
        with flow.store.engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.exec_driver_sql("VACUUM ANALYZE watch")


def _rows(flow: Flow, number: int) -> Iterator[tuple[Any, ...]]:
    armed, due = (instant(flow, timedelta(days=days)) for days in (-1, 1))
    values: dict[str, Any] = {
        **dict.fromkeys(_COLUMNS), "state": "armed", "step": 0,
        "armed_at": armed, "deadline": due, "due_at": due, "asked_at": due,
    }  # fmt: skip
    for one in range(number):
        row = {"id": row_id(one), "watch": f"bench-{one % WATCHES:02}",
               "key": f"K-{one // WATCHES}", "record_id": f"r{one:09}"}  # fmt: skip
        yield tuple((values | row).values())


def row_id(number: int) -> str:
    """Return the id of one of the rows, in order."""
    return f"w{number:09}"


def make_due(tx: sa.Connection, flow: Flow, first: int, number: int) -> None:
    """Let the time of some rows that are not yet told have come a minute ago."""
    _move(tx, flow, timedelta(minutes=-1), first, number)


def put_off(tx: sa.Connection, flow: Flow) -> int:
    """Let the time of all rows that are not yet told come tomorrow; return how many there are."""
    return _move(tx, flow, timedelta(days=1), 0, 10**9 - 1)


def _move(tx: sa.Connection, flow: Flow, by: timedelta, first: int, number: int) -> int:
    due, last = flow.clock.now() + by, row_id(first + number - 1)
    these = sa.and_(t.watch.c.id.between(row_id(first), last), t.watch.c.state == "armed")
    values = {"deadline": due, "due_at": due, "asked_at": due}
    return tx.execute(sa.update(t.watch).where(these).values(values)).rowcount
