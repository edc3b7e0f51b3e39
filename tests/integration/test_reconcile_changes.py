"""A side of which only changes are read says what reading everything says."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plant import Plant

from hub.errors import ConfigError
from hub.language import Language
from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.rows import cuts_of
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.reconcile import kept
from hub.reconcile.engine import Engine, Progress
from hub.reconcile.plan import Plan
from hub.reconcile.run import run
from hub.reconcile.tally import Tally
from hub.store import reconciliations
from hub.store.reconciliations import Run
from hub.store.snapshots import Keeping, Snapshot, SnapshotInUse
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEXT = """\
reconciliation: changes
sides:
  a: {connection: a, stream: o, key: k, read: incremental, full_every: 1 day}
  b: {connection: b, stream: o, read: incremental, each: rows, only: live == "yes", key: k,
      id: ..id, many: true}
compare:
  amount: {as: number, a: n, b: n, tolerance: "1"}
  text: {as: text, a: t, b: t}
totals: [amount]
slices:
  states:
    begun: {side: a, on: {value: "2026-11-05"}, amount: n}
    done: {side: b, on: {value: "2026-11-09"}, amount: n}
  by: {text: {a: t, b: t}}
"""
Documents = dict[str, dict[str, Any]]


def definition(text: str) -> Reconciliation:
    return next(iter(read_bundle({"own/r.yaml": text.encode()}).reconciliations.values()))


CHANGES = definition(TEXT)


def row(chance: random.Random) -> dict[str, Any]:
    return {
        "k": chance.choice(["", *(f"K-{at}" for at in range(6))]),
        "n": chance.choice(["1", "2", "3", "?", None]), "t": chance.choice("xy"),
        "live": chance.choice(["yes", "yes", "no"]),
    }  # fmt: skip


def document(side: str, id_: str, chance: random.Random) -> dict[str, Any]:
    if side == "a":
        return row(chance)
    return {"id": id_, "rows": [row(chance) for _ in range(chance.randrange(4))]}


def outcome(engine: Engine) -> Any:
    """Close the sides; return what is to be said of each key, and the figures."""
    for side in engine.sides:
        engine.close(side)
    tally = Tally(engine)
    told = {}
    slices = engine.definition.slices
    assert slices is not None
    slicer = Slicer(engine.definition, slices, NOW.date())
    for opinion in engine.opinions(NOW):
        slicer.add(cuts_of(opinion.all), tally.add(opinion, differing=not opinion.agrees))
        if not opinion.agrees:
            told[opinion.key] = [
                (one.kind, one.side, one.field, sorted(one.refs), one.judged.difference)
                for one in opinion.seen
            ]
    totals = [one for one in tally.totals() if one.left or one.right or one.rest]
    counts = tally.counts()
    for cuts in engine.plain():
        slicer.add(cuts, "agreed")
    cells = [one for one in slicer.sliced({}).cells if one.by == "text"]
    rest = [one.rest for one in totals if one.rest]
    return told, totals, counts.keys, counts.agreed, rest, cells


Opened = Callable[[Keeping | None, str], Snapshot]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    if request.param == "sqlite":
        return lambda keeping, name: SqliteSnapshot(tmp_path / f"{name}.db", 2, keeping)
    url = sa.make_url(request.getfixturevalue("postgres_url_of_module"))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda keeping, name: PostgresSnapshot(plain, name, 2, keeping)


def read_whole(world: Mapping[str, Documents], snapshot: Snapshot) -> Any:
    engine = Engine(CHANGES, snapshot)
    for side, documents in world.items():
        engine.land(side, documents.items(), NOW, whole=True)
    found = outcome(engine)
    snapshot.drop()
    return found


def test_after_any_changes_the_same_is_said_as_by_reading_everything(opened: Opened) -> None:
    names = iter(range(100_000))

    @settings(
        max_examples=25, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(st.integers(0, 2**32))
    def holds(seed: int) -> None:
        chance = random.Random(seed)
        keeping = Keeping(frozenset({0, 1}), b"one")
        name = f"k{next(names)}"
        world: dict[str, Documents] = {"a": {}, "b": {}}
        for at in range(4):
            engine = Engine(CHANGES, opened(keeping, name), kept=("a", "b"))
            for side, documents in world.items():
                engine.begin(side, f"run{at}", NOW + at * HOUR)
                # the last of them comes a second time, as it stands by then
                ids = [str(one) for one in chance.sample(range(8), 4)]
                for id_ in (*ids, ids[-1]):
                    now = None if chance.random() < 0.2 else document(side, id_, chance)
                    documents.pop(id_, None)
                    if now is not None:
                        documents[id_] = now
                    engine.land(side, [(id_, now)], NOW, cursor="c")
                engine.land(side, [], NOW, cursor="c", whole=True, since=f"{at}")
                engine.held(side)
                assert engine.progress[side].documents == len(documents)
                assert engine.progress[side].changes == (at > 0)
            found = outcome(engine)
            engine.snapshot.drop()
            assert found == read_whole(world, opened(None, f"w{next(names)}"))

    holds()


def test_what_was_kept_under_other_files_is_read_again(opened: Opened) -> None:
    sides = frozenset({0, 1})
    for signature, changes in ((b"one", False), (b"one", True), (b"two", False)):
        engine = Engine(CHANGES, opened(Keeping(sides, signature), "signed"), kept=("a", "b"))
        for side in engine.sides:
            engine.begin(side, signature.decode(), NOW)
            assert engine.progress[side].changes is changes
            engine.land(side, [("1", {"k": "K", "n": "1"})], NOW, whole=True, since="1")
        outcome(engine)
        engine.snapshot.drop()


def test_a_run_that_ended_before_all_was_known_by_key_is_no_ground_for_changes(
    opened: Opened,
) -> None:
    keeping = Keeping(frozenset({0, 1}), b"one")
    engine = Engine(CHANGES, opened(keeping, "cut"), kept=("a", "b"))
    engine.begin("a", "first", NOW)
    engine.land("a", [("1", {"k": "K", "n": "1"})], NOW, whole=True, since="1")
    engine.snapshot.close()
    engine = Engine(CHANGES, opened(keeping, "cut"), kept=("a", "b"))
    assert engine.progress["a"].whole
    engine.begin("a", "second", NOW)
    assert not engine.progress["a"].changes
    engine.snapshot.drop()


def test_of_a_run_that_died_only_what_is_kept_is_left(opened: Opened) -> None:
    keeping = Keeping(frozenset({0}), b"one")
    engine = Engine(CHANGES, opened(keeping, "died"), kept=("a",))
    for side in engine.sides:
        engine.begin(side, "first", NOW)
        engine.land(side, [("1", {"k": "K", "n": "1", "rows": []})], NOW, whole=True, since="1")
    engine.close("a")
    engine.snapshot.close()
    engine = Engine(CHANGES, opened(keeping, "died"), kept=("a",))
    for side in engine.sides:
        engine.begin(side, "second", NOW)
    assert engine.progress["a"].changes
    assert engine.progress["b"] == Progress(run="second")
    engine.snapshot.drop()


def test_two_processes_never_have_what_is_kept_at_once(opened: Opened) -> None:
    keeping = Keeping(frozenset({0, 1}), b"one")
    first = opened(keeping, "shared")
    first.land(0, [(b"K", b"", b"row")], b"progress")
    with pytest.raises(SnapshotInUse):
        opened(keeping, "shared")
    first.close()
    opened(keeping, "shared").close()


# ---- over a plant ------------------------------------------------------------------------------


def changes_of(plant: Plant, **options: Any) -> Plan:
    """Return the shipped reconciliation; of CRM and ERP only changes are read."""
    bundle = plant.flow.bundles.active
    shipped = bundle.reconciliations["commitments"]
    sides = {
        name: dataclasses.replace(side, read="incremental") if side.stream else side
        for name, side in shipped.sides.items()
    }
    changed = dataclasses.replace(shipped, settle=timedelta(0), sides=sides)
    return Plan(changed, bundle, "person:accountant", language=Language.EN, **options)


async def delivered(plant: Plant, numbers: range) -> None:
    for number in numbers:
        plant.approve_all(plant.save(f"CM-2026-{number:06d}", order_no=f"SO-{number}"))
    await plant.work()
    await plant.pass_time(MINUTE)


async def reconciled(plant: Plant, **options: Any) -> tuple[Run, set[tuple[str, str, str]]]:
    plant.clock.advance(HOUR)
    done = await run(plant.flow, changes_of(plant, **options))
    found = plant.store.read_now(reconciliations.findings, "commitments")
    return done, {(one["key"], one["side"], one["cause"]) for one in found}


def asked(plant: Plant) -> list[str | None]:
    """Note the cursors with which the ERP is polled from now on."""
    erp: Any = plant.flow.connection("erp").connector
    poll, cursors = erp.poll, []

    async def noted(stream: str, cursor: str | None) -> Any:
        cursors.append(cursor)
        return await poll(stream, cursor)

    erp.poll = noted
    return cursors


def notes(plant: Plant, done: Run) -> dict[str, tuple[str, ...]]:
    with kept.report_of(plant.store, done) as report:
        return {one.name: one.notes for one in report.sides}


async def test_only_what_changed_is_read_and_all_is_compared(plant: Plant) -> None:
    await delivered(plant, range(1, 5))
    cursors = asked(plant)
    done, found = await reconciled(plant)
    assert (done.verdict, found, done.mode) == ("agreed", set(), "incremental")
    assert cursors[0] is None
    cursors.clear()
    await delivered(plant, range(5, 7))
    plant.erp.change_quantities("SO-2", [7])
    done, found = await reconciled(plant)
    assert None not in cursors
    assert found == {("CM2026000002", "erp", "changed_at_target")}
    assert done.figures["keys"] == 6
    assert "documents read that changed; everything was read 20" in notes(plant, done)["erp"][0]


async def test_what_was_deleted_is_seen_at_once_where_the_system_counts(plant: Plant) -> None:
    await delivered(plant, range(1, 4))
    await reconciled(plant)
    plant.erp.delete_order("SO-2")
    cursors = asked(plant)
    done, found = await reconciled(plant)
    assert found == {("CM2026000002", "erp", "deleted_at_target")}
    assert cursors.count(None) == 1
    assert notes(plant, done)["erp"] == ()


async def test_otherwise_it_is_seen_when_everything_is_read_again(plant: Plant) -> None:
    await delivered(plant, range(1, 4))
    erp: Any = plant.flow.connection("erp").connector

    before = await erp.count("order")

    async def as_before(stream: str) -> int:
        return int(before)

    erp.count = as_before
    await reconciled(plant)
    plant.erp.delete_order("SO-2")
    assert (await reconciled(plant))[1] == set()
    del erp.count
    plant.clock.advance(timedelta(days=1))
    assert (await reconciled(plant))[1] == {("CM2026000002", "erp", "deleted_at_target")}


async def test_everything_is_read_where_somebody_asks_for_it(plant: Plant) -> None:
    await delivered(plant, range(1, 3))
    await reconciled(plant)
    cursors = asked(plant)
    done, _ = await reconciled(plant, whole=True)
    assert (done.mode, cursors[0]) == ("full", None)


async def test_a_side_that_broke_off_goes_on_where_it_was_and_nothing_is_lost(
    plant: Plant,
) -> None:
    await delivered(plant, range(1, 4))
    await reconciled(plant)
    plant.erp.change_quantities("SO-2", [7])
    plant.erp.inject("error_500", "sale.sale.search_read", times=50)
    done, found = await reconciled(plant)
    assert (done.state, found) == ("incomplete", set())
    plant.erp.faults.clear()
    cursors = asked(plant)
    done, found = await reconciled(plant)
    assert None not in cursors
    assert found == {("CM2026000002", "erp", "changed_at_target")}


async def test_a_system_that_cannot_say_what_changed_is_refused(plant: Plant) -> None:
    erp: Any = plant.flow.connection("erp").connector
    stream = erp.spec.stream("order")
    object.__setattr__(stream, "polled", False)
    try:
        with pytest.raises(ConfigError, match="read: full"):
            await run(plant.flow, changes_of(plant))
    finally:
        object.__setattr__(stream, "polled", True)
