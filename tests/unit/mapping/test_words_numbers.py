"""Numbers: how they are read, scaled and rounded; money and quantities keep what they are of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.records import CURRENCIES


def money(amount: str, currency: str = "CNY") -> dict[str, Any]:
    return {"amount": Decimal(amount), "currency": currency}


# ---- rounding --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "half_up", "half_even", "down"),
    [
        ("0.5", "1", "0", "0"),
        ("1.5", "2", "2", "1"),
        ("2.5", "3", "2", "2"),
        ("-0.5", "-1", "0", "0"),
        ("-1.5", "-2", "-2", "-1"),
        ("-2.5", "-3", "-2", "-2"),
        ("2.4999999999999999999999999999", "2", "2", "2"),
        ("2.5000000000000000000000000001", "3", "3", "2"),
        ("-2.9", "-3", "-3", "-2"),
        ("0", "0", "0", "0"),
    ],
)
def test_each_way_of_rounding_takes_halves_as_it_says(
    apply: Any, value: str, half_up: str, half_even: str, down: str
) -> None:
    rule = """
    up: {from: a, as: decimal, places: 0, round: half-up}
    usual: {from: a, as: decimal, places: 0}
    even: {from: a, as: decimal, places: 0, round: half-even}
    down: {from: a, as: decimal, places: 0, round: down}
    """
    found = {name: str(number) for name, number in apply(rule, {"a": value}).items()}
    assert found == {"up": half_up, "usual": half_up, "even": half_even, "down": down}


def test_a_rounded_number_has_exactly_its_places(apply: Any) -> None:
    for value, expected in (("1", "1.00"), ("1.005", "1.01"), ("-0.001", "0.00")):
        found = apply("x: {from: a, as: decimal, places: 2}", {"a": value})["x"]
        assert str(found) == expected


def test_the_function_rounds_halves_up_away_from_zero(apply: Any) -> None:
    rule = "x: {calc: 'round(a, 2)'}\ny: {calc: 'round(a)'}"
    assert apply(rule, {"a": "2.665"}) == {"x": Decimal("2.67"), "y": Decimal(3)}
    assert apply(rule, {"a": "-2.665"}) == {"x": Decimal("-2.67"), "y": Decimal(-3)}


# ---- thousands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1,200.00", "1200.00"),
        ("1,200", "1200"),
        ("-12,345,678.9", "-12345678.9"),
        ("+1,000", "1000"),
        ("999", "999"),
        ("1200.5", "1200.5"),
        (Decimal("1200.5"), "1200.5"),
    ],
)
def test_thousands_are_read_where_they_stand_right(apply: Any, value: Any, expected: str) -> None:
    found = apply('x: {from: a, as: decimal, thousands: ","}', {"a": value})["x"]
    assert str(found) == expected


@pytest.mark.parametrize(
    "value",
    ["1,20", "1,2000", "12,00,000", ",200", "1,200,", "1,,200", "1.200,00", "1,200.0,0", "1 200",
     "1，200"],
)  # fmt: skip
def test_a_separator_elsewhere_is_no_number(run_faults: Any, value: str) -> None:
    (fault,) = run_faults('x: {from: a, as: decimal, thousands: ","}', {"a": value})
    assert fault.code == "E202"


def test_any_sign_may_stand_between_thousands(apply: Any) -> None:
    for sign in (" ", "'", "_", "\u00a0"):
        rule = f'x: {{from: a, as: integer, thousands: "{sign}"}}'
        assert apply(rule, {"a": f"1{sign}200{sign}000"}) == {"x": 1_200_000}


@pytest.mark.parametrize("sign", [".", "-", "+", "0", "a", ",,", ""])
def test_a_sign_that_is_part_of_numbers_is_no_separator(check_faults: Any, sign: str) -> None:
    (fault,) = check_faults(f'x: {{from: a, as: decimal, thousands: "{sign}"}}')
    assert fault.code == "E106"


# ---- scale -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        ("0.01", "129", "1.29"),
        ("0.1", "0.1", "0.01"),
        ("1000", "1.2345", "1234.5000"),
        ("-1", "5", "-5"),
        ("0.000000000000000001", "1", "1E-18"),
        ("3", "33333333333333333333333333.33", "99999999999999999999999999.99"),
    ],
)
def test_scale_multiplies_exactly(apply: Any, scale: str, value: str, expected: str) -> None:
    found = apply(f'x: {{from: a, as: decimal, scale: "{scale}"}}', {"a": value})["x"]
    assert found == Decimal(expected)


def test_a_number_is_scaled_before_it_is_rounded(apply: Any) -> None:
    rule = 'x: {from: a, as: decimal, scale: "0.01", places: 1}'
    assert str(apply(rule, {"a": "125"})["x"]) == "1.3"


def test_a_whole_number_must_be_one_after_it_was_scaled(apply: Any, run_faults: Any) -> None:
    rule = 'x: {from: a, as: integer, scale: "0.5"}'
    assert apply(rule, {"a": "4"}) == {"x": 2}
    assert [fault.code for fault in run_faults(rule, {"a": "3"})] == ["E208"]


@pytest.mark.parametrize("scale", ["0", "0.00", "1e3", "1/3", "many", "９", "1" * 41])
def test_what_is_no_factor_is_refused(check_faults: Any, scale: str) -> None:
    (fault,) = check_faults(f'x: {{from: a, as: decimal, scale: "{scale}"}}')
    assert fault.code == "E106"


# ---- money -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "expected"), [("JPY", "1235"), ("CNY", "1234.57"), ("KWD", "1234.568")]
)
def test_money_has_the_places_of_its_currency(apply: Any, currency: str, expected: str) -> None:
    found = apply("x: {from: a, as: money, currency: c}", {"a": "1234.5678", "c": currency})
    assert str(found["x"]["amount"]) == expected
    assert found["x"]["currency"] == currency


def test_places_and_rounding_of_the_rule_win(apply: Any) -> None:
    rule = "x: {from: a, as: money, currency: JPY, places: 1, round: down}"
    assert apply(rule, {"a": "1.29"}) == {"x": money("1.2", "JPY")}


@pytest.mark.parametrize("currency", ["cny", "RMB", "CNYY", "￥", "元", " CNY"])
def test_what_is_no_currency_is_named_instead_of_the_amount(run_faults: Any, currency: str) -> None:
    (fault,) = run_faults("x: {from: a, as: money, currency: c}", {"a": "1", "c": currency})
    assert f'currency = "{currency}" is no ISO 4217 currency code' in fault.message


def test_a_currency_is_three_capital_letters_and_all_else_a_path(apply: Any) -> None:
    assert len(CURRENCIES) > 150
    assert apply("x: {from: a, as: money, currency: XYZ}", {"a": "1", "XYZ": "EUR"}) == {
        "x": money("1.00", "EUR")
    }
    assert apply("x: {from: a, as: money, currency: {from: c, map: {元: CNY}}}",
                 {"a": "1", "c": "元"}) == {"x": money("1.00")}  # fmt: skip


LETS = """
let:
  price: {from: p, as: money, currency: CNY}
  other: {from: p, as: money, currency: USD}
  weight: {from: p, as: quantity, unit: {value: kg}}
