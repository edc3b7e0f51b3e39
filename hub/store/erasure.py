"""Erasing personal text: where it may stand, finding it page by page, and putting less there.

The ledger is none of these places: it never holds personal text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import payloads
from hub.store import tables as t
from hub.store.rows import FINAL

#: Rows looked through, or changed, at a time.
PAGE = 200
#: Bytes of payloads looked through at a time, unless a single one has more.
_MOST_BYTES = 16 * 1024**2

#: What tells a row apart from others of its table.
Key: TypeAlias = tuple[Any, ...]
Row: TypeAlias = sa.RowMapping


@dataclass(frozen=True, slots=True)
class Place:
    """A table with columns that may hold what somebody is called, or said."""

    table: sa.Table[Any]
    keys: tuple[str, ...]
    #: Columns of words, and of documents.
    columns: tuple[str, ...]
    #: Column that tells the kind of record a document is of.
    schema: str | None = None
    #: Column of the record whose further way needs what stands here.
    record: str | None = None
    #: Column of the file that goes with what stands here; its bytes do not show it.
    file: str | None = None

    def key(self, row: Row) -> Key:
        """Return what tells a row apart."""
        return tuple(row[name] for name in self.keys)


PLACES = (
    Place(t.record, ("id",), ("owner", "standing"), "kind", "id"),
    Place(t.record_revision, ("record_id", "revision"), ("document",), "schema", "record_id"),
    Place(t.approval, ("id",), ("person", "words"), None, "record_id"),
    Place(t.message, ("id",), ("reason", "event")),
    Place(t.delivery, ("id",), ("words", "results", "progress")),
    Place(t.attempt, ("delivery_id", "fence", "started_at"), ("words",)),
    Place(t.link, ("id",), ("results",)),
    Place(t.hold, ("id",), ("reasons", "decision")),
    Place(t.decision, ("id",), ("reasons",)),
    Place(t.watch, ("id",), ("reason",)),
    Place(t.notice, ("id",), ("facts", "words")),
    Place(t.connection_state, ("connection",), ("pause_reason",)),
    Place(t.token, ("id",), ("label",)),
    Place(t.document, ("id",), ("words",), None, "record_id"),
    Place(t.document_copy, ("document_id", "copy"), ("recipient",), file="pdf"),
    Place(t.bound_file, ("sha256", "record_id"), ("name",), None, "record_id"),
    Place(t.reconcile_run, ("id",), ("reasons",)),
    Place(t.reconcile_side, ("run_id", "side"), ("reason",)),
    Place(t.finding, ("id",), ("original", "row", "note")),
    Place(t.finding_event, ("id",), ("words",)),
    Place(t.repair, ("id",), ("content", "words")),
    Place(t.sign_off, ("run_id", "role"), ("reason",)),
)


# ---- finding ---------------------------------------------------------------------------------


def holding(tx: Connection, place: Place, texts: Iterable[str], after: Key | None) -> Sequence[Row]:
    """Return the next rows, in the order of their keys, that may hold one of the texts.

    They may: the database does not tell upper from lower case everywhere, nor names of fields
    from what the fields say.
    """
    wanted = {form for text in texts for form in (text, _in_json(text))}
    c = place.table.c
    holds = [
        sa.cast(c[name], sa.Text).contains(text, autoescape=True)
        for name in place.columns
        for text in sorted(wanted)
    ]
    query = _rows(place).where(sa.or_(*holds))
    if after is not None:
        query = query.where(_keys(place) > _literal(place, after))
    return tx.execute(query.order_by(*_keys(place)).limit(PAGE)).mappings().all()


def _in_json(text: str) -> str:
    """Return a text as it stands inside a stored document."""
    return msgspec.json.encode(text).decode()[1:-1]


def _rows(place: Place) -> sa.Select[Any]:
    named = (*place.keys, *place.columns, place.schema, place.record, place.file)
    return sa.select(*(place.table.c[name] for name in dict.fromkeys(named) if name is not None))


def _keys(place: Place) -> Any:
    return sa.tuple_(*(place.table.c[name] for name in place.keys))


def _literal(place: Place, key: Key) -> Any:
    columns = (place.table.c[name] for name in place.keys)
    pairs = zip(columns, key, strict=True)
    return sa.tuple_(*(sa.literal(value, column.type) for column, value in pairs))


def contents(tx: Connection, after: str) -> Mapping[str, bytes]:
    """Return the bytes of the next payloads, by their addresses; empty where none is left."""
    p = t.payload.c
    query = sa.select(p.sha256, p.size).where(p.sha256 > after, p.content.is_not(None))
    rows = tx.execute(query.order_by(p.sha256).limit(PAGE)).all()
    sizes = itertools.accumulate(row.size for row in rows)
    many = sum(size <= _MOST_BYTES for size in sizes)
    shas = [row.sha256 for row in rows[: max(1, many)]]
    # one whose row is damaged holds nothing that anybody could read
    return {**dict.fromkeys(shas, b""), **payloads.get(tx, shas)}


def files_with(tx: Connection, shas: Iterable[str]) -> list[str]:
    """Return the files of documents with these contents; their bytes do not show them."""
    c, d = t.document_copy.c, t.document.c
    query = sa.select(c.pdf).join(t.document, d.id == c.document_id)
    return list(tx.scalars(query.where(d.content.in_(sorted(set(shas))))))


# ---- what is still needed --------------------------------------------------------------------


def needing_records(tx: Connection, record_ids: Iterable[str]) -> list[str]:
    """Return the deliveries and messages whose further way needs these records."""
    ids = sorted(set(record_ids))
    return _unfinished(tx, t.delivery.c.record_id.in_(ids), t.message.c.record_id.in_(ids))


def needing_payloads(tx: Connection, shas: Iterable[str]) -> list[str]:
    """Return the deliveries and messages whose further way needs these payloads."""
    wanted = sorted(set(shas))
    event: Any = sa.type_coerce(t.message.c.event, sa.JSON)
    brought = sa.or_(t.message.c.payload.in_(wanted), event["raw"].as_string().in_(wanted))
    return _unfinished(tx, t.delivery.c.payload.in_(wanted), brought)


def _unfinished(
    tx: Connection, deliveries: sa.ColumnElement[bool], messages: sa.ColumnElement[bool]
) -> list[str]:
    d, m = t.delivery.c, t.message.c
    open_ = sa.or_(d.state.not_in(sorted(FINAL)), d.confirm.in_(("due", "reading")))
    rows = sa.select(d.id).where(deliveries, open_).order_by(d.id).limit(PAGE)
    waits = m.state.in_(("received", "fetching", "waiting"))
    more = sa.select(m.id).where(messages, waits).order_by(m.id).limit(PAGE)
    found = [f"delivery {one}" for one in tx.scalars(rows)]
    return found + [f"message {one}" for one in tx.scalars(more)]


# ---- changing --------------------------------------------------------------------------------


def locked(tx: Connection, place: Place, keys: Sequence[Key]) -> Sequence[Row]:
    """Return the rows of these keys as they are now, locked."""
    query = _rows(place).where(sa.or_(*(_keys(place) == _literal(place, key) for key in keys)))
    return tx.execute(query.order_by(*_keys(place)).with_for_update()).mappings().all()


def lock_records(tx: Connection, record_ids: Iterable[str]) -> None:
    """Lock records, so that nothing is planned for them meanwhile."""
    r = t.record.c
    tx.execute(
        sa.select(r.id).where(r.id.in_(sorted(set(record_ids)))).order_by(
            r.kind, r.connection, r.number
        ).with_for_update()
    )  # fmt: skip


def rewrite(tx: Connection, place: Place, key: Key, values: Mapping[str, Any]) -> None:
    """Put other values into one row."""
    change = sa.update(place.table).where(_keys(place) == _literal(place, key))
    tx.execute(change.values(dict(values)))


def unerased(tx: Connection, shas: Iterable[str]) -> set[str]:
    """Return those of these payloads that have their content still."""
    p = t.payload.c
    there = sa.select(p.sha256).where(p.sha256.in_(sorted(shas)), p.content.is_not(None))
    return set(tx.scalars(there))


def erase_payloads(tx: Connection, shas: Iterable[str], now: datetime) -> set[str]:
    """Keep of payloads only that they were there; return those of which there was more."""
    p = t.payload.c
    change = sa.update(t.payload).where(p.sha256.in_(sorted(shas)), p.content.is_not(None))
    gone = change.values(content=None, erased_at=now).returning(p.sha256)
    return set(tx.scalars(gone))
