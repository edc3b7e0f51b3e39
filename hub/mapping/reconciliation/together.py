"""Judges a few documents in memory: tests of a file, and whoever wants to know before a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from hub.compare.fields import Result
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Judge, Opinion
from hub.mapping.reconciliation.rows import Layout, Row, SideReader, counting, cuts_of
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.mapping.reconciliation.slices.definition import Slices
from hub.mapping.reconciliation.slices.value import Sliced


def judged(
    definition: Reconciliation, given: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[Opinion]:
    """Yield what is to be said of each key; a side's documents are all it has.

    Raises `MappingFault` where a document does not fit.
    """
    layout = Layout(definition)
    keys: dict[str, dict[str, list[Row]]] = defaultdict(dict)
    for side, documents in given.items():
        reader = SideReader(definition, side, layout)
        for at, document in enumerate(documents, 1):
            for row in reader.rows(document, str(at), at):
                keys[row.key].setdefault(side, []).append(row)
    judge = Judge(definition, layout)
    for key in sorted(keys):
        if key:
            yield judge.judge(key, {
                side: counting(rows, layout, definition.sides[side])
                for side, rows in keys[key].items()
            })  # fmt: skip


def opinions(
    definition: Reconciliation, given: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[list[dict[str, str]]]:
    """Yield the findings of each key as a test of the file writes them."""
    layout = Layout(definition)
    for opinion in judged(definition, given):
        found = []
        for one in opinion.seen:
            field = layout.fields.get(one.field)
            unit = one.actual[1] if isinstance(one.actual, tuple) and one.field else ""
            found.append({
                "key": one.key, "side": one.side, "kind": one.kind, "field": one.field,
                "difference": field.shown_difference(one.judged, str(unit)) if field else "",
            })  # fmt: skip
        yield found


def sliced(
    definition: Reconciliation, slices: Slices,
    given: Mapping[str, Sequence[Mapping[str, Any]]], day: date,
) -> Sliced:  # fmt: skip
    """Return the slices of these documents on a day; a key with a finding is open.

    Raises `MappingFault` where a document does not fit.
    """
    slicer = Slicer(definition, slices, day)
    for opinion in judged(definition, given):
        close = any(one.result is Result.WITHIN for _, _, one in opinion.judged)
        quality = "open" if opinion.seen else "within" if close else "agreed"
        slicer.add(cuts_of(opinion.all), quality)
    return slicer.sliced(dict.fromkeys(definition.sides, True))
