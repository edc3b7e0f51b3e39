"""Several processes on one PostgreSQL: nothing is done twice, no wake-up is lost."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_world import StepDef, World

from hub.clock import SystemClock
from hub.flow import deliver, outcomes
from hub.flow.outcomes import Result
from hub.store import engine
from hub.store import tables as t

pytestmark = pytest.mark.postgres
KINDS = {"erp": ("key", {}), "wms": ("key", {})}


@pytest.fixture
def stores(postgres_url: str) -> Iterator[list[engine.Store]]:
    stores = [engine.connect(postgres_url) for _ in range(3)]
    t.metadata.create_all(stores[0].engine)
    for store in stores:
        store.open()
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def applied(world: World, row: Any) -> Result:
    now = world.clock.now()
    return Result(row.id, row.fence, "send", "applied", now, now, external_id="x")


def book(store: engine.Store, world: World, result: Result) -> None:
    def transact(tx: Any) -> None:
        board = world.flow.board(tx)
        outcomes.finish(board, [result])
        board.save()

    store.write_now(transact)


def test_two_predecessors_that_finish_at_the_same_moment_wake_their_step_once(
    stores: list[engine.Store], loop: asyncio.AbstractEventLoop
) -> None:
    steps = {
        f"R{number}": {
            "a": StepDef("erp"),
            "b": StepDef("wms"),
            "c": StepDef("erp", after=(("a", False), ("b", False)), lane=f"C{number}"),
        }
        for number in range(25)
    }
    world = World(stores[0], loop, steps, dict(KINDS))
    for record in steps:
        world.revise(record, 1)
    calls = world.run(deliver.turn(world.flow, [], {"erp": 100, "wms": 100}))
    assert len(calls) == 50
    by_record: dict[str, list[Result]] = {}
    for call in calls:
        by_record.setdefault(call.row.record_id, []).append(applied(world, call.row))
    with ThreadPoolExecutor(2) as pool:
        for first, second in by_record.values():
            list(
                pool.map(
                    lambda pair: book(*pair),
                    [(stores[1], world, first), (stores[2], world, second)],
                )
            )
    ready = Counter(row.state for row in world.deliveries() if row.step == "c")
    assert ready == {"ready": 25}


def test_three_processes_claim_each_delivery_once(
    stores: list[engine.Store], loop: asyncio.AbstractEventLoop
) -> None:
    steps = {f"R{number}": {"a": StepDef("erp")} for number in range(120)}
    world = World(stores[0], loop, steps, dict(KINDS))
    for record in steps:
        world.revise(record, 1)
    ids = itertools.count()

    def claim(store: engine.Store) -> list[str]:
        mine: list[str] = []
        while fresh := store.write_now(deliver._turn, world.flow, (), {"erp": 7})[0]:
            mine += [call.row.id for call in fresh]
            next(ids)
        return mine

    with ThreadPoolExecutor(3) as pool:
        claimed = [one for some in pool.map(claim, stores) for one in some]
    assert sorted(claimed) == sorted({*claimed})
    assert len(claimed) == 120


def test_one_lane_has_one_row_in_flight_whoever_plans_into_it(
    stores: list[engine.Store], loop: asyncio.AbstractEventLoop
) -> None:
    steps = {f"R{number}": {"a": StepDef("erp", lane="S")} for number in range(30)}
    worlds = [World(store, loop, steps, dict(KINDS)) for store in stores]
    for world in worlds:
        # ids of their own, as three processes have
        world.flow.clock = SystemClock()
    records = list(steps)

    def plan(number: int) -> None:
        world = worlds[number]
        for record in records[number::3]:
            world.store.write_now(world._revise, record, 1)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(plan, range(3)))
    rows = worlds[0].deliveries()
    assert sorted(row.seat for row in rows) == list(range(1, 31))
    assert Counter(row.state for row in rows) == {"ready": 1, "blocked": 29}


def test_a_process_that_stands_still_keeps_its_rows_from_others_for_a_while_only(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STANDSTILL", "200ms")
    stores = [engine.connect(postgres_url) for _ in range(2)]
    with stores[0].engine.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE counted (number integer)")
        tx.exec_driver_sql("INSERT INTO counted VALUES (0)")
    for store in stores:
        store.open()
    holding, others = threading.Event(), threading.Event()

    def count(tx: sa.Connection) -> None:
        tx.exec_driver_sql("UPDATE counted SET number = number + 1")

    def count_and_stand_still(tx: sa.Connection) -> None:
        count(tx)
        holding.set()
        assert others.wait(60)

    with ThreadPoolExecutor(1) as pool:
        suspended = pool.submit(stores[0].write_now, count_and_stand_still)
        assert holding.wait(60)
        # waits for the row until the database takes it from the one that stands still
        stores[1].write_now(count)
        others.set()
        suspended.result(60)
    total = stores[1].read_now(lambda tx: tx.exec_driver_sql("SELECT number FROM counted").scalar())
    assert total == 2
    for store in stores:
        store.close()
