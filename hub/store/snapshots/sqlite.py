"""Snapshots in a SQLite file of their own.

Rows are appended to one table a side; one sorted build makes the index that holds key and hashes,
so that looking for candidates never touches what the rows hold. (Rows put into a clustered table in
the order of their pages cost four times as much; a full outer join of sub-selects scans.)
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from hub.store.snapshots import (
    HASH,
    NO_KEY,
    Candidate,
    Held,
    Keeping,
    Landed,
    Replaced,
    SnapshotInUse,
)

#: KiB the database may keep in memory.
_CACHE = 48 * 1024
_BATCH = 2_000
#: Rejected rows whose reason is told.
_TOLD = 20
#: Where the signature of what is kept stands, among the progress of sides.
_SIGNATURE = -1
_PROGRESS = "CREATE TABLE IF NOT EXISTS progress (side INTEGER PRIMARY KEY, at BLOB)"


class SqliteSnapshot:
    """The rows of one run in a file; one process at a time has it where sides are kept."""

    def __init__(self, path: Path, sides: int, keeping: Keeping | None = None) -> None:
        self.path, self._sides = path, sides
        self._kept = keeping.sides if keeping is not None else frozenset()
        #: Sides are landed by threads of their own, one transaction after the other.
        self._landing = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        if keeping is None:
            self._prepare()
        else:
            self._take(keeping)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(_PROGRESS)
        for side in range(sides):
            self._make(side)
        self._db.execute("COMMIT")

    def _prepare(self) -> None:
        for pragma in (
            "journal_mode=WAL", "synchronous=OFF", f"cache_size=-{_CACHE}", "temp_store=FILE",
            "mmap_size=0", "threads=0",
        ):  # fmt: skip
            self._db.execute(f"PRAGMA {pragma}")

    def _take(self, keeping: Keeping) -> None:
        """Have the file alone, and empty it where something else was kept."""
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            self._prepare()
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise SnapshotInUse from error
        self._db.execute(_PROGRESS)
        if self.progress(_SIGNATURE) != keeping.signature:
            names = self._db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            for (name,) in names.fetchall():
                self._db.execute(f"DROP TABLE {name}")
            self._db.execute(_PROGRESS)
            self._note(_SIGNATURE, keeping.signature)
        self._db.execute("COMMIT")

    def _make(self, side: int) -> None:
        self._db.execute(f"CREATE TABLE IF NOT EXISTS r{side} (key BLOB, hash BLOB, row BLOB)")
        self._db.execute(f"CREATE TABLE IF NOT EXISTS d{side} (key BLOB, row BLOB)")
        self._db.execute(f"CREATE INDEX IF NOT EXISTS j{side} ON d{side} (key)")
        if side in self._kept:
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS b{side} (source BLOB, key BLOB, hash BLOB, row BLOB)"
            )
            self._db.execute(f"CREATE INDEX IF NOT EXISTS s{side} ON b{side} (source)")
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS t{side} (key BLOB PRIMARY KEY) WITHOUT ROWID"
            )

    def _unmake(self, side: int) -> None:
        for kind in "rdbt":
            self._db.execute(f"DROP TABLE IF EXISTS {kind}{side}")
        self._db.execute("DELETE FROM progress WHERE side = ?", (side,))

    def _note(self, side: int, progress: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?)", (side, progress))

    def land(self, side: int, rows: Iterable[Landed], progress: bytes) -> None:
        """Keep the rows of a page and how far the side was read, both or neither."""
        with self._landing:
            self._land(side, rows, progress)

    def _land(self, side: int, rows: Iterable[Landed], progress: bytes) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany(f"INSERT INTO r{side} VALUES (?, ?, ?)", rows)
            self._note(side, progress)
        except BaseException:
            # a full disk may have ended the transaction already
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def progress(self, side: int) -> bytes | None:
        """Return how far a side was read; None before its first page."""
        found = self._db.execute("SELECT at FROM progress WHERE side = ?", (side,)).fetchone()
        return found[0] if found is not None else None

    def restart(self, side: int) -> None:
        """Forget the rows of a side, and how far it was read."""
        with self._landing:
            self._db.execute("BEGIN IMMEDIATE")
            self._unmake(side)
            self._make(side)
            self._db.execute("COMMIT")

    def index(self, side: int) -> None:
        """Make the rows of a side, all of which are landed, known by key."""
        self._db.execute(f"CREATE INDEX IF NOT EXISTS i{side} ON r{side} (key, hash)")

    def several(self, side: int) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield each key that several rows of a side have, with what they hold."""
        # kept apart first: whoever asks changes the rows meanwhile
        self._db.execute(f"DROP TABLE IF EXISTS m{side}")
        self._db.execute(
            f"CREATE TABLE m{side} AS SELECT key FROM r{side} INDEXED BY i{side} "
            "GROUP BY key HAVING count(*) > 1"
        )
        last = 0
        while keys := self._db.execute(
            f"SELECT rowid, key FROM m{side} WHERE rowid > ? ORDER BY rowid LIMIT {_BATCH}", (last,)
        ).fetchall():
            last = keys[-1][0]
            for _, key in keys:
                found = self._db.execute(
                    f"SELECT row FROM r{side} WHERE key = ? ORDER BY rowid", (key,)
                )
                yield key, [row for (row,) in found]
        self._db.execute(f"DROP TABLE m{side}")

    def settle(
        self, side: int, changed: Iterable[tuple[bytes, Sequence[Landed]]], progress: bytes
    ) -> None:
        """Put other rows in the place of all of a key; more than one of them are set aside."""
        self._db.execute("BEGIN IMMEDIATE")
        for key, rows in changed:
            self._db.execute(f"DELETE FROM r{side} WHERE key = ?", (key,))
            self._db.execute(f"DELETE FROM d{side} WHERE key = ?", (key,))
            if len(rows) == 1:
                self._db.execute(f"INSERT INTO r{side} VALUES (?, ?, ?)", rows[0])
            else:
                aside = [(key, row) for _, _, row in rows]
                self._db.executemany(f"INSERT INTO d{side} VALUES (?, ?)", aside)
            if side in self._kept:
                self._db.execute(f"DELETE FROM t{side} WHERE key = ?", (key,))
        self._note(side, progress)
        self._db.execute("COMMIT")

    def count(self, side: int) -> int:
        """Return how many keys a side has."""
        rows = self._db.execute(f"SELECT count(*) FROM r{side}").fetchone()[0]
        aside = self._db.execute(f"SELECT count(DISTINCT key) FROM d{side}").fetchone()[0]
        return int(rows + aside)

    # -- sides that are kept

    def earlier(self, side: int, sources: Sequence[bytes]) -> Mapping[bytes, list[bytes]]:
        """Return document → the rows it has so far, without those that have no key."""
        with self._landing:
            return {
                source: [row for (row,) in self._db.execute(
                    f"SELECT row FROM b{side} WHERE source = ? AND key > ?", (source, NO_KEY)
                )]
                for source in sources
            }  # fmt: skip

    def replace(self, side: int, documents: Replaced, progress: bytes, *, touch: bool) -> None:
        """Put what a page shows of documents in the place of what they had before."""
        with self._landing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for source, rows in documents:
                    self._replace(side, source, rows, touch=touch)
                self._note(side, progress)
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _replace(
        self, side: int, source: bytes, rows: Sequence[Landed] | None, *, touch: bool
    ) -> None:
        note = f"INSERT OR IGNORE INTO t{side}"
        if touch:
            old = f"SELECT key FROM b{side} WHERE source = ? AND key > ?"
            self._db.execute(f"{note} {old}", (source, NO_KEY))
        self._db.execute(f"DELETE FROM b{side} WHERE source = ?", (source,))
        if rows is None:
            return
        # a document without rows counts as one that was read
        there: Sequence[Landed | tuple[None, None, None]] = rows or [(None, None, None)]
        self._db.executemany(
            f"INSERT INTO b{side} VALUES (?, ?, ?, ?)", ((source, *row) for row in there)
        )
        if touch:
            self._db.executemany(f"{note} VALUES (?)", [(key,) for key, _, _ in rows if key])

    def build(self, side: int, progress: bytes) -> None:
        """Land everything that is kept of a side, as if it had been read now."""
        self._db.execute("BEGIN IMMEDIATE")
        for kind in "rd":
            self._db.execute(f"DROP TABLE {kind}{side}")
        self._db.execute(f"DELETE FROM t{side}")
        self._make(side)
        self._db.execute(
            f"INSERT INTO r{side} SELECT key, hash, row FROM b{side} WHERE key > ? ORDER BY rowid",
            (NO_KEY,),
        )
        self._db.execute(f"CREATE INDEX IF NOT EXISTS k{side} ON b{side} (key)")
        self._note(side, progress)
        self._db.execute("COMMIT")

    def touched(self, side: int) -> Iterator[tuple[bytes, list[bytes], list[bytes]]]:
        """Yield each key noted, the rows it counts with, and those its documents have by now."""
        last = NO_KEY
        while keys := self._db.execute(
            f"SELECT key FROM t{side} WHERE key > ? ORDER BY key LIMIT {_BATCH}", (last,)
        ).fetchall():
            last = keys[-1][0]
            for (key,) in keys:
                before = self._db.execute(
                    f"SELECT row FROM r{side} INDEXED BY i{side} WHERE key = ? "
                    f"UNION ALL SELECT row FROM d{side} WHERE key = ?", (key, key),
                ).fetchall()  # fmt: skip
                now = self._db.execute(
                    f"SELECT row FROM b{side} INDEXED BY k{side} WHERE key = ? ORDER BY rowid",
                    (key,),
                ).fetchall()
                yield key, [row for (row,) in before], [row for (row,) in now]

    def held(self, side: int) -> Held:
        """Return how much is kept of a side."""
        with self._landing:
            documents, rows, rejected = self._db.execute(
                f"SELECT count(DISTINCT source), count(key), coalesce(sum(key = ?), 0) "
                f"FROM b{side}", (NO_KEY,),
            ).fetchone()  # fmt: skip
            reasons = self._db.execute(
                f"SELECT row FROM b{side} WHERE key = ? ORDER BY rowid LIMIT {_TOLD}", (NO_KEY,)
            ).fetchall()
        return Held(documents, rows, rejected, [row.decode() for (row,) in reasons])

    # -- comparing

    def candidates(
        self, groups: Sequence[Sequence[int]], *, everything: bool
    ) -> Iterator[Candidate]:
        """Yield the keys whose rows are not plainly equal, each once."""
        aside = self._aside()
        for statement in self._statements(groups, everything=everything):
            cursor = self._db.execute(statement)
            while batch := cursor.fetchmany(_BATCH):
                for key, *rows in batch:
                    if key not in aside:
                        yield key, [[row] if row is not None else [] for row in rows]
        reading = self._db.cursor()
        for key, found in aside.items():
            rows = []
            for side in range(self._sides):
                if side in found:
                    query = f"SELECT row FROM d{side} WHERE key = ? ORDER BY rowid"
                else:
                    query = f"SELECT row FROM r{side} INDEXED BY i{side} WHERE key = ?"
                rows.append([row for (row,) in reading.execute(query, (key,))])
            yield key, rows

    def _aside(self) -> dict[bytes, set[int]]:
        found: dict[bytes, set[int]] = {}
        for side in range(self._sides):
            for (key,) in self._db.execute(f"SELECT DISTINCT key FROM d{side}"):
                found.setdefault(key, set()).add(side)
        return found

    def _statements(self, groups: Sequence[Sequence[int]], *, everything: bool) -> Iterator[str]:
        """Yield one statement for the keys of each side that no side before it has."""
        for first in range(self._sides):
            later = range(first + 1, self._sides)
            columns = ", ".join(
                "NULL" if side < first else f"r{side}.row" for side in range(self._sides)
            )
            joins = " ".join(
                f"LEFT JOIN r{side} INDEXED BY i{side} ON r{side}.key = r{first}.key"
                for side in later
            )
            wanted = [
                f"NOT EXISTS (SELECT 1 FROM r{side} INDEXED BY i{side} "
                f"WHERE r{side}.key = r{first}.key)"
                for side in range(first)
            ]
            if first == 0 and not everything:
                wanted.append(f"({' OR '.join(self._unequal(groups))})")
            where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
            yield (
                f"SELECT r{first}.key, {columns} FROM r{first} INDEXED BY i{first} {joins} {where}"
            )

    def _unequal(self, groups: Sequence[Sequence[int]]) -> Iterator[str]:
        whole = len(groups) == 1
        for number, sides in enumerate(groups):
            base, *others = sides
            for side in others:
                if whole:
                    yield f"r{side}.hash IS NOT r{base}.hash"
                else:
                    part = f"{number * HASH + 1}, {HASH}"
                    yield f"substr(r{side}.hash, {part}) IS NOT substr(r{base}.hash, {part})"
        for side in range(1, self._sides):
            yield f"r{side}.key IS NULL"

    def plain(
        self, groups: Sequence[Sequence[int]], sides: Sequence[int]
    ) -> Iterator[Sequence[bytes]]:
        """Yield of each key that is plainly equal the rows that some sides have of it."""
        columns = ", ".join(f"r{side}.row" for side in sides)
        # what is set aside is in no r table
        joins = " ".join(
            f"JOIN r{side} INDEXED BY i{side} ON r{side}.key = r0.key"
            for side in range(1, self._sides)
        )
        cursor = self._db.execute(
            f"SELECT {columns} FROM r0 INDEXED BY i0 {joins} "
            f"WHERE NOT ({' OR '.join(self._unequal(groups))})"
        )
        while batch := cursor.fetchmany(_BATCH):
            yield from batch

    def drop(self) -> None:
        """Throw the rows away, but for those of sides that are kept."""
        if self._kept:
            self._db.execute("BEGIN IMMEDIATE")
            for side in set(range(self._sides)) - self._kept:
                self._unmake(side)
            self._db.execute("COMMIT")
            self.close()
            return
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the database; what was landed stays."""
        self._db.close()
