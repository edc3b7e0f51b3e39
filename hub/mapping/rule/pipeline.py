"""What becomes of a value after it was read, in the language's own order.

    source → empty → split → map, lookup → default, required
           → as (thousands, scale, places, round, currency, unit, zone)
           → check → redact → format → max_length, cut

A missing or null source without `default` or `required` leaves the field out: sources and
tables give `MISSING` for both, and `None` only stands where the file says `default: null`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data.values import MISSING, shown, source_text, text
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Absent, Parked, Stop
from hub.mapping.reading import Word, Words
from hub.mapping.rule import finish, sources
from hub.mapping.rule.absence import listed_default, otherwise_of, source_path
from hub.mapping.rule.convert import conversion
from hub.mapping.rule.lookup_step import look_up_step
from hub.mapping.rule.site import Site
from hub.mapping.rule.steps import Step
from hub.mapping.rule.tables import table_step
from hub.mapping.running.paths import describe, label, reader
from hub.mapping.running.quick import (
    Code,
    Constant,
    Quick,
    Variable,
    code,
    marked,
    strict_of,
)
from hub.mapping.running.run import Frame, Produce
from hub.mapping.running.trace import Mark
from hub.yamlfile import Place

#: Words of one rule that still become one expression.
_MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rule's value comes from."""

    #: The word: `from`, `calc` …
    word: str
    place: Place
    produce: Produce
    #: Rules of the words that read something themselves: `currency`, `unit`, `at`.
    inner: Mapping[str, Produce]


def pipeline(origin: Origin, words: Words, place: Place, site: Site) -> Produce:
    """Return the source with everything the other words of the rule do to its value."""
    first = _empty(words, site)
    before = _look_ups(words, origin, site)
    after = _after(words, origin, site)
    if "split" in words:
        cut = _splitter(words["split"], site)
        return _Split(origin, words, place, site, first, cut, (*before, *after)).produce()
    steps = (*first, *before)
    otherwise = otherwise_of(after, words, site)
    rule = _Rule(origin, words, place, site, steps, after, otherwise)
    if ("default" in words and "from" not in words) or len(steps) + len(after) > _MOST_STEPS:
        # a default also stands for what is missing inside the source
        return rule.strict()
    return Quick(rule.strict(), rule.quick())


def _look_ups(words: Words, origin: Origin, site: Site) -> tuple[Step, ...]:
    if "map" in words and "lookup" in words:
        message = say("{one} and {other} do not go together.", one="map:", other="lookup:")
        site.faults.add("E110", words["lookup"].place, message)
    found = [
        table_step(words, site) if "map" in words else None,
        look_up_step(words, origin.inner.get("at"), site) if "lookup" in words else None,
    ]
    return tuple(step for step in found if step is not None)


def _after(words: Words, origin: Origin, site: Site) -> tuple[Step, ...]:
    found = [
        *conversion(words, origin.inner, site),
        *finish.checks(words, site),
        finish.redacting(words, site),
        finish.writing(words, site),
        finish.shortening(words, site),
    ]
    steps = [step for step in found if step is not None]
    dropped = [number for number, step in enumerate(steps) if step.drops]
    # nothing is left for the words after it
    return tuple(steps[: dropped[0] + 1] if dropped else steps)


def _empty(words: Words, site: Site) -> tuple[Step, ...]:
    if "empty" not in words:
        return ()
    empty = frozenset(reading.texts(words["empty"], site.faults, "empty"))

    def translate(value: Any) -> Any:
        return MISSING if source_text(value) in empty else value

    return (Step("empty", words["empty"].place, translate, about=", ".join(map(repr, empty))),)


