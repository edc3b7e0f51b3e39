"""Mapping files change under a running hub: good ones come into force, wrong ones do nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from hub.mapping.shipped import shipped_folder
from tests.e2e.site import (
    Site,
    all_delivered,
    far_ends,
    make,
    running,
    send_until_taken,
    until,
)

#: A change is in force so many seconds after it was written.
SOON = 3.0


def hub(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line on a site."""
    return subprocess.run(
        [sys.executable, "-m", "hub", "--lang", "en", "--config", str(site.settings), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def settle(site: Site, **words: Any) -> None:
    """Put more words into hub.yaml."""
    written = yaml.safe_load(site.settings.read_text("utf-8")) | words
    site.settings.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")


def marked(mark: str) -> str:
    """Return the shipped mapping of WMS orders, which tells this mark to the seller."""
    text = (shipped_folder() / "qimen" / "commitment-to-wms.yaml").read_text("utf-8")
    head = text.partition("\ntests:")[0] + "\n"
    changed, count = re.subn("sellerMessage: .*", f"sellerMessage: {{value: {mark}}}", head)
    assert count == 1
    return changed


def write(site: Site, mark: str, text: str = "") -> Path:
    """Write the mapping as careful editors do, and return where."""
    path = site.folder / "mappings" / "wms.yaml"
    fresh = path.with_name(".wms.yaml.new")
    fresh.write_text(text or marked(mark), "utf-8")
    fresh.rename(path)
    return path


def activations(site: Site) -> int:
    return len(site.ledger("mapping.activated"))


def status(site: Site) -> Any:
    return json.loads(hub(site, "status", "--json").stdout)["mappings"]


def metrics(site: Site) -> str:
    return httpx.get(f"{site.hub_url}/metrics", trust_env=False, verify=False, timeout=10).text


def marks(site: Site) -> list[tuple[str, str]]:
    """Return bundle and mark of each delivery to the WMS."""
    return [
        (row.bundle, json.loads(site.stored(row.payload))["deliveryOrder"]["sellerMessage"])
        for row in site.deliveries("wms")
    ]


async def push_on(site: Site, numbers: Iterator[int], stop: asyncio.Event) -> None:
    """Let commitments come, one after the other, until told to stop."""
    while not stop.is_set():
        number = f"CM-2026-{next(numbers):06}"
        site.write_down(number)
        await send_until_taken(site, number)


async def test_an_edit_takes_effect_soon_and_mixes_nothing(tmp_path: Path) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        write(site, "first")
        with running(site) as started:
            await started.ready()
            numbers, stop = itertools.count(1), asyncio.Event()
            pushing = asyncio.create_task(push_on(site, numbers, stop))
            await until(lambda: len(site.deliveries("wms")) >= 5, "deliveries")
            for count, mark in enumerate(("second", "third"), 2):
                written = time.monotonic()
                write(site, mark)
                await until(lambda count=count: activations(site) == count, "it is in force")
                assert time.monotonic() - written < SOON
                seen = len(site.deliveries("wms"))
                await until(lambda seen=seen: len(site.deliveries("wms")) > seen + 5, "more of it")
            stop.set()
            await pushing
            await all_delivered(site, "wms", next(numbers) - 1)
        found = marks(site)
        assert {mark for _, mark in found} == {"first", "second", "third"}
        assert len(set(found)) == len({bundle for bundle, _ in found}) == 3


async def test_a_wrong_edit_changes_nothing_and_is_told_until_it_is_mended(tmp_path: Path) -> None:
    site = make(tmp_path, "wms")
    path = write(site, "first")
    with running(site) as started:
        await started.ready()
        assert "hub_mapping_broken{" not in metrics(site)
        good = status(site)
        wrong = marked("second").replace("\nfields:", "\nfeilds:")
        write(site, "", wrong)
        await until(lambda: "hub_mapping_broken{" in metrics(site), "the figure", every=0.2)
        assert f'hub_mapping_broken{{file="{path.as_posix()}"}}' in metrics(site)
        # what an editor leaves beside it is no change, and so no second line in the log
        (path.parent / ".wms.yaml.swp").write_bytes(b"\0")
        (path.parent / "wms.yaml~").write_text("feilds:", "utf-8")
        told = hub(site, "status")
        assert told.returncode == 1
        for words in (path.as_posix(), "E102", "feilds", "mapping files 1", good["sha"][:12]):
            assert words in told.stdout
        found = status(site)
        assert (found["sha"], found["active_at"]) == (good["sha"], good["active_at"])
        assert found["broken"][0]["since"]
        assert activations(site) == 1
        assert site.log().count("mapping.broken") == 1
        write(site, "second")
        await until(lambda: activations(site) == 2, "the mended one is in force")
        await until(lambda: not status(site)["broken"], "it is told no more")
        assert "hub_mapping_broken{" not in metrics(site)


async def test_a_folder_that_goes_away_takes_nothing_out_of_force(tmp_path: Path) -> None:
    site = make(tmp_path, "wms")
    write(site, "first")
    with running(site) as started:
        await started.ready()
        good = status(site)["sha"]
        away = site.folder / "elsewhere"
        (site.folder / "mappings").rename(away)
        (broken,) = await until(lambda: status(site)["broken"], "it is told", every=0.3)
        assert [fault["code"] for fault in broken["faults"]] == ["E105"]
        assert status(site)["sha"] == good
        away.rename(site.folder / "mappings")
        await until(lambda: not status(site)["broken"], "it is told no more", every=0.3)
        assert activations(site) == 1


async def test_a_start_with_wrong_files_goes_on_with_the_last_good_ones(tmp_path: Path) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        write(site, "first")
        with running(site) as started:
            await started.ready()
            assert started.stop() == 0
        write(site, "", "half of a fi")
        with running(site) as started:
            await started.ready()
            assert status(site)["broken"][0]["faults"]
            site.write_down("CM-2026-000001")
            await send_until_taken(site, "CM-2026-000001")
            await all_delivered(site, "wms", 1)
            assert [mark for _, mark in marks(site)] == ["first"]
            write(site, "second")
            await until(lambda: activations(site) == 2, "the mended one is in force")
            await until(lambda: not status(site)["broken"], "it is told no more")


async def test_a_start_with_wrong_files_is_refused_where_there_were_never_good_ones(
    tmp_path: Path,
) -> None:
    site = make(tmp_path, "wms")
    write(site, "", "half of a fi")
    with running(site) as started:
        assert await started.dies() == 2
    assert "wms.yaml" in site.log()


async def test_apply_goes_through_the_running_daemon(tmp_path: Path) -> None:
    site = make(tmp_path, "wms")
    write(site, "first")
    settle(site, mappings_watch=False)
    with running(site) as started:
        await started.ready()
        before = status(site)["sha"]
        write(site, "second")
        dry = hub(site, "map", "apply", "--dry-run")
        assert dry.returncode == 0
        for words in ("deliveryOrder.sellerMessage", "{value: first} → {value: second}", "W103"):
            assert words in dry.stdout
        assert status(site)["sha"] == before
        applied = json.loads(hub(site, "map", "apply", "--json").stdout)
        assert applied["applied"]
        assert (applied["before"], applied["bundle"]) == (before, status(site)["sha"])
        entry = site.ledger("mapping.activated")[-1]
        assert entry.actor.startswith("os:")
        assert entry.facts["changed"] == {"mapping commitment-to-wms": 1}
        write(site, "", "half of a fi")
        wrong = hub(site, "map", "apply")
        assert wrong.returncode == 2
        assert "wms.yaml" in wrong.stderr
        assert status(site)["sha"] == applied["bundle"]


@contextlib.contextmanager
def beside(site: Site, folder: Path) -> Iterator[Site]:
    """Return a second folder of the same hub, for a process of its own."""
    shutil.copytree(site.folder, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    other = Site(folder, site.addresses, f"http://127.0.0.1:{port}", site.store_url, site.records)
    web = yaml.safe_load(site.settings.read_text("utf-8"))["web"]
    settle(other, web={**web, "port": port})
    yield other
    other.close()


@pytest.mark.postgres
async def test_what_is_applied_is_in_force_in_all_processes_of_a_hub(
    postgres_url: str, tmp_path: Path
) -> None:
    async with far_ends(make(tmp_path / "one", "wms", store=postgres_url)) as site:
        write(site, "first")
        with beside(site, tmp_path / "two") as other, running(site) as a:
            await a.ready()
            with running(other) as b:
                await b.ready()
                before = status(site)["sha"]
                write(site, "second")
                write(other, "other")
                assert hub(site, "map", "apply", "--since", before[:12]).returncode == 0
                now = status(site)["sha"]
                assert now != before
                for one in (site, other):
                    await until(lambda one=one: f'"bundle": "{now}"' in one.log(), "taken over")
                # whoever began before that is told, and changes nothing
                late = hub(other, "map", "apply", "--since", before[:12])
                assert late.returncode == 1
                for words in (now[:12], "os:", "{value: first} → {value: second}"):
                    assert words in late.stdout
                assert status(site)["sha"] == now
                assert hub(other, "map", "apply", "--since", now[:12]).returncode == 0
                last = status(site)["sha"]
                await until(lambda: f'"bundle": "{last}"' in site.log(), "taken over")
                assert [row.actor[:3] for row in site.ledger("mapping.activated")] == [
                    "sys", "os:", "os:",
                ]  # fmt: skip
