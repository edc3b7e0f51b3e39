"""What a person decides about what a gate holds, and what time does to a release.

Whoever may decide is the business of `hub.service.gating`; here it is made true in one
transaction: what was held, and only that, goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.flow import judging, lanes, replay
from hub.flow.gates import Gates, approval_key
from hub.flow.judging import Case
from hub.flow.parts import Flow
from hub.flow.replay import Refused
from hub.language import say
from hub.mapping.gate import MANUAL
from hub.mapping.verdict import level_of
from hub.records import Decision
from hub.store import holds, inbox, ledger
from hub.store import records as stored
from hub.store.board import Board
from hub.store.holds import Hold
from hub.store.rows import OPEN, Delivery, Wait
from hub.store.views import NotFound


def release(
    tx: Transaction, flow: Flow, hold_id: str, reason: str, actor: str, **facts: Any
) -> str:
    """Let what is held go on although something is missing; return the hold's new state."""
    hold, record = _open(tx, flow, hold_id)
    if hold.denied:
        raise Refused(
            say(
                "{gate} denies revision {revision}: nobody releases it. Correct the record at its "
                "source; the new revision is judged anew.",
                gate=hold.gate, revision=hold.revision,
            )
        )  # fmt: skip
    board = flow.board(tx)
    hold.decide("released", board.now, actor, reason)
    gate = flow.bundles.active.gates.get(hold.gate)
    if gate is not None and gate.release.valid is not None and hold.action is None:
        hold.valid_until = board.now + gate.release.valid
    holds.save(tx, [hold])
    if hold.action is not None:
        _let_edited_go(tx, board, hold)
    else:
        lanes.pass_gate(board, hold.id)
    return _done(tx, board, hold, record, actor, **facts)


def refuse(tx: Transaction, flow: Flow, hold_id: str, reason: str, actor: str, **facts: Any) -> str:
    """Say no: the record is not planned, the step not done, the edit taken back."""
    hold, record = _open(tx, flow, hold_id)
    _not_by_hand(hold)
    board = flow.board(tx)
    hold.decide("refused", board.now, actor, reason)
    holds.save(tx, [hold])
    if hold.action is not None:
        _take_edit_back(tx, board, hold)
    elif hold.delivery_id is not None:
        for row in board.waiting_on(hold.id, "gate"):
            if row.state == "blocked":
                lanes.close(board, row, "cancelled", "gate_refused")
    else:
        _end_others(tx, board, hold)
        keys, why = [approval_key(record.id, hold.revision)], f"gate {hold.gate}: refused"
        inbox.release(tx, keys, "ignored", f"{why} by {actor}", board.now)
    return _done(tx, board, hold, record, actor, **facts)


def approve(
    tx: Transaction, flow: Flow, hold_id: str, reason: str, actor: str, **facts: Any
) -> str:
    """Approve the held revision at the hub; it goes on if nothing else is missing by then.

    Returns the hold's state; a record that is held is judged anew by its stage right after.
    """
    hold, record = _open(tx, flow, hold_id)
    _not_by_hand(hold)
    if hold.action is not None:
        raise Refused(say("{id} takes no approvals; release it or refuse it.", id=hold.id))
    board = flow.board(tx)
    _add_approval(tx, board, hold, reason, actor)
    keeper = Gates(tx, flow, board, flow.bundles.active)
    if hold.delivery_id is not None:
        keeper.open([record])
        keeper.look_again(_case(tx, flow, board, hold, record))
        keeper.save()
        hold = holds.lock(tx, hold.id)
    return _done(tx, board, hold, record, actor, "approved", **facts)


def hold_by_hand(
    tx: Transaction, flow: Flow, kind: str | None, number: str, reason: str, actor: str
) -> dict[str, Any]:
    """Hold a record: nothing of it that was not yet sent goes out, and no later revision."""
    record = _record(tx, flow, kind, number)
    if any(one.gate == MANUAL and one.state == "held" for one in holds.of_records(tx, [record.id])):
        raise Refused(say("{number} is held by hand already; see `hub gate list`.", number=number))
    board = flow.board(tx)
    told = {"en": reason, "zh": reason, "fields": [], "roles": ["operator"]}
    hold = Hold(
        board.new_id(), MANUAL, record.id, record.revision, board.now, reasons=[told],
        roles=["operator"], requested_by=judging.requester(flow.people, record),
    )  # fmt: skip
    holds.add(tx, [hold])
    # what takes something back is never held: it ends what a record has done
    rows = [
        row for row in board.load_record(record.id) if row.state in OPEN and not row.compensates
    ]
    for row in rows:
        _hold_back(board, row, Wait("gate", hold.id))
    _done(tx, board, hold, record, actor, "held", deliveries=len(rows))
    return {"id": hold.id, "deliveries": len(rows)}


