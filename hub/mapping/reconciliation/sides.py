"""The sides of a reconciliation: where each is read, what its keys are, and when it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hub import calendars
from hub.calendars import Span
from hub.compare import forms
from hub.compare.forms import Problem
from hub.language import say
from hub.mapping import reading
from hub.mapping.data import patterns
from hub.mapping.data.shape import Shape
from hub.mapping.data.values import MISSING
from hub.mapping.faults import Faults, Stop
from hub.mapping.field_mapping import FieldMapping, unknown_mapping
from hub.mapping.reading import Word, Words
from hub.mapping.route import Condition, read_condition
from hub.mapping.rule.rules import rule
from hub.mapping.rule.site import Reads, Site, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.running.quick import strict_of
from hub.mapping.running.run import Frame, Produce
from hub.records import KINDS
from hub.yamlfile import Entries, Node, Place, Scalar

#: What the hub knows of an object that is read by key, beside what the far end shows of it.
NUMBER, DELIVERED_REVISION, EXTERNAL_ID = "_number", "_revision", "_external_id"
READS = ("full", "incremental", "by_key")
_WORDS = (
    *("title", "record", "connection", "stream", "operation", "map", "read", "full_every"),
    *("only", "each", "key", "id", "revision", "modified", "many", "unique"),
    *("approved", "made"),
    *("lines", "rows"),
    *("expected_when", "expected_from", "delivered_by"),
)
_SIDE = re.compile(r"[a-z][a-z0-9_]{0,29}")
#: Words of a field in `compare:`, so no side is named like one.
FIELD_WORDS = (
    *("as", "title", "tolerance", "rules", "empty", "units", "several", "convert", "severity"),
)
_KEY_WORDS = ("find", "otherwise")
#: What the hub adds to a document by itself.
KNOWN = frozenset({NUMBER, DELIVERED_REVISION, EXTERNAL_ID})
_EXPECTED_FROM = re.compile(r"(?P<path>[^+]+?)(?:\s*\+\s*(?P<span>.+))?")


@dataclass(frozen=True, slots=True)
class Value:
    """A rule that reads one value of a document."""

    text: str
    place: Place = field(compare=False)
    #: The rule in its forms.
    produce: Produce = field(repr=False, compare=False)

    def of(self, frame: Frame) -> Any:
        """Return the value, None for nothing; a `Problem` where the document does not fit."""
        try:
            value = strict_of(self.produce)(frame)
        except Stop as stop:
            return Problem(str(stop.value or ""), "unreadable")
        except RecursionError:
            return Problem("", "unreadable")
        return None if value is MISSING else value


@dataclass(frozen=True, slots=True)
class Expected:
    """From when on a record must be there: an event of the authority's record, and a time after."""

    at: Value
    after: Span | None


@dataclass(frozen=True, slots=True)
class Side:
    """One system as a reconciliation sees it."""

    name: str
    title: str
    #: Kind of the hub's own records; empty: a connection is read.
    record: str
    connection: str
    stream: str
    #: Read by key: what stands under the keys the hub delivered with this operation.
    operation: str
    #: Operation whose deliveries explain what stands there; empty: all of the connection.
    delivered_by: str
    #: Name of the mapping that makes records of the stream's items; empty: items as they are.
    mapping: str
    read: str
    #: Of `incremental`: how often everything is read, since only that shows what was deleted.
    full_every: Span
    only: Condition | None
    #: Names on the way to a list: each of its items is a row; empty: the document is.
    each: tuple[str, ...]
    key: Value
    #: The key is what this finds in it, or its first group; None: all of it.
    key_find: Any
    #: The key where nothing is found; None: the row has none.
    key_otherwise: Value | None
    #: Theirs, of the object; None: as the connector says.
    id: Value | None
    revision: Value | None
    modified: Value | None
    #: Of the authority: when its record was approved. Of another side: since when the object is
    #: there. What was there earlier nobody had approved.
    approved: Value | None
    made: Value | None
    #: Several rows may have one key: their amounts are added up.
    many: bool
    #: Those rows must be of one object: several objects with one key are a duplicate.
    unique: bool
    lines: Value | None
    #: About the authority's record: whether it must be here at all.
    expected_when: Condition | None
    expected_from: Expected | None
    #: Fewer rows, or so much fewer than last time, make the side partial.
    min_rows: int
    max_drop: Decimal | None
    max_rejected: int
    #: Names at the top of a document that it cannot do without, and those of the authority's.
    columns: frozenset[str]
    asks: frozenset[str]
    place: Place = field(compare=False)
    shape: Shape | None = field(repr=False, compare=False, default=None)

    @property
    def by_key(self) -> bool:
        """Say whether only known keys are asked for: what stands there beyond them is not seen."""
        return self.read == "by_key"

    @property
    def source(self) -> str:
        """Return where it is read, as people would say it."""
        if self.record:
            return f"hub:{self.record}"
        return f"{self.connection}.{self.stream or self.operation}"


