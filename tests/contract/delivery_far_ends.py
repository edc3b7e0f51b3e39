"""Far ends that obey a script: what they hold, what is under way to them, what they tell.

A far end is one of four kinds (key, natural, lookup, none) and does with each request what the
test tells it to. A request whose answer was lost may land later, as long as the operation's settle
time has not passed; a job it took may be done later, within the operation's acceptance window.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from hub import (
    Accepted,
    Action,
    Command,
    Connector,
    ConnectorError,
    Context,
    FieldSpec,
    Found,
    Idempotency,
    Operation,
    Outcome,
    Progress,
    ReadBack,
    Receipt,
    Report,
    Spec,
    Stream,
)
from hub.clock import Clock

if TYPE_CHECKING:
    from delivery_world import World

SETTLE = timedelta(seconds=30)
#: How long a job that was taken may stay queued.
ACCEPTANCE = timedelta(minutes=2)
#: How long a far end needs until a read shows what was written.
READ_LAG = timedelta(seconds=5)
#: How long after the first acceptance a result that never comes is given up.
GIVE_UP = timedelta(hours=1)
#: How soon a far end wants to be asked for a result while the job is queued.
ASK_AGAIN = timedelta(seconds=10)
FIELDS = {"revision": FieldSpec("integer", readable=True), "note": FieldSpec(readable=True)}
#: Behaviour → how a far end says that a request had no effect, or nothing at all.
REFUSALS = {
    "refuse": Outcome.UNAVAILABLE_NOT_APPLIED,
    "busy": Outcome.RATE_LIMITED,
    "conflict": Outcome.CONFLICT,
    "reject": Outcome.REJECTED,
    "closed": Outcome.PERIOD_CLOSED,
    "unauthorized": Outcome.NOT_AUTHORIZED,
    "misconfigured": Outcome.MISCONFIGURED,
    "silent": Outcome.UNKNOWN,
}


@dataclass(frozen=True)
class Effect:
    """Something the far end did."""

    delivery: str
    record: str
    step: str
    revision: int
    action: str
    #: For update and cancel: the object it acted on.
    object_id: str
    key: str
    note: str
    at: datetime | None = None


@dataclass(frozen=True)
class CallBack:
    """What the far end says of a job by itself, once it is done or refused."""

    delivery: str
    ticket: str
    key: str
    #: None: the job was refused.
    external_id: str | None
    #: The key is of this delivery alone; else it is of an object that others wrote to as well.
    names_one: bool = True

    def report(self, names: str) -> Report:
        """Return it as the connector parses it, naming the ticket, the key or both."""
        return Report(
            ticket=self.ticket if names in ("ticket", "both") else None,
            key=self.key if names in ("key", "both") else None,
            receipt=Receipt(external_id=self.external_id) if self.external_id else None,
            refused=None if self.external_id else "no",
        )


class FarEnd:
    """Keeps what was applied, and what is still under way to it."""

    def __init__(self, kind: str, clock: Clock, window: timedelta | None = None) -> None:
        self.kind = kind
        self.clock = clock
        #: How long a key is remembered.
        self.window = window
        self.log: list[Effect] = []
        #: Requests whose answer was lost before they arrived, and until when they may still land.
        self.under_way: list[tuple[Effect, Any]] = []
        #: Ticket → what was taken and is not done yet.
        self.jobs: dict[str, Effect] = {}
        self.job_ends: dict[str, datetime] = {}
        self.finished_jobs: dict[str, Effect] = {}
        self.refused_jobs: set[str] = set()
        self.call_backs: list[CallBack] = []
        self.faults: list[str] = []
        self._tickets = itertools.count(1)

    # -- what stands

    def standing(self, record: str, step: str) -> list[Effect]:
        """Return the creations of the objects that stand."""
        gone = {one.object_id for one in self.log if one.action == "cancel"}
        return [
            one for one in self.log
            if one.action == "create" and (one.record, one.step) == (record, step)
            and one.object_id not in gone
        ]  # fmt: skip

    def alive(self, record: str, step: str) -> list[str]:
        return [one.object_id for one in self.standing(record, step)]

    def shown(self, record: str, step: str) -> list[Effect]:
        """Return what was written into the objects that stand, oldest first."""
        alive = set(self.alive(record, step))
        return [one for one in self.log if one.object_id in alive and one.action != "cancel"]

    def known(self, effect: Effect) -> Effect:
        """Return what stands under the effect's key: a repeat is answered with the first result."""
        same = [one for one in self.log if one.key == effect.key and one.action == effect.action]
        return same[-1] if same else effect

    # -- what it does

    def apply(self, effect: Effect, *, append: bool, may_repeat: bool = False) -> None:
        """Process a request as a far end of this kind does."""
        if self._refuses_repeat(effect):
            return
        self.faults += self._misdeeds(effect, append=append, may_repeat=may_repeat)
        if effect.action == "cancel" and effect.object_id not in self.alive(
            effect.record, effect.step
        ):
            return
        self.log.append(dataclasses.replace(self._own_object(effect), at=self.clock.now()))

    def _refuses_repeat(self, effect: Effect) -> bool:
        if self.kind == "key":
            return any(one.key == effect.key and self._remembers(one) for one in self.log)
        creates = self.kind == "natural" and effect.action == "create"
        return creates and any(one.key == effect.key and one.action == "create" for one in self.log)

    def _remembers(self, one: Effect) -> bool:
        return self.window is None or one.at is None or one.at + self.window > self.clock.now()

    def _own_object(self, effect: Effect) -> Effect:
        """A far end that cannot tell a repeat makes a second object."""
        if effect.action != "create":
            return effect
        before = sum(one.object_id.startswith(effect.object_id) for one in self.log)
        if not before:
            return effect
        return dataclasses.replace(effect, object_id=f"{effect.object_id}-again{before}")

    def _misdeeds(self, effect: Effect, *, append: bool, may_repeat: bool) -> Iterator[str]:
        same = [
            one for one in self.log
            if (one.delivery, one.action, one.note) == (effect.delivery, effect.action, effect.note)
        ]  # fmt: skip
        if effect.action == "create" and same and not may_repeat:
            yield f"applied twice: {effect}"
        if effect.action == "update" and effect.object_id not in self.alive(
            effect.record, effect.step
        ):
            yield f"changes an object that is gone: {effect}"
        newer = [
            one for one in self.log
            if (one.record, one.step) == (effect.record, effect.step)
            and one.revision > effect.revision and one.action != "cancel"
        ]  # fmt: skip
        if effect.action != "cancel" and not append and newer:
            yield f"old over new: {effect} after {newer[-1]}"

    def remove_by_hand(self, effect: Effect) -> None:
        """A person takes an object back at the far end."""
        self.log.append(
            dataclasses.replace(effect, delivery="person", action="cancel", at=self.clock.now())
        )

    # -- jobs

    def take_job(self, effect: Effect, until: datetime) -> str:
        """Take a request, to do it later; return its ticket."""
        if self.kind == "key":
            for ticket, one in self.jobs.items():
                if one.key == effect.key:
                    return ticket
        ticket = f"{effect.key}#{next(self._tickets)}"
        self.jobs[ticket], self.job_ends[ticket] = effect, until
        return ticket

    def end_job(self, ticket: str, external_id: str | None) -> None:
        """A job is done or refused: whoever waits may be told, and may ask."""
        effect = self.jobs.pop(ticket)
        if external_id is None:
            self.refused_jobs.add(ticket)
        else:
            self.finished_jobs[ticket] = effect
        alone = self.kind == "key" or effect.action == "create"
        self.call_backs.append(
            CallBack(effect.delivery, ticket, effect.key, external_id, names_one=alone)
        )

    def forget(self) -> None:
        """What cannot land or be done any more is lost."""
        now = self.clock.now()
        self.under_way = [(effect, until) for effect, until in self.under_way if until > now]
        for ticket in [one for one in self.jobs if self.job_ends[one] <= now]:
            del self.jobs[ticket]


