"""What a mapping sees while it runs: the document at hand, its enclosing ones, the scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hub.language import say
from hub.mapping.faults import MappingFault, Parked, RuleFault, Stop
from hub.mapping.running.lookups import LinksMissing, LookUps, MissingLink, NoLookUps
from hub.mapping.running.trace import Trace
from hub.yamlfile import Place

#: Items a list may have.
MAX_LIST = 10_000
#: Items one document may have looked at, over all rules: work stays bounded.
MAX_ITEMS = 300_000
#: Characters the texts of one document may have together, those on the way included.
MAX_WRITTEN = 5_000_000
#: Faults of one document that are told.
MAX_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Scope:
    """What a mapping may use besides the document."""

    #: Connection → the id our record has there.
    links: Mapping[str, Any] = field(default_factory=dict)
    #: Step → the values its receipt gave.
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: `key`, `revision` and, where there is one, `watermark` of this delivery.
    delivery: Mapping[str, Any] = field(default_factory=dict)
    #: Answers `lookup:`.
    lookups: LookUps = field(default_factory=NoLookUps)
    #: What is known of the route's document; empty where it has none.
    document: Mapping[str, Any] = field(default_factory=dict)
    #: Key of `redact: hash`; empty: this hub has none.
    secret: bytes = field(default=b"", repr=False)


EMPTY = Scope()


class Run:
    """One document going through one mapping."""

    __slots__ = ("faults", "items", "let_values", "lets", "missing", "scope", "trace", "written")

    def __init__(
        self, scope: Scope, lets: Mapping[str, Produce], trace: Trace | None = None
    ) -> None:
        self.scope = scope
        #: Takes notes of every word at work; None: nobody asked.
        self.trace = trace
        self.lets = lets
        self.let_values: dict[str, Any] = {}
        self.faults: list[RuleFault] = []
        #: Links without which the document cannot be made, and whose rules say `else: park`.
        self.missing: set[MissingLink] = set()
        self.items = 0
        self.written = 0

    def walk(self, length: int) -> None:
        """Count the items of a list about to be walked; too many stop the rule."""
        self.items += length
        if length > MAX_LIST:
            message = say("has {count} items; {most} are allowed", count=length, most=MAX_LIST)
            raise Stop("E213", message)
        if self.items > MAX_ITEMS:
            message = say("would make this document walk more than {most} items", most=MAX_ITEMS)
            raise Stop("E213", message)

    def wrote(self, text: str) -> str:
        """Count a text that was put together, and return it; too long ones stop the rule."""
        self.written += len(text)
        if self.written > MAX_WRITTEN:
            raise Stop("E213", say("makes texts of more than {most} characters", most=MAX_WRITTEN))
        return text

    def record(self, frame: Frame, stop: Stop, target: str, place: Place) -> None:
        """Keep what stopped a rule, with the list indexes of its target."""
        if isinstance(stop, Parked):
            self.missing.add(stop.link)
            return
        if len(self.faults) > MAX_FAULTS:
            return
        if len(self.faults) == MAX_FAULTS:
            text = say("has more than {most} faults; the others are not told", most=MAX_FAULTS)
            stop, target = Stop("E213", text, subject=say("the document")), ""
        where = stop.place or place
        filled = frame.fill(target)
        fault = RuleFault(
            stop.code,
            stop.message(filled),
            where.file,
            where.line,
            where.column,
            where.end_column,
            target=filled,
            source=stop.source,
            value=stop.value,
        )
        self.faults.append(fault)

    def finish(self) -> None:
        """Raise `MappingFault` with everything that was recorded, else `LinksMissing`."""
        if self.faults:
            unique = dict.fromkeys(self.faults)
            raise MappingFault(faults=sorted(unique, key=lambda fault: (fault.line, fault.column)))
        if self.missing:
            raise LinksMissing(tuple(sorted(self.missing)))


class Frame:
    """A document at hand: the whole one, or one item of a list in it."""

    __slots__ = ("index", "item", "outer", "position", "run", "value", "via")

    def __init__(
        self,
        item: Any,
        run: Run,
        outer: Frame | None = None,
        via: str = "",
        index: int = 0,
        position: int | None = None,
    ) -> None:
        self.item = item
        self.run = run
        self.outer = outer
        #: Path of the list the item is from, and its index there.
        self.via = via
        self.index = index
        #: Index in the target list; None where items are only looked at.
        self.position = position
        #: The value a check is about.
        self.value: Any = None

    def about(self, value: Any) -> Frame:
        """Return the same document at hand, with a value to check."""
        frame = Frame(self.item, self.run, self.outer, self.via, self.index, self.position)
        frame.value = value
        return frame

    def root(self) -> Frame:
        """Return the frame of the whole document."""
        frame = self
        while frame.outer is not None:
            frame = frame.outer
        return frame

    def where(self) -> str:
        """Return the source path of the item with indexes, such as `lines[2]`."""
        # a mapped document that is checked is no item of the one it was made of
        if self.outer is None or not self.via:
            return ""
        before = self.outer.where() if self.via[:1] not in {".", "$"} else ""
        return f"{before}.{self.via}[{self.index}]" if before else f"{self.via}[{self.index}]"

    def fill(self, target: str) -> str:
        """Put the indexes into a target path written with `[]`."""
        positions: list[int] = []
        frame: Frame | None = self
        while frame is not None:
            if frame.position is not None:
                positions.append(frame.position)
            frame = frame.outer
        for position in reversed(positions):
            target = target.replace("[]", f"[{position}]", 1)
        return target

    def let(self, name: str) -> Any:
        """Return the value of a `let`, worked out once for each document."""
        values = self.run.let_values
        if name not in values:
            try:
                values[name] = self.run.lets[name](self.root())
            except Stop as stop:
                # it would stop again wherever it is used
                values[name] = stop
        value = values[name]
        if isinstance(value, Stop):
            raise value
        return value


#: Gives the value of one rule: plain data, null, or missing.
Produce: TypeAlias = Callable[[Frame], Any]
