"""Who may decide about what a gate holds: the right role, never whose it is, always a reason.

Being an admin is not enough: a gate is released only by the roles its file names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.errors import ConfigError
from hub.flow import release
from hub.flow.parts import Flow
from hub.language import say
from hub.mapping.gate import Gate
from hub.people import Actor
from hub.service.authority import NotAllowed, on_behalf_of, second_person
from hub.store import holds
from hub.store.holds import Hold
from hub.store.views import NotFound

#: Who may put a record behind a gate by hand.
HOLDERS = ("operator", "reviewer")


async def release_hold(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Let what is held go on; `NotAllowed` where the actor is not the one to say so."""
    hold, owner = await _hold(flow, given)
    roles = _releasing(flow, hold)
    if not roles and not hold.denied:
        raise NotAllowed(
            say(
                "Nobody may release what {gate} holds: its file names no roles. What it needs "
                "must come; `hub gate show` tells it.",
                gate=hold.gate,
            )
        )
    if not hold.denied:
        _decides(actor, hold, owner, roles, "release")
    return await _decided(flow, release.release, hold, given, actor, roles)


async def refuse_hold(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Say no to what is held; whoever asked for it may take it back so."""
    hold, _ = await _hold(flow, given)
    roles = (*_releasing(flow, hold), "operator")
    _has_one(actor, hold, roles, "refuse")
    return await _decided(flow, release.refuse, hold, given, actor, roles)


async def approve_hold(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Approve the held revision, as a proven person with a role the gate asks for."""
    hold, owner = await _hold(flow, given)
    gate = flow.bundles.active.gates.get(hold.gate)
    roles = () if gate is None else _approving(gate)
    if actor.person is None:
        raise NotAllowed(
            say("An approval needs a person, and nobody has shown who asks. Set HUB_TOKEN.")
        )
    _decides(actor, hold, owner, roles, "approve")
    return await _decided(flow, release.approve, hold, given, actor, roles)


async def hold_record(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Put a record behind a gate by hand."""
    number, reason = _text(given, "number"), _text(given, "reason")
    done = await flow.store.write(
        release.hold_by_hand, flow, given.get("kind"), number, reason, str(actor)
    )
    flow.bell.ring("route")
    return done


async def _hold(flow: Flow, given: Mapping[str, Any]) -> tuple[Hold, str | None]:
    """Return what a person wants to decide about, and whose record it is, as its source says."""
    named = _text(given, "id")
    _text(given, "reason")
    return await flow.store.read(_found, named)


def _found(tx: Transaction, hold_id: str) -> tuple[Hold, str | None]:
    found = holds.find(tx, hold_id)
    if found is None:
        raise NotFound("hold", hold_id)
    return found, holds.record_of(tx, found.record_id).owner


async def _decided(
    flow: Flow, function: Callable[..., str], hold: Hold, given: Mapping[str, Any], actor: Actor,
    roles: Iterable[str],
) -> str:  # fmt: skip
    facts = {"token": actor.token, "on_behalf_of": on_behalf_of(actor, tuple(roles))}
    state = await flow.store.write(
        function, flow, hold.id, _text(given, "reason"), str(actor), **facts
    )
    flow.bell.ring("deliver")
    flow.bell.ring("route")
    return state


def _text(given: Mapping[str, Any], name: str) -> str:
    text = str(given.get(name) or "").strip()
    if not text:
        raise ConfigError(say("This needs {name!r}, and not an empty one.", name=name))
    return text


# ---- who -------------------------------------------------------------------------------------


def _releasing(flow: Flow, hold: Hold) -> tuple[str, ...]:
    """Return the roles that may release: of the gate in force, else of when it was held.

    A gate that is gone and named none would hold for ever what it held: an admin decides then.
    """
    gate = flow.bundles.active.gates.get(hold.gate)
    return (tuple(hold.roles) or ("admin",)) if gate is None else gate.release.roles


def _approving(gate: Gate) -> tuple[str, ...]:
    """Return the roles whose approval may count; empty: anybody's."""
    if any(need.approvals and not need.roles for need in gate.needs):
        return ()
    return tuple(dict.fromkeys(one for need in gate.needs for one in (*need.levels, *need.roles)))


def _decides(
    actor: Actor, hold: Hold, owner: str | None, roles: tuple[str, ...], what: str
) -> None:
    _has_one(actor, hold, roles, what)
    if actor.trusted and hold.action is None:
        return
    own = hold.action is None and actor.person is not None and owner in actor.person.names
    second_person(actor, str(actor) if own else hold.requested_by or "", roles)


def _has_one(actor: Actor, hold: Hold, roles: tuple[str, ...], what: str) -> None:
    if actor.trusted or not roles or any(role in actor.roles for role in roles):
        return
    raise NotAllowed(
        say(
            "{actor} may not {what} what {gate} holds; it takes one of these roles: {roles}.",
            actor=actor, what=what, gate=hold.gate, roles=", ".join(dict.fromkeys(roles)),
        )
    )  # fmt: skip
