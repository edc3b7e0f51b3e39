"""Lands the sides of one run in a snapshot, and says of every key that is not plainly equal why.

The database finds the candidates by their hashes; `Judge` judges them, exactly, and one after the
other, so that memory does not grow with the number of rows.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice
from typing import Any, TypeAlias

import msgspec

from hub.calendars import STANDARD, Calendar
from hub.compare import forms
from hub.compare.forms import Form
from hub.failpoints import fail_at
from hub.mapping.faults import MappingFault
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Judge, Opinion
from hub.mapping.reconciliation.rows import Layout, Row, SideReader, counting, escaped
from hub.mapping.reconciliation.slices.cuts import Cut
from hub.store.snapshots import NO_KEY, Landed, Snapshot

#: What a system calls a document, and what it holds; None: there is none (any more).
Document: TypeAlias = "tuple[str, Mapping[str, Any] | None]"
#: Keys settled in one transaction.
_BATCH = 500
#: Rejected rows whose reason is kept.
_TOLD = 20


@dataclass(slots=True)
class Progress:
    """How far a side was read; stored with the rows of each page."""

    #: Where to go on; opaque.
    cursor: str | None = None
    #: SHA-256 of the file that is read in the place of the side; empty: none is.
    source: str = ""
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
    #: Of a side that is kept: the run that reads it.
    run: str = ""
    #: Only what changed is read; how many documents that were.
    changes: bool = False
    changed: int = 0
    #: Where the changes after the last read begin.
    since: str | None = None
    #: When everything was read last; whether all that was landed, and is known by key.
    whole_at: datetime | None = None
    built: bool = False
    settled: bool = False

    def add(self, name: str, value: Form, sign: int = 1) -> None:
        """Add a value to the sum of its field, in its unit."""
        if isinstance(value, tuple) and isinstance(value[0], int):
            at = f"{name}\t{value[1]}"
            self.sums[at] = self.sums.get(at, 0) + sign * value[0]
        elif isinstance(value, int):
            at = f"{name}\t"
            self.sums[at] = self.sums.get(at, 0) + sign * value


def in_order(definition: Reconciliation) -> Sequence[str]:
    """Return the names of the sides as a snapshot numbers them, the authority first."""
    right = definition.authority
    return (right, *(name for name in definition.sides if name != right))


class Engine:
    """The comparison of one run."""

    def __init__(
        self, definition: Reconciliation, snapshot: Snapshot, calendar: Calendar = STANDARD,
        kept: Collection[str] = (),
    ) -> None:  # fmt: skip
        self.definition, self.snapshot, self.calendar = definition, snapshot, calendar
        #: Sides of which only changes are read, most of the time.
        self.kept = frozenset(kept)
        self.layout = Layout(definition)
        #: The authority first, as in the snapshot.
        self.sides: Sequence[str] = in_order(definition)
        self._number = {name: at for at, name in enumerate(self.sides)}
        self._readers = {name: SideReader(definition, name, self.layout) for name in self.sides}
        self._totals = {
            name: [one for one in definition.totals if name in self.layout.owners.get(one, ())]
            for name in self.sides
        }
        self._judge = Judge(definition, self.layout)
        self.progress = {name: self._stored(name) for name in self.sides}
        self._keys: dict[str, int] = {}

    def _stored(self, side: str) -> Progress:
        found = self.snapshot.progress(self._number[side])
        return msgspec.json.decode(found, type=Progress) if found is not None else Progress()

    # -- landing

    def restart(self, side: str) -> Progress:
        """Forget what was landed of a side."""
        self.snapshot.restart(self._number[side])
        self.progress[side] = Progress()
        return self.progress[side]

    def begin(self, side: str, run: str, now: datetime, *, whole: bool = False) -> None:
        """Begin to read a side anew: of one that is kept what changed, unless all of it is due."""
        before = self.progress[side]
        due = before.whole_at is None or now >= self.calendar.add(
            before.whole_at, self.definition.sides[side].full_every
        )
        if whole or due or before.since is None or not before.settled:
            self.restart(side).run = run
        else:
            self.progress[side] = Progress(
                run=run, cursor=before.since, sums=before.sums, changes=True, since=before.since,
                whole_at=before.whole_at, built=True, settled=True,
            )  # fmt: skip
        self.note(side)

    def land(
        self, side: str, documents: Iterable[Document], now: datetime,
        *, cursor: str | None = None, whole: bool = False, since: str | None = None,
    ) -> Progress:  # fmt: skip
        """Keep the documents of a page, each with the id its system gives it.

        `since` is where changes after this read begin, with the last page of a side that is kept.
        """
        progress = self.progress[side]
        progress.pages += 1
        progress.cursor, progress.whole = cursor, whole
        progress.first_read = progress.first_read or now
        progress.last_read = now
        if side in self.kept:
            self._replace(side, documents, progress, since)
            return progress
        # all of them before the progress that counts them is written
        rows = [
            one for source, document in documents
            if document is not None
            for one in self._landed(side, source, document, progress)
            if one[0]
        ]  # fmt: skip
        self.snapshot.land(self._number[side], rows, msgspec.json.encode(progress))
        fail_at("reconcile.page_landed")
        return progress

    def _replace(
        self, side: str, documents: Iterable[Document], progress: Progress, since: str | None
    ) -> None:
        number = self._number[side]
        if progress.whole:
            progress.since = since
            if not progress.changes:
                progress.whole_at = progress.first_read
        # of a document that comes twice in a page, the last counts
        latest = dict(documents)
        page = [
            (forms.escaped(source).encode(), None if document is None
             else list(self._landed(side, source, document, progress)))
            for source, document in latest.items()
        ]  # fmt: skip
        if not progress.changes:
            earlier = self.snapshot.earlier(number, [source for source, _ in page])
            for row in chain.from_iterable(earlier.values()):
                self._sum(side, self.layout.unpack("", row), progress, -1)
        self.snapshot.replace(number, page, msgspec.json.encode(progress), touch=progress.changes)
        fail_at("reconcile.page_landed")

    def held(self, side: str) -> None:
        """Count what is held of a side that is kept, whenever it was read."""
        progress = self.progress[side]
        if progress.changes:
            progress.changed = progress.documents
        found = self.snapshot.held(self._number[side])
        progress.documents, progress.rows = found.documents, found.rows
        progress.rejected, progress.reasons = found.rejected, list(found.reasons)

    def note(self, side: str) -> None:
        """Keep what was learned of a side without a page."""
        stored = msgspec.json.encode(self.progress[side])
        self.snapshot.land(self._number[side], (), stored)

    def _landed(
        self, side: str, source: str, document: Mapping[str, Any], progress: Progress
    ) -> Iterator[Landed]:
        """Yield the rows of a document; what cannot be used has no key and says why."""
        progress.documents += 1
        # what is kept is summed up when it is known by key
        totals = () if progress.changes else self._totals[side]
        try:
            for row in self._readers[side].rows(document, source, progress.documents):
                progress.rows += 1
                if not row.key:
                    yield self._reject(progress, f"{source}: no key in {row.original!r}")
                    continue
                for name in totals:
                    progress.add(name, row.values[name])
                yield self._packed(row)
        except MappingFault as fault:
            yield self._reject(progress, f"{source}: {fault}")

    def _packed(self, row: Row) -> Landed:
        try:
            return row.key.encode(), *self.layout.pack(row)
        except UnicodeEncodeError:
            row = escaped(row)
            return row.key.encode(), *self.layout.pack(row)

    def _reject(self, progress: Progress, why: str) -> Landed:
        why = forms.escaped(why[:300])
        progress.rejected += 1
        if len(progress.reasons) < _TOLD:
            progress.reasons.append(why)
        return NO_KEY, b"", why.encode()

    def _sum(self, side: str, row: Row, progress: Progress, sign: int) -> None:
        for name in self._totals[side]:
            progress.add(name, row.values[name], sign)

    def close(self, side: str) -> None:
        """Make a side known by key, several rows of one key being what they are together."""
        number = self._number[side]
        progress = self.progress[side]
        if side in self.kept and not progress.built:
            progress.built = True
            self.snapshot.build(number, msgspec.json.encode(progress))
        self.snapshot.index(number)
        fail_at("reconcile.indexed")
        settled = self._changed(side) if progress.changes else self._several(side)
        while batch := list(islice(settled, _BATCH)):
            self.snapshot.settle(number, batch, msgspec.json.encode(progress))
            fail_at("reconcile.side_settled")
        if side in self.kept and not progress.settled:
            progress.settled = True
            self.note(side)

    def _several(self, side: str) -> Iterator[tuple[bytes, list[Landed]]]:
        """Yield each key that has several rows, with those that count."""
        for key, packed in self.snapshot.several(self._number[side]):
            yield self._counted(side, key, packed, packed)

    def _changed(self, side: str) -> Iterator[tuple[bytes, list[Landed]]]:
        """Yield each key whose documents changed, with the rows that count by now."""
        for key, before, packed in self.snapshot.touched(self._number[side]):
            yield self._counted(side, key, before, packed)

    def _counted(
        self, side: str, key: bytes, before: Sequence[bytes], packed: Sequence[bytes]
    ) -> tuple[bytes, list[Landed]]:
        """Return the rows of a key that count; they are summed up in the place of `before`."""
        text, unpack, progress = key.decode(), self.layout.unpack, self.progress[side]
        rows = [unpack(text, one) for one in packed]
        counted = counting(rows, self.layout, self.definition.sides[side]) if rows else []
        if self._totals[side]:
            gone = rows if before is packed else [unpack(text, one) for one in before]
            for row in gone:
                self._sum(side, row, progress, -1)
            for row in counted:
                self._sum(side, row, progress, 1)
        return key, [(key, *self.layout.pack(row)) for row in counted]

    def keys(self, side: str) -> int:
        """Return how many keys a side has, once it is closed."""
        if side not in self._keys:
            self._keys[side] = self.snapshot.count(self._number[side])
        return self._keys[side]

    # -- judging

    def opinions(self, as_of: datetime) -> Generator[Opinion]:
        """Yield what is to be said of each key that is not plainly equal, in no order."""
        unpack, sides = self.layout.unpack, self.sides
        everything = self.layout.judges_all
        for key, packed in self.snapshot.candidates(self._groups(), everything=everything):
            text = key.decode()
            rows = {
                side: [unpack(text, one) for one in found]
                for side, found in zip(sides, packed, strict=True)
                if found
            }
            yield self.judged(text, rows, as_of)

    def plain(self) -> Generator[Mapping[str, Cut]]:
        """Yield what each key of which there is no opinion adds to the slices, in no order."""
        slices = self.definition.slices
        if slices is None or self.layout.judges_all:
            return
        asked = [side for side in self.sides if slices.asks(side)]
        numbers = [self._number[side] for side in asked]
        cut = self.layout.cut
        for packed in self.snapshot.plain(self._groups(), numbers):
            found = map(cut, packed)
            yield {side: one for side, one in zip(asked, found, strict=True) if one is not None}

    def judged(
        self, key: str, rows: Mapping[str, Sequence[Row]], as_of: datetime,
        landed: Mapping[str, Sequence[Row]] | None = None,
    ) -> Opinion:  # fmt: skip
        """Return what is to be said of a key, given the rows of each side.

        `landed` are those it had before it was read again.
        """
        opinion = self._judge.judge(key, rows, self._not_due(rows, as_of))
        opinion.landed = landed
        opinion.moving = any(map(_cut_off(as_of).is_before, rows.values()))
        return opinion

    def _groups(self) -> list[list[int]]:
        return [sorted(self._number[side] for side in members) for members in self.layout.members]

    def rows(
        self, side: str, key: str, documents: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[Row]:
        """Return the rows that documents of a side have of a key; raises `MappingFault`."""
        found = [row for row in self.all_rows(side, documents) if row.key == key]
        return counting(found, self.layout, self.definition.sides[side]) if found else []

    def all_rows(
        self, side: str, documents: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[Row]:
        """Yield the rows of documents of a side, whatever their key; raises `MappingFault`."""
        for at, (source, document) in enumerate(documents, 1):
            yield from map(escaped, self._readers[side].rows(document, source, at))

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


class _CutOff:
    """Says of rows whether they were changed after the cut-off, as far as their sides tell."""

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self._text = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def is_before(self, rows: Sequence[Row]) -> bool:
        """Say whether any of the rows was changed after it."""
        for row in rows:
            text = row.modified
            # 2026-11-27T08:30:00Z, as nearly all systems write it, sorts as time goes
            if not text or (text < self._text and text[10:11] == "T" and text[-1] == "Z"):
                continue
            at = _instant(text, UTC)
            if at is not None and at > self.as_of:
                return True
        return False


#: A run has one.
_cut_off = functools.lru_cache(8)(_CutOff)
