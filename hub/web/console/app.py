"""Puts the console together: its pages, and who gets to see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hub import logs
from hub.errors import HubError, StoreError
from hub.flow.parts import Flow
from hub.flow.replay import Refused
from hub.service.authority import NotAllowed
from hub.service.versions import Changed
from hub.settings import Settings
from hub.store.views import NotFound
from hub.web.console import (
    access,
    account,
    connections,
    deciding,
    deliveries,
    documents,
    finding,
    gates,
    home,
    messages,
    render,
    texts,
    watches,
)
from hub.web.console.guard import Guard
from hub.web.console.visit import Endpoint, Turned, Visit, language_of, shown

log = logs.get_logger(__name__)

#: A year: the address of a file changes with its content.
_KEPT = "public, max-age=31536000, immutable"

#: Path → what is shown there.
_PAGES: dict[str, Endpoint] = {
    "/": home.show,
    "/find": finding.find,
    "/trace": finding.trace,
    "/deliveries": deliveries.list_all,
    "/deliveries/{id}": deliveries.show,
    "/messages": messages.list_all,
    "/messages/{id}": messages.show,
    "/documents": documents.list_all,
    "/documents/{number}": documents.show,
    "/connections": connections.list_all,
    "/gates": gates.list_held,
    "/watches": watches.list_open,
    "/account": account.show,
}
#: Path → what a form there does.
_FORMS: dict[str, Endpoint] = {
    "/trace/personal": finding.trace_unmasked,
    "/deliveries/{id}/personal": deliveries.show_unmasked,
    "/deliveries/{id}/edit": deliveries.edit,
    "/deliveries/{id}/{verb}": deciding.delivery,
    "/messages/{id}/personal": messages.show_unmasked,
    "/messages/{id}/replay": deciding.message,
    "/documents/{number}/personal": documents.show_unmasked,
    "/documents/{number}/copies/{copy}/file": documents.get_file,
    "/documents/{number}/reissue": documents.reissue,
    "/documents/{number}/revoke": documents.revoke,
    "/connections/{name}/{verb}": deciding.connection,
    "/gates/{id}/{verb}": deciding.hold,
    "/watches/{id}/{verb}": deciding.watch,
    "/account/tokens/{id}/revoke": deciding.token,
    "/logout": access.leave,
}


def build(flow: Flow, settings: Settings) -> ASGIApp:
    """Return the console of one daemon."""
    door = access.Door(flow, settings)
    routes = [
        Route("/login", door.show, methods=["GET"]),
        Route("/login", door.enter, methods=["POST"]),
        Route("/static/{name}", _static, methods=["GET"]),
        *(Route(path, _page(door, end), methods=["GET"]) for path, end in _PAGES.items()),
        *(Route(path, _form(door, end), methods=["POST"]) for path, end in _FORMS.items()),
    ]
    handlers = {
        HTTPException: _http_error(flow, settings),
        StoreError: _store_away(flow, settings),
        Exception: _failed(flow, settings),
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), settings)


def _page(door: access.Door, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Return a page for those who are signed in; others are led to the door."""

    async def serve(request: Request) -> Response:
        visit = await door.visit(request)
        if not isinstance(visit, Visit):
            return visit
        try:
            return await endpoint(visit)
        except HubError as error:
            return _refused(visit, error)

    return serve


def _form(door: access.Door, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Return what a form does, which has to come from a page of the same visit."""

    async def serve(request: Request) -> Response:
        visit = await door.visit(request)
        if isinstance(visit, RedirectResponse):
            # what was written is lost, so it is not led on as if it had been done
            return RedirectResponse("/login", 303)
        if not isinstance(visit, Visit):
            return visit
        try:
            await door.take_form(visit)
            return await endpoint(visit)
        except Turned as turned:
            words = visit.text(turned.key)
            return visit.page("error", turned.status, title=visit.text("error.turned"), words=words)
        except HubError as error:
            return _refused(visit, error)

    return serve


def _refused(visit: Visit, error: HubError) -> Response:
    if isinstance(error, NotFound):
        words = visit.text("error.not_found", given=error.given)
        return visit.page("error", 404, title=visit.text("error.nothing"), words=words)
    if isinstance(error, StoreError):
        raise error
    late = isinstance(error, Refused | Changed)
    status = 403 if isinstance(error, NotAllowed) else 409 if late else 422
    return visit.page("error", status, title=visit.text("error.refused"), words=visit.says(error))


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in render.STATIC:
        raise HTTPException(404)
    content, mark = render.static(name)
    headers = {"Cache-Control": _KEPT, "ETag": f'"{mark}"'}
    return Response(content, media_type=render.STATIC[name], headers=headers)


def _http_error(
    flow: Flow, settings: Settings
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        """Say that there is no such page, or that it does not take what was sent."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return _plain_error(request, flow, settings, status, "error.no_page")

    return answer


def _store_away(
    flow: Flow, settings: Settings
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        """Say that the store cannot be used, which nobody here can help."""
        log.warning("console.store_unavailable", path=request.url.path, error=str(error))
        return _plain_error(request, flow, settings, 503, "error.store_away")

    return answer


def _failed(flow: Flow, settings: Settings) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        """Say that it is our fault; the log says more."""
        log.error("console.failed", path=request.url.path, error=type(error).__name__)
        return _plain_error(request, flow, settings, 500, "error.ours")

    return answer


def _plain_error(
    request: Request, flow: Flow, settings: Settings, status: int, key: str
) -> Response:
    language = language_of(request)
    title = "error.nothing" if status < 500 else "error.store" if status == 503 else "error.failed"
    given = {"title": texts.text(language, title), "words": texts.text(language, key)}
    return shown(request, flow, settings, language, "error", status, **given)
