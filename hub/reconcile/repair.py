"""Repairs: first a plan that anybody can look at, then exactly that plan and nothing else.

A plan names for each finding what is done, where, and from which values to which; its hash is what
is applied. Applied is only what has not moved since: the record must be of the same revision, and
the far end must still show what the plan saw. What a repair sends is an ordinary delivery in the
record's lane, with attempts, read-back and ledger like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.connector import Finds
from hub.errors import ConnectorError, HubError
from hub.failpoints import fail_at
from hub.flow import replay, revisions
from hub.flow.parts import Flow
from hub.language import say
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.policy import Policy
from hub.people import Actor
from hub.reconcile.collect import command_of
from hub.store import ledger, payloads, reconciliations
from hub.store import tables as t
from hub.store.board import Board
from hub.store.rows import Delivery, Traits

#: Repairs that send something.
SENDING = ("redeliver",)
#: Causes that mapping files or a far end's rules stand behind: mapped anew, under a new key.
_MAPPED_ANEW = ("send_failed", "mapping")


class PlanStale(HubError):
    """Something moved since the plan was made: nothing of it was done. Plan again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one finding."""

    finding: str
    key: str
    side: str
    connection: str
    action: str
    cause: str
    #: Delivery that is done again, and the revision it carries.
    delivery: str
    revision: int
    #: What stands there by now, and what will.
    before: Any
    after: Any
    #: Of what is seen there: the plan is stale when it is another one.
    seen: str
    amount: str
    currency: str
    #: What to run by hand; empty where the hub does it.
    command: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole plan."""

    name: str
    run: str
    steps: tuple[Step, ...]
    #: Whether another person has to apply it than whoever asked for it, and why.
    second_person: bool

    @property
    def hash(self) -> str:
        """Return what is applied: nothing but exactly this."""
        plain = [self.name, self.run, [msgspec.to_builtins(step) for step in self.steps]]
        return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


async def propose(
    flow: Flow, definition: Reconciliation, *, causes: Collection[str] = (),
    findings: Collection[str] = (), action: str | None = None, actor: Actor,
) -> Proposal:  # fmt: skip
    """Return what would be done about the open findings, and keep it as proposed.

    Raises `HubError` where there are none, where the last run could not read everything and did
    not see them twice, or where there are more than the file allows at once.
    """
    last = await flow.store.read(reconciliations.runs, definition.name, 1)
    if not last or last[0].ended_at is None:
        raise HubError(say("{name} has no finished run. Run it first.", name=definition.name))
    found = await flow.store.read(
        reconciliations.findings, definition.name, run_id=last[0].id, limit=100_000
    )
    wanted = [
        one for one in found
        if one["state"] == "open"
        and (not causes or one["cause"] in causes)
        and (not findings or any(one["id"].startswith(part) for part in findings))
    ]  # fmt: skip
    if not wanted:
        raise HubError(say("{name} has no open finding to repair.", name=definition.name))
    if len(wanted) > definition.policy.max_repairs:
        raise HubError(
            say("{count} repairs at once are more than max_per_run: {most}. Look at the causes "
                "first, then repair one: --cause {cause}",
                count=len(wanted), most=definition.policy.max_repairs, cause=wanted[0]["cause"])
        )  # fmt: skip
    steps = [await _step(flow, definition, one, action) for one in wanted]
    above = any(
        Decimal(step.amount) > definition.policy.second_person_above[step.currency]
        for step in steps
        if step.amount and step.currency in definition.policy.second_person_above
    )
    proposal = Proposal(definition.name, last[0].id, tuple(steps), above)
    await flow.store.write(_keep, flow, proposal, str(actor))
    fail_at("repair.planned")
    return proposal


async def _step(
    flow: Flow, definition: Reconciliation, finding: Mapping[str, Any], action: str | None
) -> Step:
    side = definition.sides[finding["side"]]
    evidence = finding["evidence"]
    allowed = definition.policy.proposed(finding["cause"])
    chosen = action or allowed[0]
    if chosen not in allowed:
        raise HubError(
            say("{cause} cannot be repaired by {action}; the file allows: {allowed}",
                cause=finding["cause"], action=chosen, allowed=", ".join(allowed))
        )  # fmt: skip
    delivery = evidence.get("delivery") or ""
    before, seen, after = None, "", None
    if chosen == "link":
        after = _likely(finding, delivery)
    elif delivery and side.connection:
        before, after = await _values(flow, side.connection, delivery)
        seen = _hash(before)
    return Step(
        finding=finding["id"], key=finding["original"], side=finding["side"],
        connection=side.connection, action=chosen, cause=finding["cause"], delivery=delivery,
        revision=int(evidence.get("revision") or 0), before=before, after=after, seen=seen,
        amount=finding["amount"] or "", currency=finding["currency"],
        command=await _release(flow, finding, side.connection, delivery) if chosen == "release"
        else _command(chosen, finding),
    )  # fmt: skip


