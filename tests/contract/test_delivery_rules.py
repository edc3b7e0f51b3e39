"""Single rules of the delivery core, each as the shortest story that breaks without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery_world import LEASE, SETTLE, StepDef, World

from hub.store import engine
from hub.store import tables as t

Start = Callable[..., World]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a world with one record P, one step unless told otherwise, at a far end of a kind."""
    store = engine.connect(f"sqlite:///{tmp_path}/rules.db")
    t.metadata.create_all(store.engine)
    store.open()
    loop = asyncio.new_event_loop()

    def begin(kind: str, steps: dict[str, dict[str, StepDef]] | None = None, **more: Any) -> World:
        steps = steps or {"P": {"a": StepDef("erp")}}
        return World(store, loop, steps, {"erp": (kind, more), "wms": (kind, more)})

    yield begin
    loop.close()
    store.close()


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


def end(world: World) -> None:
    world.settle_down()
    world.check_at_rest()


@pytest.mark.parametrize("kind", ["natural", "lookup"])
def test_asking_that_is_not_authorized_leaves_the_row_in_doubt(start: Start, kind: str) -> None:
    world = start(kind)
    world.revise("P", 1)
    attempt(world, "answer_lost")
    attempt(world, "unauthorized")
    assert states(world) == ["a:in_doubt"]
    end(world)
    assert creates(world) == 1


def test_a_rejection_after_an_unsure_attempt_is_not_believed(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    attempt(world, "answer_lost")
    attempt(world, "reject")
    assert states(world) == ["a:in_doubt"]
    end(world)
    assert states(world) == ["a:delivered"]


def test_a_far_end_without_key_and_search_is_never_sent_to_again(start: Start) -> None:
    world = start("none")
    world.revise("P", 1)
    attempt(world, "under_way")
    assert states(world) == ["a:dead"]
    end(world)
    assert creates(world) == 0


def test_nobody_asks_while_an_old_request_may_still_land(start: Start) -> None:
    world = start("lookup")
    world.revise("P", 1)
    attempt(world, "under_way")
    world.advance(SETTLE / 2)
    assert world.claim() == []
    world.land("erp")
    end(world)
    assert creates(world) == 1


def test_a_worker_that_lost_its_lease_writes_nothing(start: Start) -> None:
    world = start("lookup")
    world.revise("P", 1)
    world.claim()
    world.advance(LEASE)
    world.proceed(0, "apply")
    assert creates(world) == 0
    world.book(0)
    end(world)
    assert creates(world) == 1


def test_proof_that_comes_late_makes_an_open_row_delivered(start: Start) -> None:
    world = start("none")
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")
    world.advance(LEASE)
    assert states(world) == ["a:dead"]
    world.book(0)
    assert states(world) == ["a:delivered"]


def test_a_row_refused_meanwhile_is_superseded_when_its_revision_is_outdated(
    start: Start,
) -> None:
    world = start("key")
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "refuse")
    world.revise("P", 2)
    world.book(0)
    end(world)
    assert states(world) == ["a:superseded", "a:delivered"]
    assert creates(world) == 1


def test_the_new_plan_takes_back_what_it_no_longer_has(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp"), "b": StepDef("wms", revisions=(1,))}}
    world = start("key", steps)
    world.revise("P", 1)
    attempt(world, "apply", "apply")
    world.revise("P", 2)
    end(world)
    assert world.connectors["wms"].far.alive("P", "b") == []


def test_a_recreated_object_has_a_key_of_its_own(start: Start) -> None:
    world = start("natural", {"P": {"a": StepDef("erp", on_revision="cancel_then_create")}})
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    end(world)
    keys = [one.key for one in world.connectors["erp"].far.log if one.action == "create"]
    assert keys == ["P-a", "P-a-2"]


def test_revoking_an_outdated_append_takes_it_back(start: Start) -> None:
    world = start("key", {"P": {"a": StepDef("erp", on_revision="append")}})
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    attempt(world, "apply")
    world.revoke("P", 1)
    end(world)
    assert len(world.connectors["erp"].far.alive("P", "a")) == 1


def test_a_revocation_that_comes_before_its_revision_is_kept(start: Start) -> None:
    world = start("key")
    world.revoke("P", 1)
    world.revise("P", 1)
    end(world)
    assert creates(world) == 0


def test_a_revision_revoked_while_it_is_being_sent_leaves_nothing_standing(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    world.claim()
    world.revoke("P", 1)
    world.proceed(0, "apply")
    world.book(0)
    end(world)
    assert world.connectors["erp"].far.alive("P", "a") == []


def test_a_row_that_leaves_the_middle_of_a_lane_hands_its_wait_on(start: Start) -> None:
    steps = {name: {"a": StepDef("erp", lane="S")} for name in "PQR"}
    world = start("key", steps)
    for record in "PQR":
        world.revise(record, 1)
    world.claim()
    world.revoke("Q", 1)
    assert world.claim() == []
    world.proceed(0, "apply")
    world.book(0)
    end(world)
    assert creates(world) == 2


def test_cancelling_a_compensation_does_not_cancel_the_new_revision(start: Start) -> None:
    world = start("key", {"P": {"a": StepDef("erp", on_revoke="person")}})
    world.revise("P", 1)
    attempt(world, "apply")
    world.revoke("P", 1)
    held = next(row for row in world.deliveries() if row.intent == "compensate")
    world.revise("P", 2)
    world.decide(held.id, "cancel")
    world.settle_down()
    assert world.deliveries()[-1].state == "delivered"


def test_dependents_wait_for_the_read_back_where_the_route_says_so(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp"), "b": StepDef("wms", after=(("a", True),))}}
    world = start("key", steps, readable=True)
    world.revise("P", 1)
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "b:blocked"]
    end(world)
    assert states(world) == ["a:delivered", "b:delivered"]


def test_a_dead_predecessor_keeps_its_dependents_blocked_and_visible(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp"), "b": StepDef("wms", after=(("a", False),))}}
    world = start("key", steps)
    world.revise("P", 1)
    attempt(world, "reject")
    end(world)
    assert states(world) == ["a:dead", "b:blocked"]


def test_a_person_may_not_put_old_over_new(start: Start) -> None:
    world = start("key", full=True)
    world.revise("P", 1)
    attempt(world, "reject")
    dead = world.deliveries()[0].id
    world.revise("P", 2)
    world.decide(dead, "retry")
    assert states(world)[0] == "a:superseded"
    end(world)


def test_a_worker_that_dies_three_times_over_one_row_is_poisoned_by_it(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    for _ in range(3):
        world.jump()
        world.claim()
        world.crash()
        world.advance(LEASE)
    row = world.deliveries()[0]
    assert (row.state, row.reason) == ("dead", "poison")


def test_a_taken_job_is_asked_for_and_given_up_in_time(start: Start) -> None:
    world = start("key", later=True)
    world.revise("P", 1)
    attempt(world, "accept")
    assert states(world) == ["a:accepted"]
    world.advance(timedelta(hours=2))
    row = world.deliveries()[0]
    assert (row.state, row.reason) == ("dead", "outcome_unknown")
