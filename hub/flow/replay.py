"""What a person decides: retry, edit, skip, cancel, release a hold, replay or ignore a message.

A decision that would risk a double effect or put old over new is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.errors import HubError
from hub.flow import gates, lanes, outcomes
from hub.flow.lookups import StoreLookUps
from hub.flow.parts import Flow
from hub.language import Message, say
from hub.mapping import Bundle, FieldMapping, Scope
from hub.store import ledger, payloads, records
from hub.store import tables as t
from hub.store.board import Board
from hub.store.rows import FINAL, OPEN, Delivery, Link, Wait, lane_id


class Refused(HubError):
    """The row cannot take that decision now."""


def retry(
    tx: Transaction, flow: Flow, delivery_id: str, actor: str, *, latest: bool = False
) -> str:
    """Try a dead row again, or release a held one; return its new state.

    A row with an unsure attempt is asked about first where the far end can be asked. `latest`
    maps it anew with the mapping files in force, and needs a row that was surely not applied.
    """
    board, row = _row(tx, flow, delivery_id)
    _at_no_gate(row)
    if Wait("hold") in row.open_waits:
        if latest:
            raise Refused(
                say(
                    "{id} is held, not dead. Release it without --latest: it is mapped with the "
                    "files it was planned with.",
                    id=row.id,
                )
            )
        board.drop_wait(row, Wait("hold"))
        lanes.become_ready(board, row)
    else:
        _must_be(row, "dead")
        _may_go_again(board, row)
        if latest:
            _surely_not_applied(row, say("map it anew"))
            row.payload, row.bundle = None, _latest(tx, flow, row).sha
            lanes.draw_key(board, row)
        _go_again(board, row)
    return _done(board, row, "delivery.retried", actor, latest=latest or None)


def _latest(tx: Transaction, flow: Flow, row: Delivery) -> Bundle:
    """Return the mapping files in force; `Refused` where they map another thing than this row."""
    bundle = flow.bundles.active
    if row.mapping is None:
        return bundle
    if row.mapping not in bundle.mappings:
        raise Refused(
            say(
                "The mapping files in force have no {mapping}. Retry {id} without --latest: the "
                "files it was planned with are kept.",
                mapping=row.mapping, id=row.id,
            )
        )  # fmt: skip
    try:
        same = _goes_the_same_way(tx, flow, row, bundle.mappings[row.mapping])
    except HubError as error:
        raise Refused(
            say(
                "{mapping} cannot map {id}: {reason}",
                mapping=row.mapping,
                id=row.id,
                reason=error.args[0] if error.args else str(error),
            )
        ) from None
    if not same:
        raise Refused(
            say(
                "With the mapping files in force {mapping} is for another operation, object or "
                "lane than {id}. Retry it without --latest, or cancel it and replay its message.",
                mapping=row.mapping, id=row.id,
            )
        )  # fmt: skip
    return bundle


def _goes_the_same_way(tx: Transaction, flow: Flow, row: Delivery, mapping: FieldMapping) -> bool:
    """Say whether a mapping gives the operation, object and lane that a row was planned for.

    Other rows wait behind it in its lane, and its links are of that object.
    """
    spec = flow.connection(row.connection).spec
    if mapping.target != (spec.name, row.operation):
        return False
    (found,) = records.whole(tx, {(row.record_id, row.revision)})
    document = {**found.document, **found.standing, "revision": found.revision}
    scope = Scope(lookups=StoreLookUps(tx), secret=flow.secret)
    handle = mapping.key(document, scope) or str(document["number"])
    lane = mapping.lane(document, scope)
    if lane is None and spec.operation(row.operation).lane is None:
        lane = handle
    return row.handle == handle[:200] and (
        lane is None or row.lane_id == lane_id(row.connection, lane[:255])
    )


def edit(
    tx: Transaction, flow: Flow, delivery_id: str, document: Mapping[str, Any], actor: str
) -> str:
    """Replace the payload of a dead row that was surely not applied, and try it again.

    The edited delivery has a key of its own. Where a gate wants a second person to look, it stays
    dead until that one releases it, and the state returned is `held`.
    """
    board, row = _row(tx, flow, delivery_id)
    _at_no_gate(row)
    _must_be(row, "dead")
    _surely_not_applied(row, say("edit it"))
    _may_go_again(board, row)
    kept = payloads.row(payloads.encode(document), payloads.JSON, board.now)
    payloads.put(tx, [kept])
    before, row.payload = row.payload, kept["sha256"]
    held = gates.hold_action(tx, flow, board, row, "delivery.edit", actor, before)
    if not held:
        send_edited(board, row)
    _done(board, row, "delivery.edited", actor, before=before, after=row.payload)
    return "held" if held else row.state


def send_edited(board: Board, row: Delivery) -> None:
    """Let a row go with its edited payload; `Refused` where that has become too late."""
    _surely_not_applied(row, say("send the edited one"))
    _may_go_again(board, row)
    lanes.draw_key(board, row)
    _go_again(board, row)


def skip(
    tx: Transaction, flow: Flow, delivery_id: str, reason: str, actor: str,
    *, external_id: str | None = None,
) -> str:  # fmt: skip
    """Count a row as done by hand: its lane opens, and the steps after it go on.

    `external_id` names what a person made at the far end, so that later revisions change it and
    a revocation takes it back.
    """
    board, row = _endable(tx, flow, delivery_id, "skipped")
    if external_id is not None:
        _keep_made(board, row, external_id)
    return _end(board, row, "skipped", reason, actor, external_id=external_id)


def cancel(tx: Transaction, flow: Flow, delivery_id: str, reason: str, actor: str) -> str:
    """Do not do it, nor the steps after it in its plan."""
    board, row = _endable(tx, flow, delivery_id, "cancelled")
    return _end(board, row, "cancelled", reason, actor)


def _endable(tx: Transaction, flow: Flow, delivery_id: str, state: str) -> tuple[Board, Delivery]:
    board, row = _row(tx, flow, delivery_id)
    if row.state not in ("dead", "blocked", "ready"):
        raise Refused(
            say("{id} is {now}; only dead, blocked and ready rows can be {state}.",
                id=row.id, now=row.state, state=state)
        )  # fmt: skip
    # whoever comes next in the lane has another key, so ours does not keep an old request away
    _settled(board, row)
    return board, row


def _end(board: Board, row: Delivery, state: str, reason: str, actor: str, **facts: Any) -> str:
    lanes.close(board, row, state, "person")
    row.words = reason
    return _done(board, row, f"delivery.{state}_by_person", actor, **facts)


def _keep_made(board: Board, row: Delivery, external_id: str) -> None:
    """Note an object that a person made as if this row had made or changed it."""
    if row.intent != "put":
        raise Refused(
            say("{id} takes something back; skip it without the id of an object.", id=row.id)
        )
    for other in board.load_record(row.record_id):
        if other.id < row.id and other.step == row.step and other.state in OPEN:
            raise Refused(
                say("{id} comes first and is {state}; decide that one before.",
                    id=other.id, state=other.state)
            )  # fmt: skip
    row.external_id = external_id
    alive = [link for link in board.links(row.record_id, row.step) if link.alive]
    if alive and row.rules.on_revision in ("update", "person"):
        alive[-1].external_id, alive[-1].changed_at = external_id, board.now
        lanes.fill_wanted(board, alive[-1])
        return
    if row.key is None:
        lanes.draw_key(board, row)
    made = board.add_link(
        Link(board.new_id(), row.connection, row.operation, row.handle, alive=True,
             changed_at=board.now, record_id=row.record_id, step=row.step, delivery_id=row.id,
             key=row.key, external_id=external_id)
    )  # fmt: skip
    lanes.fill_wanted(board, made)


def replay(tx: Transaction, flow: Flow, message_id: str, actor: str) -> str:
    """Take a failed, ignored or waiting message up again, with the mapping files in force."""
    m = t.message.c
    state = tx.scalar(sa.select(m.state).where(m.id == message_id).with_for_update())
    if state is None:
        raise Refused(say("There is no message {id}. Run `hub message list`.", id=message_id))
    if state not in ("failed", "ignored", "waiting"):
        raise Refused(
            say("Message {id} is {state}; nothing is left to replay.", id=message_id, state=state)
        )
    now = flow.clock.now()
    tx.execute(
        sa.update(t.message)
        .where(m.id == message_id)
        .values(state="received", reason=None, wake_key=None, due_at=now, finished_at=None)
    )
    entry = ledger.entry(
        flow.clock.new_id(), now, "message.replayed", message_id, actor=actor,
        facts={"from": state},
    )  # fmt: skip
    ledger.append(tx, [entry])
    return "received"


def ignore(tx: Transaction, flow: Flow, message_id: str, reason: str, actor: str) -> str:
    """Set a failed message aside for good: nobody misses what it brought, no watch waits for it."""
    m = t.message.c
    state = tx.scalar(sa.select(m.state).where(m.id == message_id).with_for_update())
    if state is None:
        raise Refused(say("There is no message {id}. Run `hub message list`.", id=message_id))
    if state != "failed":
        raise Refused(
            say("Message {id} is {state}; only failed ones are set aside.",
                id=message_id, state=state)
        )  # fmt: skip
    if not reason.strip():
        raise Refused(say("Say why; the reason is kept with it."))
    now, why = flow.clock.now(), f"set aside: {reason.strip()[:500]}"
    tx.execute(sa.update(t.message).where(m.id == message_id).values(state="ignored", reason=why))
    entry = ledger.entry(flow.clock.new_id(), now, "message.ignored", message_id, actor=actor)
    ledger.append(tx, [entry])
    return "ignored"


# ---- conditions ------------------------------------------------------------------------------


def _row(tx: Transaction, flow: Flow, delivery_id: str) -> tuple[Board, Delivery]:
    board = flow.board(tx)
    rows = board.load([delivery_id])
    if not rows:
        raise Refused(say("There is no delivery {id}. Run `hub delivery list`.", id=delivery_id))
    board.ask_waiters([delivery_id])
    return board, rows[0]


def _at_no_gate(row: Delivery) -> None:
    held = sorted(wait.on_id for wait in row.open_waits if wait.kind == "gate")
    if held:
        raise Refused(
            say(
                "{id} is held by a gate. Release it: `hub gate release {hold} --reason …`.",
                id=row.id, hold=held[0],
            )
        )  # fmt: skip


def _must_be(row: Delivery, state: str) -> None:
    if row.state in FINAL:
        raise Refused(
            say("{id} is {state}, and that is final. Replay its message for a new delivery.",
                id=row.id, state=row.state)
        )  # fmt: skip
    if row.state != state:
        raise Refused(
            say("{id} is {now}; only {state} rows can take this.",
                id=row.id, now=row.state, state=state)
        )  # fmt: skip


def _surely_not_applied(row: Delivery, what: Message) -> None:
    if row.unsure:
        raise Refused(
            say(
                "Nobody knows whether {id} was applied, so to {what} could apply both. Retry it "
                "(the far end is asked first), or look there and skip or cancel it.",
                id=row.id, what=what,
            )
        )  # fmt: skip


def _may_go_again(board: Board, row: Delivery) -> None:
    if row.intent == "put" and board.outdated(row):
        raise Refused(
            say("{id} is of an outdated or revoked revision; skip or cancel it.", id=row.id)
        )
    if board.later_moved(row):
        raise Refused(
            say("A later delivery of {id}'s lane has gone on; old must not follow new.", id=row.id)
        )
    if row.rules.idempotency != "key":
        _settled(board, row)


def _settled(board: Board, row: Delivery) -> None:
    if row.settles_at is not None and row.settles_at > board.now:
        seconds = int((row.settles_at - board.now).total_seconds()) + 1
        raise Refused(
            say("An old request of {id} may still land; try again in {seconds} s.",
                id=row.id, seconds=seconds)
        )  # fmt: skip


def _go_again(board: Board, row: Delivery) -> None:
    row.approved, row.reason, row.rescues = True, None, 0
    row.deadline = board.now + board.policy.deadline
    forgotten = row.rules.can_find and outcomes.key_forgotten(row, board.now)
    row.state = "in_doubt" if row.unsure and (row.rules.asks or forgotten) else "ready"
    row.due_at = board.now
    if row.state == "ready":
        lanes.wait_behind(board, row)
    lanes.note_lane(board, row)


def _done(board: Board, row: Delivery, what: str, actor: str, **facts: Any) -> str:
    board.note(what, row, actor, step=row.step, **facts)
    board.save()
    return row.state
