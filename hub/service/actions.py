"""What a person may do to a running hub: one table, for command line, API and console alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub import logs
from hub.errors import ConfigError
from hub.flow import link_survey, links, replay, sweep
from hub.flow.apply import apply
from hub.flow.parts import Flow
from hub.flow.poll import poll
from hub.people import Actor
from hub.service.authority import may
from hub.store import connections, ledger, upkeep

log = logs.get_logger(__name__)

#: Does one action with its arguments, for an actor.
Action = Callable[[Flow, dict[str, Any], Actor], Awaitable[Any]]


async def _retry(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    latest = bool(given.get("latest"))
    return await _written(flow, replay.retry, _argument(given, "id"), str(actor), latest=latest)


async def _edit(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    document = _argument(given, "document")
    return await _written(flow, replay.edit, _argument(given, "id"), document, str(actor))


async def _skip(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    one, reason = _argument(given, "id"), _argument(given, "reason")
    made = given.get("external_id")
    return await _written(flow, replay.skip, one, reason, str(actor), external_id=made)


async def _cancel(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    reason = _argument(given, "reason")
    return await _written(flow, replay.cancel, _argument(given, "id"), reason, str(actor))


async def _replay(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await _written(flow, replay.replay, _argument(given, "id"), str(actor))


async def _written(flow: Flow, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Run a decision in a transaction, and wake whoever it gave work to."""
    result = await flow.store.write(lambda tx: function(tx, flow, *args, **more))
    flow.bell.ring("deliver")
    flow.bell.ring("route")
    return result


async def _pause(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    name = flow.connection(_argument(given, "name")).name
    reason = given.get("reason") or "paused by a person"
    return await flow.store.write(
        _moved, flow, "connection.paused", name, str(actor), connections.pause, name, reason,
        str(actor),
    )  # fmt: skip


async def _resume(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    name = flow.connection(_argument(given, "name")).name
    done = await flow.store.write(
        _moved, flow, "connection.resumed", name, str(actor), connections.resume, name
    )
    flow.bell.ring("deliver")
    return done


def _moved(
    tx: sa.Connection, flow: Flow, what: str, name: str, actor: str,
    function: Callable[..., bool], *args: Any,
) -> bool:  # fmt: skip
    now = flow.clock.now()
    done = function(tx, *args, now)
    if done:
        ledger.append(tx, [ledger.entry(flow.clock.new_id(), now, what, name, actor=actor)])
    return done


async def _set_link(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    names = ("connection", "kind", "handle", "external_id")
    connection, *rest = (_argument(given, name) for name in names)
    named = links.Named(flow.connection(connection).name, *rest)
    return {"before": await _written(flow, links.set_link, named, str(actor))}


async def _import_links(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    named = [
        links.Named(flow.connection(connection).name, kind, handle, external_id)
        for connection, kind, pairs in _argument(given, "groups")
        for handle, external_id in pairs
    ]
    sha, survey = _argument(given, "sha256"), await flow.store.read(link_survey.look, flow, named)
    if given.get("dry_run"):
        return link_survey.told(survey)
    return await _written(
        flow, links.import_links, named, sha, str(actor), dry_run=False, survey=survey
    )


async def _poll(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    connection = flow.connection(_argument(given, "name"))
    connector = connection.connector
    streams = given.get("streams") or [
        stream.name for stream in connector.polled_streams(connector.settings)
    ]
    if not streams:
        raise ConfigError(f"{connection.name}: {connection.spec.name} cannot be polled.")
    log.info("poll.asked_for", connection=connection.name, actor=str(actor))
    return {
        stream: await poll(flow, connection.name, stream, given.get("since")) for stream in streams
    }


async def _prune(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    keep = timedelta(days=int(_argument(given, "keep_days")))
    log.info("store.pruned", actor=str(actor), keep_days=keep.days)
    return await flow.store.write(
        upkeep.prune, flow.clock.now(), keep, 500, entry_id=flow.clock.new_id()
    )


async def _apply(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    since, dry_run = str(given.get("since") or ""), bool(given.get("dry_run"))
    return await apply(flow, str(actor), since=since, dry_run=dry_run)


async def _seal(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await sweep.seal(flow)


def _argument(given: Mapping[str, Any], name: str) -> Any:
    try:
        return given[name]
    except KeyError:
        raise ConfigError(f"this action needs {name!r}") from None


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action does, and which roles may ask for it."""

    do: Action
    #: One of them is enough; an admin may everything.
    roles: tuple[str, ...]


#: Name → what it does, and for whom.
ACTIONS: Mapping[str, Rule] = {
    "delivery.retry": Rule(_retry, ("operator",)),
    "delivery.edit": Rule(_edit, ("operator",)),
    "delivery.skip": Rule(_skip, ("operator",)),
    "delivery.cancel": Rule(_cancel, ("operator",)),
    "message.replay": Rule(_replay, ("operator",)),
    "connection.pause": Rule(_pause, ("operator",)),
    "connection.resume": Rule(_resume, ("operator",)),
    "link.set": Rule(_set_link, ("operator", "mapper")),
    "link.import": Rule(_import_links, ("operator", "mapper")),
    "map.apply": Rule(_apply, ("mapper",)),
    "poll": Rule(_poll, ("operator",)),
    "store.prune": Rule(_prune, ()),
    "ledger.seal": Rule(_seal, ("viewer", "operator", "mapper", "accountant", "reviewer")),
}


async def act(flow: Flow, action: str, arguments: dict[str, Any], actor: Actor) -> Any:
    """Do one action; raises `HubError` with what to do where it cannot be done.

    `NotAllowed` where the actor has none of the roles it is for.
    """
    try:
        rule = ACTIONS[action]
    except KeyError:
        raise ConfigError(f"there is no action {action!r}") from None
    may(actor, action, rule.roles)
    return await rule.do(flow, arguments, actor)
