"""A small world for the delivery semantics: real store and stages, far ends that obey a script.

Time is a fixed clock. Two workers share the store: a call belongs to the one that claimed it, and
is carried out and booked when the test says so, or never.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import delivery_checks as checks
import delivery_persons as persons
import sqlalchemy as sa
from delivery_far_ends import ACCEPTANCE, SETTLE, Blind, Scripted

from hub import Event
from hub.flow import confirm, deliver, receive, release, replay, revisions, route, sweep
from hub.flow.deliver import Call
from hub.flow.outcomes import Result
from hub.flow.parts import Bundles, Connection, Flow
from hub.mapping.bundle import read_bundle
from hub.store import connections, deliveries, inbox
from hub.store import records as stored
from hub.store import tables as t
from hub.store.engine import Store
from hub.store.rows import FINAL, Policy, Traits
from hub.testing import FixedClock

__all__ = ["LEASE", "SETTLE", "StepDef", "World"]

#: Longer than any lease of the scripted connections.
LEASE = timedelta(seconds=61)


@dataclass(frozen=True)
class StepDef:
    """One step of a record's route."""

    to: str
    on_revision: str = "update"
    on_revoke: str = "cancel"
    after: tuple[tuple[str, bool], ...] = ()
    lane: str | None = None
    revisions: tuple[int, ...] = (1, 2, 3)
    #: Record whose step `a` must have made its object at `erp` first.
    needs: str | None = None
    on_unknown: str = "stop"
    mapping: str | None = None


@dataclass
class RowFacts:
    """What the far end and the checks must know of a delivery to judge it."""

    record: str
    step: str
    append: bool
    lane: str


