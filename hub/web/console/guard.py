"""What holds for every answer of the console: known hosts only, strict headers, nothing cached."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.settings import Settings

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: with that browsers send `Origin: null` with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Stands before the console's pages."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = known_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app if self._is_known(scope) else _unknown_host
        await app(scope, receive, answer)

    def _is_known(self, scope: Scope) -> bool:
        # whoever points a name of theirs at our address must not be served under it
        name = _name(Headers(scope=scope).get("host", ""))
        return name in self._hosts or _is_address(name)


def known_hosts(settings: Settings) -> Collection[str]:
    """Return the names the console may be called by; addresses are no names."""
    named = [settings.web.host, "localhost"]
    if settings.public_url is not None:
        named.append(_name(urlsplit(settings.public_url).netloc))
    return frozenset(name.lower() for name in named)


def is_encrypted(request: Request, settings: Settings) -> bool:
    """Say whether the browser reaches us over https, by itself or through what stands before us."""
    if request.url.scheme == "https":
        return True
    public = urlsplit(settings.public_url or "")
    host = request.headers.get("host", "").lower()
    return public.scheme == "https" and public.netloc.lower() == host


def is_from_us(request: Request, *, encrypted: bool) -> bool:
    """Say whether a form was sent from one of our own pages, by what the browser says of it."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    ours = found.netloc.lower() == request.headers.get("host", "").lower()
    return ours and (found.scheme == "https" or not encrypted)


def _name(host: str) -> str:
    """Return a host without its port."""
    bracketed, closed, _ = host.partition("]")
    return (f"{bracketed}]" if closed else host.partition(":")[0]).lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


async def _unknown_host(scope: Scope, receive: Receive, send: Send) -> None:
    words = (
        "This address is not one of the hub's. Open it by its IP address, or write the name as "
        "public_url: in hub.yaml.\n此地址不属于中枢。请用 IP 地址打开，或在 hub.yaml 的 "
        "public_url: 中写上该域名。"
    )
    await PlainTextResponse(words, 421)(scope, receive, send)
