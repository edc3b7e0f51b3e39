"""Lives of a process that only watches and tells; each may be killed at a named place.

    python -m tests.faults.watch_lives STORE FOLDER < lives

Each line is a moment of June 2026 in China and, after a `|`, where `HUB_FAIL` kills. Prints how
each life ended. Lives are forks of one process, so that none costs a start of Python.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from pathlib import Path

import httpx

from hub import failpoints
from hub.clock import SystemClock
from hub.flow import watch
from hub.flow.notices import Courier
from hub.store import engine
from hub.store.engine import Store
from hub.testing import FixedClock
from tests.contract.watch_world import WATCH, Company, at

HOOK = {"url": "http://127.0.0.1/hook", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


class _Clock(FixedClock):
    """Stands still, but no two lives give out the same id."""

    def new_id(self) -> str:
        return SystemClock().new_id()


def company_at(store: Store, moment: str) -> Company:
    """Return the company at a moment, with a webhook for what people are told."""
    clock = _Clock()
    clock.advance(at(moment) - clock.now())
    company = Company(store, clock)
    company.start(WATCH, alerts={"webhook": HOOK, "flood": 1000})
    company.flow.worker = f"w{os.getpid()}"
    return company


class Receiver(httpx.AsyncBaseTransport):
    """The far end of the webhook: what it takes is on disk before it says so."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "taken"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self.file.open("a") as file:
            file.write(f"{request.headers['webhook-id']}\n")
        return httpx.Response(204)


async def live(url: str, folder: Path, moment: str) -> None:
    """Read the ERP, look at the watches and send what they tell, until nothing is due."""
    store = engine.connect(url)
    store.open()
    company = company_at(store, moment)
    await company.read()
    courier = Courier(company.flow, Receiver(folder))
    while await watch.fire(company.flow) + await courier.step():
        pass
    await courier.aclose()
    store.close()


def _ended(url: str, folder: Path, line: str) -> int:
    """Return the exit code of one life; negative, the signal that ended it."""
    moment, _, fail = line.strip().partition("|")
    child = os.fork()
    if child != 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        failpoints.arm({"HUB_FAIL": fail})
        asyncio.run(live(url, folder, moment))
    except BaseException:  # noqa: BLE001 (a child never goes on as its parent)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    # a transaction for each row, so that places are passed often
    watch.BITE = 1
    for line in sys.stdin:
        print("ended", _ended(sys.argv[1], Path(sys.argv[2]), line), flush=True)
