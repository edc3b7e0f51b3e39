"""Whoever asks a gate beforehand is answered in time, with reasons, and the answer is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from gated import BIG, NUMBER, PLAIN, World, approval, sqlite_plant
from plant import form
from sqlalchemy import Connection as Transaction

from hub.errors import ConfigError
from hub.flow.decisions import Answer, BadQuestion, UnknownGate, decide
from hub.store import tables as t

FINE = {"payment_days": 30, "salesperson": "王五"}
TWO = [approval("u-3", "L1"), approval("u-1", "L2")]
LONG = timedelta(seconds=60)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    plant = sqlite_plant(tmp_path)
    yield World(plant, require="", deliver=PLAIN)
    plant.close()


def item(**changes: Any) -> dict[str, Any]:
    return form(NUMBER, status="已批准", amount=600000) | FINE | changes


def question(**changes: Any) -> dict[str, Any]:
    return {"connection": "crm", "stream": "commitment", "item": item(**changes)}


async def ask(world: World, asked: dict[str, Any] | None = None, **more: Any) -> Answer:
    asked = question() if asked is None else asked
    return await decide(world.flow, "big", asked, world.actor("qian"), **{"budget": LONG, **more})


def kept(world: World) -> list[Any]:
    query = sa.select(t.decision).order_by(t.decision.c.id)
    return list(world.plant.store.read_now(lambda tx: tx.execute(query).all()))


# ---- the answer --------------------------------------------------------------------------------


async def test_a_form_as_its_stream_brings_it_is_mapped_and_judged(world: World) -> None:
    found = await ask(world, question(payment_days=91))
    assert (found.answer, found.basis) == ("deny", "judged")
    first = found.reasons[0]
    assert (first["en"], first["zh"]) == ("Payment terms exceed 90 days", "账期超过 90 天")
    assert first["fields"] == ["payment_days"]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [({}, "hold"), ({"approvals": TWO}, "allow"), ({"amount": 499999}, "allow")],
    ids=["no approvals", "approvals in the form", "outside the condition"],
)
async def test_the_answer_is_what_routing_would_say(
    world: World, changes: dict[str, Any], answer: str
) -> None:
    assert (await ask(world, question(**changes))).answer == answer
    world.use(BIG, require="gates: [big]", deliver=PLAIN)
    await world.arrive(**(FINE | changes))
    assert world.message()[0] == ("waiting" if answer == "hold" else "routed")


async def test_a_canonical_record_is_judged_as_it_is(world: World) -> None:
    record = {
        "number": "CM-9", "kind": "gift", "status": "draft", "customer": {"code": "C-1"},
        "amount": "600000", "payment_days": 91,
    }  # fmt: skip
    found = await ask(world, {"record": record})
    assert (found.answer, found.basis) == ("deny", "judged")
    assert (await ask(world, {"record": record | {"amount": "1"}})).answer == "allow"


async def test_the_answer_is_kept_and_in_the_ledger(world: World) -> None:
    found = await ask(world)
    (row,) = kept(world)
    assert (row.id, row.gate, row.number, row.answer) == (found.id, "big", NUMBER, "hold")
    assert (row.actor, row.connection, row.message_id) == ("person:qian", "crm", None)
    (entry,) = world.told("gate.asked")
    assert (entry["actor"], entry["answer"], entry["content"]) == (
        "person:qian", "hold", row.content_hash,
    )  # fmt: skip


# ---- what came later ---------------------------------------------------------------------------


@pytest.mark.parametrize("same", [True, False])
async def test_the_later_message_is_matched_and_compared(world: World, same: bool) -> None:
    await ask(world)
    await world.arrive(**(FINE if same else FINE | {"promise_text": "another"}))
    (row,) = kept(world)
    assert (row.message_id, row.same) == (world.plant.messages()[0].id, same)
    (entry,) = world.told("gate.matched")
    assert (entry["answer"], entry["same"]) == ("hold", same)


async def test_an_answer_is_matched_once(world: World) -> None:
    await ask(world)
    await world.take_in(**FINE)
    await world.arrive(2, promise_text="another", **FINE)
    assert kept(world)[0].message_id == world.plant.messages()[0].id
    assert kept(world)[0].same is True


# ---- what cannot be answered -------------------------------------------------------------------


async def test_what_cannot_be_mapped_is_answered_as_the_gate_says_with_every_field(
    world: World,
) -> None:
    found = await ask(world, question(kind="?", lines=[{}]))
    assert (found.answer, found.basis) == ("deny", "unmapped")
    fields = {name for one in found.reasons for name in one["fields"]}
    assert {"kind", "lines[0].sku"} <= fields
    assert kept(world)[0].number is None


async def test_a_record_that_is_none_is_answered_without_its_values(world: World) -> None:
    found = await ask(world, {"record": {"number": "X", "salesperson": ["秘密"], "amount": 1.5}})
    assert found.basis == "unmapped"
    assert "秘密" not in str(found.reasons)
    assert {"kind", "salesperson", "amount"} <= {one["fields"][0] for one in found.reasons}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"record": "x"},
        {"connection": "crm", "item": {}},
        {"connection": "crm", "stream": 3, "item": {}},
        {"connection": "crm", "stream": "commitment", "item": []},
        {"connection": "crm", "stream": "nothing", "item": {}},
    ],
)
async def test_a_question_that_cannot_be_read_is_refused(
    world: World, asked: dict[str, Any]
) -> None:
    with pytest.raises(BadQuestion):
        await ask(world, asked)
    assert kept(world) == []


async def test_an_unknown_gate_or_connection_is_refused_with_the_nearest_name(
    world: World,
) -> None:
    with pytest.raises(UnknownGate, match="Did you mean big"):
        await decide(world.flow, "bgi", question(), world.actor("qian"))
    with pytest.raises(ConfigError, match="it has: crm"):
        await ask(world, question() | {"connection": "cmr"})


async def test_who_is_not_answered_in_time_hears_what_the_gate_says_for_that(
    world: World,
) -> None:
    let_go = threading.Event()
    busy = asyncio.ensure_future(world.flow.store.read(lambda tx: let_go.wait(30)))
    await asyncio.sleep(0)
    found = await ask(world, budget=timedelta(milliseconds=50))
    let_go.set()
    await busy
    assert (found.answer, found.basis, found.id) == ("deny", "unavailable", None)
    assert kept(world) == []


async def test_an_answer_that_cannot_be_kept_in_time_is_not_given(world: World) -> None:
    let_go = threading.Event()
    busy = asyncio.ensure_future(world.flow.store.write(lambda tx: let_go.wait(30)))
    await asyncio.sleep(0)
    found = await ask(world, budget=timedelta(milliseconds=300))
    let_go.set()
    await busy
    assert found.basis == "unavailable"
    # whoever waits behind it finds nothing written
    await world.flow.store.write(lambda tx: None)
    assert kept(world) == []


class SlowClock:
    """A clock at which the writing thread waits for its next id."""

    def __init__(self, clock: Any, let_go: threading.Event) -> None:
        self.clock, self.let_go = clock, let_go

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clock, name)

    def new_id(self) -> str:
        if threading.current_thread().name == "store-write":
            self.let_go.wait(30)
        return str(self.clock.new_id())


async def test_what_is_kept_too_late_is_not_kept(world: World) -> None:
    let_go = threading.Event()
    world.flow.clock = SlowClock(world.plant.clock, let_go)
    found = await ask(world, budget=timedelta(milliseconds=300))
    let_go.set()
    await world.flow.store.write(lambda tx: None)
    assert (found.basis, kept(world)) == ("unavailable", [])


async def test_a_store_that_fails_gives_the_answer_of_the_gate(world: World) -> None:
    def gone(tx: Transaction) -> None:
        tx.execute(sa.text("DROP TABLE decision"))

    await world.flow.store.write(gone)
    found = await ask(world)
    assert (found.answer, found.basis) == ("deny", "unavailable")
