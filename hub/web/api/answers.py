"""What OpenAPI says of answers besides the good one: every problem an address may answer with."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field

from hub.language import Language
from hub.web.api import problems
from hub.web.api.values import Sentences, Told

Answers: TypeAlias = "dict[int | str, dict[str, Any]]"

#: Name of the shape of problems among the schemas.
PROBLEM = "Problem"


class Wrong(Told):
    """One place at fault."""

    place: Annotated[str, Field(examples=["query.limit"])]
    code: Annotated[str, Field(examples=["less_than_equal"])]
    detail: str
    sentences: Sentences


class Problem(Told):
    """What is wrong: RFC 9457. `detail` is in the language of `Accept-Language`."""

    type: Annotated[str, Field(description="Which kind; its page explains it. 问题种类。")]
    title: str
    status: int
    detail: str
    sentences: Sentences
    faults: list[Wrong]


def of(*statuses: int) -> Answers:
    """Return the descriptions of these problems."""
    return {status: _answer(status) for status in statuses}


def _answer(status: int) -> dict[str, Any]:
    kinds = [one for one in problems.KINDS.values() if one.status == status]
    content = {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}, "example": _example(kinds[0])}
    described = {
        "description": " / ".join(str(one.title) for one in kinds),
        "content": {problems.MEDIA_TYPE: content},
    }
    headers = _HEADERS.get(status)
    return {**described, "headers": headers} if headers else described


def _example(kind: problems.Kind) -> dict[str, Any]:
    return problems.told_of(problems.Problem(kind.slug, kind.title), Language.EN)


_HEADERS = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
    503: {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
}

#: What any call may be answered.
ALWAYS = of(400, 401, 403, 413, 422, 429, 500, 503)
#: What may be wrong with an action besides.
ACTION = of(409)
ONE = of(404)
ETAG = {"ETag": {"description": "Version of the row", "schema": {"type": "string"}}}
