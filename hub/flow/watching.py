"""What records do to watches, in the transaction that routes them: arm, clear, end.

The records of a batch are looked at one after the other and written with a few statements.
Telling people is left to `hub.flow.watch`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from hub import calendars, logs
from hub.errors import HubError, MappingError
from hub.flow import sources
from hub.flow.parts import Flow
from hub.mapping.bundle import Bundle, origin_of
from hub.mapping.route import frame_of
from hub.mapping.running.run import Frame
from hub.mapping.watch import Concerned, Side, Watch
from hub.store import ledger, watches
from hub.store.inbox import Message
from hub.store.records import Stored
from hub.store.watches import Name, Row

log = logs.get_logger(__name__)

#: Two transactions may want the same new row; then one looks again.
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one record means to one watch."""

    watch: Watch
    message: Message
    record: Stored
    #: Keys it arms; None: it is not about arming.
    arms: tuple[str, ...] | None = None
    clears: tuple[str, ...] = ()


class _Changes:
    """What is to be written, as far as one look goes."""

    def __init__(self, found: Iterable[Row]) -> None:
        self.rows: dict[Name, Row] = {}
        self.new: dict[Name, Row] = {}
        #: Id a row had when it was read → the row.
        self.changed: dict[str, Row] = {}
        #: What happened, record that armed it, correlation → watch and key of each.
        self.notes: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        self._armed_by: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
        self._ids: dict[Name, str] = {}
        for row in found:
            name = (row.watch, row.key)
            self.rows[name], self._ids[name] = row, row.id
            if row.record_id is not None:
                self._armed_by[row.watch, row.record_id].append(row)

    def armed_by(self, watch: str, record_id: str) -> list[Row]:
        """Return the rows a record has armed so far."""
        return self._armed_by[watch, record_id]

    def add(self, row: Row) -> Row:
        """Keep a row nobody has written yet."""
        self.rows[row.watch, row.key] = self.new[row.watch, row.key] = row
        return row

    def change(self, row: Row) -> None:
        """Keep that a row is to be written back."""
        was = self._ids.get((row.watch, row.key))
        if was is not None:
            self.changed[was] = row

    def arm(self, row: Row, record_id: str) -> None:
        """Keep which record armed a row."""
        row.record_id = record_id
        self._armed_by[row.watch, record_id].append(row)

    def note(self, what: str, row: Row, message: Message) -> None:
        """Keep for the ledger what happened to a row."""
        key = (what, row.record_id or message.id, row.correlation_id or message.correlation_id)
        self.notes[key].append(f"{row.watch}: {row.key}")


