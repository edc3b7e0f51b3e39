"""What stands before the public page: small letters, small bodies, what holds for all answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TEMPLATES = Path(__file__).with_name("templates")
#: How long a form may take to come.
_SLOWEST_SECONDS = 300.0


class Front:
    """Reads addresses in small letters, limits bodies, and says what holds for all answers."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        taken, announced = 0, _announced(scope)
        until = asyncio.get_running_loop().time() + _SLOWEST_SECONDS

        async def counted() -> Message:
            nonlocal taken
            if announced > self._largest:
                raise HTTPException(413)
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(413)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_headers()]
            await send(message)

        path = scope["path"].lower().rstrip("/")
        await self._app({**scope, "path": path}, counted, answer)


def _announced(scope: Scope) -> int:
    """Return how many bytes a body is said to have."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isdecimal() else 0


@cache
def _headers() -> list[tuple[bytes, bytes]]:
    digest = hashlib.sha256(style().encode()).digest()
    policy = (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(digest).decode()}'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    named = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        # the address holds a code, which is nobody else's business
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


@cache
def style() -> str:
    """Return the style sheet, which stands in every page."""
    return (TEMPLATES / "verify.css").read_text("utf-8")
