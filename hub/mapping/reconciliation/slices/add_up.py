"""Adds up the slices of a run, key by key, in memory that does not grow with the keys.

Each amount is in the piece of time of its own day (the cash view) and in that of the first state of
its key (the cohort view), and as sure as its key: how a key came out is the same for all amounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from hub.compare import forms
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.slices.cuts import Cut, Entry
from hub.mapping.reconciliation.slices.definition import Slices
from hub.mapping.reconciliation.slices.periods import Window
from hub.mapping.reconciliation.slices.value import (
    CASH,
    COHORT,
    Cell,
    Sliced,
    StateSum,
    SubjectSum,
    View,
    kept,
)

#: Values of a subject that are told by themselves; currencies there may be.
MOST_VALUES, _MOST_CURRENCIES = 5_000, 100
#: Cells kept; from then on only the values with the most keys are told by themselves.
MOST_CELLS = 200_000
_MOST_DAYS_KNOWN = 50_000
#: View, grain, piece of time, subject, its value, state, currency, quality.
_At: TypeAlias = "tuple[View, str, str, str, str | None, str, str, str]"


class Slicer:
    """The slices of one run while they are added up; each key is added once."""

    def __init__(
        self, definition: Reconciliation, slices: Slices, day: date,
        most_values: int = MOST_VALUES, most_cells: int = MOST_CELLS,
    ) -> None:  # fmt: skip
        self._slices, self._day = slices, day
        self._window = Window(day)
        self._grains = list({one.grain: one for one in slices.periods}.values())
        self._side_of = {name: one.side for name, one in slices.states.items()}
        #: The side that is right first.
        self._sides = (definition.authority, *definition.sides)
        self._most_values, self._most_cells = most_values, most_cells
        #: Subject → values that are told by themselves; whose target is known always are.
        self._values = {
            name: {
                value for target in slices.targets.values() if target.by == name
                for value, *_ in target.amounts if value
            }
            for name in slices.subjects
        }  # fmt: skip
        self._targeted = {name: frozenset(found) for name, found in self._values.items()}
        #: Subjects that take in no more values.
        self._full: set[str] = set()
        #: Subject and value → keys.
        self._keys: Counter[tuple[str, str]] = Counter()
        self._currencies: set[str] = set()
        self._pieces: dict[int | None, tuple[tuple[str, str], ...]] = {}
        #: Amount and absolute amount, scaled, and rows.
        self._cells: dict[_At, list[int]] = {}
        self._states = {
            name: StateSum(name, one.title, one.side) for name, one in slices.states.items()
        }
        self._subjects = {
            name: SubjectSum(name, one.title) for name, one in slices.subjects.items()
        }

    def add(self, cuts: Mapping[str, Cut], quality: str) -> None:
        """Add a key: what the rows of each side say of it, and how it came out."""
        first = self._entries(cuts, self._slices.first)
        began = min((day for day, *_ in first if day is not None), default=None)
        values = [(name, self._value(name, cuts)) for name in self._slices.subjects] or [("", "")]
        for state in self._slices.states:
            entries = self._entries(cuts, state)
            if entries:
                self._count(self._states[state], entries, began)
            for day, amount, currency, _ in entries:
                if amount is None or not self._is_currency(currency):
                    continue
                for view, at in ((CASH, day), (COHORT, began)):
                    for grain, piece in self._pieces_of(at):
                        for by, value in values:
                            self._put((view, grain, piece, by, value, state, currency, quality),
                                      amount)  # fmt: skip
        if len(self._cells) > self._most_cells:
            self._fold()

    def _entries(self, cuts: Mapping[str, Cut], state: str) -> Sequence[Entry]:
        cut = cuts.get(self._side_of[state])
        return cut.states.get(state, ()) if cut is not None else ()

    def _count(self, told: StateSum, entries: Sequence[Entry], began: int | None) -> None:
        told.keys += 1
        lacks = [
            (day is None, amount is None or not self._is_currency(currency), unreadable)
            for day, amount, currency, unreadable in entries
        ]
        told.no_date += any(day and not amount for day, amount, _ in lacks)
        told.no_amount += any(amount and not day for day, amount, _ in lacks)
        told.empty += any(day and amount for day, amount, _ in lacks)
        told.unreadable += any(unreadable for *_, unreadable in lacks)
        told.no_cohort += began is None and told.name != self._slices.first

    def _is_currency(self, currency: str) -> bool:
        """Say whether a currency is one of those there are: not each row has one of its own."""
        if currency in self._currencies:
            return True
        if len(self._currencies) >= _MOST_CURRENCIES:
            return False
        self._currencies.add(currency)
        return True

    def _value(self, subject: str, cuts: Mapping[str, Cut]) -> str | None:
        """Return the value of a subject; None: it is one of the others."""
        told = self._subjects[subject]
        said = next(
            (found for side in self._sides if side in cuts
             and (found := cuts[side].subjects.get(subject))), (),
        )  # fmt: skip
        told.several += len(said) > 1
        if not said:
            told.unsaid += 1
            return ""
        known, value = self._values[subject], said[0]
        if value not in known:
            if subject in self._full or len(known) >= self._most_values:
                told.others += 1
                return None
            known.add(value)
        self._keys[subject, value] += 1
        return value

    def _pieces_of(self, day: int | None) -> tuple[tuple[str, str], ...]:
        found = self._pieces.get(day)
        if found is None:
            if len(self._pieces) >= _MOST_DAYS_KNOWN:
                self._pieces.clear()
            found = self._pieces[day] = tuple(
                (one.grain, self._window.piece(one, day)) for one in self._grains
            )
        return found

    def _put(self, at: _At, amount: int) -> None:
        cell = self._cells.get(at)
        if cell is None:
            self._cells[at] = [amount, abs(amount), 1]
            return
        cell[0] += amount
        cell[1] += abs(amount)
        cell[2] += 1

    def _fold(self) -> None:
        """Tell only the half of the values with the most keys by themselves, from now on too."""
        keys = {one: count for one, count in self._keys.items()
                if one[1] not in self._targeted[one[0]]}  # fmt: skip
        ordered = sorted(keys, key=lambda one: (-keys[one], one))
        left_out = set(ordered[len(ordered) // 2 :])
        self._full.update(self._values)
        for by, gone in left_out:
            self._values[by].discard(gone)
            self._subjects[by].others += self._keys.pop((by, gone))
        cells, self._cells = self._cells, {}
        for at, cell in cells.items():
            view, grain, piece, by, value, *rest = at
            there = (view, grain, piece, by, None, *rest) if (by, value) in left_out else at
            sums = self._cells.setdefault(there, [0, 0, 0])  # type: ignore[arg-type]
            for number, part in enumerate(cell):
                sums[number] += part
        if not left_out:
            # no value comes in any more: what is left is small
            self._most_cells = len(self._cells) * 2

    def sliced(self, whole: Mapping[str, bool]) -> Sliced:
        """Return what was added up; `whole` says of which sides everything was read."""
        for one in self._states.values():
            one.whole = whole.get(one.side, False)
        return Sliced(
            self._day, tuple(self._states.values()), tuple(self._subjects.values()),
            self._slices.periods, tuple(map(kept, self._slices.targets.values())),
            tuple(self._slices.rates.values()),
            tuple(
                Cell(*at, forms.unscaled(amount), forms.unscaled(gross), rows)
                for at, (amount, gross, rows) in sorted(
                    self._cells.items(), key=lambda one: tuple(part or "" for part in one[0])
                )
            ),
        )  # fmt: skip
