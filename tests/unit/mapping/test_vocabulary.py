"""Every word of the language, from one table: its examples come out as the reference shows them."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from hub.errors import MappingError
from hub.mapping import CODES, FieldMapping, read_bundle, reading, run_tests
from hub.mapping.examples.inline import _WORDS as TEST_WORDS
from hub.mapping.expression.expressions import AGGREGATES, FUNCTIONS
from hub.mapping.field_mapping import _WORDS as FILE_WORDS
from hub.mapping.gate import _WORDS as GATE_WORDS
from hub.mapping.reconciliation.definition import _WORDS as RECONCILE_WORDS
from hub.mapping.reconciliation.sides import _WORDS as SIDE_WORDS
from hub.mapping.reconciliation.sides import FIELD_WORDS
from hub.mapping.route import _STEP_WORDS as STEP_WORDS
from hub.mapping.route import _WORDS as ROUTE_WORDS
from hub.mapping.rule.rules import RULE_WORDS
from hub.mapping.watch import _WORDS as WATCH_WORDS
from hub.mapping.writing import vocabulary
from hub.mapping.writing.vocabulary import (
    Example,
    Function,
    Term,
    gates,
    reconciliations,
    routes,
    watches,
)
from hub.yamlfile import Entries, Items, Node, Scalar
from hub.yamlreader import parse

TERMS: tuple[Term, ...] = (*vocabulary.RULES, *vocabulary.FILES, *vocabulary.TESTS)
FORMS: tuple[Function, ...] = (
    *vocabulary.FUNCTIONS,
    *vocabulary.OPERATORS,
    *vocabulary.PATHS,
)


def _examples() -> Iterator[tuple[str, Example]]:
    for term in TERMS:
        for number, example in enumerate(term.examples, 1):
            yield f"{term.group}-{term.word}-{number}", example
    for form in FORMS:
        yield f"expression-{form.signature}", form.example


EXAMPLES = dict(_examples())
HANDLES = [one for one in EXAMPLES.values() if one.handle]


# ---- examples --------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_comes_out_as_it_says(example: Example) -> None:
    if re.fullmatch(r"E\d{3}", example.expect):
        assert example.expect in CODES
        with pytest.raises(MappingError) as caught:
            _mapped(example)
        assert example.expect in {fault.code for fault in caught.value.faults}
    elif example.expect == "skipped":
        mapping = _mapping(example)
        assert not mapping.applies(mapping.tests[-1].given)
    elif example.given:
        assert _shown(_mapped(example)) == _written(_node(example.expect))
    else:
        bundle = read_bundle({"own/example.yaml": _file(example)})
        assert bundle.mappings["example"].tests
        assert run_tests(bundle) == []


def test_an_example_that_is_wrong_is_noticed() -> None:
    wrong = Example("quantity: {from: qty, as: integer}", 'qty: "12"', 'quantity: "12"')
    with pytest.raises(AssertionError):
        test_an_example_comes_out_as_it_says(wrong)


@pytest.mark.parametrize("example", HANDLES, ids=lambda example: example.handle)
def test_a_handle_comes_out_as_it_says(example: Example) -> None:
    mapping = _mapping(example)
    given = mapping.tests[-1].given
    assert example.handle in {mapping.key(given), mapping.lane(given)}


def _mapped(example: Example) -> dict[str, Any]:
    mapping = _mapping(example)
    return mapping.apply(mapping.tests[-1].given, mapping.tests[-1].scope)


def _mapping(example: Example) -> FieldMapping:
    (mapping,) = read_bundle({"own/example.yaml": _file(example)}).mappings.values()
    return mapping


def _file(example: Example) -> bytes:
    """Return the mapping file the example is a part of, with its document as a test."""
    words = {line.partition(":")[0] for line in example.before.splitlines()}
    lines = [] if "mapping" in words else ["mapping: example"]
    if "from" not in words:
        lines.append("from: {connector: there, stream: things}")
    if "to" not in words:
        lines.append("to: {connector: here, operation: put}")
    lines += [example.before, "fields:", textwrap.indent(example.rule, "  ")]
    if example.given:
        lines += ["tests:", "  - name: example", "    expect: {}", *_asked(example)]
    return "\n".join(lines).encode()


def _asked(example: Example) -> Iterator[str]:
    if example.given == "{}":
        yield "    given: {}"
    else:
        yield "    given:"
        yield textwrap.indent(example.given, "      ")
    if example.lookups:
        yield "    lookups:"
        yield textwrap.indent(example.lookups, "      ")


def _node(text: str) -> Node:
    file = parse(text.encode(), "expect")
    assert not file.faults
    assert file.root is not None
    return file.root


def _written(node: Node) -> Any:
    """Return what a reader of the example takes it for: a number is one without quotes."""
    match node:
        case Entries():
            return {key.text: _written(value) for key, value in node.pairs}
        case Items():
            return [_written(item) for item in node.nodes]
        case Scalar() if node.null:
            return None
        case Scalar() if node.plain and node.text in {"true", "false"}:
            return node.text == "true"
        case Scalar() if node.plain and node.text.replace(".", "", 1).isdigit():
            return ("number", node.text)
        case Scalar():
            return node.text
    raise AssertionError(node)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(inner) for inner in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    return ("number", f"{Decimal(value):f}")


# ---- one table -------------------------------------------------------------------------------


def test_the_table_has_the_words_the_loader_takes_in_a_rule() -> None:
    assert set(vocabulary.RULE_WORDS) == set(RULE_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_file() -> None:
    assert set(vocabulary.FILE_WORDS) == set(FILE_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_test() -> None:
    assert set(vocabulary.TEST_WORDS) == set(TEST_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_route_and_its_steps() -> None:
    assert {term.word for term in routes.ROUTES} == set(ROUTE_WORDS)
    assert {term.word for term in routes.STEPS} == set(STEP_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_gate() -> None:
    assert {term.word for term in gates.GATES} == set(GATE_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_watch() -> None:
    assert {term.word for term in watches.WATCHES} == set(WATCH_WORDS)


def test_the_table_has_the_words_the_loader_takes_in_a_reconciliation() -> None:
    assert {term.word for term in reconciliations.RECONCILIATIONS} == set(RECONCILE_WORDS)
    assert {part.word for part in reconciliations.SIDE} == set(SIDE_WORDS)
    assert {part.word for part in reconciliations.FIELD} == set(FIELD_WORDS)


def test_the_table_has_the_functions_of_expressions() -> None:
    known = {*FUNCTIONS, *AGGREGATES}
    assert {function.name for function in vocabulary.FUNCTIONS} == known


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.group}-{term.word}")
def test_every_word_has_an_example_that_uses_it(term: Term) -> None:
    assert term.examples
    shown = "\n".join(_file(example).decode() for example in term.examples)
    assert f"{term.word}:" in shown


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.group}-{term.word}")
def test_a_word_names_only_words_of_its_own_kind_beside_it(term: Term) -> None:
    words = next(
        {one.word for one in kind}
        for kind in (vocabulary.RULES, vocabulary.FILES, vocabulary.TESTS)
        if term in kind
    )
    assert {*term.beside, *term.refuses} <= words
    assert set(term.types) <= set(vocabulary.choices("as"))


@pytest.mark.parametrize("word", ["places", "format", "zone", "currency", "unit", "thousands"])
def test_what_is_about_a_type_stands_beside_as(word: str) -> None:
    assert vocabulary.owners(word) == ("as",)
    assert vocabulary.types(word)


BESIDE_OTHERS = [term for term in vocabulary.RULES if vocabulary.owners(term.word)]
REFUSING = [(term.word, other) for term in vocabulary.RULES for other in term.refuses]


@pytest.mark.parametrize("term", BESIDE_OTHERS, ids=lambda term: term.word)
def test_the_loader_refuses_a_word_without_what_it_stands_beside(term: Term) -> None:
    rule = _rule_with(term)
    for owner in vocabulary.owners(term.word):
        rule.pop(owner, None)
    rule.setdefault("from", "a")
    assert _codes(rule) & {"E105", "E110"}


@pytest.mark.parametrize("kind", vocabulary.choices("as"))
@pytest.mark.parametrize(
    "term", [term for term in vocabulary.RULES if term.types], ids=lambda term: term.word
)
def test_the_loader_takes_a_word_beside_the_types_it_is_for_only(term: Term, kind: str) -> None:
    needed = {"money": {"currency": "CNY"}, "quantity": {"unit": "unit"}}.get(kind, {})
    value = _rule_with(term)[term.word]
    rule = {"from": "a", **needed, "as": kind, term.word: value}
    assert ("E110" in _codes(rule)) == (kind not in term.types)


@pytest.mark.parametrize(("word", "other"), REFUSING)
def test_the_loader_refuses_words_that_do_not_go_together(word: str, other: str) -> None:
    rule = {**_rule_with(_term(other)), **_rule_with(_term(word))}
    if word in vocabulary.SOURCE_WORDS:
        sources = set(vocabulary.SOURCE_WORDS) - {word}
        rule = {name: value for name, value in rule.items() if name not in sources}
    assert "E110" in _codes(rule)


def _term(word: str) -> Term:
    return next(term for term in vocabulary.RULES if term.word == word)


def _rule_with(term: Term) -> dict[str, Any]:
    """Return a rule that uses the word, from its examples."""
    for example in term.examples:
        (rule,) = reading.data(_node(example.rule)).values()
        if isinstance(rule, dict) and term.word in rule:
            return dict(rule)
    raise AssertionError(term.word)


def _codes(rule: Mapping[str, Any]) -> set[str]:
    """Return the codes of the faults that keep a rule from being loaded."""
    text = json.dumps(rule, ensure_ascii=False)
    try:
        read_bundle({"own/example.yaml": _file(Example(f"probe: {text}"))})
    except MappingError as error:
        return {fault.code for fault in error.faults}
    return set()


def test_owners_are_the_words_it_must_stand_beside() -> None:
    assert vocabulary.owners("cut") == ("max_length",)
    assert vocabulary.owners("else") == ("when", "choose", "map", "lookup")
    assert vocabulary.owners("from") == ()


# ---- texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [*TERMS, *FORMS], ids=lambda one: one.title)
def test_every_meaning_is_told_in_both_languages(one: Term | Function) -> None:
    assert one.title.isascii()
    assert any("\u4e00" <= character <= "\u9fff" for character in one.title_zh)
