"""Values are compared exactly, in one form, whoever wrote them and however."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.compare import forms
from hub.compare.fields import Field, FieldType, Result, Tolerance, status_reader
from hub.compare.forms import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
CENT = forms.scaled(Decimal("0.01"))


def field(kind: str, **more: Any) -> Field:
    return Field("f", FieldType(kind), **more)


def judged(one: Field, left: Any, right: Any, lines: int = 1) -> Result:
    read = one.reader()
    return one.judge(read(left), read(right), lines).result


# ---- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("12", "12.00"),
        ("1,234.50", "1234.5"),
        ("(12.00)", "-12"),
        ("－12", "-12"),
        (0.1 + 0.2, "0.3"),
        ("-0", "0"),
        ("１２．５", "12.5"),
        (Decimal("1E+2"), "100"),
        ("99999999999999.99", Decimal("99999999999999.99")),
    ],
)
def test_numbers_that_mean_the_same_are_equal(left: Any, right: Any) -> None:
    assert judged(field("number"), left, right) is Result.EQUAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("0", None),
        ("0.00", ""),
        ("99999999999999.99", "99999999999999.98"),
        ("1", "-1"),
    ],
)
def test_numbers_that_do_not_mean_the_same_differ(left: Any, right: Any) -> None:
    assert judged(field("number"), left, right) is Result.DIFFERS


def test_null_empty_and_missing_are_one_nothing() -> None:
    assert judged(field("number"), None, "") is Result.EQUAL
    assert judged(field("text"), None, " \u00a0") is Result.EQUAL


def test_what_a_file_calls_empty_is_nothing() -> None:
    read = field("date", empty=("2099-12-31", "N/A")).reader()
    assert [read(one) for one in ("2099-12-31", "N/A", "", None)] == [None] * 4
    number = field("number", empty=("9999999",)).reader()
    assert (number("9999999"), number("0")) == (None, 0)


@pytest.mark.parametrize("value", ["abc", True, "1,2,3", "1e999", "1" * 40, "--1", "12元"])
def test_what_is_no_number_equals_nothing_not_even_itself(value: Any) -> None:
    assert judged(field("number"), value, value) is Result.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("tolerance", "left", "right", "result"),
    [
        (Tolerance(CENT, CENT), "100.00", "100.01", Result.WITHIN),
        (Tolerance(CENT, CENT), "100.00", "99.99", Result.WITHIN),
        (Tolerance(CENT, CENT), "100.00", "100.02", Result.DIFFERS),
        (Tolerance(CENT, CENT), "99999999999.00", "99999999999.01", Result.WITHIN),
        (Tolerance(0, CENT), "100.00", "99.99", Result.DIFFERS),
        (Tolerance(share=Decimal("0.01")), "100", "101", Result.WITHIN),
        (Tolerance(share=Decimal("0.01")), "100", "101.02", Result.DIFFERS),
        (Tolerance(share=Decimal("0.01")), "0", "0.01", Result.DIFFERS),
        (Tolerance(share=Decimal("0.01")), "-100", "-101", Result.WITHIN),
    ],
)
def test_a_tolerance_holds_to_the_last_unit(
    tolerance: Tolerance, left: str, right: str, result: Result
) -> None:
    assert judged(field("number", tolerance=tolerance), left, right) is result


def test_rounding_of_three_lines_is_three_times_as_much() -> None:
    one = field("number", tolerance=Tolerance(per_line=CENT))
    assert judged(one, "100.00", "100.03", lines=3) is Result.WITHIN
    assert judged(one, "100.00", "100.04", lines=3) is Result.DIFFERS


@given(st.decimals("-1e15", "1e15", places=4), st.integers(-300, 300), st.integers(0, 200))
def test_verdicts_are_those_of_exact_arithmetic(value: Decimal, apart: int, bound: int) -> None:
    other = value + Decimal(apart).scaleb(-4)
    allowed = Decimal(bound).scaleb(-4)
    one = field("number", tolerance=Tolerance(forms.scaled(allowed), forms.scaled(allowed)))
    expected = (
        Result.EQUAL if apart == 0 else Result.WITHIN if abs(apart) <= bound else Result.DIFFERS
    )
    assert judged(one, str(value), str(other)) is expected
    assert judged(one, str(other), str(value)) is expected


# ---- money and quantities ----------------------------------------------------------------------


def measured(one: Field, left: tuple[Any, Any], right: tuple[Any, Any]) -> Result:
    read = one.measured_reader()
    return one.judge(read(*left), read(*right)).result


def test_two_currencies_are_never_compared_by_their_numbers() -> None:
    money = field("money")
    assert measured(money, ("100", "CNY"), ("100", "USD")) is Result.NOT_COMPARABLE
    assert measured(money, ("100", "cny"), ("100.00", "CNY ")) is Result.EQUAL


def test_what_is_converted_is_compared_in_one_currency() -> None:
    rates = {"USD": Decimal("7.1"), "CNY": Decimal(1)}
    money = field("money", currency="CNY", rates=rates, rate_source="month end")
    assert measured(money, ("710.00", "CNY"), ("100", "USD")) is Result.EQUAL
    assert measured(money, ("710.00", "CNY"), ("100", "EUR")) is Result.NOT_COMPARABLE


def test_quantities_are_compared_in_their_base_unit() -> None:
    units = {"kg": ("g", Decimal(1000)), "g": ("g", Decimal(1))}
    quantity = field("quantity", units=units)
    assert measured(quantity, ("0.25", "kg"), ("250", "G")) is Result.EQUAL
    assert measured(quantity, ("1", "kg"), ("1", "箱")) is Result.NOT_COMPARABLE
    assert measured(quantity, ("1", "箱"), ("1", "箱")) is Result.EQUAL


# ---- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("2026-07-01T16:30:00Z", "2026-07-02"),
        ("2026/7/2", "20260702"),
        ("2026年7月2日", date(2026, 7, 2)),
        (datetime.fromisoformat("2026-07-02T00:30"), "2026-07-02"),
        ("2026-07-02T00:30:00+08:00", "2026-07-02"),
        ("2024-02-29", "2024.2.29"),
    ],
)
def test_a_time_is_the_day_it_is_in_the_zone(left: Any, right: Any) -> None:
    assert judged(field("date", zone=SHANGHAI), left, right) is Result.EQUAL


def test_a_day_without_a_time_is_never_shifted() -> None:
    for zone in (SHANGHAI, ZoneInfo("America/New_York")):
        assert field("date", zone=zone).reader()("2026-07-01") == date(2026, 7, 1).toordinal()


@pytest.mark.parametrize("value", ["2026-02-30", "soon", "2026-13-01", 20260101])
def test_what_is_no_day_cannot_be_compared(value: Any) -> None:
    assert judged(field("date"), value, "2026-01-01") is Result.NOT_COMPARABLE


def test_three_days_agree_and_four_differ() -> None:
    one = field("date", tolerance=Tolerance(3, 3))
    assert judged(one, "2026-08-01", "2026-08-04") is Result.WITHIN
    assert judged(one, "2026-08-01", "2026-08-05") is Result.DIFFERS
    assert judged(one, "2026-03-01", "2026-02-26") is Result.WITHIN


def test_earlier_and_later_may_be_allowed_apart() -> None:
    one = field("date", tolerance=Tolerance(1, 3))
    assert judged(one, "2026-08-02", "2026-08-05") is Result.WITHIN
    assert judged(one, "2026-08-02", "2026-07-31") is Result.DIFFERS


def test_working_days_leave_out_holidays_and_count_days_made_up() -> None:
    one = field("date", tolerance=Tolerance(1, 1, working=True))
    # Friday to Monday is one working day
    assert judged(one, "2026-11-20", "2026-11-23") is Result.WITHIN
    assert judged(one, "2026-11-20", "2026-11-24") is Result.DIFFERS
    # 2026-10-01 to 10-07 are holidays
    assert judged(one, "2026-09-30", "2026-10-08") is Result.WITHIN


# ---- texts and statuses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["ＣＭ－１", " cm-1", "CM-1\u00a0", "c m_1", "CM\u200b/1", "\ufeffCM-1"]
)
def test_a_key_is_the_same_however_it_is_written(written: str) -> None:
    assert forms.folder(forms.KEY_RULES)(written) == "CM1"


def test_a_letter_o_is_never_a_zero() -> None:
    fold = forms.folder(forms.KEY_RULES)
    assert fold("CMO1") != fold("CM01")


def test_a_status_may_stand_for_several() -> None:
    one = field("status")
    ours = one.reader()
    theirs = status_reader(one, {"有效": ["approved", "done"], "作废": ["cancelled"]})
    assert one.judge(ours("done"), theirs("有效")).result is Result.EQUAL
    assert one.judge(ours("cancelled"), theirs("有效")).result is Result.DIFFERS
    assert theirs("冻结") == Problem("冻结", "unmapped")
    assert one.judge(ours("done"), theirs("冻结")).result is Result.NOT_COMPARABLE


def test_differences_are_told_with_their_sign() -> None:
    day = field("date")
    read = day.reader()
    assert day.shown_difference(day.judge(read("2026-08-05"), read("2026-08-01"))) == "-4 d"
    money = field("money")
    read_money = money.measured_reader()
    apart = money.judge(read_money("100", "CNY"), read_money("112.5", "CNY"))
    assert money.shown_difference(apart, "CNY") == "+12.50 CNY"
