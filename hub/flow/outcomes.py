"""What one attempt's outcome does to its delivery (transactions T4 and T6).

Every result names the fence it was claimed under. When another worker has moved the row since,
the result is *late*: only proof that the far end holds the effect still counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.errors import APPLIED_OUTCOMES, Outcome
from hub.flow import lanes
from hub.store.board import Board
from hub.store.rows import OPEN, Delivery

#: `find` proved that nothing stands under our key.
ABSENT = "absent"
#: Part of the effect stands there: the rest is still to be done.
BEGUN = "begun"
#: The far end took the request and will tell the result later.
ACCEPTED = "accepted"

#: States a call may be claimed from, and so returned to.
_CLAIMED = {"send": "sending", "ask": "in_doubt", "result": "accepted"}


@dataclass(slots=True)
class Result:
    """What came of one call for one delivery."""

    delivery_id: str
    fence: int
    #: send, ask, result.
    kind: str
    #: An `Outcome`, `absent`, `begun` or `accepted`.
    outcome: str
    started_at: datetime
    ended_at: datetime
    code: str | None = None
    words: str | None = None
    answer: str | None = None
    external_id: str | None = None
    results: dict[str, Any] = field(default_factory=dict)
    ticket: str | None = None
    ask_at: datetime | None = None
    give_up_at: datetime | None = None
    retry_after: timedelta | None = None
    #: The raw answer, until it is stored and `answer` names it.
    body: bytes = b""


def finish(board: Board, results: list[Result]) -> None:
    """Book a batch of results, each on its own row."""
    rows = {row.id: row for row in board.load(result.delivery_id for result in results)}
    board.ask_waiters(rows)
    # what was applied is booked whether it is outdated or not
    unapplied = {one.delivery_id for one in results if one.outcome not in APPLIED_OUTCOMES}
    board.ask_outdated({row.record_id for row in rows.values() if row.id in unapplied})
    waiting = [row for row in board.rows.values() if row.state == "blocked" and row.seat is None]
    board.lock_lanes(row.lane_id for row in waiting)
    board.ask_links({row.record_id for row in board.rows.values()})
    made = ((rows[one.delivery_id].connection, one.external_id) for one in results
            if one.delivery_id in rows)  # fmt: skip
    board.ask_wanted([row.handle for row in rows.values()], made)
    board.ask_generations((row.connection, row.handle) for row in waiting)
    for result in results:
        row = rows.get(result.delivery_id)
        if row is not None:
            _book(board, row, result)


def _book(board: Board, row: Delivery, result: Result) -> None:
    late = row.fence != result.fence or row.lease_until is None
    _append(board, row, result, late=late)
    if result.outcome in APPLIED_OUTCOMES:
        row.proven = True
        row.external_id = result.external_id or row.external_id
        row.results = {**(row.results or {}), **result.results}
        row.words = None
    if late:
        if result.outcome in APPLIED_OUTCOMES:
            prove(board, row)
        return
    row.lease_until = row.worker = None
    if row.proven and row.state in OPEN:
        if result.kind == "send" and result.outcome == Outcome.UNKNOWN:
            settle_later(board, row)
        lanes.close(board, row, "delivered")
        return
    row.words = result.words or row.words
    _settle(board, row, result)
    lanes.note_lane(board, row)


def _append(board: Board, row: Delivery, result: Result, *, late: bool) -> None:
    board.attempt(
        delivery_id=row.id, fence=result.fence, kind=result.kind, outcome=result.outcome,
        code=result.code, words=result.words, answer=result.answer, late=late,
        started_at=result.started_at, ended_at=result.ended_at,
    )  # fmt: skip
    board.note(
        "delivery.attempted", row, call=result.kind, outcome=str(result.outcome),
        code=result.code, fence=result.fence, payload=row.payload, answer=result.answer,
        late=late or None,
    )  # fmt: skip


def _settle(board: Board, row: Delivery, result: Result) -> None:
    match result.outcome:
        case "absent":
            row.unsure = False
            return_to_ready(board, row, board.now)
        case "begun":
            # it stays unsure: nobody may take it for never sent
            row.unsure = True
            row.settles_at = None  # what stands there is known: a refusal of the rest counts
            return_to_ready(board, row, board.now)
        case "accepted":
            _accept(board, row, result)
        case Outcome.NOT_AUTHORIZED | Outcome.MISCONFIGURED:
            _return_to_claimed(board, row, result.kind)
        case Outcome.REJECTED | Outcome.PERIOD_CLOSED:
            refused(board, row, str(result.outcome), result.kind)
        case Outcome.UNKNOWN if result.kind == "send":
            row.unsure, row.approved = True, False
            settle_later(board, row)
            doubt(board, row)
        case Outcome.UNKNOWN:
            _ask_again(board, row, result.kind)
        case _ if result.kind == "send":
            wait = max(result.retry_after or timedelta(0), board.policy.delay(row.tries))
            return_to_ready(board, row, board.now + wait)
        case _:
            _ask_again(board, row, result.kind)


def _accept(board: Board, row: Delivery, result: Result) -> None:
    row.state = "accepted"
    row.ticket = result.ticket or row.ticket
    row.due_at = result.ask_at or board.now + board.policy.delay(1)
    if result.kind == "send" or row.gives_up_at is None:
        # a new job has a time of its own; asking for it again does not prolong it
        row.gives_up_at = result.give_up_at
    board.woken.add(f"report:{row.connection}:{row.ticket}")


def _return_to_claimed(board: Board, row: Delivery, kind: str) -> None:
    """Credentials or settings are at fault, not the delivery: it keeps its place and its state."""
    if kind == "send":
        return_to_ready(board, row, board.now)
    else:
        row.state, row.due_at = _CLAIMED[kind], board.now


def refused(board: Board, row: Delivery, reason: str, kind: str) -> None:
    """Take a refusal; after an unsure attempt it counts only once `find` has said what stands."""
    if not row.unsure or row.settles_at is None:
        lanes.die(board, row, reason)
    elif kind == "ask":
        lanes.die(board, row, "outcome_unknown")
    elif row.rules.can_find:
        row.state, row.due_at = "in_doubt", _when_settled(board, row)
    else:
        lanes.die(board, row, "outcome_unknown")


def _ask_again(board: Board, row: Delivery, kind: str) -> None:
    row.state = _CLAIMED[kind]
    row.due_at = board.now + board.policy.delay(row.tries)
    too_late = row.due_at > row.deadline
    if kind == "result":
        too_late |= row.gives_up_at is not None and board.now >= row.gives_up_at
    if too_late:
        give_up(board, row)


def give_up(board: Board, row: Delivery) -> None:
    """Nobody can tell what became of the request; what was taken as a job may yet be done."""
    if row.state == "accepted":
        row.unsure = True
        settle_later(board, row)
    lanes.die(board, row, "outcome_unknown")


def return_to_ready(board: Board, row: Delivery, due_at: datetime) -> None:
    """Queue a row again that this attempt did not apply, unless its time is over."""
    row.state, row.due_at = "ready", due_at
    if not row.unsure and row.intent == "put" and board.outdated(row):
        lanes.close(board, row, "superseded", "newer_revision")
    elif not row.unsure and _is_held(row):
        lanes.step_back(board, row, ())
    elif due_at > row.deadline:
        lanes.die(board, row, "deadline")


def _is_held(row: Delivery) -> bool:
    """Say whether a person has held the record while this row was under way."""
    return any(wait.kind == "gate" for wait in row.open_waits)


def settle_later(board: Board, row: Delivery) -> None:
    """Note until when the request just made, or the job it became, may still take effect."""
    seconds = max(row.rules.settle, row.rules.acceptance or 0)
    row.settles_at = board.now + timedelta(seconds=seconds)


def _when_settled(board: Board, row: Delivery) -> datetime:
    """Return when asking proves something: no old request lands, no taken job is queued."""
    return max(board.now, row.settles_at or board.now)


def doubt(board: Board, row: Delivery) -> None:
    """Nobody knows whether the last request was applied: ask, send again, or stop."""
    row.lease_until = row.worker = None
    if row.proven:
        lanes.close(board, row, "delivered")
    elif row.rules.asks:
        row.state, row.due_at = "in_doubt", _when_settled(board, row)
    elif row.rules.resends:
        _send_again(board, row)
    elif row.rules.on_unknown == "resend":
        row.state, row.due_at = "ready", _when_settled(board, row)
    else:
        lanes.die(board, row, "outcome_unknown")


def _send_again(board: Board, row: Delivery) -> None:
    """Send under the same key, as long as the far end remembers it."""
    due = board.now + board.policy.delay(row.tries)
    if key_forgotten(row, due):
        ask_or_stop(board, row)
        return
    row.state, row.due_at = "ready", due
    if due > row.deadline:
        lanes.die(board, row, "deadline")


def key_forgotten(row: Delivery, at: datetime) -> bool:
    """Say whether by then the far end may take our key for a new one, and apply it twice."""
    window, first = row.rules.window, row.first_sent_at
    if not row.rules.resends or window is None or first is None:
        return False
    return at >= first + timedelta(seconds=window)


def ask_or_stop(board: Board, row: Delivery) -> None:
    """Have the far end asked what became of a row whose key it may have forgotten, or stop."""
    if row.rules.can_find:
        row.state, row.due_at = "in_doubt", _when_settled(board, row)
    else:
        lanes.die(board, row, "outcome_unknown")


def prove(board: Board, row: Delivery) -> None:
    """The far end holds the effect, whatever we thought: a late answer, a callback, a find."""
    row.proven = True
    if row.state in ("in_doubt", "ready", "accepted", "dead"):
        lanes.close(board, row, "delivered")
    elif row.state in ("cancelled", "superseded", "skipped"):
        board.note("todo.applied_after_all", row, state=row.state, key=row.key)
    # a row that is being sent under a newer fence keeps the proof; that attempt's end reads it


def lease_ended(board: Board, row: Delivery) -> None:
    """A worker did not come back: what it was doing is in doubt, never simply done again."""
    kind = row.state
    row.rescues += 1
    poison = row.rescues >= board.policy.rescues
    if kind == "delivered":
        _reading_ended(board, row, poison=poison)
        return
    row.fence += 1
    row.lease_until = row.worker = None
    board.attempt(
        delivery_id=row.id, fence=row.fence - 1, kind="send" if kind == "sending" else "ask",
        outcome=str(Outcome.UNKNOWN), code="lease_ended", words=None, answer=None, late=False,
        started_at=row.first_sent_at or board.now, ended_at=board.now,
    )  # fmt: skip
    board.note("delivery.lease_ended", row, state=kind)
    if kind == "sending":
        row.unsure, row.approved = True, False
        settle_later(board, row)
    if poison and not row.proven:
        row.unsure = True
        lanes.die(board, row, "poison")
    elif kind == "accepted":
        row.due_at = board.now
    else:
        doubt(board, row)
    lanes.note_lane(board, row)


def _reading_ended(board: Board, row: Delivery, *, poison: bool) -> None:
    if poison:
        judge(board, row, row.fence, "unreadable", "the worker died each time it was read back")
    else:
        row.confirm, row.due_at = "due", board.now
    row.fence += 1
    row.lease_until = row.worker = None


def never_begun(board: Board, row: Delivery) -> None:
    """Take back a claim whose worker lives and knows that it made no call."""
    board.note("delivery.lease_ended", row, state=row.state, begun=False)
    row.fence += 1
    row.lease_until = row.worker = None
    row.due_at = board.now
    if row.state == "sending":
        row.state = "ready"
        row.tries -= 1
        row.first_sent_at = row.first_sent_at if row.tries else None
        if not row.unsure and _is_held(row):
            lanes.step_back(board, row, ())
    elif row.state == "delivered":
        row.confirm = "due"


def judge(board: Board, row: Delivery, fence: int, verdict: str, words: str | None) -> None:
    """Book a read-back; what differs after our own later work is only overtaken."""
    if row.fence != fence or row.confirm != "reading":
        return
    row.lease_until = row.worker = row.due_at = None
    if verdict == "differs" and board.later_claimed(row):
        verdict = "overtaken"
    row.confirm, row.words = verdict, words
    if verdict == "confirmed":
        lanes.wake(board, row.id, "confirmed")
    lanes.release_lane(board, row)
    lanes.note_lane(board, row)
    board.note(f"delivery.{verdict}", row, step=row.step, payload=row.payload)
