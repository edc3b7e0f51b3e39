"""Checks of documents against the store: what is registered, and what the ledger says of it.

Every check is noted with a serial its asker can quote. A file is looked at in a child process, and
only where its hash is not known; it is not kept.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Transaction

from hub.documents.codes import bases_of
from hub.documents.errors import DocumentError
from hub.documents.number import BadNumber, Number, parse
from hub.documents.reading import Seen
from hub.documents.register import BoundFile, Registered, RegisteredCopy, State
from hub.documents.verdict import Check, Judge, Verdict
from hub.flow import papers
from hub.flow.documents import registered as registered_copy
from hub.flow.parts import Flow
from hub.store import bound_files, documents, ledger, payloads, queries

#: Who asks on the public page.
PUBLIC = "public"
#: What ends a document, as the ledger tells it.
_ENDS: dict[str, State] = {"document.superseded": "superseded", "document.revoked": "revoked"}


class StoreRegister:
    """The register in the store: rows as its index, the ledger as what counts."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def by_number(self, number: Number) -> Registered | None:
        """Return the document of a number."""
        document = documents.by_number(self._tx, number.text)
        return self._registered(document) if document and document.state != "drawn" else None

    def by_pdf(self, sha256: str) -> tuple[Registered, RegisteredCopy] | None:
        """Return the document and copy whose file has this hash."""
        found = documents.by_pdf(self._tx, sha256)
        if found is None:
            return None
        document, copy = found
        return self._registered(document), registered_copy(copy)

    def bound(self, sha256: str) -> BoundFile | None:
        """Return the file from outside with this hash."""
        row = bound_files.by_hash(self._tx, sha256)
        if row is None:
            return None
        return BoundFile(row.sha256, row.name, row.pages, row.size, row.origin, row.kind,
                         row.number, row.bound_at)  # fmt: skip

    def _registered(self, document: documents.Document) -> Registered:
        copies = documents.copies(self._tx, [document.id])[document.id]
        entries = ledger.about(self._tx, document.number, "document.")
        content = payloads.get(self._tx, [document.content]).get(document.content)
        kind, number = documents.record_of(self._tx, document.record_id)
        by = document.superseded_by
        return Registered(
            number=Number(document.number),
            record_kind=kind,
            record_number=number,
            revision=document.revision,
            state=_state(entries),
            content_sha256=document.content,
            content=payloads.parse(content) if content is not None else None,
            issued_at=document.issued_at or document.drawn_at,
            copies=tuple(registered_copy(one) for one in copies),
            superseded_by=Number(by) if by else None,
            ended_at=document.ended_at,
            unsound=tuple(_unsound(document, copies, entries)),
        )


def _state(entries: Sequence[Any]) -> State:
    """Return what the ledger says has become of a document."""
    ends = [_ENDS[one.kind] for one in entries if one.kind in _ENDS]
    return ends[-1] if ends else "issued"


def _unsound(
    document: documents.Document, copies: Sequence[documents.Copy], entries: Sequence[Any]
) -> list[str]:
    """Return what does not fit between the rows of a document and the ledger."""
    told = _by_kind(entries)
    if len(told["document.issued"]) != 1:
        return ["not in the ledger once"]
    if not all(ledger.unchanged(one) for one in entries):
        return ["an entry was changed"]
    (issued,) = told["document.issued"]
    noted = [*issued.facts.get("copies", ()), *(one.facts for one in told["document.copied"])]
    said = {
        "issued_at": (issued.at, document.issued_at),
        **{name: (issued.facts.get(name), value) for name, value in _frozen(document).items()},
        "copies": (
            {one.get("copy"): one for one in noted},
            {one.copy: papers.facts(one) for one in copies},
        ),
        "superseded_by": (_successor(told["document.superseded"]), document.superseded_by),
        "state": (_state(entries), document.state),
    }
    return [name for name, (entry, row) in said.items() if entry != row]


