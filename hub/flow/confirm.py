"""T5/T6: delivered is not believed. What the far end can show is read back and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.compare import compare
from hub.connector import Command, Finds
from hub.errors import ConnectorError
from hub.failpoints import fail_at
from hub.flow import outcomes
from hub.flow.parts import Flow
from hub.store.board import Board
from hub.store.rows import Delivery

#: A far end that cannot be read is asked so often before the read-back ends `unreadable`.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What reading back showed."""

    delivery_id: str
    fence: int
    #: confirmed, differs, unreadable; retry: not read yet.
    verdict: str
    started_at: datetime
    ended_at: datetime
    words: str | None = None


async def read_back(flow: Flow, row: Delivery, command: Command, started: datetime) -> ReadBack:
    """Ask the far end for what was delivered, and compare what it can show."""
    fail_at("confirm.claimed")
    verdict, words = await _compare(flow, row, command)
    fail_at("confirm.answered")
    return ReadBack(row.id, row.fence, verdict, started, flow.clock.now(), words)


async def _compare(flow: Flow, row: Delivery, command: Command) -> tuple[str, str | None]:
    connection = flow.connections[row.connection]
    if not isinstance(connection.connector, Finds):
        return "unreadable", "the connector cannot read it"
    try:
        found = await connection.connector.find(command)
    except ConnectorError as error:
        return "retry", str(error)
    if found is None:
        return "differs", "the far end shows nothing under our key"
    fields = connection.spec.operation(row.operation).fields
    differences = compare(command.document, found.document, fields)
    if differences:
        return "differs", "; ".join(str(one) for one in differences[:20])
    if not found.mine:
        return "differs", "the far end shows something else under our key"
    return "confirmed", None


def finish(board: Board, read: Sequence[ReadBack]) -> None:
    """Book a batch of read-backs."""
    rows = {row.id: row for row in board.load(one.delivery_id for one in read)}
    board.ask_waiters(rows)
    for one in read:
        row = rows.get(one.delivery_id)
        if row is None:
            continue
        board.attempt(
            delivery_id=one.delivery_id, fence=one.fence, kind="read", outcome=one.verdict,
            code=None, words=one.words, answer=None, late=row.fence != one.fence,
            started_at=one.started_at, ended_at=one.ended_at,
        )  # fmt: skip
        if one.verdict == "retry":
            _again(board, row, one)
        else:
            outcomes.judge(board, row, one.fence, one.verdict, one.words)


def _again(board: Board, row: Delivery, one: ReadBack) -> None:
    if row.fence != one.fence or row.confirm != "reading":
        return
    if row.fence - row.tries >= _TRIES:
        outcomes.judge(board, row, one.fence, "unreadable", one.words)
        return
    row.confirm, row.lease_until, row.worker = "due", None, None
    row.due_at = board.now + board.policy.delay(row.fence - row.tries) + timedelta(seconds=1)
