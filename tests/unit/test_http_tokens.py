"""Tokens of a connection: fetched once for all who need them, renewed, kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from hub.errors import ConnectorError, Outcome
from hub.testing.clock import FixedClock
from hub.tokens import TokenCache


def counting(*values: str) -> Callable[[], Awaitable[tuple[str, timedelta]]]:
    remaining = list(values)

    async def fetch() -> tuple[str, timedelta]:
        await asyncio.sleep(0)
        return remaining.pop(0), timedelta(hours=2)

    return fetch


async def test_a_token_is_fetched_once_for_all_callers_at_once() -> None:
    tokens, fetch = TokenCache(FixedClock()), counting("t1")
    got = await asyncio.gather(*(tokens.get("access", fetch) for _ in range(20)))
    assert set(got) == {"t1"}
    assert await tokens.get("access", fetch) == "t1"


async def test_a_token_is_renewed_before_it_expires() -> None:
    clock = FixedClock()
    tokens, fetch = TokenCache(clock), counting("t1", "t2")
    assert await tokens.get("access", fetch) == "t1"
    clock.advance(timedelta(hours=2) - timedelta(minutes=6))
    assert await tokens.get("access", fetch) == "t1"
    clock.advance(timedelta(minutes=1))
    assert await tokens.get("access", fetch) == "t2"


async def test_a_refused_token_is_replaced_once_for_all_who_were_refused() -> None:
    tokens, fetch = TokenCache(FixedClock()), counting("t1", "t2")
    assert await tokens.get("access", fetch) == "t1"
    got = await asyncio.gather(*(tokens.get("access", fetch, stale="t1") for _ in range(5)))
    assert set(got) == {"t2"}
    assert await tokens.get("access", fetch, stale="t1") == "t2"


async def test_tokens_of_other_names_are_kept_apart() -> None:
    tokens, fetch = TokenCache(FixedClock()), counting("t1", "t2")
    assert await tokens.get("tenant", fetch) == "t1"
    assert await tokens.get("user", fetch) == "t2"


async def test_a_failed_fetch_reaches_all_callers_and_is_tried_again_by_the_next() -> None:
    calls = 0

    async def fetch() -> tuple[str, timedelta]:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        if calls == 1:
            raise ConnectorError(Outcome.NOT_AUTHORIZED, "erp: the secret is refused")
        return "t1", timedelta(hours=1)

    tokens = TokenCache(FixedClock())
    got = await asyncio.gather(
        *(tokens.get("access", fetch) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in got] == [ConnectorError] * 3
    assert calls == 1
    assert await tokens.get("access", fetch) == "t1"


async def test_a_caller_that_is_cancelled_does_not_take_the_others_along() -> None:
    tokens, fetch = TokenCache(FixedClock()), counting("t1")
    first = asyncio.create_task(tokens.get("access", fetch))
    second = asyncio.create_task(tokens.get("access", fetch))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "t1"
    assert first.cancelled()