def _by_kind(entries: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for one in entries:
        found[one.kind].append(one)
    return found


def _frozen(document: documents.Document) -> dict[str, Any]:
    """Return what of a document never changes, as the ledger has it."""
    return {
        "record": document.record_id, "revision": document.revision, "name": document.name,
        "content": document.content,
    }  # fmt: skip


def _successor(superseded: Sequence[Any]) -> str | None:
    return superseded[-1].facts.get("by") if superseded else None


# ---- checking --------------------------------------------------------------------------------


async def check_anything(flow: Flow, given: str | bytes, actor: str) -> Check:
    """Check a number, the text of a code, or the bytes of a file."""
    if isinstance(given, bytes):
        return await check_file(flow, given, actor)
    if _is_number(given):
        return await check_number(flow, given, actor)
    return await check_code(flow, given, actor)


async def check_number(flow: Flow, text: str, actor: str) -> Check:
    """Check a number somebody typed."""
    return await _noted(flow, await flow.store.read(_by_number, flow, text), actor)


async def check_code(flow: Flow, text: str, actor: str) -> Check:
    """Check the text of a code."""
    return await _noted(flow, await flow.store.read(_by_code, flow, text), actor)


async def check_file(flow: Flow, content: bytes, actor: str) -> Check:
    """Check a file; `ConfigError` where the libraries to look at it are missing."""
    sha256 = hashlib.sha256(content).hexdigest()
    known = await flow.store.read(_by_hash, flow, sha256)
    if known is None:
        try:
            seen = await flow.look().look(content)
        except DocumentError as error:
            known = Check("file", Verdict.UNREADABLE, sha256=sha256, unread=error.code,
                          words=error.args[0])  # fmt: skip
        else:
            known = await flow.store.read(_by_sight, flow, seen, sha256)
    return await _noted(flow, known, actor)


def public_keys(flow: Flow) -> list[dict[str, Any]]:
    """Return the keys with which anybody checks seals."""
    return flow.printing().keys.public()


def _is_number(text: str) -> bool:
    try:
        parse(text)
    except BadNumber as error:
        return error.code == "check" or "/" not in text
    return True


def _by_number(tx: Transaction, flow: Flow, text: str) -> Check:
    return _judge(tx, flow).number(text)


def _by_code(tx: Transaction, flow: Flow, text: str) -> Check:
    return _judge(tx, flow).code(text)


def _by_hash(tx: Transaction, flow: Flow, sha256: str) -> Check | None:
    return _judge(tx, flow).by_hash(sha256)


def _by_sight(tx: Transaction, flow: Flow, seen: Seen, sha256: str) -> Check:
    return _judge(tx, flow).seen(seen, sha256)


def _judge(tx: Transaction, flow: Flow) -> Judge:
    # rows and ledger are held against each other: what is committed meanwhile is no contradiction
    queries.see_one_moment(tx)
    press = flow.printing()
    settings = press.settings
    return Judge(StoreRegister(tx), press.keys, settings.tenant, bases_of(settings))


async def _noted(flow: Flow, check: Check, actor: str) -> Check:
    """Return the check with its serial, now that it is noted."""
    flow.metrics.document_checks.labels(check.given, str(check.verdict)).inc()
    return await flow.store.write(_note, flow, check, actor)


def _note(tx: Transaction, flow: Flow, check: Check, actor: str) -> Check:
    row = {
        "id": flow.clock.new_id(), "checked_at": flow.clock.now(), "given": check.given,
        "verdict": str(check.verdict), "number": check.number.text if check.number else None,
        "copy": check.copy, "sha256": check.sha256, "actor": actor[:100],
    }  # fmt: skip
    while True:
        serial = _serial(flow)
        if documents.log_check(tx, {**row, "serial": serial}):
            return replace(check, serial=serial)


def _serial(flow: Flow) -> str:
    zone = ZoneInfo(flow.printing().settings.documents.zone)
    day = flow.clock.now().astimezone(zone).strftime("%y%m%d")
    return f"C-{day}-{base64.b32encode(secrets.token_bytes(5)).decode()}"


# ---- telling ---------------------------------------------------------------------------------


def as_data(check: Check) -> dict[str, Any]:
    """Return a check as commands and the API tell it; names are masked."""
    found, copy = check.registered, _copy(check)
    told: dict[str, Any] = {
        "serial": check.serial,
        "verdict": str(check.verdict),
        "given": check.given,
        "reasons": [str(one) for one in check.reasons],
        "unread": check.unread,
        "number": str(check.number) if check.number else None,
        "copy": check.copy,
        "page": check.page,
        "sha256": check.sha256,
        "state": found.state if found else None,
    }
    if found is not None:
        told |= {
            "record": found.record_number,
            "kind": found.record_kind,
            "revision": found.revision,
            "issued_at": found.issued_at,
            "ended_at": found.ended_at,
            "superseded_by": str(found.superseded_by) if found.superseded_by else None,
            "content_sha256": found.content_sha256,
            "customer": masked(((found.content or {}).get("customer") or {}).get("name") or ""),
            "recipient": masked(copy.recipient) if copy else None,
            "pages": copy.pages if copy else None,
        }
    if check.bound is not None:
        told |= {
            "record": check.bound.record_number, "kind": check.bound.record_kind,
            "name": check.bound.name, "pages": check.bound.pages, "origin": check.bound.origin,
            "bound_at": check.bound.bound_at,
        }  # fmt: skip
    return told


def _copy(check: Check) -> RegisteredCopy | None:
    if check.registered is None or check.copy is None:
        return None
    return check.registered.copy(check.copy)


def masked(name: str) -> str:
    """Return a name of which only the ends can be read: enough to compare, not enough to learn."""
    if len(name) <= 5:
        return name[:1] + "*" * max(1, len(name) - 1) if name else ""
    return f"{name[:2]}{'*' * min(6, len(name) - 3)}{name[-1]}"
