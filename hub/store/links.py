"""Links as look-ups read them, and the locks that keep those who want one from missing it.

Who finds no link leaves an empty one to be filled (`Board.empty_link`), and who makes the object
fills the empty ones it sees. On PostgreSQL two transactions could do both and see nothing of each
other; so each first locks the names it is about, our handles and their ids. Those who make do not
wait for each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection

from hub.store import queries

#: What a link takes at most, in characters.
LONGEST: Mapping[str, int] = {"kind": 40, "handle": 255, "external_id": 255}
#: What the wake key of a message begins with that waits for a link; the link's id follows.
WAKE_KEY = "link:"
#: Names asked for in one statement, and locked one by one.
_AT_ONCE = 500
#: Stands for all names at once.
_ALL = [20_260_601]


def lock_to_want(tx: Connection, names: Collection[str]) -> None:
    """Lock these names before it is decided that a link is missing; many lock all that want."""
    if tx.dialect.name != "postgresql":
        return  # on SQLite one transaction writes at a time
    if len(names) > _AT_ONCE:
        tx.execute(queries.LOCK, {"keys": _ALL})
    else:
        tx.execute(queries.LOCK_SHARED, {"keys": _ALL})
        tx.execute(queries.LOCK, {"keys": _keys(names)})


def lock_to_make(tx: Connection, names: Collection[str]) -> None:
    """Lock these names before links that others may want are looked for and filled."""
    if tx.dialect.name == "postgresql":
        tx.execute(queries.LOCK_SHARED, {"keys": _keys(names)})


def _keys(names: Iterable[str]) -> list[int]:
    digests = (hashlib.sha256(name.encode()).digest()[:8] for name in names)
    return sorted(int.from_bytes(digest, "big", signed=True) for digest in digests)


def external_ids(
    tx: Connection, connection: str, kind: str, handles: Iterable[str]
) -> Mapping[str, str]:
    """Return our handle → the id of the object that stands there, where one does."""
    given = {"connection": connection, "kind": kind}
    return {
        row.handle: row.external_id
        for part in _parts(handles)
        for row in tx.execute(queries.STANDING_OF_HANDLES, {**given, "ids": part})
        if row.external_id is not None
    }


def handles(
    tx: Connection, connection: str, kind: str, external_ids: Iterable[str]
) -> Mapping[str, str]:
    """Return the id of an object that stands there → our handle of it, where there is one."""
    return {
        row.external_id: row.handle
        for part in _parts(external_ids)
        for row in tx.execute(
            queries.STANDING_OF_EXTERNAL_IDS, {"connection": connection, "ids": part}
        )
        if row.kind == kind
    }


def storable(name: str) -> bool:
    """Say whether a link could have this handle or id at all."""
    return bool(name.strip()) and "\x00" not in name and len(name) <= LONGEST["handle"]


def _parts(names: Iterable[str]) -> list[list[str]]:
    wanted = sorted(one for one in set(names) if storable(one))
    return [wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE)]
