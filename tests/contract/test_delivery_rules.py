"""Single rules of the delivery core, each as the shortest story that breaks without it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from delivery_stories import Start, attempt, creates, declare, end, states
from delivery_world import LEASE, SETTLE, StepDef

from hub import Command, Connector, Context, Idempotency, Operation, Progress, Receipt, Spec
from hub.flow.parts import Connection
from hub.http import connect
from hub.store import tables as t


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


@pytest.mark.parametrize(
    ("kind", "second", "state"),
    [
        ("none", None, "dead"),
        ("lookup", None, "in_doubt"),
        ("key", None, "ready"),
        ("key", "accept", "accepted"),
    ],
)
def test_proof_that_comes_late_makes_an_open_row_delivered(
    start: Start, kind: str, second: str | None, state: str
) -> None:
    world = start(kind, later=second is not None)
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")
    world.advance(LEASE)
    if second is not None:
        world.jump()
        world.claim()
        world.proceed(0, second)
        world.book(1)
    assert states(world) == [f"a:{state}"]
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
        assert states(world) == ["a:ready"]
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


def test_a_closed_row_keeps_its_lane_while_an_old_request_may_still_land(start: Start) -> None:
    world = start("none")
    # refuses a second object, but cannot be searched: it is sent to again without asking
    declare(world, idempotency=Idempotency.NATURAL)
    world.connectors["erp"].far.kind = "natural"
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    attempt(world, "under_way")
    attempt(world, "apply")
    world.revise("P", 3)
    assert states(world) == ["a:delivered", "a:delivered", "a:blocked"]
    assert world.claim() == []
    world.land("erp")
    end(world)
    assert states(world)[-1] == "a:delivered"


def test_a_new_revision_waits_for_the_open_compensation_of_the_older_one(start: Start) -> None:
    world = start("key", {"P": {"a": StepDef("erp", on_revoke="person")}})
    world.revise("P", 1)
    attempt(world, "apply")
    world.revoke("P", 1)
    held = next(row for row in world.deliveries() if row.intent == "compensate")
    world.revise("P", 2)
    assert world.claim() == []
    world.decide(held.id, "retry")
    end(world)
    assert creates(world) == 2


def test_an_unsure_dead_row_keeps_its_lane_though_a_later_full_state_follows(start: Start) -> None:
    world = start("none", full=True)
    world.revise("P", 1)
    attempt(world, "under_way")
    world.revise("P", 2)
    assert states(world) == ["a:dead", "a:blocked"]
    assert world.claim() == []
    world.land("erp")
    world.advance(SETTLE)
    world.decide(world.deliveries()[0].id, "skip")
    end(world)
    assert states(world) == ["a:skipped", "a:delivered"]


def test_a_later_full_state_replaces_a_dead_row_that_was_surely_not_applied(start: Start) -> None:
    steps = {name: {"a": StepDef("erp", lane="S")} for name in "PQ"}
    world = start("key", steps, full=True)
    world.revise("P", 1)
    world.revise("Q", 1)
    attempt(world, "reject")
    end(world)
    assert states(world) == ["a:dead", "a:delivered"]


def test_a_row_keeps_its_lane_while_somebody_awaits_its_read_back(start: Start) -> None:
    steps = {
        "P": {"a": StepDef("erp", lane="S"), "b": StepDef("wms", after=(("a", True),))},
        "Q": {"a": StepDef("erp", lane="S")},
    }
    world = start("key", steps, readable=True)
    world.revise("P", 1)
    world.revise("Q", 1)
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "b:blocked", "a:blocked"]
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "b:ready", "a:ready"]
    end(world)


@pytest.mark.parametrize("kind", ["natural", "lookup"])
def test_finding_an_older_revision_does_not_make_the_new_one_delivered(
    start: Start, kind: str
) -> None:
    world = start(kind)
    world.revise("P", 1)
    attempt(world, "apply")
    world.revise("P", 2)
    world.claim()
    world.crash()
    world.advance(LEASE)
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "a:ready"]
    end(world)


def test_a_dead_row_is_not_retried_once_a_later_row_of_its_lane_has_moved(start: Start) -> None:
    steps = {name: {"a": StepDef("erp", lane="S")} for name in "PQ"}
    world = start("key", steps, full=True)
    world.revise("P", 1)
    attempt(world, "reject")
    dead = world.deliveries()[0].id
    world.revise("Q", 1)
    world.decide(dead, "retry")
    assert states(world) == ["a:dead", "a:ready"]
    attempt(world, "apply")
    world.decide(dead, "retry")
    assert states(world) == ["a:dead", "a:delivered"]


def test_dependents_of_a_read_back_that_differs_stay_blocked(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp"), "b": StepDef("wms", after=(("a", True),))}}
    world = start("key", steps, readable=True)
    world.revise("P", 1)
    attempt(world, "apply")
    log = world.connectors["erp"].far.log
    log[-1] = dataclasses.replace(log[-1], note="changed by hand")
    attempt(world, "apply")
    assert world.deliveries()[0].confirm == "differs"
    end(world)
    assert states(world) == ["a:delivered", "b:blocked"]


def test_the_deadline_stands_still_while_the_connection_is_paused(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    attempt(world, "unauthorized")
    world.advance(timedelta(days=31))
    end(world)
    assert states(world) == ["a:delivered"]


def test_a_cancelled_step_cancels_the_steps_after_it(start: Start) -> None:
    steps = {"P": {"a": StepDef("erp"), "b": StepDef("wms", after=(("a", False),))}}
    world = start("key", steps)
    world.revise("P", 1)
    world.decide(world.deliveries()[0].id, "cancel")
    assert states(world) == ["a:cancelled", "b:cancelled"]


def test_proof_that_comes_while_a_row_is_sent_again_outweighs_the_answer(start: Start) -> None:
    world = start("key")
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")
    world.advance(LEASE)
    world.jump()
    world.claim()
    world.book(0)
    assert states(world) == ["a:sending"]
    world.proceed(0, "refuse")
    world.book(0)
    assert states(world) == ["a:delivered"]
    end(world)


def test_proof_that_comes_after_a_person_cancelled_is_a_todo(start: Start) -> None:
    world = start("none")
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")
    world.advance(LEASE)
    world.advance(SETTLE)
    row = world.deliveries()[0].id
    world.decide(row, "cancel")
    world.book(0)
    assert states(world) == ["a:cancelled"]
    todos = sa.select(t.ledger.c.subject).where(t.ledger.c.kind == "todo.applied_after_all")
    assert world.store.read_now(lambda tx: tx.scalars(todos).all()) == [row]


@pytest.mark.parametrize("kind", ["key", "none"])
def test_a_key_the_far_end_has_forgotten_is_not_sent_again(start: Start, kind: str) -> None:
    world = start(kind)
    declare(world, idempotency=Idempotency.KEY, window=timedelta(minutes=1))
    world.revise("P", 1)
    for _ in range(3):
        attempt(world, "answer_lost")
    # a far end that can be searched is asked, any other left to a person
    assert states(world) == ["a:in_doubt" if kind == "key" else "a:dead"]


def test_a_lease_that_ends_between_two_requests_stops_the_one_that_writes(start: Start) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        world.clock.advance(LEASE)
        return httpx.Response(200)

    world = start("none")
    http = connect("erp", "https://erp", clock=world.clock, transport=httpx.MockTransport(answer))
    slow = SlowLogin(None, Context("erp", http, world.clock, None))
    connections = {**world.flow.connections, "erp": Connection("erp", slow)}
    world.flow = dataclasses.replace(world.flow, connections=connections)
    world.revise("P", 1)
    attempt(world, "apply")
    assert asked == ["/login"]


class SlowLogin(Connector):
    """Logs in before it writes."""

    spec = Spec(
        "slow", "Slow", "慢", operations=(Operation("put", "put", Idempotency.NONE),),
        timeout=timedelta(seconds=5),
    )  # fmt: skip

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        await self.context.http.request("POST", "login", effect=False)
        await self.context.http.request("POST", "orders", effect=True)
        return Receipt(external_id=command.key)
