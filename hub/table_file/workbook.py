"""Rows of an XLSX sheet, looked through before they are read.

The reader makes room for every cell up to the last one used, and shows neither that a cell holds
an error nor that a formula was saved without a value. So the sheet's XML is gone through first.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import IO, Any, TypeAlias
from xml.parsers.expat import ParserCreate

from hub import xlsx
from hub.language import Message, say
from hub.nearest import suggestion
from hub.table_file.cells import AROUND, MAX_ROWS, Cell, Line, TableFault, letters, zero_byte

#: Bytes a workbook unpacks to.
MAX_UNPACKED = 1024 * 1024 * 1024
#: Cells the reader makes room for: a gigabyte.
_MAX_CELLS = 32 * 1024 * 1024
#: So many cells of a kind are remembered; of more, nobody reads.
_REMEMBERED = 1_000
#: So many digits of a number a spreadsheet keeps.
_DIGITS = 15
_KINDS = frozenset(["row", "c", "v", "is", "f", "extLst"])

#: First row, first column, last row, last column of merged cells, counted from 1.
Merged: TypeAlias = tuple[int, int, int, int]


@dataclass(slots=True)
class Looked:
    """What was seen in the XML of a sheet."""

    last_row: int = 0
    last_column: int = 0
    #: Row and column of a cell → why its value is not what its author meant.
    wrong: dict[tuple[int, int], Message] = field(default_factory=dict)
    #: Column → the first rows of it that hold a formula.
    formulas: dict[int, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet that has been read."""

    rows: Any
    #: Column of the first cells, counted from 1.
    first_column: int
    merged: Sequence[Merged]

    def lines(self) -> Iterator[Line]:
        """Yield the rows that are not empty."""
        for number, cells in enumerate(self.rows.iter_rows(), 1):
            values = [_value(cell) for cell in cells]
            if any(isinstance(value, str) and "\0" in value for value in values):
                raise zero_byte(number)
            if any(value is not None for value in values):
                yield Line(number, values)


def choose(path: Path, wanted: str | None) -> tuple[str, Looked, tuple[Message, ...]]:
    """Return the sheet to read, what was seen in it, and what was chosen on the way.

    It is the one of a name, else the first that is not empty; those that are hidden come last.
    """
    try:
        with xlsx.broken_told(), zipfile.ZipFile(path) as archive:
            xlsx.check_unpacked(archive, MAX_UNPACKED)
            parts = xlsx.sheet_parts(archive)
            names = _shown_first(path, parts)
            if wanted is not None and wanted not in names:
                raise TableFault(
                    say("There is no sheet {sheet}; there are: {known}.",
                        sheet=wanted, known=", ".join(names)),
                    suggestion(wanted, names),
                )  # fmt: skip
            for name in names if wanted is None else [wanted]:
                looked = _look_through(archive, parts[name])
                if looked.last_row:
                    others = [one for one in names if one != name]
                    return name, looked, _chosen(name, others) if wanted is None else ()
    except xlsx.Unreadable as error:
        raise TableFault(error.message, error.hint, line=error.line) from error
    raise TableFault(say("The table is empty."), say("Its first row names the columns."))


def _shown_first(path: Path, parts: Mapping[str, str]) -> list[str]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with path.open("rb") as file:
        known = CalamineWorkbook.from_filelike(file).sheets_metadata
    sheets = [one for one in known if one.typ == SheetTypeEnum.WorkSheet and one.name in parts]
    return [
        one.name for one in sorted(sheets, key=lambda one: one.visible != SheetVisibleEnum.Visible)
    ]


def _chosen(name: str, others: Sequence[str]) -> tuple[Message, ...]:
    if not others:
        return ()
    return (say("Read: sheet {sheet}. Not read: {others}.", sheet=name, others=", ".join(others)),)


def read(path: Path, sheet: str) -> Page:
    """Return a sheet that was looked through."""
    from python_calamine import CalamineWorkbook

    try:
        with xlsx.broken_told(), path.open("rb") as file:
            page = CalamineWorkbook.from_filelike(file).get_sheet_by_name(sheet)
    except xlsx.Unreadable as error:
        raise TableFault(error.message, error.hint) from error
    merged = [
        (top + 1, left + 1, bottom + 1, right + 1)
        for (top, left), (bottom, right) in page.merged_cell_ranges or ()
    ]
    return Page(page, (page.start[1] if page.start else 0) + 1, merged)


