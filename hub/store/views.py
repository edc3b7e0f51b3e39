"""What a person looks at: read queries over the whole store, every one bounded and ordered.

Rows come as dictionaries under the names of their columns. Nothing here changes anything.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.errors import HubError
from hub.store import tables as t
from hub.store.links import WAKE_KEY

Row: TypeAlias = dict[str, Any]
What: TypeAlias = Literal["message", "delivery", "record", "hold", "watch", "document"]

#: The most rows a listing gives.
MOST = 1000
#: Rows of one kind that the story of one record tells.
_TOLD = 500
#: A person quotes at least so many characters of an id.
SHORTEST_ENDING = 6

_LISTED_MESSAGE = (
    *("id", "connection", "stream", "external_id", "state", "reason"),
    *("record_id", "revision", "correlation_id", "tries", "received_at", "finished_at"),
)
_LISTED_DELIVERY = (
    *("id", "route", "step", "connection", "operation", "revision", "state", "reason", "words"),
    *("confirm", "external_id", "tries", "due_at", "created_at", "finished_at"),
)


#: What a person names by its id.
_IDENTIFIED: Mapping[str, Any] = {"message": t.message, "delivery": t.delivery, "hold": t.hold}


class NotFound(HubError):
    """Nothing of that name or id is in the store, or several things are."""

    def __init__(self, what: What, given: str, near: Sequence[str] = ()) -> None:
        self.what = what
        self.given = given
        #: The ids or numbers that come near, best first.
        self.near = tuple(near)
        group = "gate" if what == "hold" else what
        hint = f" Near it: {', '.join(near)}." if near else f" Run `hub {group} list`."
        super().__init__(f"There is not one {what} {given!r}.{hint}")


def resolve_id(tx: Connection, what: Literal["message", "delivery", "hold"], given: str) -> str:
    """Return the full id of a message, delivery or hold, given whole or by its unique ending.

    Raises `NotFound`, with the candidates where several ids end so.
    """
    ending = given.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_ENDING},32}}", ending):
        raise NotFound(what, given)
    column: sa.ColumnElement[str] = _IDENTIFIED[what].c.id
    condition = column == ending if len(ending) == 32 else column.like(f"%{ending}")
    found = tx.scalars(sa.select(column).where(condition).order_by(column.desc()).limit(6)).all()
    if len(found) != 1:
        raise NotFound(what, given, found)
    return found[0]


# ---- messages and deliveries -----------------------------------------------------------------


def messages(
    tx: Connection, *, state: str | None = None, connection: str | None = None, limit: int = 50
) -> list[Row]:
    """Return messages, the newest first."""
    m = t.message.c
    query = sa.select(*(m[name] for name in _LISTED_MESSAGE))
    query = _where(query, {m.state: state, m.connection: connection})
    return _rows(tx, query.order_by(m.id.desc()).limit(min(limit, MOST)))


def message(tx: Connection, message_id: str) -> Row:
    """Return all of one message."""
    return _one(tx, sa.select(t.message).where(t.message.c.id == message_id), "message", message_id)


def deliveries(
    tx: Connection,
    *,
    state: str | None = None,
    connection: str | None = None,
    number: str | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return deliveries with their record's kind and number, the newest first."""
    d, r = t.delivery.c, t.record.c
    query = sa.select(
        *(d[name] for name in _LISTED_DELIVERY), r.kind.label("kind"), r.number.label("number")
    ).outerjoin_from(t.delivery, t.record, d.record_id == r.id)
    query = _where(query, {d.state: state, d.connection: connection, r.number: number})
    return _rows(tx, query.order_by(d.id.desc()).limit(min(limit, MOST)))


def delivery(tx: Connection, delivery_id: str) -> Row:
    """Return all of one delivery, with its record's number, its waits and its attempts."""
    query = sa.select(t.delivery).where(t.delivery.c.id == delivery_id)
    row = _one(tx, query, "delivery", delivery_id)
    r = t.record.c
    record = tx.execute(sa.select(r.kind, r.number).where(r.id == row["record_id"])).first()
    row["kind"], row["number"] = (record.kind, record.number) if record else (None, None)
    return _with_attempts(tx, [row])[0]


