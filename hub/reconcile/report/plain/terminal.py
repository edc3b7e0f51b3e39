"""A report for the terminal: figures, tables, and the first rows of the lists. Plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from hub.language import Language
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import FIGURES, Column, Page, Pages, Row, Table
from hub.reconcile.report.terminal_tables import Look, one_line, table, wrapped
from hub.reconcile.report.texts import text

#: Rows of a table that is not long.
_MOST = 200


def lines(pages: Pages, language: Language, width: int, top: int = 20) -> Iterator[str]:
    """Yield the lines of a report, none wider than `width` columns where that is possible.

    Of a list, the first `top` rows are told, and how many there are.
    """
    words = Words(language, pages.zone)
    for sentence in (pages.title, *pages.about):
        yield from wrapped(one_line(sentence), width)
    for page in (one for one in pages.pages if not one.explains):
        yield from _page(page, words, language, width, top)


def _page(page: Page, words: Words, language: Language, width: int, top: int) -> Iterator[str]:
    yield ""
    if page.figures or page.notes:
        yield from wrapped(one_line(page.title), width)
    for one in page.figures:
        told = f"  {one_line(one.title)}: {words.figure(one)}"
        yield from wrapped(f"{told} · {one_line(one.words)}" if one.words else told, width)
    for note in page.notes:
        yield from wrapped(f"  {one_line(note)}", width)
    for at, rows in enumerate(page.tables):
        if at or page.figures or page.notes:
            yield ""
        yield from _table(rows, words, language, width, top if rows.long else _MOST)


def _table(one: Table, words: Words, language: Language, width: int, top: int) -> Iterator[str]:
    yield from wrapped(one_line(one.title), width)
    for note in one.notes:
        yield from wrapped(f"  {one_line(note)}", width)
    rows = list(islice(one.rows(), top + 1))
    if not rows:
        yield "  " + text(language, "plain.nothing")
        return
    yield from of_rows(one.columns, rows[:top], words, width)
    if len(rows) > top:
        more = "" if one.count is None else f"{one.count - top:,}"
        yield text(language, "line.more", count=more or "?")


def of_rows(
    columns: Sequence[Column], rows: Sequence[Row], words: Words, width: int
) -> Iterator[str]:
    """Yield rows below the titles of their columns."""
    spare = sorted((one for one in columns if one.spare), key=lambda one: -one.spare)
    look = Look(
        {one.name: one.title for one in columns},
        {one.name for one in columns if one.kind in FIGURES},
        [one.name for one in spare],
        columns[0].name,
        {one.name for one in columns if one.whole or one.kind in ("date", "time")},
    )
    cells = [
        {one.name: words.cell(value, one) for one, value in zip(columns, row, strict=True)}
        for row in rows
    ]
    yield from table(cells, look, width)