def _hold_back(board: Board, row: Delivery, wait: Wait) -> None:
    if row.state in ("blocked", "ready") and not row.unsure:
        lanes.step_back(board, row, [wait])
    else:
        # what is under way ends first; what of it comes back unapplied waits then
        board.add_wait(row, wait)


# ---- parts -----------------------------------------------------------------------------------


def _open(tx: Transaction, flow: Flow, hold_id: str) -> tuple[Hold, stored.Stored]:
    """Lock a hold that can still be decided, and its record; `Refused` says why it cannot."""
    found = holds.find(tx, hold_id)
    if found is None:
        raise NotFound("hold", hold_id)
    record = _locked(tx, flow, holds.record_of(tx, found.record_id))
    hold = holds.lock(tx, hold_id)
    if hold.state != "held":
        raise Refused(
            say("{id} is {state} already; `hub gate show` tells by whom.", id=hold.id,
                state=hold.state)
        )  # fmt: skip
    newer = [one for one in record.hashes if one > hold.revision and one not in record.revoked]
    if newer and hold.gate != MANUAL and hold.action is None:
        raise Refused(
            say(
                "Revision {revision} of {number} has come since; {id} is about revision {old}.",
                revision=max(newer), number=record.number, id=hold.id, old=hold.revision,
            )
        )  # fmt: skip
    return hold, record


def _not_by_hand(hold: Hold) -> None:
    if hold.gate == MANUAL:
        raise Refused(
            say("{id} was held by hand: release it, or cancel its deliveries.", id=hold.id)
        )


def _locked(tx: Transaction, flow: Flow, row: Any) -> stored.Stored:
    key = (row.kind, row.connection, row.number)
    return stored.lock(tx, [key], flow.clock.now(), flow.clock.new_id)[key]


def _record(tx: Transaction, flow: Flow, kind: str | None, number: str) -> stored.Stored:
    found = holds.numbered(tx, kind, number)
    if not found:
        raise NotFound("record", number)
    if len(found) > 1:
        owners = ", ".join(f"{one.kind} ({one.connection})" for one in found)
        raise Refused(
            say("Several records have the number {number}: {owners}. Name one with --kind.",
                number=number, owners=owners)
        )  # fmt: skip
    return _locked(tx, flow, found[0])


def _with_waiters(board: Board, ids: list[str]) -> list[Delivery]:
    rows = board.load(ids)
    board.ask_waiters(ids)
    return rows


def _let_edited_go(tx: Transaction, board: Board, hold: Hold) -> None:
    (row,) = _with_waiters(board, [str(hold.delivery_id)])
    board.drop_wait(row, Wait("gate", hold.id))
    others = _holds_of(tx, row)
    for one in others:
        if one.gate == MANUAL:
            raise Refused(
                say("A person holds the record as well: release {other} before {id}.",
                    other=one.id, id=hold.id)
            )  # fmt: skip
    if not others:
        replay.send_edited(board, row)


def _take_edit_back(tx: Transaction, board: Board, hold: Hold) -> None:
    (row,) = board.load([str(hold.delivery_id)])
    row.payload = hold.before
    for one in _holds_of(tx, row):
        if one.action is not None:
            board.drop_wait(row, Wait("gate", one.id))


def _holds_of(tx: Transaction, row: Delivery) -> list[Hold]:
    ids = sorted(wait.on_id for wait in row.open_waits if wait.kind == "gate")
    return [holds.lock(tx, one) for one in ids]


