"""What watches wait for: one row for each watch and key, kept for good.

The rows are the memory of what came: without them, what came before its watch armed would be
missed. Only rows with a `due_at` cost anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import notices, queries
from hub.store import tables as t
from hub.store.inserts import insert_missing

#: Watch and key.
Name: TypeAlias = tuple[str, str]

#: States in which B is still waited for.
OPEN = ("armed", "fired", "cannot_tell")
#: Notices of one row that are shown.
_TOLD = 50
#: Kind of the alert that a watch cannot tell.
ALERT = "watch_cannot_tell"


@dataclass(slots=True)
class Row:
    """One row, locked; changed in memory and saved once."""

    id: str
    watch: str
    key: str
    state: str
    record_id: str | None = None
    company: str | None = None
    correlation_id: str | None = None
    armed_at: datetime | None = None
    deadline: datetime | None = None
    due_at: datetime | None = None
    asked_at: datetime | None = None
    step: int = 0
    fired_at: datetime | None = None
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    reason: str | None = None

    @property
    def open(self) -> bool:
        """Say whether B is still waited for."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Learned:
    """How far a watch has looked through the records that were there before it."""

    #: What it looked for.
    definition: str
    #: Record it has come to.
    after: str
    done: bool


@dataclass(frozen=True, slots=True)
class Polled:
    """How far a polled stream was read."""

    #: When the last poll began that read to its end.
    read_at: datetime | None
    #: When the last page was stored.
    moved_at: datetime


_w, _m, _c, _a = t.watch.c, t.message.c, t.cursor.c, t.alert.c
_COLUMNS = tuple(one.name for one in fields(Row))
#: What changes as long as a row is armed by the same; the others stand in indexes, too.
_MOVING = (
    "state", "due_at", "asked_at", "step", "fired_at", "cleared_at", "cleared_by",
    "acknowledged_at", "acknowledged_by", "snoozed_until", "reason",
)  # fmt: skip
_ROWS = sa.select(*(_w[name] for name in _COLUMNS))


def _list(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, expanding=True)


