"""A route file: which records go where, when, under which approvals, in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.shape import Shape
from hub.mapping.expression.evaluate import condition
from hub.mapping.faults import Faults, Stop, suggestion
from hub.mapping.field_mapping import UNUSUAL
from hub.mapping.order import in_order
from hub.mapping.reading import Word
from hub.mapping.rule.site import Site, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.running.quick import function_of
from hub.mapping.running.run import EMPTY, Frame, Run
from hub.yamlfile import Items, Node, Place, Scalar

OnRevision: TypeAlias = Literal["update", "cancel_then_create", "append", "person"]
OnRevoke: TypeAlias = Literal["cancel", "person"]
OnUnknown: TypeAlias = Literal["stop", "resend"]

_WORDS = ("route", "title", "when", "require", "document", "deliver")
_STEP_WORDS = (
    *("to", "operation", "map", "step", "after"),
    *("on_revision", "on_revoke", "on_unknown", "if", "gates", "copy"),
)
_AFTER = re.compile(r"confirmed\(([^()]+)\)")


@dataclass(frozen=True, slots=True)
class Condition:
    """An `if:` of a route, about the record."""

    text: str
    place: Place
    test: Any = field(repr=False)
    #: The same in its quick form, which names no fault.
    quick: Any = field(repr=False)

    def holds(self, document: Mapping[str, Any], frame: Frame | None = None) -> bool:
        """Return whether it holds; `MappingFault` where the record does not fit it.

        Whoever asks many conditions about a document gives them one frame of it.
        """
        frame = frame or frame_of(document)
        try:
            held = bool(self.quick(frame))
        except UNUSUAL:
            return self._strictly(document)
        return self._strictly(document) if frame.run.faults or frame.run.missing else held

    def _strictly(self, document: Mapping[str, Any]) -> bool:
        frame = frame_of(document)
        held = False
        try:
            held = bool(self.test(frame))
        except Stop as stop:
            frame.run.record(frame, stop, "if", self.place)
        frame.run.finish()
        return held


def frame_of(document: Mapping[str, Any]) -> Frame:
    """Return a document as conditions see it."""
    return Frame(document, Run(EMPTY, {}))


@dataclass(frozen=True, slots=True)
class After:
    """A step that must be delivered first, or confirmed where the route says so."""

    step: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One planned delivery of a route."""

    name: str
    #: Connection.
    to: str
    operation: str
    #: Name of a field mapping; None: the operation takes what the hub gives it.
    mapping: str | None = None
    after: tuple[After, ...] = ()
    #: None: what the operation says of itself.
    on_revision: OnRevision | None = None
    on_revoke: OnRevoke | None = None
    on_unknown: OnUnknown = "stop"
    #: Choices of the operation; whoever knows the connection checks them.
    options: Mapping[str, str] = field(default_factory=dict)
    when: Condition | None = None
    place: Place = field(default=Place(""), compare=False)
    #: Word of an option → where it stands, for whoever checks it.
    option_places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    #: Gates that may hold this delivery, each with where it is named.
    gates: Mapping[str, Place] = field(default_factory=dict, compare=False)
    #: Copy of the route's document that goes along; None: the first.
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """Who must have approved a revision before it goes out."""

    levels: tuple[str, ...]
    #: Each level needs a person of its own.
    distinct: bool = True
    #: A level the workflow passed by itself counts.
    accept_auto_passed: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Which records go where; steps in an order in which each comes after what it waits for."""

    name: str
    title: str
    record: str
    #: Connections the record may come from; empty: any.
    sources: tuple[str, ...]
    approvals: ApprovalRule | None
    steps: tuple[Step, ...]
    #: Fields that may change without new approvals.
    may_change: tuple[str, ...]
    file: str
    place: Place
    when: Condition | None = None
    #: Gates that may hold the record, each with where it is named.
    gates: Mapping[str, Place] = field(default_factory=dict, compare=False)
    #: Name of the document file of what is issued before anything goes out.
    document: str | None = None
    document_place: Place = field(default=Place(""), compare=False)

    def named_gates(self) -> Iterator[tuple[str, Place]]:
        """Yield the gates of the record and of its steps, with where each is named."""
        yield from self.gates.items()
        for step in self.steps:
            yield from step.gates.items()

    def matches(self, kind: str, connection: str, document: Mapping[str, Any]) -> bool:
        """Return whether the route is for this record; `MappingFault` from its `if:`."""
        if kind != self.record or (self.sources and connection not in self.sources):
            return False
        return self.when is None or self.when.holds(document)


def read_route(node: Node, file: str, faults: Faults) -> Route:
    """Return the route of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A route file"))
    name = reading.required_text(words, "route", node.place, faults)
    when = _when(words, node.place, faults)
    record, shape = read_record(when, node.place, faults)
    site = Site(faults, (shape,), routing=True)
    require = _part(words, "require", ("approvals", "gates", "may_change"), faults)
    return Route(
        name=name,
        title=reading.text(words.get("title"), faults, "title") or name,
        record=record,
        sources=reading.texts(when.get("from"), faults, "from"),
        approvals=_approvals(require.get("approvals"), faults),
        steps=_steps(words, node.place, site),
        may_change=_may_change(require.get("may_change"), site),
        file=file,
        place=words["route"].place if "route" in words else node.place,
        when=read_condition(when.get("if"), site),
        gates=_gates(require.get("gates"), faults),
        document=reading.text(words.get("document"), faults, "document"),
        document_place=words["document"].node.place if "document" in words else node.place,
    )


def _part(
    words: Mapping[str, Word], name: str, known: Sequence[str], faults: Faults
) -> Mapping[str, Word]:
    return reading.words(words[name].node, known, faults, name) if name in words else {}


