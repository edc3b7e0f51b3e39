"""Messages: what came in, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.responses import Response

from hub.flow import privacy
from hub.service.story import Teller
from hub.store import pages, views
from hub.store.views import NotFound, Row
from hub.web.console.listing import PER_PAGE, asked, page_of
from hub.web.console.visit import Visit

_STATES = ("received", "fetching", "routed", "waiting", "ignored", "failed")
#: States from which a message can be taken up again.
_REPLAYED = ("failed", "ignored", "waiting")


async def list_all(visit: Visit) -> Response:
    """Show messages, the newest first."""
    state, connection = asked(visit, "state", _STATES), asked(visit, "at", visit.flow.connections)
    page = page_of(visit)
    rows = await visit.read(pages.messages, page, state=state, connection=connection)
    for row in rows:
        row["reason"] = privacy.words(row["reason"])
    return visit.page(
        "messages", rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, state=state or "",
        states=_STATES, connection=connection or "",
        connections=sorted(visit.flow.connections),
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show one message with what it brought."""
    return await _shown(visit, personal=False)


async def show_unmasked(visit: Visit) -> Response:
    """Show it with personal data, which the ledger notes."""
    one = await told_of(visit, personal=False)
    await visit.act("personal.show", id=one["id"])
    return await _shown(visit, personal=True)


async def _shown(visit: Visit, *, personal: bool) -> Response:
    one = await told_of(visit, personal=personal)
    return visit.page("message", one=one, personal=personal, replayable=one["state"] in _REPLAYED)


async def told_of(visit: Visit, *, personal: bool) -> Row:
    """Return the message a page is about; raises `NotFound` also where it is out of sight."""
    given = visit.request.path_params["id"]
    row: Row = await visit.read(_told, visit, given, personal)
    return row


def _told(tx: sa.Connection, visit: Visit, given: str, personal: bool) -> Row:
    row = views.message(tx, views.resolve_id(tx, "message", given))
    if not pages.is_seen(tx, row["record_id"], visit.owners):
        raise NotFound("message", given)
    told = Teller(tx, visit.settings, personal=personal).message(row)
    record = views.record_of(tx, row["record_id"])
    return {**told, "number": record["number"] if record else None}
