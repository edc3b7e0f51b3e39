"""What a person does about alerts: say that somebody is at it, try the ways they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.errors import ConfigError, HubError
from hub.flow import notices
from hub.flow.parts import Flow
from hub.language import say
from hub.nearest import suggestion
from hub.people import Actor
from hub.store import alerts, ledger

#: Who may.
ROLES = ("operator",)


async def acknowledge(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Note that the actor looks after an open alert: no further notice of it until it is over.

    `id` is an id or its unique ending. Returns the alert; raises `HubError` where none is open
    under it, or somebody is at it already.
    """
    return await flow.store.write(_acknowledge, flow, str(given.get("id") or ""), str(actor))


def _acknowledge(tx: Transaction, flow: Flow, given: str, actor: str) -> Mapping[str, Any]:
    found = alerts.ending(tx, given)
    if found is None:
        raise HubError(
            say("There is not one open alert {id}. Run `hub alert list`.", id=given or "?")
        )
    now = flow.clock.now()
    if not alerts.acknowledge(tx, found["id"], actor, now):
        raise HubError(
            say("{person} looks after alert {id} already.",
                person=found["acknowledged_by"], id=found["id"])
        )  # fmt: skip
    entry = ledger.entry(
        flow.clock.new_id(), now, "alert.acknowledged", found["id"], actor=actor,
        facts={"kind": found["kind"], "subject": found["subject"]},
    )  # fmt: skip
    ledger.append(tx, [entry])
    return {name: found[name] for name in ("id", "kind", "subject")}


async def try_channels(flow: Flow, given: dict[str, Any], actor: Actor) -> Any:
    """Send a test through every channel, or the one called `channel`; return the code of each.

    `ok` where it was taken. Raises `ConfigError` where there is no such channel, or none at all.
    """
    only = given.get("channel")
    ways = flow.settings.ways_to_people if flow.settings is not None else {}
    if not ways:
        raise ConfigError(
            say("hub.yaml names nobody to tell. Write email: or webhook: under alerts:.")
        )
    if only is not None and only not in ways:
        hint = suggestion(str(only), ways)
        raise ConfigError(say("There is no channel {name}. {hint}", name=only, hint=hint))
    return await notices.try_out(flow, only)
