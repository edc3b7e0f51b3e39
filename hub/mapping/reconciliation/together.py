"""Judges a few documents in memory: tests of a file, and whoever wants to know before a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from hub.compare.fields import Result
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Judge, Opinion
from hub.mapping.reconciliation.rows import (
    Layout,
    Row,
    SideReader,
    as_read_last,
    counting,
    cuts_of,
)
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.mapping.reconciliation.slices.definition import Slices
from hub.mapping.reconciliation.slices.value import Sliced


def judged(
    definition: Reconciliation, given: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[Opinion]:
    """Yield what is to be said of each key; a side's documents are all it has, as they were read.

    One that comes twice, by its id, counts as it stood last. Raises `MappingFault` where a document
    does not fit.
    """
    layout = Layout(definition)
    keys: dict[str, dict[str, list[Row]]] = defaultdict(dict)
    for side, documents in given.items():
        for row in _read(SideReader(definition, side, layout), documents):
            keys[row.key].setdefault(side, []).append(row)
    judge = Judge(definition, layout)
    for key in sorted(keys):
        if key:
            yield judge.judge(key, {
                side: counting(rows, layout, definition.sides[side])
                for side, rows in keys[key].items()
            })  # fmt: skip


def _read(reader: SideReader, documents: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the rows of one read of a side."""
    rows: list[Row] = []
    gone: dict[str, int] = {}
    for at, document in enumerate(documents, 1):
        # no number is the id of another one
        source = reader.id_of(document) or (str(at) if reader.side.id is None else f"no id, {at}")
        found = reader.rows(document, source, at)
        rows += found
        if not found:
            gone[source] = at
    # one object may stand for several keys that are asked for
    return rows if reader.side.by_key else as_read_last(rows, gone)


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
