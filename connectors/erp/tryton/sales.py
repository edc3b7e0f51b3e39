"""Sales of Tryton: reading them, looking up what a line needs, moving them through their states.

    draft ─quote→ quotation ─confirm→ confirmed ─(process)→ processing → done
      ↑──────────────┴───────────────────┘ draft           draft, quotation ─cancel→ cancelled

Lines can be added and removed in draft only (trytond/modules/sale/sale.py, check_modification).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.erp.tryton.rpc import Rpc
from hub import ConnectorError, Outcome

#: How far a sale is; `cancelled` is on no way.
RANK = {"draft": 0, "quotation": 1, "confirmed": 2, "processing": 3, "done": 4}
#: States with a way back to draft.
OPEN_STATES = frozenset({"draft", "quotation", "confirmed"})
#: The button that leads on from a state.
FORWARD = (("draft", "quote"), ("quotation", "confirm"))

_SALE_FIELDS = (
    "number", "reference", "state", "party.code", "currency.code", "comment", "lines", "_timestamp",
)  # fmt: skip
_LINE_FIELDS = ("sale", "product.code", "quantity", "unit_price", "description", "note")
#: What a sale takes from its party; without the addresses it cannot be quoted.
_FROM_PARTY = (
    "invoice_address", "shipment_address", "payment_term", "currency", "invoice_method",
    "shipment_method",
)  # fmt: skip
#: More sales with one reference than this are no sales of one order.
_MOST_SALES = 100


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale as it was read."""

    id: int
    number: str
    reference: str
    state: str
    party_code: str
    currency_code: str
    comment: str
    shipping_date: date | None
    lines: tuple[int, ...]
    #: Proves at the next write that nobody changed the sale meanwhile.
    timestamp: str

    @property
    def external_id(self) -> str:
        """Return the id as Tryton writes references."""
        return f"sale.sale,{self.id}"

    def __str__(self) -> str:
        return f"sale {self.number or self.id} [{self.reference}], {self.state}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sale as it was read."""

    id: int
    sale: int
    product_code: str | None
    quantity: Decimal
    unit_price: Decimal | None
    description: str
    note: str


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales of one connection."""

    rpc: Rpc
    connection: str
    #: Name of the field a promised date is kept in; empty: none.
    shipping_date_field: str

    async def search(self, domain: Sequence[Any]) -> list[Sale]:
        """Return the sales of our company that match, oldest first."""
        preferences = await self.rpc.preferences()
        mine = [["company", "=", preferences.get("company")], list(domain)]
        fields = [*_SALE_FIELDS, *filter(None, [self.shipping_date_field])]
        rows = await self.rpc.call(
            "sale.sale", "search_read", mine, 0, _MOST_SALES, [["id", "ASC"]], fields
        )
        return [self._sale(row) for row in rows]

    async def read(self, sale_id: int) -> Sale:
        """Return one sale; `rejected` when it is gone."""
        for sale in await self.search([["id", "=", sale_id]]):
            return sale
        raise self.rejected(f"sale.sale,{sale_id} is gone", "read the order again in Tryton")

    async def lines(self, domain: Sequence[Any]) -> list[Line]:
        """Return the lines that match, oldest first."""
        rows = await self.rpc.call(
            "sale.line", "search_read", list(domain), 0, 1000, [["id", "ASC"]], [*_LINE_FIELDS]
        )
        return [_line(row) for row in rows]

    async def id_by_code(self, model: str, code: str) -> int:
        """Return the id of the only record with a code; `rejected` for none or several."""
        rows = await self.rpc.call(
            model, "search_read", [["code", "=", code]], 0, 2, [["id", "ASC"]], ["code"]
        )
        if len(rows) != 1:
            count = "no" if not rows else "more than one"
            raise self.rejected(
                f"{count} {model} with code {code!r}", "make exactly one in Tryton, then retry"
            )
        return int(rows[0]["id"])

    async def party_values(self, party: int) -> dict[str, Any]:
        """Return addresses, payment term and so on of a new sale to this party."""
        company = (await self.rpc.preferences()).get("company")
        values: dict[str, Any] = {
            "party": party, "company": company, "lines": [], "shipment_party": None,
            "invoice_party": None, "payment_term": None,
        }  # fmt: skip
        changed = await self.rpc.call("sale.sale", "on_change_party", values)
        return {"party": party, **{name: changed[name] for name in _FROM_PARTY if name in changed}}

    async def product_values(self, product: int, quantity: float, party: int) -> dict[str, Any]:
        """Return unit, price and taxes as Tryton fills them in when a product is chosen."""
        company = (await self.rpc.preferences()).get("company")
        # -1 stands for the sale the line is not part of yet; its values come beside it
        values: dict[str, Any] = {
            "type": "line", "product": product, "quantity": quantity, "unit": None,
            "unit_price": None, "taxes": [], "sale": -1, "_parent_sale.party": party,
            "_parent_sale.invoice_party": None, "_parent_sale.company": company,
        }  # fmt: skip
        changed = await self.rpc.call("sale.line", "on_change_product", values)
        taxes = changed.get("taxes") or []
        kept = {name: changed[name] for name in ("unit", "unit_price") if name in changed}
        return {**kept, **({"taxes": [["add", taxes]]} if taxes else {})}

    def rejected(self, what: str, next_step: str) -> ConnectorError:
        """Return a refusal in words a person can act on."""
        return ConnectorError(
            Outcome.REJECTED, f"{self.connection}: {what}; {next_step}.", words=what
        )

    def _sale(self, row: Mapping[str, Any]) -> Sale:
        return Sale(
            id=int(row["id"]),
            number=row["number"] or "",
            reference=row["reference"] or "",
            state=row["state"],
            party_code=row["party."]["code"],
            currency_code=row["currency."]["code"],
            comment=row["comment"] or "",
            shipping_date=row.get(self.shipping_date_field),
            lines=tuple(row["lines"]),
            timestamp=str(row["_timestamp"]),
        )


def _line(row: Mapping[str, Any]) -> Line:
    product = row.get("product.") or {}
    return Line(
        id=int(row["id"]),
        sale=int(row["sale"]),
        product_code=product.get("code"),
        quantity=Decimal(row["quantity"] or 0),
        unit_price=row["unit_price"],
        description=row["description"] or "",
        note=row["note"] or "",
    )
