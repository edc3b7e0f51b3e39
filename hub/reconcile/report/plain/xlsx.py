"""A report as a workbook: a sheet for each page, one of its own for each list, charts beside rows.

Text is always text, and amounts with more digits than a spreadsheet keeps are texts too. Rows are
written once and kept nowhere, so a workbook of any size takes the same memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report import xlsx
from hub.reconcile.report.files import replaced
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import (
    FIGURES,
    Cell,
    Chart,
    Column,
    Figure,
    Kind,
    Page,
    Pages,
    Row,
    Table,
)
from hub.reconcile.report.terminal_tables import columns as columns_of
from hub.reconcile.report.xlsx_cells import Cells, exact, shown

#: Rows that say how wide a column is.
_MEASURED = 300
_NARROWEST, _WIDEST = 9, 60
#: Rows a chart takes, and its size in points.
_CHART_ROWS = 16
_CHART_SIZE = {"width": 620, "height": 300}
_LOOKS = {"text": "plain", "code": "plain", "number": "number", "amount": "amount",
          "share": "share", "span": "span", "date": "day", "time": "time"}  # fmt: skip


def write(pages: Pages, path: Path, language: Language) -> None:
    """Write a report as a workbook, as a whole or not at all."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-xlsx-") as folder,
        replaced(path) as file,
        xlsx.opened(file, folder, language) as book,
    ):
        book.set_properties({
            "title": shown(pages.title)[:255], "subject": pages.name,
            "created": pages.made.astimezone(UTC).replace(tzinfo=None),
        })  # fmt: skip
        add(book, pages, language)


def add(book: Any, pages: Pages, language: Language) -> None:
    """Write the sheets of a report into an open workbook."""
    writer = _Workbook(book, pages, language)
    for page in pages.pages:
        writer.page(page)


