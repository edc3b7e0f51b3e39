"""Rules: the words that fill one field, each registered in one table.

A rule says where its value comes from (one word of `SOURCES`); `pipeline` says what becomes
of it. A bare path is the short form of `{from: path}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.mapping import lists, reading, sources
from hub.mapping.convert import Words
from hub.mapping.evaluate import condition, expression
from hub.mapping.expressions import parse_path
from hub.mapping.faults import Stop, nearest
from hub.mapping.paths import quick_reader
from hub.mapping.pipeline import pipeline
from hub.mapping.quick import (
    Constant,
    Quick,
    Variable,
    always,
    code,
    combined,
    filler,
    in_two_forms,
    strict_of,
)
from hub.mapping.reading import Word
from hub.mapping.run import Frame, Produce
from hub.mapping.shape import Shape
from hub.mapping.site import Site
from hub.mapping.template import template
from hub.mapping.values import MISSING, single
from hub.yamlfile import Entries, Items, Node, Place, Scalar


@dataclass(frozen=True, slots=True)
class Source:
    """A word that says where a value comes from."""

    build: Callable[[Words, Site], Produce | None]
    #: Words that only make sense beside it.
    companions: tuple[str, ...] = ()
    #: Words of other rules that make no sense beside it.
    refused: tuple[str, ...] = ()


def rule(node: Node, site: Site) -> Produce | None:
    """Return the compiled rule of one field; None after a fault."""
    site.count_rule(node.place)
    if isinstance(node, Scalar):
        return _of_source("from", {"from": Word(node.place, node)}, node.place, site)
    if isinstance(node, Items):
        message = "A list is no rule. For one item after the other: {each: lines, fields: {…}}"
        site.faults.add("E106", node.place, message)
        return None
    words = reading.words(node, RULE_WORDS, site.faults, "A rule")
    return _of_words(words, node, site)


def _of_words(words: Words, node: Entries, site: Site) -> Produce | None:
    if "each" in words:
        return lists.each_word(words, node.place, site, _item)
    for name in ("where", "join"):
        if name in words:
            site.faults.add("E110", words[name].place, f"{name}: needs each: beside it.")
    found = _sources(words, site)
    if len(found) == 1:
        return _of_source(found[0], words, node.place, site)
    if not found and len(words) == len(node.pairs):
        names = ", ".join(("each", *SOURCES))
        message = f"The rule does not say where its value comes from, with one of: {names}."
        site.faults.add("E105", node.place, message)
    return None


def _sources(words: Words, site: Site) -> list[str]:
    found = [name for name in words if name in SOURCES]
    if len(found) > 1:
        message = f"{found[0]} and {found[1]} do not go together: one of them says where to read."
        site.faults.add("E110", words[found[1]].place, message)
    return found


def _of_source(name: str, words: Words, place: Place, site: Site) -> Produce | None:
    source = SOURCES[name]
    for other, word in words.items():
        owners = [owner for owner, entry in SOURCES.items() if other in entry.companions]
        foreign = owners and other not in source.companions
        if foreign and not (other == "else" and "map" in words):
            message = f"{other}: goes with {' or '.join(owners)}, not with {name}."
            site.faults.add("E110", word.place, message)
        if other in source.refused:
            site.faults.add("E110", word.place, f"{other}: does not go with {name}.")
    produce = source.build(words, site)
    return None if produce is None else pipeline(produce, words, place, site)


def _item(words: Words, place: Place, site: Site) -> Produce | None:
    """Return what makes one result of an item of a list; with no source it is the item."""
    found = _sources(words, site)
    if found == ["fields"]:
        # unlike a single object, an item without any field stays: lists keep their length
        return fields(words["fields"].node, site)
    if len(found) == 1:
        return _of_source(found[0], words, place, site)
    own = sources.checked(lambda frame: frame.item, sources.ITSELF, hidden=site.hidden)
    return None if found else pipeline(own, words, place, site)


# ---- sources in two forms --------------------------------------------------------------------


def _from(words: Words, site: Site) -> Produce | None:
    strict, node = sources.from_word(words, site), words["from"].node
    if strict is None or not isinstance(node, Scalar):
        return None
    value = quick_reader(parse_path(node.text))
    pattern = "{text} if type({text} := {value}) is str else {single}({text})"
    return Quick(strict, code(pattern, text=Variable(), value=value, single=Constant(single)))


def _value(words: Words, site: Site) -> Produce | None:
    return _constant(words["value"].node, words, site)


def _constant(node: Node, words: Words, site: Site) -> Produce | None:
    strict = sources.constant_of(node, words, site)
    if strict is None or not isinstance(node, Scalar):
        return None
    return always(sources.constant(node, words))


def _calc(words: Words, site: Site) -> Produce | None:
    produce = expression(words["calc"].node, site)
    return None if produce is None else combined(single, produce)


# ---- sources made of other rules -------------------------------------------------------------


def _text(words: Words, site: Site) -> Produce | None:
    parts: dict[str, Produce] = {}
    if "parts" in words:
        for name, word in reading.entries(words["parts"].node, site.faults, "parts").items():
            parts[name] = rule(word.node, replace(site, shape=None)) or _nothing
    return template(words["text"].node, site, parts)


def _nothing(_frame: Frame) -> Any:
    return MISSING


def _when(words: Words, site: Site) -> Produce | None:
    if "then" not in words:
        site.faults.add("E105", words["when"].place, "when: needs then: beside it.")
        return None
    holds = condition(words["when"].node, site)
    then = _branch(words["then"].node, words, site)
    otherwise = _branch(words["else"].node, words, site) if "else" in words else always(MISSING)
    if holds is None or then is None or otherwise is None:
        return None
    yes, no, test = strict_of(then), strict_of(otherwise), strict_of(holds)
    return Quick(
        lambda frame: yes(frame) if test(frame) else no(frame),
        code("{then} if {holds} else {otherwise}", then=then, holds=holds, otherwise=otherwise),
    )


def _branch(node: Node, words: Words, site: Site) -> Produce | None:
    if isinstance(node, Entries):
        return rule(node, site)
    return _constant(node, words, site)


def _fields(words: Words, site: Site) -> Produce | None:
    built = fields(words["fields"].node, site)
    strict = strict_of(built)
    return Quick(lambda frame: strict(frame) or MISSING, code("{built} or MISSING", built=built))


def fields(node: Node, site: Site) -> Produce:
    """Return what fills an object; a field that cannot be filled is recorded, none raises."""
    known = site.shape.fields if site.shape is not None else {}
    found = reading.entries(node, site.faults, "fields")
    rules: list[tuple[str, Produce, str, Place]] = []
    for name, word in found.items():
        if known and name not in known:
            site.faults.add("E103", word.place, f"The target has no {name}.{nearest(name, known)}")
        inner = site.into_field(name, known.get(name))
        _check_kind(word.node, inner)
        produce = rule(word.node, inner)
        if produce is not None:
            rules.append((name, produce, inner.target, word.node.place))
    _check_filled(known, found, node.place, site)
    strict = _filler(tuple(rules))
    return in_two_forms(strict, filler([(name, produce) for name, produce, *_ in rules], strict))


def _check_filled(
    known: Mapping[str, Shape], found: Mapping[str, Word], place: Place, site: Site
) -> None:
    unfilled = [name for name, shape in known.items() if shape.required and name not in found]
    if unfilled:
        owner = site.target or "The target"
        message = f"{owner} needs {', '.join(unfilled)}, which no rule fills."
        site.faults.add("E104", place, message)


def _check_kind(node: Node, site: Site) -> None:
    """Report a list filled without `each`, a single value filled with it, an object by a path."""
    if site.shape is None:
        return
    names = {key.text for key, _ in node.pairs} if isinstance(node, Entries) else {"from"}
    if "when" in names:
        return
    made = "list" if "each" in names and "join" not in names else "single"
    made = "object" if names & {"fields"} and "each" not in names else made
    wanted = "single" if site.shape.single else site.shape.type
    if made != wanted:
        site.faults.add("E108", node.place, f"{site.target} {_WANTED[wanted]}")


_WANTED: Mapping[str, str] = {
    "list": "is a list: use each.",
    "object": "is an object: use fields.",
    "single": "is a single value, neither list nor object.",
}


def _filler(found: tuple[tuple[str, Produce, str, Place], ...]) -> Produce:
    rules = [(name, strict_of(produce), target, place) for name, produce, target, place in found]

    def run(frame: Frame) -> dict[str, Any]:
        filled: dict[str, Any] = {}
        for name, produce, target, place in rules:
            try:
                value = produce(frame)
            except Stop as stop:
                frame.run.record(frame, stop, target, place)
            else:
                if value is not MISSING:
                    filled[name] = value
        return filled

    return run


#: Where a value may come from. A new word gets its line here and nowhere else.
SOURCES: Mapping[str, Source] = {
    "from": Source(_from),
    "value": Source(_value),
    "text": Source(_text, ("parts",)),
    "calc": Source(_calc),
    "when": Source(_when, ("then", "else"), ("map",)),
    "fields": Source(_fields, (), ("as", "map", "empty", "max_length", "default")),
}

#: All words of a rule.
RULE_WORDS: tuple[str, ...] = (
    *("each", "where", "join"),
    *SOURCES,
    *(word for source in SOURCES.values() for word in source.companions),
    *("empty", "map", "default", "required", "as", "places", "zone", "format"),
    *("max_length", "cut"),
)
