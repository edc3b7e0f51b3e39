"""Watches: what should have happened and did not."""

from __future__ import annotations

from starlette.responses import Response

from hub.store import pages
from hub.web.console.listing import PER_PAGE, asked, page_of
from hub.web.console.visit import Visit

#: How long a watch may be put off, as the page offers it.
SNOOZES = ("2 hours", "1 working day", "3 working days", "7 days")
_STATES = ("fired", "cannot_tell", "armed", "cleared", "met", "ended")


async def list_open(visit: Visit) -> Response:
    """Show what watches wait for; those that fired unless another state is asked for."""
    state = asked(visit, "state", _STATES) or "fired"
    rows = await visit.read(pages.watches, page_of(visit), state=state)
    named = visit.flow.bundles.active.watches
    shown = [
        {**row, "title": named[row["watch"]].title if row["watch"] in named else row["watch"]}
        for row in rows[:PER_PAGE]
    ]
    return visit.page(
        "watches", rows=shown, more=len(rows) > PER_PAGE, state=state, states=_STATES,
        now=visit.flow.clock.now(), snoozes=SNOOZES,
    )  # fmt: skip
