"""Snapshots in unlogged tables of a PostgreSQL store."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg import sql

from hub.errors import StoreError
from hub.language import say
from hub.store.engine import STANDSTILL
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

_BATCH = 2_000
#: Rejected rows whose reason is told.
_TOLD = 20
#: Where the signature of what is kept stands, among the progress of sides.
_SIGNATURE = -1
#: Sides there may have been before.
_MOST = 10
_PROGRESS = "CREATE UNLOGGED TABLE IF NOT EXISTS {} (side integer PRIMARY KEY, at bytea)"
_SIGNED = "INSERT INTO {} VALUES (%s, %s) ON CONFLICT (side) DO UPDATE SET at = excluded.at"
_BYTES = ("bytea", "bytea", "bytea", "bytea")
_PREFIX = "reconcile_"
#: How long tables that go away are waited for.
_PATIENCE = "SET lock_timeout = '2s'"


def runs(dsn: str) -> list[str]:
    """Return the runs that have tables in a database."""
    return _owners(dsn, "[0-9a-f]{32}")


def kept(dsn: str) -> list[str]:
    """Return the names under which tables are kept from run to run."""
    return _owners(dsn, "kept_[0-9a-f]{16}")


def _owners(dsn: str, pattern: str) -> list[str]:
    query = (
        "SELECT DISTINCT substring(relname FROM %s) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
        "AND relname ~ %s ORDER BY 1"
    )
    name = f"^{_PREFIX}({pattern})_(at|[rdbt][0-9]+)$"
    with psycopg.connect(dsn, autocommit=True) as db:
        return [str(owner) for (owner,) in db.execute(query, (name, name))]


def remove(dsn: str, run: str) -> None:
    """Throw the tables of a run away, unless somebody uses them."""
    query = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = current_schema()::regnamespace AND starts_with(relname, %s)"
    )
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(_PATIENCE)
        for (name,) in db.execute(query, (f"{_PREFIX}{run[:32]}_",)).fetchall():
            db.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))


class PostgresSnapshot:
    """The rows of one run in tables of their own, on connections of their own.

    None of them is logged: after a crash of the server all are empty together. One process at a
    time has them where sides are kept.
    """

    def __init__(self, dsn: str, run: str, sides: int, keeping: Keeping | None = None) -> None:
        self._dsn, self._sides = dsn, sides
        self._kept = keeping.sides if keeping is not None else frozenset()
        #: Sides are landed by threads of their own, one transaction after the other.
        self._landing = threading.Lock()
        self._prefix = f"{_PREFIX}{run[:32]}"
        #: Side → progress as this process wrote or found it last.
        self._at: dict[int, bytes | None] = {}
        self._db = self._connect()
        self._db.execute(sql.SQL("SET idle_in_transaction_session_timeout = {}").format(STANDSTILL))
        if keeping is not None:
            self._take()
        with self._db.transaction():
            # unlogged as the rows are: after a crash of the server all are gone
            self._run(_PROGRESS, "at")
            if keeping is not None and self.progress(_SIGNATURE) != keeping.signature:
                for side in range(_MOST):
                    self._unmake(side)
                self._run(_SIGNED, "at", values=(_SIGNATURE, keeping.signature))
            for side in range(sides):
                self._make(side)

    def _take(self) -> None:
        """Have the tables alone, for as long as the connection lives."""
        digest = blake2b(self._prefix.encode(), digest_size=8).digest()
        lock = int.from_bytes(digest, signed=True)
        found = self._db.execute("SELECT pg_try_advisory_lock(%s)", (lock,)).fetchone()
        if found != (True,):
            self._db.close()
            raise SnapshotInUse

    def _make(self, side: int) -> None:
        self._run("INSERT INTO {} VALUES (%s, NULL) ON CONFLICT DO NOTHING", "at", values=(side,))
        rows = "CREATE UNLOGGED TABLE IF NOT EXISTS {} (key bytea, hash bytea, row bytea)"
        self._run(rows, f"r{side}")
        self._run("CREATE UNLOGGED TABLE IF NOT EXISTS {} (key bytea, row bytea)", f"d{side}")
        self._run("CREATE INDEX IF NOT EXISTS {} ON {} (key)", f"j{side}", f"d{side}")
        if side in self._kept:
            self._run(
                "CREATE UNLOGGED TABLE IF NOT EXISTS {} "
                "(source bytea, key bytea, hash bytea, row bytea)", f"b{side}",
            )  # fmt: skip
            self._run("CREATE INDEX IF NOT EXISTS {} ON {} (source)", f"s{side}", f"b{side}")
            self._run("CREATE UNLOGGED TABLE IF NOT EXISTS {} (key bytea PRIMARY KEY)", f"t{side}")

    def _unmake(self, side: int) -> None:
        for kind in "rdbt":
            self._run("DROP TABLE IF EXISTS {}", f"{kind}{side}")
        self._run("DELETE FROM {} WHERE side = %s", "at", values=(side,))
        self._at.pop(side, None)

    def _connect(self) -> psycopg.Connection[Any]:
        db = psycopg.connect(self._dsn, autocommit=True)
        # rows here prove nothing, and a run must not crowd out what does
        for setting in ("work_mem = '64MB'", "jit = off", "synchronous_commit = off"):
            db.execute(sql.SQL("SET {}").format(sql.SQL(setting)))
        return db

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(f"{self._prefix}_{name}")

    def _composed(self, statement: str, *names: str) -> sql.Composed:
        return sql.SQL(statement).format(*map(self._table, names))

    def _run(self, statement: str, *names: str, values: Sequence[Any] = ()) -> Any:
        return self._db.execute(self._composed(statement, *names), values)

    def land(self, side: int, rows: Iterable[Landed], progress: bytes) -> None:
        """Keep the rows of a page and how far the side was read, both or neither."""
        into = self._composed("COPY {} FROM STDIN (FORMAT BINARY)", f"r{side}")
        with self._landing, self._db.transaction(), self._db.cursor() as cursor:
            with cursor.copy(into) as copy:
                copy.set_types(("bytea", "bytea", "bytea"))
                for row in rows:
                    copy.write_row(row)
            self._keep(side, progress)
        self._at[side] = progress

    def _keep(self, side: int, progress: bytes | None) -> None:
        """Note how far a side was read; `StoreError` where another process has read on from there.

        So a process that was taken for dead adds no page a second time.
        """
        before = self._at[side] if side in self._at else self.progress(side)
        done = self._run(
            "UPDATE {} SET at = %s WHERE side = %s AND at IS NOT DISTINCT FROM %s",
            "at", values=(progress, side, before),
        )  # fmt: skip
        if done.rowcount != 1:
            raise StoreError(say("Another process has taken over what this run was reading."))

    def progress(self, side: int) -> bytes | None:
        """Return how far a side was read; None before its first page."""
        found = self._run("SELECT at FROM {} WHERE side = %s", "at", values=(side,)).fetchone()
        self._at[side] = found[0] if found is not None else None
        return self._at[side]

    def restart(self, side: int) -> None:
        """Forget the rows of a side, and how far it was read."""
        with self._landing, self._db.transaction():
            if side in self._kept:
                # nobody else has them
                self._unmake(side)
                self._make(side)
            else:
                for kind in "rd":
                    self._run("DELETE FROM {}", f"{kind}{side}")
                self._keep(side, None)
        self._at[side] = None

    def index(self, side: int) -> None:
        """Make the rows of a side, all of which are landed, known by key."""
        self._run("CREATE INDEX IF NOT EXISTS {} ON {} (key) INCLUDE (hash)", f"i{side}",
                  f"r{side}")  # fmt: skip
        self._run("ANALYZE {}", f"r{side}")

    def several(self, side: int) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield each key that several rows of a side have, with what they hold."""
        query = self._composed(
            "SELECT key, array_agg(row ORDER BY ctid) FROM {} WHERE key IN "
            "(SELECT key FROM {} GROUP BY key HAVING count(*) > 1) GROUP BY key",
            f"r{side}", f"r{side}",
        )  # fmt: skip
        yield from self._streamed(query)

    def _streamed(self, query: sql.Composed) -> Iterator[Any]:
        """Yield the rows of a query from a cursor at the server, so that memory stays bounded."""
        with self._connect() as db, db.transaction(), db.cursor(name="candidates") as cursor:
            cursor.itersize = _BATCH
            yield from cursor.execute(query)

    def settle(
        self, side: int, changed: Iterable[tuple[bytes, Sequence[Landed]]], progress: bytes
    ) -> None:
        """Put other rows in the place of all of a key; more than one of them are set aside."""
        keys: list[bytes] = []
        with self._db.transaction():
            for key, rows in changed:
                keys.append(key)
                self._run("DELETE FROM {} WHERE key = %s", f"r{side}", values=(key,))
                self._run("DELETE FROM {} WHERE key = %s", f"d{side}", values=(key,))
                if len(rows) == 1:
                    self._run("INSERT INTO {} VALUES (%s, %s, %s)", f"r{side}", values=rows[0])
                    continue
                for _, _, row in rows:
                    self._run("INSERT INTO {} VALUES (%s, %s)", f"d{side}", values=(key, row))
            if side in self._kept:
                self._run("DELETE FROM {} WHERE key = ANY(%s)", f"t{side}", values=(keys,))
            self._keep(side, progress)
        self._at[side] = progress

    def count(self, side: int) -> int:
        """Return how many keys a side has."""
        found = self._run(
            "SELECT (SELECT count(*) FROM {}) + (SELECT count(DISTINCT key) FROM {})",
            f"r{side}", f"d{side}",
        ).fetchone()  # fmt: skip
        return int(found[0])

    # -- sides that are kept

    def earlier(self, side: int, sources: Sequence[bytes]) -> Mapping[bytes, list[bytes]]:
        """Return document → the rows it has so far, without those that have no key."""
        found: dict[bytes, list[bytes]] = {source: [] for source in sources}
        query = "SELECT source, row FROM {} WHERE source = ANY(%s) AND key > %s"
        with self._landing:
            for source, row in self._run(query, f"b{side}", values=(list(sources), NO_KEY)):
                found[source].append(row)
        return found

    def replace(self, side: int, documents: Replaced, progress: bytes, *, touch: bool) -> None:
        """Put what a page shows of documents in the place of what they had before."""
        sources = [source for source, _ in documents]
        # a document without rows counts as one that was read
        nothing: Sequence[tuple[None, None, None]] = [(None, None, None)]
        there = [
            (source, *row) for source, rows in documents if rows is not None
            for row in rows or nothing
        ]  # fmt: skip
        with self._landing, self._db.transaction(), self._db.cursor() as cursor:
            if touch:
                self._touch(side, sources)
            self._run("DELETE FROM {} WHERE source = ANY(%s)", f"b{side}", values=(sources,))
            with cursor.copy(
                self._composed("COPY {} FROM STDIN (FORMAT BINARY)", f"b{side}")
            ) as copy:
                copy.set_types(_BYTES)
                for row in there:
                    copy.write_row(row)
            if touch:
                self._touch(side, sources)
            self._keep(side, progress)
        self._at[side] = progress

    def _touch(self, side: int, sources: Sequence[bytes]) -> None:
        self._run(
            "INSERT INTO {} SELECT DISTINCT key FROM {} WHERE source = ANY(%s) AND key > %s "
            "ON CONFLICT DO NOTHING", f"t{side}", f"b{side}", values=(sources, NO_KEY),
        )  # fmt: skip

    def build(self, side: int, progress: bytes) -> None:
        """Land everything that is kept of a side, as if it had been read now."""
        with self._db.transaction():
            for kind in "rd":
                self._run("DROP TABLE {}", f"{kind}{side}")
            self._run("TRUNCATE {}", f"t{side}")
            self._make(side)
            self._run(
                "INSERT INTO {} SELECT key, hash, row FROM {} WHERE key > %s ORDER BY ctid",
                f"r{side}", f"b{side}", values=(NO_KEY,),
            )  # fmt: skip
            self._run("CREATE INDEX IF NOT EXISTS {} ON {} (key)", f"k{side}", f"b{side}")
            self._keep(side, progress)
        self._at[side] = progress
        self._run("ANALYZE {}", f"b{side}")

    def touched(self, side: int) -> Iterator[tuple[bytes, list[bytes], list[bytes]]]:
        """Yield each key noted, the rows it counts with, and those its documents have by now."""
        last = NO_KEY
        while keys := self._run(
            "SELECT key FROM {} WHERE key > %s ORDER BY key LIMIT %s", f"t{side}",
            values=(last, _BATCH),
        ).fetchall():  # fmt: skip
            last = keys[-1][0]
            for (key,) in keys:
                before = self._rows(f"r{side}", key) + self._rows(f"d{side}", key)
                yield key, before, self._rows(f"b{side}", key)

    def _rows(self, table: str, key: bytes) -> list[bytes]:
        query = "SELECT row FROM {} WHERE key = %s ORDER BY ctid"
        return [row for (row,) in self._run(query, table, values=(key,))]

    def held(self, side: int) -> Held:
        """Return how much is kept of a side."""
        with self._landing:
            documents, rows, rejected = self._run(
                "SELECT count(DISTINCT source), count(key), count(*) FILTER (WHERE key = %s) "
                "FROM {}", f"b{side}", values=(NO_KEY,),
            ).fetchone()  # fmt: skip
            reasons = self._run(
                "SELECT row FROM {} WHERE key = %s ORDER BY ctid LIMIT %s", f"b{side}",
                values=(NO_KEY, _TOLD),
            ).fetchall()  # fmt: skip
        return Held(documents, rows, rejected, [row.decode() for (row,) in reasons])

    # -- comparing

    def candidates(
        self, groups: Sequence[Sequence[int]], *, everything: bool
    ) -> Iterator[Candidate]:
        """Yield the keys whose rows are not plainly equal, each once."""
        aside = self._aside()
        for key, *rows in self._streamed(self._statement(groups, everything=everything)):
            if key not in aside:
                yield key, [[row] if row is not None else [] for row in rows]
        for key, found in aside.items():
            rows = []
            for side in range(self._sides):
                rows.append(self._rows(f"d{side}" if side in found else f"r{side}", key))
            yield key, rows

    def _aside(self) -> dict[bytes, set[int]]:
        found: dict[bytes, set[int]] = {}
        for side in range(self._sides):
            for (key,) in self._run("SELECT DISTINCT key FROM {}", f"d{side}"):
                found.setdefault(key, set()).add(side)
        return found

    def _statement(self, groups: Sequence[Sequence[int]], *, everything: bool) -> sql.Composed:
        key, joined = "r0.key", f"{self._prefix}_r0 r0"
        for side in range(1, self._sides):
            joined += f" FULL JOIN {self._prefix}_r{side} r{side} ON r{side}.key = {key}"
            key = f"COALESCE({', '.join(f'r{one}.key' for one in range(side + 1))})"
        columns = ", ".join(f"r{side}.row" for side in range(self._sides))
        where = "" if everything else f" WHERE {' OR '.join(self._unequal(groups))}"
        statement = f"SELECT {key}, {columns} FROM {joined}{where}"
        return sql.Composed([sql.SQL(statement)])

    def _unequal(self, groups: Sequence[Sequence[int]]) -> Iterator[str]:
        for number, sides in enumerate(groups):
            base, *others = sides
            part = f"FROM {number * HASH + 1} FOR {HASH}"
            for side in others:
                yield (
                    f"substring(r{side}.hash {part}) IS DISTINCT FROM "
                    f"substring(r{base}.hash {part})"
                )
        for side in range(self._sides):
            yield f"r{side}.key IS NULL"

    def plain(
        self, groups: Sequence[Sequence[int]], sides: Sequence[int]
    ) -> Iterator[Sequence[bytes]]:
        """Yield of each key that is plainly equal the rows that some sides have of it."""
        columns = ", ".join(f"r{side}.row" for side in sides)
        # what is set aside is in no r table
        joined = f"{self._prefix}_r0 r0" + "".join(
            f" JOIN {self._prefix}_r{side} r{side} ON r{side}.key = r0.key"
            for side in range(1, self._sides)
        )
        where = " OR ".join(self._unequal(groups))
        statement = f"SELECT {columns} FROM {joined} WHERE NOT ({where})"
        yield from self._streamed(sql.Composed([sql.SQL(statement)]))

    def drop(self) -> None:
        """Throw the rows away, but for those of sides that are kept."""
        self._db.execute(_PATIENCE)
        # a process that stands still may be reading them: `remove` takes them later
        with contextlib.suppress(psycopg.errors.LockNotAvailable), self._db.transaction():
            for side in set(range(self._sides)) - self._kept:
                self._unmake(side)
            if not self._kept:
                self._run("DROP TABLE IF EXISTS {}", "at")
        self.close()

    def close(self) -> None:
        """Let go of the database; what was landed stays."""
        self._db.close()
