"""T2: from a stored message to deliveries.

Planning is pure: the item is mapped to a canonical record, and the routes that take it are found.
What looks something up is mapped once more when it is committed, with the answers of that moment.
Committing locks the record's row, decides again what only the store knows (revision, approvals,
revocations) and writes revision, deliveries and the message's state in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pydantic
from sqlalchemy import Connection as Transaction

from hub.connector import Document
from hub.documents.errors import DocumentError
from hub.errors import ConfigError, MappingError, StoreError
from hub.failpoints import fail_at
from hub.flow import papers, reports
from hub.flow.fetch import fetch
from hub.flow.inbound import PRINTING, Desk, Settled
from hub.flow.lacking import Lacking
from hub.flow.lookups import Question, Questions, StoreLookUps
from hub.flow.parts import Flow
from hub.flow.press import Done, Order
from hub.mapping.bundle import Bundle
from hub.mapping.running.lookups import LinksMissing, LookUps, MissingLink
from hub.mapping.running.run import Scope
from hub.records import Approval, Record, kind
from hub.store import inbox
from hub.store.inbox import Message

#: How long planning a batch, or printing what is committed next, may take before others take the
#: messages over.
_LEASE = timedelta(minutes=2)
#: Seconds that printing the documents of a batch may take, so that other messages have their turn;
#: what is not printed by then is given back.
_PRINTING = 60
#: Seconds after which what is printed so far is committed.
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning made of one message: a record, or why there is none."""

    message: Message
    record: Record | None
    settled: Settled | None = None
    #: The links it waits for.
    missing: tuple[MissingLink, ...] = ()
    item: Document | None = None
    #: What its mapping asked for and nobody answered.
    asked: tuple[Question, ...] = ()


async def route(flow: Flow) -> int:
    """Plan and commit one batch of due messages; return how many were taken up."""
    if flow.unplanned:
        await flow.store.write(inbox.give_back, flow.unplanned, flow.clock.now())
        flow.unplanned.clear()
    messages = await flow.store.write(inbox.claim, flow.clock.now(), flow.batch, _LEASE)
    if not messages:
        return 0
    try:
        await _plan_and_commit(flow, messages)
    except StoreError:
        flow.unplanned.extend(messages)
        raise
    return len(messages)


async def _plan_and_commit(flow: Flow, messages: Sequence[Message]) -> None:
    items = await fetch(flow, messages)
    # files that come into force meanwhile are for the next batch: one plan, one bundle
    bundle = flow.bundles.active
    planned = [plan(flow, bundle, message, item) for message, item in items]
    fail_at("message.planned")
    printed: dict[str, Done] = {}
    until = flow.clock.monotonic() + _PRINTING
    while planned:
        fail_at("plan.before_commit")
        committed = await flow.store.write(commit, flow, bundle, planned, printed)
        fail_at("plan.committed")
        papers.count(flow, committed.events)
        if committed.due:
            flow.bell.ring("deliver")
        planned = [
            replace(one, message=replace(one.message, revision=committed.printing[one.message.id]))
            for one in planned
            if one.message.id in committed.printing
        ]
        if flow.clock.monotonic() > until:
            break
        if planned:
            fail_at("document.drawn")
            printed = await flow.printing().print(committed.orders, _AT_ONCE)
            fail_at("document.printed")
    flow.unplanned.extend(one.message for one in planned)


def plan(
    flow: Flow, bundle: Bundle, message: Message, item: Document, answers: LookUps | None = None
) -> Planned:
    """Map an item to its record; pure. What cannot be mapped says why, for a person.

    Without `answers` it also tells what they would have to answer.
    """
    questions = Questions()
    scope = Scope(lookups=questions if answers is None else answers, secret=flow.secret)
    planned = _plan(flow, bundle, message, item, scope)
    return replace(planned, item=item, asked=tuple(questions.asked))


