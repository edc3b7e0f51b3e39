"""A small world for the delivery semantics: real store and stages, far ends that obey a script.

The far end is one of four kinds (key, natural, lookup, none) and does with each request what the
test tells it to. Time is a fixed clock; a request whose answer was lost may land later, as long
as the operation's settle time has not passed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

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
    Spec,
    Stream,
)
from hub.flow import confirm, deliver, replay, revisions, sweep
from hub.flow.deliver import Call
from hub.flow.outcomes import Result
from hub.flow.parts import Bundles, Connection, Flow
from hub.mapping.bundle import read_bundle
from hub.store import connections
from hub.store import records as stored
from hub.store import tables as t
from hub.store.engine import Store
from hub.store.rows import FINAL, OPEN, Policy, Traits
from hub.testing import FixedClock

SETTLE = timedelta(seconds=30)
#: Longer than any lease of the scripted connections.
LEASE = timedelta(seconds=61)
FIELDS = {"revision": FieldSpec("integer", readable=True), "note": FieldSpec(readable=True)}


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


@dataclass(frozen=True)
class StepDef:
    """One step of a record's route."""

    to: str
    on_revision: str = "update"
    on_revoke: str = "cancel"
    after: tuple[tuple[str, bool], ...] = ()
    lane: str | None = None
    revisions: tuple[int, ...] = (1, 2, 3)
    needs: str | None = None


