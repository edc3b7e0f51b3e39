"""Map what is about to be sent, once: every attempt of a delivery reuses the stored payload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.errors import HubError, MappingError
from hub.flow import lanes
from hub.flow.parts import Flow
from hub.mapping.run import Scope
from hub.store import deliveries, payloads, records
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
    documents_of = _records(board, fresh)
    results = deliveries.results_of_plans(board.tx, ((row.record_id, row.plan_id) for row in fresh))
    board.ask_links({row.record_id for row in fresh})
    contents: list[dict[str, Any]] = []
    for row in fresh:
        try:
            document = _map(flow, board, row, documents_of, results)
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
    wanted = {(row.record_id, row.revision) for row in rows}
    return {
        (found.record_id, found.revision): {
            **found.document, **found.standing, "revision": found.revision
        }
        for found in records.whole(board.tx, wanted)
    }  # fmt: skip


def _map(
    flow: Flow,
    board: Board,
    row: Delivery,
    documents: dict[tuple[str, int], dict[str, Any]],
    results: Any,
) -> dict[str, Any]:
    document = documents[row.record_id, row.revision]
    if row.mapping is None:
        return document
    links = {link.connection: link.external_id for link in board.links(row.record_id) if link.alive}
    scope = Scope(
        links=links,
        results=results.get(row.plan_id, {}),
        delivery={"id": row.id, "key": row.key, "revision": row.revision, "action": row.action},
    )
    return flow.bundles.get(board.tx, row.bundle).mappings[row.mapping].apply(document, scope)
