"""Cells, places and faults: what CSV files and workbooks have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from hub.errors import ConfigError, Fault
from hub.language import Message, say, sentence_of

#: Bytes of a file.
MAX_BYTES = 256 * 1024 * 1024
#: Rows a spreadsheet can have; whoever has more has cut something off.
MAX_ROWS = 1_048_576
MAX_COLUMNS = 512
CODE = "E116"
#: What stands around a text without belonging to it.
AROUND = " \t\r\n\u00a0\u3000"

#: Exact: numbers are `Decimal`, nothing is None, texts keep the blanks inside.
Cell: TypeAlias = str | Decimal | bool | date | datetime | None


class TableFault(ConfigError):
    """The file cannot be read as a table; the message says why, line and column where."""

    def __init__(
        self,
        message: Message,
        hint: Message | str = "",
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
    ) -> None:
        fault = Fault(CODE, message, file, line, column, hint=hint)
        super().__init__(sentence_of(fault), [fault])
        self.message = message
        #: What to do about it; may be empty.
        self.hint = hint
        #: Counted from 1; 0 where the file as a whole is meant.
        self.line = line
        self.column = column

    def of(self, file: str) -> TableFault:
        """Return the same fault of a file."""
        return type(self)(self.message, self.hint, file=file, line=self.line, column=self.column)


class TableChanged(TableFault):
    """The file is no longer the one that was opened; nothing is said of what it holds now."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty, whatever it is: title, header, row or total."""

    #: Line of the file, or row of the sheet, counted from 1.
    number: int
    cells: Sequence[Cell]

    @property
    def texts(self) -> list[str]:
        """Return what a person reads in the cells, without blanks at the end of the line."""
        texts = [title(cell) for cell in self.cells]
        while texts and not texts[-1]:
            texts.pop()
        return texts


def title(cell: Cell) -> str:
    """Return a cell as a name: on one line, with single blanks."""
    return "" if cell is None else " ".join(str(cell).split())


def letters(column: int) -> str:
    """Return what a spreadsheet calls a column, counted from 1: `C`, `AB`."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def zero_byte(line: int) -> TableFault:
    """Return the fault of a line with a character that no text holds."""
    return TableFault(say("The file is no text: it holds a zero byte."), save_as(), line=line)


def save_as() -> Message:
    """Return what helps wherever a program wrote what another one cannot read."""
    return say("Save it as CSV UTF-8.")
