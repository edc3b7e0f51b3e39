"""A mapping file: from one document to another, and back where it says `direction: two-way`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data import declared
from hub.mapping.data.shape import Shape, of_fields
from hub.mapping.data.values import MISSING
from hub.mapping.examples.inline import InlineTest, read_tests
from hub.mapping.expression.evaluate import condition
from hub.mapping.faults import Faults, Stop, UnknownEnd, nearest, suggestion
from hub.mapping.reading import Word
from hub.mapping.rule import personal
from hub.mapping.rule.document_checks import checked
from hub.mapping.rule.ends import check_reads, ignored_ways
from hub.mapping.rule.rules import fields, rule
from hub.mapping.rule.site import Let, Reads, Site
from hub.mapping.rule.table_files import Beside
from hub.mapping.rule.tables import named_tables
from hub.mapping.rule.template import names_a_path, template
from hub.mapping.running.quick import function_of, strict_of, traced_of
from hub.mapping.running.run import EMPTY, Frame, Produce, Run, Scope
from hub.mapping.running.trace import Explanation, Trace
from hub.mapping.two_way import back
from hub.yamlfile import Entries, Node, Place

#: A record kind, or a connector and the name of its stream or operation.
End: TypeAlias = "str | tuple[str, str]"
#: Connector and stream or operation → its fields (`.type .required .fields`), None: unknown;
#: raises `UnknownEnd` where the connector is known and has none of that name.
Schemas: TypeAlias = Callable[[str, str], Mapping[str, Any] | None]

_DIRECTIONS = ("one-way", "two-way")
#: Characters of an object's handle.
MAX_HANDLE = 200
_WORDS = (
    *("format", "mapping", "version", "title", "direction", "from", "to", "key", "lane", "when"),
    *("tables", "let", "fields", "checks", "ignore", "tests"),
)


#: What stops the quick form, which says nothing of it.
UNUSUAL = (Stop, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Program:
    """The compiled rules of a mapping."""

    #: Word of the file (`fields`, `when`, `key`, `lane`) → its rule.
    rules: Mapping[str, Produce]
    lets: Mapping[str, Produce]

    def in_form(self, form: Callable[[Produce], Produce]) -> Program:
        """Return the same rules, each in this form."""
        rules = {word: form(produce) for word, produce in self.rules.items()}
        return Program(rules, {name: form(produce) for name, produce in self.lets.items()})


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Fields of one document from those of another. Pure: same input, same output."""

    name: str
    version: int
    title: str
    #: Record kind, or (connector, stream).
    source: End
    #: Record kind, or (connector, operation).
    target: End
    #: The file it stands in, as `Bundle.files` names it.
    file: str
    place: Place
    tests: tuple[InlineTest, ...]
    #: Names every fault of a document.
    strict: Program
    #: Makes the same documents with fewer calls, and names no fault.
    quick: Program
    #: The quick form with a recorder, generated when it is first asked for.
    traced: Callable[[], Program] = field(repr=False, compare=False)
    #: The way back of a two-way file: it makes source documents, and has no tests of its own.
    back: FieldMapping | None = None
    #: Source paths left out on purpose, each with everything below it.
    ignored: frozenset[tuple[str, ...]] = frozenset()
    #: Target field without indexes, `key:`, `lane:` → kind of personal value; None: nobody knows.
    personal: Mapping[str, str] | None = None
    #: Names of `$document` it reads → where the first rule reads each.
    document: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def hides(self, target: str) -> bool:
        """Return whether what is at a target path is personal, or may be for all that is known."""
        path = personal.plain(target)
        above = (path[: at.start()] for at in re.finditer(r"\.", path))
        return self.personal is None or any(one in self.personal for one in (path, *above))

    def applies(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> bool:
        """Return whether `when:` holds; without one, always. Raises `MappingFault`."""
        return "when" not in self.strict.rules or bool(self._run("when", document, scope))

    def apply(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> dict[str, Any]:
        """Return the mapped document; `MappingFault` with every fault otherwise.

        Plain data: text, booleans, null, exact numbers (int, Decimal), ISO dates as text.
        """
        filled: dict[str, Any] = self._run("fields", document, scope)
        return filled

    def key(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> str | None:
        """Return the handle of the object at the far end, None where the file has no `key:`."""
        return str(self._run("key", document, scope)) if "key" in self.strict.rules else None

    def lane(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> str | None:
        """Return the lane, None where the file has no `lane:`."""
        return str(self._run("lane", document, scope)) if "lane" in self.strict.rules else None

    def explain(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> Explanation:
        """Return how the document is mapped, word by word; what does not fit is told, not raised.

        The rules run with a trace in the form in which they run without: quick, and strict where
        anything is unusual.
        """
        run = Run(scope, self.traced().lets, Trace())
        try:
            filled = self.traced().rules["fields"](Frame(document, run))
        except UNUSUAL:
            return self._explain_strictly(document, scope)
        if run.faults or run.missing:
            return self._explain_strictly(document, scope)
        return Explanation(filled, (), (), run.trace or Trace())

    def _explain_strictly(self, document: Mapping[str, Any], scope: Scope) -> Explanation:
        trace = Trace()
        run = Run(scope, self.strict.lets, trace)
        frame = Frame(document, run)
        filled: dict[str, Any] | None = None
        try:
            filled = self.strict.rules["fields"](frame)
        except Stop as stop:
            run.record(frame, stop, "fields", self.place)
        except RecursionError:
            run.record(frame, _too_deep(), "fields", self.place)
        whole = not run.faults and not run.missing
        faults = tuple(dict.fromkeys(run.faults))
        return Explanation(filled if whole else None, faults, tuple(sorted(run.missing)), trace)

    def _run(self, word: str, document: Mapping[str, Any], scope: Scope) -> Any:
        run, value, stopped = Run(scope, self.quick.lets), None, False
        try:
            value = self.quick.rules[word](Frame(document, run))
        except UNUSUAL:
            stopped = True
        # a strict form that a quick one called may have kept a fault
        unusual = stopped or run.faults or run.missing
        return self._run_strictly(word, document, scope) if unusual else value

    def _run_strictly(self, word: str, document: Mapping[str, Any], scope: Scope) -> Any:
        run = Run(scope, self.strict.lets)
        frame = Frame(document, run)
        value: Any = None
        try:
            value = self.strict.rules[word](frame)
        except Stop as stop:
            run.record(frame, stop, word, self.place)
        except RecursionError:
            run.record(frame, _too_deep(), word, self.place)
        run.finish()
        return value


def _too_deep() -> Stop:
    # a let that uses one that uses one …, or rules in each other
    return Stop("E213", say("uses rules that use each other too deep; take a let out of the chain"))


def read_mapping(
    node: Node, file: str, faults: Faults, schemas: Schemas | None, beside: Beside
) -> FieldMapping:
    """Return the mapping of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A mapping file"))
    name = reading.required_text(words, "mapping", node.place, faults)
    source, source_shape = _end(words, "from", "stream", node.place, faults, schemas)
    target, target_shape = _end(words, "to", "operation", node.place, faults, schemas)
    reading.check_format(words, faults)
    leaving = isinstance(target, tuple)
    declaring = ("from" if isinstance(source, tuple) else "", "to" if leaving else "")
    site = Site(
        faults, (source_shape,), shape=target_shape, leaving=leaving, beside=beside,
        declaring=declaring,
    )  # fmt: skip
    site = replace(site, tables=named_tables(words, site))
    program = _program(words, node, site)
    ignored = ignored_ways(words.get("ignore"), site)
    mapping = FieldMapping(
        name=name,
        version=reading.whole_number(words.get("version"), faults, "version", 1_000_000) or 1,
        title=reading.text(words.get("title"), faults, "title") or name,
        source=source,
        target=target,
        file=file,
        place=words["mapping"].place if "mapping" in words else node.place,
        tests=read_tests(words.get("tests"), faults),
        strict=program.in_form(strict_of),
        quick=program.in_form(function_of),
        traced=cache(lambda: program.in_form(traced_of)),
        ignored=frozenset(ignored),
        personal=personal.known(source_shape, target_shape, site.reads),
        document=site.reads.document,
    )
    mapping = replace(mapping, back=_way_back(mapping, words, site))
    check_reads(source_shape, words, ignored, site, faults)
    return mapping


def _way_back(mapping: FieldMapping, words: Mapping[str, Word], site: Site) -> FieldMapping | None:
    found = reading.choice(words.get("direction"), _DIRECTIONS, site.faults, "direction")
    rules = words["fields"].node if "fields" in words else Entries((), mapping.place)
    if found != "two-way":
        back.refuse_back(rules, site.faults)
        for test in mapping.tests:
            if test.round_trip:
                site.faults.add("E110", test.place, back.needs_two_ways("round_trip"))
        return None
    shape = site.shapes[0]
    if shape is not None and isinstance(mapping.source, tuple):
        shape = back.optional(shape)
    reads = Reads()
    program = Program({"fields": back.way_back(rules, site, filled=shape, reads=reads)}, {})
    return replace(
        mapping,
        source=mapping.target,
        target=mapping.source,
        tests=(),
        strict=program.in_form(strict_of),
        quick=program.in_form(function_of),
        traced=cache(lambda: program.in_form(traced_of)),
        ignored=frozenset(),
        personal=personal.known(site.shape, shape, reads),
    )


def _end(
    words: Mapping[str, Word],
    word: str,
    other: str,
    place: Place,
    faults: Faults,
    schemas: Schemas | None,
) -> tuple[End, Shape | None]:
    if word not in words:
        faults.add("E105", place, say("The word {name}: is missing.", name=word))
        return "", None
    found = reading.words(words[word].node, ("record", "connector", other, "fields"), faults, word)
    where = words[word].place
    if "record" in found and "fields" in found:
        message = say("{word}: fields: goes with connector:, not with record:.", word=word)
        hint = say("A record of the hub has the fields it has.")
        faults.add("E110", found["fields"].place, message, hint=hint)
    if set(found) - {"fields"} == {"record"}:
        return _record(found["record"], faults)
    if set(found) - {"fields"} == {"connector", other}:
        connector = reading.text(found["connector"], faults, "connector") or ""
        name = reading.text(found[other], faults, other) or ""
        own = declared.read(found, word, faults)
        at = found[other].node.place
        shape = _connector_shape(connector, name, other, own, schemas, at, faults)
        return (connector, name), shape
    message = say(
        "{word}: needs {{record: KIND}} or {{connector: NAME, {other}: NAME}}.",
        word=word,
        other=other,
    )
    faults.add("E105", where, message)
    return "", None


def _connector_shape(
    connector: str,
    name: str,
    other: str,
    own: Mapping[str, Shape],
    schemas: Schemas | None,
    place: Place,
    faults: Faults,
) -> Shape | None:
    if schemas is None:
        return None
    try:
        specs = schemas(connector, name)
    except UnknownEnd as error:
        message = say(
            "{connector} has no {other} {name}.", connector=connector, other=other, name=name
        )
        faults.add("E111", place, message, hint=suggestion(name, error.known))
        return None
    if specs is None and not own:
        message = say("Nothing is known of {connector} {name}.", connector=connector, name=name)
        hint = say("Its paths are not checked; is the connector installed, and its name right?")
        faults.warn("W104", place, message, hint=hint)
    return declared.over(None if specs is None else of_fields(specs), own)


def _record(word: Word, faults: Faults) -> tuple[str, Shape | None]:
    name = reading.text(word, faults, "record") or ""
    return name, reading.record_shape(name, word.node.place, faults)


def _program(words: Mapping[str, Word], node: Node, site: Site) -> Program:
    lets, site = _lets(words, site)
    plain = replace(site, shape=None, target="")
    rules = {
        "fields": checked(_fill(words, node, site), words, site),
        "when": condition(words["when"].node, site) if "when" in words else None,
        "key": _handle("key", words, plain),
        "lane": _handle("lane", words, plain),
    }
    return Program({word: produce for word, produce in rules.items() if produce is not None}, lets)


def _fill(words: Mapping[str, Word], node: Node, site: Site) -> Produce:
    if "fields" in words:
        return fields(words["fields"].node, site)
    site.faults.add("E105", node.place, say("The word {name}: is missing.", name="fields"))
    return fields(Entries((), node.place), replace(site, faults=Faults()))


def _lets(words: Mapping[str, Word], site: Site) -> tuple[Mapping[str, Produce], Site]:
    lets: dict[str, Produce] = {}
    known: Mapping[str, Let] = {}
    if "let" not in words:
        return lets, site
    # nothing says yet which of them goes into a personal field of the record
    hidden = not site.leaving and site.shape is not None and site.shape.holds_personal
    for name, word in reading.entries(words["let"].node, site.faults, "let").items():
        if name in {"links", "results", "delivery", "document", "value"}:
            message = say("${name} has a meaning of its own.", name=name)
            site.faults.add("E110", word.place, message)
        # a let sees those above it only, so no circle can arise
        above = replace(
            site, lets=known, shape=None, target=f"${name}", personal=[], inner=True, hidden=hidden
        )
        lets[name] = rule(word.node, above) or (lambda _frame: MISSING)
        known = {**known, name: _let_of(name, above)}
    return lets, replace(site, lets=known)


def _let_of(name: str, site: Site) -> Let:
    # one without a reason asks for one wherever the value goes
    asking = [read.kind for read in site.personal if not read.allowed]
    inside = [kind for target, kind in site.reads.filled.items() if target.startswith(f"${name}.")]
    kinds = [*asking, *(read.kind for read in site.personal), *inside]
    return Let(kinds[0] if kinds else "", allowed=not asking)


def _handle(word: str, words: Mapping[str, Word], site: Site) -> Produce | None:
    if word not in words:
        return None
    node = words[word].node
    reads = site.reading()
    produce = template(node, reads, {})
    personal.check_handle(word, reads)
    site.reads.filled.update({f"{word}:": read.kind for read in reads.personal})
    if produce is not None and not names_a_path(node):
        message = say(
            '{word}: is the same for every document; name a path in braces: "{{number}}"',
            word=word,
        )
        site.faults.add("E106", node.place, message)
    return None if produce is None else _whole_handle(word, strict_of(produce))


def _whole_handle(word: str, produce: Produce) -> Produce:
    def run(frame: Frame) -> str:
        handle: str = produce(frame)
        if not handle.strip():
            raise Stop("E203", say("{word}: is empty for this document", word=word))
        if len(handle) > MAX_HANDLE:
            message = say(
                "{word}: has {length} characters, {limit} are allowed",
                word=word, length=len(handle), limit=MAX_HANDLE,
            )  # fmt: skip
            raise Stop("E204", message)
        return handle

    return run


def unknown_mapping(name: str, known: Mapping[str, FieldMapping]) -> Message:
    """Return the message for a mapping that no file defines."""
    return say("There is no mapping {name}.{hint}", name=name, hint=nearest(name, known))
