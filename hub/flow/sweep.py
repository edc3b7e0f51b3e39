"""What time alone brings about: leases that end, lanes that open, results that never came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection as Transaction

from hub.flow import lanes, outcomes
from hub.flow.parts import Flow
from hub.store import deliveries, inbox, ledger
from hub.store.board import Board
from hub.store.rows import Delivery

#: Finds, in a transaction, the ids of rows whose time has come.
_Find = Callable[[Transaction, datetime], Sequence[str]]


async def sweep(flow: Flow) -> None:
    """Do everything that has become due by itself."""
    due = await flow.store.write(_sweep, flow)
    if due:
        flow.bell.ring("deliver")
        flow.bell.ring("route")


def _sweep(tx: Transaction, flow: Flow) -> bool:
    now = flow.clock.now()
    board = flow.board(tx)
    for row in board.load(deliveries.lease_ended(tx, now)):
        outcomes.lease_ended(board, row)
    for row in _rows(board, deliveries.given_up(tx, now)):
        if row.state == "accepted" and row.lease_until is None:
            outcomes.give_up(board, row)
    for row in _rows(board, deliveries.lanes_to_open(tx, now)):
        lanes.release_lane(board, row)
        lanes.note_lane(board, row)
    board.save()
    woken = inbox.reap(tx, now) + inbox.wake(tx, board.woken, now)
    return bool(board.nudged or woken)


def _rows(board: Board, ids: Sequence[str]) -> list[Delivery]:
    rows = board.load(ids)
    board.ask_waiters(ids)
    return rows


async def take_over(flow: Flow) -> int:
    """End the leases of all other workers at once; only where they are known to be dead.

    On SQLite one process writes, so whoever starts knows that of all others.
    """
    return await flow.store.write(_take_over, flow)


def _take_over(tx: Transaction, flow: Flow) -> int:
    board = flow.board(tx)
    rows = board.load(deliveries.leased_by_others(tx, flow.worker))
    for row in rows:
        outcomes.lease_ended(board, row)
    board.save()
    inbox.reap_all(tx, board.now)
    return len(rows)


async def seal(flow: Flow) -> int:
    """Give the newest ledger entries their places in the chain; return how many."""
    return await flow.store.write(ledger.seal)