class Scripted(Connector):
    """Does what the world's script says."""

    spec: ClassVar[Spec] = Spec("scripted", "Scripted", "脚本")

    def __init__(self, world: World, name: str, kind: str, **traits: Any) -> None:
        super().__init__(None, Context(name, None, world.clock, None))  # type: ignore[arg-type]
        self.world = world
        self.name = name
        self.blind = kind == "none" or bool(traits.get("blind"))
        self.far = FarEnd(kind, world.clock, traits.get("window"))
        self.spec = Spec(  # type: ignore[misc]
            "scripted", "Scripted", "脚本",
            streams=(Stream("commitment", "commitment"),),
            operations=(
                Operation(
                    "put", "put", Idempotency(kind), fields=FIELDS, settle=SETTLE,
                    full_state=traits.get("full", False),
                    acceptance_window=ACCEPTANCE if traits.get("later") else None,
                    window=traits.get("window"),
                    read_back=ReadBack.ALWAYS if traits.get("readable") else ReadBack.NEVER,
                    read_back_after=READ_LAG,
                ),
            ),
            timeout=timedelta(seconds=5),
        )  # fmt: skip

    def _effect(self, command: Command) -> Effect:
        delivery = command.correlation_id
        row = self.world.rows[delivery]
        object_id = command.external_id or ""
        if command.action is Action.CREATE:
            object_id = f"{self.name}-{command.key}-{delivery[-4:]}"
        return Effect(
            delivery, row.record, row.step, command.revision, str(command.action), object_id,
            command.key, str(command.document.get("note")),
        )  # fmt: skip

    def _apply(self, effect: Effect) -> None:
        append = self.world.rows[effect.delivery].append
        self.far.apply(effect, append=append, may_repeat=effect.delivery in self.world.may_repeat)

    def _refuse(self) -> None:
        outcome = REFUSALS.get(self.world.behaviour)
        if outcome is not None:
            raise ConnectorError(outcome, f"told to {self.world.behaviour}")

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        effect = self._effect(command)
        if self.world.lease_is_over():
            self.far.faults.append(f"written after the lease: {effect}")
        self._refuse()
        match self.world.behaviour:
            case "apply":
                self._apply(effect)
                return self._receipt(effect)
            case "answer_lost":
                self._apply(effect)
            case "under_way":
                self.far.under_way.append((effect, self.world.clock.now() + SETTLE))
            case "accept":
                return self._accepted(self._take_job(effect))
            case "accept_lost":
                self._take_job(effect)
            case other:
                raise AssertionError(other)
        raise ConnectorError(Outcome.UNKNOWN, "no answer")

    def _receipt(self, effect: Effect) -> Receipt:
        return Receipt(external_id=self.far.known(effect).object_id)

    def _take_job(self, effect: Effect) -> str:
        return self.far.take_job(effect, self.world.clock.now() + ACCEPTANCE)

    def _accepted(self, ticket: str) -> Accepted:
        now = self.world.clock.now()
        ask_at = now + (ASK_AGAIN if ticket in self.far.jobs else 10 * ASK_AGAIN)
        return Accepted(ticket, ask_at, now + GIVE_UP)

    async def result(self, command: Command, ticket: str) -> Receipt | Accepted:
        self._refuse()
        if ticket in self.far.jobs and self.world.behaviour == "done":
            self.run_job(ticket)
        elif ticket in self.far.jobs and self.world.behaviour == "refused":
            self.refuse_job(ticket)
        if ticket in self.far.refused_jobs:
            raise ConnectorError(Outcome.REJECTED, "no")
        if ticket in self.far.finished_jobs:
            return self._receipt(self.far.finished_jobs[ticket])
        return self._accepted(ticket)

    def run_job(self, ticket: str) -> None:
        """Do now what was taken before."""
        effect = self.far.jobs[ticket]
        self._apply(effect)
        self.far.end_job(ticket, self.far.known(effect).object_id)

    def refuse_job(self, ticket: str) -> None:
        """Refuse now what was taken before."""
        self.far.end_job(ticket, None)

    async def find(self, command: Command) -> Found | None:
        self._refuse()
        effect = self._effect(command)
        if command.action is Action.CANCEL:
            gone = effect.object_id not in self.far.alive(effect.record, effect.step)
            return Found(mine=gone, external_id=effect.object_id)
        mine = [
            one for one in self.far.log
            if one.delivery == effect.delivery and one.note == effect.note
            and one.action != "cancel"
        ]  # fmt: skip
        append = self.world.rows[effect.delivery].append
        shown = mine if append else self.far.shown(effect.record, effect.step)
        if self.world.reading:
            shown = [one for one in shown if one.at and one.at + READ_LAG <= self.far.clock.now()]
        last = (shown or mine)[-1] if shown or (mine and not self.world.reading) else None
        if last is None:
            return None
        note = "somebody else's" if self.world.behaviour == "differs" else last.note
        document = {"revision": last.revision, "note": note}
        return Found(bool(mine), external_id=last.object_id, document=document)


class Blind(Scripted):
    """A far end that cannot be searched."""

    find = None  # type: ignore[assignment]
