"""What hub.yaml says of times: right words are understood, wrong ones told with their places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.settings import Settings, load


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "hub.yaml"
    path.write_text(f"tenant: A\n{text}", "utf-8")
    return load(path, {})


def connection(tmp_path: Path, words: str) -> Settings:
    return read(tmp_path, f"connections:\n  crm: {{connector: lowcode, {words}}}\n")


def test_every_wrong_schedule_is_told_with_its_place(tmp_path: Path) -> None:
    text = """\
connections:
  crm: {connector: lowcode}
schedules:
  a: {at: "0 25 * * *", do: check}
  b: {at: "0 5 * *", do: check}
  c: {at: "0 5 * * *", every: 5m, do: check}
  d: {do: check}
  e: {every: 5m, do: poll}
  f: {every: 5m, do: check, connection: crm}
  g: {every: 5m, do: check, zone: Asia/Shangai}
  h: {every: 5m, do: pol}
  i: {every: 5m, do: check, on: workdays}
"""
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    told = {fault.line: (fault.column, fault.message) for fault in refused.value.faults}
    expected = {
        5: (11, "hour '25' at character 3"),
        6: (11, "needs five parts"),
        7: (6, "has both at: and every:"),
        8: (6, 'such as at: "0 8 * * mon-fri"'),
        9: (6, "needs connection: with do: poll"),
        10: (6, "needs connection: with do: poll, and only then"),
        11: (35, "one such as Asia/Shanghai"),
        12: (22, "'poll', 'digest', 'check' or 'reconcile'"),
        13: (33, "'every day' or 'working days'"),
    }
    assert {line: place for line, (place, _) in told.items()} == {
        line: place for line, (place, _) in expected.items()
    }
    for line, (_, words) in expected.items():
        assert words in told[line][1]


def test_a_connection_that_is_none_is_told_with_the_nearest(tmp_path: Path) -> None:
    text = """\
connections:
  crm: {connector: lowcode}
schedules:
  round: {every: 5m, do: poll, connection: cmr}
"""
    with pytest.raises(ConfigError, match=r"5:44  E504 .*no connection cmr. Did you mean crm\?"):
        read(tmp_path, text)


def test_a_poll_takes_moments_as_well_as_pauses(tmp_path: Path) -> None:
    words = 'poll: {at: "0 8 * * mon-fri", on: working days, zone: Europe/Berlin}'
    poll = connection(tmp_path, words).connections["crm"].poll
    assert poll is not None
    assert poll.words == "at 0 8 * * mon-fri on working days (Europe/Berlin)"
    plain = connection(tmp_path, "poll: {}").connections["crm"].poll
    assert plain is not None
    assert (plain.every, plain.words) == (timedelta(minutes=5), "every 5m")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026-12-01T08:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T08:00+01:00", datetime(2026, 12, 1, 7, tzinfo=UTC)),
        ("2026-12-01T08:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
)
def test_since_is_a_day_in_china_or_a_time(tmp_path: Path, given: str, meant: datetime) -> None:
    found = connection(tmp_path, f'since: "{given}"').connections["crm"].since
    assert (found, found and found.utcoffset()) == (meant, timedelta(0))


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "0001-01-01", "''"])
def test_since_that_is_no_moment_is_refused_with_an_example(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match=r"3:36  E503 connections.crm.since: .*2026-12-01"):
        connection(tmp_path, f"since: {given}")
