"""`since:` keeps what is older than the hub, and lets it go no further."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plant import Plant

from hub.flow import replay
from hub.flow.poll import poll

DAY = timedelta(days=1)
OLD, NEW = "CM-2026-000001", "CM-2026-000002"


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db")
    yield plant
    plant.close()


def begin(plant: Plant, since: datetime | None) -> None:
    """Take what the CRM has changed since a moment."""
    crm = dataclasses.replace(plant.flow.connections["crm"], since=since)
    plant.flow.connections = {**plant.flow.connections, "crm": crm}


def reasons(plant: Plant) -> dict[str, str]:
    return {one.state: (one.reason or "").partition(":")[0] for one in plant.messages()}


async def test_what_changed_before_is_kept_and_ignored(plant: Plant) -> None:
    begin(plant, plant.clock.now() + DAY)
    plant.approve_all(plant.save(OLD))
    await plant.work()
    assert reasons(plant) == {"ignored": "before_since"}
    assert plant.deliveries() == []


async def test_what_changed_at_that_moment_or_later_goes_its_way(plant: Plant) -> None:
    begin(plant, plant.clock.now())
    plant.approve_all(plant.save(NEW))
    await plant.work()
    assert {one.state for one in plant.deliveries()} == {"delivered"}


async def test_the_first_poll_does_not_even_ask_for_what_is_older(plant: Plant) -> None:
    plant.crm.webhook_url = None
    plant.approve_all(plant.save(OLD))
    plant.clock.advance(DAY)
    begin(plant, plant.clock.now())
    plant.clock.advance(timedelta(hours=1))
    fresh = plant.save(NEW)
    await poll(plant.flow, "crm", "commitment")
    assert [one.event["object_id"] for one in plant.messages()] == [fresh]


async def test_what_was_ignored_can_be_replayed_once_since_is_earlier(plant: Plant) -> None:
    begin(plant, plant.clock.now() + DAY)
    plant.approve_all(plant.save(OLD))
    await plant.work()
    begin(plant, datetime(2026, 1, 1, tzinfo=UTC))
    for message in plant.messages():
        await plant.store.write(replay.replay, plant.flow, message.id, "os:clerk")
    await plant.work()
    assert {one.state for one in plant.deliveries()} == {"delivered"}
