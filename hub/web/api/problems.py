"""How the API says that something is wrong: RFC 9457, one shape for every error.

`detail` is in the caller's language, `sentences` in both; `faults` names each place at fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from hub.documents.errors import DocumentError
from hub.documents.number import BadNumber
from hub.errors import BadRequest, ConfigError, ConnectorError, Fault, HubError, StoreError
from hub.flow.decisions import BadQuestion, UnknownGate
from hub.flow.replay import Refused
from hub.language import Language, Message, say, sentence_of, told
from hub.service.authority import NotAllowed
from hub.service.bulk import TooMany
from hub.service.versions import Changed
from hub.store.views import NotFound

MEDIA_TYPE = "application/problem+json"
#: Where each kind of problem is explained; its slug follows.
EXPLAINED = "https://github.com/accord-hub/accord-hub/blob/main/docs/how-to/api.md#"
_LONGEST_VALUE = 100
#: Nobody reads on after so many faults.
_TOLD = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    slug: str
    status: int
    title: Message


KINDS: Mapping[str, Kind] = {
    one.slug: one
    for one in (
        Kind("bad-request", 400, say("The request cannot be read")),
        Kind("not-signed-in", 401, say("No valid token")),
        Kind("not-allowed", 403, say("Not allowed")),
        Kind("no-people", 403, say("The API is off")),
        Kind("not-found", 404, say("Not found")),
        Kind("wrong-method", 405, say("Wrong method")),
        Kind("refused", 409, say("Refused as things stand")),
        Kind("key-in-use", 409, say("The first call with this key has not ended")),
        Kind("outcome-unknown", 409, say("Nobody knows how the first call with this key ended")),
        Kind("changed", 412, say("Changed meanwhile")),
        Kind("too-large", 413, say("Too large")),
        Kind("invalid", 422, say("Values are wrong")),
        Kind("key-reused", 422, say("The key belongs to another call")),
        Kind("no-version", 428, say("A version is needed")),
        Kind("too-many", 429, say("Too many calls")),
        Kind("failed", 500, say("The hub failed")),
        Kind("far-end", 502, say("A connection failed")),
        Kind("store-away", 503, say("The store cannot be used")),
    )
}
#: What a person names by its id or number.
_NAMED: Mapping[str, Message] = {
    "message": say("message"),
    "delivery": say("delivery"),
    "record": say("record"),
    "hold": say("hold"),
    "watch": say("watch"),
    "document": say("document"),
}
_BY_STATUS = {400: "bad-request", 404: "not-found", 405: "wrong-method", 422: "invalid"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One place at fault."""

    place: str
    code: str
    sentence: str


