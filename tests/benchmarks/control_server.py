"""A daemon that delivers at a steady pace and answers questions to its gates.

control_server.py PORT STORE FAR_END FOLDER
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import sqlalchemy as sa
from control_ask import TOKEN
from control_live import Pace, running

from hub import logs
from hub.flow.parts import Flow
from hub.service.identity import hashed
from hub.store import people as tokens

#: Deliveries a second.
RATE = 50


async def serve(port: int, store: str, far_end: str, folder: Path) -> None:
    """Deliver and answer until told to stop."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with running(store, far_end, folder, port) as flow:
        await flow.store.write(_let_in, flow)
        pace = asyncio.create_task(Pace(flow, RATE).go_on(3600))
        await stopping.wait()
        pace.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pace


def _let_in(tx: sa.Connection, flow: Flow) -> None:
    now = flow.clock.now()
    tokens.add(tx, tokens.Token(flow.clock.new_id(), "p001", hashed(TOKEN), "", None, now, "bench",
                                None))  # fmt: skip


if __name__ == "__main__":
    logs.configure("json")
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])))
