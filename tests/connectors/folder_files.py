"""A folder in a temporary place, a disk that fails or is killed, and people who use the folder."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.files.folder.connector import FolderConnector
from connectors.files.folder.disk import Disk, Entry
from connectors.files.folder.settings import FolderSettings
from hub import Action, Command, ConnectorError, Event, Found, Outcome, Receipt
from hub.testing import FixedClock, Simulator
from hub.testing.case import MemoryProgress, simulated_context

DOCUMENT: dict[str, Any] = {"order_no": "SO-1001", "customer": "C-1042", "amount": "1130.00"}
KEY = "SO-1001"


class SimulatedFolder(Simulator):
    """Notes what took effect in a folder, and which faults its disk is to meet."""

    name = "folder"


class FaultyDisk(Disk):
    """The real disk, and the faults of a simulator in the words of a disk.

    `dropped` and `html` fail before a file has its name, `answer_lost`, `error_500` and
    `malformed` right after.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._lost = False

    def _full(self, call: str) -> None:
        if self.simulator.take_fault(call, "unavailable"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _broken(self) -> OSError:
        return OSError(errno.EIO, os.strerror(errno.EIO))

    def files(self, folder: Path) -> list[Entry]:
        self._full("read")
        return super().files(folder)

    def read(self, path: Path) -> bytes | None:
        self._full("read")
        return super().read(path)

    def write(self, path: Path, data: bytes) -> None:
        self._full("write")
        super().write(path, data)

    def replace(self, source: Path, target: Path) -> None:
        shown = source.parent.name == "out"
        if shown and self.simulator.take_fault("write", "dropped", "html"):
            raise self._broken()
        super().replace(source, target)
        if shown:
            gone = target.name.startswith(".")
            name = source.name if gone else target.name
            self.simulator.effect(name, "remove" if gone else "write")
            kinds = ("answer_lost", "error_500", "malformed")
            self._lost = self.simulator.take_fault("write", *kinds) is not None

    def sync(self, folder: Path) -> None:
        if self._lost:
            self._lost = False
            raise self._broken()
        super().sync(folder)


class Killed(Exception):
    """The process ended here."""


class MortalDisk(Disk):
    """A disk whose process is killed before its step of that number, or half through it."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed

    def write(self, path: Path, data: bytes) -> None:
        self._step()
        if self.left == 1:
            self.left = 0
            path.write_bytes(data[: len(data) // 2])
            raise Killed
        super().write(path, data)

    def replace(self, source: Path, target: Path) -> None:
        self._step()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)

    def sync(self, folder: Path) -> None:
        self._step()
        super().sync(folder)

    def put_away(
        self, source: Path, folder: Path, first: Callable[[Path], None] = lambda _: None
    ) -> None:
        self._step()

        def mortal(moved: Path) -> None:
            self._step()
            first(moved)
            self._step()

        super().put_away(source, folder, mortal)
        self._step()


@dataclass
class Site:
    """A folder, those who drop files into it, and connectors to it."""

    root: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime.now(UTC)))
    more: dict[str, Any] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def connector(self, disk: Disk | None = None, **more: Any) -> FolderConnector:
        settings = FolderSettings.model_validate(
            {"folder": self.root, "key": "no", "settled_after": "0s", **self.more, **more}
        )
        context = simulated_context(
            "files", "http://nowhere.test", SimulatedFolder(clock=self.clock), self.clock
        )
        return FolderConnector(settings, context, disk)

    def drop(self, name: str, text: str | bytes, place: str = "inbox") -> Path:
        """Put a file into a folder; each one is a second younger than the one before."""
        path = self.root / place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        at = 1_780_000_000 + next(self.numbers)
        os.utime(path, (at, at))
        return path

    def names(self, place: str) -> list[str]:
        folder = self.root / place
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    @property
    def archived(self) -> list[str]:
        return self.names(f"archive/{self.clock.now():%Y-%m}")

    def taken(self) -> list[Path]:
        """Return what a reader sees."""
        return [one for one in (self.root / "out").glob("*.csv") if not one.name.startswith(".")]


async def events_of(connector: FolderConnector, cursor: str | None = None) -> list[Event]:
    """Poll until there is nothing more, and once more, as the next time does.

    That a file was refused is told by a poll that brings nothing.
    """
    events: list[Event] = []
    for _ in range(50):
        try:
            page = await connector.poll("row", cursor)
        except ConnectorError as error:
            if error.outcome is not Outcome.REJECTED:
                raise
            continue
        events += page.events
        idle = not page.more and cursor == page.cursor
        cursor = page.cursor
        if idle:
            return events
    raise AssertionError("the poll has no end")


def ids(events: list[Event]) -> list[str | None]:
    return [event.object_id for event in events]


def command(action: Action = Action.CREATE, **changes: Any) -> Command:
    return replace(Command("write_row", action, DOCUMENT, KEY), **changes)


async def deliver(connector: FolderConnector, command_: Command) -> Receipt:
    return await connector.deliver(command_, MemoryProgress())


async def refused(connector: FolderConnector, command_: Command) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await deliver(connector, command_)
    return caught.value


async def settled(connector: FolderConnector, command_: Command) -> None:
    """Do what the hub does about a delivery in doubt: ask, and send again if it was not done."""
    found: Found | None = await connector.find(command_)
    if found is None or not found.mine:
        await deliver(connector, command_)


LATER = timedelta(seconds=11)