class Problem(HubError):
    """A call is answered with a problem of this kind."""

    def __init__(
        self,
        slug: str,
        sentence: str,
        faults: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.kind = KINDS[slug]
        self.sentence = sentence
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


def language_of(headers: Headers) -> Language:
    """Return the language a caller prefers; English where it names none of the two."""
    best, language = 0.0, Language.EN
    for part in headers.get("accept-language", "").lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if tag[:2] in set(Language) and best < value <= 1:
            best, language = value, Language(tag[:2])
    return language


def response(problem: Problem, language: Language) -> Response:
    """Return a problem as an answer."""
    headers = {"Content-Language": language.value, **problem.headers}
    # what a caller sent may hold half a character, which UTF-8 cannot
    body = json.dumps(told_of(problem, language), ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, problem.kind.status, headers, MEDIA_TYPE)


def told_of(problem: Problem, language: Language) -> dict[str, Any]:
    """Return a problem as plain data."""
    return {
        "type": EXPLAINED + problem.kind.slug,
        "title": told(problem.kind.title, language),
        "status": problem.kind.status,
        **_in_both(problem.sentence, language),
        "faults": [
            {"place": one.place, "code": one.code, **_in_both(one.sentence, language)}
            for one in problem.faults
        ],
    }


def _in_both(sentence: str, language: Language) -> dict[str, Any]:
    sentences = {one.value: told(sentence, one) for one in Language}
    return {"detail": sentences[language.value], "sentences": sentences}


# ---- from the hub's errors -------------------------------------------------------------------


def of_error(error: HubError) -> Problem:
    """Return an error of the hub as a problem."""
    said = error.args[0] if error.args else str(error)
    match error:
        case Problem():
            return error
        case NotFound():
            return _missing(error)
        case StoreError():
            # the database's own words are for the log
            words = say("The store cannot be used now. Look how things stand, then try again.")
            return Problem("store-away", words, headers={"Retry-After": "5"})
        case ConfigError():
            return Problem("invalid", said, [_of_fault(one) for one in error.faults])
        case DocumentError():
            # its code is stable, and more than a status says
            return Problem("refused", said, [Wrong("", error.code, said)])
    return Problem(_slug(error), said)


def _missing(error: NotFound) -> Problem:
    near = ", ".join(error.near)
    hint = say("Near it: {near}.", near=near) if near else say("Lists give ids and numbers.")
    what = _NAMED[error.what]
    words = say("There is no {what} {name}. {hint}", what=what, name=error.given, hint=hint)
    return Problem("not-found", words)


def _slug(error: HubError) -> str:
    kinds: Sequence[tuple[type[HubError], str]] = (
        (NotAllowed, "not-allowed"), (Refused, "refused"),
        (Changed, "changed"), (BadRequest, "bad-request"), (ConnectorError, "far-end"),
        (TooMany, "invalid"), (UnknownGate, "not-found"), (BadQuestion, "invalid"),
        (BadNumber, "invalid"),
    )  # fmt: skip
    return next((slug for kind, slug in kinds if isinstance(error, kind)), "refused")


def _of_fault(fault: Fault) -> Wrong:
    return Wrong(fault.where, fault.code, sentence_of(fault))


def failed() -> Problem:
    """Return that the program is wrong; what happened is for the log."""
    words = say("The hub failed; its log says why. Look how things stand before you call again.")
    return Problem("failed", words)


def of_status(status: int) -> Problem:
    """Return what the router says as a problem: no such place, or not this method."""
    slug = _BY_STATUS.get(status, "bad-request")
    sentence = {
        "not-found": say("There is nothing at this address. See /api/v1/openapi.json."),
        "wrong-method": say("This method is not taken here. See /api/v1/openapi.json."),
    }.get(slug, say("The request cannot be read. Send JSON in UTF-8."))
    return Problem(slug, sentence)


# ---- from faults of values -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """Sentence for one kind of fault that pydantic finds."""

    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)


def of_values(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return what is wrong with parameters and body as one problem."""
    faults = [_of_value(error) for error in errors[:_TOLD]]
    return Problem("invalid", say("{count} values are wrong; see faults.", count=len(errors)),
                   faults)  # fmt: skip


def _of_value(error: Mapping[str, Any]) -> Wrong:
    place = ".".join(str(step) for step in error["loc"])
    return Wrong(place, error["type"], _sentence(place, error))


def _sentence(place: str, error: Mapping[str, Any]) -> Message:
    kind, given, limits = error["type"], error.get("input"), error.get("ctx") or {}
    if kind == "missing":
        return say("{place} is missing.", place=place)
    if kind == "extra_forbidden":
        return say("{place} is not known here. Leave it out.", place=place)
    if kind == "json_invalid":
        return say("The body is no JSON: {problem}.", problem=limits.get("error", kind))
    value = f" ({given})" if _is_short(given) else ""
    return say("{place}{value}: {must}.", place=place, value=value, must=_must(kind, limits, error))


def _must(kind: str, limits: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    match kind:
        case "less_than_equal" | "too_long" | "string_too_long":
            most = limits.get("le", limits.get("max_length"))
            return say("{most} at most", most=most)
        case "greater_than_equal" | "too_short" | "string_too_short":
            return say("{least} at least", least=limits.get("ge", limits.get("min_length")))
        case "literal_error" | "enum":
            return say("one of {names}", names=limits.get("expected"))
        case "string_pattern_mismatch":
            return say("must match {pattern}", pattern=limits.get("pattern"))
        case "timezone_aware":
            return say("a time with its zone, such as 2026-06-01T08:00:00+08:00")
    return _of_type(kind) or str(error["msg"])


def _of_type(kind: str) -> Message | None:
    if kind.startswith("datetime"):
        return say("a time with its zone, such as 2026-06-01T08:00:00+08:00")
    what = {
        "int": say("a whole number"),
        "bool": say("true or false"),
        "string": say("text in whole characters"),
        "dict": say("an object"),
        "model": say("an object"),
        "list": say("a list"),
    }
    return what.get(kind.partition("_")[0])


def _is_short(given: object) -> bool:
    if isinstance(given, int | float):
        return True
    return isinstance(given, str) and 0 < len(given) <= _LONGEST_VALUE
