"""What CRM, ERP and WMS hold of an annex: after a new revision, and after it was revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, Plant, form

from hub.documents.number import Number
from hub.store import tables as t

NUMBER = "CM-2026-000001"


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db", documents=True)
    yield plant
    plant.close()


async def approved(plant: Plant) -> str:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    return data_id


def issued(plant: Plant) -> list[Any]:
    query = sa.select(t.document).order_by(t.document.c.revision)
    return list(plant.store.read_now(lambda tx: tx.execute(query).all()))


def at_erp(plant: Plant) -> list[str]:
    """Return the names of the files on sales."""
    return [row["name"] for row in plant.erp.records.where("ir.attachment")]


def in_form(plant: Plant, data_id: str) -> list[str]:
    return [file["name"] for file in plant.crm.record(data_id)["annex"]]


async def test_number_and_content_hash_reach_the_warehouse_and_the_lines_of_the_sale(
    plant: Plant,
) -> None:
    await approved(plant)
    (document,) = issued(plant)
    number = str(Number(document.number))
    order = plant.wms.state.all("order")[0]["content"]
    notes = [line["note"] for line in plant.erp.records.where("sale.line") if line["note"]]
    assert order["deliveryOrder"]["remark"].startswith(f"WM:{number} ")
    assert order["extendProps"]["contentSha256"] == document.content
    assert any(f"{number} {document.content}" in note for note in notes)


async def test_what_is_written_into_one_form_goes_one_after_the_other(plant: Plant) -> None:
    await approved(plant)
    assert len({row.lane_id for row in plant.deliveries() if row.connection == "crm"}) == 1


async def test_a_new_revision_leaves_only_the_current_annex_in_form_and_sale(plant: Plant) -> None:
    data_id = await approved(plant)
    plant.crm.save_form(form(NUMBER, revision=2, promise_text="赠送两套"), data_id=data_id)
    plant.approve_all(data_id)
    await plant.work()
    current = [f"{Number(issued(plant)[-1].number)}.pdf"]
    assert len(issued(plant)) == 2
    assert (at_erp(plant), in_form(plant, data_id)) == (current, current)


async def test_a_revoked_annex_leaves_the_sale_and_is_marked_in_the_form(plant: Plant) -> None:
    data_id = await approved(plant)
    number = str(Number(issued(plant)[0].number))
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    record = plant.crm.record(data_id)
    assert at_erp(plant) == []
    assert in_form(plant, data_id) == [f"{number}.pdf"]
    assert (record["hub_status"], record["watermark"]) == ("已撤销", f"{number} 已撤销")
    assert {row.state for row in plant.deliveries()} == {"delivered"}
