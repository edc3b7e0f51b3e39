"""Business time: working days and hours in China, and as a company has them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub import settings
from hub.calendars import STANDARD, Calendar, Span, hours, span

NOON_BREAK = Calendar(hours=(hours("09:00-12:00"), hours("13:30-18:00")))


def at(moment: str) -> datetime:
    """Return a moment in China."""
    return datetime.fromisoformat(moment).replace(tzinfo=STANDARD.zone)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("30 minutes", Span(30, "minutes")),
        ("1 minute", Span(1, "minutes")),
        ("2 hours", Span(2, "hours")),
        ("2 working hours", Span(2, "hours", working=True)),
        ("1 working day", Span(1, "days", working=True)),
        ("3  days", Span(3, "days")),
    ],
)
def test_a_time_is_written_as_people_say_it(text: str, found: Span) -> None:
    assert span(text) == found
    assert span(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "soon", "0 hours", "1001 days", "-1 days", "2 workinghours", "1.5 hours", "2小时"]
)
def test_what_is_no_time_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="2 working hours"):
        span(text)


@pytest.mark.parametrize(
    "text", ["9-18", "18:00-09:00", "09:00-09:00", "09:60-10:00", "09:00-24:01"]
)
def test_what_are_no_working_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="09:00-18:00"):
        hours(text)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-26", True),
        ("2026-11-28", False),
        ("2026-10-01", False),
        # a Saturday that is worked in stead of a day of the National holiday
        ("2026-10-10", True),
        ("2026-02-17", False),
    ],
    ids=["a Thursday", "a Saturday", "National Day", "worked Saturday", "Spring Festival"],
)
def test_holidays_and_worked_weekends_are_those_of_china(day: str, works: bool) -> None:
    assert STANDARD.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "more", "end"),
    [
        ("2026-11-20 10:00", "2 working hours", "2026-11-20 12:00"),
        ("2026-11-20 16:00", "2 working hours", "2026-11-20 18:00"),
        ("2026-11-20 17:00", "2 working hours", "2026-11-23 10:00"),
        ("2026-11-20 07:00", "2 working hours", "2026-11-20 11:00"),
        ("2026-11-20 22:00", "30 working minutes", "2026-11-23 09:30"),
        ("2026-11-21 12:00", "10 working hours", "2026-11-24 10:00"),
        ("2026-11-20 17:00", "1 working day", "2026-11-23 17:00"),
        ("2026-11-20 18:00", "1 working day", "2026-11-23 18:00"),
        ("2026-11-20 18:01", "1 working day", "2026-11-24 09:00"),
        ("2026-11-21 10:00", "1 working day", "2026-11-24 09:00"),
        ("2026-09-30 17:30", "1 working hour", "2026-10-08 09:30"),
        ("2026-10-01 12:00", "1 working hour", "2026-10-08 10:00"),
        ("2026-10-09 17:00", "2 working hours", "2026-10-10 10:00"),
        ("2026-10-09 17:00", "1 working day", "2026-10-10 17:00"),
        ("2026-11-20 17:00", "2 hours", "2026-11-20 19:00"),
        ("2026-11-20 17:00", "3 days", "2026-11-23 17:00"),
    ],
)
def test_time_is_added(start: str, more: str, end: str) -> None:
    assert STANDARD.add(at(start), span(more)) == at(end)


@pytest.mark.parametrize(
    ("start", "more", "end"),
    [
        ("2026-11-20 11:00", "2 working hours", "2026-11-20 14:30"),
        ("2026-11-20 12:30", "1 working hour", "2026-11-20 14:30"),
        ("2026-11-20 12:30", "1 working day", "2026-11-23 13:30"),
    ],
)
def test_a_break_at_noon_does_not_count(start: str, more: str, end: str) -> None:
    assert NOON_BREAK.add(at(start), span(more)) == at(end)


def test_what_the_company_decides_goes_above_the_law_and_the_week() -> None:
    own = Calendar(
        days_off=frozenset({date(2026, 11, 23)}), work_days=frozenset({date(2026, 11, 21)})
    )
    assert own.add(at("2026-11-20 17:00"), span("2 working hours")) == at("2026-11-21 10:00")
    assert own.add(at("2026-11-21 17:00"), span("2 working hours")) == at("2026-11-24 10:00")


def test_of_a_year_nobody_knows_weekdays_are_worked() -> None:
    assert STANDARD.known(2026)
    assert not STANDARD.known(2099)
    assert STANDARD.is_working_day(date(2099, 10, 1))
    assert not STANDARD.is_working_day(date(2099, 10, 3))


@pytest.mark.parametrize(
    ("today", "years"),
    [("2026-11-26", []), ("2098-11-26", [2098]), ("2098-12-10", [2098, 2099])],
)
def test_years_that_will_be_missed_soon_are_named(today: str, years: list[int]) -> None:
    assert STANDARD.unknown_years(date.fromisoformat(today)) == years


def test_without_a_country_every_year_is_known_and_no_holiday() -> None:
    plain = Calendar(country=None)
    assert plain.known(2099)
    assert plain.is_working_day(date(2026, 10, 1))


def test_days_are_those_of_the_zone() -> None:
    # Friday 23:00 in London is Saturday in Shanghai
    friday = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    assert STANDARD.add(friday, span("1 working hour")) == at("2026-11-23 10:00")


def test_a_day_over_the_change_of_the_clocks_is_the_same_time_of_day() -> None:
    london = settings.Calendar(zone="Europe/London", country="none").of(None)
    before = datetime(2026, 3, 28, 9, 0, tzinfo=london.zone)
    assert london.add(before, span("1 day")).astimezone(london.zone).hour == 9
    assert london.add(before, span("24 hours")).astimezone(london.zone).hour == 10


_MOMENTS = st.integers(0, 330 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(_MOMENTS, st.integers(1, 200), st.sampled_from(["minutes", "hours", "days"]))
def test_working_time_ends_at_work_and_never_sooner_than_plain_time(
    start: datetime, number: int, unit: str
) -> None:
    end = NOON_BREAK.add(start, Span(number, unit, working=True))  # type: ignore[arg-type]
    local = end.astimezone(NOON_BREAK.zone)
    minute = local.hour * 60 + local.minute
    assert NOON_BREAK.is_working_day(local.date())
    assert any(begin <= minute <= stop for begin, stop in NOON_BREAK.hours)
    assert end >= start + (timedelta(0) if unit == "days" else timedelta(**{unit: number}))


@given(_MOMENTS, st.integers(1, 100), st.integers(1, 100))
def test_working_time_adds_up(start: datetime, one: int, other: int) -> None:
    whole = NOON_BREAK.add(start, Span(one + other, "minutes", working=True))
    first = NOON_BREAK.add(start, Span(one, "minutes", working=True))
    assert NOON_BREAK.add(first, Span(other, "minutes", working=True)) == whole


# ---- in hub.yaml -----------------------------------------------------------------------------


def test_a_company_takes_from_the_common_calendar_what_it_does_not_say() -> None:
    own = settings.CompanyCalendar(hours=("08:00-17:00",), work_days=(date(2026, 10, 1),))
    common = settings.Calendar(days_off=(date(2026, 10, 1), date(2026, 12, 31)),
                               companies={"NB": own})  # fmt: skip
    of_company, of_others = common.of("NB"), common.of("SZ")
    assert of_company.hours == (hours("08:00-17:00"),)
    assert of_others.hours == (hours("09:00-18:00"),)
    assert of_company.is_working_day(date(2026, 10, 1))
    assert not of_others.is_working_day(date(2026, 10, 1))
    assert not of_company.is_working_day(date(2026, 12, 31))


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("hours", ["13:00-18:00", "09:00-12:00"]),
        ("hours", ["09:00-12:00", "11:00-18:00"]),
        ("hours", ["9-18"]),
        ("hours", []),
        ("weekend", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("weekend", ["saturday"]),
        ("zone", "Asia/Suzhou"),
        ("country", "DE"),
        ("days_off", ["2026-02-30"]),
    ],
)
def test_a_calendar_in_which_nobody_could_work_is_refused(word: str, value: object) -> None:
    with pytest.raises(ValidationError, match=word):
        settings.Calendar.model_validate({word: value})
