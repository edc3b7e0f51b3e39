"""What repeats comes when its rule says, whatever clocks and holidays do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub import timetable
from hub.calendars import Calendar
from hub.timetable import Rule, following

CHINA = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def turns(rule: Rule, after: datetime, count: int = 3) -> list[str]:
    """Return the next turns in the rule's own zone."""
    found = []
    for _ in range(count):
        after = following(rule, after) or pytest.fail("no turn")
        found.append(after.astimezone(rule.zone).isoformat(" ", "minutes"))
    return found


def test_a_cron_expression_is_meant_in_its_zone() -> None:
    rule = Rule(CHINA, at="0 8 * * mon-fri")
    assert turns(rule, datetime(2026, 11, 26, 1, tzinfo=UTC)) == [
        "2026-11-27 08:00+08:00", "2026-11-30 08:00+08:00", "2026-12-01 08:00+08:00",
    ]  # fmt: skip
    assert following(rule, datetime(2026, 11, 26, tzinfo=UTC) - timedelta(seconds=1)) == datetime(
        2026, 11, 26, tzinfo=UTC
    )


def test_the_hour_that_is_skipped_brings_its_turn_right_after_it() -> None:
    rule = Rule(BERLIN, at="30 2 * * *")
    assert turns(rule, datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == [
        "2026-03-29 03:00+02:00", "2026-03-30 02:30+02:00",
    ]  # fmt: skip


def test_the_hour_that_comes_twice_brings_its_turn_once() -> None:
    rule = Rule(BERLIN, at="30 2 * * *")
    assert turns(rule, datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == [
        "2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00",
    ]  # fmt: skip


def test_a_pause_has_its_length_when_the_clocks_change() -> None:
    rule = Rule(BERLIN, every=timedelta(hours=1))
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert following(rule, before) == before + timedelta(hours=1)


def test_working_days_leave_out_holidays_and_take_in_worked_weekends() -> None:
    rule = Rule(CHINA, at="0 8 * * *", works=Calendar().is_working_day)
    # the national holidays of 2026 end on Wednesday the 7th; Saturday the 10th is worked for them
    assert turns(rule, datetime(2026, 9, 30, 4, tzinfo=UTC), 4) == [
        "2026-10-08 08:00+08:00", "2026-10-09 08:00+08:00", "2026-10-10 08:00+08:00",
        "2026-10-12 08:00+08:00",
    ]  # fmt: skip


def test_in_a_year_the_calendar_does_not_know_weekdays_are_worked() -> None:
    calendar = Calendar()
    assert not calendar.known(2040)
    rule = Rule(CHINA, at="0 8 * * *", works=calendar.is_working_day)
    assert turns(rule, datetime(2040, 10, 5, 4, tzinfo=UTC), 2) == [
        "2040-10-08 08:00+08:00", "2040-10-09 08:00+08:00",
    ]  # fmt: skip


def test_a_minute_rule_passes_over_a_long_holiday_at_once() -> None:
    days: list[date] = []

    def works(day: date) -> bool:
        days.append(day)
        return day >= date(2026, 12, 1)

    assert turns(Rule(CHINA, at="* * * * *", works=works), datetime(2026, 1, 1, tzinfo=UTC), 1) == [
        "2026-12-01 00:00+08:00"
    ]
    assert len(days) < 400


def test_a_pause_goes_on_with_the_first_moment_of_the_next_working_day() -> None:
    rule = Rule(CHINA, timedelta(minutes=5), works=Calendar().is_working_day)
    friday_night = datetime(2026, 11, 27, 23, 58, tzinfo=CHINA)
    assert turns(rule, friday_night, 2) == ["2026-11-30 00:00+08:00", "2026-11-30 00:05+08:00"]


@pytest.mark.parametrize(
    ("saturday", "monday"),
    [((2026, 10, 24), "2026-10-26 00:00+01:00"), ((2026, 3, 28), "2026-03-30 00:00+02:00")],
    ids=["a Sunday of 25 hours", "a Sunday of 23 hours"],
)
def test_a_pause_passes_over_the_day_the_clocks_change(
    saturday: tuple[int, int, int], monday: str
) -> None:
    asked: list[date] = []

    def works(day: date) -> bool:
        asked.append(day)
        if len(asked) > 10:
            pytest.fail(f"{day} is asked for again and again")
        return day.weekday() < 5

    rule = Rule(BERLIN, every=timedelta(days=1), works=works)
    assert turns(rule, datetime(*saturday, 1, tzinfo=BERLIN), 1) == [monday]


def test_what_never_comes_is_said_to_be_none() -> None:
    rule = Rule(CHINA, at="0 8 * * *", works=lambda _: False)
    assert following(rule, datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("0 25 * * *", "hour '25' at character 3"),
        ("60 8 * * *", "minute '60' at character 1"),
        ("0  8 32 * *", "day-of-month '32' at character 6"),
        ("0 8 * 13 *", "month '13' at character 7"),
        ("0 8 * * mon-frei", "day-of-week 'mon-frei' at character 9"),
        ("0 8 30 2 *", "day-of-month '30' at character 5"),
        ("0 8/0 * * *", "hour '8/0' at character 3"),
        ("0 ８ * * *", "hour '８' at character 3"),
        ("0 8 * *", "has 4"),
        ("0 0 8 * * *", "has 6"),
        ("", "has 0"),
    ],
)
def test_a_wrong_expression_is_told_with_its_place_and_an_example(wrong: str, named: str) -> None:
    with pytest.raises(ValueError) as refused:
        timetable.cron(wrong)
    assert named in str(refused.value)
    assert '"0 8 * * mon-fri"' in str(refused.value)


@pytest.mark.parametrize(
    "right", ["*/5 * * * *", "0 8 * * MON-FRI", "0 8,20 1-7 * mon", "0 0 L * *"]
)
def test_a_right_expression_stays_as_it_is(right: str) -> None:
    assert timetable.cron(right) == right
