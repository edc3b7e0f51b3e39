"""The daemon is killed at every named place and at random: nothing is lost, nothing done twice.

Lives are short and mostly waiting, so several sites run side by side; each test then looks at
what became of its own. `HUB_KILL_RUNS` says how many runs there are per store.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub import admin
from hub import settings as hub_settings
from hub.failpoints import POINTS
from hub.store import tables as t
from hub.testing.simulator import count_effects
from tests.e2e.site import (
    PATIENCE,
    Site,
    all_delivered,
    far_ends,
    make,
    running,
    send_until_taken,
    until,
)

RUNS = int(os.environ.get("HUB_KILL_RUNS", "2"))
KILLS = 10
COMMITMENTS = 20
SIDE_BY_SIDE = 3
#: Places that polling passes; there the CRM pushes nothing.
POLLED = frozenset({"poll.before_commit", "poll.committed"})
#: Places behind an answer that did not come.
ASKED = frozenset({"ask.claimed", "ask.answered"})
SIGKILLED = -9

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 20 * RUNS)]


@dataclass(frozen=True)
class Ending:
    """What there was when everything had come to rest."""

    #: Ids of the pushes the hub said 2xx to, and of the messages it has.
    taken: frozenset[str]
    stored: frozenset[str]
    #: Orders the warehouse holds, forms the CRM changed.
    ordered: frozenset[str]
    written: int
    #: What took effect more than once, anywhere.
    repeated: Sequence[tuple[str, int]]


def ending(site: Site, pushed: Sequence[str]) -> Ending:
    effects = {name: site.effects(name) for name in site.addresses}
    return Ending(
        taken=frozenset(f"push-{number}" for number in pushed),
        stored=frozenset(row.external_id for row in site.messages()),
        ordered=frozenset(one["key"] for one in effects["wms"]),
        written=sum(one["what"] == "update" for one in effects["crm"]),
        repeated=[found for some in effects.values() for found in count_effects([*some])],
    )


async def side_by_side(
    trials: Mapping[str, Callable[[], Awaitable[Ending]]],
) -> dict[str, Ending | BaseException]:
    """Run trials, a few at a time; return what each ended with."""
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(trial: Callable[[], Awaitable[Ending]]) -> Ending:
        async with places:
            return await trial()

    ended = await asyncio.gather(*map(one, trials.values()), return_exceptions=True)
    return dict(zip(trials, ended, strict=True))


def whole(ended: Ending | BaseException, numbers: Sequence[str]) -> None:
    """Expect that everything arrived, once."""
    if isinstance(ended, BaseException):
        raise ended
    assert ended.taken <= ended.stored
    assert ended.ordered == set(numbers)
    assert ended.written == len(numbers)
    assert ended.repeated == []


# ---- at every named place --------------------------------------------------------------------

NAMED = [f"CM-{n}" for n in range(1, 4)]


async def die_at(point: str, folder: Path) -> Ending:
    """Let the daemon kill itself at a place, start it again, and wait until all is done."""
    polled = point in POLLED
    async with far_ends(make(folder, "erp", "wms", "crm", poll=polled)) as site:
        for number in NAMED:
            site.write_down(number)
        if point in ASKED:
            site.inject("wms", "answer_lost", "deliveryorder.create")
        pushed = [] if polled else NAMED
        sending = asyncio.gather(*(send_until_taken(site, number) for number in pushed))
        with running(site, fail=f"{point}:1") as hub:
            assert await hub.dies() == SIGKILLED
        with running(site):
            await sending
            for connection in sorted(site.addresses):
                await all_delivered(site, connection, len(NAMED))
            await until(lambda: read_back(site), "the ERP's deliveries are read back")
        return ending(site, pushed)


def read_back(site: Site) -> bool:
    return {row.confirm for row in site.deliveries("erp")} == {"confirmed"}


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ending | BaseException]:
    """Return place → what a kill there ended in."""

    def trial(point: str) -> Callable[[], Awaitable[Ending]]:
        return lambda: die_at(point, tmp_path_factory.mktemp("site"))

    return asyncio.run(side_by_side({point: trial(point) for point in sorted(POINTS)}))


@pytest.mark.parametrize("point", sorted(POINTS))
def test_a_kill_at_this_place_loses_nothing_and_repeats_nothing(
    point: str, deaths: Mapping[str, Ending | BaseException]
) -> None:
    whole(deaths[point], NAMED)


# ---- at random -------------------------------------------------------------------------------

MANY = [f"CM-{n:03d}" for n in range(1, COMMITMENTS + 1)]


async def die_often(folder: Path, seed: int, store: str | None) -> Ending:
    """Kill the daemon again and again while the CRM pushes and the warehouse dawdles."""
    chance = random.Random(seed)
    async with far_ends(make(folder, "wms", "crm", store=store)) as site:
        for number in MANY:
            site.write_down(number)
        site.inject("wms", "answer_lost", "deliveryorder.create", times=2)
        # kills then meet orders that will yet take effect
        site.inject("wms", "slow", "deliveryorder.create", times=1000, seconds=0.15)
        senders = []
        for life in range(KILLS):
            some = MANY[life * COMMITMENTS // KILLS : (life + 1) * COMMITMENTS // KILLS]
            senders += [asyncio.create_task(send_until_taken(site, number)) for number in some]
            await live_and_die(site, chance)
        # planners died with a lease of two minutes; a new process on SQLite need not wait for it
        site.let_end(t.message.c.lease_until)
        with running(site):
            await asyncio.gather(*senders)
            await settle(site)
        return ending(site, MANY)


async def live_and_die(site: Site, chance: random.Random) -> None:
    """Start the daemon and kill it at any moment, while it starts or works."""
    with running(site) as hub:
        if chance.random() < 0.2:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
        else:
            await hub.ready()
            await asyncio.sleep(chance.uniform(0.0, 0.8))


async def settle(site: Site) -> None:
    """Wait until nothing moves; let a person retry what killed its worker three times."""
    settings = hub_settings.load(site.settings)

    def calm() -> bool:
        rows = site.deliveries()
        return len(rows) == 2 * COMMITMENTS and {row.state for row in rows} <= {
            "delivered", "dead", "blocked",
        }  # fmt: skip

    with contextlib.suppress(AssertionError):  # `all_delivered` says it better
        await until(calm, "nothing moves", every=0.2)
    for row in site.deliveries():
        if (row.state, row.reason) == ("dead", "poison"):
            retry = {"id": row.id}
            await asyncio.to_thread(admin.call, settings, "delivery.retry", retry, "os:test")
    for connection in ("wms", "crm"):
        await all_delivered(site, connection, COMMITMENTS, PATIENCE)


@contextlib.asynccontextmanager
async def database(server: str | None) -> AsyncIterator[str | None]:
    """Make a database of its own on a server; without a server, SQLite in the site's folder."""
    if server is None:
        yield None
        return
    name = f"hub_kill_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()


def die_everywhere(server: str | None, folders: pytest.TempPathFactory) -> Mapping[str, object]:
    async def run(seed: int) -> Ending:
        async with database(server) as store:
            return await die_often(folders.mktemp("site"), seed, store)

    def trial(seed: int) -> Callable[[], Awaitable[Ending]]:
        return lambda: run(seed)

    return asyncio.run(side_by_side({str(seed): trial(seed) for seed in range(RUNS)}))


@pytest.fixture(scope="module")
def sqlite_runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return die_everywhere(None, tmp_path_factory)


@pytest.fixture(scope="module")
def postgres_runs(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, object]:
    return die_everywhere(postgres_server, tmp_path_factory)


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)  # fmt: skip
def test_ten_kills_at_random_lose_nothing_and_repeat_nothing(
    store: str, seed: int, request: pytest.FixtureRequest
) -> None:
    runs: Mapping[str, Ending | BaseException] = request.getfixturevalue(f"{store}_runs")
    whole(runs[str(seed)], MANY)
