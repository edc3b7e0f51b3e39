"""Printing: tables for people, one JSON object per line for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from hub.cli.texts import text
from hub.language import Language
from hub.service.visible import clean as clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from hub.errors import Fault

#: Width of what is not read on a terminal: nothing is cut off in a file.
_WIDE = 240
#: Ends of ids as tables show them: unique enough to be typed again.
_ENDING = 12
_IDS = frozenset({"id"})


def line(words: str = "", *, error: bool = False) -> None:
    """Print a line; to standard error when it is about an error."""
    print(clean(words), file=sys.stderr if error else sys.stdout)


def as_json(value: Mapping[str, Any]) -> None:
    """Print one object in one line; decimals are text, times ISO 8601 in UTC."""
    import msgspec

    line(msgspec.json.encode(value, enc_hook=str, order="sorted").decode())


def listing(
    language: Language, columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, json: bool
) -> None:
    """Print rows: all they hold as JSON lines, or these columns as a table."""
    if json:
        for row in rows:
            as_json(row)
        return
    shown = list(rows)
    if not shown:
        line(text(language, "nothing"))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(text(language, f"col.{name}"), overflow="fold")
    for row in shown:
        table.add_row(*(cell(name, row.get(name), language) for name in columns))
    draw(table)


def fields(row: Mapping[str, Any]) -> None:
    """Print one object, a field a line, leaving out what is empty."""
    for name, value in row.items():
        if value not in (None, "", {}, []):
            shown = pretty(value) if isinstance(value, Mapping | list) else cell("", value)
            line(f"{name}: {shown}")


def faults(found: Iterable[Fault], language: Language = Language.EN) -> None:
    """Print faults as JSON lines, their sentences in a language."""
    from hub.cli.fault_formats import as_object

    for fault in found:
        as_json(as_object(fault, language))


def draw(what: RenderableType) -> None:
    """Print a table or tree."""
    _console().print(what)


def on_terminal() -> bool:
    """Say whether a person reads along, in a window of some width."""
    return sys.stdout.isatty()


def _console() -> Console:
    from rich.console import Console

    width = None if on_terminal() else _WIDE
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def pretty(document: Any) -> str:
    """Return a document as JSON for a person to read."""
    import msgspec

    return clean(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def cell(name: str, value: Any, language: Language = Language.EN) -> str:
    """Return a value as a person reads it."""
    match value:
        case None:
            return ""
        case bool():
            return text(language, "yes" if value else "no")
        case datetime():
            return value.astimezone().isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(cell(name, item, language) for item in value)
    shown = clean(str(value))
    return shown[-_ENDING:] if name in _IDS else shown
