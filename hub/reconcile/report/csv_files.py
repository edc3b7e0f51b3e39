"""A report as CSV files, one a sheet: UTF-8 with mark and CRLF, as Excel reads it in China.

What a spreadsheet would take for a formula has a ' before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from hub.language import Language
from hub.reconcile.report.files import replaced
from hub.reconcile.report.sheets import Cell, sheets
from hub.reconcile.report.value import Report

#: A text that begins so would be worked out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: Report, folder: Path, language: Language) -> None:
    """Write a report as files in a folder, each as a whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in sheets(report, language):
        with replaced(folder / f"{sheet.name}.csv") as file:
            text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow([guarded(column.title) for column in sheet.columns])
            for row in sheet.rows():
                writer.writerow(_cells(row))
            text.flush()
            text.detach()


def _cells(row: Sequence[Cell]) -> list[str]:
    return [_cell(one) for one in row]


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
    clean = words.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{clean}" if clean.startswith(_FORMULA) else clean
