"""What a person does about watches: be quiet for a while, or say that somebody is at it.

Whoever a watch tells may, beside operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Transaction

from hub import calendars
from hub.errors import HubError
from hub.flow import watch
from hub.flow.parts import Flow
from hub.flow.watching import calendar_of
from hub.language import say
from hub.people import Actor
from hub.service.authority import may
from hub.store import watches
from hub.store.watches import Row

_MOST = timedelta(days=366)
_ROLE, _PERSON = "role:", "person:"


async def snooze(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Be quiet about `id` for `until`: a time such as `1 working day`, or a moment.

    Returns id, state and the moment. Raises `HubError` where nothing is waited for under it, the
    moment is over or more than a year away, or no reason is given.
    """
    return await flow.store.write(_snooze, flow, given, actor)


async def acknowledge(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Note that the actor looks after what is late as `id`; nobody is told again until it is over.

    Returns id and state. Raises `HubError` where it is not late, or somebody is at it already.
    """
    return await flow.store.write(_acknowledge, flow, given, actor)


def _snooze(
    tx: Transaction, flow: Flow, given: Mapping[str, Any], actor: Actor
) -> Mapping[str, Any]:
    row = _row(tx, flow, given, actor, "watch.snooze")
    until = _until(flow, row, str(given.get("until") or ""))
    if until - flow.clock.now() > _MOST:
        raise HubError(say("{until} is more than a year away.", until=until.isoformat()))
    state = watch.snooze(tx, flow, row.id, until, _reason(given), str(actor))
    return {"id": row.id, "state": state, "until": until.isoformat()}


def _acknowledge(
    tx: Transaction, flow: Flow, given: Mapping[str, Any], actor: Actor
) -> Mapping[str, Any]:
    row = _row(tx, flow, given, actor, "watch.acknowledge")
    state = watch.acknowledge(tx, flow, row.id, _reason(given), str(actor))
    return {"id": row.id, "state": state}


def _row(tx: Transaction, flow: Flow, given: Mapping[str, Any], actor: Actor, action: str) -> Row:
    name = str(given.get("id") or "")
    row = watches.resolve(tx, name)
    if row is None:
        raise HubError(
            say("Not one thing is watched as {id}. Run `hub watch list`.", id=name or "?")
        )
    file = flow.bundles.active.watches.get(row.watch)
    told = {one for step in file.then for one in step.notify} if file is not None else set()
    if actor.person is None or f"{_PERSON}{actor.person.id}" not in told:
        roles = sorted(one.removeprefix(_ROLE) for one in told if one.startswith(_ROLE))
        may(actor, action, ("operator", *roles))
    return row


def _reason(given: Mapping[str, Any]) -> str:
    reason = str(given.get("reason") or "").strip()
    if not reason:
        raise HubError(say("Say why; the reason is kept with it."))
    return reason[:500]


def _until(flow: Flow, row: Row, text: str) -> datetime:
    file = flow.bundles.active.watches.get(row.watch)
    calendar = calendar_of(flow, file, row.company) if file is not None else calendars.STANDARD
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=calendar.zone)
    except ValueError:
        pass
    try:
        return calendar.add(flow.clock.now(), calendars.span(text))
    except ValueError as error:
        raise HubError(error.args[0]) from None