"""


@pytest.mark.parametrize(
    ("calc", "expected"),
    [
        ("$price + $price", money("20.00")),
        ("$price - $price", money("0.00")),
        ("-$price", money("-10.00")),
        ("$price * 3", money("30.00")),
        ("3 * $price", money("30.00")),
        ("round($price / 3, 2)", money("3.33")),
        ("round($price * 0.125)", money("1")),
        ("round($price / $price, 1)", Decimal("1.0")),
        ("$price == $price", True),
        ("$price >= $price", True),
        ("$price < $price", False),
        ("$price != 0", True),
        ("0 < $price", True),
        ("sum(none: m) + $price", money("10.00")),
        ("$price - sum(none: m)", money("10.00")),
        ("sum(lines: $price * n)", money("30.00")),
        ("max(lines: $price * n)", money("20.00")),
        ("min(lines: $price * n)", money("10.00")),
        ("sum(lines: m)", money("3")),
        ("$weight * 2", {"amount": Decimal(20), "unit": "kg"}),
    ],
)
def test_money_and_quantities_calculate(apply: Any, calc: str, expected: Any) -> None:
    lines = [{"n": 1, "m": money("1")}, {"n": 2, "m": money("2")}]
    found = apply(f"x: {{calc: '{calc}'}}", {"p": "10", "lines": lines, "none": []}, before=LETS)
    assert found == {"x": expected}


@pytest.mark.parametrize(
    "calc",
    [
        *("$price + $other", "$price - $other", "$price + 1", "1 - $price", "$price * $price"),
        *("round(1 / $price, 2)", "round($price / $other, 2)", "$price < $other"),
        *("$price == $other", "$price > 1", "$price + $weight", "$weight > $price"),
        *("sum(lines: m)", "max(lines: m)", "min(lines: m)", "sum(half: m)"),
    ],
)
def test_two_currencies_or_units_never_meet(run_faults: Any, calc: str) -> None:
    lines = [{"m": money("1")}, {"m": money("1", "USD")}]
    document = {"p": "10", "lines": lines, "half": [{"m": money("1")}, {"m": "1"}]}
    (fault,) = run_faults(f"x: {{calc: '{calc}'}}", document, before=LETS)
    assert fault.code == "E216"


def test_an_amount_that_has_a_currency_keeps_it(apply: Any, run_faults: Any) -> None:
    assert apply("x: {from: $price, as: money, currency: CNY, places: 1}", {"p": "10"}, before=LETS
                 ) == {"x": money("10.0")}  # fmt: skip
    for rule in ("as: money, currency: USD", "as: quantity, unit: {value: kg}"):
        (fault,) = run_faults(f"x: {{from: $price, {rule}}}", {"p": "10"}, before=LETS)
        assert fault.code == "E216"


def test_a_sum_over_nothing_is_a_plain_zero(apply: Any) -> None:
    assert apply("x: {calc: 'sum(lines: m)'}", {"lines": []}) == {"x": Decimal(0)}


def test_money_divided_by_zero_is_told_as_such(run_faults: Any) -> None:
    (fault,) = run_faults("x: {calc: 'round($price / 0, 2)'}", {"p": "10"}, before=LETS)
    assert (fault.code, "divides by zero" in fault.message) == ("E209", True)


# ---- quantities ------------------------------------------------------------------------------


def test_a_quantity_keeps_its_unit_and_all_its_places(apply: Any) -> None:
    rule = "x: {from: a, as: quantity, unit: u}"
    assert apply(rule, {"a": "1.2345", "u": "kg"}) == {
        "x": {"amount": Decimal("1.2345"), "unit": "kg"}
    }
    scaled = 'x: {from: a, as: quantity, unit: {from: u, map: {吨: kg}}, scale: "1000"}'
    assert apply(scaled, {"a": "1.5", "u": "吨"}) == {
        "x": {"amount": Decimal("1500.0"), "unit": "kg"}
    }


@pytest.mark.parametrize("unit", ["kg", "t", "件"])
def test_quantities_of_two_units_are_not_compared(apply: Any, run_faults: Any, unit: str) -> None:
    rule = "x: {calc: a == b}"
    document = {"a": {"amount": "1", "unit": "kg"}, "b": {"amount": "1.0", "unit": unit}}
    if unit == "kg":
        assert apply(rule, document) == {"x": True}
    else:
        assert [fault.code for fault in run_faults(rule, document)] == ["E216"]
