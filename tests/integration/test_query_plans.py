"""No statement of the flow reads a whole table: what is fast today is fast with a million rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, Plant

from hub.flow import preview
from hub.store import health, views
from hub.store import tables as t

#: Tables with a row per connection, worker or file, whatever the hub has done so far.
SMALL = frozenset({"connection_state", "worker", "singleton", "bundle", "cursor"})
TABLES = frozenset(t.metadata.tables)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path / 'hub.db'}")
    yield plant
    plant.close()


async def life(plant: Plant) -> None:
    """Let commitments come, be approved, revised and revoked, and everything go its way."""
    first, second = plant.save(), plant.save("CM-2026-000002")
    plant.approve_all(first)
    await plant.work()
    plant.approve_all(second)
    plant.crm.save_form({"revision": 2, "promise_text": "改为两套"}, data_id=first)
    await plant.work()
    plant.approve_all(first)
    await plant.work()
    await plant.pass_time(*[timedelta(minutes=10)] * 12)
    plant.crm.revoke(second, PEOPLE[2])
    await plant.work()
    await plant.pass_time(*[timedelta(minutes=10)] * 12)


def reads_much(step: str, params: Any) -> bool:
    """Say whether a step of a plan takes longer the more was done before."""
    scanned = re.match(r"SCAN (\w+)", step)
    if scanned:
        return scanned[1] in TABLES - SMALL
    # nearly all rows end in a few states; only one that is soon left is a way to find few
    return "_by_state" in step and "accepted" not in params


async def test_no_statement_of_the_flow_reads_a_whole_table(plant: Plant) -> None:
    said: dict[str, Any] = {}

    @sa.event.listens_for(plant.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        said.setdefault(statement, params[0] if many else params)

    await life(plant)
    assert len(said) > 40
    assert much(plant, said) == []


async def test_what_a_person_asks_for_reads_no_whole_table(plant: Plant) -> None:
    await life(plant)
    said: dict[str, Any] = {}

    @sa.event.listens_for(plant.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        said.setdefault(statement, params)

    mapping = plant.flow.bundles.active.inbound("lowcode", "commitment")
    assert mapping is not None
    plant.store.read_now(views.wanted_links)
    plant.store.read_now(views.links, handle="C-1")
    latest = plant.store.read_now(lambda tx: list(preview.latest(tx, mapping, 5, ["crm"], None)))
    assert latest
    # all that wait for something, who are few, may be read
    waiting = re.compile("SCAN .* (delivery_wait_link|message_waiting)")
    assert [step for step in much(plant, said) if not waiting.match(step.partition(":")[0])] == []


def much(plant: Plant, said: dict[str, Any]) -> list[str]:
    """Return the steps of the statements' plans that read more the more was done."""
    found = []
    with plant.store.engine.connect() as connection:
        for statement, params in list(said.items()):
            if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)", statement):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", params)
            found += [
                f"{step.detail}: {statement}" for step in plan if reads_much(step.detail, params)
            ]
    return found


async def test_commitment_health_reads_no_whole_table(plant: Plant) -> None:
    await life(plant)
    said: dict[str, Any] = {}

    @sa.event.listens_for(plant.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        said.setdefault(statement, params)

    now = plant.clock.now()
    wanted = health.Wanted("commitment", now - timedelta(days=30), now)
    found = plant.store.read_now(lambda tx: [one for rows in health.batches(tx, wanted)
                                             for one in rows])  # fmt: skip
    assert len(found) == 2
    plant.store.read_now(health.numbered, "commitment", "CM-2026-000001", None)
    plant.store.read_now(health.findings, ["CM2026000001"])
    plant.store.read_now(health.stories, {one.record_id: one.number for one in found})
    assert len(said) > 10
    assert much(plant, said) == []
