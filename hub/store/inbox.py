"""The inbox: messages as received, deduplicated by (connection, external id)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import ledger, payloads, queries
from hub.store import tables as t
from hub.store.inserts import missing

#: Same id, same content.
DUPLICATE = "duplicate"
#: Same id, other content: kept out, and somebody is told.
CONFLICT = "conflict"
STORED = "stored"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event on its way into the inbox."""

    id: str
    connection: str
    stream: str
    external_id: str
    #: The item as JSON.
    item: bytes
    #: What the connector said of it: object_id, hint, echo, report.
    event: dict[str, Any]
    correlation_id: str
    received_at: datetime
    #: The request body as it came, where it differs from the item.
    raw: bytes | None = None
    media_type: str = payloads.JSON


_k = t.message_key.c
_HOLDERS = sa.select(_k.message_id).where(
    _k.connection.in_(sa.bindparam("connections", expanding=True)),
    _k.external_id.in_(sa.bindparam("external_ids", expanding=True)),
)


def store(tx: Connection, incoming: Sequence[Incoming]) -> list[str]:
    """Insert what was not seen before; return what became of each: stored, duplicate, conflict."""
    shas = [payloads.sha256(one.item) for one in incoming]
    fresh = _draw_keys(tx, incoming, shas)
    stored = [(one, sha) for one, sha in zip(incoming, shas, strict=True) if one.id in fresh]
    if stored:
        _insert(tx, stored)
    if len(stored) == len(incoming):
        return [STORED] * len(incoming)
    return _judge_seen(tx, incoming, shas, fresh)


def _draw_keys(tx: Connection, incoming: Sequence[Incoming], shas: Sequence[str]) -> set[str]:
    """Claim the dedupe keys; return the ids of the messages that got theirs."""
    rows = [
        {
            "connection": one.connection, "external_id": one.external_id, "sha256": sha,
            "message_id": one.id, "received_at": one.received_at,
        }
        for one, sha in zip(incoming, shas, strict=True)
    ]  # fmt: skip
    drawn = tx.execute(missing(tx.dialect.name, t.message_key), rows).rowcount
    ids = {one.id for one in incoming}
    if drawn == len(rows):
        return ids
    held = tx.scalars(
        _HOLDERS,
        {
            "connections": sorted({one.connection for one in incoming}),
            "external_ids": sorted({one.external_id for one in incoming}),
        },
    )
    return ids.intersection(held)


def _insert(tx: Connection, stored: Sequence[tuple[Incoming, str]]) -> None:
    events = {one.id: one.event for one, _ in stored}
    contents: list[dict[str, Any]] = []
    for one, sha in stored:
        contents.append(payloads.row_of(sha, one.item, payloads.JSON, one.received_at))
        if one.raw:
            raw = payloads.row(one.raw, one.media_type, one.received_at)
            contents.append(raw)
            events[one.id] = {**one.event, "raw": raw["sha256"]}
    payloads.put(tx, contents)
    tx.execute(
        sa.insert(t.message),
        [
            {
                "id": one.id, "connection": one.connection, "stream": one.stream,
                "external_id": one.external_id, "state": "received", "payload": sha,
                "event": events[one.id], "correlation_id": one.correlation_id,
                "received_at": one.received_at, "due_at": one.received_at, "fence": 0, "tries": 0,
            }
            for one, sha in stored
        ],
    )  # fmt: skip
    ledger.append(
        tx,
        [
            ledger.entry(
                one.id, one.received_at, "message.received", one.id,
                correlation_id=one.correlation_id,
                facts={"connection": one.connection, "stream": one.stream, "payload": sha},
            )
            for one, sha in stored
        ],
    )  # fmt: skip


def _judge_seen(
    tx: Connection, incoming: Sequence[Incoming], shas: Sequence[str], fresh: set[str]
) -> list[str]:
    k = t.message_key.c
    verdicts: list[str] = []
    for one, sha in zip(incoming, shas, strict=True):
        if one.id in fresh:
            verdicts.append(STORED)
            continue
        known = tx.execute(
            sa.select(k.sha256, k.message_id).where(
                k.connection == one.connection, k.external_id == one.external_id
            )
        ).one()
        if known.sha256 == sha:
            verdicts.append(DUPLICATE)
            continue
        verdicts.append(CONFLICT)
        note = ledger.entry(
            one.id, one.received_at, "todo.message_conflict", known.message_id,
            facts={"connection": one.connection, "other_payload": sha},
        )  # fmt: skip
        payloads.put(tx, [payloads.row(one.item, payloads.JSON, one.received_at)])
        ledger.append(tx, [note])
    return verdicts