def read_sides(
    word: Word | None, place: Place, faults: Faults, mappings: Mapping[str, FieldMapping],
    most: int, authority: str = "",
) -> Mapping[str, Side]:  # fmt: skip
    """Return the sides, in the order of the file; without `authority` the first one is right."""
    found = {} if word is None else reading.entries(word.node, faults, "sides")
    if not 2 <= len(found) <= most:
        message = say("sides: needs 2 to {most} sides, each with a name.", most=most)
        faults.add("E105", place if word is None else word.place, message)
    drafts = {name: _Draft(name, one, faults, mappings) for name, one in found.items()}
    right = drafts.get(authority) or next(iter(drafts.values()), None)
    for draft in drafts.values():
        wrong = draft.words.get("made" if draft is right else "approved")
        if wrong is not None:
            message = say("approved: is asked of the side that is right, made: of the others.")
            faults.add("E110", wrong.place, message)
    return {
        name: draft.side(right.shape if right is not None else None)
        for name, draft in drafts.items()
    }


class _Draft:
    """A side while it is read."""

    def __init__(
        self, name: str, word: Word, faults: Faults, mappings: Mapping[str, FieldMapping]
    ) -> None:
        self.name, self.word, self.faults, self.mappings = name, word, faults, mappings
        if not _SIDE.fullmatch(name) or name in FIELD_WORDS:
            message = say(
                "{name!r} cannot be the name of a side: small letters, digits and _, and none of "
                "the words of a field.", name=name,
            )  # fmt: skip
            faults.add("E106", word.place, message)
        self.words: Words = reading.words(word.node, _WORDS, faults, say("A side"))
        self.mapping = reading.text(self.words.get("map"), faults, "map") or ""
        self.record = reading.choice(self.words.get("record"), KINDS, faults, "record") or ""
        self.shape = self._shape()

    def _shape(self) -> Shape | None:
        if self.record:
            return reading.record_shape(self.record, self.words["record"].node.place, self.faults)
        # what is no stream is not mapped: `_source` says so
        if not self.mapping or "stream" not in self.words:
            return None
        place = self.words["map"].node.place
        mapping = self.mappings.get(self.mapping)
        if mapping is None:
            self.faults.add("E111", place, unknown_mapping(self.mapping, self.mappings))
            return None
        if not isinstance(mapping.target, str):
            message = say("{mapping} makes no records.", mapping=self.mapping)
            self.faults.add("E106", place, message)
            return None
        return reading.record_shape(mapping.target, place, self.faults)

    def side(self, authority: Shape | None) -> Side:
        """Return the side; `authority` is what a record of the right side looks like."""
        words, faults, place = self.words, self.faults, self.word.place
        connection, stream, operation = self._source()
        read = reading.choice(words.get("read"), READS, faults, "read")
        self._check_read(read, operation)
        each, site = self._each()
        rows = words["rows"].node if "rows" in words else None
        bounds = (
            reading.words(rows, ("min", "max_drop", "max_rejected"), faults, "rows")
            if rows is not None else {}
        )  # fmt: skip
        theirs = Site(faults, (authority,), routing=True)
        side = Side(
            name=self.name,
            title=reading.text(words.get("title"), faults, "title") or self.name,
            record=self.record,
            connection=connection,
            stream=stream,
            operation=operation,
            delivered_by=self._delivered_by(operation),
            mapping=self.mapping,
            read=read or ("by_key" if operation else "full"),
            full_every=self._span("full_every") or Span(1, "days"),
            only=read_condition(words.get("only"), site),
            each=each,
            key=self._key(site, place),
            key_find=self._find(),
            key_otherwise=self._otherwise(site),
            id=self._value("id", site),
            revision=self._value("revision", site),
            modified=self._value("modified", site),
            approved=self._value("approved", site),
            made=self._value("made", site),
            many=reading.boolean(words.get("many"), faults, "many", default=False),
            unique=reading.boolean(words.get("unique"), faults, "unique", default=bool(each)),
            lines=self._value("lines", site),
            expected_when=read_condition(words.get("expected_when"), theirs),
            expected_from=self._expected(theirs),
            min_rows=self._number(bounds, "min", 1),
            max_drop=self._share(bounds.get("max_drop")),
            max_rejected=self._number(bounds, "max_rejected", 0),
            columns=frozenset(),
            asks=frozenset(),
            place=place,
            shape=self.shape,
        )
        # once all rules are read
        columns = (columns_of(site) | frozenset(each[:1])) - KNOWN
        return replace(side, columns=columns, asks=columns_of(theirs))

    def _number(self, bounds: Words, name: str, default: int) -> int:
        found = reading.whole_number(bounds.get(name), self.faults, name, 1_000_000_000)
        return default if found is None else found

    def _source(self) -> tuple[str, str, str]:
        names = ("connection", "stream", "operation")
        texts = [reading.text(self.words.get(name), self.faults, name) or "" for name in names]
        connection, stream, operation = texts
        whole = connection and bool(stream) != bool(operation)
        if bool(self.record) == bool(connection) or not (self.record or whole):
            message = say(
                "A side needs connection: with stream: or operation:, or record: with a kind of "
                "the hub's own records."
            )
            self.faults.add("E105", self.word.place, message)
        if self.mapping and not stream:
            message = say("map: goes with stream: what else is read stands as it is.")
            self.faults.add("E110", self.words["map"].place, message)
        return connection, stream, operation

    def _check_read(self, read: str | None, operation: str) -> None:
        if read is None:
            return
        place = self.words["read"].node.place
        if operation and read != "by_key":
            message = say("An operation is read by key: an object for each key delivered.")
            self.faults.add("E106", place, message)
        elif read == "by_key" and not operation:
            message = say("read: by_key needs operation:, whose deliveries name the keys.")
            self.faults.add("E106", place, message)
        elif read == "incremental" and self.record:
            self.faults.add("E106", place, say("The hub's own records are always read whole."))

    def _each(self) -> tuple[tuple[str, ...], Site]:
        """Return the way to the list whose items are the rows, and what a row looks like."""
        site = Site(self.faults, (self.shape,), routing=True)
        word = self.words.get("each")
        if word is None or not isinstance(word.node, Scalar):
            if word is not None:
                self.faults.add("E106", word.place, say("each: needs the path of a list."))
            return (), site
        path = path_of(word.node, site)
        if path is None:
            return (), site
        names = tuple(one for one in path.segments if isinstance(one, str))
        if path.root != "item" or path.up or len(names) < len(path.segments):
            self.faults.add("E106", word.node.place, say("each: needs the path of a list."))
            return (), site
        shape = resolve(path, site, word.node.place, through=True)
        if shape is not None and shape.type != "list":
            self.faults.add("E106", word.node.place, say("each: needs the path of a list."))
        return names, site_of_rows(self.faults, self.shape, shape)

    def _delivered_by(self, operation: str) -> str:
        return (
            reading.text(self.words.get("delivered_by"), self.faults, "delivered_by") or operation
        )

    def _find(self) -> Any:
        return pattern_of(self._key_words().get("find"), self.faults)

    def _otherwise(self, site: Site) -> Value | None:
        words = self._key_words()
        word = words.get("otherwise")
        if word is None:
            return None
        if "find" not in words:
            message = say("otherwise: goes with find: it is the key where nothing is found.")
            self.faults.add("E110", word.place, message)
        return value_of(word.node, site, "otherwise")

    def _key_words(self) -> Words:
        word = self.words.get("key")
        return reading.placed(word.node) if word and isinstance(word.node, Entries) else {}

    def _key(self, site: Site, place: Place) -> Value:
        word = self.words.get("key")
        if word is not None and isinstance(word.node, Entries):
            left = tuple(pair for pair in word.node.pairs if pair[0].text not in _KEY_WORDS)
            found = value_of(replace(word.node, pairs=left), site, "key")
        else:
            found = self._value("key", site)
        if found is None and "key" not in self.words and "operation" in self.words:
            # the number of the record that was delivered; see `hub.reconcile.collect`
            found = value_of(Scalar(NUMBER, place), site, "key")
        if found is None:
            if "key" not in self.words:
                message = say("The word {name}: is missing.", name="key")
                self.faults.add("E105", place, message)
            return Value("", place, _nothing)
        return found

    def _value(self, name: str, site: Site) -> Value | None:
        word = self.words.get(name)
        return None if word is None else value_of(word.node, site, name)

    def _span(self, name: str) -> Span | None:
        word = self.words.get(name)
        text = reading.text(word, self.faults, name)
        if word is None or text is None:
            return None
        return _span_of(text, word.node.place, self.faults)

    def _expected(self, site: Site) -> Expected | None:
        word = self.words.get("expected_from")
        text = reading.text(word, self.faults, "expected_from")
        if word is None or text is None:
            return None
        node = word.node
        found = _EXPECTED_FROM.fullmatch(text.strip())
        if found is None or not isinstance(node, Scalar):
            message = say("expected_from: needs a field and a time, such as ordered_on + 3 days")
            self.faults.add("E106", node.place, message)
            return None
        at = value_of(Scalar(found["path"].strip(), node.place), site, "expected_from")
        span = found["span"]
        after = _span_of(span, node.place, self.faults) if span else None
        return None if at is None else Expected(at, after)

    def _share(self, word: Word | None) -> Decimal | None:
        text = reading.text(word, self.faults, "max_drop")
        if word is None or text is None:
            return None
        share = percent(text)
        if share is None or share > 1:
            message = say("max_drop: needs a share such as 20%.")
            self.faults.add("E106", word.node.place, message)
            return None
        return share


