"""The examples inside a gate file: a document with these approvals gives this answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from hub.errors import Fault
from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.examples.inline import Result
from hub.mapping.faults import Faults
from hub.mapping.reading import Word
from hub.mapping.verdict import Answer, Decided, judge
from hub.people import People
from hub.yamlfile import Node, Place

if TYPE_CHECKING:
    from hub.mapping.gate import Gate

_WORDS = ("name", "given", "approvals", "expect", "reasons")
_APPROVAL_WORDS = ("level", "person", "role", "decision", "auto_passed")
#: When the examples are judged; no file can say anything that depends on it.
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GateTest:
    """An example in the file: this document with these approvals gives this answer."""

    name: str
    place: Place
    given: Mapping[str, object]
    approvals: tuple[Mapping[str, object], ...]
    expect: Answer
    #: Each must be a part of one of the reasons, in either language.
    reasons: tuple[str, ...] = ()


def read_gate_tests(word: Word | None, faults: Faults) -> tuple[GateTest, ...]:
    """Return the tests of a file."""
    tests: dict[str, GateTest] = {}
    for node in reading.items(word, "tests", faults):
        test = _test(node, faults)
        if test.name in tests:
            message = say("There are two tests named {name}.", name=test.name)
            faults.add("E112", node.place, message)
        tests[test.name] = test
    return tuple(tests.values())


def _test(node: Node, faults: Faults) -> GateTest:
    words = reading.words(node, _WORDS, faults, say("A test"))
    name = reading.required_text(words, "name", node.place, faults)
    for needed in ("given", "expect"):
        if needed not in words:
            faults.add("E105", node.place, say("The word {name}: is missing.", name=needed))
    expect: Any = reading.choice(words.get("expect"), get_args(Answer), faults, "expect")
    approvals = tuple(
        _approval(one, faults) for one in reading.items(words.get("approvals"), "approvals", faults)
    )
    reasons = reading.texts(words.get("reasons"), faults, "reasons")
    return GateTest(
        name, node.place, _given(words.get("given"), faults), approvals, expect or "allow", reasons
    )


def _given(word: Word | None, faults: Faults) -> Mapping[str, Any]:
    data = {} if word is None else reading.data(word.node)
    if isinstance(data, dict):
        return data
    assert word is not None  # noqa: S101 (an absent word gives an empty object)
    faults.add("E106", word.place, say("{word}: needs fields with values.", word="given"))
    return {}


def _approval(node: Node, faults: Faults) -> Mapping[str, Any]:
    words = reading.words(node, _APPROVAL_WORDS, faults, say("An approval"))
    reading.required_text(words, "person", node.place, faults)
    return {name: reading.data(word.node) for name, word in words.items()}


def gate_failures(gate: Gate) -> Iterator[Fault]:
    """Yield a fault for each test of the gate that does not come out as it says."""
    for result in gate_results(gate):
        yield from result.faults


def gate_results(gate: Gate, wanted: str = "") -> Iterator[Result]:
    """Yield how each test comes out whose name holds the wanted text, in any case of letters."""
    for test in gate.tests:
        if wanted.casefold() in test.name.casefold():
            yield Result(gate.name, test, (), tuple(_problems(gate, test)))


def _problems(gate: Gate, test: GateTest) -> Iterator[Message]:
    decisions = [_decided(one) for one in test.approvals]
    verdict = judge(gate, test.given, decisions, People(), _MOMENT)
    if verdict.answer != test.expect:
        yield say("the answer is {answer}, expected {expect}", answer=verdict.answer,
                  expect=test.expect)  # fmt: skip
    given = [text for one in verdict.reasons for text in (one.en, one.zh)]
    for wanted in test.reasons:
        if not any(wanted in reason for reason in given):
            yield say("no reason says {wanted!r}", wanted=wanted)


def _decided(said: Mapping[str, Any]) -> Decided:
    return Decided(
        str(said.get("level", "")), str(said.get("person", "")),
        str(said.get("decision", "approved")), said.get("role"), said.get("auto_passed") is True,
        _MOMENT,
    )  # fmt: skip
