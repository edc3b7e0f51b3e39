"""Rows of documents and their copies. What happened to a document is told by the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import payloads, queries
from hub.store import tables as t
from hub.store.inserts import insert_new

#: Media type of the files.
PDF = "application/pdf"

_d, _c, _k = t.document.c, t.document_copy.c, t.document_check.c


@dataclass(slots=True)
class Document:
    """The number of one revision of a record; changed in memory and saved once."""

    id: str
    #: In canonical form.
    number: str
    record_id: str
    revision: int
    #: Name of the document file.
    name: str
    #: drawn, issued, superseded, revoked.
    state: str
    #: SHA-256 of the frozen content.
    content: str
    drawn_at: datetime
    correlation_id: str
    issued_at: datetime | None = None
    issued_by: str | None = None
    superseded_by: str | None = None
    ended_at: datetime | None = None
    #: Why a person revoked it.
    words: str | None = None

    @property
    def stands(self) -> bool:
        """Say whether it is in force."""
        return self.state == "issued"


@dataclass(frozen=True, slots=True)
class Copy:
    """The file of one recipient."""

    document_id: str
    copy: int
    role: str
    #: None once erased.
    recipient: str | None
    #: SHA-256 of the file.
    pdf: str
    size: int
    pages: int
    kid: str
    issued_at: datetime
    issued_by: str
    key: str | None = None


def _documents(rows: Iterable[Any]) -> list[Document]:
    return [Document(**row._mapping) for row in rows]


# ---- documents -------------------------------------------------------------------------------


_OF_RECORDS = (
    sa.select(t.document)
    .where(_d.record_id.in_(sa.bindparam("records", expanding=True)))
    .order_by(_d.record_id, _d.revision)
)
_LOCKED = _OF_RECORDS.with_for_update()


def of_records(
    tx: Connection, record_ids: Sequence[str], *, lock: bool = False
) -> dict[str, list[Document]]:
    """Return record id → its documents in the order of revisions, for records that have any.

    Their rows are locked if asked: a person may revoke one, or an old one be forgotten, meanwhile.
    """
    found: dict[str, list[Document]] = {}
    query = _LOCKED if lock else _OF_RECORDS
    for one in _documents(tx.execute(query, {"records": list(record_ids)})):
        found.setdefault(one.record_id, []).append(one)
    return found


def by_number(tx: Connection, number: str, *, lock: bool = False) -> Document | None:
    """Return the document of a canonical number, its row locked if asked; None without one."""
    query = sa.select(t.document).where(_d.number == number)
    rows = _documents(tx.execute(query.with_for_update() if lock else query))
    return rows[0] if rows else None


def add(tx: Connection, one: Document) -> bool:
    """Insert a drawn document; False where its number is taken, and nothing is written then."""
    return insert_new(tx, t.document, {name: getattr(one, name) for name in _NAMES})


_NAMES = tuple(Document.__slots__)
_CHANGED = tuple("state content issued_at issued_by superseded_by ended_at words".split())


def save(tx: Connection, documents: Iterable[Document]) -> None:
    """Write rows back."""
    rows = [
        {"row": one.id, **{f"new_{name}": getattr(one, name) for name in _CHANGED}}
        for one in documents
    ]
    if rows:
        tx.execute(queries.changes(t.document, _CHANGED), rows)


def drop(tx: Connection, ids: Iterable[str]) -> None:
    """Remove documents that were drawn and will never be issued."""
    wanted = sorted(ids)
    if wanted:
        tx.execute(sa.delete(t.document).where(_d.id.in_(wanted), _d.state == "drawn"))


def forget_drawn(tx: Connection, before: datetime, limit: int) -> int:
    """Remove documents drawn before a moment and never issued, oldest first; return how many."""
    old = sa.select(_d.id).where(_d.state == "drawn", _d.drawn_at < before)
    # one that is being decided about is locked
    old = old.order_by(_d.drawn_at).limit(limit).with_for_update(skip_locked=True)
    ids = tx.scalars(old).all()
    drop(tx, ids)
    return len(ids)


# ---- copies ----------------------------------------------------------------------------------


def copies(tx: Connection, document_ids: Iterable[str]) -> dict[str, list[Copy]]:
    """Return document id → its copies in order."""
    wanted = sorted(set(document_ids))
    query = sa.select(t.document_copy).where(_c.document_id.in_(wanted))
    found: dict[str, list[Copy]] = {one: [] for one in wanted}
    for row in tx.execute(query.order_by(_c.document_id, _c.copy)):
        found[row.document_id].append(Copy(**row._mapping))
    return found


def add_copies(tx: Connection, made: Sequence[Copy], files: Mapping[str, bytes]) -> None:
    """Insert copies, with the bytes of their files by hash."""
    if not made:
        return
    rows = [payloads.row_of(sha, files[sha], PDF, made[0].issued_at) for sha in files]
    payloads.put(tx, rows)
    tx.execute(
        sa.insert(t.document_copy),
        [{name: getattr(one, name) for name in Copy.__slots__} for one in made],
    )


def by_key(tx: Connection, key: str) -> Copy | None:
    """Return the copy somebody asked for under this key."""
    row = tx.execute(sa.select(t.document_copy).where(_c.key == key)).first()
    return Copy(**row._mapping) if row is not None else None


def by_id(tx: Connection, document_id: str) -> Document | None:
    """Return a document by its id."""
    rows = _documents(tx.execute(sa.select(t.document).where(_d.id == document_id)))
    return rows[0] if rows else None


def record_of(tx: Connection, record_id: str) -> tuple[str, str]:
    """Return kind and number of a document's record."""
    r = t.record.c
    row = tx.execute(sa.select(r.kind, r.number).where(r.id == record_id)).one()
    return row.kind, row.number