def _end_others(tx: Transaction, board: Board, refused: Hold) -> None:
    """End what other gates hold of a refused revision: nobody is to decide about it any more."""
    others = [
        one
        for one in holds.of_records(tx, [refused.record_id])
        if one.state in ("held", "released") and one.delivery_id is None
        and one.gate != MANUAL and one.revision == refused.revision
    ]  # fmt: skip
    for one in others:
        one.decide("lapsed", board.now)
    holds.save(tx, others)
    entries = [
        ledger.entry(board.new_id(), board.now, "gate.lapsed", one.id,
                     correlation_id=one.correlation_id,
                     facts={"gate": one.gate, "record": one.record_id, "revision": one.revision})
        for one in others
    ]  # fmt: skip
    ledger.append(tx, entries)


def _add_approval(tx: Transaction, board: Board, hold: Hold, reason: str, actor: str) -> None:
    level = level_of(hold.gate)
    known = stored.approvals(tx, [hold.record_id])
    if any((one.level, one.person, one.revision) == (level, actor, hold.revision) for one in known):
        raise Refused(say("{actor} has approved it already; it takes others.", actor=actor))
    made = stored.Approved(
        board.new_id(), hold.record_id, hold.revision, level, actor, str(Decision.APPROVED),
        board.now, None, False, "", "", board.now, reason,
    )  # fmt: skip
    stored.add_approvals(tx, [made])


def _case(tx: Transaction, flow: Flow, board: Board, hold: Hold, record: stored.Stored) -> Case:
    """Return the planned revision of a held step with the decisions that count for it."""
    (row,) = _with_waiters(board, [str(hold.delivery_id)])
    like = judging.like(
        flow.bundles.active.routes.get(row.route), record, board.load_record(record.id),
        lambda number: stored.revision(tx, record.id, number).document,
    )  # fmt: skip
    counted = {*like, hold.revision}
    known = [one for one in stored.approvals(tx, [record.id]) if one.revision in counted]
    document = judging.document_of(tx, record.id, hold.revision)
    return Case(record, hold.revision, document, known, frozenset(like), hold.correlation_id)


def _done(
    tx: Transaction, board: Board, hold: Hold, record: stored.Stored, actor: str, what: str = "",
    **facts: Any,
) -> str:  # fmt: skip
    entry = ledger.entry(
        board.new_id(), board.now, f"gate.{what or hold.state}", hold.id, actor=actor,
        correlation_id=hold.correlation_id,
        facts={"gate": hold.gate, "record": record.id, "revision": hold.revision, **facts},
    )  # fmt: skip
    ledger.append(tx, [entry])
    board.woken.add(approval_key(record.id, record.revision))
    board.save()
    return hold.state


# ---- time ------------------------------------------------------------------------------------


async def expire(flow: Flow) -> bool:
    """Hold again what was released for a time and could not go within it; return whether any."""
    ids = await flow.store.read(holds.ending, flow.clock.now())
    return bool(ids) and await flow.store.write(_expire, flow, ids)


def _expire(tx: Transaction, flow: Flow, ids: Sequence[str]) -> bool:
    board = flow.board(tx)
    again = False
    for hold_id in sorted(ids):
        found = holds.find(tx, hold_id)
        if found is None:
            continue
        record = _locked(tx, flow, holds.record_of(tx, found.record_id))
        hold = holds.lock(tx, hold_id)
        # somebody may have released it anew since it was found
        if hold.state == "released" and hold.valid_until and hold.valid_until <= board.now:
            again |= _ended(tx, board, hold, record)
    board.save()
    return again


def _ended(tx: Transaction, board: Board, hold: Hold, record: stored.Stored) -> bool:
    """Let one release end; return whether what it was for is held again."""
    rows = _with_waiters(board, [hold.delivery_id]) if hold.delivery_id else []
    used = [row for row in rows if row.state != "blocked" or row.tries]
    hold.valid_until = None
    if used or (not rows and record.planned >= hold.revision):
        holds.save(tx, [hold])
        return False
    hold.state, hold.held_at = "held", board.now
    hold.decided_at = hold.decided_by = hold.decision = None
    if not rows and record.revision > hold.revision:
        hold.decide("lapsed", board.now)
    holds.save(tx, [hold])
    for row in rows:
        lanes.step_back(board, row, [Wait("gate", hold.id)])
    entry = ledger.entry(
        board.new_id(), board.now, "gate.release_ended", hold.id,
        correlation_id=hold.correlation_id, facts={"gate": hold.gate, "state": hold.state},
    )  # fmt: skip
    ledger.append(tx, [entry])
    board.woken.add(approval_key(record.id, hold.revision))
    return True
