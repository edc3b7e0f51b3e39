"""A mapping file: from one document to another, one direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from hub.errors import ConfigError
from hub.mapping import reading
from hub.mapping.convert import read_table
from hub.mapping.evaluate import condition
from hub.mapping.faults import Faults, Place, Stop, nearest
from hub.mapping.inline import InlineTest, read_tests
from hub.mapping.positions import Entries, Node, Scalar
from hub.mapping.reading import Word
from hub.mapping.rules import fields, rule
from hub.mapping.run import EMPTY, Frame, Produce, Run, Scope
from hub.mapping.shape import Shape, of_fields, of_record
from hub.mapping.site import Site, Table, resolve
from hub.mapping.sources import path_of
from hub.mapping.template import names_a_path, template
from hub.mapping.values import MISSING
from hub.records import kind

#: A record kind, or a connector and the name of its stream or operation.
End: TypeAlias = "str | tuple[str, str]"
#: Connector and stream or operation → its fields (`.type .required .fields`), None: unknown.
Schemas: TypeAlias = Callable[[str, str], Mapping[str, Any] | None]

_WORDS = (
    *("format", "mapping", "version", "title", "from", "to", "key", "lane", "when"),
    *("tables", "let", "fields", "ignore", "tests"),
)


@dataclass(frozen=True, slots=True)
class Program:
    """The compiled rules of a mapping."""

    fill: Callable[[Frame], dict[str, Any]]
    lets: Mapping[str, Produce] = field(default_factory=dict)
    when: Callable[[Frame], bool] | None = None
    key: Produce | None = None
    lane: Produce | None = None


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
    program: Program

    def applies(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> bool:
        """Return whether `when:` holds; without one, always. Raises `MappingFault`."""
        when = self.program.when
        return when is None or bool(self._single(when, "when", document, scope))

    def apply(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> dict[str, Any]:
        """Return the mapped document; `MappingFault` with every fault otherwise.

        Plain data: text, booleans, null, exact numbers (int, Decimal), ISO dates as text.
        """
        run = Run(scope, self.program.lets)
        filled = self.program.fill(Frame(document, run))
        if run.faults:
            run.finish()
        return filled

    def key(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> str | None:
        """Return the handle of the object at the far end, None where the file has no `key:`."""
        return self._text(self.program.key, "key", document, scope)

    def lane(self, document: Mapping[str, Any], scope: Scope = EMPTY) -> str | None:
        """Return the lane, None where the file has no `lane:`."""
        return self._text(self.program.lane, "lane", document, scope)

    def _text(
        self, produce: Produce | None, word: str, document: Mapping[str, Any], scope: Scope
    ) -> str | None:
        return None if produce is None else str(self._single(produce, word, document, scope))

    def _single(
        self, produce: Produce, word: str, document: Mapping[str, Any], scope: Scope
    ) -> Any:
        run = Run(scope, self.program.lets)
        frame = Frame(document, run)
        value: Any = None
        try:
            value = produce(frame)
        except Stop as stop:
            run.record(frame, stop, word, self.place)
        run.finish()
        return value


def read_mapping(node: Node, file: str, faults: Faults, schemas: Schemas | None) -> FieldMapping:
    """Return the mapping of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, "A mapping file")
    name = reading.required_text(words, "mapping", node.place, faults)
    source, source_shape = _end(words, "from", "stream", node.place, faults, schemas)
    target, target_shape = _end(words, "to", "operation", node.place, faults, schemas)
    _check_format(words, faults)
    site = Site(faults, (source_shape,), shape=target_shape)
    site = replace(site, tables=_tables(words, site))
    program = _program(words, node, site)
    _check_ignored(words, site)
    return FieldMapping(
        name=name,
        version=reading.whole_number(words.get("version"), faults, "version", 1_000_000) or 1,
        title=reading.text(words.get("title"), faults, "title") or name,
        source=source,
        target=target,
        file=file,
        place=words["mapping"].place if "mapping" in words else node.place,
        tests=read_tests(words.get("tests"), faults),
        program=program,
    )