class Watching:
    """The watches of one routing transaction."""

    def __init__(self, flow: Flow, bundle: Bundle, now: datetime) -> None:
        self._flow, self._now = flow, now
        self._awake = awake(flow, bundle)
        self._taken: list[_Taken] = []
        self._calendars: dict[tuple[str, str | None], calendars.Calendar] = {}

    def take(
        self, message: Message, row: Stored, document: Mapping[str, Any], *, first: bool
    ) -> None:
        """Note a record as it stands by now; the `first` time it cannot have armed anything."""
        concerned = self._awake.get(row.kind)
        if concerned is None:
            return
        frame = frame_of(document)
        for watch in concerned.clearing:
            clears = self._keys(watch, watch.unless, row, frame)
            if clears:
                self._taken.append(_Taken(watch, message, row, None, clears))
        for watch in concerned.arming:
            arms = self._keys(watch, watch.when, row, frame)
            if arms or (arms is not None and not first):
                self._taken.append(_Taken(watch, message, row, arms))

    def revoked(self, message: Message, row: Stored) -> None:
        """Note a record that no longer counts: nothing is waited for because of it."""
        concerned = self._awake.get(row.kind)
        for watch in concerned.arming if concerned is not None else ():
            if watch.when.takes(row.kind, row.connection):
                self._taken.append(_Taken(watch, message, row, ()))

    def _keys(self, watch: Watch, side: Side, row: Stored, frame: Frame) -> tuple[str, ...] | None:
        if not side.takes(row.kind, row.connection):
            return None
        try:
            return side.keys(frame.item, frame)
        except MappingError as error:
            log.warning("watch.condition_failed", watch=watch.name, record=row.id,
                        error=str(error))  # fmt: skip
            return None

    # -- saving

    def save(self, tx: Transaction) -> list[ledger.Entry]:
        """Write what the records did; return what the ledger is to say of it."""
        if not self._taken:
            return []
        keys = {key for one in self._taken for key in (*(one.arms or ()), *one.clears)}
        records = {one.record.id for one in self._taken if one.arms is not None}
        for _ in range(_LOOKS):
            changes = _Changes(watches.lock(tx, keys, records))
            for one in self._taken:
                self._apply(changes, one)
            if watches.add(tx, list(changes.new.values())):
                watches.save(tx, changes.changed)
                return list(self._entries(changes))
        raise HubError("watches: other processes kept changing the same rows")

    def _apply(self, changes: _Changes, one: _Taken) -> None:
        for key in one.clears:
            self._clear(changes, one, key)
        if one.arms is None:
            return
        for row in changes.armed_by(one.watch.name, one.record.id):
            if row.open and row.record_id == one.record.id and row.key not in one.arms:
                self._over(changes, row, one.message, "ended", "no_longer")
        for key in one.arms:
            self._arm(changes, one, key)

    def _arm(self, changes: _Changes, one: _Taken, key: str) -> None:
        row = changes.rows.get((one.watch.name, key))
        if row is None:
            row = changes.add(Row(self._flow.clock.new_id(), one.watch.name, key, "armed"))
        elif row.state != "ended":
            return
        else:
            changes.change(row)
            # a life of its own: what was told before says nothing of it
            blank = Row(self._flow.clock.new_id(), row.watch, row.key, "armed")
            for name in Row.__dataclass_fields__:
                setattr(row, name, getattr(blank, name))
        changes.arm(row, one.record.id)
        self._set_times(one, row)
        changes.note("watch.armed", row, one.message)

    def _set_times(self, one: _Taken, row: Row) -> None:
        row.company, row.correlation_id = one.record.company, one.message.correlation_id
        calendar = self._calendar(one.watch, row.company)
        row.armed_at = one.message.received_at
        row.deadline = row.due_at = calendar.add(row.armed_at, one.watch.within)
        if one.watch.then[0].after is not None:
            row.due_at = calendar.add(row.deadline, one.watch.then[0].after)
        row.asked_at = row.due_at
        warn_of_years(self._flow, calendar, row.due_at)

    def _clear(self, changes: _Changes, one: _Taken, key: str) -> None:
        row = changes.rows.get((one.watch.name, key))
        if row is None:
            row = changes.add(Row(self._flow.clock.new_id(), one.watch.name, key, "met"))
            row.company, row.cleared_at = one.record.company, self._now
        elif row.open:
            self._over(changes, row, one.message, "cleared", None)
        elif row.state == "ended":
            changes.change(row)
            row.state = "met"
        else:
            return
        row.cleared_by = one.message.id

    def _over(
        self, changes: _Changes, row: Row, message: Message, state: str, reason: str | None
    ) -> None:
        """End a row; whoever was told that it is late hears that it is over."""
        changes.change(row)
        row.state, row.reason, row.cleared_at = state, reason, self._now
        row.due_at = self._now if row.step else None
        changes.note(f"watch.{state}", row, message)

    def _calendar(self, watch: Watch, company: str | None) -> calendars.Calendar:
        name = (watch.calendar, company)
        if name not in self._calendars:
            self._calendars[name] = calendar_of(self._flow, watch, company)
        return self._calendars[name]

    def _entries(self, changes: _Changes) -> Iterator[ledger.Entry]:
        for (what, subject, correlation_id), named in changes.notes.items():
            yield ledger.entry(
                self._flow.clock.new_id(), self._now, what, subject,
                correlation_id=correlation_id, facts={"watches": named},
            )  # fmt: skip


# ---- what sweeping needs too -----------------------------------------------------------------


def awake(flow: Flow, bundle: Bundle) -> Mapping[str, Concerned]:
    """Return kind → the watches that records of it may arm or clear, worked out once a bundle.

    A shipped watch sleeps until a stream can bring what it waits for.
    """
    kept = flow.watched.get(bundle.sha)
    if kept is None:
        watches = [one for one in bundle.watches.values() if not sleeps(flow, bundle, one)]
        kinds = {kind for one in watches for kind in (one.when.record, one.unless.record)}
        kept = {
            kind: Concerned(
                tuple(one for one in watches if one.when.record == kind),
                tuple(one for one in watches if one.unless.record == kind),
            )
            for kind in kinds
        }
        flow.watched.clear()
        flow.watched[bundle.sha] = kept
    return kept


def sleeps(flow: Flow, bundle: Bundle, watch: Watch) -> bool:
    """Say whether a watch is a shipped one that nothing here could clear."""
    shipped = origin_of(watch.file) == "shipped"
    return shipped and not sources.in_flow(flow, bundle, watch.unless)


def calendar_of(flow: Flow, watch: Watch, company: str | None) -> calendars.Calendar:
    """Return the calendar by which a watch counts for a company."""
    if flow.settings is None:
        return calendars.STANDARD
    return flow.settings.calendar.of(company if watch.calendar == "default" else watch.calendar)


def warn_of_years(flow: Flow, calendar: calendars.Calendar, until: datetime) -> None:
    """Log, once for each year, that time was counted without its public holidays."""
    year = until.astimezone(calendar.zone).year
    if year not in flow.unknown_years and not calendar.known(year):
        flow.unknown_years.add(year)
        log.warning("calendar.year_unknown", year=year)
