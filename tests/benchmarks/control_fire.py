"""Latency of deliveries, alone and while thousands of watches fire, in turn, in one daemon.

    control_fire.py STORE FAR_END TURNS DUE

Prints {"alone": [[p50, p99] a turn], "firing": [[p50, p99] a turn], "fired": [watches a second]},
latencies in milliseconds. In each turn up to twice DUE are due, and never less; what is left of
them when it is over is put off to the next.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from control_live import Pace, latencies, percentile, running
from control_rows import arm, make_due, put_off

from hub import logs
from hub.flow.parts import Flow
from hub.store import tables as t

#: Deliveries a second, and how long a turn lasts at least.
RATE, SECONDS = 50, 5.0


async def measure(store: str, far_end: str, turns: int, due: int) -> dict[str, Any]:
    """Take turns with and without watches that fire."""
    took: dict[str, Any] = {"alone": [], "firing": [], "fired": []}
    with tempfile.TemporaryDirectory() as folder:
        async with running(store, far_end, Path(folder)) as flow:
            await asyncio.to_thread(arm, flow, 2 * due)
            pace = Pace(flow, RATE)
            await _turn(flow, pace)  # compiles the statements
            for _ in range(turns):
                took["alone"].append(await _turn(flow, pace))
                await flow.store.write(make_due, flow, 0, 2 * due)
                before = await flow.store.read(_fired)
                took["firing"].append(await _turn(flow, pace))
                fired = await flow.store.read(_fired) - before
                if await flow.store.write(put_off, flow) < due:
                    raise RuntimeError("the watches were all told before the turn was over")
                took["fired"].append(fired / SECONDS)
    return took


async def _turn(flow: Flow, pace: Pace) -> list[float]:
    since = flow.clock.now()
    await pace.go_on(SECONDS)
    await pace.delivered()
    found = await flow.store.read(latencies, since)
    return [percentile(found, 0.5), percentile(found, 0.99)]


def _fired(tx: sa.Connection) -> int:
    fired = t.watch.c.state == "fired"
    return tx.scalar(sa.select(sa.func.count()).where(fired)) or 0


def main(store: str, far_end: str, turns: int, due: int) -> None:
    """Measure once."""
    logs.configure("json")
    print(json.dumps(asyncio.run(measure(store, far_end, turns, due))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
