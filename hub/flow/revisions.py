"""What a new or a revoked revision does to the deliveries of its record (transaction T2).

All of this runs under the lock of the record's row. A newer revision supersedes what was never
sent of older ones, takes back what it no longer has, and waits for what is being taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.flow import lanes
from hub.store.board import Board
from hub.store.rows import OPEN, Delivery, Traits, Wait, lane_id


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a route, for one revision of one record."""

    step: str
    connection: str
    operation: str
    #: Our handle of the object at the far end.
    handle: str
    #: Handle of the lane: deliveries with the same one go one after the other.
    lane: str
    traits: Traits
    mapping: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    #: Steps of the same plan it comes after: name → whether they must be confirmed.
    after: dict[str, bool] = field(default_factory=dict)
    #: (connection, kind, handle) of an object that must be linked first.
    needs: tuple[str, str, str] | None = None
    #: Ids of gates' holds it waits for.
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps for one revision of one record, in topological order."""

    record_id: str
    revision: int
    route: str
    bundle: str
    message_id: str
    correlation_id: str
    steps: tuple[PlannedStep, ...]


def lane_of(step: PlannedStep) -> tuple[str, str, str]:
    """Return the lane a step goes through: its id, connection and handle."""
    return lane_id(step.connection, step.lane), step.connection, step.lane


def plan_revision(board: Board, plan: Plan) -> list[Delivery]:
    """Insert the deliveries of a new revision; older ones that were never sent give way."""
    earlier = board.load_record(plan.record_id)
    supersede(board, earlier, plan.revision)
    plan_id = board.new_id()
    board.open_lanes(lane_of(step) for step in plan.steps)
    _take_back_dropped(board, plan, plan_id, earlier)
    made: dict[str, Delivery] = {}
    for step in plan.steps:
        made[step.step] = _plan_step(board, plan, plan_id, step, earlier, made)
    return list(made.values())


def plan_again(board: Board, plan: Plan) -> list[Delivery]:
    """Insert deliveries that do once more what was done for this revision: for a repair.

    The other steps of its plan stay as they are.
    """
    earlier = board.load_record(plan.record_id)
    board.open_lanes(lane_of(step) for step in plan.steps)
    plan_id = board.new_id()
    return [_plan_step(board, plan, plan_id, step, earlier, {}) for step in plan.steps]


def _take_back_dropped(board: Board, plan: Plan, plan_id: str, earlier: list[Delivery]) -> None:
    kept = {step.step for step in plan.steps}
    for name in dict.fromkeys(row.step for row in earlier if row.step not in kept):
        compensate(board, [row for row in earlier if row.step == name], plan_id)


def _plan_step(
    board: Board,
    plan: Plan,
    plan_id: str,
    step: PlannedStep,
    earlier: list[Delivery],
    made: dict[str, Delivery],
) -> Delivery:
    mine = [row for row in earlier if row.step == step.step]
    waits = {
        Wait("confirmed" if confirmed else "after", made[name].id)
        for name, confirmed in step.after.items()
    }
    if step.needs is not None:
        link = board.wanted_link(*step.needs)
        if not link.alive:
            waits.add(Wait("link", link.id))
    waits |= {Wait("gate", one) for one in step.holds}
    waits |= {Wait("after", row.id) for row in mine if row.compensates and row.state in OPEN}
    before = [
        row for row in mine if row.intent == "put" and row.state not in ("cancelled", "superseded")
    ]
    if before and step.traits.on_revision == "person":
        waits.add(Wait("hold"))
    if before and step.traits.on_revision == "cancel_then_create":
        cancel = _insert(board, plan, plan_id, step, "cancel", waits)
        if cancel.state in OPEN:
            waits = waits | {Wait("after", cancel.id)}
    return _insert(board, plan, plan_id, step, "put", waits)


def _insert(
    board: Board, plan: Plan, plan_id: str, step: PlannedStep, intent: str, waits: set[Wait]
) -> Delivery:
    row = Delivery(
        id=board.new_id(), record_id=plan.record_id, revision=plan.revision, plan_id=plan_id,
        message_id=plan.message_id, correlation_id=plan.correlation_id, route=plan.route,
        step=step.step, connection=step.connection, operation=step.operation, bundle=plan.bundle,
        intent=intent, traits=step.traits.plain(), lane_id=lane_id(step.connection, step.lane),
        handle=step.handle, deadline=board.now + board.policy.deadline, created_at=board.now,
        mapping=step.mapping, options=step.options,
    )  # fmt: skip
    _enter(board, row, waits)
    return row


def _enter(board: Board, row: Delivery, waits: set[Wait]) -> None:
    board.add(row)
    for wait in sorted(waits):
        board.add_wait(row, wait)
    board.note("delivery.planned", row, step=row.step, connection=row.connection,
               revision=row.revision, intent=row.intent)  # fmt: skip
    lanes.become_ready(board, row)


def supersede(board: Board, rows: list[Delivery], revision: int) -> None:
    """Close what was surely never applied of outdated revisions; compensations stay."""
    for row in rows:
        if row.compensates or row.unsure or not board.outdated(row):
            continue
        if row.state in ("blocked", "ready") or (row.state == "dead" and row.revision < revision):
            lanes.close(board, row, "superseded", "newer_revision")


def revoke(board: Board, record_id: str, revision: int, planned: int) -> None:
    """Take back what a revoked revision did, now that the revocation is noted."""
    rows = board.load_record(record_id)
    if planned == revision:
        supersede(board, rows, revision)
        steps = dict.fromkeys(row.step for row in rows)
        for name in steps:
            compensate(board, [row for row in rows if row.step == name], board.new_id())
    elif planned > revision:
        # an outdated revision: only what it appended still stands by itself
        for name in dict.fromkeys(row.step for row in rows):
            own = [
                row
                for row in rows
                if row.step == name
                and row.revision == revision
                and row.rules.on_revision == "append"
            ]
            compensate(board, own, board.new_id())


def compensate(board: Board, rows: list[Delivery], plan_id: str) -> None:
    """Plan one compensation for each object that is, or may be, alive because of these rows."""
    sent = [row for row in rows if row.intent == "put" and _may_stand(row)]
    if not sent:
        return
    appends = sent[-1].rules.on_revision == "append"
    for row in sent if appends else sent[-1:]:
        target = row.id if appends else None
        pending = any(
            other.compensates and other.state in OPEN and other.target == target
            for other in board.load_record(row.record_id)
            if other.step == row.step
        )
        if not pending:
            _insert_compensation(board, row, target, plan_id)


def _may_stand(row: Delivery) -> bool:
    if row.state == "skipped" and row.external_id is not None:
        return True  # a person made it and named it
    if row.tries == 0:
        return False
    return row.unsure or row.state in ("sending", "in_doubt", "accepted", "dead", "delivered")


def _insert_compensation(board: Board, of: Delivery, target: str | None, plan_id: str) -> None:
    row = Delivery(
        id=board.new_id(), record_id=of.record_id, revision=of.revision, plan_id=plan_id,
        message_id=of.message_id, correlation_id=of.correlation_id, route=of.route, step=of.step,
        connection=of.connection, operation=of.operation, bundle=of.bundle, intent="compensate",
        traits=of.traits, lane_id=of.lane_id, handle=of.handle, target=target,
        deadline=board.now + board.policy.deadline, created_at=board.now, mapping=of.mapping,
        options=of.options,
    )  # fmt: skip
    asks = of.rules.on_revoke == "person" or not of.rules.cancellable
    _enter(board, row, {Wait("hold")} if asks else set())
