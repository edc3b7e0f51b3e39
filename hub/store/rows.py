"""The rows a board holds in memory, and what is frozen with a delivery when it is planned."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from hub.settings import RETRY_SCHEDULE
from hub.store import tables as t

#: States in which a delivery is not yet settled.
OPEN = frozenset({"blocked", "ready", "sending", "in_doubt", "accepted", "dead"})
#: States that never change again.
FINAL = frozenset({"delivered", "cancelled", "superseded", "skipped"})


class Wait(NamedTuple):
    """One thing a blocked delivery waits for."""

    #: lane, after, confirmed, link, hold, gate.
    kind: str
    on_id: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the connector's spec and the route say of one delivery, frozen when it is planned."""

    #: key, natural, lookup, none.
    idempotency: str
    can_find: bool = False
    full_state: bool = False
    #: update, cancel_then_create, append, person.
    on_revision: str = "update"
    #: cancel, person.
    on_revoke: str = "cancel"
    #: stop, resend.
    on_unknown: str = "stop"
    cancellable: bool = True
    #: Seconds after a request's end within which it may still take effect.
    settle: float = 30.0
    #: Seconds the far end remembers our key; None: for ever.
    window: float | None = None
    #: Seconds a taken job may stay queued at the far end; None: it never answers `Accepted`.
    acceptance: float | None = None
    #: Read what was delivered back and compare.
    read_back: bool = False
    read_back_after: float = 5.0

    def plain(self) -> dict[str, Any]:
        """Return the traits as they are stored with a delivery."""
        # `dataclasses.asdict` copies deeply, which takes twenty times as long
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def asks(self) -> bool:
        """Doubt is settled by asking the far end, not by sending again."""
        return self.idempotency in ("natural", "lookup") and self.can_find

    @property
    def resends(self) -> bool:
        """Sending again under the same key is safe."""
        return self.idempotency == "key" or (self.idempotency == "natural" and not self.can_find)


@dataclass(slots=True)
class Delivery:
    """A row of the outbox in memory; see `delivery_columns` for the meaning of each field."""

    id: str
    record_id: str
    revision: int
    plan_id: str
    message_id: str
    correlation_id: str
    route: str
    step: str
    connection: str
    operation: str
    bundle: str
    intent: str
    traits: dict[str, Any]
    lane_id: str
    handle: str
    deadline: datetime
    created_at: datetime
    mapping: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    action: str | None = None
    target: str | None = None
    state: str = "blocked"
    reason: str | None = None
    words: str | None = None
    seat: int | None = None
    holds_lane: bool = False
    waits: int = 0
    key: str | None = None
    payload: str | None = None
    external_id: str | None = None
    results: dict[str, Any] | None = None
    progress: dict[str, Any] | None = None
    ticket: str | None = None
    due_at: datetime | None = None
    lease_until: datetime | None = None
    worker: str | None = None
    fence: int = 0
    tries: int = 0
    rescues: int = 0
    unsure: bool = False
    proven: bool = False
    approved: bool = False
    first_sent_at: datetime | None = None
    settles_at: datetime | None = None
    gives_up_at: datetime | None = None
    confirm: str | None = None
    finished_at: datetime | None = None
    #: What it waits for; saved in `delivery_wait`.
    open_waits: set[Wait] = field(default_factory=set)
    _rules: Traits | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def rules(self) -> Traits:
        """Return the traits as an object; they never change."""
        if self._rules is None:
            self._rules = Traits(**self.traits)
        return self._rules

    @property
    def compensates(self) -> bool:
        """The row takes back what a revoked or dropped step did."""
        return self.intent == "compensate"


DELIVERY_COLUMNS = tuple(column.name for column in t.delivery.c)
#: All columns of a delivery in one tuple.
delivery_values = attrgetter(*DELIVERY_COLUMNS)


@dataclass(slots=True)
class Link:
    """An object at the far end that stands, or stood, because of us."""

    id: str
    connection: str
    kind: str
    handle: str
    alive: bool
    changed_at: datetime
    record_id: str | None = None
    step: str | None = None
    delivery_id: str | None = None
    key: str | None = None
    external_id: str | None = None
    results: dict[str, Any] | None = None
    document_hash: str | None = None


LINK_COLUMNS = tuple(column.name for column in t.link.c)
#: All columns of a link in one tuple.
link_values = attrgetter(*LINK_COLUMNS)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to wait between attempts, and when to give up."""

    #: Delays after the first, second … attempt; the last one repeats.
    schedule: Sequence[timedelta] = RETRY_SCHEDULE
    deadline: timedelta = timedelta(hours=72)
    #: Spreads a delay so that retries do not march in step.
    jitter: Callable[[timedelta], timedelta] = lambda delay: delay
    #: A worker that dies this often with a delivery in hand: poison.
    rescues: int = 3

    def delay(self, tries: int) -> timedelta:
        """Return how long to wait after so many attempts."""
        return self.jitter(self.schedule[min(max(tries, 1), len(self.schedule)) - 1])


def lane_id(connection: str, handle: str) -> str:
    """Return the id of a lane: the same in every process, so that nobody needs to look it up."""
    return hashlib.sha256(f"{connection}\x00{handle}".encode()).hexdigest()[:32]