class FarEnd:
    """Keeps what was applied, and what is still under way to it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.log: list[Effect] = []
        #: Requests whose answer was lost before they arrived, and until when they may still land.
        self.under_way: list[tuple[Effect, Any]] = []
        self.jobs: dict[str, Effect] = {}
        self.finished_jobs: dict[str, Effect] = {}
        self.faults: list[str] = []

    def alive(self, record: str, step: str) -> list[str]:
        gone = {one.object_id for one in self.log if one.action == "cancel"}
        return [
            one.object_id
            for one in self.log
            if one.action == "create" and (one.record, one.step) == (record, step)
            and one.object_id not in gone
        ]  # fmt: skip

    def apply(self, effect: Effect, *, append: bool) -> None:
        """Process a request as a far end of this kind does."""
        if self.kind == "key" and any(one.key == effect.key for one in self.log):
            return
        created = [one for one in self.log if one.action == "create"]
        known = any(one.key == effect.key for one in created)
        if self.kind == "natural" and effect.action == "create" and known:
            return
        same = [
            one for one in self.log
            if (one.delivery, one.action, one.note) == (effect.delivery, effect.action, effect.note)
        ]  # fmt: skip
        if effect.action == "create" and same and self.kind != "none":
            self.faults.append(f"applied twice: {effect}")
        if effect.action == "cancel":
            if any(
                one.action == "cancel" and one.object_id == effect.object_id for one in self.log
            ):
                return
        elif not append:
            newer = [
                one for one in self.log
                if (one.record, one.step) == (effect.record, effect.step)
                and one.revision > effect.revision and one.action != "cancel"
            ]  # fmt: skip
            if newer:
                self.faults.append(f"old over new: {effect} after {newer[-1]}")
        self.log.append(effect)


class Scripted(Connector):
    """Does what the world's script says."""

    spec: ClassVar[Spec] = Spec("scripted", "Scripted", "脚本")

    def __init__(self, world: World, name: str, kind: str, **traits: Any) -> None:
        super().__init__(None, Context(name, None, world.clock, None))  # type: ignore[arg-type]
        self.world = world
        self.name = name
        self.far = FarEnd(kind)
        self.spec = Spec(  # type: ignore[misc]
            "scripted", "Scripted", "脚本",
            streams=(Stream("commitment", "commitment"),),
            operations=(
                Operation(
                    "put", "put", Idempotency(kind), fields=FIELDS, settle=SETTLE,
                    full_state=traits.get("full", False),
                    acceptance_window=SETTLE if traits.get("later") else None,
                    read_back=ReadBack.ALWAYS if traits.get("readable") else ReadBack.NEVER,
                    read_back_after=timedelta(seconds=5),
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
        row = self.world.rows[effect.delivery]
        self.far.apply(effect, append=row.append)

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        effect = self._effect(command)
        match self.world.behaviour:
            case "apply":
                self._apply(effect)
                return Receipt(external_id=self._known(effect).object_id)
            case "answer_lost":
                self._apply(effect)
                raise ConnectorError(Outcome.UNKNOWN, "no answer")
            case "under_way":
                self.far.under_way.append((effect, self.world.clock.now() + SETTLE))
                raise ConnectorError(Outcome.UNKNOWN, "no answer")
            case "refuse":
                raise ConnectorError(Outcome.UNAVAILABLE_NOT_APPLIED, "try later")
            case "reject":
                raise ConnectorError(Outcome.REJECTED, "no")
            case "unauthorized":
                raise ConnectorError(Outcome.NOT_AUTHORIZED, "who are you")
            case "accept" | "accept_lost" as behaviour:
                self.far.jobs.setdefault(effect.key, effect)
                if behaviour == "accept_lost":
                    raise ConnectorError(Outcome.UNKNOWN, "no answer")
                now = self.world.clock.now()
                return Accepted(effect.key, now + SETTLE, now + timedelta(hours=1))
        raise AssertionError(self.world.behaviour)

    def _known(self, effect: Effect) -> Effect:
        """Return what stands under the effect's key: a repeat is answered with the first result."""
        same = [
            one for one in self.far.log if one.key == effect.key and one.action == effect.action
        ]
        return same[-1] if same else effect

    async def result(self, command: Command, ticket: str) -> Receipt | Accepted:
        if self.world.behaviour == "unauthorized":
            raise ConnectorError(Outcome.NOT_AUTHORIZED, "who are you")
        if ticket in self.far.jobs:
            now = self.world.clock.now()
            return Accepted(ticket, now + SETTLE, now + timedelta(hours=1))
        return Receipt(external_id=self._known(self._effect(command)).object_id)

    def run_job(self, key: str) -> None:
        """Do now what was taken before."""
        effect = self.far.jobs.pop(key)
        self._apply(effect)
        self.far.finished_jobs[key] = effect

    async def find(self, command: Command) -> Found | None:
        if self.world.behaviour == "unauthorized":
            raise ConnectorError(Outcome.NOT_AUTHORIZED, "who are you")
        effect = self._effect(command)
        if command.action is Action.CANCEL:
            row = self.world.rows[effect.delivery]
            gone = effect.object_id not in self.far.alive(row.record, row.step)
            return Found(mine=gone, external_id=effect.object_id)
        mine = [
            one for one in self.far.log
            if one.delivery == effect.delivery and one.note == effect.note
        ]  # fmt: skip
        standing = [
            one for one in self.far.log
            if (one.record, one.step) == (effect.record, effect.step) and one.action != "cancel"
        ]  # fmt: skip
        row = self.world.rows[effect.delivery]
        shown = mine if row.append else standing
        if not shown:
            return None
        last = shown[-1]
        document = {"revision": last.revision, "note": last.note}
        return Found(bool(mine), external_id=last.object_id, document=document)


class Blind(Scripted):
    """A far end that cannot be searched."""

    find = None  # type: ignore[assignment]


@dataclass
class RowFacts:
    """What the far end must know of a delivery to judge it."""

    record: str
    step: str
    append: bool


@dataclass
class World:
    """Store, stages, far ends and the calls in flight."""

    store: Store
    loop: asyncio.AbstractEventLoop
    steps: dict[str, dict[str, StepDef]]
    kinds: dict[str, tuple[str, dict[str, Any]]]
    clock: FixedClock = field(default_factory=FixedClock)
    behaviour: str = "apply"
    calls: list[Call] = field(default_factory=list)
    results: list[Result | confirm.ReadBack] = field(default_factory=list)
    rows: dict[str, RowFacts] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)
    revoked: set[tuple[str, int]] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.connectors = {
            name: (Blind if kind == "none" else Scripted)(self, name, kind, **more)
            for name, (kind, more) in self.kinds.items()
        }
        jitterless = Policy(deadline=timedelta(days=30))
        self.flow = Flow(
            self.store, self.clock,
            {name: Connection(name, one) for name, one in self.connectors.items()},
            Bundles(read_bundle({})), jitterless, worker="w1",
        )  # fmt: skip

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    # -- what arrives

    def revise(self, record: str, revision: int) -> None:
        """A revision is routed: as the router does it, in one transaction."""
        self.store.write_now(self._revise, record, revision)
        self._learn_rows()

    def _revise(self, tx: sa.Connection, record: str, revision: int) -> None:
        board = self.flow.board(tx)
        key = ("commitment", "crm", record)
        row = stored.lock(tx, [key], self.clock.now(), self.flow.clock.new_id)[key]
        stored.add_revisions(
            tx,
            [{"record_id": row.id, "revision": revision, "schema": "commitment@1",
              "content_hash": str(revision), "document": {"note": f"{record}{revision}"},
              "modified_at": None, "message_id": "m", "correlation_id": "c",
              "stored_at": self.clock.now()}],
        )  # fmt: skip
        if revision > row.planned:
            row.revision = row.planned = revision
            board.planned_now(row.id, revision, row.revoked)
            if revision in row.revoked:
                revisions.supersede(board, board.load_record(row.id), revision)
                revisions.revoke(board, row.id, revision, revision)
            else:
                revisions.plan_revision(board, self._plan(row.id, record, revision))
            self.planned[record] = revision
        stored.save(tx, [row])
        board.save()

    def _plan(self, record_id: str, record: str, revision: int) -> revisions.Plan:
        steps = {name: one for name, one in self.steps[record].items() if revision in one.revisions}
        return revisions.Plan(
            record_id, revision, "route", self.flow.bundles.active.sha, "m", "c",
            tuple(self._step(record, name, one, set(steps)) for name, one in steps.items()),
        )  # fmt: skip

    def _step(
        self, record: str, name: str, one: StepDef, present: set[str]
    ) -> revisions.PlannedStep:
        connection = self.flow.connections[one.to]
        operation = connection.spec.operation("put")
        traits = Traits(
            **{
                **dataclasses.asdict(connection.traits(operation, _Words())),
                "on_revision": one.on_revision, "on_revoke": one.on_revoke,
            }
        )  # fmt: skip
        needs = ("erp", "put", f"{one.needs}-a") if one.needs else None
        return revisions.PlannedStep(
            name, one.to, "put", f"{record}-{name}", one.lane or record, traits, None, {},
            {other: sure for other, sure in one.after if other in present}, needs,
        )  # fmt: skip

    def revoke(self, record: str, revision: int) -> None:
        """An approval is revoked, maybe before its revision comes."""

        def transact(tx: sa.Connection) -> None:
            board = self.flow.board(tx)
            key = ("commitment", "crm", record)
            row = stored.lock(tx, [key], self.clock.now(), self.flow.clock.new_id)[key]
            stored.add_revocation(tx, row.id, revision, "m", self.clock.now())
            row.revoked.add(revision)
            board.planned_now(row.id, row.planned, row.revoked)
            revisions.revoke(board, row.id, revision, row.planned)
            board.save()

        self.store.write_now(transact)
        self.revoked.add((record, revision))
        self._learn_rows()

    def _learn_rows(self) -> None:
        d, r = t.delivery.c, t.record.c
        query = sa.select(d.id, d.step, r.number, d.traits).join(t.record, r.id == d.record_id)
        for row in self.store.read_now(lambda tx: tx.execute(query).all()):
            append = row.traits["on_revision"] == "append"
            self.rows[row.id] = RowFacts(row.number, row.step, append)

    # -- the worker

    def claim(self) -> list[Call]:
        """Claim everything that is due; each call waits until the test lets it go on."""
        fresh: list[Call] = self.run(deliver.claim(self.flow, dict.fromkeys(self.connectors, 10)))
        for call in fresh:
            call.row.correlation_id = call.row.id
            if call.kind == "send":
                self._check_claim(call)
        self.calls += fresh
        return fresh

    def _check_claim(self, call: Call) -> None:
        far = self.connectors[call.row.connection].far
        facts = self.rows[call.row.id]
        outdated = self.planned.get(facts.record, 0) > call.row.revision or (
            facts.record, call.row.revision,
        ) in self.revoked  # fmt: skip
        if call.row.intent == "put" and outdated and not call.row.unsure:
            far.faults.append(f"outdated revision sent: {facts} {call.row.revision}")
        if far.kind == "none" and call.row.unsure and not call.row.approved:
            far.faults.append(f"sent again without being told to: {facts}")
        for other in self.deliveries():
            beside = other.lane_id == call.row.lane_id and other.id != call.row.id
            if beside and other.state == "sending" and other.lease_until is not None:
                far.faults.append(f"two rows of a lane in flight: {facts}")

    def proceed(self, number: int, behaviour: str) -> None:
        """Let a call happen, with the far end behaving so; its result is not booked yet."""
        call = self.calls.pop(number)
        self.behaviour = behaviour
        self.results.append(self.run(deliver.carry_out(self.flow, call)))
        self.behaviour = "apply"

    def crash(self) -> None:
        """The worker dies: what it held in memory is gone."""
        self.calls.clear()
        self.results.clear()

    def book(self, number: int) -> None:
        """Book one result."""
        self.run(deliver.finish(self.flow, [self.results.pop(number)]))
        self._learn_rows()

    # -- time

    def advance(self, delta: timedelta) -> None:
        """Move the clock; what cannot land any more is lost; then what time brings is done."""
        self.clock.advance(delta)
        for one in self.connectors.values():
            one.far.under_way = [
                (effect, until) for effect, until in one.far.under_way if until > self.clock.now()
            ]
        self.run(sweep.sweep(self.flow))
        self._learn_rows()

    def jump(self) -> None:
        """Move the clock to the moment the next row becomes due."""
        moments = [row.due_at for row in self.deliveries() if row.due_at is not None]
        if moments and min(moments) > self.clock.now():
            self.advance(min(moments) - self.clock.now())

    def land(self, name: str) -> None:
        """The oldest request still under way arrives."""
        connector = self.connectors[name]
        effect, _ = connector.far.under_way.pop(0)
        connector._apply(effect)

    def resume(self) -> None:
        """A person corrects the credentials of every paused connection."""
        for name in self.connectors:
            self.store.write_now(connections.resume, name, self.clock.now())

    def decide(self, delivery_id: str, what: str) -> None:
        """A person decides about a row; a refusal is fine."""
        actions = {
            "retry": lambda tx: replay.retry(tx, self.flow, delivery_id, "p"),
            "edit": lambda tx: replay.edit(tx, self.flow, delivery_id, {"note": "edited"}, "p"),
            "skip": lambda tx: replay.skip(tx, self.flow, delivery_id, "done", "p"),
            "cancel": lambda tx: replay.cancel(tx, self.flow, delivery_id, "no", "p"),
        }
        try:
            self.store.write_now(actions[what])
        except replay.Refused:
            return
        if what != "retry" or self.connectors[self._row(delivery_id).connection].far.kind == "none":
            self.touched.add(self.rows[delivery_id].record)
        self._learn_rows()

    # -- looking

    def deliveries(self) -> Sequence[Any]:
        d = t.delivery.c
        return self.store.read_now(
            lambda tx: tx.execute(sa.select(t.delivery).order_by(d.id)).all()
        )

    def _row(self, delivery_id: str) -> Any:
        return next(row for row in self.deliveries() if row.id == delivery_id)

    def waits(self) -> dict[str, list[tuple[str, str]]]:
        w = t.delivery_wait.c
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self.store.read_now(lambda tx: tx.execute(sa.select(t.delivery_wait)).all()):
            found.setdefault(row.delivery_id, []).append((row.kind, row.on_id))
        assert w is not None
        return found

    # -- to rest

    def settle_down(self) -> None:
        """No more faults: let everything run until nothing moves by itself."""
        self.resume()
        for turn in itertools.count():
            assert turn < 400, f"never comes to rest: {self._story()}"
            for connector in self.connectors.values():
                for key in list(connector.far.jobs):
                    connector.run_job(key)
            self.claim()
            while self.calls:
                self.proceed(0, "apply")
            while self.results:
                self.book(0)
            busy = any(row.due_at or row.lease_until for row in self.deliveries())
            late = any(
                row.holds_lane and row.state in FINAL and row.settles_at
                for row in self.deliveries()
            )
            waiting = any(row.state == "accepted" for row in self.deliveries())
            if not (busy or late or waiting):
                return
            self.advance(timedelta(minutes=5) if turn % 5 else timedelta(hours=5))

    def check_at_rest(self) -> None:
        """Everything is final or visibly waits; the far ends hold what they should."""
        rows = {row.id: row for row in self.deliveries()}
        waits = self.waits()
        for row in rows.values():
            verdict = self._visible(row, rows, waits, ())
            assert verdict in (None, True), f"{verdict}: {self._story()}"
            self._check_row(row)
        for connector in self.connectors.values():
            assert not connector.far.faults, f"{connector.far.faults}: {self._story()}"
        for record in self.planned:
            self._check_objects(record, [row for row in rows.values()
                                         if self.rows[row.id].record == record])  # fmt: skip

    def _visible(self, row: Any, rows: Any, waits: Any, seen: tuple[str, ...]) -> Any:
        if row.id in seen:
            return f"deadlock at {row.id}"
        if row.state in FINAL:
            return None
        if row.state == "dead":
            return True
        if row.state != "blocked":
            return f"{row.id} rests in {row.state}"
        if not waits.get(row.id):
            return f"{row.id} waits for nothing and is not ready"
        for kind, on_id in waits[row.id]:
            verdict = self._wait_visible(kind, on_id, row, rows, waits, seen)
            if verdict is not True:
                return verdict
        return True

    def _wait_visible(
        self, kind: str, on_id: str, row: Any, rows: Any, waits: Any, seen: tuple[str, ...]
    ) -> Any:
        if kind in ("hold", "link"):
            return True
        other = rows[on_id]
        if kind == "confirmed" and other.state == "delivered":
            return other.confirm in ("overtaken", "differs", "unreadable") or f"{row.id} waits on"
        verdict = self._visible(other, rows, waits, (*seen, row.id))
        return verdict if verdict is not None else f"{row.id} waits for {other.state} {on_id}"

    def _check_row(self, row: Any) -> None:
        far = self.connectors[row.connection].far
        applied = [one for one in far.log if one.delivery == row.id]
        skipped = row.reason == "nothing_to_cancel" or row.action == "cancel"
        if row.state == "delivered" and not skipped:
            assert applied, f"delivered but never applied {row.id}: {self._story()}"
        if row.state == "dead" and row.reason == "rejected":
            fresh = [one for one in applied if one.key == row.key]
            assert not fresh, f"dead (rejected) though applied {row.id}: {self._story()}"
        assert not (row.proven and row.state in OPEN - {"dead"}), self._story()

    def _check_objects(self, record: str, rows: Sequence[Any]) -> None:
        open_rows = [row for row in rows if row.state in OPEN or row.state == "skipped"]
        unsure = [row for row in rows if row.unsure and row.state in ("cancelled", "superseded")]
        if open_rows or unsure or record in self.touched or self._todo(rows):
            return
        revision = self.planned[record]
        for name, step in self.steps[record].items():
            alive = self.connectors[step.to].far.alive(record, name)
            counts = (record, revision) not in self.revoked and revision in step.revisions
            if step.on_revision == "append" and counts:
                continue
            found = f"{record}.{name}: {len(alive)} objects stand, {int(counts)} wanted"
            assert len(alive) == int(counts), f"{found}: {self._story()}"

    def _todo(self, rows: Sequence[Any]) -> bool:
        ids = [row.id for row in rows]
        c = t.ledger.c
        query = sa.select(c.id).where(c.kind == "todo.applied_after_all", c.subject.in_(ids))
        return bool(self.store.read_now(lambda tx: tx.execute(query).first()))

    def _story(self) -> str:
        waits = self.waits()
        lines = [
            f"{row.id[-3:]} {self.rows[row.id].record}{row.revision}.{row.step} {row.intent}"
            f"/{row.action} {row.connection} {row.state} {row.reason or ''} key={row.key}"
            f" tries={row.tries} unsure={row.unsure} seat={row.seat} holds={row.holds_lane}"
            f" confirm={row.confirm} waits={[(k, o[-3:]) for k, o in waits.get(row.id, [])]}"
            for row in self.deliveries()
        ]
        for name, connector in self.connectors.items():
            lines += [f"{name}({connector.far.kind}) {one}" for one in connector.far.log]
        return "\n" + "\n".join(lines)


@dataclass(frozen=True)
class _Words:
    """The words of a step that the connection reads its traits from."""

    on_revision: str | None = None
    on_revoke: str | None = None
    on_unknown: str = "stop"
