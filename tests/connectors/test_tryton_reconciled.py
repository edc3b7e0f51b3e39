"""A whole reconciliation with a real Tryton: what people do there is found, told and put right."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.erp.tryton import server
from hub import admin, settings
from hub.language import Language
from hub.people import SYSTEM
from hub.reconcile import kept, repair
from hub.reconcile.plan import Plan
from hub.reconcile.run import run
from hub.store import reconciliations
from hub.store.reconciliations import Run
from tests.connectors.tryton_live import READ_SALES, Clerk, Line, LivePlant, NetworkClock, goods

pytestmark = pytest.mark.tryton
MINUTE = timedelta(minutes=1)
#: Pages on which the orders come, or one more.
PAGES = 4


@dataclasses.dataclass
class Live:
    """CRM and WMS simulated, Tryton real, and what a test does with them."""

    plant: LivePlant
    line: Line
    clerk: Clerk

    async def deliver(self, count: int) -> None:
        """Have commitments approved and carried to all systems."""
        there = len(await self.clerk.sales([]))
        self.plant.page_size = max((there + count) // PAGES, 1)
        self.plant.start()
        for number in range(1, count + 1):
            saved = self.plant.save(
                f"CM-2026-{number:06d}", order_no=f"LIVE-{number}", lines=goods()
            )
            self.plant.approve_all(saved)
        await self.settle()
        assert self.plant.states()["erp"] == ["delivered/confirmed"] * count

    async def settle(self) -> None:
        """Let everything that is to be delivered be delivered and read back."""
        await self.plant.work()
        await self.plant.pass_time(MINUTE)

    def plan(self) -> Plan:
        """Return the shipped reconciliation."""
        bundle = self.plant.flow.bundles.active
        definition = bundle.reconciliations["commitments"]
        return Plan(definition, bundle, "person:accountant", language=Language.EN)

    async def reconciled(self) -> tuple[Run, set[tuple[str, ...]]]:
        """Run it; return the run, and key, side, kind and cause of what stands open."""
        self.plant.clock.advance(timedelta(hours=1))
        return await run(self.plant.flow, self.plan()), self.open()

    def open(self) -> set[tuple[str, ...]]:
        return {(one["key"], one["side"], one["kind"], one["cause"]) for one in self.findings()}

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.plant.store.read_now(
            reconciliations.findings, "commitments"
        )
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
async def live(
    request: pytest.FixtureRequest, tmp_path: Path, tryton_server: server.Server
) -> AsyncIterator[Live]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    line = Line(tryton_server.url)
    await line.up()
    # commands run by the real time, and what was done before stays before
    clock = NetworkClock(datetime.now(UTC) - timedelta(days=2))
    plant = LivePlant(tmp_path, url, clock, erp_url=f"http://127.0.0.1:{line.port}")
    clerk = await Clerk.at(tryton_server.url, clock)
    yield Live(plant, line, clerk)
    await clerk.clear()
    await plant.tryton.context.http.aclose()
    await line.down()
    plant.close()


async def test_what_people_did_in_tryton_is_found_with_its_cause_and_put_right(live: Live) -> None:
    await live.deliver(5)
    done, found = await live.reconciled()
    assert (done.state, done.verdict, done.reasons, found) == ("complete", "agreed", [], set())
    assert done.figures["agreed"] == 5
    with kept.report_of(live.plant.store, done) as report:
        assert {one.name: one.pages for one in report.sides}["erp"] >= PAGES

    await live.clerk.change_quantity("LIVE-1", 5)
    await live.clerk.delete("LIVE-2")
    await live.clerk.delete_line("LIVE-3")
    copy = await live.clerk.copy("LIVE-4")
    (sale,) = await live.clerk.sales([["reference", "=", "LIVE-1"]])
    assert sale["create_uid"] != sale["write_uid"]
    done, found = await live.reconciled()
    assert done.verdict == "findings"
    assert found == {
        ("CM2026000001", "erp", "differs", "changed_at_target"),
        ("CM2026000002", "erp", "missing", "deleted_at_target"),
        ("CM2026000003", "erp", "missing", "deleted_at_target"),
        ("CM2026000004", "erp", "duplicate", "outside_hub"),
    }
    rows = {one["key"]: one["row"] for one in live.findings()}
    changed = rows["CM2026000001"]
    assert (changed["field"], changed["expected"], changed["actual"]) == ("quantity", "1", "5")
    assert copy in rows["CM2026000004"]["words"]

    before = len(live.plant.deliveries())
    proposal = await repair.propose(
        live.plant.flow, live.plan().definition, actor=SYSTEM,
        causes=("changed_at_target", "deleted_at_target"),
    )  # fmt: skip
    assert {(one.action, one.side) for one in proposal.steps} == {("redeliver", "erp")}
    await repair.apply(live.plant.flow, proposal.hash, SYSTEM)
    await live.clerk.delete_copy(copy)
    await live.settle()
    made = live.plant.deliveries()[before:]
    assert [(one.connection, one.state, one.confirm) for one in made] == [
        ("erp", "delivered", "confirmed")
    ] * 3
    done, found = await live.reconciled()
    assert (done.state, done.verdict, found) == ("complete", "agreed", set())
    assert done.figures["resolved"] == 4
    references = [f"LIVE-{number}" for number in range(1, 6)]
    sales = await live.clerk.sales([["reference", "in", references]])
    assert sorted(one["reference"] for one in sales) == references


async def test_a_run_that_tryton_did_not_live_through_says_nothing_is_missing(live: Live) -> None:
    await live.deliver(3)
    await live.clerk.delete("LIVE-2")
    _, standing = await live.reconciled()
    assert standing == {("CM2026000002", "erp", "missing", "deleted_at_target")}

    await live.clerk.delete("LIVE-1")
    # a page is asked for twice: it is the third that does not come
    live.line.break_at(READ_SALES, times=5)
    done, found = await live.reconciled()
    assert (done.state, done.verdict) == ("incomplete", "incomplete")
    (reason,) = done.reasons
    assert reason.startswith("ERP 销售订单: page 3: erp: ")
    # neither is a new one found, nor the old one ended
    assert found == standing

    await live.line.down()
    await live.line.up()
    done, found = await live.reconciled()
    assert (done.state, done.verdict, done.reasons) == ("complete", "findings", [])
    assert found == standing | {("CM2026000001", "erp", "missing", "deleted_at_target")}


@pytest.mark.parametrize("live", ["sqlite"], indirect=True)
async def test_the_command_ends_with_3_and_says_where_tryton_was_gone(live: Live) -> None:
    await live.deliver(1)
    live.line.break_at(READ_SALES, times=3)
    async with served(live) as folder:
        code, said = await command(folder, "reconcile", "run", "commitments")
    assert code == 3
    assert "ERP 销售订单: page 2: erp: " in said
    assert "missing" not in said


@contextlib.asynccontextmanager
async def served(live: Live) -> AsyncIterator[Path]:
    """Yield a folder whose commands this plant does, as a daemon does them."""
    folder = live.plant.folder
    (folder / "hub.key").write_text("k" * 64)
    (folder / "hub.yaml").write_text(
        f"tenant: HX\nstore: {live.plant.url}\nkeys: hub.key\npublic_url: https://hub.example\n"
    )
    path = admin.socket_path(settings.load(folder / "hub.yaml"))
    assert path is not None
    daemon = await admin.serve(live.plant.flow, path)
    yield folder
    daemon.close()
    path.unlink()


async def command(folder: Path, *words: str) -> tuple[int | None, str]:
    """Run a command as a process; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "--config", str(folder / "hub.yaml"), *words,
        env={**os.environ, "HUB_LANG": "en"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said.decode()
