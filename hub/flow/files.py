"""What deliveries know of their documents, and the files they take along.

A mapping puts `$document.file` into a field of the type `file`. What is stored is a reference,
`payload:` and the hash; the bytes are put in its place, in base64, right before a call.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.connector import FieldSpec
from hub.documents.number import Number
from hub.errors import MappingError
from hub.flow.parts import Flow
from hub.mapping.route import Route, Step
from hub.settings import Settings
from hub.store import documents, payloads
from hub.store.board import Board
from hub.store.documents import PDF, Copy, Document
from hub.store.rows import Delivery

_REFERENCE = re.compile(r"payload:([0-9a-f]{64})")


class FileGone(Exception):
    """A file was erased, or its row is damaged."""


# ---- $document -------------------------------------------------------------------------------


def known(flow: Flow, board: Board, rows: Sequence[Delivery]) -> dict[str, Mapping[str, Any]]:
    """Return delivery id → what `$document` is for it, for deliveries whose route has one."""
    steps = dict(_steps(flow, board, rows))
    if not steps:
        return {}
    records = sorted({row.record_id for row in rows if row.id in steps})
    issued = {
        (one.record_id, one.revision): one
        for several in documents.of_records(board.tx, records).values()
        for one in several
        if one.state != "drawn"
    }
    copies = documents.copies(board.tx, (one.id for one in issued.values()))
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        document = issued.get((row.record_id, row.revision))
        if row.id in steps and document is not None:
            chosen = _chosen(copies[document.id], steps[row.id])
            found[row.id] = _told(flow.settings, document, chosen)
    return found


def shown(
    tx: Transaction, settings: Settings | None, route: Route | None, row: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what `$document` is for one delivery of a listing; empty where its route has none."""
    steps = _named(route, row["step"]) if route is not None and route.document else []
    issued = [
        one
        for one in documents.of_records(tx, [row["record_id"]]).get(row["record_id"], ())
        if one.revision == row["revision"] and one.state != "drawn"
    ]
    if not steps or not issued:
        return {}
    copies = documents.copies(tx, [issued[0].id])[issued[0].id]
    return _told(settings, issued[0], _chosen(copies, steps[0]))


def _steps(flow: Flow, board: Board, rows: Sequence[Delivery]) -> Iterator[tuple[str, Step]]:
    for row in rows:
        try:
            route = flow.bundles.get(board.tx, row.bundle).routes.get(row.route)
        except MappingError:
            continue  # the mapping itself will say so
        if route is not None and route.document is not None:
            yield from ((row.id, step) for step in _named(route, row.step))


def _named(route: Route, name: str) -> list[Step]:
    return [step for step in route.steps if step.name == name]


def _chosen(copies: Sequence[Copy], step: Step) -> Copy | None:
    """Return the copy a step takes along: the one it names, else the first."""
    named = (one for one in copies if step.copy is None or one.role == step.copy)
    return next(named, None)


def _told(settings: Settings | None, document: Document, copy: Copy | None) -> Mapping[str, Any]:
    number = Number(document.number)
    told: dict[str, Any] = {
        "watermark": str(number),
        "content_sha256": document.content,
        "revision": document.revision,
        "url": _page(settings, number),
    }
    if copy is not None:
        told |= {
            "number": number.with_copy(copy.copy),
            "name": file_name(number, copy.copy),
            "media_type": PDF,
            "file": f"payload:{copy.pdf}",
            "sha256": copy.pdf,
        }
    return {name: value for name, value in told.items() if value is not None}


def file_name(number: Number, copy: int) -> str:
    """Return what the file of a copy is called."""
    return f"{number}.pdf" if copy == 1 else f"{number}-C{copy}.pdf"


def _page(settings: Settings | None, number: Number) -> str | None:
    base = settings.check_address if settings is not None else None
    return f"{base}/v/{number.text}" if base else None


# ---- files -----------------------------------------------------------------------------------


def filled(
    tx: Transaction, document: Mapping[str, Any], fields: Mapping[str, FieldSpec]
) -> dict[str, Any]:
    """Return a document with its files in the place of references; `FileGone` without them."""
    wanted = [sha for sha in (_reference(one) for one in _values(document, fields)) if sha]
    contents = payloads.get(tx, wanted) if wanted else {}
    if any(sha not in contents for sha in wanted):
        raise FileGone
    return _with_files(document, fields, contents)


def _reference(value: Any) -> str | None:
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else None


def _values(document: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> Iterator[Any]:
    for name, field in fields.items():
        value = document.get(name)
        if field.type == "file":
            yield value
        elif field.fields:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping):
                    yield from _values(item, field.fields)


def _with_files(
    document: Mapping[str, Any], fields: Mapping[str, FieldSpec], contents: Mapping[str, bytes]
) -> dict[str, Any]:
    return {
        name: _with_file(value, fields[name], contents) if name in fields else value
        for name, value in document.items()
    }


def _with_file(value: Any, field: FieldSpec, contents: Mapping[str, bytes]) -> Any:
    if isinstance(value, list):
        return [_with_file(one, field, contents) for one in value]
    if isinstance(value, Mapping):
        return _with_files(value, field.fields, contents)
    sha = _reference(value) if field.type == "file" else None
    return base64.b64encode(contents[sha]).decode("ascii") if sha else value
