"""Documents to try a mapping on: what a record, a message or a delivery would give it.

Everything here reads only; nothing is planned and nothing is sent. What a scope looks up is asked
within the transaction it came from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub import keys
from hub.errors import ConfigError, HubError, MappingError
from hub.flow import files
from hub.flow.lookups import StoreLookUps
from hub.flow.parts import stored_bundle
from hub.language import say
from hub.mapping import Bundle, FieldMapping, Scope
from hub.mapping.compared.effects import Document
from hub.settings import Settings
from hub.store import bundles, deliveries, documents, payloads, records, views
from hub.store import tables as t
from hub.store.views import NotFound, Row


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery: what it was mapped from and with, and what was stored to be sent."""

    given: Document
    mapping: str | None
    bundle: str
    #: The stored document; None where it was not yet mapped, or erased.
    document: Any


def of_number(
    tx: Transaction, mapping: FieldMapping, number: str, connections: Collection[str],
    settings: Settings | None,
) -> Document:  # fmt: skip
    """Return what the latest revision of a record gives the mapping.

    A mapping of what comes in gets the newest message from these connections that led to the
    record; it may be named by the message's id too. Raises `NotFound`, and `HubError` where
    several connections have one.
    """
    if isinstance(mapping.source, tuple):
        return _of_message(tx, mapping.source[1], number, connections)
    kind = mapping.source
    found = [row for row in views.records_numbered(tx, number) if row["kind"] == kind]
    if not found:
        raise NotFound("record", number)
    if len(found) > 1:
        owners = ", ".join(row["connection"] for row in found)
        raise HubError(
            say(
                "{owners} each have a {kind} {number}; name one of its deliveries instead: "
                "--delivery ID",
                owners=owners, kind=kind, number=number,
            )
        )  # fmt: skip
    return _of_record(_Scopes(tx, settings), found[0], mapping.name)


def of_delivery(tx: Transaction, delivery: str, settings: Settings | None) -> Sent:
    """Return a delivery's document and scope as they stand now; the id may be its ending."""
    row = views.delivery(tx, views.resolve_id(tx, "delivery", delivery))
    whole = _revision(tx, row["record_id"], row["revision"])
    if whole is None:
        raise HubError(
            say(
                "Revision {revision} of {number} is no longer stored.",
                revision=row["revision"], number=row["number"],
            )
        )  # fmt: skip
    given = Document(f"{row['number']} r{row['revision']}", whole, _Scopes(tx, settings).of(row))
    return Sent(given, row["mapping"], row["bundle"], _payload(tx, row["payload"]))


def bundle(tx: Transaction, sha: str) -> Bundle:
    """Return the stored mapping files of an address, or of its unique beginning.

    Raises `ConfigError` where there is none.
    """
    found = bundles.named(tx, sha)
    if found is None:
        raise ConfigError(say("The store has not one bundle {sha}.", sha=sha))
    return stored_bundle(tx, found)


def latest(
    tx: Transaction, mapping: FieldMapping, count: int, connections: Collection[str],
    settings: Settings | None,
) -> Iterator[Document]:  # fmt: skip
    """Yield what the last recorded records give a mapping, the newest first.

    For a mapping of what comes in: what the last messages of its stream brought, from these
    connections.
    """
    if isinstance(mapping.source, tuple):
        yield from _latest_messages(tx, mapping.source[1], count, connections)
        return
    scopes = _Scopes(tx, settings)
    for row in views.records(tx, kind=mapping.source, limit=count):
        with contextlib.suppress(NotFound):
            yield _of_record(scopes, row, mapping.name)


def connections_of(settings: Settings | None, mapping: FieldMapping) -> list[str]:
    """Return the connections whose messages a mapping may read: those of its connector."""
    connector = mapping.source[0] if isinstance(mapping.source, tuple) else ""
    configured = settings.connections if settings is not None else {}
    return sorted(name for name, one in configured.items() if one.connector == connector)


def secret_of(settings: Settings | None) -> bytes:
    """Return this hub's key of `redact: hash`; empty where there is none that may be read here."""
    with contextlib.suppress(ConfigError):
        return keys.derived(settings.keys, keys.REDACT) if settings is not None else b""
    return b""


def keyed(document: Document, secret: bytes) -> Document:
    """Return a document whose mapping hashes with this key."""
    return replace(document, scope=replace(document.scope, secret=secret))


# ---- records ---------------------------------------------------------------------------------


def _of_record(scopes: _Scopes, record: Row, mapping: str) -> Document:
    tx, number = scopes.tx, record["revision"]
    document = _revision(tx, record["id"], number)
    if document is None:
        raise NotFound("record", record["number"])
    last = _last_delivery(tx, record["id"], number, mapping)
    if last is not None:
        scope = scopes.of(last)
    else:
        scope = Scope(_links(tx, record["id"]), {}, {"revision": number}, StoreLookUps(tx))
    return Document(f"{record['number']} r{number}", document, scope)


