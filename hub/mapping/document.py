"""A document file: which papers a route issues, for whom, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.values import absent, is_nothing, source_text
from hub.mapping.examples.document_tests import DocumentTest, read_document_tests
from hub.mapping.faults import Faults, Stop
from hub.mapping.reading import Word
from hub.mapping.route import Condition, frame_of, read_condition, read_record
from hub.mapping.rule.site import Site
from hub.mapping.rule.sources import from_path
from hub.mapping.rule.template import template
from hub.mapping.running.quick import strict_of
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Entries, Node, Place, Scalar

#: What the words of a document are in.
PaperLanguage: TypeAlias = Literal["zh", "en", "both"]
#: Whether who approved is printed by name, or by role only.
Approvers: TypeAlias = Literal["names", "roles"]

_WORDS = (
    *("document", "title", "record", "language", "levels", "approvers", "approval_order"),
    *("copies", "terms", "tests"),
)
_COPY_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MAX_NAME = 90
#: Copies and terms one document may have.
_MOST_COPIES, _MOST_TERMS = 20, 50


@dataclass(frozen=True, slots=True)
class CopyRule:
    """One copy of a document, and whose it is."""

    name: str
    to: Produce = field(repr=False, compare=False)
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """One sentence of a document, and when it stands there."""

    text: Produce = field(repr=False, compare=False)
    when: Condition | None
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """What is printed when a record of one kind is approved, and for whom."""

    name: str
    title_zh: str
    title_en: str
    #: Kind of the records it is for.
    record: str
    language: PaperLanguage
    #: Approval level → what it is called in print; a level that is not named goes by its own name.
    levels: Mapping[str, str]
    approvers: Approvers
    #: A level must not have decided before an earlier one.
    approval_order: bool
    copies: tuple[CopyRule, ...]
    terms: tuple[Term, ...]
    tests: tuple[DocumentTest, ...]
    file: str
    place: Place = field(compare=False)

    def recipients(self, document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Return the name of each copy and whose it is, in one line.

        `MappingFault` with every one the record does not tell.
        """
        rules = [(f"copies.{one.name}", one.to, one.place) for one in self.copies]
        names = (one.name for one in self.copies)
        return tuple(zip(names, _written(document, rules), strict=True))

    def terms_for(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the terms that hold for a record; `MappingFault` where one cannot be written."""
        frame = frame_of(document)
        numbered = enumerate(self.terms)
        standing = [
            (f"terms[{at}]", one.text, one.place)
            for at, one in numbered
            if one.when is None or one.when.holds(document, frame)
        ]
        return _written(document, standing)


def _written(
    document: Mapping[str, Any], rules: Iterable[tuple[str, Produce, Place]]
) -> tuple[str, ...]:
    frame = frame_of(document)
    texts = []
    for target, produce, place in rules:
        try:
            texts.append(_in_one_line(produce(frame)))
        except Stop as stop:
            frame.run.record(frame, stop, target, place)
    frame.run.finish()
    return tuple(texts)


def _in_one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        raise Stop("E203", say("is empty"))
    return line


# ---- reading -----------------------------------------------------------------------------------


def read_document(node: Node, file: str, faults: Faults) -> DocumentFile:
    """Return the document of a file; when faults were added it must not be used."""
    words = reading.words(node, _WORDS, faults, say("A document file"))
    record, shape = read_record(words, node.place, faults)
    site = Site(faults, (shape,), routing=True)
    name = _name(words, node.place, faults)
    zh, en = _titles(words.get("title"), name, faults)
    return DocumentFile(
        name=name,
        title_zh=zh,
        title_en=en,
        record=record,
        language=_choice(words, "language", PaperLanguage, faults) or "zh",
        levels=_levels(words.get("levels"), faults),
        approvers=_choice(words, "approvers", Approvers, faults) or "names",
        approval_order=reading.boolean(
            words.get("approval_order"), faults, "approval_order", default=False
        ),
        copies=_copies(words.get("copies"), node.place, site),
        terms=_terms(words.get("terms"), site),
        tests=read_document_tests(words.get("tests"), faults),
        file=file,
        place=words["document"].place if "document" in words else node.place,
    )


def _name(words: Mapping[str, Word], place: Place, faults: Faults) -> str:
    name = reading.required_text(words, "document", place, faults)
    if len(name) > _MAX_NAME:
        message = say("A name may have {most} characters.", most=_MAX_NAME)
        faults.add("E005", words["document"].node.place, message)
    return name


def _choice(words: Mapping[str, Word], name: str, allowed: Any, faults: Faults) -> Any:
    return reading.choice(words.get(name), get_args(allowed), faults, name)


def _titles(word: Word | None, name: str, faults: Faults) -> tuple[str, str]:
    """Return the title in Chinese and in English; one of them is enough."""
    if word is None:
        return name, name
    if isinstance(word.node, Scalar):
        one = reading.text(word, faults, "title") or name
        return one, one
    words = reading.words(word.node, ("zh", "en"), faults, "title")
    zh, en = (reading.text(words.get(one), faults, one) or "" for one in ("zh", "en"))
    return zh or en or name, en or zh or name


def _levels(word: Word | None, faults: Faults) -> Mapping[str, str]:
    if word is None:
        return {}
    named = reading.entries(word.node, faults, "levels")
    return {name: reading.text(one, faults, name) or name for name, one in named.items()}


# ---- copies and terms --------------------------------------------------------------------------


def _copies(word: Word | None, place: Place, site: Site) -> tuple[CopyRule, ...]:
    found: dict[str, CopyRule] = {}
    nodes = reading.items(word, "copies", site.faults)
    for node in nodes:
        one = _copy(node, site)
        if one.name in found:
            message = say("There are two copies named {name}.", name=one.name)
            site.faults.add("E112", node.place, message)
        found[one.name] = one
    if not nodes:
        message = say("copies: needs at least one: - {{copy: customer, to: customer.name}}")
        site.faults.add("E105", word.place if word else place, message)
    if len(nodes) > _MOST_COPIES:
        message = say("More than {most} copies.", most=_MOST_COPIES)
        site.faults.add("E005", nodes[_MOST_COPIES].place, message)
    return tuple(found.values())


def _copy(node: Node, site: Site) -> CopyRule:
    words = reading.words(node, ("copy", "to"), site.faults, say("A copy"))
    name = reading.required_text(words, "copy", node.place, site.faults)
    if name and _COPY_NAME.fullmatch(name) is None:
        message = say(
            "copy: cannot be {name!r}; use lower-case letters, digits, - and _, 40 at most.",
            name=name,
        )
        site.faults.add("E106", words["copy"].node.place, message)
    if "to" not in words:
        site.faults.add("E105", node.place, say("The word {name}: is missing.", name="to"))
    return CopyRule(name, _recipient(words.get("to"), site), node.place)


def _recipient(word: Word | None, site: Site) -> Produce:
    if word is not None and isinstance(word.node, Entries):
        words = reading.words(word.node, ("text",), site.faults, "to")
        if "text" not in words:
            message = say("The word {name}: is missing.", name="text")
            site.faults.add("E105", word.place, message)
            return _nothing
        return _text(words["text"].node, site)
    if word is not None and isinstance(word.node, Scalar):
        return _as_text(from_path(word.node, site) or _nothing)
    if word is not None:
        message = say('to: needs a path, or {{text: "…"}} with paths in braces.')
        site.faults.add("E106", word.place, message)
    return _nothing


def _as_text(read: Produce) -> Produce:
    def run(frame: Frame) -> str:
        value = read(frame)
        if is_nothing(value):
            raise absent(value)
        return source_text(value)

    return run


def _terms(word: Word | None, site: Site) -> tuple[Term, ...]:
    nodes = reading.items(word, "terms", site.faults)
    if len(nodes) > _MOST_TERMS:
        message = say("More than {most} terms.", most=_MOST_TERMS)
        site.faults.add("E005", nodes[_MOST_TERMS].place, message)
    return tuple(_term(node, site) for node in nodes)


def _term(node: Node, site: Site) -> Term:
    if not isinstance(node, Entries):
        return Term(_text(node, site), None, node.place)
    words = reading.words(node, ("text", "if"), site.faults, say("A term"))
    if "text" not in words:
        site.faults.add("E105", node.place, say("The word {name}: is missing.", name="text"))
        return Term(_nothing, None, node.place)
    return Term(_text(words["text"].node, site), read_condition(words.get("if"), site), node.place)


def _text(node: Node, site: Site) -> Produce:
    written = template(node, site, {})
    return _nothing if written is None else strict_of(written)


def _nothing(_frame: Frame) -> str:
    """Stand where a fault was added."""
    return ""
