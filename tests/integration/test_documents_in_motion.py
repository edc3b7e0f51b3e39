"""What comes in between while a document is drawn, printed and issued, and what time removes."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import LEVELS, PEOPLE, PLAIN_ROUTE, Plant, shipped
from test_bundle_swap import keep

from hub import Event
from hub.documents.errors import DocumentError
from hub.documents.number import Number
from hub.documents.register import Copy
from hub.failpoints import FailPoint, failing
from hub.flow import documents as by_hand
from hub.flow import preview
from hub.flow.fetch import fetch
from hub.flow.papers import Papers
from hub.flow.press import Order
from hub.flow.receive import incoming_of
from hub.flow.route import commit, plan, route
from hub.mapping import read_bundle
from hub.store import documents, inbox, payloads, upkeep
from hub.store import tables as t

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NUMBER = "CM-2026-000001"
#: Levels as the route names them.
DECIDING = ("sales_supervisor", "operations_director", "coo")
DECISIONS = """\
format: 1
mapping: workflow-to-approval
version: 1
title: Decisions of the workflow product
from: {connector: lowcode, stream: contract}
to: {record: approval}
fields: {number: id, about_number: about, level: level, person: person}
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    url = f"sqlite:///{tmp_path}/hub.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url, documents=True)
    yield plant
    plant.close()


def rows(plant: Plant) -> list[Any]:
    query = sa.select(t.document).order_by(t.document.c.revision)
    return list(plant.store.read_now(lambda tx: tx.execute(query).all()))


def counted(plant: Plant, event: str) -> float:
    return float(plant.flow.metrics.documents.labels(event)._value.get())


async def approved(plant: Plant, **changes: Any) -> str:
    data_id = plant.save(**changes)
    plant.approve_all(data_id)
    await plant.work()
    return data_id


async def drawn(plant: Plant) -> str:
    """Let a process die between drawing and issuing."""
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.arrive()
    with failing("document.drawn"), pytest.raises(FailPoint):
        await route(plant.flow)
    return data_id


def trusting_pushes(plant: Plant) -> None:
    """Let what is pushed count as it came, not as the form is by now."""
    connector = plant.flow.connections["crm"].connector
    connector.settings = connector.settings.model_copy(update={"reread": False})


# ---- meanwhile -------------------------------------------------------------------------------


async def test_contents_that_wait_for_their_papers_are_no_new_revisions(plant: Plant) -> None:
    trusting_pushes(plant)
    data_id = plant.save(revision="")
    plant.approve_all(data_id)
    plant.crm.save_form({"promise_text": "另行约定"}, data_id=data_id)
    await plant.work()
    await plant.pass_time(MINUTE)
    revisions = plant.store.read_now(
        lambda tx: tx.scalar(sa.select(sa.func.count()).select_from(t.record_revision))
    )
    assert revisions == 2
    assert [one.reason for one in plant.messages() if one.state == "failed"] == []


async def test_a_route_that_loses_its_document_leaves_no_number(plant: Plant) -> None:
    data_id = await approved(plant)
    plant.crm.save_form(
        {"revision": 2, "promise_text": "另行约定", "approvals": [], "status": "审批中"},
        data_id=data_id,
    )
    for level, person in zip(LEVELS, PEOPLE, strict=True):
        plant.crm.approve(data_id, level, person)
    await plant.arrive()
    with failing("document.drawn"), pytest.raises(FailPoint):
        await route(plant.flow)
    assert [one.state for one in rows(plant)] == ["issued", "drawn"]
    plant.start()
    plant.flow.bundles.activate(shipped(PLAIN_ROUTE))
    await plant.pass_time(3 * MINUTE)
    (old,) = rows(plant)
    assert (old.state, old.superseded_by) == ("superseded", None)
    assert {one.revision for one in plant.deliveries()} == {1, 2}


async def test_messages_that_wait_for_the_press_are_leased_for_longer(plant: Plant) -> None:
    flow = plant.flow
    plant.approve_all(plant.save())
    await plant.arrive()
    messages = await flow.store.write(inbox.claim, plant.clock.now(), 50, 2 * MINUTE)
    items = await fetch(flow, messages)
    planned = [plan(flow, flow.bundles.active, *one) for one in items]
    plant.clock.advance(MINUTE)
    committed = await flow.store.write(commit, flow, flow.bundles.active, planned)
    leased = {one.id: one.lease_until for one in plant.messages() if one.lease_until}
    assert leased == dict.fromkeys(committed.printing, plant.clock.now() + 2 * MINUTE)


async def test_what_is_rolled_back_is_not_counted(plant: Plant) -> None:
    plant.approve_all(plant.save())
    await plant.arrive()
    copied: list[str] = []

    def executed(*given: Any) -> None:
        if "INTO document_copy" in given[2]:
            copied.append(given[2])

    def committing(_: sa.Connection) -> None:
        if copied:
            raise ConnectionResetError

    engine = plant.store.engine
    sa.event.listen(engine, "after_cursor_execute", executed)
    sa.event.listen(engine, "commit", committing)
    with pytest.raises(ConnectionResetError):
        await route(plant.flow)
    sa.event.remove(engine, "commit", committing)
    sa.event.remove(engine, "after_cursor_execute", executed)
    assert counted(plant, "issued") == 0
    await plant.pass_time(3 * MINUTE)
    assert counted(plant, "issued") == 1


async def test_a_document_that_is_decided_about_is_locked(
    postgres_url: str, tmp_path: Path
) -> None:
    plant = Plant(tmp_path, postgres_url, documents=True)
    await approved(plant)
    (row,) = rows(plant)
    with plant.store.engine.begin() as tx, plant.store.engine.connect() as other:
        papers = Papers(tx, plant.flow, plant.flow.bundles.active, plant.clock.now(), {})
        papers.open([row.record_id])
        taken = sa.select(t.document.c.id).with_for_update(nowait=True)
        with pytest.raises(sa.exc.OperationalError):
            other.execute(taken)
    plant.close()


