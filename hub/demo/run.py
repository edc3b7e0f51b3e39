"""One run of the demo, from the empty folder to the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hub.cli.session import reading
from hub.clock import SystemClock
from hub.demo import agreement, check, control, real, story, texts, watch
from hub.demo import folder as folders
from hub.demo.agreement import Agreement
from hub.demo.annexes import Annexes
from hub.demo.check import Evidence, Verdict
from hub.demo.control import Control
from hub.demo.play import Players, Tell
from hub.demo.processes import Stage
from hub.demo.story import Commitment
from hub.demo.watch import Picture
from hub.language import Language
from hub.store import views
from hub.store.engine import Store

#: How often the store is looked at.
_LOOK_SECONDS = 0.25
#: Nothing has moved for so long: only people can go on. Lanes open again after the settle time.
_CALM_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked for."""

    commitments: int
    seed: int
    #: After so many seconds the verdict is given on what there is.
    seconds: float
    #: Seconds between two things people do.
    pause: float = 0.0
    #: Language of the lines about what is wrong.
    language: Language = Language.EN


async def perform(
    stage: Stage, plan: Plan, tell: Tell, show: Callable[[Picture], None]
) -> tuple[Verdict, list[str]]:
    """Play the whole story and return the verdict, with a line for everything that is wrong."""
    began = time.monotonic()
    told = story.tell(plan.commitments, plan.seed, SystemClock().now().date())
    players = Players(stage.far_ends, tell, plan.pause)
    with opened(stage) as store:
        watcher = Watcher(store, show, began + plan.seconds)
        await watcher.while_doing(players.ask(told))
        # people do not wait for read-backs
        await watcher.until_calm(lambda picture: picture.moving)
        await watcher.while_doing(players.change(told))
        await watcher.while_doing(players.ship(told))
        await watcher.until_calm(lambda picture: picture.moving + picture.read_back)
        evidence = await gather(stage, store, told, players)
        annexes = Annexes(stage, store, tell, plan.language)
        await watcher.while_doing(annexes.look(told))
        act = Control(stage, store, tell, plan.language)
        await watcher.while_doing(act.play(told))
        last = Agreement(stage, store, tell, plan.language)
        await watcher.while_doing(last.play(told, players.shipped))
    seconds = time.monotonic() - began
    verdict, wrong = check.judge(evidence, seconds, plan.language, annexes.issued, last.result)
    return verdict, [*wrong, *annexes.wrong, *act.wrong, *last.wrong]


@contextlib.contextmanager
def opened(stage: Stage) -> Iterator[Store]:
    """Open the hub's store for reading."""
    with reading(stage.settings.store, Language.EN) as store:
        yield store


class Watcher:
    """Looks at the store again and again, and shows what it sees."""

    def __init__(self, store: Store, show: Callable[[Picture], None], until: float) -> None:
        self._store = store
        self._show = show
        self._until = until
        self._sealed = 0

    async def while_doing(self, work: Coroutine[Any, Any, None]) -> None:
        """Watch until some work is done."""
        task = asyncio.create_task(work)
        while not task.done():
            self.look()
            await asyncio.wait([task], timeout=_LOOK_SECONDS)
        await task

    async def until_calm(self, moving: Callable[[Picture], int]) -> None:
        """Watch until nothing has moved for a while, or the time is over."""
        moved = time.monotonic()
        while time.monotonic() < self._until:
            picture = self.look()
            if moving(picture):
                moved = time.monotonic()
            elif time.monotonic() - moved >= _CALM_SECONDS:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def look(self) -> Picture:
        """Take one picture and show it."""
        picture = self._store.read_now(watch.look, self._sealed)
        if picture.entries:
            self._sealed = picture.entries[-1]["seq"]
        self._show(picture)
        return picture


async def gather(
    stage: Stage, store: Store, told: Sequence[Commitment], players: Players
) -> Evidence:
    """Read the books of hub and far ends."""
    calls = await stage.far_ends.calls()
    books = store.read_now(watch.read_books, [call["sha256"] for call in calls])
    return Evidence(
        story=told,
        books=books,
        calls=calls,
        effects=await stage.far_ends.effects(),
        standing={
            name: await real.standing(stage.settings, name, books)
            for name in sorted(stage.far_ends.real)
        },
        forms={number: await players.form(number) for number in players.forms},
    )


def most_tried(tx: Connection) -> str:
    """Return the number of the delivered commitment that took the most attempts."""
    rows = [row for row in views.deliveries(tx, limit=views.MOST) if row["state"] == "delivered"]
    best = max(rows, key=lambda row: int(row["tries"]), default=None)
    if best is None:
        raise texts.error("nothing_delivered")
    return str(best["number"])


def next_commands(folder: Path, number: str) -> list[str]:
    """Return commands worth trying on a running demo."""
    hub = f"hub --config {folder / 'hub.yaml'}"
    token = folders.token_of(folder, control.CLERK)
    return [
        f"{hub} status",
        f"{hub} trace {number}",
        f"{hub} delivery list --state dead",
        f"{hub} message list --state waiting",
        f"{hub} ledger verify",
        f"{hub} todo",
        f"{hub} reconcile show {agreement.NAME}",
        f"HUB_TOKEN=$(cat {token}) {hub} connection pause wms",
    ]
