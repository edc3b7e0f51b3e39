"""The bare client's side of `deliver`: the same POSTs through the same pools, and nothing else.

deliver_bare.py FAR_END NUMBER hub|httpx

With httpx's own transport in place of the hub's it shows what that one saves.
Prints {"deliver": seconds, "cpu": seconds}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import httpx
from job import CONCURRENCY, by_hand, promise

from hub.clock import SystemClock
from hub.http import HttpClient, connect, decode

#: Connections of one of httpx's pools: a large one walks all its connections at each request.
_POOL = 4


async def _worker(http: HttpClient, bodies: Iterator[tuple[int, bytes]]) -> None:
    for number, body in bodies:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(number)}
        response = await http.request(
            "POST", "/orders", effect=True, content=body, headers=headers
        )  # fmt: skip
        assert decode(response.content)["ok"]


def _clients(far_end: str, client: str) -> list[HttpClient]:
    """Return the hub's client, or as many of httpx's small pools as make the same number."""
    count = CONCURRENCY // _POOL if client == "httpx" else 1
    limits = httpx.Limits(max_connections=_POOL)
    return [
        connect(
            "far", far_end, concurrency=CONCURRENCY, clock=SystemClock(),
            transport=httpx.AsyncHTTPTransport(limits=limits) if client == "httpx" else None,
        )
        for _ in range(count)
    ]  # fmt: skip


async def measure(far_end: str, number: int, client: str) -> dict[str, float]:
    """Return the seconds all POSTs took, and those of CPU time."""
    clients = _clients(far_end, client)
    bodies = iter([(one, by_hand(promise(one))) for one in range(number)])
    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(
        *(_worker(clients[one % len(clients)], bodies) for one in range(CONCURRENCY))
    )
    took = {"deliver": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    for http in clients:
        await http.aclose()
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
