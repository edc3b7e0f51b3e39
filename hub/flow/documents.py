"""What persons do with documents: issue one by hand, give a further copy, revoke.

Issuing by hand is for records that were planned before their route had a document; everything
else is issued on its way. A copy is printed outside any transaction, then everything is looked at
once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.documents.errors import DocumentError
from hub.documents.number import Number
from hub.documents.register import Copy, RegisteredCopy
from hub.flow import papers
from hub.flow.inbound import Desk
from hub.flow.judging import Case
from hub.flow.parts import Flow
from hub.flow.press import Done, Order
from hub.language import say
from hub.mapping.route import Route
from hub.records.base import digest
from hub.store import documents, ledger, payloads
from hub.store import records as stored
from hub.store.documents import Document

#: Role of a copy that a person gave somebody later.
REISSUE = "reissue"
#: Times something may change between printing and issuing before a person is told.
_ROUNDS = 5
#: Seconds a person waits for the press.
_PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Issued:
    """A copy somebody asked for."""

    #: None, as the copy, on a dry run of a document that has no number yet.
    number: Number | None
    copy: RegisteredCopy | None
    revision: int
    #: It was made by this call; False: it was there already.
    fresh: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document somebody asks for."""

    kind: str
    number: str
    #: None: the newest one.
    revision: int | None
    #: Where the record comes from; None: there is only one.
    connection: str | None
    actor: str
    dry_run: bool


async def issue(
    flow: Flow, kind: str, number: str, *, actor: str, revision: int | None = None,
    connection: str | None = None, recipient: str | None = None, key: str | None = None,
    dry_run: bool = False,
) -> Issued:  # fmt: skip
    """Issue the document of a record's revision, or return the one that was issued.

    With a recipient a further copy is made for it. The same key gives the same copy. Raises
    `DocumentError` where the revision may have none, with what is missing.
    """
    key = _owned(key, actor, kind, number, revision, connection, recipient)
    if key is not None and (known := await flow.store.read(_known, key)) is not None:
        return known
    wanted = Wanted(kind, number, revision, connection, actor, dry_run)
    issued = await _issue(flow, wanted)
    if recipient is None or issued.number is None or dry_run:
        return issued
    return await _copy(flow, issued.number, recipient, actor, key)


async def reissue(
    flow: Flow, number: Number, recipient: str, *, actor: str, key: str | None = None
) -> Issued:
    """Give a further recipient a copy of a document in force; the same key gives the same copy."""
    key = _owned(key, actor, number.text, recipient)
    if key is not None and (known := await flow.store.read(_known, key)) is not None:
        return known
    return await _copy(flow, number, recipient, actor, key)


async def revoke(flow: Flow, number: Number, *, actor: str, reason: str) -> None:
    """Take a document out of force; `DocumentError` where it is none, or was revoked before."""
    await flow.store.write(_revoke, flow, number, actor, reason)
    papers.count(flow, ["revoked"])


def _owned(key: str | None, *asked: object) -> str | None:
    """Return a caller's key as it is kept: for another question it is another key."""
    return digest([key, *map(str, asked)]) if key else None


def _known(tx: Transaction, key: str) -> Issued | None:
    copy = documents.by_key(tx, key)
    document = documents.by_id(tx, copy.document_id) if copy is not None else None
    if copy is None or document is None:
        return None
    return Issued(Number(document.number), registered(copy), document.revision, fresh=False)


def registered(copy: documents.Copy) -> RegisteredCopy:
    """Return a copy as the register tells of it."""
    return RegisteredCopy(
        copy.copy, copy.role, copy.recipient or "", copy.pdf, copy.size, copy.pages, copy.kid,
        copy.issued_at,
    )  # fmt: skip


# ---- issuing by hand -------------------------------------------------------------------------


async def _issue(flow: Flow, wanted: Wanted) -> Issued:
    printed: Mapping[str, Done] = {}
    for _ in range(_ROUNDS):
        found, events = await flow.store.write(_try, flow, wanted, printed)
        papers.count(flow, events)
        if isinstance(found, Issued):
            return found
        printed = await flow.printing().print(found, _PATIENCE)
    raise _restless(wanted.number)


