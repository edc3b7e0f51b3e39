"""Deliveries of a process that also reconciles: `deliver_hub.py` with a run beside it.

    reconcile_beside.py STORE FAR_END NUMBER FOLDER [idle]

FOLDER holds the pages of `reconcile_data.py`; they are landed, compared and thrown away again and
again until all is delivered. With `idle` nothing is compared. Prints what `deliver_hub.py` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from deliver_hub import measure
from job import hub_flow
from reconcile_data import names
from reconcile_hub import NOW, definition, pages, snapshot

from hub import logs
from hub.flow.parts import Flow
from hub.mapping.reconciliation.judge import Opinion
from hub.reconcile.engine import Engine
from hub.reconcile.threads import in_thread

#: Keys judged at a time, as a run does.
_BATCH = 200


async def reconcile(flow: Flow, folder: Path) -> None:
    """Compare the sides, in the threads and the pieces of a run, for ever."""
    one = definition(tuple(names(folder)))
    while True:
        with snapshot("sqlite", len(one.sides)) as taken:
            engine = Engine(one, taken)
            for side in engine.sides:
                for page in pages(folder, side):
                    documents = [(str(item["id"]), item) for item in page]
                    await in_thread(flow, engine.land, side, documents, NOW)
                await in_thread(flow, engine.close, side)
            opinions = engine.opinions(NOW)
            while await in_thread(flow, some, opinions):
                pass


def some(opinions: Iterator[Opinion]) -> list[Opinion]:
    """Return the next of them; none when there are no more."""
    return list(islice(opinions, _BATCH))


async def beside(store: str, far_end: str, number: int, folder: Path | None) -> dict[str, float]:
    """Return what delivering took."""
    flow = hub_flow(store, far_end)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reconcile(flow, folder)) if folder is not None else None
        took = await measure(flow, number)
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
    flow.store.close()
    return took


def main(arguments: Sequence[str]) -> None:
    """Measure once."""
    logs.configure("json")
    store, far_end, number, folder, *idle = arguments
    took = asyncio.run(beside(store, far_end, int(number), None if idle else Path(folder)))
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1:])
