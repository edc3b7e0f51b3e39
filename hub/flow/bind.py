"""Files that come with a record, such as a contract's: bound by hash, and never touched.

A stream says which of its fields hold files. Each is read once through its connection, looked at
in a child process, and told to the mapping as name, hash, pages and origin in the place of its
address. Its bytes are not kept. What is wrong with a file is told with it; only a source that
cannot be read now makes the message wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection as Transaction

from hub import logs
from hub.connector import Connector, Document, Fetches, Files
from hub.documents.errors import DocumentError
from hub.errors import ConfigError, ConnectorError, Outcome
from hub.flow.parts import Flow
from hub.http import AnswerTooLarge
from hub.store import bound_files, ledger
from hub.store.inbox import Message

log = logs.get_logger(__name__)

#: Files of one record that are bound.
MOST_FILES = 20
#: Answers that trying again does not change, as long as the address is the same.
_FINAL = frozenset({Outcome.REJECTED, Outcome.NOT_AUTHORIZED, Outcome.MISCONFIGURED})
#: What is told of a file that could not be got at all.
NOT_FETCHED = "E_DOC_NOT_FETCHED"


async def bound(flow: Flow, message: Message, item: Document) -> Document:
    """Return an item with hash and pages in the place of its files' addresses.

    Raises `ConnectorError` where a file cannot be read now.
    """
    connection = flow.connection(message.connection)
    names = connection.spec.stream(message.stream).files
    connector = connection.connector
    if not isinstance(connector, Files) or not any(_given(item, name) for name in names):
        return item
    try:
        return await _bound(flow, message, item, names)
    except ConnectorError as error:
        if error.outcome not in _FINAL:
            raise
        # the address of a file may have ended; the source shows a new one
        fresh = await _again(connector, message)
        return await _bound(flow, message, fresh or item, names, final=True)


async def _again(connector: Connector, message: Message) -> Document | None:
    object_id = message.event.get("object_id")
    if object_id is None or not isinstance(connector, Fetches):
        return None
    return await connector.fetch(message.stream, str(object_id))


async def _bound(
    flow: Flow, message: Message, item: Document, names: Sequence[str], *, final: bool = False
) -> Document:
    found = {
        name: [
            await _file(flow, message, reference, final=final)
            for reference in _given(item, name)[:MOST_FILES]
        ]
        for name in names
    }
    return {**item, **{name: files for name, files in found.items() if files}}


def _given(item: Document, name: str) -> list[Mapping[str, Any]]:
    """Return the files a field names."""
    value = item.get(name)
    files = value if isinstance(value, list) else []
    return [one for one in files if isinstance(one, Mapping)]


async def _file(
    flow: Flow, message: Message, reference: Mapping[str, Any], *, final: bool
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": str(reference.get("name") or ""), "origin": message.connection,
    }  # fmt: skip
    connector = cast(Files, flow.connection(message.connection).connector)
    try:
        content = await connector.file(message.stream, reference)
    except AnswerTooLarge:
        return {**told, "problem": "E_DOC_TOO_LARGE"}
    except ConnectorError as error:
        if not final or error.outcome not in _FINAL:
            raise
        log.warning("file.not_fetched", connection=message.connection, message=message.id,
                    outcome=str(error.outcome), error=str(error))  # fmt: skip
        return {**told, "problem": NOT_FETCHED}
    told |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return told | await _seen(flow, content)


async def _seen(flow: Flow, content: bytes) -> dict[str, Any]:
    """Return how many pages a file has, or what is wrong with it."""
    try:
        seen = await flow.look().look(content)
    except DocumentError as error:
        # a document of another kind is bound by its hash all the same
        return {} if error.code == "E_DOC_NOT_READABLE" else {"problem": error.code}
    except ConfigError as error:
        log.warning("file.not_looked_at", error=str(error))
        return {}
    return {"pages": seen.pages} if seen.pages is not None else {}


def keep(
    tx: Transaction, flow: Flow, message: Message, record_id: str, document: Mapping[str, Any]
) -> list[ledger.Entry]:
    """Bind the files of a stored revision to its record; return what the ledger is told.

    A file that is bound to the record already is not told again.
    """
    files = [one for one in document.get("files") or () if one.get("sha256")]
    now = flow.clock.now()
    fresh = [
        one for one in files
        if bound_files.add(
            tx,
            {"sha256": one["sha256"], "record_id": record_id, "name": one["name"],
             "pages": one["pages"] or 0, "size": one["size"] or 0, "origin": one["origin"],
             "bound_at": now},
        )
    ]  # fmt: skip
    return [
        ledger.entry(
            flow.clock.new_id(), now, "file.bound", record_id,
            correlation_id=message.correlation_id,
            facts={"sha256": one["sha256"], "pages": one["pages"], "size": one["size"]},
        )
        for one in fresh
    ]  # fmt: skip
