"""Routing the same messages with and without watches and gates, in turn, in one process.

    control_route.py TURNS NUMBER STORE:ARMED…

Prints {"ARMED": {"seconds": [one a turn], "cpu": [one a turn]}, …}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from control_job import MATCHED, WATCHES, Armed, control_flow, promise
from deliver_hub import BATCH, activate

from hub import logs
from hub.connector import Event
from hub.flow.parts import Flow
from hub.flow.receive import incoming_of
from hub.flow.route import route
from hub.store import inbox
from hub.store import tables as t

#: Messages each side routes before anything counts: it compiles the statements.
_WARM_UP = 300


async def enqueue(flow: Flow, numbers: Sequence[int]) -> None:
    """Store messages, a batch a commit."""
    for start in range(0, len(numbers), BATCH):
        items = [promise(one) for one in numbers[start : start + BATCH]]
        events = [Event("promise", item["id"], item) for item in items]
        incoming = [incoming_of(flow, "crm", event) for event in events]
        await flow.store.write(inbox.store, incoming)


async def _turn(flow: Flow, numbers: Sequence[int]) -> tuple[float, float]:
    await enqueue(flow, numbers)
    started, cpu = time.perf_counter(), time.process_time()
    while await route(flow):
        pass
    return time.perf_counter() - started, time.process_time() - cpu


async def measure(flows: Mapping[str, Flow], turns: int, number: int) -> dict[str, Any]:
    """Let all sides route, one after the other, turn by turn."""
    took: dict[str, Any] = {side: {"seconds": [], "cpu": []} for side in flows}
    for flow in flows.values():
        await flow.store.write(activate, flow)
        await _turn(flow, range(_WARM_UP))
    for turn in range(turns):
        start = _WARM_UP + turn * number
        for side, flow in flows.items():
            seconds, cpu = await _turn(flow, range(start, start + number))
            took[side]["seconds"].append(seconds)
            took[side]["cpu"].append(cpu)
    for side, flow in flows.items():
        await flow.store.read(_check, side, _WARM_UP + turns * number)
    return took


def _check(tx: sa.Connection, side: str, messages: int) -> None:
    """Make sure that every side did its whole work."""
    planned = tx.scalar(sa.select(sa.func.count()).select_from(t.delivery))
    counted = sa.select(t.watch.c.state, sa.func.count()).group_by(t.watch.c.state)
    rows = dict(tx.execute(counted).tuples().all())
    watched = {"none": 0, "some": MATCHED, "all": WATCHES}[side] * messages // 2
    if planned != messages or rows.get("cleared", 0) != watched:
        raise RuntimeError(f"{side}: {planned} deliveries of {messages} messages, watches {rows}")


def main(turns: int, number: int, sides: Sequence[str]) -> None:
    """Measure once."""
    logs.configure("json")
    flows = {}
    for one in sides:
        store, _, armed = one.rpartition(":")
        flows[armed] = control_flow(store, "http://127.0.0.1:9", cast(Armed, armed))
    took = asyncio.run(measure(flows, turns, number))
    for flow in flows.values():
        flow.store.close()
    print(json.dumps(took))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
