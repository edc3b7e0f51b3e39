"""T3, the call, T4: claim a batch, carry the commands out, book what came of them.

T3 claims what is due under a lease and a fence, and maps what was never sent. No transaction is
open during a call. T4 books all results that have come in since the last commit, and T3 claims
what is next in the same one, so under load one commit serves many deliveries. Sending, asking by
key, asking for a result and reading back are four kinds of call and go the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection as Transaction

from hub import logs
from hub.connector import (
    Accepted,
    Action,
    Command,
    Delivers,
    Finds,
    Found,
    Receipt,
    Results,
)  # fmt: skip
from hub.errors import APPLIED_OUTCOMES, ConnectorError, HubError, Outcome
from hub.failpoints import fail_at
from hub.flow import confirm, files, lanes, observe, outcomes
from hub.flow.fetch import PAUSING
from hub.flow.outcomes import ABSENT, ACCEPTED, BEGUN, Result
from hub.flow.parts import Connection, Flow
from hub.flow.prepare import prepare, stop_erased, stored_documents
from hub.http import guard_writes
from hub.store import connections, deliveries, payloads
from hub.store.board import Board
from hub.store.rows import Delivery

log = logs.get_logger(__name__)

#: State of a due row → the kind of call that is next.
_CALLS = {"ready": "send", "in_doubt": "ask", "accepted": "result", "delivered": "read"}
#: Seconds a result waits for others to be booked with.
_TOGETHER = 0.01
#: Outcomes that speak against the connection, not the delivery.
_FAILURES = frozenset({Outcome.UNAVAILABLE_NOT_APPLIED, Outcome.UNKNOWN})


class LeaseLost(HubError):
    """Another worker has this delivery now; nothing more may be written for it."""


@dataclass(slots=True)
class Call:
    """A claimed delivery: what to do, under which fence, until when."""

    row: Delivery
    kind: str
    document: dict[str, Any]
    #: Monotonic time after which nothing may be written for it.
    ends_at: float

    @property
    def command(self) -> Command:
        """Return what the connector is told to do."""
        row = self.row
        return Command(
            operation=row.operation,
            action=Action(row.action or "create"),
            document=self.document,
            key=row.key or row.id,
            external_id=row.external_id,
            revision=row.revision,
            options=row.options,
            correlation_id=row.correlation_id,
        )


# ---- T4 and T3 in one ------------------------------------------------------------------------


async def turn(
    flow: Flow, done: Sequence[Result | confirm.ReadBack], free: Mapping[str, int]
) -> list[Call]:
    """Book what came of calls, and claim up to so many new ones per connection, in one commit."""
    if done:
        fail_at("delivery.before_finish")
    calls, nudges = await flow.store.write(_turn, flow, done, free)
    if done:
        fail_at("delivery.finished")
    if calls:
        fail_at("delivery.claimed")
    if nudges.released:
        flow.bell.ring("deliver")
    elif nudges.booked:
        # what became due here was claimed as far as there was room; others may have some
        flow.bell.publish("deliver")
    if nudges.woken:
        flow.bell.ring("route")
    return calls


@dataclass(slots=True)
class _Nudges:
    """Who has something to do once a turn is committed."""

    #: Results made deliveries due.
    booked: bool = False
    #: The claim itself did, as what it stopped or let wait held them back: nobody has them yet.
    released: bool = False
    #: Messages go on.
    woken: bool = False


def _turn(
    tx: Transaction,
    flow: Flow,
    done: Sequence[Result | confirm.ReadBack],
    free: Mapping[str, int],
) -> tuple[list[Call], _Nudges]:
    nudges = _Nudges()
    if done:
        _finish(tx, flow, done, nudges)
    return (_claim(tx, flow, free, nudges) if free else []), nudges


# ---- T3 --------------------------------------------------------------------------------------


def _claim(tx: Transaction, flow: Flow, free: Mapping[str, int], nudges: _Nudges) -> list[Call]:
    """Claim what is due, up to so many calls per connection."""
    board = flow.board(tx)
    states = connections.lock(tx, sorted(free))
    claimed: list[Delivery] = []
    more = False
    for name, slots in sorted(free.items()):
        connection, state = flow.connections[name], states[name]
        if observe.holds(connection, state):
            more |= observe.show(flow, board, connection, state)
            continue
        before = dict(state.budgets)
        ids = deliveries.due(tx, name, board.now, state.slots(slots, board.now))
        allowed = state.spend(len(ids), connection.limits, board.now)
        if state.budgets != before:
            connections.save(tx, state)
        claimed += board.load(ids[:allowed])
    calls = _take(flow, board, claimed)
    board.save()
    due = (row.due_at for row in board.rows.values() if row.due_at is not None)
    nudges.released = more or any(one <= board.now for one in due)
    nudges.woken |= bool(board.woken)
    return calls


def _take(flow: Flow, board: Board, rows: Sequence[Delivery]) -> list[Call]:
    kinds = {row.id: _CALLS[row.state] for row in rows}
    sends = [row for row in rows if kinds[row.id] == "send" and not _stopped(board, row)]
    documents = prepare(flow, board, sends)
    documents.update(_reread(board, [row for row in rows if kinds[row.id] != "send"]))
    _fill(flow, board, rows, documents)
    return [
        _lease(flow, board, row, kinds[row.id], documents[row.id])
        for row in rows
        if row.id in documents
    ]


def _give_back(tx: Transaction, flow: Flow, known: Set[str]) -> None:
    """Queue again what this worker has leased and never heard of: nothing was sent for it."""
    board = flow.board(tx)
    for row in board.load(set(deliveries.leased_by(tx, [flow.worker])) - known):
        if row.worker == flow.worker and row.lease_until is not None:
            outcomes.never_begun(board, row)
    board.save()


def _stopped(board: Board, row: Delivery) -> bool:
    """Stop a row whose time is over, or that the far end might take for a new one."""
    if board.now > row.deadline:
        lanes.die(board, row, "outcome_unknown" if row.unsure else "deadline")
        return True
    # a person who sends again has looked there
    if row.unsure and not row.approved and outcomes.key_forgotten(row, board.now):
        outcomes.ask_or_stop(board, row)
        return True
    return False


def _reread(board: Board, rows: Sequence[Delivery]) -> dict[str, Any]:
    """Return what was sent; without it nothing can be asked for or compared."""
    unsent: dict[str, Any] = {row.id: {} for row in rows if row.payload is None}
    return unsent | stored_documents(board, [row for row in rows if row.payload])


def _fill(flow: Flow, board: Board, rows: Sequence[Delivery], documents: dict[str, Any]) -> None:
    """Put files in the place of their references; a row whose file is gone stops for a person."""
    for row in rows:
        connection = flow.connections[row.connection]
        if row.id not in documents or row.operation not in connection.takes_files:
            continue
        fields = connection.spec.operation(row.operation).fields
        try:
            documents[row.id] = files.filled(board.tx, documents[row.id], fields)
        except files.FileGone:
            del documents[row.id]
            stop_erased(board, row)


def _lease(flow: Flow, board: Board, row: Delivery, kind: str, document: Any) -> Call:
    lease = flow.connections[row.connection].lease
    row.fence += 1
    row.due_at, row.lease_until, row.worker = None, board.now + lease, flow.worker
    if kind == "send":
        row.state = "sending"
        row.tries += 1
        row.first_sent_at = row.first_sent_at or board.now
    elif kind == "read":
        row.confirm = "reading"
    if row.external_id is None:
        row.external_id = _known_id(board, row)
    return Call(row, kind, document, flow.clock.monotonic() + lease.total_seconds())


def _known_id(board: Board, row: Delivery) -> str | None:
    """Return the far end's id of the object to change, or of the record at its own source."""
    if row.target is not None:
        return board.link(row.target).external_id
    source = (
        link.external_id
        for link in board.links(row.record_id)
        if link.step is None and link.connection == row.connection
    )
    return next(source, None)


