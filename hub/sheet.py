"""Reads a table a person keeps in a spreadsheet: CSV, or the first sheet of an XLSX file.

The first row that is not empty names the columns. Every cell is text, exactly as a person sees it,
and nothing in it is ever worked out: `=cmd()` stays those six characters, and what a workbook shows
otherwise than it holds is a fault. All faults are found at once, each with its line and the number
of its column.

CSV is UTF-8, else GB18030 (what Chinese spreadsheets save), with commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.errors import Fault
from hub.language import Message, say
from hub.nearest import suggestion

#: No table a person keeps beside a mapping is larger; such a one is an export gone wrong.
MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 64

CODE = "E116"
_BOM = b"\xef\xbb\xbf"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header."""

    #: Line of the file, or row of the sheet, counted from 1.
    line: int
    #: As many as there are columns; what the file leaves out is empty.
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with named columns, and everything that is wrong with it."""

    #: The file, as the administrator knows it.
    name: str
    #: Line of the header.
    line: int = 0
    #: Name of a column → its position, counted from 0.
    columns: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    faults: tuple[Fault, ...] = ()

    def cell(self, row: Row, column: str) -> str:
        """Return the text of a cell; empty where the table has no such column."""
        at = self.columns.get(column)
        return "" if at is None else row.cells[at]

    def faults_in(self, *columns: str) -> tuple[Fault, ...]:
        """Return the faults but those of cells in columns of other names: nobody asks for them."""
        others = {at + 1 for name, at in self.columns.items() if name not in columns}
        return tuple(
            one for one in self.faults if one.line <= self.line or one.column not in others
        )

    def missing(self, *columns: str) -> tuple[Fault, ...]:
        """Return a fault for each of these columns that the table does not have."""
        return tuple(
            Fault(CODE, say("The column {column} is missing.", column=column), self.name, self.line,
                  hint=suggestion(column, self.columns))
            for column in columns
            if column not in self.columns
        )  # fmt: skip

    def fault(self, row: Row, column: str, message: Message, hint: Message | str = "") -> Fault:
        """Return a fault of a cell, of the whole row where there is no such column."""
        at = self.columns.get(column)
        place = 0 if at is None else at + 1
        return Fault(CODE, message, self.name, row.line, place, hint=hint)


class _Refused(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, message: Message, hint: Message | str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


def read_sheet(data: bytes, name: str) -> Sheet:
    """Return the table in the bytes of a file; its faults are in the result, nothing is raised."""
    found: list[tuple[int, Sequence[str]]] = []
    faults: list[Fault] = []
    try:
        for line, cells in _lines(data, name, faults):
            if any(cells):
                found.append((line, _trimmed(cells)))
            if len(found) > MAX_ROWS + 1:
                raise _Refused(
                    say("The table has more than {most} rows.", most=MAX_ROWS), _split(), line
                )
    except _Refused as stop:
        faults.append(Fault(CODE, stop.message, name, stop.line, hint=stop.hint))
    if not found:
        faults = faults or [_empty(name)]
        return Sheet(name, faults=tuple(faults))
    (first, header), *rows = found
    faults += _header_faults(name, first, header)
    faults += (_too_wide(name, row, header) for row in rows if len(row[1]) > len(header))
    columns: dict[str, int] = {}
    for at, title in enumerate(header):
        columns.setdefault(title, at)
    columns.pop("", None)
    width = len(header)
    kept = (Row(line, (*cells, *[""] * (width - len(cells)))[:width]) for line, cells in rows)
    return Sheet(name, first, columns, tuple(kept), _ordered(faults))


def _ordered(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Return the cells up to the last one that says something."""
    end = next(at for at in range(len(cells), 0, -1) if cells[at - 1])
    return cells[:end]


def _empty(name: str) -> Fault:
    hint = say("Its first row names the columns.")
    return Fault(CODE, say("The table is empty."), name, hint=hint)


