"""Documents outlive what is pruned, and are read no more once somebody in them was erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, Plant

from hub.documents.number import Number
from hub.documents.verdict import Reason, Verdict
from hub.flow import documents as issuing
from hub.flow import sweep
from hub.flow.checking import check_anything
from hub.people import SYSTEM, People, Person
from hub.service.actions import act
from hub.store import documents, erasure, ledger, payloads, upkeep
from hub.store import tables as t

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KEEPER = "财务部 钱小芳"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def plant(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plant]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    yield plant
    await plant.flow.close_tools()
    plant.close()


async def issued(plant: Plant, **changes: Any) -> Number:
    """Let a commitment be approved and delivered; return the newest document's number."""
    plant.approve_all(plant.save(**changes))
    await plant.work()
    await plant.pass_time(MINUTE)
    return Number(plant.store.read_now(documents.listed)[0].number)


async def prune(plant: Plant) -> None:
    plant.clock.advance(1000 * DAY)
    removed = {"": 1}
    while any(removed.values()):
        removed = await plant.store.write(
            upkeep.prune, plant.clock.now(), DAY, entry_id=plant.clock.new_id(), keep_checks=DAY
        )


async def erase(plant: Plant, **given: Any) -> dict[str, Any]:
    asked = {"reason": "HR-1", **given}
    done: dict[str, Any] = await act(plant.flow, "person.erase", asked, SYSTEM)
    return done


def pdf(plant: Plant, number: Number, copy: int = 1) -> bytes | None:
    return plant.store.read_now(documents.pdf, number.text, copy)


def content(plant: Plant, number: Number) -> bytes | None:
    row = plant.store.read_now(documents.by_number, number.text)
    assert row is not None
    return plant.store.read_now(payloads.get, [row.content]).get(row.content)


# ---- kept ------------------------------------------------------------------------------------


async def test_documents_out_of_force_and_further_copies_are_kept_too(plant: Plant) -> None:
    first = await issued(plant)
    await issuing.reissue(plant.flow, first, KEEPER, actor="os:test")
    second = await issued(plant, revision=2, promised_date="2026-07-01")
    await issuing.revoke(plant.flow, second, actor="os:test", reason="mistake")
    await prune(plant)
    assert first != second
    assert all((pdf(plant, first), pdf(plant, first, 2), pdf(plant, second)))
    assert content(plant, first)
    assert content(plant, second)


# ---- erased ----------------------------------------------------------------------------------


async def test_an_approver_who_is_forgotten_stands_in_no_document_any_more(plant: Plant) -> None:
    number = await issued(plant)
    file = pdf(plant, number)
    assert file is not None
    assert PEOPLE[1].encode() in (content(plant, number) or b"")
    plant.flow.people = People({"zm": Person("zm", PEOPLE[1])})
    await erase(plant, person="zm")
    assert (content(plant, number), pdf(plant, number)) == (None, None)
    for given in (file, str(number)):
        check = await check_anything(plant.flow, given, "public")
        assert Reason.ERASED in check.reasons
        assert check.verdict in (Verdict.GENUINE, Verdict.RECORD_ONLY)
    await sweep.seal(plant.flow)
    assert plant.store.read_now(ledger.verify).broken == []


async def test_hashes_and_pages_of_what_was_erased_are_still_known(plant: Plant) -> None:
    number = await issued(plant)
    columns = sa.select(t.document_copy.c.pdf, t.document_copy.c.size, t.document_copy.c.pages)
    before = plant._all(columns)
    await erase(plant, text=PEOPLE[1])
    await prune(plant)
    assert plant._all(columns) == before
    row = plant.store.read_now(documents.by_number, number.text)
    assert row is not None
    assert {row.content, before[0].pdf} <= _erased(plant)


async def test_looking_counts_each_file_that_is_there_once(plant: Plant) -> None:
    number = await issued(plant)
    for recipient in (KEEPER, PEOPLE[1]):
        await issuing.reissue(plant.flow, number, recipient, actor="os:test")
    await erase(plant, text=KEEPER)
    before = len(_erased(plant))
    looked = await erase(plant, text=PEOPLE[1], dry_run=True)
    assert pdf(plant, number, 3)
    assert looked == await erase(plant, text=PEOPLE[1])
    assert looked["counts"]["payload"] == len(_erased(plant)) - before
    assert not any((await erase(plant, text=PEOPLE[1]))["counts"].values())


def _erased(plant: Plant) -> set[str]:
    gone = sa.select(t.payload.c.sha256).where(t.payload.c.content.is_(None))
    return {one.sha256 for one in plant._all(gone)}


async def test_why_somebody_revoked_a_document_is_erased_as_well(plant: Plant) -> None:
    number = await issued(plant)
    await issuing.revoke(plant.flow, number, actor="os:test", reason=f"{KEEPER} asked for it")
    await erase(plant, text=KEEPER)
    row = plant.store.read_now(documents.by_number, number.text)
    assert row is not None
    assert row.words == "[erased] asked for it"


async def test_a_document_whose_content_was_erased_has_no_further_copies(plant: Plant) -> None:
    number = await issued(plant)
    await erase(plant, text=PEOPLE[1])
    with pytest.raises(issuing.DocumentError) as refused:
        await issuing.reissue(plant.flow, number, KEEPER, actor="os:test")
    assert refused.value.code == "E_DOC_ERASED"


async def test_a_delivery_whose_file_was_erased_stops_for_a_person(plant: Plant) -> None:
    plant.erp.inject("unavailable", "ir.attachment", times=99)
    number = await issued(plant)
    (copy,) = plant._all(sa.select(t.document_copy.c.pdf))
    assert _annex(plant).state == "ready"
    await plant.store.write(erasure.erase_payloads, [copy.pdf], plant.clock.now())
    plant.erp.faults.clear()
    await plant.pass_time(10 * MINUTE)
    row = _annex(plant)
    assert (row.state, row.reason) == ("dead", "payload_erased")
    assert pdf(plant, number) is None
    assert plant.erp.records.where("ir.attachment") == []


def _annex(plant: Plant) -> Any:
    (row,) = [one for one in plant.deliveries() if one.step == "erp-annex"]
    return row
