"""The web application: webhooks, API, console, public page, health and metrics."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.errors import StoreError
from hub.flow.parts import Flow
from hub.store import connections, deliveries, reconciliations
from hub.web.webhooks import PREFIX, Webhooks

#: Where the API begins.
_API = "/api/"
#: Where anybody finds the public keys of documents.
_KEYS = "/.well-known/hub-document-keys.json"
#: What machines ask for; every other path is the console's.
_FIGURES = ("/healthz", "/readyz", "/metrics")


def build(flow: Flow, body_limit: int) -> ASGIApp:
    """Return the application of one daemon."""
    webhooks, api, others = Webhooks(flow, body_limit), _Later(lambda: _api(flow)), _others(flow)
    console, verify = _Later(lambda: _console(flow)), _Later(lambda: _verify(flow))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; webhooks do not pass through a router, which takes as long as they do."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(PREFIX):
            await webhooks(scope, receive, send)
        elif path.startswith(_API) and flow.settings is not None:
            await api(scope, receive, send)
        elif _is_check(path) and flow.settings is not None:
            await verify(scope, receive, send)
        elif path and path not in _FIGURES and flow.settings is not None:
            await console(scope, receive, send)
        else:
            await others(scope, receive, send)

    return serve


class _Later:
    """An application that is made when it is first called, so that no start waits for it."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        async with self._lock:
            if self._app is None:
                # in a thread: its libraries take half a second, and webhooks go on
                self._app = await asyncio.to_thread(self._make)
            app = self._app
        await app(scope, receive, send)


def _api(flow: Flow) -> ASGIApp:
    from hub.web.api.app import build as build_api

    assert flow.settings is not None  # noqa: S101 (looked at before)
    return build_api(flow, flow.settings)


def _console(flow: Flow) -> ASGIApp:
    from hub.web.console.app import build as build_console

    assert flow.settings is not None  # noqa: S101 (looked at before)
    return build_console(flow, flow.settings)


def _is_check(path: str) -> bool:
    """Say whether an address is one of the public page's; codes are in capitals."""
    low = path.lower()
    return low in ("/v", _KEYS) or low.startswith(("/v/", "/s/"))


def _verify(flow: Flow) -> ASGIApp:
    from hub.web.verify.app import build as build_verify

    assert flow.settings is not None  # noqa: S101 (looked at before)
    return build_verify(flow, flow.settings)


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
    await _count_findings(flow)
    queues = await flow.store.read(deliveries.counts)
    flow.queues = {("delivery", name): number for name, number in queues.items()}


async def _count_findings(flow: Flow) -> None:
    """Bring the figures of reconciliations up to date; what is over is 0."""
    metrics, now = flow.metrics, flow.clock.now()
    metrics.findings.clear()
    metrics.oldest_finding.clear()
    since: dict[str, datetime] = {}
    for name, severity, state, count, oldest in await flow.store.read(reconciliations.counted):
        if state == "open":
            metrics.findings.labels(name, severity).inc(count)
            since[name] = min(since.get(name, oldest), oldest)
    for name, oldest in since.items():
        metrics.oldest_finding.labels(name).set((now - oldest).total_seconds())
    for run in await flow.store.read(reconciliations.last_runs):
        ended = run.ended_at or now
        metrics.run_seconds.labels(run.name).set((ended - run.started_at).total_seconds())
        if run.state == "complete":
            metrics.last_complete.labels(run.name).set(ended.timestamp())


def _paused(tx: Connection) -> list[str]:
    states = connections.read(tx)
    return sorted(name for name, state in states.items() if state.paused_at is not None)
