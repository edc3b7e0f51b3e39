"""Turns of the stage that looks at watches, over a large table of them.

    control_sweep.py STORE ROWS TURNS

Prints {"idle": [milliseconds of each], "due": […], "told": […]}: turns that find nothing due, turns
with up to a hundred due, which each take some of them, and the sum until all hundred are told.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import sqlalchemy as sa
from control_job import control_flow
from control_rows import arm, make_due
from deliver_hub import activate

from hub import logs
from hub.flow import watch
from hub.flow.parts import Flow
from hub.store import tables as t

DUE = 100
#: Turns with something due: each uses up a hundred rows.
_BUSY_TURNS = 20


async def measure(flow: Flow, turns: int) -> dict[str, list[float]]:
    """Time turns, each as the daemon makes it."""
    await flow.store.write(activate, flow)
    while await watch.fire(flow):
        pass  # watches that are new look at what was there before them
    await _until_told(flow, 0)
    idle = [(await _turn(flow))[0] for _ in range(turns)]
    busy = [await _until_told(flow, number + 1) for number in range(_BUSY_TURNS)]
    told = await flow.store.read(_told)
    if told != (_BUSY_TURNS + 1) * DUE:
        raise RuntimeError(f"{told} notices of {(_BUSY_TURNS + 1) * DUE}")
    due = [took for turns in busy for took in turns]
    return {"idle": idle, "due": due, "told": [sum(turns) for turns in busy]}


async def _until_told(flow: Flow, number: int) -> list[float]:
    """Make a hundred due; return what each turn took until all are told."""
    await flow.store.write(make_due, flow, number * DUE, DUE)
    took, left = [], DUE
    while left > 0:
        milliseconds, done = await _turn(flow)
        took.append(milliseconds)
        left -= done
    return took


async def _turn(flow: Flow) -> tuple[float, int]:
    started = time.perf_counter()
    done = await watch.fire(flow)
    return (time.perf_counter() - started) * 1000, done


def _told(tx: sa.Connection) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(t.notice)) or 0


def main(store: str, rows: int, turns: int) -> None:
    """Measure once."""
    logs.configure("json")
    flow = control_flow(store, "http://127.0.0.1:9", "some")
    arm(flow, rows)
    took = asyncio.run(measure(flow, turns))
    flow.store.close()
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
