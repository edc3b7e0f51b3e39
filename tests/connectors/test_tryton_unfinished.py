"""Work that an answer was lost of: nothing of it stays in Tryton once its promise is revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from plant import PEOPLE, Plant

from hub import Action, Found
from tests.connectors.tryton_erp import GIFT_ROW, Crash, Erp, Notebook, gift, refusal

MINUTE = timedelta(minutes=1)
#: Long enough for every old request to have settled and for every retry that was planned.
LATER = (*[MINUTE] * 6, 10 * MINUTE, 10 * MINUTE)
ORDER = "SO-1001"


# ---- through the whole flow ------------------------------------------------------------------


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db")
    yield plant
    plant.close()


async def order_in_tryton(plant: Plant, state: str) -> int:
    """Make the order the form names, of 3 P-100, and lead it to a state."""
    connector: Any = plant.flow.connections["erp"].connector
    erp = Erp(connector, plant.clock, ORDER)
    return await erp.sale(state, sale_date=None)


def ours(plant: Plant) -> list[str]:
    """Return every text in a live sale that holds a mark of ours."""
    records = plant.erp.records
    sales = [sale for sale in records.all("sale.sale") if sale["state"] != "cancelled"]
    alive = [sale["id"] for sale in sales]
    notes = [line["note"] for line in records.all("sale.line") if line["sale"] in alive]
    return [text for text in (*notes, *(s["comment"] for s in sales)) if "[hub:" in (text or "")]


def erp_rows(plant: Plant) -> list[tuple[str, str, str | None]]:
    rows = [row for row in plant.deliveries() if row.connection == "erp"]
    return [(row.intent, row.state, row.reason) for row in rows]


async def revoked_after(plant: Plant, fault: Any, method: str, times: int = 1) -> None:
    """Approve a promise while the answers of a method are lost, then revoke it and wait."""
    data_id = plant.save()
    plant.erp.inject(fault, f"sale.sale.{method}", times=times)
    plant.approve_all(data_id)
    await plant.work()
    assert erp_rows(plant) == [("put", "in_doubt", None)]
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    await plant.pass_time(*LATER)


@pytest.mark.parametrize("fault", ["answer_lost", "error_500"])
@pytest.mark.parametrize("method", ["create", "quote", "write"])
async def test_a_new_sale_whose_answer_was_lost_holds_nothing_after_a_revocation(
    plant: Plant, method: str, fault: Any
) -> None:
    await revoked_after(plant, fault, method)
    assert ours(plant) == []
    assert erp_rows(plant) == [("put", "delivered", None), ("compensate", "delivered", None)]


@pytest.mark.parametrize("state", ["quotation", "confirmed"])
@pytest.mark.parametrize(
    ("method", "times"), [("write", 1), ("write", 2), ("draft", 1), ("quote", 1)]
)
async def test_an_order_whose_answer_was_lost_is_as_before_after_a_revocation(
    plant: Plant, state: str, method: str, times: int
) -> None:
    sale = await order_in_tryton(plant, state)
    await revoked_after(plant, "answer_lost", method, times)
    after = plant.erp.records.get("sale.sale", sale)
    assert (after["state"], after["comment"] or "") == (state, "")
    assert len(plant.erp.records.where("sale.line", sale=sale)) == 1
    assert erp_rows(plant) == [("put", "delivered", None), ("compensate", "delivered", None)]


async def test_what_somebody_changed_while_the_answer_was_lost_is_taken_back_too(
    plant: Plant,
) -> None:
    sale = await order_in_tryton(plant, "draft")
    data_id = plant.save()
    plant.erp.inject("answer_lost", "sale.sale.write")
    plant.approve_all(data_id)
    await plant.work()
    (_, line) = plant.erp.records.where("sale.line", sale=sale)
    plant.erp.records.write("sale.line", line["id"], {"quantity": 7.0})
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    await plant.pass_time(*LATER)
    assert ours(plant) == []


async def test_what_never_arrived_is_not_written_after_a_revocation(plant: Plant) -> None:
    sale = await order_in_tryton(plant, "confirmed")
    before = plant.erp.records.get("sale.sale", sale)
    await revoked_after(plant, "dropped", "write")
    assert plant.erp.records.get("sale.sale", sale) == before
    assert [row[1] for row in erp_rows(plant)] == ["superseded", "delivered"]


# ---- what find says --------------------------------------------------------------------------


async def shown(erp: Erp, action: Action = Action.CREATE, revision: int = 1) -> tuple[bool, bool]:
    """Return what find says of the gift: mine, begun."""
    found = await erp.connector.find(erp.command(action, revision))
    assert isinstance(found, Found)
    return found.mine, found.begun


async def crash(erp: Erp, step: str, action: Action = Action.CREATE, revision: int = 1) -> None:
    with pytest.raises(Crash):
        await erp.deliver(erp.command(action, revision), Notebook(dies_at=step))


@pytest.mark.parametrize("step", ["draft", "quote", "confirm"])
async def test_work_that_is_not_finished_is_begun(erp: Erp, step: str) -> None:
    await erp.sale("confirmed")
    await crash(erp, step)
    assert await shown(erp) == (False, True)
    await erp.deliver(erp.command())
    assert await shown(erp) == (True, False)


async def test_a_new_sale_that_is_not_finished_is_begun(erp: Erp) -> None:
    await crash(erp, "quote")
    assert await shown(erp) == (False, True)


async def test_lines_somebody_changed_are_begun_and_written_anew(erp: Erp) -> None:
    sale = await erp.sale()
    await erp.deliver(erp.command())
    (line,) = await erp.connector._sales.lines([["sale", "=", sale], ["note", "like", "%[hub:%"]])
    changed = {"lines": [["write", [line.id], {"quantity": 1.0}]]}
    await erp.rpc.change("sale.sale", "write", [sale], changed)
    assert await shown(erp) == (False, True)
    await erp.deliver(erp.command())
    assert (await erp.lines())[1:] == [GIFT_ROW]


async def test_an_update_that_was_not_begun_is_absent(erp: Erp) -> None:
    await erp.sale("confirmed")
    await erp.deliver(erp.command())
    assert await shown(erp, Action.UPDATE, 2) == (False, False)


async def test_an_update_is_begun_before_its_sale_leaves_its_state(erp: Erp) -> None:
    await erp.sale("confirmed")
    await erp.deliver(erp.command())
    await crash(erp, "draft", Action.UPDATE, 2)
    assert await shown(erp, Action.UPDATE, 2) == (False, True)
    await erp.deliver(erp.command(Action.UPDATE, 2))
    assert await shown(erp, Action.UPDATE, 2) == (True, False)
    assert (await erp.sales())[0]["state"] == "confirmed"


@pytest.mark.parametrize("step", ["draft", "quote"])
async def test_a_cancel_that_is_not_finished_is_begun(erp: Erp, step: str) -> None:
    await erp.sale("confirmed")
    await erp.deliver(erp.command())
    await crash(erp, step, Action.CANCEL)
    assert await shown(erp, Action.CANCEL) == (False, True)
    await erp.deliver(erp.command(Action.CANCEL))
    assert await shown(erp, Action.CANCEL) == (True, False)
    assert (await erp.sales())[0]["state"] == "confirmed"


# ---- what was announced and not done ---------------------------------------------------------


@pytest.mark.parametrize("step", ["draft", "quote", "confirm"])
async def test_a_cancel_takes_back_what_is_not_finished(erp: Erp, step: str) -> None:
    await erp.sale("confirmed", comment="请走南门")
    await crash(erp, step)
    await erp.deliver(erp.command(Action.CANCEL))
    (sale,) = await erp.sales()
    assert (sale["state"], sale["comment"]) == ("confirmed", "请走南门")
    assert [row[1] for row in await erp.lines()] == ["P-100"]


async def test_a_promise_without_items_is_more_than_its_announcement(erp: Erp) -> None:
    await erp.sale("confirmed")
    command = erp.command(lines=[])
    with pytest.raises(Crash):
        await erp.deliver(command, Notebook(dies_at="draft"))
    await erp.deliver(command)
    assert [row[0] for row in await erp.lines()] == ["line", "comment"]


async def test_an_order_led_on_before_our_lines_were_in_it_gets_a_supplementary_sale(
    erp: Erp,
) -> None:
    sale = await erp.sale("confirmed")
    await crash(erp, "draft")
    await erp.rpc.change("sale.sale", "process", [sale])
    await erp.deliver(erp.command())
    (order,) = await erp.sales()
    assert (order["state"], order["comment"] or "") == ("processing", "")
    assert await erp.lines("-CMT-1") == [GIFT_ROW]


@pytest.mark.parametrize(
    ("crashed", "wrong"),
    [(False, {"unit_price": Decimal("0.123456")}), (True, {"product_code": "P-999"})],
    ids=["in the middle", "after a crash"],
)
async def test_a_refusal_takes_the_announcement_back(
    erp: Erp, crashed: bool, wrong: dict[str, Any]
) -> None:
    await erp.sale("confirmed", comment="请走南门")
    if crashed:
        await crash(erp, "draft")
    await refusal(erp, erp.command(lines=[gift(**wrong)]))
    (sale,) = await erp.sales()
    assert (sale["state"], sale["comment"]) == ("confirmed", "请走南门")
    assert await erp.connector.find(erp.command()) is None


async def test_a_refused_update_leaves_the_revision_before_as_it_was(erp: Erp) -> None:
    await erp.sale("confirmed")
    first = erp.command(lines=[], promised_date="2026-06-30")
    await erp.deliver(first)
    before = await erp.sales()
    update = erp.command(Action.UPDATE, 2, lines=[], promised_date="2026-03-31")
    await refusal(erp, update)
    assert await erp.sales() == before
    found = await erp.connector.find(first)
    assert found is not None
    assert found.mine
