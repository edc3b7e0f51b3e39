"""A commitment on its way gets one watermark number, in step with its approvals and revisions."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import LEVELS, PEOPLE, Plant

from hub.documents.number import Number
from hub.failpoints import FailPoint, failing
from hub.flow import sweep
from hub.flow.route import route
from hub.store import documents, ledger, payloads
from hub.store import tables as t

MINUTE = timedelta(minutes=1)
NUMBER = "CM-2026-000001"


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/hub.db"
    else:
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    yield plant
    plant.close()


def rows(plant: Plant) -> list[Any]:
    query = sa.select(t.document).order_by(t.document.c.revision)
    return list(plant.store.read_now(lambda tx: tx.execute(query).all()))


def events(plant: Plant, number: str) -> list[str]:
    led = t.ledger.c
    query = sa.select(led.kind).where(led.subject == number).order_by(led.id)
    return list(plant.store.read_now(lambda tx: tx.scalars(query).all()))


def payload_of(plant: Plant, step: str) -> dict[str, Any]:
    (row,) = [one for one in plant.deliveries() if one.step == step]
    return dict(plant.store.read_now(payloads.document, row.payload))


async def approved(plant: Plant, **changes: Any) -> str:
    data_id = plant.save(**changes)
    plant.approve_all(data_id)
    await plant.work()
    return data_id


def change(plant: Plant, data_id: str, **values: Any) -> None:
    """The salesperson changes the form; it has to be approved again."""
    plant.crm.save_form({**values, "approvals": [], "status": "审批中"}, data_id=data_id)


async def reaped(plant: Plant) -> None:
    """Let the leases of a process that died end, and go on in a fresh one."""
    plant.start()
    await plant.pass_time(timedelta(minutes=3))


async def test_every_system_is_given_the_number_and_the_crm_the_file(plant: Plant) -> None:
    data_id = await approved(plant)
    await plant.pass_time(MINUTE)
    (document,) = rows(plant)
    number = str(Number(document.number))
    assert document.state == "issued"
    assert payload_of(plant, "erp")["watermark"] == number
    wms = payload_of(plant, "wms")
    assert wms["deliveryOrder"]["remark"].startswith(f"WM:{number} ")
    assert document.content in json.dumps(wms)
    form = plant.crm.record(data_id)
    assert form["watermark"] == number
    (file,) = form[next(name for name, value in form.items() if _is_file(value))]
    pdf = plant.store.read_now(documents.pdf, document.number, 1)
    assert (file["name"], file["size"]) == (f"{number}.pdf", len(pdf))


def _is_file(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and "sha256" in value[0]


async def test_nothing_is_drawn_before_the_last_level_has_approved(plant: Plant) -> None:
    data_id = plant.save()
    for level, person in zip(LEVELS[:2], PEOPLE, strict=False):
        plant.crm.approve(data_id, level, person)
    await plant.work()
    assert rows(plant) == []
    plant.crm.approve(data_id, LEVELS[2], PEOPLE[2])
    await plant.work()
    assert [one.state for one in rows(plant)] == ["issued"]


async def test_the_same_content_again_keeps_its_number(plant: Plant) -> None:
    data_id = await approved(plant)
    (before,) = rows(plant)
    plant.crm.push("data_update", plant.crm.record(data_id))
    await plant.work()
    assert rows(plant) == [before]
    assert events(plant, before.number) == ["document.issued"]


async def test_a_new_revision_has_a_new_number_and_supersedes_the_old_one(plant: Plant) -> None:
    data_id = await approved(plant)
    await plant.pass_time(MINUTE)
    change(plant, data_id, revision=2, promise_text="随货赠送机械密封件两套")
    await plant.work()
    assert [one.state for one in rows(plant)] == ["issued"], "not approved yet"
    plant.approve_all(data_id)
    await plant.work()
    await plant.pass_time(MINUTE, 10 * MINUTE)
    old, new = rows(plant)
    assert (old.state, old.superseded_by, new.state) == ("superseded", new.number, "issued")
    assert events(plant, old.number) == ["document.issued", "document.superseded"]
    content = plant.store.read_now(payloads.document, new.content)
    assert content["supersedes"] == str(Number(old.number))
    assert plant.crm.record(data_id)["watermark"] == str(Number(new.number))
    assert {one.state for one in plant.deliveries()} == {"delivered"}


async def test_a_revoked_approval_revokes_the_document_everywhere(plant: Plant) -> None:
    data_id = await approved(plant)
    await plant.pass_time(MINUTE)
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    await plant.pass_time(MINUTE, 10 * MINUTE)
    (document,) = rows(plant)
    assert document.state == "revoked"
    assert events(plant, document.number) == ["document.issued", "document.revoked"]
    ended = {one.connection for one in plant.deliveries()
             if one.intent == "compensate" and one.state == "delivered"}  # fmt: skip
    assert ended >= {"erp", "wms", "crm"}
    assert plant.crm.record(data_id)["hub_status"] == "已撤销"


@pytest.mark.parametrize("point", ["document.drawn", "document.printed"])
async def test_after_a_crash_the_number_that_was_drawn_is_issued(plant: Plant, point: str) -> None:
    plant.approve_all(plant.save())
    await plant.arrive()
    with failing(point), pytest.raises(FailPoint):
        await route(plant.flow)
    (drawn,) = rows(plant)
    assert drawn.state == "drawn"
    assert plant.deliveries() == []
    await reaped(plant)
    (issued,) = rows(plant)
    assert (issued.number, issued.content, issued.state) == (
        drawn.number, drawn.content, "issued",
    )  # fmt: skip
    assert {one.state for one in plant.messages()} <= {"routed", "ignored"}


async def test_an_approval_revoked_while_the_paper_is_printed_issues_nothing(plant: Plant) -> None:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.arrive()
    with failing("document.printed"), pytest.raises(FailPoint):
        await route(plant.flow)
    plant.crm.revoke(data_id, PEOPLE[2])
    await reaped(plant)
    assert rows(plant) == []
    assert plant.effects("erp") == plant.effects("wms") == []


async def test_a_revision_that_comes_while_the_paper_is_printed_wins(plant: Plant) -> None:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.arrive()
    with failing("document.printed"), pytest.raises(FailPoint):
        await route(plant.flow)
    (drawn,) = rows(plant)
    change(plant, data_id, revision=2, promise_text="另行约定")
    plant.approve_all(data_id)
    await reaped(plant)
    (issued,) = rows(plant)
    assert (issued.revision, issued.state) == (2, "issued")
    assert issued.number != drawn.number
    assert len(plant.effects("wms")) == 1


async def test_a_number_that_is_taken_is_drawn_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = itertools.chain([7, 7, 7, 8], itertools.count(100))
    monkeypatch.setattr(secrets, "randbelow", lambda most: next(drawn))
    for number in ("CM-2026-000001", "CM-2026-000002"):
        plant.approve_all(plant.save(number))
    await plant.work()
    assert len({one.number for one in rows(plant)}) == 2
    assert {one.state for one in rows(plant)} == {"issued"}


async def test_a_clock_that_was_moved_back_does_not_bring_an_old_document_back(
    plant: Plant,
) -> None:
    data_id = await approved(plant)
    await plant.pass_time(MINUTE)
    plant.clock.advance(-timedelta(hours=2))
    change(plant, data_id, revision=2, promise_text="另行约定")
    plant.approve_all(data_id)
    await plant.work()
    assert [one.state for one in rows(plant)] == ["superseded", "issued"]
    await sweep.seal(plant.flow)
    assert plant.store.read_now(ledger.verify).broken == []


async def test_what_cannot_be_printed_fails_with_the_reason_and_is_replayed(plant: Plant) -> None:
    data_id = await approved(plant, customer_name="苏州👍机械")
    # the form was pushed with each approval, and read anew each time
    (reason,) = {one.reason for one in plant.messages() if one.state == "failed"}
    assert reason.startswith("document: ")
    assert "U+1F44D" in reason
    assert plant.deliveries() == []
    change(plant, data_id, revision=2, customer_name="苏州恒力精密机械有限公司")
    plant.approve_all(data_id)
    await plant.work()
    assert [(one.revision, one.state) for one in rows(plant)] == [(2, "issued")]


async def test_an_emoji_in_the_promise_is_printed_as_its_code_and_kept_exact(plant: Plant) -> None:
    await approved(plant, promise_text="赠品👍")
    (document,) = rows(plant)
    content = plant.store.read_now(payloads.document, document.content)
    assert content["promise"]["text"] == "赠品👍"


@pytest.mark.parametrize("table", ["edited", "removed", "reordered"])
async def test_a_changed_ledger_row_of_a_document_is_found(plant: Plant, table: str) -> None:
    await approved(plant)
    await sweep.seal(plant.flow)
    led = t.ledger.c
    query = sa.select(led.id, led.seq).where(led.kind == "document.issued")
    entry = plant.store.read_now(lambda tx: tx.execute(query).one())
    changes = {
        "edited": [sa.update(t.ledger).where(led.id == entry.id).values(facts={"revision": 9})],
        "removed": [sa.delete(t.ledger).where(led.id == entry.id)],
        "reordered": [
            sa.update(t.ledger).where(led.seq == entry.seq).values(seq=10**6),
            sa.update(t.ledger).where(led.seq == entry.seq - 1).values(seq=entry.seq),
            sa.update(t.ledger).where(led.seq == 10**6).values(seq=entry.seq - 1),
        ],
    }[table]

    def tamper(tx: sa.Connection) -> None:
        for change in changes:
            tx.execute(change)

    await plant.store.write(tamper)
    assert plant.store.read_now(ledger.verify).broken
