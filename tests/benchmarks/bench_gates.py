"""Routing through three gates against routing without any."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping

import sqlalchemy as sa
from deliver_hub import activate, enqueue
from figures import Figure, ratio
from job import FILES, hub_flow
from sides import say

from hub.flow.parts import Flow
from hub.flow.route import route
from hub.store import tables as t

NAME = "route/three-gates"
RUNS = 5
MESSAGES = 1_000
_GATES = {
    "own/many-lines.yaml": b"""
gate: many-lines
when: {record: commitment, from: crm}
checks: [{if: count(lines) > 100, then: deny, reason: too many lines}]
""",
    "own/approved.yaml": b"""
gate: approved
when: {record: commitment, if: kind == "price"}
needs: [{levels: [sales_supervisor, coo]}]
""",
    "own/two-persons.yaml": b"""
gate: two-persons
when: {record: commitment, from: crm, if: order_no is set}
needs: [{approvals: 2, roles: [director], if: kind == "price"}]
release: {roles: [coo], valid: 7 days}
""",
}
_NAMED = b"require: {gates: [many-lines, approved, two-persons]}\ndeliver:"


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Route the same messages both ways, turn by turn."""
    if not wanted(NAME):
        return
    named = FILES["own/route.yaml"].replace(b"deliver:", _NAMED)
    gated = {**FILES, **_GATES, "own/route.yaml": named}
    for files in (FILES, gated):
        _rate(files)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(RUNS):
        say(f"route: run {turn + 1}")
        theirs.append(_rate(FILES))
        ours.append(_rate(gated))
    yield ratio(NAME, ">= 0.8", ours, theirs, "messages routed each second, SQLite")


def _rate(files: Mapping[str, bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        flow = hub_flow(f"sqlite:///{folder}/hub.db", "http://127.0.0.1:9", files=files)
        try:
            return asyncio.run(_routed(flow))
        finally:
            flow.store.close()


async def _routed(flow: Flow) -> float:
    await flow.store.write(activate, flow)
    await enqueue(flow, MESSAGES)
    gc.collect()
    started = time.perf_counter()
    while await route(flow):
        pass
    took = time.perf_counter() - started
    planned = await flow.store.read(_planned)
    if planned != MESSAGES:
        raise RuntimeError(f"{planned} of {MESSAGES} were planned")
    return MESSAGES / took


def _planned(tx: sa.Connection) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(t.delivery)) or 0
