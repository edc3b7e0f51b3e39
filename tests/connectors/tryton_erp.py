"""A Tryton to test against, simulated or real, with hands to arrange and look with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.erp.tryton import server
from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from hub import Action, Command, ConnectorError, Context, Outcome, Receipt
from hub.clock import Clock
from hub.http import connect
from hub.tokens import TokenCache


class Crash(Exception):
    """The process dies here."""


@dataclass
class Notebook:
    """Progress of one delivery; dies after saving the given step."""

    saved: dict[str, Any] = field(default_factory=dict)
    dies_at: str = ""

    async def save(self, **values: Any) -> None:
        self.saved |= values
        if values.get("step") == self.dies_at:
            raise Crash


@dataclass
class Erp:
    """A Tryton to test against, and hands to arrange and look with."""

    connector: TrytonConnector
    clock: Clock
    reference: str

    @property
    def rpc(self) -> Any:
        return self.connector._rpc

    async def sale(self, state: str = "draft", customer: str = "KH0001", **more: Any) -> int:
        """Make a sale of 3 P-100 under the test's reference and lead it to a state."""
        party = await self.id_of("party.party", customer)
        product = await self.id_of("product.product", "P-100")
        values = await self.connector._sales.party_values(party)
        line = await self.connector._sales.product_values(product, 3.0, party)
        line |= {"type": "line", "product": product, "quantity": 3.0}
        values |= {"reference": self.reference, "lines": [["create", [line]]]}
        values |= {"sale_date": date(2026, 4, 1), **more}
        (made,) = await self.rpc.change("sale.sale", "create", [values])
        buttons = {
            "draft": [], "quotation": ["quote"], "confirmed": ["quote", "confirm"],
            "processing": ["quote", "confirm", "process"], "cancelled": ["cancel"],
        }  # fmt: skip
        for button in buttons[state]:
            await self.rpc.change("sale.sale", button, [made])
        return int(made)

    async def id_of(self, model: str, code: str) -> int:
        rows = await self.rpc.call(
            model, "search_read", [["code", "=", code]], 0, 1, None, ["code"]
        )
        return int(rows[0]["id"])

    async def sales(self, suffix: str = "") -> list[dict[str, Any]]:
        fields = ["reference", "state", "number", "comment", "shipping_date", "description"]
        domain = [["reference", "=", self.reference + suffix]]
        rows: list[dict[str, Any]] = await self.rpc.call(
            "sale.sale", "search_read", domain, 0, None, [["id", "ASC"]], fields
        )
        return rows

    async def lines(self, suffix: str = "") -> list[tuple[Any, ...]]:
        """Return (type, product, quantity, price, description) of the lines of the sales."""
        fields = ["type", "product.code", "quantity", "unit_price", "description"]
        ids = [sale["id"] for sale in await self.sales(suffix)]
        rows = await self.rpc.call(
            "sale.line", "search_read", [["sale", "in", ids]], 0, None, [["id", "ASC"]], fields
        )
        return [
            (
                row["type"], (row["product."] or {}).get("code"), row["quantity"],
                row["unit_price"], row["description"],
            )
            for row in rows
        ]  # fmt: skip

    def command(self, action: Action = Action.CREATE, revision: int = 1, **more: Any) -> Command:
        """Return a gift of two P-300 for this test's sale."""
        options = {"on_confirmed": more.pop("on_confirmed", "supplementary_order")}
        document = {
            "reference": self.reference,
            "commitment_no": "CMT-1",
            "title": "赠品",
            "text": "随单赠送电控柜两台",
            "customer_code": "KH0001",
            "currency": "CNY",
            "promised_date": None,
            "watermark": "WM-7F3A",
            "lines": [gift()],
            **more,
        }
        key = f"{self.reference}/CMT-1"
        return Command("add_commitment", action, document, key, revision=revision, options=options)

    async def deliver(self, command: Command, progress: Notebook | None = None) -> Receipt:
        receipt = await self.connector.deliver(command, progress or Notebook())
        assert isinstance(receipt, Receipt)
        return receipt


def gift(**more: Any) -> dict[str, Any]:
    return {
        "line_no": "1",
        "product_code": "P-300",
        "quantity": Decimal(2),
        "unit_price": Decimal(0),
        "description": "赠品 CMT-1：随单赠送电控柜两台",
        **more,
    }


GIFT_ROW = ("line", "P-300", Decimal(2), Decimal(0), "赠品 CMT-1：随单赠送电控柜两台")


def connector_to(
    url: str, clock: Clock, transport: Any = None, profile: Mapping[str, Any] | None = None
) -> TrytonConnector:
    settings = TrytonSettings(
        base_url=url,
        database=server.DATABASE,
        username=server.USER,
        password=server.PASSWORD,
        profile=dict(profile or {}),
    )
    http = connect("erp", url, clock=clock, transport=transport)
    return TrytonConnector(settings, Context("erp", http, clock, TokenCache(clock)))


async def refusal(erp: Erp, command: Command) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await erp.deliver(command)
    assert caught.value.outcome is Outcome.REJECTED
    return caught.value
