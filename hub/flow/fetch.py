"""Where an event is only a hint, read the object again by its id before it is used.

The order of webhooks is not guaranteed, and their bodies may be partial: what counts is what the
source shows now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.connector import Document, Fetches
from hub.errors import ConnectorError, Outcome
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
    whole = [one for one in messages if not one.event.get("hint")]
    items = list(zip(whole, await flow.store.read(_items, whole), strict=True))
    for message in messages:
        if message.event.get("hint"):
            item = await _fetch_one(flow, message)
            if item is not None:
                items.append((message, item))
    return items


def _items(tx: Transaction, messages: Sequence[Message]) -> list[Document]:
    contents = payloads.get(tx, (one.payload for one in messages))
    return [payloads.parse(contents[one.payload]) for one in messages]


async def _fetch_one(flow: Flow, message: Message) -> Document | None:
    connector = flow.connection(message.connection).connector
    object_id = str(message.event.get("object_id") or "")
    now = flow.clock.now()
    if not isinstance(connector, Fetches):
        reason = f"{connector.spec.name} cannot fetch, and the event is only a hint"
        await flow.store.write(_move, message, "failed", reason, None, now)
        return None
    try:
        item = await connector.fetch(message.stream, object_id)
    except ConnectorError as error:
        await flow.store.write(_later, flow, message, error)
        return None
    if item is None:
        reason = "out_of_scope: the source no longer shows it"
        await flow.store.write(_move, message, "ignored", reason, None, now)
        return None
    await flow.store.write(_keep, message, payloads.row(payloads.encode(item), payloads.JSON, now))
    return item


def _keep(tx: Transaction, message: Message, row: dict[str, object]) -> None:
    """Keep what was fetched beside what came in."""
    payloads.put(tx, [row])
    event = {**message.event, "fetched": row["sha256"]}
    tx.execute(sa.update(t.message).where(t.message.c.id == message.id).values(event=event))


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
