"""A world for stories about single rules, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery_stories import Start
from delivery_world import StepDef, World

from hub.store import engine
from hub.store import tables as t


@pytest.fixture(params=["sqlite", "postgresql"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Return a world with one record P, one step unless told otherwise, at a far end of a kind."""
    if request.param == "sqlite":
        store = engine.connect(f"sqlite:///{tmp_path}/rules.db")
    else:
        store = engine.connect(request.getfixturevalue("postgres_url"))
    t.metadata.create_all(store.engine)
    store.open()
    loop = asyncio.new_event_loop()

    def begin(kind: str, steps: dict[str, dict[str, StepDef]] | None = None, **more: Any) -> World:
        steps = steps or {"P": {"a": StepDef("erp")}}
        deadline = more.pop("deadline", timedelta(days=30))
        return World(
            store, loop, steps, {"erp": (kind, more), "wms": (kind, more)}, deadline=deadline
        )

    yield begin
    loop.close()
    store.close()
