"""Rules of the delivery core that matter when several unlucky things come together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_stories import Start, attempt, end, states
from delivery_world import LEASE, SETTLE, StepDef


def test_a_dead_row_that_goes_again_waits_for_the_one_before_it(start: Start) -> None:
    steps = {name: {"a": StepDef("erp", lane="S")} for name in "PQ"}
    world = start("key", steps, full=True)
    world.revise("P", 1)
    attempt(world, "reject")
    world.revise("Q", 1)
    world.advance(timedelta(days=31))
    world.claim()
    assert states(world) == ["a:dead", "a:dead"]
    for row in world.deliveries():
        world.decide(row.id, "retry")
    assert states(world) == ["a:ready", "a:blocked"]
    attempt(world, "apply")
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "a:delivered"]


def test_what_needs_an_object_waits_where_it_is_gone_again(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp")}, "Q": {"b": StepDef("wms", needs="P")}}
    world = start("key", steps)
    world.revise("P", 1)
    attempt(world, "apply")
    world.revoke("P", 1)
    attempt(world, "apply")
    world.revise("Q", 1)
    assert states(world)[-1] == "b:blocked"
    world.revise("P", 2)
    attempt(world, "apply")
    assert "b:ready" in states(world)
    end(world)


def test_what_waits_for_an_object_waits_on_when_it_comes_and_goes(start: Start) -> None:
    steps = {
        "P": {"a": StepDef("erp")},
        "Q": {"b": StepDef("wms", needs="P")},
        "R": {"c": StepDef("wms", needs="P")},
    }
    world = start("key", steps)
    world.revise("Q", 1)
    world.revise("P", 1)
    attempt(world, "apply")
    assert "b:ready" in states(world)
    world.revoke("P", 1)
    world.jump()
    world.claim()
    while world.calls:
        world.proceed(0, "apply")
        world.book(0)
    world.revise("R", 1)
    assert states(world)[-1] == "c:blocked"


def test_proof_outweighs_the_third_death_of_a_worker(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    for life in range(3):
        world.jump()
        world.claim()
        if life == 0:
            world.proceed(0, "apply")
        if life == 2:
            world.book(0)
        assert states(world) == ["a:sending"]
        world.advance(LEASE)
    assert states(world) == ["a:delivered"]


def test_a_proven_row_whose_last_request_may_land_keeps_its_lane(start: Start) -> None:
    world = start("none")
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")
    world.advance(LEASE)
    world.advance(SETTLE)
    world.decide(world.deliveries()[0].id, "retry")
    world.claim()
    world.book(0)
    assert states(world) == ["a:sending"]
    world.proceed(0, "under_way")
    world.book(0)
    world.revise("P", 2)
    assert states(world) == ["a:delivered", "a:blocked"]
    world.advance(SETTLE)
    assert states(world) == ["a:delivered", "a:ready"]


def test_a_call_back_for_a_change_is_not_taken_for_one_about_the_creation(start: Start) -> None:
    world = start("natural", later=True)
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    world.claim()
    world.proceed(0, "accept")
    far = world.connectors["erp"]
    far.run_job(next(iter(far.far.jobs)))
    world.call_back("erp", 0, "both")
    world.book(0)
    world.route()
    assert states(world) == ["a:delivered", "a:delivered"]


@pytest.mark.parametrize("how", ["skip", "cancel"])
def test_a_row_whose_last_request_may_still_land_is_not_ended_by_a_person(
    start: Start, how: str
) -> None:
    world = start("key")
    world.revise("P", 1)
    attempt(world, "under_way")
    (row,) = world.deliveries()
    assert not world.decide(row.id, how)
    world.advance(SETTLE)
    assert world.decide(row.id, how)
