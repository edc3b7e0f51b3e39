"""The outbox of words to people: each queued with what causes it, sent later, told once.

A notice queued without a channel is for everybody it names; the sending stage gives it out to
their channels, one row each. `due_at` is also the lease of whoever sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.inserts import insert_missing, insert_new

_n = t.notice.c


@dataclass(frozen=True, slots=True)
class Notice:
    """One row."""

    id: str
    cause: str
    channel: str
    to: tuple[str, ...]
    kind: str
    facts: Mapping[str, Any]
    queued_at: datetime
    due_at: datetime
    tries: int


def queue(
    tx: Connection, cause: str, kind: str, facts: Mapping[str, Any], to: Sequence[str],
    now: datetime, new_id: Callable[[], str], channel: str = "", *, due_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Queue a notice; False when that cause was queued before, however it ended.

    `to` names persons and roles, `person:li.na` or `role:coo`; empty: all channels. `facts` hold
    codes, ids, names and counts, never personal text.
    """
    one = Notice(new_id(), cause, channel, tuple(to), kind, facts, now, due_at or now, 0)
    return insert_new(tx, t.notice, _values(one))


def queue_all(tx: Connection, some: Sequence[Notice]) -> None:
    """Queue notices as `queue` does, many with one statement."""
    if some:
        insert_missing(tx, t.notice, [_values(one) for one in some])


def _values(one: Notice) -> dict[str, Any]:
    return {
        "id": one.id, "cause": one.cause, "channel": one.channel, "to": list(one.to),
        "kind": one.kind, "facts": dict(one.facts), "state": "queued", "due_at": one.due_at,
        "tries": one.tries, "queued_at": one.queued_at,
    }  # fmt: skip


# ---- for the sending stage -------------------------------------------------------------------

_QUEUED = sa.and_(_n.state == "queued", _n.due_at.is_not(None))
#: In the words of the index `notice_unsent`, without which all would be read.
_UNSENT = sa.text("notice.state IN ('queued', 'failed')")


def next_due(tx: Connection) -> datetime | None:
    """Return when the next notice is due; None while none is queued."""
    return tx.scalar(sa.select(sa.func.min(_n.due_at)).where(_n.due_at.is_not(None)))


def to_give_out(tx: Connection, now: datetime, limit: int = 200) -> list[Notice]:
    """Return the due notices that no channel has yet, the oldest first, locked."""
    return _due(tx, now, _n.channel == "", limit)


def claim(tx: Connection, now: datetime, lease: timedelta, limit: int = 10) -> list[Notice]:
    """Return due notices of channels; until the lease ends nobody else sends them."""
    found = _due(tx, now, _n.channel != "", limit)
    if found:
        tx.execute(
            sa.update(t.notice)
            .where(_n.id.in_([one.id for one in found]))
            .values(due_at=now + lease, tries=_n.tries + 1)
        )
    return found


def _due(tx: Connection, now: datetime, which: sa.ColumnElement[bool], limit: int) -> list[Notice]:
    names = Notice.__dataclass_fields__
    query = sa.select(*(_n[name] for name in names)).where(_QUEUED, _n.due_at <= now, which)
    query = query.order_by(_n.due_at, _n.id).limit(limit).with_for_update(skip_locked=True)
    rows = tx.execute(query).mappings()
    return [Notice(**{**row, "to": tuple(row["to"])}) for row in rows]


def folded(tx: Connection, ids: Sequence[str], into: str, now: datetime) -> None:
    """Note that notices are told in another one, or by rows of their own for each channel."""
    _end(tx, ids, {"state": "folded", "words": into, "sent_at": now})


def sent(tx: Connection, notice_id: str, now: datetime, partly: str | None = None) -> None:
    """Note that a channel took a notice; `partly` is a code of those it refused."""
    _end(tx, [notice_id], {"state": "sent", "words": partly, "sent_at": now})


