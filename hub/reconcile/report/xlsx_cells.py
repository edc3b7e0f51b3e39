"""Cells of a workbook: looks, amounts that stay exact, texts that stay texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from hub.language import Language
from hub.reconcile.report.csv_files import pictured
from hub.reconcile.report.sheets import Cell, Column
from hub.reconcile.report.terminal_tables import columns
from hub.reconcile.report.texts import text

#: Characters of a cell, counted as Excel does: one outside the BMP is two.
MOST_CHARACTERS = 32_767
#: A shorter text fits, whatever it is made of.
SHORT = MOST_CHARACTERS // 2
#: Digits a spreadsheet keeps.
EXACT = 15
_CENTS = 2
#: What XML cannot hold beside control characters.
_FORBIDDEN = dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), 0xFFFD)
#: The widths a column may have.
_NARROWEST, _WIDEST = 9, 46
RED = "#B3261E"
_NAVY, _PALE, _LINE, _SOFT = "#1F3A5F", "#E8EEF5", "#B8C4D2", "#5B6B7B"
_AMOUNT = "#,##0.00;[Red]-#,##0.00"
_FINE = "#,##0.00####;[Red]-#,##0.00####"
_COUNT = '#,##0;[Red]-#,##0;"–"'
# a text does not touch the figure before it
_LEFT, _RIGHT = {"align": "left", "indent": 1}, {"align": "right"}
_SUM = {"bold": True, "top": 1, "bottom": 6}
_BAND = {**_LEFT, "bold": True, "text_wrap": True, "valign": "vcenter"}
_WRONG = {**_BAND, "bg_color": RED, "font_color": "#FFFFFF"}
_CAPTION = {**_BAND, "bg_color": _PALE, "bottom": 1, "bottom_color": _LINE}
_FORMS: Mapping[str, Mapping[str, Any]] = {
    "text": {**_LEFT, "num_format": "@"},
    "plain": _LEFT,
    "right": {**_RIGHT, "num_format": "@"},
    "amount": {**_RIGHT, "num_format": _AMOUNT},
    "fine": {**_RIGHT, "num_format": _FINE},
    "number": {**_RIGHT, "num_format": "#,##0"},
    "count": {**_RIGHT, "num_format": _COUNT},
    "share": {**_RIGHT, "num_format": "0.00%"},
    "span": {**_RIGHT, "num_format": "[h]:mm:ss"},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "time": {"num_format": "yyyy-mm-dd hh:mm", **_LEFT},
    "day": {**_LEFT, "num_format": "yyyy-mm-dd"},
    "unknown": {**_RIGHT, "italic": True, "font_color": RED},
    "wrap": {**_LEFT, "text_wrap": True},
    "soft": {**_LEFT, "text_wrap": True, "font_color": _SOFT},
    "head": {**_BAND, "bg_color": _NAVY, "font_color": "#FFFFFF", "border": 1,
             "border_color": _LINE},
    "title": {**_LEFT, "bold": True, "font_size": 16, "font_color": _NAVY, "valign": "vcenter"},
    "section": {**_LEFT, "bold": True, "font_size": 12, "font_color": _NAVY},
    "caption": {**_CAPTION, **_LEFT},
    "caption_right": {**_CAPTION, **_RIGHT, "indent": 0},
    "wrong": _WRONG,
    "wrong_amount": {**_WRONG, **_RIGHT, "indent": 0, "num_format": _AMOUNT},
    "wrong_fine": {**_WRONG, **_RIGHT, "indent": 0, "num_format": _FINE},
    "wrong_right": {**_WRONG, **_RIGHT, "indent": 0, "num_format": "@"},
    "good": {**_BAND, "bg_color": "#E3F1E7", "font_color": "#1C6B3C"},
    "warn": {**_BAND, "bg_color": "#FDF0D5", "font_color": "#7A4F00"},
    "link": {**_LEFT, "font_color": "#1F5D99", "underline": 1},
    "sum_text": {**_SUM, **_LEFT},
    "sum_right": {**_SUM, **_RIGHT, "num_format": "@"},
    "sum_amount": {**_SUM, **_RIGHT, "num_format": _AMOUNT},
    "sum_fine": {**_SUM, **_RIGHT, "num_format": _FINE},
    "sum_count": {**_SUM, **_RIGHT, "num_format": _COUNT},
    "sign": {**_LEFT, "bottom": 1, "bottom_color": _LINE, "text_wrap": True},
    "sign_time": {**_LEFT, "bottom": 1, "bottom_color": _LINE, "num_format": "yyyy-mm-dd hh:mm"},
    "by_hand": {"bg_color": "#FFF9E0"},
    "critical": {"bold": True, "font_color": RED},
    "high": {"font_color": RED},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with what it gives, for whoever shows a workbook without calculating."""

    words: str
    value: int | Decimal


