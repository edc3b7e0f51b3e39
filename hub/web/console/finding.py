"""Finds what a person has in hand, a number or an id, and tells the story of a number."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from starlette.responses import RedirectResponse, Response

from hub.documents.number import BadNumber, Number
from hub.service import annexes
from hub.service.story import Teller
from hub.store import pages, views
from hub.store.views import NotFound, Row
from hub.web.console import timeline
from hub.web.console.visit import Visit

#: Numbers are not longer in the store.
_LONGEST = 100


async def find(visit: Visit) -> Response:
    """Lead to what was asked for; say what comes near it where there is no such thing."""
    wanted = visit.request.query_params.get("q", "").strip()[:_LONGEST]
    if not wanted or "\0" in wanted:
        return visit.page("find", wanted="", near=[])
    place, near = await visit.read(_found, visit, wanted)
    if place:
        return RedirectResponse(place, 303)
    return visit.page("find", 404, wanted=wanted, near=near)


def _found(tx: sa.Connection, visit: Visit, wanted: str) -> tuple[str, list[str]]:
    """Return the page of what was asked for; else nothing, and the numbers that come near."""
    with contextlib.suppress(BadNumber, NotFound):
        row = annexes.found(tx, wanted, visit.owners)
        return f"/documents/{Number(row['number'])}", []
    try:
        seen = _seen(tx, visit, views.records_numbered(tx, wanted))
        near: list[str] = []
    except NotFound as error:
        seen, near = [], [one for one in error.near if _seen(tx, visit, _numbered(tx, one))]
    linked = _seen(tx, visit, views.records_linked(tx, list(visit.flow.connections), wanted))
    if seen or linked:
        return f"/trace?number={quote((seen or linked)[0]['number'], safe='')}", []
    for what, rows in (("delivery", views.delivery), ("message", views.message)):
        with contextlib.suppress(NotFound):
            row = rows(tx, views.resolve_id(tx, what, wanted))  # type: ignore[arg-type]
            if pages.is_seen(tx, row["record_id"], visit.owners):
                return f"/{'deliveries' if what == 'delivery' else 'messages'}/{row['id']}", []
    return "", near


def _numbered(tx: sa.Connection, number: str) -> list[Row]:
    return views.records_numbered(tx, number)


def _seen(tx: sa.Connection, visit: Visit, records: list[Row]) -> list[Row]:
    return [record for record in records if visit.sees(tx, record)]


async def trace(visit: Visit) -> Response:
    """Show the story of a number as a line of time."""
    number = visit.request.query_params.get("number", "")
    return await _traced(visit, number, personal=False)


async def trace_unmasked(visit: Visit) -> Response:
    """Show it with personal data, which the ledger notes."""
    number = visit.form.get("number", "")
    await visit.read(_told, visit, number, False)
    await visit.act("personal.show", id=number)
    return await _traced(visit, number, personal=True)


async def _traced(visit: Visit, number: str, *, personal: bool) -> Response:
    told = await visit.read(_told, visit, number, personal)
    records = [{**one, "line": timeline.of(one)} for one in told]
    asked = f"number={quote(number, safe='')}"
    return visit.page("trace", number=number, records=records, personal=personal, asked=asked)


def _told(tx: sa.Connection, visit: Visit, number: str, personal: bool) -> list[Any]:
    if "\0" in number:
        raise NotFound("record", number)
    seen = _seen(tx, visit, views.records_numbered(tx, number))
    if not seen:
        # whoever may not see it hears the same as of a number that is not there
        raise NotFound("record", number)
    teller = Teller(tx, visit.settings, personal=personal)
    return [teller.record(views.story(tx, record)) for record in seen]
