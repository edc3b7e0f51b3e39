"""Tests inside a mapping file: given a document, expect these fields, a fault, or a skip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from hub.errors import Fault
from hub.language import Message, say, sentence_of
from hub.mapping import reading
from hub.mapping.data.values import MISSING, is_decimal_text, shown
from hub.mapping.faults import CODES, Faults, MappingFault, RuleFault, suggestion
from hub.mapping.reading import Word
from hub.mapping.running.lookups import GivenLookUps, LinksMissing
from hub.mapping.running.run import EMPTY, Scope
from hub.mapping.two_way.round_trip import losses
from hub.yamlfile import Items, Place, Way, dotted

if TYPE_CHECKING:
    from hub.mapping.field_mapping import FieldMapping

_SCOPE_WORDS = ("links", "results", "delivery", "document", "lookups")
#: What `redact: hash` takes in tests: the same text on every machine.
_SECRET = b"test"
_WORDS = (
    *("name", "given", "base", "change", *_SCOPE_WORDS),
    *("expect", "expect_error", "expect_skip", "round_trip"),
)


@dataclass(frozen=True, slots=True)
class InlineTest:
    """One test of a mapping."""

    name: str
    place: Place
    given: Mapping[str, Any]
    scope: Scope = EMPTY
    #: A part of the mapped document; None when none is asked for.
    expect: Mapping[str, Any] | None = None
    #: Code (`E201` or its name) and target field of a fault that must come.
    error: tuple[str | None, str | None] | None = None
    #: `when:` must not hold.
    skip: bool = False
    #: Mapping back must give the document again; None: it must where the file is two-way.
    round_trip: bool | None = None
    words: Mapping[str, Any] = field(default_factory=dict)


def read_tests(word: Word | None, faults: Faults) -> tuple[InlineTest, ...]:
    """Return the tests of a file."""
    if word is None:
        return ()
    if not isinstance(word.node, Items):
        faults.add("E106", word.place, say("tests: needs a list, each starting with - name:"))
        return ()
    tests: dict[str, InlineTest] = {}
    for node in word.node.nodes:
        found = reading.words(node, _WORDS, faults, say("A test"))
        test = _read_test(found, node.place, tests, faults)
        if test.name in tests:
            message = say("There are two tests named {name}.", name=test.name)
            faults.add("E112", node.place, message)
        tests[test.name] = test
    return tuple(tests.values())


def _read_test(
    found: Mapping[str, Word], place: Place, earlier: Mapping[str, InlineTest], faults: Faults
) -> InlineTest:
    name = reading.required_text(found, "name", place, faults)
    base = _base(found.get("base"), earlier, faults)
    scope_words = {word: _object(found, word, faults) for word in _SCOPE_WORDS}
    if base is not None:
        scope_words = {word: {**base.words[word], **own} for word, own in scope_words.items()}
    given = _given(found, base, place, faults)
    skip = reading.boolean(found.get("expect_skip"), faults, "expect_skip", default=False)
    error = _error(found.get("expect_error"), faults)
    expect = _object(found, "expect", faults) if "expect" in found else None
    both_ways = None
    if "round_trip" in found:
        both_ways = reading.boolean(found["round_trip"], faults, "round_trip", default=True)
    if sum((skip, error is not None, expect is not None)) != 1:
        message = say("A test needs one of expect:, expect_error: and expect_skip:")
        faults.add("E105", place, message)
    scope = _scope(scope_words, found, faults)
    return InlineTest(name, place, given, scope, expect, error, skip, both_ways, scope_words)


def _scope(
    words: Mapping[str, Mapping[str, Any]], found: Mapping[str, Word], faults: Faults
) -> Scope:
    tables = {name: one for name, one in words["lookups"].items() if isinstance(one, Mapping)}
    if len(tables) < len(words["lookups"]):
        message = say(
            'lookups: needs a table for each look-up: {{"crm.customer -> wms.owner": {{…}}}}'
        )
        faults.add("E106", found["lookups"].place, message)
    return Scope(
        words["links"], words["results"], words["delivery"], GivenLookUps(tables),
        words["document"], _SECRET,
    )  # fmt: skip


def _base(
    word: Word | None, earlier: Mapping[str, InlineTest], faults: Faults
) -> InlineTest | None:
    name = reading.text(word, faults, "base")
    if name is None or word is None:
        return None
    if name not in earlier:
        message = say("There is no test {name} above this one.", name=name)
        faults.add("E111", word.place, message, hint=suggestion(name, earlier))
    return earlier.get(name)


def _given(
    found: Mapping[str, Word], base: InlineTest | None, place: Place, faults: Faults
) -> Mapping[str, Any]:
    if ("given" in found) == ("base" in found):
        faults.add("E105", place, say("A test needs given:, or base: and change:"))
    if base is None:
        return _object(found, "given", faults)
    return changed(base.given, _object(found, "change", faults))


def _object(found: Mapping[str, Word], name: str, faults: Faults) -> dict[str, Any]:
    if name not in found:
        return {}
    data = reading.data(found[name].node)
    if isinstance(data, dict):
        return data
    message = say("{word}: needs fields with values.", word=name)
    faults.add("E106", found[name].place, message)
    return {}


def _error(word: Word | None, faults: Faults) -> tuple[str | None, str | None] | None:
    if word is None:
        return None
    found = reading.words(word.node, ("code", "field"), faults, "expect_error")
    code = reading.text(found.get("code"), faults, "code")
    names = (*CODES, *CODES.values())
    if code is not None and code not in names:
        message = say("There is no code {code}.", code=code)
        faults.add("E106", word.place, message, hint=suggestion(code, names))
    return code, reading.text(found.get("field"), faults, "field")


def changed(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with a change laid over it; lists are replaced, null is a value."""
    merged = dict(base)
    for name, value in change.items():
        old = merged.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[name] = changed(old, value) if both else value  # type: ignore[arg-type]
    return merged