def _revision(tx: Transaction, record_id: str, number: int) -> dict[str, Any] | None:
    for row in records.whole(tx, {(record_id, number)}):
        return {**row.document, **row.standing, "revision": row.revision}
    return None


def _last_delivery(tx: Transaction, record_id: str, revision: int, mapping: str) -> Row | None:
    d = t.delivery.c
    query = sa.select(t.delivery).where(d.record_id == record_id, d.revision == revision)
    rows = tx.execute(query.order_by(d.id.desc()).limit(100)).mappings()
    found = [dict(row) for row in rows]
    # another step of the same plan knows the same results
    return next((row for row in found if row["mapping"] == mapping), found[0] if found else None)


class _Scopes:
    """What mappings of deliveries see besides the record; mapping files are read once."""

    def __init__(self, tx: Transaction, settings: Settings | None) -> None:
        self.tx, self._settings = tx, settings
        self._bundles: dict[str, Bundle | None] = {}

    def of(self, row: Row) -> Scope:
        """Return the scope of a delivery as it stands now."""
        tx = self.tx
        results = deliveries.results_of_plans(tx, [(row["record_id"], row["plan_id"])])
        about = {name: row[name] for name in ("id", "key", "revision", "action")}
        paper = self._paper(row)
        if paper:
            about["watermark"] = paper["watermark"]
        found = results.get(row["plan_id"], {})
        return Scope(_links(tx, row["record_id"]), found, about, StoreLookUps(tx), paper)

    def _paper(self, row: Row) -> Mapping[str, Any]:
        if not documents.of_records(self.tx, [row["record_id"]]):
            return {}
        bundle = self._bundle(row["bundle"])
        route = bundle.routes.get(row["route"]) if bundle is not None else None
        return files.shown(self.tx, self._settings, route, row)

    def _bundle(self, sha: str) -> Bundle | None:
        if sha not in self._bundles:
            self._bundles[sha] = None
            # without its files nobody knows which copy it takes along
            with contextlib.suppress(MappingError):
                self._bundles[sha] = stored_bundle(self.tx, sha)
        return self._bundles[sha]


def _links(tx: Transaction, record_id: str) -> dict[str, Any]:
    k = t.link.c
    query = sa.select(k.connection, k.external_id).where(k.record_id == record_id, k.alive)
    return {row.connection: row.external_id for row in tx.execute(query.order_by(k.id))}


def _payload(tx: Transaction, sha: str | None) -> Any:
    content = payloads.get(tx, [sha]).get(sha) if sha is not None else None
    return None if content is None else payloads.parse(content)


# ---- messages --------------------------------------------------------------------------------


def _of_message(tx: Transaction, stream: str, given: str, connections: Collection[str]) -> Document:
    m = t.message.c
    # another connector may well call a stream the same
    query = sa.select(t.message).where(m.stream == stream, m.connection.in_(sorted(connections)))
    try:
        ids = [row["id"] for row in views.records_numbered(tx, given)]
        query = query.where(m.record_id.in_(ids))
    except NotFound:
        with contextlib.suppress(NotFound):
            query = query.where(m.id == views.resolve_id(tx, "message", given))
            return _brought(tx, query.limit(1), given)
        raise
    return _brought(tx, query.order_by(m.id.desc()).limit(1), given)


def _brought(tx: Transaction, query: Any, given: str) -> Document:
    row = tx.execute(query).mappings().first()
    case = None if row is None else _message(tx, dict(row))
    if case is None:
        raise NotFound("message", given)
    return case


def _latest_messages(
    tx: Transaction, stream: str, count: int, connections: Collection[str]
) -> Iterator[Document]:
    m = t.message.c
    newest: list[Row] = []
    for name in sorted(connections):
        # one after the other: of several at once all messages would be read and sorted
        query = sa.select(t.message).where(m.connection == name, m.stream == stream)
        newest += map(dict, tx.execute(query.order_by(m.id.desc()).limit(count)).mappings())
    for row in sorted(newest, key=lambda one: str(one["id"]), reverse=True)[:count]:
        case = _message(tx, row)
        if case is not None:
            yield case


def _message(tx: Transaction, row: Row) -> Document | None:
    event = row["event"]
    # a hint brought nothing by itself: what was fetched after it counts
    sha = event.get("fetched") if event.get("hint") else row["payload"]
    document = _payload(tx, sha)
    if not isinstance(document, dict):
        return None
    scope = Scope(lookups=StoreLookUps(tx))
    return Document(f"{row['external_id']} ({row['id']})", document, scope)
