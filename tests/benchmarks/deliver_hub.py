"""The hub's side of `deliver`: one process, the daemon's own stages.

    deliver_hub.py STORE FAR_END NUMBER

Prints {"enqueue": seconds, "deliver": seconds, "cpu": seconds}. Enqueue ends when
the last message is committed to the inbox; deliver starts there and ends when the last delivery
is booked.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from job import hub_flow, promise

from hub import logs
from hub.connector import Event
from hub.flow.deliver import Deliverer
from hub.flow.parts import Flow
from hub.flow.receive import incoming_of
from hub.flow.route import route
from hub.store import bundles, inbox
from hub.store import tables as t

#: Webhooks that come at the same moment share a commit.
BATCH = 50


async def enqueue(flow: Flow, number: int) -> None:
    """Store the messages, a batch a commit."""
    for start in range(0, number, BATCH):
        items = [promise(one) for one in range(start, min(start + BATCH, number))]
        events = [Event("promise", item["id"], item) for item in items]
        incoming = [incoming_of(flow, "crm", event) for event in events]
        await flow.store.write(inbox.store, incoming)


async def work(flow: Flow, number: int) -> None:
    """Route and deliver side by side, as the daemon does, until all are delivered."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as stages:
        stages.create_task(_route(flow, over))
        stages.create_task(_deliver(flow, over))
        while await flow.store.read(_delivered) < number:
            await asyncio.sleep(0.2)
        over.set()
        for stage in ("route", "deliver"):
            flow.bell.heard(stage)


async def _route(flow: Flow, over: asyncio.Event) -> None:
    while not over.is_set():
        if not await route(flow):
            await flow.bell.wait("route", 1.0)


async def _deliver(flow: Flow, over: asyncio.Event) -> None:
    deliverer = Deliverer(flow)
    while not over.is_set():
        if not await deliverer.step():
            await flow.bell.wait("deliver", 1.0)


def _delivered(tx: sa.Connection) -> int:
    query = sa.select(sa.func.count()).where(t.delivery.c.state == "delivered")
    return tx.scalar(query) or 0


def activate(tx: sa.Connection, flow: Flow) -> None:
    """Put the mapping files in force."""
    bundle = flow.bundles.active
    bundles.put(tx, bundle.sha, bundle.files, flow.clock.now())


async def measure(flow: Flow, number: int) -> dict[str, float]:
    """Return what both phases took."""
    await flow.store.write(activate, flow)
    started, cpu = time.perf_counter(), time.process_time()
    await enqueue(flow, number)
    enqueued, enqueued_at = time.perf_counter(), flow.clock.now()
    await work(flow, number)
    ended_at: Any = await flow.store.read(
        lambda tx: tx.scalar(sa.select(sa.func.max(t.delivery.c.finished_at)))
    )
    return {
        "enqueue": enqueued - started,
        "deliver": (ended_at - enqueued_at).total_seconds(),
        "cpu": time.process_time() - cpu,
    }


def main(arguments: Sequence[str]) -> None:
    """Measure once."""
    logs.configure("json")
    flow = hub_flow(arguments[0], arguments[1])
    took = asyncio.run(measure(flow, int(arguments[2])))
    flow.store.close()
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1:])
