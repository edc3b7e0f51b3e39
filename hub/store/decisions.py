"""Answers given to those who asked a gate beforehand, and the messages that came later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import queries
from hub.store import tables as t

_c = t.decision.c


@dataclass(slots=True)
class Decision:
    """A row in memory; see `decision_columns` for the meaning of each field."""

    id: str
    gate: str
    kind: str
    answer: str
    actor: str
    asked_at: datetime
    connection: str | None = None
    number: str | None = None
    content_hash: str | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)
    message_id: str | None = None
    same: bool | None = None


def _list(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, expanding=True)


_ASKED = (
    sa.select(t.decision)
    .where(_c.message_id.is_(None), _c.kind.in_(_list("kinds")), _c.number.in_(_list("numbers")))
    .order_by(_c.id)
)


def add(tx: Connection, one: Decision) -> None:
    """Keep an answer."""
    tx.execute(sa.insert(t.decision), [asdict(one)])


def asked(tx: Connection, keys: Iterable[tuple[str, str]]) -> list[Decision]:
    """Return the answers about records, by kind and number, whose message has not come yet."""
    wanted = set(keys)
    kinds, numbers = sorted({kind for kind, _ in wanted}), sorted({number for _, number in wanted})
    if not wanted:
        return []
    rows = tx.execute(_ASKED, {"kinds": kinds, "numbers": numbers}).mappings()
    found = (Decision(**row) for row in rows)
    return [one for one in found if (one.kind, one.number) in wanted]


def save(tx: Connection, matched: Iterable[Decision]) -> None:
    """Write which message brought what was asked about."""
    rows = [
        {"row": one.id, "new_message_id": one.message_id, "new_same": one.same} for one in matched
    ]
    if rows:
        tx.execute(queries.changes(t.decision, ("message_id", "same")), rows)