def site_of_rows(faults: Faults, document: Shape | None, rows: Shape | None) -> Site:
    """Return where rules over the items of a list in a document are read."""
    item = Shape("object", fields=rows.fields) if rows is not None and rows.fields else None
    return Site(faults, (item, document), bases=(None, ()), routing=True)


def value_of(node: Node, site: Site, name: str) -> Value | None:
    """Return what reads a value by a rule; None after a fault."""
    if isinstance(node, Entries) and "default" in node.words:
        # it can do without what it reads
        site = replace(site, reads=Reads())
    produce = rule(node, site.into_field(name, None))
    if produce is None:
        return None
    text = node.text if isinstance(node, Scalar) else name
    return Value(text, node.place, produce)


def pattern_of(word: Word | None, faults: Faults) -> Callable[[str], str] | None:
    """Return what finds a pattern in a text; None where none is written, or after a fault."""
    if word is None:
        return None
    text = getattr(word.node, "text", "")
    try:
        return patterns.found(text)
    except ValueError as error:
        message = say("find: {pattern!r} is no pattern: {problem}.",
                      pattern=text, problem=error.args[0])  # fmt: skip
        faults.add("E106", word.node.place, message)
        return None


def found_in(value: Value, find: Callable[[str], str]) -> Value:
    """Return what reads a part of a value; nothing where it is not there."""
    strict = strict_of(value.produce)

    def part(frame: Frame) -> Any:
        found = strict(frame)
        text = "" if found is MISSING or found is None else find(forms.plain(found))
        return text or MISSING

    return replace(value, produce=part)


def columns_of(site: Site) -> frozenset[str]:
    """Return the names at the top of a document that the rules read so far go by."""
    return frozenset(path[0] for path in site.reads.paths if path)


def _nothing(_frame: Frame) -> Any:
    return MISSING


def percent(text: str) -> Decimal | None:
    """Return the share that a text such as `20%` means; None where it means none."""
    found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?) ?%", text.strip())
    return Decimal(found[1]) / 100 if found is not None else None


def _span_of(text: str, place: Place, faults: Faults) -> Span | None:
    try:
        return calendars.span(text)
    except ValueError as error:
        faults.add("E106", place, error.args[0])
        return None
