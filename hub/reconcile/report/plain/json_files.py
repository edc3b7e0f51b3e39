"""A report for programs: one JSON document, or the rows of its list as JSON lines.

Codes instead of words, shares and money as plain decimals in text, lengths of time in whole
seconds, moments as ISO 8601 in UTC. A document has

    schema, title, made, zone
             what it is, and when it was made
    asked    what it was asked for
    figures  name → value; null: nobody can tell
    tables   name → rows, each by the names of the columns
    notes    page → sentences
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from hub.reconcile.report.files import replaced
from hub.reconcile.report.json_files import ENDINGS, plain_value
from hub.reconcile.report.plain.cells import plain
from hub.reconcile.report.plain.value import Pages, Row, Table


def document(pages: Pages, limit: int | None = None) -> dict[str, Any]:
    """Return a report as plain data, with at most so many rows of each table."""
    tables = {
        one.name: [_row(one, row) for row in islice(one.rows(), limit)] for one in pages.tables()
    }
    return {**_head(pages), "tables": tables}


def _head(pages: Pages) -> dict[str, Any]:
    return {
        "schema": pages.schema, "title": pages.title, "made": plain(pages.made),
        "zone": pages.zone, "asked": plain_value(dict(pages.asked)), "about": list(pages.about),
        "figures": {one.name: plain(one.value) for one in pages.figures()},
        "notes": {one.name: list(one.notes) for one in pages.pages if one.notes},
    }  # fmt: skip


def _row(table: Table, row: Row) -> dict[str, Any]:
    return {one.name: plain(value) for one, value in zip(table.columns, row, strict=True)}


def lines(pages: Pages) -> Iterator[str]:
    """Yield each row of the list as a JSON object in one line, whatever a reader takes for one."""
    table = pages.table(pages.listed)
    for row in table.rows():
        yield msgspec.json.encode(_row(table, row)).decode().translate(ENDINGS)


def write_lines(pages: Pages, path: Path) -> None:
    """Write the rows of the list as JSON lines, as a whole or not at all."""
    with replaced(path) as file:
        for line in lines(pages):
            file.write(line.encode() + b"\n")


def write(pages: Pages, path: Path) -> None:
    """Write the whole report as one JSON document, row by row; as a whole or not at all."""
    with replaced(path) as file:
        file.write(msgspec.json.encode(_head(pages))[:-1] + b',"tables":{')
        for at, table in enumerate(pages.tables()):
            file.write((b"," if at else b"") + msgspec.json.encode(table.name) + b":[")
            for number, row in enumerate(table.rows()):
                file.write((b"," if number else b"") + msgspec.json.encode(_row(table, row)))
            file.write(b"]")
        file.write(b"}}\n")
