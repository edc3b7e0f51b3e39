"""Numbers, texts and dates mean the same however they come, and are written as asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.mapping.data import dates, values
from hub.mapping.faults import Stop


class Word(str):
    """A text that is no plain `str`."""

    __slots__ = ()


def outcome(convert: Callable[[Any], Any], value: Any) -> Any:
    try:
        return convert(value)
    except Stop as stop:
        return stop.code, stop.text


NUMBERS = st.from_regex(r"[+-]?[0-9]{0,45}(\.[0-9]{0,35})?[ eE,]?", fullmatch=True)
TEXTS = NUMBERS | st.text(max_size=8) | st.sampled_from(["٣", "²", "1_000", "１２", "-0", "0" * 60])


@given(TEXTS)
@pytest.mark.parametrize(
    "convert", [values.decimal, values.integer, values.text, values.source_text, values.single]
)
def test_a_text_means_the_same_whatever_its_class(convert: Any, value: str) -> None:
    assert outcome(convert, value) == outcome(convert, Word(value))


@given(NUMBERS)
def test_a_whole_number_is_the_decimal_without_its_zeros(value: str) -> None:
    number = outcome(values.decimal, value)
    found = outcome(values.integer, value)
    if isinstance(number, Decimal) and number == number.to_integral_value(context=values.EXACT):
        assert found == number
        assert type(found) is int
    else:
        assert isinstance(found, tuple)


DATES = st.from_regex(
    r"[0-9]{3,4}[-/.]?(0[1-9]|1[0-3]|W0|[1-9])[-/.]?([0-2][0-9]|3[0-2]|[1-9])"
    r"([T ]?[0-2][0-9]:?[0-6][0-9](:[0-6][0-9])?(\.[0-9]{1,7})? ?(Z|[+-][0-2][0-9]:?[0-9]{2})?)?",
    fullmatch=True,
)


@given(DATES | st.text(max_size=12))
@example("2026-06-01T08:00:00+24:00")
@example("2026-06-01T24:00:00Z")
@example("2026-02-30")
@example("2026-W01-1")
def test_a_date_is_read_the_same_whatever_the_class_of_its_text(value: str) -> None:
    one, other = outcome(dates.read, value), outcome(dates.read, Word(value))
    assert one == other
    assert type(one) is type(other)


@given(st.datetimes(timezones=st.just(UTC)) | st.datetimes())
def test_what_iso_text_says_is_read_back(value: datetime) -> None:
    for text in (value.isoformat(), value.isoformat(" "), value.date().isoformat()):
        expected = value.date() if len(text) == 10 else value
        assert dates.read(text) == expected


@given(st.datetimes())
def test_a_pattern_writes_each_part_with_its_digits(value: datetime) -> None:
    expected = f"{value.year:04}年{value.month}月{value.day:02}日 {value.hour:02}T{value.minute:02}"
    assert dates.formatter("YYYY年M月DD日 HHTmm")(value) == expected
    assert dates.formatter("ss")(value) == f"{value.second:02}"
    assert dates.formatter("100% YYYY%%")(value) == f"100% {value.year:04}%%"


def test_a_pattern_without_parts_is_written_as_it_stands() -> None:
    assert dates.formatter("%T Z")(date(2026, 6, 1)) == "%T Z"
    assert dates.formatter("")(date(2026, 6, 1)) == ""
