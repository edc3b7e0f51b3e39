"""What a run leaves when it is interrupted: who may go on with it, and when it is removed."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from plant import Plant
from test_reconcile_run import MINUTE, commitments, delivered, told

from hub.errors import StoreError
from hub.failpoints import FailPoint, failing
from hub.flow import sweep
from hub.reconcile import scratch
from hub.reconcile.plan import RunGoesOn
from hub.reconcile.run import run
from hub.store import reconciliations
from hub.store import tables as t
from hub.store.snapshots import Keeping, postgres
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.table_file import open_table

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def left(plant: Plant) -> set[str]:
    """Return the runs that have files or tables of their own."""
    return set(scratch._left(plant.store.engine.url))


async def interrupted(
    plant: Plant, place: str = "reconcile.booked", number: int = 1, **plan: Any
) -> str:
    """Begin a run that dies; return its id."""
    plant.clock.advance(MINUTE)
    with failing(place, number), pytest.raises(FailPoint):
        await run(plant.flow, dataclasses.replace(commitments(plant), **plan))
    (row,) = plant.store.read_now(reconciliations.runs, None, 1)
    return row.id


async def test_what_a_dead_run_left_stays_for_a_day_and_is_removed_then(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    dead = await interrupted(plant)
    assert left(plant) == {dead}
    plant.clock.advance(DAY)
    assert await scratch.tidy(plant.flow) == 0
    assert left(plant) == {dead}
    plant.clock.advance(timedelta(minutes=3))
    assert await scratch.tidy(plant.flow) == 1
    assert left(plant) == set()
    (row,) = plant.store.read_now(reconciliations.runs)
    assert (row.state, row.reasons) == ("failed", ["interrupted"])


async def test_what_a_dead_run_left_goes_when_the_next_one_begins(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    dead = await interrupted(plant)
    plant.clock.advance(timedelta(minutes=3))
    second = await interrupted(plant)
    assert left(plant) == {second} != {dead}


async def test_what_ended_before_it_was_tidied_is_removed(plant: Plant) -> None:
    await delivered(plant)
    dead = await interrupted(plant, "reconcile.ended")
    assert left(plant) == {dead}
    assert await scratch.tidy(plant.flow) == 1
    assert left(plant) == set()


async def test_what_belongs_to_a_run_that_lives_or_to_another_store_stays(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    living = await interrupted(plant)
    stranger = "a" * 32
    scratch.open_spool(plant.flow, stranger).close()
    assert await scratch.tidy(plant.flow) == 0
    assert left(plant) == {living, stranger}


async def test_what_is_kept_for_the_next_run_goes_with_its_file(plant: Plant) -> None:
    for name in ("commitments", "gone"):
        keeping = Keeping(frozenset({0}), b"signature")
        scratch.open_kept(plant.flow, name, 1, keeping).close()
    assert held(plant) == {"commitments", "gone"}
    await scratch.tidy(plant.flow)
    assert held(plant) == {"commitments"}


def held(plant: Plant) -> set[str]:
    """Return the reconciliations of whose sides something is kept."""
    url = plant.store.engine.url
    if plant.store.dialect == "sqlite":
        return {name for name, _ in scratch._files(url, scratch._KEPT)}
    shorts = postgres.kept(url.set(drivername="postgresql").render_as_string(hide_password=False))
    return {name for name in ("commitments", "gone") if scratch._short(name) in shorts}


async def test_two_runs_at_once_are_one(plant: Plant) -> None:
    await delivered(plant)
    ended = await asyncio.gather(
        *(run(plant.flow, commitments(plant)) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["Run", "RunGoesOn"]
    assert left(plant) == set()


async def test_a_run_that_was_cancelled_can_be_gone_on_with_at_once(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    judging = asyncio.Event()
    plan = commitments(plant)

    def progress(phase: str, *_: Any) -> None:
        if phase == "index":
            judging.set()

    task = asyncio.create_task(run(plant.flow, dataclasses.replace(plan, progress=progress)))
    await judging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (first,) = plant.store.read_now(reconciliations.runs)
    assert left(plant) == {first.id}
    done = await run(plant.flow, dataclasses.replace(plan, resume=True))
    assert (done.id, done.state, done.verdict) == (first.id, "complete", "findings")
    assert left(plant) == set()


async def test_a_run_of_a_dead_daemon_can_be_gone_on_with_at_once(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    first = await interrupted(plant)
    worker = {"host": socket.gethostname(), "pid": 2**22 + 1, "seen_at": plant.clock.now()}
    plant.store.write_now(
        lambda tx: tx.execute(sa.insert(t.worker).values(id=plant.flow.worker, **worker))
    )
    plant.start()
    if plant.store.dialect != "sqlite":
        with pytest.raises(RunGoesOn):
            await run(plant.flow, dataclasses.replace(commitments(plant), resume=True))
    await sweep.begin(plant.flow, socket.gethostname())
    done = await run(plant.flow, dataclasses.replace(commitments(plant), resume=True))
    assert (done.id, done.state) == (first, "complete")


async def test_what_agrees_by_the_time_a_run_is_gone_on_with_does_not_stay_open(
    plant: Plant,
) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    await interrupted(plant)
    assert len(plant.store.read_now(reconciliations.findings)) == 1
    plant.wms.change_quantity("CM-2026-000002", 1)
    plant.clock.advance(timedelta(minutes=3))
    done = await run(plant.flow, dataclasses.replace(commitments(plant), resume=True))
    assert (done.verdict, done.figures["moved"]) == ("agreed", 1)
    assert plant.store.read_now(reconciliations.findings) == []


async def test_a_run_that_was_taken_over_books_no_more_and_throws_nothing_away(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.reconcile.run._BATCH", 1)
    await delivered(plant)
    for number in (1, 2, 3):
        plant.wms.change_quantity(f"CM-2026-{number:06d}", 9)
    plan = commitments(plant)

    def taken(phase: str, side: str, rows: int) -> None:
        if (phase, rows) == ("compare", 1):
            (row,) = plant.store.read_now(reconciliations.runs)
            now = plant.clock.now()
            plant.store.write_now(reconciliations.leave, row.id, row.worker, now)
            assert plant.store.write_now(
                reconciliations.take_up, row.name, row.definition, "another", now, now
            )

    with pytest.raises(RunGoesOn):
        await run(plant.flow, dataclasses.replace(plan, progress=taken))
    (row,) = plant.store.read_now(reconciliations.runs)
    assert (row.worker, row.ended_at, left(plant)) == ("another", None, {row.id})
    assert len(plant.store.read_now(reconciliations.findings)) == 1
    done = await run(plant.flow, dataclasses.replace(plan, resume=True))
    assert (done.id, done.figures["open"]) == (row.id, 3)


@pytest.mark.parametrize("same", [True, False], ids=["the-same-file", "another-file"])
async def test_a_file_is_read_once_by_a_run_that_is_gone_on_with(
    plant: Plant, tmp_path: Path, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.reconcile.collect._PAGE", 1)
    await delivered(plant)
    numbers = ["CM-2026-000001", "CM-2026-000002", "CM-2026-000003"]
    files = []
    for name, some in (("one.csv", numbers), ("other.csv", numbers[:2])):
        lines = ["_number,orderLines", *(f"{number},-" for number in some)]
        (tmp_path / name).write_text("\n".join(lines), "utf-8")
        files.append({"wms": open_table(tmp_path / name)})
    # the other sides have a page each, so of the file some rows are landed and not all
    first = await interrupted(plant, "reconcile.page_landed", 3, files=files[0])
    plant.clock.advance(timedelta(minutes=3))
    given = files[0 if same else 1]
    done = await run(plant.flow, dataclasses.replace(commitments(plant), files=given, resume=True))
    assert done.id == first
    (side,) = (
        one for one in plant.store.read_now(reconciliations.sides, first) if one["side"] == "wms"
    )
    assert side["rows"] == (3 if same else 2)
    kinds = {(one[0], one[2]) for one in told(plant.store.read_now(reconciliations.findings))}
    assert {key for key, kind in kinds if kind == "missing"} == (
        set() if same else {"CM2026000003"}
    )
    assert not [key for key, kind in kinds if kind == "duplicate"]


@pytest.mark.postgres
def test_after_a_crash_of_the_server_rows_and_progress_are_both_gone(postgres_url: str) -> None:
    plain = sa.make_url(postgres_url).set(drivername="postgresql")
    dsn = plain.render_as_string(hide_password=False)
    taken = PostgresSnapshot(dsn, "b" * 32, 2)
    query = "SELECT DISTINCT relpersistence FROM pg_class WHERE relname LIKE 'reconcile_bbb%'"
    with psycopg.connect(dsn) as db:
        # what is not logged is emptied after a crash
        assert db.execute(query).fetchall() == [("u",)]
    taken.drop()


@pytest.mark.postgres
def test_of_two_processes_that_read_a_side_the_one_taken_for_dead_lands_nothing(
    postgres_url: str,
) -> None:
    plain = sa.make_url(postgres_url).set(drivername="postgresql")
    dsn = plain.render_as_string(hide_password=False)
    first = PostgresSnapshot(dsn, "b" * 32, 1)
    first.land(0, [(b"k1", b"h", b"r")], b"1")
    second = PostgresSnapshot(dsn, "b" * 32, 1)
    assert second.progress(0) == b"1"
    second.land(0, [(b"k2", b"h", b"r")], b"2")
    with pytest.raises(StoreError, match="taken over"):
        first.land(0, [(b"k2", b"h", b"r")], b"2")
    second.land(0, [(b"k3", b"h", b"r")], b"3")
    assert second.count(0) == 3
    first.close()
    second.drop()
