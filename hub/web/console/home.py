"""The first page: what waits for a person, those things first that wait longest."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from hub.flow import alert_words
from hub.language import told
from hub.service.todo import Todo, meant_for, todo
from hub.store import alerts, views
from hub.web.console import connections
from hub.web.console.visit import Visit

#: Rows of the page.
_MOST = 100
#: What a person looks for first: where it is counted, the state, how it looks.
_COUNTED = (
    ("messages", "failed", "bad"), ("deliveries", "dead", "bad"), ("messages", "waiting", "wait"),
    ("deliveries", "blocked", "wait"), ("deliveries", "ready", "plain"),
    ("deliveries", "delivered", "good"),
)  # fmt: skip


async def show(visit: Visit) -> Response:
    """Show what waits for whoever is signed in, or for anybody; and how it goes altogether."""
    mine = visit.request.query_params.get("for") == "me"
    return visit.page("home", mine=mine, **await visit.read(_told, visit, mine))


def _told(tx: sa.Connection, visit: Visit, mine: bool) -> dict[str, Any]:
    now, owners = visit.flow.clock.now(), visit.owners
    found = todo(tx, visit.settings, now, owners=owners, limit=_MOST)
    shown = meant_for(found, _names(visit)) if mine else found
    given = {
        "todos": [(one, told(one.what, visit.language), place_of(one)) for one in shown[:_MOST]],
        "more": len(shown) > _MOST,
    }
    if owners is not None:
        # whoever sees only some records is told nothing of all of them
        return {**given, "alerts": [], "counts": [], "connections": []}
    counted = views.overview(tx)
    return {
        **given,
        "alerts": [_alert(row, visit) for row in alerts.list_open(tx, _MOST)],
        "counts": [
            (group, state, tone, counted[group].get(state, 0)) for group, state, tone in _COUNTED
        ],
        "connections": connections.told(tx, visit)[0],
    }


def _names(visit: Visit) -> set[str]:
    """Return the names by which something may be for whoever is signed in."""
    return {str(visit.actor), *(f"role:{role}" for role in visit.actor.roles)}


def place_of(one: Todo) -> str:
    """Return the page where a person can settle it; nothing where only a command can."""
    match one.kind:
        case "gate":
            return "/gates"
        case "watch":
            return "/watches"
        case "failed" | "approval":
            return f"/messages/{one.id}"
        case "dead" | "hold" | "differs" | "unreadable":
            return f"/deliveries/{one.id}"
        case "paused":
            return "/connections"
    return ""


def _alert(row: dict[str, Any], visit: Visit) -> dict[str, Any]:
    said = alert_words.sentence(row["kind"], row["subject"], row["facts"])
    return {**row, "said": told(said, visit.language)}