@dataclass
class World:
    """Store, stages, far ends and the calls in flight."""

    store: Store
    loop: asyncio.AbstractEventLoop
    steps: dict[str, dict[str, StepDef]]
    kinds: dict[str, tuple[str, dict[str, Any]]]
    clock: FixedClock = field(default_factory=FixedClock)
    deadline: timedelta = timedelta(days=30)
    behaviour: str = "apply"
    calls: list[Call] = field(default_factory=list)
    results: list[Result | confirm.ReadBack] = field(default_factory=list)
    rows: dict[str, RowFacts] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)
    revoked: set[tuple[str, int]] = field(default_factory=set)
    #: (record, step) → the revisions whose effect should stand once everything is done.
    wanted: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    #: (record, step) → up to which revision a person decided what the far end lacks or holds.
    touched: dict[tuple[str, str], int] = field(default_factory=dict)
    #: (record, step) whose object a person took back at the far end by hand.
    by_hand: set[tuple[str, str]] = field(default_factory=set)
    #: Deliveries a person cancelled.
    cancelled: set[str] = field(default_factory=set)
    #: Deliveries that may take effect twice, as somebody chose so.
    may_repeat: set[str] = field(default_factory=set)
    #: Deliveries whose read-back was shown something else.
    misread: set[str] = field(default_factory=set)
    #: Deliveries the far end said it had applied, in an answer that was booked.
    heard: set[str] = field(default_factory=set)
    #: Record → the hold behind which a person has put it.
    held_back: dict[str, str] = field(default_factory=dict)
    #: Message → the delivery its call-back is about, and whether it said "applied".
    told: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connectors = {
            name: (Blind if kind == "none" or more.get("blind") else Scripted)(
                self, name, kind, **more
            )
            for name, (kind, more) in self.kinds.items()
        }
        self._bundles = Bundles(read_bundle({}))
        self._workers = itertools.count(1)
        self._worker_of: dict[tuple[str, int], str] = {}
        self._call: Call | None = None
        self.flow, self.second_flow = self._new_flow(), self._new_flow()

    def _new_flow(self) -> Flow:
        jitterless = Policy(deadline=self.deadline)
        return Flow(
            self.store, self.clock,
            {name: Connection(name, one) for name, one in self.connectors.items()},
            self._bundles, jitterless, worker=f"w{next(self._workers)}",
        )  # fmt: skip

    @property
    def flows(self) -> tuple[Flow, Flow]:
        """Return the stages' ground of each worker."""
        return self.flow, self.second_flow

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    # -- what arrives

    def revise(self, record: str, revision: int) -> None:
        """A revision is routed: as the router does it, in one transaction.

        One of a record that a person holds is not planned before the person lets it go.
        """
        self.let_go(record)
        self.store.write_now(self._revise, record, revision)
        self._learn_rows()
        checks.check_plan(self, record, revision)

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
            self._want(record, revision)
        stored.save(tx, [row])
        board.save()

    def _want(self, record: str, revision: int) -> None:
        for name, step in self.steps[record].items():
            before = self.wanted.get((record, name), set())
            if (record, revision) in self.revoked or revision not in step.revisions:
                after = set()
            else:
                after = {revision} | (before if step.on_revision == "append" else set())
            self.wanted[record, name] = after

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
                **dataclasses.asdict(connection.traits(operation, _Words(), f"{record}-{name}")),
                "on_revision": one.on_revision, "on_revoke": one.on_revoke,
                "on_unknown": one.on_unknown,
            }
        )  # fmt: skip
        needs = ("erp", "put", f"{one.needs}-a") if one.needs else None
        return revisions.PlannedStep(
            name, one.to, "put", f"{record}-{name}", one.lane or record, traits, one.mapping,
            {}, {other: sure for other, sure in one.after if other in present}, needs,
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
        self._want_no_more(record, revision)
        self._learn_rows()

    def _want_no_more(self, record: str, revision: int) -> None:
        planned = self.planned.get(record, 0)
        for name, step in self.steps[record].items():
            if revision == planned:
                self.wanted[record, name] = set()
            elif revision < planned and step.on_revision == "append":
                self.wanted[record, name].discard(revision)

    def _learn_rows(self) -> None:
        d, r = t.delivery.c, t.record.c
        query = (
            sa.select(d.id, d.step, r.number, d.traits, d.lane_id)
            .join(t.record, r.id == d.record_id)
            .where(d.created_at >= self.clock.now())
        )
        for row in self.store.read_now(lambda tx: tx.execute(query).all()):
            append = row.traits["on_revision"] == "append"
            self.rows[row.id] = RowFacts(row.number, row.step, append, row.lane_id)
            chosen = row.traits["on_unknown"] == "resend"
            if chosen and row.traits["idempotency"] in ("none", "lookup"):
                self.may_repeat.add(row.id)

    def call_back(self, name: str, number: int, names: str = "both") -> str:
        """A far end tells of a job by itself; what it says stays, and may be said again."""
        said = self.connectors[name].far.call_backs[number]
        external_id = f"call-back-{self.clock.new_id()}"
        event = Event("commitment", external_id, {}, report=said.report(names))
        incoming = receive.incoming_of(self.flow, name, event)
        self.store.write_now(inbox.store, [incoming])
        self.told[incoming.id] = (said.delivery, said.external_id is not None)
        self.route()
        return incoming.id

    def route(self) -> None:
        """Take up the messages that are due."""
        while self.run(route.route(self.flow)):
            pass

    # -- the workers

    def claim(self, worker: int = 0, slots: int = 10) -> list[Call]:
        """Claim what is due; each call waits until the test lets it go on."""
        flow = self.flows[worker]
        return self._turn(flow, [], dict.fromkeys(self.connectors, slots))

    def turn(self, worker: int = 0) -> list[Call]:
        """Book everything that has come in and claim what is due, in one transaction."""
        done, self.results = self.results, []
        return self._turn(self.flows[worker], done, dict.fromkeys(self.connectors, 10))

    def _turn(
        self, flow: Flow, done: Sequence[Result | confirm.ReadBack], free: dict[str, int]
    ) -> list[Call]:
        fresh: list[Call] = self.run(deliver.turn(flow, done, free))
        self.heard |= {
            one.delivery_id for one in done
            if isinstance(one, Result) and one.outcome in ("applied", "already_applied")
        }  # fmt: skip
        rows = self.deliveries() if fresh else []
        for call in fresh:
            call.row.correlation_id = call.row.id
            self._worker_of[call.row.id, call.row.fence] = flow.worker
            checks.check_claim(self, call, rows)
        self.calls += fresh
        return fresh

    def proceed(self, number: int, behaviour: str) -> None:
        """Let a call happen, with the far end behaving so; its result is not booked yet."""
        self._call = call = self.calls.pop(number)
        self.behaviour = behaviour
        if behaviour == "differs":
            self.misread.add(call.row.id)
        self.results.append(self.run(deliver.carry_out(self.flow, call)))
        self.behaviour, self._call = "apply", None

    @property
    def reading(self) -> bool:
        """Say whether the call under way reads back."""
        return self._call is not None and self._call.kind == "read"

    def lease_is_over(self) -> bool:
        """Say whether the call under way has outlived its lease."""
        return self._call is not None and self.clock.monotonic() >= self._call.ends_at

    def crash(self, worker: int | None = None) -> None:
        """A worker dies, or all do: what they held in memory is gone."""
        names = {flow.worker for flow in self.flows} if worker is None else {
            self.flows[worker].worker
        }  # fmt: skip
        self.calls = [
            one for one in self.calls
            if self._worker_of[one.row.id, one.row.fence] not in names
        ]  # fmt: skip
        self.results = [
            one for one in self.results if self._worker_of[one.delivery_id, one.fence] not in names
        ]

    def restart(self) -> None:
        """All workers die, and others begin in their place."""
        self.crash()
        self.flow, self.second_flow = self._new_flow(), self._new_flow()
        self.run(sweep.begin(self.flow, "here"))

    def renew(self, worker: int = 0) -> None:
        """A worker gives a sign of life for the calls it still has."""
        flow = self.flows[worker]
        fences = {
            call.row.id: call.row.fence for call in self.calls
            if self._worker_of[call.row.id, call.row.fence] == flow.worker
        }  # fmt: skip
        until = self.clock.now() + LEASE
        ours = self.store.write_now(deliveries.renew, flow.worker, fences, until)
        for call in self.calls:
            if call.row.id in ours and fences.get(call.row.id) == call.row.fence:
                call.ends_at = self.clock.monotonic() + LEASE.total_seconds()

    def book(self, number: int) -> None:
        """Book one result."""
        self._turn(self.flow, [self.results.pop(number)], {})

    def book_all(self) -> None:
        """Book everything that has come in, in one transaction."""
        done, self.results = self.results, []
        self._turn(self.flow, done, {})

    # -- time

    def advance(self, delta: timedelta) -> None:
        """Move the clock; what cannot land any more is lost; then what time brings is done."""
        self.clock.advance(delta)
        for one in self.connectors.values():
            one.far.forget()
        self.run(sweep.sweep(self.flow))

    def jump(self) -> bool:
        """Move the clock to the moment the next row becomes due; return whether one will."""
        query = sa.select(sa.func.min(t.delivery.c.due_at))
        moment = self.store.read_now(lambda tx: tx.scalar(query))
        if moment is not None and moment > self.clock.now():
            self.advance(moment - self.clock.now())
        return moment is not None

    def land(self, name: str) -> None:
        """The oldest request still under way arrives."""
        connector = self.connectors[name]
        effect, _ = connector.far.under_way.pop(0)
        connector._apply(effect)

    # -- persons

    def paused(self) -> list[str]:
        """Return the connections that wait for a person."""
        states = self.store.read_now(connections.read)
        return [name for name, state in states.items() if state.paused_at is not None]

    def resume(self) -> None:
        """A person corrects the credentials of every paused connection."""
        for name in self.connectors:
            self.store.write_now(connections.resume, name, self.clock.now())

    def decide(self, delivery_id: str, what: str) -> bool:
        """A person decides about a row; return False where it is refused."""
        row = self._row(delivery_id)
        if what == "cancel" and row.intent != "put" and row.unsure:
            # whoever looks at the far end finds it taken back, or does it by hand
            what = "skip"
        document = {"note": "edited", "revision": row.revision}
        actions = {
            "retry": lambda tx: replay.retry(tx, self.flow, delivery_id, "p"),
            "latest": lambda tx: replay.retry(tx, self.flow, delivery_id, "p", latest=True),
            "edit": lambda tx: replay.edit(tx, self.flow, delivery_id, document, "p"),
            "skip": lambda tx: replay.skip(tx, self.flow, delivery_id, "done", "p"),
            "cancel": lambda tx: replay.cancel(tx, self.flow, delivery_id, "no", "p"),
        }
        try:
            self.store.write_now(actions[what])
        except replay.Refused:
            return False
        persons.note_decision(self, row, what)
        return True

    def hold_back(self, record: str) -> None:
        """A person holds a record: nothing of it that was not sent goes out."""
        done = self.store.write_now(
            release.hold_by_hand, self.flow, "commitment", record, "wait", "p"
        )
        self.held_back[record] = done["id"]

    def let_go(self, record: str) -> None:
        """A person releases a record, if it is held."""
        hold = self.held_back.pop(record, None)
        if hold is not None:
            self.store.write_now(release.release, self.flow, hold, "go", "p")

    # -- looking

    def deliveries(self) -> Sequence[Any]:
        d = t.delivery.c
        return self.store.read_now(
            lambda tx: tx.execute(sa.select(t.delivery).order_by(d.id)).all()
        )

    def attempts(self) -> Sequence[Any]:
        a = t.attempt.c
        query = sa.select(t.attempt).order_by(a.delivery_id, a.fence)
        return self.store.read_now(lambda tx: tx.execute(query).all())

    def glance(self) -> Sequence[Any]:
        """Return id, state and next moment of every delivery."""
        d = t.delivery.c
        query = sa.select(d.id, d.state, d.due_at).order_by(d.id)
        return self.store.read_now(lambda tx: tx.execute(query).all())

    def held(self) -> set[str]:
        """Return the deliveries that wait for a person's word."""
        w = t.delivery_wait.c
        query = sa.select(w.delivery_id).where(w.kind == "hold")
        return set(self.store.read_now(lambda tx: tx.scalars(query).all()))

    def message(self, message_id: str) -> str:
        """Return the state a message is in."""
        query = sa.select(t.message.c.state).where(t.message.c.id == message_id)
        return str(self.store.read_now(lambda tx: tx.scalar(query)))

    def _row(self, delivery_id: str) -> Any:
        return next(row for row in self.deliveries() if row.id == delivery_id)

    # -- to rest

    def settle_down(self) -> None:
        """No more faults: let everything run until nothing moves by itself."""
        self.resume()
        for turn in itertools.count():
            assert turn < 400, f"never comes to rest: {checks.story(self)}"
            for connector in self.connectors.values():
                for ticket in list(connector.far.jobs):
                    connector.run_job(ticket)
            self.route()
            self.claim()
            while self.calls:
                self.proceed(0, "apply")
            if self.results:
                self.book_all()
            if not self._moves_by_itself(self.deliveries()):
                return
            self.advance(timedelta(minutes=5) if turn % 5 else timedelta(hours=5))

    def _moves_by_itself(self, rows: Iterable[Any]) -> bool:
        return any(
            row.due_at or row.lease_until or row.state == "accepted"
            or (row.holds_lane and row.state in FINAL and row.settles_at)
            for row in rows
        )  # fmt: skip

    def decide_everything(self) -> None:
        """A person decides about all that waits for one: again where that goes, else never."""
        for record in list(self.held_back):
            self.let_go(record)
        self.settle_down()
        for turn in itertools.count():
            assert turn < 100, f"nobody can end it: {checks.story(self)}"
            held = self.held()
            rows = [row for row in self.glance() if row.state == "dead" or row.id in held]
            if not rows:
                return
            if not [row for row in rows if self.decide(row.id, "retry")]:
                self.advance(ACCEPTANCE)
                self.decide(rows[0].id, "cancel")
            self.settle_down()

    def check_at_rest(self) -> None:
        """Everything is final or visibly waits; the far ends hold what they should."""
        checks.check_at_rest(self)


@dataclass(frozen=True)
class _Words:
    """The words of a step that the connection reads its traits from."""

    on_revision: str | None = None
    on_revoke: str | None = None
    on_unknown: str = "stop"
