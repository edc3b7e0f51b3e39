"""Access tokens of far ends: fetched once, shared by all calls, renewed before they expire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from hub.clock import Clock


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    #: Reading of the monotonic clock from which it is renewed, a little before it expires.
    renew_at: float


class TokenCache:
    """Access tokens of one connection, in memory.

    However many calls need a token at once, it is fetched once; all get the result or the error.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self._fetching: dict[str, asyncio.Task[str]] = {}

    async def get(
        self,
        name: str,
        fetch: Callable[[], Awaitable[tuple[str, timedelta]]],
        *,
        stale: str | None = None,
    ) -> str:
        """Return the token, calling `fetch` for value and lifetime when there is none.

        It is renewed when a tenth of its lifetime (at most 5 minutes) is left. `stale` is the
        value that was just refused: only a caller that holds the current one has it fetched anew.
        """
        held = self._tokens.get(name)
        if held and held.value != stale and self._clock.monotonic() < held.renew_at:
            return held.value
        task = self._fetching.get(name)
        if task is None:
            # A task of its own: the caller that came first may be cancelled, the others not.
            task = asyncio.create_task(self._fetch(name, fetch))
            self._fetching[name] = task
            task.add_done_callback(lambda done: self._fetched(name, done))
        return await asyncio.shield(task)

    async def _fetch(self, name: str, fetch: Callable[[], Awaitable[tuple[str, timedelta]]]) -> str:
        asked = self._clock.monotonic()
        value, lifetime = await fetch()
        usable = lifetime - min(lifetime / 10, timedelta(minutes=5))
        self._tokens[name] = _Token(value, asked + usable.total_seconds())
        return value

    def _fetched(self, name: str, task: asyncio.Task[str]) -> None:
        del self._fetching[name]
        if not task.cancelled():
            task.exception()  # seen, also when every caller has gone
