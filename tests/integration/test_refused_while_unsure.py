"""A refusal stops an unsure delivery for a person; it is not asked and sent without end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plant import Plant

MINUTE = timedelta(minutes=1)


async def test_a_refusal_of_the_rest_of_begun_work_stops_for_a_person(plant: Plant) -> None:
    plant.erp.inject("error_in_200", "sale.sale.quote", times=10)
    plant.approve_all(plant.save())
    await plant.work()
    await plant.pass_time(*[MINUTE] * 6)
    row = next(row for row in plant.deliveries() if row.connection == "erp")
    assert (row.state, row.reason) == ("dead", "rejected")
    assert plant.erp.calls["sale.sale.quote"] == 2


async def test_a_far_end_that_refuses_to_be_asked_stops_for_a_person(plant: Plant) -> None:
    plant.erp.inject("answer_lost", "sale.sale.create")
    plant.approve_all(plant.save())
    await plant.work()
    _copy_sale(plant.erp.records)
    await plant.pass_time(*[MINUTE] * 6)
    row = next(row for row in plant.deliveries() if row.connection == "erp")
    assert (row.state, row.reason) == ("dead", "outcome_unknown")
    assert "several sales hold" in row.words


def _copy_sale(records: Any) -> None:
    (sale,) = records.where("sale.sale", reference="SO-1001")
    (line,) = records.where("sale.line", sale=sale["id"])
    copy = records.create("sale.sale", _values(sale))
    records.create("sale.line", {**_values(line), "sale": copy})


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in row if name not in ("id", "create_date", "write_date")}
