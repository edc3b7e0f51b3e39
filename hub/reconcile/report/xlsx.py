"""A report as a workbook for accountants: it foots, filters, prints, and can be signed.

Text is always text: a key of 20 digits keeps them, and `=HYPERLINK(…)` does nothing. Amounts with
more digits than a spreadsheet holds exactly are texts too, and so are sums they are part of. Sums
are formulas with their value stored, for whoever shows a workbook without calculating.

Rows are written once and kept nowhere, so a workbook of any size takes the same memory. The
overview stands first and is written last, when the sheets it points to are known.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell

from hub.language import Language
from hub.reconcile.report.files import replaced
from hub.reconcile.report.sheets import Sheet, sheets
from hub.reconcile.report.summary import Sum, Summary, said, summed
from hub.reconcile.report.value import Report, Severity
from hub.reconcile.report.xlsx_cells import (
    EXACT,
    SHORT,
    Cells,
    exact,
    ordered,
    places,
    quoted,
    shown,
    widths,
)
from hub.reconcile.report.xlsx_overview import Listed, Overview

#: Rows of a sheet below its head; what is more goes to the next one.
MAX_ROWS = 1_048_575
_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
#: Days are counted from here.
_DAY_ZERO = date(1899, 12, 30)
#: A list of choices, or a property, is a text of at most so many characters.
_MOST = 255
#: Rows that say how wide a column is.
_MEASURED = 300
_LISTS = ("findings", "in_flight", "within", "waived", "not_compared")
_ROLES = ("preparer", "reviewer")


def write(report: Report, path: Path, language: Language) -> None:
    """Write a report as a workbook, as a whole or not at all."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-xlsx-") as folder,
        replaced(path) as file,
        opened(file, folder, language) as book,
    ):
        _properties(book, report)
        _Workbook(book, summed(report), language).write()


@contextlib.contextmanager
def opened(file: BinaryIO, folder: str, language: Language) -> Iterator[Any]:
    """Open a workbook that keeps no rows, and end it; `folder` takes its temporary files."""
    font = "Microsoft YaHei" if language is Language.ZH else "Calibri"
    book = xlsxwriter.Workbook(file, {
        "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": font, "font_size": 10},
    })  # fmt: skip
    try:
        yield book
        book.close()
    finally:
        for page in book.worksheets():
            page.row_data_fh.close()


def added(book: Any, title: str, foot: str, number: int = 1) -> Any:
    """Return a new sheet that prints well, with words at its foot."""
    suffix = f" ({number})" if number > 1 else ""
    page = book.add_worksheet(title.translate(_NAME)[: 31 - len(suffix)] + suffix)
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(0.4, 0.4, 0.6, 0.6)
    page.fit_to_pages(1, 0)
    page.set_footer(f"&L{foot}&C&A&R&P / &N")
    # numbers of documents are meant to be texts
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return page


def _properties(book: Any, report: Report) -> None:
    # the same report is the same file, whenever it is written
    book.set_properties({
        "title": shown(report.title)[:_MOST], "subject": shown(report.name)[:_MOST],
        "comments": report.run, "keywords": report.run,
        "created": report.ended.astimezone(UTC).replace(tzinfo=None),
    })  # fmt: skip
    for name, value in (
        ("run", report.run), ("verdict", str(report.verdict)),
        ("definition", f"{report.name} v{report.version}"),
        ("definition_hash", report.definition_hash), ("report_hash", report.hash),
    ):  # fmt: skip
        if value:
            book.set_custom_property(name, shown(value)[:_MOST], "text")


