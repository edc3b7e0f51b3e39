"""The verbs in which stories about a world are told."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

from delivery_world import World

Start = Callable[..., World]


def attempt(world: World, *behaviours: str) -> None:
    """Claim what is due next and let each call end so, in order."""
    world.jump()
    world.claim()
    for behaviour in behaviours:
        world.proceed(0, behaviour)
        world.book(0)


def states(world: World) -> list[str]:
    return [f"{row.step}:{row.state}" for row in world.deliveries()]


def creates(world: World, name: str = "erp") -> int:
    return sum(one.action == "create" for one in world.connectors[name].far.log)


def declare(world: World, **words: Any) -> None:
    """Let the far end's spec say something else of its operation from now on."""
    connector = world.connectors["erp"]
    operation = dataclasses.replace(connector.spec.operation("put"), **words)
    connector.spec = dataclasses.replace(connector.spec, operations=(operation,))


def end(world: World) -> None:
    world.settle_down()
    world.check_at_rest()


def rung(world: World, stage: str) -> bool:
    """Say whether a stage that sleeps for an hour is awake at once."""

    async def wait() -> bool:
        sleeping = asyncio.create_task(world.flow.bell.wait(stage, 3600))
        for _ in range(10):
            await asyncio.sleep(0)
        woken = sleeping.done()
        sleeping.cancel()
        await asyncio.gather(sleeping, return_exceptions=True)
        return woken

    return bool(world.run(wait()))
