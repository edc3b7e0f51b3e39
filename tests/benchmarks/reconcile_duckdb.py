"""DuckDB's side of `reconcile`: the tables read from CSV, one full join.

    reconcile_duckdb.py FOLDER [THREADS]

Needs the tables of `reconcile_canonical.py`. `load` reads them, `fold` leaves one row a key,
`compare` is the join and fetching its rows. Without THREADS it takes as many as DuckDB likes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from reconcile_data import names
from reconcile_oracle import digest
from reconcile_statement import declared, findings, folded, judged, wanted
from reconcile_steps import Steps

_MEMORY = "512MB"
_UNLIKE = "IS DISTINCT FROM"


def connected(folder: Path, threads: str) -> duckdb.DuckDBPyConnection:
    """Return a database in a folder."""
    db = duckdb.connect(str(folder / "sides.duckdb"))
    db.execute(f"SET memory_limit = '{_MEMORY}'")
    db.execute(f"SET temp_directory = '{folder}/spill'")
    db.execute("SET preserve_insertion_order = false")
    if threads:
        db.execute(f"SET threads = {int(threads)}")
    return db


def read(db: duckdb.DuckDBPyConnection, folder: Path, side: str) -> None:
    """Read the rows of a side as they came."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in declared("BIGINT").items())
    options = (
        "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
        f"nullstr = '', columns = {{{columns}}}"
    )
    db.execute(
        f"CREATE TABLE landed_{side} AS SELECT * FROM read_csv('{folder}/{side}.csv', {options})"
    )


def fold(db: duckdb.DuckDBPyConnection, side: str) -> None:
    """Leave one row of each key."""
    db.execute(f"CREATE TABLE {side} AS {folded(f'landed_{side}')}")
    db.execute(f"DROP TABLE landed_{side}")


def statement(sides: Sequence[str]) -> str:
    """Return the join."""
    joined, keys = sides[0], [f"{sides[0]}.key"]
    for side in sides[1:]:
        joined += f" FULL JOIN {side} ON {side}.key = COALESCE({', '.join(keys)})"
        keys.append(f"{side}.key")
    columns = ", ".join(judged(sides, _UNLIKE))
    found = f"SELECT COALESCE({', '.join(keys)}) AS key, {columns} FROM {joined}"
    return f"SELECT * FROM ({found}) WHERE {wanted(sides)}"


def main(folder: Path, threads: str) -> None:
    """Measure the steps."""
    sides, steps = names(folder), Steps()
    rows: list[tuple[Any, ...]]
    with tempfile.TemporaryDirectory(dir=folder) as own:
        db = connected(Path(own), threads)
        with steps("load"):
            for side in sides:
                read(db, folder, side)
        with steps("fold"):
            for side in sides:
                fold(db, side)
        with steps("compare"):
            rows = db.execute(statement(sides)).fetchall()
        db.close()
    found = list(findings(rows, sides))
    note = f"DuckDB {duckdb.__version__}, threads: {threads or 'default'}, limit {_MEMORY}"
    print(steps.line(len(found), digest(found), note))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
