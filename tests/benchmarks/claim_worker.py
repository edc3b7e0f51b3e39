"""One worker that claims and does nothing else.

    claim_worker.py STORE CLAIMS

Prints {"open": [p50, p99], "busy": [p50, p99], "rss": MB}; times in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

from job import CONCURRENCY, hub_flow

from hub.flow.deliver import turn
from hub.flow.parts import Flow


async def measure(flow: Flow, claims: int) -> dict[str, Any]:
    """Time claims where much is due, and where every lane is busy."""
    took: dict[str, Any] = {}
    for connection, wanted in (("open", CONCURRENCY), ("busy", 0)):
        await turn(flow, [], {connection: CONCURRENCY})  # compiles the statements
        times = []
        for _ in range(claims):
            started = time.perf_counter()
            calls = await turn(flow, [], {connection: CONCURRENCY})
            times.append((time.perf_counter() - started) * 1000)
            assert len(calls) == wanted, f"{connection}: {len(calls)} claimed"
        times.sort()
        took[connection] = [times[len(times) // 2], times[int(len(times) * 0.99)]]
    return took


def main(store: str, claims: int) -> None:
    """Measure once."""
    flow = hub_flow(store, "http://127.0.0.1:9", connections=("open", "busy"))
    took = asyncio.run(measure(flow, claims))
    flow.store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took["rss"] = peak / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