# the same order wherever several are locked
_NAMED = (
    _ROWS.where(sa.or_(_w.key.in_(_list("keys")), _w.record_id.in_(_list("records"))))
    .order_by(_w.watch, _w.key)
    .with_for_update()
)
_WRITTEN = sa.select(_w.id).where(_w.id.in_(_list("ids")))
_DUE = (
    _ROWS.where(_w.due_at <= sa.bindparam("now"))
    .order_by(_w.due_at, _w.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)


def lock(tx: Connection, keys: Collection[str], records: Collection[str]) -> list[Row]:
    """Lock all rows of these keys, and those these records armed."""
    found = tx.execute(_NAMED, {"keys": sorted(keys), "records": sorted(records)})
    return [Row(*row) for row in found]


def add(tx: Connection, rows: Sequence[Row]) -> bool:
    """Insert rows; False, and none of them, where another transaction was faster with one."""
    if not rows:
        return True
    ordered = sorted(rows, key=lambda one: (one.watch, one.key))
    # each value takes its time, and a new row has few
    filled = [name for name in _COLUMNS if any(getattr(one, name) is not None for one in ordered)]
    insert_missing(tx, t.watch, [{name: getattr(one, name) for name in filled} for one in ordered])
    if tx.dialect.name == "sqlite":
        return True  # nobody else writes
    # the driver does not count the rows of many
    ids = [one.id for one in rows]
    if len(tx.scalars(_WRITTEN, {"ids": ids}).all()) == len(rows):
        return True
    tx.execute(sa.delete(t.watch).where(_w.id.in_(ids)))
    return False


def save(tx: Connection, changed: Mapping[str, Row]) -> None:
    """Write rows back, each under the id it had when it was read."""
    for columns, again in ((_COLUMNS, True), (_MOVING, False)):
        values = [
            {"row": was, **{f"new_{name}": getattr(row, name) for name in columns}}
            for was, row in changed.items()
            if (row.id != was) == again
        ]
        if values:
            tx.execute(queries.changes(t.watch, columns), values)


def _values(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


# ---- time ------------------------------------------------------------------------------------


def due(tx: Connection, now: datetime, limit: int) -> list[Row]:
    """Lock the rows whose time has come, the longest due first; those others have are left."""
    return [Row(*row) for row in tx.execute(_DUE, {"now": now, "limit": limit})]


def any_due(tx: Connection, now: datetime) -> bool:
    """Say whether the time of any row has come."""
    return tx.scalar(sa.select(_w.id).where(_w.due_at <= now).limit(1)) is not None


def open_watches(tx: Connection) -> list[str]:
    """Return the names of the watches that wait for anything, by steps through their index."""
    names: list[str] = []
    after = ""
    while True:
        later = sa.and_(_w.cleared_at.is_(None), _w.watch > after)
        found = tx.scalar(sa.select(_w.watch).where(later).order_by(_w.watch).limit(1))
        if found is None:
            return names
        names.append(found)
        after = found


def open_of(tx: Connection, watch: str, limit: int) -> list[Row]:
    """Lock rows of a watch that still wait."""
    query = _ROWS.where(_w.watch == watch, _w.cleared_at.is_(None)).order_by(_w.id).limit(limit)
    return [Row(*row) for row in tx.execute(query.with_for_update(skip_locked=True))]


def over_alerts(tx: Connection) -> list[str]:
    """Return the watches whose alert says they cannot tell, and that can tell everything by now."""
    waiting = sa.exists().where(_w.watch == _a.subject, _w.state == "cannot_tell",
                                _w.cleared_at.is_(None))  # fmt: skip
    query = sa.select(_a.subject).where(_a.state == "open", _a.kind == ALERT, ~waiting)
    return list(tx.scalars(query.order_by(_a.subject).limit(200)))


# ---- what was read ---------------------------------------------------------------------------


def polled(tx: Connection) -> Mapping[tuple[str, str], Polled]:
    """Return how far each polled stream was read."""
    rows = tx.execute(sa.select(_c.connection, _c.stream, _c.read_at, _c.moved_at))
    return {(row.connection, row.stream): Polled(row.read_at, row.moved_at) for row in rows}


#: In which ways a message is one that no record was made of.
_UNREAD = (
    _m.due_at.is_not(None),
    _m.lease_until.is_not(None),
    sa.and_(_m.wake_key.is_not(None), _m.record_id.is_(None)),
    sa.and_(sa.text("state = 'failed'"), _m.record_id.is_(None)),
)
_EARLIEST = [
    sa.select(sa.func.min(_m.received_at)).where(
        _m.connection == sa.bindparam("connection"), _m.stream == sa.bindparam("stream"), way
    )
    for way in _UNREAD
]


def earliest_unread(tx: Connection, connection: str, stream: str) -> datetime | None:
    """Return when the oldest message of a stream came that no record was made of; None: of all.

    What waits for approvals has its record; what failed or waits for a link has not.
    """
    of_stream = {"connection": connection, "stream": stream}
    found = [tx.scalar(query, of_stream) for query in _EARLIEST]
    return min((one for one in found if one is not None), default=None)


# ---- what was there before -------------------------------------------------------------------

#: Key of the row that keeps how far a watch has looked; no record names an empty one.
_OWN = ""
_LEARNED, _LEARNING = "learned", "learning"


def learned(tx: Connection) -> Mapping[str, Learned]:
    """Return how far each watch has looked."""
    rows = tx.execute(sa.select(_w.watch, _w.state, _w.reason).where(_w.key == _OWN))
    found = {}
    for watch, state, reason in rows:
        definition, _, after = (reason or "").partition(" ")
        found[watch] = Learned(definition, after, state == _LEARNED)
    return found


def note_learned(
    tx: Connection, watch: str, how: Learned, now: datetime, new_id: Callable[[], str]
) -> None:
    """Keep how far a watch has looked."""
    values = {"state": _LEARNED if how.done else _LEARNING, "cleared_at": now,
              "reason": f"{how.definition} {how.after}"}  # fmt: skip
    row = Row(new_id(), watch, _OWN, _LEARNING, cleared_at=now)
    insert_missing(tx, t.watch, [_values(row)])
    tx.execute(sa.update(t.watch).where(_w.key == _OWN, _w.watch == watch).values(values))


def forget(tx: Connection, names: Sequence[str]) -> None:
    """Forget how far these watches have looked, so that they look again."""
    if names:
        tx.execute(sa.delete(t.watch).where(_w.key == _OWN, _w.watch.in_(names)))


def records_after(tx: Connection, after: str, limit: int) -> Sequence[Any]:
    """Return records with the message of their newest revision, by id, from behind one."""
    r, v = t.record.c, t.record_revision.c
    query = (
        sa.select(r.id, r.kind, r.connection, r.revision, r.company, v.message_id)
        .join(t.record_revision, sa.and_(v.record_id == r.id, v.revision == r.revision))
        .where(r.id > after)
    )
    return tx.execute(query.order_by(r.id).limit(limit)).all()


# ---- for people ------------------------------------------------------------------------------


def find(tx: Connection, watch_id: str) -> Row | None:
    """Lock one row; None where there is none of that id."""
    found = tx.execute(_ROWS.where(_w.id == watch_id).with_for_update()).first()
    return Row(*found) if found is not None else None


def resolve(tx: Connection, given: str) -> Row | None:
    """Return a row by its id, the ending of it, or the key; None unless exactly one is meant.

    A key that several watches know means the one that still waits.
    """
    ending = given.strip().lower()
    if re.fullmatch(r"[0-9a-f]{32}", ending):
        return find(tx, ending)
    # keys are kept as NFKC has them
    key = unicodedata.normalize("NFKC", given).strip()
    named = sa.and_(_w.key == key, _w.key != _OWN)
    found = [Row(*row) for row in tx.execute(_ROWS.where(named).limit(50))]
    found = [one for one in found if one.open] or found
    if not found and re.fullmatch(r"[0-9a-f]{6,31}", ending):
        found = [Row(*row) for row in tx.execute(_ROWS.where(_w.id.like(f"%{ending}")).limit(2))]
    return found[0] if len(found) == 1 else None


def shown(tx: Connection, given: str) -> dict[str, Any] | None:
    """Return one row with what was told of it, by id, ending or key; None unless one is meant."""
    row = resolve(tx, given)
    if row is None:
        return None
    # causes begin with the row's id; told one by one, so that the unique index finds them
    causes = [f"watch:{row.id}:{step}" for step in range(max(0, row.step - _TOLD), row.step)]
    over = [f"watch:{row.id}:over:{step}" for step in range(min(row.step, _TOLD))]
    return {**_values(row), "told": notices.became(tx, [*causes, *over])}


def listed(
    tx: Connection, *, state: str | None = None, watch: str | None = None,
    key: str | None = None, before: str | None = None, limit: int = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return rows, the newest first; without a state, those that still wait.

    `before` is the id of the last row seen.
    """
    query = sa.select(t.watch, t.record.c.kind, t.record.c.number).outerjoin(
        t.record, t.record.c.id == _w.record_id
    )
    query = query.where(_w.key != _OWN)
    if state is not None:
        query = query.where(_w.state == state)
    elif key is None:
        query = query.where(_w.cleared_at.is_(None))
    for column, wanted in ((_w.watch, watch), (_w.key, key)):
        if wanted is not None:
            query = query.where(column == wanted)
    if before is not None:
        query = query.where(_w.id < before)
    rows = tx.execute(query.order_by(_w.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]
