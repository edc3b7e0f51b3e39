"""Tests inside a mapping file: given a document, expect these fields, a fault, or a skip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.errors import Fault
from hub.mapping import reading
from hub.mapping.faults import CODES, Faults, MappingFault, RuleFault, nearest
from hub.mapping.reading import Word
from hub.mapping.run import EMPTY, Scope
from hub.mapping.values import MISSING, is_decimal_text, shown
from hub.yamlfile import Items, Place

if TYPE_CHECKING:
    from hub.mapping.field_mapping import FieldMapping

_SCOPE_WORDS = ("links", "results", "delivery")
_WORDS = (
    *("name", "given", "base", "change", *_SCOPE_WORDS, "lookups"),
    *("expect", "expect_error", "expect_skip"),
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
    words: Mapping[str, Any] = field(default_factory=dict)


def read_tests(word: Word | None, faults: Faults) -> tuple[InlineTest, ...]:
    """Return the tests of a file."""
    if word is None:
        return ()
    if not isinstance(word.node, Items):
        faults.add("E106", word.place, "tests: needs a list, each starting with - name:")
        return ()
    tests: dict[str, InlineTest] = {}
    for node in word.node.nodes:
        found = reading.words(node, _WORDS, faults, "A test")
        test = _read_test(found, node.place, tests, faults)
        if test.name in tests:
            faults.add("E112", node.place, f"There are two tests named {test.name}.")
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
    if sum((skip, error is not None, expect is not None)) != 1:
        faults.add("E105", place, "A test needs one of expect:, expect_error: and expect_skip:")
    scope = Scope(scope_words["links"], scope_words["results"], scope_words["delivery"])
    return InlineTest(name, place, given, scope, expect, error, skip, scope_words)


def _base(
    word: Word | None, earlier: Mapping[str, InlineTest], faults: Faults
) -> InlineTest | None:
    name = reading.text(word, faults, "base")
    if name is None or word is None:
        return None
    if name not in earlier:
        hint = nearest(name, earlier)
        faults.add("E111", word.place, f"There is no test {name} above this one.{hint}")
    return earlier.get(name)


def _given(
    found: Mapping[str, Word], base: InlineTest | None, place: Place, faults: Faults
) -> Mapping[str, Any]:
    if ("given" in found) == ("base" in found):
        faults.add("E105", place, "A test needs given:, or base: and change:")
    if base is None:
        return _object(found, "given", faults)
    return changed(base.given, _object(found, "change", faults))


def _object(found: Mapping[str, Word], name: str, faults: Faults) -> dict[str, Any]:
    if name not in found:
        return {}
    data = reading.data(found[name].node)
    if isinstance(data, dict):
        return data
    faults.add("E106", found[name].place, f"{name}: needs fields with values.")
    return {}


def _error(word: Word | None, faults: Faults) -> tuple[str | None, str | None] | None:
    if word is None:
        return None
    found = reading.words(word.node, ("code", "field"), faults, "expect_error")
    code = reading.text(found.get("code"), faults, "code")
    names = (*CODES, *CODES.values())
    if code is not None and code not in names:
        faults.add("E106", word.place, f"There is no code {code}.{nearest(code, names)}")
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


def failures(mapping: FieldMapping) -> Iterator[Fault]:
    """Yield a fault for each test of the mapping that does not come out as it says."""
    for test in mapping.tests:
        for message in _outcome(mapping, test):
            text = f"Test {test.name} of {mapping.name}: {message}"
            yield test.place.fault("E401", text)


def _outcome(mapping: FieldMapping, test: InlineTest) -> list[str]:
    try:
        applies = mapping.applies(test.given, test.scope)
        if test.skip or not applies:
            return [] if test.skip and not applies else [_skip_message(test)]
        mapped = mapping.apply(test.given, test.scope)
        mapping.key(test.given, test.scope)
        mapping.lane(test.given, test.scope)
    except MappingFault as fault:
        return _unexpected(test, fault)
    if test.error is not None:
        return [f"a fault {test.error[0] or ''} was expected, but the document was mapped"]
    return list(differences(test.expect or {}, mapped, ""))


def _skip_message(test: InlineTest) -> str:
    if test.skip:
        return "the document was to be skipped, but when: holds"
    return "when: does not hold for this document; say expect_skip: true if that is meant"


def _unexpected(test: InlineTest, fault: MappingFault) -> list[str]:
    if test.error is None:
        return [str(found) for found in fault.faults]
    code, target = test.error
    for found in fault.faults:
        right_code = code is None or code in {found.code, CODES.get(found.code)}
        right_field = target is None or getattr(found, "target", "") == target
        if right_code and right_field:
            return []
    came = "; ".join(f"{_named(found)}" for found in fault.faults)
    return [f"expected {code or 'a fault'} at {target or 'any field'}, but came {came}"]


def _named(fault: Fault) -> str:
    target = fault.target if isinstance(fault, RuleFault) else ""
    return f"{fault.code} {CODES.get(fault.code, '')} at {target}"


def differences(expected: Any, actual: Any, path: str) -> Iterator[str]:
    """Yield what differs; objects may hold more than expected, lists may not."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            inner = f"{path}.{name}" if path else name
            yield from differences(value, actual.get(name, MISSING), inner)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path} has {len(actual)} items, expected {len(expected)}"
            return
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif not _equal(expected, actual):
        yield f"{path} is {shown(actual)}, expected {shown(expected)}"


def _equal(expected: Any, actual: Any) -> bool:
    if expected is None:
        return actual is None or actual is MISSING
    if isinstance(actual, bool) or isinstance(expected, bool):
        return expected is actual
    if isinstance(actual, (int, Decimal)):
        return is_decimal_text(expected) and Decimal(expected) == actual
    return bool(expected == actual)