class _Workbook:
    def __init__(self, book: Any, report: Report, language: Language) -> None:
        self._book, self._report = book, report
        self._summary = Summary.of(report)
        self._cells = Cells(book, language)
        self._words = self._cells.words

    def write(self) -> None:
        """Write all sheets."""
        made = {one.name: one for one in sheets(self._report, self._cells.language)}
        front = self._page(made["overview"].title)
        self._totals(made["totals"])
        self._ageing(made["ageing"])
        if self._report.slices is not None:
            from hub.reconcile.report import slices
            from hub.reconcile.report.plain import xlsx

            language = self._cells.language
            xlsx.add(
                self._book, slices.whole(self._report, self._report.slices, language), language
            )
        listed = [self._list(made[name]) for name in _LISTS]
        self._rules(made["rules"])
        self._sign_offs(made["sign_offs"])
        Overview(self._report, self._summary, self._cells, front).write(listed)

    def _page(self, title: str, number: int = 1) -> Any:
        return added(self._book, title, self._report.run[-12:], number)

    def _headed(self, sheet: Sheet, frozen: int, number: int = 1) -> Any:
        page = self._page(sheet.title, number)
        self._cells.heads(page, (one.title for one in sheet.columns))
        page.repeat_rows(0)
        page.freeze_panes(1, frozen)
        return page

    # -- rows that may be many

    def _list(self, sheet: Sheet) -> Listed:
        rows, listed = sheet.rows(), Listed(sheet.title)
        head = list(islice(rows, _MEASURED))
        wide, whole = widths(sheet.columns, head), chain(head, rows)
        page = self._begin(sheet, listed)
        listed.last = self._fill(page, sheet, islice(whole, MAX_ROWS), listed)
        for first in whole:
            self._end(page, sheet, listed, wide)
            page = self._begin(sheet, listed)
            listed.last = self._fill(page, sheet, islice(chain((first,), whole), MAX_ROWS), listed)
        if listed.last + len(listed.amounts) > MAX_ROWS:
            # the sums find no room below a sheet that is full
            self._end(page, sheet, listed, wide)
            page, listed.last = self._begin(sheet, listed), 0
        self._sums(page, sheet, listed)
        self._end(page, sheet, listed, wide)
        return listed

    def _begin(self, sheet: Sheet, listed: Listed) -> Any:
        page = self._headed(sheet, 2, len(listed.pages) + 1)
        listed.pages.append(page.get_name())
        return page

    def _fill(
        self, page: Any, sheet: Sheet, rows: Iterable[Sequence[Any]], listed: Listed
    ) -> int:  # fmt: skip
        """Write rows below a head; return how many. The innermost loop of a large workbook."""
        string, number = page.write_string, page.write_number
        forms, right = self._looks(sheet), self._cells.forms["right"]
        amount, currency = sheet.sums[0], sheet.sums[0] + 1
        amounts, days, at = listed.amounts, dict[date, int](), 0
        for at, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                kind = value.__class__
                if kind is str:
                    if not value:
                        continue
                    if value[0] == "<" or len(value) > SHORT or not value.isprintable():
                        value = shown(value)
                    string(at, place, value, forms[place])
                elif value is None:
                    continue
                elif kind is int:
                    number(at, place, value, forms[place])
                elif kind is date:
                    day = days.get(value)
                    if day is None:
                        # a number takes less time than a date, and is one in this look
                        day = days[value] = (value - _DAY_ZERO).days
                    number(at, place, day, forms[place])
                elif len(str(value)) <= EXACT or exact(value):
                    number(at, place, float(value), forms[place])
                else:
                    string(at, place, f"{value:,f}", right)
                    listed.texts.add(row[currency])
            worth = row[amount]
            if worth is not None:
                unit = row[currency]
                amounts[unit] = amounts[unit] + worth if unit in amounts else worth
        listed.count += at
        return at

    def _looks(self, sheet: Sheet) -> list[Any]:
        # a text of some hundred characters in a cell for texts is shown as ####
        long = {self._words("column.words"), self._words("column.note")}
        return [
            self._cells.forms["plain" if one.title in long else one.kind] for one in sheet.columns
        ]

    def _sums(self, page: Any, sheet: Sheet, listed: Listed) -> None:
        """Write a sum for each currency, over all sheets the rows are on."""
        column, sums = sheet.sums[0], ordered(listed.amounts)
        folded = [one.casefold() for one in sums]
        for row, (currency, value) in enumerate(sums.items(), listed.last + 1):
            for at in range(len(sheet.columns)):
                page.write_blank(row, at, None, self._cells.forms["sum_text"])
            self._cells.text(page, row, 0, self._words("line.total"), "sum_text")
            # criteria know neither capitals nor all signs
            named = currency.isalpha() and folded.count(currency.casefold()) == 1
            self._cells.formula(
                page, (row, column), _added(listed, column, currency if len(sums) > 1 else ""),
                value, "sum_", works=currency not in listed.texts and (named or len(sums) == 1),
            )  # fmt: skip
            self._cells.text(page, row, column + 1, currency, "sum_text")
            listed.cells[currency] = f"{quoted(page.get_name())}!{xl_rowcol_to_cell(row, column)}"

    def _end(self, page: Any, sheet: Sheet, listed: Listed, wide: Sequence[int]) -> None:
        """Give a sheet of rows its widths, filter, choices and colours."""
        rows, titles = listed.last, [one.title for one in sheet.columns]
        largest = max((len(f"{one:,.2f}") for one in listed.amounts.values()), default=0)
        for at, width in enumerate(wide):
            page.set_column(at, at, max(width, largest + 3) if at == sheet.sums[0] else width)
        page.autofilter(0, 0, max(rows, 1), len(titles) - 1)
        if not rows:
            return
        for at, column in enumerate(sheet.columns):
            if column.choices:
                self._choices(page, at, rows, column.choices, strict=True)
                look = {"type": "blanks", "format": self._cells.forms["by_hand"]}
                page.conditional_format(1, at, rows, at, look)
        owners = titles.index(self._words("column.owner"))
        self._choices(page, owners, rows, tuple(self._summary.owners), strict=False)
        grave = titles.index(self._words("column.severity"))
        for one in (Severity.CRITICAL, Severity.HIGH):
            page.conditional_format(1, grave, rows, grave, {
                "type": "cell", "criteria": "==", "format": self._cells.forms[str(one)],
                "value": f'"{self._words(f"severity.{one}")}"',
            })  # fmt: skip

    def _choices(
        self, page: Any, at: int, rows: int, given: Sequence[str], *, strict: bool
    ) -> None:  # fmt: skip
        """Offer a list in a column; what cannot stand in such a list is left out."""
        kept: list[str] = []
        for one in given:
            plain = one.isprintable() and not set(one) & set(',"') and one[0] not in "=+-@"
            if plain and len(",".join((*kept, one)).encode("utf-16-le")) <= 2 * _MOST:
                kept.append(one)
        if kept:
            asked = {"validate": "list", "source": kept, "show_error": strict}
            page.data_validation(1, at, rows, at, asked)

    # -- the other sheets

    def _totals(self, sheet: Sheet) -> None:
        page, rows = self._headed(sheet, 2), list(sheet.rows())
        for at, (cells, total) in enumerate(zip(rows, self._report.totals, strict=True), 1):
            figures = said(self._report, total)
            first = len(cells) - len(figures)
            for column, value in enumerate(cells[:first]):
                self._cells.text(page, at, column, str(value))
            self._explained(page, at, first, figures)
        for at, width in enumerate(widths(sheet.columns, rows)):
            page.set_column(at, at, min(max(width, 12), 26))
        page.autofilter(0, 0, max(len(rows), 1), len(sheet.columns) - 1)

    def _explained(
        self, page: Any, row: int, first: int, figures: Mapping[str, Decimal | None]
    ) -> None:  # fmt: skip
        """Write the figures of a control total; difference and rest are worked out from others."""
        cell = {name: xl_rowcol_to_cell(row, first + at) for at, name in enumerate(figures)}
        known = [one for one in figures.values() if one is not None]
        works = len(known) == len(figures) and all(map(exact, known))
        digits = max(map(places, known), default=0)
        parts = f"{cell['findings']}:{cell['not_compared']}"
        worked_out = {
            "total_difference": f"=ROUND({cell['left_sum']}-{cell['right_sum']},{digits})",
            "rest": f"=ROUND({cell['total_difference']}-SUM({parts}),{digits})",
        }
        for at, (name, value) in enumerate(figures.items(), first):
            if name in worked_out and value is not None:
                self._cells.formula(page, (row, at), worked_out[name], value, works=works)
            else:
                self._cells.amount(page, row, at, value)
        if figures["rest"] is None:
            return
        rest = first + list(figures).index("rest")
        look = {"type": "cell", "criteria": "!=", "value": 0, "format": self._cells.forms["wrong"]}
        page.conditional_format(row, rest, row, rest, look)

    def _ageing(self, sheet: Sheet) -> None:
        """Write a block of counts by kind and age, and one of amounts for each currency."""
        page, kinds = self._headed(sheet, 1), sorted(self._summary.kinds)
        titles = [one.title for one in sheet.columns]
        page.set_column(0, 0, 22)
        page.set_column(1, len(titles) - 2, 17)
        page.set_column(len(titles) - 1, len(titles) - 1, 34)
        page.autofilter(0, 0, max(len(kinds), 1), len(titles) - 1)
        beside = [str(self._summary.kinds[kind]) for kind in kinds]
        counts = [[one.count for one in self._aged(kind)] for kind in kinds]
        row = self._block(page, 1, kinds, counts, beside)
        for currency in ordered(self._summary.total.amounts):
            title = f"{self._words('column.amount')} {currency}".strip()
            self._cells.heads(page, (title, *titles[1:-1]), row + 2)
            having = [one for one in kinds if currency in self._summary.kinds[one].amounts]
            amounts = [
                [one.amounts.get(currency, Decimal(0)) for one in self._aged(kind)]
                for kind in having
            ]
            row = self._block(page, row + 3, having, amounts)

    def _aged(self, kind: str) -> list[Sum]:
        edges = range(len(self._report.ageing) + 1)
        return [self._summary.ageing.get((kind, at), Sum()) for at in edges]

    def _block(
        self, page: Any, first: int, kinds: Sequence[str],
        values: Sequence[Sequence[int | Decimal]], beside: Sequence[str] = (),
    ) -> int:  # fmt: skip
        """Write rows of figures with their sums across and down; return the row of the sums."""
        works = all(exact(Decimal(one)) for figures in values for one in figures)
        for row, (kind, figures) in enumerate(zip(kinds, values, strict=True), first):
            self._cells.text(page, row, 0, self._words(f"kind.{kind}"))
            for at, one in enumerate(figures, 1):
                self._cells.put(page, row, at, one)
            words = f"=SUM({xl_range(row, 1, row, len(figures))})"
            self._cells.formula(page, (row, len(figures) + 1), words, sum(figures), works=works)
            if beside:
                self._cells.text(page, row, len(figures) + 2, beside[row - first], "right")
        last = first + len(kinds)
        if not kinds:
            return first
        self._cells.text(page, last, 0, self._words("line.total"), "sum_text")
        wide = [(*figures, sum(figures)) for figures in values]
        for at, column in enumerate(zip(*wide, strict=True), 1):
            words = f"=SUM({xl_range(first, at, last - 1, at)})"
            self._cells.formula(page, (last, at), words, sum(column), "sum_", works=works)
        page.conditional_format(first, 1, last - 1, len(wide[0]) - 1, {
            "type": "data_bar", "bar_color": "#A9C4E0", "bar_solid": True, "data_bar_2010": True,
            "min_type": "num", "min_value": 0,
        })  # fmt: skip
        return last

    def _rules(self, sheet: Sheet) -> None:
        page = self._headed(sheet, 0)
        page.set_column(0, 0, 26)
        page.set_column(1, 1, 110)
        rows = list(sheet.rows())
        for at, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self._cells.text(page, at, column, str(value), "wrap")
        page.autofilter(0, 0, max(len(rows), 1), 1)

    def _sign_offs(self, sheet: Sheet) -> None:
        """Write who signed, and a line for who did not, to be signed on paper."""
        page = self._headed(sheet, 0)
        for at, width in enumerate((14, 26, 18, 12, 68, 36)):
            page.set_column(at, at, width)
        signed = {one.role for one in self._report.sign_offs if one.state == "valid"}
        open_lines = [
            (self._words(f"role.{role}"), "", "", "", self._report.hash, "")
            for role in _ROLES if role not in signed
        ]  # fmt: skip
        for at, row in enumerate((*sheet.rows(), *open_lines), 1):
            page.set_row(at, 28)
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(at, column, value, self._cells.forms["sign_time"])
                else:
                    self._cells.text(page, at, column, str(value), "sign")
        page.autofilter(0, 0, 1, len(sheet.columns) - 1)


def _added(listed: Listed, column: int, currency: str) -> str:
    """Return the formula that adds up a column over all sheets, of one currency or of all."""
    name, unit = xl_col_to_name(column), xl_col_to_name(column + 1)
    parts = []
    for page in listed.pages:
        here = page == listed.pages[-1]
        rows = listed.last if here else MAX_ROWS
        before = "" if here else f"{quoted(page)}!"
        if rows:
            cells = f"{before}{name}2:{name}{rows + 1}"
            criteria = f'{before}{unit}2:{unit}{rows + 1},"{currency}",'
            parts.append(f"SUMIF({criteria}{cells})" if currency else f"SUM({cells})")
    return f"={'+'.join(parts)}"
