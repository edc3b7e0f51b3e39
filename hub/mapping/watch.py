"""A watch file: A happened and B did not within a time, so somebody is told.

watch: delivery-not-started
when:   {record: contract, from: crm, if: status == "signed"}
key: number
unless: {record: order, key: contract_no, within: 2 working hours}
then:
  - {notify: [role:sales_supervisor]}
  - {after: 1 working day, notify: [role:regional_director]}
repeat: 1 working day
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub import calendars
from hub.calendars import Span
from hub.language import say
from hub.mapping import reading
from hub.mapping.examples.watch_tests import WatchTest, read_tests
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Faults
from hub.mapping.field_mapping import FieldMapping, unknown_mapping
from hub.mapping.reading import Word
from hub.mapping.route import Condition, Step, read_condition, read_record
from hub.mapping.rule.personal import check_handle
from hub.mapping.rule.site import Site, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.running.run import Frame
from hub.yamlfile import Items, Node, Place, Scalar

#: Kind of the records that a step with `to:` delivers.
NOTICE = "notice"
#: Most characters of a key that is kept.
MAX_KEY = 200
_MAX_NAME = 100
_WORDS = ("watch", "title", "when", "key", "unless", "then", "repeat", "calendar", "tests")
_STEP_WORDS = ("after", "notify", "to", "operation", "map")
_RECIPIENT = re.compile(r"(role|person):[A-Za-z0-9._-]{1,60}")


@dataclass(frozen=True, slots=True)
class Key:
    """Where a record names what both sides are known by; through a list, it names several.

    Letters and digits of full width are the same as those of half width.
    """

    names: tuple[str, ...]

    def of(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what a record names, each once."""
        return tuple(dict.fromkeys(_texts(document, self.names)))

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Side:
    """The records that arm a watch, or those that clear it."""

    record: str
    #: Connections they may come from; empty: any.
    sources: tuple[str, ...]
    key: Key
    when: Condition | None = None

    def takes(self, kind: str, connection: str) -> bool:
        """Say whether a record of this kind and source may be one of them."""
        return kind == self.record and (not self.sources or connection in self.sources)

    def keys(self, document: Mapping[str, Any], frame: Frame | None = None) -> tuple[str, ...]:
        """Return the keys of a record where its condition holds, none otherwise.

        Raises `MappingFault` where the record does not fit the condition.
        """
        if self.when is not None and not self.when.holds(document, frame):
            return ()
        return self.key.of(document)


@dataclass(frozen=True, slots=True)
class Telling:
    """One step: persons and roles who are told, or a delivery that tells them."""

    #: After the step before; of the first one, after the time was over.
    after: Span | None
    notify: tuple[str, ...] = ()
    #: A `notice` record for a connection.
    delivery: Step | None = None
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is waited for, how long, and who hears that it did not come."""

    name: str
    title: str
    #: A.
    when: Side
    #: B.
    unless: Side
    within: Span
    then: tuple[Telling, ...]
    #: The last step again and again, so long after each time; None: once.
    repeat: Span | None
    #: `default`: that of the record's company; else that of this company.
    calendar: str
    tests: tuple[WatchTest, ...]
    file: str
    place: Place


@dataclass(frozen=True, slots=True)
class Concerned:
    """The watches that records of one kind may mean something to."""

    arming: tuple[Watch, ...]
    clearing: tuple[Watch, ...]


def read_watch(node: Node, file: str, faults: Faults) -> Watch:
    """Return the watch of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A watch file"))
    name = reading.required_text(words, "watch", node.place, faults)
    if len(name) > _MAX_NAME:
        message = say("A name may have {most} characters.", most=_MAX_NAME)
        faults.add("E106", words["watch"].node.place, message)
    unless = _part(words, "unless", ("record", "from", "key", "if", "within"), node.place, faults)
    when = _part(words, "when", ("record", "from", "if"), node.place, faults)
    return Watch(
        name=name,
        title=reading.text(words.get("title"), faults, "title") or name,
        when=_side(when, "when", words.get("key"), node.place, faults),
        unless=_side(unless, "unless", unless.get("key"), node.place, faults),
        within=_within(unless, words.get("unless"), faults),
        then=_then(words.get("then"), node.place, faults),
        repeat=_span(words.get("repeat"), faults),
        calendar=reading.text(words.get("calendar"), faults, "calendar") or "default",
        tests=read_tests(words.get("tests"), faults),
        file=file,
        place=words["watch"].place if "watch" in words else node.place,
    )


def _part(
    words: Mapping[str, Word], name: str, known: Collection[str], place: Place, faults: Faults
) -> Mapping[str, Word]:
    if name not in words:
        faults.add("E105", place, say("The word {name}: is missing.", name=name))
        return {}
    return reading.words(words[name].node, known, faults, name)


