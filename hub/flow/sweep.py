"""What time alone brings about: leases that end, lanes that open, results that never came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection as Transaction

from hub.flow import lanes, outcomes, release
from hub.flow.parts import Flow
from hub.store import deliveries, inbox, ledger, reconciliations, singletons, workers
from hub.store.board import Board
from hub.store.rows import Delivery

#: Finds, in a transaction, the ids of rows whose time has come.
_Find = Callable[[Transaction, datetime], Sequence[str]]


async def sweep(flow: Flow) -> None:
    """Do everything that has become due by itself."""
    due = await flow.store.write(_sweep, flow)
    due |= await release.expire(flow)
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
    reaped = inbox.reap(tx, now)
    return bool(board.nudged or board.woken or reaped)


def _rows(board: Board, ids: Sequence[str]) -> list[Delivery]:
    rows = board.load(ids)
    board.ask_waiters(ids)
    return rows


async def begin(flow: Flow, host: str) -> int:
    """Register this worker, and end the leases of workers known to be dead; return how many.

    On SQLite one process writes, so whoever starts knows that of all others. On PostgreSQL it is
    known of processes of the same machine; those of others are found by their leases.
    """
    return await flow.store.write(_begin, flow, host)


def _begin(tx: Transaction, flow: Flow, host: str) -> int:
    if flow.store.dialect == "sqlite":
        gone = list(deliveries.other_workers(tx, flow.worker))
        workers.leave(tx, workers.others(tx, flow.worker))
    else:
        gone = workers.dead(tx, flow.worker, host)
    taken = _take_over(tx, flow, gone)
    if not workers.others(tx, flow.worker):
        # nobody else works on this store: whatever is leased was a dead worker's
        inbox.reap_all(tx, flow.clock.now())
        singletons.release(tx, flow.worker, None, flow.clock.now())
    workers.register(tx, flow.worker, host, flow.clock.now())
    return taken


async def watch_workers(flow: Flow, host: str) -> int:
    """Give a sign of life, and end the leases of workers of this machine that died."""
    return await flow.store.write(_watch_workers, flow, host)


def _watch_workers(tx: Transaction, flow: Flow, host: str) -> int:
    workers.beat(tx, flow.worker, flow.clock.now())
    return _take_over(tx, flow, workers.dead(tx, flow.worker, host))


def _take_over(tx: Transaction, flow: Flow, gone: Sequence[str]) -> int:
    if not gone:
        return 0
    board = flow.board(tx)
    rows = board.load(deliveries.leased_by(tx, gone))
    board.ask_waiters(row.id for row in rows)
    for row in rows:
        if row.lease_until is not None and row.worker in gone:
            outcomes.lease_ended(board, row)
    board.save()
    singletons.release(tx, flow.worker, gone, board.now)
    reconciliations.release(tx, gone, board.now)
    workers.leave(tx, gone)
    return len(rows)


async def seal(flow: Flow) -> int:
    """Give the newest ledger entries their places in the chain; return how many."""
    return await flow.store.write(ledger.seal)