# ---- the call --------------------------------------------------------------------------------


class SavedProgress:
    """Commits what several remote steps have reached, under the delivery's fence."""

    def __init__(self, flow: Flow, call: Call) -> None:
        self._flow = flow
        self._call = call
        self._saved = dict(call.row.progress or {})

    @property
    def saved(self) -> dict[str, Any]:
        """Return what was saved so far."""
        return dict(self._saved)

    async def save(self, **values: Any) -> None:
        """Commit what was just learned; `LeaseLost` when the delivery is not ours any more."""
        self._saved.update(values)
        row = self._call.row
        kept = await self._flow.store.write(
            deliveries.save_progress, row.id, row.fence, self._saved
        )
        if not kept:
            raise LeaseLost


async def carry_out(flow: Flow, call: Call) -> Result | confirm.ReadBack:
    """Make one call; whatever the far end does becomes a result."""
    connection = flow.connections[call.row.connection]
    started = flow.clock.now()

    def check_lease() -> None:
        if flow.clock.monotonic() >= call.ends_at:
            raise LeaseLost

    if call.kind == "read":
        return await confirm.read_back(flow, call.row, call.command, started)
    fail_at("delivery.before_send" if call.kind == "send" else "ask.claimed")
    try:
        with guard_writes(check_lease):
            check_lease()
            said = await _say(flow, connection, call)
    except LeaseLost:
        result = _result(flow, call, started, Outcome.UNKNOWN, code="lease_lost")
    except ConnectorError as error:
        result = _failed(flow, call, started, error)
    else:
        result = _understood(flow, call, started, said)
    fail_at("delivery.sent" if call.kind == "send" else "ask.answered")
    _tell(flow, call, result)
    return result


