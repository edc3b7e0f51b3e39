"""A listening socket that plays a far end, the hub's client for it, and what the client says."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from hub.clock import SystemClock
from hub.errors import ConnectorError, Outcome
from hub.http import HttpClient, connect
from hub.testing.clock import FixedClock

UNKNOWN, NOT_APPLIED = Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BODY = b'{"order": 1}'


@dataclass
class FarEnd:
    """A listening socket that counts requests and then does what `manner` says."""

    manner: Callable[[Line], Awaitable[None]]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    serving: list[asyncio.Task[None]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        try:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
            ):
                await self.manner(Line(self, reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def served(self) -> None:
        """Wait until every connection so far is closed at this side."""
        await asyncio.gather(*self.serving)

    async def stop(self) -> None:
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)


@dataclass
class Line:
    """One connection of the far end."""

    far: FarEnd
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.far.requests.append(head)
        return head

    async def request(self) -> None:
        head = await self.head()
        lengths = [
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        ]
        await self.reader.readexactly(sum(lengths))

    async def say(self, text: bytes) -> None:
        self.writer.write(text)
        await self.writer.drain()

    def reset(self) -> None:
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def hung_up(self) -> None:
        """Wait until the hub closes its side."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


@contextlib.asynccontextmanager
async def listening(
    manner: Callable[[Line], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[FarEnd]:
    far = FarEnd(manner)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0, ssl=tls)
    far.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield far
        finally:
            await far.stop()


async def good(line: Line) -> None:
    while True:
        await line.request()
        await line.say(OK)


async def silence(line: Line) -> None:
    await line.request()
    await line.hung_up()


# ---- the hub's side --------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def client_of(port: int, seconds: float = 5.0, **more: object) -> AsyncIterator[HttpClient]:
    # A short time-out is real time, so the repeats inside the attempt are measured in it too.
    clock = SystemClock() if seconds < 1 else FixedClock()
    scheme = more.pop("scheme", "http")
    host = more.pop("host", "127.0.0.1")
    client = connect(
        "erp",
        f"{scheme}://{host}:{port}",
        timeout=datetime.timedelta(seconds=seconds),
        clock=clock,
        **more,  # type: ignore[arg-type]
    )
    try:
        yield client
    finally:
        await client.aclose()


async def outcome_of(client: HttpClient, method: str) -> Outcome | int:
    """Return what the hub concludes: an answer's status, or the outcome of the failure."""
    content = BODY if method != "GET" else None
    try:
        answer = await client.request(method, "/orders", effect=method != "GET", content=content)
    except ConnectorError as exc:
        return exc.outcome
    return answer.status_code