class _Rule:
    """One rule, from its source to its value, in both forms."""

    def __init__(
        self,
        origin: Origin,
        words: Words,
        place: Place,
        site: Site,
        before: tuple[Step, ...],
        after: tuple[Step, ...],
        otherwise: Produce | None,
    ) -> None:
        self.source = origin.produce
        self.place = place
        self.before = before
        self.after = after
        self.otherwise = otherwise
        self.defaulted = otherwise if "default" in words else None
        path = sources.ITSELF if origin.word == "each" else source_path(words)
        self.subject = _subject(path, site)
        marks = _Marks(site.target, site.hidden, "redact" in words)
        self.mark = Mark(marks.target, origin.word, origin.place, _about(origin, words),
                         marks.hidden)  # fmt: skip
        self.marks = {step: marks.of(step) for step in (*before, *after)}
        default = words["default"].place if "default" in words else place
        self.default = Mark(marks.target, "default", default, _nothing, marks.hidden)

    def strict(self) -> Produce:
        """Return the form that names whatever is wrong with a value."""
        if not self.before and not self.after and self.otherwise is None:
            return self.as_it_is()
        source, before, after = strict_of(self.source), self.before, self.after
        otherwise, marks, mark = self.otherwise, self.marks, self.mark

        def run(frame: Frame) -> Any:
            value: Any = MISSING
            traced = frame.run.trace is not None
            place = self.place
            try:
                value = source(frame)
            except Absent as stop:
                if self.defaulted is not None:
                    return self.stand_in(self.defaulted, frame)
                stop.place = stop.place or place
                raise
            except Stop as stop:
                stop.about(*self.subject(frame, value))
                stop.place = stop.place or place
                raise
            if traced:
                mark.see(frame, value)
            if value is None and otherwise is None:
                return None
            try:
                for step in before:
                    if value is MISSING or value is None:
                        break
                    place = step.place
                    value = step.change(value, frame) if step.framed else step.change(value)
                    if traced:
                        marks[step].see(frame, value)
                if value is MISSING or value is None:
                    return MISSING if otherwise is None else self.stand_in(otherwise, frame)
                for step in after:
                    place = step.place
                    value = step.change(value, frame) if step.framed else step.change(value)
                    if traced:
                        marks[step].see(frame, value)
            except Stop as stop:
                stop.about(*self.subject(frame, value))
                stop.place = stop.place or place
                raise
            return value

        return run

    def as_it_is(self) -> Produce:
        source, mark = strict_of(self.source), self.mark

        def run(frame: Frame) -> Any:
            value = source(frame)
            return value if frame.run.trace is None else mark.see(frame, value)

        return run

    def stand_in(self, otherwise: Produce, frame: Frame) -> Any:
        return self.default.see(frame, otherwise(frame))

    def quick(self) -> Code:
        """Return the same as an expression, which names nothing."""
        source = marked(self.mark, self.source)
        if not self.before and not self.after and self.otherwise is None:
            return source
        for step in self.before:
            value = Variable()
            change = code(_call(step, "{value}"), step=Constant(step.change), value=value)
            pattern = "{value} if ({value} := {source}) is MISSING or {value} is None else {change}"
            changed = marked(self.marks[step], change)
            source = code(pattern, value=value, source=source, change=changed)
        value = Variable()
        absence = code("MISSING")
        if self.otherwise is not None:
            absence = marked(self.default, self.otherwise)
        changed = code("{value}", value=value)
        for step in self.after:
            change = code(_call(step, "{changed}"), step=Constant(step.change), changed=changed)
            changed = marked(self.marks[step], change)
        if not self.after:
            if self.otherwise is None:
                # null stays null
                return code("{source}", source=source)
            pattern = (
                "{absence} if ({value} := {source}) is MISSING or {value} is None else {value}"
            )
            return code(pattern, absence=absence, value=value, source=source)
        pattern = "{absence} if ({value} := {source}) is MISSING or {value} is None else {changed}"
        if self.otherwise is None:
            pattern = (
                "{absence} if ({value} := {source}) is MISSING"
                " else None if {value} is None else {changed}"
            )
        return code(pattern, absence=absence, value=value, source=source, changed=changed)


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the marks of one rule have in common."""

    target: str
    hidden: bool
    redacted: bool

    def of(self, step: Step) -> Mark:
        # what `redact:` leaves is meant to be seen
        seen = self.redacted and step.word in {"redact", "format", "max_length"}
        hidden = self.hidden and not seen
        return Mark(self.target, step.word, step.place, lambda _frame: step.about, hidden)


def _nothing(_frame: Frame) -> str:
    return ""


def _call(step: Step, value: str) -> str:
    return f"{{step}}({value}, frame)" if step.framed else f"{{step}}({value})"


# ---- lists of texts --------------------------------------------------------------------------


def _splitter(word: Word, site: Site) -> Callable[[Any], list[str]]:
    separator = reading.text(word, site.faults, "split") or ""
    if not separator:
        message = say('split: needs the sign between the parts, such as ","')
        site.faults.add("E106", word.node.place, message)

    def cut(value: Any) -> list[str]:
        whole = text(value)
        return [part.strip() for part in whole.split(separator)] if whole.strip() else []

    return cut


class _Split:
    """A text that becomes a list; what the other words say is done to each part."""

    def __init__(
        self,
        origin: Origin,
        words: Words,
        place: Place,
        site: Site,
        first: tuple[Step, ...],
        cut: Callable[[Any], list[str]],
        each: tuple[Step, ...],
    ) -> None:
        self.each = each
        step = Step("split", words["split"].place, self.parts, framed=True)
        self.cut = cut
        otherwise = listed_default(words, site)
        self.rule = _Rule(origin, words, place, site, first, (step,), otherwise)

    def produce(self) -> Produce:
        return self.rule.strict()

    def parts(self, value: Any, frame: Frame) -> list[Any]:
        pieces = self.cut(value)
        frame.run.walk(len(pieces))
        made: list[Any] = []
        for piece in pieces:
            try:
                part = self.part(piece, frame)
            except Parked as stop:
                # every link that is missing is collected, not the first only
                frame.run.missing.add(stop.link)
                continue
            if part is not MISSING:
                made.append(part)
        return made

    def part(self, piece: str, frame: Frame) -> Any:
        part: Any = piece
        for step in self.each:
            part = step.change(part, frame) if step.framed else step.change(part)
            if part is MISSING:
                break
        return part


# ---- what an error or a note says of the source ----------------------------------------------


def _subject(path: Path | None, site: Site) -> Callable[[Frame, Any], tuple[Message, str, Message]]:
    """Return what names the source and its value in an error, as `Stop.about` takes it."""
    hidden = site.hidden
    if path is None:
        return lambda _frame, value: _sourceless(value, hidden=hidden)
    read = reader(path)
    return lambda frame, _value: describe(path, frame, read(frame), hidden=hidden)


def _sourceless(value: Any, *, hidden: bool) -> tuple[Message, str, Message]:
    seen = shown(value, hidden=hidden)
    return (say("the value") if hidden else seen), "", seen


def _about(origin: Origin, words: Words) -> Callable[[Frame], str]:
    path = source_path(words)
    if path is not None:
        return lambda frame: label(path, frame)
    word = words.get(origin.word)
    text = getattr(word.node, "text", "") if word is not None else ""
    return lambda _frame: text
