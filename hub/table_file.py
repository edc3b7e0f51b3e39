"""Reads an export of another system: a CSV file, or a sheet of an XLSX workbook, as a table.

Exports are not kept by hand like the small tables beside mapping files (`hub.sheet`): they are
large, numbers have formats, titles stand above the header and totals below the last row. What is
guessed or left out is told (`Table.notes`); what cannot be read is refused with its place.
Nothing in a file is ever worked out: `=cmd()` is text.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from hub.errors import ConfigError
from hub.language import Message, say
from hub.nearest import suggestion

#: Bytes of a file, and of what a workbook unpacks to.
MAX_BYTES = 256 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
#: Rows a spreadsheet can have; whoever has more has cut something off.
MAX_ROWS = 1_048_576
MAX_COLUMNS = 512
#: Lines among which the header is looked for.
_HEADER_WITHIN = 50
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
#: What guards a text against being taken for a number: `="00123"`.
_GUARDED = re.compile(r'="([^"]*)"')
_NUMBER_LIKE = re.compile(r"[+-]?[\d,]*\.?\d+%?|\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?.*")
_SUM_LINE = re.compile(
    r"(合\s*计|总\s*计|小\s*计|本页合计|grand total|total|subtotal|sum)[:：]?", re.IGNORECASE
)
#: Digits from which on a spreadsheet rounds.
_ROUNDED = 10**15

#: Exact: numbers are `Decimal`, nothing is None, texts keep the blanks inside.
Cell: TypeAlias = str | Decimal | bool | date | datetime | None


class TableFault(ConfigError):
    """The file cannot be read as a table; the message says where and what to do."""


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
    _left_out: frozenset[int] = field(default=frozenset(), repr=False)

    def rows(self) -> Iterator[TableRow]:
        """Yield the rows below the header; empty ones, repeated headers and totals are left out.

        Raises `TableFault` where the file turns out to be unreadable further down.
        """
        width = len(self.columns)
        for line, cells in _lines(self):
            if line <= self.header_end or line in self._left_out:
                continue
            if any(cell is not None for cell in cells):
                yield TableRow(line, (*cells[:width], *[None] * (width - len(cells))))


def open_table(path: Path, *, sheet: str | None = None, header: int | None = None) -> Table:
    """Return the table in a file.

    `sheet` names one of a workbook (otherwise the first that is not empty), `header` the line of
    the header where the guess is wrong. Raises `TableFault`.
    """
    name = str(path)
    data = _head(path, name)
    if data.startswith(_OLD_EXCEL):
        raise TableFault(
            say("{file} is an old or protected workbook. Save it as XLSX without a password.",
                file=name)
        )  # fmt: skip
    sha = _sha(path)
    if data.startswith(_ZIP):
        found = _sheet_of(path, name, sheet)
        draft = Table(path, name, sha, "xlsx", found, None, None, 0, 0, ())
    else:
        encoding = _encoding(path, name, data)
        separator = _separator(_text(path, encoding)[:_SAMPLE])
        draft = Table(path, name, sha, "csv", None, encoding, separator, 0, 0, ())
    return _with_header(draft, header)


def _head(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            data = file.read(_SAMPLE)
    except OSError as error:
        raise TableFault(
            say("{file} cannot be read: {problem}.", file=name, problem=error.strerror or error)
        ) from None
    if size == 0:
        raise TableFault(say("{file} is empty.", file=name))
    if size > MAX_BYTES:
        raise TableFault(
            say("{file} has more than {most} bytes. Split it.", file=name, most=MAX_BYTES)
        )
    return data


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- header ------------------------------------------------------------------------------------


def _with_header(draft: Table, given: int | None) -> Table:
    seen: list[tuple[int, Sequence[Cell]]] = []
    for line, cells in _lines(draft):
        if any(cell is not None for cell in cells):
            seen.append((line, cells))
        if len(seen) > _HEADER_WITHIN or (given is not None and line > given):
            break
    at = _header_at(draft, seen, given)
    line, cells = seen[at]
    end, titles, two = line, [_title(cell) for cell in cells], False
    while titles and not titles[-1]:
        titles.pop()
    below = seen[at + 1] if at + 1 < len(seen) else None
    if below is not None and _continues(titles, below[1]):
        # what stands over several columns stands in the first of them only
        titles, end, two = _joined(titles, [_title(cell) for cell in below[1]]), below[0], True
    if len(titles) > MAX_COLUMNS:
        raise TableFault(
            say("{file}, line {line}: more than {most} columns.", file=draft.name, line=line,
                most=MAX_COLUMNS)
        )  # fmt: skip
    columns, notes = _named(titles)
    if at:
        notes.insert(0, say("Left out above the header: {lines} line(s).", lines=at))
    if two:
        notes.insert(0, say("The header has two lines; they are joined with /."))
    table = Table(
        draft.path, draft.name, draft.sha256, draft.format, draft.sheet, draft.encoding,
        draft.separator, line, end, columns,
    )  # fmt: skip
    left, more = _left_out(table, titles)
    return Table(
        draft.path, draft.name, draft.sha256, draft.format, draft.sheet, draft.encoding,
        draft.separator, line, end, columns, (*notes, *more), left,
    )  # fmt: skip


def _header_at(draft: Table, seen: Sequence[tuple[int, Sequence[Cell]]], given: int | None) -> int:
    """Return which of the first lines is the header."""
    if given is not None:
        for at, (line, _) in enumerate(seen):
            if line == given:
                return at
        raise TableFault(
            say("{file} has nothing in line {line}, where the header should be.",
                file=draft.name, line=given)
        )  # fmt: skip
    widths = [sum(cell is not None for cell in cells) for _, cells in seen]
    usual = max(widths, default=0)
    for at, (_, cells) in enumerate(seen):
        texts = [cell for cell in cells if isinstance(cell, str)]
        named = len(texts) == widths[at] and not any(map(_NUMBER_LIKE.fullmatch, texts))
        if named and widths[at] >= max(min(2, usual), usual // 2):
            return at
    raise TableFault(
        say("{file} has no line that names its columns. Say which one it is: --header LINE.",
            file=draft.name)
    )  # fmt: skip


def _title(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def _continues(titles: Sequence[str], cells: Sequence[Cell]) -> bool:
    """Say whether a line below the header is its second one: it fills what that left open."""
    gaps = [at for at, title in enumerate(titles) if not title]
    gaps += range(len(titles), len(cells))
    filled = [at for at in gaps if at < len(cells) and cells[at] is not None]
    texts = [cell for cell in cells if cell is not None]
    plain = all(isinstance(cell, str) and not _NUMBER_LIKE.fullmatch(cell) for cell in texts)
    return bool(filled) and plain and len(texts) < max(len(titles), len(cells))


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    joined, over = [], ""
    for at in range(max(len(upper), len(lower))):
        top = upper[at] if at < len(upper) else ""
        low = lower[at] if at < len(lower) else ""
        over = top or (over if low else "")
        joined.append(f"{over}/{low}" if over and low else over or low)
    return joined


def _named(titles: Sequence[str]) -> tuple[tuple[str, ...], list[Message]]:
    names: list[str] = []
    notes: list[Message] = []
    for at, title in enumerate(titles, 1):
        name = title
        if not name:
            name = f"column {at}"
            notes.append(say("Column {at} has no name; it is called {name}.", at=at, name=name))
        number = 2
        while name in names:
            name = f"{title} ({number})"
            number += 1
        if title and name != title:
            notes.append(
                say("Two columns are named {title}; the one at {at} is called {name}.",
                    title=title, at=at, name=name)
            )  # fmt: skip
        names.append(name)
    return tuple(names), notes


def _left_out(table: Table, titles: Sequence[str]) -> tuple[frozenset[int], list[Message]]:
    """Return the lines that are no rows, and say which: repeated headers and totals.

    Reads the whole file once, so that what is wrong further down is known before anything is used.
    """
    repeated: list[int] = []
    sums: list[int] = []
    for line, cells in _lines(table):
        if line <= table.header_end:
            continue
        if line > MAX_ROWS:
            raise TableFault(
                say("{file} has more than {most} rows: more than a spreadsheet can hold. "
                    "Split it.", file=table.name, most=MAX_ROWS)
            )  # fmt: skip
        if len(cells) > len(table.columns) and any(
            cell is not None for cell in cells[len(table.columns) :]
        ):
            raise TableFault(
                say("{file}, line {line}: {cells} cells, the header names {columns} columns. "
                    "Put a cell that holds the separator in quotes.",
                    file=table.name, line=line, cells=len(cells), columns=len(table.columns))
            )  # fmt: skip
        shown = [_title(cell) for cell in cells]
        if shown[: len(titles)] == list(titles) and any(shown):
            repeated.append(line)
        elif (first := next(filter(None, shown), "")) and _SUM_LINE.fullmatch(first):
            sums.append(line)
    notes = []
    if repeated:
        notes.append(say("Left out, as it repeats the header: line {lines}.",
                         lines=_shown(repeated)))  # fmt: skip
    if sums:
        notes.append(say("Left out, as it holds totals: line {lines}.", lines=_shown(sums)))
    return frozenset((*repeated, *sums)), notes


def _shown(lines: Sequence[int]) -> str:
    more = f" +{len(lines) - 10}" if len(lines) > 10 else ""
    return ", ".join(map(str, lines[:10])) + more


# ---- lines -------------------------------------------------------------------------------------


def _lines(table: Table) -> Iterator[tuple[int, Sequence[Cell]]]:
    if table.format == "xlsx":
        yield from _of_sheet(table)
    else:
        yield from _of_text(table)


def _of_text(table: Table) -> Iterator[tuple[int, Sequence[Cell]]]:
    begins = 1
    with table.path.open(encoding=table.encoding, newline="", errors="strict") as file:
        reader = csv.reader(_checked(file, table), delimiter=table.separator or ",", strict=True)
        try:
            for cells in reader:
                yield begins, [_text_cell(cell) for cell in cells]
                begins = reader.line_num + 1
        except csv.Error as error:
            raise TableFault(
                say("{file}, line {line}: the row cannot be read: {problem}. A quote inside "
                    "quotes is written twice; each row closes its quotes.",
                    file=table.name, line=begins, problem=str(error))
            ) from None  # fmt: skip
        except UnicodeDecodeError:
            raise TableFault(
                say("{file}, line {line}: a character is not {encoding}. Save it as CSV UTF-8.",
                    file=table.name, line=begins, encoding=table.encoding)
            ) from None  # fmt: skip


def _checked(lines: Iterable[str], table: Table) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise TableFault(
                say("{file}, line {line}: a zero byte; the file is no text. Save it as CSV UTF-8.",
                    file=table.name, line=number)
            )  # fmt: skip
        yield line


def _text_cell(cell: str) -> Cell:
    text = cell.strip(" \t\r\n\u00a0\u3000")
    guarded = _GUARDED.fullmatch(text)
    return (guarded[1] if guarded is not None else text) or None


def _encoding(path: Path, name: str, head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        line = head.count(b"\n", 0, head.index(b"\0")) + 1
        raise TableFault(
            say("{file}, line {line}: a zero byte; the file is no text. Save it as CSV UTF-8.",
                file=name, line=line)
        )  # fmt: skip
    for encoding in ("utf-8", "gb18030"):
        try:
            with path.open(encoding=encoding) as file:
                for _ in iter(lambda: file.read(1 << 20), ""):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise TableFault(say("{file} is neither UTF-8 nor GB18030. Save it as CSV UTF-8.", file=name))


def _text(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        return file.read(_SAMPLE)


def _separator(text: str) -> str:
    """Return what parts the cells: what parts most of the first lines alike."""

    def evenness(separator: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
        except csv.Error:
            return 0, 0
        widths = [len(row) for row in rows[:_HEADER_WITHIN]]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0), usual

    return max(_SEPARATORS, key=evenness)


# ---- workbooks ---------------------------------------------------------------------------------


def _sheet_of(path: Path, name: str, wanted: str | None) -> str:
    """Return the sheet to read: the one of a name, else the first that is not empty."""
    import python_calamine

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise TableFault(
                    say("{file} holds more than {most} bytes unpacked. Keep only the table in it.",
                        file=name, most=MAX_UNPACKED)
                )  # fmt: skip
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise TableFault(
            say("{file} cannot be read as a workbook. Save it again as XLSX, without a password, "
                "or as CSV UTF-8.", file=name)
        ) from error  # fmt: skip
    names = book.sheet_names
    if wanted is not None:
        if wanted not in names:
            raise TableFault(
                say("{file} has no sheet {sheet}; it has: {known}. {hint}", file=name,
                    sheet=wanted, known=", ".join(names), hint=suggestion(wanted, names))
            )  # fmt: skip
        return wanted
    for one in names:
        if book.get_sheet_by_name(one).total_height:
            return str(one)
    raise TableFault(say("{file} is empty.", file=name))


def _of_sheet(table: Table) -> Iterator[tuple[int, Sequence[Cell]]]:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(table.path))
    sheet = book.get_sheet_by_name(table.sheet or "")
    start = sheet.start
    first = (start[0] if start is not None else 0) + 1
    for line, cells in enumerate(sheet.iter_rows(), first):
        yield line, [_value(cell, table, line, at) for at, cell in enumerate(cells, 1)]


def _value(cell: Any, table: Table, line: int, column: int) -> Cell:
    match cell:
        case str():
            text = cell.strip(" \t\r\n\u00a0\u3000")
            if text.startswith("#") and text in _ERRORS:
                raise TableFault(
                    say("{file}, row {line}, column {column}: the cell shows {error}. Mend the "
                        "formula, or enter the value.",
                        file=table.name, line=line, column=column, error=text)
                )  # fmt: skip
            return text or None
        case bool() | datetime() | date():
            return cell
        case float() if cell.is_integer() and abs(cell) < _ROUNDED:
            return Decimal(int(cell))
        case int() | float():
            return Decimal(repr(cell))
        case time() | timedelta():
            return str(cell)
    return None if cell is None else str(cell)


_ERRORS = frozenset(
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA"]
)
