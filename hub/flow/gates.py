"""What gates hold of a record and its deliveries, inside one transaction.

A record that a gate holds is not planned: its message waits. A step that one holds is planned and
waits before its lane. What is missing is judged anew with each approval; a release counts for the
revision it was given for, and for one that differs only in fields the route lets change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection as Transaction

from hub.errors import HubError
from hub.flow import lanes
from hub.flow.judging import Case, as_data, document_of, requester
from hub.flow.parts import Flow
from hub.flow.revisions import PlannedStep
from hub.language import say
from hub.mapping.bundle import Bundle
from hub.mapping.gate import MANUAL
from hub.mapping.route import Route
from hub.mapping.verdict import Verdict, judge
from hub.store import decisions, holds, ledger
from hub.store.board import Board
from hub.store.holds import Hold
from hub.store.rows import Delivery, Wait


class Denied(HubError):
    """A gate denies what was asked for; the record would have to be another one."""


class Stopped(NamedTuple):
    """Why a record does not go on, and the state of its message."""

    state: str
    reason: str


class Gates:
    """What gates hold of the records of one transaction; changed in memory and saved once."""

    def __init__(self, tx: Transaction, flow: Flow, board: Board, bundle: Bundle) -> None:
        self.tx = tx
        self.flow = flow
        self.board = board
        self.bundle = bundle
        self._of: defaultdict[str, list[Hold]] = defaultdict(list)
        self._known: set[str] = set()
        self._new: list[Hold] = []
        self._changed: dict[str, Hold] = {}
        self._entries: list[ledger.Entry] = []
        self._asked: list[decisions.Decision] = []
        self._matched: list[decisions.Decision] = []

    # -- loading

    def open(self, records: Iterable[Any], numbers: Iterable[tuple[str, str]] = ()) -> None:
        """Load, in one go, what is held of these locked records, and what was asked about them.

        A record seen for the first time has neither deliveries nor holds.
        """
        rows = [one for one in records if one.id not in self._known]
        for hold in holds.of_records(self.tx, (one.id for one in rows if one.revision)):
            self._of[hold.record_id].append(hold)
        self._known.update(one.id for one in rows)
        if self.bundle.gates:
            self._asked += decisions.asked(self.tx, numbers)

    def _held(self, record_id: str, gate: str, delivery_ids: Iterable[str | None]) -> list[Hold]:
        wanted = set(delivery_ids)
        return [
            one
            for one in self._of[record_id]
            if one.gate == gate and one.delivery_id in wanted and one.action is None
        ]

    # -- records

    def stop(self, case: Case, names: Iterable[str]) -> Stopped | None:
        """Return why these gates, or a person, stop the record; None where it may be planned."""
        self.open([case.row])
        found = {name: self._held(case.row.id, name, [None]) for name in names}
        for name, mine in found.items():
            refused = [one for one in mine if self._is(one, case, "refused")]
            if refused:
                return Stopped("ignored", f"gate {name}: refused by {refused[-1].decided_by}")
        told: list[str] = []
        for name, mine in found.items():
            verdict = self._judge(name, case)
            if not self._passes(case, verdict, mine):
                told.append(self._keep(case, name, verdict, mine))
        told += [_said(one) for one in self._by_hand(case.row.id)]
        self.forget(case.row, found)
        return Stopped("waiting", "; ".join(told)) if told else None

    def forget(self, row: Any, named: Iterable[str] = ()) -> None:
        """End what gates hold of a record that its route does not name any more."""
        self.open([row])
        kept = {*named, MANUAL}
        for one in self._of[row.id]:
            if one.delivery_id is None and one.state == "held" and one.gate not in kept:
                self._end(one, "lapsed")

    def _by_hand(self, record_id: str) -> list[Hold]:
        return [one for one in self._of[record_id] if one.gate == MANUAL and one.state == "held"]

    def planned(self, case: Case) -> None:
        """Note that what was released has been used: it does not end any more."""
        for one in self._of[case.row.id]:
            if one.delivery_id is None and one.state == "released" and one.valid_until:
                one.valid_until = None
                self._changed[one.id] = one

    # -- steps

    def guard(self, case: Case, route: Route, steps: Sequence[PlannedStep]) -> list[PlannedStep]:
        """Return the steps, each with the holds it is to wait for."""
        named = {one.name: tuple(one.gates) for one in route.steps if one.gates}
        return [
            replace(step, holds=self._step_holds(case, step.step, named[step.step]))
            if step.step in named
            else step
            for step in steps
        ]

    def _step_holds(self, case: Case, step: str, names: Sequence[str]) -> tuple[str, ...]:
        before = [row.id for row in self.board.load_record(case.row.id) if row.step == step]
        made = []
        for name in names:
            verdict = self._judge(name, case)
            if not self._passes(case, verdict, self._held(case.row.id, name, before)):
                made.append(self._hold(case, name, verdict).id)
        return tuple(made)

    def bind(self, rows: Iterable[Delivery]) -> None:
        """Note which deliveries the holds of steps are about, now that they are planned."""
        by_id = {one.id: one for one in self._new}
        for row in rows:
            for wait in row.open_waits:
                if wait.kind == "gate":
                    by_id[wait.on_id].delivery_id = row.id

    def look_again(self, case: Case) -> bool:
        """Judge what is held of planned steps anew; return whether one of them may go on."""
        passed = False
        for one in self._of[case.row.id]:
            open_step = one.delivery_id is not None and one.state == "held" and one.action is None
            if open_step and one.revision == case.revision and one.gate in self.bundle.gates:
                passed |= self._look_again(case, one)
        return passed

    def _look_again(self, case: Case, hold: Hold) -> bool:
        verdict = self._judge(hold.gate, case)
        if verdict.answer != "allow":
            self._tell(case, hold, verdict)
            return False
        self._end(hold, "passed")
        lanes.pass_gate(self.board, hold.id)
        return True

    def holds_steps(self, row: Any) -> bool:
        """Say whether a gate holds a planned step of the record."""
        self.open([row])
        return any(one.delivery_id and one.state == "held" for one in self._of[row.id])

    # -- what both do

    def _judge(self, name: str, case: Case) -> Verdict:
        return case.verdict(self.bundle.gates[name], self.flow.people, self.board.now)

    def _passes(self, case: Case, verdict: Verdict, found: Sequence[Hold]) -> bool:
        """Say whether its conditions are met, or somebody released it; keep that they are."""
        if verdict.answer == "hold" and any(self._is(one, case, "released") for one in found):
            return True
        if verdict.answer != "allow":
            return False
        for one in found:
            if one.state == "held" and one.revision == case.revision:
                self._end(one, "passed")
        return True

    def _is(self, hold: Hold, case: Case, state: str) -> bool:
        ended = hold.valid_until is not None and hold.valid_until <= self.board.now
        counts = hold.revision == case.revision or (
            state == "released" and hold.revision in case.like
        )
        return hold.state == state and counts and not ended

    def _keep(self, case: Case, name: str, verdict: Verdict, found: Sequence[Hold]) -> str:
        """Hold the record, or keep holding it; return what to tell."""
        mine = [one for one in found if one.state == "held" and one.revision == case.revision]
        if not mine:
            return _said(self._hold(case, name, verdict))
        self._tell(case, mine[-1], verdict)
        return _said(mine[-1])

    def _hold(self, case: Case, name: str, verdict: Verdict) -> Hold:
        made = Hold(
            self.board.new_id(), name, case.row.id, case.revision, self.board.now,
            reasons=as_data(verdict), roles=list(self.bundle.gates[name].release.roles),
            requested_by=requester(self.flow.people, case.row),
            correlation_id=case.correlation_id,
        )  # fmt: skip
        self._of[case.row.id].append(made)
        self._new.append(made)
        self._note(made, "gate.held", answer=verdict.answer)
        return made

    def _tell(self, case: Case, hold: Hold, verdict: Verdict) -> None:
        reasons = as_data(verdict)
        if hold.reasons != reasons:
            hold.reasons = reasons
            self._changed[hold.id] = hold

    def _end(self, hold: Hold, state: str) -> None:
        hold.decide(state, self.board.now)
        self._changed[hold.id] = hold
        self._note(hold, f"gate.{state}")

    def outdate(self, row: Any, below: int) -> None:
        """End what is held of a record's older revisions that were not planned."""
        for one in self._of[row.id]:
            of_record = one.delivery_id is None and one.gate != MANUAL and one.revision < below
            unused = one.state == "released" and one.revision > row.planned
            if of_record and (one.state == "held" or unused):
                self._end(one, "lapsed")

    # -- questions asked before

    def match(self, kind: str, number: str, message_id: str, content_hash: str) -> None:
        """Note of what was asked about a record that its message is here, and says the same."""
        for one in self._asked:
            if (one.kind, one.number) == (kind, number) and one.message_id is None:
                one.message_id, one.same = message_id, one.content_hash == content_hash
                self._matched.append(one)
                self._entry("gate.matched", one.id, gate=one.gate, answer=one.answer,
                            same=one.same, message=message_id)  # fmt: skip

    # -- saving

    def save(self) -> None:
        """Write holds, what became of questions, and ledger entries."""
        holds.add(self.tx, self._new)
        new = {one.id for one in self._new}
        holds.save(self.tx, (one for one in self._changed.values() if one.id not in new))
        decisions.save(self.tx, self._matched)
        ledger.append(self.tx, self._entries)

    def _note(self, hold: Hold, what: str, **facts: Any) -> None:
        self._entry(what, hold.id, hold.correlation_id, gate=hold.gate, record=hold.record_id,
                    revision=hold.revision, **facts)  # fmt: skip

    def _entry(self, what: str, subject: str, correlation: str | None = None, **facts: Any) -> None:
        self._entries.append(
            ledger.entry(self.board.new_id(), self.board.now, what, subject,
                         correlation_id=correlation, facts=facts)
        )  # fmt: skip


