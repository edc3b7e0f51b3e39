"""The web application: webhooks, health and metrics."""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import StoreError
from hub.flow.parts import Flow
from hub.store import connections, deliveries
from hub.web.webhooks import PREFIX, Webhooks


def build(flow: Flow, body_limit: int) -> ASGIApp:
    """Return the application of one daemon."""
    webhooks, others = Webhooks(flow, body_limit), _others(flow)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; webhooks do not pass through a router, which takes as long as they do."""
        webhook = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (webhooks if webhook else others)(scope, receive, send)

    return serve


def _others(flow: Flow) -> Starlette:

    async def healthz(_: Request) -> Response:
        """The process lives."""
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        """The store can be read, so webhooks can be taken."""
        try:
            paused = await flow.store.read(_paused)
        except StoreError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready", "paused": paused})

    async def metrics(_: Request) -> Response:
        """All figures, in Prometheus' text format; the last known where the store is away."""
        with contextlib.suppress(StoreError):
            await _count(flow)
        return Response(flow.metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )


async def _count(flow: Flow) -> None:
    """Bring the figures that stand in the store up to date."""
    states = await flow.store.read(connections.read)
    for name in flow.connections:
        state = states.get(name)
        flow.metrics.paused.labels(name).set(bool(state and state.paused_at))
    queues = await flow.store.read(deliveries.counts)
    flow.queues = {("delivery", name): number for name, number in queues.items()}


def _paused(tx: Connection) -> list[str]:
    states = connections.read(tx)
    return sorted(name for name, state in states.items() if state.paused_at is not None)
