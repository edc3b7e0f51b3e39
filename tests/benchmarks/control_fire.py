"""Latency of deliveries, alone and while thousands of watches fire, in turn, in one daemon.

    control_fire.py STORE FAR_END TURNS DUE

Prints {"alone": [[p50, p99] a turn], "firing": [[p50, p99] a turn], "seconds": [firing, a turn]},
latencies in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from control_live import Pace, latencies, percentile, running
from control_rows import arm, make_due

from hub import logs
from hub.flow.parts import Flow
from hub.store import tables as t
from hub.store import watches

#: Deliveries a second, and how long a turn lasts at least.
RATE, SECONDS = 50, 5.0


async def measure(store: str, far_end: str, turns: int, due: int) -> dict[str, Any]:
    """Take turns with and without watches that fire."""
    took: dict[str, Any] = {"alone": [], "firing": [], "seconds": []}
    with tempfile.TemporaryDirectory() as folder:
        async with running(store, far_end, Path(folder)) as flow:
            await asyncio.to_thread(arm, flow, turns * due)
            pace = Pace(flow, RATE)
            await _turn(flow, pace)  # compiles the statements
            for turn in range(turns):
                took["alone"].append(await _turn(flow, pace))
                await flow.store.write(make_due, flow, turn * due, due)
                firing = asyncio.create_task(_fired(flow))
                took["firing"].append(await _turn(flow, pace))
                took["seconds"].append(await firing)
            await flow.store.read(_check, turns * due)
    return took


async def _turn(flow: Flow, pace: Pace) -> list[float]:
    since = flow.clock.now()
    await pace.go_on(SECONDS)
    await pace.delivered()
    found = await flow.store.read(latencies, since)
    return [percentile(found, 0.5), percentile(found, 0.99)]


async def _fired(flow: Flow) -> float:
    started = time.perf_counter()
    while await flow.store.read(watches.any_due, flow.clock.now()):
        await asyncio.sleep(0.1)
    return time.perf_counter() - started


def _check(tx: sa.Connection, due: int) -> None:
    fired = tx.scalar(sa.select(sa.func.count()).where(t.watch.c.state == "fired"))
    if fired != due:
        raise RuntimeError(f"{fired} watches fired of {due}")


def main(store: str, far_end: str, turns: int, due: int) -> None:
    """Measure once."""
    logs.configure("json")
    print(json.dumps(asyncio.run(measure(store, far_end, turns, due))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
