"""No space for the store: senders hear 503, nothing is damaged, and with space it goes on."""

from __future__ import annotations

import resource
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.site import Site, all_delivered, far_ends, make, running, send, send_until_taken

#: Pushes that are tried at most before the disk should be full.
MANY = 400
#: What is left for any one file of the store, in bytes.
ROOM = 300_000


@pytest.fixture
def little_room(tmp_path: Path) -> Callable[[], None]:
    """Return what lets a new process write no file beyond a size, as on a full disk."""
    return lambda: limit(file_size(tmp_path / "hub.db") + ROOM)


def limit(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def file_size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def fill(site: Site) -> tuple[list[str], httpx.Response]:
    """Push until the hub refuses; return what it took, and its refusal."""
    taken = []
    for n in range(MANY):
        # texts that cannot be pressed together
        words = "".join(
            chr(0x4E00 + (n * 7919 + k * 104_729 + k * k) % 20_000) for k in range(4000)
        )
        number = f"CM-{n:03d}"
        site.write_down(number, promise_text=words)
        answer = await send(site.push(number))
        if not answer.is_success:
            return taken, answer
        taken.append(number)
    raise AssertionError("the disk never filled up")


async def test_a_full_disk_refuses_with_503_and_loses_nothing(
    tmp_path: Path, little_room: Callable[[], None]
) -> None:
    async with far_ends(make(tmp_path, "wms", "crm")) as site:
        with running(site) as hub:
            await hub.ready()
            assert hub.stop() == 0
        with running(site, before=little_room) as hub:
            await hub.ready()
            taken, refusal = await fill(site)
            assert taken, "there was room for some"
            assert refusal.status_code == 503
            assert int(refusal.headers["retry-after"]) > 0
            assert hub.process.poll() is None, "it lives on"
            assert httpx.get(f"{site.hub_url}/healthz", trust_env=False, verify=False).is_success
        assert whole(tmp_path / "hub.db")
        refused = f"CM-{len(taken):03d}"
        with running(site):
            await send_until_taken(site, refused)
            for connection in ("wms", "crm"):
                await all_delivered(site, connection, len(taken) + 1)
        assert {row.external_id for row in site.messages()} == {
            f"push-{number}" for number in [*taken, refused]
        }
        ordered = [one["key"] for one in site.effects("wms")]
        assert sorted(ordered) == sorted([*taken, refused])


def whole(path: Path) -> bool:
    with sqlite3.connect(path) as database:
        found = database.execute("PRAGMA integrity_check").fetchone()
    database.close()
    return found == ("ok",)
