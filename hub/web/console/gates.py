"""Gates: what is held until somebody decides."""

from __future__ import annotations

from starlette.responses import Response

from hub.flow import privacy
from hub.store import pages
from hub.web.console.listing import PER_PAGE, asked, page_of
from hub.web.console.visit import Visit
from hub.web.console.wording import reasons

_STATES = ("held", "released", "refused", "passed", "lapsed")


async def list_held(visit: Visit) -> Response:
    """Show what gates hold, with the reasons and who may release it."""
    state = asked(visit, "state", _STATES) or "held"
    rows = await visit.read(pages.holds, page_of(visit), state=state)
    named = visit.flow.bundles.active.gates
    shown = [
        {
            **row, "said": reasons(privacy.said(row["reasons"]), visit.language),
            "decision": privacy.words(row["decision"]),
            "title": named[row["gate"]].title if row["gate"] in named else row["gate"],
        }
        for row in rows[:PER_PAGE]
    ]  # fmt: skip
    return visit.page("gates", rows=shown, more=len(rows) > PER_PAGE, state=state, states=_STATES)
