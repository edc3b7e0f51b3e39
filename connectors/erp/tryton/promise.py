"""The document of `add_commitment`, read once and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from hub import Command, ConnectorError, Outcome


@dataclass(frozen=True, slots=True)
class Item:
    """One promised item."""

    line_no: str
    product_code: str
    quantity: Decimal
    #: None: Tryton's own price. A gift has 0.
    unit_price: Decimal | None
    description: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What is to stand in Tryton under one key."""

    key: str
    revision: int
    commitment_no: str
    reference: str
    customer_code: str
    currency: str
    promised_date: date | None
    items: tuple[Item, ...]
    #: Texts of the profile with their words filled in: note, promise, origin.
    texts: Mapping[str, str]

    @property
    def supplementary_reference(self) -> str:
        """Return the reference of the sale that is made when the order's own is closed."""
        return f"{self.reference}-{self.commitment_no}"


def promise_of(command: Command, templates: Mapping[str, str]) -> Promise:
    """Return the command's promise; `rejected` naming the field that cannot be read."""
    document = command.document
    lines = document.get("lines") or []
    items = tuple(_item(item, f"lines[{n}].") for n, item in enumerate(lines, 1))
    if len({item.line_no for item in items}) < len(items):
        raise refused("two lines have the same line_no")
    return Promise(
        key=command.key,
        revision=command.revision,
        commitment_no=_text(document, "commitment_no"),
        reference=_text(document, "reference"),
        customer_code=_text(document, "customer_code"),
        currency=str(document.get("currency") or ""),
        promised_date=_date(document.get("promised_date")),
        items=items,
        texts=_filled(document, command.revision, templates),
    )


def _item(item: Mapping[str, Any], place: str) -> Item:
    quantity = _number(item.get("quantity"), place + "quantity")
    if quantity is None or quantity <= 0:
        raise refused(f"{place}quantity is {item.get('quantity')!r}; it must be above 0")
    return Item(
        line_no=_text(item, "line_no", place),
        product_code=_text(item, "product_code", place),
        quantity=quantity,
        unit_price=_number(item.get("unit_price"), place + "unit_price"),
        description=_unmarked(str(item.get("description") or "")),
    )


def _filled(
    document: Mapping[str, Any], revision: int, templates: Mapping[str, str]
) -> dict[str, str]:
    names = ("commitment_no", "reference", "title", "text", "watermark", "content_sha256")
    words = {name: _unmarked(str(document.get(name) or "")) for name in names}
    words["revision"] = str(revision)
    # one line each: our part of a comment is found and replaced by line
    return {
        name: re.sub(r"\s+", " ", text.format_map(words)).strip()
        for name, text in templates.items()
    }


def _unmarked(text: str) -> str:
    """Take the power from a text that looks like one of our marks."""
    return text.replace("[hub:", "(hub:")


def _text(document: Mapping[str, Any], name: str, place: str = "") -> str:
    value = document.get(name)
    if value is None or not str(value).strip():
        raise refused(f"{place}{name} is empty")
    return str(value)


def _number(value: Any, place: str) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise refused(f"{place} is {value!r}, which is no number") from None
    # Python reads 1_5 as 15
    if not number.is_finite() or "_" in str(value):
        raise refused(f"{place} is {value!r}, which is no number")
    return number


def _date(value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise refused(f"promised_date is {value!r}; it must be like 2026-06-30") from None


def refused(what: str) -> ConnectorError:
    """Return a refusal of the document."""
    return ConnectorError(
        Outcome.REJECTED, f"tryton: {what}. Correct the mapping or the record, then retry.",
        words=what,
    )  # fmt: skip
