"""What the demo sees of the hub: read from its store, as every other command does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.store import payloads, views
from hub.store.views import Row

#: States of messages and deliveries, and verdicts of read-backs, that will change by themselves.
_MOVING_MESSAGES = ("received", "fetching")
_MOVING = ("ready", "sending", "in_doubt", "accepted")
_READING = ("due", "reading")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is where at one moment."""

    #: State → how many messages.
    messages: Mapping[str, int]
    #: Connection → state → how many deliveries; `confirmed` and `differs` are counted beside.
    deliveries: Mapping[str, Mapping[str, int]]
    #: Entries of the ledger that are new since the picture before.
    entries: Sequence[Row]
    #: Id of a record or delivery → number of its record.
    numbers: Mapping[str, str]
    #: Id of a delivery → its connection.
    connections: Mapping[str, str]

    @property
    def moving(self) -> int:
        """Return how many messages and deliveries are still under way."""
        messages = sum(self.messages.get(state, 0) for state in _MOVING_MESSAGES)
        return messages + self._deliveries_in(_MOVING)

    @property
    def read_back(self) -> int:
        """Return how many deliveries are still to be read back."""
        return self._deliveries_in(_READING)

    def _deliveries_in(self, states: Sequence[str]) -> int:
        return sum(counts.get(state, 0) for counts in self.deliveries.values() for state in states)


def look(tx: Connection, after: int) -> Picture:
    """Return what is where; `after` is the last ledger entry seen before."""
    rows = views.deliveries(tx, limit=views.MOST)
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["connection"], Counter())[row["state"]] += 1
        if row["confirm"] is not None:
            counts[row["connection"]][row["confirm"]] += 1
    records = views.records(tx, limit=views.MOST)
    numbers = {row["id"]: row["number"] for row in (*rows, *records)}
    messages = views.overview(tx)["messages"]
    connections = {row["id"]: row["connection"] for row in rows}
    return Picture(messages, counts, views.sealed_entries(tx, after), numbers, connections)


@dataclass(frozen=True, slots=True)
class Books:
    """All the hub has written down, for the check at the end."""

    messages: int
    #: Hashes of webhooks, among those asked for, whose bodies are stored.
    stored: frozenset[str]
    #: Every delivery with its attempts and what it waits for.
    deliveries: Sequence[Row]
    #: Delivery id → document that was sent.
    documents: Mapping[str, Any]


def read_books(tx: Connection, bodies: Sequence[str]) -> Books:
    """Return the books; `bodies` are the hashes of the webhooks to look for."""
    listed = views.deliveries(tx, limit=views.MOST)
    rows = [views.delivery(tx, row["id"]) for row in listed]
    contents = payloads.get(tx, (row["payload"] for row in rows if row["payload"]))
    documents = {
        row["id"]: payloads.parse(contents[row["payload"]])
        for row in rows
        if row["payload"] in contents
    }
    stored = frozenset(payloads.get(tx, bodies))
    return Books(sum(views.overview(tx)["messages"].values()), stored, rows, documents)
