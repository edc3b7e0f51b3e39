"""A report as one HTML file that opens from a mail: nothing is loaded, nothing leaves it.

All of it is there without scripts; a script adds a field that looks for words in the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from markupsafe import Markup

from hub.language import Language
from hub.reconcile.report import charts, page_files
from hub.reconcile.report.charts import Series, Size
from hub.reconcile.report.files import replaced
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import (
    FIGURES,
    SHOWN,
    Cell,
    Chart,
    Column,
    Page,
    Pages,
    Row,
    Table,
)
from hub.reconcile.report.terminal_tables import columns as columns_of
from hub.reconcile.report.texts import text

#: Rows whose details are asked for together.
_BATCH = 200
#: Rows that say how wide the columns of a list are, and the widths in characters.
_MEASURED, _NARROWEST, _WIDEST = 300, 6, 24


def write(pages: Pages, path: Path, language: Language) -> None:
    """Write a report as one file, as a whole or not at all."""
    with replaced(path) as file:
        for part in _Writer(pages, language).parts():
            # half of a character outside the BMP is no character
            file.write(part.encode(errors="replace"))


@dataclass(frozen=True, slots=True)
class _Shown:
    """A cell as it stands on the page."""

    words: str
    #: Figures stand to the right, tones have a colour.
    look: str
    title: str


@dataclass(frozen=True, slots=True)
class _Opens:
    """A row of a list with what it opens into."""

    cells: Sequence[_Shown]
    inner: Sequence[Sequence[_Shown]]


@dataclass(frozen=True, slots=True)
class _List:
    """A table as the template takes it."""

    table: Table
    heads: Sequence[_Shown]
    rows: Callable[[], Iterator[_Opens]]
    left_out: str


class _Writer:
    def __init__(self, pages: Pages, language: Language) -> None:
        self._pages, self._language = pages, language
        self._words = Words(language, pages.zone)

    def _text(self, key: str, **values: object) -> str:
        return text(self._language, key, **values)

    def parts(self) -> Iterator[str]:
        """Yield the page in parts: rows are worked out while it is written."""
        style = page_files.part("report.css") + page_files.part("plain.css") + self._widths()
        script = page_files.part("plain.js")
        return page_files.template("plain.html").generate(
            lang="zh-CN" if self._language is Language.ZH else "en",
            pages=self._pages, t=self._text, figure=self._words.figure,
            style=Markup(style), script=Markup(script),  # noqa: S704 (our own files)
            style_hash=page_files.source(style), script_hash=page_files.source(script),
            charts=self._charts, shown=self._shown,
        )  # fmt: skip

    # -- charts

    def _charts(self, page: Page) -> list[tuple[str, Markup]]:
        drawn = [(one.title, self._chart(one)) for one in page.charts]
        return [(title, chart) for title, chart in drawn if chart]

    def _chart(self, chart: Chart) -> Markup:
        table = self._pages.table(chart.table)
        names = [one.name for one in table.columns]
        rows = list(table.rows())
        label, columns = names.index(chart.label), [names.index(one) for one in chart.series]
        labels = [self._words.cell(row[label], table.columns[label]) for row in rows]
        if chart.kind == "line":
            return charts.lines(labels, [
                Series(table.columns[at].title, [_size(row[at]) for row in rows],
                       [self._words.cell(row[at], table.columns[at]) for row in rows])
                for at in columns
            ] if any(row[at] is not None for row in rows for at in columns) else [])  # fmt: skip
        told = [
            " · ".join(self._words.cell(row[at], table.columns[at]) for at in columns)
            for row in rows
        ]
        sizes = [[_size(row[at]) or 0 for at in columns] for row in rows]
        bars = charts.stacked(zip(labels, sizes, told, strict=True))
        titles = [table.columns[at].title for at in columns]
        return bars + charts.legend(titles) if bars and len(titles) > 1 else bars

    # -- tables

    def _shown(self, table: Table) -> _List:
        count, left_out = table.count or 0, ""
        if count > SHOWN:
            left_out = self._text("plain.left_out", shown=f"{SHOWN:,}", count=f"{count:,}")
        heads = [_Shown(one.title, _side(one), "") for one in table.columns]
        return _List(table, heads, lambda: self._rows(table), left_out)

    def _rows(self, table: Table) -> Iterator[_Opens]:
        rows = islice(table.rows(), SHOWN)
        while batch := list(islice(rows, _BATCH)):
            inner = table.detail.of(batch) if table.detail is not None else [()] * len(batch)
            for row, opened in zip(batch, inner, strict=True):
                yield _Opens(
                    self._cells(row, table.columns),
                    [self._cells(one, table.detail.columns) for one in opened]
                    if table.detail is not None else [],
                )  # fmt: skip

    def _cells(self, row: Row, columns: Sequence[Column]) -> list[_Shown]:
        return [
            _Shown(self._words.cell(value, one), _look(value, one), one.title)
            for value, one in zip(row, columns, strict=True)
        ]

    def _widths(self) -> str:
        """Return how wide the columns of the lists are: rows that open are no rows of a table."""
        rules = []
        for number, table in enumerate(one for one in self._pages.tables() if one.detail):
            rows = list(islice(table.rows(), _MEASURED))
            wide = [
                min(max(columns_of(one.title), *(
                    columns_of(self._words.cell(row[at], one)[:_WIDEST]) for row in rows
                ), _NARROWEST), _WIDEST) + (1 if at else 4)
                for at, one in enumerate(table.columns)
            ]  # fmt: skip
            sizes = " ".join(f"minmax(0, {one}fr)" for one in wide)
            rules.append(f".opens.l{number} .cells {{ grid-template-columns: {sizes}; }}\n")
        return "@media (min-width: 701px), print {\n" + "".join(rules) + "}\n"


def _side(column: Column) -> str:
    return "n" if column.kind in FIGURES else ""


def _look(value: Cell, column: Column) -> str:
    tone = column.tones.get(value, "") if isinstance(value, str) else ""
    day = "day" if column.kind in ("date", "time") else ""
    return " ".join(filter(None, (_side(column), f"tone-{tone}" if tone else "", day)))


def _size(value: Cell) -> Size | None:
    match value:
        case Decimal() | int():
            return value
        case timedelta():
            return int(value.total_seconds())
    return None
