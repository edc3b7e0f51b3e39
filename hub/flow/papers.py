"""The documents of one transaction: numbers drawn, contents frozen, issued, superseded, revoked.

A document is drawn when its revision may be planned. The message then waits for the press, which
works outside any transaction; when the files are there everything is decided anew, and the
document is issued in the transaction that plans the deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Transaction

from hub.documents.content import Approved, Source, freeze
from hub.documents.errors import DocumentError
from hub.documents.number import Number, draw, prefix_of
from hub.documents.register import Copy
from hub.flow.judging import Case, person_named
from hub.flow.parts import Flow
from hub.flow.press import Done, Order
from hub.language import say
from hub.mapping.bundle import Bundle
from hub.mapping.document import DocumentFile
from hub.mapping.route import Route
from hub.people import People
from hub.records import Decision, canonical
from hub.store import bound_files, documents, ledger
from hub.store import records as stored
from hub.store.documents import Document

#: Numbers drawn for one document before something must be wrong with the drawing.
_DRAWS = 50
_PERSON = re.compile(r"person:(.+)")


class Papers:
    """Documents of the records that one transaction decides about."""

    def __init__(
        self, tx: Transaction, flow: Flow, bundle: Bundle, now: datetime,
        printed: Mapping[str, Done],
    ) -> None:  # fmt: skip
        self._tx, self._flow, self._bundle, self._now = tx, flow, bundle, now
        self._printed = printed
        self._known: dict[str, list[Document]] = {}
        self._changed: dict[str, Document] = {}
        self._entries: list[ledger.Entry] = []
        #: What became of documents, to be counted once it is committed.
        self.events: list[str] = []
        #: What has to be printed before it can be issued.
        self.orders: dict[str, Order] = {}

    def open(self, record_ids: Sequence[str]) -> None:
        """Load and lock the documents of these locked records, in one go."""
        self._known.update({one: [] for one in record_ids})
        self._known.update(documents.of_records(self._tx, record_ids, lock=True))

    def of(self, record_id: str) -> list[Document]:
        """Return the documents of a locked record in the order of revisions."""
        if record_id not in self._known:
            self.open([record_id])
        return self._known[record_id]

    def ready(self, case: Case, route: Route, actor: str = "system") -> bool:
        """Issue the document of a revision if it is printed; False while it has to be.

        Raises `DocumentError` where it cannot be, with what to do.
        """
        known = next((one for one in self.of(case.row.id) if one.revision == case.revision), None)
        if known is not None and known.state != "drawn":
            require_unrevoked(known)
            return True
        order = self._order(case, route, known)
        done = self._printed.get(order.document_id)
        if done is None or done.sha256 != order.sha256:
            self.orders[order.document_id] = order
            return False
        if done.error is not None:
            raise done.error
        self._issue(order, done, actor, case.correlation_id)
        return True

    # -- drawing

    def _order(self, case: Case, route: Route, known: Document | None) -> Order:
        """Return what to print, drawing a number where the revision has none."""
        spec = self._bundle.documents[str(route.document)]
        drawn = known or self._draw(case, route, spec)
        content = self._frozen(case, route, spec, drawn)
        encoded = canonical(content)
        sha = documents.keep(self._tx, encoded, self._now)
        if drawn.content != sha:
            drawn.content = sha
            self._changed[drawn.id] = drawn
        recipients = spec.recipients(case.document)
        copies = tuple(Copy(at, role, name) for at, (role, name) in enumerate(recipients, 1))
        return Order(drawn.id, content, sha, copies)

    def _draw(self, case: Case, route: Route, spec: DocumentFile) -> Document:
        settings = self._flow.printing().settings
        prefix, zone = prefix_of(settings), ZoneInfo(settings.documents.zone)
        # as it is printed and sealed
        drawn_at = self._now.replace(microsecond=0)
        for _ in range(_DRAWS):
            one = Document(
                id=self._flow.clock.new_id(), number=draw(prefix, self._now, zone).text,
                record_id=case.row.id, revision=case.revision, name=spec.name, state="drawn",
                content="", drawn_at=drawn_at, correlation_id=case.correlation_id or case.row.id,
            )  # fmt: skip
            if documents.add(self._tx, one):
                self.of(case.row.id).append(one)
                return one
        raise DocumentError(
            "E_DOC_NUMBER",
            say("{count} numbers drawn for a document were all taken.", count=_DRAWS),
        )

    def _frozen(
        self, case: Case, route: Route, spec: DocumentFile, drawn: Document
    ) -> dict[str, Any]:
        press = self._flow.printing()
        settings, printer = press.settings, press.printer
        return freeze(
            Source(
                number=Number(drawn.number),
                tenant=settings.tenant,
                issuer=settings.issuer_of(case.document.get("company")),
                spec=spec,
                document=case.document,
                kind=case.row.kind,
                approvals=_approvals(self._flow.people, spec, route, case.approvals),
                contract=self._contract(case),
                supersedes=self._before(case),
                issued_at=drawn.drawn_at,
                template=printer.template,
                font=printer.font,
                bundle=self._bundle.sha,
            ),
            printer.printable,
        )

    def _contract(self, case: Case) -> dict[str, Any] | None:
        number = case.document.get("contract_no")
        if not number:
            return None
        files = bound_files.of_contract(self._tx, number, case.row.connection)
        return {"number": number, "files": files}

    def _before(self, case: Case) -> Number | None:
        """Return the number of the document this one takes the place of."""
        earlier = [one for one in self.of(case.row.id) if one.revision < case.revision]
        issued = [one for one in earlier if one.state != "drawn"]
        return Number(issued[-1].number) if issued else None

    # -- issuing and ending

    def _issue(self, order: Order, done: Done, actor: str, correlation_id: str | None) -> None:
        one = self._named(order.document_id)
        one.state, one.issued_at, one.issued_by = "issued", self._now, actor[:100]
        self._changed[one.id] = one
        made = [
            documents.Copy(
                one.id, file.copy.copy, file.copy.role, file.copy.recipient, file.sha256,
                len(file.pdf), file.pages, file.kid, self._now, actor[:100],
            )
            for file in done.copies
        ]  # fmt: skip
        documents.add_copies(self._tx, made, {file.sha256: file.pdf for file in done.copies})
        self._note(
            "issued", one, actor, correlation_id, record=one.record_id, revision=one.revision,
            name=one.name, content=one.content, copies=[facts(copy) for copy in made],
        )  # fmt: skip

    def _named(self, document_id: str) -> Document:
        return next(one for rows in self._known.values() for one in rows if one.id == document_id)

    def supersede(self, case: Case) -> None:
        """End the documents of earlier revisions, now that this one is planned.

        What was drawn for it and is not issued by now never will be: its route has no document
        any more.
        """
        self._drop(one for one in self.of(case.row.id) if one.revision <= case.revision)
        rows = self.of(case.row.id)
        by = next((one.number for one in rows if one.revision == case.revision), None)
        for one in rows:
            if one.revision < case.revision and one.stands:
                one.superseded_by, one.ended_at, one.state = by, self._now, "superseded"
                self._changed[one.id] = one
                self._note("superseded", one, "system", case.correlation_id, by=by)

    def revoke(self, record_id: str, revision: int, correlation_id: str | None) -> None:
        """End the document of a revision whose approval was revoked."""
        for one in self.of(record_id):
            if one.revision == revision and one.state in ("issued", "superseded"):
                one.state, one.ended_at = "revoked", self._now
                self._changed[one.id] = one
                self._note("revoked", one, "system", correlation_id, reason="approval_revoked")
        self._drop(one for one in self.of(record_id) if one.revision == revision)

    def _drop(self, rows: Iterable[Document]) -> None:
        """Remove what was drawn and will never be issued."""
        gone = {one.id: one for one in rows if one.state == "drawn"}
        documents.drop(self._tx, gone)
        for one in gone.values():
            self._known[one.record_id].remove(one)
            self._changed.pop(one.id, None)
            self.orders.pop(one.id, None)

    def _note(
        self, event: str, one: Document, actor: str, correlation_id: str | None, **facts: Any
    ) -> None:
        self.events.append(event)
        self._entries.append(
            ledger.entry(
                self._flow.clock.new_id(), self._now, f"document.{event}", one.number,
                actor=actor[:100], correlation_id=correlation_id or one.correlation_id,
                facts=facts,
            )
        )  # fmt: skip

    def save(self) -> list[ledger.Entry]:
        """Write what changed; return what the ledger is told."""
        documents.save(self._tx, self._changed.values())
        return self._entries


def count(flow: Flow, events: Iterable[str]) -> None:
    """Count what became of documents, after its transaction: one may run twice, or not at all."""
    for event in events:
        flow.metrics.documents.labels(event).inc()


def facts(copy: documents.Copy) -> dict[str, Any]:
    """Return what the ledger keeps of a copy: hashes and counts, no names."""
    return {"copy": copy.copy, "pdf": copy.pdf, "pages": copy.pages, "kid": copy.kid}


def require_unrevoked(known: Document) -> None:
    """Raise `DocumentError` where a document was revoked: its revision gets no other one."""
    if known.state == "revoked":
        raise DocumentError(
            "E_DOC_REVOKED",
            say(
                "The document {number} of this revision was revoked. Have a new revision approved.",
                number=str(Number(known.number)),
            ),
        )


def _approvals(
    people: People, spec: DocumentFile, route: Route, decisions: Iterable[stored.Approved]
) -> list[Approved]:
    """Return the last decision of each level that counts, in the order of the levels."""
    latest = {one.level: one for one in decisions}
    levels = route.approvals.levels if route.approvals is not None else tuple(latest)
    return [
        Approved(
            level=level,
            title=spec.levels.get(level, level),
            person=_called(people, one) if spec.approvers == "names" else "",
            role=one.role or "",
            decided_at=one.decided_at,
        )
        for level in levels
        if (one := latest.get(level)) is not None and one.decision == Decision.APPROVED
    ]


def _called(people: People, one: stored.Approved) -> str:
    """Return what the approver is called in people.yaml, else at the source."""
    named = _PERSON.fullmatch(person_named(people, one.connection, one.person))
    person = people.persons.get(named[1]) if named else None
    return person.name or person.id if person is not None else one.person
