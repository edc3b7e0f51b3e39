"""The only source of time, sleep and new ids.

Everything else takes a `Clock`, so a test moves time instead of waiting for it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import uuid_utils


class Clock(Protocol):
    """Time as the hub sees it."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for measuring durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Suspend the calling task."""
        ...

    def new_id(self) -> str:
        """Return a new id, 32 hex digits, increasing with time (UUID version 7)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Suspend the calling task."""
        await asyncio.sleep(seconds)

    def new_id(self) -> str:
        """Return a new UUID version 7 as 32 hex digits."""
        return uuid_utils.uuid7().hex


def jitter(delay: timedelta, share: float = 0.2) -> timedelta:
    """Return the delay moved by at most the given share, so that retries do not march in step."""
    spread = (secrets.randbelow(2_000_001) / 1_000_000 - 1) * share
    return delay * (1 + spread)