def _said(hold: Hold) -> str:
    return f"gate {hold.gate}: " + "; ".join(one["en"] for one in hold.reasons)


def approval_key(record_id: str, number: int) -> str:
    """Return what a message waits for whose revision lacks an approval or is held by a gate."""
    return f"approval:{record_id}:{number}"


# ---- what persons do -------------------------------------------------------------------------


def hold_action(
    tx: Transaction, flow: Flow, board: Board, row: Delivery, action: str, actor: str,
    before: str | None,
) -> list[str]:  # fmt: skip
    """Hold what a person has just asked for where gates say so; return the ids of the holds.

    Raises `Denied` where a gate denies it.
    """
    bundle, record = flow.bundles.active, holds.record_of(tx, row.record_id)
    named = [one for one in bundle.gates.values() if one.action == action]
    named = [one for one in named if one.concerns(record.kind, record.connection)]
    made: list[Hold] = []
    for gate in named:
        document = document_of(tx, row.record_id, row.revision)
        verdict = judge(gate, document, (), flow.people, board.now)
        if verdict.answer == "deny":
            raise Denied(say("Gate {gate} denies it: {reasons}", gate=gate.name,
                             reasons="; ".join(one.en for one in verdict.reasons)))  # fmt: skip
        if verdict.answer == "hold":
            made.append(
                Hold(board.new_id(), gate.name, row.record_id, row.revision, board.now, row.id,
                     action, reasons=as_data(verdict), roles=list(gate.release.roles),
                     requested_by=actor, before=before, correlation_id=row.correlation_id)
            )  # fmt: skip
    holds.add(tx, made)
    for one in made:
        board.add_wait(row, Wait("gate", one.id))
        board.note("gate.held", row, actor, gate=one.gate, hold=one.id, action=action)
    return [one.id for one in made]
