"""A message whose mapping needs a link waits for it, and goes on as soon as it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_stories import Start, attempt, rung, states
from delivery_world import StepDef, World

from hub import Event
from hub.flow import links, replay
from hub.flow.receive import incoming_of
from hub.mapping import read_bundle
from hub.store import inbox, views
from hub.store import tables as t

HEAD = """
format: 1
mapping: {name}
version: 1
title: looks something up
from: {{connector: scripted, stream: {name}}}
to: {{record: {record}}}
fields:
  number: number
"""
COMMITMENT = """
  kind: {value: gift}
  status: {value: approved}
  customer: {fields: {code: {value: C-1}, name: {value: N}}}
"""
DECISION = """
  about_number: number
  level: {value: boss}
  person: {value: A}
"""
#: Stream and mapping → the record it is for, and its fields.
FIELDS = {
    "shipment": ("shipment", """
  status: {value: shipped}
  order_no: {from: order, lookup: erp.put -> hub.put, else: park}
"""),
    "order": ("order", """
  status: {value: open}
  customer: {fields: {code: {from: customer, lookup: crm.customer -> erp.customer, else: park}}}
"""),
    "both": ("shipment", """
  status: {value: shipped}
  order_no: {from: order, lookup: hub.order -> erp.order, else: park}
  warehouse_no: {from: order, lookup: hub.order -> wms.order, else: park}
"""),
    "strict": ("shipment", """
  status: {value: shipped}
  order_no: {from: order, lookup: erp.put -> hub.put}
"""),
    "gone": ("shipment", """
  status: {value: shipped}
  order_no: {from: order, lookup: hub.order -> ledgers.order, else: park}
"""),
    "promised": ("shipment", """
  status: {value: shipped}
  order_no: {from: order, lookup: crm.commitment -> hub.commitment, else: park}
"""),
    "promise": ("commitment", COMMITMENT),
}  # fmt: skip
#: A route whose delivery is named after a customer that must be linked.
ROUTE = b"""
route: promises
title: Promises
when: {record: commitment}
deliver:
  - {to: erp, operation: put, map: named}
"""
NAMED = b"""
format: 1
mapping: named
version: 1
title: is named after a customer
from: {record: commitment}
to: {connector: scripted, operation: put}
let:
  owner: {from: customer.code, lookup: hub.customer -> erp.customer, else: park}
key: "{$owner}-{number}"
fields:
  note: {from: number}
"""
FILES = {
    f"{name}.yaml": (HEAD.format(name=name, record=record).rstrip() + fields).encode()
    for name, (record, fields) in FIELDS.items()
}

Begin = Callable[..., World]


@pytest.fixture
def begin(start: Start) -> Begin:
    """Return a world whose far ends bring orders and shipments."""

    def made(files: dict[str, bytes] = FILES) -> World:
        world = start("natural", {"P": {"a": StepDef("erp")}})
        world.flow.bundles.activate(read_bundle(files))
        return world

    return made


def arrive(
    world: World, stream: str, number: str, connection: str = "wms",
    object_id: str | None = None, **item: str,
) -> str:  # fmt: skip
    """A message arrives and is taken up; return its id."""
    event = Event(stream, f"{stream}-{number}", {"number": number, **item}, object_id=object_id)
    incoming = incoming_of(world.flow, connection, event)
    world.store.write_now(inbox.store, [incoming])
    world.route()
    return incoming.id


def set_link(world: World, *named: str) -> None:
    """A person names an object: connection, kind, our handle, their id."""
    world.store.write_now(links.set_link, world.flow, links.Named(*named), "p")


def import_links(world: World, *named: str) -> None:
    given = [links.Named(*named)]
    world.store.write_now(links.import_links, world.flow, given, "0" * 64, "p", dry_run=False)


def message(world: World, message_id: str) -> dict[str, Any]:
    return world.store.read_now(views.message, message_id)


def told(world: World, message_id: str) -> tuple[str, str]:
    row = message(world, message_id)
    return row["state"], row["reason"]


def wanted(world: World) -> list[tuple[Any, ...]]:
    """Return the links somebody waits for, as `hub status` tells them."""
    rows = world.store.read_now(views.wanted_links)
    return [tuple(row.values()) for row in rows]


def document(world: World, number: str) -> dict[str, Any]:
    """Return what was stored of a record."""
    c, r = t.record_revision.c, t.record.c
    query = sa.select(c.document).join_from(t.record_revision, t.record, c.record_id == r.id)
    found: dict[str, Any] = world.store.read_now(
        lambda tx: tx.scalar(query.where(r.number == number))
    )
    return found


def deliver(world: World, record: str) -> str:
    """A delivery makes an object at the ERP; return the ERP's id of it."""
    world.revise(record, 1)
    attempt(world, "apply")
    return str(world.deliveries()[-1].external_id)


# ---- their id is here, our handle is missing -------------------------------------------------


def test_a_message_waits_for_a_link_and_says_the_command_that_writes_it(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "shipment", "S-1", order="77")
    assert told(world, one) == ("waiting", "link missing: hub link set erp put OUR_HANDLE 77")
    assert message(world, one)["finished_at"] is None
    assert wanted(world) == [("erp", "put", None, "77", 1)]
    assert document(world, "S-1") is None


