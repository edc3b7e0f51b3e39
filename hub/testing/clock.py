"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta


class FixedClock:
    """Time moves only by `advance`, or by somebody sleeping on it."""

    def __init__(self, start: datetime = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._ids = itertools.count(1)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was advanced by."""
        return self._elapsed

    def advance(self, delta: timedelta) -> None:
        """Move the clock forward, or back with a negative delta; `monotonic` never goes back."""
        self._now += delta
        self._elapsed += max(0.0, delta.total_seconds())

    async def sleep(self, seconds: float) -> None:
        """Move the clock instead of waiting."""
        self.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def new_id(self) -> str:
        """Return the next id: readable, increasing, 32 hex digits."""
        return f"{next(self._ids):032x}"
