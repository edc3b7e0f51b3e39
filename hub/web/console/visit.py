"""A visit: who is signed in, in which language, and the form that was sent."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

import sqlalchemy as sa
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.errors import HubError
from hub.flow.parts import Flow
from hub.language import Language, told
from hub.people import Actor
from hub.service import authority
from hub.service.actions import act
from hub.settings import Settings
from hub.web.console import render, texts, words
from hub.web.console.guard import is_encrypted

#: An edited document, every character of it three bytes and each of them written as `%XX`.
_LONGEST_FORM = 8 * 1024**2
_FIELDS = 40
_LANGUAGE_COOKIE = "hub_language"
_YEAR_SECONDS = 365 * 86_400
#: Where one thing has a page of its own.
_SINGLES = ("deliveries", "messages", "documents")


class Turned(HubError):
    """A form cannot be taken; its status and words say why."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(texts.text(Language.EN, key))
        self.status = status
        self.key = key


@dataclass(slots=True)
class Visit:
    """One call of somebody who is signed in."""

    flow: Flow
    settings: Settings
    request: Request
    language: Language
    actor: Actor
    #: The visit's random id, which only the browser keeps.
    secret: str = field(repr=False)
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def csrf(self) -> str:
        """Return what proves that a form is from a page of this visit."""
        return csrf_of(self.secret)

    @property
    def owners(self) -> frozenset[str] | None:
        """Return whose records are shown; None: everybody's."""
        return authority.owners_seen(self.flow.people, self.actor)

    def may(self, *roles: str) -> bool:
        """Say whether one of these roles is among the actor's; an admin has them all."""
        return not {"admin", *roles}.isdisjoint(self.actor.roles)

    def text(self, key: str, /, **values: object) -> str:
        """Return a text in the reader's language."""
        return texts.text(self.language, key, **values)

    def says(self, error: HubError) -> str:
        """Return an error in the reader's language."""
        return told(error.args[0], self.language) if error.args else str(error)

    def called(self, actor: str | None) -> str:
        """Return an actor of the ledger, or whom a todo is for, as people call them."""
        if actor in (None, "", "system"):
            return self.text("actor.system")
        group, _, name = str(actor).partition(":")
        if group == "role":
            return words.word(self.language, "role", name)
        person = self.flow.people.persons.get(name) if group == "person" else None
        return (person.name or person.id) if person is not None else str(actor)

    async def read(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Run one read query."""
        return await self.flow.store.read(lambda tx: function(tx, *args, **more))

    async def act(self, action: str, **arguments: Any) -> Any:
        """Have an action done in the name of whoever is signed in."""
        return await act(self.flow, action, arguments, self.actor)

    def sees(self, tx: sa.Connection, record: Mapping[str, Any] | None) -> bool:
        """Say whether the actor sees what belongs to a record; what has none is for everybody's."""
        owners = self.owners
        return owners is None or (record is not None and record["owner"] in owners)

    def page(self, name: str, status: int = 200, /, **given: Any) -> Response:
        """Return a page."""
        return shown(
            self.request, self.flow, self.settings, self.language, name, status,
            visit=self, **given,
        )  # fmt: skip

    def turn_to(self, path: str, notice: str = "") -> Response:
        """Send the browser on to a page, which says that something was done."""
        mark = f"{'&' if '?' in path else '?'}done={quote(notice)}" if notice else ""
        return RedirectResponse(path + mark, 303)


Endpoint: TypeAlias = Callable[[Visit], Awaitable[Response]]


def shown(
    request: Request, flow: Flow, settings: Settings, language: Language, name: str,
    status: int = 200, **given: Any,
) -> Response:  # fmt: skip
    """Return a page, for anybody; the language that was chosen with it is kept."""
    # a browser takes what begins with two strokes for another host
    path = "/" + request.url.path.lstrip("/")
    here = path if request.method == "GET" else _place_of_form(path)
    zone = flow.people.zone
    done, visit = request.query_params.get("done", ""), given.pop("visit", None)
    content = render.page(
        name, language, here=here, asked=given.pop("asked", _asked(request)),
        done=done if done in texts.DONE else "", visit=visit, csrf=lambda: _proof(visit), zone=zone,
        **given,
    )  # fmt: skip
    response = HTMLResponse(content, status)
    if request.query_params.get("lang") in set(Language):
        response.set_cookie(
            _LANGUAGE_COOKIE, language.value, max_age=_YEAR_SECONDS, httponly=True,
            samesite="strict", secure=is_encrypted(request, settings),
        )  # fmt: skip
    return response


def _proof(visit: Visit) -> Markup:
    """Return what every form of a visit holds."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(visit.csrf)


def _place_of_form(path: str) -> str:
    """Return the page a form stands on: `/deliveries/ID` of `/deliveries/ID/retry`."""
    group, *rest = path.strip("/").split("/")
    return "/".join(["", group, *rest[:1]]) if group in _SINGLES else f"/{group}"


def _asked(request: Request) -> str:
    """Return the query without the language and what was done, as the links of a page go on."""
    kept = [
        f"{quote(name)}={quote(value)}"
        for name, value in request.query_params.multi_items()
        if name not in ("lang", "done")
    ]
    return "&".join(kept) if request.method == "GET" else ""


def language_of(request: Request) -> Language:
    """Return the language: just chosen, else chosen before, else the browser's."""
    chosen = (request.query_params.get("lang"), request.cookies.get(_LANGUAGE_COOKIE))
    known = [Language(one) for one in chosen if one in set(Language)]
    if known:
        return known[0]
    for part in request.headers.get("accept-language", "").lower().split(","):
        if part.strip().startswith(("zh", "en")):
            return Language(part.strip()[:2])
    return Language.ZH


def csrf_of(secret: str) -> str:
    """Return the proof that goes with every form of a visit."""
    return hmac.new(secret.encode(), b"accord-hub/csrf/1", hashlib.sha256).hexdigest()


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises `Turned` where it is none or too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise Turned(415, "turned.form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise Turned(413, "turned.large")
    try:
        fields = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
        )
    except ValueError:
        raise Turned(400, "turned.form") from None
    # browsers send the ends of lines as mail does
    return {name: value.replace("\r\n", "\n") for name, value in fields}


def own_path(given: str) -> str:
    """Return the path to go on to after signing in; `/` for whatever would lead elsewhere."""
    plain = given.isascii() and given.isprintable() and "\\" not in given and " " not in given
    try:
        found = urlsplit(given)
    except ValueError:
        return "/"
    own = plain and given.startswith("/") and not given.startswith("//")
    return given if own and not found.scheme and not found.netloc else "/"
