"""What a person may do to a running hub: one table, for command line, API and console alike."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub import logs
from hub.errors import ConfigError, HubError, StoreError
from hub.flow import link_survey, links, observe, replay, schedules, sweep
from hub.flow.apply import apply
from hub.flow.parts import Flow
from hub.flow.poll import poll
from hub.language import say
from hub.people import Actor
from hub.service import (
    alerting,
    annexes,
    arguments,
    bulk,
    gating,
    persons,
    reconciling,
    versions,
    watching,
)
from hub.service.authority import may, on_behalf_of
from hub.service.erase import erase
from hub.settings import Documents
from hub.store import connections, ledger, observed, upkeep
from hub.store.bundles import sentence_as_data

log = logs.get_logger(__name__)

#: Days; nothing in a store is older.
_EVER = 36_500
#: Does one action with its arguments, for an actor.
Action = Callable[[Flow, dict[str, Any], Actor], Awaitable[Any]]


async def _retry(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await _decided(flow, given, replay.retry, str(actor), latest=bool(given.get("latest")))


async def _edit(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await _decided(flow, given, replay.edit, _argument(given, "document"), str(actor))


async def _skip(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    reason, made = _argument(given, "reason"), given.get("external_id")
    return await _decided(flow, given, replay.skip, reason, str(actor), external_id=made)


async def _cancel(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await _decided(flow, given, replay.cancel, _argument(given, "reason"), str(actor))


async def _decided(
    flow: Flow, given: Mapping[str, Any], function: Callable[..., Any], *args: Any, **more: Any
) -> Any:
    """Decide about a delivery; where a `version` is given, only if it is still of that one."""
    one, version = _argument(given, "id"), given.get("version")

    def decide(tx: sa.Connection, flow: Flow) -> Any:
        if version is not None:
            versions.require(tx, one, version)
        return function(tx, flow, one, *args, **more)

    return await _written(flow, decide)


async def _replay(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await _written(flow, replay.replay, _argument(given, "id"), str(actor))


async def _ignore(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    reason = str(_argument(given, "reason"))
    return await _written(flow, replay.ignore, _argument(given, "id"), reason, str(actor))


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


async def _go_live(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    name = flow.connection(_argument(given, "name")).name
    decision = given.get("decision")
    waiting = await flow.store.read(observed.counts, name)
    if decision is None and waiting:
        observe.require_live(flow, name)
        return {"waiting": waiting, "done": None}
    if decision not in (None, "send", "drop"):
        raise ConfigError(
            say("what waits can be sent or dropped, not {given}", given=repr(decision))
        )
    # what came since the look is dropped only where a person said so
    done = await observe.go_live(flow, name, str(actor), send=decision != "drop")
    return {"waiting": waiting, "done": done}


async def _run_schedule(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    if flow.settings is None:
        raise ConfigError(say("there is no hub.yaml to check"))
    job = schedules.find(flow.settings, _argument(given, "name"))
    log.info("schedule.asked_for", schedule=job.name, actor=str(actor))
    return sentence_as_data(await schedules.run_now(flow, job))


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
        raise ConfigError(
            say("{name}: {connector} cannot be polled.",
                name=connection.name, connector=connection.spec.name)
        )  # fmt: skip
    log.info("poll.asked_for", connection=connection.name, actor=str(actor))
    return {
        stream: await poll(flow, connection.name, stream, given.get("since")) for stream in streams
    }


async def _prune(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    keep = timedelta(days=max(1, min(_argument(given, "keep_days"), _EVER)))
    log.info("store.pruned", actor=str(actor), keep_days=keep.days)
    documents = flow.settings.documents if flow.settings is not None else Documents()
    return await flow.store.write(
        upkeep.prune, flow.clock.now(), keep, 500, entry_id=flow.clock.new_id(),
        keep_checks=documents.keep_checks,
    )  # fmt: skip


async def _apply(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    since, dry_run = str(given.get("since") or ""), bool(given.get("dry_run"))
    return await apply(flow, str(actor), since=since, dry_run=dry_run)


async def _seal(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    return await sweep.seal(flow)


async def _show_personal(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Do nothing but be noted: whoever asked is shown personal data unmasked."""
    return _argument(given, "id")


