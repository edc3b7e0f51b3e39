"""What the hub does by itself has each turn once, on many machines and by any clock."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from plant import Plant

from hub import settings
from hub.errors import ConfigError, StoreError
from hub.flow import schedules
from hub.flow.parts import Flow
from hub.flow.schedules import Busy, Job
from hub.language import Message, say
from hub.store import connections
from hub.store import schedules as stored
from hub.timetable import Rule

CHINA = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: A Friday noon in China.
FRIDAY = datetime(2026, 11, 27, 12, tzinfo=CHINA)
MORNINGS = Job("morning", "count", Rule(CHINA, at="0 8 * * *"), "at 0 8 * * *")
EVERY_5M = Job("often", "count", Rule(CHINA, 5 * MINUTE), "every 5m")


@pytest.fixture
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    if getattr(request, "param", "sqlite") == "sqlite":
        url = f"sqlite:///{tmp_path}/hub.db"
    else:
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url)
    yield plant
    plant.close()


#: What depends on locks and on what a statement returns is tried on both databases.
on_both = pytest.mark.parametrize("plant", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A kind of job that notes its runs, registered as reports are."""
    runs: list[str] = []

    async def count(flow: Flow, job: Job) -> Message:
        runs.append(job.name)
        return say("{count} new", count=len(runs))

    monkeypatch.setitem(schedules.KINDS, "count", count)  # type: ignore[arg-type]
    return runs


def set_clock(plant: Plant, to: datetime) -> None:
    plant.clock.advance(to - plant.clock.now())


def row(plant: Plant, name: str) -> stored.Scheduled:
    return plant.store.read_now(stored.read)[name]


async def look(plant: Plant, job: Job, flow: Flow | None = None, times: int = 3) -> None:
    """Let a stage look at a job as often as it likes."""
    for _ in range(times):
        await schedules.turn(flow or plant.flow, job)


@on_both
async def test_a_job_waits_for_its_moment_and_has_it_once(plant: Plant, ran: list[str]) -> None:
    set_clock(plant, FRIDAY)
    await look(plant, MORNINGS)
    assert (ran, row(plant, "morning").next_at) == ([], datetime(2026, 11, 28, tzinfo=UTC))
    set_clock(plant, datetime(2026, 11, 28, 8, tzinfo=CHINA))
    await look(plant, MORNINGS)
    assert ran == ["morning"]
    done = row(plant, "morning")
    assert (done.last_at, done.next_at) == (
        datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC),
    )  # fmt: skip
    assert done.words == "1 new"


async def test_a_pause_begins_with_a_run_and_is_told_as_seconds(
    plant: Plant, ran: list[str]
) -> None:
    await look(plant, EVERY_5M)
    assert ran == ["often"]
    plant.clock.advance(5 * MINUTE - timedelta(seconds=4))
    assert await schedules.turn(plant.flow, EVERY_5M) == 4.0
    plant.clock.advance(timedelta(seconds=4))
    await look(plant, EVERY_5M)
    assert ran == ["often"] * 2


@pytest.mark.parametrize("job", [MORNINGS, EVERY_5M], ids=["at", "every"])
async def test_a_weekend_without_a_daemon_is_caught_up_with_one_run(
    plant: Plant, ran: list[str], job: Job
) -> None:
    set_clock(plant, FRIDAY)
    await look(plant, job)
    ran.clear()
    set_clock(plant, FRIDAY + 3 * DAY)
    await look(plant, job, plant.start())
    assert ran == [job.name]
    assert row(plant, job.name).next_at > FRIDAY + 3 * DAY


async def test_a_clock_set_back_brings_no_turn_twice(plant: Plant, ran: list[str]) -> None:
    set_clock(plant, FRIDAY)
    await look(plant, MORNINGS)
    set_clock(plant, datetime(2026, 11, 28, 8, 0, 1, tzinfo=CHINA))
    await look(plant, MORNINGS)
    set_clock(plant, datetime(2026, 11, 28, 7, 59, tzinfo=CHINA))
    await look(plant, MORNINGS)
    set_clock(plant, datetime(2026, 11, 28, 8, 30, tzinfo=CHINA))
    await look(plant, MORNINGS)
    assert ran == ["morning"]
    set_clock(plant, datetime(2026, 11, 29, 8, tzinfo=CHINA))
    await look(plant, MORNINGS)
    assert ran == ["morning"] * 2


