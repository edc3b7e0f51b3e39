"""Who is forgotten is forgotten in documents, too: the proof stays, the names do not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plant import Plant

from hub.documents.number import Number
from hub.documents.verdict import Reason, Verdict
from hub.flow import documents as issuing
from hub.flow import sweep
from hub.flow.checking import check_anything
from hub.people import SYSTEM
from hub.service.actions import act
from hub.store import documents, ledger

CUSTOMER = "苏州恒力精密机械有限公司"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def plant(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plant]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    plant.approve_all(plant.save(customer_name=CUSTOMER))
    await plant.work()
    await plant.pass_time(timedelta(minutes=1))
    yield plant
    await plant.flow.close_tools()
    plant.close()


def pdf(plant: Plant, copy: int) -> bytes | None:
    (row,) = plant.store.read_now(documents.listed)
    return plant.store.read_now(documents.pdf, row.number, copy)


async def erase(plant: Plant, text: str) -> dict[str, Any]:
    done: dict[str, Any] = await act(
        plant.flow, "person.erase", {"text": text, "reason": "HR-1"}, SYSTEM
    )
    return done


async def test_content_files_and_recipient_go_and_the_proof_stays(plant: Plant) -> None:
    file = pdf(plant, 1)
    assert file is not None
    await erase(plant, CUSTOMER)
    assert pdf(plant, 1) is None
    check = await check_anything(plant.flow, file, "public")
    assert (check.verdict, check.reasons) == (Verdict.GENUINE, (Reason.ERASED,))
    assert check.registered is not None
    assert [one.recipient for one in check.registered.copies] == [""]
    await sweep.seal(plant.flow)
    assert plant.store.read_now(ledger.verify).broken == []


async def test_only_the_copy_of_who_is_forgotten_goes(plant: Plant) -> None:
    (row,) = plant.store.read_now(documents.listed)
    number = Number(row.number)
    await issuing.reissue(plant.flow, number, "财务部 钱小芳", actor="os:test")
    await erase(plant, "钱小芳")
    assert pdf(plant, 2) is None
    assert pdf(plant, 1) is not None
    check = await check_anything(plant.flow, number.with_copy(2), "public")
    assert check.verdict is Verdict.RECORD_ONLY


async def test_a_dry_run_counts_the_files_and_erases_nothing(plant: Plant) -> None:
    asked = {"text": CUSTOMER, "reason": "HR-1", "dry_run": True}
    told = await act(plant.flow, "person.erase", asked, SYSTEM)
    assert told["counts"]["document_copy"] == 1
    assert pdf(plant, 1) is not None
