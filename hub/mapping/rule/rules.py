"""Rules: the words that fill one field, each registered in one table.

A rule says where its value comes from (one word of `SOURCES`); `pipeline` says what becomes
of it. A bare path is the short form of `{from: path}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.measures import plain_result
from hub.mapping.data.shape import Shape
from hub.mapping.data.values import MISSING, single
from hub.mapping.expression.evaluate import condition, expression
from hub.mapping.expression.expressions import parse_path
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Stop, either
from hub.mapping.reading import Word, Words
from hub.mapping.rule import lists, personal, sources
from hub.mapping.rule.convert import is_currency
from hub.mapping.rule.ends import check_type
from hub.mapping.rule.pipeline import Origin, pipeline
from hub.mapping.rule.site import Read, Site
from hub.mapping.rule.template import template
from hub.mapping.rule.whole_lists import LIST_ONLY
from hub.mapping.running.paths import quick_reader
from hub.mapping.running.quick import (
    Constant,
    Quick,
    Variable,
    always,
    code,
    code_of,
    combined,
    filler,
    in_forms,
    strict_of,
)
from hub.mapping.running.run import Frame, Produce
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
        message = say(
            "A list is no rule. For one item after the other: {{each: lines, fields: {{…}}}}"
        )
        site.faults.add("E106", node.place, message)
        return None
    words = reading.words(node, RULE_WORDS, site.faults, say("A rule"))
    return _of_words(words, node, site)


def _of_words(words: Words, node: Entries, site: Site) -> Produce | None:
    if "each" in words:
        return lists.each_word(words, node.place, site, _item)
    for name in LIST_ONLY:
        if name in words:
            message = say("{word}: needs each: beside it.", word=name)
            site.faults.add("E110", words[name].place, message)
    found = _sources(words, site)
    if len(found) == 1:
        return _of_source(found[0], words, node.place, site)
    if not found and len(words) == len(node.pairs):
        names = ", ".join(("each", *SOURCES))
        message = say(
            "The rule does not say where its value comes from, with one of: {names}.", names=names
        )
        site.faults.add("E105", node.place, message)
    return None


def _sources(words: Words, site: Site) -> list[str]:
    found = [name for name in words if name in SOURCES]
    if len(found) > 1:
        message = say(
            "{one} and {other} do not go together: one of them says where to read.",
            one=found[0], other=found[1],
        )  # fmt: skip
        site.faults.add("E110", words[found[1]].place, message)
    return found


def _of_source(name: str, words: Words, place: Place, site: Site) -> Produce | None:
    _check_companions(name, words, site)
    _check_beside(words, site)
    reads = site.reading()
    produce = SOURCES[name].build(words, reads)
    inner = _inner(words, reads)
    personal.check(name, words, reads, site)
    if produce is None:
        return None
    origin = Origin(name, words[name].place, produce, inner)
    hidden = site.hidden or bool(reads.personal)
    return pipeline(origin, words, place, replace(site, hidden=hidden))


def _check_companions(name: str, words: Words, site: Site) -> None:
    source = SOURCES[name]
    for other, word in words.items():
        owners = [owner for owner, entry in SOURCES.items() if other in entry.companions]
        foreign = owners and other not in source.companions
        if foreign and not (other == "else" and ("map" in words or "lookup" in words)):
            message = say(
                "{word}: goes with {owners}, not with {source}.",
                word=other, owners=either(owners), source=name,
            )  # fmt: skip
            site.faults.add("E110", word.place, message)
        if other in source.refused:
            message = say("{word}: does not go with {source}.", word=other, source=name)
            site.faults.add("E110", word.place, message)


def _check_beside(words: Words, site: Site) -> None:
    if "at" in words and "lookup" not in words:
        message = say("{word}: needs {other}: beside it.", word="at", other="lookup")
        site.faults.add("E110", words["at"].place, message)


def _inner(words: Words, site: Site) -> Mapping[str, Produce]:
    """Return the rules of the words that read something themselves."""
    found: dict[str, Produce] = {}
    for name in ("currency", "unit", "at"):
        if name not in words:
            continue
        word = words[name]
        if name == "currency" and is_currency(word):
            found[name] = always(getattr(word.node, "text", ""))
            continue
        produce = rule(word.node, site.within())
        found[name] = produce or _nothing
    return found


def _item(words: Words, place: Place, site: Site) -> Produce | None:
    """Return what makes one result of an item of a list; with no source it is the item."""
    found = _sources(words, site)
    if found == ["fields"]:
        _check_companions("fields", words, site)
        # unlike a single object, an item without any field stays: lists keep their length
        return fields(words["fields"].node, site)
    if len(found) == 1:
        return _of_source(found[0], words, place, site)
    if found:
        return None
    shape, reads = site.shapes[0], site.reading()
    if shape is not None and shape.personal:
        way = Path("item", site.bases[0] or ("each",))
        reads.personal.append(Read(way, shape.personal, place))
    hidden = site.hidden or bool(reads.personal)
    own = sources.checked(lambda frame: frame.item, sources.ITSELF, hidden=hidden)
    origin = Origin("each", place, own, _inner(words, reads))
    personal.check("each", words, reads, site)
    return pipeline(origin, words, place, replace(site, hidden=hidden))


# ---- sources in two forms --------------------------------------------------------------------


def _from(words: Words, site: Site) -> Produce | None:
    strict, node = sources.from_word(words, site), words["from"].node
    if strict is None or not isinstance(node, Scalar):
        return None
    path = parse_path(node.text)
    if path.root == "let":
        return strict
    value = quick_reader(path)
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
    return None if produce is None else combined(plain_result, produce)


def _count(words: Words, site: Site) -> Produce | None:
    return lists.count_word(words["count"].node, site)


# ---- sources made of other rules -------------------------------------------------------------


def _text(words: Words, site: Site) -> Produce | None:
    parts: dict[str, Produce] = {}
    if "parts" in words:
        for name, word in reading.entries(words["parts"].node, site.faults, "parts").items():
            parts[name] = rule(word.node, site.within()) or _nothing
    return template(words["text"].node, site, parts)


def _nothing(_frame: Frame) -> Any:
    return MISSING


def _when(words: Words, site: Site) -> Produce | None:
    if "then" not in words:
        message = say("when: needs then: beside it.")
        site.faults.add("E105", words["when"].place, message)
        return None
    case = _case(words, words, site)
    otherwise = _branch(words["else"].node, words, site) if "else" in words else always(MISSING)
    return None if case is None or otherwise is None else _chosen([case], otherwise)


def _choose(words: Words, site: Site) -> Produce | None:
    node = words["choose"].node
    if not isinstance(node, Items) or not node.nodes:
        message = say("choose: needs a list of cases: - {{when: CONDITION, then: VALUE}}")
        site.faults.add("E106", node.place, message)
        return None
    cases = []
    for item in node.nodes:
        found = reading.words(item, ("when", "then"), site.faults, say("A case"))
        missing = [name for name in ("when", "then") if name not in found]
        if missing:
            message = say("The word {name}: is missing.", name=missing[0])
            site.faults.add("E105", item.place, message)
        else:
            cases.append(_case(found, words, site))
    otherwise = _branch(words["else"].node, words, site) if "else" in words else always(MISSING)
    whole = [case for case in cases if case is not None]
    return None if otherwise is None or len(whole) < len(node.nodes) else _chosen(whole, otherwise)


_Case = tuple[Produce, Produce]


def _case(found: Words, words: Words, site: Site) -> _Case | None:
    holds = condition(found["when"].node, site.asking())
    then = _branch(found["then"].node, words, site)
    return None if holds is None or then is None else (holds, then)


#: Cases that become one expression, each a bracket inside the one before.
_WRITTEN_OUT = 30


def _chosen(cases: list[_Case], otherwise: Produce) -> Produce:
    strict = _first_that_holds(cases, otherwise)
    if len(cases) > _WRITTEN_OUT:
        return strict
    quick = code_of(otherwise)
    for holds, then in reversed(cases):
        quick = code("{then} if {holds} else {otherwise}", then=then, holds=holds, otherwise=quick)
    return Quick(strict, quick)


def _first_that_holds(cases: list[_Case], otherwise: Produce) -> Produce:
    stricts = [(strict_of(holds), strict_of(then)) for holds, then in cases]
    last = strict_of(otherwise)

    def run(frame: Frame) -> Any:
        for holds, then in stricts:
            if holds(frame):
                return then(frame)
        return last(frame)

    return run


def _branch(node: Node, words: Words, site: Site) -> Produce | None:
    if isinstance(node, Entries):
        return rule(node, site.within())
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
            message = say("The target has no {field}.", field=name)
            site.faults.add("E103", word.place, message, hint=site.unknown_field(name))
        inner = site.into_field(name, known.get(name))
        _check_kind(word.node, inner)
        check_type(word.node, inner)
        produce = rule(word.node, inner)
        if produce is not None:
            rules.append((name, produce, inner.target, word.node.place))
    _check_filled(known, found, node.place, site)
    strict = _filler(tuple(rules))
    named = [(name, produce) for name, produce, *_ in rules]
    return in_forms(lambda form: strict if form is strict_of else filler(named, strict, form))


def _check_filled(
    known: Mapping[str, Shape], found: Mapping[str, Word], place: Place, site: Site
) -> None:
    unfilled = [name for name, shape in known.items() if shape.required and name not in found]
    if unfilled:
        message = say(
            "{owner} needs {fields}, which no rule fills.",
            owner=site.target or say("The target"), fields=", ".join(unfilled),
        )  # fmt: skip
        site.faults.add("E104", place, message)


def _check_kind(node: Node, site: Site) -> None:
    """Report a list filled without `each`, a single value filled with it, an object by a path."""
    if site.shape is None:
        return
    made = _made(node)
    wanted = "single" if site.shape.single else site.shape.type
    if made is not None and made != wanted:
        message = say("{target} {wanted}", target=site.target, wanted=_WANTED[wanted])
        site.faults.add("E108", node.place, message)


def _made(node: Node) -> str | None:
    """Return what a rule makes, as far as its words show it: list, object or single."""
    if not isinstance(node, Entries):
        return None if isinstance(node, Scalar) and node.text.startswith("$") else "single"
    names = node.words
    if names.keys() & {"when", "choose"}:
        return None
    if "each" in names:
        return "single" if "join" in names else "list"
    if "split" in names:
        return "list"
    kind = getattr(names.get("as"), "text", "")
    if "fields" in names or kind in {"money", "quantity"}:
        return "object"
    own = getattr(names.get("from"), "text", "")
    if not kind and (own.startswith("$") or "calc" in names):
        return None
    return "single"


_WANTED: Mapping[str, str] = {
    "list": say("is a list: use each."),
    "object": say("is an object: use fields."),
    "single": say("is a single value, neither list nor object."),
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


#: Words that change a single value, and make no sense of an object or list as a whole.
_OF_VALUES = (
    *("as", "thousands", "scale", "places", "round", "currency", "unit", "zone", "format"),
    *("map", "lookup", "at", "empty", "split", "check", "redact", "allow_personal"),
    *("max_length", "cut", "default"),
)

#: Where a value may come from. A new word gets its line here and nowhere else.
SOURCES: Mapping[str, Source] = {
    "from": Source(_from),
    "value": Source(_value),
    "text": Source(_text, ("parts",)),
    "calc": Source(_calc),
    "when": Source(_when, ("then", "else"), ("map", "lookup")),
    "choose": Source(_choose, ("else",), ("map", "lookup")),
    "count": Source(_count),
    "fields": Source(_fields, (), _OF_VALUES),
}

#: All words of a rule.
RULE_WORDS: tuple[str, ...] = (
    *("each", *LIST_ONLY),
    *SOURCES,
    *dict.fromkeys(word for source in SOURCES.values() for word in source.companions),
    *("empty", "split", "map", "lookup", "at", "default", "required"),
    *("as", "thousands", "scale", "places", "round", "currency", "unit", "zone"),
    *("check", "redact", "allow_personal", "format", "max_length", "cut", "back"),
)