def _with_attempts(tx: Connection, rows: Sequence[Row]) -> list[Row]:
    """Add to each delivery what it waits for and every attempt at it."""
    ids = [row["id"] for row in rows]
    a, w, k = t.attempt.c, t.delivery_wait.c, t.link.c
    attempts = sa.select(t.attempt).where(a.delivery_id.in_(ids))
    of_link = sa.and_(w.kind == "link", k.id == w.on_id)
    waits = sa.select(
        t.delivery_wait, k.connection, k.kind.label("of"), k.handle, k.external_id
    )  # fmt: skip
    waits = waits.outerjoin_from(t.delivery_wait, t.link, of_link).where(w.delivery_id.in_(ids))
    waits = waits.order_by(w.delivery_id, w.kind, w.on_id).limit(_TOLD * 10)
    by_id: dict[str, Row] = {row["id"]: {**row, "waits_for": [], "attempts": []} for row in rows}
    for attempt in _latest(tx, attempts, _TOLD * 10, a.delivery_id, a.fence, a.started_at):
        by_id[attempt.pop("delivery_id")]["attempts"].append(attempt)
    for wait in _rows(tx, waits):
        of = {name: wait.pop(name) for name in ("connection", "of", "handle", "external_id")}
        if wait["kind"] == "link":
            wait["link"] = {
                "connection": of["connection"],
                "kind": of["of"],
                **_named(of["handle"], of["external_id"]),
            }
        by_id[wait.pop("delivery_id")]["waits_for"].append(wait)
    return list(by_id.values())


# ---- records and their stories ---------------------------------------------------------------


def records(
    tx: Connection, *, kind: str | None = None, connection: str | None = None, limit: int = 50
) -> list[Row]:
    """Return records, the last changed first."""
    r = t.record.c
    query = _where(sa.select(t.record), {r.kind: kind, r.connection: connection})
    return _rows(tx, query.order_by(r.changed_at.desc(), r.id.desc()).limit(min(limit, MOST)))


def records_numbered(tx: Connection, number: str) -> list[Row]:
    """Return the records of a number, of every kind and connection.

    Raises `NotFound` with the nearest numbers where there is none.
    """
    r = t.record.c
    found = _rows(
        tx,
        sa.select(t.record).where(r.number == number).order_by(r.kind, r.connection).limit(20),
    )
    if not found:
        raise NotFound("record", number, _nearest(tx, number))
    return found


def record_of(tx: Connection, record_id: str | None) -> Row | None:
    """Return a record; None where there is none of that id."""
    row = tx.execute(sa.select(t.record).where(t.record.c.id == record_id)).mappings().first()
    return None if row is None else dict(row)


def _nearest(tx: Connection, number: str) -> list[str]:
    """Return up to five numbers a person may have meant: those that hold it, and look-alikes."""
    r = t.record.c
    holding = sa.select(r.number).where(r.number.icontains(number, autoescape=True))
    found = list(tx.scalars(holding.distinct().order_by(r.number).limit(5)))
    latest = tx.scalars(
        sa.select(r.number).order_by(r.changed_at.desc(), r.id.desc()).limit(5000)
    ).all()
    found += difflib.get_close_matches(number, latest, 5, 0.6)
    return list(dict.fromkeys(found))[:5]


def records_linked(tx: Connection, connections: Sequence[str], external_id: str) -> list[Row]:
    """Return the records that one of these connections knows by this id of its own."""
    k, r = t.link.c, t.record.c
    query = sa.select(t.record).join_from(t.record, t.link, k.record_id == r.id)
    query = query.where(k.connection.in_(sorted(connections)), k.external_id == external_id)
    return _rows(tx, query.distinct().order_by(r.id).limit(20))