def _tell(flow: Flow, call: Call, result: Result) -> None:
    row, took = call.row, result.ended_at - result.started_at
    flow.metrics.deliveries.labels(row.connection, str(result.outcome)).inc()
    flow.metrics.delivery_seconds.labels(row.connection).observe(took.total_seconds())
    logs.attempted(
        log, connection=row.connection, record=row.handle, attempt=row.fence,
        outcome=str(result.outcome), took=took, call=call.kind,
        delivery=row.id, code=result.code, correlation_id=row.correlation_id,
    )  # fmt: skip


async def _say(flow: Flow, connection: Connection, call: Call) -> Receipt | Accepted | Found | None:
    connector, can = connection.connector, connection.connector.can
    match call.kind:
        case "send" if "delivers" in can:
            return await cast(Delivers, connector).deliver(call.command, SavedProgress(flow, call))
        case "ask" if "finds" in can:
            return await cast(Finds, connector).find(call.command)
        case "result" if "results" in can and call.row.ticket:
            return await cast(Results, connector).result(call.command, call.row.ticket)
    raise ConnectorError(
        Outcome.MISCONFIGURED, f"{connection.name}: {connection.spec.name} cannot {call.kind}"
    )


def _understood(
    flow: Flow, call: Call, started: datetime, said: Receipt | Accepted | Found | None
) -> Result:
    match said:
        case Receipt():
            outcome = Outcome.ALREADY_APPLIED if said.already else Outcome.APPLIED
            return _result(flow, call, started, outcome, external_id=said.external_id,
                           results=dict(said.values), body=said.answer)  # fmt: skip
        case Accepted():
            result = _result(flow, call, started, ACCEPTED, body=said.answer)
            result.ticket, result.ask_at = said.ticket, said.ask_at
            result.give_up_at = said.give_up_at
            return result
        case Found(mine=True):
            return _result(flow, call, started, Outcome.ALREADY_APPLIED, body=said.answer,
                           external_id=said.external_id, results=dict(said.values))  # fmt: skip
        case Found(begun=True):
            return _result(flow, call, started, BEGUN, body=said.answer)
        case _:
            # what stands there does not show this delivery: it proves that ours was not applied
            return _result(flow, call, started, ABSENT, body=said.answer if said else b"")


def _failed(flow: Flow, call: Call, started: datetime, error: ConnectorError) -> Result:
    result = _result(
        flow, call, started, error.outcome, code=error.code, body=error.answer or b"",
        words=error.words or str(error),
    )  # fmt: skip
    result.retry_after = error.retry_after
    return result


def _result(
    flow: Flow, call: Call, started: datetime, outcome: str, *, body: bytes = b"", **more: Any
) -> Result:
    result = Result(
        call.row.id, call.row.fence, call.kind, outcome, started, flow.clock.now(), **more
    )
    result.body = body
    return result


# ---- T4 --------------------------------------------------------------------------------------


def _finish(
    tx: Transaction, flow: Flow, done: Sequence[Result | confirm.ReadBack], nudges: _Nudges
) -> None:
    """Book what came of a batch of calls, and note whether anything became due."""
    board = flow.board(tx)
    results = [one for one in done if isinstance(one, Result)]
    _keep_answers(board, results)
    outcomes.finish(board, results)
    confirm.finish(board, [one for one in done if isinstance(one, confirm.ReadBack)])
    _tell_connections(board, results)
    board.save()
    nudges.booked, nudges.woken = bool(board.nudged), bool(board.woken)


def _keep_answers(board: Board, results: Sequence[Result]) -> None:
    rows = []
    for result in results:
        if result.body:
            row = payloads.row(result.body, "application/octet-stream", board.now)
            result.answer = row["sha256"]
            rows.append(row)
    payloads.put(board.tx, rows)


