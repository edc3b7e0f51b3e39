"""Which delivery, and which of its jobs, a call-back is about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_far_ends import GIVE_UP
from delivery_stories import Start, attempt, end, states
from delivery_world import World


def end_job(world: World, how: str, name: str = "erp") -> None:
    """Let the oldest job of a far end be done or refused."""
    connector = world.connectors[name]
    ticket = next(iter(connector.far.jobs))
    (connector.run_job if how == "done" else connector.refuse_job)(ticket)


def told(world: World, number: int, names: str) -> str:
    """Return the state of the message that the far end's call-back became."""
    message = world.call_back("erp", number, names)
    return world.message(message)


@pytest.mark.parametrize("names", ["both", "key"])
def test_a_key_of_the_delivery_s_own_names_it_while_a_later_one_is_sent(
    start: Start, names: str
) -> None:
    world = start("key", later=True)
    world.revise("P", 1)
    attempt(world, "accept_lost")
    end_job(world, "refused")
    attempt(world, "apply")
    world.revoke("P", 1)
    world.jump()
    world.claim()
    assert states(world) == ["a:delivered", "a:sending"]
    assert told(world, 0, names) == "routed"
    world.proceed(0, "apply")
    world.book(0)
    end(world)


def test_a_call_back_is_booked_on_the_change_whose_ticket_it_names(start: Start) -> None:
    world = start("natural", later=True)
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    attempt(world, "accept")
    end_job(world, "done")
    world.call_back("erp", 0, "both")
    assert states(world) == ["a:delivered", "a:delivered"]


@pytest.mark.parametrize("names", ["both", "ticket", "key"])
def test_a_refusal_of_an_earlier_job_is_not_taken_for_one_of_the_job_under_way(
    start: Start, names: str
) -> None:
    world = start("key", later=True)
    world.revise("P", 1)
    attempt(world, "accept")
    attempt(world, "refused")
    world.decide(world.deliveries()[0].id, "retry")
    attempt(world, "accept")
    world.call_back("erp", 0, names)
    assert states(world) == ["a:accepted"]
    end_job(world, "done")
    attempt(world, "apply")
    assert states(world) == ["a:delivered"]


@pytest.mark.parametrize("names", ["both", "ticket", "key"])
def test_a_refusal_of_the_job_under_way_stops_its_delivery(start: Start, names: str) -> None:
    world = start("key", later=True)
    world.revise("P", 1)
    attempt(world, "accept")
    end_job(world, "refused")
    world.call_back("erp", 0, names)
    assert states(world) == ["a:dead"]


def test_a_job_taken_after_a_person_s_retry_has_its_time_like_the_first(start: Start) -> None:
    world = start("key", later=True)
    world.revise("P", 1)
    attempt(world, "accept")
    world.advance(GIVE_UP + timedelta(seconds=1))
    assert states(world) == ["a:dead"]
    world.decide(world.deliveries()[0].id, "retry")
    attempt(world, "accept")
    world.advance(timedelta(seconds=1))
    assert states(world) == ["a:accepted"]
