"""Says what is wrong with one key: which side lacks it, has it twice, or says something else.

One comparator for whatever found the key: a database by its hashes, a test, two spreadsheets.
What is seen is a *kind*; which side is wrong and why only the ledger knows (`hub.reconcile`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TypeAlias

import msgspec

from hub.compare.fields import EQUAL, Field, Judged, Result
from hub.compare.forms import Form, Problem
from hub.mapping.reconciliation.definition import REVISION, Reconciliation
from hub.mapping.reconciliation.rows import Layout, Row


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One disagreement, as it is seen."""

    #: missing, extra, duplicate, key_collision, unapproved, differs, stale, not_comparable,
    #: unmapped_status.
    kind: str
    side: str
    key: str
    #: As the authority writes it, else as the side does.
    original: str
    field: str = ""
    #: Side whose value is expected.
    against: str = ""
    expected: Form = None
    actual: Form = None
    judged: Judged = EQUAL
    #: Rows it is about, the side's own ids.
    refs: tuple[str, ...] = ()


class Opinion(msgspec.Struct):
    """Everything there is to say of one key."""

    key: str
    #: Side → its row; those that have exactly one.
    rows: dict[str, Row]
    #: Side → all rows it has; those that have any.
    all: Mapping[str, Sequence[Row]]
    seen: list[Seen] = msgspec.field(default_factory=list)
    #: Side → what it is expected on, or not due yet.
    not_expected: tuple[str, ...] = ()
    not_due: tuple[str, ...] = ()
    #: A row was changed after the cut-off: what differs may agree in a moment.
    moving: bool = False
    #: Where it was read again: what was landed, and is in the sums of the sides.
    landed: Mapping[str, Sequence[Row]] | None = None
    #: Field, side and what came of it, where it is not equal.
    judged: list[tuple[str, str, Judged]] = msgspec.field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Say whether nothing is to be said against it."""
        return not self.seen


#: A field, the side that is right about it, and those that are held against it.
_Comparison: TypeAlias = tuple[str, Field, str, tuple[str, ...]]


class Judge:
    """Judges the keys of a reconciliation."""

    def __init__(self, definition: Reconciliation, layout: Layout) -> None:
        self._authority = definition.authority
        self._sides = (
            definition.authority,
            *(name for name in definition.sides if name != definition.authority),
        )
        self._by_key = {name for name, side in definition.sides.items() if side.by_key}
        self._made = {name for name, side in definition.sides.items() if side.made is not None}
        self._zone = definition.zone
        self._many = {name for name, side in definition.sides.items() if side.many}
        self._fields = tuple(
            (name, layout.fields[name], owners) for name, owners in layout.owners.items()
        )
        #: Sides that have a key once → what is compared of them.
        self._comparisons: dict[tuple[str, ...], tuple[_Comparison, ...]] = {}

    def judge(
        self, key: str, rows: Mapping[str, Sequence[Row]], due: Collection[str] = ()
    ) -> Opinion:
        """Return what is wrong with a key, given all rows each side has of it.

        `due` are the sides on which the key need not be yet.
        """
        single = {side: found[0] for side, found in rows.items() if len(found) == 1}
        opinion = Opinion(key, single, rows)
        if len(single) < len(rows):
            opinion.seen += [
                self._several(key, side, rows[side])
                for side in self._sides if len(rows.get(side, ())) > 1
            ]  # fmt: skip
        self._presence(opinion, {side for side, found in rows.items() if found}, due)
        self._values(opinion)
        if self._made:
            opinion.seen += self._early(opinion)
        return opinion

    def _early(self, opinion: Opinion) -> Iterator[Seen]:
        """Yield the sides on which it was there before it was approved."""
        right = opinion.rows.get(self._authority)
        if right is None:
            return
        for side, row in opinion.rows.items():
            if side in self._made and _is_before(row.moment, right.moment, self._zone):
                yield Seen("unapproved", side, opinion.key, right.original,
                           against=self._authority, refs=_refs(row))  # fmt: skip

    def _several(self, key: str, side: str, rows: Sequence[Row]) -> Seen:
        originals = {row.original for row in rows}
        kind = "key_collision" if len(originals) > 1 else "duplicate"
        return Seen(kind, side, key, " | ".join(sorted(originals)),
                    refs=tuple(row.ref for row in rows))  # fmt: skip

    def _presence(self, opinion: Opinion, present: Collection[str], due: Collection[str]) -> None:
        authority = opinion.rows.get(self._authority)
        if self._authority not in present:
            for side in self._sides:
                if side in present and side not in self._by_key:
                    row = opinion.rows.get(side)
                    opinion.seen.append(
                        Seen("extra", side, opinion.key, _original(opinion.rows, row),
                             against=self._authority, refs=_refs(row))
                    )  # fmt: skip
            return
        absent = [side for side in self._sides if side not in present]
        if not absent:
            return
        # where it has the key twice, all of them must say so
        unexpected = set.intersection(
            *(set(row.unexpected) for row in opinion.all[self._authority])
        )
        opinion.not_expected = tuple(side for side in absent if side in unexpected)
        opinion.not_due = tuple(side for side in absent if side in due and side not in unexpected)
        opinion.seen += [
            Seen("missing", side, opinion.key, _original(opinion.rows, authority),
                 against=self._authority)
            for side in absent
            if side not in unexpected and side not in due
        ]  # fmt: skip

    def _values(self, opinion: Opinion) -> None:
        rows = opinion.rows
        values = {side: row.values for side, row in rows.items()}
        for name, one, base, others in self._compared(tuple(rows)):
            expected = values[base][name]
            for side in others:
                actual = values[side][name]
                # nearly all of them
                if expected == actual and type(expected) is not Problem:
                    continue
                lines = max(rows[base].lines, rows[side].lines)
                judged = one.judge(expected, actual, lines)
                if judged.result is Result.EQUAL:
                    continue
                opinion.judged.append((name, side, judged))
                if judged.result is not Result.WITHIN:
                    opinion.seen.append(
                        Seen(_kind(name, expected, actual, judged), side, opinion.key,
                             _original(rows, rows[base]), name, base, expected, actual, judged,
                             _refs(rows[side]))
                    )  # fmt: skip

    def _compared(self, present: tuple[str, ...]) -> tuple[_Comparison, ...]:
        """Return what is compared of the sides that have a key: each with the first of a field."""
        found = self._comparisons.get(present)
        if found is None:
            sides = [
                (name, one, [side for side in self._sides if side in owners and side in present])
                for name, one, owners in self._fields
            ]  # fmt: skip
            found = self._comparisons[present] = tuple(
                (name, one, there[0], tuple(there[1:])) for name, one, there in sides if there
            )
        return found


def _kind(name: str, expected: Form, actual: Form, judged: Judged) -> str:
    if judged.result is Result.NOT_COMPARABLE:
        unmapped = any(
            isinstance(one, Problem) and one.code == "unmapped" for one in (expected, actual)
        )
        return "unmapped_status" if unmapped else "not_comparable"
    if name == REVISION and judged.difference is not None and judged.difference < 0:
        return "stale"
    return "differs"


def _is_before(text: str, other: str, zone: tzinfo) -> bool:
    """Say whether a time is before another one; a day is not before a moment of that day."""
    try:
        one, two = datetime.fromisoformat(text), datetime.fromisoformat(other)
    except ValueError:
        # what no side says is not held against it
        return False
    one, two = (at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone) for at in (one, two))
    days = ":" not in text or ":" not in other
    return one.date() < two.date() if days else one < two


def _original(rows: Mapping[str, Row], row: Row | None) -> str:
    if row is not None:
        return row.original
    return next((one.original for one in rows.values()), "")


def _refs(row: Row | None) -> tuple[str, ...]:
    return (row.ref,) if row is not None and row.ref else ()
