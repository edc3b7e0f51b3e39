"""Low-code CRM: what its answers do to commitments on their way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db")
    yield made
    made.close()


async def test_pushes_wait_while_the_platform_answers_without_the_record(plant: Plant) -> None:
    plant.crm.inject("error_in_200", "data/get", times=4, detail={"code": 0})
    plant.approve_all(plant.save())
    await plant.work()
    assert [one.state for one in plant.messages()] == ["fetching"] * 4
    await plant.pass_time(*[timedelta(hours=1)] * 3)
    assert "fetching" not in {one.state for one in plant.messages()}
    assert not [one for one in plant.messages() if (one.reason or "").startswith("out_of_scope")]
    assert plant.states()["erp"] == plant.states()["wms"] == ["delivered/confirmed"]