# ---- running ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the mapped document that is not as its test expects."""

    #: The way to it from the top of the document.
    way: Way
    expected: Any
    #: What the mapping made; `MISSING` where it made nothing.
    got: Any
    message: Message

    @property
    def field(self) -> str:
        """Return the target field with list indexes."""
        return dotted(self.way)


class Tested(Protocol):
    """A test of a file, as its result names it."""

    @property
    def name(self) -> str:
        """Return what it shows."""
        ...

    @property
    def place(self) -> Place:
        """Return where it stands."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """How one test of a mapping or gate came out; it passed when there is nothing in it."""

    mapping: str
    test: Tested
    differences: tuple[Difference, ...] = ()
    #: What kept the document from being compared at all.
    problems: tuple[Message, ...] = ()

    @property
    def faults(self) -> tuple[RuleFault, ...]:
        """Return a fault for each thing that did not come out as the test says."""
        at_fields = ((one.message, one.field) for one in self.differences)
        return tuple(
            _failed(self, problem, field)
            for problem, field in (*((one, "") for one in self.problems), *at_fields)
        )


def _failed(result: Result, problem: Message, field: str) -> RuleFault:
    test, mapping = result.test, result.mapping
    message = say(
        "Test {test} of {mapping}: {problem}", test=test.name, mapping=mapping, problem=problem
    )
    found = test.place.fault("E401", message)
    return RuleFault(
        found.code, message, found.file, found.line, found.column, found.end_column, target=field
    )


def failures(mapping: FieldMapping) -> Iterator[Fault]:
    """Yield a fault for each test of the mapping that does not come out as it says."""
    for result in results(mapping):
        yield from result.faults


def results(mapping: FieldMapping, wanted: str = "") -> Iterator[Result]:
    """Yield how each test comes out whose name holds the wanted text, in any case of letters."""
    for test in mapping.tests:
        if wanted.casefold() in test.name.casefold():
            found = tuple(_outcome(mapping, test))
            yield Result(
                mapping.name,
                test,
                tuple(one for one in found if isinstance(one, Difference)),
                tuple(one for one in found if isinstance(one, Message)),
            )


def _outcome(mapping: FieldMapping, test: InlineTest) -> Sequence[Difference | Message]:
    try:
        applies = mapping.applies(test.given, test.scope)
        if test.skip or not applies:
            return [] if test.skip and not applies else [_skip_message(test)]
        mapped = mapping.apply(test.given, test.scope)
        mapping.key(test.given, test.scope)
        mapping.lane(test.given, test.scope)
    except MappingFault as fault:
        return _unexpected(test, fault)
    except LinksMissing as missing:
        return [] if _expects_waiting(test) else [_waits(missing)]
    if test.error is not None:
        code = test.error[0] or ""
        return [say("a fault {code} was expected, but the document was mapped", code=code)]
    return [*differences(test.expect or {}, mapped), *_round_trip(mapping, test, mapped)]


def _round_trip(
    mapping: FieldMapping, test: InlineTest, mapped: Mapping[str, Any]
) -> Iterator[Message]:
    if mapping.back is None or test.round_trip is False:
        return
    try:
        returned = mapping.back.apply(mapped, test.scope)
    except MappingFault as fault:
        problems = [sentence_of(found) for found in fault.faults]
    except LinksMissing as missing:
        problems = [_waits(missing)]
    else:
        problems = [*losses(test.given, returned, mapping.ignored)]
    for problem in problems:
        yield say("on the way back, {problem}", problem=problem)


def _expects_waiting(test: InlineTest) -> bool:
    code, target = test.error or (None, None)
    return code in {"E217", CODES["E217"]} and target is None


def _waits(missing: LinksMissing) -> Message:
    names = ", ".join(str(one) for one in missing.links)
    return say("the document waits for the link of: {names}", names=names)


def _skip_message(test: InlineTest) -> Message:
    if test.skip:
        return say("the document was to be skipped, but when: holds")
    return say("when: does not hold for this document; say expect_skip: true if that is meant")


def _unexpected(test: InlineTest, fault: MappingFault) -> list[Message]:
    if test.error is None:
        return [sentence_of(found) for found in fault.faults]
    code, target = test.error
    for found in fault.faults:
        right_code = code is None or code in {found.code, CODES.get(found.code)}
        right_field = target is None or getattr(found, "target", "") == target
        if right_code and right_field:
            return []
    message = say(
        "expected {code} at {target}, but came {came}",
        code=code or say("a fault"),
        target=target or say("any field"),
        came=reduce(_and_then, [_named(found) for found in fault.faults]),
    )
    return [message]


def _and_then(one: Message, other: Message) -> Message:
    return say("{one}; {other}", one=one, other=other)


def _named(fault: Fault) -> Message:
    target = fault.target if isinstance(fault, RuleFault) else ""
    name = CODES.get(fault.code, "")
    return say("{code} {name} at {target}", code=fault.code, name=name, target=target)


def differences(expected: Any, actual: Any, way: Way = ()) -> Iterator[Difference]:
    """Yield what differs; objects may hold more than expected, lists may not."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            yield from differences(value, actual.get(name, MISSING), (*way, name))
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            message = say(
                "{path} has {count} items, expected {expected}",
                path=dotted(way),
                count=len(actual),
                expected=len(expected),
            )
            yield Difference(way, expected, actual, message)
            return
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, (*way, index))
    elif not _equal(expected, actual):
        message = say(
            "{path} is {actual}, expected {expected}",
            path=dotted(way),
            actual=shown(actual),
            expected=shown(expected),
        )
        yield Difference(way, expected, actual, message)


def _equal(expected: Any, actual: Any) -> bool:
    if expected is None:
        return actual is None or actual is MISSING
    if isinstance(actual, bool) or isinstance(expected, bool):
        return expected is actual
    if isinstance(actual, (int, Decimal)):
        return is_decimal_text(expected) and Decimal(expected) == actual
    return bool(expected == actual)