@dataclass(frozen=True, slots=True)
class Message:
    """A message a stage has claimed."""

    id: str
    connection: str
    stream: str
    external_id: str
    payload: str
    event: dict[str, Any]
    correlation_id: str
    received_at: datetime
    fence: int
    tries: int
    #: The revision it was taken in as before; None: it never was.
    revision: int | None = None


_m = t.message.c
_DUE = (
    sa.select(_m.id)
    .where(_m.due_at <= sa.bindparam("now"))
    .order_by(_m.due_at, _m.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    sa.update(t.message)
    .where(_m.id.in_(_DUE.scalar_subquery()))
    .values(
        due_at=None, lease_until=sa.bindparam("until"), fence=_m.fence + 1, tries=_m.tries + 1
    )
    .returning(
        _m.id, _m.connection, _m.stream, _m.external_id, _m.payload, _m.event,
        _m.correlation_id, _m.received_at, _m.fence, _m.tries, _m.revision,
    )
)  # fmt: skip
_LEASED = (
    sa.select(_m.id, _m.fence)
    .where(_m.id.in_(sa.bindparam("ids", expanding=True)), _m.lease_until.is_not(None))
    .order_by(_m.id)
    .with_for_update()
)
_GIVE_BACK = (
    sa.update(t.message)
    .where(
        _m.id == sa.bindparam("given"),
        _m.fence == sa.bindparam("held"),
        _m.lease_until.is_not(None),
    )
    .values(lease_until=None, due_at=sa.bindparam("now"), fence=_m.fence + 1)
)
# only a message that waits has a wake key
_WAITING = sa.update(t.message).where(_m.wake_key.in_(sa.bindparam("keys", expanding=True)))
_WAKE = _WAITING.values(state="received", wake_key=None, due_at=sa.bindparam("now"))
_RELEASE = _WAITING.values(
    state=sa.bindparam("ended"), reason=sa.bindparam("why"), wake_key=None, due_at=None,
    finished_at=sa.bindparam("now"),
)  # fmt: skip


def claim(tx: Connection, now: datetime, limit: int, lease: timedelta) -> list[Message]:
    """Lease the oldest messages that are due."""
    rows = tx.execute(_CLAIM, {"now": now, "limit": limit, "until": now + lease})
    return sorted((Message(*row) for row in rows), key=lambda one: one.id)


def still_ours(tx: Connection, messages: Sequence[Message]) -> set[str]:
    """Lock these messages and return the ids of those nobody else has taken over since."""
    fences = {one.id: one.fence for one in messages}
    rows = tx.execute(_LEASED, {"ids": list(fences)})
    return {one for one, fence in rows if fences[one] == fence}


def keep(tx: Connection, revisions: Mapping[str, int], until: datetime) -> None:
    """Lease messages that are ours for longer, and note as which revisions they were taken in."""
    rows = [
        {"row": one, "new_revision": revision, "new_lease_until": until}
        for one, revision in sorted(revisions.items())
    ]
    if rows:
        tx.execute(queries.changes(t.message, ("revision", "lease_until")), rows)


def settle(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Move claimed messages to their new states; each row names `message` and all that changes."""
    if rows:
        names = tuple(name for name in rows[0] if name != "message")
        changes = [
            {"row": row["message"], **{f"new_{name}": row[name] for name in names}} for row in rows
        ]
        unleased = queries.changes(t.message, (*names, "lease_until"))
        tx.execute(unleased, [{**one, "new_lease_until": None} for one in changes])


def wake(tx: Connection, keys: Iterable[str], now: datetime) -> int:
    """Take up again every message that waits for one of these keys; return how many."""
    wanted = sorted(set(keys))
    if not wanted:
        return 0
    return tx.execute(_WAKE, {"keys": wanted, "now": now}).rowcount


def release(tx: Connection, keys: Iterable[str], state: str, reason: str, now: datetime) -> None:
    """End every message that waits for one of these keys."""
    tx.execute(_RELEASE, {"keys": sorted(set(keys)), "ended": state, "why": reason, "now": now})


def reap(tx: Connection, now: datetime) -> int:
    """Take up again every message whose worker did not come back; return how many."""
    m = t.message.c
    done = tx.execute(
        sa.update(t.message)
        .where(m.lease_until <= now)
        .values(lease_until=None, due_at=now, fence=m.fence + 1)
    )
    return done.rowcount


def give_back(tx: Connection, messages: Sequence[Message], now: datetime) -> None:
    """Let what this worker leased and could not finish be taken up again at once."""
    tx.execute(_GIVE_BACK, [{"given": one.id, "held": one.fence, "now": now} for one in messages])


def reap_all(tx: Connection, now: datetime) -> None:
    """Take up again every leased message: only where no other worker lives."""
    m = t.message.c
    tx.execute(
        sa.update(t.message)
        .where(m.lease_until.is_not(None))
        .values(lease_until=None, due_at=now, fence=m.fence + 1)
    )
