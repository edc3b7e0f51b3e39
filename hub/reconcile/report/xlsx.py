"""A report as a workbook for accountants: sheets with filters, frozen heads, sums that agree.

Text is always text: a key of 20 digits keeps them, and `=HYPERLINK(…)` does nothing. Amounts with
more digits than a spreadsheet holds exactly are texts too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range

from hub.language import Language
from hub.reconcile.report.files import replaced
from hub.reconcile.report.sheets import Cell, Column, Sheet, sheets
from hub.reconcile.report.value import Report, Verdict

#: Rows of a sheet below its head; what is more goes to the next one.
MAX_ROWS = 1_048_575
_MOST_CHARACTERS = 32_767
#: Digits a spreadsheet keeps.
_EXACT = 15
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAME = re.compile(r"[\[\]:*?/\\]")
_AMOUNT = "#,##0.00;[Red]-#,##0.00"


def write(report: Report, path: Path, language: Language) -> None:
    """Write a report as a workbook, as a whole or not at all."""
    with replaced(path) as file:
        book = xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        # the same report is the same file, whenever it is written
        book.set_properties({
            "title": _clean(report.title), "subject": report.name, "comments": report.run,
            "created": report.ended.replace(tzinfo=None),
        })  # fmt: skip
        writer = _Writer(book, report)
        for sheet in sheets(report, language):
            writer.sheet(sheet)
        book.close()


class _Writer:
    def __init__(self, book: Any, report: Report) -> None:
        self._book, self._report = book, report
        plain = {"valign": "top"}
        self._formats: Mapping[str, Any] = {
            "text": book.add_format({**plain, "num_format": "@"}),
            "amount": book.add_format({**plain, "num_format": _AMOUNT}),
            "number": book.add_format({**plain, "num_format": "#,##0"}),
            "date": book.add_format({**plain, "num_format": "yyyy-mm-dd"}),
            "time": book.add_format({**plain, "num_format": "yyyy-mm-dd hh:mm"}),
        }
        self._wrapped = book.add_format({**plain, "text_wrap": True})
        self._head = book.add_format(
            {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "valign": "vcenter",
             "border": 1, "border_color": "#C8D1DC", "text_wrap": True}
        )  # fmt: skip
        self._sum = {
            kind: book.add_format({"bold": True, "top": 1, "num_format": form})
            for kind, form in (("amount", _AMOUNT), ("number", "#,##0"))
        }
        self._wrong = book.add_format(
            {"bold": True, "bg_color": "#C0392B", "font_color": "#FFFFFF", "text_wrap": True}
        )
        self._title = book.add_format({"bold": True, "font_size": 14})

    def sheet(self, sheet: Sheet) -> None:
        """Write a sheet, and further ones where it has more rows than fit."""
        number, page, at = 1, self._begin(sheet, 1), 0
        sums: dict[int, Decimal] = {one: Decimal(0) for one in sheet.sums}
        for row in sheet.rows():
            if at == MAX_ROWS - 1:
                self._end(page, sheet, at, sums)
                number, at = number + 1, 0
                page = self._begin(sheet, number)
                sums = {one: Decimal(0) for one in sheet.sums}
            at += 1
            self._row(page, sheet, at, row)
            for one in sums:
                value = row[one]
                if isinstance(value, Decimal | int):
                    sums[one] += value
        self._end(page, sheet, at, sums)

    def _begin(self, sheet: Sheet, number: int) -> Any:
        suffix = f" ({number})" if number > 1 else ""
        name = _NAME.sub(" ", sheet.title)[: 31 - len(suffix)] + suffix
        page = self._book.add_worksheet(name)
        for at, column in enumerate(sheet.columns):
            page.set_column(at, at, column.width)
            page.write_string(0, at, column.title, self._head)
        page.freeze_panes(1, 2 if len(sheet.columns) > 2 else 0)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_footer("&L&A&R&P / &N")
        return page

    def _row(self, page: Any, sheet: Sheet, at: int, row: Sequence[Cell]) -> None:
        overview = sheet.name == "overview"
        for column, value in enumerate(row):
            form = None
            if overview:
                form = self._title if at == 1 else self._wrapped
                incomplete = self._report.verdict in (Verdict.INCOMPLETE, Verdict.FAILED)
                if incomplete and (at == 2 or row[0] == "!"):
                    form = self._wrong
            self._cell(page, at, column, value, sheet.columns[column], form)

    def _cell(self, page: Any, row: int, at: int, value: Cell, column: Column, form: Any) -> None:
        match value:
            case None | "":
                return
            case str():
                shown = _clean(value)
                wide = len(shown) > column.width and column.width > 30
                page.write_string(row, at, shown, form or (
                    self._wrapped if wide else self._formats["text"]
                ))  # fmt: skip
            case datetime() | date():
                page.write_datetime(row, at, value, self._formats[column.kind])
            case Decimal() if len(value.as_tuple().digits) > _EXACT:
                page.write_string(row, at, f"{value:,f}", self._formats["text"])
            case _:
                page.write_number(row, at, value, self._formats[column.kind])

    def _end(self, page: Any, sheet: Sheet, rows: int, sums: Mapping[int, Decimal]) -> None:
        if rows and sheet.name not in ("overview", "rules"):
            page.autofilter(0, 0, rows, len(sheet.columns) - 1)
        for at, column in enumerate(sheet.columns):
            if column.choices and rows:
                page.data_validation(
                    1, at, rows, at, {"validate": "list", "source": list(column.choices)}
                )
        if not rows:
            return
        for at, value in sums.items():
            formula = f"=SUM({xl_range(1, at, rows, at)})"
            kind = sheet.columns[at].kind
            # whoever does not calculate shows the stored value
            page.write_formula(rows + 1, at, formula, self._sum[kind], float(value))
        if sheet.name == "ageing":
            last = len(sheet.sums) - 1
            page.conditional_format(
                1, 1, rows, last, {"type": "data_bar", "bar_color": "#5B8DB8", "bar_solid": True}
            )


def _clean(words: str) -> str:
    """Return a text without what a workbook cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", words)[:_MOST_CHARACTERS]
