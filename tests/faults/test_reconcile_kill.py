"""Whoever reconciles or repairs is killed in every phase: what is found and done is the same.

A store is filled once and copied for each trial; the lives of a trial are forks of the process
that filled it, see `reconcile_lives`. `HUB_KILL_RUNS` says how many random runs there are per
store.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from hub.failpoints import POINTS
from hub.reconcile import kept
from hub.store import engine, reconciliations
from hub.store import tables as t

RUNS = int(os.environ.get("HUB_KILL_RUNS", "5"))
#: Lives of a random run, the last one not counted.
KILLS = 4
PLACES = sorted(one for one in POINTS if one.startswith("reconcile."))
#: Places that a run passes once.
ONCE = ("reconcile.begun", "reconcile.settled", "reconcile.before_end", "reconcile.ended")
#: Latest pass at which a run is killed elsewhere.
LATEST = 4
#: Minutes after which the lease of a dead process is over.
LEASE = 3
SIGKILLED = -9
#: Above all ids that the clock of the plant counts.
COUNTED = "001"
WHOLE = {"do": "run"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 20 * RUNS)]
STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


# ---- trials ------------------------------------------------------------------------------------


@dataclass
class Ending:
    """What there was when the lives of a trial were over."""

    lives: list[dict[str, Any]]
    #: What the reports say, the one of the first run that ended first.
    reports: list[dict[str, Any]]
    findings: list[tuple[Any, ...]]
    #: What happened to findings, in order, without what runs did that were there before.
    events: list[tuple[Any, ...]]
    #: States of the runs, and why they failed.
    runs: list[str]
    reasons: list[str]
    #: Files and tables that runs wrote down things in.
    left: list[str]
    #: What SQLite says is wrong with the file.
    broken: list[str]
    #: Table → all of its rows.
    tables: dict[str, list[dict[str, Any]]]
    folder: Path

    @property
    def killed(self) -> int:
        return sum(one["code"] == SIGKILLED for one in self.lives)


class Theatre:
    """A process that fills a store, and lives the lives of trials on copies of it."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self._folder, self.server = folder, server
        self._undisturbed: dict[int, Ending] = {}
        #: Of a server, whose database is filled anew for each trial: that is faster than a copy.
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {}

    @contextlib.contextmanager
    def open(self) -> Iterator[Theatre]:
        base = self.server or f"sqlite:///{self._folder}/base.db"
        command = [sys.executable, "-m", "tests.faults.reconcile_lives", base, str(self._folder)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as self._process:
            self._line("filled")
            if self.server is not None:
                with opened(self.server) as store:
                    self._rows = {
                        table: [dict(row._mapping) for row in store.read_now(all_of, table)]
                        for table in t.metadata.sorted_tables
                    }
            yield self
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _line(self, beginning: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(beginning):
                return line
        raise AssertionError("the process of the plant has ended")

    def _copy(self, folder: Path) -> str:
        """Return a store that is as the filled one."""
        if self.server is None:
            shutil.copy(self._folder / "base.db", folder / "hub.db")
            return f"sqlite:///{folder}/hub.db"
        with opened(self.server) as store, store.engine.begin() as tx:
            names = ", ".join(f'"{table.name}"' for table in self._rows)
            tx.exec_driver_sql(f"TRUNCATE {names}")
            for table, rows in self._rows.items():
                if rows:
                    tx.execute(sa.insert(table), rows)
        return self.server

    def play(self, lives: Sequence[Mapping[str, Any]]) -> Ending:
        """Live the lives on a copy of the store; return what came of it."""
        folder = self._folder / uuid.uuid4().hex[:8]
        folder.mkdir()
        store = self._copy(folder)
        trial = {"store": store, "folder": str(folder), "lives": lives}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(trial) + "\n")
        self._process.stdin.flush()
        return ending(json.loads(self._line("[{")), store, folder)

    def undisturbed(self, runs: int = 1) -> Ending:
        """Return what comes of so many runs that nobody disturbs."""
        if runs not in self._undisturbed:
            self._undisturbed[runs] = self.play([{**WHOLE, "always": True}] * runs)
        return self._undisturbed[runs]


@contextlib.contextmanager
def opened(url: str) -> Iterator[engine.Store]:
    """Open a store to look at it."""
    store = engine.connect(url)
    try:
        yield store
    finally:
        store.close()


def all_of(tx: sa.Connection, table: sa.Table) -> Sequence[Any]:
    return tx.execute(sa.select(table)).all()


def ending(lives: list[dict[str, Any]], url: str, folder: Path) -> Ending:
    f, e = t.finding.c, t.finding_event.c
    findings = sa.select(
        f.key, f.side, f.kind, f.cause, f.field, f.severity, f.state, f.amount, f.owner, f.cluster,
        f.reopened, f.id,
    )  # fmt: skip
    events = sa.select(e.finding_id, e.from_state, e.to_state, e.words)
    with opened(url) as store:
        # ids of the runs that filled the store are counted, and small
        runs = [one for one in reversed(store.read_now(reconciliations.runs)) if one.id > COUNTED]
        tables = {
            table.name: [dict(row._mapping) for row in store.read_now(all_of, table)]
            for table in (t.repair, t.delivery, t.attempt, t.ledger, t.sign_off)
        }
        return Ending(
            lives=lives,
            reports=[report(store, one) for one in runs if one.state == "complete"],
            findings=sorted(rows_of(store, findings)),
            events=rows_of(store, events.where(e.run_id > COUNTED).order_by(e.finding_id, e.id)),
            runs=[one.state for one in runs],
            reasons=[str(reason) for one in runs for reason in one.reasons],
            left=left(store, folder),
            broken=broken(store),
            tables=tables,
            folder=folder,
        )


def broken(store: engine.Store) -> list[str]:
    if store.dialect != "sqlite":
        return []
    return [
        words for (words,) in rows_of(store, sa.text("PRAGMA integrity_check")) if words != "ok"
    ]


def rows_of(store: engine.Store, query: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.read_now(lambda tx: tx.execute(query).all())]


def report(store: engine.Store, run: reconciliations.Run) -> dict[str, Any]:
    """Return a report without what tells one run from another."""
    with kept.report_of(store, run) as found:
        rows = {
            name: sorted(
                json.dumps(
                    {**msgspec.to_builtins(one), "first_seen": None}, sort_keys=True, default=str
                )
                for one in getattr(found, name)()
            )
            for name in ("findings", "waived", "in_flight", "within", "not_compared")
        }
        keys = {json.loads(one)["key"] for one in rows["findings"]}
        return {
            **rows,
            "sides": [(one.name, one.state, one.pages, one.rows, one.keys, one.rejected)
                      for one in found.sides],
            "totals": found.totals, "counts": found.counts, "fields": found.fields,
            "carried": found.carried, "verdict": found.verdict, "clusters": found.clusters,
            "figures": run.figures,
            "records": sorted(str(key) for key in keys if found.record(re.sub("-", "", key))),
        }  # fmt: skip


def left(store: engine.Store, folder: Path) -> list[str]:
    """Return what runs left beside a store, and in it."""
    tables = sa.inspect(store.engine).get_table_names()
    files = [one.name for one in folder.iterdir()]
    return sorted(
        one for one in (*tables, *files)
        if re.search(r"[0-9a-f]{32}", one) and "-journal" not in one
    )  # fmt: skip


@pytest.fixture(scope="module", params=STORES)
def theatre(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Theatre]:
    server = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_url_of_module")
    with Theatre(tmp_path_factory.mktemp("theatre"), server).open() as theatre:
        yield theatre


def same(found: Ending, theatre: Theatre) -> None:
    """Expect what as many undisturbed runs found, booked once, and nothing left behind."""
    # a process may die when its run has ended: the next one is another run then
    undisturbed = theatre.undisturbed(len(found.reports))
    assert found.lives[-1]["code"] == 0
    assert found.lives[-1].get("state") == "complete", found.lives
    assert found.findings == undisturbed.findings
    assert found.events == undisturbed.events
    assert found.reports == undisturbed.reports
    assert all(one.rest == 0 for told in found.reports for one in told["totals"])
    assert [one["state"] for one in found.tables["sign_off"]] == ["lapsed"]
    assert set(found.runs) <= {"complete", "failed"}
    assert found.left == []


# ---- a run is killed ---------------------------------------------------------------------------


def test_a_run_that_nobody_disturbs_finds_all_kinds_of_things(theatre: Theatre) -> None:
    undisturbed = theatre.undisturbed()
    (told,) = undisturbed.reports
    carried = told["carried"]
    assert (carried.new, carried.carried, carried.reopened) == (8, 1, 1)
    assert (carried.resolved, carried.moved) == (1, 1)
    assert len(told["in_flight"]) >= 1
    assert {row[3] for row in undisturbed.findings} >= {
        "changed_at_target", "deleted_at_target", "outside_hub", "send_failed", "unknown",
    }  # fmt: skip
    same(undisturbed, theatre)


@pytest.mark.parametrize("how", ["resume", "anew"])
@pytest.mark.parametrize("place", PLACES)
def test_killed_twice_at_a_place_a_run_finds_the_same_and_books_it_once(
    theatre: Theatre, place: str, how: str
) -> None:
    resume = how == "resume"
    later = 1 if place in ONCE else random.Random(place + how).randint(2, LATEST)
    found = theatre.play([
        {**WHOLE, "fail": f"{place}:1"},
        {**WHOLE, "fail": f"{place}:{later}", "resume": resume, "minutes": LEASE},
        {**WHOLE, "resume": resume, "minutes": 2 * LEASE},
    ])  # fmt: skip
    assert found.killed >= 1
    assert found.runs.count("failed") == (0 if resume or place == "reconcile.ended" else
                                          found.killed)  # fmt: skip
    same(found, theatre)


@pytest.mark.parametrize("seed", range(RUNS))
def test_kills_at_any_time_change_nothing_of_what_is_found(theatre: Theatre, seed: int) -> None:
    chance = random.Random(seed)
    lives = [
        {**WHOLE, "seconds": chance.uniform(0.05, 0.6), "resume": chance.random() < 0.6,
         "minutes": number * LEASE}
        for number in range(KILLS)
    ]  # fmt: skip
    last = {**WHOLE, "resume": chance.random() < 0.6, "minutes": KILLS * LEASE}
    same(theatre.play([*lives, last]), theatre)


@pytest.mark.parametrize("how", ["resume", "anew"])
def test_while_a_run_lives_a_second_one_is_refused(theatre: Theatre, how: str) -> None:
    second = {**WHOLE, "resume": how == "resume"}
    found = theatre.play([
        {**WHOLE, "stop": "reconcile.booked:1", "beside": second},
        {**WHOLE, "resume": True, "minutes": LEASE},
    ])  # fmt: skip
    # one process writes a SQLite store, whatever it does
    words = "StoreLocked: " if theatre.server is None else "RunGoesOn: commitments is running since"
    assert found.lives[0]["beside"]["refused"].startswith(words)
    same(found, theatre)


def test_a_run_whose_process_died_is_gone_on_with_when_that_is_known(theatre: Theatre) -> None:
    found = theatre.play([
        {**WHOLE, "fail": "reconcile.booked:1"},
        {**WHOLE, "resume": True},
        {**WHOLE, "resume": True, "minutes": LEASE, "always": theatre.server is not None},
    ])  # fmt: skip
    if theatre.server is not None:
        # on a server another process may be far away: its lease has to be over
        assert found.lives[1]["refused"].startswith("RunGoesOn: ")
    same(found, theatre)


@pytest.mark.parametrize(
    "place", ["reconcile.page_landed:3", "reconcile.judged:2", "reconcile.booked:1",
              "reconcile.settled:1", "reconcile.part_kept:1"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["resume", "anew"])
def test_a_process_that_was_taken_for_dead_changes_nothing_any_more(
    theatre: Theatre, place: str, how: str
) -> None:
    if theatre.server is None:
        pytest.skip("a SQLite store stays locked as long as the process is there")
    second = {**WHOLE, "resume": how == "resume", "minutes": LEASE}
    found = theatre.play([{**WHOLE, "stop": place, "beside": second, "wakes": True}])
    (first,) = found.lives
    assert first["refused"].split(":")[0] in ("RunGoesOn", "StoreError")
    same(dataclasses.replace(found, lives=[first["beside"]]), theatre)


# ---- repairs are killed ------------------------------------------------------------------------


PLAN = {"do": "plan", "always": True}
APPLY = {"do": "apply"}


@pytest.mark.parametrize("place", ["repair.before_commit:1", "repair.before_commit:3",
                                   "repair.committed:1"])  # fmt: skip
def test_a_plan_is_applied_once_however_often_it_is_killed(theatre: Theatre, place: str) -> None:
    found = theatre.play([
        WHOLE,
        {**PLAN, "fail": "repair.planned:1"},
        PLAN,
        {**APPLY, "fail": place, "always": True},
        {**APPLY, "always": True},
        {**APPLY, "always": True},
        {"do": "work", "always": True},
        {**WHOLE, "always": True},
    ])  # fmt: skip
    whole, killed, planned, cut, *applied, worked, again = found.lives
    assert (whole["code"], killed["code"], cut["code"]) == (0, SIGKILLED, SIGKILLED)
    done = place.startswith("repair.committed")
    told = [one.get("refused", "").split(":")[0] for one in applied]
    assert told == (["PlanStale"] * 2 if done else ["", "PlanStale"])
    assert planned["steps"] == 7
    repairs = found.tables["repair"]
    assert [one["plan"] for one in repairs] == [planned["plan"]] * 7
    assert {one["state"] for one in repairs} == {"applied"}
    sent = {one["id"]: one for one in found.tables["delivery"]}
    attempts = Counter(one["delivery_id"] for one in found.tables["attempt"]
                       if one["kind"] == "send")  # fmt: skip
    for one in repairs:
        assert sent[one["delivery_id"]]["state"] == "delivered"
        assert attempts[one["delivery_id"]] == 1
    ledger = Counter(one["subject"] for one in found.tables["ledger"]
                     if one["kind"] == "reconcile.repaired")  # fmt: skip
    assert ledger == Counter(one["finding_id"] for one in repairs)
    # the two findings of one order are put right by one delivery
    assert len({one["delivery_id"] for one in repairs}) == 6
    assert sorted(key for key, what in worked["wms"] if what == "deliveryorder.create") == [
        "CM-2026-000001-2", "CM-2026-000004-2", "CM-2026-000005-2", "CM-2026-000006-2",
        "CM-2026-000077",
    ]  # fmt: skip
    assert sorted(key for key, _ in worked["erp"]) == [
        "CM-2026-000002-2", "CM-2026-000013", "CM-2026-000077",
    ]  # fmt: skip
    assert again["state"] == "complete"
    assert not {one["finding_id"] for one in repairs} & {
        row[-1] for row in found.findings if row[6] in reconciliations.STANDING
    }


# ---- no space is left --------------------------------------------------------------------------


@pytest.mark.parametrize("room", [20_000, 60_000, 240_000, 350_000])
def test_on_a_full_disk_a_run_fails_in_words_and_the_next_one_succeeds(
    theatre: Theatre, room: int
) -> None:
    """No file grows beyond the room: those of the run, of its report, or that of the store."""
    if theatre.server is not None and room > 20_000:
        pytest.skip("on a server, only the report is in a file of ours")
    found = theatre.play([
        {**WHOLE, "room": room},
        {**WHOLE, "minutes": LEASE, "always": True},
    ])  # fmt: skip
    full = found.lives[0]
    assert full["refused"].startswith("StoreFull: No space is left")
    # where not even the run could be noted, there is none
    assert found.runs in (["failed", "complete"], ["complete"])
    assert all(one.startswith(("No space is left", "interrupted")) for one in found.reasons)
    assert found.broken == []
    same(found, theatre)
