"""Which mapping files a process works with when several put some in force at once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub import admin
from hub import settings as settings_module
from hub.errors import MappingError, StoreError
from hub.flow import reload
from hub.flow.apply import apply
from hub.flow.opening import open_flow
from hub.flow.parts import Flow
from hub.mapping import Bundle, load_bundle, read_bundle
from hub.mapping.shipped import shipped_folder
from hub.people import Caller
from hub.settings import Settings
from hub.store import bundles, engine, upkeep, workers
from hub.store import tables as t
from hub.testing import FixedClock

MAPPING = (
    "mapping: mine\nfrom: {{connector: there, stream: things}}\n"
    "to: {{connector: here, operation: put}}\nfields: {{x: {field}}}\n"
)
#: Fits no hub that has no connections.
ROUTE = (
    b'route: r\nwhen: {record: commitment, if: status == "x"}\n'
    b"deliver:\n  - {to: elsewhere, operation: create_order, map: commitment-to-wms}\n"
)


class Hub:
    """A hub's folder and store, and processes that start on it."""

    def __init__(self, folder: Path, url: str, *, watches: bool = False) -> None:
        self.folder, self.url, self.clock = folder, url, FixedClock()
        (folder / "mappings").mkdir(exist_ok=True)
        self.watch(watches)
        self.store = engine.connect(url)
        upkeep.prepare(self.store.engine)
        self.store.open()
        self.started: list[Flow] = []

    def watch(self, watches: bool) -> None:
        words = f"tenant: T1\nstore: {self.url}\nmappings_watch: {str(watches).lower()}\n"
        (self.folder / "hub.yaml").write_text(words, "utf-8")

    @property
    def settings(self) -> Settings:
        return settings_module.load(self.folder / "hub.yaml", {})

    def write(self, field: str, name: str = "mine.yaml") -> Path:
        path = self.folder / "mappings" / name
        path.write_text(MAPPING.format(field=field), "utf-8")
        return path

    def starts(self) -> reload.Reload:
        """Return a process that has read what it begins with, and not begun."""
        start = reload.starting(self.settings)
        flow = open_flow(self.settings, self.clock, bundle=start.bundle)
        # one process, one writer: SQLite has no second
        flow.store = self.store
        self.started.append(flow)
        return reload.Reload(self.settings, flow, start)

    async def begins(self) -> reload.Reload:
        process = self.starts()
        await process.begin()
        return process

    async def puts(self, bundle: Bundle) -> None:
        """Somebody else puts files in force."""
        before = await self.store.read(bundles.active)
        await self.store.write(bundles.put, bundle.sha, bundle.files, self.clock.now(),
                               after=before)  # fmt: skip

    def spoil(self) -> str:
        """Let what is in force be of a language this program cannot read; return its address."""
        b, sha = t.bundle, self.store.read_now(bundles.active)
        files = {"own/x.yaml": "mapping: x\nbogus: 1\n"}
        change = sa.update(b).where(b.c.sha == sha).values(files=files)
        self.store.write_now(lambda tx: tx.execute(change).rowcount)
        return str(sha)

    def in_force(self) -> str | None:
        return self.store.read_now(bundles.active)

    def broken(self) -> list[str]:
        return [str(fault) for one in self.store.read_now(bundles.broken) for fault in one.faults]


