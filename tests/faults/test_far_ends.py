"""A far end, the broker or the database fails for a while: the rest goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from hub import admin
from hub import settings as hub_settings
from hub.people import Caller
from hub.store import tables as t
from hub.store.connections import FAILURES_TO_OPEN, FIRST_OPEN
from hub.testing.simulator import count_effects
from tests.e2e.site import (
    PATIENCE,
    Site,
    all_delivered,
    far_ends,
    make,
    running,
    send,
    send_until_taken,
    until,
)

NUMBERS = [f"CM-{n}" for n in range(1, 9)]
CREATE = "deliveryorder.create"
#: Calls to the warehouse at the same time.
SLOTS = 4

pytestmark = pytest.mark.slow


async def commit_all(site: Site, numbers: list[str]) -> None:
    for number in numbers:
        site.write_down(number)
    await asyncio.gather(*(send_until_taken(site, number) for number in numbers))


def once_each(site: Site, numbers: list[str]) -> None:
    """Expect that every commitment arrived, and none twice."""
    assert {row.external_id for row in site.messages()} == {f"push-{one}" for one in numbers}
    assert {one["key"] for one in site.effects("wms")} == set(numbers)
    for connection in site.addresses:
        assert list(count_effects([*site.effects(connection)])) == []


def calls(site: Site) -> int:
    """Return how often the warehouse was called."""
    return sum(site.control("GET", "wms", "/_sim/calls").values())


# ---- a far end -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "seconds"), [("slow", 6.0), ("drip", 0.02)], ids=["slow", "dripping"]
)
async def test_a_slow_warehouse_does_not_slow_the_erp(
    kind: str, seconds: float, tmp_path: Path
) -> None:
    async with far_ends(make(tmp_path, "erp", "wms")) as site:
        site.inject("wms", kind, CREATE, times=1000, seconds=seconds)
        with running(site) as hub:
            await hub.ready()
            await commit_all(site, NUMBERS)
            await all_delivered(site, "erp", len(NUMBERS))
            assert "delivered" not in {row.state for row in site.deliveries("wms")}
            site.heal("wms")
            await all_delivered(site, "wms", len(NUMBERS))
        once_each(site, NUMBERS)


@pytest.mark.parametrize("kind", ["unavailable", "dropped"])
async def test_a_dead_warehouse_is_left_alone_while_the_erp_goes_on(
    kind: str, tmp_path: Path
) -> None:
    async with far_ends(make(tmp_path, "erp", "wms")) as site:
        site.inject("wms", kind, times=1000)
        with running(site) as hub:
            await hub.ready()
            await commit_all(site, NUMBERS)
            await all_delivered(site, "erp", len(NUMBERS))
            await until(lambda: held(site), "the breaker opens")
            opened = calls(site)
            # the schedule would have called every one of them again by now
            await asyncio.sleep(3.0)
            assert calls(site) <= opened + SLOTS
            assert "delivered" not in {row.state for row in site.deliveries("wms")}
            site.heal("wms")
            await go_on(site)
            await all_delivered(site, "wms", len(NUMBERS))
        once_each(site, NUMBERS)


def held(site: Site) -> bool:
    """Say whether the breaker of the warehouse is open."""
    c = t.connection_state.c
    query = sa.select(c.failures).where(c.connection == "wms", c.not_before.is_not(None))
    return any(row.failures >= FAILURES_TO_OPEN for row in site.rows(query))


async def go_on(site: Site) -> None:
    """Close the breaker as a person does who knows that the far end is back."""
    settings = hub_settings.load(site.settings)
    for action in ("connection.pause", "connection.resume"):
        await asyncio.to_thread(admin.call, settings, action, {"name": "wms"}, Caller("test"))


async def test_a_warehouse_that_comes_back_is_found_by_a_probe(tmp_path: Path) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        site.inject("wms", "unavailable", times=1000)
        with running(site) as hub:
            await hub.ready()
            await commit_all(site, NUMBERS)
            await until(lambda: held(site), "the breaker opens")
            site.heal("wms")
            first_probe = FIRST_OPEN.total_seconds()
            await all_delivered(site, "wms", len(NUMBERS), first_probe + PATIENCE)
            assert not held(site)
        once_each(site, NUMBERS)


# ---- the broker ------------------------------------------------------------------------------


async def test_a_broker_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    site = make(tmp_path, "wms", "crm", transport=f"amqp://127.0.0.1:{port}//")
    async with far_ends(site):
        with running(site) as hub:
            await hub.ready()
            await commit_all(site, NUMBERS)
            for connection in ("wms", "crm"):
                await all_delivered(site, connection, len(NUMBERS))
            assert hub.stop() == 0
        once_each(site, NUMBERS)


# ---- the database ----------------------------------------------------------------------------


class Server:
    """Whoever administers the database server."""

    def __init__(self, postgres_url: str) -> None:
        url = sa.make_url(postgres_url)
        self.database = url.database
        self.engine = sa.create_engine(
            url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )

    def do(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def drop_connections(self) -> None:
        self.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{self.database}'"
        )

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Let nobody in, and put out whoever is."""
        self.do(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS false')
        self.drop_connections()
        try:
            yield
        finally:
            self.do(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS true')


def status(site: Site, path: str) -> int:
    url = f"{site.hub_url}{path}"
    return httpx.get(url, trust_env=False, verify=False, timeout=10).status_code


async def everything_delivered(site: Site, count: int) -> None:
    for connection in ("wms", "crm"):
        await all_delivered(site, connection, count)


@pytest.mark.postgres
async def test_without_its_database_it_refuses_and_afterwards_goes_on(
    new_postgres_url: str, tmp_path: Path
) -> None:
    server = Server(new_postgres_url)
    async with far_ends(make(tmp_path, "wms", "crm", store=new_postgres_url)) as site:
        with running(site) as hub:
            await hub.ready()
            await commit_all(site, NUMBERS[:2])
            with server.refusing():
                assert status(site, "/readyz") == 503
                assert status(site, "/healthz") == status(site, "/metrics") == 200
                site.write_down(NUMBERS[2])
                refusal = await send(site.push(NUMBERS[2]))
                assert refusal.status_code == 503
                assert int(refusal.headers["retry-after"]) > 0
                assert hub.process.poll() is None
            await until(lambda: status(site, "/readyz") == 200, "it is ready again")
            await commit_all(site, NUMBERS[2:])
            await everything_delivered(site, len(NUMBERS))
        once_each(site, NUMBERS)


@pytest.mark.postgres
async def test_connections_that_break_in_the_middle_lose_nothing(
    new_postgres_url: str, tmp_path: Path
) -> None:
    server = Server(new_postgres_url)
    numbers = [f"CM-{n:02d}" for n in range(1, 17)]
    async with far_ends(make(tmp_path, "wms", "crm", store=new_postgres_url)) as site:
        with running(site) as hub:
            await hub.ready()
            sending = asyncio.create_task(commit_all(site, numbers))
            for _ in range(10):
                await asyncio.sleep(0.15)
                server.drop_connections()
            await sending
            await everything_delivered(site, len(numbers))
        once_each(site, numbers)