def _side(
    found: Mapping[str, Word], word: str, key: Word | None, place: Place, faults: Faults
) -> Side:
    record, shape = read_record(found, place, faults)
    site = Site(faults, (shape,), routing=True)
    return Side(
        record,
        reading.texts(found.get("from"), faults, "from"),
        _key(key, word, place, site) if found else Key(()),
        read_condition(found.get("if"), site),
    )


def _key(word: Word | None, side: str, place: Place, site: Site) -> Key:
    if word is None and side == "when":
        return Key(("number",))
    if word is None or not isinstance(word.node, Scalar):
        message = say("unless: needs key: with the field that names what `when` is known by.")
        if word is not None:
            message = say("key: needs one field of the record, such as number.")
        site.faults.add("E105", place if word is None else word.node.place, message)
        return Key(())
    path = path_of(word.node, site)
    if path is None:
        return Key(())
    reads = site.reading()
    resolve(path, reads, word.node.place, through=True)
    check_handle("key", reads)
    return Key(_names(path, word.node.place, site.faults))


def _names(path: Path, place: Place, faults: Faults) -> tuple[str, ...]:
    names = tuple(one for one in path.segments if isinstance(one, str))
    if path.root != "item" or path.up or len(names) < len(path.segments):
        faults.add("E106", place, say("key: needs one field of the record, such as number."))
    return names


def _texts(value: Any, names: tuple[str, ...]) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item, names)]
    if names:
        return _texts(value.get(names[0]), names[1:]) if isinstance(value, Mapping) else []
    text = "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()
    return [_short(text)] if text else []


def _short(text: str) -> str:
    """Return what fits into a store; of two long ones that begin alike, two that differ."""
    if len(text) <= MAX_KEY:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: MAX_KEY - len(digest) - 1]}…{digest}"


def _within(found: Mapping[str, Word], unless: Word | None, faults: Faults) -> Span:
    if unless is not None and "within" not in found:
        message = say("unless: needs within: with a time, such as 2 working hours.")
        faults.add("E105", unless.place, message)
    return _span(found.get("within"), faults) or Span(1, "days")


def _span(word: Word | None, faults: Faults) -> Span | None:
    if word is None:
        return None
    node = word.node
    try:
        return calendars.span(node.text if isinstance(node, Scalar) else "")
    except ValueError as error:
        faults.add("E106", node.place, error.args[0])
        return None


# ---- steps -----------------------------------------------------------------------------------


def _then(word: Word | None, place: Place, faults: Faults) -> tuple[Telling, ...]:
    if word is None or not isinstance(word.node, Items) or not word.node.nodes:
        message = say("then: needs a list of steps, each with notify:, or to: and operation:")
        faults.add("E105", place if word is None else word.node.place, message)
        return ()
    return tuple(_telling(node, faults) for node in word.node.nodes)


def _telling(node: Node, faults: Faults) -> Telling:
    words = reading.words(node, _STEP_WORDS, faults, say("A step"))
    after = _span(words.get("after"), faults)
    if ("notify" in words) == ("to" in words):
        message = say("A step of a watch needs notify:, or to: and operation:, not both.")
        faults.add("E105", node.place, message)
        return Telling(after, place=node.place)
    if "notify" in words:
        return Telling(after, _recipients(words["notify"], faults), place=node.place)
    to = reading.text(words["to"], faults, "to") or ""
    operation = reading.required_text(words, "operation", node.place, faults)
    mapping = reading.required_text(words, "map", node.place, faults)
    return Telling(after, (), Step(to, to, operation, mapping, place=node.place), node.place)


def _recipients(word: Word, faults: Faults) -> tuple[str, ...]:
    found = reading.texts(word, faults, "notify")
    for one in found:
        if _RECIPIENT.fullmatch(one) is None:
            message = say("notify: {one!r} is nobody; write role:NAME or person:ID", one=one)
            faults.add("E106", word.node.place, message)
    if not found:
        faults.add("E105", word.place, say("notify: names nobody; write role:NAME or person:ID"))
    return found


# ---- all files together ----------------------------------------------------------------------


def check_watches(
    watches: Mapping[str, Watch], mappings: Mapping[str, FieldMapping], faults: Faults
) -> None:
    """Add a fault for each mapping a watch names that nobody wrote, or that makes other things."""
    steps = (step.delivery for watch in watches.values() for step in watch.then)
    for step in (one for one in steps if one is not None and one.mapping):
        mapping = mappings.get(step.mapping or "")
        if mapping is None:
            faults.add("E111", step.place, unknown_mapping(step.mapping or "", mappings))
        elif mapping.source != NOTICE:
            message = say(
                "{mapping} does not map from the record {record}.",
                mapping=mapping.name, record=NOTICE,
            )  # fmt: skip
            faults.add("E106", step.place, message)
        elif not isinstance(mapping.target, tuple) or mapping.target[1] != step.operation:
            message = say(
                "{mapping} makes no documents for {operation}.",
                mapping=mapping.name, operation=step.operation,
            )  # fmt: skip
            faults.add("E106", step.place, message)