async def test_a_pause_does_not_grow_when_the_clock_is_set_back(
    plant: Plant, ran: list[str]
) -> None:
    await look(plant, EVERY_5M)
    plant.clock.advance(-DAY)
    await look(plant, EVERY_5M)
    assert ran == ["often"]
    plant.clock.advance(5 * MINUTE)
    await look(plant, EVERY_5M)
    assert ran == ["often"] * 2


async def test_a_clock_that_was_years_ahead_does_not_stop_a_job(
    plant: Plant, ran: list[str]
) -> None:
    set_clock(plant, FRIDAY.replace(year=2031))
    await look(plant, MORNINGS)
    plant.clock.advance(DAY)
    await look(plant, MORNINGS)
    ran.clear()
    set_clock(plant, FRIDAY)
    await look(plant, MORNINGS)
    assert ran == []
    plant.clock.advance(DAY)
    await look(plant, MORNINGS)
    assert ran == ["morning"]


@on_both
async def test_a_changed_rule_counts_from_now_on(plant: Plant, ran: list[str]) -> None:
    set_clock(plant, FRIDAY)
    await look(plant, MORNINGS)
    evening = dataclasses.replace(
        MORNINGS, rule=Rule(CHINA, at="0 20 * * *"), words="at 0 20 * * *"
    )
    # eight o'clock has passed under the old rule when the new one is read
    set_clock(plant, datetime(2026, 11, 28, 9, tzinfo=CHINA))
    await look(plant, evening)
    assert (ran, row(plant, "morning").next_at) == ([], datetime(2026, 11, 28, 12, tzinfo=UTC))


