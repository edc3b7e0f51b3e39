"""Questions to a gate over HTTP at a steady pace, as forms ask them before they are submitted.

    control_ask.py PORT RATE SECONDS

Prints {"p50": ms, "p99": ms, "judged": answers that are the gate's own, "asked": number}. A time
counts from when the question was due, so one that waits for another is not left out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import httpx
from control_job import DECIDED, promise

#: Of a person of the benchmark's.
TOKEN = "acc_" + "benchmark-" * 4
#: Seconds before anything counts: the API is built at the first call.
_WARM_UP = 3.0


async def _ask(client: httpx.AsyncClient, number: int, due: float, took: list[Any]) -> None:
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    asked = {"connection": "crm", "stream": "promise", "item": promise(10_000_000 + number)}
    answer = await client.post(f"/api/v1/decisions/{DECIDED}", json=asked)
    took.append((number, (time.perf_counter() - due) * 1000, answer))


async def ask(port: int, rate: float, seconds: float) -> dict[str, float]:
    """Ask at that rate for so long."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    took: list[Any] = []
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=30
    ) as client:
        start, first = time.perf_counter(), int(_WARM_UP * rate)
        async with asyncio.TaskGroup() as calls:
            for number in range(first + int(seconds * rate)):
                calls.create_task(_ask(client, number, start + number / rate, took))
    counted = [(milliseconds, answer) for number, milliseconds, answer in took if number >= first]
    times = sorted(milliseconds for milliseconds, _ in counted)
    return {
        "p50": times[len(times) // 2], "p99": times[int(len(times) * 0.99)],
        "judged": sum(_is_judged(answer) for _, answer in counted), "asked": len(counted),
    }  # fmt: skip


def _is_judged(answer: httpx.Response) -> bool:
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
    return bool(answer.json()["basis"] == "judged")


if __name__ == "__main__":
    found = asyncio.run(ask(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
    print(json.dumps(found))