def _check_format(words: Mapping[str, Word], faults: Faults) -> None:
    number = reading.whole_number(words.get("format"), faults, "format", 1000)
    if number is not None and number != 1:
        message = f"Format {number} is not known to this version; it reads format 1."
        faults.add("E106", words["format"].place, message)


def _end(
    words: Mapping[str, Word],
    word: str,
    other: str,
    place: Place,
    faults: Faults,
    schemas: Schemas | None,
) -> tuple[End, Shape | None]:
    if word not in words:
        faults.add("E105", place, f"The word {word}: is missing.")
        return "", None
    found = reading.words(words[word].node, ("record", "connector", other), faults, word)
    where = words[word].place
    if set(found) == {"record"}:
        return _record(found["record"], faults)
    if set(found) == {"connector", other}:
        connector = reading.text(found["connector"], faults, "connector") or ""
        name = reading.text(found[other], faults, other) or ""
        specs = schemas(connector, name) if schemas is not None else None
        return (connector, name), None if specs is None else of_fields(specs)
    message = f"{word}: needs {{record: KIND}} or {{connector: NAME, {other}: NAME}}."
    faults.add("E105", where, message)
    return "", None


def _record(word: Word, faults: Faults) -> tuple[str, Shape | None]:
    name = reading.text(word, faults, "record") or ""
    try:
        return name, of_record(kind(name))
    except ConfigError as error:
        faults.add("E111", word.node.place, str(error))
        return name, None


def _tables(words: Mapping[str, Word], site: Site) -> Mapping[str, Table]:
    if "tables" not in words:
        return {}
    found = reading.entries(words["tables"].node, site.faults, "tables")
    return {name: read_table(f"table {name}", word, site) for name, word in found.items()}


def _program(words: Mapping[str, Word], node: Node, site: Site) -> Program:
    lets, site = _lets(words, site)
    if "fields" in words:
        fill = fields(words["fields"].node, site)
    else:
        site.faults.add("E105", node.place, "The word fields: is missing.")
        fill = fields(Entries((), node.place), replace(site, faults=Faults()))
    when = condition(words["when"].node, site) if "when" in words else None
    plain = replace(site, shape=None)
    return Program(fill, lets, when, _handle("key", words, plain), _handle("lane", words, plain))


def _lets(words: Mapping[str, Word], site: Site) -> tuple[Mapping[str, Produce], Site]:
    lets: dict[str, Produce] = {}
    if "let" not in words:
        return lets, site
    for name, word in reading.entries(words["let"].node, site.faults, "let").items():
        if name in {"links", "results", "delivery"}:
            site.faults.add("E110", word.place, f"${name} has a meaning of its own.")
        # a let sees those above it only, so no circle can arise
        above = replace(site, lets=tuple(lets), shape=None, target=f"${name}")
        lets[name] = rule(word.node, above) or (lambda _frame: MISSING)
    return lets, replace(site, lets=tuple(lets))


def _handle(word: str, words: Mapping[str, Word], site: Site) -> Produce | None:
    if word not in words:
        return None
    node = words[word].node
    produce = template(node, site, {})
    if produce is not None and not names_a_path(node):
        message = f'{word}: is the same for every document; name a path in braces: "{{number}}"'
        site.faults.add("E106", node.place, message)
    return produce


def _check_ignored(words: Mapping[str, Word], site: Site) -> None:
    if "ignore" not in words:
        return
    for node in _listed(words["ignore"], site):
        path = path_of(node, site)
        if path is not None:
            resolve(path, site, node.place, through=True)


def _listed(word: Word, site: Site) -> Sequence[Scalar]:
    nodes = getattr(word.node, "nodes", (word.node,))
    reading.texts(word, site.faults, "ignore")
    return [node for node in nodes if isinstance(node, Scalar)]


def unknown_mapping(name: str, known: Mapping[str, FieldMapping]) -> str:
    """Return the message for a mapping that no file defines."""
    return f"There is no mapping {name}.{nearest(name, known)}"
