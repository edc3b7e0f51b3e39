"""The promises of the delivery core, held against random worlds with faults at every point."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from delivery_world import LEASE, StepDef, World
from hypothesis import HealthCheck, given, settings

from hub.store import engine
from hub.store import tables as t

KINDS = ("key", "natural", "lookup", "none")
FAULTS = ("answer_lost", "under_way", "refuse", "reject", "unauthorized")
EXAMPLES = int(os.environ.get("HUB_MODEL_EXAMPLES", "60"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[engine.Store]:
    if request.param == "sqlite":
        store = engine.connect(f"sqlite:///{tmp_path}/model.db")
    else:
        store = engine.connect(request.getfixturevalue("postgres_url"))
    t.metadata.create_all(store.engine)
    store.open()
    yield store
    store.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, dict[str, StepDef]], dict[str, Any]]:
    kinds = {
        name: (
            draw(st.sampled_from(KINDS)),
            {
                "readable": draw(st.booleans()),
                "full": draw(st.booleans()),
                "later": draw(st.booleans()),
            },
        )
        for name in ("erp", "wms")
    }
    steps: dict[str, dict[str, StepDef]] = {}
    shared = draw(st.booleans())
    for record in draw(st.sampled_from(["P", "PQ"])):
        steps[record] = {}
        for name in "abc"[: draw(st.integers(1, 3))]:
            steps[record][name] = draw(a_step(list(steps[record]), kinds, shared=shared))
    return steps, kinds


def a_step(
    earlier: list[str], kinds: dict[str, Any], *, shared: bool
) -> st.SearchStrategy[StepDef]:
    edges = st.tuples(st.sampled_from(earlier), st.booleans()).map(lambda edge: (edge,))
    return st.builds(
        StepDef,
        to=st.sampled_from(sorted(kinds)),
        on_revision=st.sampled_from(["update", "cancel_then_create", "append", "person"]),
        on_revoke=st.sampled_from(["cancel", "person"]),
        after=st.one_of(st.just(()), edges) if earlier else st.just(()),
        lane=st.just("S") if shared else st.none(),
        revisions=st.sampled_from([(1, 2, 3), (1, 2, 3), (1,), (2, 3)]),
    )


def move(world: World, draw: Any, arrivals: list[tuple[str, str, int]]) -> None:
    """Draw one thing that happens, and let it."""
    moves = ["claim"] * 3 + ["next"] * 5 + ["sweep", "resume", "lease"]
    moves += ["arrive"] * 4 * bool(arrivals)
    moves += ["call"] * 12 * bool(world.calls) + ["book"] * 8 * bool(world.results)
    moves += ["crash"] * bool(world.calls) + ["person"] * (len(world.rows) > 1)
    for name, one in world.connectors.items():
        moves += [f"land:{name}"] * 3 * bool(one.far.under_way)
        moves += [f"job:{name}"] * 3 * bool(one.far.jobs)
    what = draw(st.sampled_from(moves))
    match what.split(":"):
        case ["arrive"]:
            kind, record, revision = arrivals.pop(draw(st.integers(0, len(arrivals) - 1)))
            getattr(world, kind)(record, revision)
        case ["claim"]:
            world.claim()
        case ["next"]:
            world.jump()
            world.claim()
        case ["call"]:
            number = draw(st.integers(0, len(world.calls) - 1))
            behaviour = draw(st.sampled_from(["apply", "apply", *FAULTS, *_more(world, number)]))
            world.proceed(number, behaviour)
        case ["book"]:
            world.book(draw(st.integers(0, len(world.results) - 1)))
        case ["crash"]:
            world.crash()
        case ["land", name]:
            world.land(name)
        case ["job", name]:
            connector = world.connectors[name]
            connector.run_job(draw(st.sampled_from(sorted(connector.far.jobs))))
        case ["person"]:
            open_rows = [row.id for row in world.deliveries() if row.state in ("dead", "blocked")]
            if open_rows:
                decision = draw(st.sampled_from(["retry", "edit", "skip", "cancel"]))
                world.decide(draw(st.sampled_from(open_rows)), decision)
        case ["resume"]:
            world.resume()
        case ["lease"]:
            world.advance(LEASE)
        case _:
            world.advance(timedelta(seconds=draw(st.sampled_from([1, 6, 31, 121]))))


def _more(world: World, number: int) -> list[str]:
    """Return what only some far ends can do."""
    call = world.calls[number]
    operation = world.flow.connections[call.row.connection].spec.operation("put")
    if call.kind == "send" and operation.acceptance_window and call.row.rules.idempotency == "key":
        return ["accept", "accept_lost"]
    return []


def arrivals_of(draw: Any, steps: dict[str, Any]) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for record in steps:
        found += [("revise", record, n) for n in range(1, draw(st.integers(1, 3)) + 1)]
        if draw(st.booleans()):
            found.append(("revoke", record, draw(st.integers(1, 2))))
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds(), data=st.data())
def test_whatever_happens_every_promise_holds(
    store: engine.Store, loop: asyncio.AbstractEventLoop, world: Any, data: st.DataObject
) -> None:
    steps, kinds = world
    _empty(store)
    one = World(store, loop, steps, kinds)
    arrivals = arrivals_of(data.draw, steps)
    for _ in range(data.draw(st.integers(20, 80))):
        move(one, data.draw, arrivals)
    for kind, record, revision in arrivals:
        getattr(one, kind)(record, revision)
    one.crash()
    one.advance(LEASE)
    one.settle_down()
    one.check_at_rest()


def _empty(store: engine.Store) -> None:
    def transact(tx: sa.Connection) -> None:
        for table in t.metadata.sorted_tables:
            tx.execute(sa.delete(table))

    store.write_now(transact)
