"""The daemon as an administrator meets it: health, signals, one writer, wrong files, the socket."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.e2e.site import Hub, Site, all_delivered, far_ends, make, running, send, until


def hub(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the command line on a site."""
    return subprocess.run(
        [sys.executable, "-m", "hub", "--lang", "en", "--config", str(site.settings), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def get(site: Site, path: str) -> httpx.Response:
    return httpx.get(site.hub_url + path, trust_env=False, verify=False, timeout=10)


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A daemon whose far ends are all down."""
    with running(make(tmp_path_factory.mktemp("site"), "wms", "crm")) as started:
        asyncio.run(started.ready())
        yield started


# ---- health ----------------------------------------------------------------------------------


def test_it_lives_and_is_ready(lonely: Hub) -> None:
    assert get(lonely.site, "/healthz").json() == {"status": "alive"}
    assert get(lonely.site, "/readyz").json() == {"status": "ready", "paused": []}


def test_metrics_name_every_connection(lonely: Hub) -> None:
    answer = get(lonely.site, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    paused = [line for line in answer.text.splitlines() if "paused{" in line]
    assert {name for name in ("crm", "wms") if any(f'"{name}"' in line for line in paused)} == {
        "crm",
        "wms",
    }


def test_only_its_user_may_open_the_socket(lonely: Hub) -> None:
    socket = lonely.site.folder / "hub.db.sock"
    assert socket.stat().st_mode & 0o077 == 0


# ---- one writer ------------------------------------------------------------------------------


async def test_a_second_daemon_on_the_same_file_is_refused_with_the_first_ones_number(
    lonely: Hub,
) -> None:
    done = await asyncio.to_thread(hub, lonely.site, "run")
    assert done.returncode not in (0, 2)
    told = done.stdout + done.stderr
    assert f"Process {lonely.process.pid} already writes this store" in told
    assert "Traceback" not in told
    assert get(lonely.site, "/readyz").status_code == 200, "the first one goes on"


def test_a_command_that_changes_something_is_done_by_the_daemon(lonely: Hub) -> None:
    paused = hub(lonely.site, "connection", "pause", "wms", "--reason", "盘点 stocktaking")
    assert paused.returncode == 0, paused.stderr
    assert get(lonely.site, "/readyz").json()["paused"] == ["wms"]
    status = json.loads(hub(lonely.site, "status", "--json").stdout)
    wms = next(one for one in status["connections"] if one["name"] == "wms")
    assert (wms["state"], wms["reason"]) == ("paused", "盘点 stocktaking")
    assert hub(lonely.site, "connection", "resume", "wms").returncode == 0
    assert get(lonely.site, "/readyz").json()["paused"] == []


def test_a_command_about_nothing_there_is_refused_by_the_daemon_in_plain_words(lonely: Hub) -> None:
    done = hub(lonely.site, "connection", "pause", "wsm")
    assert done.returncode != 0
    assert "wsm" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_port_that_is_taken_is_said_so(lonely: Hub, tmp_path: Path) -> None:
    other = make(tmp_path, "wms", "crm")
    written = yaml.safe_load(other.settings.read_text("utf-8"))
    written["web"]["port"] = int(lonely.site.hub_url.rpartition(":")[2])
    other.settings.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    with running(other) as second:
        assert await second.dies() == 2
    assert f"{written['web']['port']} cannot be served" in other.log()


async def test_a_database_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    site = make(tmp_path, "wms", "crm", store="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with running(site) as started:
        assert await started.dies() not in (0, 2)
    assert "127.0.0.1" in site.log()
    assert "Traceback" not in site.log()


# ---- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_call_in_flight_ends_and_is_booked_before_the_daemon_goes(
    end: signal.Signals, tmp_path: Path
) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        site.write_down("CM-1")
        site.inject("wms", "slow", "deliveryorder.create", seconds=2.0)
        with running(site) as started:
            await started.ready()
            assert (await send(site.push("CM-1"))).is_success
            await until(lambda: site.control("GET", "wms", "/_sim/calls"), "the order is sent")
            started.process.send_signal(end)
            assert await started.dies() == 0
        assert [row.state for row in site.deliveries("wms")] == ["delivered"]
        assert not (site.folder / "hub.db.sock").exists()


async def test_a_second_signal_ends_it_at_once_and_the_next_daemon_asks_what_became(
    tmp_path: Path,
) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        site.write_down("CM-1")
        site.inject("wms", "slow", "deliveryorder.create", seconds=3.0)
        with running(site) as started:
            await started.ready()
            assert (await send(site.push("CM-1"))).is_success
            await until(lambda: site.control("GET", "wms", "/_sim/calls"), "the order is sent")
            started.process.terminate()
            await until(lambda: unanswered(site), "webhooks are no longer taken")
            started.process.terminate()
            assert await started.dies(2.0) == 128 + signal.SIGTERM
        with running(site):
            await all_delivered(site, "wms", 1)
        assert len(site.effects("wms")) == 1


def unanswered(site: Site) -> bool:
    try:
        get(site, "/healthz")
    except httpx.TransportError:
        return True
    return False


# ---- wrong files -----------------------------------------------------------------------------


def test_a_wrong_hub_yaml_is_refused_with_all_its_faults_at_once(tmp_path: Path) -> None:
    site = make(tmp_path, "wms", "crm")
    written = yaml.safe_load(site.settings.read_text("utf-8"))
    written["tenant"] = "no capitals"
    written["retries"] = written.pop("retry")
    written["web"]["port"] = 99_999
    written["connections"]["wms"]["secret"] = "${env:NOT_SET_ANYWHERE}"
    site.settings.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    done = hub(site, "run")
    assert done.returncode == 2
    for told in ("tenant", "retries", "Did you mean retry?", "web.port", "NOT_SET_ANYWHERE"):
        assert told in done.stderr
    assert done.stderr.count("hub.yaml:") >= 4
    assert "Traceback" not in done.stderr


def test_wrong_connections_and_mappings_are_refused_with_all_their_faults_at_once(
    tmp_path: Path,
) -> None:
    site = make(tmp_path, "wms", "crm")
    written = yaml.safe_load(site.settings.read_text("utf-8"))
    written["connections"]["wms"]["app_kee"] = written["connections"]["wms"].pop("app_key")
    written["connections"]["crm"]["connector"] = "lowcod"
    site.settings.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    route = site.folder / "mappings" / "route.yaml"
    route.write_text(route.read_text("utf-8").replace("create_order", "create_ordr"), "utf-8")
    done = hub(site, "run")
    told = done.stdout + done.stderr
    assert done.returncode == 2
    for word in ("app_kee", "lowcod", "create_ordr"):
        assert word in told
    assert "Traceback" not in told
    assert "demo-secret" not in told


def test_no_settings_at_all_is_said_with_the_way_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hub", "--lang", "en", "run"], cwd=tmp_path, capture_output=True,
        text=True, timeout=60, check=False,
        env={name: value for name, value in os.environ.items() if name != "HUB_CONFIG"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "hub init" in done.stderr


async def test_a_broken_mapping_never_replaces_a_good_one(tmp_path: Path) -> None:
    site = make(tmp_path, "wms", "crm")
    route = site.folder / "mappings" / "route.yaml"
    good = route.read_text("utf-8")
    with running(site) as started:
        await started.ready()
        route.write_text(good.replace("create_order", "create_ordr"), "utf-8")
        await until(lambda: "mapping.broken" in site.log(), "the broken file is told")
        assert len(site.ledger("mapping.activated")) == 1
        route.write_text(good + "# mended\n", "utf-8")
        await until(lambda: len(site.ledger("mapping.activated")) == 2, "the mended one is taken")
        assert get(site, "/readyz").status_code == 200