class _Workbook:
    def __init__(self, book: Any, pages: Pages, language: Language) -> None:
        self._book, self._pages = book, pages
        self._cells = Cells(book, language)
        self._words = Words(language, pages.zone)
        self._zone = ZoneInfo(pages.zone)
        self._names: set[str] = set()

    def page(self, page: Page) -> None:
        """Write a page: a sheet of what is short, and one for each long table."""
        short = [one for one in page.tables if not one.long]
        if short or page.figures or page.notes:
            self._stacked(page, short)
        for one in page.tables:
            if one.long:
                self._list(one)

    def _sheet(self, title: str, number: int = 1) -> Any:
        while f"{title[:31]} {number}".casefold() in self._names:
            number += 1
        self._names.add(f"{title[:31]} {number}".casefold())
        return xlsx.added(self._book, title, self._pages.name, number)

    # -- figures and short tables, one below the other

    def _stacked(self, page: Page, tables: Sequence[Table]) -> None:
        sheet = self._sheet(page.title)
        rows = {one.name: list(one.rows()) for one in tables}
        self._widen(sheet, page, tables, rows)
        self._cells.text(sheet, 0, 0, page.title, "title")
        sheet.set_row(0, 26)
        at = 1
        first = page is self._pages.pages[0]
        for words in (*(self._pages.about if first else ()), *page.notes):
            self._cells.text(sheet, at, 0, words, "plain")
            at += 1
        at += 1 if page.figures else 0
        for one in page.figures:
            self._figure(sheet, at, one)
            at += 1
        for table in tables:
            at = self._block(sheet, page, table, rows[table.name], at + 1)

    def _widen(
        self, sheet: Any, page: Page, tables: Sequence[Table], rows: dict[str, list[Row]]
    ) -> None:
        wide: dict[int, int] = {}
        for table in tables:
            for at, width in enumerate(self._widths(table.columns, rows[table.name][:_MEASURED])):
                wide[at] = max(wide.get(at, 0), width)
        for one in page.figures:
            wide[0] = max(wide.get(0, 0), columns_of(one.title) + 2)
            wide[1] = max(wide.get(1, 0), columns_of(self._words.figure(one)) + 4)
        for at, width in wide.items():
            sheet.set_column(at, at, min(max(width, _NARROWEST), _WIDEST))

    def _figure(self, sheet: Any, row: int, one: Figure) -> None:
        self._cells.text(sheet, row, 0, one.title, "plain")
        if one.value is None:
            self._cells.text(sheet, row, 1, self._words.figure(one), "right")
        else:
            self._put(sheet, row, 1, one.value, one.kind)
        self._cells.text(sheet, row, 2, one.words, "plain")

    def _block(self, sheet: Any, page: Page, table: Table, rows: list[Row], at: int) -> int:
        """Write a table with its notes and charts; return the row after it."""
        self._cells.text(sheet, at, 0, table.title, "section")
        for note in table.notes:
            at += 1
            self._cells.text(sheet, at, 0, note, "plain")
        head = at + 1
        self._cells.heads(sheet, (one.title for one in table.columns), head)
        for number, row in enumerate(rows, head + 1):
            self._row(sheet, number, row, table.columns, "wrap")
        after = head + 1 + len(rows)
        for chart in page.charts:
            if chart.table == table.name and rows:
                self._chart(sheet, chart, table, (head, after - 1), after + 1)
                after += _CHART_ROWS + 1
        return after

    def _chart(
        self, sheet: Any, chart: Chart, table: Table, rows: tuple[int, int], at: int
    ) -> None:  # fmt: skip
        """Draw columns of rows that stand on the sheet; the first of the rows is the head."""
        names = [one.name for one in table.columns]
        bars = chart.kind == "bars"
        drawn = self._book.add_chart(
            {"type": "bar", "subtype": "stacked"} if bars else {"type": "line"}
        )
        label = names.index(chart.label)
        for one in chart.series:
            place = names.index(one)
            drawn.add_series({
                "name": [sheet.get_name(), rows[0], place],
                "categories": [sheet.get_name(), rows[0] + 1, label, rows[1], label],
                "values": [sheet.get_name(), rows[0] + 1, place, rows[1], place],
                **({} if bars else {"marker": {"type": "circle", "size": 4}}),
            })  # fmt: skip
        drawn.set_title({"name": shown(chart.title), "overlay": False,
                         "name_font": {"size": 11}})  # fmt: skip
        drawn.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
        if bars:
            drawn.set_y_axis({"reverse": True})
        drawn.set_size(_CHART_SIZE)
        sheet.insert_chart(at, 0, drawn)

    # -- rows that may be many

    def _list(self, table: Table) -> None:
        rows = table.rows()
        head = list(islice(rows, _MEASURED))
        wide, whole = self._widths(table.columns, head), chain(head, rows)
        self._fill(table, islice(whole, xlsx.MAX_ROWS), wide, 1)
        for number, first in enumerate(whole, 2):
            self._fill(table, islice(chain((first,), whole), xlsx.MAX_ROWS), wide, number)

    def _fill(self, table: Table, rows: Iterable[Row], wide: Sequence[int], number: int) -> None:
        sheet = self._sheet(table.title, number)
        for at, width in enumerate(wide):
            sheet.set_column(at, at, width)
        self._cells.heads(sheet, (one.title for one in table.columns))
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 1)
        at = 0
        for at, row in enumerate(rows, 1):
            self._row(sheet, at, row, table.columns)
        sheet.autofilter(0, 0, max(at, 1), len(table.columns) - 1)

    # -- cells

    def _row(
        self, sheet: Any, at: int, row: Row, columns: Sequence[Column], words: str = "plain"
    ) -> None:  # fmt: skip
        """Write a row; `words` is the look of its texts."""
        for place, (value, column) in enumerate(zip(row, columns, strict=True)):
            if column.kind == "code" and isinstance(value, str):
                self._cells.text(sheet, at, place, column.words.get(value, value), words)
            elif isinstance(value, str):
                self._cells.text(sheet, at, place, value, words)
            else:
                self._put(sheet, at, place, value, column.kind)

    def _put(self, sheet: Any, row: int, at: int, value: Cell, kind: Kind) -> None:
        form = self._cells.forms[_LOOKS[kind]]
        match value:
            case None:
                return
            case str():
                self._cells.text(sheet, row, at, value, "plain")
            case Decimal() if kind == "amount" or not exact(value):
                self._cells.amount(sheet, row, at, value)
            case Decimal() | int():
                sheet.write_number(row, at, float(value), form)
            case timedelta():
                sheet.write_number(row, at, value / timedelta(days=1), form)
            case datetime():
                local = value.astimezone(self._zone).replace(tzinfo=None)
                sheet.write_datetime(row, at, local, form)
            case date():
                sheet.write_datetime(row, at, value, form)

    def _widths(self, columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
        found = []
        for at, column in enumerate(columns):
            # the arrow of a filter stands beside the title
            longest = max([
                columns_of(column.title) + 3,
                *(columns_of(self._words.cell(row[at], column)[:_WIDEST]) for row in rows),
            ])  # fmt: skip
            least = 12 if column.kind in FIGURES or column.kind in ("date", "time") else _NARROWEST
            found.append(min(max(longest + 2, least), _WIDEST))
        return found
