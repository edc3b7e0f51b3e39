"""A daemon that delivers at a steady pace, with web server, alerts, notices and all."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from control_job import control_flow, promise
from job import sign
from pydantic import SecretStr

from hub.connector import WebhookRequest
from hub.daemon import Daemon
from hub.flow.parts import Flow
from hub.flow.receive import receive
from hub.flow.reload import Start
from hub.settings import Alerts, Settings, Web, Webhook
from hub.store import tables as t

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextlib.asynccontextmanager
async def running(store: str, far_end: str, folder: Path, port: int = 0) -> AsyncIterator[Flow]:
    """Run a daemon while the block runs; notices go to the far end, too."""
    settings = Settings(
        tenant="BENCH", store=store, mappings_folder=folder, mappings_watch=False,
        people=folder / "people.yaml", keys=folder / "hub.key",
        web=Web(port=port, api_rate=1_000_000),
        alerts=Alerts(webhook=Webhook(url=far_end, secret=SecretStr(_SECRET))),
    )  # fmt: skip
    flow = control_flow(store, far_end, "some")
    flow.settings = settings
    daemon = Daemon(settings, flow, Start(flow.bundles.active))
    await daemon.start()
    yield flow
    await daemon.stop()


class Pace:
    """Webhooks at a steady pace, whether or not those before have been answered."""

    def __init__(self, flow: Flow, rate: float) -> None:
        self._flow, self._pause = flow, 1 / rate
        self._calls: set[asyncio.Task[object]] = set()
        self.sent = 0

    async def go_on(self, seconds: float) -> None:
        """Send for so long."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in range(int(seconds / self._pause)):
            await asyncio.sleep(max(0.0, start + number * self._pause - loop.time()))
            call = loop.create_task(receive(self._flow, "crm", self._request()))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    def _request(self) -> WebhookRequest:
        body = json.dumps(promise(self.sent)).encode()
        self.sent += 1
        headers = {"x-signature": sign(body), "content-type": "application/json"}
        now = self._flow.clock.now()
        return WebhookRequest("POST", "/webhooks/crm", (), headers, body, now)

    async def delivered(self) -> None:
        """Wait until everything sent is delivered."""
        await asyncio.gather(*self._calls)
        while await self._flow.store.read(_open, self.sent):
            await asyncio.sleep(0.1)


def _open(tx: sa.Connection, sent: int) -> bool:
    query = sa.select(sa.func.count()).where(t.delivery.c.finished_at.is_not(None))
    return (tx.scalar(query) or 0) < sent


def latencies(tx: sa.Connection, since: datetime) -> Sequence[float]:
    """Return the milliseconds from webhook to booked delivery, of what came since then, sorted."""
    joined = t.delivery.join(t.message, t.message.c.id == t.delivery.c.message_id)
    query = sa.select(t.message.c.received_at, t.delivery.c.finished_at).select_from(joined)
    rows = tx.execute(
        query.where(t.message.c.received_at >= since, t.delivery.c.finished_at.is_not(None))
    )
    took = [(finished or since) - received for received, finished in rows]
    return sorted(one.total_seconds() * 1000 for one in took)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of the others lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
