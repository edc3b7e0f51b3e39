"""What a mapping did, step by step: notes that a run takes when asked.

There is no second evaluator. A run with a trace is a run of the same rules, in which each word
that read or changed a value leaves the value with its `Mark`; notes are made of them when read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.errors import Fault
from hub.mapping.data.values import shown
from hub.mapping.running.lookups import MissingLink
from hub.yamlfile import Place

if TYPE_CHECKING:
    from hub.mapping.running.run import Frame


@dataclass(frozen=True, slots=True)
class Note:
    """One word of one rule at work."""

    #: Target field with list indexes, such as `lines[2].qty`; `$name` for a `let`.
    target: str
    #: The word: `from`, `calc`, `map`, `default`, `as`, `each` …
    word: str
    #: What came of it, as messages show values; personal ones are not shown.
    value: str
    #: Where the word stands.
    place: Place
    #: What it worked with: the source path with list indexes, the table, the link …
    about: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One word of one rule, which sees what comes of it."""

    #: Target path, `[]` standing for the index of a list.
    target: str
    word: str
    place: Place
    #: Says what it worked with for the document at hand.
    about: Callable[[Frame], str]
    #: The values are personal.
    hidden: bool = False

    def see(self, frame: Frame, value: Any) -> Any:
        """Keep a value in the run's trace, and return it."""
        trace = frame.run.trace
        if trace is not None:
            trace.seen.append((self, frame, value))
        return value

    def note(self, frame: Frame, value: Any) -> Note:
        """Return what is told of a value that was kept."""
        seen = shown(value, hidden=self.hidden)
        return Note(frame.fill(self.target), self.word, seen, self.place, self.about(frame))


@dataclass(slots=True)
class Trace:
    """What one run left, in the order things happened."""

    seen: list[tuple[Mark, Frame, Any]] = field(default_factory=list)

    @property
    def notes(self) -> list[Note]:
        """Return a note of every word that was at work."""
        return [mark.note(frame, value) for mark, frame, value in self.seen]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one document was mapped."""

    #: The mapped document; None where it does not fit.
    document: Mapping[str, Any] | None
    faults: Sequence[Fault]
    #: Links it waits for.
    missing: Sequence[MissingLink]
    trace: Trace
