"""What somebody is called is erased everywhere but where it is still needed, and proof remains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from plant import Plant

from hub.flow import replay
from hub.flow.replay import Refused
from hub.people import SYSTEM, People, Person
from hub.service import story
from hub.service.actions import act
from hub.settings import Settings
from hub.store import ledger, payloads
from hub.store import tables as t

MINUTE = timedelta(minutes=1)
SQLITE = pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
CONTACT, PHONE, SELLER = "收货人", "13000000001", "王芳"


async def erase(plant: Plant, text: str | None = CONTACT, **given: Any) -> dict[str, Any]:
    asked = {"text": text, "person": None, "reason": "GDPR-17", **given}
    done: dict[str, Any] = await act(plant.flow, "person.erase", asked, SYSTEM)
    return done


@pytest.fixture
async def delivered(plant: Plant) -> Plant:
    """A commitment that reached everybody and was read back."""
    plant.approve_all(plant.save())
    await plant.work()
    await plant.pass_time(MINUTE)
    return plant


def everything(plant: Plant) -> str:
    """Return all that is stored, as text."""

    def read(tx: sa.Connection) -> str:
        shas = tx.scalars(sa.select(t.payload.c.sha256)).all()
        kept = [one.decode(errors="replace") for one in payloads.get(tx, shas).values()]
        # a row's own text leaves out what is long
        rows = [str(tuple(row)) for table in t.metadata.sorted_tables if table is not t.payload
                for row in tx.execute(sa.select(table))]  # fmt: skip
        return "\n".join(kept + rows)

    return plant.store.read_now(read)


def hashes(plant: Plant) -> list[Any]:
    columns = (t.record_revision.c.content_hash, t.delivery.c.payload, t.message.c.payload)
    return [sorted(row[0] or "" for row in plant._all(sa.select(one))) for one in columns]


# ---- what is erased --------------------------------------------------------------------------


async def test_an_erased_text_stands_nowhere_any_more(delivered: Plant) -> None:
    for text in (CONTACT, PHONE, SELLER):
        assert text in everything(delivered)
        await erase(delivered, text)
        assert text not in everything(delivered)


async def test_the_ledger_and_all_hashes_stay_as_they_were(delivered: Plant) -> None:
    before = hashes(delivered)
    await erase(delivered)
    await delivered.store.write(ledger.seal)
    verdict = delivered.store.read_now(ledger.verify)
    assert verdict.broken == []
    assert hashes(delivered) == before


@SQLITE
async def test_who_erased_why_and_how_much_is_in_the_ledger_and_the_text_is_not(
    delivered: Plant,
) -> None:
    done = await erase(delivered)
    begun, ended = delivered._all(
        sa.select(t.ledger).where(t.ledger.c.kind.like("erase.%")).order_by(t.ledger.c.id)
    )
    assert (begun.subject, begun.facts) == ("text", {"reason": "GDPR-17"})
    assert ended.facts == done["counts"]


@SQLITE
async def test_an_erased_payload_keeps_its_hash_and_when_it_went(delivered: Plant) -> None:
    done = await erase(delivered)
    gone = delivered._all(sa.select(t.payload).where(t.payload.c.content.is_(None)))
    assert len(gone) == done["counts"]["payload"]
    assert {one.erased_at for one in gone} == {delivered.clock.now()}


@SQLITE
async def test_only_personal_fields_of_a_record_change(delivered: Plant) -> None:
    (before,) = delivered._all(sa.select(t.record_revision.c.document))
    await erase(delivered)
    (after,) = delivered._all(sa.select(t.record_revision.c.document))
    contact = before.document["customer"]["contact"]
    assert after.document == {
        **before.document,
        "customer": {**before.document["customer"], "contact": {**contact, "name": "[erased]"}},
    }


@SQLITE
async def test_a_text_in_a_field_that_is_not_personal_stays_and_is_told(delivered: Plant) -> None:
    done = await erase(delivered, "机械密封件")
    assert done["left"] == {"text": 1, "lines.name": 1}
    (row,) = delivered._all(sa.select(t.record_revision.c.document))
    assert "机械密封件" in row.document["text"]


async def test_a_person_is_erased_by_name_and_by_the_ids_that_stand_alone(delivered: Plant) -> None:
    delivered.flow.people = People(
        {"wf": Person("wf", SELLER, ids={"crm": ("CM-2026",), "wms": ("李强",)})}
    )
    await erase(delivered, None, person="wf")
    stored = everything(delivered)
    assert SELLER not in stored
    assert "李强" not in stored
    assert "CM-2026-000001" in stored
    (row,) = delivered._all(sa.select(t.record.c.owner))
    assert row.owner == "[erased]"


async def test_what_a_far_end_said_keeps_all_but_the_erased_text(plant: Plant) -> None:
    plant.wms.inject("error_in_200", detail={"message": f"{CONTACT} 的地址无效"}, times=9)
    plant.approve_all(plant.save())
    await plant.work()
    (dead,) = [one for one in plant.deliveries() if one.state == "dead"]
    await plant.store.write(
        lambda tx: replay.cancel(tx, plant.flow, dead.id, "not wanted", "system")
    )
    await plant.work()
    await plant.pass_time(MINUTE)
    await erase(plant)
    words = [one.words for one in plant._all(sa.select(t.attempt.c.words)) if one.words]
    assert any(one.endswith("[erased] 的地址无效") for one in words)


@SQLITE
async def test_erasing_again_finds_nothing(delivered: Plant) -> None:
    await erase(delivered)
    again = await erase(delivered)
    assert not any(again["counts"].values())


async def test_more_than_one_page_is_erased(delivered: Plant) -> None:
    rows = [
        payloads.row(f"{number} {CONTACT}".encode(), "text/plain", delivered.clock.now())
        for number in range(450)
    ]
    await delivered.store.write(payloads.put, rows)
    done = await erase(delivered)
    assert done["counts"]["payload"] >= 450
    assert CONTACT not in everything(delivered)


# ---- what is not -----------------------------------------------------------------------------


@SQLITE
async def test_looking_tells_what_would_be_erased_and_erases_nothing(delivered: Plant) -> None:
    looked = await erase(delivered, dry_run=True)
    assert "[erased]" not in everything(delivered)
    assert looked == await erase(delivered)


async def test_nothing_is_erased_while_a_delivery_needs_it(plant: Plant) -> None:
    plant.wms.inject("error_in_200", detail={"message": "无"}, times=9)
    plant.approve_all(plant.save())
    await plant.work()
    (dead,) = [one for one in plant.deliveries() if one.state == "dead"]
    with pytest.raises(Refused, match=f"while these need it: .*delivery {dead.id}"):
        await erase(plant)
    with pytest.raises(Refused):
        await erase(plant, dry_run=True)
    assert plant._all(sa.select(t.payload).where(t.payload.c.content.is_(None))) == []
    assert "[erased]" not in everything(plant)


@SQLITE
async def test_nothing_is_erased_while_a_message_waits_with_it(plant: Plant) -> None:
    data_id = plant.save()
    plant.crm.save_form({"status": "已批准"}, data_id=data_id)
    await plant.work()
    waiting = [one.id for one in plant.messages() if one.state == "waiting"]
    with pytest.raises(Refused, match=f"message {waiting[0]}"):
        await erase(plant)
    assert CONTACT in everything(plant)


# ---- what can still be told ------------------------------------------------------------------


@SQLITE
async def test_the_story_is_still_told_without_the_erased(delivered: Plant) -> None:
    await erase(delivered)
    told = delivered.store.read_now(
        story.trace, Settings(tenant="T"), "CM-2026-000001", personal=True
    )
    (record,) = told["records"]
    assert CONTACT not in str(record)
    assert [one["state"] for one in record["deliveries"]] == ["delivered"] * 3


async def test_a_later_revision_goes_its_way_after_an_earlier_one_was_erased(
    delivered: Plant,
) -> None:
    await erase(delivered)
    delivered.approve_all(delivered.save(revision=2, promised_date="2026-07-01"))
    await delivered.work()
    await delivered.pass_time(MINUTE)
    assert {one.state for one in delivered.deliveries()} <= {"delivered", "superseded"}
    assert {one.revision for one in delivered.deliveries()} == {1, 2}
