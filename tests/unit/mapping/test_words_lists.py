"""Lists as a whole, texts that become lists, and the sources that choose and count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest


def names(apply: Any, rule: str, lines: list[dict[str, Any]]) -> list[str]:
    found: list[str] = apply(f"x: {{each: lines, from: name, {rule}}}", {"lines": lines})["x"]
    return found


def lines(*values: Any) -> list[dict[str, Any]]:
    """Return a line for each value, named A, B, C …; `...` stands for a line without one."""
    return [
        {"name": name, **({} if value is ... else {"n": value})}
        for name, value in zip("ABCDEFGH", values, strict=False)
    ]


# ---- order_by --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["10", "9", "-1", "9.5"], "CBDA"),
        ([10, "9", Decimal("9.5")], "BCA"),
        (["10", "9", "x"], "ABC"),
        (["b", "B", "a", ""], "DBCA"),
        (["10", None, "9", ...], "CABD"),
        ([True, False], "BA"),
        (["2026-06-01", "2025-12-31"], "BA"),
        (["1", "1.0", "01"], "ABC"),
        ([], ""),
    ],
    ids=[
        "numbers",
        "kinds",
        "mixed",
        "texts",
        "nothing-last",
        "booleans",
        "days",
        "stable",
        "none",
    ],
)
def test_items_come_by_size_or_by_text_with_nothing_last(
    apply: Any, values: list[Any], expected: str
) -> None:
    assert names(apply, "order_by: n", lines(*values)) == [*expected]


def test_the_second_path_orders_what_the_first_leaves_equal(apply: Any) -> None:
    given = [
        {"name": "A", "n": "2", "m": "x"},
        {"name": "B", "n": "1", "m": "b"},
        {"name": "C", "n": "1.0", "m": "a"},
    ]
    assert names(apply, "order_by: [n, m]", given) == ["C", "B", "A"]
    assert names(apply, "order_by: [m, n]", given) == ["C", "B", "A"]


def test_what_is_left_out_has_no_say_in_the_order(apply: Any) -> None:
    given = [*lines("10", "9"), {"name": "X", "n": "none"}, {"name": "X", "n": []}]
    assert names(apply, 'where: name != "X", order_by: n', given) == ["B", "A"]


def test_a_fault_in_an_ordered_item_names_its_place_in_the_source(run_faults: Any) -> None:
    rule = "x: {each: lines, order_by: n, fields: {y: {from: n, as: integer}}}"
    (fault,) = run_faults(rule, {"lines": [{"n": "b"}, {"n": "1"}]})
    assert (fault.target, fault.source) == ("x[1].y", "lines[0].n")


# ---- unique ----------------------------------------------------------------------------------

UNIQUE = "x: {each: lines, fields: {y: {from: n, as: decimal}, z: name}, unique: UNIQUE}"


def test_two_items_with_the_same_fields_are_a_fault(apply: Any, run_faults: Any) -> None:
    given = {"lines": lines("1", "2", "1.00")}
    (fault,) = run_faults(UNIQUE.replace("UNIQUE", "y"), given)
    assert fault.code == "E215"
    assert "the same y in items 0 and 2" in fault.message
    assert len(apply(UNIQUE.replace("UNIQUE", "[y, z]"), given)["x"]) == 3


def test_long_texts_are_told_apart_to_their_ends(apply: Any) -> None:
    given = {"lines": [{"n": "x" * 80 + "1"}, {"n": "x" * 80 + "2"}]}
    assert len(apply("x: {each: lines, fields: {y: n}, unique: y}", given)["x"]) == 2


def test_objects_are_the_same_where_all_in_them_is(apply: Any, run_faults: Any) -> None:
    rule = "x: {each: lines, fields: {y: {from: n, as: money, currency: CNY}}, unique: y}"
    assert len(apply(rule, {"lines": lines("1", "2")})["x"]) == 2
    assert [f.code for f in run_faults(rule, {"lines": lines("1", "1.0")})] == ["E215"]


def test_a_text_is_not_the_number_it_looks_like(apply: Any) -> None:
    rule = "x: {each: lines, fields: {y: n}, unique: y}"
    assert len(apply(rule, {"lines": lines("1", 1, True, "true")})["x"]) == 4


# ---- min and max -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "count", "fits"),
    [
        *(("min: 2", count, count >= 2) for count in range(4)),
        *(("max: 2", count, count <= 2) for count in range(4)),
        *(("min: 1, max: 2", count, count in {1, 2}) for count in range(4)),
    ],
)
def test_a_list_has_as_many_items_as_it_says(
    apply: Any, run_faults: Any, words: str, count: int, fits: bool
) -> None:
    rule, document = f"x: {{each: a, {words}}}", {"a": ["v"] * count}
    if fits:
        assert len(apply(rule, document)["x"]) == count
    else:
        (fault,) = run_faults(rule, document)
        assert fault.code == "E219"
        assert f"has {count} items" in fault.message


def test_items_are_counted_after_where(run_faults: Any) -> None:
    (fault,) = run_faults("x: {each: lines, where: n is set, from: n, min: 2}",
                          {"lines": lines("1", ...)})  # fmt: skip
    assert "has 1 items" in fault.message


# ---- join and split --------------------------------------------------------------------------


def test_ordered_checked_items_are_joined_last(apply: Any) -> None:
    rule = 'x: {each: lines, order_by: n, where: n is set, text: "{name}{n}", max: 2, join: "; "}'
    assert apply(rule, {"lines": lines("2", "1", ...)}) == {"x": "B1; A2"}


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ('split: ","', "a, b ,c", ["a", "b", "c"]),
        ('split: ","', "a,,b,", ["a", "", "b", ""]),
        ('split: ","', "one", ["one"]),
        ('split: ","', "", []),
        ('split: ","', "  ", []),
        ('split: " - "', "a-b - c", ["a-b", "c"]),
        ('split: "；"', "甲；乙", ["甲", "乙"]),
        ('split: "|"', 12, ["12"]),
        ('split: ",", as: integer', "1,02", [1, 2]),
        ('split: ",", map: {a: A, b: null}', "a,b,a", ["A", "A"]),
        ('split: ",", empty: ["-"]', "-", None),
        ('split: ",", redact: name', "李晓梅,王五", ["李**", "王*"]),
        ('split: ",", redact: drop', "a,b", []),
        ('split: ",", max_length: 1, cut: true', "ab,c", ["a", "c"]),
        ('split: ",", check: "len($value) == 2"', "ab,cd", ["ab", "cd"]),
    ],
)
def test_a_text_becomes_a_list_and_each_part_what_the_rule_says(
    apply: Any, words: str, value: Any, expected: Any
) -> None:
    assert apply(f"x: {{from: a, {words}}}", {"a": value}).get("x") == expected


@pytest.mark.parametrize(
    ("words", "value", "code"),
    [
        ('split: ",", as: integer', "1,x", "E202"),
        ('split: ",", map: {a: A}', "a,b", "E201"),
        ('split: ","', ["a"], "E205"),
        ('split: ","', "a," * 10_000, "E213"),
    ],
    ids=["part", "table", "list", "too-many"],
)
def test_a_part_that_does_not_fit_stops_the_rule(
    run_faults: Any, words: str, value: Any, code: str
) -> None:
    (fault,) = run_faults(f"x: {{from: a, {words}}}", {"a": value})
    assert fault.code == code


def test_a_separator_is_needed_to_split(check_faults: Any) -> None:
    assert [fault.code for fault in check_faults('x: {from: a, split: ""}')] == ["E106"]


# ---- choose and count ------------------------------------------------------------------------


def test_the_first_case_that_holds_is_taken_and_no_later_one_looked_at(apply: Any) -> None:
    rule = """
    x:
      choose:
        - {when: a == "1", then: first}
        - {when: 'a in ["1", "2"]', then: {text: "{a}nd"}}
        - {when: b > 1, then: third}
    """
    assert apply(rule, {"a": "1", "b": "no number"}) == {"x": "first"}
    assert apply(rule, {"a": "2", "b": "no number"}) == {"x": "2nd"}
    assert apply(rule, {"a": "3", "b": "2"}) == {"x": "third"}
    assert apply(rule, {"a": "3", "b": "1"}) == {}


def test_a_case_that_holds_and_gives_nothing_is_not_passed_over(apply: Any) -> None:
    rule = 'x: {choose: [{when: "true", then: {from: a}}], else: other, default: none}'
    assert apply(rule, {}) == {"x": "none"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("x: {choose: []}", "E106"),
        ("x: {choose: a}", "E106"),
        ("x: {choose: [{when: a}]}", "E105"),
        ("x: {choose: [{then: a}]}", "E105"),
        ("x: {choose: [{when: a, then: b, else: c}]}", "E102"),
        ("x: {choose: [{when: a, then: b}], map: {c: d}}", "E110"),
        ("x: {choose: [{when: a, then: [b]}]}", "E106"),
        ("x: {count: [a]}", "E106"),
        ("x: {from: a, map: {k: v}, else: [b]}", "E106"),
        ("x: {from: a, map: {k: v}, else: {b: c}}", "E106"),
    ],
)
def test_a_case_or_count_that_is_written_wrong_is_refused(
    check_faults: Any, rule: str, code: str
) -> None:
    assert {fault.code for fault in check_faults(rule)} == {code}


def test_count_counts_every_item_whatever_it_is(apply: Any, run_faults: Any) -> None:
    assert apply("x: {count: a}", {"a": [None, "", []]}) == {"x": 3}
    assert apply('x: {count: a, as: text, check: "!= \\"0\\""}', {"a": ("b",)}) == {"x": "1"}
    assert [fault.code for fault in run_faults("x: {count: a}", {"a": "abc"})] == ["E205"]


def test_one_item_stays_a_list_through_every_word(apply: Any) -> None:
    rule = 'x: {each: a, order_by: n, unique: n, max: 1, fields: {n: n}}\ny: {from: b, split: ","}'
    assert apply(rule, {"a": [{"n": "1"}], "b": "1"}) == {"x": [{"n": "1"}], "y": ["1"]}
