"""The promises of the delivery core, held against random worlds with faults at every point."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from delivery_moves import Moves, arrivals_of, worlds
from delivery_world import LEASE, World
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.internal.conjecture import engine as search
from structlog.testing import capture_logs

from hub.store import engine
from hub.store import tables as t

EXAMPLES = int(os.environ.get("HUB_MODEL_EXAMPLES", "25"))
#: How long the worlds that break a promise are made smaller; each step plays a world.
SHRINK_SECONDS = int(os.environ.get("HUB_MODEL_SHRINK_SECONDS", "60"))


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


@pytest.fixture(autouse=True)
def _told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is told before the test's own time is over; no setting bounds the shrinking."""
    monkeypatch.setattr(search, "MAX_SHRINKING_SECONDS", SHRINK_SECONDS)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A failure shows its own story, not what was logged in a hundred other worlds."""
    with capture_logs():
        yield


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # to explain a failure takes as many worlds again
    phases=[one for one in Phase if one is not Phase.explain],
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds(), data=st.data())
def test_whatever_happens_every_promise_holds(
    store: engine.Store, loop: asyncio.AbstractEventLoop, world: Any, data: st.DataObject
) -> None:
    _empty(store)
    one = World(store, loop, **world)
    moves = Moves(one, data.draw, arrivals_of(data.draw, one.steps))
    for _ in range(data.draw(st.integers(40, 90))):
        moves.one()
    for what, record, number in moves.arrivals:
        getattr(one, what)(record, number)
    one.crash()
    one.advance(LEASE)
    one.settle_down()
    one.check_at_rest()
    one.decide_everything()
    one.check_at_rest()


def _empty(store: engine.Store) -> None:
    def transact(tx: sa.Connection) -> None:
        for table in t.metadata.sorted_tables:
            tx.execute(sa.delete(table))

    store.write_now(transact)
