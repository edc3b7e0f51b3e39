"""Lines of a CSV file: which characters, which separator, and every line that is not empty."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from hub.language import say
from hub.table_file.cells import AROUND, Cell, Line, TableFault, save_as, zero_byte

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
_SAMPLED_LINES = 50
#: What guards a text against being taken for a number: `="00123"`.
_GUARDED = re.compile(r'="((?:[^"]|"")*)"')


def encoding_of(path: Path, head: bytes) -> str:
    """Return the encoding of a file that begins with these bytes; whoever marks it knows it."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise zero_byte(head.count(b"\n", 0, head.index(b"\0")) + 1)
    wrong = 0
    for encoding in ("utf-8", "gb18030"):
        line = _first_unlike(path, encoding)
        if not line:
            return encoding
        wrong = max(wrong, line)
    raise TableFault(say("The file is neither UTF-8 nor GB18030."), save_as(), line=wrong)


def _first_unlike(path: Path, encoding: str) -> int:
    """Return the first line that is not of an encoding, 0 where there is none."""
    with path.open("rb") as file:
        # in both, the byte that ends a line is part of no other character
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return number
    return 0


def separator_of(path: Path, encoding: str) -> str:
    """Return what parts the cells: what parts most of the first lines alike."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        text = file.read(_SAMPLE)

    def evenness(separator: str) -> tuple[int, int]:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            rows = [row for row in reader if any(row)]
        except csv.Error:
            return 0, 0
        widths = [len(row) for row in rows[:_SAMPLED_LINES]]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0), usual

    return max(_SEPARATORS, key=evenness)


def lines_of(file: TextIO, separator: str) -> Iterator[Line]:
    """Yield the lines of a file that is open; raises `TableFault`."""
    reader = csv.reader(_without_zero(file), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cells):
                line = Line(begins, [_cell(cell) for cell in cells])
                if any(cell is not None for cell in line.cells):
                    yield line
            begins = reader.line_num + 1
    except csv.Error as error:
        hint = say("A quote inside quotes is written twice; each row closes its quotes.")
        message = say("The row cannot be read: {problem}.", problem=str(error))
        raise TableFault(message, hint, line=begins) from None
    except UnicodeDecodeError:
        message = say("A character is not {encoding}.", encoding=file.encoding)
        raise TableFault(message, save_as(), line=begins) from None


def _without_zero(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise zero_byte(number)
        yield line


def _cell(cell: str) -> Cell:
    text = cell.strip(AROUND)
    if text.startswith('="') and (guarded := _GUARDED.fullmatch(text)) is not None:
        text = guarded[1].replace('""', '"')
    return text or None
