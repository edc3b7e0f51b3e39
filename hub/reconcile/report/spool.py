"""The rows of a report while it is written and rendered: as many as there are, in a file.

Findings come in any order and are read back the gravest and largest first. What a run found is
kept in parts, and put into a file again when somebody asks for the report in another format.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from hub.reconcile.report.value import Finding, Record, Severity

#: Categories of rows; only the first two are findings.
FINDING, WAIVED, IN_FLIGHT, WITHIN, NOT_COMPARED = range(5)
#: Keys whose values on all sides are kept; of a run with more findings the gravest matter.
MAX_RECORDS = 20_000
_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_encode = msgspec.json.Encoder().encode
_finding = msgspec.json.Decoder(Finding).decode
_record = msgspec.json.Decoder(Record).decode
_BATCH = 2_000
#: Bytes of a part that is kept.
_PART = 4 * 1024 * 1024
_CENT = Decimal(100)
_LARGEST = 2**62


class Spool:
    """Rows of a report by category."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("PRAGMA cache_size=-8192")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS found (category INTEGER, rank INTEGER, amount INTEGER, "
            "key TEXT, row BLOB)"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, row BLOB)")
        self._records = int(self._db.execute("SELECT count(*) FROM record").fetchone()[0])

    def add(self, rows: Iterable[tuple[int, Finding]]) -> None:
        """Keep rows, each with its category."""
        self._write("INSERT INTO found VALUES (?, ?, ?, ?, ?)", (
            (category, _RANK[row.severity], _size(row.amount), row.key, _encode(row))
            for category, row in rows
        ))  # fmt: skip

    def record(self, rows: Iterable[Record]) -> None:
        """Keep what all sides say of some keys, as long as there is room for them."""
        if self._records < MAX_RECORDS:
            found = [(row.canonical, _encode(row)) for row in rows]
            self._records += len(found)
            self._write("INSERT OR REPLACE INTO record VALUES (?, ?)", found)

    def _write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(statement, rows)
        self._db.execute("COMMIT")

    def rows(self, category: int) -> Iterator[Finding]:
        """Yield the rows of a category, the gravest and largest first."""
        cursor = self._db.execute(
            "SELECT row FROM found WHERE category = ? ORDER BY rank, amount DESC, key, rowid",
            (category,),
        )
        while batch := cursor.fetchmany(_BATCH):
            for (row,) in batch:
                yield _finding(row)

    def find(self, canonical: str) -> Record | None:
        """Return what all sides say of a key, None where that was not kept."""
        found = self._db.execute("SELECT row FROM record WHERE key = ?", (canonical,)).fetchone()
        return _record(found[0]) if found is not None else None

    def count(self, category: int) -> int:
        """Return how many rows a category has."""
        query = "SELECT count(*) FROM found WHERE category = ?"
        return int(self._db.execute(query, (category,)).fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def drop(self) -> None:
        """Throw the rows away."""
        self.close()
        self.path.unlink(missing_ok=True)

    def parts(self) -> Iterator[bytes]:
        """Yield everything as JSON lines, in pieces of some megabytes."""
        lines: list[bytes] = []
        size = 0
        for line in self._lines():
            lines.append(line)
            size += len(line)
            if size >= _PART:
                yield b"\n".join(lines)
                lines, size = [], 0
        if lines:
            yield b"\n".join(lines)

    def _lines(self) -> Iterator[bytes]:
        found = self._db.execute("SELECT category, row FROM found ORDER BY rowid")
        for category, row in found:
            yield b"%d %s" % (category, row)
        for (row,) in self._db.execute("SELECT row FROM record ORDER BY rowid"):
            yield b"- %s" % row

    def fill(self, part: bytes) -> None:
        """Take in what `parts` gave."""
        rows, records = [], []
        for line in part.splitlines():
            category, _, row = line.partition(b" ")
            if category == b"-":
                records.append(_record(row))
            else:
                rows.append((int(category), _finding(row)))
        self.add(rows)
        self.record(records)


def _size(amount: Decimal | None) -> int:
    return min(int(abs(amount) * _CENT), _LARGEST) if amount is not None else 0
