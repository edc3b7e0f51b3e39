"""Looking links up, waiting for them and writing them: few statements, each by an index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_world import StepDef, World
from test_query_plans import reads_much

from hub import Event
from hub.flow import links
from hub.flow.lookups import Question, StoreLookUps
from hub.flow.receive import incoming_of
from hub.mapping import MissingLink, Namespace, read_bundle
from hub.store import engine, inbox
from hub.store import links as stored_links
from hub.store import tables as t
from hub.store.board import Board
from hub.store.rows import Link, Policy
from hub.testing import FixedClock

MAPPING = b"""
format: 1
mapping: one
version: 1
title: looks something up
from: {connector: crm, stream: promise}
to: {connector: erp, operation: put}
fields:
  note: note
  customer: {calc: 'left(note, 3)', lookup: crm.customer -> erp.customer, else: park}
"""
INBOUND = b"""
format: 1
mapping: inbound
version: 1
title: looks something up
from: {connector: scripted, stream: shipment}
to: {record: shipment}
fields:
  number: number
  status: {value: shipped}
  order_no: {from: order, lookup: erp.customer -> hub.customer, else: park}
  warehouse_no: {from: order, lookup: hub.customer -> crm.customer, else: keep}
"""
NAMES = [f"P{number:02d}" for number in range(30)]
CRM, ERP, HUB = (Namespace(name, "customer") for name in ("crm", "erp", "hub"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = engine.connect(f"sqlite:///{tmp_path}/links.db")
    t.metadata.create_all(store.engine)
    store.open()
    loop = asyncio.new_event_loop()
    steps = {name: {"a": StepDef("erp", mapping="one")} for name in NAMES}
    world = World(store, loop, steps, {"erp": ("natural", {}), "crm": ("natural", {})})
    world.flow.bundles.activate(read_bundle({"one.yaml": MAPPING, "two.yaml": INBOUND}))
    yield world
    loop.close()
    store.close()


def said(world: World, do: Callable[[], object]) -> list[tuple[str, Any]]:
    """Return the statements, with what they were given, that doing something makes."""
    found: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        found.append((statement, params[0] if many else params))

    sa.event.listen(world.store.engine, "before_cursor_execute", note)
    do()
    sa.event.remove(world.store.engine, "before_cursor_execute", note)
    return found


def tell(world: World, handles: list[str]) -> object:
    named = [links.Named("erp", "customer", one, f"id-{one}") for one in handles]
    return world.store.write_now(
        links.import_links, world.flow, named, "0" * 64, "p", dry_run=False
    )


def look_up(world: World, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
    return world.store.read_now(lambda tx: StoreLookUps(tx).link(source, target, value))


def test_waiting_for_links_and_writing_them_reads_no_whole_table(world: World) -> None:
    for name in NAMES[:3]:
        world.revise(name, 1)

    def live() -> None:
        world.claim(slots=20)
        tell(world, NAMES[:2])
        named = links.Named("erp", "customer", NAMES[2], "77")
        world.store.write_now(links.set_link, world.flow, named, "p")

    found = said(world, live)
    assert any("FROM link" in statement for statement, _ in found)
    assert plans(world, found) == []


def plans(world: World, found: list[tuple[str, Any]]) -> list[str]:
    """Return the steps of these statements' plans that read more the more there is."""
    steps = []
    with world.store.engine.connect() as connection:
        for statement, params in dict(found).items():
            if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", params)
                steps += [(step.detail, params) for step in plan]
    much = [step for step, params in steps if reads_much(step, params)]
    by = [step for step, _ in steps if "link USING" in step]
    assert any("link_external (connection=? AND external_id=?)" in step for step in by)
    # never only by connection and kind: that would read all customers
    few = ("(connection=? AND kind=?)", "(connection=?)")
    return much + [step for step in by if ">" in step or step.endswith(few)]


def test_thirty_documents_are_looked_up_in_the_statements_of_one(world: World) -> None:
    def statements(names: list[str]) -> int:
        for name in names:
            world.revise(name, 1)
        return sum("FROM link" in one for one, _ in said(world, lambda: world.claim(slots=100)))

    tell(world, NAMES)
    assert statements(NAMES[:1]) == statements(NAMES[1:])
    assert len(world.calls) == len(NAMES)


def test_thirty_deliveries_come_to_wait_in_the_statements_of_one(world: World) -> None:
    def reads(names: list[str]) -> int:
        for name in names:
            world.revise(name, 1)
        found = said(world, lambda: world.claim(slots=100))
        return sum(one.startswith("SELECT") for one, _ in found)

    one = reads(NAMES[:1])
    assert reads(NAMES[1:]) <= one
    assert world.calls == []


def arrive(world: World, orders: list[str]) -> None:
    """Messages about these orders of the ERP arrive."""
    world.store.write_now(
        inbox.store,
        [
            incoming_of(world.flow, "crm", Event("shipment", f"m-{one}", item))
            for one in orders
            for item in [{"number": f"S-{one}", "order": one}]
        ],
    )


def selects(world: World, do: Callable[[], object]) -> int:
    return sum(one.startswith("SELECT") for one, _ in said(world, do))


def test_thirty_messages_are_looked_up_in_the_statements_of_one(world: World) -> None:
    tell(world, NAMES)
    arrive(world, ["id-P00"])
    one = selects(world, world.route)
    arrive(world, [f"id-{name}" for name in NAMES[1:]])
    # a second look whether more is due is part of both
    assert selects(world, world.route) <= one
    records = world.store.read_now(lambda tx: tx.scalar(sa.select(sa.func.count(t.record.c.id))))
    assert records == len(NAMES)


