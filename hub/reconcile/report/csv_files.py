"""A report as CSV files, one a sheet: UTF-8 with mark and CRLF, as Excel reads it in China.

What a spreadsheet would take for a formula has a ' before it.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report import summary
from hub.reconcile.report.files import replaced
from hub.reconcile.report.sheets import Cell, Sheet, sheets
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Report

#: A text that begins so would be worked out; the wide ones where Excel speaks Chinese or Japanese.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
#: Control characters nobody sees, as pictures of them; tabs and line ends stay.
_PICTURES = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)} | {127: 0x2421}


def write(report: Report, folder: Path, language: Language) -> None:
    """Write a report as files in a folder, all of them or none."""
    folder.mkdir(parents=True, exist_ok=True)
    # they take their names when the last one is written
    with contextlib.ExitStack() as written:
        for sheet in sheets(report, language):
            file = written.enter_context(replaced(folder / f"{sheet.name}.csv"))
            heads = [column.title for column in sheet.columns]
            _put(file, heads, (map(_cell, row) for row in _rows(report, sheet, language)))
        if report.slices is not None:
            from hub.reconcile.report import slices
            from hub.reconcile.report.plain import csv_files

            pages = slices.whole(report, report.slices, language)
            csv_files.write_tables(pages.tables(), folder, ZoneInfo(report.zone))


def write_rows(path: Path, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write cells below their heads as a file Excel opens, as a whole or not at all.

    The caller has guarded the cells; the heads are guarded here.
    """
    with replaced(path) as file:
        _put(file, heads, rows)


def _put(file: BinaryIO, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    # half of a character outside the BMP is no character
    lines = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="", write_through=True)
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(map(guarded, heads))
    writer.writerows(rows)
    lines.flush()
    lines.detach()


def _rows(report: Report, sheet: Sheet, language: Language) -> Iterator[Sequence[Cell]]:
    if sheet.name != "totals":
        yield from sheet.rows()
        return
    unknown = text(language, "line.unknown")
    for row, total in zip(sheet.rows(), report.totals, strict=True):
        figures = summary.said(report, total).values()
        words = row[: len(row) - len(figures)]
        yield *words, *(unknown if one is None else one for one in figures)


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
    return str(value)


def guarded(words: str) -> str:
    """Return a text that no spreadsheet works out."""
    plain = pictured(words)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def pictured(words: str) -> str:
    """Return a text with pictures such as ␀ for control characters, which are for machines."""
    return words if words.isprintable() else words.translate(_PICTURES)
