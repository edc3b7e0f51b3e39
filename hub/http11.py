"""HTTP/1.1 for httpx: one pool of connections to checked addresses, on asyncio and llhttp.

An answer is returned whole, and nothing is ever sent a second time. What the exception says of
the request: `ConnectError`, `ConnectTimeout`, `PoolTimeout` and `LocalProtocolError` are raised
before its first byte was written, everything else may have come after.

Why not httpcore: `docs/decisions/0012-own-http-transport.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import select
import ssl
from collections.abc import AsyncIterator, Sequence
from typing import TypeAlias, cast

import httptools
import httpx

from hub import netcheck

#: Below the 5 s after which Node closes idle connections: a write must not meet a closing one.
KEEP_ALIVE_SECONDS = 4.0
#: Addresses tried for one connection; each gets its share of the connect time-out.
_TRIED = 4
_LARGEST_HEAD = 64 * 1024
#: What is unpacked at once, so that a small answer cannot fill the memory.
_PIECE = 64 * 1024
_BODILESS = frozenset({204, 304})
_PORTS = {"http": 80, "https": 443}
#: Method or header name (RFC 9110, 5.6.2), header value (5.5), request target (9112, 3.2).
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_TARGET = re.compile(rb"[\x21-\x7e]+")


class TooLarge(httpx.DecodingError):
    """An answer is larger than is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the answer is larger than {limit >> 20} MiB")


class Line(asyncio.Protocol):
    """One connection to a far end; it carries one request at a time."""

    def __init__(self, answer_limit: int) -> None:
        self._limit = answer_limit
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        #: Who waits for the answer; None between requests.
        self._asked: asyncio.Future[httpx.Response] | None = None
        self._idle_until = 0.0

    # -- use

    async def exchange(self, method: str, sent: bytes) -> httpx.Response:
        """Write a request and return the whole answer."""
        if self._transport.is_closing():
            raise httpx.ConnectError("the far end closed the connection at once")
        self._begin(without_body=method == "HEAD")
        self._asked = self._loop.create_future()
        self._transport.write(sent)
        try:
            return await self._asked
        finally:
            if self._asked.cancelled():
                self.close()
            self._asked = None

    def may_be_kept(self) -> bool:
        """Say whether the far end leaves the line open for a further request."""
        return self._idle_until > 0 and not self._transport.is_closing()

    def is_usable(self) -> bool:
        """Say whether a further request may be written: nothing came meanwhile, not even an end."""
        if self._transport.is_closing() or self._loop.time() >= self._idle_until:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close at once."""
        self._transport.abort()

    # -- what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        """Parse what came; what nobody asked for ends the line."""
        if self._asked is None or self._asked.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as problem:
            self._fail(httpx.RemoteProtocolError(f"the answer is not HTTP/1.1: {problem}"))
        if not self._head_ended:
            self._head_size += len(data)
            if self._head_size > _LARGEST_HEAD:
                self._fail(httpx.RemoteProtocolError("the head of the answer has no end"))

    def eof_received(self) -> None:
        """End an answer that lasts until the connection does; any other is cut short."""
        if self._asked is None or self._asked.done():
            return
        if self._head_ended and self._until_close:
            self._answer()
            return
        what = "within its answer" if self._head_size or self._head_ended else "without an answer"
        self._fail(httpx.RemoteProtocolError(f"the far end closed the connection {what}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        if exc is None or isinstance(exc, ssl.SSLEOFError):
            self.eof_received()
        else:
            self._fail(httpx.ReadError(str(exc) or type(exc).__name__))
        if not self.lost.done():
            self.lost.set_result(None)

    # -- what the parser tells

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what follows the body says nothing anybody uses."""
        if not self._head_ended:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note how the body ends; an interim answer is not the answer."""
        if self._parser.get_status_code() < 200:
            return
        self._head_ended = True
        ending = {name.lower(): value.lower() for name, value in self._headers}
        chunked = b"chunked" in ending.get(b"transfer-encoding", b"")
        self._status = self._parser.get_status_code()
        measured = chunked or b"content-length" in ending or self._status in _BODILESS
        self._until_close = not measured
        if self._without_body:
            self._answer()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self._body += body
        if len(self._body) > self._limit:
            self._fail(TooLarge(self._limit))

    def on_message_complete(self) -> None:
        """Hand the answer over, and keep the line for the next request if that is allowed."""
        if not self._head_ended:
            self._headers.clear()
            return
        written = self._transport.get_write_buffer_size() == 0
        if written and not self._until_close and self._parser.should_keep_alive():
            self._idle_until = self._loop.time() + KEEP_ALIVE_SECONDS
        self._answer()

    def on_message_begin(self) -> None:
        """End the line where a second answer follows the first."""
        if self._head_ended:
            self.close()

    # -- one answer

    def _begin(self, *, without_body: bool) -> None:
        self._without_body = without_body
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._head_size = 0
        self._head_ended = self._until_close = False
        self._idle_until = 0.0

    def _answer(self) -> None:
        if self._asked is None or self._asked.done():
            return
        headers = [one for one in self._headers if one[0].lower() != b"transfer-encoding"]
        body = bytes(self._body)
        coded = any(name.lower() == b"content-encoding" for name, _ in headers)
        self._asked.set_result(
            httpx.Response(self._status, headers=headers, stream=_Pieces(body))
            if coded
            else httpx.Response(self._status, headers=headers, content=body)
        )

    def _fail(self, failure: Exception) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(failure)
        self.close()


class _Pieces(httpx.AsyncByteStream):
    """A body that is yet to be unpacked."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), _PIECE):
            yield self._body[start : start + _PIECE]


