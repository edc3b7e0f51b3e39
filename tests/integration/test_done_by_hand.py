"""What a person made at a far end is known by the id the person names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, PLAIN_ROUTE, Plant, shipped

from hub import Action, Command
from hub.flow import replay
from hub.flow.parts import Bundles
from hub.store import payloads
from hub.store import tables as t
from hub.testing.case import MemoryProgress

MINUTE = timedelta(minutes=1)
NUMBER = "CM-2026-000001"


async def refused(plant: Plant, system: str) -> str:
    """Let a system refuse an approved commitment; return the form's id at the CRM."""
    data_id = plant.save()
    getattr(plant, system).inject("error_in_200", "create")
    plant.approve_all(data_id)
    await plant.work()
    assert latest(plant, system).state == "dead"
    return data_id


def latest(plant: Plant, system: str, intent: str = "put") -> Any:
    rows = [row for row in plant.deliveries() if (row.connection, row.intent) == (system, intent)]
    return rows[-1]


async def make_by_hand(plant: Plant, row: Any) -> str:
    """Enter at the far end what the delivery would have; return the far end's id of it."""
    kept = plant.store.read_now(payloads.get, [row.payload])
    command = Command(row.operation, Action.CREATE, payloads.parse(kept[row.payload]), row.key)
    receipt = await plant.flow.connections[row.connection].connector.deliver(
        command, MemoryProgress()
    )
    return str(receipt.external_id)


async def skip(plant: Plant, row: Any, external_id: str | None = None) -> str:
    return await plant.flow.store.write(
        lambda tx: replay.skip(
            tx, plant.flow, row.id, "by hand", "os:clerk", external_id=external_id
        )
    )


async def revise(plant: Plant, data_id: str, **changes: Any) -> None:
    """Change the promised line and have the promise approved again."""
    line = {**plant.crm.record(data_id)["lines"][0], "quantity": 2, **changes}
    plant.crm.save_form(
        {"revision": 2, "lines": [line], "approvals": [], "status": "审批中"}, data_id=data_id
    )
    plant.approve_all(data_id)
    await plant.work()
    await plant.pass_time(2 * MINUTE)


def links(plant: Plant, system: str) -> list[tuple[str | None, bool]]:
    """Return (their id, alive) of what stands at a system because of our steps."""
    c = t.link.c
    query = sa.select(c.external_id, c.alive).where(c.connection == system, c.step.is_not(None))
    rows = plant.store.read_now(lambda tx: tx.execute(query.order_by(c.id)).all())
    return [(row.external_id, row.alive) for row in rows]


async def test_a_later_revision_cancels_the_order_that_was_made_by_hand(plant: Plant) -> None:
    data_id = await refused(plant, "wms")
    order = await make_by_hand(plant, latest(plant, "wms"))
    await skip(plant, latest(plant, "wms"), order)
    await revise(plant, data_id)
    assert latest(plant, "wms", "cancel").external_id == order
    assert plant.effects("wms") == [
        (NUMBER, "deliveryorder.create"),
        (NUMBER, "order.cancel"),
        (f"{NUMBER}-2", "deliveryorder.create"),
    ]


async def test_without_its_id_what_was_made_by_hand_stays(plant: Plant) -> None:
    data_id = await refused(plant, "wms")
    await make_by_hand(plant, latest(plant, "wms"))
    await skip(plant, latest(plant, "wms"))
    await revise(plant, data_id)
    assert (NUMBER, "order.cancel") not in plant.effects("wms")


async def test_a_later_revision_updates_the_object_that_was_named(plant: Plant) -> None:
    data_id = await refused(plant, "erp")
    await skip(plant, latest(plant, "erp"), "sale.sale,1")
    await revise(plant, data_id)
    row = latest(plant, "erp")
    assert (row.revision, row.action, row.state) == (2, "update", "delivered")


