"""Map what is about to be sent, once: every attempt of a delivery reuses the stored payload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import ConfigError, HubError, MappingError
from hub.flow import files, lanes
from hub.flow.lacking import Lacking
from hub.flow.lookups import Question, Questions, StoreLookUps
from hub.flow.parts import Flow
from hub.mapping.running.lookups import LinksMissing, LookUps
from hub.mapping.running.run import Scope
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
    waiting = {row.id: made.links for row, made in mapped if isinstance(made, LinksMissing)}
    lacking = Lacking(flow, board, (one for links in waiting.values() for one in links))
    board.ask_waiters(waiting)
    for row, made in mapped:
        match made:
            case LinksMissing():
                _wait_for_links(board, row, lacking, made)
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


def preview(flow: Flow, board: Board, rows: Sequence[Delivery]) -> None:
    """Map rows before their turn, to be shown; what cannot be mapped yet says why in its words."""
    contents = []
    for row, made in _mapped(flow, board, rows):
        if isinstance(made, HubError):
            row.words = str(made)
            continue
        kept = payloads.row(payloads.encode(made), payloads.JSON, board.now)
        row.payload = kept["sha256"]
        contents.append(kept)
    payloads.put(board.tx, contents)


def _mapped(
    flow: Flow, board: Board, rows: Sequence[Delivery]
) -> Iterator[tuple[Delivery, dict[str, Any] | HubError]]:
    """Yield each row with its document, or with what keeps it from having one.

    What looks something up is mapped twice: the first time tells what all of them ask for.
    """
    documents = _records(board, rows)
    results = deliveries.results_of_plans(board.tx, ((row.record_id, row.plan_id) for row in rows))
    board.ask_links({row.record_id for row in rows})
    papers = files.known(flow, board, rows)
    tries = {}
    asked: dict[str, list[Question]] = {}
    for row in rows:
        questions = Questions()
        given = _Given(documents[row.record_id, row.revision], results, papers.get(row.id, {}))
        tries[row.id] = _tried(flow, board, row, given, questions)
        asked[row.id] = questions.asked
    answers = StoreLookUps(board.tx)
    answers.load(question for questions in asked.values() for question in questions)
    for row in rows:
        if asked[row.id]:
            given = _Given(documents[row.record_id, row.revision], results, papers.get(row.id, {}))
            yield row, _tried(flow, board, row, given, answers)
        else:
            yield row, tries[row.id]


def _wait_for_links(board: Board, row: Delivery, lacking: Lacking, error: LinksMissing) -> None:
    """Let a row wait for its links; one nobody can write stops it for a person."""
    try:
        wanted = lacking.of(error.links)
    except ConfigError as never:
        lanes.die(board, row, "configuration", str(never))
        return
    # none: somebody has written them since, and it is claimed again
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
        else:
            stop_erased(board, row)
    return found


def stop_erased(board: Board, row: Delivery) -> None:
    """Stop a row whose payload, or a file it takes along, is gone."""
    if row.state == "delivered":
        row.confirm, row.due_at = "unreadable", None
        lanes.release_lane(board, row)
        lanes.note_lane(board, row)
    else:
        lanes.die(board, row, "payload_erased")


def _records(board: Board, rows: Sequence[Delivery]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return (record id, revision) → document, with what stands beside the content."""
    wanted = {(row.record_id, row.revision) for row in rows}
    return {
        (found.record_id, found.revision): {
            **found.document, **found.standing, "revision": found.revision
        }
        for found in records.whole(board.tx, wanted)
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Given:
    """What a delivery is mapped from."""

    document: dict[str, Any]
    #: Plan → step → values of its receipt.
    results: Any
    #: What `$document` is; empty where its route has none.
    paper: Mapping[str, Any]


def _tried(
    flow: Flow, board: Board, row: Delivery, given: _Given, lookups: LookUps
) -> dict[str, Any] | HubError:
    try:
        return _map(flow, board, row, given, lookups)
    except HubError as error:
        return error


def _map(
    flow: Flow, board: Board, row: Delivery, given: _Given, lookups: LookUps
) -> dict[str, Any]:
    if row.mapping is None:
        return given.document
    links = {link.connection: link.external_id for link in board.links(row.record_id) if link.alive}
    delivery = {"id": row.id, "key": row.key, "revision": row.revision, "action": row.action}
    if given.paper:
        delivery["watermark"] = given.paper["watermark"]
    scope = Scope(
        links=links,
        results=given.results.get(row.plan_id, {}),
        delivery=delivery,
        document=given.paper,
        lookups=lookups,
        secret=flow.secret,
    )
    return flow.bundles.get(board.tx, row.bundle).mappings[row.mapping].apply(given.document, scope)
