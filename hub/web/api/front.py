"""What every call of the API passes first: token, rates, size of the body, key of the caller's own.

A bare ASGI application around the router, so that what is refused costs nothing more.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import logs
from hub.errors import HubError
from hub.flow.parts import Flow
from hub.language import say
from hub.people import Actor, Caller
from hub.service.authority import NotAllowed
from hub.service.identity import identify
from hub.store import idempotency
from hub.web.api import problems
from hub.web.api.limits import Buckets
from hub.web.api.problems import Problem

log = logs.get_logger(__name__)

#: Calls without a valid token that one address may make in a minute.
_FAILURES_PER_MINUTE = 20
#: Tokens remembered as valid a moment ago: their owners do not pay for a neighbour's guesses.
_KNOWN = 1000
_LONGEST_KEY = 200
#: Nobody keeps what may hold personal data, or takes it for anything but what it is.
_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="accord-hub"'}


class Front:
    """Serves the API of one process."""

    def __init__(
        self, flow: Flow, inner: ASGIApp, *, body_limit: int, rate: int,
        larger: Mapping[str, int],
    ) -> None:  # fmt: skip
        self._flow = flow
        self._inner = inner
        self._body_limit = body_limit
        #: Path → what its body may have, where that is more.
        self._larger = larger
        self._rates = Buckets(rate)
        self._failures = Buckets(_FAILURES_PER_MINUTE)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        #: Actor and key of the calls that run now.
        self._running: set[tuple[str, str]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; whoever leaves in the middle of sending it has asked nothing."""
        sent = _Sent(send)
        try:
            await self._serve(scope, receive, sent)
        except ClientDisconnect:
            return
        except HubError as error:
            await sent.answer(scope, problems.of_error(error))
        except Exception:  # the caller hears of it, and the daemon goes on
            log.exception("api.failed", method=scope["method"], route=_route(scope))
            await sent.answer(scope, problems.failed())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        actor = await self._caller(scope, headers)
        self._count(actor)
        if not actor.roles:
            raise NotAllowed(
                say("{actor} has no role. An admin gives roles in people.yaml.", actor=actor)
            )
        scope["state"] = {**scope.get("state", {}), "actor": actor}
        limit = max(self._body_limit, self._larger.get(scope["path"], 0))
        body = await self._body(receive, limit)
        again = _Again(body, receive)
        key = headers.get("idempotency-key")
        if key is None or scope["method"] != "POST":
            await self._inner(scope, again, send)
        else:
            await self._once(scope, again, send, (str(actor), _checked(key)), body)

    # -- who calls

    async def _caller(self, scope: Scope, headers: Headers) -> Actor:
        """Return the person of the token; a `Problem` where there is none."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        token = token.strip() if kind.lower() == "bearer" else ""
        digest = hashlib.sha256(token.encode()).digest()
        peer = (scope.get("client") or ("", 0))[0]
        now = self._flow.clock.monotonic()
        if digest not in self._known and (seconds := self._failures.wait(peer, now)):
            raise _too_many(say("Too many calls without a valid token."), seconds)
        try:
            actor = await self._identified(token)
        except Problem:
            self._known.pop(digest, None)
            self._failures.take(peer, now)
            raise
        self._known[digest] = None
        self._known.move_to_end(digest)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return actor

    async def _identified(self, token: str) -> Actor:
        try:
            actor = await identify(self._flow, Caller("", token or None))
        except NotAllowed as error:
            raise Problem("not-signed-in", error.args[0], headers=_CHALLENGE) from None
        if actor.person is not None:
            return actor
        if not self._flow.people:
            raise Problem(
                "no-people",
                say(
                    "The API serves persons, and people.yaml names none. Write people.yaml beside "
                    "hub.yaml, then make a token with `hub person token`."
                ),
            )
        words = say("Send `Authorization: Bearer acc_…`; `hub person token` makes a token.")
        raise Problem("not-signed-in", words, headers=_CHALLENGE)

    def _count(self, actor: Actor) -> None:
        seconds = self._rates.take(actor.token or str(actor), self._flow.clock.monotonic())
        if seconds:
            raise _too_many(say("This token has made too many calls."), seconds)

    # -- what is sent

    async def _body(self, receive: Receive, most: int) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                raise Problem(
                    "too-large", say("The body has more than {most} bytes. Split it.", most=most)
                )
            if not message.get("more_body"):
                return b"".join(chunks)

    # -- the same call twice

    async def _once(
        self, scope: Scope, receive: Receive, send: Send, key: tuple[str, str], body: bytes
    ) -> None:
        """Serve a call that has a key of the caller's: the first one, or its answer again."""
        store, flow, asked = self._flow.store, self._flow, _hash(scope, body)
        earlier = await store.write(idempotency.claim, *key, asked, flow.worker, flow.clock.now())
        if earlier is not None:
            response = self._repeated(earlier, asked, key)
            await response(scope, receive, send)
            return
        self._running.add(key)
        try:
            kept = _Kept()
            await self._first(scope, receive, kept, key)
        finally:
            self._running.discard(key)
        await kept.pass_on(send)

    async def _first(
        self, scope: Scope, receive: Receive, kept: _Kept, key: tuple[str, str]
    ) -> None:
        store = self._flow.store
        try:
            await self._inner(scope, receive, kept.take)
        except Exception:
            await store.write(idempotency.release, *key)
            raise
        if kept.status >= 500:
            await store.write(idempotency.release, *key)
        else:
            await store.write(idempotency.answer, *key, kept.status, kept.body)

    def _repeated(self, earlier: idempotency.Earlier, asked: str, key: tuple[str, str]) -> Response:
        if earlier.request_hash != asked:
            raise Problem(
                "key-reused",
                say("This Idempotency-Key came with another call. Use a new key for a new call."),
            )
        if earlier.status is None:
            raise self._unanswered(earlier, key)
        kind = "application/json" if earlier.status < 400 else problems.MEDIA_TYPE
        return Response(earlier.answer, earlier.status, {"Idempotent-Replayed": "true"}, kind)

    def _unanswered(self, earlier: idempotency.Earlier, key: tuple[str, str]) -> Problem:
        ours = earlier.worker == self._flow.worker
        if key in self._running or (not ours and earlier.works):
            words = say("The first call with this key still runs. Ask again in a moment.")
            return Problem("key-in-use", words, headers={"Retry-After": "1"})
        return Problem(
            "outcome-unknown",
            say(
                "The process that took the first call with this key ended before it answered, so "
                "nobody knows what was done. Look how things stand, then call with a new key."
            ),
        )


