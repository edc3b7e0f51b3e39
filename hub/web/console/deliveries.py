"""Deliveries: the list, one with all that became of it, and its document changed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from hub.errors import HubError
from hub.flow import checks, privacy
from hub.language import told
from hub.service import documents, versions
from hub.service.actions import ACTIONS
from hub.service.authority import NotAllowed, may
from hub.service.story import Teller
from hub.store import pages, views
from hub.store.rows import FINAL, OPEN
from hub.store.views import NotFound, Row
from hub.web.console.listing import PER_PAGE, asked, page_of
from hub.web.console.render import pretty
from hub.web.console.visit import Visit

_STATES = sorted(OPEN | FINAL)
#: States in which a person can decide something.
_DECIDABLE = ("dead", "blocked", "ready")


async def list_all(visit: Visit) -> Response:
    """Show deliveries, the newest first."""
    state, connection = asked(visit, "state", _STATES), asked(visit, "at", visit.flow.connections)
    wanted = pages.Wanted(state=state, connection=connection)
    rows = await visit.read(pages.deliveries, page_of(visit), wanted)
    for row in rows:
        row["words"] = privacy.words(row["words"])
    return visit.page(
        "deliveries", rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, state=state or "",
        states=_STATES, connection=connection or "",
        connections=sorted(visit.flow.connections),
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show one delivery."""
    return await shown(visit, personal=False)


async def show_unmasked(visit: Visit) -> Response:
    """Show one with personal data, which the ledger notes; what it holds can be changed then."""
    one = await told_of(visit, personal=False)
    await visit.act("personal.show", id=one["id"])
    return await shown(visit, personal=True)


async def edit(visit: Visit) -> Response:
    """Replace its document; what is wrong with it is said beside it, and nothing is lost."""
    may(visit.actor, "delivery.edit", ACTIONS["delivery.edit"].roles or ())
    one, text = await told_of(visit, personal=False), visit.form.get("document", "")
    try:
        document = documents.parse(text)
    except documents.Unreadable as error:
        return await shown(visit, 422, text=text, wrong=[error.wrong])
    wrong = documents.faults(document, _fields(visit, one))
    if any(found.barred for found in wrong) or (wrong and "anyway" not in visit.form):
        return await shown(visit, 422, text=text, wrong=wrong)
    version = visit.form.get("version")
    try:
        state = await visit.act("delivery.edit", id=one["id"], document=document, version=version)
    except NotAllowed:
        raise
    except HubError as error:
        return await shown(visit, 409, text=text, refusal=visit.says(error))
    return visit.turn_to(f"/deliveries/{one['id']}", "held" if state == "held" else "edited")


def _fields(visit: Visit, one: Row) -> Any:
    configured = visit.settings.connections.get(one["connection"])
    return checks.fields_of(configured.connector, one["operation"]) if configured else None


async def told_of(visit: Visit, *, personal: bool) -> Row:
    """Return the delivery a page is about; raises `NotFound` also where it is out of sight."""
    given = visit.request.path_params["id"]
    row: Row = await visit.read(_told, visit, given, personal)
    return row


def _told(tx: sa.Connection, visit: Visit, given: str, personal: bool) -> Row:
    row = views.delivery(tx, views.resolve_id(tx, "delivery", given))
    if not pages.is_seen(tx, row["record_id"], visit.owners):
        raise NotFound("delivery", given)
    told = Teller(tx, visit.settings, personal=personal).deliveries([row])[0]
    more = {name: row[name] for name in ("kind", "number", "unsure")}
    return {**told, **more, "version": versions.of_delivery(tx, row["id"])}


async def shown(
    visit: Visit, status: int = 200, *, personal: bool = False, text: str | None = None,
    wrong: Sequence[documents.Wrong] = (), refusal: str = "",
) -> Response:  # fmt: skip
    """Return the page of a delivery, with its document as it is being changed."""
    one = await told_of(visit, personal=personal)
    document = one["payload"]["document"]
    # without the true values a person would send the mask
    whole = document is not None and not documents.faults(document, None)
    return visit.page(
        "delivery", status, one=one, personal=personal, refusal=refusal,
        decidable=one["state"] in _DECIDABLE,
        editable=one["state"] == "dead" and not one["unsure"] and document is not None,
        whole=whole or text is not None, typed=text,
        text=pretty(document) if text is None else text,
        wrong=[(found, told(found.message, visit.language)) for found in wrong],
        passable=bool(wrong) and not any(found.barred or found.line for found in wrong),
    )  # fmt: skip
