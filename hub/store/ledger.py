"""The ledger: append-only facts in one hash chain.

Stages append entries with a hash of their own; one sealer gives each its place and chains it.
A chain inside every transaction would serialise them all. What is not yet sealed is named by
`verify`, never hidden.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.records.base import digest
from hub.store import singletons
from hub.store import tables as t

#: What the first entry is chained to.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact: who did what to what, when."""

    id: str
    at: datetime
    kind: str
    actor: str
    subject: str
    correlation_id: str | None
    facts: Mapping[str, Any]
    hash: str


def entry(
    entry_id: str,
    at: datetime,
    kind: str,
    subject: str,
    *,
    actor: str = "system",
    correlation_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """Return an entry with its own hash."""
    kept = {name: value for name, value in (facts or {}).items() if value is not None}
    return Entry(
        entry_id, at, kind, actor, subject, correlation_id, kept,
        _own_hash(entry_id, at, kind, actor, subject, correlation_id, kept),
    )  # fmt: skip


def _own_hash(
    entry_id: str,
    at: datetime,
    kind: str,
    actor: str,
    subject: str,
    correlation_id: str | None,
    facts: Mapping[str, Any],
) -> str:
    return digest([entry_id, at, kind, actor, subject, correlation_id, facts])


def append(tx: Connection, entries: Sequence[Entry]) -> None:
    """Append entries; they are sealed later."""
    if entries:
        tx.execute(
            sa.insert(t.ledger),
            [
                {
                    "id": one.id, "at": one.at, "kind": one.kind, "actor": one.actor,
                    "subject": one.subject, "correlation_id": one.correlation_id,
                    "facts": dict(one.facts), "hash": one.hash,
                }
                for one in entries
            ],
        )  # fmt: skip


def seal(tx: Connection, limit: int = 2000) -> int:
    """Give up to `limit` unsealed entries their place in the chain; return how many."""
    singletons.lock(tx, "seal")
    c = t.ledger.c
    last = tx.execute(
        sa.select(c.seq, c.chain).where(c.seq.is_not(None)).order_by(c.seq.desc()).limit(1)
    ).first()
    seq, chain = (last.seq, last.chain) if last else (0, GENESIS)
    unsealed = tx.execute(
        sa.select(c.id, c.hash).where(c.seq.is_(None)).order_by(c.id).limit(limit).with_for_update()
    ).all()
    places: list[dict[str, Any]] = []
    for row in unsealed:
        seq += 1
        chain = _chained(chain, seq, row.hash)
        places.append({"entry": row.id, "place": seq, "link": chain})
    if places:
        tx.execute(
            sa.update(t.ledger)
            .where(c.id == sa.bindparam("entry"))
            .values(seq=sa.bindparam("place"), chain=sa.bindparam("link")),
            places,
        )
    return len(places)


def _chained(previous: str, seq: int, own: str) -> str:
    return hashlib.sha256(f"{previous}:{seq}:{own}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole chain found."""

    #: Entries in the chain.
    sealed: int
    #: Entries that have no place yet.
    unsealed: int
    #: What does not fit: sequence number and what is wrong with it.
    broken: Sequence[tuple[int, str]]
    #: Hash of the last entry; note it down elsewhere to prove that nothing was cut off.
    head: str


def verify(tx: Connection, batch: int = 5000) -> Verdict:
    """Recompute every hash of the chain."""
    broken: list[tuple[int, str]] = []
    expected, chain = 0, GENESIS
    for row in _sealed(tx, batch):
        expected += 1
        if row.seq != expected:
            broken.append((row.seq, f"entry {expected} is missing"))
            expected = row.seq
        if not unchanged(row):
            broken.append((row.seq, f"the {row.kind} entry about {row.subject} was changed"))
        if _chained(chain, row.seq, row.hash) != row.chain:
            broken.append((row.seq, "it does not follow from the entry before"))
        chain = row.chain
    unsealed = tx.scalar(
        sa.select(sa.func.count()).select_from(t.ledger).where(t.ledger.c.seq.is_(None))
    )
    return Verdict(expected, unsealed or 0, broken, chain)


def _sealed(tx: Connection, batch: int) -> Iterator[Any]:
    c = t.ledger.c
    after = 0
    while True:
        rows = tx.execute(
            sa.select(t.ledger).where(c.seq > after).order_by(c.seq).limit(batch)
        ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].seq


def last(tx: Connection, kind: str, subject: str) -> Any:
    """Return the newest entry of a kind about a subject; None where there is none."""
    c = t.ledger.c
    query = sa.select(t.ledger).where(c.subject == subject, c.kind == kind)
    return tx.execute(query.order_by(c.id.desc()).limit(1)).first()


def about(tx: Connection, subject: str, kinds: str, limit: int = 1000) -> Sequence[Any]:
    """Return the entries about a subject whose kinds begin so, in the order they happened."""
    c = t.ledger.c
    query = sa.select(t.ledger).where(c.subject == subject, c.kind.startswith(kinds))
    return tx.execute(query.order_by(c.id).limit(limit)).all()


def unchanged(row: Any) -> bool:
    """Say whether an entry is still what it was when it was written, by its own hash."""
    return bool(
        row.hash
        == _own_hash(
            row.id, row.at, row.kind, row.actor, row.subject, row.correlation_id, row.facts
        )
    )


def story(tx: Connection, correlation_ids: Sequence[str], limit: int = 2000) -> Sequence[Any]:
    """Return all entries of the given correlation ids, in the order they happened."""
    c = t.ledger.c
    return tx.execute(
        sa.select(t.ledger)
        .where(c.correlation_id.in_(correlation_ids))
        .order_by(c.at, c.id)
        .limit(limit)
    ).all()
