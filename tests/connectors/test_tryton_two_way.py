"""BOMs as Tryton shows them, to our records and back again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from connectors.erp.tryton.simulator import TrytonSimulator
from connectors.erp.tryton.spec import BOM
from hub import Context
from hub.http import connect
from hub.mapping import FieldMapping, load_bundle, run_tests
from hub.mapping.two_way.round_trip import losses
from hub.records import Bom
from hub.testing import FixedClock, SimulatorTransport
from hub.tokens import TokenCache

MAPPINGS = Path(__file__).parents[2] / "mappings" / "tryton"


def schemas(connector: str, name: str) -> Mapping[str, Any] | None:
    return BOM.fields if (connector, name) == ("tryton", "bom") else None


@pytest.fixture(scope="module")
def mapping() -> FieldMapping:
    bundle = load_bundle(MAPPINGS, schemas=schemas)
    assert [str(fault) for fault in run_tests(bundle)] == []
    return bundle.mappings["tryton-to-bom"]


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


async def test_every_bom_comes_back_from_its_record_as_it_was(
    mapping: FieldMapping, connector: TrytonConnector
) -> None:
    events = (await connector.poll("bom", None)).events
    assert len(events) > 1
    assert mapping.back is not None
    for event in events:
        record = Bom.model_validate(mapping.apply(event.item))
        returned = mapping.back.apply(record.model_dump())
        assert [*losses(event.item, returned, mapping.ignored)] == []
        assert returned["product"] == {"code": record.sku}
