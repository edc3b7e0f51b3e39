"""The far ends of a demo, served in one process: simulators, or the real product for some.

    python -m hub.demo.servers FOLDER [CONNECTION …]      the real product for these connections

Which simulator plays a connection is told by its connector's Spec. The process ends with SIGTERM,
or when its standard input is closed: it never outlives whoever started it. Beside a simulator's
own controls (`/_sim/…`) there is

    POST /_demo/do     {"do": "approve", "with": {"data_id": …}}    what people at the far end do
    GET  /_demo/calls  the webhooks it sent: [{"sha256": …, "taken": true}, …]
    POST /_demo/notices  a notice of the hub, as its channel for webhooks sends it; GET lists them
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from hub import registry
from hub.demo import folder as folders
from hub.demo import texts
from hub.settings import Settings
from hub.testing.simulator import ConnectionBroken, Simulator

#: What may be done at a far end in the name of its people.
ACTS = frozenset(
    {
        "save_form", "approve", "revoke", "record", "ship", "enter_order", "change_quantity",
        "delete_order", "copy_order", "delete_copy",
    }
)  # fmt: skip

#: Address of a caller → the connection it called on.
_OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class Theatre:
    """A simulator with its people; breaks connections as a real far end does."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.calls: list[dict[str, Any]] = []
        #: What the hub told the people here.
        self.notices: list[dict[str, Any]] = []
        # a proxy of the environment has no business on this machine
        simulator.caller = httpx.AsyncClient(
            timeout=30, trust_env=False, event_hooks={"response": [self._note]}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"].startswith("/_demo/"):
            response = await self._control(Request(scope, receive))
            await response(scope, receive, send)
            return
        try:
            await self.simulator(scope, receive, send)
        except ConnectionBroken:
            _OPEN[tuple(scope["client"])].abort()
            await asyncio.sleep(0)  # the server hears of it before this request ends

    async def _control(self, request: Request) -> Response:
        match request.method, request.url.path:
            case "GET", "/_demo/calls":
                return JSONResponse(self.calls)
            case "GET", "/_demo/notices":
                return JSONResponse(self.notices)
            case "POST", "/_demo/notices":
                self.notices.append(await request.json())
                return Response(status_code=204)
        wanted = await request.json()
        if wanted["do"] not in ACTS or not hasattr(self.simulator, wanted["do"]):
            return Response(f"nobody here can {wanted['do']}", status_code=404)
        said = getattr(self.simulator, wanted["do"])(**wanted["with"])
        return JSONResponse({"said": said})

    async def _note(self, response: httpx.Response) -> None:
        await response.aread()
        taken = response.is_success and not self.simulator.refused(response)
        sha256 = hashlib.sha256(response.request.content).hexdigest()
        self.calls.append({"sha256": sha256, "taken": taken})


class _Protocol(H11Protocol):
    """Remembers which connection a caller is on, so that it can be broken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.caller = tuple(transport.get_extra_info("peername")[:2])
        _OPEN[self.caller] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _OPEN.pop(self.caller, None)
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """A web server that leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def simulator_of(settings: Settings, name: str, directory: Path) -> Simulator:
    """Return the simulator of a connection, its state kept in a directory."""
    connection = settings.connections[name]
    spec = registry.load(connection.connector).spec
    if spec.simulator is None:
        raise texts.config_error("far_end.not_simulated", product=spec.name)
    simulator: Simulator = _found(spec.simulator)(directory / name)
    simulator.webhook_url = f"{settings.public_url}/webhooks/{name}"
    return simulator


def start_real(settings: Settings, name: str, port: int) -> Any:
    """Start the real product of a connection on a port, with its demo data; return the server.

    The first start installs it below the user's cache folder, which takes minutes.
    """
    spec = registry.load(settings.connections[name].connector).spec
    if spec.server is None:
        raise texts.config_error("far_end.only_simulated", product=spec.name)
    cache = Path.home() / ".cache" / "accord-hub" / spec.name
    return _found(spec.server)(cache, port)


def _found(dotted: str) -> Any:
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


async def serve(folder: Path, real: Sequence[str], stopping: asyncio.Event) -> None:
    """Serve all far ends of a demo until told to stop."""
    settings = folders.read(folder)
    ports = {
        name: httpx.URL(address).port or 0 for name, address in folders.addresses(settings).items()
    }
    products = [await asyncio.to_thread(start_real, settings, name, ports[name]) for name in real]
    theatres = {
        name: Theatre(simulator_of(settings, name, folder / "far-ends"))
        for name in ports
        if name not in real
    }
    servers = [_server(theatre) for theatre in theatres.values()]
    sockets = [_listening(name, ports[name]) for name in theatres]
    serving = [
        asyncio.create_task(server.serve(sockets=[one]))
        for server, one in zip(servers, sockets, strict=True)
    ]
    await stopping.wait()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)
    await _close(theatres)
    for product in products:
        await asyncio.to_thread(product.stop)


async def _close(theatres: Mapping[str, Theatre]) -> None:
    for theatre in theatres.values():
        if theatre.simulator.caller is not None:
            await theatre.simulator.caller.aclose()
        theatre.simulator.state.close()


def _listening(name: str, port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as exc:
        raise texts.config_error(
            "far_end.port", name=name, port=port, problem=exc.strerror
        ) from exc


def _server(theatre: Theatre) -> _Server:
    config = uvicorn.Config(
        theatre, log_level="warning", lifespan="off", ws="none", http=_Protocol,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    return _Server(config)


def _stop_with_parent(stop: Any, loop: asyncio.AbstractEventLoop) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
        loop.call_soon_threadsafe(stop)


async def _main(folder: Path, real: Sequence[str]) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for received in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(received, stopping.set)
    watcher = threading.Thread(target=_stop_with_parent, args=(stopping.set, loop), daemon=True)
    watcher.start()
    await serve(folder, real, stopping)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2:]))
