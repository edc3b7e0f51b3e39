"""Map what is about to be sent, once: every attempt of a delivery reuses the stored payload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hub.errors import HubError, MappingError
from hub.flow import lanes
from hub.flow.lookups import Question, Questions, StoreLookUps
from hub.flow.parts import Flow
from hub.mapping.lookups import LinksMissing, LookUps
from hub.mapping.run import Scope
from hub.store import deliveries, payloads, records
from hub.store.board import Board
from hub.store.rows import Delivery


def prepare(flow: Flow, board: Board, rows: Sequence[Delivery]) -> dict[str, Any]:
    """Return delivery id → document for rows that are about to be sent.

    A row that cannot be mapped dies with the mapping's words; one whose mapping says so waits for
    the links it needs. Nothing was sent for either.
    """
    documents = stored_documents(board, [row for row in rows if row.payload])
    fresh = [row for row in rows if not row.payload]
    if not fresh:
        return documents
    contents: list[dict[str, Any]] = []
    mapped = list(_mapped(flow, board, fresh))
    _ask_missing(board, mapped)
    for row, made in mapped:
        match made:
            case LinksMissing():
                _wait_for_links(flow, board, row, made)
            case MappingError():
                lanes.die(board, row, "mapping", str(made))
            case HubError():
                lanes.die(board, row, "configuration", str(made))
            case _:
                kept = payloads.row(payloads.encode(made), payloads.JSON, board.now)
                row.payload = kept["sha256"]
                contents.append(kept)
                documents[row.id] = made
    payloads.put(board.tx, contents)
    return documents


def _mapped(
    flow: Flow, board: Board, rows: Sequence[Delivery]
) -> Iterator[tuple[Delivery, dict[str, Any] | HubError]]:
    """Yield each row with its document, or with what keeps it from having one.

    What looks something up is mapped twice: the first time tells what all of them ask for.
    """
    documents = _records(board, rows)
    results = deliveries.results_of_plans(board.tx, ((row.record_id, row.plan_id) for row in rows))
    board.ask_links({row.record_id for row in rows})
    tries = {}
    asked: dict[str, list[Question]] = {}
    for row in rows:
        questions = Questions()
        tries[row.id] = _tried(flow, board, row, documents, results, questions)
        asked[row.id] = questions.asked
    answers = StoreLookUps(board.tx)
    answers.load(question for questions in asked.values() for question in questions)
    for row in rows:
        if asked[row.id]:
            yield row, _tried(flow, board, row, documents, results, answers)
        else:
            yield row, tries[row.id]


def _ask_missing(
    board: Board, mapped: Sequence[tuple[Delivery, dict[str, Any] | HubError]]
) -> None:
    """Load, in one go, what is known of the links that rows lack, and who is behind those rows."""
    names: dict[tuple[str, str], set[str]] = {}
    behind = []
    for row, made in mapped:
        if isinstance(made, LinksMissing):
            behind.append(row.id)
            for one in made.links:
                names.setdefault((one.connection, one.kind), set()).add(one.handle)
    for (connection, kind), handles in sorted(names.items()):
        board.ask_objects(connection, kind, handles)
    board.ask_waiters(behind)


def _wait_for_links(flow: Flow, board: Board, row: Delivery, error: LinksMissing) -> None:
    """Let a row wait for its links; one nobody can write stops it for a person."""
    try:
        for one in error.links:
            flow.connection(one.connection)
    except HubError as unknown:
        lanes.die(board, row, "configuration", f"{error}; {unknown}")
        return
    wanted = []
    for one in error.links:
        about = board.links_about(one.connection, one.kind, one.handle)
        # under its lock now: somebody may have written it meanwhile
        if not any(link.alive and link.external_id is not None for link in about):
            wanted.append(board.empty_link(one.connection, one.kind, one.handle))
    if wanted:
        lanes.park(board, row, wanted)


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


def _tried(
    flow: Flow,
    board: Board,
    row: Delivery,
    documents: dict[tuple[str, int], dict[str, Any]],
    results: Any,
    lookups: LookUps,
) -> dict[str, Any] | HubError:
    try:
        return _map(flow, board, row, documents, results, lookups)
    except HubError as error:
        return error


def _map(
    flow: Flow,
    board: Board,
    row: Delivery,
    documents: dict[tuple[str, int], dict[str, Any]],
    results: Any,
    lookups: LookUps,
) -> dict[str, Any]:
    document = documents[row.record_id, row.revision]
    if row.mapping is None:
        return document
    links = {link.connection: link.external_id for link in board.links(row.record_id) if link.alive}
    scope = Scope(
        links=links,
        results=results.get(row.plan_id, {}),
        delivery={"id": row.id, "key": row.key, "revision": row.revision, "action": row.action},
        lookups=lookups,
    )
    return flow.bundles.get(board.tx, row.bundle).mappings[row.mapping].apply(document, scope)