async def test_what_the_press_cannot_make_holds_nothing_else_up(plant: Plant) -> None:
    press = plant.flow.press
    assert press is not None
    orders = [Order(one, {}, "0" * 64, (Copy(1, "customer", "甲"),)) for one in ("a", "b")]
    done = await press.print(orders, 60)
    assert [type(one.error) for one in done.values()] == [DocumentError] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="no priorities of threads elsewhere")
def test_the_press_stands_below_a_process_that_gives_way_itself(plant: Plant) -> None:
    with ThreadPoolExecutor(1) as process:
        process.submit(os.nice, 5).result()
        process.submit(asyncio.run, plant.flow.press.print([Order("a", {}, "", ())], 1)).result()
        (press,) = (one for one in threading.enumerate() if one.name.startswith("press"))
        assert os.getpriority(os.PRIO_PROCESS, press.native_id) == 15


async def test_a_revoked_document_is_not_issued_once_more(plant: Plant) -> None:
    await approved(plant)
    (row,) = rows(plant)
    await by_hand.revoke(plant.flow, Number(row.number), actor="person:a", reason="x")
    with pytest.raises(DocumentError, match="revoked"):
        await by_hand.issue(plant.flow, "commitment", NUMBER, actor="person:a")


async def test_a_decision_about_two_records_waits_for_the_papers_of_each(plant: Plant) -> None:
    """Two systems have a commitment of this number, and a route takes one of them."""
    files = {**shipped().files, "own/approval.yaml": DECISIONS.encode()}
    plant.flow.bundles.activate(read_bundle(files))
    crm = plant.flow.connections["crm"]
    plant.flow.connections["other"] = dataclasses.replace(crm, name="other")
    plant.flow.connections["crm"] = dataclasses.replace(
        crm, mappings={"contract": "workflow-to-approval"}
    )
    plant.save(NUMBER, status="已批准")
    await plant.work()
    (pushed, *_) = plant.messages()
    ours = plant.store.read_now(payloads.document, pushed.event["fetched"])
    await _arrive(plant, "other", "commitment", {**ours, "promise_text": "另行约定"})
    for level, person in zip(DECIDING, PEOPLE, strict=True):
        item = {"id": f"AP-{level}", "about": NUMBER, "level": level, "person": person}
        await _arrive(plant, "crm", "contract", item)
    assert [one.state for one in rows(plant)] == ["issued"]


async def _arrive(plant: Plant, connection: str, stream: str, item: dict[str, Any]) -> None:
    event = Event(stream, str(item.get("id") or "x"), item)
    await plant.store.write(inbox.store, [incoming_of(plant.flow, connection, event)])
    await plant.work()


# ---- trying mappings -------------------------------------------------------------------------


async def test_a_mapping_is_tried_with_the_document_its_delivery_had(plant: Plant) -> None:
    await approved(plant)
    mappings, settings = plant.flow.bundles.active.mappings, plant.settings
    await keep(plant, plant.flow.bundles.active)
    for row in plant.deliveries():
        sent = plant.store.read_now(preview.of_delivery, row.id, settings)
        given = plant.store.read_now(
            preview.of_number, mappings[row.mapping], NUMBER, ["crm"], settings
        )
        assert sent.given.scope.document["watermark"] == sent.given.scope.delivery["watermark"]
        assert given.scope.document == sent.given.scope.document
        if row.payload:
            made = mappings[row.mapping].apply(sent.given.data, sent.given.scope)
            assert payloads.parse(payloads.encode(made)) == sent.document


# ---- what time removes -----------------------------------------------------------------------


async def test_what_was_drawn_and_never_issued_is_removed_after_a_day(plant: Plant) -> None:
    await drawn(plant)
    assert await _pruned(plant, DAY - MINUTE) == {}
    assert len(rows(plant)) == 1
    assert await _pruned(plant, 2 * MINUTE) == {"document": 1}
    assert rows(plant) == []


async def test_checks_are_removed_when_they_have_been_kept_long_enough(plant: Plant) -> None:
    for serial, age in (("old", 40), ("young", 20)):
        checked = {
            "id": serial, "serial": serial, "checked_at": plant.clock.now() - age * DAY,
            "given": "number", "verdict": "unknown", "actor": "public",
        }  # fmt: skip
        await plant.store.write(documents.log_check, checked)
    assert await _pruned(plant, MINUTE) == {"document_check": 1}
    left = sa.select(t.document_check.c.serial)
    assert plant.store.read_now(lambda tx: tx.scalars(left).all()) == ["young"]


async def test_documents_keep_their_content_and_files_for_ever(plant: Plant) -> None:
    await approved(plant)
    await plant.pass_time(MINUTE, 10 * MINUTE)
    await _pruned(plant, 1000 * DAY)
    (row,) = rows(plant)
    assert plant.store.read_now(documents.pdf, row.number, 1)
    assert plant.store.read_now(payloads.get, [row.content])


async def _pruned(plant: Plant, later: timedelta) -> dict[str, int]:
    """Prune at a later moment until nothing is left; return what of documents went."""
    plant.clock.advance(later)
    gone: dict[str, int] = {}
    removed = {"": 1}
    while any(removed.values()):
        removed = await plant.store.write(
            upkeep.prune, plant.clock.now(), 90 * DAY, entry_id=plant.clock.new_id(),
            keep_checks=30 * DAY,
        )  # fmt: skip
        for name in ("document", "document_check"):
            gone[name] = gone.get(name, 0) + removed[name]
    return {name: count for name, count in gone.items() if count}