def _split() -> Message:
    return say("Split it into several files.")


def _header_faults(name: str, line: int, header: Sequence[str]) -> Iterator[Fault]:
    if len(header) > MAX_COLUMNS:
        message = say("The table has more than {most} columns.", most=MAX_COLUMNS)
        yield Fault(CODE, message, name, line, MAX_COLUMNS + 1)
    for at, title in enumerate(header, 1):
        if not title:
            message = say("Column {column} has no name.", column=at)
            yield Fault(CODE, message, name, line, at, hint=say("Name it, or remove the column."))
        elif title in header[: at - 1]:
            message = say("Two columns are named {column}.", column=title)
            yield Fault(CODE, message, name, line, at, hint=say("Give each its own name."))


def _too_wide(name: str, row: tuple[int, Sequence[str]], header: Sequence[str]) -> Fault:
    line, cells = row
    message = say(
        "The row has {cells} cells, the header names {columns} columns.",
        cells=len(cells), columns=len(header),
    )  # fmt: skip
    hint = say('Put a cell that holds the separator in quotes: "1,5".')
    return Fault(CODE, message, name, line, len(header) + 1, hint=hint)


# ---- what a file holds -----------------------------------------------------------------------


def _lines(data: bytes, name: str, faults: list[Fault]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield line and cells of each row, the cells without spaces around them.

    Adds the faults of single cells; raises `_Refused` where nothing more can be read.
    """
    if len(data) > MAX_BYTES:
        raise _Refused(say("The file has more than {most} bytes.", most=MAX_BYTES), _split())
    if data.startswith(_OLD_EXCEL):
        raise _Refused(
            say("The file is an old or protected workbook."), say("Save it as XLSX or CSV UTF-8.")
        )
    workbook = data.startswith(_ZIP)
    lines = _of_workbook(data, name, faults) if workbook else _of_text(_text(data))
    for line, cells in lines:
        yield line, [cell.strip() for cell in cells]


def _text(data: bytes) -> str:
    """Return the characters of a CSV file; a zero byte says that it is none."""
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise _Refused(say("The file is no text: it holds a zero byte."), _save_as(), line)
    body = data.removeprefix(_BOM)
    # whoever writes the mark says that it is UTF-8
    encodings = ("utf-8",) if len(body) < len(data) else ("utf-8", "gb18030")
    bad = 0
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError as error:
            bad = error.start
    line = body.count(b"\n", 0, bad) + 1
    raise _Refused(say("The file is neither UTF-8 nor GB18030."), _save_as(), line)


def as_utf8(data: bytes) -> bytes:
    """Return a CSV file as UTF-8 without mark; as it is where nobody can read it."""
    try:
        return _text(data).encode()
    except _Refused:
        return data


def _save_as() -> Message:
    return say("Save it as CSV UTF-8.")


def _of_text(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        hint = say("A quote inside quotes is written twice; each row closes its quotes.")
        message = say("The row cannot be read: {problem}.", problem=str(error))
        raise _Refused(message, hint, begins) from None


def _separator(text: str) -> str:
    """Return what parts the cells: whatever makes the most of them in the header."""

    def columns(separator: str) -> int:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            return len(next(filter(any, reader), []))
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=columns)


def _of_workbook(
    data: bytes, name: str, faults: list[Fault]
) -> Iterator[tuple[int, Sequence[str]]]:
    from hub import xlsx  # what it needs takes a while to load

    try:
        for row in xlsx.rows(data, max_rows=MAX_ROWS + 1, max_columns=MAX_COLUMNS):
            faults += (_unlike(name, row.line, *one) for one in row.unlike.items())
            yield row.line, row.cells
    except xlsx.Unreadable as error:
        raise _Refused(error.message, error.hint, error.line) from None


def _unlike(name: str, line: int, column: int, message: Message) -> Fault:
    hint = say("Format the column as text and enter it again.")
    return Fault(CODE, message, name, line, column, hint=hint)
