"""What differs between two bundles in what they mean, not in how they are written.

A comment, the order of words and the style of quotes are no difference, and neither is a file of
one's own that says what the shipped one said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from hub.errors import Fault
from hub.language import say
from hub.mapping.bundle import Bundle
from hub.mapping.compared.canonical import as_rule, canonical, normal, one_line
from hub.mapping.compared.effects import Document as Document
from hub.mapping.compared.effects import Effects as Effects
from hub.mapping.compared.effects import over_documents as over_documents
from hub.mapping.document import DocumentFile
from hub.mapping.faults import Faults
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.gate import Gate
from hub.mapping.outline import Filled, filled
from hub.mapping.reading import Word
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.sides import FIELD_WORDS
from hub.mapping.route import Route
from hub.mapping.rule.table_files import Beside, entries_of, file_of
from hub.mapping.watch import Watch
from hub.yamlfile import Entries, Items, Node, Place, Scalar, words_of
from hub.yamlreader import parse

#: `field`: a target field · `let`: a named value or a field of it · `table`: an entry of a table ·
#: `step`: a word of a step, or a whole one · `word`: any other word of the file.
Part: TypeAlias = Literal["field", "let", "table", "step", "word"]
What: TypeAlias = Literal["mapping", "route", "gate", "watch", "document", "reconciliation"]
Kind: TypeAlias = Literal["added", "removed", "changed"]

#: Words of a mapping file that say nothing about what a document becomes.
_NO_MEANING = frozenset(
    (
        *("format", "mapping", "route", "gate", "watch", "reconciliation"),
        *("version", "title", "ignore", "tests"),
    )
)
#: Words of which each part is compared by itself.
_BY_LEAF = frozenset(
    (
        *("when", "unless", "require", "release"),
        *("cut_off", "materiality", "repair", "waive", "sign_off", "slices"),
    )
)
#: Words of a side of a reconciliation that are rules.
_SIDE_RULES = frozenset(("key", "id", "revision", "modified", "lines"))
#: How values that are no text are written.
_BARE = {None: "null", True: "true", False: "false"}

#: What a file is read as.
_File = TypeVar("_File", FieldMapping, Route, Gate, Watch, DocumentFile, Reconciliation)
#: Everything a file says: part and its name → what is said of it.
_Said: TypeAlias = "dict[tuple[Part, str], Node]"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a file says of one part, in one line."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Change:
    """One part that another thing is said of; added without `old`, removed without `new`."""

    part: Part
    #: Target path such as `lines[].qty`, name of a let, `table[key]`, `step.word`, or the word.
    name: str
    old: Rule | None
    new: Rule | None

    @property
    def kind(self) -> Kind:
        """Return what happened to it."""
        return _kind(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Differing:
    """A mapping, route, gate … that is new, gone, or means something else."""

    what: What
    name: str
    kind: Kind
    place: Place
    #: Empty unless it changed.
    changes: tuple[Change, ...] = ()
    #: It changed, and its `version:` was not raised.
    same_version: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two bundles."""

    #: Addresses of the two.
    old: str
    new: str
    #: Mappings, then routes, gates, watches, documents and reconciliations, each by name.
    found: tuple[Differing, ...]

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """Return a warning for each mapping that means something else under the same version."""
        return tuple(
            one.place.fault("W103", say(
                "{name} says something else than before under the same version; raise version:",
                name=one.name,
            ))
            for one in self.found
            if one.same_version
        )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        """Return names and counts, for the ledger: nothing of what the files say."""
        names: dict[str, Any] = {"added": [], "removed": [], "changed": {}}
        for one in self.found:
            if one.kind == "changed":
                names["changed"][f"{one.what} {one.name}"] = len(one.changes)
            else:
                names[one.kind].append(f"{one.what} {one.name}")
        return {kind: found for kind, found in names.items() if found}


def difference(old: Bundle, new: Bundle) -> Difference:
    """Return what the new bundle means that the old one did not, and the other way round."""
    mappings = _differing(old, new, "mapping", old.mappings, new.mappings)
    routes = _differing(old, new, "route", old.routes, new.routes)
    gates = _differing(old, new, "gate", old.gates, new.gates)
    watches = _differing(old, new, "watch", old.watches, new.watches)
    documents = _differing(old, new, "document", old.documents, new.documents)
    agreed = old.reconciliations, new.reconciliations
    reconciliations = _differing(old, new, "reconciliation", *agreed)
    found = (*mappings, *routes, *gates, *watches, *documents, *reconciliations)
    return Difference(old.sha, new.sha, found)