def failed(tx: Connection, notice_id: str, words: str) -> None:
    """Note that a channel would not take a notice for so long that nobody tries any more."""
    _end(tx, [notice_id], {"state": "failed", "words": words})


def _end(tx: Connection, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    still = sa.and_(_n.id.in_(ids), _n.state == "queued")
    tx.execute(sa.update(t.notice).where(still).values(due_at=None, **values))


def again(tx: Connection, notice_id: str, words: str, due_at: datetime) -> None:
    """Note what a channel said, and when it is tried again."""
    still = sa.and_(_n.id == notice_id, _n.state == "queued")
    tx.execute(sa.update(t.notice).where(still).values(words=words, due_at=due_at))


def put_off(tx: Connection, channel: str, now: datetime, due_at: datetime) -> None:
    """Leave a channel alone for a while: nothing more that is due goes there before a moment."""
    waits = sa.and_(_QUEUED, _n.due_at <= now, _n.channel == channel)
    tx.execute(sa.update(t.notice).where(waits).values(due_at=due_at))


def given_since(tx: Connection, since: datetime) -> Mapping[str, int]:
    """Return how many notices each channel was given since a moment, digests left out."""
    query = (
        sa.select(_n.channel, sa.func.count())
        .where(_n.queued_at > since, _n.channel != "", _n.kind != "digest")
        .group_by(_n.channel)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def queued_folding(tx: Connection, channel: str) -> sa.Row[Any] | None:
    """Return id and facts of the notice that tells a flood to a channel and is not sent yet."""
    query = sa.select(_n.id, _n.facts).where(
        _UNSENT, _QUEUED, _n.channel == channel, _n.kind == "flood", _n.tries == 0
    )
    return tx.execute(query.order_by(_n.id).limit(1).with_for_update()).first()


def told_more(tx: Connection, notice_id: str, facts: Mapping[str, Any]) -> None:
    """Replace what a queued notice tells."""
    tx.execute(sa.update(t.notice).where(_n.id == notice_id).values(facts=dict(facts)))


# ---- for people ------------------------------------------------------------------------------


def unsent(tx: Connection) -> list[dict[str, Any]]:
    """Return what channels have not taken: channel, state, count, tries, since when, last code."""
    late = sa.or_(_n.state == "failed", sa.and_(_QUEUED, _n.tries > 0))
    query = (
        sa.select(
            _n.channel, _n.state, sa.func.count().label("count"),
            sa.func.max(_n.tries).label("tries"), sa.func.min(_n.queued_at).label("since"),
            sa.func.max(_n.words).label("words"),
        )
        .where(_UNSENT, late)
        .group_by(_n.channel, _n.state)
        .order_by(_n.channel, _n.state)
    )  # fmt: skip
    return [dict(row) for row in tx.execute(query.limit(100)).mappings()]


_SHOWN = ("kind", "to", "state", "channel", "queued_at", "sent_at")


def became(tx: Connection, causes: Sequence[str]) -> list[dict[str, Any]]:
    """Return what became of the notices of these causes, at each channel they were given out to."""
    queued = _of_causes(tx, causes)
    # one given out names the channels that have one of their own
    given = {
        one["cause"]: [f"{one['cause']}@{channel}" for channel in one["words"].split(", ")]
        for one in queued
        if one["state"] == "folded" and one["words"]
    }
    copies = {
        one["cause"]: one
        for one in _of_causes(tx, [name for some in given.values() for name in some])
    }
    found = []
    for one in queued:
        here = [copies[cause] for cause in given.get(one["cause"], ()) if cause in copies]
        found += here or [one]
    return [{name: one[name] for name in _SHOWN} for one in found]


def _of_causes(tx: Connection, causes: Sequence[str]) -> list[dict[str, Any]]:
    query = sa.select(_n.cause, _n.words, *(_n[name] for name in _SHOWN))
    rows = tx.execute(query.where(_n.cause.in_(causes)).order_by(_n.id)).mappings()
    return [dict(row) for row in rows]
