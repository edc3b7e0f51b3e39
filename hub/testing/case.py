"""What the author of a connector hands to the contract suite: one far end and how to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from hub.connector import Command, Connector, Context, Document, FieldSpec, WebhookRequest
from hub.http import connect
from hub.testing.clock import FixedClock
from hub.testing.simulator import Simulator, SimulatorTransport
from hub.tokens import TokenCache


@dataclass(frozen=True, slots=True)
class Exercise:
    """An example of one operation."""

    #: Creates one object; the suite makes the update and the cancel from it.
    command: Command
    #: Part of the simulator's name (`Simulator.name_of`) of the call that takes effect.
    call: str
    #: Document of the cancel; None: that of the example.
    cancel: Document | None = None


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How the product signs what it sends."""

    #: Body of a webhook as the product would send it.
    body: bytes
    #: Signs any body at any instant, as the product would; `received_at` is that instant.
    sign: Callable[[bytes, datetime], WebhookRequest]
    #: Header (in lower case) or query parameter that carries the signature.
    signature: str
    #: Oldest webhook that is believed, where the product signs the time.
    window: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Case:
    """One far end in its first state, and a connector for it."""

    simulator: Simulator
    #: The clock that the simulator and every connector of the case read.
    clock: FixedClock
    #: Returns a new connector for the same far end, as after a restart.
    connect: Callable[[], Connector]
    #: Every secret the connector was given; none may be shown anywhere.
    secrets: Sequence[str]
    #: Operation → its example; every operation of the Spec needs one.
    exercises: Mapping[str, Exercise] = field(default_factory=dict)
    webhooks: Webhooks | None = None
    #: Lets somebody change one object at the far end and returns the object's id.
    change: Callable[[], str] | None = None
    #: The stream that such a change appears in.
    stream: str = ""
    #: Part of the words the simulator refuses with (fault `error_in_200`).
    refusal: str = ""


class MemoryProgress:
    """The progress of one delivery; hand the same one to the next attempt."""

    def __init__(self) -> None:
        self._saved: dict[str, Any] = {}

    @property
    def saved(self) -> Document:
        """Return what was saved so far."""
        return self._saved

    async def save(self, **values: Any) -> None:
        """Keep what was just learned."""
        self._saved.update(values)


def simulated_context(
    connection: str,
    base_url: str,
    simulator: Simulator,
    clock: FixedClock,
    public_url: str | None = None,
) -> Context:
    """Return a connection's context whose calls all go to the simulator."""
    http = connect(connection, base_url, clock=clock, transport=SimulatorTransport(simulator))
    return Context(connection, http, clock, TokenCache(clock), public_url)


def as_webhook(request: httpx.Request, received_at: datetime) -> WebhookRequest:
    """Return a call a simulator made (`Simulator.outgoing`) as the hub would receive it."""
    return WebhookRequest(
        method=request.method,
        path=request.url.path,
        query=tuple(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
        received_at=received_at,
    )


def personal_values(fields: Mapping[str, FieldSpec], document: Document) -> Iterator[str]:
    """Yield the values of a document that its operation marks as personal."""
    for name, spec in fields.items():
        value = document.get(name)
        if spec.personal is not None and value:
            yield str(value)
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, Mapping):
                yield from personal_values(spec.fields, item)