def _plan(flow: Flow, bundle: Bundle, message: Message, item: Document, scope: Scope) -> Planned:
    if message.event.get("echo"):
        return Planned(message, None, Settled("ignored", "echo: we wrote this ourselves"))
    connection = flow.connection(message.connection)
    override = connection.mappings.get(message.stream)
    try:
        mapping = bundle.inbound(connection.spec.name, message.stream, override)
    except MappingError as error:
        return Planned(message, None, Settled("failed", f"mapping: {error}"))
    if mapping is None:
        return Planned(message, None, Settled("ignored", "out_of_scope: no mapping takes it"))
    try:
        if not mapping.applies(item, scope):
            return Planned(message, None, Settled("ignored", f"out_of_scope: {mapping.name}"))
        document = mapping.apply(item, scope)
        record = kind(str(mapping.target)).model_validate(document)
    except LinksMissing as error:
        return Planned(message, None, missing=error.links)
    except MappingError as error:
        return Planned(message, None, Settled("failed", f"mapping: {error}"))
    except pydantic.ValidationError as error:
        return Planned(
            message, None, Settled("failed", f"mapping: {_explain(mapping.name, error)}")
        )
    if connection.since is not None and _changed_at(message, record) < connection.since:
        reason = f"before_since: the hub takes what changed since {connection.since.isoformat()}"
        return Planned(message, None, Settled("ignored", reason))
    return Planned(message, record)


def _changed_at(message: Message, record: Record) -> datetime:
    """Return when something was changed or decided at its source, or else came to us."""
    decided = record.decided_at if isinstance(record, Approval) else None
    return record.modified_at or decided or message.received_at


def _explain(mapping: str, error: pydantic.ValidationError) -> str:
    """Name each field at fault; values stay out, as they may be personal."""
    faults = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
    return f"{mapping}: {faults}"


@dataclass(frozen=True, slots=True)
class Committed:
    """What came of a batch of plans."""

    #: Deliveries became due.
    due: bool
    #: Messages that wait for their documents, which are to be printed now → their revisions.
    printing: Mapping[str, int]
    orders: tuple[Order, ...] = ()
    #: What became of documents, to be counted.
    events: tuple[str, ...] = ()


def commit(
    tx: Transaction, flow: Flow, bundle: Bundle, planned: Sequence[Planned],
    printed: Mapping[str, Done] | None = None,
) -> Committed:  # fmt: skip
    """Write a batch of plans; those whose documents are not among the printed ones come again."""
    ours = inbox.still_ours(tx, [one.message for one in planned])
    planned = _answered(tx, flow, bundle, [one for one in planned if one.message.id in ours])
    board = flow.board(tx)
    desk = Desk(tx, flow, board, bundle, printed)
    desk.open((one.message, one.record) for one in planned if one.record is not None)
    lacking = Lacking(flow, board, (link for one in planned for link in one.missing))
    settled = {one.message.id: _settle(desk, one, lacking) for one in planned}
    desk.save()
    printing = {
        one: how.revision
        for one, how in settled.items()
        if how.state == PRINTING and how.revision is not None
    }
    inbox.settle(tx, [_row(one, how, desk) for one, how in settled.items() if one not in printing])
    inbox.keep(tx, printing, board.now + _LEASE)
    desk.wake()
    return Committed(
        bool(board.nudged), printing, tuple(desk.papers.orders.values()),
        tuple(desk.papers.events),
    )  # fmt: skip


def _answered(
    tx: Transaction, flow: Flow, bundle: Bundle, planned: Sequence[Planned]
) -> Sequence[Planned]:
    """Return the plans with those made anew that look something up."""
    asked = [question for one in planned for question in one.asked]
    if not asked:
        return planned
    answers = StoreLookUps(tx)
    answers.load(asked)
    return [
        plan(flow, bundle, one.message, one.item, answers)
        if one.asked and one.item is not None
        else one
        for one in planned
    ]


def _settle(desk: Desk, planned: Planned, lacking: Lacking) -> Settled:
    message = planned.message
    reported = reports.book(desk, message) if message.event.get("report") else None
    if planned.missing:
        return desk.wait_for_links(message, lacking, planned.missing)
    if planned.record is None:
        return reported or planned.settled or Settled("ignored", "out_of_scope")
    try:
        if isinstance(planned.record, Approval):
            how = desk.approve(message, planned.record)
        else:
            how = desk.take(message, planned.record)
    except LinksMissing as error:
        # for the key or the lane of a delivery
        return desk.wait_for_links(
            message, Lacking(desk.flow, desk.board, error.links), error.links
        )
    except DocumentError as error:
        return Settled("failed", f"document: {error}")
    except ConfigError as error:
        return Settled("failed", f"configuration: {error}")
    return reported if reported and reported.state == "waiting" else how


def _row(message_id: str, how: Settled, desk: Desk) -> dict[str, Any]:
    return {
        "message": message_id, "state": how.state, "reason": how.reason,
        "wake_key": how.wake_key, "record_id": how.record_id, "revision": how.revision,
        "due_at": desk.board.now if how.state == "received" else None,
        "finished_at": None if how.state in ("waiting", "received") else desk.board.now,
    }  # fmt: skip
