"""Rows, keys, cells and names of files: what stands in the folder, and how it is written."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hub import Document

#: A longer key names no object.
MOST_KEY = 200
#: Bytes of a file's name, before its ending.
_MOST_NAME = 120
#: A reader's spreadsheet takes what begins so for a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n]")
_NUMBER = re.compile(r"-\d+(\.\d+)?")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
#: What Windows keeps for devices, whatever its ending.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE
)
_BOM = b"\xef\xbb\xbf"


class Unwritable(Exception):
    """The document has no form as a row; the message says why."""


def sha_of(data: bytes) -> str:
    """Return the hash by which a content is known."""
    return hashlib.sha256(data).hexdigest()


def plain(cell: Any) -> Any:
    """Return a cell as JSON knows it: dates as ISO 8601."""
    return cell.isoformat() if isinstance(cell, date) else cell


def key_text(cells: Iterable[Any]) -> str | None:
    """Return what names the object of a row; None where a part of it is missing."""
    parts = [_text(plain(cell)) for cell in cells]
    return "/".join(parts) if all(parts) else None


def render(document: Document) -> bytes:
    """Return a document as a CSV file that spreadsheets read: UTF-8 with its mark, CRLF.

    Raises `Unwritable`.
    """
    if not document:
        raise Unwritable("the document has no field: map at least one")
    nested = [name for name, value in document.items() if isinstance(value, (Mapping, list, tuple))]
    if nested:
        raise Unwritable(
            f"{', '.join(nested)}: a row holds no lists and no objects; map each to a text, or"
            " leave it out"
        )
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_guarded(name) for name in document])
    writer.writerow([_guarded(value) for value in document.values()])
    return _BOM + text.getvalue().encode()


def parse(data: bytes) -> dict[str, str]:
    """Return what `render` wrote, every value as its text; empty where it is no such file."""
    try:
        text = data.removeprefix(_BOM).decode()
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return {}
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        return {}
    return {_bare(name): _bare(value) for name, value in zip(*rows, strict=True)}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            whole = value == value.to_integral_value()
            return format(value.quantize(Decimal(1)) if whole else value.normalize(), "f")
    return str(value)


def _guarded(value: Any) -> str:
    text = format(value, "f") if isinstance(value, Decimal) else _text(value)
    formula = isinstance(value, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def _bare(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def file_name(key: str) -> str:
    """Return a name for the file of a key, without its ending.

    It stays in its folder on every system. Another key has another name, also where upper and
    lower case are alike: whatever was changed or could be confused ends in a hash of the key.
    """
    name = unicodedata.normalize("NFC", _UNSAFE.sub("_", key)).strip(" .")
    name = _cut(name.removeprefix("~$"))
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    alike = key != key.upper() or key.endswith((".CANCEL", ".TMP", ".PART"))
    if name == key and not alike:
        return name
    return f"{name}-{sha_of(key.encode())[:10]}" if name else sha_of(key.encode())[:20]


def _cut(name: str) -> str:
    while len(name.encode()) > _MOST_NAME:
        name = name[:-1]
    return name.strip(" .")


def row_item(columns: Sequence[str], cells: Sequence[Any], file: str, line: int) -> dict[str, Any]:
    """Return a row as an item of the stream."""
    values = {name: plain(cell) for name, cell in zip(columns, cells, strict=True)}
    return {**values, "_file": file, "_line": line}
