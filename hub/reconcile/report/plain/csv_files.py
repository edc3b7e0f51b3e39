"""A report as CSV files, one a table, and one of the figures: as Excel reads them in China."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report.csv_files import guarded, write_rows
from hub.reconcile.report.plain.cells import clock
from hub.reconcile.report.plain.value import Cell, Column, Pages, Table
from hub.reconcile.report.texts import text


def write(pages: Pages, folder: Path, language: Language) -> None:
    """Write a report as files in a folder, each as a whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    zone = ZoneInfo(pages.zone)
    heads = [text(language, f"plain.{name}") for name in ("figure", "value", "words")]
    write_rows(folder / "figures.csv", heads, _figures(pages, zone))
    write_tables(pages.tables(), folder, zone)


def write_tables(tables: Iterable[Table], folder: Path, zone: ZoneInfo) -> None:
    """Write each table as a file of its name."""
    for one in tables:
        write_rows(folder / f"{one.name}.csv", [c.title for c in one.columns], _rows(one, zone))


def _figures(pages: Pages, zone: ZoneInfo) -> Iterator[list[str]]:
    for words in (pages.title, *pages.about):
        yield ["", "", guarded(words)]
    for page in pages.pages:
        for words in page.notes:
            yield [guarded(page.title), "", guarded(words)]
        for one in page.figures:
            value = _cell(one.value, Column(one.name, one.title, one.kind), zone)
            yield [guarded(one.title), value, guarded(one.words)]


def _rows(table: Table, zone: ZoneInfo) -> Iterator[list[str]]:
    for row in table.rows():
        yield [_cell(value, column, zone) for value, column in zip(row, table.columns, strict=True)]


def _cell(value: Cell, column: Column, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(column.words.get(value, value) if column.kind == "code" else value)
        case Decimal():
            return format(value, "f")
        case timedelta():
            return clock(value)
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return str(value)
