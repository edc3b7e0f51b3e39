"""Low-code CRM: forms come in by push and by polling, status and annex go back.

receive  signature over the raw bytes; a push is a hint unless `reread` is off
poll     changed since, in rounds over ascending ids (see `cursor`)
deliver  `update_record`, `attach_annex`, each under a transaction id of ours
find     reads the record: a write counts as done when its values stand there
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.crm.lowcode import inbound, wire
from connectors.crm.lowcode.api import Api, Change, Duplicate, UploadRefused
from connectors.crm.lowcode.cursor import Cursor, instant
from connectors.crm.lowcode.profile import read_profile
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.spec import SPEC
from connectors.crm.lowcode.wire import Annex
from hub import (
    Action,
    Command,
    Connector,
    ConnectorError,
    Context,
    Document,
    Event,
    Found,
    Outcome,
    Page,
    Progress,
    Receipt,
    Received,
    Reply,
    Stream,
    WebhookRequest,
)

#: Name space of the transaction ids, so that ours are nobody else's.
_TRANSACTIONS = uuid.UUID("6f1c2a54-6f0b-5c58-9d35-2f6c1a0f7e11")


@dataclass(frozen=True, slots=True)
class _Write:
    """A command, read: what is to stand in which record afterwards."""

    form: Mapping[str, str]
    record_id: str
    values: Mapping[str, Any]
    transaction: str
    marker: str | None
    annex_field: str = ""
    annex: Annex | None = None

    def change(self, transaction: str, file_key: str | None = None) -> Change:
        values = dict(self.values)
        if self.annex is not None:
            values[self.annex_field] = [file_key]
        if self.marker is not None:
            values[self.marker] = self.transaction
        return Change(self.form, self.record_id, values, transaction)

    def shown_in(self, record: Mapping[str, Any]) -> bool:
        """Say whether the record shows this write, by its marker or by its values."""
        if self.marker is not None and record.get(self.marker) == self.transaction:
            return True
        if self.annex is not None and not self.annex.shown_in(record.get(self.annex_field)):
            return False
        return wire.shows(record, self.values)


class LowcodeConnector(Connector):
    """One account of a low-code platform."""

    Settings = LowcodeSettings
    spec = SPEC

    def __init__(self, settings: LowcodeSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.profile = read_profile(settings.flavour, settings.profile)
        self.api = Api(settings, self.profile, context)

    @classmethod
    def polled_streams(cls, settings: Any) -> Sequence[Stream]:
        """Return the streams that have a form."""
        return [stream for stream in cls.spec.streams if stream.name in settings.forms]

    @classmethod
    def check_profile(cls, settings: Any) -> None:
        """Raise `ConfigError` that names every word of the profile that cannot work."""
        read_profile(settings.flavour, settings.profile)

    async def check(self) -> str:
        """Read one record of each form; return which forms can be read."""
        for stream in self.settings.forms:
            await self.api.page(self.settings.form(stream), limit=1)
        return f"{self.context.connection}: can read {', '.join(self.settings.forms)}"

    # -- coming in

    def receive(self, request: WebhookRequest) -> Received | Reply:
        """Verify and parse a push; see `inbound`."""
        return inbound.receive(request, self.settings, self.profile)

    async def poll(self, stream: str, cursor: str | None) -> Page:
        """Return a page of changed records.

        Events are named `id@modified`, so a change is one message however often a round meets
        it. Polled events are never echoes: the record shows only its last writer, and somebody
        may have changed it before that.
        """
        place, form = Cursor.read(cursor), self._form(stream)
        overlap = self.spec.stream(stream).overlap
        since = place.since - overlap if place.since else None
        now = self.context.clock.now()
        rows = await self.api.page(form, changed_since=since, after=place.after)
        seen = [self._modified(row) for row in rows]
        events = self._events(stream, rows, seen)
        if self._ends_round(rows):
            return Page(events, place.next_round(seen, now).text())
        last = self._object_id(rows[-1])
        # no more can be said: a platform orders its ids its own way, 10 behind 9 too
        if last == place.after:
            raise self._error(Outcome.UNKNOWN, f"the list does not go on after id {place.after}")
        return Page(events, place.next_page(last, seen, now).text(), more=True)

    def _ends_round(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        if self.profile.last_page == "short":
            return len(rows) < self.profile.page_size
        return not rows

    def _events(
        self, stream: str, rows: Sequence[Mapping[str, Any]], seen: Sequence[datetime]
    ) -> list[Event]:
        ids = (self._object_id(row) for row in rows)
        ordered = sorted(zip(seen, ids, rows, strict=True), key=lambda one: one[:2])
        return [
            Event(
                stream=stream,
                external_id=wire.change_id(row, self.profile) or object_id,
                item=wire.item(row, self.settings),
                object_id=object_id,
            )
            for _, object_id, row in ordered
        ]

    def _object_id(self, row: Mapping[str, Any]) -> str:
        return wire.text(row[self.profile.system.id])

    def _modified(self, row: Mapping[str, Any]) -> datetime:
        name = self.profile.system.modified
        modified = instant(wire.text(row.get(name)))
        if modified is None:
            raise self._error(
                Outcome.MISCONFIGURED,
                f"record {self._object_id(row)} has no time under {name!r};"
                " name the field under profile: system: modified",
            )
        return modified

    async def fetch(self, stream: str, object_id: str) -> Document | None:
        """Return the record as it stands now, None when there is none."""
        record = await self.api.get(self._form(stream), object_id)
        return None if record is None else wire.item(record, self.settings)

    async def file(self, stream: str, reference: Document) -> bytes:
        """Return a file of an attachment field; its address ends after a while."""
        return await self.api.download(wire.text(reference.get("url")))

    # -- going out

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        """Write fields, or upload the annex and write its key; a cancel writes fields only."""
        write = self._write(command)
        if command.action is Action.CANCEL:
            return await self._revoke(write)
        if write.annex is None:
            return await self._apply(write, write.change(write.transaction))
        transaction, file_key = await self._open(write, progress)
        if file_key is None:
            file_key = await self._upload(write, transaction, write.annex, progress)
            await progress.save(file_key=file_key)
        return await self._apply(write, write.change(transaction, file_key))

    async def _revoke(self, write: _Write) -> Receipt:
        """Write what the mapping says of a revoked promise; nothing into a removed record."""
        record = await self.api.get(write.form, write.record_id)
        if record is None or write.shown_in(record):
            return Receipt(write.record_id, already=True)
        return await self._apply(write, write.change(write.transaction))

    async def _upload(
        self, write: _Write, transaction: str, annex: Annex, progress: Progress
    ) -> str:
        try:
            return await self.api.upload(write.form, transaction, annex)
        except UploadRefused:
            await progress.save(opened_at="")
            raise

    async def _open(self, write: _Write, progress: Progress) -> tuple[str, str | None]:
        """Return the transaction of an upload and the file's key, where an attempt got so far.

        The platform forgets a file no update named in time: then a new transaction begins, as
        it does where the file was refused.
        """
        now = self.context.clock.now()
        lifetime = timedelta(minutes=self.profile.upload_minutes) * 0.9
        opened = instant(wire.text(progress.saved.get("opened_at")))
        if opened is not None and now - opened < lifetime:
            return progress.saved["transaction"], progress.saved.get("file_key")
        first = "opened_at" not in progress.saved
        transaction = write.transaction if first else _id(write.transaction, now)
        await progress.save(transaction=transaction, opened_at=now.isoformat(), file_key=None)
        return transaction, None

    async def _apply(self, write: _Write, change: Change) -> Receipt:
        try:
            answer = await self.api.update(change)
        except Duplicate as duplicate:
            return await self._already(write, duplicate)
        return Receipt(external_id=write.record_id, answer=answer)

    async def _already(self, write: _Write, duplicate: Duplicate) -> Receipt:
        try:
            record = await self.api.get(write.form, write.record_id)
        except ConnectorError as exc:
            # the write may stand there: not being able to look proves nothing
            raise self._error(
                Outcome.UNKNOWN,
                f"record {write.record_id}: the platform had this write before, and it cannot be"
                " read now",
            ) from exc
        if record is not None and write.shown_in(record):
            return Receipt(write.record_id, duplicate.answer or b"", already=True)
        raise ConnectorError(
            Outcome.REJECTED,
            f"{self.context.connection}: record {write.record_id}: the platform had this write"
            " before, yet the record shows other values; somebody changed them since."
            " Look at the record, then skip or deliver anew",
            code=duplicate.code,
            words=duplicate.words,
            status=duplicate.status,
            answer=duplicate.answer,
        )

    async def find(self, command: Command) -> Found | None:
        """Return the record when it shows this write; None: it does not, the write is not there.

        A record changed by hand since cannot be told from one never written to, except with
        `hub_marker`. A cancel is done where its values stand, or the record was removed.
        """
        write = self._write(command)
        record = await self.api.get(write.form, write.record_id)
        if command.action is Action.CANCEL:
            gone = record is None or write.shown_in(record)
            return Found(mine=gone, external_id=write.record_id)
        if record is None or not write.shown_in(record):
            return None
        shown = {name: record.get(name) for name in write.values}
        return Found(mine=True, external_id=write.record_id, document=shown)

    # -- reading a command

    def _write(self, command: Command) -> _Write:
        self.spec.operation(command.operation)
        values, annex = self._content(command)
        cancel = [command.action] if command.action is Action.CANCEL else []
        return _Write(
            form=self._form(command.options.get("form", "commitment")),
            record_id=self._record_id(command),
            values=values,
            transaction=_id(command.operation, command.key, command.revision, *cancel),
            marker=self.settings.hub_marker,
            annex_field=wire.text(command.document.get("field")) or self.settings.annex_field,
            annex=annex,
        )

    def _content(self, command: Command) -> tuple[dict[str, Any], Annex | None]:
        try:
            values = wire.values_of(command.document)
            if command.operation == "attach_annex":
                revoked = command.action is Action.CANCEL
                return values, None if revoked else wire.annex_of(command.document)
        except wire.Unfit as exc:
            raise self._error(Outcome.REJECTED, str(exc)) from None
        if not values:
            raise self._error(
                Outcome.REJECTED, "the document names no field; map at least one to update_record"
            )
        return values, None

    def _record_id(self, command: Command) -> str:
        record_id = wire.text(command.document.get("_id")) or command.external_id
        if not record_id:
            raise self._error(
                Outcome.REJECTED,
                f"{command.key} has no link to a record; set one with `hub link set`, or map _id",
            )
        return record_id

    def _form(self, stream: str) -> dict[str, str]:
        try:
            form: dict[str, str] = self.settings.form(stream)
        except KeyError:
            known = ", ".join(self.settings.forms)
            raise self._error(
                Outcome.MISCONFIGURED, f"no form feeds {stream!r}; `forms` has: {known}"
            ) from None
        return form

    def _error(self, outcome: Outcome, message: str) -> ConnectorError:
        return ConnectorError(outcome, f"{self.context.connection}: {message}")


def _id(*parts: object) -> str:
    """Return the transaction id of these parts, always the same one.

    The key alone would not do: both operations and all revisions of a record share it.
    """
    return str(uuid.uuid5(_TRANSACTIONS, "\n".join(str(part) for part in parts)))
