"""Checks against the real store: the ledger counts, and every check leaves its trace."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, Plant

from hub.documents.number import Number
from hub.documents.verdict import Reason, Verdict
from hub.flow import documents as issuing
from hub.flow.checking import check_anything
from hub.store import documents
from hub.store import tables as t


@pytest.fixture(params=["sqlite", "postgresql"])
async def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    yield plant
    await plant.flow.close_tools()
    plant.close()


async def issued(plant: Plant) -> tuple[Number, bytes, str]:
    """Let a commitment be approved; return its number, its file and its form at the CRM."""
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    (row,) = _rows(plant)
    pdf = plant.store.read_now(documents.pdf, row.number, 1)
    assert pdf is not None
    return Number(row.number), pdf, data_id


def _rows(plant: Plant) -> list[Any]:
    return list(plant.store.read_now(lambda tx: tx.execute(sa.select(t.document)).all()))


async def test_the_file_is_genuine_until_a_byte_is_changed_or_added(plant: Plant) -> None:
    _, pdf, _ = await issued(plant)
    assert (await check_anything(plant.flow, pdf, "public")).verdict is Verdict.GENUINE
    for changed in (pdf + b"\n", pdf[:-40] + bytes([pdf[-40] ^ 1]) + pdf[-39:]):
        check = await check_anything(plant.flow, changed, "public")
        assert check.verdict is Verdict.ALTERED
        assert check.reasons == (Reason.NOT_THE_FILE,)


async def test_the_number_tells_the_state_after_a_revocation_too(plant: Plant) -> None:
    number, pdf, data_id = await issued(plant)
    check = await check_anything(plant.flow, str(number), "public")
    assert check.registered is not None
    assert (check.verdict, check.registered.state) == (Verdict.RECORD_ONLY, "issued")
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    assert (await check_anything(plant.flow, pdf, "x")).verdict is Verdict.GENUINE_REVOKED


async def test_a_revocation_in_the_midst_of_a_check_is_no_contradiction(plant: Plant) -> None:
    number, _, _ = await issued(plant)
    revoked = []

    def revoke(*statement: Any) -> None:
        # the row of the document was read by now, and the ledger not yet
        if "FROM document_copy" in statement[2] and not revoked:
            revoked.append(number)
            plant.store.write_now(issuing._revoke, plant.flow, number, "person:clerk", "x")

    sa.event.listen(plant.store.engine, "before_cursor_execute", revoke)
    check = await check_anything(plant.flow, str(number), "public")
    sa.event.remove(plant.store.engine, "before_cursor_execute", revoke)
    assert revoked == [number]
    assert check.registered is not None
    assert (check.verdict, check.registered.unsound) == (Verdict.RECORD_ONLY, ())


async def test_every_check_is_noted_with_a_serial_of_its_own(plant: Plant) -> None:
    number, pdf, _ = await issued(plant)
    checks = [
        await check_anything(plant.flow, given, "public")
        for given in (str(number), pdf, b"no file", f"ACCORD:V/{number.text}/C1P1.{'A' * 16}")
    ]
    assert all(re.fullmatch(r"C-\d{6}-[A-Z2-7]{8}", one.serial) for one in checks)
    query = sa.select(t.document_check).order_by(t.document_check.c.id)
    rows = plant.store.read_now(lambda tx: tx.execute(query).all())
    assert [(one.serial, one.given, one.verdict) for one in rows] == [
        (one.serial, one.given, str(one.verdict)) for one in checks
    ]
    assert [one.verdict for one in rows] == ["record_only", "genuine", "unreadable", "altered"]


async def test_a_further_copy_is_genuine_as_itself(plant: Plant) -> None:
    number, first, _ = await issued(plant)
    again = await issuing.reissue(plant.flow, number, "财务部", actor="person:clerk", key="k")
    assert again.copy is not None
    assert again.copy.copy == 2
    pdf = plant.store.read_now(documents.pdf, number.text, 2)
    assert pdf != first
    check = await check_anything(plant.flow, pdf, "public")
    assert (check.verdict, check.copy) == (Verdict.GENUINE, 2)
    same = await issuing.reissue(plant.flow, number, "财务部", actor="person:clerk", key="k")
    assert (same.copy, same.fresh) == (again.copy, False)
    other = await issuing.reissue(plant.flow, number, "仓库", actor="person:clerk", key="k")
    assert other.copy is not None
    assert (other.copy.copy, other.fresh) == (3, True)


@pytest.mark.parametrize(
    "tampered",
    [
        sa.update(t.document).values(state="issued", content="0" * 64),
        sa.update(t.document).values(revision=7),
        sa.update(t.document).values(name="other"),
        sa.update(t.document).values(issued_at=datetime(2026, 1, 1, tzinfo=UTC)),
        sa.update(t.document).values(superseded_by="HX261148372059186410"),
        sa.update(t.document_copy).values(pdf="0" * 64),
        sa.update(t.document_copy).values(pages=9),
        sa.update(t.document_copy).values(kid="other"),
        sa.delete(t.ledger).where(t.ledger.c.kind == "document.issued"),
        sa.update(t.ledger).where(t.ledger.c.kind == "document.issued").values(facts={}),
    ],
    ids=[
        "content",
        "revision",
        "name",
        "moment",
        "successor",
        "file",
        "pages",
        "key",
        "entry removed",
        "entry edited",
    ],
)
async def test_rows_that_were_tampered_with_are_said_to_contradict_the_ledger(
    plant: Plant, tampered: Any
) -> None:
    number, _, _ = await issued(plant)
    await plant.store.write(lambda tx: tx.execute(tampered))
    check = await check_anything(plant.flow, str(number), "public")
    assert check.verdict is Verdict.CONFLICT
    assert Reason.UNSOUND in check.reasons


async def test_a_revocation_taken_out_of_the_row_still_counts(plant: Plant) -> None:
    _, pdf, data_id = await issued(plant)
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    hidden = sa.update(t.document).values(state="issued", ended_at=None)
    await plant.store.write(lambda tx: tx.execute(hidden))
    assert (await check_anything(plant.flow, pdf, "public")).verdict is Verdict.CONFLICT


async def test_erased_content_leaves_the_proof_and_says_so(plant: Plant) -> None:
    _, pdf, _ = await issued(plant)
    (row,) = _rows(plant)
    gone = sa.update(t.payload).where(t.payload.c.sha256 == row.content).values(content=None)
    await plant.store.write(lambda tx: tx.execute(gone))
    check = await check_anything(plant.flow, pdf, "public")
    assert (check.verdict, check.reasons) == (Verdict.GENUINE, (Reason.ERASED,))
