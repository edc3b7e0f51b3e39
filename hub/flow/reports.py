"""A far end tells of one of our deliveries by itself: a call-back, a shipping confirmation."""

from __future__ import annotations

from typing import Any

from hub.flow import lanes, outcomes
from hub.flow.inbound import Desk, Settled
from hub.store import deliveries
from hub.store.inbox import Message
from hub.store.rows import FINAL, Delivery


def book(desk: Desk, message: Message) -> Settled:
    """Book a report on the delivery it is about; one that finds none waits for it."""
    report: dict[str, Any] = message.event["report"]
    ids = deliveries.by_report(desk.tx, message.connection, report["ticket"], report["key"])
    rows = desk.board.load(ids)
    if not rows or _of_a_later_one(desk, rows[-1], report["ticket"]):
        key = wake_key(message.connection, report["ticket"] or report["key"])
        return Settled("waiting", "reply_awaited: no delivery has this ticket or key yet", key)
    row = rows[-1]
    if report["applied"]:
        row.external_id = report["external_id"] or row.external_id
        row.results = {**(row.results or {}), **report["results"]}
        if row.state != "delivered":
            outcomes.prove(desk.board, row)
    elif row.state == "accepted" and row.lease_until is None:
        _refuse(desk, row, report)
    desk.board.note("delivery.reported", row, applied=report["applied"], message=message.id)
    return Settled("routed", "report", record_id=row.record_id, revision=row.revision)


def _refuse(desk: Desk, row: Delivery, report: dict[str, Any]) -> None:
    """Take a refusal of the job under way; one of an earlier job says nothing of it."""
    if report["ticket"] not in (None, row.ticket):
        return
    if report["ticket"] is None and row.tries > 1:
        # which of its jobs is meant the far end tells when it is asked for the result
        row.due_at = desk.board.now
        return
    row.words = report["refused"]
    outcomes.refused(desk.board, row, "rejected", "result")
    lanes.note_lane(desk.board, row)


def _of_a_later_one(desk: Desk, row: Delivery, ticket: str | None) -> bool:
    """Say whether a ticket nobody knows yet is that of a change whose reply is still to come."""
    if ticket is None or row.ticket == ticket or row.state not in FINAL:
        return False
    if row.rules.idempotency == "key":
        # the key is of this delivery alone: whatever job of it the ticket is of, no other is meant
        return False
    return any(
        other.id > row.id and other.handle == row.handle and other.state in ("sending", "in_doubt")
        for other in desk.board.load_record(row.record_id)
    )


def wake_key(connection: str, ticket: str) -> str:
    """Return what a report that came too early waits for."""
    return f"report:{connection}:{ticket}"