def story(tx: Connection, record: Row) -> Row:
    """Return one record with all that is known of it, the latest 500 rows of each kind.

    `revisions`, `approvals`, `revocations`, `deliveries` (with `attempts` and `waits_for`),
    `messages`, `links`, `documents` (with `copies`) and `ledger`, each in the order it happened.
    """
    d = t.delivery.c
    of_record = sa.select(t.delivery).where(d.record_id == record["id"])
    told = {
        "revisions": _of_record(tx, t.record_revision, record, t.record_revision.c.revision),
        "approvals": _of_record(tx, t.approval, record, t.approval.c.id),
        "revocations": _of_record(tx, t.revocation, record, t.revocation.c.revision),
        "deliveries": _with_attempts(tx, _latest(tx, of_record, _TOLD, d.id)),
        "links": _of_record(tx, t.link, record, t.link.c.id),
        "documents": _documents_of(tx, record),
    }
    told["messages"] = _messages_of(tx, record, told)
    return {**record, **told, "ledger": _ledger_of(tx, record, told)}


def _of_record(tx: Connection, table: Any, record: Row, order: Any) -> list[Row]:
    query = sa.select(table).where(table.c.record_id == record["id"])
    return _latest(tx, query, _TOLD, order)


def _messages_of(tx: Connection, record: Row, told: Mapping[str, list[Row]]) -> list[Row]:
    m = t.message.c
    sources = ("revisions", "approvals", "revocations", "deliveries")
    ids = sorted({row["message_id"] for name in sources for row in told[name]})
    query = sa.select(*(m[name] for name in _LISTED_MESSAGE), m.payload)
    query = query.where(sa.or_(m.record_id == record["id"], m.id.in_(ids)))
    return _latest(tx, query, _TOLD, m.received_at, m.id)


def _documents_of(tx: Connection, record: Row) -> list[Row]:
    d, c = t.document.c, t.document_copy.c
    query = sa.select(t.document).where(d.record_id == record["id"], d.state != "drawn")
    found = _latest(tx, query, _TOLD, d.revision)
    wanted = sa.select(t.document_copy).where(c.document_id.in_([one["id"] for one in found]))
    copies = _latest(tx, wanted, _TOLD, c.document_id, c.copy) if found else []
    return [
        {**one, "copies": [copy for copy in copies if copy["document_id"] == one["id"]]}
        for one in found
    ]


def _ledger_of(tx: Connection, record: Row, told: Mapping[str, list[Row]]) -> list[Row]:
    c = t.ledger.c
    rows = [*told["messages"], *told["deliveries"]]
    subjects = [record["id"], *(row["id"] for row in rows)]
    subjects += [row["number"] for row in told["documents"]]
    correlated = sorted({row["correlation_id"] for row in rows})
    query = sa.select(t.ledger).where(
        sa.or_(c.correlation_id.in_(correlated), c.subject.in_(subjects))
    )
    return _latest(tx, query, _TOLD * 4, c.at, c.id)


# ---- links, ledger ---------------------------------------------------------------------------


def links(
    tx: Connection,
    *,
    connection: str | None = None,
    kind: str | None = None,
    handle: str | None = None,
    limit: int = 50,
) -> list[Row]:
    """Return links, the last changed first."""
    k = t.link.c
    query = _where(sa.select(t.link), {k.connection: connection, k.kind: kind, k.handle: handle})
    return _rows(tx, query.order_by(k.changed_at.desc(), k.id.desc()).limit(min(limit, MOST)))


def wanted_links(tx: Connection, limit: int = 20) -> list[Row]:
    """Return the links that deliveries and messages wait for, those first that most wait for.

    Each with our handle, or with their id where our handle is what is missing.
    """
    w, m, k, count = t.delivery_wait.c, t.message.c, t.link.c, sa.func.count()
    beside = sa.func.substr(m.wake_key, len(WAKE_KEY) + 1)
    waiting = sa.union_all(
        # written out, not bound: only so does the database see that its index serves this
        sa.select(w.on_id).where(w.kind == sa.literal("link", literal_execute=True)),
        sa.select(beside).where(m.wake_key.like(f"{WAKE_KEY}%")),
    ).subquery()
    unnamed = sa.case((k.handle == "", k.external_id)).label("external_id")
    names = (k.connection, k.kind, k.handle, unnamed)
    query = sa.select(*names, count.label("count"))
    query = query.join_from(waiting, t.link, waiting.c.on_id == k.id).group_by(*names)
    rows = _rows(tx, query.order_by(count.desc(), *names).limit(limit))
    return [{**row, **_named(row["handle"], row["external_id"])} for row in rows]


