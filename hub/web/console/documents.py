"""Documents: the list, one with its copies, and what a person does with it."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.documents.number import BadNumber, Number
from hub.flow.files import file_name
from hub.service import annexes
from hub.service.actions import ACTIONS
from hub.service.authority import may
from hub.store import documents, pages
from hub.store.views import NotFound, Row
from hub.web.console.deciding import reason_of
from hub.web.console.listing import PER_PAGE, asked, page_of
from hub.web.console.visit import Visit

_STATES = ("issued", "superseded", "revoked")
#: Numbers are not longer in the store.
_LONGEST = 100


async def list_all(visit: Visit) -> Response:
    """Show documents, the newest first."""
    state = asked(visit, "state", _STATES)
    record = visit.request.query_params.get("record", "").strip()[:_LONGEST].replace("\0", "")
    rows = await visit.read(
        pages.documents, page_of(visit), state=state, record_number=record or None
    )
    return visit.page(
        "documents", rows=[annexes.told(row) for row in rows[:PER_PAGE]],
        more=len(rows) > PER_PAGE, state=state or "", states=_STATES, record=record,
    )  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show one document."""
    return await _shown(visit, personal=False)


async def show_unmasked(visit: Visit) -> Response:
    """Show it with whose copies they are, which the ledger notes."""
    row = await _found(visit)
    await visit.act("personal.show", id=row["number"])
    return await _shown(visit, personal=True)


async def get_file(visit: Visit) -> Response:
    """Hand out the PDF of a copy, which the ledger notes."""
    may(visit.actor, "document.file", ACTIONS["document.file"].roles or ())
    row, copy = await _found(visit), _copy(visit)
    content = await visit.read(documents.pdf, row["number"], copy)
    number = Number(row["number"])
    if content is None:
        raise NotFound("document", number.with_copy(copy))
    await visit.act("document.file", number=row["number"])
    headers = {"Content-Disposition": f'attachment; filename="{file_name(number, copy)}"'}
    return Response(content, media_type=documents.PDF, headers=headers)


async def reissue(visit: Visit) -> Response:
    """Make a copy for a further recipient."""
    row, recipient = await _found(visit), visit.form.get("recipient", "")
    await visit.act("document.reissue", number=row["number"], recipient=recipient)
    return visit.turn_to(f"/documents/{row['number']}", "copied")


async def revoke(visit: Visit) -> Response:
    """Take it out of force."""
    row = await _found(visit)
    await visit.act("document.revoke", number=row["number"], reason=reason_of(visit))
    return visit.turn_to(f"/documents/{row['number']}", "void")


def _copy(visit: Visit) -> int:
    given = visit.request.path_params["copy"]
    if not re.fullmatch("[1-9][0-9]{0,4}", given):
        raise HTTPException(404)
    return int(given)


async def _found(visit: Visit) -> Row:
    """Return the row of the document a page is about."""
    row: Row = await visit.read(_row, visit)
    return row


def _row(tx: sa.Connection, visit: Visit) -> Row:
    given = visit.request.path_params["number"]
    try:
        return annexes.found(tx, given, visit.owners)
    except BadNumber:
        raise HTTPException(404) from None


async def _shown(visit: Visit, *, personal: bool) -> Response:
    def told(tx: sa.Connection) -> dict[str, Any]:
        row = _row(tx, visit)
        return {"one": annexes.whole(tx, row, personal=personal)}

    return visit.page(
        "document", personal=personal, most=annexes.LONGEST_RECIPIENT, **await visit.read(told)
    )
