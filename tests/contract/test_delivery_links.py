"""A delivery whose mapping needs a link waits for it, beside its lane, and goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_stories import Start, attempt, declare, end, rung, states
from delivery_world import StepDef, World

from hub.flow import links
from hub.mapping import read_bundle
from hub.store import tables as t
from hub.store import views

HEAD = """
format: 1
mapping: {name}
version: 1
title: looks something up
from: {{connector: crm, stream: promise}}
to: {{connector: erp, operation: put}}
fields:
  note: note
"""
#: Name of a mapping → its fields. Our number of the customer and the item is the record's.
FIELDS = {
    "one": """
  customer: {calc: 'left(note, 1)', lookup: crm.customer -> erp.customer, else: park}
""",
    "two": """
  customer: {calc: 'left(note, 1)', lookup: crm.customer -> erp.customer, else: park}
  item: {calc: 'left(note, 1)', lookup: hub.item -> wms.item, else: park}
""",
    "made": """
  order: {value: Q-a, lookup: hub.put -> wms.put, else: park}
""",
    "long": f"""
  customer: {{value: {256 * "C"}, lookup: hub.customer -> erp.customer, else: park}}
""",
    "gone": """
  customer: {calc: 'left(note, 1)', lookup: crm.customer -> ledgers.customer, else: park}
