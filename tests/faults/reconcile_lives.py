"""Lives of a process that reconciles and repairs; each may be killed, at a place or at any time.

    python -m tests.faults.reconcile_lives STORE FOLDER < trials

First a plant is filled, with what people did at its systems, and STORE with it. Each line is then
a trial as JSON: a copy of that store, a folder to work in, and lives, one after the other until
one of them was not killed unless it is said to go on. Printed is how each life ended, and what it
said. Lives are forks of the process that filled the plant, so that they all find the same systems.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub import failpoints
from hub.clock import SystemClock
from hub.errors import HubError, StoreLocked
from hub.language import Language
from hub.people import SYSTEM
from hub.reconcile import collect, repair, run
from hub.reconcile import engine as comparing
from hub.reconcile.plan import Plan
from hub.reconcile.report import spool
from hub.store import engine, reconciliations
from hub.store.snapshots import postgres
from hub.testing import FixedClock
from tests.integration.plant import Plant, form

MINUTE = timedelta(minutes=1)
COMMITMENTS = 14
#: What the plan repairs.
REPAIRED = ("changed_at_target", "deleted_at_target")


class _Clock(FixedClock):
    """Stands still; once lives begin, no two of them give out the same id."""

    living = False

    def new_id(self) -> str:
        return SystemClock().new_id() if self.living else super().new_id()


class _Plant(Plant):
    """A plant whose systems show small pages, and two orders while they change."""

    def start(self) -> Any:
        flow = super().start()
        erp: Any = flow.connection("erp").connector
        erp._streams = dataclasses.replace(erp._streams, page_size=4)
        poll, fetch = erp.poll, erp.fetch

        async def showing(stream: str, cursor: str | None) -> Any:
            page = await poll(stream, cursor)
            for event in page.events:
                if event.item.get("reference") == "SO-12":
                    # by the second look it is as it was
                    event.item["lines"][0]["quantity"] = "7"
            return page

        async def looking(stream: str, object_id: str) -> Any:
            item = await fetch(stream, object_id)
            if item is not None and item.get("reference") == "SO-13":
                # by the second look the customer differs as well
                item["party"]["code"] = "KH0009"
            return item

        erp.poll, erp.fetch = showing, looking
        return flow

    def plan(self, **how: Any) -> Plan:
        bundle = self.flow.bundles.active
        definition = dataclasses.replace(bundle.reconciliations["commitments"], settle=timedelta(0))
        return Plan(definition, bundle, "person:accountant", language=Language.EN, **how)


async def filled(url: str, folder: Path) -> _Plant:
    """Deliver, reconcile twice, and let people do things since."""
    plant = _Plant(folder, url, _Clock())
    two = [{**form("x")["lines"][0], "line_no": str(n)} for n in (1, 2)]
    ids = [
        plant.save(f"CM-2026-{n:06d}", order_no=f"SO-{n}", lines=two if n % 3 else two[:1])
        for n in range(1, COMMITMENTS + 1)
    ]
    for one in ids:
        plant.approve_all(one)
    await plant.work()
    await plant.pass_time(MINUTE)
    for number in (1, 6, 9):
        plant.wms.change_quantity(number_of(number), 9)
    await run.run(plant.flow, plant.plan())
    plant.wms.change_quantity(number_of(6), 1)
    told = await run.run(plant.flow, plant.plan())
    now = plant.clock.now()
    plant.store.write_now(
        reconciliations.sign, told.id, "preparer", "person:accountant", told.hash or "", now
    )
    plant.clock.advance(MINUTE)
    # 6 comes back, 9 is put right, the others are new
    plant.wms.change_quantity(number_of(6), 9)
    plant.wms.change_quantity(number_of(9), 1)
    for number in (4, 5):
        plant.wms.change_quantity(number_of(number), 9)
    plant.erp.delete_order("SO-2")
    plant.erp.copy_order("SO-3")
    plant.erp.change_quantities("SO-13", [3, 3])
    plant.crm.save_form({"status": "已撤销"}, data_id=ids[10])
    plant.crm.outgoing.clear()
    plant.approve_all(plant.save("CM-2026-000099", order_no="SO-99", lines=[
        {**form("x")["lines"][0], "sku": "NONE"},
    ]))  # fmt: skip
    await plant.work()
    plant.erp.inject("unavailable", times=50)
    plant.approve_all(plant.save("CM-2026-000077", order_no="SO-77"))
    await plant.work()
    plant.erp.faults.clear()
    plant.clock.advance(MINUTE)
    plant.store.close()
    return plant


def number_of(number: int) -> str:
    return f"CM-2026-{number:06d}"


# ---- a life ------------------------------------------------------------------------------------


async def live(plant: _Plant, life: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a life is for; return what somebody who had asked was told."""
    flow = plant.flow
    try:
        match life["do"]:
            case "run":
                done = await run.run(flow, plant.plan(resume=bool(life.get("resume"))))
                return {"run": done.id, "state": done.state, "verdict": done.verdict}
            case "plan":
                definition = plant.plan().definition
                found = await repair.propose(flow, definition, causes=REPAIRED, actor=SYSTEM)
                return {"plan": found.hash, "steps": len(found.steps)}
            case "apply":
                return {"done": await repair.apply(flow, plan_of(plant), SYSTEM)}
            case "work":
                before = {name: len(plant.effects(name)) for name in ("erp", "wms")}
                await plant.work()
                await plant.pass_time(MINUTE)
                return {name: plant.effects(name)[count:] for name, count in before.items()}
        raise AssertionError(life)
    except HubError as error:
        return {"refused": f"{type(error).__name__}: {error}"}


