"""The door: a personal token is exchanged for a visit, which ends with it."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub import logs
from hub.flow.parts import Flow
from hub.flow.roster import look
from hub.language import told
from hub.people import Actor, Caller
from hub.service import identity
from hub.settings import Settings
from hub.store import sessions
from hub.web.console import texts
from hub.web.console.guard import is_encrypted, is_from_us
from hub.web.console.throttle import Throttle
from hub.web.console.visit import (
    Turned,
    Visit,
    csrf_of,
    form_of,
    language_of,
    own_path,
    shown,
)

log = logs.get_logger(__name__)

#: Name of the cookie; browsers take the first one only over https and for no other host or path.
_ENCRYPTED, _PLAIN = "__Host-hub", "hub"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Door:
    """Lets people in, and knows them again."""

    def __init__(self, flow: Flow, settings: Settings) -> None:
        self._flow = flow
        self._settings = settings
        self._throttle = Throttle()

    # -- in

    async def show(self, request: Request) -> Response:
        """Show the form to sign in with."""
        look(self._flow)
        if not self._flow.people:
            return self._shut(request)
        return self._asked(request, request.query_params.get("next", "/"))

    async def enter(self, request: Request) -> Response:
        """Take a token, and begin a visit with an id nobody knew before."""
        address, now = _address(request), self._flow.clock.monotonic()
        seconds = self._throttle.wait(address, now)
        if seconds:
            response = self._asked(request, "/", 429, "login.wait", seconds=seconds)
            response.headers["Retry-After"] = str(seconds)
            return response
        if not is_from_us(request, encrypted=is_encrypted(request, self._settings)):
            return self._asked(request, "/", 403, "turned.elsewhere")
        try:
            form = await form_of(request)
        except Turned as turned:
            return self._asked(request, "/", turned.status, turned.key)
        path = own_path(form.get("next", "/"))
        try:
            actor = await self._proven(form.get("token", "").strip())
        except identity.TokenRefused as error:
            self._throttle.failed(address, now)
            log.warning("console.not_let_in", address=address)
            words = told(error.args[0], language_of(request))
            return self._asked(request, path, 403, "login.refused", why=words)
        return await self._begun(request, actor, path) if actor.token else self._shut(request)

    async def _proven(self, token: str) -> Actor:
        # what has not the form of one is still looked up, so that it takes as long
        return await identity.identify(self._flow, Caller("", token))

    async def _begun(self, request: Request, actor: Actor, path: str) -> Response:
        secret, before = secrets.token_urlsafe(32), request.cookies.get(self._cookie(request))
        now = self._flow.clock.now()
        await self._flow.store.write(sessions.begin, secret, actor.token, now)
        if before:
            await self._flow.store.write(sessions.end, before)
        log.info("console.let_in", actor=str(actor))
        response = RedirectResponse(path, 303)
        response.set_cookie(
            self._cookie(request), secret, httponly=True, samesite="strict",
            secure=is_encrypted(request, self._settings),
        )  # fmt: skip
        return response

    # -- inside

    async def visit(self, request: Request) -> Visit | Response:
        """Return the visit a call belongs to; where it belongs to none, what to answer instead."""
        look(self._flow)
        if not self._flow.people:
            return self._shut(request)
        secret = request.cookies.get(self._cookie(request), "")
        try:
            actor = await self._known(secret) if secret else None
        except identity.TokenRefused:
            await self._flow.store.write(sessions.end, secret)
            actor = None
        if actor is None:
            return self._led_to_door(request)
        if not actor.roles:
            return self._error(request, 403, "error.refused", self._text(request, "error.no_role"))
        return Visit(self._flow, self._settings, request, language_of(request), actor, secret)

    async def _known(self, secret: str) -> Actor | None:
        now = self._flow.clock.now()
        found = await self._flow.store.read(sessions.find, secret, now)
        if found is None:
            return None
        token_id, due = found
        actor = await identity.recognise(self._flow, token_id)
        if due:
            await self._flow.store.write(sessions.go_on, secret, now)
        return actor

    async def take_form(self, visit: Visit) -> None:
        """Read the form of a call; raises `Turned` where another page than ours sent it."""
        if not is_from_us(visit.request, encrypted=is_encrypted(visit.request, self._settings)):
            raise Turned(403, "turned.elsewhere")
        visit.form = await form_of(visit.request)
        proof = visit.form.get("csrf", "").encode()
        if not hmac.compare_digest(proof, csrf_of(visit.secret).encode()):
            raise Turned(403, "turned.outdated")

    # -- answers

    def _cookie(self, request: Request) -> str:
        return _ENCRYPTED if is_encrypted(request, self._settings) else _PLAIN

    def _led_to_door(self, request: Request) -> Response:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        query = "" if asked == "/" else f"?next={quote(asked, safe='')}"
        return RedirectResponse(f"/login{query}", 303)

    def _asked(
        self, request: Request, path: str, status: int = 200, key: str = "", **values: object
    ) -> Response:
        bare = not is_encrypted(request, self._settings)
        return shown(
            request, self._flow, self._settings, language_of(request), "login", status,
            next=own_path(path), unprotected=bare and request.url.hostname not in _LOOPBACK,
            words=self._text(request, key, **values) if key else "",
        )  # fmt: skip

    def _shut(self, request: Request) -> Response:
        return shown(
            request, self._flow, self._settings, language_of(request), "shut", 403,
            file=self._settings.people,
        )  # fmt: skip

    def _error(self, request: Request, status: int, title: str, words: str) -> Response:
        return shown(
            request, self._flow, self._settings, language_of(request), "error", status,
            title=self._text(request, title), words=words,
        )  # fmt: skip

    def _text(self, request: Request, key: str, **values: object) -> str:
        return texts.text(language_of(request), key, **values)


async def leave(visit: Visit) -> Response:
    """End a visit."""
    await visit.flow.store.write(sessions.end, visit.secret)
    response = RedirectResponse("/login", 303)
    for name, secure in ((_ENCRYPTED, True), (_PLAIN, False)):
        response.delete_cookie(name, httponly=True, samesite="strict", secure=secure)
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""
