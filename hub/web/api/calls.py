"""One call: who asks, what they see, how they read and act."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from hub.flow.parts import Flow
from hub.language import Language, Message, say, told
from hub.nearest import suggestion
from hub.people import Actor
from hub.service.actions import act
from hub.service.authority import owners_seen
from hub.settings import Settings
from hub.store import pages
from hub.store.pages import Page
from hub.store.views import NotFound, Row
from hub.web.api import cursors
from hub.web.api.inputs import Paging
from hub.web.api.problems import Problem

#: What no error of a list has to say of the page.
_PAGING = frozenset(Paging.model_fields)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a person."""

    flow: Flow
    settings: Settings
    actor: Actor
    request: Request

    @property
    def owners(self) -> frozenset[str] | None:
        """Return whose records are shown; None: everybody's."""
        return owners_seen(self.flow.people, self.actor)

    async def read(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Run one read query."""
        return await self.flow.store.read(function, *args, **more)

    async def act(self, action: str, **arguments: Any) -> Any:
        """Have an action done in the person's name."""
        return await act(self.flow, action, arguments, self.actor)

    async def page(
        self, of: str, asked: Paging, function: Callable[..., list[Row]], *args: Any, **filters: Any
    ) -> dict[str, Any]:
        """Return a page of a list: rows and the cursor behind them."""
        wanted = asked.model_dump(exclude=set(_PAGING))
        after = None
        if asked.cursor is not None:
            after = cursors.read(self.flow.secret, of, wanted, asked.cursor)
        page = Page(asked.limit + 1, after, self.owners)
        rows = await self.read(function, page, *args, **filters)
        items, more = rows[: asked.limit], len(rows) > asked.limit
        last = items[-1]["id"] if more else None
        following = last and cursors.make(self.flow.secret, of, wanted, last)
        return {"items": items, "next": following}

    async def unmasked(self, personal: bool, subject: str) -> bool:
        """Return whether personal data is shown; noted where it is, `NotAllowed` where not."""
        if personal:
            await self.act("personal.show", id=subject)
        return personal

    def require_seen(self, tx: Any, what: Any, given: str, record_id: str | None) -> None:
        """Let it pass; raises `NotFound` where the person does not see that record."""
        if not pages.is_seen(tx, record_id, self.owners):
            raise NotFound(what, given)


def call_of(request: Request) -> Call:
    """Return the call a request makes."""
    flow: Flow = request.app.state.flow
    return Call(flow, request.app.state.settings, request.state.actor, request)


Calling: TypeAlias = Annotated[Call, Depends(call_of)]


class _Exact(Request):
    """A request whose numbers stay as they were written."""

    async def json(self) -> Any:
        """Return the body; numbers that are not whole as text, so that nothing is rounded."""
        return json.loads(
            (await self.body()).decode(), parse_float=str, parse_constant=_no_number,
            object_pairs_hook=_each_once,
        )  # fmt: skip


def _no_number(word: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python takes for JSON and no far end does."""
    raise Problem("bad-request", say("{word} is no number in JSON.", word=word))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; what stands twice is refused: whoever looked at it before may take the
    other one for meant.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Problem("bad-request", say("{name} stands twice in one object.", name=name[:100]))
        found[name] = value
    return found


class ExactRoute(APIRoute):
    """A route that reads numbers exactly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request."""
        inner = super().get_route_handler()

        async def serve(request: Request) -> Response:
            return await inner(_Exact(request.scope, request.receive))

        return serve


def unknown(what: Message, name: str, known: Iterable[str]) -> Problem:
    """Return that hub.yaml or the mapping files have nothing of that name."""
    hint = suggestion(name, known)
    words = say("There is no {what} {name}. {hint}", what=what, name=name, hint=hint)
    return Problem("not-found", words)


def in_both(sentence: str) -> Mapping[str, str]:
    """Return a sentence in both languages."""
    return {one.value: told(sentence, one) for one in Language}