def _tell_connections(board: Board, results: Sequence[Result]) -> None:
    """Pause, hold or open the breaker of connections that answered so; close it on success."""
    by_name: dict[str, list[Result]] = {}
    for result in results:
        if result.delivery_id in board.rows:
            by_name.setdefault(board.rows[result.delivery_id].connection, []).append(result)
    states = connections.read(board.tx)
    for name, some in sorted(by_name.items()):
        known = states.get(name)
        calm = known is not None and not known.failures
        if calm and all(one.outcome in APPLIED_OUTCOMES for one in some):
            continue
        state = connections.lock(board.tx, [name])[name]
        for result in some:
            _hear(board, state, result)
        connections.save(board.tx, state)


def _hear(board: Board, state: connections.State, result: Result) -> None:
    row = board.rows[result.delivery_id]
    if result.outcome in PAUSING:
        if state.paused_at is None:
            state.paused_at, state.paused_by = board.now, "system"
            state.pause_reason = f"{result.outcome}: {result.words}"
            board.note("connection.paused", row, connection=state.connection,
                       outcome=str(result.outcome), code=result.code)  # fmt: skip
    elif result.outcome == Outcome.RATE_LIMITED:
        state.hold(board.now + (result.retry_after or board.policy.delay(1)))
    elif result.outcome in _FAILURES:
        state.failed(board.now)
    else:
        state.succeeded()


# ---- the loop --------------------------------------------------------------------------------


class Deliverer:
    """Keeps every connection's slots filled, and books results as fast as commits allow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.calls: dict[asyncio.Task[Result | confirm.ReadBack], Call] = {}
        #: The store failed while it was claimed: it may have claimed what we know nothing of.
        self._claimed_unseen = False

    def free(self) -> dict[str, int]:
        """Return how many more calls each connection may take now."""
        busy: dict[str, int] = {}
        for task, call in self.calls.items():
            if task.done():
                continue
            busy[call.row.connection] = busy.get(call.row.connection, 0) + 1
        return {
            name: connection.slots - busy.get(name, 0)
            for name, connection in self.flow.connections.items()
            # refilling one by one would cost a claim for each delivery
            if busy.get(name, 0) <= connection.slots * 3 // 4
        }

    async def step(self, *, claiming: bool = True) -> bool:
        """Book what has ended, claim, wait for one call to end; False when nothing is going on."""
        ended = [task for task in self.calls if task.done()]
        free = self.free() if claiming else {}
        if ended or free:
            if self._claimed_unseen:
                known = {call.row.id for call in self.calls.values()}
                await self.flow.store.write(_give_back, self.flow, known)
            # kept until they are booked: a store that is away for a moment loses no result
            self._claimed_unseen = True
            fresh = await turn(self.flow, [self._result(task) for task in ended], free)
            self._claimed_unseen = False
            for task in ended:
                del self.calls[task]
            for call in fresh:
                self.calls[asyncio.create_task(carry_out(self.flow, call))] = call
        self.flow.under_way = len(self.calls)
        if not self.calls:
            return False
        await self._wait()
        await self._renew()
        return True

    async def _wait(self) -> None:
        """Wait until a call ends or somebody rings: a far end that hangs holds up no other."""
        rung = asyncio.create_task(self.flow.bell.wait("deliver", 1.0))
        await asyncio.wait({*self.calls, rung}, return_when=asyncio.FIRST_COMPLETED)
        rung.cancel()
        # one commit for what ends at about the same time
        await asyncio.wait(self.calls, timeout=_TOGETHER)

    def _result(self, task: asyncio.Task[Result | confirm.ReadBack]) -> Result | confirm.ReadBack:
        """Return what a call came to; one that broke in our own code is in doubt like any other."""
        call, error = self.calls[task], task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, Exception):
            raise error
        log.error("delivery.broke", delivery=call.row.id, call=call.kind, exc_info=error)
        now = self.flow.clock.now()
        if call.kind == "read":
            words = "internal error; the log tells it"
            return confirm.ReadBack(call.row.id, call.row.fence, "retry", now, now, words)
        return _result(self.flow, call, now, Outcome.UNKNOWN, code="internal_error")

    async def _renew(self) -> None:
        """Move the leases of calls that have used a third of theirs."""
        now = self.flow.clock.monotonic()
        for name, connection in self.flow.connections.items():
            lease = connection.lease.total_seconds()
            old = [
                call for call in self.calls.values()
                if call.row.connection == name and call.ends_at - now < lease * 2 / 3
            ]  # fmt: skip
            if not old:
                continue
            fences = {call.row.id: call.row.fence for call in old}
            until = self.flow.clock.now() + connection.lease
            ours = await self.flow.store.write(deliveries.renew, self.flow.worker, fences, until)
            for call in old:
                if call.row.id in ours:
                    call.ends_at = now + lease
