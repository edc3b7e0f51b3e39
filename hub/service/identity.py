"""Who is calling: the person of a token, or only a user of the operating system."""

from __future__ import annotations

from hub.flow.parts import Flow
from hub.people import Actor, Caller


async def identify(flow: Flow, caller: Caller) -> Actor:
    """Return who calls."""
    return Actor(os_user=caller.os_user, trusted=True)
