"""A hub without connections: a store, a clock and people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.flow.parts import Bundles, Flow
from hub.mapping import read_bundle
from hub.people import People, Person
from hub.store import engine
from hub.store import tables as t
from hub.store.rows import Policy
from hub.testing import FixedClock

PEOPLE = {
    "an": Person("an", "安", ("admin",)),
    "bo": Person("bo", "博", ("operator",)),
    "chen": Person("chen", "陈", ("viewer",)),
}


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    store = engine.connect(f"sqlite:///{tmp_path}/hub.db")
    t.metadata.create_all(store.engine)
    store.open()
    yield Flow(store, FixedClock(), {}, Bundles(read_bundle({})), Policy(), "w1",
               people=People(PEOPLE))  # fmt: skip
    store.close()


@pytest.fixture
def entries(flow: Flow) -> Callable[..., list[Any]]:
    """Return the ledger's entries of some kinds, oldest first."""

    def read(*kinds: str) -> list[Any]:
        query = sa.select(t.ledger).where(t.ledger.c.kind.in_(kinds)).order_by(t.ledger.c.id)
        return list(flow.store.read_now(lambda tx: tx.execute(query).all()))

    return read
