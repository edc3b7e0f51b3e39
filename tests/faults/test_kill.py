"""The daemon is killed at every named place and at random: nothing is lost, nothing done twice.

Lives are short and mostly waiting, so several sites run side by side; each test then looks at
what became of its own. `HUB_KILL_RUNS` says how many random runs there are per store.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub import admin
from hub import settings as hub_settings
from hub.failpoints import POINTS
from hub.flow.replay import Refused
from hub.people import Caller
from hub.store import tables as t
from hub.testing.simulator import count_effects
from tests.e2e.site import (
    Hub,
    Site,
    all_delivered,
    far_ends,
    make,
    running,
    send_until_taken,
    until,
)

RUNS = int(os.environ.get("HUB_KILL_RUNS", "5"))
KILLS = 10
COMMITMENTS = 20
SIDE_BY_SIDE = 5
#: Latest pass of a named place at which the daemon is killed.
LATEST_PASS = 4
#: Places on the way of a message; the others are killed at elsewhere.
ELSEWHERE = ("watch.", "notice.", "reconcile.", "repair.")
PASSED = sorted(one for one in POINTS if not one.startswith(ELSEWHERE))
#: Places that polling passes; there the CRM pushes nothing.
POLLED = frozenset({"poll.before_commit", "poll.committed"})
#: Places behind an answer that did not come.
ASKED = frozenset({"ask.claimed", "ask.answered"})
SIGKILLED = -9

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 20 * RUNS)]


STORES = pytest.mark.parametrize(
    "store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)


@dataclass(frozen=True)
class Ending:
    """What there was when everything had come to rest."""

    committed: frozenset[str]
    #: Ids of the pushes the hub said 2xx to, and of the messages it has.
    taken: frozenset[str]
    stored: frozenset[str]
    #: Orders the warehouse holds, forms the CRM changed.
    ordered: frozenset[str]
    written: int
    #: What took effect more than once, anywhere.
    repeated: Sequence[tuple[str, int]]
    #: Number of a commitment and state of its document; None where none are issued.
    documents: Sequence[tuple[str, str]] | None


def ending(site: Site, *, pushed: bool = True, issued: bool = False) -> Ending:
    effects = {name: site.effects(name) for name in site.addresses}
    return Ending(
        committed=frozenset(site.records),
        taken=frozenset(f"push-{number}" for number in site.records if pushed),
        stored=frozenset(row.external_id for row in site.messages()),
        ordered=frozenset(one["key"] for one in effects["wms"]),
        written=sum(one["what"] == "update" for one in effects["crm"]),
        repeated=[found for some in effects.values() for found in count_effects([*some])],
        documents=documents_of(site) if issued else None,
    )


def documents_of(site: Site) -> list[tuple[str, str]]:
    d, r = t.document.c, t.record.c
    query = sa.select(r.number, d.state).join(t.record, r.id == d.record_id).order_by(r.number)
    return [(row.number, row.state) for row in site.rows(query)]


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


def whole(ended: Ending | BaseException) -> None:
    """Expect that everything arrived, once."""
    if isinstance(ended, BaseException):
        raise ended
    assert ended.taken <= ended.stored
    assert ended.ordered == ended.committed
    assert ended.written == len(ended.committed)
    assert ended.repeated == []
    if ended.documents is not None:
        assert ended.documents == [(number, "issued") for number in sorted(ended.committed)]


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


# ---- at every named place --------------------------------------------------------------------


async def die_at(point: str, later: int, folder: Path, server: str | None) -> Ending:
    """Kill the daemon at a place's first pass, the next one at a later pass; finish with a third.

    The second daemon finds what the first one left, and passes the place with that too.
    """
    polled, printed = point in POLLED, point.startswith("document.")
    async with (
        database(server) as store,
        far_ends(
            make(folder, "erp", "wms", "crm", store=store, poll=polled, document=printed)
        ) as site,
    ):
        if point in ASKED:
            site.inject("wms", "answer_lost", "deliveryorder.create", times=1000)
        numbers = (f"CM-{n:02d}" for n in range(1, COMMITMENTS + 1))
        senders: list[asyncio.Task[None]] = []
        for number_of_pass in (1, later):
            with running(site, fail=f"{point}:{number_of_pass}") as hub:
                await commit_until_dead(hub, numbers, senders, pushing=not polled)
                assert hub.process.returncode == SIGKILLED
        with running(site):
            await asyncio.gather(*senders)
            for connection in sorted(site.addresses):
                await all_delivered(site, connection, len(site.records))
            await until(lambda: read_back(site), "the ERP's deliveries are read back")
        return ending(site, pushed=not polled, issued=printed)


async def commit_until_dead(
    hub: Hub, numbers: Iterator[str], senders: list[asyncio.Task[None]], *, pushing: bool
) -> None:
    """Commit one thing after another, each when the last one has arrived, until the daemon dies."""
    site = hub.site
    if not await hub.ready_unless_it_ends():
        return
    for number in numbers:
        site.write_down(number)
        if pushing:
            senders.append(asyncio.create_task(send_until_taken(site, number)))
        await until(lambda: hub.ended or arrived(site), f"{number} arrives")
        if hub.ended:
            return
    raise AssertionError("the place was not passed so often")


def arrived(site: Site) -> bool:
    """Say whether everything committed so far is delivered everywhere."""
    states = [row.state for row in site.deliveries()]
    return len(states) == len(site.addresses) * len(site.records) and set(states) == {"delivered"}


def read_back(site: Site) -> bool:
    return {row.confirm for row in site.deliveries("erp")} == {"confirmed"}


def die_at_every_place(
    server: str | None, folders: pytest.TempPathFactory
) -> dict[str, Ending | BaseException]:
    """Return place → what the kills there ended in."""

    store = "sqlite" if server is None else "postgres"

    def trial(point: str) -> Callable[[], Awaitable[Ending]]:
        later = random.Random(f"{point} {store}").randint(2, LATEST_PASS)
        return lambda: die_at(point, later, folders.mktemp("site"), server)

    return asyncio.run(side_by_side({point: trial(point) for point in PASSED}))


@pytest.fixture(scope="module")
def sqlite_deaths(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    return die_at_every_place(None, tmp_path_factory)


@pytest.fixture(scope="module")
def postgres_deaths(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, object]:
    return die_at_every_place(postgres_server, tmp_path_factory)


@STORES
@pytest.mark.parametrize("point", PASSED)
def test_kills_at_the_first_and_a_later_pass_of_this_place_lose_and_repeat_nothing(
    point: str, store: str, request: pytest.FixtureRequest
) -> None:
    deaths: Mapping[str, Ending | BaseException] = request.getfixturevalue(f"{store}_deaths")
    whole(deaths[point])


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
        with running(site):
            await asyncio.gather(*senders)
            await settle(site)
        return ending(site)


async def live_and_die(site: Site, chance: random.Random) -> None:
    """Start the daemon and kill it at any moment, while it starts or works."""
    with running(site) as hub:
        if chance.random() < 0.2:
            await asyncio.sleep(chance.uniform(0.1, 1.5))
        else:
            await hub.ready()
            await asyncio.sleep(chance.uniform(0.0, 0.8))


async def settle(site: Site) -> None:
    """Wait until nothing moves; let a person retry what was under way at three kills."""

    def calm() -> bool:
        rows = site.deliveries()
        return len(rows) == 2 * COMMITMENTS and {row.state for row in rows} <= {
            "delivered", "dead", "blocked",
        }  # fmt: skip

    with contextlib.suppress(AssertionError):  # `all_delivered` says it better
        await until(calm, "nothing moves", every=0.2)
    await retry_poison(site)
    for connection in ("wms", "crm"):
        await all_delivered(site, connection, COMMITMENTS)


def poison(site: Site) -> list[str]:
    """Return the ids of the deliveries that are dead because their workers died."""
    return [row.id for row in site.deliveries() if (row.state, row.reason) == ("dead", "poison")]


async def retry_poison(site: Site) -> None:
    for one in poison(site):
        # a thread of its own: without a daemon's socket the command has a loop of its own
        await until(lambda one=one: asyncio.to_thread(retried, site, one), f"{one} is retried")


def retried(site: Site, delivery: str) -> bool:
    """Retry a delivery as a person does; return False while an old request may still land."""
    settings = hub_settings.load(site.settings)
    try:
        admin.call(settings, "delivery.retry", {"id": delivery}, Caller("test"))
    except Refused:
        return False
    return True


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


@STORES
@pytest.mark.parametrize("seed", range(RUNS))
def test_ten_kills_at_random_lose_nothing_and_repeat_nothing(
    store: str, seed: int, request: pytest.FixtureRequest
) -> None:
    runs: Mapping[str, Ending | BaseException] = request.getfixturevalue(f"{store}_runs")
    whole(runs[str(seed)])


async def test_what_was_under_way_at_three_kills_waits_for_a_person(tmp_path: Path) -> None:
    async with far_ends(make(tmp_path, "wms")) as site:
        site.write_down("CM-1")
        sending = asyncio.create_task(send_until_taken(site, "CM-1"))
        for _ in range(3):
            with running(site, fail="delivery.before_send:1") as hub:
                assert await hub.dies() == SIGKILLED
        with running(site):
            await sending
            await until(lambda: poison(site), "the delivery is dead")
            assert site.effects("wms") == []
            await retry_poison(site)
            await all_delivered(site, "wms", 1)
        assert len(site.effects("wms")) == 1