def test_it_is_taken_up_in_the_transaction_that_sets_the_link(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "shipment", "S-1", order="77")
    set_link(world, "erp", "put", "P-a", "77")
    row = message(world, one)
    assert (row["state"], row["due_at"]) == ("received", world.clock.now())
    assert wanted(world) == []
    world.route()
    assert told(world, one)[0] == "routed"
    assert document(world, "S-1")["order_no"] == "P-a"


def test_it_is_taken_up_with_an_imported_table(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "shipment", "S-1", order="77")
    import_links(world, "erp", "put", "P-a", "77")
    assert message(world, one)["state"] == "received"
    world.route()
    assert document(world, "S-1")["order_no"] == "P-a"


def test_it_is_taken_up_once_a_delivery_learns_the_id(begin: Begin) -> None:
    world = begin()
    world.revise("P", 1)
    (call,) = world.claim()
    # the warehouse is faster than the ERP's answer
    theirs = f"erp-{call.row.key}-{call.row.id[-4:]}"
    one = arrive(world, "shipment", "S-1", order=theirs)
    assert told(world, one)[0] == "waiting"
    world.proceed(0, "apply")
    world.book(0)
    assert world.deliveries()[0].external_id == theirs
    assert message(world, one)["state"] == "received"
    world.route()
    assert document(world, "S-1")["order_no"] == "P-a"


def test_it_is_taken_up_once_a_person_says_what_was_made_by_hand(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "shipment", "S-1", order="77")
    world.revise("P", 1)
    (row,) = world.deliveries()
    world.store.write_now(replay.skip, world.flow, row.id, "done", "p", external_id="77")
    assert message(world, one)["state"] == "received"


def test_it_is_taken_up_once_the_record_itself_comes_from_its_source(begin: Begin) -> None:
    world = begin()
    world.connectors["crm"] = world.connectors["erp"]
    for flow in world.flows:
        flow.connections = {**flow.connections, "crm": flow.connections["erp"]}
    one = arrive(world, "promised", "S-1", order="65f1")
    assert told(world, one)[0] == "waiting"
    arrive(world, "promise", "CM-1", connection="crm", object_id="65f1")
    assert told(world, one)[0] == "routed"
    assert document(world, "S-1")["order_no"] == "CM-1"


@pytest.mark.parametrize("turned", [False, True], ids=["waits first", "comes first"])
def test_what_comes_in_the_same_batch_as_its_link_does_not_wait_for_ever(
    begin: Begin, turned: bool
) -> None:
    world = begin()
    for flow in world.flows:
        flow.connections = {**flow.connections, "crm": flow.connections["erp"]}
    events = [
        ("wms", Event("promised", "m-1", {"number": "S-1", "order": "65f1"})),
        ("crm", Event("promise", "m-2", {"number": "CM-1"}, object_id="65f1")),
    ]
    incoming = [incoming_of(world.flow, *one) for one in (events[::-1] if turned else events)]
    world.store.write_now(inbox.store, incoming)
    world.route()
    assert document(world, "S-1")["order_no"] == "CM-1"


def test_a_number_of_ours_that_is_also_one_of_theirs_releases_nobody(begin: Begin) -> None:
    world = begin()
    set_link(world, "erp", "put", "77", "X-1")
    one = arrive(world, "shipment", "S-1", order="77")
    assert told(world, one)[0] == "waiting"
    set_link(world, "erp", "put", "77", "X-2")
    assert told(world, one)[0] == "waiting"
    set_link(world, "erp", "put", "P-a", "77")
    world.route()
    assert document(world, "S-1")["order_no"] == "P-a"


def test_a_delivery_that_lacks_our_handle_waits_and_goes_on_too(begin: Begin) -> None:
    world = begin()
    fields = b"""
format: 1
mapping: one
version: 1
title: looks our handle up
from: {connector: crm, stream: promise}
to: {connector: erp, operation: put}
fields:
  note: {calc: 'left(note, 1)', lookup: wms.put -> hub.put, else: park}
"""
    world.flow.bundles.activate(read_bundle({"one.yaml": fields}))
    world.steps["P"]["a"] = StepDef("erp", mapping="one")
    # a row of that name that stands must not be taken for what is missing
    set_link(world, "wms", "put", "P", "9")
    world.revise("P", 1)
    assert world.claim() == []
    assert (states(world), wanted(world)) == (["a:blocked"], [("wms", "put", None, "P", 1)])
    set_link(world, "wms", "put", "Q-a", "P")
    world.claim()
    assert world.calls[0].document == {"note": "Q-a"}


# ---- our handle is here, their id is missing -------------------------------------------------


def test_a_message_that_needs_the_id_of_another_connection_waits_for_it(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "order", "O-1", customer="C-1042")
    command = "hub link set erp customer C-1042 ID"
    assert told(world, one) == ("waiting", f"link missing: {command}")
    assert wanted(world) == [("erp", "customer", "C-1042", None, 1)]
    set_link(world, "erp", "customer", "C-1042", "77")
    world.route()
    assert document(world, "O-1")["customer"]["code"] == "77"