async def test_a_step_that_never_had_its_turn_can_be_done_by_hand(plant: Plant) -> None:
    await refused(plant, "erp")
    assert latest(plant, "wms").state == "blocked"
    await skip(plant, latest(plant, "wms"), "WMS-7")
    assert links(plant, "wms") == [("WMS-7", True)]
    # a later cancel names the object by this key
    assert latest(plant, "wms").key == NUMBER
    await skip(plant, latest(plant, "erp"))
    await plant.work()
    assert plant.effects("wms") == []
    assert plant.states() == {"erp": ["skipped"], "wms": ["skipped"], "crm": ["delivered"]}


async def test_naming_an_object_anew_replaces_the_id_and_makes_no_second_link(
    plant: Plant,
) -> None:
    data_id = await refused(plant, "erp")
    await skip(plant, latest(plant, "erp"), "sale.sale,1")
    await revise(plant, data_id, sku="NO-SUCH-PRODUCT")
    assert latest(plant, "erp").state == "dead"
    await skip(plant, latest(plant, "erp"), "sale.sale,2")
    assert links(plant, "erp") == [("sale.sale,2", True)]


async def test_who_waits_for_the_object_goes_on_once_it_is_named(plant: Plant) -> None:
    await refused(plant, "erp")
    row, waiting = latest(plant, "erp"), latest(plant, "crm")

    def wait_for_link(tx: sa.Connection) -> None:
        board = plant.flow.board(tx)
        wanted = board.wanted_link(row.connection, row.operation, row.handle)
        board.add_wait(board.load([waiting.id])[0], replay.Wait("link", wanted.id))
        board.save()

    await plant.flow.store.write(wait_for_link)
    await skip(plant, row, "sale.sale,1")
    await plant.work()
    await plant.pass_time(MINUTE)
    assert plant.states()["crm"] == ["delivered"]


async def test_the_id_is_refused_while_an_earlier_delivery_of_the_step_is_open(
    plant: Plant,
) -> None:
    data_id = await refused(plant, "wms")
    await skip(plant, latest(plant, "wms"), await make_by_hand(plant, latest(plant, "wms")))
    plant.wms.ship(NUMBER)
    await revise(plant, data_id)
    assert latest(plant, "wms", "cancel").state == "dead"
    with pytest.raises(replay.Refused, match="comes first and is dead"):
        await skip(plant, latest(plant, "wms"), "WMS-7")
    assert latest(plant, "wms").state == "blocked"


async def test_the_id_is_refused_where_something_is_taken_back(plant: Plant) -> None:
    data_id = await refused(plant, "wms")
    await skip(plant, latest(plant, "wms"), await make_by_hand(plant, latest(plant, "wms")))
    plant.wms.ship(NUMBER)
    await revise(plant, data_id)
    with pytest.raises(replay.Refused, match="takes something back"):
        await skip(plant, latest(plant, "wms", "cancel"), "WMS-7")


async def test_a_revocation_takes_back_the_order_that_was_made_by_hand(plant: Plant) -> None:
    data_id = await refused(plant, "wms")
    order = await make_by_hand(plant, latest(plant, "wms"))
    await skip(plant, latest(plant, "wms"), order)
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    await plant.pass_time(MINUTE)
    assert latest(plant, "wms", "compensate").external_id == order
    assert plant.effects("wms")[-1] == (NUMBER, "order.cancel")


async def test_later_steps_learn_the_id_of_what_was_made_by_hand(plant: Plant) -> None:
    data_id = await refused(plant, "wms")
    await skip(plant, latest(plant, "wms"), "WMS-7")
    await plant.work()
    assert plant.crm.record(data_id)["wms_number"] == "WMS-7"


async def test_what_a_person_took_back_by_hand_is_gone_for_later_revisions(plant: Plant) -> None:
    asking = "operation: create_order, on_revoke: person,"
    route = PLAIN_ROUTE.replace("operation: create_order,", asking)
    plant.flow.bundles = Bundles(shipped(route))
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    held = latest(plant, "wms", "compensate")
    assert held.state == "blocked"
    await skip(plant, held)
    assert [alive for _, alive in links(plant, "wms")] == [False]
