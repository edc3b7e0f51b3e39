"""Cells as people read them, and as programs do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report.plain.value import Cell, Column, Figure, Kind
from hub.reconcile.report.summary import figure
from hub.reconcile.report.texts import text

#: What stands for a figure nobody can tell: never a rate over 0.
NONE = "–"
_PARTS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


class Words:
    """Words cells in a language; moments are in the zone of the report."""

    def __init__(self, language: Language, zone: str) -> None:
        self._language, self._zone = language, ZoneInfo(zone)

    def cell(self, value: Cell, column: Column) -> str:
        """Return a cell of a column."""
        if column.kind == "code" and isinstance(value, str):
            return column.words.get(value, value)
        return self.shown(value, column.kind)

    def figure(self, one: Figure) -> str:
        """Return the value of a figure; a missing one has a sign of its own."""
        return NONE if one.value is None else self.shown(one.value, one.kind)

    def shown(self, value: Cell, kind: Kind) -> str:
        """Return a value as a person reads it; nothing for None, `–` in a column of shares."""
        match value:
            case None:
                return NONE if kind in ("share", "span") else ""
            case Decimal():
                return percent(value) if kind == "share" else figure(value)
            case timedelta():
                return self._span(value)
            case datetime():
                return f"{value.astimezone(self._zone):%Y-%m-%d %H:%M}"
            case date():
                return value.isoformat()
            case int():
                return f"{value:,}"
        return value

    def _span(self, value: timedelta) -> str:
        """Return a length of time by its two largest parts, cut and not rounded."""
        left, found = int(value.total_seconds()), list[str]()
        for name, seconds in _PARTS:
            count, rest = divmod(left, seconds)
            if count or (name == "seconds" and not found):
                found.append(text(self._language, f"span.{name}", count=count))
                left = rest
            elif found:
                break
            if len(found) == 2:
                break
        return " ".join(found)


def percent(value: Decimal) -> str:
    """Return a share as percent with two decimals."""
    return f"{value * 100:.2f} %"


def plain(value: Cell) -> Any:
    """Return a cell as JSON has it: decimals as text, seconds, ISO 8601 in UTC."""
    match value:
        case Decimal():
            return format(value, "f")
        case timedelta():
            return int(value.total_seconds())
        case datetime():
            return value.astimezone(_UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return value


_UTC = ZoneInfo("UTC")


def clock(value: timedelta) -> str:
    """Return a length of time as spreadsheets read it: hours, minutes, seconds."""
    seconds = int(value.total_seconds())
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
