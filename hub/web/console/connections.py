"""Connections: which of them work, wait or are paused."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from hub.flow import privacy
from hub.store import connections, views
from hub.web.console.visit import Visit


async def list_all(visit: Visit) -> Response:
    """Show every connection with its state, cursors and what waits for it."""
    rows, cursors = await visit.read(told, visit)
    return visit.page("connections", rows=rows, cursors=cursors)


def told(tx: sa.Connection, visit: Visit) -> tuple[list[dict[str, Any]], list[views.Row]]:
    """Return what is known of each connection, and where polling has got to."""
    states, now = connections.read(tx), visit.flow.clock.now()
    rows = []
    for name, one in visit.flow.connections.items():
        state = states.get(name, connections.State(name))
        held = state.not_before if state.not_before and state.not_before > now else None
        rows.append({
            "name": name, "connector": one.spec.name, "observe": one.observe,
            "title": one.spec.title_zh if visit.language.value == "zh" else one.spec.title,
            "state": "paused" if state.paused_at else "held" if held else "open",
            "since": state.paused_at, "by": state.paused_by, "until": held,
            "reason": privacy.words(state.pause_reason), "failures": state.failures,
        })  # fmt: skip
    cursors = views.cursors(tx)
    return rows, [row for row in cursors if row["connection"] in visit.flow.connections]
