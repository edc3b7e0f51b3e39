"""Reads the first sheet of an XLSX workbook as texts.

A workbook is a zip archive, so a small file may hold a great deal, and its reader makes room for
every cell up to the last one used. What it holds is therefore looked through before.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from hub.language import Message, say

#: A workbook with more than this unpacked is no table a person keeps.
MAX_UNPACKED = 64 * 1024 * 1024
#: From here on a spreadsheet's numbers are no longer exact in every digit.
_ROUNDED = 10**15
#: No spreadsheet has a row below this one.
LAST_ROW = 2**20
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
#: Number of a format that every workbook has → what it is; and those that leave digits alone.
_BUILT_IN = {"0": "General", "1": "0", "49": "@"}
_PLAIN = frozenset(_BUILT_IN.values())
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

#: A cell as the reader gives it.
_Value: TypeAlias = (
    str | float | bool | datetime.date | datetime.datetime | datetime.time | datetime.timedelta
)


class Unreadable(Exception):
    """The workbook cannot be read, or holds what would not be what a person typed."""

    def __init__(self, message: Message, hint: Message, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the sheet, from its first column on."""

    #: Counted from 1.
    line: int
    cells: tuple[str, ...]
    #: Column, counted from 1 → why its text may not be what a person sees there.
    unlike: Mapping[int, Message]


def rows(data: bytes, *, max_rows: int, max_columns: int) -> Iterator[Row]:
    """Yield each row of the first sheet; raises `Unreadable`."""
    import python_calamine

    with broken_told():
        unlike = _look_through(data, max_rows, max_columns)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        found: list[list[Any]] = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    for line, values in enumerate(found, 1):
        wrong = {
            column: why
            for column, value in enumerate(values, 1)
            if _text(value) and (why := unlike.get((line, column)) or _rounded(value))
        }
        yield Row(line, tuple(map(_text, values)), wrong)


@contextlib.contextmanager
def broken_told() -> Iterator[None]:
    """Raise `Unreadable` for whatever the readers of archives, XML and sheets stumble over."""
    import python_calamine

    try:
        yield
    except (
        python_calamine.CalamineError, zipfile.BadZipFile, zlib.error, ParseError, ExpatError,
        DefusedXmlException, LookupError, ValueError, OSError, RuntimeError, EOFError,
    ) as error:  # fmt: skip
        hint = say("Save it again as XLSX, without a password, or as CSV UTF-8.")
        raise Unreadable(say("The workbook cannot be read."), hint) from error


def _rounded(value: _Value) -> Message | None:
    if not isinstance(value, float | int) or abs(value) < _ROUNDED:
        return None
    return say("The number has more than 15 digits, so the spreadsheet has rounded it.")


def _text(value: _Value) -> str:
    """Return a cell's text: whole numbers as their digits, dates as ISO 8601."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if not value.is_integer():
            return format(Decimal(repr(value)), "f")
        case int() | float():
            return str(int(value))
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
    return str(value)


# ---- before it is read -----------------------------------------------------------------------


def _look_through(
    data: bytes, max_rows: int, max_columns: int
) -> Mapping[tuple[int, int], Message]:
    """Return row and column of each cell that shows something else than it holds, and why."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_unpacked(archive, MAX_UNPACKED)
        sheet, styles = _parts(archive)
        plain = _plain_styles(fromstring(archive.read(styles))) if styles else None
        with archive.open(sheet) as part:
            for line, column, cell in _used(part):
                if line > max_rows or column > max_columns:
                    message = say(
                        "Row {line}, column {column} is used: more than {rows} rows or {columns} "
                        "columns.",
                        line=line, column=column, rows=max_rows, columns=max_columns,
                    )  # fmt: skip
                    raise Unreadable(message, say("Remove what stands outside the table."), line)
                if (why := _unlike(cell, plain)) is not None:
                    found[line, column] = why
    return found


def check_unpacked(archive: zipfile.ZipFile, most: int) -> None:
    """Raise `Unreadable` where an archive holds more bytes than that."""
    if sum(part.file_size for part in archive.infolist()) > most:
        message = say("The workbook holds more than {most} bytes.", most=most)
        raise Unreadable(message, say("Keep only the table in it."))


def sheet_parts(archive: zipfile.ZipFile) -> Mapping[str, str]:
    """Return name of a sheet → the part of the archive that holds it, in the workbook's order."""
    targets = {number: path for number, _, path in _related(archive)}
    book = fromstring(archive.read("xl/workbook.xml"))
    return {
        one.attrib["name"]: targets[one.attrib[f"{_RELATIONS}id"]]
        for one in book.iter()
        if _name(one) == "sheet"
    }


def _parts(archive: zipfile.ZipFile) -> tuple[str, str | None]:
    """Return the parts of the archive with the first sheet and, where there are any, the styles."""
    sheets = list(sheet_parts(archive).values())
    styles = (path for _, kind, path in _related(archive) if kind.endswith("/styles"))
    return sheets[0], next(styles, None)


def _related(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, str]]:
    """Yield number, type and part of what a workbook consists of."""
    for one in fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        target = one.attrib["Target"]
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        yield one.attrib["Id"], one.get("Type", ""), path


def _plain_styles(styles: Element) -> Collection[str]:
    """Return the numbers of the styles that show a whole number as its digits."""
    own = {
        one.get("numFmtId"): one.get("formatCode")
        for one in styles.iter()
        if _name(one) == "numFmt"
    }
    formats = [one.get("numFmtId") or "0" for part in styles if _name(part) == "cellXfs"
               for one in part]  # fmt: skip
    return {
        str(at)
        for at, number in enumerate(formats)
        if own.get(number, _BUILT_IN.get(number)) in _PLAIN
    }


def _unlike(cell: Element, plain: Collection[str] | None) -> Message | None:
    """Return why a person may see something else in a cell than it holds."""
    held = {_name(one): one.text or "" for one in cell}
    if "f" in held:
        return say("The cell holds a formula, and nothing is worked out here.")
    if cell.get("t", "n") != "n" or plain is None:
        return None
    if cell.get("s", "0") not in plain:
        return say("The number has a format, so that a person may see something else.")
    return None


def _used(part: Any) -> Iterator[tuple[int, int, Element]]:
    """Yield row and column, counted from 1, of every cell that holds something, and the cell."""
    line = column = 0
    for event, one in iterparse(part, ("start", "end")):
        match event, _name(one):
            case "start", "row":
                line, column = int(one.get("r") or line + 1), 0
                if line > LAST_ROW:
                    raise ValueError(line)
            case "start", "c":
                line, column = position(one.get("r"), line, column + 1)
            case "end", "c":
                if len(one):
                    yield line, column, one
            case "end", "row":
                one.clear()


def position(reference: str | None, line: int, column: int) -> tuple[int, int]:
    """Return row and column of a cell such as `AB12`; the next one where it names none."""
    if reference is None:
        return line, column
    found = _CELL.fullmatch(reference)
    if found is None:
        raise ValueError(reference)
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), number


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
