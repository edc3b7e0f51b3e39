"""What a row adds to the slices: the amounts of its states with their days, and its subjects.

It is kept beside what is compared and is no part of it: no hash knows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

#: Day, amount (scaled as `hub.compare.forms` keeps it), currency, and whether one of the two is
#: there and cannot be read.
Entry: TypeAlias = "tuple[int | None, int | None, str, bool]"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(
    tuple[dict[str, list[tuple[int | None, int | None, str, bool]]], dict[str, list[str]]]
).decode


@dataclass(slots=True)
class Cut:
    """What the rows of one key of a side add."""

    #: State → each row's day and amount. A row that says neither is an entry too.
    states: dict[str, list[Entry]] = field(default_factory=dict)
    #: Subject → what the rows say of it, each once.
    subjects: dict[str, list[str]] = field(default_factory=dict)

    def packed(self) -> bytes:
        """Return it as one line."""
        return _encode((self.states, self.subjects))


def unpacked(line: bytes) -> Cut | None:
    """Return what was packed; None where the row adds nothing."""
    return Cut(*_decode(line)) if line else None


def joined(cuts: Iterable[Cut | None]) -> Cut | None:
    """Return what several rows add together; each amount keeps its day."""
    there = [cut for cut in cuts if cut is not None]
    if not there:
        return None
    whole = Cut()
    for cut in there:
        for state, entries in cut.states.items():
            whole.states.setdefault(state, []).extend(entries)
        for subject, values in cut.subjects.items():
            known = whole.subjects.setdefault(subject, [])
            known += [value for value in values if value not in known]
    return whole
