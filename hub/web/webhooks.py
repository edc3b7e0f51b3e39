"""The webhook receiver: a bare ASGI application, because every accepted message passes here.

    GET, POST /webhooks/{connection}

It fails closed: a connection that cannot verify a call refuses it. A 2xx is sent only after the
message is on disk.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from hub import logs
from hub.connector import Refuses, Reply, WebhookRequest
from hub.errors import BadRequest, ConfigError, HubError, SignatureInvalid
from hub.flow.parts import Flow
from hub.flow.receive import receive as take_in

log = logs.get_logger(__name__)

#: Where webhooks come in; the connection's name follows.
PREFIX = "/webhooks/"


class Webhooks:
    """Serves `/webhooks/{connection}`."""

    def __init__(self, flow: Flow, body_limit: int) -> None:
        self._flow = flow
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call; whoever leaves in the middle of it has sent nothing."""
        with contextlib.suppress(ClientDisconnect):
            await _send(send, await self._reply(scope, receive))

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        name = scope["path"].removeprefix(PREFIX)
        if scope["method"] not in ("GET", "POST"):
            return _refuse(405, "only GET and POST are taken here")
        if name not in self._flow.connections:
            return _refuse(404, "there is no such connection")
        body = await self._body(receive)
        if body is None:
            return _refuse(413, f"the body is larger than {self._body_limit} bytes")
        return await self._take(name, scope, body)

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the whole body; None, without reading on, when it is too large.

        Raises `ClientDisconnect` where the caller leaves before its end.
        """
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._body_limit:
                return None
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    async def _take(self, name: str, scope: Scope, body: bytes) -> Reply:
        try:
            request = _request(scope, body, self._flow)
            reply, verdicts = await take_in(self._flow, name, request)
        except SignatureInvalid as error:
            log.warning("webhook.refused", connection=name, reason=str(error))
            return self._refuse(name, 401, error)
        except BadRequest as error:
            log.warning("webhook.unreadable", connection=name, reason=str(error))
            return self._refuse(name, 400, error)
        except ConfigError as error:
            log.warning("webhook.misconfigured", connection=name, reason=str(error))
            return _refuse(503, "this connection is not set up")
        if "conflict" in verdicts:
            log.warning("webhook.conflict", connection=name, stands="the first body of that id")
        return reply

    def _refuse(self, name: str, status: int, error: HubError) -> Reply:
        connector = self._flow.connections[name].connector
        if isinstance(connector, Refuses):
            return connector.refuse(error)
        return _refuse(status, str(error))


def _request(scope: Scope, body: bytes, flow: Flow) -> WebhookRequest:
    return WebhookRequest(
        method=scope["method"],
        path=scope["path"],
        query=_query(scope["query_string"].decode("latin-1")),
        headers={name.decode("latin-1").lower(): value.decode("latin-1")
                 for name, value in scope["headers"]},
        body=body,
        received_at=flow.clock.now(),
    )  # fmt: skip


def _query(text: str) -> Sequence[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict") if text else ()
    except UnicodeDecodeError:
        raise BadRequest("The query is not UTF-8; send UTF-8.") from None


def _refuse(status: int, reason: str) -> Reply:
    return Reply(status, json.dumps({"error": reason}, ensure_ascii=False).encode())


async def _send(send: Send, reply: Reply) -> None:
    headers = [
        (b"content-type", reply.media_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    if reply.status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
