"""Map what is about to be sent, once: every attempt of a delivery reuses the stored payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.errors import HubError, MappingError
from hub.flow import lanes
from hub.flow.parts import Flow
from hub.mapping.run import Scope
from hub.store import deliveries, payloads
from hub.store import tables as t
from hub.store.board import Board
from hub.store.rows import Delivery


def prepare(flow: Flow, board: Board, rows: Sequence[Delivery]) -> dict[str, Any]:
    """Return delivery id → document for rows that are about to be sent.

    A row that cannot be mapped dies with the mapping's words; nothing was sent for it.
    """
    documents = stored_documents(board, [row for row in rows if row.payload])
    fresh = [row for row in rows if not row.payload]
    if not fresh:
        return documents
    records = _records(board, fresh)
    results = deliveries.results_of_plans(board.tx, (row.plan_id for row in fresh))
    board.ask_links({row.record_id for row in fresh})
    contents: list[dict[str, Any]] = []
    for row in fresh:
        try:
            document = _map(flow, board, row, records, results)
        except MappingError as error:
            lanes.die(board, row, "mapping", str(error))
        except HubError as error:
            lanes.die(board, row, "configuration", str(error))
        else:
            kept = payloads.row(payloads.encode(document), payloads.JSON, board.now)
            row.payload = kept["sha256"]
            contents.append(kept)
            documents[row.id] = document
    payloads.put(board.tx, contents)
    return documents


def stored_documents(board: Board, rows: Sequence[Delivery]) -> dict[str, Any]:
    """Return delivery id → stored payload; a row whose payload is gone stops for a person."""
    contents = payloads.get(board.tx, (row.payload for row in rows if row.payload))
    found: dict[str, Any] = {}
    for row in rows:
        content = contents.get(row.payload or "")
        if content is not None:
            found[row.id] = payloads.parse(content)
        elif row.state == "delivered":
            row.confirm, row.due_at = "unreadable", None
            lanes.release_lane(board, row)
            lanes.note_lane(board, row)
        else:
            lanes.die(board, row, "payload_erased")
    return found


def _records(board: Board, rows: Sequence[Delivery]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return (record id, revision) → document, with what stands beside the content."""
    v, r = t.record_revision.c, t.record.c
    wanted = sorted({(row.record_id, row.revision) for row in rows})
    query = (
        sa.select(v.record_id, v.revision, v.document, r.standing)
        .join(t.record, r.id == v.record_id)
        .where(sa.tuple_(v.record_id, v.revision).in_(wanted))
    )
    return {
        (row.record_id, row.revision): {**row.document, **row.standing, "revision": row.revision}
        for row in board.tx.execute(query)
    }


def _map(
    flow: Flow,
    board: Board,
    row: Delivery,
    records: dict[tuple[str, int], dict[str, Any]],
    results: Any,
) -> dict[str, Any]:
    document = records[row.record_id, row.revision]
    if row.mapping is None:
        return document
    links = {link.connection: link.external_id for link in board.links(row.record_id) if link.alive}
    scope = Scope(
        links=links,
        results=results.get(row.plan_id, {}),
        delivery={"id": row.id, "key": row.key, "revision": row.revision, "action": row.action},
    )
    return flow.bundles.get(board.tx, row.bundle).mappings[row.mapping].apply(document, scope)
