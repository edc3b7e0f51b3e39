"""The hub of a demo, on a clock that can be moved: two working hours need not be waited for.

    python -m hub.demo.clock FOLDER      the daemon of the demo in a folder

How far the clock is moved stands in the file `clock` of that folder, in seconds.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

from hub import daemon, logs
from hub.clock import SystemClock
from hub.demo import folder as folders

_FILE = "clock"
#: A moved clock stands so long after the moment it was moved to.
_AFTER = timedelta(seconds=1)


class MovedClock(SystemClock):
    """The machine's clock, moved forward by what the demo's folder says."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._seen: int | None = None
        self._moved = timedelta(0)

    def now(self) -> datetime:
        """Return the moved instant."""
        return super().now() + self.moved

    @property
    def moved(self) -> timedelta:
        """Return how far it is moved."""
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._moved
        if changed != self._seen:
            self._moved = timedelta(seconds=float(self._path.read_text("ascii")))
            self._seen = changed
        return self._moved


def move_to(folder: Path, moment: datetime) -> None:
    """Move the clock of a running demo forward, to just after a moment."""
    clock = MovedClock(folder)
    further = moment + _AFTER - clock.now()
    if further > timedelta(0):
        draft = folder / f"{_FILE}.new"
        draft.write_text(str((clock.moved + further).total_seconds()), "ascii")
        draft.replace(folder / _FILE)


def main(folder: Path) -> None:
    """Run the daemon of a demo until SIGTERM."""
    logs.configure("json")
    asyncio.run(daemon.run(folders.read(folder), MovedClock(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
