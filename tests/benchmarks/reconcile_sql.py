"""The yardstick of `reconcile`: one generated statement on SQLite, tolerances and all.

    reconcile_sql.py FOLDER

Needs the tables of `reconcile_canonical.py`. `load` lands them and builds one table a side, by key
and without a rowid; `compare` is the statement and fetching its rows. Left joins from the first
side, then from each further one to the keys no side before it has.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reconcile_canonical import COLUMNS, FIELDS
from reconcile_data import names
from reconcile_oracle import digest
from reconcile_statement import declared, findings, folded, judged, wanted
from reconcile_steps import Steps

#: KiB of pages kept in memory.
_CACHE = 64 * 1024
_UNLIKE = "IS NOT"


def connected(path: Path) -> sqlite3.Connection:
    """Return a database that is read and written as fast as SQLite can."""
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE}",
                   "temp_store=FILE"):  # fmt: skip
        db.execute(f"PRAGMA {pragma}")
    return db


def load(db: sqlite3.Connection, folder: Path, side: str) -> None:
    """Build the table of a side: appended first, then sorted once."""
    types = declared()
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    fields = ", ".join(f"{name} {types[name]}" for name in FIELDS)
    db.execute("BEGIN")
    db.execute(f"CREATE TABLE landed ({columns})")
    marks = ", ".join("?" for _ in COLUMNS)
    db.executemany(f"INSERT INTO landed VALUES ({marks})", _rows(folder / f"{side}.csv"))
    db.execute(
        f"CREATE TABLE {side} (key TEXT PRIMARY KEY, {fields}, objects INTEGER) WITHOUT ROWID"
    )
    db.execute(f"INSERT INTO {side} {folded('landed')}")
    db.execute("DROP TABLE landed")
    db.execute("COMMIT")


def _rows(path: Path) -> Iterator[list[str | None]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            # the column's type makes numbers of them
            yield [cell or None for cell in row]


def statement(sides: Sequence[str]) -> str:
    """Return the statement."""
    return " UNION ALL ".join(_part(sides, first) for first in range(len(sides)))


def _part(sides: Sequence[str], first: int) -> str:
    """Return the keys of a side that no side before it has; they are all findings but of one."""
    start = sides[first]
    joins = " ".join(
        f"LEFT JOIN {side} ON {side}.key = {start}.key" for side in sides if side != start
    )
    columns = ", ".join(judged(sides, _UNLIKE))
    absent = " AND ".join(f"{side}.key IS NULL" for side in sides[:first])
    where = f" WHERE {absent}" if absent else ""
    found = f"SELECT {start}.key AS key, {columns} FROM {start} {joins}{where}"
    return f"SELECT * FROM ({found})" + ("" if absent else f" WHERE {wanted(sides)}")


def main(folder: Path) -> None:
    """Measure the steps."""
    sides, steps = names(folder), Steps()
    rows: list[tuple[Any, ...]]
    with tempfile.TemporaryDirectory(dir=folder) as own:
        db = connected(Path(own) / "sides.db")
        with steps("load"):
            for side in sides:
                load(db, folder, side)
        with steps("compare"):
            rows = db.execute(statement(sides)).fetchall()
        db.close()
    found = list(findings(rows, sides))
    print(steps.line(len(found), digest(found), f"SQLite {sqlite3.sqlite_version}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