async def _release(flow: Flow, finding: Mapping[str, Any], connection: str, delivery: str) -> str:
    """Return what lets go on what is held or stuck: a person with the role for it runs that."""
    hold, paused = await flow.store.read(_kept_back, finding["original"], connection, delivery)
    if hold is not None:
        return f"hub gate release {hold} --reason …"
    if paused:
        return f"hub connection resume {connection}"
    return f"hub delivery show {delivery}" if delivery else "hub gate list"


def _kept_back(
    tx: Transaction, number: str, connection: str, delivery: str
) -> tuple[str | None, bool]:
    """Return the hold on a record or its delivery, and whether the connection is paused."""
    h, c = t.hold.c, t.connection_state.c
    records = sa.select(t.record.c.id).where(t.record.c.number == number)
    ours = sa.or_(
        h.delivery_id == delivery, sa.and_(h.record_id.in_(records), h.delivery_id.is_(None))
    )
    hold = tx.scalar(sa.select(h.id).where(h.state == "held", ours).order_by(h.id.desc()).limit(1))
    paused = sa.select(c.paused_at).where(c.connection == connection)
    return hold, tx.scalar(paused) is not None


def _likely(finding: Mapping[str, Any], delivery: str) -> Mapping[str, str]:
    """Return which object a missing one is said to be; `HubError` where that is not clear."""
    found = finding["evidence"].get("likely")
    if not delivery or found is None:
        raise HubError(
            say("{key}: there is no delivery of it, or not just one row that may be it. Make the "
                "link yourself: hub delivery skip ID --external-id …", key=finding["original"])
        )  # fmt: skip
    return {"key": found["key"], "external_id": found["ref"]}


def _command(action: str, finding: Mapping[str, Any]) -> str:
    """Return what a person runs, where the hub does nothing by itself."""
    match action:
        case "task" | "adopt":
            return f"hub reconcile explain {finding['original']}"
        case "waive":
            return f"hub reconcile waive {finding['id'][:12]} --reason …"
    return ""


async def _values(flow: Flow, connection: str, delivery_id: str) -> tuple[Any, Any]:
    """Return what the far end shows under our key by now, and what was delivered."""
    row, content = await flow.store.read(_delivered, delivery_id)
    if row is None:
        return None, None
    command = command_of(row, content)
    connector = flow.connection(connection).connector
    if not isinstance(connector, Finds):
        return None, command.document
    found = await connector.find(command)
    return (found.document if found is not None else None), command.document


def _delivered(tx: Transaction, delivery_id: str) -> tuple[Any, bytes | None]:
    row = tx.execute(sa.select(t.delivery).where(t.delivery.c.id == delivery_id)).first()
    if row is None or row.payload is None:
        return row, None
    return row, payloads.get(tx, [row.payload]).get(row.payload)


def _hash(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:32]


def _keep(tx: Transaction, flow: Flow, proposal: Proposal, actor: str) -> None:
    now, plan = flow.clock.now(), proposal.hash
    r = t.repair.c
    if tx.scalar(sa.select(r.id).where(r.plan == plan).limit(1)) is not None:
        return
    tx.execute(sa.insert(t.repair), [
        {
            "id": flow.clock.new_id(), "name": proposal.name, "run_id": proposal.run,
            "plan": plan, "finding_id": step.finding, "action": step.action,
            "content": {**msgspec.to_builtins(step), "second_person": proposal.second_person},
            "state": "proposed", "proposed_at": now, "proposed_by": actor,
        }
        for step in proposal.steps
    ])  # fmt: skip


# ---- applying ----------------------------------------------------------------------------------


