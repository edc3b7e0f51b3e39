"""Base of the simulators: a small ASGI application that plays a vendor's product.

A simulator verifies what the product verifies, keeps its state on disk, and has the
product's bad manners on request: every fault a far end can show is injected here, so a
connector's own simulator only writes down the product.

Over `/_sim/` a test in another process injects faults and reads what was applied:

    POST /_sim/faults   {"kind": "answer_lost", "match": "create", "times": 1}
    GET  /_sim/effects  every effect in order, as {"key", "what", "at"}
    GET  /_sim/calls    how many requests of each kind came in
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from hub.clock import Clock, SystemClock

FaultKind = Literal[
    "answer_lost",  # processed, then the connection breaks without an answer
    "dropped",  # the connection breaks before anything is processed
    "unavailable",  # 503 before anything is processed
    "error_500",  # processed, then a 500
    "html",  # a proxy's HTML page with status 200, nothing processed
    "malformed",  # processed, then half an answer
    "drip",  # processed, then the answer comes a byte at a time
    "slow",  # processed after `seconds`
    "rate_limited",  # the product's own way to say too many calls
    "error_in_200",  # the product's own way to refuse inside a 200
    "token_expired",  # the product's own way to say the token is no longer valid
    "unauthorized",  # the product's own way to refuse the credentials
    "duplicate_callback",  # the next callback is sent twice
    "reordered_callback",  # the next callback is sent after the one that follows it
    "accepted",  # taken now, result later
]

#: Faults whose answer only the product's own simulator knows how to word.
SPOKEN_BY_PRODUCT = frozenset(
    {"rate_limited", "error_in_200", "token_expired", "unauthorized", "accepted"}
)


class ConnectionBroken(Exception):
    """The far end closed the connection; no answer reaches the caller."""


@dataclass(slots=True)
class Fault:
    """A fault to inject into the next matching requests."""

    kind: FaultKind
    #: Part of the simulator's name of the call (`Simulator.name_of`); empty: every call.
    match: str = ""
    times: int = 1
    seconds: float = 1.0
    #: More words for the product's own answer, such as a code.
    detail: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"{self.kind!r} is no fault; known: {', '.join(get_args(FaultKind))}")


class State:
    """Collections of JSON documents in one SQLite file, or in memory without a directory."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS item (n INTEGER PRIMARY KEY, collection TEXT, key TEXT,"
            " document TEXT, UNIQUE (collection, key))"
        )

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        """Return one document, None when there is none."""
        with self._lock:
            row = self._db.execute(
                "SELECT document FROM item WHERE collection = ? AND key = ?", (collection, key)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, collection: str, key: str, document: Mapping[str, Any]) -> None:
        """Store one document, replacing what was there."""
        with self._lock:
            self._db.execute(
                "INSERT INTO item (collection, key, document) VALUES (?, ?, ?)"
                " ON CONFLICT (collection, key) DO UPDATE SET document = excluded.document",
                (collection, key, json.dumps(document, ensure_ascii=False)),
            )

    def delete(self, collection: str, key: str) -> None:
        """Remove one document, if it is there."""
        with self._lock:
            self._db.execute("DELETE FROM item WHERE collection = ? AND key = ?", (collection, key))

    def all(self, collection: str) -> list[dict[str, Any]]:
        """Return the documents of a collection in the order they first came."""
        with self._lock:
            rows = self._db.execute(
                "SELECT document FROM item WHERE collection = ? ORDER BY n", (collection,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def count(self, collection: str) -> int:
        """Return how many documents a collection has."""
        with self._lock:
            row = self._db.execute(
                "SELECT count(*) FROM item WHERE collection = ?", (collection,)
            ).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class Simulator:
    """Plays one product. Subclasses write `handle`, and `say` for faults in the product's words."""

    #: Name of the file its state is kept in, and of the product in messages.
    name = "simulator"

    def __init__(
        self,
        directory: Path | None = None,
        clock: Clock | None = None,
        *,
        webhook_url: str | None = None,
    ) -> None:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = clock or SystemClock()
        self.state = State(directory / f"{self.name}.sqlite" if directory else None)
        self.faults: collections.deque[Fault] = collections.deque()
        self.calls: collections.Counter[str] = collections.Counter()
        #: Where the product reports what happened; None: nowhere.
        self.webhook_url = webhook_url
        #: Callbacks that were not sent because no sender is set; for tests to look at.
        self.outgoing: list[httpx.Request] = []
        #: Sends callbacks; set it to let the simulator call back by itself.
        self.caller: httpx.AsyncClient | None = None
        self._held_back: httpx.Request | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.Task[None]] = set()

    # -- what a subclass writes

    async def handle(self, request: Request) -> Response:
        """Process one request as the product would."""
        raise NotImplementedError

    def say(self, fault: Fault, request: Request) -> Response:
        """Answer with a fault in the product's own words (`SPOKEN_BY_PRODUCT`)."""
        raise NotImplementedError(f"{self.name} has no words for {fault.kind}")

    def name_of(self, request: Request) -> str:
        """Return the name of a call, which faults match and calls are counted by."""
        return request.url.path

    # -- what a subclass uses

    def effect(self, key: str, what: str) -> None:
        """Note that something took effect; a test counts effects per key."""
        number = self.state.count("effect")
        self.state.put(
            "effect",
            f"{number:09d}",
            {"key": key, "what": what, "at": self.clock.now().isoformat()},
        )

    @property
    def effects(self) -> list[dict[str, Any]]:
        """Return every effect so far, in order."""
        return self.state.all("effect")

    def inject(self, kind: FaultKind, match: str = "", **more: Any) -> None:
        """Let the next matching requests meet a fault."""
        self.faults.append(Fault(kind, match, **more))

    def take_fault(self, name: str, *kinds: FaultKind) -> Fault | None:
        """Return and use up the first fault that matches, of the given kinds if any are given."""
        for fault in list(self.faults):
            if fault.match in name and (not kinds or fault.kind in kinds):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def call_back(self, request: httpx.Request) -> None:
        """Send a callback, or keep it in `outgoing` where no sender is set."""
        name = str(request.url)
        if self.take_fault(name, "reordered_callback"):
            self._held_back = request
            return
        batch = [request]
        if self.take_fault(name, "duplicate_callback"):
            batch.append(request)
        if self._held_back is not None:
            batch.append(self._held_back)
            self._held_back = None
        if self.caller is None:
            self.outgoing.extend(batch)
            return
        _start(self._send(batch), self._tasks)

    async def callbacks_sent(self) -> None:
        """Wait until every callback so far was sent."""
        if self._tasks:
            await asyncio.gather(*self._tasks)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something after a time, as a product does that works by itself."""

        async def wait() -> None:
            await self.clock.sleep(seconds)
            work()

        _start(wait(), self._timers)

    async def _send(self, batch: list[httpx.Request]) -> None:
        """Send callbacks as the products do: again and again until one is taken."""
        assert self.caller is not None
        for request in batch:
            for pause in (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0):
                with contextlib.suppress(httpx.HTTPError):
                    response = await self.caller.send(
                        httpx.Request(
                            request.method,
                            request.url,
                            headers=request.headers,
                            content=request.content,
                        )
                    )
                    if response.is_success and not self.refused(response):
                        break
                await asyncio.sleep(pause)

    def refused(self, response: httpx.Response) -> bool:
        """Say whether a 2xx answer to a callback still means "send again"."""
        return False

    # -- ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.url.path.startswith("/_sim/"):
            return await self._control(request)
        await request.body()
        name = self.name_of(request)
        self.calls[name] += 1
        fault = self.take_fault(
            name,
            "answer_lost", "dropped", "unavailable", "error_500", "html", "malformed", "drip",
            "slow", *SPOKEN_BY_PRODUCT,  # type: ignore[arg-type]
        )  # fmt: skip
        if fault is None:
            return await self.handle(request)
        return await self._faulty(fault, request)

    async def _faulty(self, fault: Fault, request: Request) -> Response:
        match fault.kind:
            case "dropped":
                raise ConnectionBroken
            case "unavailable":
                return Response("service unavailable", status_code=503)
            case "html":
                return Response("<html><body>Bad gateway</body></html>", media_type="text/html")
            case "slow":
                await self.clock.sleep(fault.seconds)
                return await self.handle(request)
            case kind if kind in SPOKEN_BY_PRODUCT:
                return self.say(fault, request)
        answer = await self.handle(request)
        match fault.kind:
            case "answer_lost":
                raise ConnectionBroken
            case "error_500":
                return Response("internal error", status_code=500)
            case "malformed":
                half = bytes(answer.body)[: len(bytes(answer.body)) // 2]
                return Response(half, status_code=answer.status_code, media_type=answer.media_type)
            case _:
                body = bytes(answer.body)
                return StreamingResponse(
                    _drip(body, fault.seconds), status_code=answer.status_code,
                    media_type=answer.media_type,
                )  # fmt: skip

    async def _control(self, request: Request) -> Response:
        match (request.method, request.url.path.removeprefix("/_sim/")):
            case ("POST", "faults"):
                self.faults.append(Fault(**await request.json()))
                return JSONResponse({"faults": [asdict(fault) for fault in self.faults]})
            case ("DELETE", "faults"):
                self.faults.clear()
                return JSONResponse({"faults": []})
            case ("GET", "effects"):
                return JSONResponse(self.effects)
            case ("GET", "calls"):
                return JSONResponse(dict(self.calls))
            case _:
                return Response("no such control", status_code=404)


def _start(work: Coroutine[None, None, None], running: set[asyncio.Task[None]]) -> None:
    """Start work beside the requests, held as long as it runs: a task nobody holds may vanish."""
    task = asyncio.create_task(work)
    running.add(task)
    task.add_done_callback(running.discard)


async def _drip(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(seconds)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Carries requests to a simulator inside the process; a broken connection is a read error."""

    def __init__(self, simulator: Simulator) -> None:
        self._inner = httpx.ASGITransport(app=simulator)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the simulator."""
        try:
            return await self._inner.handle_async_request(request)
        except ConnectionBroken:
            raise httpx.ReadError("connection broken", request=request) from None


def count_effects(effects: list[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield (key, how often it took effect) for every key that took effect more than once."""
    counted = collections.Counter(f"{effect['what']}:{effect['key']}" for effect in effects)
    yield from ((key, times) for key, times in counted.items() if times > 1)
