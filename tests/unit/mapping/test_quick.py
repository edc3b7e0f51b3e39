"""The quick form of rules makes the documents of the strict one, and never hides a fault."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hub.errors import MappingError
from hub.mapping import FieldMapping, MappingFault, Scope, load_bundle, read_bundle
from hub.mapping.field_mapping import Program
from hub.mapping.running.lookups import GivenLookUps, LinksMissing
from hub.mapping.running.run import Frame
from hub.mapping.shipped import shipped_folder

HEAD = {
    "mapping": "probe",
    "from": {"connector": "there", "stream": "things"},
    "to": {"connector": "here", "operation": "put"},
}
SCOPE = Scope(
    {"erp": "17"},
    {"erp": {"number": "SO1", "none": None}},
    {"key": "K", "revision": 1},
    GivenLookUps(
        {"crm.a -> wms.a": {"x": "X1", "A-7": "7"}, "rate: -> CNY": {"x": "7.25", "1": "1.5"}}
    ),
    b"a key",
)


class Word(str):
    """A text that is no plain `str`."""

    __slots__ = ()


def mapping_of(fields: Mapping[str, Any], **words: Any) -> FieldMapping:
    text = json.dumps({**HEAD, **words, "fields": fields}, ensure_ascii=False)
    # in quotes these would be values
    text = re.sub(r'"else": "(keep|park|error)"', r'"else": \1', text)
    return read_bundle({"own/probe.yaml": text.encode()}).mappings["probe"]


def outcome(mapping: FieldMapping, document: Mapping[str, Any]) -> list[Any]:
    """Return what each word of a mapping makes of a document, or all its faults."""
    found: list[Any] = []
    for word in (mapping.applies, mapping.apply, mapping.key):
        try:
            found.append(repr(word(document, SCOPE)))
        except MappingFault as fault:
            found.append(fault.faults)
        except LinksMissing as missing:
            found.append(missing.links)
    return found


def strictly(mapping: FieldMapping) -> FieldMapping:
    """Return the mapping without any quick form."""
    return replace(mapping, quick=mapping.strict)


# ---- random mappings over random documents ---------------------------------------------------


def mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> Any:
    return st.sampled_from([usual] * 12 + [other]).flatmap(lambda chosen: chosen)


#: `a` is mostly text, `n` a number, `f` a boolean, `o` an object of these, `lines` a list of such.
TEXTS = ["a", "o.a", "lines[last].a", "$links.erp", "$results.erp.number", "$delivery.key"]
NUMBERS = ["n", "o.n", "lines[first].n", "$net", "$first"]
BOOLEANS = ["f", "o.f"]
ODD = ["o.o.a", "$results.erp.none", "$results.wms.number", "a.b", "lines", "o"]
PATHS = [*TEXTS * 2, *NUMBERS * 2, *BOOLEANS * 2, *ODD]
ENCLOSING = ["..a", "..o.n", "..f"]


Texts: TypeAlias = st.SearchStrategy[str]


def leaf_or(depth: int, leaves: list[str], branches: Callable[[int], Iterable[Texts]]) -> Texts:
    """Return one of the leaves, or of the branches, in which the tree goes on."""
    leaf = st.sampled_from(leaves)
    return st.one_of(leaf, leaf, *branches(depth - 1)) if depth else leaf


@cache
def numbers_of(depth: int) -> Texts:
    def branches(below: int) -> Iterator[Texts]:
        number, amount = numbers_of(below), money_of(below)
        yield st.builds("({} {} {})".format, number, st.sampled_from("+-*"), number)
        yield st.builds("round({} / {}, 2)".format, number, number)
        yield st.builds("(-{})".format, number)
        yield st.builds("len({})".format, texts_of(below))
        yield st.builds("{}(lines: {})".format, st.sampled_from(["sum", "max", "min"]), number)
        yield st.builds("count(lines where {})".format, conditions_of(below))
        yield st.builds("round({} / {}, 1)".format, amount, amount)

    return leaf_or(depth, [*NUMBERS, "1", "2.50"], branches)


@cache
def money_of(depth: int) -> Texts:
    """Amounts with their currency; two of different ones never go together."""

    def branches(below: int) -> Iterator[Texts]:
        number, amount = numbers_of(below), money_of(below)
        yield st.builds("({} {} {})".format, amount, st.sampled_from("+-"), amount)
        yield st.builds("({} * {})".format, amount, number)
        yield st.builds("round({} / {}, 2)".format, amount, number)
        yield st.builds("(-{})".format, amount)
        yield st.builds("{}(lines: {})".format, st.sampled_from(["sum", "max", "min"]), amount)

    return leaf_or(depth, ["$cny", "$cny", "$usd", "o"], branches)


@cache
def texts_of(depth: int) -> Texts:
    def branches(below: int) -> Iterator[Texts]:
        words, days = texts_of(below), st.sampled_from(["1", "-400", "n", "9999999"])
        yield st.builds("{}({})".format, st.sampled_from(["upper", "lower", "trim"]), words)
        yield st.builds("{}({}, 1)".format, st.sampled_from(["left", "right"]), words)
        yield st.builds('join(lines where {}: {}, ";")'.format, conditions_of(below), words)
        yield st.builds("days({}, {})".format, words, days)

    return leaf_or(depth, [*TEXTS, '"x"', '"1"', '""', '"2026-06-01"'], branches)


@cache
def conditions_of(depth: int) -> Texts:
    def branches(below: int) -> Iterator[Texts]:
        words, number, amount = texts_of(below), numbers_of(below), money_of(below)
        holds, order = conditions_of(below), st.sampled_from(["==", "<", ">="])
        patterns = st.sampled_from(['"[a-z]+"', '".*-[0-9]"'])
        yield st.builds("({} {} {})".format, words, st.sampled_from(["==", "!="]), words)
        yield st.builds("({} {} {})".format, number, order, number)
        yield st.builds("({} {} {})".format, amount, order, amount)
        yield st.builds("({} {} {})".format, holds, st.sampled_from(["and", "or"]), holds)
        yield st.builds("(not {})".format, holds)
        asked = st.sampled_from(["set", "not set"])
        yield st.builds("({} is {})".format, st.sampled_from(PATHS), asked)
        yield st.builds('({} in ["x", {}])'.format, words, st.sampled_from(['"1"', "1"]))
        yield st.builds("{}(lines: {})".format, st.sampled_from(["any", "all"]), holds)
        yield st.builds("matches({}, {})".format, words, patterns)

    return leaf_or(depth, [*BOOLEANS, "true"], branches)


numbers, texts, conditions, money = numbers_of(3), texts_of(3), conditions_of(3), money_of(3)
#: Of an expression that is too long for the language, a short one.
short = conditions.map(lambda text: text if len(text) < 200 else "f")
wild = st.builds("({} {} {})".format, texts, st.sampled_from(["<", "+", "and", "=="]), conditions)
expressions = mostly(numbers | texts | conditions | money, wild).map(
    lambda text: text if len(text) < 200 else "n"
)

CHANGES = st.sampled_from(
    [
        *({"as": kind} for kind in ("text", "integer", "decimal", "boolean", "date")),
        {"as": "decimal", "places": 2, "default": "7"},
        {"as": "datetime", "zone": "Asia/Shanghai", "format": "YYYY-MM-DD HH:mm:ss"},
        {"as": "date", "zone": "UTC", "format": "YYYY年M月D日", "default": None},
        {"as": "text", "max_length": 3, "cut": True},
        {"as": "text", "max_length": {"bytes": 4, "encoding": "gb18030"}, "cut": True},
        {"map": {"x": "X", "1": "one", "": None}, "required": True},
        {"map": {"x": "1.50"}, "else": "keep", "default": "0"},
        {"map": {"x": True, "1.50": "y"}, "else": "z", "empty": "1"},
        {"empty": ["", "x"], "default": "none"},
        {"max_length": 2},
        {"required": True},
        {"as": "decimal", "places": 1, "round": "half-even", "scale": "0.5"},
        {"as": "integer", "thousands": ",", "scale": "-3"},
        {"as": "decimal", "thousands": ",", "places": 0, "round": "down", "default": "1,200.5"},
        {"as": "money", "currency": "JPY", "default": "1"},
        {"as": "money", "currency": "$cny.currency", "places": 3},
        {"as": "quantity", "unit": "a", "scale": "1000"},
        {"as": "email", "redact": "email", "default": None},
        {"check": ['!= "1"', {"that": "len($value) < 5", "says": "longer than four {a}"}]},
        {"as": "decimal", "check": "$value > n or in [3]"},
        {"check": 'matches($value, "[a-zA-Z0-9-]*")', "default": "-"},
        *({"redact": kind} for kind in ("name", "phone", "id_card", "bank", "hash", "drop")),
        {"split": "-", "empty": ["x"]},
        {"split": "-", "map": {"A": "a", "": None}, "else": "keep", "default": []},
        {"split": " ", "as": "integer", "required": True},
        {"lookup": "crm.a -> wms.a"},
        {"lookup": "crm.a -> wms.a", "else": "park"},
        {"lookup": "crm.a -> wms.a", "else": "keep", "redact": "name", "max_length": 3},
        {"lookup": "rate: -> CNY", "at": "a", "as": "decimal", "else": "0"},
        {"lookup": "rate: -> CNY", "else": "error"},
        *({"default": None}, {"as": "text"}, {}, {}, {}),
    ]
)


#: What is said of a list as a whole.
WHOLES = st.sampled_from(
    [
        *({}, {}, {"order_by": "n"}, {"order_by": ["f", "a"], "where": "a is set"}),
        *({"unique": "x"}, {"unique": ["x", "y"]}, {"min": 1, "max": 2}, {"max": 0}),
    ]
)


def rules(paths: list[str], depth: int) -> st.SearchStrategy[Any]:
    path = st.sampled_from(paths)
    pieces = st.sampled_from(["{a}", "no {o.a}{{}}", "{n}-{$results.erp.number}", "same"])
    sources = st.one_of(
        st.builds(lambda found: {"from": found}, path),
        st.builds(lambda found: {"value": found}, st.sampled_from(["x", "1", True])),
        st.builds(lambda found: {"text": found}, pieces),
        st.builds(lambda found: {"calc": found}, expressions),
        st.builds(lambda found: {"count": found}, st.sampled_from(["lines", "a", "o.o"])),
    )
    changed = st.builds(lambda one, more: {**more, **one}, sources, CHANGES)
    plain = path | changed
    if not depth:
        return plain
    inner, of_items = rules(paths, depth - 1), rules([*PATHS, *ENCLOSING * 2], depth - 1)
    objects = st.dictionaries(st.sampled_from("xyz"), inner, min_size=1, max_size=3)
    items = st.dictionaries(st.sampled_from("xyz"), of_items, min_size=1, max_size=3)
    branch = st.sampled_from(["yes", None]) | inner.map(
        lambda one: one if type(one) is dict else {"from": one}
    )
    return st.one_of(
        *[changed] * 6,
        plain,
        st.builds(
            lambda when, then, other, more: {**more, "when": when, "then": then, "else": other},
            short, branch, branch,
            CHANGES.filter(lambda more: not more.keys() & {"map", "lookup"}),
        ),
        st.builds(
            lambda cases, other, more: {
                **more, "choose": [{"when": when, "then": then} for when, then in cases],
                "else": other,
            },
            st.lists(st.tuples(short, branch), min_size=1, max_size=3), branch,
            CHANGES.filter(lambda more: not more.keys() & {"map", "lookup"}),
        ),
        st.builds(lambda found: {"fields": found}, objects),
        st.builds(lambda found, more: {**more, "each": "lines", "fields": found}, items, WHOLES),
        st.builds(lambda kept, one: {"each": "lines", "where": kept, **one}, short, sources),
        st.builds(lambda more: {**more, "each": "$listed"}, WHOLES),
        st.builds(lambda one: {"each": "lines", **one, "join": ", "}, sources),
    )  # fmt: skip


MAPPINGS = st.builds(
    lambda fields, when, net, checks: {
        "fields": fields,
        "let": {
            "first": {"from": "lines[first].n", "as": "decimal"},
            "cny": {"value": "12.50", "as": "money", "currency": "CNY"},
            "usd": {"from": "n", "as": "money", "currency": "USD"},
            "listed": {"each": "lines", "from": "a", "default": []},
            "net": {"calc": net},
        },
        **({} if when is None else {"when": when}),
        "key": "{a}-{$delivery.key}",
        "checks": [{"that": that, "says": says} for that, says in checks],
    },
    st.dictionaries(st.sampled_from("pqr"), rules(PATHS, 2), min_size=1, max_size=2),
    st.none() | mostly(short, wild),
    numbers.map(lambda text: text.replace("$net", "n") if len(text) < 200 else "n"),
    st.lists(
        st.tuples(
            short | st.sampled_from(["p is set", 'q == "x"', "r == ..a", "..n > 1"]),
            st.sampled_from(["no", "p is {p}", "{..a} and {$first}"]),
        ),
        max_size=2,
    ),
)

ANY = st.recursive(
    st.sampled_from(
        [
            *(
                "x",
                "1",
                "",
                "中文字符",
                "2026-06-01 08:00",
                "2026-02-30",
                None,
                True,
                3,
                10**41,
                1.5,
            ),
            *(Decimal("1E+3"), Decimal("NaN"), date(2026, 6, 1), Word("x"), Word("1"), Word("")),
            datetime(2026, 6, 1, tzinfo=UTC),
        ]
    ),
    lambda inner: st.dictionaries(st.sampled_from("ano"), inner) | st.lists(inner, max_size=2),
    max_leaves=3,
)
TEXT = st.sampled_from(["x", "x", "1", "A-7", "", "2026-06-01", "2026-06-01T08:00:00Z", Word("x")])
NUMBER = st.sampled_from(["1", "1.50", "0012", "-3", 3, Decimal("1.50"), Word("1.50"), "1" * 31])
SINGLES = {"a": mostly(TEXT, ANY), "n": mostly(NUMBER, ANY), "f": mostly(st.booleans(), ANY)}


def dressed(document: dict[str, Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    """Return the document as a plain dictionary, now and then as another mapping."""
    return st.sampled_from([document] * 4 + [MappingProxyType(document)])  # type: ignore[list-item]


def objects(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    whole = st.fixed_dictionaries({**SINGLES, **more})
    parts = st.fixed_dictionaries({}, optional={**SINGLES, **more})
    return mostly(whole, parts).flatmap(dressed)


LINES = st.lists(mostly(objects(), ANY), max_size=3)
DOCUMENTS = objects(o=mostly(objects(), ANY), lines=mostly(LINES | LINES.map(tuple), ANY))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(words=MAPPINGS, documents=st.lists(DOCUMENTS, min_size=4, max_size=8))
def test_every_document_ends_as_the_strict_rules_say(
    words: dict[str, Any], documents: list[Mapping[str, Any]]
) -> None:
    try:
        mapping = mapping_of(**words)
    except MappingError:
        assume(False)
    strict = strictly(mapping)
    for document in documents:
        found = outcome(mapping, document)
        assert found == outcome(strict, document)
        assert explained(mapping, document) == found[1]


def explained(mapping: FieldMapping, document: Mapping[str, Any]) -> Any:
    """Return what an explanation says `apply` makes of a document."""
    told = mapping.explain(document, SCOPE)
    if told.faults:
        return tuple(sorted(told.faults, key=lambda fault: (fault.line, fault.column)))
    return told.missing or repr(told.document)


# ---- the quick form is taken, and holds what the strict one holds ------------------------------


def refuse(_frame: Frame) -> Any:
    raise AssertionError("an ordinary document needs no strict rule")


@pytest.mark.parametrize("name", [*load_bundle(shipped_folder()).mappings])
def test_what_ships_maps_its_own_examples_without_the_strict_rules(name: str) -> None:
    mapping = load_bundle(shipped_folder()).mappings[name]
    rules = dict.fromkeys(mapping.strict.rules, refuse)
    quick = replace(mapping, strict=Program(rules, mapping.strict.lets))
    for test in mapping.tests:
        if test.expect is not None:
            made = quick.apply(test.given, test.scope)
            assert made == strictly(mapping).apply(test.given, test.scope)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("a", None),
        ("o.a", None),
        ("$results.wms.number", None),
        ({"from": "a", "as": "date", "default": None}, "null"),
        ({"text": "no {a}", "default": "none"}, "none"),
        ({"calc": "n + 1", "default": "0"}, "0"),
        ({"when": "a is set", "then": "yes", "else": "no"}, "no"),
        ({"each": "lines", "fields": {"x": "a"}}, None),
        ({"fields": {"x": "a"}}, None),
    ],
    ids=str,
)
def test_a_missing_or_null_value_is_ordinary(rule: Any, expected: Any) -> None:
    mapping = mapping_of({"x": rule})
    quick = replace(mapping, strict=Program({"fields": refuse}, {}))
    wanted = {} if expected is None else {"x": None if expected == "null" else expected}
    assert quick.apply({}) == wanted
    assert quick.apply({"a": None, "n": None, "o": None, "lines": None}) == wanted


@pytest.mark.parametrize("item", ["text", 3, None, ["list"], MappingProxyType({"a": []})], ids=str)
def test_an_item_that_is_no_plain_object_is_left_to_the_strict_rules(item: Any) -> None:
    for rule in ({"from": "a"}, {"calc": "upper(a)"}, {"fields": {"y": "a"}}):
        mapping = mapping_of({"x": {"each": "lines", **rule}})
        document = {"lines": [{"a": "1"}, item]}
        found = outcome(mapping, document)
        assert found == outcome(strictly(mapping), document)
        assert "lines[1]" in str(found[1])


HOSTILE = [
    "'];import os#",
    '"""',
    "{item}",
    "{{",
    "\\",
    "n0",
    "frame",
    "MISSING",
    "a\nb",
    "%s",
    "钱",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_a_file_is_ever_read_as_python(name: str) -> None:
    quote = "'" if '"' in name else '"'
    mapping = mapping_of(
        {
            name: {"value": name},
            "o": {"fields": {name: {"from": f"{quote}{name}{quote}"} if "'" not in name else "a"}},
            "w": {"when": f"a == {quote}{name}{quote}" if "'" not in name else "a == 1",
                  "then": name, "else": name},
        }
    )  # fmt: skip
    document = {name: name, "a": name}
    found = mapping.apply(document)
    assert found == {name: name, "o": {name: name}, "w": name}
    assert found == strictly(mapping).apply(document)


