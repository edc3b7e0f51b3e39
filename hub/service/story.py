"""The whole story of a number, and of single messages and deliveries: plain data, masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub import logs
from hub.flow import alert_words, privacy
from hub.mapping.data.declared import personal_ways
from hub.service import annexes
from hub.service.visible import shallow
from hub.settings import Settings
from hub.store import bundles, payloads, views
from hub.store.views import Row

_RECORD = (*("id", "kind", "connection", "number", "company", "revision", "planned", "changed_at"),)
_DELIVERY = (
    *("id", "route", "step", "connection", "operation", "revision", "state", "reason", "words"),
    *("mapping", "bundle", "intent", "action", "handle", "key", "external_id", "ticket"),
    *("confirm", "tries", "due_at", "deadline", "created_at", "finished_at", "settles_at"),
    *("message_id", "plan_id", "correlation_id", "waits_for"),
)
_ATTEMPT = ("fence", "kind", "outcome", "code", "words", "late", "started_at", "ended_at")
_ENTRY = ("seq", "at", "kind", "actor", "subject", "correlation_id", "facts", "hash")


def trace(tx: Connection, settings: Settings, number: str, *, personal: bool) -> Row:
    """Return `{number, records: […]}`: all that is known of the records of a number.

    Raises `NotFound` with the nearest numbers where there is none.
    """
    teller = Teller(tx, settings, personal=personal)
    found = views.records_numbered(tx, number)
    return {
        "number": number,
        "records": [teller.record(views.story(tx, record)) for record in found],
    }


class Teller:
    """Turns rows into what is shown, with the documents they point to."""

    def __init__(self, tx: Connection, settings: Settings, *, personal: bool) -> None:
        self.tx = tx
        self.settings = settings
        self.personal = personal
        self._declared: Mapping[tuple[str, str], frozenset[tuple[str, ...]]] | None = None
        #: To look for a connector takes as long as the rest of a delivery's story.
        self._found: dict[tuple[str, str | None], privacy.Marks] = {}

    def record(self, story: Row) -> Row:
        """Return a record with its messages, approvals, revisions, deliveries and entries."""
        revoked = {row["revision"] for row in story["revocations"]}
        schema = story["revisions"][-1]["schema"] if story["revisions"] else story["kind"]
        return {
            **_part(story, _RECORD),
            "standing": self._document(story["standing"], privacy.of_record(schema)),
            "messages": [self._message(row) for row in story["messages"]],
            "approvals": [self._approval(row) for row in story["approvals"]],
            "revisions": [self._revision(row, revoked) for row in story["revisions"]],
            "deliveries": self.deliveries(story["deliveries"]),
            "links": [self._link(row) for row in story["links"]],
            "documents": [
                annexes.with_copies(row, row["copies"], personal=self.personal)
                for row in story["documents"]
            ],
            "ledger": [self._entry(row) for row in story["ledger"]],
        }

    def message(self, row: Row) -> Row:
        """Return a message with its item."""
        contents = payloads.get(self.tx, [row["payload"]])
        marks = self._marks(row["connection"], row["stream"])
        return {
            **self._message(row),
            "event": self._event(row["event"]),
            "item": self._payload(row["payload"], contents, marks),
        }

    def deliveries(self, rows: Sequence[Row]) -> list[Row]:
        """Return deliveries with their documents, attempts and the beginnings of the answers."""
        shas = {row["payload"] for row in rows} | {
            attempt["answer"] for row in rows for attempt in row["attempts"]
        }
        contents = payloads.get(self.tx, (sha for sha in shas if sha))
        return [self._delivery(row, contents) for row in rows]

    def _delivery(self, row: Row, contents: Mapping[str, bytes]) -> Row:
        marks = self._marks(row["connection"], row["operation"])
        told = _part(row, _DELIVERY)
        told["words"] = self._words(row["words"])
        dead = row["state"] == "dead" and row["reason"]
        told["page"] = alert_words.page_of_dead(row["reason"]) if dead else None
        told["results"] = self._document(row["results"], frozenset())
        told["payload"] = self._payload(row["payload"], contents, marks)
        shown = self._marks(row["connection"], None)
        told["attempts"] = [self._attempt(one, contents, shown) for one in row["attempts"]]
        return told

    def _marks(self, connection: str, name: str | None) -> privacy.Marks:
        """Return the marks of a stream or operation, what mappings in force declare of it too.

        Without a name those of all a connection may show.
        """
        if (connection, name) not in self._found:
            self._found[connection, name] = self._looked_up(connection, name)
        return self._found[connection, name]

    def _looked_up(self, connection: str, name: str | None) -> privacy.Marks:
        if name is None:
            marks = privacy.of_answers(self.settings, connection)
        else:
            marks = privacy.of_connection(self.settings, connection, name)
        if marks is None or self.personal:
            return marks
        if self._declared is None:
            sha = bundles.active(self.tx)
            self._declared = personal_ways(bundles.files(self.tx, sha) if sha else {})
        connector = self.settings.connections[connection].connector
        return marks.union(
            *(
                own
                for end, own in self._declared.items()
                if end[0] == connector and name in (None, end[1])
            )
        )

    def _attempt(self, row: Row, contents: Mapping[str, bytes], marks: privacy.Marks) -> Row:
        content = contents.get(row["answer"] or "")
        shown = privacy.raw(content) if self.personal else privacy.answer(content, marks)
        told = {**_part(row, _ATTEMPT), "answer": shown, "answer_sha256": row["answer"]}
        told["words"] = self._words(row["words"])
        return told

    def _message(self, row: Row) -> Row:
        page = alert_words.page("failed_message", {}) if row["state"] == "failed" else None
        return {**row, "reason": self._words(row["reason"]), "page": page}

    def _event(self, event: Row) -> Row:
        shown: Row = self._document(event, frozenset())
        if "report" not in shown:
            return shown
        report = shown["report"]
        return {**shown, "report": {**report, "refused": self._words(report["refused"])}}

    def _approval(self, row: Row) -> Row:
        if self.personal:
            return row
        return {**row, "person": logs.MASK, "words": privacy.words(row["words"])}

    def _revision(self, row: Row, revoked: set[int]) -> Row:
        told = {name: value for name, value in row.items() if name != "record_id"}
        told["document"] = self._document(row["document"], privacy.of_record(row["schema"]))
        told["revoked"] = row["revision"] in revoked
        return told

    def _entry(self, row: Row) -> Row:
        told, reason = _part(row, _ENTRY), (row["facts"] or {}).get("reason")
        if isinstance(reason, str):
            told["facts"] = {**row["facts"], "reason": self._words(reason)}
        return told

    def _link(self, row: Row) -> Row:
        return {**row, "results": self._document(row["results"], frozenset())}

    def _payload(self, sha: str | None, contents: Mapping[str, bytes], marks: privacy.Marks) -> Row:
        content = contents.get(sha or "")
        document = None if content is None else shallow(payloads.parse(content))
        return {"sha256": sha, "document": self._document(document, marks)}

    def _document(self, document: Any, marks: privacy.Marks) -> Any:
        return document if self.personal or document is None else privacy.document(document, marks)

    def _words(self, said: str | None) -> str | None:
        return said if self.personal else privacy.words(said)


def _part(row: Row, names: Sequence[str]) -> Row:
    return {name: row[name] for name in names}