def _try(
    tx: Transaction, flow: Flow, wanted: Wanted, printed: Mapping[str, Done]
) -> tuple[Issued | Sequence[Order], Sequence[str]]:
    """Return the issued document, or what has to be printed for it, and what is to be counted."""
    board = flow.board(tx)
    desk = Desk(tx, flow, board, flow.bundles.active, printed)
    row = _record(tx, wanted)
    revision = wanted.revision or row.revision
    known = next((one for one in desk.papers.of(row.id) if one.revision == revision), None)
    if known is not None and known.state != "drawn":
        papers.require_unrevoked(known)
        (first, *_) = documents.copies(tx, [known.id])[known.id]
        return Issued(Number(known.number), registered(first), revision, fresh=False), ()
    document = _allowed(desk, row, revision)
    route = _route(desk, row, document)
    case = desk.case("", row, route, document)
    _require_approvals(desk, route, case)
    if wanted.dry_run:
        return Issued(None, None, revision, fresh=True), ()
    if not desk.papers.ready(case, route, wanted.actor):
        _save(tx, desk)
        return tuple(desk.papers.orders.values()), ()
    desk.papers.supersede(case)
    _save(tx, desk)
    made = next(one for one in desk.papers.of(row.id) if one.revision == revision)
    (first, *_) = documents.copies(tx, [made.id])[made.id]
    issued = Issued(Number(made.number), registered(first), revision, fresh=True)
    return issued, desk.papers.events


def _save(tx: Transaction, desk: Desk) -> None:
    ledger.append(tx, desk.papers.save())


def _record(tx: Transaction, wanted: Wanted) -> stored.Stored:
    rows = stored.lock_numbered(tx, wanted.kind, wanted.number)
    found = [one for one in rows if wanted.connection in (None, one.connection)]
    if not found:
        raise DocumentError(
            "E_DOC_NO_RECORD",
            say(
                "There is no {kind} {number}. `hub record list` shows what there is.",
                kind=wanted.kind, number=wanted.number,
            ),
        )  # fmt: skip
    if len(found) > 1:
        raise DocumentError(
            "E_DOC_AMBIGUOUS",
            say(
                "{kind} {number} came from several connections: {connections}. Name one with "
                "--connection.",
                kind=wanted.kind, number=wanted.number,
                connections=", ".join(one.connection for one in found),
            ),
        )  # fmt: skip
    return found[0]


def _allowed(desk: Desk, row: stored.Stored, revision: int) -> dict[str, Any]:
    """Return the revision's document; `DocumentError` where it may have no annex."""
    if revision not in row.hashes:
        raise DocumentError(
            "E_DOC_NO_REVISION",
            say("{number} has no revision {revision}.", number=row.number, revision=revision),
        )
    if revision in row.revoked:
        raise DocumentError(
            "E_DOC_REVOKED",
            say(
                "Revision {revision} of {number} was revoked. Have a new revision approved.",
                revision=revision, number=row.number,
            ),
        )  # fmt: skip
    if revision != row.revision:
        raise DocumentError(
            "E_DOC_OUTDATED",
            say(
                "Revision {revision} of {number} is outdated; the newest one is {newest}.",
                revision=revision, number=row.number, newest=row.revision,
            ),
        )  # fmt: skip
    return desk.document_now(row)


def _route(desk: Desk, row: stored.Stored, document: dict[str, Any]) -> Route:
    route = desk.route_of(row.kind, row.connection, document)
    if route is None or route.document is None:
        raise DocumentError(
            "E_DOC_NO_ROUTE",
            say(
                "No route with a document takes {kind} {number} as it stands. It may not be "
                "approved yet; otherwise write `document:` into the route that carries it.",
                kind=row.kind, number=row.number,
            ),
        )  # fmt: skip
    return route


def _require_approvals(desk: Desk, route: Route, case: Case) -> None:
    missing = desk.missing(route, case)
    if missing or case.row.planned < case.revision:
        raise DocumentError(
            "E_DOC_NOT_APPROVED",
            say(
                "{number} is not approved: {missing}. Its document is issued by itself once it is.",
                number=case.row.number,
                missing="; ".join(missing) or say("a gate or something else still holds it"),
            ),
        )  # fmt: skip


