"""When each schedule runs next, and how it ended last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import singletons
from hub.store import tables as t
from hub.store.bundles import sentence_as_data, sentence_of_data
from hub.store.inserts import insert_missing

_s = t.schedule.c


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One row."""

    name: str
    #: What hub.yaml said of when it runs.
    rule: str
    next_at: datetime
    last_at: datetime | None
    #: How the last run ended, a sentence.
    words: Any


def read(tx: Connection) -> dict[str, Scheduled]:
    """Return all rows by name."""
    query = sa.select(t.schedule).order_by(_s.name).limit(1000)
    return {row["name"]: _row(row) for row in tx.execute(query).mappings()}


def get(tx: Connection, name: str) -> Scheduled | None:
    """Return one row."""
    row = tx.execute(sa.select(t.schedule).where(_s.name == name)).mappings().first()
    return None if row is None else _row(row)


def _row(row: Any) -> Scheduled:
    words = row["words"]
    return Scheduled(
        row["name"], row["rule"], row["next_at"], row["last_at"],
        None if words is None else sentence_of_data(json.loads(words)),
    )  # fmt: skip


def plan(tx: Connection, name: str, rule: str, next_at: datetime, before: Scheduled | None) -> None:
    """Note when it runs next, unless another process has done so since `before` was read."""
    if before is None:
        insert_missing(tx, t.schedule, [{"name": name, "rule": rule, "next_at": next_at}])
        return
    tx.execute(
        sa.update(t.schedule)
        .where(_s.name == name, _s.rule == before.rule, _s.next_at == before.next_at)
        .values(rule=rule, next_at=next_at)
    )


def take(
    tx: Connection, name: str, turn: datetime, worker: str, now: datetime, lease: timedelta
) -> bool:
    """Begin a turn; False while another process has it, or when it was done meanwhile."""
    if not hold(tx, name, worker, now, lease):
        return False
    if tx.scalar(sa.select(_s.next_at).where(_s.name == name)) == turn:
        return True
    _let_go(tx, name, worker, now)
    return False


def hold(tx: Connection, name: str, worker: str, now: datetime, lease: timedelta) -> bool:
    """Take or keep the lease of a schedule; False while another process has it."""
    return singletons.acquire(tx, f"schedule {name}", worker, now, lease)


def finish(
    tx: Connection, name: str, worker: str, begun_at: datetime, now: datetime,
    words: str, next_at: datetime | None = None,
) -> None:  # fmt: skip
    """Note how a run ended and when the next turn is; None: the turn stays as it is."""
    values: dict[str, Any] = {"last_at": begun_at, "words": json.dumps(sentence_as_data(words))}
    if next_at is not None:
        values["next_at"] = next_at
    tx.execute(sa.update(t.schedule).where(_s.name == name).values(values))
    _let_go(tx, name, worker, now)


def _let_go(tx: Connection, name: str, worker: str, now: datetime) -> None:
    singletons.end(tx, f"schedule {name}", worker, now)
