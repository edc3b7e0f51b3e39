"""What the tests of a mapping file touch: which rules gave something, which table entries were met.

A rule is an entry of `fields:` or `let:` that makes a value itself. Tables in files of their own
are not counted: they are data that others keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hub.mapping.data.values import MISSING, shown
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.outline import filled
from hub.mapping.running.trace import Note
from hub.yamlfile import Entries, Items, Node, Place, Scalar, words_of

_INDEX = re.compile(r"\[\d+\]")
#: Line and column.
_At = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A rule or a table entry, and whether any test touches it."""

    kind: Literal["rule", "entry"]
    #: Target field with `[]` for each item, or `table: key`.
    name: str
    place: Place
    touched: bool


def coverage(mapping: FieldMapping, root: Node) -> Sequence[Part]:
    """Return the rules and table entries of a mapping's file, in the order of the file."""
    notes = [
        note
        for test in mapping.tests
        if not test.skip
        for note in mapping.explain(test.given, test.scope).trace.notes
    ]
    nothing = str(shown(MISSING))
    gave = {_INDEX.sub("[]", note.target) for note in notes if note.value != nothing}
    parts = [
        Part("rule", one.target, one.place, one.target in gave)
        for one in filled(root)
        if not one.whole
    ]
    parts += _table_entries(notes, root)
    return sorted(parts, key=lambda part: (part.place.line, part.place.column))


def _table_entries(notes: Sequence[Note], root: Node) -> Iterator[Part]:
    """Yield the entries of the tables that stand in the file."""
    words = words_of(root)
    asked = dict(one for word in ("let", "fields") for one in _maps(words.get(word)))
    named = words_of(words.get("tables"))
    tables: dict[str | _At, Node] = {
        **{name: node for name, node in named.items() if _stands_here(node)},
        **{at: table for at, table in asked.items() if not isinstance(table, str)},
    }
    met: dict[str | _At, set[str]] = {key: set() for key in tables}
    for at, value in _looked_up(notes):
        table = asked.get(at)
        met.setdefault(table if isinstance(table, str) else at, set()).add(value)
    for key, node in tables.items():
        label = key if isinstance(key, str) else "map"
        for entry, _ in node.pairs if isinstance(node, Entries) else ():
            touched = bool({entry.text, str(shown(entry.text))} & met[key])
            yield Part("entry", f"{label}: {entry.text}", entry.place, touched)


def _stands_here(table: Node) -> bool:
    return "file" not in words_of(table)


def _looked_up(notes: Sequence[Note]) -> Iterator[tuple[_At, str]]:
    """Yield where a table was asked and the value it was asked for, as notes show it."""
    latest: dict[str, str] = {}
    for note in notes:
        if note.word == "map" and note.target in latest:
            value = latest[note.target]
            at = (note.place.line, note.place.column)
            yield at, value.lower() if value in {"True", "False"} else value
        latest[note.target] = note.value


def _maps(node: Node | None) -> Iterator[tuple[_At, Node | str]]:
    """Yield where each `map:` stands and its table, or the name of one."""
    for item in node.nodes if isinstance(node, Items) else ():
        yield from _maps(item)
    for key, value in node.pairs if isinstance(node, Entries) else ():
        if key.text == "map":
            table = value.text if isinstance(value, Scalar) else value
            yield (key.place.line, key.place.column), table
        yield from _maps(value)