def _named(handle: str | None, external_id: str | None) -> Row:
    """Return what is known of a link that somebody waits for: one of the two."""
    return {"handle": handle or None, "external_id": None if handle else external_id}


def ledger_entries(tx: Connection, kind: str | None, since: datetime, limit: int) -> list[Row]:
    """Return ledger entries since a moment, the newest first.

    `kind` is a whole kind, such as `delivery.dead`, or what stands before its dot.
    """
    c = t.ledger.c
    query = sa.select(t.ledger).where(c.at >= since)
    if kind is not None:
        query = query.where(c.kind == kind if "." in kind else _of_group(kind))
    return _rows(tx, query.order_by(c.id.desc()).limit(min(limit, MOST)))


def _of_group(group: str) -> sa.ColumnElement[bool]:
    # written out, not bound: only so does the database see that the index of todos serves it
    return t.ledger.c.kind.like(sa.literal(f"{group}.%", literal_execute=True))


def todos(tx: Connection, since: datetime) -> dict[str, int]:
    """Return how often the ledger noted something for a person since a moment, by what it is."""
    c = t.ledger.c
    query = sa.select(c.kind, sa.func.count()).where(_of_group("todo"), c.at >= since)
    return {
        kind.removeprefix("todo."): count
        for kind, count in tx.execute(query.group_by(c.kind).order_by(c.kind))
    }


def sealed_entries(tx: Connection, after: int, limit: int = MOST) -> list[Row]:
    """Return sealed ledger entries after a sequence number, in the order of the chain."""
    c = t.ledger.c
    return _rows(tx, sa.select(t.ledger).where(c.seq > after).order_by(c.seq).limit(limit))


# ---- the hub as a whole ----------------------------------------------------------------------


def overview(tx: Connection) -> Row:
    """Return how many rows are in which state, and what is known of workers and cursors."""
    d, unsealed = t.delivery.c, t.ledger.c.seq.is_(None)
    return {
        "messages": _counts(tx, t.message.c.state),
        "deliveries": _counts(tx, d.state),
        "read_back": _counts(tx, d.confirm),
        "unsealed": tx.scalar(sa.select(sa.func.count()).select_from(t.ledger).where(unsealed)),
        "oldest_due": _oldest_due(tx),
        "wanted_links": wanted_links(tx),
        "workers": _rows(tx, sa.select(t.worker).order_by(t.worker.c.seen_at.desc()).limit(64)),
        "cursors": cursors(tx),
    }


def cursors(tx: Connection) -> list[Row]:
    """Return where polling has got to, by connection and stream."""
    c = t.cursor.c
    return _rows(tx, sa.select(t.cursor).order_by(c.connection, c.stream).limit(MOST))


def _counts(tx: Connection, column: Any) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column)
    return dict(sorted((str(name), count) for name, count in tx.execute(query)))


def _oldest_due(tx: Connection) -> datetime | None:
    moments = [
        tx.scalar(sa.select(sa.func.min(table.c.due_at)).where(table.c.due_at.is_not(None)))
        for table in (t.message, t.delivery)
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def database_time(tx: Connection) -> datetime | None:
    """Return what time a database server has; None for SQLite, which has no clock of its own."""
    if tx.dialect.name != "postgresql":
        return None
    now: datetime = tx.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return now


# ---- small parts -----------------------------------------------------------------------------


def _where(query: Any, wanted: Mapping[Any, str | None]) -> Any:
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    return query


def _rows(tx: Connection, query: Any) -> list[Row]:
    return [dict(row) for row in tx.execute(query).mappings()]


def _latest(tx: Connection, query: Any, most: int, *order: Any) -> list[Row]:
    """Return the last rows in an order, in that order."""
    return _rows(tx, query.order_by(*(one.desc() for one in order)).limit(most))[::-1]


def _one(tx: Connection, query: Any, what: What, given: str) -> Row:
    row = tx.execute(query).mappings().first()
    if row is None:
        raise NotFound(what, given)
    return dict(row)
