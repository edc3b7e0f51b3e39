"""Findings are repaired by a plan that was looked at, waived for a while, and signed off by two."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from plant import Plant, form
from test_reconcile_run import MINUTE, commitments, delivered, reconciled

from hub.errors import HubError
from hub.people import SYSTEM
from hub.reconcile import repair
from hub.service.actions import act
from hub.store import reconciliations
from hub.store import tables as t

SOMEBODY = SYSTEM


async def planned(plant: Plant, **how: Any) -> repair.Proposal:
    return await repair.propose(plant.flow, commitments(plant).definition, actor=SOMEBODY, **how)


async def test_a_quantity_changed_at_the_warehouse_is_delivered_again(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    await reconciled(plant)
    proposal = await planned(plant)
    (step,) = proposal.steps
    assert (step.action, step.side, step.key) == ("redeliver", "wms", "CM-2026-000002")
    assert step.before["orderLines"][0]["planQty"] == "9"
    assert str(step.after["orderLines"][0]["planQty"]) == "1"
    done = await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    assert done[0]["delivery"]
    await plant.work()
    await plant.pass_time(MINUTE)
    ended, found = await reconciled(plant)
    assert (ended.verdict, found) == ("agreed", [])
    assert ended.figures["resolved"] == 1


async def test_an_order_deleted_at_the_erp_is_made_again_once(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.delete_order("SO-2")
    await reconciled(plant)
    proposal = await planned(plant)
    await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    await plant.work()
    await plant.pass_time(MINUTE)
    ended, found = await reconciled(plant)
    assert (ended.verdict, found) == ("agreed", [])


async def test_what_somebody_made_by_hand_is_linked_to_what_failed(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.copy_order("SO-1")
    records = plant.erp.records
    *_, copy = records.where("sale.sale", reference="SO-1")
    (line,) = records.where("sale.line", sale=copy["id"])
    records.write("sale.line", line["id"], {"description": "CM-2026-000888"})
    refused = plant.save("CM-2026-000009", lines=[{**form("x")["lines"][0], "sku": "NONE"}])
    plant.approve_all(refused)
    await plant.work()
    _, found = await reconciled(plant)
    (missing,) = (one for one in found if one["side"] == "erp" and one["kind"] == "missing")
    assert missing["cause"] == "send_failed"
    only = {"findings": [missing["id"]]}
    assert (await planned(plant, **only)).steps[0].action == "task"
    proposal = await planned(plant, **only, action="link")
    (step,) = proposal.steps
    linked = {"key": "CM-2026-000888", "external_id": f"sale.sale,{copy['id']}"}
    assert (step.action, step.after, step.command) == ("link", linked, "")
    await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    with pytest.raises(repair.PlanStale):
        await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    await plant.work()
    await plant.pass_time(MINUTE)
    assert causes((await reconciled(plant))[1]) == {
        ("CM2026000009", "erp", "rekeyed_at_target"), ("CM2026000888", "erp", "outside_hub"),
    }  # fmt: skip
    # the next revision is delivered, which the failed one stood in the way of
    plant.crm.save_form({"revision": 2, "lines": form("x")["lines"], "approvals": []},
                        data_id=refused)  # fmt: skip
    plant.approve_all(refused)
    await plant.work()
    await plant.pass_time(MINUTE)
    assert causes((await reconciled(plant))[1]) == {("CM2026000888", "erp", "outside_hub")}


def causes(found: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(one["key"], one["side"], one["cause"]) for one in found}


async def test_a_link_needs_just_one_row_that_may_be_it(plant: Plant) -> None:
    refused = plant.save("CM-2026-000009", lines=[{**form("x")["lines"][0], "sku": "NONE"}])
    plant.approve_all(refused)
    await plant.work()
    await reconciled(plant)
    with pytest.raises(HubError, match="CM-2026-000009: there is no delivery of it, or not just"):
        await planned(plant, causes=["send_failed"], action="link")


async def test_what_lets_go_on_what_is_stuck_is_said_as_a_command(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.inject("unauthorized", times=3)
    plant.approve_all(plant.save("CM-2026-000008", order_no="SO-8"))
    await plant.work()
    assert plant.paused() == ["wms"]
    plant.wms.faults.clear()
    await plant.pass_time(timedelta(hours=5))
    _, found = await reconciled(plant)
    assert causes(found) == {("CM2026000008", "wms", "stuck")}
    (step,) = (await planned(plant)).steps
    assert (step.action, step.command) == ("release", "hub connection resume wms")


async def test_what_releases_a_record_that_is_held_is_said_as_a_command(plant: Plant) -> None:
    plant.erp.inject("unavailable", times=50)
    plant.approve_all(plant.save("CM-2026-000008", order_no="SO-8"))
    await plant.work()
    given = {"number": "CM-2026-000008", "reason": "by telephone"}
    await act(plant.flow, "gate.hold", given, SOMEBODY)
    plant.erp.faults.clear()
    await plant.pass_time(timedelta(hours=5))
    _, found = await reconciled(plant)
    assert {one["cause"] for one in found} == {"held"}
    commands = {step.command for step in (await planned(plant)).steps}
    (hold,) = plant.store.read_now(lambda tx: tx.scalars(sa.select(t.hold.c.id)).all())
    assert commands == {f"hub gate release {hold} --reason …"}


async def test_a_repair_the_far_end_refuses_leaves_the_finding_open_with_its_words(
    plant: Plant,
) -> None:
    await delivered(plant)
    plant.wms.ship("CM-2026-000002")
    plant.wms.change_quantity("CM-2026-000002", 9)
    await reconciled(plant)
    await repair.apply(plant.flow, (await planned(plant)).hash, SOMEBODY)
    await plant.work()
    ended, (finding,) = await reconciled(plant)
    assert (ended.verdict, finding["cause"]) == ("findings", "send_failed")
    assert "不能取消" in finding["row"]["words"]


async def test_a_plan_is_stale_once_the_far_end_shows_something_else(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    await reconciled(plant)
    proposal = await planned(plant)
    plant.wms.change_quantity("CM-2026-000002", 5)
    before = len(plant.deliveries())
    with pytest.raises(repair.PlanStale):
        await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    assert len(plant.deliveries()) == before


async def test_a_plan_is_applied_once(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    await reconciled(plant)
    proposal = await planned(plant)
    await repair.apply(plant.flow, proposal.hash, SOMEBODY)
    with pytest.raises(repair.PlanStale):
        await repair.apply(plant.flow, proposal.hash, SOMEBODY)


async def test_a_waived_finding_is_no_finding_until_its_time_is_over(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    _, (finding,) = await reconciled(plant)
    until = plant.clock.now() + timedelta(days=2)
    policy = commitments(plant).definition.policy
    plant.store.write_now(
        lambda tx: repair.waive(
            tx, plant.flow, policy, finding, SOMEBODY, reason="盘点差异", until=until,
            limit=Decimal(100),
        )
    )  # fmt: skip
    ended, found = await reconciled(plant)
    assert (ended.verdict, found) == ("agreed", [])
    plant.clock.advance(timedelta(days=3))
    ended, found = await reconciled(plant)
    assert ended.verdict == "findings"
    assert found[0]["first_seen"] == finding["first_seen"]


async def test_more_repairs_than_the_file_allows_are_none(plant: Plant) -> None:
    await delivered(plant)
    for number in (1, 2):
        plant.wms.change_quantity(f"CM-2026-{number:06d}", 9)
    await reconciled(plant)
    plan = commitments(plant)
    import dataclasses

    policy = dataclasses.replace(plan.definition.policy, max_repairs=1)
    with pytest.raises(HubError, match="max_per_run"):
        await repair.propose(
            plant.flow, dataclasses.replace(plan.definition, policy=policy), actor=SOMEBODY
        )
    assert plant.store.read_now(reconciliations.findings, "commitments")
