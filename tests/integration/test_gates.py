"""What a gate holds waits in sight, and goes on only by approvals, or by the right person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gated import (
    AT_RECORD,
    AT_STEP,
    BIG,
    EDIT,
    NUMBER,
    PLAIN,
    TO_CRM,
    TO_WMS,
    World,
    approval,
    sqlite_plant,
)
from plant import Plant

from hub.errors import ConfigError
from hub.flow.gates import Denied
from hub.flow.replay import Refused
from hub.people import Actor, People
from hub.service.actions import act
from hub.service.authority import NotAllowed
from hub.store.views import NotFound

TWO = [approval("u-3", "L1"), approval("u-1", "L2")]
FINE = {"payment_days": 30, "salesperson": "王五"}
MAY_CHANGE = "gates: [big], may_change: [text]"


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    one = sqlite_plant(tmp_path)
    yield one
    one.close()


@pytest.fixture
def world(plant: Plant) -> World:
    return World(plant)


@pytest.fixture
def steps(plant: Plant) -> World:
    """The gate holds a step, not the record."""
    return World(plant, **AT_STEP)


# ---- a record ----------------------------------------------------------------------------------


async def test_a_held_record_is_not_planned_and_says_what_is_missing(world: World) -> None:
    await world.arrive(**FINE)
    assert world.message() == ("waiting", "gate big: 0 of 2 approvals by director, coo")
    assert world.deliveries() == {}
    (hold,) = world.holds()
    assert (hold.gate, hold.state, hold.revision, hold.roles) == ("big", "held", 1, ["coo"])
    # nobody knows the salesperson, and the name stays with the record
    assert hold.requested_by is None
    assert hold.reasons[0]["zh"] == "批准 0/2 人，须由 director, coo 批准"


async def test_approvals_that_come_with_the_record_let_it_pass_unheld(world: World) -> None:
    await world.arrive(approvals=TWO, **FINE)
    assert world.message()[0] == "routed"
    assert world.holds() == []


async def test_approvals_that_come_later_let_it_go_on(world: World) -> None:
    await world.arrive(**FINE)
    await world.arrive(key="b", approvals=TWO[:1], **FINE)
    assert world.holds()[0].reasons[0]["en"] == "1 of 2 approvals by director, coo"
    await world.arrive(key="c", approvals=TWO, **FINE)
    assert world.states() == ["passed"]
    assert world.messages() == ["routed", "routed", "routed"]
    assert set(world.deliveries()) == {"wms", "crm"}


async def test_a_release_wakes_exactly_the_message_in_its_own_transaction(world: World) -> None:
    await world.arrive(**FINE)
    assert await world.do("gate.release") == "released"
    assert world.messages() == ["received"]
    await world.plan()
    assert world.message() == ("routed", "approved-commitment")
    (entry,) = world.told("gate.released")
    assert (entry["actor"], entry["gate"]) == ("person:chen", "big")
    assert world.holds()[0].decision == "agreed by telephone"


async def test_two_ids_of_one_person_are_one_person(world: World) -> None:
    same = [approval("u-1", "L1"), approval("lina", "L2")]
    await world.arrive(approvals=same, **FINE)
    assert world.message() == ("waiting", "gate big: 1 of 2 approvals by director, coo")


async def test_what_the_workflow_passed_by_itself_does_not_count(world: World) -> None:
    auto = [TWO[0], approval("u-1", "L2", auto_passed="是")]
    await world.arrive(approvals=auto, **FINE)
    assert world.message() == ("waiting", "gate big: 1 of 2 approvals by director, coo")


async def test_a_source_cannot_call_somebody_a_person_of_the_hub(world: World) -> None:
    await world.arrive(approvals=[approval("person:chen"), approval("person:li.na", "L2")], **FINE)
    assert world.message()[0] == "waiting"


async def test_approvals_at_the_hub_count_like_those_of_the_source(world: World) -> None:
    await world.arrive(approvals=TWO[:1], **FINE)
    await world.do("gate.approve", "li.na")
    await world.plan()
    assert (world.states(), world.message()[0]) == (["passed"], "routed")


async def test_a_refused_record_ends_and_stays_so(world: World) -> None:
    await world.arrive(**FINE)
    await world.do("gate.refuse")
    assert world.message() == ("ignored", "gate big: refused by person:chen")
    await world.arrive(key="b", approvals=TWO, **FINE)
    assert world.messages() == ["ignored", "ignored"]
    assert world.deliveries() == {}


async def test_what_is_denied_is_released_by_nobody_and_corrected_by_a_revision(
    world: World,
) -> None:
    await world.arrive(payment_days=91, approvals=TWO)
    with pytest.raises(Refused, match="denies revision 1"):
        await world.do("gate.release")
    await world.arrive(2, payment_days=90, approvals=TWO)
    assert world.states() == ["lapsed"]
    assert set(world.deliveries()) == {"wms", "crm"}


async def test_a_condition_about_a_missing_field_holds(world: World) -> None:
    await world.arrive(approvals=TWO)
    assert "cannot be judged" in str(world.message()[1])


# ---- revisions ---------------------------------------------------------------------------------


async def test_a_newer_revision_ends_the_hold_and_the_message_of_the_older(world: World) -> None:
    await world.arrive(**FINE)
    await world.arrive(2, promise_text="another", **FINE)
    assert world.states() == ["lapsed", "held"]
    assert world.messages() == ["ignored", "waiting"]


async def test_a_revision_inherits_neither_release_nor_approvals(world: World) -> None:
    await world.arrive(approvals=TWO[:1], **FINE)
    await world.do("gate.release")
    await world.plan()
    await world.arrive(2, promise_text="another", **FINE)
    assert world.message()[0] == "routed"
    assert world.messages()[1] == "waiting"
    assert world.holds()[-1].reasons[0]["en"] == "0 of 2 approvals by director, coo"


async def test_a_revision_that_changes_free_fields_only_inherits_both(plant: Plant) -> None:
    world = World(plant, **{**AT_RECORD, "require": MAY_CHANGE})
    await world.arrive(**FINE)
    await world.do("gate.release")
    await world.plan()
    await world.arrive(2, promise_text="another", **FINE)
    await world.arrive(3, promise_text="a third", **FINE)
    assert world.messages() == ["routed", "routed", "routed"]


async def test_a_revision_that_changes_another_field_inherits_neither(plant: Plant) -> None:
    world = World(plant, **{**AT_RECORD, "require": MAY_CHANGE})
    await world.arrive(approvals=TWO[:1], **FINE)
    await world.do("gate.release")
    await world.plan()
    await world.arrive(2, promise_text="another", **{**FINE, "payment_days": 31})
    assert world.messages() == ["routed", "waiting"]
    assert world.holds()[-1].reasons[0]["en"] == "0 of 2 approvals by director, coo"


async def test_a_release_does_not_let_pass_what_is_denied_by_now(world: World) -> None:
    await world.arrive(**FINE)
    await world.do("gate.release")
    world.use(BIG.replace("> 90", "> 20"))
    await world.plan()
    assert world.message()[0] == "waiting"
    assert "exceed" in str(world.message()[1])


async def test_a_hold_of_an_older_revision_is_not_released(steps: World) -> None:
    await steps.arrive(**FINE)
    steps.use(BIG, **{**AT_STEP, "require": "approvals: {levels: [nobody]}"})
    await steps.arrive(2, promise_text="another", **FINE)
    assert steps.states() == ["held"]
    with pytest.raises(Refused, match="Revision 2 of CM-2026-000001 has come since"):
        await steps.do("gate.release")


async def test_a_revocation_ends_the_hold(world: World) -> None:
    await world.arrive(**FINE)
    await world.arrive(key="b", status="已撤销", **FINE)
    assert world.states() == ["lapsed"]
    with pytest.raises(Refused, match="lapsed already"):
        await world.do("gate.release")


async def test_a_superseded_held_step_ends_its_hold(steps: World) -> None:
    await steps.arrive(**FINE)
    await steps.arrive(2, promise_text="another", **FINE)
    assert steps.states() == ["lapsed", "held"]
    old, _, new, _ = steps.plant.deliveries()
    assert (old.state, new.state) == ("superseded", "blocked")


# ---- a step ------------------------------------------------------------------------------------


async def test_a_held_step_waits_before_its_lane(steps: World) -> None:
    await steps.arrive(**FINE)
    assert steps.message()[0] == "routed"
    assert steps.waits() == {("wms", "gate"), ("crm", "after")}
    held = steps.plant.deliveries()[0]
    assert (held.state, held.seat, held.holds_lane) == ("blocked", None, False)
    assert steps.holds()[0].delivery_id == held.id


async def test_a_released_step_goes_out(steps: World) -> None:
    await steps.arrive(**FINE)
    await steps.do("gate.release")
    await steps.work()
    assert steps.deliveries()["wms"] == "delivered"
    assert steps.states() == ["released"]


async def test_an_approval_that_comes_later_releases_a_planned_step(steps: World) -> None:
    await steps.arrive(**FINE)
    await steps.arrive(key="b", approvals=TWO[:1], **FINE)
    assert steps.states() == ["held"]
    assert steps.holds()[0].reasons[0]["en"] == "1 of 2 approvals by director, coo"
    await steps.arrive(key="c", approvals=TWO, **FINE)
    assert steps.states() == ["passed"]
    assert steps.waits() == {("crm", "after")}


async def test_an_approval_at_the_hub_releases_a_planned_step_at_once(steps: World) -> None:
    await steps.arrive(approvals=TWO[:1], **FINE)
    assert await steps.do("gate.approve", "li.na") == "passed"
    assert steps.deliveries()["wms"] == "ready"


async def test_a_refused_step_is_cancelled_with_what_comes_after(steps: World) -> None:
    await steps.arrive(**FINE)
    await steps.do("gate.refuse")
    assert steps.deliveries() == {"wms": "cancelled", "crm": "cancelled"}
    assert steps.states() == ["refused"]


@pytest.mark.parametrize("action", ["delivery.cancel", "delivery.skip"])
async def test_who_ends_a_held_step_ends_its_hold(steps: World, action: str) -> None:
    await steps.arrive(**FINE)
    await steps.do(action, "zhao", id=steps.plant.deliveries()[0].id)
    assert steps.states() == ["lapsed"]
    assert len(steps.told("gate.lapsed")) == 1


async def test_a_held_step_is_not_retried_past_its_gate(steps: World) -> None:
    await steps.arrive(**FINE)
    with pytest.raises(Refused, match="hub gate release"):
        await steps.do("delivery.retry", "zhao", id=steps.plant.deliveries()[0].id)


# ---- time --------------------------------------------------------------------------------------

AFTER_FIRST = TO_CRM % "step: first" + TO_WMS % "gates: [big], after: [first]"
SAME_LANE = TO_WMS % "step: first" + TO_WMS % "step: second, gates: [big]"


async def test_a_release_that_ends_before_the_step_could_go_holds_it_again(plant: Plant) -> None:
    world = World(plant, require="", deliver=AFTER_FIRST)
    await world.arrive(**FINE)
    await world.work()
    await world.do("gate.release")
    await world.pass_time(timedelta(days=1, hours=23))
    assert (world.states(), world.waits()) == (["released"], {("wms", "after")})
    await world.pass_time(timedelta(hours=1))
    assert (world.states(), world.waits()) == (["held"], {("wms", "after"), ("wms", "gate")})
    await world.do("delivery.skip", "zhao", id=plant.deliveries()[0].id)
    assert world.deliveries()["wms"] == "blocked"
    await world.do("gate.release")
    assert world.deliveries()["wms"] == "ready"


async def test_a_release_that_was_used_does_not_end(steps: World) -> None:
    await steps.arrive(**FINE)
    await steps.do("gate.release")
    await steps.work()
    await steps.pass_time(timedelta(days=3))
    assert steps.states() == ["released"]
    assert steps.holds()[0].valid_until is None


async def test_a_step_held_again_gives_its_seat_in_the_lane_back(plant: Plant) -> None:
    world = World(plant, require="", deliver=SAME_LANE)
    plant.wms.inject("error_in_200", detail={"message": "no stock"}, times=9)
    await world.arrive(**FINE)
    await world.work()
    assert world.deliveries() == {"first": "dead", "second": "blocked"}
    await world.do("gate.release")
    assert world.waits() == {("second", "lane")}
    await world.pass_time(timedelta(days=2))
    assert world.waits() == {("second", "gate")}
    assert plant.deliveries()[1].seat is None
    await world.do("delivery.skip", "zhao", id=plant.deliveries()[0].id)
    await world.do("gate.release")
    assert world.deliveries()["second"] == "ready"


async def test_a_release_of_a_record_counts_until_its_end(plant: Plant) -> None:
    other = BIG.replace("gate: big", "gate: other").replace("roles: [coo]", "roles: [director]")
    world = World(plant, require="gates: [big]", deliver=PLAIN)
    world.use(BIG, other, require="gates: [big, other]", deliver=PLAIN)
    await world.arrive(**FINE)
    big, second = world.holds()
    await world.do("gate.release", id=big.id)
    await world.plan()
    assert world.message() == ("waiting", "gate other: 0 of 2 approvals by director, coo")
    await world.pass_time(timedelta(days=2))
    assert world.states() == ["held", "held"]
    assert "gate big" in str(world.message()[1])
    await world.do("gate.release", id=big.id)
    await world.do("gate.release", "li.na", id=second.id)
    await world.plan()
    assert world.message()[0] == "routed"


# ---- by hand -----------------------------------------------------------------------------------


async def test_a_record_held_by_hand_sends_nothing_more_until_released(world: World) -> None:
    await world.arrive(approvals=TWO, **FINE)
    done = await world.do("gate.hold", "zhao", number=NUMBER)
    assert done["deliveries"] == 2
    await world.work()
    assert world.deliveries() == {"wms": "blocked", "crm": "blocked"}
    await world.arrive(2, promise_text="another", approvals=TWO, **FINE)
    assert world.messages()[1] == "waiting"
    await world.do("gate.release", "qian")
    await world.work()
    assert world.messages()[1] == "routed"
    assert world.deliveries()["wms"] == "delivered"
    assert world.states() == ["released"]


async def test_a_record_held_by_hand_before_it_is_planned_waits(world: World) -> None:
    await world.arrive(**FINE)
    await world.do("gate.hold", "zhao", number=NUMBER, reason="the customer called")
    await world.do("gate.release", id=world.holds()[0].id)
    await world.plan()
    assert world.message() == ("waiting", "gate manual: the customer called")
    await world.do("gate.release", "qian")
    await world.plan()
    assert world.message()[0] == "routed"


async def test_holding_by_hand_is_refused_where_it_means_nothing(world: World) -> None:
    await world.arrive(**FINE)
    with pytest.raises(NotFound):
        await world.do("gate.hold", "zhao", number="CM-0")
    await world.do("gate.hold", "zhao", number=NUMBER)
    with pytest.raises(Refused, match="held by hand already"):
        await world.do("gate.hold", "zhao", number=NUMBER)
    with pytest.raises(Refused, match="release it, or cancel"):
        await world.do("gate.refuse", "zhao")
    with pytest.raises(NotAllowed):
        await world.do("gate.hold", "li.na", number=NUMBER)


# ---- a person's action -------------------------------------------------------------------------


async def dead(plant: Plant) -> tuple[World, Any]:
    """Return a world with a dead delivery that four eyes look at."""
    world = World(plant, EDIT, require="", deliver=TO_WMS % "step: wms")
    plant.wms.inject("error_in_200", detail={"message": "no stock"}, times=1)
    await world.arrive(**FINE)
    await world.work()
    (row,) = plant.deliveries()
    assert row.state == "dead"
    return world, row


async def edit(world: World, row: Any, who: str = "zhao") -> Any:
    return await world.do("delivery.edit", who, id=row.id, document={"deliveryOrder": {}})


async def test_an_edit_is_made_and_held_until_a_second_person_releases_it(plant: Plant) -> None:
    world, row = await dead(plant)
    assert await edit(world, row) == "held"
    (after,) = plant.deliveries()
    assert (after.state, after.key) == ("dead", row.key)
    assert after.payload != row.payload == world.holds()[0].before
    with pytest.raises(NotAllowed, match="another person"):
        await world.do("gate.release", "zhao")
    assert await world.do("gate.release", "qian") == "released"
    (after,) = plant.deliveries()
    assert (after.state, after.waits) == ("ready", 0)
    assert after.key != row.key


async def test_a_refused_edit_leaves_the_payload_as_it_was(plant: Plant) -> None:
    world, row = await dead(plant)
    await edit(world, row)
    await world.do("gate.refuse", "qian")
    (after,) = plant.deliveries()
    assert (after.state, after.payload, after.key) == ("dead", row.payload, row.key)
    assert world.waits() == set()
    assert await world.do("delivery.retry", "zhao", id=row.id) == "ready"


async def test_an_edit_that_is_held_is_neither_retried_nor_edited_again(plant: Plant) -> None:
    world, row = await dead(plant)
    await edit(world, row)
    for action in ("delivery.retry", "delivery.edit"):
        with pytest.raises(Refused, match="hub gate release"):
            await world.do(action, "qian", id=row.id, document={})


async def test_cancelling_what_was_edited_ends_the_hold(plant: Plant) -> None:
    world, row = await dead(plant)
    await edit(world, row)
    await world.pass_time(timedelta(minutes=5))
    await world.do("delivery.cancel", "qian", id=row.id)
    assert world.states() == ["lapsed"]


async def test_nobody_is_a_second_person_where_nobody_is_proven(plant: Plant) -> None:
    world, row = await dead(plant)
    world.flow.people = People()
    nobody = Actor(os_user="ops", trusted=True)
    assert await world.do("delivery.edit", nobody, id=row.id, document={}) == "held"
    with pytest.raises(NotAllowed, match="second person"):
        await world.do("gate.release", nobody)


async def test_an_edit_outside_the_condition_needs_no_second_person(plant: Plant) -> None:
    world, row = await dead(plant)
    world.use(EDIT.replace("50000", "5000000"), require="", deliver=TO_WMS % "step: wms")
    assert await edit(world, row) == "ready"


async def test_an_edit_a_gate_denies_is_not_made(plant: Plant) -> None:
    world, row = await dead(plant)
    never = EDIT + "checks: [{if: amount > 50000, then: deny, reason: never}]\n"
    world.use(never, require="", deliver=TO_WMS % "step: wms")
    with pytest.raises(Denied, match="never"):
        await edit(world, row)
    assert plant.deliveries()[0].payload == row.payload


# ---- who may, and what is refused --------------------------------------------------------------


@pytest.mark.parametrize("who", ["li.na", "zhao", "sun"])
async def test_only_the_roles_of_the_gate_release(world: World, who: str) -> None:
    await world.arrive(**FINE)
    await world.pass_time(timedelta(days=3))
    with pytest.raises(NotAllowed, match="it takes one of these roles: coo"):
        await world.do("gate.release", who)
    assert world.states() == ["held"]
    assert world.told("action.refused")[0]["actor"] == f"person:{who}"


async def test_a_delegate_releases_while_the_delegation_counts_and_not_after(world: World) -> None:
    await world.arrive(**FINE)
    delegate = world.actor("zhao")
    assert delegate.roles["coo"] == "chen"
    await world.pass_time(timedelta(days=3))
    with pytest.raises(NotAllowed):
        await world.do("gate.release", "zhao")
    await world.do("gate.release", delegate)
    assert world.told("gate.released")[0]["on_behalf_of"] == "chen"


@pytest.mark.parametrize("owner", ["u-2", "王芳", "wang"])
async def test_whose_it_is_neither_releases_nor_approves(world: World, owner: str) -> None:
    await world.arrive(payment_days=30, salesperson=owner)
    for action in ("gate.release", "gate.approve"):
        with pytest.raises(NotAllowed, match="another person must decide"):
            await world.do(action, "wang")
    assert world.states() == ["held"]


@pytest.mark.parametrize("owner", ["u-3", "陈静"])
async def test_a_delegate_of_whose_it_is_does_not_release(world: World, owner: str) -> None:
    await world.arrive(payment_days=30, salesperson=owner)
    with pytest.raises(NotAllowed, match="stands in for person:chen"):
        await world.do("gate.release", "zhao")


async def test_a_decision_is_made_once(world: World) -> None:
    await world.arrive(**FINE)
    await world.do("gate.release")
    for action in ("gate.release", "gate.refuse", "gate.approve"):
        with pytest.raises(Refused, match="released already"):
            await world.do(action)


async def test_a_person_approves_once(world: World) -> None:
    await world.arrive(**FINE)
    await world.do("gate.approve", "li.na")
    with pytest.raises(Refused, match="has approved it already"):
        await world.do("gate.approve", "li.na")


async def test_an_approval_takes_a_person_with_a_role_that_counts(world: World) -> None:
    await world.arrive(**FINE)
    with pytest.raises(NotAllowed, match="director, coo"):
        await world.do("gate.approve", "qian")
    with pytest.raises(NotAllowed, match="needs a person"):
        await world.do("gate.approve", Actor(os_user="ops", trusted=True))


@pytest.mark.parametrize("action", ["gate.release", "gate.refuse", "gate.approve", "gate.hold"])
@pytest.mark.parametrize("reason", ["", "   ", None])
async def test_a_decision_needs_a_reason(world: World, action: str, reason: str | None) -> None:
    await world.arrive(**FINE)
    with pytest.raises(ConfigError, match="reason"):
        await world.do(action, "zhao", number=NUMBER, reason=reason)


async def test_an_unknown_hold_is_not_found(world: World) -> None:
    for action in ("gate.release", "gate.refuse", "gate.approve"):
        with pytest.raises(NotFound):
            await world.do(action, id="0" * 32)


async def test_without_people_who_may_use_the_hub_releases_a_record(world: World) -> None:
    world.flow.people = People()
    await world.arrive(**FINE)
    await world.do("gate.release", Actor(os_user="ops", trusted=True))
    assert world.told("gate.released")[0]["actor"] == "os:ops"


async def test_a_gate_without_release_is_released_by_nobody(plant: Plant) -> None:
    world = World(plant, BIG.replace("release: {roles: [coo], valid: 2 days}\n", ""))
    await world.arrive(**FINE)
    with pytest.raises(NotAllowed, match="names no roles"):
        await world.do("gate.release")


async def test_a_gate_the_route_names_no_more_holds_no_more(world: World) -> None:
    await world.arrive(**FINE)
    world.use(BIG, require="", deliver=PLAIN)
    message = world.plant.messages()[0].id
    await act(world.flow, "message.replay", {"id": message}, world.actor("zhao"))
    await world.plan()
    assert (world.states(), world.message()[0]) == (["lapsed"], "routed")


# ---- on PostgreSQL too -------------------------------------------------------------------------


@pytest.mark.parametrize("where", [AT_RECORD, AT_STEP], ids=["record", "step"])
async def test_the_whole_way_of_a_hold_on_postgresql(
    tmp_path: Path, postgres_url: str, where: dict[str, str]
) -> None:
    world = World(Plant(tmp_path, postgres_url), **where)
    await world.arrive(**FINE)
    await world.do("gate.approve", "li.na")
    await world.plan()
    await world.do("gate.release")
    await world.pass_time(timedelta(days=3))
    again = world.states() == ["held"]
    if again:
        await world.do("gate.release")
    await world.work()
    assert world.deliveries()["wms"] == "delivered"
    await world.do("gate.hold", "zhao", number=NUMBER)
    await world.arrive(2, promise_text="another", **FINE)
    assert world.states() == ["released", "held", *(["held"] if where is AT_RECORD else [])]
    world.plant.close()
