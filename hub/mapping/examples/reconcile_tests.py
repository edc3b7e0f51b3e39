"""Tests inside a reconciliation file: given these documents of each side, expect these findings.

tests:
  - name: four days are one too many
    given:
      crm: {number: CM-1, due_on: "2026-08-01"}
      finance: {annex_no: CM-1, due_date: "2026-08-05"}
    expect: [{key: CM1, side: finance, kind: differs, field: payment_due, difference: +4 d}]

Where a file has slices, `expect_slices` names some of their cells; see `slice_tests`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.errors import Fault
from hub.language import Message, say, sentence_of
from hub.mapping import reading
from hub.mapping.examples.inline import Result
from hub.mapping.examples.slice_tests import (
    SLICE_WORDS,
    ExpectedSlices,
    read_expected,
    slice_problems,
)
from hub.mapping.faults import Faults, MappingFault
from hub.mapping.reading import Word
from hub.yamlfile import Items, Place

if TYPE_CHECKING:
    from hub.mapping.reconciliation.definition import Reconciliation
    from hub.mapping.reconciliation.slices.definition import Slices

_WORDS = ("name", "given", "expect", *SLICE_WORDS)
_EXPECTED = ("key", "side", "kind", "field", "difference")


@dataclass(frozen=True, slots=True)
class ReconcileTest:
    """One test of a reconciliation."""

    name: str
    place: Place
    #: Side → its documents.
    given: Mapping[str, tuple[Mapping[str, Any], ...]]
    #: Each a part of a finding; all there are, in any order.
    expect: tuple[Mapping[str, str], ...]
    #: Cells of the slices; None: they are not looked at.
    slices: ExpectedSlices | None = None


def read_reconcile_tests(
    word: Word | None, sides: Collection[str], slices: Slices | None, faults: Faults
) -> tuple[ReconcileTest, ...]:
    """Return the tests of a file."""
    tests: dict[str, ReconcileTest] = {}
    for node in reading.items(word, "tests", faults):
        found = reading.words(node, _WORDS, faults, say("A test"))
        for name in ("given", "expect"):
            if name not in found:
                faults.add("E105", node.place, say("The word {name}: is missing.", name=name))
        test = ReconcileTest(
            reading.required_text(found, "name", node.place, faults), node.place,
            _given(found.get("given"), sides, faults), _expected(found.get("expect"), faults),
            read_expected(found, slices, faults),
        )  # fmt: skip
        if test.name in tests:
            message = say("There are two tests named {name}.", name=test.name)
            faults.add("E112", node.place, message)
        tests[test.name] = test
    return tuple(tests.values())


def _given(
    word: Word | None, sides: Collection[str], faults: Faults
) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    if word is None:
        return {}
    found = reading.words(word.node, sides, faults, "given")
    given = {}
    for side, one in found.items():
        nodes = one.node.nodes if isinstance(one.node, Items) else (one.node,)
        documents = [reading.data(node) for node in nodes]
        if not all(isinstance(document, dict) for document in documents):
            message = say("{word}: needs fields with values.", word=side)
            faults.add("E106", one.place, message)
            continue
        given[side] = tuple(documents)
    return given


def _expected(word: Word | None, faults: Faults) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {
            name: getattr(one.node, "text", "")
            for name, one in reading.words(node, _EXPECTED, faults, say("A finding")).items()
        }
        for node in reading.items(word, "expect", faults)
    )


# ---- running ---------------------------------------------------------------------------------


def reconcile_failures(definition: Reconciliation) -> Iterator[Fault]:
    """Yield a fault for each test of the file that does not come out as it says."""
    for result in reconcile_results(definition):
        yield from result.faults


def reconcile_results(definition: Reconciliation, wanted: str = "") -> Iterator[Result]:
    """Yield how each test comes out whose name holds the wanted text, in any case of letters."""
    for test in definition.tests:
        if wanted.casefold() in test.name.casefold():
            yield Result(definition.name, test, (), tuple(_problems(definition, test)))


def _problems(definition: Reconciliation, test: ReconcileTest) -> Iterator[Message]:
    from hub.mapping.reconciliation.together import opinions

    try:
        found = [one for opinion in opinions(definition, test.given) for one in opinion]
    except MappingFault as fault:
        yield from (sentence_of(one) for one in fault.faults)
        return
    left = list(found)
    for wanted in test.expect:
        fitting = next((one for one in left if wanted.items() <= one.items()), None)
        if fitting is None:
            yield say("expected {wanted}, found {found}",
                      wanted=_shown(wanted), found=_all(found))  # fmt: skip
        else:
            left.remove(fitting)
    for one in left:
        yield say("found {one}, which was not expected", one=_shown(one))
    if test.slices is not None:
        yield from slice_problems(definition, test.given, test.slices)


def _shown(one: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in one.items() if value) + "}"


def _all(found: Collection[Mapping[str, str]]) -> str | Message:
    return ", ".join(map(_shown, found)) or say("nothing")