# ---- further copies --------------------------------------------------------------------------


async def _copy(flow: Flow, number: Number, recipient: str, actor: str, key: str | None) -> Issued:
    for _ in range(_ROUNDS):
        order = await flow.store.read(_next_copy, number, recipient)
        done = (await flow.printing().print([order], _PATIENCE))[order.document_id]
        if done.error is not None:
            raise done.error
        issued = await flow.store.write(_add_copy, flow, number, done, actor, key)
        if issued is not None:
            papers.count(flow, ["copied"] if issued.fresh else [])
            return issued
    raise _restless(str(number))


def _next_copy(tx: Transaction, number: Number, recipient: str) -> Order:
    document = _in_force(documents.by_number(tx, number.text), number)
    content = payloads.get(tx, [document.content]).get(document.content)
    if content is None:
        raise DocumentError(
            "E_DOC_ERASED",
            say("The content of {number} was erased; no copy can be made.", number=str(number)),
        )
    last = documents.copies(tx, [document.id])[document.id][-1].copy
    copy = Copy(last + 1, REISSUE, recipient)
    return Order(document.id, payloads.parse(content), document.content, (copy,))


def _add_copy(
    tx: Transaction, flow: Flow, number: Number, done: Done, actor: str, key: str | None
) -> Issued | None:
    """Note a copy; None where somebody else took its place, so that it is printed anew."""
    document = _in_force(documents.by_number(tx, number.text, lock=True), number)
    if key is not None and (known := _known(tx, key)) is not None:
        return known
    (file,) = done.copies
    taken = {one.copy for one in documents.copies(tx, [document.id])[document.id]}
    if file.copy.copy in taken:
        return None
    made = documents.Copy(
        document.id, file.copy.copy, file.copy.role, file.copy.recipient, file.sha256,
        len(file.pdf), file.pages, file.kid, flow.clock.now(), actor[:100], key,
    )  # fmt: skip
    documents.add_copies(tx, [made], {file.sha256: file.pdf})
    _note(tx, flow, document, "copied", actor, papers.facts(made))
    return Issued(number, registered(made), document.revision, fresh=True)


def _in_force(document: Document | None, number: Number) -> Document:
    found = _there(document, number)
    if not found.stands:
        raise DocumentError(
            "E_DOC_NOT_IN_FORCE",
            say(
                "{number} is {state}; copies are made of documents in force.",
                number=str(number), state=found.state,
            ),
        )  # fmt: skip
    return found


def _there(document: Document | None, number: Number) -> Document:
    if document is None or document.state == "drawn":
        raise DocumentError(
            "E_DOC_UNKNOWN_NUMBER",
            say(
                "There is no document {number}. `hub document list` shows what there is.",
                number=str(number),
            ),
        )
    return document


# ---- revoking --------------------------------------------------------------------------------


def _revoke(tx: Transaction, flow: Flow, number: Number, actor: str, reason: str) -> None:
    document = _there(documents.by_number(tx, number.text, lock=True), number)
    if document.state == "revoked":
        raise DocumentError(
            "E_DOC_REVOKED", say("{number} was revoked before.", number=str(number))
        )
    document.state, document.words = "revoked", reason
    document.ended_at = flow.clock.now()
    documents.save(tx, [document])
    _note(tx, flow, document, "revoked", actor, {"reason": "person"})


def _note(
    tx: Transaction, flow: Flow, document: Document, event: str, actor: str, facts: dict[str, Any]
) -> None:
    entry = ledger.entry(
        flow.clock.new_id(), flow.clock.now(), f"document.{event}", document.number,
        actor=actor[:100], correlation_id=document.correlation_id, facts=facts,
    )  # fmt: skip
    ledger.append(tx, [entry])


def _restless(number: str) -> DocumentError:
    return DocumentError(
        "E_DOC_RESTLESS",
        say("{number} changes again and again while it is printed. Try once more.", number=number),
    )
