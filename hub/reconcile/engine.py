"""Lands the sides of one run in a snapshot, and says of every key that is not plainly equal why.

The database finds the candidates by their hashes; `Judge` judges them, exactly, and one after the
other, so that memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from hub.calendars import STANDARD, Calendar
from hub.compare import forms
from hub.compare.forms import Form
from hub.mapping.faults import MappingFault
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Judge, Opinion
from hub.mapping.reconciliation.rows import Layout, Row, SideReader, counting, escaped
from hub.store.snapshots import Landed, Snapshot

#: Keys settled in one transaction.
_BATCH = 500
#: Rejected rows whose reason is kept.
_TOLD = 20


@dataclass(slots=True)
class Progress:
    """How far a side was read; stored with the rows of each page."""

    #: Where to go on; opaque.
    cursor: str | None = None
    pages: int = 0
    documents: int = 0
    rows: int = 0
    #: Documents and rows without a usable key, with the first reasons.
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)
    #: Field and unit → sum of all rows, scaled.
    sums: dict[str, int] = field(default_factory=dict)
    first_read: datetime | None = None
    last_read: datetime | None = None
    #: The last page was read.
    whole: bool = False
    #: What the system said it holds, before it was read.
    declared: int | None = None

    def add(self, name: str, value: Form, sign: int = 1) -> None:
        """Add a value to the sum of its field, in its unit."""
        if isinstance(value, tuple) and isinstance(value[0], int):
            at = f"{name}\t{value[1]}"
            self.sums[at] = self.sums.get(at, 0) + sign * value[0]
        elif isinstance(value, int):
            at = f"{name}\t"
            self.sums[at] = self.sums.get(at, 0) + sign * value


class Engine:
    """The comparison of one run."""

    def __init__(
        self, definition: Reconciliation, snapshot: Snapshot, calendar: Calendar = STANDARD
    ) -> None:
        self.definition, self.snapshot, self.calendar = definition, snapshot, calendar
        self.layout = Layout(definition)
        #: The authority first, as in the snapshot.
        self.sides: Sequence[str] = (
            definition.authority,
            *(name for name in definition.sides if name != definition.authority),
        )
        self._number = {name: at for at, name in enumerate(self.sides)}
        self._readers = {name: SideReader(definition, name, self.layout) for name in self.sides}
        self._judge = Judge(definition, self.layout)
        self.progress = {name: self._stored(name) for name in self.sides}
        self._keys: dict[str, int] = {}

    def _stored(self, side: str) -> Progress:
        found = self.snapshot.progress(self._number[side])
        return msgspec.json.decode(found, type=Progress) if found is not None else Progress()

    # -- landing

    def land(
        self, side: str, documents: Iterable[tuple[str, Mapping[str, Any]]], now: datetime,
        *, cursor: str | None = None, whole: bool = False,
    ) -> Progress:  # fmt: skip
        """Keep the documents of a page, each with the id its system gives it."""
        progress = self.progress[side]
        progress.pages += 1
        progress.cursor, progress.whole = cursor, whole
        progress.first_read = progress.first_read or now
        progress.last_read = now
        # all of them before the progress that counts them is written
        rows = list(self._landed(side, documents, progress))
        self.snapshot.land(self._number[side], rows, msgspec.json.encode(progress))
        return progress

    def note(self, side: str) -> None:
        """Keep what was learned of a side without a page."""
        stored = msgspec.json.encode(self.progress[side])
        self.snapshot.land(self._number[side], (), stored)

    def _landed(
        self, side: str, documents: Iterable[tuple[str, Mapping[str, Any]]], progress: Progress
    ) -> Iterator[Landed]:
        read = self._readers[side].rows
        totals = [
            name for name in self.definition.totals if side in self.layout.owners.get(name, ())
        ]
        for source, document in documents:
            progress.documents += 1
            try:
                for row in read(document, source, progress.documents):
                    progress.rows += 1
                    if not row.key:
                        self._reject(progress, f"{source}: no key in {row.original!r}")
                        continue
                    for name in totals:
                        progress.add(name, row.values[name])
                    yield self._packed(row)
            except MappingFault as fault:
                self._reject(progress, f"{source}: {fault}")

    def _packed(self, row: Row) -> Landed:
        try:
            return row.key.encode(), *self.layout.pack(row)
        except UnicodeEncodeError:
            row = escaped(row)
            return row.key.encode(), *self.layout.pack(row)

    def _reject(self, progress: Progress, why: str) -> None:
        progress.rejected += 1
        if len(progress.reasons) < _TOLD:
            progress.reasons.append(forms.escaped(why[:300]))

    def close(self, side: str) -> None:
        """Make a side known by key, several rows of one key being what they are together."""
        number = self._number[side]
        self.snapshot.index(number)
        batch: list[tuple[bytes, list[Landed]]] = []
        progress = self.progress[side]
        for key, packed in self.snapshot.several(number):
            batch.append((key, self._counted(side, key, packed, progress)))
            if len(batch) == _BATCH:
                self.snapshot.settle(number, batch, msgspec.json.encode(progress))
                batch = []
        if batch:
            self.snapshot.settle(number, batch, msgspec.json.encode(progress))

    def _counted(
        self, side: str, key: bytes, packed: Sequence[bytes], progress: Progress
    ) -> list[Landed]:
        text = key.decode()
        rows = [self.layout.unpack(text, one) for one in packed]
        counted = counting(rows, self.layout, self.definition.sides[side])
        for name in self.definition.totals:
            if side not in self.layout.owners.get(name, ()):
                continue
            for row in rows:
                progress.add(name, row.values[name], -1)
            for row in counted:
                progress.add(name, row.values[name])
        return [(key, *self.layout.pack(row)) for row in counted]

    def keys(self, side: str) -> int:
        """Return how many keys a side has, once it is closed."""
        if side not in self._keys:
            self._keys[side] = self.snapshot.count(self._number[side])
        return self._keys[side]

    # -- judging

    def opinions(self, as_of: datetime) -> Iterator[Opinion]:
        """Yield what is to be said of each key that is not plainly equal, in no order."""
        groups = [sorted(self._number[side] for side in members) for members in self.layout.members]
        unpack, sides = self.layout.unpack, self.sides
        everything = self.layout.judges_all
        for key, packed in self.snapshot.candidates(groups, everything=everything):
            text = key.decode()
            rows = {
                side: [unpack(text, one) for one in found]
                for side, found in zip(sides, packed, strict=True)
                if found
            }
            yield self.judged(text, rows, as_of)

    def judged(
        self, key: str, rows: Mapping[str, Sequence[Row]], as_of: datetime,
        landed: Mapping[str, Sequence[Row]] | None = None,
    ) -> Opinion:  # fmt: skip
        """Return what is to be said of a key, given the rows of each side.

        `landed` are those it had before it was read again.
        """
        opinion = self._judge.judge(key, rows, self._not_due(rows, as_of))
        opinion.landed = landed
        opinion.moving = any(
            _is_after(row.modified, as_of) for found in rows.values() for row in found
        )
        return opinion

    def rows(
        self, side: str, key: str, documents: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[Row]:
        """Return the rows that documents of a side have of a key; raises `MappingFault`."""
        read = self._readers[side].rows
        found = [
            row for at, (source, document) in enumerate(documents, 1)
            for row in map(escaped, read(document, source, at)) if row.key == key
        ]  # fmt: skip
        return counting(found, self.layout, self.definition.sides[side]) if found else []

    def _not_due(self, rows: Mapping[str, Sequence[Row]], as_of: datetime) -> tuple[str, ...]:
        """Return the sides on which the key need not be yet."""
        found = rows.get(self.definition.authority)
        if not found or not found[0].due:
            return ()
        return tuple(
            side for side, moment in found[0].due.items()
            if not self._is_due(side, moment, as_of)
        )  # fmt: skip

    def _is_due(self, side: str, moment: str, as_of: datetime) -> bool:
        expected = self.definition.sides[side].expected_from
        at = _instant(moment, self.definition.zone)
        if at is None:
            return True
        if expected is not None and expected.after is not None:
            at = self.calendar.add(at, expected.after)
        return at <= as_of


def _instant(text: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _is_after(text: str, as_of: datetime) -> bool:
    """Say whether a row was changed after the cut-off, as far as its side tells."""
    at = _instant(text, UTC) if text else None
    return at is not None and at > as_of
