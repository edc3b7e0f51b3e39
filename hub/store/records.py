"""Records, their revisions, approvals and revocations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import queries
from hub.store import tables as t
from hub.store.inserts import insert_missing

#: Identity of a record: kind, owning connection, its business number.
Key = tuple[str, str, str]


@dataclass(slots=True)
class Stored:
    """A record's row, locked; changed in memory and saved once."""

    id: str
    kind: str
    connection: str
    number: str
    company: str | None
    owner: str | None
    revision: int
    planned: int
    standing: dict[str, Any]
    changed_at: datetime
    #: Revision → (content hash, modified at), as far as loaded.
    hashes: dict[int, tuple[str, datetime | None]] = field(default_factory=dict)
    revoked: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Approved:
    """A decision of one person about one revision of a record."""

    id: str
    record_id: str
    revision: int
    level: str
    person: str
    decision: str
    decided_at: datetime | None
    role: str | None
    auto_passed: bool
    #: Where the person is called so; empty: at the hub itself.
    connection: str
    message_id: str
    stored_at: datetime
    #: Why, where somebody said so at the hub itself.
    words: str | None = None

    def order(self) -> tuple[datetime, str]:
        """Return what the decisions about a revision are ordered by: when they were made."""
        return self.decided_at or self.stored_at, self.id


_r, _v, _o = t.record.c, t.record_revision.c, t.revocation.c


def _list(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, expanding=True)


_ids = _list("ids")
#: Too many at times: SQLite has no index search for lists of pairs.
_NEAR = sa.select(_r.id, _r.kind, _r.connection, _r.number).where(
    _r.kind.in_(_list("kinds")),
    _r.connection.in_(_list("connections")),
    _r.number.in_(_list("numbers")),
)
_LOCKED = (
    sa.select(t.record)
    .where(_r.id.in_(_ids))
    .order_by(_r.kind, _r.connection, _r.number)
    .with_for_update()
)
_HISTORY = sa.select(_v.record_id, _v.revision, _v.content_hash, _v.modified_at).where(
    _v.record_id.in_(_ids)
)
_REVOKED = sa.select(_o.record_id, _o.revision).where(_o.record_id.in_(_ids))
_APPROVALS = sa.select(t.approval).where(t.approval.c.record_id.in_(_ids))
_WHOLE = (
    sa.select(_v.record_id, _v.revision, _v.document, _r.standing)
    .join(t.record, _r.id == _v.record_id)
    .where(_v.record_id.in_(_ids), _v.revision.in_(_list("revisions")))
)


def lock(tx: Connection, keys: Iterable[Key], now: datetime, new_id: Any) -> dict[Key, Stored]:
    """Lock the records of these keys in key order, making those that are new."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    insert_missing(
        tx,
        t.record,
        [
            {"id": new_id(), "kind": kind, "connection": connection, "number": number,
             "revision": 0, "planned": 0, "standing": {}, "changed_at": now}
            for kind, connection, number in wanted
        ],
    )  # fmt: skip
    kinds, connections, numbers = (sorted(set(part)) for part in zip(*wanted, strict=True))
    near = tx.execute(_NEAR, {"kinds": kinds, "connections": connections, "numbers": numbers})
    ids = [row.id for row in near if (row.kind, row.connection, row.number) in set(wanted)]
    rows = tx.execute(_LOCKED, {"ids": ids}).mappings()
    return _with_history(
        tx, {(row["kind"], row["connection"], row["number"]): Stored(**row) for row in rows}
    )


def lock_numbered(tx: Connection, kind: str, number: str) -> list[Stored]:
    """Lock the records of a kind and number, whatever connection owns them."""
    r = t.record.c
    rows = tx.execute(
        sa.select(t.record)
        .where(r.kind == kind, r.number == number)
        .order_by(r.connection)
        .with_for_update()
    ).mappings()
    found = {_key(row): Stored(**row) for row in rows}
    return list(_with_history(tx, found).values())


def _key(row: Any) -> Key:
    return row["kind"], row["connection"], row["number"]


def _with_history(tx: Connection, found: dict[Key, Stored]) -> dict[Key, Stored]:
    by_id = {one.id: one for one in found.values()}
    known = [one.id for one in found.values() if one.revision or one.standing]
    if known:
        for row in tx.execute(_HISTORY, {"ids": known}):
            by_id[row.record_id].hashes[row.revision] = (row.content_hash, row.modified_at)
    for record_id, revision in tx.execute(_REVOKED, {"ids": list(by_id)}):
        by_id[record_id].revoked.add(revision)
    return found


def save(tx: Connection, stored: Iterable[Stored]) -> None:
    """Write the rows back."""
    rows = [
        {"row": one.id, "new_revision": one.revision, "new_planned": one.planned,
         "new_standing": one.standing, "new_company": one.company,
         "new_owner": one.owner, "new_changed_at": one.changed_at}
        for one in stored
    ]  # fmt: skip
    if rows:
        names = ("revision", "planned", "standing", "company", "owner", "changed_at")
        tx.execute(queries.changes(t.record, names), rows)


def add_revisions(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append revisions."""
    if rows:
        tx.execute(sa.insert(t.record_revision), list(rows))


def whole(tx: Connection, wanted: Set[tuple[str, int]]) -> Iterable[Any]:
    """Return record id, revision, document and standing of at least these."""
    ids, revisions = (sorted(set(part)) for part in zip(*wanted, strict=True))
    return tx.execute(_WHOLE, {"ids": ids, "revisions": revisions})


def revision(tx: Connection, record_id: str, number: int) -> Any:
    """Return one revision's row, None when there is none."""
    v = t.record_revision.c
    return tx.execute(
        sa.select(t.record_revision).where(v.record_id == record_id, v.revision == number)
    ).first()


def add_approvals(tx: Connection, decisions: Sequence[Approved]) -> None:
    """Append decisions."""
    if decisions:
        # `dataclasses.asdict` copies deeply
        rows = [{name: getattr(one, name) for name in Approved.__slots__} for one in decisions]
        tx.execute(sa.insert(t.approval), rows)


def approvals(tx: Connection, record_ids: Sequence[str]) -> list[Approved]:
    """Return all decisions about these records, in the order they were made."""
    rows = tx.execute(_APPROVALS, {"ids": list(record_ids)}).mappings()
    found = [Approved(**row) for row in rows]
    return sorted(found, key=Approved.order)


def add_revocation(
    tx: Connection, record_id: str, number: int, message_id: str, now: datetime
) -> None:
    """Note that a revision no longer counts, even before it comes."""
    insert_missing(
        tx,
        t.revocation,
        [{"record_id": record_id, "revision": number, "message_id": message_id, "stored_at": now}],
    )
