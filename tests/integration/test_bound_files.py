"""A contract's files are bound by their hash on the way in, and nothing is written into them."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image
from plant import Plant
from pypdf import PdfWriter

from hub.documents.verdict import Verdict
from hub.flow.checking import check_anything
from hub.http import ANSWER_LIMIT
from hub.records import Contract
from hub.store import bound_files, connections, documents, payloads
from hub.store import tables as t

CONTRACT = "HT-2026-001"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def plant(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plant]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    yield plant
    await plant.flow.close_tools()
    plant.close()


def pdf(pages: int = 3, password: str | None = None) -> bytes:
    writer, written = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(written)
    return written.getvalue()


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("L", (40, 40), 255).save(written, "PNG")
    return written.getvalue()


def signed(plant: Plant, *files: tuple[str, bytes]) -> str:
    """Sign a contract in the CRM, with files in its form."""
    form = {
        "contract_no": CONTRACT, "status": "已签订", "customer_code": "KH0001",
        "customer_name": "苏州恒力精密机械有限公司", "signed_on": "2026-05-31", "currency": "CNY",
        "amount": 1000, "payment_days": 30, "title": "采购合同",
    }  # fmt: skip
    data_id = plant.crm.save_form(form, form="contract")
    for name, content in files:
        plant.crm.attach(data_id, name, content)
    return data_id


def contract(plant: Plant) -> Contract:
    v, r = t.record_revision.c, t.record.c
    query = (
        sa.select(v.document)
        .join(t.record, sa.and_(r.id == v.record_id, r.revision == v.revision))
        .where(r.kind == "contract")
    )
    return Contract.model_validate(plant.store.read_now(lambda tx: tx.scalar(query)))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_hash_pages_and_origin_of_a_contract_file_are_kept_and_its_bytes_are_not(
    plant: Plant,
) -> None:
    content = pdf(pages=12)
    signed(plant, ("采购合同.pdf", content))
    await plant.work()
    (file,) = contract(plant).files
    assert (file.name, file.sha256, file.pages, file.size, file.origin, file.problem) == (
        "采购合同.pdf", sha(content), 12, len(content), "crm", None,
    )  # fmt: skip
    assert plant.store.read_now(payloads.get, [sha(content)]) == {}


async def test_the_annex_prints_and_the_check_knows_the_contract_file(plant: Plant) -> None:
    content = pdf()
    signed(plant, ("采购合同.pdf", content))
    await plant.work()
    plant.approve_all(plant.save(contract_no=CONTRACT))
    await plant.work()
    (row,) = plant.store.read_now(documents.listed)
    frozen = plant.store.read_now(payloads.document, row.content)
    assert frozen["contract"] == {
        "number": CONTRACT,
        "files": [{"name": "采购合同.pdf", "sha256": sha(content), "pages": 3, "origin": "crm"}],
    }
    check = await check_anything(plant.flow, content, "public")
    assert check.verdict is Verdict.BOUND
    assert check.bound is not None
    assert (check.bound.record_number, check.bound.pages) == (CONTRACT, 3)
    assert (await check_anything(plant.flow, content + b" ", "x")).verdict is not Verdict.BOUND


@pytest.mark.parametrize(
    ("content", "pages", "problem"),
    [
        (pdf(password="geheim"), None, "E_DOC_ENCRYPTED"),
        (pdf()[:200], None, "E_DOC_CORRUPT"),
        (b"", None, "E_DOC_EMPTY"),
        (picture(), None, None),
        (b"PK\x03\x04 a docx", None, None),
    ],
    ids=["encrypted", "cut off", "empty", "a picture", "a docx"],
)
async def test_a_file_that_cannot_be_opened_is_bound_by_its_hash_and_says_why(
    plant: Plant, content: bytes, pages: int | None, problem: str | None
) -> None:
    signed(plant, ("合同", content))
    await plant.work()
    (file,) = contract(plant).files
    assert (file.sha256, file.pages, file.problem) == (sha(content), pages, problem)
    assert {one.state for one in plant.messages()} <= {"routed", "ignored"}


async def test_an_address_that_has_ended_is_asked_for_anew(plant: Plant) -> None:
    content = pdf()
    signed(plant, ("采购合同.pdf", content))
    # the pushes carry addresses that are over when the hub gets to them
    plant.flow.connections["crm"].connector.settings = _trusting_pushes(plant)
    await plant.arrive()
    plant.crm.end_addresses()
    await plant.work()
    assert [one.sha256 for one in contract(plant).files] == [sha(content)]


def _trusting_pushes(plant: Plant) -> Any:
    settings = plant.flow.connections["crm"].connector.settings
    return settings.model_copy(update={"reread": False})


async def test_a_file_that_is_gone_for_good_is_told_and_stops_nothing(plant: Plant) -> None:
    there = pdf()
    data_id = signed(plant, ("合同.pdf", there))
    plant.crm.state.delete("file", plant.crm.attach(data_id, "附件.pdf", pdf(1)))
    await plant.work()
    assert [(one.name, one.sha256, one.problem) for one in contract(plant).files] == [
        ("合同.pdf", sha(there), None), ("附件.pdf", None, "E_DOC_NOT_FETCHED"),
    ]  # fmt: skip


async def test_a_file_at_another_host_is_not_fetched_and_pauses_nothing(plant: Plant) -> None:
    plant.crm.files_url = "http://elsewhere.test"
    signed(plant, ("合同.pdf", pdf()))
    await plant.work()
    (file,) = contract(plant).files
    assert (file.sha256, file.problem) == (None, "E_DOC_NOT_FETCHED")
    assert not any(one.paused_at for one in plant.store.read_now(connections.read).values())


@pytest.mark.parametrize(
    ("size", "known"),
    [(20 * 1024**2 + 1, True), (ANSWER_LIMIT + 1, False)],
    ids=["than is looked at", "than is read"],
)
async def test_a_file_that_is_larger_is_told_and_the_contract_is_there(
    plant: Plant, size: int, known: bool
) -> None:
    content = bytes(size)
    signed(plant, ("合同.pdf", content))
    await plant.work()
    (file,) = contract(plant).files
    assert (file.sha256, file.problem) == (sha(content) if known else None, "E_DOC_TOO_LARGE")


async def test_without_the_libraries_files_are_bound_and_their_pages_unknown(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    content = pdf()
    signed(plant, ("合同.pdf", content))
    await plant.work()
    (file,) = contract(plant).files
    assert (file.sha256, file.pages, file.problem) == (sha(content), None, None)
    assert look_up(plant, content).number == CONTRACT


async def test_a_file_that_is_there_twice_is_bound_once(plant: Plant) -> None:
    content = pdf()
    signed(plant, ("合同.pdf", content), ("副本.pdf", content))
    await plant.work()
    assert [one.name for one in contract(plant).files] == ["合同.pdf", "副本.pdf"]
    assert [one["sha256"] for one in told(plant)] == [sha(content)]
    assert look_up(plant, content).name == "合同.pdf"


def told(plant: Plant) -> Sequence[Any]:
    """Return what the ledger knows of the files that were bound."""
    led = t.ledger.c
    query = sa.select(led.facts).where(led.kind == "file.bound").order_by(led.id)
    return plant.store.read_now(lambda tx: tx.scalars(query).all())


def look_up(plant: Plant, content: bytes) -> Any:
    return plant.store.read_now(bound_files.by_hash, sha(content))


async def test_a_source_that_is_down_is_asked_again_later(plant: Plant) -> None:
    content = pdf()
    signed(plant, ("采购合同.pdf", content))
    plant.crm.inject("unavailable", "/files/", times=10)
    await plant.work()
    assert "fetching" in {one.state for one in plant.messages()}
    plant.crm.faults.clear()
    await plant.pass_time(timedelta(hours=1))
    assert [one.sha256 for one in contract(plant).files] == [sha(content)]


async def test_a_changed_file_is_a_new_revision_and_both_stay_bound(plant: Plant) -> None:
    first, second = pdf(2), pdf(5)
    data_id = signed(plant, ("v1.pdf", first))
    await plant.work()
    plant.crm.attach(data_id, "v2.pdf", second)
    await plant.work()
    assert [one.pages for one in contract(plant).files] == [2, 5]
    for content in (first, second):
        assert (await check_anything(plant.flow, content, "x")).verdict is Verdict.BOUND
    facts = told(plant)
    assert [one["sha256"] for one in facts] == [sha(first), sha(second)]
    assert "v1.pdf" not in str(facts)
