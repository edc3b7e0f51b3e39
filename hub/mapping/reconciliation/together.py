"""Judges a few documents in memory: tests of a file, and whoever wants to know before a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Judge, Opinion
from hub.mapping.reconciliation.rows import Layout, Row, SideReader, counting


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