@pytest.fixture(params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/hub.db" if sqlite else request.getfixturevalue("postgres_url")
    hub = Hub(tmp_path, url)
    yield hub
    hub.store.close()


def own(field: str) -> Bundle:
    """Return the shipped files with one of the administrator's own."""
    files = dict(load_bundle(shipped_folder()).files)
    return read_bundle({**files, "own/mine.yaml": MAPPING.format(field=field).encode()})


# ---- starting --------------------------------------------------------------------------------


@pytest.mark.parametrize("watches", [False, True])
async def test_what_is_applied_while_a_process_starts_stays_in_force(
    hub: Hub, watches: bool
) -> None:
    hub.write("old")
    await hub.begins()
    hub.watch(watches)
    process, applied = hub.starts(), own("new")
    await hub.puts(applied)
    await process.begin()
    assert hub.in_force() == process.flow.bundles.active.sha == applied.sha


async def test_of_two_that_start_at_once_on_an_empty_store_the_later_takes_the_first_ones(
    hub: Hub,
) -> None:
    hub.write("one")
    first = hub.starts()
    hub.write("two")
    second = hub.starts()
    await first.begin()
    await second.begin()
    assert second.flow.bundles.active.sha == first.flow.bundles.active.sha == hub.in_force()


async def test_a_process_that_cannot_work_with_what_is_in_force_does_not_start(hub: Hub) -> None:
    hub.write("one")
    process = hub.starts()
    await hub.puts(read_bundle({**own("one").files, "own/r.yaml": ROUTE}))
    with pytest.raises(MappingError, match="elsewhere"):
        await process.begin()


def test_a_store_that_cannot_be_asked_lets_no_process_start(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_text(
        "tenant: T1\nstore: postgresql+psycopg://nobody@127.0.0.1:1/none\n", "utf-8"
    )
    with pytest.raises(StoreError):
        reload.starting(settings_module.load(tmp_path / "hub.yaml", {}))


async def test_files_in_force_that_cannot_be_read_stop_a_process_that_does_not_watch(
    hub: Hub,
) -> None:
    hub.write("old")
    await hub.begins()
    hub.spoil()
    with pytest.raises(MappingError, match="hub map apply"):
        reload.starting(hub.settings)


async def test_a_process_that_watches_takes_its_folder_where_the_store_cannot_be_read(
    hub: Hub,
) -> None:
    hub.write("old")
    await hub.begins()
    hub.write("new")
    hub.spoil()
    hub.watch(True)
    process = await hub.begins()
    assert hub.in_force() == process.flow.bundles.active.sha == own("new").sha


async def test_an_empty_folder_does_not_take_the_own_files_out_of_force_at_a_start(
    hub: Hub,
) -> None:
    hub.watch(True)
    hub.write("old").rename(hub.folder / "away.yaml")
    await hub.puts(own("old"))
    process = await hub.begins()
    assert hub.in_force() == process.flow.bundles.active.sha == own("old").sha
    assert ["E105" in fault for fault in hub.broken()] == [True]


# ---- applying --------------------------------------------------------------------------------


def test_applying_works_where_what_is_in_force_cannot_be_read(hub: Hub) -> None:
    hub.write("old")
    asyncio.run(hub.puts(own("old")))
    before = hub.spoil()
    if hub.store.dialect == "sqlite":
        hub.store.close()
    hub.write("new")
    told = admin.call(hub.settings, "map.apply", {}, Caller("anna"))
    assert (told["applied"], told["before"], told["bundle"]) == (True, before, own("new").sha)


async def test_what_came_into_force_while_files_were_checked_is_not_overwritten(hub: Hub) -> None:
    hub.write("old")
    process = await hub.begins()
    since = str(hub.in_force())
    hub.write("mine")
    applying = asyncio.create_task(apply(process.flow, "os:anna", since=since[:12]))
    await asyncio.sleep(0)
    await hub.store.read(bundles.active)  # what is asked for first is read first
    theirs = own("theirs")
    await hub.puts(theirs)
    process.flow.bundles.activate(theirs)
    told = await applying
    assert told["overtaken"]["bundle"] == hub.in_force() == theirs.sha
    again = await apply(process.flow, "os:anna", since=theirs.sha[:12])
    assert (again["applied"], hub.in_force()) == (True, own("mine").sha)


async def test_the_last_own_file_goes_out_of_force_only_by_apply(hub: Hub) -> None:
    hub.watch(True)
    path = hub.write("old")
    process = await hub.begins()
    path.unlink()
    await looks(process)
    assert hub.in_force() == own("old").sha
    assert ["E105" in fault for fault in hub.broken()] == [True]
    assert (await apply(process.flow, "os:anna"))["applied"]
    await looks(process)
    assert hub.in_force() == load_bundle(shipped_folder()).sha
    assert hub.broken() == []


# ---- watching --------------------------------------------------------------------------------


async def looks(process: reload.Reload, times: int = 3) -> None:
    """Let a process look at its folder until a change has been taken over."""
    for _ in range(times):
        await process.watch()


async def test_a_folder_that_is_never_still_is_told_until_it_is(hub: Hub) -> None:
    hub.watch(True)
    hub.write("a")
    process = await hub.begins()
    for length in range(1, 4):
        hub.write("b" * length)
        await process.watch()
        hub.clock.advance(reload._NEVER_STILL / 2)
    assert ["has been changing" in fault for fault in hub.broken()] == [True]
    await looks(process)
    assert hub.broken() == []
    assert hub.in_force() == own("bbb").sha


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
async def test_what_came_into_force_while_the_folder_was_checked_is_not_overwritten(
    hub: Hub,
) -> None:
    hub.watch(True)
    hub.write("a")
    process = await hub.begins()
    hub.write("b")
    await process.watch()
    checking = asyncio.create_task(process.watch())
    theirs = own("theirs")
    # the folder is looked at in a thread before the store is asked
    while not any(children(child) for child in children(os.getpid())):
        await asyncio.sleep(0)
    await hub.puts(theirs)
    await checking
    assert hub.in_force() == process.flow.bundles.active.sha == theirs.sha


def end_a_check(done: threading.Event) -> None:
    """Kill the first process that a process of ours forks."""
    while not done.is_set():
        for child in children(os.getpid()):
            for check in children(child):
                os.kill(check, signal.SIGKILL)
                done.set()


def children(process: int) -> list[int]:
    found = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += [int(one) for one in listed.read_text("ascii").split()]
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
async def test_a_check_that_died_is_made_again(hub: Hub) -> None:
    hub.watch(True)
    hub.write("a")
    process = await hub.begins()
    hub.write("b")
    done = threading.Event()
    killer = threading.Thread(target=end_a_check, args=[done])
    killer.start()
    try:
        await looks(process, 2)
    finally:
        done.set()
        killer.join()
    assert ["E005" in fault for fault in hub.broken()] == [True]
    await process.watch()
    assert hub.in_force() == own("a").sha
    hub.clock.advance(timedelta(seconds=reload._LATEST_TRY))
    await process.watch()
    assert hub.in_force() == own("b").sha
    assert hub.broken() == []


# ---- following -------------------------------------------------------------------------------


async def test_what_does_not_fit_here_is_told_until_the_store_has_other_files(hub: Hub) -> None:
    hub.write("a")
    process = await hub.begins()
    mine = process.flow.bundles.active
    other = read_bundle({**mine.files, "own/r.yaml": ROUTE})
    for _ in range(2):
        await hub.puts(other)
        await process.follow()
        assert ["elsewhere" in fault for fault in hub.broken()] == [True]
        await hub.puts(mine)
        await process.follow()
        assert hub.broken() == []
    assert b"hub_mapping_broken{" not in process.flow.metrics.text()


async def test_what_a_process_told_is_forgotten_with_it(hub: Hub) -> None:
    hub.watch(True)
    hub.write("a")
    process = await hub.begins()
    hub.write("a: b: c")
    await looks(process)
    assert hub.broken()
    gone = process.flow.worker
    hub.store.write_now(workers.leave, [gone])
    assert hub.broken() == []
