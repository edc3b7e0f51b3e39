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


async def _worker(http: HttpClient, bodies: Iterator[tuple[int, bytes]]) -> None:
    for number, body in bodies:
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(number)}
        response = await http.request(
            "POST", "/orders", effect=True, content=body, headers=headers
        )  # fmt: skip
        assert decode(response.content)["ok"]


async def measure(far_end: str, number: int, client: str) -> dict[str, float]:
    """Return the seconds all POSTs took, and those of CPU time."""
    limits = httpx.Limits(max_connections=CONCURRENCY)
    stock = httpx.AsyncHTTPTransport(limits=limits) if client == "httpx" else None
    http = connect("far", far_end, concurrency=CONCURRENCY, clock=SystemClock(), transport=stock)
    bodies = iter([(one, by_hand(promise(one))) for one in range(number)])
    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_worker(http, bodies) for _ in range(CONCURRENCY)))
    took = {"deliver": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    await http.aclose()
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3]))))