def by_pdf(tx: Connection, sha256: str) -> tuple[Document, Copy] | None:
    """Return the document and copy whose file has this hash."""
    row = tx.execute(sa.select(t.document_copy).where(_c.pdf == sha256).limit(1)).first()
    if row is None:
        return None
    document = by_id(tx, row.document_id)
    return (document, Copy(**row._mapping)) if document is not None else None


def pdf(tx: Connection, number: str, copy: int) -> bytes | None:
    """Return the file of a copy; None where there is none, or it was erased."""
    query = (
        sa.select(_c.pdf)
        .join(t.document, _d.id == _c.document_id)
        .where(_d.number == number, _c.copy == copy)
    )
    sha = tx.scalar(query)
    return payloads.get(tx, [sha]).get(sha) if sha else None


# ---- lists -----------------------------------------------------------------------------------


def listed(
    tx: Connection,
    *,
    record_number: str | None = None,
    record_id: str | None = None,
    state: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[Any]:
    """Return rows of documents that were issued, newest first, with their record's names.

    `after` is the id of the last row seen.
    """
    r = t.record.c
    query = (
        sa.select(t.document, r.kind, r.connection, r.number.label("record_number"), r.company,
                  r.owner)
        .join(t.record, r.id == _d.record_id)
        .where(_d.state == state if state else _d.state != "drawn")
    )  # fmt: skip
    if record_number is not None:
        query = query.where(r.number == record_number)
    if record_id is not None:
        query = query.where(_d.record_id == record_id)
    if after is not None:
        query = query.where(_d.id < after)
    return list(tx.execute(query.order_by(_d.id.desc()).limit(limit)))


# ---- checks ----------------------------------------------------------------------------------


def log_check(tx: Connection, row: Mapping[str, Any]) -> bool:
    """Note a check; False where its serial is taken."""
    return insert_new(tx, t.document_check, dict(row))


def checks(tx: Connection, number: str, limit: int = 50) -> list[Any]:
    """Return the checks of a document, newest first."""
    query = sa.select(t.document_check).where(_k.number == number)
    return list(tx.execute(query.order_by(_k.id.desc()).limit(limit)))


def forget_checks(tx: Connection, before: datetime, limit: int) -> int:
    """Remove checks made before a moment, oldest first; return how many."""
    old = sa.select(_k.id).where(_k.checked_at < before).order_by(_k.checked_at).limit(limit)
    return tx.execute(sa.delete(t.document_check).where(_k.id.in_(old))).rowcount


def keep(tx: Connection, content: bytes, now: datetime) -> str:
    """Store a frozen content; return its address, which is its hash."""
    row = payloads.row(content, payloads.JSON, now)
    payloads.put(tx, [row])
    return str(row["sha256"])