def test_rules_may_be_nested_as_deep_as_the_language_allows() -> None:
    rule: dict[str, Any] = {"value": "end"}
    for number in range(28):
        rule = {"when": f'a == "{number}"', "then": str(number), "else": rule}
    objects: dict[str, Any] = {"x": "a"}
    for _ in range(13):
        objects = {"x": {"fields": objects}}
    mapping = mapping_of(
        {
            "choice": rule,
            "chain": {"calc": " and ".join(["f"] * 80)},
            "sum": {"calc": "+".join(["a"] * 101)},
            "nested": {"calc": "upper(" * 18 + "a" + ")" * 18},
            "path": ".".join("o" * 50),
            **objects,
        }
    )
    for document in (
        {"a": "3", "f": True},
        {"a": "99"},
        {"a": "x"},
        {},
        {"a": "7", "o": {"o": {}}},
    ):
        assert outcome(mapping, document) == outcome(strictly(mapping), document)


def test_a_fault_is_named_in_full_whatever_came_before_it(run_faults: Any) -> None:
    rule = """
    good: a
    bad: {from: b, as: integer}
    lines: {each: lines, fields: {q: {from: q, as: integer}, p: {from: p, required: true}}}
    worse: {when: b == "1.5", then: {from: b, map: {x: X}}}
    """
    faults = run_faults(rule, {"a": "A", "b": "1.5", "lines": [{"q": "1"}, {"q": "-", "p": "P"}]})
    assert [(fault.code, fault.target, fault.line) for fault in faults] == [
        ("E208", "bad", 7),
        ("E202", "lines[1].q", 8),
        ("E203", "lines[0].p", 8),
        ("E201", "worse", 9),
    ]


def test_a_quick_rule_that_met_a_strict_one_still_reports_its_faults() -> None:
    mapping = mapping_of({"o": {"each": "lines", "fields": {"n": {"from": "n", "as": "integer"}}}})
    document = {"lines": [{"n": "1"}, MappingProxyType({"n": "many"})]}
    with pytest.raises(MappingFault) as caught:
        mapping.apply(document)
    assert [fault.code for fault in caught.value.faults] == ["E202"]
