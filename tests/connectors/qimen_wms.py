"""The warehouse that tests of its connector talk to: one order, and commands about it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.settings import QimenSettings
from connectors.wms.qimen.simulator import QimenSimulator
from hub import Accepted, Action, Command, ConnectorError, Context, Receipt
from hub.http import connect
from hub.testing import FixedClock, SimulatorTransport
from hub.tokens import TokenCache

URL = "http://wms.example/router/qimen/service"
SECRET = "wms-Secret-31x"
CUSTOMER = "客户+1 &%"
KEY = "CM-2026-000123-1"

DOCUMENT: dict[str, Any] = {
    "deliveryOrder": {
        "placeOrderTime": "2026-11-18 09:12:00",
        "isUrgency": "Y",
        "remark": "WM:7F3K-9Q2M-XA41",
        "receiverInfo": {
            "name": "收货人",
            "mobile": "13000000001",
            "province": "江苏省",
            "city": "苏州市",
            "detailAddress": "样本街2号",
        },
    },
    "orderLines": [
        {"orderLineNo": "1", "itemCode": "VALVE-50", "planQty": 10, "actualPrice": "113.00"},
        {"orderLineNo": "G1", "itemCode": "SEAL-KIT", "planQty": 1, "actualPrice": "0.00"},
    ],
    "extendProps": {"commitmentNo": "CM-2026-000123", "giftLines": "G1"},
}


class NoProgress:
    """The connector does one remote step, so nothing is ever saved."""

    saved: dict[str, Any] = {}  # noqa: RUF012

    async def save(self, **values: Any) -> None:
        raise AssertionError(f"nothing to save, got {values}")


@dataclass
class Warehouse:
    """A simulated warehouse and the connector to it."""

    simulator: QimenSimulator
    connector: QimenConnector

    async def deliver(self, command: Command) -> Receipt | Accepted:
        return await self.connector.deliver(command, NoProgress())

    async def refused(self, command: Command) -> ConnectorError:
        with pytest.raises(ConnectorError) as caught:
            await self.deliver(command)
        told = f"{caught.value} {caught.value!r} {self.connector.settings!r}"
        assert SECRET not in told
        assert "13000000001" not in told
        assert "收货人" not in told
        return caught.value

    @property
    def effects(self) -> list[tuple[str, str]]:
        return [(effect["what"], effect["key"]) for effect in self.simulator.effects]

    def held(self) -> dict[str, Any]:
        order = self.simulator.state.get("order", KEY)
        assert order is not None
        return order


def connector(
    transport: httpx.AsyncBaseTransport, clock: FixedClock, **more: Any
) -> QimenConnector:
    settings = QimenSettings.model_validate(
        {
            "base_url": URL,
            "app_key": "demo-app",
            "secret": SECRET,
            "customer_id": CUSTOMER,
            "owner_code": "OWN01",
            "warehouse_code": "WH-NB-01",
            **more,
        }
    )
    http = connect("wms", URL, clock=clock, transport=transport)
    return QimenConnector(settings, Context("wms", http, clock, TokenCache(clock)))


def command(action: Action = Action.CREATE, **changes: Any) -> Command:
    made = Command("create_order", action, copy.deepcopy(DOCUMENT), KEY)
    return replace(made, **changes)


def changed(place: str, **values: Any) -> Command:
    document = copy.deepcopy(DOCUMENT)
    part = document["orderLines"][0] if place == "line" else document["deliveryOrder"]
    part.update(values)
    return command(document=document)


def warehouse(
    clock: FixedClock, kind: type[QimenSimulator] = QimenSimulator, **more: Any
) -> Warehouse:
    simulator = kind(clock=clock, secret=SECRET, customer_id=CUSTOMER)
    return Warehouse(simulator, connector(SimulatorTransport(simulator), clock, **more))
