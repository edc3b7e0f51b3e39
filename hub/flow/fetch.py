"""Where an event is only a hint, read the object again by its id before it is used.

The order of webhooks is not guaranteed, and their bodies may be partial: what counts is what the
source shows now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.connector import Document, Fetches
from hub.errors import ConnectorError, Outcome
from hub.flow.bind import bound
from hub.flow.parts import Flow
from hub.store import connections, inbox, payloads
from hub.store import tables as t
from hub.store.inbox import Message

#: Outcomes that pause the connection instead of failing the message.
PAUSING = frozenset({Outcome.NOT_AUTHORIZED, Outcome.MISCONFIGURED})


async def fetch(flow: Flow, messages: Sequence[Message]) -> list[tuple[Message, Document]]:
    """Return the messages with their items; those that were hints with what the source shows.

    A message whose object is gone is ignored; one whose source cannot be read is tried later.
    """
    hints = [one for one in messages if one.event.get("hint")]
    whole = [one for one in messages if not one.event.get("hint")]
    items = await flow.store.read(_items, whole)
    if len(items) < len(whole):
        found = {message.id for message, _ in items}
        await flow.store.write(_erased, flow, [one for one in whole if one.id not in found])
    limits = {name: asyncio.Semaphore(one.slots) for name, one in flow.connections.items()}
    if hints:
        shown = await asyncio.gather(*(_show(flow, one, limits) for one in hints))
        await flow.store.write(_keep, flow, shown)
        items += [(one.message, one.item) for one in shown if one.item is not None]
    return await _with_files(flow, items, limits)


async def _with_files(
    flow: Flow,
    items: Sequence[tuple[Message, Document]],
    limits: Mapping[str, asyncio.Semaphore],
) -> list[tuple[Message, Document]]:
    """Return items with their files bound; those whose files cannot be read are put off."""
    taken = await asyncio.gather(*(_bind(flow, *one, limits) for one in items))
    late = [one for one in taken if one.error is not None]
    if late:
        await flow.store.write(_keep, flow, late)
    return [(one.message, one.item) for one in taken if one.item is not None]


async def _bind(
    flow: Flow, message: Message, item: Document, limits: Mapping[str, asyncio.Semaphore]
) -> _Shown:
    if not flow.takes_files(message.connection, message.stream):
        return _Shown(message, item)
    try:
        async with limits[message.connection]:
            return _Shown(message, await bound(flow, message, item))
    except ConnectorError as error:
        return _Shown(message, error=error)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the source showed of one hint, or why there is nothing to go on with."""

    message: Message
    item: Document | None = None
    gone: str | None = None
    error: ConnectorError | None = None


async def _show(flow: Flow, message: Message, limits: Mapping[str, asyncio.Semaphore]) -> _Shown:
    connector = flow.connection(message.connection).connector
    if not isinstance(connector, Fetches):
        reason = f"{connector.spec.name} cannot fetch, and the event is only a hint"
        return _Shown(message, error=ConnectorError(Outcome.MISCONFIGURED, reason))
    try:
        async with limits[message.connection]:
            item = await connector.fetch(message.stream, str(message.event.get("object_id")))
    except ConnectorError as error:
        return _Shown(message, error=error)
    if item is None:
        return _Shown(message, gone="out_of_scope: the source no longer shows it")
    return _Shown(message, item)


def _keep(tx: Transaction, flow: Flow, shown: Sequence[_Shown]) -> None:
    """Keep what was fetched beside what came in; put the others off, or end them."""
    now = flow.clock.now()
    for one in shown:
        if one.error is not None:
            _later(tx, flow, one.message, one.error)
        elif one.gone is not None:
            _move(tx, one.message, "ignored", one.gone, None, now)
        else:
            row = payloads.row(payloads.encode(one.item), payloads.JSON, now)
            payloads.put(tx, [row])
            event = {**one.message.event, "fetched": row["sha256"]}
            kept = sa.update(t.message).where(t.message.c.id == one.message.id)
            tx.execute(kept.values(event=event))


def _erased(tx: Transaction, flow: Flow, messages: Sequence[Message]) -> None:
    for one in messages:
        reason = "payload: its content was erased or is damaged; let the source send it again"
        _move(tx, one, "failed", reason, None, flow.clock.now())


def _items(tx: Transaction, messages: Sequence[Message]) -> list[tuple[Message, Document]]:
    contents = payloads.get(tx, (one.payload for one in messages))
    return [
        (one, payloads.parse(contents[one.payload])) for one in messages if one.payload in contents
    ]


def _later(tx: Transaction, flow: Flow, message: Message, error: ConnectorError) -> None:
    now = flow.clock.now()
    if error.outcome in PAUSING:
        connections.pause(tx, message.connection, str(error), "system", now)
    wait = max(error.retry_after or flow.policy.delay(1), flow.policy.delay(message.tries))
    if now + wait > message.received_at + flow.policy.deadline and error.outcome not in PAUSING:
        _move(tx, message, "failed", f"not fetched: {error}", None, now)
    else:
        _move(tx, message, "fetching", str(error), now + wait, now)


def _move(
    tx: Transaction,
    message: Message,
    state: str,
    reason: str,
    due_at: datetime | None,
    now: datetime,
) -> None:
    if inbox.still_ours(tx, [message]):
        finished = None if due_at else now
        inbox.settle(
            tx,
            [{"message": message.id, "state": state, "reason": reason, "due_at": due_at,
              "finished_at": finished}],
        )  # fmt: skip
