"""The way back of a two-way file, made of the file's own nodes and read as any other mapping.

Each rule is turned round by itself; what says where in the target a value stands becomes what
says where to read it. `reverse` turns round what happens to the value. Every word keeps the
place of what it came from, so faults of the way back point into the file as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hub.errors import Fault
from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data.shape import Shape
from hub.mapping.expression.expressions import RESERVED
from hub.mapping.faults import Faults
from hub.mapping.reading import Word, Words
from hub.mapping.rule.rules import fields
from hub.mapping.rule.site import Reads, Site, Table, item_shape
from hub.mapping.rule.sources import path_of
from hub.mapping.running.run import Produce
from hub.mapping.two_way.reverse import OneWay, measured, turned, unit_of
from hub.yamlfile import Entries, Node, Place, Scalar

#: Names of fields on the way to a value.
Names = tuple[str, ...]

#: Words after which nobody can tell what the source held.
_ONE_WAY = (
    *("value", "text", "calc", "when", "choose", "count"),
    *("split", "thousands", "redact", "cut", "where", "join"),
)
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Turning:
    """The surroundings of a rule that is turned round."""

    faults: Faults
    tables: Mapping[str, Table]
    #: The source document or item at hand; None: unknown.
    shape: Shape | None = None
    #: Target path from the document or item at hand to the object whose fields are turned.
    above: Names = ()
    #: The same from the whole document, as messages name it.
    label: str = ""

    def into(self, name: str) -> Turning:
        """Return the surroundings of a field of the target object."""
        label = f"{self.label}.{name}" if self.label else name
        return replace(self, above=(*self.above, name), label=label)


@dataclass(frozen=True, slots=True)
class _Way:
    """A source field with the rule that fills it from the target."""

    names: Names
    place: Place
    rule: Node
    #: The target field whose rule it is the way back of.
    target: str


def way_back(node: Node, site: Site, *, filled: Shape | None, reads: Reads) -> Produce:
    """Return what fills the source from the target; `node` and `site` are of the way forward.

    `filled` is the shape the source has as a target; `reads` gets what the rules use. Faults of
    the rules turned round are told only where the file has no other: they would follow from it.
    """
    own = Faults()
    rules = reversed_fields(node, Turning(site.faults, site.tables, site.shapes[0]))
    declaring = (site.declaring[1], site.declaring[0])
    there = Site(
        own, (site.shape,), tables=site.tables, shape=filled, declaring=declaring, reads=reads
    )
    produce = fields(rules, there)
    site.reads.tables.update(reads.tables)
    if all(fault.file != node.place.file for fault in site.faults.found):
        site.faults.found += [_on_the_way_back(fault) for fault in own.found]
    return produce


def _on_the_way_back(fault: Fault) -> Fault:
    return replace(fault, message=say("On the way back: {problem}", problem=fault.message))


def optional(shape: Shape) -> Shape:
    """Return the shape of an object of which parts may be left out."""
    inner = {name: optional(found) for name, found in shape.fields.items()}
    return replace(shape, required=False, fields=inner)


def refuse_back(node: Node, faults: Faults) -> None:
    """Report each `back:` of a file that goes one way."""
    for _, rule in node.pairs if isinstance(node, Entries) else ():
        for word, inner in rule.pairs if isinstance(rule, Entries) else ():
            if word.text == "back":
                faults.add("E110", word.place, needs_two_ways("back"))
            elif word.text == "fields":
                refuse_back(inner, faults)


def needs_two_ways(word: str) -> Message:
    """Return what a word says in a file that goes one way."""
    return say("{word}: needs direction: two-way in the file.", word=word)


def reversed_fields(node: Node, turning: Turning) -> Entries:
    """Return the `fields:` that fill the source from the target; E115 where a rule cannot."""
    return _nested(list(_ways(node, turning)), (), node.place, turning.faults)


def _ways(node: Node, turning: Turning) -> Iterator[_Way]:
    for key, rule in node.pairs if isinstance(node, Entries) else ():
        yield from _ways_of(_words(rule), key.place, rule.place, turning.into(key.text))


def _words(rule: Node) -> Words:
    if isinstance(rule, Scalar):
        return {"from": Word(rule.place, rule)}
    return reading.placed(rule) if isinstance(rule, Entries) else {}


def _ways_of(words: Words, name: Place, place: Place, turning: Turning) -> list[_Way]:
    """Return what a rule tells the source; nothing for a rule the way forward refuses."""
    try:
        if "back" in words:
            return _said(words["back"], turning)
        _check_words(words)
        if "each" in words:
            return _items(words, name, place, turning)
        if "fields" in words:
            return list(_ways(words["fields"].node, turning))
        return _value(words, name, place, turning) if "from" in words else []
    except OneWay as found:
        turning.faults.add("E115", found.place, found.message, hint=_say_it())
        return []


def _check_words(words: Words) -> None:
    beside_each = {"from", "empty"} if "each" in words else set()
    for name, word in words.items():
        if name in beside_each or (name in _ONE_WAY and not _says_no(word)):
            raise OneWay(word.place, say("{word}: cannot be turned round.", word=name))


def _says_no(word: Word) -> bool:
    return isinstance(word.node, Scalar) and word.node.plain and word.node.text == "false"


def _say_it() -> Message:
    return say("Say what it tells the source: back: {{PATH: rule}}, or back: {{}} for nothing.")


def _said(word: Word, turning: Turning) -> list[_Way]:
    if not isinstance(word.node, Entries):
        message = say("back: needs source paths with rules.")
        turning.faults.add("E106", word.place, message, hint=_say_it())
        return []
    named = [(_names(key, turning.faults), key.place, rule) for key, rule in word.node.pairs]
    return [_Way(names, place, rule, turning.label) for names, place, rule in named if names]


def _value(words: Words, name: Place, place: Place, turning: Turning) -> list[_Way]:
    source = words["from"].node
    names = _source(source)
    if not names:
        return []
    path = (*turning.above, "amount") if measured(words) else turning.above
    read = Scalar(_written(path, name), name)
    rule = turned(words, read, place, _shape_at(names, turning.shape), turning.tables)
    return [_Way(names, source.place, rule, turning.label), *_unit(words, turning)]


def _unit(words: Words, turning: Turning) -> list[_Way]:
    """Return what the currency or unit of an amount tells; one that never changes tells nothing."""
    word = unit_of(words)
    found = _words(word.node) if word is not None else {}
    if word is None or "value" in found:
        return []
    name = "currency" if "currency" in words else "unit"
    return _ways_of(found, word.place, word.node.place, turning.into(name))


def _items(words: Words, name: Place, place: Place, turning: Turning) -> list[_Way]:
    word = words["each"]
    names = _source(word.node)
    if not names:
        return []
    each = Scalar("each", word.place), Scalar(_written(turning.above, name), name)
    item = _item(words, name, place, turning, item_shape(_shape_at(names, turning.shape)))
    if item is None:
        return []
    return [_Way(names, word.node.place, Entries((each, *item.pairs), place), turning.label)]


def _item(
    words: Words, name: Place, place: Place, turning: Turning, shape: Shape | None
) -> Entries | None:
    """Return what makes an item of the source; None where items tell nothing."""
    if "fields" not in words:
        unit = unit_of(words)
        if unit is not None and _unit(words, turning):
            raise OneWay(unit.place, say("{word}: cannot be turned round.", word="unit"))
        read = Scalar("amount", name) if measured(words) else None
        return turned(words, read, place, None, turning.tables)
    item = replace(turning, shape=shape, above=(), label=f"{turning.label}[]")
    found = reversed_fields(words["fields"].node, item)
    # items that tell nothing would come back as empty objects
    pair = Scalar("fields", words["fields"].place), found
    return Entries((pair,), place) if found.pairs else None


# ---- paths -----------------------------------------------------------------------------------


def _source(node: Node) -> Names:
    """Return the names of a source path; none for what the way forward refuses."""
    return _names(node, Faults()) if isinstance(node, Scalar) else ()


def _names(node: Scalar, faults: Faults) -> Names:
    path = path_of(node, Site(faults, ()))
    if path is None:
        return ()
    names = tuple(segment for segment in path.segments if isinstance(segment, str))
    if path.root == "item" and not path.up and names == path.segments:
        return names
    message = say("{path} is no field of the document or item at hand.", path=path)
    raise OneWay(node.place, message)


def _shape_at(names: Names, shape: Shape | None) -> Shape | None:
    for name in names:
        shape = shape.fields.get(name) if shape is not None else None
    return shape


def _written(names: Names, place: Place) -> str:
    """Return a path as it stands in a rule."""
    return ".".join(_quoted(name, place) for name in names)


def _quoted(name: str, place: Place) -> str:
    if _PLAIN_NAME.fullmatch(name) and name not in RESERVED:
        return name
    for quote in "\"'":
        if quote not in name:
            return f"{quote}{name}{quote}"
    raise OneWay(place, say("{name} cannot be named in a path.", name=name))


# ---- putting the ways together ---------------------------------------------------------------


def _nested(ways: Sequence[_Way], above: Names, place: Place, faults: Faults) -> Entries:
    """Return the fields of an object: rules, and objects for those with more names to go."""
    groups: dict[str, list[_Way]] = {}
    for way in ways:
        groups.setdefault(way.names[0], []).append(way)
    pairs = [
        (Scalar(name, group[0].place, plain=False), _field(group, (*above, name), faults))
        for name, group in groups.items()
    ]
    return Entries(tuple(pairs), place)


def _field(group: Sequence[_Way], names: Names, faults: Faults) -> Node:
    whole = next((way for way in group if len(way.names) == 1), None)
    if whole is None:
        shorter = [replace(way, names=way.names[1:]) for way in group]
        inner = _nested(shorter, names, group[0].place, faults)
        return Entries(((Scalar("fields", inner.place), inner),), inner.place)
    for other in group:
        if other is not whole:
            message = say(
                "{one} and {other} both tell the source its {path}.",
                one=whole.target, other=other.target, path=".".join(names),
            )  # fmt: skip
            hint = say("Let one of them tell nothing: back: {{}}")
            faults.add("E115", max(whole.place, other.place, key=_standing), message, hint=hint)
    return whole.rule


def _standing(place: Place) -> tuple[int, int]:
    return place.line, place.column
