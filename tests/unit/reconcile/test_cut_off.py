"""Whether a row was changed after the cut-off, however its side writes the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mapping.reconciliation.rows import Row
from hub.reconcile.engine import _CutOff

AS_OF = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


def row(modified: str) -> Row:
    return Row("K", "K", "1", "1", 1, modified, 1, {})


@pytest.mark.parametrize(
    ("modified", "after"),
    [
        ("2026-11-27T09:29:59Z", False), ("2026-11-27T09:30:00Z", False),
        ("2026-11-27T09:30:00.5Z", True), ("2026-11-27T09:30:01Z", True),
        ("2026-11-27 10:00:00Z", True), ("2026-11-27 09:00:00Z", False),
        ("2026-11-27T17:31:00+08:00", True), ("2026-11-27T17:29:00+08:00", False),
        ("20261127T100000Z", True), ("20261127T090000Z", False), ("2026-W48-5T10:00:00Z", True),
        ("2026-11-27T10Z", True), ("2026-11-27", False), ("2026-11-28", True),
        ("", False), ("yesterday", False), ("2026-13-45T10:00:00Z", False),
    ],
)  # fmt: skip
def test_times_are_told_apart_in_any_form(modified: str, after: bool) -> None:
    assert _CutOff(AS_OF).is_before([row(""), row(modified)]) is after


_apart = st.timedeltas(timedelta(days=-7), timedelta(days=7))


@given(_apart, _apart, st.sampled_from([0, 8, -5]), st.sampled_from(["T", " "]), st.booleans())
def test_a_cut_off_in_any_zone_is_a_moment(
    at: timedelta, as_of: timedelta, hours: int, between: str, zulu: bool
) -> None:
    moment = AS_OF + at
    cut_off = (AS_OF + as_of).astimezone(timezone(timedelta(hours=hours)))
    text = moment.isoformat(between)
    text = text.replace("+00:00", "Z") if zulu else text
    assert _CutOff(cut_off).is_before([row(text)]) is (moment > cut_off)
