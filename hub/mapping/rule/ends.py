"""Whether a mapping fits both its ends: what it leaves out, what nobody uses, types that clash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.shape import Shape
from hub.mapping.faults import Faults
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import Reads, Site, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.rule.types import WRITING, made
from hub.records import Record
from hub.yamlfile import Node, Place, Scalar, words_of

_Way: TypeAlias = tuple[str, ...]

#: What every record has around its content; the hub itself looks after it.
_ENVELOPE = frozenset(Record.model_fields)
#: Type of a target field → types a value may have to go in without a word.
_TAKES: Mapping[str, frozenset[str]] = {
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer"}),
    "decimal": frozenset({"decimal", "integer"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"datetime"}),
}


def check_type(node: Node, site: Site) -> None:
    """Report a rule whose value has another type than its target field (E114)."""
    shape = site.shape
    type_ = made(node, site)
    if shape is None:
        return
    if "file" in (shape.type, type_):
        _check_file(node, shape.type, type_, site)
        return
    if type_ is None or type_ in _TAKES.get(shape.type, (type_,)):
        return
    message = say(
        "{target} is {wanted}, and the rule gives {made}.",
        target=site.target, wanted=shape.type, made=type_,
    )  # fmt: skip
    site.faults.add("E114", node.place, message, hint=_what_gives_it(node, shape.type))


def _check_file(node: Node, wanted: str, given: str | None, site: Site) -> None:
    """Report a file that goes into a text, and anything else that goes into a file."""
    if wanted != "file":
        message = say("{target} takes no file.", target=site.target)
        hint = say("$document.file goes only where the operation takes a file.")
        site.faults.add("E114", node.place, message, hint=hint)
    elif given != "file" or "default" in words_of(node):
        message = say("{target} is a file.", target=site.target)
        site.faults.add("E114", node.place, message, hint=say("Write $document.file."))


def _what_gives_it(node: Node, wanted: str) -> str:
    """Return what makes the rule give the type its target field has."""
    words = words_of(node)
    if words.keys() & {"each", "split", "fields"}:
        return ""
    writing = next((word for word in WRITING if word in words), None)
    if writing is not None:
        return say("{word}: writes text; take it out.", word=writing)
    if "as" in words:
        return say("Write as: {type} instead.", type=wanted)
    return say("Add as: {type}", type=wanted)


def check_reads(
    source: Shape | None, words: Words, ignored: set[_Way], site: Site, faults: Faults
) -> None:
    """Warn of source fields neither mapped nor ignored (W101), and of unused names (W102)."""
    if source is not None:
        own = source.fields if site.declaring[0] else _without_envelope(source)
        _check_left_out(own, words["from"].place, ignored, site.reads, faults)
    for word, used in (("let", site.reads.lets), ("tables", site.reads.tables)):
        for name, entry in _named(words, word):
            if name not in used:
                message = say("Nothing uses {name}.", name=f"${name}" if word == "let" else name)
                faults.warn("W102", entry, message, hint=say("Delete it, or use it."))


def _named(words: Words, word: str) -> Iterator[tuple[str, Place]]:
    node = words[word].node if word in words else None
    for key, _ in getattr(node, "pairs", ()):
        yield key.text, key.place


def _without_envelope(record: Shape) -> Mapping[str, Shape]:
    return {name: shape for name, shape in record.fields.items() if name not in _ENVELOPE}


def _check_left_out(
    fields: Mapping[str, Shape], place: Place, ignored: set[_Way], reads: Reads, faults: Faults
) -> None:
    found = [
        way
        for name, shape in fields.items()
        for way in _left_out(shape, (name,), ignored, reads.paths)
    ]
    if found:
        names = ", ".join(".".join(way) for way in found)
        message = say("Neither mapped nor ignored: {names}.", names=names)
        hint = say("Map them, or name them under ignore: if that is meant.")
        faults.warn("W101", place, message, hint=hint)


def _left_out(shape: Shape, way: _Way, ignored: set[_Way], reads: set[_Way]) -> list[_Way]:
    """Return the ways nobody reads; one to the whole where nothing inside is read."""
    if way in ignored:
        return []
    if not shape.fields:
        # of what nobody knows the inside of, any part counts
        return [] if way in reads or _goes_into(way, reads) else [way]
    if not _goes_into(way, reads | ignored):
        return [way]
    return [
        found
        for name, field in shape.fields.items()
        for found in _left_out(field, (*way, name), ignored, reads)
    ]


def _goes_into(way: _Way, ways: set[_Way]) -> bool:
    return any(len(other) > len(way) and other[: len(way)] == way for other in ways)


def ignored_ways(word: Word | None, site: Site) -> set[_Way]:
    """Return the source paths of `ignore:`, without list indexes; report what is none."""
    if word is None:
        return set()
    reading.texts(word, site.faults, "ignore")
    found = set()
    for node in getattr(word.node, "nodes", (word.node,)):
        path = path_of(node, site) if isinstance(node, Scalar) and not node.null else None
        if path is not None:
            resolve(path, site, node.place, through=True)
            found.add(site.from_top(path))
    return {way for way in found if way is not None}