def test_thirty_messages_come_to_wait_in_the_statements_of_one(world: World) -> None:
    arrive(world, ["id-P00"])
    one = selects(world, world.route)
    arrive(world, [f"id-{name}" for name in NAMES[1:]])
    assert selects(world, world.route) <= one
    waiting = sa.select(sa.func.count()).where(t.message.c.state == "waiting")
    assert world.store.read_now(lambda tx: tx.scalar(waiting)) == len(NAMES)


def test_messages_that_wait_for_links_read_no_whole_table(world: World) -> None:
    arrive(world, [f"id-{name}" for name in NAMES[:3]])
    tell(world, ["P"])
    world.steps["P"] = {"a": StepDef("erp")}
    world.revise("P", 1)
    world.claim()
    world.proceed(0, "apply")

    def live() -> None:
        world.route()
        tell(world, NAMES[:2])
        world.route()
        world.book_all()

    assert plans(world, said(world, live)) == []


def test_many_links_are_written_in_the_statements_of_a_few(world: World) -> None:
    for name in NAMES:
        world.revise(name, 1)
    world.claim(slots=100)
    few = said(world, lambda: tell(world, NAMES[:1]))
    many = said(world, lambda: tell(world, NAMES[1:]))
    reads = [sum(one.startswith("SELECT") for one, _ in found) for found in (few, many)]
    assert reads[0] == reads[1]


# ---- what is answered ------------------------------------------------------------------------


def test_our_number_and_theirs_lead_to_each_other(world: World) -> None:
    tell(world, ["C-1"])
    assert look_up(world, HUB, ERP, "C-1") == "id-C-1"
    assert look_up(world, ERP, HUB, "id-C-1") == "C-1"
    assert look_up(world, CRM, ERP, "C-1") == "id-C-1"
    assert look_up(world, ERP, CRM, "id-C-1") == MissingLink("crm", "customer", "C-1")


def test_their_number_that_nobody_linked_is_not_taken_for_ours(world: World) -> None:
    lacking = MissingLink("erp", "customer", "id-C-1", theirs=True)
    assert look_up(world, ERP, HUB, "id-C-1") == lacking


def test_ids_of_another_kind_or_connection_do_not_count(world: World) -> None:
    tell(world, ["C-1"])
    item = Namespace("erp", "item")
    assert look_up(world, HUB, item, "C-1") == MissingLink("erp", "item", "C-1")
    for theirs in (item, CRM):
        lacking = MissingLink(theirs.connection, theirs.kind, "id-C-1", theirs=True)
        assert look_up(world, theirs, HUB, "id-C-1") == lacking


def test_of_several_objects_that_stand_the_last_one_written_counts(world: World) -> None:
    def two(tx: sa.Connection) -> None:
        board = world.flow.board(tx)
        for number, minutes in enumerate((2, 1)):
            at = board.now + timedelta(minutes=minutes)
            link = Link(board.new_id(), "erp", "customer", "C-1", alive=True, changed_at=at)
            link.record_id, link.external_id = "r", f"id-{number}"
            board.add_link(link)
        board.save()

    world.store.write_now(two)
    assert look_up(world, HUB, ERP, "C-1") == "id-0"


def test_what_no_longer_stands_is_missing(world: World) -> None:
    tell(world, ["C-1"])
    world.store.write_now(lambda tx: tx.execute(sa.update(t.link).values(alive=False)))
    assert look_up(world, HUB, ERP, "C-1") == MissingLink("erp", "customer", "C-1")


def test_answers_loaded_together_are_those_given_one_by_one(world: World) -> None:
    tell(world, NAMES)
    asked = [Question(CRM, ERP, name) for name in [*NAMES, "X"]]

    def answers(tx: sa.Connection) -> list[str | MissingLink]:
        known = StoreLookUps(tx)
        known.load(asked)
        tx.execute(sa.delete(t.link))
        return [known.link(*question) for question in asked]

    one_by_one = [look_up(world, *question) for question in asked]
    assert world.store.write_now(answers) == one_by_one


# ---- several processes -----------------------------------------------------------------------


@pytest.mark.postgres
def test_who_makes_an_object_waits_for_who_is_about_to_want_it(postgres_url: str) -> None:
    store = engine.connect(postgres_url)
    with store.engine.begin() as one, store.engine.begin() as other:
        other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        stored_links.lock_to_want(one, ["C-1"])
        stored_links.lock_to_make(other, ["C-2"])
        with pytest.raises(sa.exc.OperationalError):
            stored_links.lock_to_make(other, ["C-1"])
        other.rollback()
    store.close()


@pytest.mark.postgres
def test_who_learns_an_id_waits_for_who_is_about_to_want_our_handle_of_it(
    postgres_url: str,
) -> None:
    store = engine.connect(postgres_url)
    t.metadata.create_all(store.engine)
    clock = FixedClock()

    def board(tx: sa.Connection) -> Board:
        return Board(tx, clock.now(), clock.new_id, Policy())

    with store.engine.begin() as one, store.engine.begin() as other:
        other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        board(one).ask_objects((), [("erp", "put", "77")])
        board(other).ask_wanted(["P-a"], [("erp", "78")])
        with pytest.raises(sa.exc.OperationalError):
            board(other).ask_wanted(["P-a"], [("erp", "77")])
        other.rollback()
    store.close()


@pytest.mark.postgres
def test_those_who_make_objects_do_not_wait_for_each_other(postgres_url: str) -> None:
    store = engine.connect(postgres_url)
    with store.engine.begin() as one, store.engine.begin() as other:
        other.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        stored_links.lock_to_make(one, ["C-1", "C-2"])
        stored_links.lock_to_make(other, ["C-2", "C-1"])
    store.close()