""",
}
FILES = {
    f"{name}.yaml": (HEAD.format(name=name).rstrip() + fields).encode()
    for name, fields in FIELDS.items()
}

Look = Callable[..., World]


@pytest.fixture
def look(start: Start) -> Look:
    """Return a world in which record P goes to the ERP through a mapping that looks up."""

    def begin(mapping: str, kind: str = "natural", **steps: dict[str, StepDef]) -> World:
        world = start(kind, {"P": {"a": StepDef("erp", mapping=mapping)}, **steps})
        world.flow.bundles.activate(read_bundle(FILES))
        return world

    return begin


def set_link(world: World, *named: str) -> None:
    """A person names an object: connection, kind, our handle, their id."""
    world.store.write_now(links.set_link, world.flow, links.Named(*named), "p")


def parked(world: World) -> list[str]:
    """Return what deliveries wait for, as a person reads it."""
    rows = world.store.read_now(views.wanted_links)
    return [f"{row['connection']} {row['kind']} {row['handle']}" for row in rows]


def notes(world: World, kind: str) -> Sequence[Any]:
    c = t.ledger.c
    query = sa.select(c.facts).where(c.kind == kind).order_by(c.id)
    return world.store.read_now(lambda tx: tx.scalars(query).all())


def payload(world: World, number: int = 0) -> Any:
    """Return the document that was sent."""
    return world.calls[number].document


# ---- parked and released ---------------------------------------------------------------------


def test_a_delivery_waits_for_a_link_and_goes_on_once_it_is_set(look: Look) -> None:
    world = look("one")
    world.revise("P", 1)
    assert world.claim() == []
    assert states(world) == ["a:blocked"]
    assert parked(world) == ["erp customer P"]
    assert notes(world, "delivery.parked")[0]["links"] == ["erp.customer P"]
    set_link(world, "erp", "customer", "P", "77")
    assert (states(world), parked(world)) == (["a:ready"], [])
    world.claim()
    assert payload(world) == {"note": "P1", "customer": "77"}
    world.proceed(0, "apply")
    world.book(0)
    end(world)


def test_a_link_that_stands_is_used_at_once(look: Look) -> None:
    world = look("one")
    set_link(world, "erp", "customer", "P", "77")
    world.revise("P", 1)
    world.claim()
    assert payload(world)["customer"] == "77"


def test_the_source_s_own_id_leads_to_our_handle_first(look: Look) -> None:
    world = look("one")
    set_link(world, "crm", "customer", "C-1042", "P")
    world.revise("P", 1)
    world.claim()
    assert parked(world) == ["erp customer C-1042"]
    set_link(world, "erp", "customer", "C-1042", "77")
    world.claim()
    assert payload(world)["customer"] == "77"


def test_a_delivery_that_needs_two_links_goes_on_with_the_second(look: Look) -> None:
    world = look("two")
    world.revise("P", 1)
    world.claim()
    assert parked(world) == ["erp customer P", "wms item P"]
    set_link(world, "wms", "item", "P", "M-3")
    assert states(world) == ["a:blocked"]
    set_link(world, "erp", "customer", "P", "77")
    world.claim()
    assert payload(world) == {"note": "P1", "customer": "77", "item": "M-3"}


def test_the_delivery_that_makes_the_object_lets_go_who_waits_for_it(look: Look) -> None:
    world = look("made", Q={"a": StepDef("wms")})
    world.revise("P", 1)
    world.claim()
    assert parked(world) == ["wms put Q-a"]
    world.revise("Q", 1)
    attempt(world, "apply")
    assert states(world) == ["a:ready", "a:delivered"]
    made = world.deliveries()[1].external_id
    world.claim()
    assert payload(world)["order"] == made


def test_an_imported_table_lets_go_everybody_at_once(look: Look) -> None:
    world = look("one", R={"a": StepDef("erp", mapping="one")})
    world.revise("P", 1)
    world.revise("R", 1)
    world.claim()
    named = [links.Named("erp", "customer", handle, f"id-{handle}") for handle in "PRX"]
    told = world.store.write_now(links.import_links, world.flow, named, "0" * 64, "p", dry_run=True)
    assert states(world) == ["a:blocked", "a:blocked"]
    again = world.store.write_now(
        links.import_links, world.flow, named, "0" * 64, "p", dry_run=False
    )
    assert told == again == {
        "counts": {"new": 3, "changed": 0, "unchanged": 0}, "changed": []
    }  # fmt: skip
    assert states(world) == ["a:ready", "a:ready"]
    assert len(notes(world, "link.imported")) == 1


# ---- lanes and keys --------------------------------------------------------------------------


def test_who_waits_for_a_link_lets_those_behind_it_in_the_lane_go_on(look: Look) -> None:
    world = look("one", Q={"a": StepDef("erp", lane="P")})
    world.revise("P", 1)
    world.revise("Q", 1)
    assert states(world) == ["a:ready", "a:blocked"]
    world.claim()
    assert states(world) == ["a:blocked", "a:ready"]
    attempt(world, "apply")
    set_link(world, "erp", "customer", "P", "77")
    attempt(world, "apply")
    assert states(world) == ["a:delivered", "a:delivered"]
    end(world)


def test_what_a_claim_sets_free_does_not_wait_for_the_next_poll(look: Look) -> None:
    world = look("one", Q={"a": StepDef("erp", lane="P")})
    world.revise("P", 1)
    world.revise("Q", 1)
    assert not rung(world, "deliver")
    assert world.claim() == []
    assert states(world) == ["a:blocked", "a:ready"]
    assert rung(world, "deliver")
    world.claim()
    assert not rung(world, "deliver")


def test_a_delivery_that_a_claim_stops_wakes_who_waits_behind_it(look: Look) -> None:
    world = look("gone", Q={"a": StepDef("erp", lane="P")})
    declare(world, full_state=True)
    world.revise("P", 1)
    world.revise("Q", 1)
    assert world.claim() == []
    assert states(world) == ["a:dead", "a:ready"]
    assert rung(world, "deliver")


def test_the_object_may_be_made_by_who_stands_behind_in_the_same_lane(look: Look) -> None:
    world = look("made", Q={"a": StepDef("wms")})
    world.steps["P"]["a"] = StepDef("wms", mapping="made", lane="Q")
    world.revise("P", 1)
    world.revise("Q", 1)
    world.settle_down()
    assert states(world) == ["a:delivered", "a:delivered"]


def test_who_goes_on_takes_its_turn_behind_those_that_came_meanwhile(look: Look) -> None:
    world = look("one", Q={"a": StepDef("erp", lane="P")})
    world.revise("P", 1)
    world.claim()
    world.revise("Q", 1)
    world.claim()
    set_link(world, "erp", "customer", "P", "77")
    assert states(world) == ["a:blocked", "a:sending"]
    world.proceed(0, "apply")
    world.book(0)
    assert states(world) == ["a:ready", "a:delivered"]


@pytest.mark.parametrize("kind", ["natural", "key"])
def test_an_object_that_was_waited_with_keeps_the_key_it_was_given(look: Look, kind: str) -> None:
    world = look("one", kind)
    world.revise("P", 1)
    before = world.deliveries()[0].key
    world.claim()
    set_link(world, "erp", "customer", "P", "77")
    assert world.deliveries()[0].key == before
    assert before == (world.deliveries()[0].id if kind == "key" else "P-a")
    attempt(world, "apply")
    end(world)


def test_an_update_that_waited_changes_what_stands_then(look: Look) -> None:
    world = look("one")
    set_link(world, "erp", "customer", "P", "77")
    world.revise("P", 1)
    attempt(world, "apply")
    forget(world, "P")
    world.revise("P", 2)
    world.claim()
    assert states(world) == ["a:delivered", "a:blocked"]
    set_link(world, "erp", "customer", "P", "78")
    attempt(world, "apply")
    assert [row.action for row in world.deliveries()] == ["create", "update"]
    end(world)


def forget(world: World, handle: str) -> None:
    """The customer is gone at the far end."""
    k = t.link.c
    gone = sa.update(t.link).where(k.kind == "customer", k.handle == handle).values(alive=False)
    world.store.write_now(lambda tx: tx.execute(gone))


# ---- what ends the waiting otherwise ---------------------------------------------------------


def test_a_newer_revision_supersedes_who_waits_for_a_link(look: Look) -> None:
    world = look("one")
    world.revise("P", 1)
    world.claim()
    world.revise("P", 2)
    assert states(world) == ["a:superseded", "a:ready"]
    world.claim()
    set_link(world, "erp", "customer", "P", "77")
    assert states(world) == ["a:superseded", "a:ready"]
    attempt(world, "apply")
    end(world)


def test_who_waits_for_a_link_can_be_cancelled_and_stays_so(look: Look) -> None:
    world = look("one")
    world.revise("P", 1)
    world.claim()
    assert world.decide(world.deliveries()[0].id, "cancel")
    assert parked(world) == []
    set_link(world, "erp", "customer", "P", "77")
    assert states(world) == ["a:cancelled"]
    end(world)


def test_who_waits_for_a_link_can_be_skipped_as_done_by_hand(look: Look) -> None:
    world = look("one")
    world.revise("P", 1)
    world.claim()
    assert world.decide(world.deliveries()[0].id, "skip")
    assert (states(world), parked(world)) == (["a:skipped"], [])


def test_a_revoked_revision_waits_no_longer(look: Look) -> None:
    world = look("one")
    world.revise("P", 1)
    world.claim()
    world.revoke("P", 1)
    assert (states(world), parked(world)) == (["a:superseded"], [])
    end(world)


def test_a_link_that_comes_after_the_deadline_is_too_late_until_a_person_retries(
    look: Look,
) -> None:
    world = look("one")
    world.revise("P", 1)
    world.claim()
    world.advance(world.deadline + timedelta(days=1))
    set_link(world, "erp", "customer", "P", "77")
    world.claim()
    (row,) = world.deliveries()
    assert (row.state, row.reason) == ("dead", "deadline")
    assert world.decide(row.id, "retry")
    attempt(world, "apply")
    assert states(world) == ["a:delivered"]


def test_a_link_nobody_could_write_stops_the_delivery_for_a_person(look: Look) -> None:
    world = look("gone")
    world.revise("P", 1)
    world.claim()
    (row,) = world.deliveries()
    assert (row.state, row.reason) == ("dead", "configuration")
    assert "ledgers" in row.words


def test_a_name_no_link_can_have_stops_the_delivery_for_a_person(look: Look) -> None:
    world = look("long")
    world.revise("P", 1)
    world.claim()
    (row,) = world.deliveries()
    assert (row.state, row.reason) == ("dead", "configuration")
    assert row.words.startswith("No link can be called so: erp customer")


def test_a_link_whose_object_has_no_id_yet_is_waited_for(look: Look) -> None:
    world = look("one")
    set_link(world, "erp", "customer", "P", "77")
    empty = sa.update(t.link).values(external_id=None)
    world.store.write_now(lambda tx: tx.execute(empty))
    world.revise("P", 1)
    world.claim()
    assert states(world) == ["a:blocked"]
    set_link(world, "erp", "customer", "P", "78")
    assert states(world) == ["a:ready"]
