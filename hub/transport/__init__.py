"""Wake-up hints between the processes of one hub.

The database is the truth and the broker a doorbell: a hint says "look now", never what for. One
that is lost costs at most the time until the next look; one too many costs a look that finds
nothing. So nothing is confirmed, stored or repeated, and a broker that is down or hangs slows
nothing down.

    memory://              one process, nobody else to wake
    amqp://  amqps://      RabbitMQ
    redis:// rediss://     Redis; needs the extra `accord-hub[redis]`
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Protocol

from hub.clock import Clock
from hub.errors import ConfigError

__all__ = ["STAGES", "Transport", "connect"]

#: What can be woken: stages of the flow, and whoever takes other mapping files over.
STAGES = frozenset({"deliver", "mappings", "route"})

_MEMORY = ("memory",)
_RABBITMQ = ("amqp", "amqps")
_REDIS = ("redis", "rediss")


class Transport(Protocol):
    """Carries hints to and from the other processes."""

    @property
    def up(self) -> bool:
        """Say whether hints travel both ways, as far as is known."""
        ...

    def start(self) -> None:
        """Begin to listen and to publish; returns at once, whether the broker is there or not."""
        ...

    def publish(self, stage: str) -> None:
        """Wake a stage in all other processes; never waits, never raises, any thread may call."""
        ...

    def close(self) -> None:
        """Stop; takes a few seconds where the broker hangs."""
        ...


def connect(
    url: str, on_hint: Callable[[str], None], clock: Clock, *, tenant: str = ""
) -> Transport:
    """Return the transport of an address, not yet started.

    `on_hint` is called with a member of `STAGES` whenever another process rang for it, from a
    thread of the transport's own. Processes with different tenants do not hear each other. Raises
    `ConfigError` when the address is of an unknown kind, or its library is not installed.
    """
    scheme, separator, _ = url.partition("://")
    if separator and scheme in _MEMORY:
        from hub.transport.inprocess import InProcess

        return InProcess()
    if not separator or scheme not in _RABBITMQ + _REDIS:
        known = ", ".join(f"{one}://" for one in _MEMORY + _RABBITMQ + _REDIS)
        raise ConfigError(f"transport: {scheme!r} is no kind of transport; write one of {known}")
    if scheme in _REDIS and importlib.util.find_spec("redis") is None:
        raise ConfigError(
            f"transport: {scheme}:// needs a library that is not installed; "
            "run: pip install 'accord-hub[redis]'"
        )
    from hub.transport.broker import Broker

    return Broker(url, on_hint, tenant=tenant, sender=clock.new_id())