#: What a cell of a sheet that is laid out holds.
Value: TypeAlias = str | int | Decimal | datetime | date | Formula | None


class Cells:
    """Writes cells in the looks of a workbook, and words in the language of a report."""

    def __init__(self, book: Any, language: Language) -> None:
        self.language = language
        self.forms: Mapping[str, Any] = {
            name: book.add_format({"valign": "vcenter", **form}) for name, form in _FORMS.items()
        }
        self._unknown = text(language, "line.unknown")

    def words(self, key: str, **values: object) -> str:
        """Return a text of reports."""
        return text(self.language, key, **values)

    def text(self, page: Any, row: int, at: int, words: str, form: str = "text") -> None:
        """Write a text; an empty one has its look all the same."""
        if words:
            page.write_string(row, at, shown(words), self.forms[form])
        else:
            page.write_blank(row, at, None, self.forms[form])

    def amount(self, page: Any, row: int, at: int, value: Decimal | None, form: str = "") -> None:
        """Write an amount exactly, or that nobody can tell it."""
        if value is None:
            page.write_string(row, at, self._unknown, self.forms["unknown"])
        elif exact(value):
            page.write_number(row, at, float(value), self.forms[_of(form, value)])
        else:
            page.write_string(row, at, f"{value:,f}", self.forms[f"{form}right"])

    def put(self, page: Any, row: int, at: int, value: Value, form: str = "") -> None:
        """Write a text, a count, an amount or a moment; nothing for None."""
        match value:
            case None:
                page.write_blank(row, at, None, self.forms[f"{form}text"])
            case str():
                self.text(page, row, at, value, f"{form}text")
            case int():
                page.write_number(row, at, value, self.forms[f"{form}count"])
            case Decimal():
                self.amount(page, row, at, value, form)
            case datetime():
                page.write_datetime(row, at, value, self.forms["time"])
            case date():
                page.write_datetime(row, at, value, self.forms["day"])
            case Formula():
                self.formula(page, (row, at), value.words, value.value, form)

    def formula(
        self, page: Any, place: tuple[int, int], words: str, value: Decimal | int, form: str = "",
        *, works: bool = True,
    ) -> None:  # fmt: skip
        """Write a formula with what it gives; that alone where no formula is exact."""
        if isinstance(value, int):
            page.write_formula(*place, words, self.forms[f"{form}count"], value)
        elif works and exact(value):
            page.write_formula(*place, words, self.forms[_of(form, value)], float(value))
        else:
            self.amount(page, *place, value, form)

    def heads(self, page: Any, titles: Iterable[str], row: int = 0) -> None:
        """Write the head of a sheet, or of a block in it."""
        for at, title in enumerate(titles):
            self.text(page, row, at, title, "head")
        page.set_row(row, 30)


def _of(form: str, value: Decimal) -> str:
    return f"{form}fine" if places(value) > _CENTS else f"{form}amount"


def exact(value: Decimal) -> bool:
    """Return whether a spreadsheet keeps all digits of an amount."""
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    return len(digits) <= EXACT


def places(value: Decimal) -> int:
    """Return how many decimals an amount has."""
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def ordered(amounts: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Return amounts by currency, the currencies in order."""
    return dict(sorted(amounts.items()))


def shown(words: str) -> str:
    """Return a text as a cell of a workbook can hold it."""
    plain = pictured(words).translate(_FORBIDDEN)
    if len(plain) > SHORT:
        plain = _cut(plain)
    # XlsxWriter passes what looks so as markup when it keeps no rows
    return f"{plain} " if plain.startswith("<r>") and plain.endswith("</r>") else plain


def _cut(words: str) -> str:
    units = words.encode("utf-16-le")
    if len(units) <= 2 * MOST_CHARACTERS:
        return words
    return units[: 2 * MOST_CHARACTERS - 2].decode("utf-16-le", "ignore") + "…"


def quoted(sheet: str) -> str:
    """Return the name of a sheet as formulas and links write it."""
    return "'{}'".format(sheet.replace("'", "''"))


def widths(heads: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Return how wide columns are for these rows, in characters."""
    found = []
    for at, head in enumerate(heads):
        # the arrow of a filter stands beside the title
        longest = max(
            [columns(head.title) + 3, *(_width(row[at]) for row in rows if at < len(row))]
        )
        found.append(min(max(longest + 2, _NARROWEST), _WIDEST))
    return found


def _width(value: Cell) -> int:
    match value:
        case None:
            return 0
        case Decimal():
            return len(f"{value:,.2f}")
        case datetime():
            return 16
        case date():
            return 10
    return columns(str(value)[:_WIDEST])