def is_rounded(cell: Cell) -> bool:
    """Say whether a whole number has more digits than a spreadsheet keeps."""
    return isinstance(cell, Decimal) and cell.adjusted() >= _DIGITS


def _value(cell: Any) -> Cell:
    match cell:
        case str():
            return cell.strip(AROUND) or None
        case bool() | date():
            return cell
        case float() if not isfinite(cell):
            return str(cell)
        case float() if cell.is_integer():
            return Decimal(int(cell))
        case int() | float():
            return Decimal(repr(cell))
        case time() | timedelta():
            return str(cell)
    return None if cell is None else str(cell)


# ---- before it is read -------------------------------------------------------------------------


def _look_through(archive: zipfile.ZipFile, part: str) -> Looked:
    with archive.open(part) as file:
        return _Look().through(file)


class _Look:
    """Goes through the XML of a sheet, in one pass without a tree."""

    def __init__(self) -> None:
        self.seen = Looked()
        self.row = self.column = self.declared = 0
        self.type = self.digits = ""
        self.held = self.formula = self.marked = False
        #: Letters of a column → its number.
        self.columns: dict[str, int] = {}
        self.text: list[str] = []
        self.parser = ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.StartDoctypeDeclHandler = self.refuse

    def through(self, file: IO[bytes]) -> Looked:
        self.parser.ParseFile(file)
        self.leave()
        return self.seen

    def refuse(self, *_: Any) -> None:
        raise ValueError("a document type")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        # called for every cell twice, so it does no more than it must
        kind = name if name in _KINDS else name.rpartition(":")[2]
        if kind == "c":
            if self.marked:
                self.leave()
            self.move(attributes.get("r"))
            self.held = False
            self.type = attributes.get("t", "n")
            if self.type == "e":
                self.mark()
        elif kind in {"v", "is"}:
            self.held = True
            self.text.clear()  # of the formula
            if self.row > self.seen.last_row or self.column > self.seen.last_column:
                self.check_room()
        elif kind == "f":
            self.formula = True
            self.mark()
        elif kind == "row":
            self.leave()
            self.row, self.column = int(attributes.get("r") or self.row + 1), 0
            self.declared, self.digits = self.row, str(self.row)
        elif kind == "extLst":  # what follows is about cells, and none itself
            self.leave()

    def move(self, reference: str | None) -> None:
        """Go to the next cell, which may say where it is."""
        if reference is not None:
            letters_of = reference.removesuffix(self.digits)
            known = self.columns.get(letters_of)
            if known is not None:
                self.row, self.column = self.declared, known
                return
            if letters_of.isalpha():
                self.columns[letters_of] = xlsx.position(reference, 0, 0)[1]
        self.row, self.column = xlsx.position(reference, self.row, self.column + 1)

    def mark(self) -> None:
        """Have a closer look at this cell: it holds a formula or an error."""
        self.marked = True
        self.parser.CharacterDataHandler = self.text.append

    def check_room(self) -> None:
        rows = self.seen.last_row = max(self.seen.last_row, self.row)
        columns = self.seen.last_column = max(self.seen.last_column, self.column)
        if rows > MAX_ROWS or rows * columns > _MAX_CELLS:
            raise xlsx.Unreadable(
                say("The sheet is used down to {cell}: that is more than {most} cells.",
                    cell=f"{letters(columns)}{rows}", most=_MAX_CELLS),
                say("Remove what stands outside the table, or save it as CSV UTF-8."),
                self.row,
            )  # fmt: skip

    def leave(self) -> None:
        """End the cell before this one."""
        if self.marked:
            self.judge("".join(self.text) if self.held else "")
            self.text.clear()
            self.parser.CharacterDataHandler = None
        self.marked = self.formula = False

    def judge(self, value: str) -> None:
        if self.formula:
            rows = self.seen.formulas.setdefault(self.column, [])
            if len(rows) < _REMEMBERED:
                rows.append(self.row)
        if len(self.seen.wrong) >= _REMEMBERED:
            return
        if self.type == "e" and value:
            why = say("The cell shows {error}.", error=value)
        elif self.formula and not value and not (self.type == "str" and self.held):
            why = say("The cell holds a formula, and no value was saved with it.")
        else:
            return
        self.seen.wrong[self.row, self.column] = why


def mend() -> Message:
    """Return what to do about a cell without a value."""
    return say("Open the workbook, mend the cell or enter its value, and save it again.")