def _when(words: Mapping[str, Word], place: Place, faults: Faults) -> Mapping[str, Word]:
    if "when" not in words:
        message = say("The word when: is missing: {{record: KIND, from: CONNECTION}}")
        faults.add("E105", place, message)
    return _part(words, "when", ("record", "from", "if"), faults)


def read_record(when: Mapping[str, Word], place: Place, faults: Faults) -> tuple[str, Shape | None]:
    """Return the kind that `when:` names, and what its records may hold; None after a fault."""
    name = reading.required_text(when, "record", place, faults) if when else ""
    if not name:
        return "", None
    return name, reading.record_shape(name, when["record"].node.place, faults)


def read_condition(word: Word | None, site: Site) -> Condition | None:
    """Return what an `if:` asks of the record; None where there is none, or after a fault."""
    if word is None:
        return None
    test = condition(word.node, site)
    if test is None or not isinstance(word.node, Scalar):
        return None
    return Condition(word.node.text, word.node.place, test, function_of(test))


def _approvals(word: Word | None, faults: Faults) -> ApprovalRule | None:
    if word is None:
        return None
    known = ("levels", "distinct", "accept_auto_passed")
    found = reading.words(word.node, known, faults, "approvals")
    levels = reading.texts(found.get("levels"), faults, "levels")
    if not levels:
        message = say("approvals: needs levels: with at least one level.")
        faults.add("E105", word.place, message)
    if len(set(levels)) != len(levels):
        faults.add("E112", found["levels"].place, say("levels: names a level twice."))
    return ApprovalRule(
        levels,
        reading.boolean(found.get("distinct"), faults, "distinct", default=True),
        reading.boolean(
            found.get("accept_auto_passed"), faults, "accept_auto_passed", default=False
        ),
    )


def _gates(word: Word | None, faults: Faults) -> Mapping[str, Place]:
    if word is None:
        return {}
    nodes = word.node.nodes if isinstance(word.node, Items) else (word.node,)
    names = reading.texts(word, faults, "gates")
    return dict(zip(names, (node.place for node in nodes), strict=False))


def _may_change(word: Word | None, site: Site) -> tuple[str, ...]:
    if word is None:
        return ()
    for node in word.node.nodes if isinstance(word.node, Items) else (word.node,):
        path = path_of(node, site) if isinstance(node, Scalar) else None
        if path is not None:
            resolve(path, site, node.place, through=True)
    return reading.texts(word, site.faults, "may_change")


# ---- steps -----------------------------------------------------------------------------------


def _steps(words: Mapping[str, Word], place: Place, site: Site) -> tuple[Step, ...]:
    node = words["deliver"].node if "deliver" in words else None
    if not isinstance(node, Items) or not node.nodes:
        where = place if node is None else node.place
        message = say("deliver: needs a list of steps, each with to: and operation:")
        site.faults.add("E105", where, message)
        return ()
    steps: dict[str, Step] = {}
    for item in node.nodes:
        step = _step(item, site)
        if step.name in steps:
            message = say("There are two steps named {name}; name one with step:", name=step.name)
            site.faults.add("E112", item.place, message)
        steps[step.name] = step
    _check_known(steps, site.faults)
    return in_order(tuple(steps.values()), site.faults)


def _step(node: Node, site: Site) -> Step:
    faults = site.faults
    words = reading.entries(node, faults, say("A step"))
    to = reading.required_text(words, "to", node.place, faults)
    options = _options(words, faults)
    return Step(
        name=reading.text(words.get("step"), faults, "step") or to,
        to=to,
        operation=reading.required_text(words, "operation", node.place, faults),
        mapping=reading.text(words.get("map"), faults, "map"),
        after=_after(words.get("after"), faults),
        on_revision=_choice(words, "on_revision", OnRevision, faults),
        on_revoke=_choice(words, "on_revoke", OnRevoke, faults),
        on_unknown=_choice(words, "on_unknown", OnUnknown, faults) or "stop",
        options=options,
        when=read_condition(words.get("if"), site),
        place=node.place,
        option_places={name: words[name].place for name in options},
        gates=_gates(words.get("gates"), faults),
        copy=reading.text(words.get("copy"), faults, "copy"),
    )


def _choice(words: Mapping[str, Word], name: str, allowed: Any, faults: Faults) -> Any:
    return reading.choice(words.get(name), get_args(allowed), faults, name)


def _options(words: Mapping[str, Word], faults: Faults) -> Mapping[str, str]:
    """Return words that may be choices of the operation; misspelt words of a step are faults."""
    options: dict[str, str] = {}
    for name, word in words.items():
        if name in _STEP_WORDS:
            continue
        if isinstance(word.node, Scalar) and not word.node.null and _is_option(name):
            options[name] = word.node.text
        else:
            message = say("{what} has no word {name!r}.", what=say("A step"), name=name)
            faults.add("E102", word.place, message, hint=suggestion(name, _STEP_WORDS))
    return options


def _is_option(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None


def _after(word: Word | None, faults: Faults) -> tuple[After, ...]:
    found: list[After] = []
    for name in reading.texts(word, faults, "after"):
        confirmed = _AFTER.fullmatch(name)
        found.append(After(confirmed.group(1), True) if confirmed else After(name))
    return tuple(found)


def _check_known(steps: Mapping[str, Step], faults: Faults) -> None:
    for step in steps.values():
        for after in step.after:
            if after.step not in steps:
                message = say(
                    "{step} waits for {other}, which is no step of this route.",
                    step=step.name,
                    other=after.step,
                )
                faults.add("E111", step.place, message, hint=suggestion(after.step, steps))
