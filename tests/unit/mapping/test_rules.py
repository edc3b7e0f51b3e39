"""Rules: every word, and the four kinds of nothing for each way to read a value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from hub.mapping import Scope

LEFT_OUT: dict[str, Any] = {}


class Colour(StrEnum):
    RED = "red"


# ---- nothing ---------------------------------------------------------------------------------

NOTHINGS = [
    pytest.param({}, "missing", id="missing"),
    pytest.param({"a": None}, "null", id="null"),
    pytest.param({"a": ""}, "empty text", id="empty-text"),
    pytest.param({"a": []}, "empty list", id="empty-list"),
]


@pytest.mark.parametrize(("document", "kind"), NOTHINGS)
def test_from_leaves_the_field_out_when_the_value_is_missing_or_null(
    apply: Any, run_faults: Any, document: dict[str, Any], kind: str
) -> None:
    if kind == "empty list":
        assert [fault.code for fault in run_faults("x: a", document)] == ["E205"]
    else:
        assert apply("x: a", document) == ({"x": ""} if kind == "empty text" else LEFT_OUT)


@pytest.mark.parametrize(("document", "kind"), NOTHINGS[:3])
def test_required_is_a_fault_for_missing_and_null_only(
    apply: Any, run_faults: Any, document: dict[str, Any], kind: str
) -> None:
    rule = "x: {from: a, required: true}"
    if kind == "empty text":
        assert apply(rule, document) == {"x": ""}
    else:
        (fault,) = run_faults(rule, document)
        assert fault.code == "E203"
        assert fault.message == f"x: a is {kind}, but required"


@pytest.mark.parametrize(("document", "kind"), NOTHINGS[:3])
def test_default_stands_for_missing_and_null_only(
    apply: Any, document: dict[str, Any], kind: str
) -> None:
    found = apply("x: {from: a, default: none}", document)
    assert found == {"x": "" if kind == "empty text" else "none"}


def test_empty_names_more_values_that_mean_nothing(apply: Any) -> None:
    rule = 'x: {from: a, empty: ["", "2099-12-31"], as: date, default: null}'
    assert apply(rule, {"a": ""}) == {"x": None}
    assert apply(rule, {"a": date(2099, 12, 31)}) == {"x": None}
    assert apply(rule, {"a": "2026-06-01"}) == {"x": "2026-06-01"}


@pytest.mark.parametrize(("document", "kind"), NOTHINGS)
def test_map_never_looks_up_missing_or_null(
    apply: Any, run_faults: Any, document: dict[str, Any], kind: str
) -> None:
    rule = "x: {from: a, map: {y: Yes}}"
    if kind in {"missing", "null"}:
        assert apply(rule, document) == LEFT_OUT
    else:
        code = "E201" if kind == "empty text" else "E205"
        assert [fault.code for fault in run_faults(rule, document)] == [code]


@pytest.mark.parametrize(("document", "kind"), NOTHINGS)
def test_each_gives_a_list_for_a_list_and_leaves_out_missing_and_null(
    apply: Any, run_faults: Any, document: dict[str, Any], kind: str
) -> None:
    rule = "x: {each: a, fields: {y: b}}"
    if kind == "empty text":
        assert [fault.code for fault in run_faults(rule, document)] == ["E205"]
    else:
        assert apply(rule, document) == ({"x": []} if kind == "empty list" else LEFT_OUT)


@pytest.mark.parametrize(("document", "kind"), NOTHINGS)
@pytest.mark.parametrize(
    "kind_of_value", ["text", "integer", "decimal", "date", "datetime", "boolean"]
)
def test_as_leaves_nothing_alone_and_refuses_empty_text(
    apply: Any, run_faults: Any, document: dict[str, Any], kind: str, kind_of_value: str
) -> None:
    rule = f"x: {{from: a, as: {kind_of_value}}}"
    if kind in {"missing", "null"}:
        assert apply(rule, document) == LEFT_OUT
    elif kind == "empty text" and kind_of_value == "text":
        assert apply(rule, document) == {"x": ""}
    else:
        assert len(run_faults(rule, document)) == 1


def test_a_missing_parent_is_missing_and_no_crash(apply: Any) -> None:
    for document in ({}, {"a": None}, {"a": {}}, {"a": {"b": None}}):
        assert apply("x: a.b.c", document) == LEFT_OUT


# ---- sources ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00981", "00981"),
        (7, 7),
        (True, True),
        (Decimal("0.10"), Decimal("0.10")),
        (Colour.RED, "red"),
        (date(2026, 6, 1), "2026-06-01"),
        (datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=8))), "2026-06-01T01:00:00Z"),
    ],
    ids=str,
)
def test_from_copies_single_values_as_plain_data(apply: Any, value: Any, expected: Any) -> None:
    found = apply("x: a", {"a": value})["x"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ([1], "E205"),
        ((), "E205"),
        ({"b": 1}, "E211"),
        (0.1, "E202"),
        (Decimal("NaN"), "E209"),
        (Decimal("1E+99"), "E209"),
        (10**50, "E209"),
        (b"bytes", "E211"),
    ],
    ids=str,
)
def test_from_refuses_what_is_no_single_exact_value(run_faults: Any, value: Any, code: str) -> None:
    assert [fault.code for fault in run_faults("x: a", {"a": value})] == [code]


def test_value_is_text_whatever_it_looks_like(apply: Any) -> None:
    assert apply("x: {value: 0123}\ny: {value: true}", {}) == {"x": "0123", "y": "true"}
    assert apply("x: {value: true, as: boolean}", {}) == {"x": True}
    assert apply('x: {value: "0.10", as: decimal}', {}) == {"x": Decimal("0.10")}


def test_text_fills_paths_and_parts(apply: Any) -> None:
    rule = """
    x:
      text: "{no}-R{rev} {{{kind}}} {amount}"
      parts:
        kind: {from: kind, map: {gift: 赠品}}
        amount: {from: amount, as: decimal, places: 2}
    """
    document = {"no": "C1", "rev": 2, "kind": "gift", "amount": "12.5"}
    assert apply(rule, document) == {"x": "C1-R2 {赠品} 12.50"}


def test_text_writes_equal_numbers_equally(apply: Any) -> None:
    for number in (Decimal("12.50"), Decimal("12.5"), Decimal("1.25E+1")):
        assert apply('x: {text: "{n}"}', {"n": number}) == {"x": "12.5"}


@pytest.mark.parametrize("document", [{}, {"a": None}], ids=["missing", "null"])
def test_text_is_never_silently_incomplete(
    apply: Any, run_faults: Any, document: dict[str, Any]
) -> None:
    (fault,) = run_faults('x: {text: "no {a}"}', document)
    assert fault.code == "E203"
    assert apply('x: {text: "no {a}", default: none}', document) == {"x": "none"}
    assert apply('x: {text: "no {a}", parts: {a: {from: a, default: ""}}}', document) == {
        "x": "no "
    }


def test_a_default_hides_no_wrong_value(run_faults: Any) -> None:
    (fault,) = run_faults('x: {calc: a * 2, default: "0"}', {"a": "many"})
    assert fault.code == "E202"


def test_calc_is_exact(apply: Any) -> None:
    assert apply("x: {calc: a + b}", {"a": "0.1", "b": Decimal("0.2")}) == {"x": Decimal("0.3")}
    assert apply("x: {calc: a > 1}", {"a": 2}) == {"x": True}


def test_when_chooses_a_constant_or_a_rule(apply: Any) -> None:
    rule = """
    x: {when: a == "1", then: one, else: {when: b is set, then: {from: b}, else: neither}}
    """
    assert apply(rule, {"a": "1"}) == {"x": "one"}
    assert apply(rule, {"b": "B"}) == {"x": "B"}
    assert apply(rule, {}) == {"x": "neither"}


@pytest.mark.parametrize("cases", [1, 30, 31, 500])
def test_choose_takes_the_first_case_that_holds_however_many_there_are(
    apply: Any, read: Any, cases: int
) -> None:
    listed = "".join(f"    - {{when: a == '{n}', then: {{from: b}}}}\n" for n in range(cases))
    rule = f"x:\n  choose:\n{listed}    - {{when: b is set, then: last}}\n  else: neither"
    last = {"a": f"{cases - 1}", "b": "B"}
    assert apply(rule, {"a": "0", "b": "first"}) == {"x": "first"}
    assert apply(rule, last) == {"x": "B"}
    assert apply(rule, {"a": "-", "b": "B"}) == {"x": "last"}
    assert apply(rule, {"a": "-"}) == {"x": "neither"}
    explained = read(rule).explain(last)
    assert (explained.document, [note.word for note in explained.trace.notes]) == (
        {"x": "B"}, ["from", "choose"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("calc", "a +\n    b + )"),
        ("text", "all of\n    {a b c}"),
        ("text", "all of\n    {a"),
        ("from", "a.\n    b c"),
    ],
)
def test_a_fault_inside_a_folded_text_stands_where_the_text_begins(
    check_faults: Any, word: str, text: str
) -> None:
    (fault,) = check_faults(f"x:\n  {word}: >-\n    {text}")
    column = len(f"    {word}: >")
    assert (fault.code, fault.line, fault.column, fault.end_column) == ("E107", 7, column, 0)


def test_empty_needs_texts_and_null_is_none(check_faults: Any) -> None:
    for empty in ("null", "[a, null]", "~"):
        (fault,) = check_faults(f"x: {{from: a, empty: {empty}}}")
        assert (fault.code, fault.message) == ("E106", "empty needs a list of texts.")


def test_when_without_else_leaves_the_field_out(apply: Any) -> None:
    rule = 'x: {when: $delivery.watermark is set, then: {text: "WM:{$delivery.watermark}"}}'
    assert apply(rule, {}) == LEFT_OUT
    assert apply(rule, {}, scope=Scope(delivery={"watermark": "W1"})) == {"x": "WM:W1"}


def test_fields_make_an_object_and_an_empty_one_is_left_out(apply: Any) -> None:
    rule = "x: {fields: {y: a, z: {fields: {w: b}}}}"
    assert apply(rule, {"a": "1", "b": "2"}) == {"x": {"y": "1", "z": {"w": "2"}}}
    assert apply(rule, {"a": "1"}) == {"x": {"y": "1"}}
    assert apply(rule, {}) == LEFT_OUT


def test_each_sees_the_item_the_enclosing_document_and_lets(apply: Any) -> None:
    rule = """
    x:
      each: lines
      where: qty > 0
      fields:
        sku: sku
        currency: ..currency
        total: $total
        subs: {each: subs, fields: {n: n, of: ..sku, cur: ....currency}}
    """
    document = {
        "currency": "CNY",
        "lines": [
            {"sku": "A", "qty": "1", "subs": [{"n": "1"}]},
            {"sku": "B", "qty": "0", "subs": []},
            {"sku": "C", "qty": "2", "subs": []},
        ],
    }
    found = apply(rule, document, before="let: {total: {calc: 'sum(lines: qty)'}}")
    assert [line["sku"] for line in found["x"]] == ["A", "C"]
    assert found["x"][0]["subs"] == [{"n": "1", "of": "A", "cur": "CNY"}]
    assert found["x"][1]["total"] == Decimal(3)


def test_each_without_fields_takes_single_items(apply: Any) -> None:
    assert apply("x: {each: tags}", {"tags": ("a", "b")}) == {"x": ["a", "b"]}
    assert apply("x: {each: n, as: integer}", {"n": ["1", "02"]}) == {"x": [1, 2]}
    assert apply("x: {each: t, map: {a: A, b: B}}", {"t": ["b", "a"]}) == {"x": ["B", "A"]}
    assert apply("x: {each: lines, from: sku}", {"lines": [{"sku": "A"}]}) == {"x": ["A"]}


def test_one_line_stays_a_list_and_an_object_is_no_list(apply: Any, run_faults: Any) -> None:
    rule = "x: {each: lines, fields: {s: s}}"
    assert apply(rule, {"lines": [{"s": "1"}]}) == {"x": [{"s": "1"}]}
    assert [fault.code for fault in run_faults(rule, {"lines": {"s": "1"}})] == ["E205"]


def test_join_makes_one_text_of_a_list(apply: Any) -> None:
    rule = (
        'x: {each: lines, where: gift, text: "{sku}x{qty}", join: "; ", max_length: 9, cut: true}'
    )
    lines = [
        {"sku": "A", "qty": 1, "gift": True},
        {"sku": "B", "qty": 2, "gift": False},
        {"sku": "CCC", "qty": 3, "gift": True},
    ]
    assert apply(rule, {"lines": lines}) == {"x": "Ax1; CCCx"}
    assert apply(rule, {"lines": []}) == {"x": ""}
    assert apply(rule, {}) == LEFT_OUT


@pytest.mark.parametrize("item", [None, ["deep"], {"a": 1}], ids=["null", "list", "object"])
def test_an_item_that_gives_nothing_is_a_fault_never_dropped(run_faults: Any, item: Any) -> None:
    (fault,) = run_faults("x: {each: tags}", {"tags": ["a", item]})
    assert "tags[1]" in fault.message


@pytest.mark.parametrize(("word", "expected"), [("default: []", []), ("default: null", None)])
def test_the_default_of_a_list_is_empty_or_null(apply: Any, word: str, expected: Any) -> None:
    assert apply(f"x: {{each: a, fields: {{y: b}}, {word}}}", {}) == {"x": expected}


def test_required_lists_must_be_there_but_may_be_empty(apply: Any, run_faults: Any) -> None:
    rule = "x: {each: a, fields: {y: b}, required: true}"
    assert apply(rule, {"a": []}) == {"x": []}
    assert [fault.code for fault in run_faults(rule, {})] == ["E203"]


# ---- what becomes of a value -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("as: text", 12, "12"),
        ("as: text", Decimal("12.50"), "12.5"),
        ("as: text", True, "true"),
        ("as: integer", "0012", 12),
        ("as: integer", Decimal("12.0"), 12),
        ("as: decimal", "0.10", Decimal("0.10")),
        ("as: decimal, places: 2", "1.005", Decimal("1.01")),
        ("as: decimal, places: 0", Decimal("-0.4"), Decimal(0)),
        ("as: boolean", True, True),
        ("as: date", "2026/6/1", "2026-06-01"),
        ("as: date", "20260601", "2026-06-01"),
        ("as: date", "2026-06-01 23:59:59", "2026-06-01"),
        ("as: date, zone: Asia/Shanghai", "2026-05-31T16:00:00Z", "2026-06-01"),
        ("as: date, format: YYYYMMDD", date(2026, 6, 1), "20260601"),
        ('as: date, format: "YYYY年M月D日"', "2026-06-01", "2026年6月1日"),
        ("as: datetime", "2026-06-01T09:00:00+08:00", "2026-06-01T01:00:00Z"),
        ("as: datetime, zone: Asia/Shanghai", "2026-06-01 09:00", "2026-06-01T09:00:00+08:00"),
        ('as: datetime, zone: Asia/Shanghai, format: "YYYY-MM-DD HH:mm:ss"',
         datetime(2026, 6, 1, 1, tzinfo=UTC), "2026-06-01 09:00:00"),
        ("max_length: 3, cut: true", "中文字符", "中文字"),
        ("max_length: {bytes: 5, encoding: gb18030}, cut: true", "中文字", "中文"),
        ("max_length: {bytes: 5}, cut: true", "中文字", "中"),
        ("map: {a: A}, else: keep", "b", "b"),
        ("map: {a: A}, else: other", "b", "other"),
        ('map: {"1": true, "3": false}', 3, False),
        ('map: {"1": one}', Decimal("1.00"), "one"),
    ],
)  # fmt: skip
def test_a_value_becomes_what_its_rule_says(
    apply: Any, rule: str, value: Any, expected: Any
) -> None:
    found = apply(f"x: {{from: a, {rule}}}", {"a": value})["x"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("as: integer", "1.5", "E208"),
        ("as: integer", "1,000", "E202"),
        ("as: decimal", "1,200.00", "E202"),
        ("as: decimal", " 1", "E202"),
        ("as: decimal", "1e3", "E202"),
        ("as: decimal", "１２", "E202"),
        ("as: decimal", True, "E202"),
        ("as: boolean", "true", "E207"),
        ("as: boolean", 1, "E207"),
        ("as: date", "01/06/2026", "E206"),
        ("as: date", "2026-02-30", "E206"),
        ("as: date", "2026-6/1", "E206"),
        ("as: date", "2026-05-31T16:00:00Z", "E206"),
        ("as: date", 20260601, "E206"),
        ("as: datetime", "2026-06-01 09:00:00", "E206"),
        ("as: datetime, zone: UTC", "2026-06-01", "E206"),
        ("as: datetime, zone: UTC", "2026-06-01 25:00:00", "E206"),
        ("as: datetime", "0001-01-01T00:00:00+08:00", "E206"),
        ("max_length: 3", "four", "E204"),
        ("max_length: 3", 1234, "E212"),
        ("max_length: {bytes: 9, encoding: gb2312}", "😀", "E212"),
        ("map: {a: A}", "b", "E201"),
    ],
)
def test_a_value_that_does_not_fit_is_a_fault(
    run_faults: Any, rule: str, value: Any, code: str
) -> None:
    assert [f.code for f in run_faults(f"x: {{from: a, {rule}}}", {"a": value})] == [code]


def test_the_order_of_steps_is_the_languages_not_the_files(apply: Any) -> None:
    one = 'x: {from: a, empty: [""], map: {k: "1.005"}, default: "7", as: decimal, places: 2}'
    other = 'x: {places: 2, as: decimal, default: "7", map: {k: "1.005"}, empty: [""], from: a}'
    for rule in (one, other):
        assert apply(rule, {"a": "k"}) == {"x": Decimal("1.01")}
        assert apply(rule, {"a": ""}) == {"x": Decimal("7.00")}


def test_a_table_by_name_and_its_null_means_nothing(apply: Any) -> None:
    before = "tables: {kinds: {gift: 赠品, none: null}}"
    rule = "x: {from: k, map: kinds, default: other}"
    assert apply(rule, {"k": "gift"}, before=before) == {"x": "赠品"}
    assert apply(rule, {"k": "none"}, before=before) == {"x": "other"}


# ---- scope and lets --------------------------------------------------------------------------


def test_links_results_and_delivery_are_at_hand(apply: Any) -> None:
    rule = """
    erp: $links.erp
    number: $results.erp.number
    key: $delivery.key
    other: $results.wms.number
    """
    scope = Scope({"erp": "17"}, {"erp": {"number": "SO1"}}, {"key": "K", "revision": 1})
    assert apply(rule, {}, scope=scope) == {"erp": "17", "number": "SO1", "key": "K"}


def test_a_let_is_worked_out_once_and_sees_those_above(apply: Any) -> None:
    before = "let: {a: {calc: n + 1}, b: {calc: $a * 2}}"
    assert apply("x: $b\ny: $a", {"n": 1}, before=before) == {"x": Decimal(4), "y": Decimal(2)}


# ---- all faults at once ----------------------------------------------------------------------


def test_every_fault_of_a_document_is_reported_with_place_target_and_value(
    run_faults: Any,
) -> None:
    rule = """
    kind: {from: kind, map: {gift: GIFT}}
    lines:
      each: lines
      fields:
        qty: {from: qty, as: decimal}
    due: {from: due, required: true}
    """
    document = {"kind": "vip", "lines": [{"qty": "1"}, {"qty": "1,200"}, {"qty": ""}]}
    faults = run_faults(rule, document)
    assert [(fault.code, fault.target) for fault in faults] == [
        ("E201", "kind"),
        ("E202", "lines[1].qty"),
        ("E202", "lines[2].qty"),
        ("E203", "due"),
    ]
    assert all(fault.file == "own/probe.yaml" and fault.line for fault in faults)
    assert 'kind = "vip" is not in the table' in faults[0].message
    assert "lines[1].qty = \"1,200\" is no number: the ',' at character 2" in faults[1].message


def test_target_and_source_indexes_differ_where_items_are_left_out(run_faults: Any) -> None:
    rule = "x: {each: lines, where: keep, fields: {q: {from: q, as: integer}}}"
    lines = [{"keep": False, "q": "1"}, {"keep": True, "q": "bad"}]
    (fault,) = run_faults(rule, {"lines": lines})
    assert fault.target == "x[0].q"
    assert "lines[1].q" in fault.message


def test_a_fault_in_a_let_is_reported_where_the_let_stands(run_faults: Any) -> None:
    (fault,) = run_faults("x: $n", {"a": "many"}, before="let: {n: {from: a, as: integer}}")
    assert (fault.code, fault.target, fault.line) == ("E202", "x", 4)


def test_a_list_longer_than_allowed_is_a_fault(run_faults: Any) -> None:
    (fault,) = run_faults("x: {each: a, fields: {y: b}}", {"a": [{}] * 10_001})
    assert fault.code == "E213"
