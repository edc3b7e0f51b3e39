"""Two values are equal, within their tolerance or different; exactly, and never by a guess."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compare import forms
from hub.compare.fields import Field, FieldType, Judged, Result, Tolerance, status_reader
from hub.compare.forms import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
CENT = forms.scaled(Decimal("0.01"))
EQUAL, WITHIN, DIFFERS, NOT_COMPARABLE = Result

_EXACT = settings(max_examples=300, deadline=None, database=None, derandomize=True)


def field(kind: str, **more: Any) -> Field:
    return Field("f", FieldType(kind), **more)


def judged(one: Field, left: Any, right: Any, lines: int = 1) -> Result:
    read = one.reader()
    return one.judge(read(left), read(right), lines).result


def absolute(below: str, above: str | None = None, **more: Any) -> Tolerance:
    bounds = (forms.scaled(Decimal(one)) for one in (below, below if above is None else above))
    return Tolerance(*bounds, **more)


# ---- nothing, and 0 ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["number", "text", "date", "status"])
@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blanks"),
        pytest.param("\u00a0", id="no-break-space"),
        pytest.param("\u200b", id="zero-width-space"),
    ],
)
def test_null_and_empty_text_are_one_nothing(kind: str, nothing: str) -> None:
    assert judged(field(kind), None, nothing) is EQUAL


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("number", "0", id="0"),
        pytest.param("number", "0.00", id="0.00"),
        pytest.param("number", "-0", id="minus-0"),
        pytest.param("number", 0, id="json-0"),
        pytest.param("text", "0", id="text-0"),
        pytest.param("text", "N/A", id="text-not-available"),
        pytest.param("text", "null", id="the-word-null"),
        pytest.param("date", "2099-12-31", id="day-far-away"),
    ],
)
def test_what_stands_there_is_not_nothing(kind: str, value: Any) -> None:
    for tolerance in (Tolerance(), absolute("5", per_line=CENT, share=Decimal(1))):
        one = field(kind, tolerance=tolerance)
        for nothing in (None, ""):
            assert judged(one, nothing, value) is DIFFERS
            assert judged(one, value, nothing) is DIFFERS


@pytest.mark.parametrize("zero", ["0.00", "-0", "-0.00", "(0)", 0, 0.0, -0.0, Decimal("0E+3")])
def test_every_zero_is_the_same(zero: Any) -> None:
    assert judged(field("number"), "0", zero) is EQUAL


@pytest.mark.parametrize(
    ("kind", "empty", "value"),
    [
        pytest.param("text", "N/A", "N/A", id="text"),
        pytest.param("text", "N/A", " Ｎ／Ａ ", id="text-in-full-width"),
        pytest.param("number", "N/A", "N/A", id="word-for-no-number"),
        pytest.param("number", "N/A", "N/A\u200b", id="word-with-a-zero-width-space"),
        pytest.param("number", "9999999", "9999999", id="number-as-text"),
        pytest.param("number", "9999999", 9999999, id="number-in-json"),
        pytest.param("number", "9999999", "9999999.00", id="number-with-cents"),
        pytest.param("number", "9999999", Decimal(9999999), id="decimal"),
        pytest.param("date", "N/A", "N/A", id="word-for-no-day"),
        pytest.param("date", "2099-12-31", "2099-12-31", id="day-far-away"),
        pytest.param("date", "2099-12-31", "2099/12/31", id="day-written-otherwise"),
        pytest.param("date", "2099-12-31", "2099-12-31T00:00:00", id="day-with-a-time"),
        pytest.param("date", "2099-12-31", date(2099, 12, 31), id="date-object"),
        pytest.param("status", "-", "-", id="status"),
    ],
)
def test_what_a_file_calls_empty_is_nothing(kind: str, empty: str, value: Any) -> None:
    assert field(kind, empty=(empty,)).reader()(value) is None
    assert field(kind).reader()(value) is not None


def test_a_zero_is_nothing_only_where_a_file_says_so() -> None:
    assert judged(field("number", empty=("0",)), None, "0.00") is EQUAL
    assert judged(field("number", empty=("9999999",)), None, "0") is DIFFERS


def test_an_empty_amount_is_nothing_whatever_its_currency() -> None:
    read = field("money", empty=("N/A",)).measured_reader()
    assert [read(one, "CNY") for one in (None, "", "N/A")] == [None] * 3
    assert read("0", "CNY") == (0, "CNY")


# ---- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("12", "12.00", id="cents"),
        pytest.param("1,234.50", "1234.5", id="grouped"),
        pytest.param("(12.00)", "-12", id="in-brackets"),
        pytest.param(0.1 + 0.2, "0.3", id="float-of-a-sum"),
        pytest.param(Decimal("1E+2"), "100", id="exponent"),
        pytest.param("99999999999999.99", Decimal("99999999999999.99"), id="sixteen-digits"),
    ],
)
def test_numbers_that_mean_the_same_are_equal(left: Any, right: Any) -> None:
    assert judged(field("number"), left, right) is EQUAL
    assert judged(field("number"), right, left) is EQUAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("99999999999999.99", "99999999999999.98", id="last-cent-of-sixteen-digits"),
        pytest.param("1", "-1", id="sign"),
        pytest.param("0.00000001", "0", id="last-part-that-counts"),
        pytest.param(2**53, 2**53 + 1, id="integers-a-float-cannot-tell-apart"),
    ],
)
def test_numbers_that_do_not_mean_the_same_differ(left: Any, right: Any) -> None:
    assert judged(field("number"), left, right) is DIFFERS


@pytest.mark.parametrize("kind", ["number", "date"])
@pytest.mark.parametrize("value", ["abc", True, "1,2,3", "1e999", "12元"])
def test_what_has_no_form_equals_nothing_not_even_itself(kind: str, value: Any) -> None:
    one = field(kind, tolerance=absolute("1000", share=Decimal(1)))
    for other in (value, None, "0"):
        assert judged(one, value, other) is NOT_COMPARABLE
        assert judged(one, other, value) is NOT_COMPARABLE


@pytest.mark.parametrize(
    ("tolerance", "left", "right", "result"),
    [
        pytest.param(absolute("0.01"), "100.00", "100.01", WITHIN, id="at"),
        pytest.param(absolute("0.01"), "100.00", "99.99", WITHIN, id="at-below"),
        pytest.param(absolute("0.01"), "100.00", "100.02", DIFFERS, id="one-cent-over"),
        pytest.param(absolute("0.01"), "100", "100.01000001", DIFFERS, id="one-part-over"),
        pytest.param(
            absolute("0.01"), "99999999999999.98", "99999999999999.99", WITHIN, id="at-large"
        ),
        pytest.param(
            absolute("0.01"), "99999999999999.97", "99999999999999.99", DIFFERS, id="over-large"
        ),
        pytest.param(absolute("0.01"), "-0.01", "0", WITHIN, id="from-below-0"),
        pytest.param(absolute("0.01"), "-0.01", "0.01", DIFFERS, id="across-0"),
        pytest.param(absolute("0.01"), "-5.00", "-5.01", WITHIN, id="negative-at"),
        pytest.param(absolute("0.01"), "-5.00", "-5.02", DIFFERS, id="negative-over"),
        pytest.param(absolute("0", "0.01"), "100.00", "100.01", WITHIN, id="more-is-allowed"),
        pytest.param(absolute("0", "0.01"), "100.00", "99.99", DIFFERS, id="less-is-not"),
        pytest.param(absolute("2", "1"), "100", "98", WITHIN, id="less-by-two"),
        pytest.param(absolute("2", "1"), "100", "102", DIFFERS, id="more-by-two"),
    ],
)
def test_a_tolerance_holds_to_the_last_part(
    tolerance: Tolerance, left: str, right: str, result: Result
) -> None:
    assert judged(field("number", tolerance=tolerance), left, right) is result


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        pytest.param("100", "101", WITHIN, id="of-the-larger"),
        pytest.param("101", "100", WITHIN, id="of-the-larger-swapped"),
        pytest.param("99", "100", WITHIN, id="at"),
        pytest.param("98.99999999", "100", DIFFERS, id="one-part-over"),
        pytest.param("-100", "-101", WITHIN, id="negative"),
        pytest.param("-100", "100", DIFFERS, id="sign"),
        pytest.param("0", "0", EQUAL, id="0-of-0"),
        pytest.param("0", "0.01", DIFFERS, id="a-cent-of-0"),
        pytest.param("0", "-0.01", DIFFERS, id="minus-a-cent-of-0"),
        # 1 % of 150 parts are 1.5 of them: nothing is rounded up
        pytest.param("0.00000150", "0.00000148", DIFFERS, id="between-two-parts"),
        pytest.param("0.00000150", "0.00000149", WITHIN, id="below-the-next-part"),
        pytest.param("99999999999999.99", "98999999999999.99", DIFFERS, id="over-large"),
        pytest.param("99999999999999.99", "99000000000000.00", WITHIN, id="at-large"),
    ],
)
def test_one_percent_is_exactly_that(left: str, right: str, result: Result) -> None:
    one = field("number", tolerance=Tolerance(share=Decimal("0.01")))
    assert judged(one, left, right) is result


def test_around_zero_the_absolute_rule_holds_beside_the_share() -> None:
    one = field("number", tolerance=absolute("0.01", share=Decimal("0.01")))
    assert judged(one, "0", "0.01") is WITHIN
    assert judged(one, "0", "0.02") is DIFFERS
    assert judged(one, "1000", "1010") is WITHIN


@pytest.mark.parametrize(
    ("lines", "apart", "result"),
    [
        (0, "0.01", WITHIN),
        (1, "0.01", WITHIN),
        (1, "0.02", DIFFERS),
        (3, "0.03", WITHIN),
        (3, "0.04", DIFFERS),
        (3, "-0.03", WITHIN),
        (3, "-0.04", DIFFERS),
    ],
)
def test_rounding_of_lines_is_as_much_as_there_are_lines(
    lines: int, apart: str, result: Result
) -> None:
    one = field("number", tolerance=Tolerance(per_line=CENT))
    assert judged(one, "100.00", Decimal("100.00") + Decimal(apart), lines) is result


def tolerances() -> st.SearchStrategy[Tolerance]:
    some = st.one_of(st.just(0), st.integers(0, 300))
    return st.builds(
        Tolerance, below=some, above=some, per_line=some,
        share=st.one_of(st.just(Decimal(0)), st.decimals("0", "2", places=8)),
    )  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Decimal, Decimal]:
    """Draw two decimals, most of them a few parts apart, as only then anything is at stake."""
    near_zero = st.decimals("-0.00001", "0.00001", places=8)
    left = draw(st.one_of(near_zero, st.decimals("-1e14", "1e14", places=8)))
    apart = Decimal(draw(st.integers(-1000, 1000))).scaleb(-8)
    return left, draw(st.one_of(st.just(left + apart), near_zero, st.just(-left)))


def worked_out(
    left: Decimal, right: Decimal, tolerance: Tolerance, lines: int
) -> tuple[Result, Fraction | None]:
    """Return verdict and difference by exact fractions, the rules read from their description."""
    if left == right:
        return EQUAL, None
    difference = Fraction(right) - Fraction(left)
    part = Fraction(1, forms.SCALE)
    allowed = [
        (tolerance.above if difference > 0 else tolerance.below) * part,
        tolerance.per_line * max(lines, 1) * part,
        Fraction(tolerance.share) * max(abs(Fraction(left)), abs(Fraction(right))),
    ]
    return (WITHIN if abs(difference) <= max(allowed) else DIFFERS), difference


@given(pairs(), tolerances(), st.integers(0, 5))
@_EXACT
def test_verdicts_are_those_of_exact_fractions(
    pair: tuple[Decimal, Decimal], tolerance: Tolerance, lines: int
) -> None:
    one = field("number", tolerance=tolerance)
    read = one.reader()
    found = one.judge(read(str(pair[0])), read(pair[1]), lines)
    result, difference = worked_out(*pair, tolerance, lines)
    assert found.result is result
    assert found.difference == (None if difference is None else difference * forms.SCALE)


@given(pairs(), tolerances(), st.integers(0, 5), st.booleans())
@_EXACT
def test_swapped_sides_differ_by_the_same_amount_the_other_way(
    pair: tuple[Decimal, Decimal], tolerance: Tolerance, lines: int, money: bool
) -> None:
    turned = Tolerance(tolerance.above, tolerance.below, tolerance.share, tolerance.per_line)
    verdicts = []
    for bounds, (left, right) in ((tolerance, pair), (turned, pair[::-1])):
        one = field("money" if money else "number", tolerance=bounds)
        measured, read = one.measured_reader(), one.reader()
        formed = [measured(each, "CNY") if money else read(each) for each in (left, right)]
        verdicts.append(one.judge(*formed, lines))
    there, back = verdicts
    assert there.result is back.result
    assert (there.difference or 0) == -(back.difference or 0)


# ---- money and quantities ----------------------------------------------------------------------


def measured(one: Field, left: tuple[Any, Any], right: tuple[Any, Any], lines: int = 1) -> Judged:
    read = one.measured_reader()
    return one.judge(read(*left), read(*right), lines)


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        pytest.param(("100", "CNY"), ("100.00", "CNY"), EQUAL, id="same"),
        pytest.param(("100", "cny"), ("100", " ＣＮＹ"), EQUAL, id="written-otherwise"),
        pytest.param(("100", "CNY"), ("100", "USD"), NOT_COMPARABLE, id="same-number"),
        pytest.param(("0", "CNY"), ("0", "USD"), NOT_COMPARABLE, id="zero-of-each"),
        pytest.param(("100", "CNY"), ("100", None), NOT_COMPARABLE, id="one-without"),
        pytest.param(("100", ""), ("100", None), EQUAL, id="both-without"),
        pytest.param(("100", "CNY"), (None, "USD"), DIFFERS, id="nothing-has-no-currency"),
        pytest.param((None, "CNY"), ("", "USD"), EQUAL, id="nothing-and-nothing"),
        pytest.param(("x", "CNY"), ("x", "CNY"), NOT_COMPARABLE, id="no-number"),
    ],
)
def test_two_currencies_are_never_compared_by_their_numbers(
    left: tuple[Any, Any], right: tuple[Any, Any], result: Result
) -> None:
    money = field("money", tolerance=absolute("1000", share=Decimal(1)))
    assert measured(money, left, right).result is result
    assert measured(money, right, left).result is result


def test_who_reads_of_two_currencies_is_told_both() -> None:
    why = measured(field("money"), ("1", "CNY"), ("1", "USD")).why
    assert str(why) == "CNY and USD are two currencies"


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        pytest.param(("710.00", "CNY"), ("100", "USD"), EQUAL, id="converted"),
        pytest.param(("710.00", "cny"), ("100", "usd"), EQUAL, id="written-small"),
        pytest.param(("710.01", "CNY"), ("100", "USD"), DIFFERS, id="one-cent-more"),
        pytest.param(("100", "USD"), ("100", "USD"), EQUAL, id="both-foreign"),
        pytest.param(("710", "CNY"), ("100", "EUR"), NOT_COMPARABLE, id="no-rate-that-day"),
        pytest.param(("100", "EUR"), ("100", "EUR"), EQUAL, id="no-rate-needed"),
        pytest.param(("0.000017", "JPY"), ("0.00000083", "CNY"), EQUAL, id="rounded-once"),
    ],
)
def test_what_has_a_rate_is_compared_in_one_currency(
    left: tuple[Any, Any], right: tuple[Any, Any], result: Result
) -> None:
    rates = {"USD": Decimal("7.1"), "JPY": Decimal("0.0489"), "CNY": Decimal(1)}
    money = field("money", currency="CNY", rates=rates, rate_source="month end")
    assert measured(money, left, right).result is result


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        pytest.param(("0.25", "kg"), ("250", "g"), EQUAL, id="a-quarter-of-a-kilogram"),
        pytest.param(("0.25", "KG"), ("250", "Ｇ"), EQUAL, id="written-otherwise"),
        pytest.param(("0.25", "kg"), ("0.00025", "t"), EQUAL, id="neither-is-the-base"),
        pytest.param(("0.25", "kg"), ("251", "g"), DIFFERS, id="one-gram-more"),
        pytest.param(("0", "kg"), ("0", "g"), EQUAL, id="zero-of-each"),
        pytest.param(("1", "kg"), ("1", "箱"), NOT_COMPARABLE, id="unknown-unit"),
        pytest.param(("0", "kg"), ("0", "箱"), NOT_COMPARABLE, id="zero-of-an-unknown-unit"),
        pytest.param(("1", "箱"), ("1", "箱"), EQUAL, id="the-same-unknown-unit"),
        pytest.param(("1", "箱"), ("2", "箱"), DIFFERS, id="more-of-the-same-unknown-unit"),
        pytest.param(("1", "kg"), ("1000", None), NOT_COMPARABLE, id="no-unit"),
    ],
)
def test_quantities_are_compared_in_their_base_unit(
    left: tuple[Any, Any], right: tuple[Any, Any], result: Result
) -> None:
    units = {"t": ("g", Decimal(10**6)), "kg": ("g", Decimal(1000)), "g": ("g", Decimal(1))}
    assert measured(field("quantity", units=units), left, right).result is result


def test_a_tolerance_of_quantities_is_in_the_base_unit() -> None:
    units = {"kg": ("g", Decimal(1000)), "g": ("g", Decimal(1))}
    one = field("quantity", units=units, tolerance=absolute("5"))
    assert measured(one, ("1", "kg"), ("1005", "g")).result is WITHIN
    assert measured(one, ("1", "kg"), ("1.006", "kg")).result is DIFFERS


@given(
    st.decimals("-1e9", "1e9", places=4),
    st.decimals("0.0001", "10000", places=4),
    st.integers(-3, 3),
)
@_EXACT
def test_a_conversion_is_exact_to_the_last_part(amount: Decimal, rate: Decimal, apart: int) -> None:
    exact = Fraction(amount) * Fraction(rate) + Fraction(apart, forms.SCALE)
    theirs = Decimal(exact.numerator) / Decimal(exact.denominator)
    money = field("money", currency="CNY", rates={"USD": rate, "CNY": Decimal(1)})
    found = measured(money, (amount, "USD"), (theirs, "CNY"))
    assert (found.difference or 0) == apart


# ---- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "zone", "result"),
    [
        pytest.param("2026-07-01T16:30Z", "2026-07-02", "Asia/Shanghai", EQUAL, id="in-the-east"),
        pytest.param("2026-07-01T16:30Z", "2026-07-01", "Asia/Shanghai", DIFFERS, id="not-cut-off"),
        pytest.param(
            "2026-07-01T16:30Z", "2026-07-02T00:30+08:00", "Asia/Shanghai", EQUAL, id="one-instant"
        ),
        pytest.param(
            "2026-07-01T15:59Z", "2026-07-02T00:01+08:00", "Asia/Shanghai", DIFFERS,
            id="two-minutes-around-midnight",
        ),
        pytest.param("2026-07-01T03:30Z", "2026-06-30", "America/New_York", EQUAL, id="summer"),
        pytest.param("2026-12-01T04:30Z", "2026-11-30", "America/New_York", EQUAL, id="winter"),
        pytest.param("2026-12-01T05:00Z", "2026-12-01", "America/New_York", EQUAL, id="midnight"),
        pytest.param("2026-07-02", "2026/7/2", "America/New_York", EQUAL, id="date-only"),
        pytest.param("2024-02-29", "2024年2月29日", "Asia/Shanghai", EQUAL, id="leap-day"),
        pytest.param("2024-02-28T16:00Z", "2024-02-29", "Asia/Shanghai", EQUAL, id="into-it"),
        pytest.param("2026-02-29", "2026-03-01", "Asia/Shanghai", NOT_COMPARABLE, id="no-such-day"),
        pytest.param(
            "9999-12-31T23:59:59Z", "9999-12-31", "Asia/Shanghai", NOT_COMPARABLE,
            id="beyond-the-last-day",
        ),
    ],
)  # fmt: skip
def test_a_time_is_compared_as_the_day_it_is_in_the_zone(
    left: str, right: str, zone: str, result: Result
) -> None:
    one = field("date", zone=ZoneInfo(zone))
    assert judged(one, left, right) is result
    assert judged(one, right, left) is result


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        pytest.param("2026-08-01", "2026-08-01", EQUAL, id="same"),
        pytest.param("2026-08-01", "2026-08-04", WITHIN, id="three-later"),
        pytest.param("2026-08-01", "2026-08-05", DIFFERS, id="four-later"),
        pytest.param("2026-08-05", "2026-08-02", WITHIN, id="three-earlier"),
        pytest.param("2026-08-05", "2026-08-01", DIFFERS, id="four-earlier"),
        pytest.param("2024-02-27", "2024-03-01", WITHIN, id="three-over-a-leap-day"),
        pytest.param("2024-02-26", "2024-03-01", DIFFERS, id="four-over-a-leap-day"),
        pytest.param("2026-02-26", "2026-03-01", WITHIN, id="three-without-a-leap-day"),
        pytest.param("2026-12-30", "2027-01-02", WITHIN, id="three-over-new-year"),
        # an hour more or less on the day clocks change makes no day
        pytest.param("2026-10-24T23:30+02:00", "2026-10-27", WITHIN, id="three-over-a-long-day"),
    ],
)
def test_three_days_agree_and_four_differ(left: str, right: str, result: Result) -> None:
    one = field("date", tolerance=Tolerance(3, 3), zone=ZoneInfo("Europe/Berlin"))
    assert judged(one, left, right) is result


@pytest.mark.parametrize(
    ("apart", "result"),
    [(-2, DIFFERS), (-1, WITHIN), (0, EQUAL), (1, WITHIN), (3, WITHIN), (4, DIFFERS)],
)
def test_earlier_and_later_may_be_allowed_apart(apart: int, result: Result) -> None:
    one = field("date", tolerance=Tolerance(1, 3))
    day = date(2026, 8, 1)
    assert judged(one, day, day + timedelta(days=apart)) is result


@pytest.mark.parametrize(
    ("left", "right", "worked", "apart"),
    [
        pytest.param("2026-11-20", "2026-11-23", 1, 3, id="over-a-weekend"),
        pytest.param("2026-11-20", "2026-11-24", 2, 4, id="over-a-weekend-and-a-day"),
        pytest.param("2026-11-20", "2026-11-21", 0, 1, id="into-a-weekend"),
        pytest.param("2026-11-21", "2026-11-22", 0, 1, id="within-a-weekend"),
        # 1 to 7 October are holidays, Saturday the 10th is worked in their stead
        pytest.param("2026-09-30", "2026-10-07", 0, 7, id="over-holidays"),
        pytest.param("2026-09-30", "2026-10-08", 1, 8, id="over-holidays-and-a-day"),
        pytest.param("2026-10-09", "2026-10-10", 1, 1, id="a-saturday-made-up"),
        pytest.param("2026-10-09", "2026-10-12", 2, 3, id="over-a-saturday-made-up"),
        # and so is Sunday 20 September
        pytest.param("2026-09-18", "2026-09-21", 2, 3, id="over-a-sunday-made-up"),
        pytest.param("2026-09-18", "2026-09-19", 0, 1, id="a-saturday-before-it"),
        pytest.param("2026-02-13", "2026-02-14", 1, 1, id="a-saturday-before-spring-festival"),
    ],
)
def test_working_days_leave_out_holidays_and_count_days_made_up(
    left: str, right: str, worked: int, apart: int
) -> None:
    for bound in range(4):
        one = field("date", tolerance=Tolerance(bound, bound, working=True))
        read = one.reader()
        result = WITHIN if worked <= bound else DIFFERS
        there, back = one.judge(read(left), read(right)), one.judge(read(right), read(left))
        assert (there.result, there.difference) == (result, apart)
        assert (back.result, back.difference) == (result, -apart)


@given(st.dates(date(2024, 1, 1), date(2026, 12, 1)), st.integers(-9, 9), st.integers(0, 5),
       st.integers(0, 5))  # fmt: skip
@_EXACT
def test_days_are_counted_by_the_calendar(day: date, apart: int, below: int, above: int) -> None:
    one = field("date", tolerance=Tolerance(below, above))
    read = one.reader()
    found = one.judge(read(day.isoformat()), read(day + timedelta(days=apart)))
    bound = above if apart > 0 else below
    expected = EQUAL if not apart else WITHIN if abs(apart) <= bound else DIFFERS
    assert (found.result, found.difference or 0) == (expected, apart)


# ---- texts and statuses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "left", "right", "result"),
    [
        pytest.param(forms.PLAIN_RULES, "某公司", " 某公司\u00a0", EQUAL, id="blanks-around"),
        pytest.param(forms.PLAIN_RULES, "ＡＢＣ", "ABC", EQUAL, id="full-width"),
        pytest.param(forms.PLAIN_RULES, "A\u200bB", "AB", EQUAL, id="zero-width"),
        pytest.param(forms.PLAIN_RULES, "abc", "ABC", DIFFERS, id="case-counts"),
        pytest.param(("upper",), "abc", "ABC", EQUAL, id="case-folded"),
        pytest.param(forms.PLAIN_RULES, "O0", "00", DIFFERS, id="letter-o-and-zero"),
        pytest.param(forms.PLAIN_RULES, "某有限公司", "某", DIFFERS, id="legal-form-counts"),
        pytest.param(("drop_spaces", "brackets"), "某 (上海)", "某（上海）", EQUAL, id="brackets"),
        pytest.param((), " a", "a", DIFFERS, id="no-rule"),
        pytest.param(("digits_only",), "no number", None, EQUAL, id="nothing-is-left"),
        pytest.param(forms.PLAIN_RULES, 12, "12", EQUAL, id="number-as-text"),
        pytest.param(forms.PLAIN_RULES, True, "true", EQUAL, id="boolean-as-text"),
        pytest.param(forms.PLAIN_RULES, "e\u0301", "\u00e9", EQUAL, id="composed"),
    ],
)
def test_texts_are_compared_as_their_rules_fold_them(
    rules: tuple[str, ...], left: Any, right: Any, result: Result
) -> None:
    assert judged(field("text", rules=rules), left, right) is result


WORDS = {"有效": ["approved", "done"], "作废": ["cancelled"], "3": ["done"]}


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        pytest.param("done", "有效", EQUAL, id="one-of-several"),
        pytest.param("approved", "有效", EQUAL, id="another-of-them"),
        pytest.param("cancelled", "有效", DIFFERS, id="none-of-them"),
        pytest.param("cancelled", " 作废 ", EQUAL, id="only-one"),
        pytest.param("done", 3, EQUAL, id="a-number-for-a-word"),
        pytest.param("done", "冻结", NOT_COMPARABLE, id="unmapped"),
        pytest.param("冻结", "冻结", NOT_COMPARABLE, id="unmapped-though-the-same"),
        pytest.param(None, "冻结", NOT_COMPARABLE, id="unmapped-against-nothing"),
        pytest.param("done", None, DIFFERS, id="nothing"),
        pytest.param(None, "", EQUAL, id="nothing-and-nothing"),
    ],
)
def test_a_status_may_stand_for_several(ours: Any, theirs: Any, result: Result) -> None:
    one = field("status")
    left, right = one.reader()(ours), status_reader(one, WORDS)(theirs)
    assert one.judge(left, right).result is result
    assert one.judge(right, left).result is result


def test_two_statuses_that_share_a_word_agree() -> None:
    one = field("status")
    left = status_reader(one, {"open": ["new", "approved"], "shut": ["lost"]})
    right = status_reader(one, WORDS)
    assert one.judge(left("open"), right("有效")).result is EQUAL
    assert one.judge(left("shut"), right("有效")).result is DIFFERS


def test_words_of_a_status_are_folded_like_what_the_other_side_says() -> None:
    one = field("status", rules=("nfkc", "trim", "lower"))
    theirs = status_reader(one, {"NEW": ["Approved"], "new ": ["Open"], "End": ["Done"]})
    assert one.judge(one.reader()("APPROVED"), theirs("New")).result is EQUAL
    assert one.judge(one.reader()("open"), theirs("New")).result is EQUAL
    assert one.judge(one.reader()("done"), theirs("end")).result is EQUAL


def test_a_status_nobody_mapped_keeps_what_was_written() -> None:
    theirs = status_reader(field("status"), WORDS)
    assert theirs(" 冻结") == Problem(" 冻结", "unmapped")


# ---- what is told ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "left", "right", "told"),
    [
        ("date", "2026-08-05", "2026-08-01", "-4 d"),
        ("date", "2026-08-01", "2026-08-05", "+4 d"),
        ("number", "1", "1.5", "+0.5"),
        ("number", "1", None, ""),
        ("number", "1", "x", ""),
        ("text", "a", "b", ""),
    ],
)
def test_differences_are_told_with_their_sign(kind: str, left: Any, right: Any, told: str) -> None:
    one = field(kind)
    read = one.reader()
    assert one.shown_difference(one.judge(read(left), read(right))) == told


def test_differences_of_money_are_told_with_cents_and_currency() -> None:
    money = field("money")
    more = measured(money, ("100", "CNY"), ("112.5", "CNY"))
    less = measured(money, ("100", "CNY"), ("99.995", "CNY"))
    assert money.shown_difference(more, "CNY") == "+12.50 CNY"
    assert money.shown_difference(less, "CNY") == "-0.005 CNY"


@pytest.mark.parametrize(
    ("kind", "form", "shown"),
    [
        ("text", None, None),
        ("text", "某公司", "某公司"),
        ("number", 150_000_000, "1.5"),
        ("date", date(2026, 8, 1).toordinal(), "2026-08-01"),
        ("money", (10_000_000_000, "CNY"), "100.00 CNY"),
        ("money", (10_000_000_000, ""), "100.00"),
        ("quantity", (25_000_000_000, "G"), "250 G"),
        ("status", ("approved", "done"), "approved / done"),
        ("number", Problem("12元", "no_number"), "12元"),
    ],
)
def test_a_value_is_shown_as_people_read_it(kind: str, form: Any, shown: str | None) -> None:
    assert field(kind).shown(form) == shown
