"""Opens a file as a table: everything that is wrong with it is known before a row is given."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from hub.language import Message, say
from hub.table_file import text, workbook
from hub.table_file.cells import (
    MAX_BYTES,
    MAX_ROWS,
    Cell,
    Line,
    TableChanged,
    TableFault,
    letters,
    title,
)
from hub.table_file.header import WITHIN, Header, find, is_total, named

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_HEAD = 64 * 1024
#: So many line numbers are told of each kind.
_TOLD = 10
#: A header that is named stands no further down.
_LOWEST_HEADER = 1_000


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row below the header."""

    #: Line of the file, or row of the sheet, counted from 1.
    line: int
    #: As many as there are columns.
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with named columns."""

    path: Path
    #: As the user wrote it.
    name: str
    sha256: str
    #: csv, xlsx.
    format: str
    #: Of a workbook.
    sheet: str | None
    #: Of a CSV file.
    encoding: str | None
    separator: str | None
    header_line: int
    #: Last line of the header: a header may have two.
    header_end: int
    columns: tuple[str, ...]
    #: What was guessed or left out.
    notes: tuple[Message, ...] = ()
    #: Columns, counted from 0, with whole numbers of more digits than a spreadsheet keeps.
    rounded: frozenset[int] = frozenset()
    #: How many rows there are.
    count: int = 0
    #: Column of the first cells, counted from 1.
    first_column: int = 1
    _left_out: frozenset[int] = field(default=frozenset(), repr=False)
    _stamp: tuple[int, int] = field(default=(0, 0), repr=False)

    def rows(self) -> Iterator[TableRow]:
        """Yield the rows below the header; empty ones, repeated headers and totals are left out.

        Raises `TableChanged` where the file is no longer the one that was opened.
        """
        width = len(self.columns)
        self.check_unchanged()
        for line in _lines(self):
            if line.number > self.header_end and line.number not in self._left_out:
                gap = [None] * (width - len(line.cells))
                yield TableRow(line.number, (*line.cells[:width], *gap))

    def check_unchanged(self) -> None:
        """Raise `TableChanged` where somebody wrote the file since it was opened."""
        if _stamp(self.path, self.name) != self._stamp:
            message = say("The file has changed since it was opened.")
            raise TableChanged(message, say("Try it again once nobody writes it."), file=self.name)

    def place(self, column: int) -> int:
        """Return where a column, counted from 0, stands in the file, counted from 1."""
        return self.first_column + column


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    header: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Table:
    """Return the table in a file, read once from end to end.

    `sheet` names one of a workbook (otherwise the first that is not empty), `header` the line of
    the header where the guess is wrong. Raises `TableFault`.
    """
    # names of files need not be texts
    name = str(path).encode(errors="backslashreplace").decode()
    try:
        return _opened(path, name, sheet, header, max_bytes)
    except TableFault as fault:
        raise fault.of(name) from fault.__cause__
    except OSError as error:
        raise _unreadable(error).of(name) from error


def _opened(path: Path, name: str, sheet: str | None, header: int | None, max_bytes: int) -> Table:
    stamp = _stamp(path, name)
    if stamp[0] == 0:
        raise TableFault(say("The table is empty."), say("Its first row names the columns."))
    if stamp[0] > max_bytes:
        message = say("The file has more than {most} bytes.", most=max_bytes)
        raise TableFault(message, say("Split it into several files."))
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        sha = hashlib.file_digest(file, "sha256").hexdigest()
    if head.startswith(_OLD_EXCEL):
        message = say("The file is an old or protected workbook.")
        raise TableFault(message, say("Save it as XLSX or CSV UTF-8."))
    draft = Table(path, name, sha, "csv", None, None, None, 0, 0, (), _stamp=stamp)
    if head.startswith(_ZIP):
        return _of_workbook(replace(draft, format="xlsx"), sheet, header)
    return _of_text(draft, head, header)


def _stamp(path: Path, name: str) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(error).of(name) from error
    return found.st_size, found.st_mtime_ns


def _unreadable(error: OSError) -> TableFault:
    return TableFault(say("The file cannot be read: {problem}.", problem=error.strerror or error))


def _of_text(draft: Table, head: bytes, given: int | None) -> Table:
    encoding = text.encoding_of(draft.path, head)
    notes = (say("Read as GB18030."),) if encoding == "gb18030" else ()
    separator = text.separator_of(draft.path, encoding)
    draft = replace(draft, encoding=encoding, separator=separator, notes=notes)
    with closing(_lines(draft)) as lines:
        header = find(_first(lines, given), given, (), 1)
    return _whole(draft, header, _lines(draft), workbook.Looked())


def _of_workbook(draft: Table, sheet: str | None, given: int | None) -> Table:
    sheet, looked, notes = workbook.choose(draft.path, sheet)
    page = workbook.read(draft.path, sheet)
    first = page.first_column
    header = find(_first(page.lines(), given), given, page.merged, first)
    tall = [top for top, _, bottom, _ in page.merged if top > header.end and bottom > top]
    if tall:
        notes += (
            say("From line {line} on, cells are merged over several rows: their value stands in "
                "the first of them only.", line=min(tall)),
        )  # fmt: skip
    draft = replace(draft, sheet=sheet, notes=notes, first_column=first)
    return _whole(draft, header, page.lines(), looked)


def _lines(table: Table) -> Generator[Line, None, None]:
    if table.sheet is not None:
        yield from workbook.read(table.path, table.sheet).lines()
        return
    with table.path.open(encoding=table.encoding, newline="") as file:
        try:
            yield from text.lines_of(file, table.separator or ",")
        except TableFault as fault:
            raise fault.of(table.name) from None


def _first(lines: Iterator[Line], given: int | None) -> list[Line]:
    """Return the lines among which the header is, and the two below it."""
    return list(islice(lines, WITHIN if given is None else _LOWEST_HEADER))


# ---- from the first line to the last -----------------------------------------------------------


def _whole(draft: Table, header: Header, lines: Iterator[Line], looked: workbook.Looked) -> Table:
    """Read all lines, and return the table with what was found and left out."""
    columns, names = named(header, draft.first_column)
    table = replace(draft, header_line=header.line, header_end=header.end, columns=columns)
    seen = _Seen(table, header, looked)
    for line in lines:
        seen.take(line)
    seen.finish()
    return replace(
        table,
        notes=(*draft.notes, *seen.about_header(), *names, *seen.notes()),
        rounded=frozenset(seen.rounded),
        count=seen.count,
        _left_out=frozenset((*seen.repeated, *seen.totals)),
    )


class _Seen:
    """What the lines of a table were found to be."""

    def __init__(self, table: Table, header: Header, looked: workbook.Looked) -> None:
        self.table = table
        self.header = header
        self.looked = looked
        self.lines = self.count = 0
        self.repeated: list[int] = []
        self.totals: list[int] = []
        self.rounded: set[int] = set()
        self.wrong = _by_line(looked)
        self.heads = {next(filter(None, one), "") for one in header.texts}

    def take(self, line: Line) -> None:
        self.lines += 1
        if self.lines > MAX_ROWS:
            message = say("The table has more than {most} rows.", most=MAX_ROWS)
            raise TableFault(message, say("Split it into several files."), line=line.number)
        if line.number <= self.header.end:
            return
        if _first_text(line) in self.heads and line.texts in self.header.texts:
            self.repeated.append(line.number)
        elif is_total(line.cells):
            self.totals.append(line.number)
            self.wrong.pop(line.number, None)
        else:
            self.count += 1
            self.check(line)

    def check(self, line: Line) -> None:
        """Raise the fault of a row; note what a spreadsheet rounded."""
        width, first = len(self.table.columns), self.table.first_column
        beyond = [at for at, cell in enumerate(line.cells[width:], width) if cell is not None]
        if beyond:
            raise self._too_wide(line, beyond[-1] + 1, first + beyond[0])
        self.check_cells(line.number)
        if self.table.format == "xlsx":
            self.rounded.update(at for at, one in enumerate(line.cells) if workbook.is_rounded(one))

    def check_cells(self, line: int) -> None:
        """Raise the fault of the first cell of a line whose value is not what was meant."""
        first, width = self.table.first_column, len(self.table.columns)
        for column, why in sorted(self.wrong.pop(line, {}).items()):
            if first <= column < first + width:
                cell = f"{letters(column)}{line}"
                raise TableFault(
                    say("{cell}: {message}", cell=cell, message=why),
                    workbook.mend(), line=line, column=column,
                )  # fmt: skip

    def finish(self) -> None:
        """Raise the faults of lines that seem empty: a cell with an error has no value."""
        for line in sorted(self.wrong):
            if line > self.header.end:
                self.check_cells(line)

    def _too_wide(self, line: Line, cells: int, column: int) -> TableFault:
        message = say(
            "The row has {cells} cells, the header names {columns} columns.",
            cells=cells, columns=len(self.table.columns),
        )  # fmt: skip
        hint = say('Put a cell that holds the separator in quotes: "1,5".')
        if self.table.format == "xlsx":
            hint = say("Name the column in the header, or remove what stands beside the table.")
        return TableFault(message, hint, line=line.number, column=column)

    def about_header(self) -> Iterator[Message]:
        if self.header.end > self.header.line:
            yield say("The header has two lines; they are joined with /.")
        if self.header.above:
            yield say("Left out above the header: {lines} line(s).", lines=self.header.above)

    def notes(self) -> Iterator[Message]:
        if self.repeated:
            yield say("Left out, as it repeats the header: line {lines}.",
                      lines=_shown(self.repeated))  # fmt: skip
        if self.totals:
            yield say("Left out, as it holds totals: line {lines}.", lines=_shown(self.totals))
        if not self.count:
            yield say("There are no rows below the header.")
        left_out = {*self.repeated, *self.totals}
        for column, lines in sorted(self.looked.formulas.items()):
            at = column - self.table.first_column
            worked = (line for line in lines if line > self.header.end and line not in left_out)
            if 0 <= at < len(self.table.columns) and any(worked):
                yield say("The column {column} holds formulas; their values are as they were "
                          "saved.", column=self.table.columns[at])  # fmt: skip
        for at in sorted(self.rounded):
            yield say("The column {column} holds numbers of more than 15 digits, which "
                      "spreadsheets round.", column=self.table.columns[at])  # fmt: skip


def _first_text(line: Line) -> str:
    return title(next((cell for cell in line.cells if cell is not None), None))


def _by_line(looked: workbook.Looked) -> dict[int, dict[int, Any]]:
    found: dict[int, dict[int, Any]] = {}
    for (line, column), why in looked.wrong.items():
        found.setdefault(line, {})[column] = why
    return found


def _shown(lines: Sequence[int]) -> str:
    more = f" +{len(lines) - _TOLD}" if len(lines) > _TOLD else ""
    return ", ".join(map(str, lines[:_TOLD])) + more
