"""Tests inside a watch file: given this record, and maybe one that arrives, expect that.

    tests:
      - name: the order came
        given: {number: HT-2026-77, status: signed}
        arrives: {number: SO-1, contract_no: HT-2026-77}
        expect: cleared

Time is counted by the standard calendar: China's holidays, 09:00 to 18:00.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from hub.calendars import STANDARD
from hub.errors import Fault
from hub.language import Message, say, sentence_of
from hub.mapping import reading
from hub.mapping.examples.inline import Result
from hub.mapping.faults import Faults, MappingFault
from hub.mapping.reading import Word
from hub.yamlfile import Items, Place

if TYPE_CHECKING:
    from hub.mapping.watch import Side, Watch

#: The watch waits; what it waits for came; it has nothing to do with the record.
Outcome: TypeAlias = Literal["armed", "cleared", "nothing"]

OUTCOMES = ("armed", "cleared", "nothing")
_WORDS = ("name", "given", "at", "arrives", "expect", "deadline")


@dataclass(frozen=True, slots=True)
class WatchTest:
    """One test of a watch."""

    name: str
    place: Place
    given: Mapping[str, Any]
    expect: Outcome
    arrives: Mapping[str, Any] | None = None
    #: When the record comes, and until when the other one must have come.
    at: datetime | None = None
    deadline: datetime | None = None


def read_tests(word: Word | None, faults: Faults) -> tuple[WatchTest, ...]:
    """Return the tests of a file."""
    if word is None:
        return ()
    if not isinstance(word.node, Items):
        faults.add("E106", word.place, say("tests: needs a list, each starting with - name:"))
        return ()
    tests: dict[str, WatchTest] = {}
    for node in word.node.nodes:
        test = _read_test(reading.words(node, _WORDS, faults, say("A test")), node.place, faults)
        if test.name in tests:
            message = say("There are two tests named {name}.", name=test.name)
            faults.add("E112", node.place, message)
        tests[test.name] = test
    return tuple(tests.values())


def _read_test(found: Mapping[str, Word], place: Place, faults: Faults) -> WatchTest:
    for word in ("given", "expect"):
        if word not in found:
            faults.add("E105", place, say("The word {name}: is missing.", name=word))
    if ("deadline" in found) != ("at" in found):
        faults.add("E105", place, say("at: and deadline: of a test go together."))
    expect = reading.choice(found.get("expect"), OUTCOMES, faults, "expect")
    return WatchTest(
        reading.required_text(found, "name", place, faults),
        place,
        _object(found.get("given"), "given", faults) or {},
        cast(Outcome, expect or "armed"),
        _object(found.get("arrives"), "arrives", faults),
        _moment(found.get("at"), "at", faults),
        _moment(found.get("deadline"), "deadline", faults),
    )


def _object(word: Word | None, name: str, faults: Faults) -> Mapping[str, Any] | None:
    if word is None:
        return None
    data = reading.data(word.node)
    if isinstance(data, dict):
        return data
    faults.add("E106", word.place, say("{word}: needs fields with values.", word=name))
    return None


def _moment(word: Word | None, name: str, faults: Faults) -> datetime | None:
    text = reading.text(word, faults, name)
    if word is None or text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = say("{word}: needs a time such as 2026-11-20 17:00.", word=name)
        faults.add("E106", word.node.place, message)
        return None
    return found if found.tzinfo else found.replace(tzinfo=STANDARD.zone)


# ---- running ---------------------------------------------------------------------------------


def watch_failures(watch: Watch) -> Iterator[Fault]:
    """Yield a fault for each test of the watch that does not come out as it says."""
    for result in watch_results(watch):
        yield from result.faults


def watch_results(watch: Watch, wanted: str = "") -> Iterator[Result]:
    """Yield how each test comes out whose name holds the wanted text, in any case of letters."""
    for test in watch.tests:
        if wanted.casefold() in test.name.casefold():
            yield Result(watch.name, test, (), tuple(_problems(watch, test)))


def _problems(watch: Watch, test: WatchTest) -> Iterator[Message]:
    try:
        armed = _keys(watch.when, test.given)
        cleared = armed & _keys(watch.unless, test.arrives)
    except MappingFault as fault:
        yield from (sentence_of(one) for one in fault.faults)
        return
    got = "cleared" if cleared else "armed" if armed else "nothing"
    if got != test.expect:
        yield say("expected {expected}, got {got}", expected=test.expect, got=got)
    if test.at is None or test.deadline is None or not armed:
        return
    deadline = STANDARD.add(test.at, watch.within)
    if deadline != test.deadline:
        here = deadline.astimezone(test.deadline.tzinfo)
        yield say(
            "deadline: expected {expected}, got {got}",
            expected=test.deadline.isoformat(" ", "minutes"), got=here.isoformat(" ", "minutes"),
        )  # fmt: skip


def _keys(side: Side, document: Mapping[str, Any] | None) -> set[str]:
    return set() if document is None else set(side.keys(document))
