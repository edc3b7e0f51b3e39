"""`mode: observe`: all is planned, mapped and shown, nothing is sent, and a person ends it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plant import Plant, form

from hub.errors import ConfigError
from hub.flow import observe, replay
from hub.flow.deliver import Deliverer
from hub.people import Actor, Person
from hub.service.actions import act
from hub.service.authority import NotAllowed
from hub.store import connections, observed, payloads, views

MINUTE = timedelta(minutes=1)
NUMBER = "CM-2026-000001"


@pytest.fixture
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    if getattr(request, "param", "sqlite") == "sqlite":
        url = f"sqlite:///{tmp_path}/hub.db"
    else:
        url = request.getfixturevalue("postgres_url")
    plant = Plant(tmp_path, url)
    yield plant
    plant.close()


#: What depends on locks and on what a statement returns is tried on both databases.
on_both = pytest.mark.parametrize("plant", ["sqlite", "postgresql"], indirect=True)


def settle(plant: Plant, *names: str) -> None:
    """Start the hub with these connections observed, and all others live."""
    flow = plant.start()
    for name, one in flow.connections.items():
        changed = dataclasses.replace(one, observe=name in names)
        flow.connections = {**flow.connections, name: changed}
    plant.deliverer = Deliverer(flow)


async def approved(plant: Plant, number: str = NUMBER, **changes: Any) -> str:
    data_id = plant.save(number, **changes)
    plant.approve_all(data_id)
    await plant.work()
    return data_id


def rows(plant: Plant, name: str) -> Sequence[Any]:
    return [row for row in plant.deliveries() if row.connection == name]


def reasons(plant: Plant) -> dict[str, list[str]]:
    return {
        name: [f"{row.state}:{row.reason}" for row in rows(plant, name)]
        for name in ("erp", "wms", "crm")
    }


def document(plant: Plant, row: Any) -> Any:
    return payloads.parse(plant.store.read_now(payloads.get, [row.payload])[row.payload])


def calls(plant: Plant) -> int:
    """Return how many requests any far end that is written to has had."""
    return plant.erp.calls.total() + plant.wms.calls.total()


async def decide(plant: Plant, name: str, decision: str | None) -> Any:
    told = await act(
        plant.flow, "connection.go_live", {"name": name, "decision": decision},
        Actor(os_user="admin", trusted=True),
    )  # fmt: skip
    await plant.work()
    return told


async def test_what_would_be_sent_is_mapped_and_shown_and_nothing_is_sent(plant: Plant) -> None:
    settle(plant, "erp", "wms", "crm")
    before = calls(plant)
    await approved(plant)
    await plant.pass_time(MINUTE, timedelta(days=10))
    assert reasons(plant) == {name: ["blocked:observed"] for name in ("erp", "wms", "crm")}
    assert calls(plant) == before
    assert "SO-1001" in str(document(plant, rows(plant, "erp")[0]))
    shown = plant.store.read_now(views.delivery, rows(plant, "wms")[0].id)
    assert {wait["kind"] for wait in shown["waits_for"]} == {"after", "observe"}
    assert "WH-NB-01" in str(document(plant, rows(plant, "wms")[0]))


async def test_a_step_at_a_live_connection_waits_for_the_observed_one_before_it(
    plant: Plant,
) -> None:
    settle(plant, "erp")
    await approved(plant)
    assert reasons(plant) == {
        "erp": ["blocked:observed"], "wms": ["blocked:None"], "crm": ["blocked:None"],
    }  # fmt: skip
    assert plant.effects("wms") == []


async def test_what_waits_is_counted_before_anybody_decides(plant: Plant) -> None:
    settle(plant, "erp", "wms")
    await approved(plant)
    await approved(plant, "CM-2026-000002")
    settle(plant)
    await plant.work()
    assert await decide(plant, "wms", None) == {"waiting": {"create_order": 2}, "done": None}
    assert await decide(plant, "erp", None) == {"waiting": {"add_commitment": 2}, "done": None}
    assert plant.effects("erp") == plant.effects("wms") == []


@on_both
async def test_switching_to_live_sends_nothing_before_a_person_decides(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    settle(plant)
    # planned after the switch: it must not overtake what waits, so it waits too
    await approved(plant, "CM-2026-000002")
    await plant.pass_time(MINUTE)
    assert plant.effects("erp") == []
    assert reasons(plant)["erp"] == ["blocked:observed"] * 2
    assert (await decide(plant, "erp", "send"))["done"] == 2
    await plant.pass_time(MINUTE)
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 2
    assert {row.state for row in plant.deliveries()} == {"delivered"}


@on_both
async def test_all_connections_observed_go_live_one_by_one(plant: Plant) -> None:
    settle(plant, "erp", "wms", "crm")
    await approved(plant)
    settle(plant)
    assert (await decide(plant, "wms", "send"))["done"] == 1
    assert plant.effects("wms") == []
    assert rows(plant, "wms")[0].payload is None
    await decide(plant, "erp", "send")
    assert [len(plant.effects(name)) for name in ("erp", "wms")] == [1, 1]
    assert rows(plant, "crm")[0].state == "blocked"
    await decide(plant, "crm", "send")
    assert {row.state for row in plant.deliveries()} == {"delivered"}


async def test_what_was_shown_is_mapped_anew_when_it_is_sent(plant: Plant) -> None:
    settle(plant, "erp", "wms", "crm")
    await approved(plant)
    shown = document(plant, rows(plant, "crm")[0])
    settle(plant)
    for name in ("erp", "wms", "crm"):
        await decide(plant, name, "send")
    sent = rows(plant, "crm")[0]
    assert sent.state == "delivered"
    theirs = rows(plant, "wms")[0].external_id
    assert theirs not in str(shown)
    assert theirs in str(document(plant, sent))


@on_both
async def test_what_is_dropped_is_cancelled_with_the_steps_after_it(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    settle(plant)
    assert (await decide(plant, "erp", "drop"))["done"] == 1
    assert {row.state for row in plant.deliveries()} == {"cancelled"}
    await approved(plant, "CM-2026-000002")
    await plant.pass_time(MINUTE)
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 1


@on_both
async def test_a_newer_revision_takes_the_place_of_what_was_shown(plant: Plant) -> None:
    settle(plant, "erp")
    data_id = await approved(plant)
    line = {**plant.crm.record(data_id)["lines"][0], "quantity": 2}
    plant.crm.save_form(
        {"revision": 2, "lines": [line], "approvals": [], "status": "审批中"}, data_id=data_id
    )
    plant.approve_all(data_id)
    await plant.work()
    assert reasons(plant)["erp"] == ["superseded:newer_revision", "blocked:observed"]
    settle(plant)
    await decide(plant, "erp", "send")
    assert len(plant.effects("erp")) == 1


async def test_time_spent_observing_kills_nothing(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    await plant.pass_time(timedelta(days=60))
    settle(plant)
    await decide(plant, "erp", "send")
    await plant.pass_time(MINUTE)
    assert {row.state for row in plant.deliveries()} == {"delivered"}


@on_both
async def test_nothing_is_read_back_or_asked_while_observing(plant: Plant) -> None:
    await approved(plant)
    due = [row for row in rows(plant, "wms") if row.confirm == "due"]
    assert due
    settle(plant, "erp", "wms", "crm")
    before = calls(plant)
    await plant.pass_time(MINUTE)
    assert calls(plant) == before
    settle(plant)
    await plant.pass_time(MINUTE)
    assert rows(plant, "wms")[0].confirm == "confirmed"


@on_both
async def test_what_was_sent_before_keeps_its_document_and_its_place(plant: Plant) -> None:
    plant.erp.inject("rate_limited", times=1)
    await approved(plant)
    sent = rows(plant, "erp")[0]
    assert (sent.state, sent.tries) == ("ready", 1)
    settle(plant, "erp")
    await plant.pass_time(MINUTE)
    held = rows(plant, "erp")[0]
    assert (held.reason, held.seat, held.key) == ("observed", sent.seat, sent.key)
    settle(plant)
    # it was not planned while observing: it is not for dropping
    await decide(plant, "erp", "drop")
    done = rows(plant, "erp")[0]
    assert (done.state, done.payload, done.key) == ("delivered", sent.payload, sent.key)


async def test_a_document_that_cannot_be_mapped_is_dead_as_it_would_be_live(plant: Plant) -> None:
    settle(plant, "wms")
    half = {**form(NUMBER)["lines"][0], "quantity": 0.5}
    await approved(plant, lines=[half])
    dead = rows(plant, "wms")[0]
    assert (dead.state, dead.reason) == ("dead", "mapping")


async def test_a_connection_that_waits_for_nothing_is_live_by_itself(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    row = rows(plant, "erp")[0]
    settle(plant)
    await plant.store.write(replay.cancel, plant.flow, row.id, "not this one", "os:clerk")
    await plant.work()
    assert plant.store.read_now(connections.read)["erp"].observed_at is None
    await approved(plant, "CM-2026-000002")
    assert len(plant.effects("erp")) == 1


@on_both
async def test_hundreds_go_live_in_bites_and_in_order(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "_AT_ONCE", 2)
    settle(plant, "erp")
    numbers = [f"CM-2026-{number:06d}" for number in range(5)]
    for number in numbers:
        await approved(plant, number)
    assert plant.store.read_now(observed.counts, "erp") == {"add_commitment": 5}
    settle(plant)
    assert (await decide(plant, "erp", "send"))["done"] == 5
    await plant.pass_time(MINUTE)
    assert len(plant.effects("erp")) == 5
    assert {row.state for row in plant.deliveries()} == {"delivered"}


async def test_going_live_is_refused_while_hub_yaml_says_observe(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    for decision in (None, "send", "drop"):
        with pytest.raises(observe.NotLive, match="mode: live"):
            await decide(plant, "erp", decision)
    assert reasons(plant)["erp"] == ["blocked:observed"]


async def test_only_an_admin_lets_a_connection_go_live(plant: Plant) -> None:
    settle(plant)
    operator = Actor(Person("li.na"), {"operator": None})
    with pytest.raises(NotAllowed, match="admin"):
        await act(plant.flow, "connection.go_live", {"name": "erp"}, operator)
    with pytest.raises(ConfigError, match="not 'sned'"):
        await decide(plant, "erp", "sned")


async def test_what_waits_to_go_live_cannot_be_retried_into_being_sent(plant: Plant) -> None:
    settle(plant, "erp")
    await approved(plant)
    row = rows(plant, "erp")[0]
    with pytest.raises(replay.Refused, match="is blocked"):
        await plant.store.write(replay.retry, plant.flow, row.id, "os:clerk")
    assert rows(plant, "erp")[0].reason == "observed"