def _differing(
    old: Bundle,
    new: Bundle,
    what: What,
    before: Mapping[str, _File],
    after: Mapping[str, _File],
) -> Iterator[Differing]:
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        place = (other or one or before[name]).place
        if one is None or other is None:
            yield Differing(what, name, _kind(one, other), place)
            continue
        changes = _changes(_said(old, one.file), _said(new, other.file))
        if changes:
            versions = getattr(one, "version", 0), getattr(other, "version", 1)
            yield Differing(what, name, "changed", place, changes, versions[0] >= versions[1])


def _kind(old: object, new: object) -> Kind:
    return "added" if old is None else "removed" if new is None else "changed"


def _changes(old: _Said, new: _Said) -> tuple[Change, ...]:
    return tuple(
        Change(part, name, _rule(one), _rule(other))
        for part, name in {**new, **old}
        for one, other in [(old.get((part, name)), new.get((part, name)))]
        if one is None or other is None or canonical(one) != canonical(other)
    )


def _rule(node: Node | None) -> Rule | None:
    return None if node is None else Rule(one_line(node), node.place)


# ---- what a file says ------------------------------------------------------------------------


def _said(bundle: Bundle, file: str) -> _Said:
    root = parse(bundle.files[file], file).root
    found: _Said = {}
    for one in filled(root):
        rule = _own(one)
        if rule is not None:
            name = one.target.removeprefix("$") if one.word == "let" else one.target
            found["let" if one.word == "let" else "field", name] = rule
    for word, node in words_of(root).items():
        match word:
            case "tables":
                rows = _tables(bundle, file, node)
                found.update({("table", name): value for name, value in rows})
            case "deliver":
                found.update({("step", name): value for name, value in _steps(node)})
            case "sides" | "compare" if isinstance(node, Entries):
                found.update({("word", name): leaf for name, leaf in _parties(node, word)})
                first = node.pairs[0][0] if word == "sides" and node.pairs else None
                if first is not None:
                    found.setdefault(("word", "authority"), first)
            case _ if word in _BY_LEAF and isinstance(node, Entries):
                found.update({("word", name): leaf for name, leaf in _leaves(node, word)})
            case _ if word not in {"fields", "let", *_NO_MEANING}:
                found["word", word] = normal(word, node)
    return found


def _own(filled: Filled) -> Node | None:
    """Return what a rule says that is not said of its fields one by one; None where that is all."""
    rule = filled.rule
    if filled.branch:
        return None
    if not isinstance(rule, Entries) or "fields" not in rule.words:
        return as_rule(rule)
    own = tuple(pair for pair in rule.pairs if pair[0].text != "fields")
    return Entries(own, rule.place) if own else None


def _tables(bundle: Bundle, file: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield each entry of each table, wherever the table stands."""
    for name, table in words_of(node).items():
        entries = words_of(table) if file_of(table) is None else _rows(bundle, file, table)
        yield from ((f"{name}[{key}]", value) for key, value in entries.items())


def _rows(bundle: Bundle, file: str, table: Node) -> Mapping[str, Node]:
    beside = Beside(file, bundle.files)
    word = Word(table.place, table)
    path, entries = entries_of(say("the table"), word, beside, Faults())
    place = Place(path)
    return {
        key: Scalar(str(value), place, plain=False)
        if isinstance(value, str)
        else Scalar(_BARE.get(value, str(value)), place)  # type: ignore[call-overload]
        for key, value in entries.items()
    }


def _steps(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield each word of each step; its name is the connection's where it has none of its own."""
    for step in node.nodes if isinstance(node, Items) else ():
        words = words_of(step)
        named = words.get("step") or words.get("to")
        name = named.text if isinstance(named, Scalar) else ""
        for word, value in words.items():
            if word != "step":
                yield f"{name}.{word}", normal(word, value)


def _parties(node: Entries, path: str) -> Iterator[tuple[str, Node]]:
    """Yield each part of the sides or fields of a reconciliation; bare paths are rules."""
    for name, one in node.words.items():
        for word, value in words_of(one).items():
            is_rule = word in _SIDE_RULES if path == "sides" else word not in FIELD_WORDS
            yield from _leaves(as_rule(value) if is_rule else value, f"{path}.{name}.{word}")


def _leaves(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    if not isinstance(node, Entries):
        yield path, node
        return
    for word, value in node.words.items():
        yield from _leaves(normal(word, value), f"{path}.{word}")
