"""Jobs a far end takes and tells of later: whose a call-back is, how long a job may be done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_far_ends import ACCEPTANCE, GIVE_UP
from delivery_stories import Start, attempt, end, states
from delivery_world import SETTLE, World


def end_job(world: World, how: str) -> None:
    """Let the oldest job of the far end be done or refused."""
    connector = world.connectors["erp"]
    ticket = next(iter(connector.far.jobs))
    (connector.run_job if how == "done" else connector.refuse_job)(ticket)


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
    assert world.message(world.call_back("erp", 0, names)) == "routed"
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


def test_a_taken_job_nobody_could_ask_for_until_the_deadline_is_in_doubt(start: Start) -> None:
    world = start("key", later=True, deadline=timedelta(minutes=30))
    world.revise("P", 1)
    attempt(world, "accept")
    for _ in range(10):
        world.advance(timedelta(minutes=5))
        if world.claim():
            world.proceed(0, "silent")
            world.book(0)
    row = world.deliveries()[0]
    assert (row.state, row.reason, row.unsure) == ("dead", "outcome_unknown", True)


def test_a_row_whose_job_may_be_queued_is_not_ended_by_a_person(start: Start) -> None:
    world = start("none", later=True)
    world.revise("P", 1)
    attempt(world, "accept_lost")
    (row,) = world.deliveries()
    world.advance(SETTLE)
    assert not world.decide(row.id, "cancel")
    world.advance(ACCEPTANCE)
    assert world.decide(row.id, "cancel")


def test_nobody_asks_while_a_job_may_be_queued(start: Start) -> None:
    world = start("lookup", later=True)
    world.revise("P", 1)
    attempt(world, "accept_lost")
    assert world.deliveries()[0].due_at == world.clock.now() + ACCEPTANCE
