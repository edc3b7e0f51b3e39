"""Edges at which a value could come out wrong without a word, or a document stop everything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.connector import FieldSpec
from hub.errors import Fault, MappingError
from hub.mapping import LinksMissing, MappingFault, Scope, read_bundle
from hub.mapping.running.lookups import GivenLookUps

# ---- times -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ('f: {from: a, as: datetime, format: "YYYY-MM-DD HH:mm"}', "E105"),
        ('f: {from: a, as: datetime, zone: Asia/Shanghai, format: "YYYY-MM-DDTHH:mmZ"}', "E110"),
    ],
)
def test_a_written_time_says_its_zone_and_no_other(check_faults: Any, rule: str, code: str) -> None:
    assert [fault.code for fault in check_faults(rule)] == [code]


def test_one_instant_is_written_alike_whatever_offset_it_came_with(apply: Any) -> None:
    rule = 'f: {from: a, as: datetime, zone: UTC, format: "YYYY-MM-DDTHH:mm:ssZ"}'
    for text in ("2026-06-01T09:30:00+08:00", "2026-06-01T01:30:00Z"):
        assert apply(rule, {"a": text}) == {"f": "2026-06-01T01:30:00Z"}


@pytest.mark.parametrize("local", ["2026-03-29 02:30:00", "2026-10-25 02:30:00"])
def test_a_local_time_that_clocks_leave_out_or_repeat_is_a_fault(
    run_faults: Any, local: str
) -> None:
    rule = "f: {from: a, as: datetime, zone: Europe/Berlin}"
    assert [fault.code for fault in run_faults(rule, {"a": local})] == ["E206"]


def test_the_day_of_an_instant_needs_a_place(run_faults: Any) -> None:
    faults = run_faults("f: {calc: 'days(a, 1)'}", {"a": "2026-06-01T01:30:00+08:00"})
    assert [fault.code for fault in faults] == ["E206"]


# ---- nothing ---------------------------------------------------------------------------------

NOTHING = "let:\n  x: {from: b, default: null}"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("f: {from: $x, default: A}", {"f": "A"}),
        ("f: {from: $x}", {"f": None}),
        ("f: {when: a is set, then: {from: b, default: null}, default: A}", {"f": "A"}),
        ("f: {when: a is set, then: {from: b, default: null}}", {"f": None}),
        ("f: {from: $x, map: {A: B}, default: C}", {"f": "C"}),
    ],
)
def test_null_that_another_rule_gave_is_nothing(
    apply: Any, rule: str, expected: dict[str, Any]
) -> None:
    assert apply(rule, {"a": "1"}, NOTHING) == expected


def test_null_is_no_text(run_faults: Any, apply: Any) -> None:
    rule = "f: {from: $x, required: true}"
    assert [fault.code for fault in run_faults(rule, {}, NOTHING)] == ["E203"]
    joined = (
        'f: {each: l, when: n is set, then: {from: n}, else: {from: m, default: null}, join: ","}'
    )
    assert [fault.code for fault in run_faults(joined, {"l": [{"n": "1"}, {}]})] == ["E203"]


@pytest.mark.parametrize("document", [{}, {"l": None}, {"l": []}])
@pytest.mark.parametrize("default", ["", "default: [], "])
def test_a_list_that_must_have_items_is_never_nothing(
    run_faults: Any, document: dict[str, Any], default: str
) -> None:
    rule = f"f: {{each: l, {default}min: 1, fields: {{n: n}}}}"
    assert [fault.code for fault in run_faults(rule, document)] == ["E219"]


def test_a_default_stands_for_the_source_and_for_nothing_else(run_faults: Any) -> None:
    rule = 'f: {from: a, as: money, currency: {text: "{cur}"}, default: null}'
    assert [fault.code for fault in run_faults(rule, {"a": "5"})] == ["E203"]


def test_a_rate_without_its_day_is_not_the_rate_of_any_day(read: Any) -> None:
    mapping = read('f: {from: c, lookup: "rate: -> CNY", at: day, default: "1"}')
    scope = Scope(lookups=GivenLookUps({"rate: -> CNY": {"USD": "7.5"}}))
    with pytest.raises(MappingFault) as caught:
        mapping.apply({"c": "USD"}, scope)
    assert [str(fault.message) for fault in caught.value.faults] == [
        "f: at: is missing; give a default:, or ask `is set` first"
    ]


@pytest.mark.parametrize(("number", "code"), [("", "E203"), (" ", "E203"), ("x" * 201, "E204")])
def test_a_handle_is_neither_empty_nor_too_long(read: Any, number: str, code: str) -> None:
    mapping = read("f: a", 'key: "{number}"')
    with pytest.raises(MappingFault) as caught:
        mapping.key({"number": number})
    assert [fault.code for fault in caught.value.faults] == [code]


# ---- numbers, lists and objects --------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        "f: {from: q, as: text}",
        'f: {text: "{q}"}',
        'f: {each: l, join: ","}',
        'f: {calc: "join(l, \\",\\")"}',
        "f: {calc: upper(q)}",
    ],
)
def test_equal_numbers_are_equal_texts(apply: Any, rule: str) -> None:
    document = {"q": Decimal("12.50"), "l": [Decimal("12.50")]}
    assert apply(rule, document) == {"f": "12.5"}


def test_a_number_that_was_given_places_keeps_them(apply: Any) -> None:
    rule = 'f: {each: l, from: q, as: decimal, places: 2, join: ","}'
    assert apply(rule, {"l": [{"q": "12.5"}]}) == {"f": "12.50"}


MONEY = {"amount": "5", "currency": "CNY"}


@pytest.mark.parametrize(
    ("calc", "document", "expected"),
    [
        ("sum(l: m) > limit", {"l": [], "limit": MONEY}, False),
        ("m > 0", {"m": MONEY}, True),
        ("sum(l: m) + m", {"l": [], "m": MONEY}, {"amount": Decimal(5), "currency": "CNY"}),
    ],
)
def test_nothing_of_any_currency_is_zero(
    apply: Any, calc: str, document: dict[str, Any], expected: object
) -> None:
    assert apply(f"f: {{calc: '{calc}'}}", document) == {"f": expected}


def test_money_of_a_document_is_checked_like_any_other(run_faults: Any) -> None:
    faults = run_faults("f: {calc: price}", {"price": {"amount": "5", "currency": "RMB!"}})
    assert [fault.code for fault in faults] == ["E221"]


def test_no_two_fields_share_an_object_nor_the_source_one(apply: Any) -> None:
    before = "let:\n  o: {fields: {n: a}}"
    document: dict[str, Any] = {"a": "1", "price": dict(MONEY)}
    made = apply("x: $o\ny: $o\nz: {calc: price}", document, before)
    made["x"]["n"] = "changed"
    made["z"]["currency"] = "changed"
    assert (made["y"], document["price"]) == ({"n": "1"}, MONEY)


def test_items_that_are_left_out_need_not_be_objects(apply: Any) -> None:
    rule = "f: {each: l, where: n is set, fields: {n: n}}"
    assert apply(rule, {"l": [None, {"n": "1"}]}) == {"f": [{"n": "1"}]}


@pytest.mark.parametrize(
    "words",
    ["as: decimal", "redact: name", "map: {a: b}", "allow_personal: r", "scale: 2", "format: YYYY"],
)
def test_words_of_values_are_refused_beside_fields(check_faults: Any, words: str) -> None:
    faults = check_faults(f"f: {{each: l, fields: {{n: n}}, {words}}}")
    assert [fault.code for fault in faults] == ["E110"]


def test_items_are_told_apart_by_fields_there_are(check_faults: Any) -> None:
    faults = check_faults("f: {each: l, unique: [position, itm], fields: {position: p, item: i}}")
    assert [(fault.code, fault.hint) for fault in faults] == [("E103", "Did you mean item?")]


# ---- work ------------------------------------------------------------------------------------


def test_nothing_comes_of_a_value_that_is_dropped(apply: Any) -> None:
    rules = "f: {from: d, as: date, redact: drop, max_length: 4}\ng: {from: d, as: text}"
    assert apply(rules, {"d": "2026-06-01"}) == {"g": "2026-06-01"}


def test_asking_lists_in_lists_is_counted(run_faults: Any) -> None:
    rule = "f: {each: l, where: sku in ..m.sku, fields: {n: sku}}"
    many = [{"sku": str(number)} for number in range(2_000)]
    assert [fault.code for fault in run_faults(rule, {"l": many, "m": many})] == ["E213"]


def test_a_text_cannot_grow_without_end(run_faults: Any) -> None:
    steps = [
        f'  {one}: {{text: "{f"{{${other}}}" * 10}"}}'
        for one, other in zip("bcdefghi", "abcdefgh", strict=True)
    ]
    before = "\n".join(["let:", "  a: {from: t}", *steps])
    assert {fault.code for fault in run_faults("f: $i", {"t": "x" * 10}, before)} == {"E213"}


def test_a_rule_with_many_checks_is_taken(apply: Any) -> None:
    checks = ", ".join(['"> 0"'] * 70)
    assert apply(f"f: {{from: a, as: integer, check: [{checks}]}}", {"a": "1"}) == {"f": 1}


@pytest.mark.parametrize("limit", ["{bytes: 9, encoding: rot13}", "{encoding: gb18030}"])
def test_a_limit_that_cannot_be_kept_is_refused(check_faults: Any, limit: str) -> None:
    assert len(check_faults(f"f: {{from: a, max_length: {limit}}}")) == 1


def test_faults_of_a_document_without_end_are_cut(run_faults: Any) -> None:
    rule = "f: {each: l, fields: {n: {from: n, as: integer}}}"
    faults = run_faults(rule, {"l": [{"n": "x"}] * 1_000})
    assert len(faults) == 201
    assert any("more than 200 faults" in fault.message for fault in faults)


def test_a_let_that_stops_is_not_tried_again_for_each_item(run_faults: Any) -> None:
    before = "let:\n  t: {calc: 'sum(l: n)'}"
    rule = "f: {each: l, fields: {n: $t}}"
    faults = run_faults(rule, {"l": [{"n": "x"}] * 3_000}, before)
    assert {fault.code for fault in faults if "more than 200" not in fault.message} == {"E202"}


@pytest.mark.parametrize("source", ["each: l, from: s", 'from: t, split: ","'])
def test_every_link_of_a_list_is_waited_for(read: Any, source: str) -> None:
    mapping = read(f"f: {{{source}, lookup: a.k -> b.k, else: park}}")
    with pytest.raises(LinksMissing) as caught:
        mapping.apply({"l": [{"s": "1"}, {"s": "2"}], "t": "1, 2"})
    assert [link.handle for link in caught.value.links] == ["1", "2"]


# ---- persons and places ----------------------------------------------------------------------

PEOPLE = {
    ("crm", "form"): {
        "no": FieldSpec(),
        "phone": FieldSpec(personal="phone"),
        "people": FieldSpec("list", fields={"name": FieldSpec(personal="name")}),
    }
}
FORM = """\
mapping: probe
from: {{connector: crm, stream: form}}
to: {{connector: wms, operation: put}}
{words}
fields:
  f: {rule}