async def apply(flow: Flow, plan: str, actor: Actor) -> list[dict[str, Any]]:
    """Do exactly what a plan says; return what became of each step.

    Raises `HubError` where there is no such plan or a second person is needed, `PlanStale` where
    anything moved since: nothing is done then.
    """
    rows = await flow.store.read(_proposed, plan)
    if not rows:
        raise HubError(say("There is no plan {plan}. `hub reconcile repair` makes one.", plan=plan))
    whole = rows[0].plan
    if any(row.state != "proposed" for row in rows):
        raise PlanStale(say("Plan {plan} was applied before.", plan=whole[:12]))
    if rows[0].content["second_person"]:
        _require_other(rows[0].proposed_by, actor)
    steps = [msgspec.convert(
        {name: value for name, value in row.content.items() if name != "second_person"}, Step
    ) for row in rows]  # fmt: skip
    for step in steps:
        await _require_unmoved(flow, step)
    done = await flow.store.write(_apply, flow, rows, steps, str(actor))
    fail_at("repair.committed")
    flow.bell.ring("deliver")
    flow.bell.ring("route")
    return done


def _require_other(proposed_by: str, actor: Actor) -> None:
    if actor.person is None or str(actor) == proposed_by:
        raise HubError(
            say("The amount is above second_person_above: another person than {who} has to apply "
                "it.", who=proposed_by)
        )  # fmt: skip


def _proposed(tx: Transaction, plan: str) -> Sequence[Any]:
    r = t.repair.c
    text = plan.strip().lower()
    if len(text) < 8:
        return []
    found = tx.execute(sa.select(t.repair).where(r.plan.like(f"{text}%")).order_by(r.id)).all()
    return found if len({row.plan for row in found}) == 1 else []


async def _require_unmoved(flow: Flow, step: Step) -> None:
    if step.action not in SENDING or not step.seen:
        return
    try:
        before, _ = await _values(flow, step.connection, step.delivery)
    except ConnectorError as error:
        raise PlanStale(
            say("{key}: {side} cannot be read now: {error}. Nothing was done.",
                key=step.key, side=step.side, error=str(error))
        ) from error  # fmt: skip
    if _hash(before) != step.seen:
        raise PlanStale(
            say("{key}: {side} shows something else by now. Nothing was done; plan again.",
                key=step.key, side=step.side)
        )  # fmt: skip


def _apply(
    tx: Transaction, flow: Flow, rows: Sequence[Any], steps: Sequence[Step], actor: str
) -> list[dict[str, Any]]:
    now = flow.clock.now()
    _require_proposed(tx, rows)
    done = []
    #: What is delivered again → the delivery that does it, for all findings of it.
    again: dict[str, str] = {}
    for row, step in zip(rows, steps, strict=True):
        locked = reconciliations.finding(tx, step.finding)
        if locked is None or locked["state"] not in ("open", "explained"):
            raise PlanStale(
                say("{key}: its finding is {state} by now. Nothing was done; plan again.",
                    key=step.key, state=locked["state"] if locked else "gone")
            )  # fmt: skip
        made = ""
        if step.action == "link":
            made = replay.skip(
                tx, flow, step.delivery, f"reconcile: {step.after['key']}", actor,
                external_id=step.after["external_id"],
            )  # fmt: skip
        if step.action in SENDING:
            sent = step.delivery or step.key
            if sent not in again:
                again[sent] = _send(tx, flow, step, actor)
            made = again[sent]
        tx.execute(
            sa.update(t.repair)
            .where(t.repair.c.id == row.id)
            .values(state="applied", applied_at=now, applied_by=actor, delivery_id=made or None)
        )
        reconciliations.change(
            tx, step.finding, "repairing", actor, now, flow.clock.new_id(), step.action
        )
        ledger.append(tx, [ledger.entry(
            flow.clock.new_id(), now, "reconcile.repaired", step.finding, actor=actor,
            facts={"plan": row.plan, "action": step.action, "delivery": made or None},
        )])  # fmt: skip
        done.append({"finding": step.finding, "key": step.key, "action": step.action,
                     "delivery": made, "command": step.command})  # fmt: skip
        fail_at("repair.before_commit")
    return done


def _require_proposed(tx: Transaction, rows: Sequence[Any]) -> None:
    """Hold a plan for the rest of the transaction; `PlanStale` where somebody applied it."""
    r = t.repair.c
    query = sa.select(r.id, r.state).where(r.id.in_([row.id for row in rows])).order_by(r.id)
    if any(row.state != "proposed" for row in tx.execute(query.with_for_update())):
        raise PlanStale(say("Plan {plan} was applied before.", plan=rows[0].plan[:12]))


