"""The examples inside a document file: a record gives these copies and these terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.errors import Fault
from hub.language import Message, say, sentence_of
from hub.mapping import reading
from hub.mapping.examples.inline import Result, differences
from hub.mapping.faults import CODES, Faults, MappingFault, suggestion
from hub.mapping.reading import Word
from hub.yamlfile import Node, Place

if TYPE_CHECKING:
    from hub.mapping.document import DocumentFile

_WORDS = ("name", "given", "copies", "terms", "expect_error")


@dataclass(frozen=True, slots=True)
class DocumentTest:
    """An example in the file: this record gives these copies and terms, or this fault."""

    name: str
    place: Place
    given: Mapping[str, Any]
    #: Name of a copy → whose it is; copies that are not named may be anybody's.
    copies: Mapping[str, Any] | None = None
    #: All of them, in their order.
    terms: tuple[str, ...] | None = None
    #: Code or name of a fault that must come.
    error: str | None = None


def read_document_tests(word: Word | None, faults: Faults) -> tuple[DocumentTest, ...]:
    """Return the tests of a file."""
    tests: dict[str, DocumentTest] = {}
    for node in reading.items(word, "tests", faults):
        test = _test(node, faults)
        if test.name in tests:
            message = say("There are two tests named {name}.", name=test.name)
            faults.add("E112", node.place, message)
        tests[test.name] = test
    return tuple(tests.values())


def _test(node: Node, faults: Faults) -> DocumentTest:
    words = reading.words(node, _WORDS, faults, say("A test"))
    name = reading.required_text(words, "name", node.place, faults)
    if "given" not in words:
        faults.add("E105", node.place, say("The word {name}: is missing.", name="given"))
    if not ("expect_error" in words) ^ bool({"copies", "terms"} & words.keys()):
        message = say("A test needs copies: or terms:, or else expect_error:")
        faults.add("E105", node.place, message)
    terms = reading.texts(words["terms"], faults, "terms") if "terms" in words else None
    return DocumentTest(
        name,
        node.place,
        _object(words.get("given"), "given", faults) or {},
        _object(words.get("copies"), "copies", faults),
        terms,
        _code(words.get("expect_error"), faults),
    )


def _object(word: Word | None, name: str, faults: Faults) -> Mapping[str, Any] | None:
    if word is None:
        return None
    data = reading.data(word.node)
    if isinstance(data, dict):
        return data
    faults.add("E106", word.place, say("{word}: needs fields with values.", word=name))
    return None


def _code(word: Word | None, faults: Faults) -> str | None:
    code = reading.text(word, faults, "expect_error")
    names = (*CODES, *CODES.values())
    if word is not None and code is not None and code not in names:
        message = say("There is no code {code}.", code=code)
        faults.add("E106", word.place, message, hint=suggestion(code, names))
    return code


# ---- running -----------------------------------------------------------------------------------


def document_failures(document: DocumentFile) -> Iterator[Fault]:
    """Yield a fault for each test of the document that does not come out as it says."""
    for result in document_results(document):
        yield from result.faults


def document_results(document: DocumentFile, wanted: str = "") -> Iterator[Result]:
    """Yield how each test comes out whose name holds the wanted text, in any case of letters."""
    for test in document.tests:
        if wanted.casefold() in test.name.casefold():
            yield Result(document.name, test, (), tuple(_problems(document, test)))


def _problems(document: DocumentFile, test: DocumentTest) -> Iterator[Message]:
    try:
        copies = dict(document.recipients(test.given))
        terms = document.terms_for(test.given)
    except MappingFault as fault:
        codes = {one.code for one in fault.faults}
        if test.error not in {*codes, *(CODES.get(code) for code in codes)}:
            yield from (sentence_of(one) for one in fault.faults)
        return
    if test.error is not None:
        yield say("a fault {code} was expected, but the document can be issued", code=test.error)
    expected: dict[str, Any] = {"copies": test.copies or {}}
    if test.terms is not None:
        expected["terms"] = list(test.terms)
    found = differences(expected, {"copies": copies, "terms": list(terms)})
    yield from (one.message for one in found)