@on_both
async def test_of_two_processes_one_runs_it(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    running, may_end, runs = asyncio.Event(), asyncio.Event(), []

    async def slow(flow: Flow, job: Job) -> Message:
        runs.append(flow.worker)
        running.set()
        await may_end.wait()
        return say("no faults")

    monkeypatch.setitem(schedules.KINDS, "count", slow)  # type: ignore[arg-type]
    first, second = plant.start(), plant.start()
    turn = asyncio.create_task(schedules.turn(first, EVERY_5M))
    async with asyncio.timeout(30):
        await running.wait()
        await look(plant, EVERY_5M, second)
        with pytest.raises(Busy, match="often is running"):
            await schedules.run_now(second, EVERY_5M)
    may_end.set()
    await turn
    await look(plant, EVERY_5M, second)
    assert runs == [first.worker]


@on_both
async def test_a_turn_that_was_done_since_it_was_looked_at_is_not_done_again(
    plant: Plant, ran: list[str]
) -> None:
    await look(plant, EVERY_5M)
    plant.clock.advance(5 * MINUTE)
    seen = row(plant, "often").next_at
    await look(plant, EVERY_5M)
    late = await plant.store.write(
        stored.take, "often", seen, "late", plant.clock.now(), timedelta(seconds=60)
    )
    assert (late, ran) == (False, ["often"] * 2)
    # and whoever came late holds up nobody
    plant.clock.advance(timedelta(seconds=1))
    assert await schedules.run_now(plant.flow, EVERY_5M) == "3 new"


@on_both
async def test_a_run_whose_process_died_is_begun_again(plant: Plant, ran: list[str]) -> None:
    await look(plant, EVERY_5M)
    plant.clock.advance(5 * MINUTE)
    due = row(plant, "often").next_at
    lost = await plant.store.write(
        stored.take, "often", due, "dead", plant.clock.now(), timedelta(seconds=60)
    )
    await look(plant, EVERY_5M)
    assert (lost, ran) == (True, ["often"])
    plant.clock.advance(MINUTE)
    await look(plant, EVERY_5M)
    assert ran == ["often"] * 2


@on_both
async def test_a_run_by_hand_leaves_the_next_turn_where_it_is(plant: Plant, ran: list[str]) -> None:
    set_clock(plant, FRIDAY)
    await look(plant, MORNINGS)
    before = row(plant, "morning").next_at
    plant.clock.advance(HOUR)
    assert await schedules.run_now(plant.flow, MORNINGS) == "1 new"
    done = row(plant, "morning")
    assert (done.next_at, done.last_at, ran) == (before, plant.clock.now(), ["morning"])


def failing(error: Exception) -> Callable[[Flow, Job], object]:
    async def fail(flow: Flow, job: Job) -> Message:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigError(say("there is no hub.yaml to check")),
         "failed: there is no hub.yaml to check"),
        (ZeroDivisionError(), "internal error; the log tells it"),
    ],
    ids=["told", "broken"],
)  # fmt: skip
async def test_a_job_that_fails_says_so_and_has_its_next_turn(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setitem(schedules.KINDS, "count", failing(error))  # type: ignore[arg-type]
    await look(plant, EVERY_5M)
    assert (row(plant, "often").words, row(plant, "often").next_at) == (
        words, plant.clock.now() + 5 * MINUTE,
    )  # fmt: skip


async def test_a_store_that_is_away_costs_a_job_no_turn(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(schedules.KINDS, "count", failing(StoreError("away")))  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await schedules.turn(plant.flow, EVERY_5M)
    assert row(plant, "often").next_at <= plant.clock.now()


POLL = Job("poll crm", "poll", Rule(CHINA, 5 * MINUTE), "every 5m", "crm", ("commitment",))


async def test_a_poll_tells_what_was_new_and_what_could_not_be_read(plant: Plant) -> None:
    plant.crm.webhook_url = None
    plant.save()
    await look(plant, POLL, times=1)
    assert row(plant, "poll crm").words == "1 new"
    plant.crm.inject("dropped", times=9)
    plant.clock.advance(5 * MINUTE)
    await look(plant, POLL, times=1)
    assert str(row(plant, "poll crm").words).startswith("0 new; not read: commitment (")


async def test_a_paused_connection_is_not_polled(plant: Plant) -> None:
    now = plant.clock.now()
    await plant.store.write(connections.pause, "crm", "audit", "os:clerk", now)
    await look(plant, POLL, times=1)
    assert row(plant, "poll crm").words == "not polled: crm is paused"


SETTINGS = """\
tenant: TEST
connections:
  crm: {connector: lowcode, poll: {every: 1m}}
schedules:
  shops: {do: poll, connection: crm, streams: [commitment], at: "0 8 * * *", on: working days}
  often: {do: check, every: 90s, zone: Europe/Berlin}
"""


def test_jobs_are_the_polls_and_the_schedules_of_hub_yaml(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(SETTINGS, "utf-8")
    loaded = settings.load(tmp_path / "hub.yaml", {})
    assert [(job.name, job.do, job.words) for job in schedules.jobs(loaded)] == [
        ("poll crm", "poll", "every 1m"),
        ("shops", "poll", "at 0 8 * * * on working days"),
        ("often", "check", "every 90s (Europe/Berlin)"),
    ]
    with pytest.raises(ConfigError, match="Did you mean shops"):
        schedules.find(loaded, "shop")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (("0 8 * * *", "0 8 30 4 *"), None),
        (("0 8 * * *", "0 8 1 10 *"), "shops: at 0 8 1 10 \\* on working days never comes"),
        (("[commitment]", "[commitmnt]"), "commitmnt"),
    ],
    ids=["comes", "holiday", "stream"],
)
def test_a_job_that_can_never_run_is_refused_at_the_start(
    plant: Plant, tmp_path: Path, changed: tuple[str, str], named: str | None
) -> None:
    (tmp_path / "hub.yaml").write_text(SETTINGS.replace(*changed), "utf-8")
    loaded = settings.load(tmp_path / "hub.yaml", {})
    set_clock(plant, datetime(2024, 1, 5, tzinfo=UTC))
    if named is None:
        assert len(schedules.begin(plant.flow, loaded)) == 3
        return
    with pytest.raises(ConfigError, match=named):
        schedules.begin(plant.flow, loaded)
