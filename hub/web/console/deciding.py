"""What forms do: each asks the service for one action and leads back to the page it stands on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.store import pages
from hub.store.views import NotFound
from hub.web.console import deliveries, messages, watches
from hub.web.console.visit import Turned, Visit

#: What a person may write as a reason.
_LONGEST = 2000


async def delivery(visit: Visit) -> Response:
    """Retry, skip or cancel a delivery."""
    verb = _verb(visit, ("retry", "skip", "cancel"))
    one = await deliveries.told_of(visit, personal=False)
    given: dict[str, Any] = {"id": one["id"], "version": visit.form.get("version")}
    if verb == "retry":
        given["latest"] = "latest" in visit.form
    else:
        given["reason"] = reason_of(visit)
    if verb == "skip":
        given["external_id"] = visit.form.get("external_id", "").strip() or None
    await visit.act(f"delivery.{verb}", **given)
    return visit.turn_to(f"/deliveries/{one['id']}", _DONE[verb])


async def message(visit: Visit) -> Response:
    """Take a message up again."""
    one = await messages.told_of(visit, personal=False)
    await visit.act("message.replay", id=one["id"])
    return visit.turn_to(f"/messages/{one['id']}", "replayed")


async def connection(visit: Visit) -> Response:
    """Pause a connection, or let it go on."""
    verb = _verb(visit, ("pause", "resume"))
    given = {"name": visit.request.path_params["name"]}
    if given["name"] not in visit.flow.connections:
        # the ledger keeps what an action is about, and nobody's text
        raise HTTPException(404)
    if verb == "pause":
        given["reason"] = reason_of(visit)
    await visit.act(f"connection.{verb}", **given)
    return visit.turn_to("/connections", _DONE[verb])


async def hold(visit: Visit) -> Response:
    """Release what a gate holds, refuse it, or approve it."""
    verb = _verb(visit, ("release", "refuse", "approve"))
    given = _id(visit)
    if not await visit.read(pages.hold_is_seen, given, visit.owners):
        raise NotFound("hold", given)
    await visit.act(f"gate.{verb}", id=given, reason=reason_of(visit))
    return visit.turn_to("/gates", _DONE[verb])


async def watch(visit: Visit) -> Response:
    """Put a watch off, or say that somebody looks after it."""
    verb = _verb(visit, ("snooze", "acknowledge"))
    given = _id(visit)
    if not await visit.read(pages.watch_is_seen, given, visit.owners):
        raise NotFound("watch", given)
    asked: dict[str, Any] = {"id": given, "reason": reason_of(visit)}
    if verb == "snooze":
        asked["until"] = visit.form.get("until", watches.SNOOZES[0])
    await visit.act(f"watch.{verb}", **asked)
    return visit.turn_to("/watches", _DONE[verb])


async def token(visit: Visit) -> Response:
    """Revoke one's own token; with the one that was signed in with, the visit ends too."""
    given = _id(visit)
    await visit.act("person.revoke", id=given)
    return visit.turn_to("/login" if given == visit.actor.token else "/account", "revoked")


#: Verb → what the page says afterwards.
_DONE: Mapping[str, str] = {
    "retry": "retried", "skip": "skipped", "cancel": "cancelled", "pause": "paused",
    "resume": "resumed", "release": "released", "refuse": "refused", "approve": "approved",
    "snooze": "snoozed", "acknowledge": "acknowledged",
}  # fmt: skip


def _verb(visit: Visit, known: tuple[str, ...]) -> str:
    verb: str = visit.request.path_params["verb"]
    if verb not in known:
        raise HTTPException(404)
    return verb


def _id(visit: Visit) -> str:
    given: str = visit.request.path_params["id"]
    if not re.fullmatch("[0-9a-f]{32}", given):
        raise HTTPException(404)
    return given


def reason_of(visit: Visit) -> str:
    """Return the reason a form gives; raises `Turned` where there is none."""
    given = visit.form.get("reason", "").strip()
    if not given or len(given) > _LONGEST or "\0" in given:
        raise Turned(422, "turned.reason")
    return given
