"""The public page: `/v`, `/v/NUMBER`, `/v/NUMBER/CODE`, `/s/SEAL`, and the public keys.

Addresses come from codes in capitals, so they are read in any case. Nothing here needs a script,
nothing is kept of a file, and every answer says that it must be neither stored nor indexed.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hub import logs
from hub.documents.annex import KEYS_AT
from hub.documents.codes import OFFLINE
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
from hub.web.verify.front import TEMPLATES, Front, style
from hub.web.verify.texts import text

log = logs.get_logger(__name__)

#: Checks of one number from everywhere, for each that one address may make.
_EACH_NUMBER = 10
#: Bytes of a form around its file.
_AROUND = 64 * 1024
#: Files that are held in memory at a time; the others wait on the disk.
_AT_ONCE = 4
#: Characters of a number or code; what is longer is none.
_LONGEST = 1000
#: Status → text of what is wrong with a call; any other: there is no such page.
_REFUSALS = {400: "broken", 405: "method", 408: "broken", 413: "large"}


def build(flow: Flow, settings: Settings) -> ASGIApp:
    """Return the application of one daemon."""
    page = _Page(flow, settings)
    app = Starlette(
        routes=[
            Route("/v", page.start, methods=["GET", "POST"]),
            Route("/v/{number}", page.number, methods=["GET"]),
            Route("/v/{number}/{code}", page.code, methods=["GET"]),
            Route("/s/{seal}", page.seal, methods=["GET"]),
            Route(KEYS_AT, page.keys, methods=["GET"]),
        ],
        exception_handlers={
            HTTPException: page.refused, StoreError: page.away, ConfigError: page.away,
            ClientDisconnect: page.gone,
        },
    )  # fmt: skip
    return Front(app, settings.documents.upload_limit + _AROUND)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


class _Page:
    def __init__(self, flow: Flow, settings: Settings) -> None:
        self._flow, self._settings = flow, settings
        documents = settings.documents
        self._clients = Buckets(documents.checks_per_minute)
        self._numbers = Buckets(documents.checks_per_minute * _EACH_NUMBER)
        self._held = asyncio.Semaphore(_AT_ONCE)

    # -- what is asked

    async def start(self, request: Request) -> Response:
        """Show the form, or check what was put into it."""
        if request.method == "POST":
            return await self._filled_in(request)
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

    async def keys(self, request: Request) -> Response:
        """Return the public keys."""
        return JSONResponse({"keys": checking.public_keys(self._flow)})

    async def _filled_in(self, request: Request) -> Response:
        if wait := self._wait(request):
            return _busy(request, wait)
        async with request.form(max_files=1, max_fields=5) as form:
            given, number = form.get("file"), str(form.get("number") or "").strip()
            if isinstance(given, UploadFile) and given.filename:
                return await self._file(request, given)
        if number:
            return await self._checked(request, number)
        return _refusal(request, 400, "nothing")

    async def _file(self, request: Request, given: UploadFile) -> Response:
        """Check a file; it is not kept."""
        async with self._held:
            content = await given.read()
            if len(content) > self._settings.documents.upload_limit:
                raise HTTPException(413)
            check = await checking.check_file(self._flow, content, PUBLIC)
        return self._told(request, check)

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
        most = self._settings.documents.upload_limit // 1024**2
        response = _refusal(request, status, _REFUSALS.get(status, "none"), most=most)
        # what is allowed instead
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    async def gone(self, _: Request, error: Exception) -> Response:
        """Answer nobody: whoever sent a form went away in its midst."""
        return Response(status_code=400)

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
    number = request.query_params.get("number")
    asked = {"lang": other.value, **({"number": number} if number else {})}
    page = _environment().get_template(name).render(
        t=lambda key, **values: text(language, key, **values), language=language.value,
        form=_form_from(request), other=f"?{urlencode(asked)}", style=style(), **given,
    )  # fmt: skip
    return HTMLResponse(page, status)


def _form_from(request: Request) -> str:
    """Return where the form is, from the page: the hub does not know what stands before `/v`."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return "../" * (path.count(b"/") - 1) + "v"


def _busy(request: Request, wait: int) -> Response:
    response = _refusal(request, 429, "wait", seconds=wait)
    response.headers["Retry-After"] = str(wait)
    return response


def _refusal(request: Request, status: int, key: str, **values: Any) -> Response:
    language = _language(request)
    heading = text(language, f"{key}.title")
    sentence = text(language, key, **values)
    if _wants_json(request):
        return JSONResponse({"error": sentence}, status)
    return _shown(request, "refusal.html", status, heading=heading, sentence=sentence)
