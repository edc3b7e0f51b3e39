"""Gates while other things happen: what is under way, newer revisions, other files, long waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gated import AT_STEP, BIG, EDIT, NUMBER, PLAIN, TO_WMS, World, approval, sqlite_plant
from plant import Plant

from hub.flow import deliver, release
from hub.flow.replay import Refused
from hub.service.authority import NotAllowed

FINE = {"payment_days": 30, "salesperson": "王五"}
TWO = [approval("u-3", "L1"), approval("u-1", "L2")]
OTHER = BIG.replace("gate: big", "gate: other")
BOTH = {"require": "gates: [big, other]", "deliver": PLAIN}
IN_TURN = TO_WMS % "step: first, gates: [big]" + TO_WMS % "step: second, after: [first]"
ONLY_WMS = {"require": "", "deliver": TO_WMS % "step: wms"}


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


# ---- held by hand while deliveries are on their way ----------------------------------------------


async def _claim(plant: Plant) -> list[deliver.Call]:
    return await deliver.turn(plant.flow, [], {"wms": 10})


async def _carry_out(plant: Plant, call: deliver.Call) -> None:
    await deliver.turn(plant.flow, [await deliver.carry_out(plant.flow, call)], {})


async def _tried(plant: Plant, fault: str, **more: Any) -> World:
    """Return a world whose one delivery was tried, and surely not applied."""
    world = World(plant, **ONLY_WMS)
    plant.wms.inject(fault, times=1, **more)
    await world.arrive(**FINE)
    await world.work()
    return world


async def test_a_dead_delivery_of_a_record_held_by_hand_is_not_retried(plant: Plant) -> None:
    world = await _tried(plant, "error_in_200", detail={"message": "no stock"})
    (row,) = plant.deliveries()
    await world.do("gate.hold", "zhao", number=NUMBER)
    for action in ("delivery.retry", "delivery.edit"):
        with pytest.raises(Refused, match="hub gate release"):
            await world.do(action, "zhao", id=row.id, document={})
    await world.do("gate.release", "qian")
    assert world.waits() == set()
    assert await world.do("delivery.retry", "zhao", id=row.id) == "ready"


async def test_a_delivery_that_is_tried_again_later_is_held_by_hand(plant: Plant) -> None:
    world = await _tried(plant, "rate_limited")
    assert world.deliveries() == {"wms": "ready"}
    await world.do("gate.hold", "zhao", number=NUMBER)
    await world.pass_time(timedelta(hours=1))
    await world.work()
    assert (world.deliveries(), len(plant.effects("wms"))) == ({"wms": "blocked"}, 0)
    await world.do("gate.release", "qian")
    await world.work()
    assert world.deliveries() == {"wms": "delivered"}


async def test_a_delivery_under_way_is_not_tried_again_once_held_by_hand(plant: Plant) -> None:
    world = World(plant, **ONLY_WMS)
    plant.wms.inject("rate_limited", times=1)
    await world.arrive(**FINE)
    (call,) = await _claim(plant)
    await world.do("gate.hold", "zhao", number=NUMBER)
    await _carry_out(plant, call)
    assert (world.deliveries(), world.waits()) == ({"wms": "blocked"}, {("wms", "gate")})
    await world.do("gate.release", "qian")
    await world.pass_time(timedelta(hours=1))
    await world.work()
    assert world.deliveries() == {"wms": "delivered"}


async def test_a_delivery_under_way_that_was_applied_ends_although_held_by_hand(
    plant: Plant,
) -> None:
    world = World(plant, **ONLY_WMS)
    await world.arrive(**FINE)
    (call,) = await _claim(plant)
    await world.do("gate.hold", "zhao", number=NUMBER)
    await _carry_out(plant, call)
    assert (world.deliveries(), world.waits()) == ({"wms": "delivered"}, set())
    assert world.states() == ["held"]


async def test_a_revocation_of_what_is_held_by_hand_takes_back_what_was_sent(plant: Plant) -> None:
    world = World(plant, **ONLY_WMS)
    await world.arrive(**FINE)
    await world.work()
    await world.do("gate.hold", "zhao", number=NUMBER)
    await world.arrive(key="b", status="已撤销", **FINE)
    await world.work()
    assert [one.state for one in plant.deliveries()] == ["delivered", "delivered"]


async def test_what_is_held_by_hand_is_neither_approved_nor_refused(world: World) -> None:
    await world.arrive(approvals=TWO, **FINE)
    await world.do("gate.hold", "zhao", number=NUMBER)
    for action in ("gate.approve", "gate.refuse"):
        with pytest.raises(Refused, match="release it, or cancel its deliveries"):
            await world.do(action, "qian")
    # what a person says can be erased, so it is not in the ledger
    assert "reason" not in world.told("gate.held")[0]


async def test_an_edit_is_not_released_past_a_person_who_holds_the_record(plant: Plant) -> None:
    world = World(plant, EDIT, **ONLY_WMS)
    plant.wms.inject("error_in_200", detail={"message": "no stock"}, times=1)
    await world.arrive(**FINE)
    await world.work()
    (row,) = plant.deliveries()
    await world.do("delivery.edit", "zhao", id=row.id, document={"deliveryOrder": {}})
    (edited,) = world.holds()
    await world.do("gate.hold", "zhao", number=NUMBER)
    by_hand = next(one for one in world.holds() if one.gate == "manual")
    with pytest.raises(Refused, match=f"release {by_hand.id} before {edited.id}"):
        await world.do("gate.release", "qian", id=edited.id)
    await world.do("gate.refuse", "qian", id=edited.id)
    (after,) = plant.deliveries()
    assert (after.payload, world.waits()) == (row.payload, {("wms", "gate")})
    await world.do("gate.release", "qian", id=by_hand.id)
    assert world.waits() == set()


# ---- newer revisions -----------------------------------------------------------------------------


async def test_messages_of_older_revisions_end_where_a_person_holds_the_record(
    world: World,
) -> None:
    await world.arrive(approvals=TWO, **FINE)
    await world.do("gate.hold", "zhao", number=NUMBER)
    await world.arrive(2, promise_text="another", approvals=TWO, **FINE)
    await world.arrive(3, promise_text="a third", approvals=TWO, **FINE)
    assert world.messages() == ["routed", "ignored", "waiting"]
    await world.do("gate.release", "qian")
    await world.plan()
    assert world.messages() == ["routed", "ignored", "routed"]


# ---- several gates -------------------------------------------------------------------------------


async def test_who_refuses_for_one_gate_ends_what_the_others_hold(world: World) -> None:
    world.use(BIG, OTHER, **BOTH)
    await world.arrive(**FINE)
    await world.do("gate.refuse", id=world.holds()[1].id)
    assert world.states() == ["lapsed", "refused"]
    await world.arrive(key="b", approvals=TWO[:1], **FINE)
    assert world.states() == ["lapsed", "refused"]
    assert world.messages() == ["ignored", "ignored"]


async def test_an_approval_says_what_became_of_the_hold_it_was_for(plant: Plant) -> None:
    strict = OTHER.replace("approvals: 2", "approvals: 3")
    world = World(plant, **ONLY_WMS)
    world.use(BIG, strict, require="", deliver=TO_WMS % "step: wms, gates: [big, other]")
    await world.arrive(approvals=TWO[:1], **FINE)
    assert await world.do("gate.approve", "li.na", id=world.holds()[1].id) == "held"
    assert world.states() == ["passed", "held"]
    assert world.deliveries() == {"wms": "blocked"}


# ---- long waits ----------------------------------------------------------------------------------


async def test_what_was_held_for_weeks_has_its_whole_time_once_it_is_released(
    plant: Plant,
) -> None:
    steps = World(plant, require="", deliver=IN_TURN)
    await steps.arrive(**FINE)
    await steps.pass_time(timedelta(days=30))
    await steps.do("gate.release")
    await steps.work()
    assert steps.deliveries() == {"first": "delivered", "second": "delivered"}


async def test_what_was_held_for_weeks_has_its_whole_time_once_it_is_approved(
    plant: Plant,
) -> None:
    steps = World(plant, require="", deliver=IN_TURN)
    await steps.arrive(**FINE)
    await steps.pass_time(timedelta(days=30))
    await steps.arrive(key="b", approvals=TWO, **FINE)
    await steps.work()
    assert steps.deliveries() == {"first": "delivered", "second": "delivered"}


async def test_a_release_made_anew_is_not_ended_by_the_end_of_the_one_before(steps: World) -> None:
    steps.use(
        BIG,
        require="",
        deliver=TO_WMS % "step: first" + TO_WMS % "gates: [big], after: [first], step: second",
    )
    await steps.arrive(**FINE)
    await steps.do("gate.release")
    late = [steps.holds()[0].id]
    await steps.pass_time(timedelta(days=2))
    await steps.do("gate.release")
    # another process had found it before it was held again and released
    steps.plant.store.write_now(release._expire, steps.flow, late)
    assert steps.states() == ["released"]


# ---- other files ---------------------------------------------------------------------------------

LOCKED = BIG.replace("release: {roles: [coo], valid: 2 days}\n", "")


async def test_what_a_gate_held_that_is_gone_is_in_the_hands_of_its_roles(steps: World) -> None:
    await steps.arrive(**FINE)
    steps.use(**ONLY_WMS)
    with pytest.raises(NotAllowed, match="coo"):
        await steps.do("gate.release", "qian")
    await steps.do("gate.release", "chen")
    assert steps.deliveries()["wms"] == "ready"


async def test_what_a_gate_without_roles_held_that_is_gone_is_released_by_an_admin(
    plant: Plant,
) -> None:
    world = World(plant, LOCKED, **AT_STEP)
    await world.arrive(**FINE)
    world.use(**ONLY_WMS)
    with pytest.raises(NotAllowed, match="admin"):
        await world.do("gate.release", "chen")
    await world.do("gate.release", "sun")
    assert world.deliveries()["wms"] == "ready"


async def test_what_no_route_takes_any_more_is_held_no_more(world: World) -> None:
    await world.arrive(**FINE)
    world.use(BIG, require="gates: [big]", deliver=PLAIN, when='status == "never"')
    await world.do("message.replay", "zhao", id=world.plant.messages()[0].id)
    await world.plan()
    assert (world.states(), world.message()[0]) == (["lapsed"], "routed")


# ---- one person ----------------------------------------------------------------------------------


async def test_levels_of_a_route_are_decided_by_persons_not_by_accounts(plant: Plant) -> None:
    levels = "approvals: {levels: [L1, L2], distinct: true}"
    world = World(plant, require=levels, deliver=PLAIN)
    await world.arrive(approvals=[approval("u-1", "L1"), approval("lina", "L2")], **FINE)
    assert world.message() == ("waiting", "approval: L1 and L2 were decided by the same person")
    await world.arrive(key="b", approvals=[approval("u-1", "L1"), approval("u-3", "L2")], **FINE)
    assert world.message()[0] == "routed"
