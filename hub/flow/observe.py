"""A connection in `mode: observe`: what would be sent is mapped and shown, and nothing is sent.

A delivery whose turn has come is mapped, and waits then for a person to let its connection go
live. It gives up its seat, so that what stands behind it in the lane is shown too. The steps after
it are shown as far as they can be mapped before, where their connections are observed as well;
those at other connections wait for it as for any step.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection as Transaction

from hub.errors import HubError
from hub.flow import lanes
from hub.flow.parts import Connection, Flow
from hub.flow.prepare import prepare, preview
from hub.language import say
from hub.store import connections, deliveries, ledger, observed
from hub.store.board import Board
from hub.store.observed import OBSERVE
from hub.store.rows import Delivery, Wait

#: Why a delivery is blocked that was mapped and is only shown.
OBSERVED = "observed"
#: Deliveries shown, or let go, in one transaction.
_AT_ONCE = 100


class NotLive(HubError):
    """hub.yaml says that the connection is only observed."""


def holds(connection: Connection, state: connections.State) -> bool:
    """Say whether nothing may be sent to a connection, asked of it or read back.

    What was planned while it was observed keeps it so until a person has decided about that.
    """
    return connection.observe or state.observed_at is not None


def show(flow: Flow, board: Board, connection: Connection, state: connections.State) -> bool:
    """Map what is due for a connection that is observed; return whether there may be more."""
    ids = deliveries.due_to_send(board.tx, connection.name, board.now, _AT_ONCE)
    rows = board.load(ids)
    board.ask_waiters(ids)
    documents = prepare(flow, board, rows)
    shown = [row for row in rows if row.id in documents]
    for row in shown:
        _hold(board, row)
    _show_later_steps(flow, board, shown)
    return _keep_noted(board, connection, state, shown) or len(ids) == _AT_ONCE


def _keep_noted(
    board: Board, connection: Connection, state: connections.State, shown: Sequence[Delivery]
) -> bool:
    """Keep true since when deliveries wait; return whether it may send from now on."""
    name = connection.name
    waits = bool(shown) or bool(observed.waiting(board.tx, name, 1))
    if waits != (state.observed_at is not None):
        state.observed_at = board.now if waits else None
        connections.save(board.tx, state)
    return not holds(connection, state)


def _hold(board: Board, row: Delivery) -> None:
    row.state, row.due_at, row.reason = "blocked", None, OBSERVED
    board.add_wait(row, Wait(OBSERVE, row.connection))
    if not row.tries:
        # what was sent before keeps its seat: an old request may still land
        row.seat = None
        lanes.release_lane(board, row)
    lanes.note_lane(board, row)
    board.note("delivery.observed", row, step=row.step, payload=row.payload)


def _show_later_steps(flow: Flow, board: Board, rows: Sequence[Delivery]) -> None:
    later = [
        row
        for row in lanes.later_steps(board, rows)
        if flow.connections[row.connection].observe and not _waits(row)
    ]
    for row in later:
        row.reason = OBSERVED
        board.add_wait(row, Wait(OBSERVE, row.connection))
    if later:
        preview(flow, board, later)


def _waits(row: Delivery) -> bool:
    return Wait(OBSERVE, row.connection) in row.open_waits


# ---- going live ------------------------------------------------------------------------------


async def go_live(flow: Flow, name: str, actor: str, *, send: bool) -> int:
    """Let a connection go live that was observed; return about how many deliveries that was.

    What waits is sent from now on, or cancelled together with the steps after it. What was sent
    before it was observed goes on either way. Raises `NotLive` where hub.yaml still says observe.
    """
    require_live(flow, name)
    count, done = 0, _AT_ONCE
    while done == _AT_ONCE:
        done = await flow.store.write(_decide, flow, name, actor, send)
        count += done
        flow.bell.ring("deliver")
    return count


def require_live(flow: Flow, name: str) -> None:
    """Raise `NotLive` where hub.yaml says that the connection is observed."""
    if flow.connection(name).observe:
        raise NotLive(
            say(
                "hub.yaml has {name} in mode: observe. Write mode: live there, start the hub "
                "again, then run `hub connection go-live {name}`.",
                name=name,
            )
        )


def _decide(tx: Transaction, flow: Flow, name: str, actor: str, send: bool) -> int:
    board, state = flow.board(tx), connections.lock(tx, [name])[name]
    rows = board.load(observed.waiting(tx, name, _AT_ONCE))
    board.ask_waiters(row.id for row in rows)
    board.lock_lanes(row.lane_id for row in rows)
    for row in rows:
        if not _waits(row):
            continue  # cancelled with a step before it
        if send or row.tries:
            _let_go(board, row)
        else:
            lanes.close(board, row, "cancelled", OBSERVED)
    if state.observed_at is not None:
        # at once: what comes into the queue now is sent like any other
        state.observed_at = None
        connections.save(tx, state)
    entry = ledger.entry(
        flow.clock.new_id(), board.now, "connection.went_live", name, actor=actor,
        facts={"deliveries": len(rows), "sent": send},
    )  # fmt: skip
    ledger.append(tx, [entry])
    board.save()
    return len(rows)


def _let_go(board: Board, row: Delivery) -> None:
    """Let a delivery have its turn as if it were planned now; it is mapped once more then."""
    for one in (row, *lanes.later_steps(board, [row])):
        one.deadline = max(one.deadline, board.now + board.policy.deadline)
    row.reason = None
    if not row.tries:
        row.payload = row.words = None
        if row.action != "create":
            row.key = None
    board.drop_wait(row, Wait(OBSERVE, row.connection))
    lanes.become_ready(board, row)
