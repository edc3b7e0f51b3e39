"""Puts the API together: what every call passes, the addresses, and what describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from hub.errors import HubError
from hub.flow.parts import Flow
from hub.settings import Settings
from hub.web.api import (
    answers,
    asking,
    connections,
    deliveries,
    documents,
    inbox,
    ledger,
    me,
    problems,
    schedules,
    waiting,
)
from hub.web.api.front import Front
from hub.web.api.problems import Problem

PREFIX = "/api/v1"
_TITLE = "Accord Hub · 守诺中枢"
_ABOUT = """\
What other programs see of the hub and do to it. 供其他程序查看与操作守诺中枢。

Every call carries a personal token: `Authorization: Bearer acc_…`. 每次调用须携带个人令牌。
Every POST may carry an `Idempotency-Key`: the same call with the same key is done once, and is
answered the same for 24 hours. 每个 POST 可带 `Idempotency-Key`：同一键的同一调用只执行一次。
"""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of yours for this call, new for each new one. 调用方自定的唯一键。",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    "example": "close-june-0001",
}


def build(flow: Flow, settings: Settings, app: FastAPI | None = None) -> ASGIApp:
    """Return the API of one process; `app` are its addresses where they are made already."""
    app = app or described()
    app.state.flow = flow
    app.state.settings = settings
    files = {f"{PREFIX}/documents/verify": settings.documents.upload_limit}
    return Front(
        flow, app, body_limit=settings.web.body_limit, rate=settings.web.api_rate, larger=files
    )


def described() -> FastAPI:
    """Return the addresses, with nothing behind them yet."""
    app = FastAPI(
        title=_TITLE, version="1", description=_ABOUT, docs_url=None, redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json", redirect_slashes=False,
        generate_unique_id_function=_operation,
    )  # fmt: skip
    whole = APIRouter(
        prefix=PREFIX,
        responses=answers.ALWAYS,
        dependencies=[Depends(HTTPBearer(auto_error=False))],
    )
    for router in (
        *(inbox.messages, inbox.records, inbox.trace, deliveries.router),
        *(connections.links, connections.router, *waiting.ROUTERS, asking.router),
        *(documents.router, schedules.router, ledger.router, me.router),
    ):
        whole.include_router(router)
    app.include_router(whole)
    for kind, handler in (
        (HubError, _hub_error), (RequestValidationError, _values), (HTTPException, _status),
        (Exception, _failed),
    ):  # fmt: skip
        app.add_exception_handler(kind, handler)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _operation(route: APIRoute) -> str:
    return route.name


# ---- errors ----------------------------------------------------------------------------------


async def _hub_error(request: Request, error: Any) -> Response:
    return _answer(request, problems.of_error(error))


async def _values(request: Request, error: Any) -> Response:
    return _answer(request, problems.of_values(error.errors()))


async def _status(request: Request, error: Any) -> Response:
    # what reading a body said was wrong with it comes only as the cause
    said = error.__cause__ if isinstance(error.__cause__, Problem) else None
    problem = said or problems.of_status(error.status_code)
    problem.headers.update(error.headers or {})
    return _answer(request, problem)


async def _failed(request: Request, error: Any) -> Response:
    # raised on after this, and logged by whoever called us
    return _answer(request, problems.failed())


def _answer(request: Request, problem: Problem) -> Response:
    return problems.response(problem, problems.language_of(request.headers))


# ---- the description -------------------------------------------------------------------------


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = found["components"]["schemas"]
        problem = answers.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs"), **{answers.PROBLEM: problem})
        for path in found["paths"].values():
            if "post" in path:
                path["post"].setdefault("parameters", []).append(_KEY)
        found["components"]["responses"] = _shared(found["paths"])
        app.openapi_schema = found
    return app.openapi_schema


def _shared(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Return the descriptions of problems, each written once and referred to elsewhere."""
    shared: dict[str, Any] = {}
    for operation in (one for path in paths.values() for one in path.values()):
        for status, answer in operation["responses"].items():
            if problems.MEDIA_TYPE in answer.get("content", {}):
                shared[status] = answer
                operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    return shared