"""


def _load(rule: str, words: str = "") -> Any:
    text = FORM.format(rule=rule, words=words)
    known = lambda *end: PEOPLE.get(end)  # noqa: E731
    return read_bundle({"own/p.yaml": text.encode()}, known).mappings["probe"]


@pytest.mark.parametrize("word", ["key", "lane"])
def test_a_handle_holds_nothing_personal(word: str) -> None:
    with pytest.raises(MappingError) as caught:
        _load("no", f'{word}: "{{phone}}"')
    assert [fault.code for fault in caught.value.faults] == ["E301"]


@pytest.mark.parametrize(
    ("declared", "rule"),
    [
        ("{people: text}", "people"),
        ("{people: {type: object, fields: {name: text}}}", "people.name"),
        ("{people: {type: list, fields: {name: text}}}", "{each: people, fields: {n: name}}"),
    ],
)
def test_a_declaration_takes_no_mark_away(declared: str, rule: str) -> None:
    text = FORM.format(rule=rule, words="").replace(
        "stream: form", f"stream: form, fields: {declared}"
    )
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/p.yaml": text.encode()}, lambda *end: PEOPLE.get(end))
    assert {fault.code for fault in caught.value.faults} == {"E301"}


@pytest.mark.parametrize("people", ["李晓梅 13812345678", ["李晓梅 13812345678"]])
def test_what_should_have_been_a_list_of_persons_is_not_shown(people: object) -> None:
    mapping = _load("{each: people, fields: {n: {from: name, redact: name}}}")
    faults = _faults_of(mapping, {"people": people})
    assert [fault.code for fault in faults] in (["E205"], ["E211"])
    assert not any("1381" in str(fault) for fault in faults)


def test_the_keys_of_a_table_of_persons_are_not_shown() -> None:
    mapping = _load("{from: phone, map: {'138': A, '139': B}, allow_personal: the carrier calls}")
    faults = _faults_of(mapping, {"phone": "137"})
    assert [fault.code for fault in faults] == ["E201"]
    assert not any(number in str(faults[0]) for number in ("137", "138", "139"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李晓梅", "李**"),
        ("王 芳", "王* *"),
        ("John Smith", "J*** S****"),
        ("138 1234", "1** ****"),
    ],
)
def test_of_a_name_only_its_beginning_stays(apply: Any, name: str, shown: str) -> None:
    assert apply("f: {from: n, redact: name}", {"n": name}) == {"f": shown}


def test_a_let_on_its_way_into_a_record_of_persons_is_not_shown() -> None:
    text = """\
mapping: probe
from: {connector: crm, stream: things}
to: {record: commitment}
let:
  p: {from: tel, max_length: 3}
fields:
  number: no
  kind: kind
  status: status
  customer: {fields: {code: no, contact: {fields: {phone: $p}}}}
"""
    mapping = read_bundle({"own/p.yaml": text.encode()}).mappings["probe"]
    assert not any("1381" in str(fault) for fault in _faults_of(mapping, {"tel": "13812345678"}))


def test_a_fault_stands_at_the_word_that_found_it(run_faults: Any) -> None:
    faults = run_faults("f:\n    from: a\n    as: integer\n    check: '> 5'", {"a": "3"})
    assert [(fault.code, fault.line) for fault in faults] == [("E214", 9)]


def _faults_of(mapping: Any, document: dict[str, Any]) -> list[Fault]:
    with pytest.raises(MappingFault) as caught:
        mapping.apply(document)
    return list(caught.value.faults)