class _Again:
    """Hands a body that was read to whoever reads it next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Sent:
    """Passes an answer on, and knows whether one has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self._begun = True
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_ALWAYS)
        await self._send(message)

    async def answer(self, scope: Scope, problem: Problem) -> None:
        """Answer with a problem, unless something was answered already."""
        if not self._begun:
            language = problems.language_of(Headers(scope=scope))
            await problems.response(problem, language)(scope, _nothing, self)


class _Kept:
    """An answer that is held back until it is stored."""

    def __init__(self) -> None:
        self._messages: list[MutableMapping[str, Any]] = []

    async def take(self, message: MutableMapping[str, Any]) -> None:
        """Hold a part of the answer."""
        self._messages.append(message)

    @property
    def status(self) -> int:
        """Return the status."""
        return next((one["status"] for one in self._messages if "status" in one), 500)

    @property
    def body(self) -> bytes:
        """Return the whole body."""
        return b"".join(one.get("body", b"") for one in self._messages)

    async def pass_on(self, send: Send) -> None:
        """Send what was held."""
        for message in self._messages:
            await send(message)


def _checked(key: str) -> str:
    if 0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    raise Problem(
        "bad-request",
        say("The Idempotency-Key has 1 to {most} printable ASCII characters.", most=_LONGEST_KEY),
    )


def _hash(scope: Scope, body: bytes) -> str:
    asked: Sequence[bytes] = (
        scope["method"].encode(), scope["path"].encode(), scope["query_string"],
        Headers(scope=scope).get("if-match", "").encode(), body,
    )  # fmt: skip
    return hashlib.sha256(b"\x00".join(asked)).hexdigest()


def _too_many(words: str, seconds: int) -> Problem:
    said = say("{words} Try again in {seconds} s.", words=words, seconds=seconds)
    return Problem("too-many", said, headers={"Retry-After": str(seconds)})


def _route(scope: Scope) -> str:
    # as the program writes it: an address may hold what a caller put there
    return getattr(scope.get("route"), "path", "")


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