def plan_of(plant: _Plant) -> str:
    import sqlalchemy as sa

    from hub.store import tables as t

    query = sa.select(t.repair.c.plan).limit(1)
    return str(plant.store.read_now(lambda tx: tx.scalar(query)))


def begin(plant: _Plant, trial: Mapping[str, Any], life: Mapping[str, Any]) -> None:
    """Be a process of its own, and one in which everything takes many turns."""
    os.chdir(trial["folder"])
    plant.clock.living = True
    plant.clock.advance(timedelta(minutes=life.get("minutes", 0)))
    run._BATCH, comparing._BATCH, collect._BY_KEY = 3, 1, 4
    spool._PART = 2_000
    engine.STANDSTILL = postgres.STANDSTILL = "1s"
    plant.url = trial["store"]
    plant.store = engine.connect(plant.url)
    plant.store.open()
    plant.start()
    failpoints.arm({"HUB_FAIL": life.get("fail", "")})
    if "stop" in life:
        # as a machine does that is suspended
        place, _, number = life["stop"].partition(":")
        failpoints._Switch.hook = failpoints._at_pass(place, int(number), _stop)
    if "room" in life:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (life["room"], life["room"]))


def _stop(_: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def lived(plant: _Plant, trial: Mapping[str, Any], life: Mapping[str, Any]) -> dict[str, Any]:
    """Live once; return the exit code (negative: the signal) and what was said."""
    said = Path(trial["folder"]) / f"{len(life)}-{id(life)}.json"
    child = os.fork()
    if child != 0:
        beside = _beside(child, plant, trial, life) if "beside" in life else {}
        return {"code": _ended(child, life.get("seconds")), **_read(said), **beside}
    try:
        try:
            begin(plant, trial, life)
            told = asyncio.run(live(plant, life))
        except StoreLocked as error:
            told = {"refused": f"StoreLocked: {error}"}
        plant.store.close()
        said.write_text(json.dumps(told, default=str), "utf-8")
    except BaseException:  # noqa: BLE001 (a child never goes on as its parent)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ended(child: int, seconds: float | None) -> int:
    """Wait for a life to end; kill it after so many seconds."""
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _beside(
    child: int, plant: _Plant, trial: Mapping[str, Any], life: Mapping[str, Any]
) -> dict[str, Any]:
    """Live another life while the first one stands still; then kill that, or let it go on."""
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "it never came to the place"
    told = lived(plant, trial, life["beside"])
    os.kill(child, signal.SIGCONT if life.get("wakes") else signal.SIGKILL)
    return {"beside": told}


def _read(said: Path) -> dict[str, Any]:
    return json.loads(said.read_text("utf-8")) if said.exists() else {}


def tried(plant: _Plant, trial: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Live until a life was not killed; a life that is `always` lived goes on all the same."""
    ends: list[dict[str, Any]] = []
    for life in trial["lives"]:
        if not ends or ends[-1]["code"] < 0 or life.get("always"):
            ends.append(lived(plant, trial, life))
    return ends


if __name__ == "__main__":
    plant = asyncio.run(filled(sys.argv[1], Path(sys.argv[2])))
    print("filled", flush=True)
    for line in sys.stdin:
        print(json.dumps(tried(plant, json.loads(line))), flush=True)
