"""The story of a record as one line of time: what came, who agreed, what was sent, and its end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from hub.errors import APPLIED_OUTCOMES
from hub.store.views import Row

Tone: TypeAlias = Literal["good", "bad", "wait", "plain", "quiet"]

#: Kinds of entries that are told by what they are about.
_TOLD = frozenset(
    {
        "message.received", "record.revised", "record.approval", "delivery.attempted",
        "delivery.planned", "delivery.claimed",
    }
)  # fmt: skip
#: Kinds of entries that only repeat what the attempt before them said.
_REPEATED = frozenset({"delivery.delivered", "delivery.confirmed"})
_RANKS = {"message": 0, "revision": 1, "approval": 2, "attempt": 4, "entry": 5}
_GOOD = frozenset({*APPLIED_OUTCOMES, "confirmed", "accepted"})
_TONES: Mapping[str, Tone] = {
    "delivery.delivered": "good", "delivery.confirmed": "good", "delivery.dead": "bad",
    "delivery.differs": "bad", "record.waiting": "wait", "record.revoked": "bad",
    "delivery.parked": "wait", "message.parked": "wait",
}  # fmt: skip
_MESSAGE_TONES: Mapping[str, Tone] = {
    "routed": "plain", "ignored": "quiet", "failed": "bad", "waiting": "wait",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    at: datetime
    #: message, repeats, approval, revision, attempt, entry: how the page tells it.
    kind: str
    tone: Tone
    row: Row
    #: Delivery it belongs to.
    delivery: Row | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        """Return its place among events of the same moment: causes before what they caused."""
        planned = self.kind == "entry" and self.row["kind"].startswith("record.")
        return 3 if planned else _RANKS[self.kind]


def of(record: Row) -> list[Event]:
    """Return what happened, in the order it did; what one moment holds goes its natural way."""
    found = [
        *_messages(record), *_revisions(record), *_approvals(record),
        *_attempts(record), *_entries(record),
    ]  # fmt: skip
    return list(_folded(sorted(found, key=lambda event: (event.at, event.rank))))


def _folded(events: Iterable[Event]) -> Iterator[Event]:
    """Yield events; messages in a row that brought nothing new are one."""
    for reason, run in itertools.groupby(events, key=_nothing_new):
        first, *more = run
        if reason is None or not more:
            yield from (first, *more)
        else:
            yield replace(first, kind="repeats", facts={"count": 1 + len(more)})


def _nothing_new(event: Event) -> object:
    # events with something new are all different
    quiet = event.kind == "message" and event.tone == "quiet"
    return event.row["reason"] if quiet else None


def _messages(record: Row) -> Iterator[Event]:
    for row in record["messages"]:
        tone = _MESSAGE_TONES.get(row["state"], "plain")
        yield Event(row["received_at"], "message", tone, row)


def _revisions(record: Row) -> Iterator[Event]:
    for row in record["revisions"]:
        yield Event(row["stored_at"], "revision", "plain", row)


def _approvals(record: Row) -> Iterator[Event]:
    for row in record["approvals"]:
        tone: Tone = "good" if row["decision"] == "approved" else "bad"
        yield Event(row["decided_at"] or row["stored_at"], "approval", tone, row)


def _attempts(record: Row) -> Iterator[Event]:
    for delivery in record["deliveries"]:
        for row in delivery["attempts"]:
            tone: Tone = "good" if row["outcome"] in _GOOD else "bad"
            yield Event(row["ended_at"], "attempt", tone, row, delivery)


def _entries(record: Row) -> Iterator[Event]:
    deliveries = {row["id"]: row for row in record["deliveries"]}
    proven = {
        row["id"]
        for row in record["deliveries"]
        if any(attempt["outcome"] in _GOOD for attempt in row["attempts"])
    }
    for row in record["ledger"]:
        repeated = row["kind"] in _REPEATED and row["subject"] in proven
        if row["kind"] not in _TOLD and not repeated:
            delivery = deliveries.get(row["subject"])
            yield Event(row["at"], "entry", _tone(row["kind"]), row, delivery, row["facts"])


def _tone(kind: str) -> Tone:
    return "bad" if kind.startswith("todo.") else _TONES.get(kind, "plain")
