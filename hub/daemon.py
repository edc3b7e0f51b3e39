"""The daemon: starts the stages, supervises them, drains them, stops them.

Every stage is a loop of its own. A stage that fails is logged and tried again after a pause; it
never takes the others with it. SIGTERM stops claiming, lets calls in flight end and be booked,
and exits; a second one exits at once and leaves the rest to the leases.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import uvicorn

from hub import admin, failpoints, logs, transport
from hub.clock import Clock
from hub.errors import ConfigError, HubError, StoreError
from hub.flow import reload, roster, schedules, sweep, vetting, watch
from hub.flow.alerts import Lookout
from hub.flow.deliver import Deliverer
from hub.flow.notices import Courier
from hub.flow.opening import open_flow
from hub.flow.parts import Flow
from hub.flow.route import route
from hub.reconcile import scratch
from hub.reconcile.scheduled import JOBS
from hub.settings import Settings
from hub.settings import find as find_settings
from hub.settings import load as load_settings
from hub.store import upkeep
from hub.web import app

log = logs.get_logger(__name__)

#: How long calls in flight may take to end after SIGTERM.
DRAIN = timedelta(seconds=25)
#: How long an idle stage sleeps when nobody rings.
IDLE = 1.0
_HOST = socket.gethostname()
_PAUSE_AFTER_FAILURE = 1.0
_PRUNE_SECONDS = 3600.0
_LOOK_SECONDS = 5.0
_BETWEEN_BITES = 0.2
#: Stages that somebody may ring for.
_RUNG = ("route", "deliver", "mappings")


class Daemon:
    """One process of the hub."""

    def __init__(self, settings: Settings, flow: Flow, start: reload.Start) -> None:
        self.settings = settings
        self.flow = flow
        flow.jobs = JOBS
        self.url = ""
        self._deliverer = Deliverer(flow)
        self._lookout = Lookout(flow)
        self._courier = Courier(flow)
        self._draining = asyncio.Event()
        self._stages: list[asyncio.Task[None]] = []
        self._web: uvicorn.Server | None = None
        self._admin: asyncio.Server | None = None
        self._transport: transport.Transport | None = None
        self._reload = reload.Reload(settings, flow, start)

    # -- life

    async def start(self) -> None:
        """Open the store, take over what a dead process left, start stages and web server."""
        store, flow = self.flow.store, self.flow
        store.open()
        upkeep.prepare(store.engine)
        flow.metrics.watch_queues(lambda: flow.queues)
        await self._reload.begin()
        taken = await sweep.begin(flow, _HOST)
        if taken:
            log.info("daemon.took_over", deliveries=taken)
        await scratch.tidy(flow)
        self._start_transport()
        if self.settings.watches_mappings:
            vetting.warm_up(self.settings)
        self._stages = [asyncio.create_task(one, name=name) for name, one in self._loops()]
        socket_path = admin.socket_path(self.settings)
        if socket_path is not None:
            self._admin = await admin.serve(flow, socket_path)
        await self._start_web()
        log.info("daemon.started", url=self.url, worker=flow.worker,
                 connections=sorted(flow.connections))  # fmt: skip

    async def stop(self) -> None:
        """Stop taking work, let calls in flight end and be booked, close everything."""
        self._draining.set()
        if self._web is not None:
            self._web.should_exit = True
        for stage in _RUNG:
            self.flow.bell.heard(stage)
        _, late = await asyncio.wait(self._stages, timeout=DRAIN.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*self._stages, return_exceptions=True)
        if self._admin is not None:
            self._admin.close()
        if self._transport is not None:
            self._transport.close()
        await self._courier.aclose()
        for connection in self.flow.connections.values():
            await connection.connector.context.http.aclose()
        await self.flow.close_tools()
        self.flow.store.close()
        path = admin.socket_path(self.settings)
        if path is not None:
            path.unlink(missing_ok=True)
        log.info("daemon.stopped", unfinished=len(late))

    def _loops(self) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
        yield "route", self._loop("route", self._route)
        yield "deliver", self._loop("deliver", self._deliver)
        yield "sweep", self._loop("sweep", self._sweep)
        yield "seal", self._loop("seal", self._seal)
        yield "alerts", self._loop("alerts", self._look)
        yield "notices", self._loop("notices", self._tell)
        yield "watches", self._loop("watches", self._fire)
        if self.settings.watches_mappings:
            yield "watch", self._loop("watch", self._reload.watch)
        if self.flow.store.dialect != "sqlite":
            # nobody else writes a SQLite file
            yield "mappings", self._loop("mappings", self._reload.follow)
        yield "prune", self._loop("prune", self._prune)
        for job in schedules.begin(self.flow, self.settings):
            yield job.name, self._loop(job.name, partial(schedules.turn, self.flow, job))

    async def _loop(self, stage: str, step: Callable[[], Awaitable[float]]) -> None:
        """Run a stage until the daemon drains; `step` returns how long to sleep, 0 for not."""
        while not (self._draining.is_set() and stage != "deliver"):
            try:
                seconds = await step()
            except StoreError as error:
                log.warning("stage.store_unavailable", stage=stage, error=str(error))
                seconds = _PAUSE_AFTER_FAILURE
            except Exception:
                log.exception("stage.failed", stage=stage)
                seconds = _PAUSE_AFTER_FAILURE
            if stage == "deliver" and self._draining.is_set() and not self._deliverer.calls:
                return
            if seconds > 0:
                await self._rest(stage, seconds)

    async def _rest(self, stage: str, seconds: float) -> None:
        if stage in _RUNG:
            await self.flow.bell.wait(stage, seconds)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._draining.wait(), seconds)

    # -- stages

    async def _route(self) -> float:
        return 0.0 if await route(self.flow) else IDLE

    async def _deliver(self) -> float:
        busy = await self._deliverer.step(claiming=not self._draining.is_set())
        return 0.0 if busy else IDLE

    async def _sweep(self) -> float:
        await sweep.watch_workers(self.flow, _HOST)
        await sweep.sweep(self.flow)
        roster.look(self.flow)
        return IDLE

    async def _seal(self) -> float:
        return 0.0 if await sweep.seal(self.flow) >= 2000 else IDLE

    async def _look(self) -> float:
        """Open and end alerts, and queue the daily summary."""
        await self._lookout.look()
        return _LOOK_SECONDS

    async def _tell(self) -> float:
        return 0.0 if await self._courier.step() else IDLE

    async def _fire(self) -> float:
        """Tell what did not come in time, in small bites between other work."""
        return _BETWEEN_BITES / 16 if await watch.fire(self.flow) else IDLE

    async def _prune(self) -> float:
        """Remove what was finished long ago, in small bites between other work."""
        flow, keep = self.flow, self.settings.retention.finished
        removed = await flow.store.write(
            upkeep.prune, flow.clock.now(), keep, entry_id=flow.clock.new_id(),
            keep_checks=self.settings.documents.keep_checks,
        )  # fmt: skip
        await scratch.tidy(flow)
        return _BETWEEN_BITES if any(removed.values()) else _PRUNE_SECONDS

    # -- web and transport

    async def _start_web(self) -> None:
        web = self.settings.web
        config = uvicorn.Config(
            app.build(self.flow, web.body_limit), host=web.host, port=web.port,
            log_config=None, access_log=False, lifespan="off", server_header=False,
        )  # fmt: skip
        self._web = _Server(config)
        serving = asyncio.create_task(self._web.serve(), name="web")
        while not self._web.started and not serving.done():
            await asyncio.sleep(0.01)
        if serving.done():
            await serving
        self._stages.append(serving)
        port = self._web.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://{web.host}:{port}"

    def _start_transport(self) -> None:
        loop = asyncio.get_running_loop()

        def hear(stage: str) -> None:
            loop.call_soon_threadsafe(self.flow.bell.heard, stage)

        settings = self.settings
        self._transport = transport.connect(
            settings.transport, hear, self.flow.clock, tenant=settings.tenant
        )
        self._transport.start()
        self.flow.bell.publish = self._transport.publish


class _Server(uvicorn.Server):
    """A web server that leaves signals, and ending the process, to the daemon."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen; `ConfigError` where that cannot be."""
        try:
            await super().startup(sockets)
        except SystemExit:
            place = f"{self.config.host}:{self.config.port}"
            raise ConfigError(f"web: {place} cannot be served; is the port taken?") from None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def run(settings: Settings, clock: Clock | None = None) -> None:
    """Run until SIGTERM or SIGINT; on another clock than the machine's where one is given."""
    start = reload.starting(settings)
    daemon = Daemon(settings, open_flow(settings, clock, bundle=start.bundle), start)
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    def stop(received: int) -> None:
        if stopping.is_set():
            os._exit(128 + received)
        stopping.set()

    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, stop, received)
    await daemon.start()
    await stopping.wait()
    await daemon.stop()


def main(config: Path | None) -> int:
    """Run the daemon of a settings file; return the exit code."""
    failpoints.arm(os.environ)
    logs.configure("json")
    settings = load_settings(find_settings(config, os.environ))
    try:
        asyncio.run(run(settings))
    except HubError as error:
        log.error("daemon.not_started", error=str(error))  # noqa: TRY400 (its text says it all)
        return 2 if isinstance(error, ConfigError) else 4 if isinstance(error, StoreError) else 70
    return 0
