"""Personal tokens: only their hashes are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t


@dataclass(frozen=True, slots=True)
class Token:
    """One token: whose it is, who made it, and whether it still counts."""

    id: str
    person: str
    hash: str
    label: str
    #: The one user of the operating system who may show it on a command line; None: any.
    os_user: str | None
    made_at: datetime
    made_by: str
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Say whether it still counts."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


_t = t.token.c


def add(tx: Connection, token: Token) -> None:
    """Keep a new token."""
    tx.execute(sa.insert(t.token), [asdict(token)])


def by_hash(tx: Connection, sha256: str) -> Token | None:
    """Return the token of this hash."""
    row = tx.execute(sa.select(t.token).where(_t.hash == sha256)).mappings().first()
    return Token(**row) if row else None


def by_id(tx: Connection, token_id: str) -> Token | None:
    """Return the token of this id."""
    row = tx.execute(sa.select(t.token).where(_t.id == token_id)).mappings().first()
    return Token(**row) if row else None


def by_ending(tx: Connection, ending: str) -> list[Token]:
    """Return the tokens whose id is this, or ends so; at most two."""
    query = sa.select(t.token).where(_t.id.endswith(ending, autoescape=True))
    return _tokens(tx, query.order_by(_t.id).limit(2))


def listed(tx: Connection, person: str | None = None, limit: int = 1000) -> list[Token]:
    """Return tokens, the newest first; of one person where that is named."""
    query = sa.select(t.token).order_by(_t.id.desc()).limit(limit)
    return _tokens(tx, query if person is None else query.where(_t.person == person))


def living(tx: Connection, persons: Iterable[str], now: datetime) -> list[Token]:
    """Return the tokens of these persons that still count."""
    ends = sa.or_(_t.expires_at.is_(None), _t.expires_at > now)
    query = sa.select(t.token).where(_t.person.in_(sorted(persons)), _t.revoked_at.is_(None), ends)
    return _tokens(tx, query.order_by(_t.id))


def _tokens(tx: Connection, query: sa.Select[Any]) -> list[Token]:
    rows: Sequence[Any] = tx.execute(query).mappings().all()
    return [Token(**row) for row in rows]


def used(tx: Connection, token_id: str, now: datetime) -> None:
    """Note that a token was shown."""
    tx.execute(sa.update(t.token).where(_t.id == token_id).values(used_at=now))


def revoke(tx: Connection, token_id: str, now: datetime) -> bool:
    """End a token; say whether it was not revoked before."""
    change = sa.update(t.token).where(_t.id == token_id, _t.revoked_at.is_(None))
    return tx.execute(change.values(revoked_at=now)).rowcount == 1
