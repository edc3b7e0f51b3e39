"""What gates hold: revisions of records, deliveries, and what a person asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import queries
from hub.store import tables as t

_h, _r = t.hold.c, t.record.c
#: Holds listed at once.
MOST = 1000


@dataclass(slots=True)
class Hold:
    """A row in memory; see `hold_columns` for the meaning of each field."""

    id: str
    gate: str
    record_id: str
    revision: int
    held_at: datetime
    delivery_id: str | None = None
    action: str | None = None
    state: str = "held"
    #: Each {en, zh, fields, roles}; `deny` where only another document passes.
    reasons: list[dict[str, Any]] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    requested_by: str | None = None
    before: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision: str | None = None
    valid_until: datetime | None = None
    correlation_id: str | None = None

    @property
    def denied(self) -> bool:
        """Say whether nobody may release it."""
        return any(one.get("deny") for one in self.reasons)

    def decide(self, state: str, at: datetime, by: str = "system", why: str | None = None) -> None:
        """Note how it ended."""
        self.state, self.decided_at, self.decided_by, self.decision = state, at, by, why


def _is(state: str) -> sa.ColumnElement[bool]:
    # written out, not bound: only so does the database see which index serves it
    return _h.state == sa.literal(state, literal_execute=True)


#: What may still count: a lapsed one and one whose conditions were met say nothing any more.
_COUNTS = _h.state.in_(("held", "released", "refused"))
_OF_RECORDS = (
    sa.select(t.hold)
    .where(_h.record_id.in_(sa.bindparam("ids", expanding=True)), _COUNTS)
    .order_by(_h.id)
)
_CHANGING = (
    *("delivery_id", "state", "reasons", "roles", "held_at"),
    *("decided_at", "decided_by", "decision", "valid_until"),
)


def of_records(tx: Connection, record_ids: Iterable[str]) -> list[Hold]:
    """Return what is or was held of these locked records and still counts, oldest first."""
    ids = sorted(set(record_ids))
    return [Hold(**row) for row in tx.execute(_OF_RECORDS, {"ids": ids}).mappings()] if ids else []


def find(tx: Connection, hold_id: str) -> Hold | None:
    """Return a hold, None where there is none."""
    row = tx.execute(sa.select(t.hold).where(_h.id == hold_id)).mappings().first()
    return None if row is None else Hold(**row)


def lock(tx: Connection, hold_id: str) -> Hold:
    """Lock and return a hold that there is; its record must be locked by now."""
    query = sa.select(t.hold).where(_h.id == hold_id).with_for_update()
    return Hold(**tx.execute(query).mappings().one())


def record_of(tx: Connection, record_id: str) -> Any:
    """Return the row of a record, unlocked."""
    return tx.execute(sa.select(t.record).where(_r.id == record_id)).one()


def numbered(tx: Connection, kind: str | None, number: str) -> Sequence[Any]:
    """Return the records of this number, of one kind if it is named, unlocked."""
    query = sa.select(t.record).where(_r.number == number).order_by(_r.kind, _r.connection)
    if kind is not None:
        query = query.where(_r.kind == kind)
    return tx.execute(query.limit(MOST)).all()


def add(tx: Connection, made: Iterable[Hold]) -> None:
    """Write new holds."""
    rows = [asdict(one) for one in made]
    if rows:
        tx.execute(sa.insert(t.hold), rows)


def save(tx: Connection, changed: Iterable[Hold]) -> None:
    """Write what became of holds."""
    rows = [
        {"row": one.id, **{f"new_{name}": getattr(one, name) for name in _CHANGING}}
        for one in changed
    ]
    if rows:
        tx.execute(queries.changes(t.hold, _CHANGING), rows)


def lapse(tx: Connection, hold_ids: Iterable[str], now: datetime) -> list[str]:
    """End holds of deliveries for which nobody waits any more; return which were still open."""
    waits = sa.exists().where(t.delivery_wait.c.on_id == _h.id)
    ids = sorted(set(hold_ids))
    done = tx.execute(
        sa.update(t.hold)
        .where(_h.id.in_(ids), _h.state == "held", _h.delivery_id.is_not(None), ~waits)
        .values(state="lapsed", decided_at=now, decided_by="system")
        .returning(_h.id)
    )
    return sorted(done.scalars())


def ending(tx: Connection, now: datetime, limit: int = 200) -> Sequence[str]:
    """Return the ids of releases whose time is over."""
    ends = (_h.valid_until.is_not(None), _h.valid_until <= now)
    query = sa.select(_h.id).where(_is("released"), *ends)
    return tx.execute(query.order_by(_h.valid_until).limit(limit)).scalars().all()


_VIEW = (
    sa.select(
        t.hold,
        *(_r.kind, _r.number, _r.connection.label("source"), _r.company, _r.owner),
        *(t.delivery.c.step, t.delivery.c.connection),
    )
    .join(t.record, _r.id == _h.record_id)
    .outerjoin(t.delivery, t.delivery.c.id == _h.delivery_id)
)


def shown(tx: Connection, hold_id: str) -> dict[str, Any]:
    """Return one hold that there is, with the record and the step it is about."""
    return dict(tx.execute(_VIEW.where(_h.id == hold_id)).mappings().one())
