"""A record as a gate sees it: its document, who decided about it, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.mapping.gate import Gate
from hub.mapping.route import Route
from hub.mapping.verdict import PERSON, Decided, Verdict, judge
from hub.people import People
from hub.store import records as stored
from hub.store.rows import Delivery


@dataclass(frozen=True, slots=True)
class Case:
    """One revision of a record before its gates."""

    #: Row of the record, locked.
    row: Any
    revision: int
    document: Mapping[str, Any]
    #: Everything decided about it that counts, in the order it was decided.
    approvals: Sequence[stored.Approved]
    #: Revisions whose releases count, too.
    like: frozenset[int] = frozenset()
    correlation_id: str | None = None

    def verdict(self, gate: Gate, people: People, now: datetime) -> Verdict:
        """Return what a gate says of it; nothing stops it where the gate is for other records."""
        if not gate.concerns(self.row.kind, self.row.connection):
            return Verdict("allow")
        return judge(gate, self.document, decided(people, self.approvals), people, now)


def trial(tx: Transaction, gate: Gate, people: People, record: Any, now: datetime) -> Verdict:
    """Return what a gate would say of the newest revision of a stored record."""
    document = document_of(tx, record.id, record.revision)
    known = [one for one in stored.approvals(tx, [record.id]) if one.revision == record.revision]
    return Case(record, record.revision, document, known).verdict(gate, people, now)


def document_of(tx: Transaction, record_id: str, revision: int) -> dict[str, Any]:
    """Return a stored revision as routes and gates see it."""
    (one,) = stored.whole(tx, {(record_id, revision)})
    return {**one.document, **one.standing, "revision": revision}


def as_data(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the reasons of a verdict as they are stored and answered."""
    deny = {"deny": True} if verdict.answer == "deny" else {}
    return [
        {**asdict(one), "fields": list(one.fields), "roles": list(one.roles), **deny}
        for one in verdict.reasons
    ]


def decided(people: People, approvals: Iterable[stored.Approved]) -> list[Decided]:
    """Return decisions with the persons of people.yaml in the place of their ids elsewhere."""
    return [
        Decided(
            one.level, person_named(people, one.connection, one.person), one.decision, one.role,
            one.auto_passed, one.decided_at or one.stored_at,
        )
        for one in approvals
    ]  # fmt: skip


def person_named(people: People, connection: str, name: str) -> str:
    """Return `person:ID` of whom a connection calls so; the name where nobody knows it.

    At the hub itself, the connection without a name, persons are called that already.
    """
    if not connection:
        return name
    known = people.known_as(connection, name)
    # a far end cannot make somebody a person of the hub by calling him so
    return f"{PERSON}{known.id}" if known is not None else name.removeprefix(PERSON)


def requester(people: People, row: Any) -> str | None:
    """Return `person:ID` of whose the record is: nobody lets pass what is his own.

    None where people.yaml does not know: a name at the source is kept with the record only.
    """
    known = people.known_as(row.connection, row.owner) if row.owner else None
    named = [one for one in people.persons.values() if one.name and one.name == row.owner]
    if known is None and len(named) == 1:
        known = named[0]
    return f"{PERSON}{known.id}" if known is not None else None


def like(
    route: Route | None, row: stored.Stored, rows: Iterable[Delivery],
    document_of: Callable[[int], Mapping[str, Any]],
) -> list[int]:  # fmt: skip
    """Return the revisions planned right before, one from the other by free changes only."""
    if route is None or not route.may_change or not row.planned:
        return []
    planned = {row.planned, *(one.revision for one in rows)}
    found: list[int] = []
    newer = document_of(row.revision)
    for number in sorted((one for one in planned if one < row.revision), reverse=True):
        older = document_of(number)
        changed = {name for name in {*older, *newer} if older.get(name) != newer.get(name)}
        if number in row.revoked or not changed <= set(route.may_change):
            break
        found.insert(0, number)
        newer = older
    return found
