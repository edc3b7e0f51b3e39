"""The commitments of a report in a file, the worst and oldest first: as many as there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from hub.reconcile.health.value import Commitment, State

_RANK = {state: rank for rank, state in enumerate(State)}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Commitment).decode
_BATCH = 1_000


class Spool:
    """Commitments by how badly they stand; of the fulfilled ones the slowest come first."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE TABLE commitment (rank INTEGER, took INTEGER, received INTEGER, row BLOB)"
        )

    def add(self, rows: Iterable[Commitment]) -> None:
        """Keep some commitments."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO commitment VALUES (?, ?, ?, ?)",
            (
                (_RANK[one.state], -_took(one), int(one.received.timestamp() * 1e6), _encode(one))
                for one in rows
            ),
        )
        self._db.execute("COMMIT")

    def sort(self) -> None:
        """Put them in order, once they are all here."""
        self._db.execute("CREATE INDEX worst ON commitment (rank, took, received)")

    def rows(self) -> Iterator[Commitment]:
        """Yield all commitments, the worst and oldest first."""
        cursor = self._db.execute("SELECT row FROM commitment ORDER BY rank, took, received, rowid")
        while batch := cursor.fetchmany(_BATCH):
            for (row,) in batch:
                yield _decode(row)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _took(one: Commitment) -> int:
    """Return how long a fulfilled one took in seconds; the others are as old as they are."""
    if one.state is not State.FULFILLED or one.delivered is None:
        return 0
    return int((one.delivered - one.received).total_seconds())
