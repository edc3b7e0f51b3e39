"""The shipped Tryton mappings, from and to what the connector really reads and takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from connectors.erp.tryton.simulator import TrytonSimulator
from connectors.erp.tryton.spec import SPEC
from hub import Action, Command, Context
from hub.http import connect
from hub.mapping import FieldMapping, Scope, load_bundle, run_tests
from hub.records import Commitment, kind
from hub.testing import FixedClock, SimulatorTransport
from hub.tokens import TokenCache

MAPPINGS = Path(__file__).parents[2] / "mappings" / "tryton"


def schemas(connector: str, name: str) -> Mapping[str, Any] | None:
    if connector != "tryton":
        return None
    named = [*SPEC.streams, *SPEC.operations]
    return next((item.fields for item in named if item.name == name), None)


@pytest.fixture(scope="module")
def mappings() -> Mapping[str, FieldMapping]:
    bundle = load_bundle(MAPPINGS, schemas=schemas)
    assert [str(fault) for fault in run_tests(bundle)] == []
    return bundle.mappings


@pytest.fixture
async def connector(tmp_path: Path) -> AsyncIterator[TrytonConnector]:
    clock = FixedClock()
    simulator = TrytonSimulator(tmp_path, clock)
    url = "http://erp.test"
    settings = TrytonSettings(
        base_url=url, database="demo", username="admin", password=simulator.password
    )
    http = connect("erp", url, clock=clock, transport=SimulatorTransport(simulator))
    yield TrytonConnector(settings, Context("erp", http, clock, TokenCache(clock)))
    simulator.state.close()


@pytest.mark.parametrize("stream", ["order", "shipment", "bom"])
async def test_every_item_of_a_stream_becomes_a_record(
    mappings: Mapping[str, FieldMapping], connector: TrytonConnector, stream: str
) -> None:
    mapping = mappings[f"tryton-to-{stream}"]
    events = (await connector.poll(stream, None)).events
    records = [kind(stream).model_validate(mapping.apply(event.item)) for event in events]
    assert len(records) == len({record.number for record in records}) > 1


async def test_a_mapped_commitment_is_delivered_and_shown_again(
    mappings: Mapping[str, FieldMapping], connector: TrytonConnector
) -> None:
    commitment = Commitment.model_validate(
        {
            "number": "CM-1",
            "kind": "delivery_date",
            "status": "approved",
            "customer": {"code": "KH0001"},
            "order_no": "CRM-2005",
            "text": "交期提前",
            "promised_date": date(2026, 6, 30),
            "lines": [{"line_no": "1", "sku": "P-300", "quantity": "2", "gift": True}],
        }
    )
    mapping = mappings["commitment-to-erp"]
    record = commitment.model_dump()
    document = mapping.apply(record, Scope(delivery={"watermark": "WM-1"}))
    command = Command("add_commitment", Action.CREATE, document, str(mapping.key(record)))
    await connector.deliver(command, Notebook())
    found = await connector.find(command)
    assert found is not None
    assert found.mine
    assert {name: found.document[name] for name in ("reference", "promised_date")} == {
        "reference": "CRM-2005",
        "promised_date": document["promised_date"],
    }


class Notebook:
    """Progress of one delivery."""

    def __init__(self) -> None:
        self.saved: dict[str, Any] = {}

    async def save(self, **values: Any) -> None:
        self.saved |= values
