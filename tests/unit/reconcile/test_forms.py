"""Whoever wrote a value and however: what means the same has one form, exactly."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compare import forms
from hub.compare.forms import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")

_SAME = settings(max_examples=200, deadline=None, database=None, derandomize=True)


def units(text: str) -> int:
    """Return a number in the parts in which forms keep it, by another way than they do."""
    exact = Fraction(text) * forms.SCALE
    assert exact.denominator == 1
    return exact.numerator


# ---- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "means"),
    [
        pytest.param("12", "12", id="whole"),
        pytest.param("12.00", "12", id="zeros-behind"),
        pytest.param("0012", "12", id="zeros-before"),
        pytest.param(" 12 ", "12", id="blanks"),
        pytest.param("12.", "12", id="point-at-the-end"),
        pytest.param(".5", "0.5", id="point-at-the-front"),
        pytest.param("+7", "7", id="plus"),
        pytest.param("-7.25", "-7.25", id="minus"),
        pytest.param("\u22127.25", "-7.25", id="typographic-minus"),
        pytest.param("-0", "0", id="minus-zero"),
        pytest.param("-0.00", "0", id="minus-zero-with-cents"),
        pytest.param(-0.0, "0", id="minus-zero-as-a-float"),
        pytest.param("1,234,567.89", "1234567.89", id="grouped"),
        pytest.param("(12.00)", "-12", id="in-brackets"),
        pytest.param("（１２．５）", "-12.5", id="in-full-width-brackets"),
        pytest.param("１２．５", "12.5", id="full-width"),
        pytest.param("12\u00a0", "12", id="no-break-space"),
        pytest.param("12\u200b", "12", id="zero-width-space"),
        pytest.param("\ufeff12.5", "12.5", id="byte-order-mark"),
        pytest.param("1e2", "100", id="exponent"),
        pytest.param("1.5E-3", "0.0015", id="negative-exponent"),
        pytest.param(Decimal("1E+2"), "100", id="decimal-with-an-exponent"),
        pytest.param(Decimal("12.340"), "12.34", id="decimal"),
        pytest.param(0.1 + 0.2, "0.3", id="float-of-a-sum"),
        pytest.param(1e22, "10000000000000000000000", id="large-float"),
        pytest.param("99999999999999.99", "99999999999999.99", id="sixteen-digits"),
        pytest.param(99_999_999_999_999, "99999999999999", id="large-integer"),
        pytest.param("9" * 30, "9" * 30, id="as-many-digits-as-there-may-be"),
        pytest.param("0.123456785", "0.12345678", id="ninth-place-half-to-even"),
        pytest.param("0.123456775", "0.12345678", id="ninth-place-half-up-to-even"),
        pytest.param("1e-99", "0", id="finer-than-what-counts"),
    ],
)
def test_a_number_is_what_it_means_to_the_last_part(written: Any, means: str) -> None:
    assert forms.number(written) == units(means)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("abc", "no_number", id="word"),
        pytest.param("N/A", "no_number", id="not-available"),
        pytest.param("", "no_number", id="empty"),
        pytest.param("-", "no_number", id="dash"),
        pytest.param("()", "no_number", id="empty-brackets"),
        pytest.param("--1", "no_number", id="two-signs"),
        pytest.param("1,2,3", "no_number", id="groups-of-one"),
        pytest.param("1.234,50", "no_number", id="comma-before-the-cents"),
        pytest.param("1_000", "no_number", id="underscore"),
        pytest.param("12元", "no_number", id="with-a-currency"),
        pytest.param("12 34", "no_number", id="blank-inside"),
        pytest.param("0x10", "no_number", id="hexadecimal"),
        pytest.param("NaN", "no_number", id="nan"),
        pytest.param("inf", "no_number", id="infinity"),
        pytest.param(float("nan"), "no_number", id="float-nan"),
        pytest.param(float("inf"), "no_number", id="float-infinity"),
        pytest.param(Decimal("NaN"), "no_number", id="decimal-nan"),
        pytest.param(Decimal("sNaN"), "no_number", id="signalling-nan"),
        pytest.param(True, "no_number", id="boolean"),
        pytest.param([1], "no_number", id="list"),
        pytest.param({"amount": 1}, "no_number", id="object"),
        pytest.param(date(2026, 1, 1), "no_number", id="day"),
        pytest.param("1" * 31, "too_long", id="too-many-digits"),
        pytest.param(10**30, "too_long", id="too-large-an-integer"),
        pytest.param(-(10**30), "too_long", id="too-small-an-integer"),
        pytest.param("1e31", "too_long", id="too-large-an-exponent"),
        pytest.param(1e300, "too_long", id="too-large-a-float"),
    ],
)
def test_what_is_no_number_is_a_problem_with_a_reason(value: Any, code: str) -> None:
    found = forms.number(value)
    assert isinstance(found, Problem)
    assert found.code == code
    assert str(found.why)


@given(st.decimals("-1e20", "1e20", places=8))
@_SAME
def test_every_number_of_eight_places_is_kept_exactly(value: Decimal) -> None:
    found = forms.number(value)
    assert found == Fraction(value) * forms.SCALE
    assert isinstance(found, int)
    assert forms.number(format(value, "f")) == forms.number(f"  {value:,}") == found
    assert forms.unscaled(found) == value
    assert Decimal(forms.written(found, 2)) == value


@given(st.decimals("-1e12", "1e12", places=12))
@_SAME
def test_finer_numbers_are_rounded_half_to_even(value: Decimal) -> None:
    assert forms.number(str(value)) == round(Fraction(value) * forms.SCALE)


@given(st.integers(-(10**25), 10**25), st.decimals("0.00000001", "100000", places=8))
@_SAME
def test_a_product_is_rounded_once(left: int, factor: Decimal) -> None:
    assert forms.times(left, factor) == round(left * Fraction(factor))


@pytest.mark.parametrize(
    ("scaled", "places", "shown"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (1, 0, "0.00000001"),
        (-1, 2, "-0.00000001"),
        (150_000_000, 0, "1.5"),
        (-150_000_000, 2, "-1.50"),
        (10**22, 0, "100000000000000"),
        (9_999_999_999_999_999_000_000, 2, "99999999999999.99"),
    ],
)
def test_numbers_are_shown_in_plain_notation(scaled: int, places: int, shown: str) -> None:
    assert forms.written(scaled, places) == shown


# ---- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        pytest.param("2026-07-01", SHANGHAI, date(2026, 7, 1), id="a-day-in-the-east"),
        pytest.param("2026-07-01", NEW_YORK, date(2026, 7, 1), id="a-day-in-the-west"),
        pytest.param(date(2026, 7, 1), NEW_YORK, date(2026, 7, 1), id="a-date-object"),
        pytest.param("2026/7/1", SHANGHAI, date(2026, 7, 1), id="slashes"),
        pytest.param("2026.07.01", SHANGHAI, date(2026, 7, 1), id="points"),
        pytest.param("20260701", SHANGHAI, date(2026, 7, 1), id="without-separators"),
        pytest.param("2026年7月1日", SHANGHAI, date(2026, 7, 1), id="chinese"),
        pytest.param("２０２６－０７－０１", SHANGHAI, date(2026, 7, 1), id="full-width"),
        pytest.param(" 2026-07-01\u200b", SHANGHAI, date(2026, 7, 1), id="blank-and-zero-width"),
        pytest.param("2024-02-29", SHANGHAI, date(2024, 2, 29), id="leap-day"),
        pytest.param("2026-07-01T15:59:59Z", SHANGHAI, date(2026, 7, 1), id="before-midnight"),
        pytest.param("2026-07-01T16:00:00Z", SHANGHAI, date(2026, 7, 2), id="at-midnight"),
        pytest.param("2026-07-01T16:30Z", SHANGHAI, date(2026, 7, 2), id="after-midnight"),
        pytest.param(
            "2026-07-02T00:30:00+08:00", SHANGHAI, date(2026, 7, 2), id="an-offset-of-its-own"
        ),
        pytest.param("2026-07-02T00:30:00+08:00", UTC, date(2026, 7, 1), id="east-in-utc"),
        pytest.param("2026-07-01 23:59:59", SHANGHAI, date(2026, 7, 1), id="without-an-offset"),
        pytest.param("2026-12-31T16:00:00Z", SHANGHAI, date(2027, 1, 1), id="new-year"),
        pytest.param("2024-02-28T16:00:00Z", SHANGHAI, date(2024, 2, 29), id="into-a-leap-day"),
        # clocks go forward on 29 March 2026 and back on 25 October
        pytest.param("2026-03-28T22:59Z", BERLIN, date(2026, 3, 28), id="winter-evening"),
        pytest.param("2026-03-28T23:00Z", BERLIN, date(2026, 3, 29), id="winter-midnight"),
        pytest.param("2026-03-29T21:59Z", BERLIN, date(2026, 3, 29), id="summer-evening"),
        pytest.param("2026-03-29T22:00Z", BERLIN, date(2026, 3, 30), id="summer-midnight"),
        pytest.param("2026-10-25T22:59Z", BERLIN, date(2026, 10, 25), id="longest-day-of-the-year"),
        pytest.param("2026-10-25T23:00Z", BERLIN, date(2026, 10, 26), id="after-the-longest-day"),
        # 02:30 does not exist that night; it is the day it says all the same
        pytest.param("2026-03-29T02:30", BERLIN, date(2026, 3, 29), id="a-time-that-is-none"),
        pytest.param("9999-12-31", SHANGHAI, date(9999, 12, 31), id="last-day-there-is"),
        pytest.param("0001-01-01", SHANGHAI, date(1, 1, 1), id="first-day-there-is"),
    ],
)
def test_a_time_is_the_day_it_is_in_the_zone(written: Any, zone: ZoneInfo, day: date) -> None:
    found = forms.day(written, zone)
    assert found == day.toordinal()
    assert forms.shown_day(day.toordinal()) == day.isoformat()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2026-02-29", id="no-leap-year"),
        pytest.param("2100-02-29", id="no-leap-year-of-a-century"),
        pytest.param("2026-02-30", id="no-such-day"),
        pytest.param("2026-13-01", id="no-such-month"),
        pytest.param("0000-01-01", id="no-such-year"),
        pytest.param("1/7/2026", id="year-last"),
        pytest.param("soon", id="word"),
        pytest.param("", id="empty"),
        pytest.param(20260701, id="number"),
        pytest.param(True, id="boolean"),
        pytest.param("9999-12-31T23:59:59Z", id="beyond-the-last-day"),
        pytest.param("0001-01-01T00:00:00+14:00", id="before-the-first-day"),
        pytest.param(datetime(9999, 12, 31, 23, tzinfo=UTC), id="object-beyond-the-last-day"),
    ],
)
def test_what_is_no_day_is_a_problem(value: Any) -> None:
    zone = NEW_YORK if str(value).startswith("0001") else SHANGHAI
    found = forms.day(value, zone)
    assert isinstance(found, Problem)
    assert found.code == "no_date"


@given(
    st.integers(631_152_000, 4_102_444_800).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from([SHANGHAI, BERLIN, NEW_YORK, ZoneInfo("Pacific/Apia"), UTC]),
)
@_SAME
def test_one_instant_is_one_day_whatever_its_offset(
    instant: datetime, offset: int, zone: ZoneInfo
) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(minutes=offset)))
    for written in (elsewhere, elsewhere.isoformat(), str(elsewhere), f"{instant:%Y%m%dT%H%M%SZ}"):
        assert forms.day(written, zone) == instant.astimezone(zone).date().toordinal()


# ---- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("CM-1", id="plain"),
        pytest.param("ＣＭ－１", id="full-width"),
        pytest.param(" cm-1", id="lower-case-and-a-blank"),
        pytest.param("CM-1\u00a0", id="no-break-space"),
        pytest.param("CM\u3000-1", id="ideographic-space"),
        pytest.param("CM\u200b-1", id="zero-width-space"),
        pytest.param("\ufeffCM-1", id="byte-order-mark"),
        pytest.param("CM\u00ad-1", id="soft-hyphen"),
        pytest.param("\u202aCM-1\u202c", id="direction-marks"),
        pytest.param("CM_1", id="underscore"),
        pytest.param("c m / 1", id="blanks-and-slash"),
        pytest.param("CM\t1\r\n", id="tab-and-line-end"),
        pytest.param("\uff43\uff4d1", id="full-width-lower-case"),
    ],
)
def test_a_key_is_one_however_it_is_written(written: str) -> None:
    assert forms.folder(forms.KEY_RULES)(written) == "CM1"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param("CMO1", "CM01", id="letter-o-and-zero"),
        pytest.param("CMI1", "CM11", id="letter-i-and-one"),
        pytest.param("CMl1", "CM11", id="letter-l-and-one"),
        pytest.param("ＣＭＯ１", "ＣＭ０１", id="full-width-letter-o-and-zero"),
        pytest.param("CM1", "CM01", id="leading-zero"),
        pytest.param("CM1.0", "CM10", id="point"),
        pytest.param("СМ1", "CM1", id="cyrillic"),
    ],
)
def test_keys_that_only_look_alike_stay_apart(left: str, right: str) -> None:
    fold = forms.folder(forms.KEY_RULES)
    assert fold(left) != fold(right)


@pytest.mark.parametrize(
    ("rules", "text", "folded"),
    [
        pytest.param([], " Ａb ", " Ａb ", id="no-rule"),
        pytest.param(forms.PLAIN_RULES, " Ａb ", "Ab", id="plain"),
        pytest.param(["lower"], "ÄB", "äb", id="lower"),
        pytest.param(["one_space"], "a \t\u3000 b", "a b", id="one-space"),
        pytest.param(["drop_spaces"], " 上海 某 公司 ", "上海某公司", id="drop-spaces"),
        pytest.param(["brackets"], "某（上海）【一】", "某(上海)[一]", id="brackets"),
        pytest.param(["digits_only"], "No. 00-981", "00981", id="digits-only"),
        pytest.param(["drop:有限公司$"], "某有限公司", "某", id="drop-what-is-asked"),
        pytest.param(["upper", "drop:[A-Z]"], "a1b2", "12", id="one-after-the-other"),
        pytest.param(["drop:[A-Z]", "upper"], "a1b2", "A1B2", id="in-the-order-given"),
    ],
)
def test_a_text_is_folded_by_its_rules_one_after_the_other(
    rules: list[str], text: str, folded: str
) -> None:
    assert forms.folder(rules)(text) == folded


def test_a_company_keeps_its_legal_form_unless_a_rule_drops_it() -> None:
    fold = forms.folder(forms.PLAIN_RULES)
    assert fold("某某有限公司") != fold("某某")


def test_rules_that_are_none_are_told() -> None:
    with pytest.raises(KeyError):
        forms.folder(["uper"])
    with pytest.raises(re.error):
        forms.folder(["drop:["])


@given(st.text("aZ019-_/ －　\u00a0\u200b\ufeffＣｍ１中ßé"))
@_SAME
def test_a_folded_key_folds_to_itself(text: str) -> None:
    fold = forms.folder(forms.KEY_RULES)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (date(2026, 7, 1), "2026-07-01"),
        (Decimal("1E+3"), "1000"),
        (1e-7, "0.0000001"),
        (12, "12"),
        (["a", 1], "a, 1"),
    ],
)
def test_what_is_no_text_becomes_the_text_a_person_would_read(value: Any, shown: str) -> None:
    assert forms.plain(value) == shown


def test_a_memory_that_is_full_forgets_and_goes_on() -> None:
    made: list[str] = []
    memory = forms.Memory(lambda text: (made.append(text), text.upper())[1])
    for n in range(50_001):
        memory[f"k{n}"]
    assert memory["k0"] == "K0"
    assert (made.count("k0"), len(memory)) == (2, 2)
