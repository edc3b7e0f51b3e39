"""Rules of the delivery core that time brings about: forgotten keys, pauses, workers that die."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_stories import Start, attempt, declare, end, states
from delivery_world import LEASE, StepDef

from hub import Idempotency

WINDOW = timedelta(minutes=1)


def calls(start: Start, kind: str, *behaviours: str, wait: timedelta = timedelta(0)) -> list[str]:
    """Return the kinds of call that come when a row whose first answer was lost has its turn."""
    world = start(kind)
    declare(world, idempotency=Idempotency.KEY, window=WINDOW)
    world.revise("P", 1)
    attempt(world, "answer_lost")
    for behaviour in behaviours:
        attempt(world, behaviour)
    world.advance(wait)
    world.resume()
    world.jump()
    return [call.kind for call in world.claim()]


@pytest.mark.parametrize("kind", ["key", "none"])
@pytest.mark.parametrize("late", ["claimed late", "refused on the way", "paused"])
def test_a_key_forgotten_while_its_row_waited_is_not_sent_again(
    start: Start, kind: str, late: str
) -> None:
    asked = {
        "claimed late": lambda: calls(start, kind, wait=timedelta(days=1)),
        "refused on the way": lambda: calls(start, kind, "refuse", "refuse", wait=WINDOW),
        "paused": lambda: calls(start, kind, "unauthorized", wait=timedelta(days=1)),
    }[late]()
    # a far end that can be searched is asked, any other left to a person
    assert "send" not in asked


def test_a_person_may_send_a_forgotten_key_again_where_nobody_can_be_asked(start: Start) -> None:
    world = start("none")
    declare(world, idempotency=Idempotency.KEY, window=WINDOW)
    world.revise("P", 1)
    attempt(world, "answer_lost")
    world.advance(timedelta(days=1))
    world.claim()
    assert states(world) == ["a:dead"]
    world.decide(world.deliveries()[0].id, "retry")
    assert [call.kind for call in world.claim()] == ["send"]


def test_a_person_who_retries_a_forgotten_key_has_it_asked_for_first(start: Start) -> None:
    world = start("key")
    declare(world, idempotency=Idempotency.KEY, window=WINDOW)
    world.revise("P", 1)
    attempt(world, "answer_lost")
    for _ in range(3):
        world.jump()
        world.claim()
        world.crash()
        world.advance(LEASE)
    assert states(world) == ["a:dead"]
    world.decide(world.deliveries()[0].id, "retry")
    assert [call.kind for call in world.claim()] == ["ask"]
    world.proceed(0, "apply")
    world.book(0)
    end(world)
    assert states(world) == ["a:delivered"]


def test_nothing_is_given_up_while_nobody_could_ask_for_it(start: Start) -> None:
    world = start("key", {name: {"a": StepDef("erp", lane=name)} for name in "PQ"})
    world.revise("P", 1)
    attempt(world, "accept")
    world.revise("Q", 1)
    attempt(world, "unauthorized")
    world.advance(timedelta(days=3))
    assert states(world) == ["a:accepted", "a:ready"]
    world.resume()
    world.advance(timedelta(minutes=1))
    assert states(world) == ["a:accepted", "a:ready"]


def test_asking_that_kills_the_worker_three_times_is_poison(start: Start) -> None:
    world = start("lookup")
    world.revise("P", 1)
    attempt(world, "answer_lost")
    for _ in range(3):
        assert states(world) == ["a:in_doubt"]
        world.jump()
        world.claim()
        world.crash()
        world.advance(LEASE)
    assert world.deliveries()[0].reason == "poison"


def test_reading_back_that_kills_the_worker_three_times_ends_unreadable(start: Start) -> None:
    world = start("key", readable=True)
    world.revise("P", 1)
    attempt(world, "apply")
    for _ in range(3):
        assert world.deliveries()[0].confirm == "due"
        world.jump()
        world.claim()
        world.crash()
        world.advance(LEASE)
    assert (world.deliveries()[0].state, world.deliveries()[0].confirm) == (
        "delivered", "unreadable"
    )  # fmt: skip
