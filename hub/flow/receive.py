"""T1: what a webhook brought is stored, and only then answered 2xx.

Verification and parsing are the connector's and pure. Messages of many callers are inserted in
one transaction; a message seen before is one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection as Transaction

from hub import logs
from hub.connector import Event, Receives, Reply, WebhookRequest
from hub.errors import BadRequest, SignatureInvalid, StoreError
from hub.failpoints import fail_at
from hub.flow.parts import Flow
from hub.store import inbox, payloads
from hub.store.engine import Group

log = logs.get_logger(__name__)


async def receive(flow: Flow, connection: str, request: WebhookRequest) -> tuple[Reply, list[str]]:
    """Verify, store and answer one call; return the reply and what became of each event.

    What could not be stored is answered in the connector's words for "send it again". Raises
    `SignatureInvalid` or `BadRequest`, and nothing is stored then.
    """
    connector = flow.connection(connection).connector
    if "receives" not in connector.can:
        raise SignatureInvalid(f"{connection}: {connector.spec.name} takes no webhooks.")
    received = cast(Receives, connector).receive(request)
    if isinstance(received, Reply):
        return received, []
    incoming = [
        incoming_of(flow, connection, event, raw=request.body, media_type=_media_type(request))
        for event in received.events
    ]
    try:
        verdicts = await flow.store.grouped(_INSERT, incoming) if incoming else []
    except StoreError as error:
        log.warning("message.not_stored", connection=connection, error=str(error))
        return received.refusal, []
    flow.metrics.messages_received.labels(connection).inc(verdicts.count(inbox.STORED))
    fail_at("message.stored")
    if inbox.STORED in verdicts:
        flow.bell.ring("route")
    return received.reply, verdicts


def incoming_of(
    flow: Flow,
    connection: str,
    event: Event,
    *,
    raw: bytes | None = None,
    media_type: str = payloads.JSON,
) -> inbox.Incoming:
    """Return an event as the inbox takes it."""
    if "\x00" in f"{event.external_id}{event.object_id}":
        raise BadRequest("the id of the event or of its object holds the NUL character")
    item = payloads.encode(event.item)
    message_id = flow.clock.new_id()
    return inbox.Incoming(
        id=message_id,
        connection=connection,
        stream=event.stream,
        external_id=event.external_id[:255],
        item=item,
        event=_said(event),
        correlation_id=message_id,
        received_at=flow.clock.now(),
        raw=raw if raw != item else None,
        media_type=media_type,
    )


def _said(event: Event) -> dict[str, object]:
    said: dict[str, object] = {}
    if event.object_id is not None:
        said["object_id"] = event.object_id
    if event.hint:
        said["hint"] = True
    if event.echo:
        said["echo"] = True
    if event.report is not None:
        report = event.report
        said["report"] = {
            "ticket": report.ticket,
            "key": report.key,
            "refused": report.refused,
            "external_id": report.receipt.external_id if report.receipt else None,
            "results": dict(report.receipt.values) if report.receipt else {},
            "applied": report.receipt is not None,
        }
    return said


def _media_type(request: WebhookRequest) -> str:
    return request.headers.get("content-type", "application/octet-stream")[:100]


def _insert_all(
    tx: Transaction, batches: Sequence[Sequence[inbox.Incoming]]
) -> Sequence[list[str]]:
    flat = [one for batch in batches for one in batch]
    verdicts = iter(inbox.store(tx, flat))
    return [[next(verdicts) for _ in batch] for batch in batches]


#: Webhooks that arrive at the same moment are one transaction.
_INSERT: Group[Sequence[inbox.Incoming], list[str]] = Group(_insert_all)
