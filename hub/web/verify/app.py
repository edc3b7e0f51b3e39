"""The public page: `/v`, `/v/NUMBER`, `/v/NUMBER/CODE`, `/s/SEAL`, and the public keys.

Addresses come from codes in capitals, so they are read in any case. Nothing here needs a script,
nothing is kept of a file, and every answer says that it must be neither stored nor indexed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import logs
from hub.documents.annex import KEYS_AT
from hub.documents.codes import OFFLINE
from hub.documents.keys import DocumentKeys
from hub.documents.number import BadNumber, numbers_in, parse
from hub.documents.verdict import Check
from hub.errors import ConfigError, StoreError
from hub.flow import checking
from hub.flow.checking import PUBLIC
from hub.flow.parts import Flow
from hub.language import Language
from hub.settings import Settings
from hub.web.api.limits import Buckets
from hub.web.verify.clients import address_of
from hub.web.verify.facts import Facts
from hub.web.verify.texts import text

log = logs.get_logger(__name__)

#: Checks of one number from everywhere, for each that one address may make.
_EACH_NUMBER = 10
#: Bytes of a form around its file.
_AROUND = 64 * 1024
#: Characters of a number or code; what is longer is none.
_LONGEST = 1000
_TEMPLATES = Path(__file__).with_name("templates")


def build(flow: Flow, settings: Settings) -> ASGIApp:
    """Return the application of one daemon."""
    page = _Page(flow, settings)
    app = Starlette(
        routes=[
            Route("/v", page.ask, methods=["GET"]),
            Route("/v", page.upload, methods=["POST"]),
            Route("/v/{number}", page.number, methods=["GET"]),
            Route("/v/{number}/{code}", page.code, methods=["GET"]),
            Route("/s/{seal}", page.seal, methods=["GET"]),
            Route(KEYS_AT, page.keys, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: page.refused, StoreError: page.away, ConfigError: page.away,
        },
    )  # fmt: skip
    return _Front(app, settings.documents.upload_limit + _AROUND)


class _Front:
    """Reads addresses in small letters, keeps bodies small, and says what holds for all answers."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(413)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_headers()]
            await send(message)

        await self._app({**scope, "path": scope["path"].lower()}, counted, answer)


@cache
def _headers() -> list[tuple[bytes, bytes]]:
    digest = hashlib.sha256(_style().encode()).digest()
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
def _style() -> str:
    return (_TEMPLATES / "verify.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


class _Page:
    def __init__(self, flow: Flow, settings: Settings) -> None:
        self._flow, self._settings = flow, settings
        documents = settings.documents
        self._clients = Buckets(documents.checks_per_minute)
        self._numbers = Buckets(documents.checks_per_minute * _EACH_NUMBER)

    # -- what is asked

    async def ask(self, request: Request) -> Response:
        """Show the form, or check the number that was typed into it."""
        number = request.query_params.get("number", "").strip()
        if not number:
            return _shown(request, "ask.html")
        return await self._check(request, number)

    async def number(self, request: Request) -> Response:
        """Check a number."""
        return await self._check(request, request.path_params["number"])

    async def code(self, request: Request) -> Response:
        """Check the code of a page, or a number as it is printed with its copy."""
        given = "{number}/{code}".format(**request.path_params)
        # the token stands behind a dot
        return await self._check(request, f"{OFFLINE}V/{given}" if "." in given else given)

    async def seal(self, request: Request) -> Response:
        """Check a seal."""
        return await self._check(request, f"{OFFLINE}S/{request.path_params['seal']}")

    async def upload(self, request: Request) -> Response:
        """Check a file; it is not kept."""
        if wait := self._wait(request):
            return _busy(request, wait)
        try:
            async with request.form(max_files=1, max_fields=5) as form:
                given = form.get("file")
                content = await given.read() if isinstance(given, UploadFile) else b""
                named = given.filename if isinstance(given, UploadFile) else None
                number = str(form.get("number") or "").strip()
        except MultiPartException:
            return _refusal(request, 400, "broken")
        if not named and number:
            return await self._checked(request, number)
        if not named:
            return _refusal(request, 400, "nothing")
        if len(content) > self._settings.documents.upload_limit:
            raise HTTPException(413)
        return self._told(request, await checking.check_file(self._flow, content, PUBLIC))

    async def keys(self, request: Request) -> Response:
        """Return the public keys."""
        return JSONResponse({"keys": DocumentKeys.load(self._settings).public()})

    async def _check(self, request: Request, given: str) -> Response:
        if wait := self._wait(request):
            return _busy(request, wait)
        return await self._checked(request, given)

    async def _checked(self, request: Request, given: str) -> Response:
        """Check for whoever may ask, unless too many ask for this number."""
        given = given[:_LONGEST]
        number = _named(given)
        wait = self._numbers.take(number, self._flow.clock.monotonic()) if number else 0
        if wait:
            return _busy(request, wait)
        return self._told(request, await checking.check_anything(self._flow, given, PUBLIC))

    def _wait(self, request: Request) -> int:
        """Return how many seconds whoever asks has to wait."""
        client = address_of(request, self._settings.documents.trusted_proxies)
        return self._clients.take(client, self._flow.clock.monotonic())

    # -- what is answered

    def _told(self, request: Request, check: Check) -> Response:
        facts = Facts(check, self._settings, _language(request))
        if _wants_json(request):
            return JSONResponse(facts.told())
        return _shown(request, "check.html", facts=facts)

    async def refused(self, request: Request, error: Exception) -> Response:
        """Say what is wrong with a call."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 413:
            most = self._settings.documents.upload_limit // 1024**2
            return _refusal(request, 413, "large", most=most)
        if status == 405:
            return _refusal(request, 405, "none", "method")
        return _refusal(request, status, "none")

    async def away(self, request: Request, error: Exception) -> Response:
        """Say that nothing can be checked now; why is for the operator."""
        log.warning("document.check_failed", error=str(error))
        return _refusal(request, 503, "away")


def _named(given: str) -> str | None:
    """Return the number a check is counted under; None for what shows none, such as a seal."""
    try:
        return parse(given)[0].text
    except BadNumber:
        found = numbers_in(given.upper())
    return found[0].text if found else None


def _language(request: Request) -> Language:
    """Return the language: the one asked for, else the browser's, else Chinese."""
    asked = request.query_params.get("lang", "")
    accepted = request.headers.get("accept-language", "").lower().split(",")
    for part in (asked, *accepted):
        if part.strip()[:2] in set(Language):
            return Language(part.strip()[:2])
    return Language.ZH


def _wants_json(request: Request) -> bool:
    asked = request.query_params.get("format")
    return asked == "json" or "application/json" in request.headers.get("accept", "")


def _shown(request: Request, name: str, status: int = 200, **given: Any) -> Response:
    language = _language(request)
    other = Language.EN if language is Language.ZH else Language.ZH
    page = _environment().get_template(name).render(
        t=lambda key, **values: text(language, key, **values), language=language.value,
        other=f"{request.url.path}?lang={other.value}", style=_style(), **given,
    )  # fmt: skip
    return HTMLResponse(page, status)


def _busy(request: Request, wait: int) -> Response:
    response = _refusal(request, 429, "wait", seconds=wait)
    response.headers["Retry-After"] = str(wait)
    return response


def _refusal(request: Request, status: int, key: str, says: str = "", **values: Any) -> Response:
    language = _language(request)
    heading = text(language, f"{key}.title")
    sentence = text(language, says or key, **values)
    if _wants_json(request):
        return JSONResponse({"error": sentence}, status)
    return _shown(request, "refusal.html", status, heading=heading, sentence=sentence)
