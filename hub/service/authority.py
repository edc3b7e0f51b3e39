"""May somebody do that? Roles decide; who is not allowed hears which role it takes."""

from __future__ import annotations

from collections.abc import Sequence

from hub.errors import HubError
from hub.language import say
from hub.people import Actor


class NotAllowed(HubError):
    """Nobody with these roles may do that."""


def may(actor: Actor, what: str, roles: Sequence[str]) -> None:
    """Let it pass; raises `NotAllowed` where the actor has none of the roles.

    An admin may everything.
    """
    if actor.trusted or "admin" in actor.roles or any(role in actor.roles for role in roles):
        return
    raise NotAllowed(
        say(
            "{actor} may not do {what}; it takes one of these roles: {roles}. An admin gives "
            "roles in people.yaml.",
            actor=actor, what=what, roles=", ".join([*roles, "admin"]),
        )
    )  # fmt: skip