def _argument(given: Mapping[str, Any], name: str) -> Any:
    found = given.get(name)
    if found is None:
        raise ConfigError(say("this action needs {name!r}", name=name))
    return found


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action does, and which roles may ask for it."""

    do: Action
    #: One of them is enough; an admin may everything. None: the action looks by itself.
    roles: tuple[str, ...] | None


#: Name → what it does, and for whom.
ACTIONS: Mapping[str, Rule] = {
    "delivery.retry": Rule(_retry, ("operator",)),
    "delivery.edit": Rule(_edit, ("operator",)),
    "delivery.skip": Rule(_skip, ("operator",)),
    "delivery.cancel": Rule(_cancel, ("operator",)),
    "delivery.bulk": Rule(bulk.decide, bulk.ROLES),
    "message.replay": Rule(_replay, ("operator",)),
    "message.ignore": Rule(_ignore, ("operator",)),
    "connection.pause": Rule(_pause, ("operator",)),
    "connection.resume": Rule(_resume, ("operator",)),
    "connection.go_live": Rule(_go_live, ()),
    "schedule.run": Rule(_run_schedule, ("operator",)),
    "gate.release": Rule(gating.release_hold, None),
    "gate.refuse": Rule(gating.refuse_hold, None),
    "gate.approve": Rule(gating.approve_hold, None),
    "gate.hold": Rule(gating.hold_record, gating.HOLDERS),
    "document.issue": Rule(annexes.issue, annexes.ISSUERS),
    "document.reissue": Rule(annexes.reissue, annexes.ISSUERS),
    "document.revoke": Rule(annexes.revoke, annexes.REVOKERS),
    "document.file": Rule(annexes.hand_out, annexes.READERS),
    # anybody may ask, as on the public page; who is not known hears no more than there
    "document.check": Rule(annexes.check, None),
    "link.set": Rule(_set_link, ("operator", "mapper")),
    "link.import": Rule(_import_links, ("operator", "mapper")),
    "map.apply": Rule(_apply, ("mapper",)),
    "poll": Rule(_poll, ("operator",)),
    "personal.show": Rule(_show_personal, ("operator",)),
    "store.prune": Rule(_prune, ()),
    "alert.acknowledge": Rule(alerting.acknowledge, alerting.ROLES),
    "alert.test": Rule(alerting.try_channels, alerting.ROLES),
    "watch.snooze": Rule(watching.snooze, None),
    "watch.acknowledge": Rule(watching.acknowledge, None),
    "reconcile.run": Rule(reconciling.start, reconciling.RUNNERS),
    # the file names the roles
    "reconcile.waive": Rule(reconciling.waive, None),
    "reconcile.explain": Rule(reconciling.explain, reconciling.RUNNERS),
    "reconcile.plan": Rule(reconciling.plan_repair, reconciling.RUNNERS),
    "reconcile.apply": Rule(reconciling.apply_repair, reconciling.REPAIRERS),
    "reconcile.sign": Rule(reconciling.sign, None),
    "person.token": Rule(persons.make_token, None),
    "person.revoke": Rule(persons.revoke_token, None),
    "person.erase": Rule(erase, ()),
    "ledger.seal": Rule(_seal, ("viewer", "operator", "mapper", "accountant", "reviewer")),
}


async def act(flow: Flow, action: str, given: dict[str, Any], actor: Actor) -> Any:
    """Do one action; raises `HubError` with what to do where it cannot be done.

    `ConfigError` where it is none, or takes other arguments, and `NotAllowed` where the actor has
    none of the roles it is for. Done or refused, the ledger keeps who asked for what.
    """
    try:
        rule = ACTIONS[action]
    except KeyError:
        raise ConfigError(say("there is no action {name!r}", name=action)) from None
    # first of all: the ledger could not keep what is no text
    arguments.check(given)
    try:
        if rule.roles is not None:
            may(actor, action, rule.roles)
        result = await rule.do(flow, given, actor)
    except HubError as error:
        await _note(flow, action, given, actor, type(error).__name__)
        raise
    await _note(flow, action, given, actor)
    return result


#: Arguments that name what an action is about; never personal text.
_SUBJECTS = ("id", "name", "number", "handle", "gate")
#: What may be kept of them where nobody knows whether there is such a thing.
_CODE = re.compile(r"(?!\+?\d{7,15}$)[A-Za-z0-9._:/+-]{1,100}")


async def _note(
    flow: Flow, action: str, given: Mapping[str, Any], actor: Actor, code: str | None = None
) -> None:
    facts = {
        "action": action, "token": actor.token, "os_user": actor.os_user, "code": code,
        "dry_run": given.get("dry_run") or None,
        "on_behalf_of": on_behalf_of(actor, ACTIONS[action].roles or ()),
    }  # fmt: skip
    entry = ledger.entry(
        flow.clock.new_id(), flow.clock.now(), "action.refused" if code else "action.done",
        _subject(flow, given, refused=code is not None), actor=str(actor)[:100], facts=facts,
    )  # fmt: skip
    try:
        await flow.store.write(ledger.append, [entry])
    except StoreError as error:
        # it is done, or refused for another reason; what it did is noted with it
        log.warning("action.not_noted", action=action, actor=str(actor), error=str(error))


def _subject(flow: Flow, given: Mapping[str, Any], *, refused: bool) -> str:
    # whoever writes a name or number of somebody where an id belongs must not put it into the
    # ledger for ever
    person = given.get("person") if given.get("person") in flow.people.persons else None
    named = (person, *(given.get(name) for name in _SUBJECTS))
    subject = next((str(one)[:100] for one in named if one), "hub")
    return "hub" if refused and not _CODE.fullmatch(subject) else subject
