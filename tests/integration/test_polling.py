"""A hub without a public address: what a webhook would bring is polled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from plant import Plant

from hub.errors import ConfigError, ConnectorError
from hub.failpoints import FailPoint, failing
from hub.flow.poll import poll, read_cursor

MINUTE = timedelta(minutes=1)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db")
    plant.crm.webhook_url = None
    yield plant
    plant.close()


async def test_a_polled_commitment_goes_all_the_way(plant: Plant) -> None:
    plant.approve_all(plant.save())
    assert await poll(plant.flow, "crm", "commitment") > 0
    await plant.work()
    await plant.pass_time(MINUTE)
    assert plant.states()["wms"] == ["delivered/confirmed"]
    assert len(plant.effects("erp")) == 1


async def test_what_comes_by_webhook_and_by_poll_is_applied_once(plant: Plant) -> None:
    plant.crm.webhook_url = "http://hub/webhooks/crm"
    plant.approve_all(plant.save())
    await plant.work()
    await poll(plant.flow, "crm", "commitment")
    await plant.work()
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 1


async def test_polling_again_brings_nothing_new(plant: Plant) -> None:
    plant.approve_all(plant.save())
    await poll(plant.flow, "crm", "commitment")
    assert await poll(plant.flow, "crm", "commitment") == 0


@pytest.mark.parametrize("point", ["poll.before_commit", "poll.committed"])
async def test_a_crash_while_polling_loses_and_repeats_nothing(plant: Plant, point: str) -> None:
    for number in range(5):
        plant.approve_all(plant.save(f"CM-2026-{number:06d}", order_no=f"SO-{number}"))
    with failing(point), pytest.raises(FailPoint):
        await poll(plant.flow, "crm", "commitment")
    await poll(plant.flow, "crm", "commitment")
    await plant.work()
    await plant.pass_time(MINUTE)
    assert len(plant.effects("wms")) == 5
    assert {one.state for one in plant.deliveries()} == {"delivered"}


async def test_a_source_that_cannot_be_read_moves_no_cursor(plant: Plant) -> None:
    plant.approve_all(plant.save())
    plant.crm.inject("dropped", times=9)
    with pytest.raises(ConnectorError):
        await poll(plant.flow, "crm", "commitment")
    cursor = plant.store.read_now(read_cursor, "crm", "commitment")
    assert cursor is None
    plant.crm.faults.clear()
    assert await poll(plant.flow, "crm", "commitment") > 0


async def test_a_stream_that_is_none_is_named(plant: Plant) -> None:
    with pytest.raises(ConfigError, match="lowcode has no stream 'commitmnet'"):
        await poll(plant.flow, "crm", "commitmnet")
