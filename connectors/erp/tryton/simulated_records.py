"""Records of the simulated Tryton: models, fields, domains; what its ORM does for the simulator."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.erp.tryton import wire
from hub.clock import Clock
from hub.testing.simulator import State

Row = dict[str, Any]

#: Model → its plain fields.
FIELDS: Mapping[str, Sequence[str]] = {
    "company.company": ("party", "currency"),
    "party.party": ("code", "name", "payment_term"),
    "currency.currency": ("code", "name"),
    "product.uom": ("name", "symbol"),
    "product.product": ("code", "name", "list_price", "sale_uom"),
    "sale.sale": (
        "number", "reference", "description", "state", "sale_date", "shipping_date", "company",
        "party", "currency", "comment", "total_amount", "invoice_address", "shipment_address",
        "payment_term", "invoice_method", "shipment_method",
    ),
    "sale.line": (
        "sale", "type", "product", "quantity", "unit", "unit_price", "description", "note", "taxes",
    ),
    "stock.shipment.out": (
        "number", "reference", "state", "customer", "planned_date", "effective_date",
    ),
    "stock.move": ("shipment", "product", "quantity", "unit", "state", "origin"),
    "production.bom": ("name", "code", "active"),
    "production.bom.input": ("bom", "product", "quantity", "unit"),
    "production.bom.output": ("bom", "product", "quantity", "unit"),
    "ir.attachment": ("resource", "name", "type", "data"),
    "res.user.warning": ("user", "name", "always"),
}  # fmt: skip

#: (model, field) that series 7.0 lacks.
_SINCE_8 = frozenset({("production.bom", "code")})

#: Field → model it leads to, whatever model it is a field of.
_LEADS_TO = {
    "company": "company.company", "party": "party.party", "customer": "party.party",
    "currency": "currency.currency", "product": "product.product", "unit": "product.uom",
    "sale_uom": "product.uom", "sale": "sale.sale", "bom": "production.bom",
    "shipment": "stock.shipment.out",
}  # fmt: skip

#: (model, list field) → (model of the lines, their field that leads back).
LISTS = {
    ("sale.sale", "lines"): ("sale.line", "sale"),
    ("stock.shipment.out", "outgoing_moves"): ("stock.move", "shipment"),
    ("production.bom", "inputs"): ("production.bom.input", "bom"),
    ("production.bom", "outputs"): ("production.bom.output", "bom"),
}

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    ">": lambda left, right: left is not None and bool(left > right),
    ">=": lambda left, right: left is not None and bool(left >= right),
    "<": lambda left, right: left is not None and bool(left < right),
    "in": lambda left, right: left in right,
    "like": lambda left, right: left is not None and _like(right, left),
}

_NOTHING = Decimal("0.00")


class Refused(Exception):
    """The error a call is answered with: class name and details, as on the wire."""

    def __init__(self, name: str, *details: Any) -> None:
        super().__init__(name)
        self.error = [name, list(details)]


class Records:
    """All records, kept in the simulator's state in their wire form."""

    def __init__(self, state: State, clock: Clock, series: str = "8.0") -> None:
        self._state = state
        self._clock = clock
        self._series = series

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """Store a new record and return its id."""
        record = self.next("id:" + model)
        row = {**dict.fromkeys(FIELDS[model]), **values, "id": record}
        if self._series == "7.0":
            row = {name: row[name] for name in row if (model, name) not in _SINCE_8}
        self._put(model, {**row, "create_date": self._clock.now(), "write_date": None})
        return record

    def write(self, model: str, record: int, values: Mapping[str, Any]) -> None:
        """Change fields of a record."""
        row = self.get(model, record)
        self._put(model, {**row, **values, "write_date": self._clock.now()})

    def delete(self, model: str, record: int) -> None:
        """Remove a record."""
        self._state.delete(model, f"{record:09d}")

    def get(self, model: str, record: int) -> Row:
        """Return one record; a UserError in Tryton's words when it does not exist."""
        row = self._state.get(model, f"{record:09d}")
        if row is None:
            words = f'You are trying to read records "{record}" of "{model}" that don\'t exist.'
            raise Refused("UserError", words, "", None)
        loaded: Row = wire.typed(row)
        return loaded

    def all(self, model: str) -> list[Row]:
        """Return every record of a model, by id."""
        if model not in FIELDS:
            raise Refused(f"'{model}'", "")
        rows: list[Row] = wire.typed(self._state.all(model))
        return sorted(rows, key=lambda row: row["id"])

    def where(self, model: str, **values: Any) -> list[Row]:
        """Return the records that have these values."""
        return [
            row
            for row in self.all(model)
            if all(row[name] == value for name, value in values.items())
        ]

    def next(self, name: str) -> int:
        """Return the next number of a sequence."""
        number = int((self._state.get("sequence", name) or {"last": 0})["last"]) + 1
        self._state.put("sequence", name, {"last": number})
        return number

    def search(self, model: str, domain: Sequence[Any], order: Any) -> list[Row]:
        """Return the records a domain matches, in the wanted order."""
        rows = [row for row in self.all(model) if self._matches(model, row, domain)]
        for name, direction in reversed(order or []):
            rows.sort(
                key=lambda row: (row[name] is not None, row[name] or 0),
                reverse=direction.startswith("DESC"),
            )
        return rows

    def shown(self, model: str, row: Row, fields: Sequence[str]) -> Row:
        """Return the fields of a record as `read` answers them: `party.code` comes nested."""
        shown: Row = {"id": row["id"]}
        for name in fields:
            base, _, rest = name.partition(".")
            if not rest:
                shown[name] = self._value(model, row, name)
                continue
            self._value(model, row, base)
            target = row[base] and self.get(_LEADS_TO[base], row[base])
            nested = target and self.shown(_LEADS_TO[base], target, [rest])
            shown[f"{base}."] = {**(shown.get(f"{base}.") or {}), **nested} if nested else None
        return shown

    def _value(self, model: str, row: Row, name: str) -> Any:
        if (model, name) in LISTS:
            line_model, back = LISTS[model, name]
            return [line["id"] for line in self.where(line_model, **{back: row["id"]})]
        if name == "_timestamp":
            return timestamp(row)
        if (model, name) == ("sale.sale", "total_amount"):
            return sum(
                (_amount(line) for line in self.where("sale.line", sale=row["id"])), _NOTHING
            )
        if name not in row:
            raise Refused(f"'{name}'", "")
        return row[name]

    def _matches(self, model: str, row: Row, domain: Sequence[Any]) -> bool:
        if not domain:
            return True
        if domain[0] in ("OR", "AND"):
            parts = (self._matches(model, row, part) for part in domain[1:])
            return any(parts) if domain[0] == "OR" else all(parts)
        if isinstance(domain[0], str):
            name, operator, value = domain[:3]
            return _COMPARE[operator](self._value(model, row, name), value)
        return all(self._matches(model, row, part) for part in domain)

    def _put(self, model: str, row: Row) -> None:
        self._state.put(model, f"{row['id']:09d}", wire.encode(row))


def _amount(line: Row) -> Decimal:
    return Decimal(line["quantity"] or 0) * (line["unit_price"] or 0)


def timestamp(row: Row) -> str:
    """Return what `_timestamp` shows: the time of the last change, seconds as text."""
    return f"{(row['write_date'] or row['create_date']).timestamp():.5f}"


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL | re.IGNORECASE) is not None
