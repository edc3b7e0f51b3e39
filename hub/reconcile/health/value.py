"""What the report says of one commitment, and what it was asked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

SCHEMA = "hub/commitment-health@1"


class State(enum.StrEnum):
    """What became of the newest revision of a commitment; each is in exactly one, worst first."""

    #: Delivered, but a finding is open on its key, or it was read back differently.
    BROKEN = "broken"
    #: It goes on only when a person acts: dead, in doubt, held, cancelled, message failed.
    STOPPED = "stopped"
    #: Underway for longer than the limit.
    LATE = "late"
    #: Goes on by itself, or waits for approvals, links or other steps.
    UNDERWAY = "underway"
    #: No route took it: nothing is delivered for it.
    NOT_PLANNED = "not_planned"
    #: Every planned step is delivered, confirmed where it is read back, and nothing is found.
    FULFILLED = "fulfilled"
    #: The newest revision was revoked: nothing is owed any more.
    REVOKED = "revoked"


#: Those whose time has come: the denominator of the rate.
DUE = (State.FULFILLED, State.BROKEN, State.STOPPED, State.LATE)


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long one step of a commitment took until it was delivered first, in whole seconds.

    Counted from the receipt of the revision. The five parts add up to `total`.
    """

    step: str
    connection: str
    #: Until the step was planned: approvals, and gates that hold the record.
    approving: int
    #: Until all steps it waits for were delivered (`after:`).
    preceding: int
    #: Held for a person after that, and before it was first tried.
    held: int
    #: The rest until it was first tried: links, lanes, the queue.
    queued: int
    #: From the first attempt until it was delivered.
    tried: int
    #: It has steps before it, so that its own time begins when they end.
    follows: bool

    @property
    def total(self) -> int:
        """Return the time from the receipt to the delivery."""
        return self.waited + self.tried

    @property
    def waited(self) -> int:
        """Return the time until it was first tried."""
        return self.approving + self.preceding + self.held + self.queued

    @property
    def own(self) -> int:
        """Return the time between departments: from the end of those before, or the receipt."""
        return self.held + self.queued + self.tried + (0 if self.follows else self.approving)


@dataclass(frozen=True, slots=True)
class Commitment:
    """One commitment of the period."""

    record_id: str
    number: str
    connection: str
    revision: int
    received: datetime
    state: State
    #: What keeps it; empty where nothing does.
    cause: str = ""
    #: Step, gate, side or system the cause is at; empty where it is at none.
    where: str = ""
    #: Id of what a person looks at: a delivery, a hold, a finding.
    ref: str = ""
    #: When its last step was delivered; None: not all of them are.
    delivered: datetime | None = None
    customer: str = ""
    owner: str = ""
    #: Steps that were delivered.
    steps: tuple[StepTime, ...] = ()
    #: Delivered and planned steps.
    done: int = 0
    planned: int = 0

    def age(self, now: datetime) -> timedelta:
        """Return the time it took to be delivered, or has taken until now, in whole seconds."""
        end = now if self.delivered is None else self.delivered
        return timedelta(seconds=max(int((end - self.received).total_seconds()), 0))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the report is about."""

    kind: str
    since: datetime
    until: datetime
    #: Underway for longer is late.
    limit: timedelta
    now: datetime
    zone: str
    connection: str | None = None
