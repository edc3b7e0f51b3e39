"""A run gives way to deliveries, and only while there are any that need the processor."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from hub.reconcile.threads import in_thread

#: Seconds somebody computes.
BUSY = 0.02


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Returns how long was waited, instead of waiting."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return found


def compute() -> None:
    until = time.thread_time() + BUSY
    while time.thread_time() < until:
        pass


async def while_others_compute(under_way: int) -> None:
    """Do a piece of work that lasts as long as the event loop is busy with something else."""
    flow: Any = SimpleNamespace(under_way=under_way)
    served = threading.Event()

    def serve() -> None:
        compute()
        served.set()

    asyncio.get_running_loop().call_soon(serve)
    assert await in_thread(flow, served.wait, 60)


async def test_it_waits_many_times_what_others_computed_meanwhile(waits: list[float]) -> None:
    await while_others_compute(under_way=1)
    (wait,) = waits
    assert 10 * BUSY <= wait <= 1.0


async def test_it_hurries_where_nothing_is_delivered(waits: list[float]) -> None:
    await while_others_compute(under_way=0)
    assert waits == []


async def test_it_hurries_while_deliveries_only_wait_for_far_ends(waits: list[float]) -> None:
    flow: Any = SimpleNamespace(under_way=1)
    await in_thread(flow, compute)
    assert waits == []