def _send(tx: Transaction, flow: Flow, step: Step, actor: str) -> str:
    """Deliver anew; return the delivery that does it."""
    board = flow.board(tx)
    found = board.load([step.delivery]) if step.delivery else []
    if not found:
        return _take_up(tx, flow, step, actor)
    row = found[0]
    record = board.load_record(row.record_id)
    current = max((one.revision for one in record), default=0)
    if current > row.revision:
        raise PlanStale(
            say("{key}: revision {revision} was planned meanwhile. Nothing was done; plan again.",
                key=step.key, revision=current)
        )  # fmt: skip
    if row.state == "dead":
        latest = step.cause in _MAPPED_ANEW and not row.unsure
        replay.retry(tx, flow, row.id, actor, latest=latest)
        return row.id
    if step.before is None:
        _note_gone(board, row, actor)
    return _again(board, row, flow)


def _note_gone(board: Board, row: Delivery, actor: str) -> None:
    """Note that what a delivery made is gone, so that it is made and not changed."""
    for link in board.links(row.record_id, row.step):
        if link.alive and link.connection == row.connection:
            link.alive, link.changed_at = False, board.now
            board.note("link.gone", row, actor, external_id=link.external_id)


def _again(board: Board, row: Delivery, flow: Flow) -> str:
    lane = board.tx.scalar(sa.select(t.lane.c.handle).where(t.lane.c.id == row.lane_id))
    step = revisions.PlannedStep(
        row.step, row.connection, row.operation, row.handle, lane or row.handle,
        Traits(**row.traits), row.mapping, dict(row.options),
    )  # fmt: skip
    plan = revisions.Plan(
        row.record_id, row.revision, row.route, flow.bundles.active.sha, row.message_id,
        row.correlation_id, (step,),
    )  # fmt: skip
    made = revisions.plan_again(board, plan)
    board.save()
    return made[-1].id


def _take_up(tx: Transaction, flow: Flow, step: Step, actor: str) -> str:
    """Take up again the message of a record that was never sent; return nothing yet."""
    m, r = t.message.c, t.record.c
    record = tx.scalar(sa.select(r.id).where(r.number == step.key))
    message = tx.scalar(
        sa.select(m.id).where(m.record_id == record).order_by(m.id.desc()).limit(1)
    ) if record is not None else None  # fmt: skip
    if message is None:
        raise HubError(
            say("{key}: the hub never received it. Read it again: hub poll {connection} --since …",
                key=step.key, connection=step.connection)
        )  # fmt: skip
    replay.replay(tx, flow, message, actor)
    return ""


# ---- waiving, explaining, signing --------------------------------------------------------------


def waive(
    tx: Transaction, flow: Flow, policy: Policy, finding: Mapping[str, Any], actor: Actor, *,
    reason: str, until: datetime, limit: Decimal | None,
) -> None:  # fmt: skip
    """Accept a finding until a day, up to an amount; it comes back when either is over.

    Raises `HubError` where the file does not allow that.
    """
    now = flow.clock.now()
    if policy.waive_reasons and reason not in policy.waive_reasons:
        raise HubError(
            say("The reasons there are: {reasons}", reasons=", ".join(policy.waive_reasons))
        )
    if (until - now).days > policy.waive_days or until <= now:
        raise HubError(say("A waiver ends within {days} days.", days=policy.waive_days))
    amount = Decimal(finding["amount"]) if finding["amount"] else None
    most = policy.waive_most.get(finding["currency"])
    if most is not None and amount is not None and amount > most:
        raise HubError(
            say("{amount} {currency} is more than can be waived: {most}",
                amount=amount, currency=finding["currency"], most=most)
        )  # fmt: skip
    limit = limit if limit is not None else amount
    reconciliations.change(
        tx, finding["id"], "waived", str(actor), now, flow.clock.new_id(), reason, note=reason,
        noted_by=str(actor), until=until, limit=None if limit is None else format(limit, "f"),
    )  # fmt: skip
    reconciliations.lapse(tx, finding["name"], now, "waiver")
    ledger.append(tx, [ledger.entry(
        flow.clock.new_id(), now, "reconcile.waived", finding["id"], actor=str(actor),
        facts={"reason": reason, "until": until.isoformat()},
    )])  # fmt: skip