def test_a_link_that_stands_is_used_at_once(begin: Begin) -> None:
    world = begin()
    set_link(world, "erp", "customer", "C-1042", "77")
    one = arrive(world, "order", "O-1", customer="C-1042")
    assert told(world, one)[0] == "routed"
    assert document(world, "O-1")["customer"]["code"] == "77"


def test_a_message_that_needs_two_links_is_routed_with_the_second(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "both", "S-1", order="O-1")
    assert told(world, one)[1] == (
        "link missing: hub link set erp order O-1 ID; hub link set wms order O-1 ID"
    )
    set_link(world, "wms", "order", "O-1", "8")
    set_link(world, "erp", "order", "O-1", "9")
    world.route()
    found = document(world, "S-1")
    assert (found["order_no"], found["warehouse_no"]) == ("9", "8")


def test_after_the_first_of_two_links_it_waits_for_the_second(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "both", "S-1", order="O-1")
    set_link(world, "erp", "order", "O-1", "9")
    world.route()
    assert told(world, one) == ("waiting", "link missing: hub link set wms order O-1 ID")
    set_link(world, "wms", "order", "O-1", "8")
    world.route()
    assert told(world, one)[0] == "routed"


def test_deliveries_and_messages_that_wait_for_one_link_are_counted_together(begin: Begin) -> None:
    world = begin()
    arrive(world, "order", "O-1", customer="C-1042")
    arrive(world, "order", "O-2", customer="C-1042")
    assert wanted(world) == [("erp", "customer", "C-1042", None, 2)]


# ---- what does not wait ----------------------------------------------------------------------


def test_without_park_a_missing_link_fails_the_message_and_names_the_command(
    begin: Begin,
) -> None:
    world = begin()
    one = arrive(world, "strict", "S-1", order="77")
    state, reason = told(world, one)
    assert state == "failed"
    assert "E217" in reason
    assert "hub link set erp put OUR_HANDLE 77" in reason
    assert wanted(world) == []


@pytest.mark.parametrize("name", ["O" * 256, "", "O\x001"], ids=["too long", "empty", "NUL"])
@pytest.mark.parametrize("stream", ["shipment", "both"])
def test_a_name_no_link_can_have_fails_the_message(begin: Begin, stream: str, name: str) -> None:
    world = begin()
    one = arrive(world, stream, "S-1", order=name)
    state, reason = told(world, one)
    assert state == "failed"
    assert reason.startswith("configuration: No link can be called so: erp ")


def test_a_connection_the_hub_does_not_have_fails_the_message(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "gone", "S-1", order="O-1")
    state, reason = told(world, one)
    assert state == "failed"
    assert "ledgers" in reason
    assert wanted(world) == []


def test_a_waiting_message_can_be_replayed_and_waits_again(begin: Begin) -> None:
    world = begin()
    one = arrive(world, "order", "O-1", customer="C-1042")
    world.store.write_now(replay.replay, world.flow, one, "p")
    world.route()
    assert told(world, one)[0] == "waiting"


def test_a_delivery_named_after_a_link_lets_its_message_wait(begin: Begin) -> None:
    world = begin({"p.yaml": FILES["promise.yaml"], "route.yaml": ROUTE, "named.yaml": NAMED})
    one = arrive(world, "promise", "CM-1")
    command = "hub link set erp customer C-1 ID"
    assert told(world, one) == ("waiting", f"link missing: {command}")
    assert world.deliveries() == []
    set_link(world, "erp", "customer", "C-1", "77")
    world.route()
    assert [row.key for row in world.deliveries()] == ["77-CM-1"]


def test_a_decision_that_waited_for_a_link_counts_when_it_is_taken_up(begin: Begin) -> None:
    asking = ROUTE.replace(b"deliver:", b"require: {approvals: {levels: [boss]}}\ndeliver:")
    decision = (HEAD.format(name="decision", record="approval").rstrip() + DECISION).encode()
    world = begin({
        "p.yaml": FILES["promise.yaml"], "route.yaml": asking, "named.yaml": NAMED,
        "d.yaml": decision,
    })  # fmt: skip
    one = arrive(world, "promise", "CM-1")
    other = arrive(world, "decision", "CM-1")
    assert told(world, other) == ("waiting", "link missing: hub link set erp customer C-1 ID")
    set_link(world, "erp", "customer", "C-1", "77")
    world.route()
    assert [row.key for row in world.deliveries()] == ["77-CM-1"]
    assert (told(world, one)[0], told(world, other)[0]) == ("routed", "routed")


# ---- who is told -----------------------------------------------------------------------------


def test_whoever_makes_the_link_wakes_the_stage_that_routes(begin: Begin) -> None:
    world = begin()
    world.revise("P", 1)
    (call,) = world.claim()
    arrive(world, "shipment", "S-1", order=f"erp-{call.row.key}-{call.row.id[-4:]}")
    world.proceed(0, "apply")
    assert not rung(world, "route")
    world.book(0)
    assert rung(world, "route")
