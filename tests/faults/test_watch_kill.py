"""Whoever watches and tells is killed at every named place: each step is told, and told once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.failpoints import POINTS
from hub.store import engine
from hub.store import tables as t
from tests.faults.watch_lives import company_at

#: One for each working day: on the next one the watch tells its next step.
PLACES = sorted(one for one in POINTS if one.startswith(("watch.", "notice.")))
WORKING_DAYS = (1, 2, 3, 4, 5, 8)
CONTRACTS = 6
#: Passes of a place at which one life after the other is killed; the last life is not.
PASSES = (1, 2, 2)
KILLED, WENT_WELL = "-9", "0"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store."""
    given = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgres":
        given = request.getfixturevalue("postgres_url")
    store = engine.connect(given)
    t.metadata.create_all(store.engine)
    store.close()
    return given


async def sign(url: str) -> None:
    """Sign contracts on Monday at nine: their orders are due at eleven."""
    store = engine.connect(url)
    store.open()
    company = company_at(store, "1 09:00")
    for number in range(CONTRACTS):
        await company.contract(f"HT-{number}")
    store.close()


def lives() -> Iterator[str]:
    """Yield the lives, each after the leases of the one before."""
    for number, (day, place) in enumerate(zip(WORKING_DAYS, PLACES, strict=True)):
        hour = 11 + number
        for quarter, passes in enumerate(PASSES):
            yield f"{day} {hour}:{15 * quarter:02d}|{place}:{passes}"
        yield f"{day} {hour}:45"


def ended(url: str, folder: Path) -> list[str]:
    """Return how the lives ended, one after the other."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.watch_lives", url, str(folder)],
        input="\n".join(lives()), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    found = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("ended ")]
    assert len(found) == len(list(lives())), done.stderr
    return found


def rows(url: str, *columns: sa.ColumnElement[str]) -> list[tuple[str, ...]]:
    store = engine.connect(url)
    found = store.read_now(lambda tx: tx.execute(sa.select(*columns)).all())
    store.close()
    return [tuple(row) for row in found]


async def test_killed_at_any_place_each_step_is_queued_once_and_sent_once(
    url: str, tmp_path: Path
) -> None:
    await sign(url)
    assert ended(url, tmp_path) == [*[KILLED] * len(PASSES), WENT_WELL] * len(PLACES)
    watched = rows(url, t.watch.c.id, t.watch.c.key)
    steps = [f"watch:{id}:{step}" for id, key in watched if key for step in range(len(PLACES))]
    n = t.notice.c
    assert sorted(rows(url, n.cause, n.state)) == sorted(
        [(one, "folded") for one in steps] + [(f"{one}@webhook", "sent") for one in steps]
    )
    taken = Counter((tmp_path / "taken").read_text("utf-8").split())
    told = rows(url, n.id, n.cause, n.channel)
    again = Counter(
        PLACES[int(cause.removesuffix("@webhook").rpartition(":")[2])]
        for id, cause, _ in told
        for _ in range(taken[id] - 1)
    )
    assert taken.keys() == {id for id, _, channel in told if channel}
    assert set(taken.values()) <= {1, 2}
    # only between the channel's yes and the commit, and then under the same id
    assert again == {"notice.taken": len(PASSES)}