#: Scheme, host and port.
_Place: TypeAlias = tuple[str, str, int]


class Transport(httpx.AsyncBaseTransport):
    """Up to `size` connections to a connection's hosts; requests beyond that wait."""

    def __init__(
        self,
        connection: str,
        size: int,
        context: ssl.SSLContext,
        resolver: netcheck.Resolve,
        answer_limit: int,
    ) -> None:
        self._connection = connection
        self._size = size
        self._context = context
        self._resolver = resolver
        self._limit = answer_limit
        self._slots = asyncio.Semaphore(size)
        #: Requests that hold a slot.
        self._taken = 0
        self._busy: set[Line] = set()
        #: Lines nobody uses; the one used last stands last.
        self._idle: list[tuple[_Place, Line]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once and return its whole answer."""
        sent = await _serialised(request)
        seconds = request.extensions.get("timeout", {})
        place = _place(request.url)
        await self._take_slot(seconds.get("pool"))
        try:
            line = self._usable(place) or await self._open(place, seconds.get("connect"))
            self._busy.add(line)
            try:
                return await line.exchange(request.method, sent)
            finally:
                self._busy.remove(line)
                if line.may_be_kept():
                    self._idle.append((place, line))
                else:
                    line.close()
        finally:
            self._taken -= 1
            self._slots.release()

    async def aclose(self) -> None:
        """Close all lines, and wait until they are."""
        lines = [*self._busy, *(line for _, line in self._idle)]
        self._idle.clear()
        for line in lines:
            line.close()
        await asyncio.gather(*(line.lost for line in lines))

    async def _take_slot(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise httpx.PoolTimeout("all connections are busy") from exc
        self._taken += 1

    def _usable(self, wanted: _Place) -> Line | None:
        """Return a line that leads there and is still whole; close those that are not."""
        for index in reversed(range(len(self._idle))):
            place, line = self._idle[index]
            usable = line.is_usable()
            if usable and place != wanted:
                continue
            del self._idle[index]
            if usable:
                return line
            line.close()
        return None

    async def _open(self, place: _Place, seconds: float | None) -> Line:
        """Connect to the first checked address that answers."""
        while self._idle and len(self._idle) + self._taken > self._size:
            self._idle.pop(0)[1].close()
        _, host, port = place
        addresses = await self._addresses(host, port, seconds)
        share = None if seconds is None else seconds / len(addresses)
        *others, last = addresses
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._connect(address, place, share)
        return await self._connect(last, place, share)

    async def _addresses(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(seconds):
                found = await netcheck.checked(self._connection, host, port, self._resolver)
        except TimeoutError as exc:
            raise httpx.ConnectTimeout(f"no answer from DNS for {host}") from exc
        except OSError as exc:
            raise httpx.ConnectError(f"DNS knows no address of {host}") from exc
        return found[:_TRIED]

    async def _connect(self, address: str, place: _Place, seconds: float | None) -> Line:
        scheme, host, port = place
        tls = scheme == "https"
        try:
            async with asyncio.timeout(seconds):
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: Line(self._limit), address, port,
                    ssl=self._context if tls else None, server_hostname=host if tls else None,
                )  # fmt: skip
        except TimeoutError as exc:
            raise httpx.ConnectTimeout(f"no connection within {seconds:.3g} s") from exc
        except OSError as exc:  # an SSLError is one
            raise httpx.ConnectError(str(exc) or type(exc).__name__) from exc
        return line


def _place(url: httpx.URL) -> _Place:
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


async def _serialised(request: httpx.Request) -> bytes:
    """Return the bytes of a request; `LocalProtocolError` for what HTTP does not allow."""
    body = await request.aread()
    head = [request.method.encode("ascii", "replace"), b" ", request.url.raw_path, b" HTTP/1.1\r\n"]
    if not (_TOKEN.fullmatch(head[0]) and _TARGET.fullmatch(head[2])):
        raise httpx.LocalProtocolError("the method or the address holds what HTTP does not allow")
    for name, value in request.headers.raw:
        if not (_TOKEN.fullmatch(name) and _VALUE.fullmatch(value)):
            raise httpx.LocalProtocolError("a header holds what HTTP does not allow")
        if name.lower() == b"transfer-encoding":  # the body is whole, so its length is known
            name, value = b"Content-Length", b"%d" % len(body)
        head += (name, b": ", value, b"\r\n")
    return b"".join((*head, b"\r\n", body))
