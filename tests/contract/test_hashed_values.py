"""`redact: hash` hashes with the hub's own key, whatever is mapped and whoever maps it."""

from __future__ import annotations

from delivery_stories import Start
from delivery_world import StepDef, World

from hub import Event
from hub.flow.receive import incoming_of
from hub.mapping import read_bundle
from hub.mapping.data.redaction import keyed_hash
from hub.store import inbox, views

OUT = b"""
format: 1
mapping: out
version: 1
title: hashes
from: {connector: crm, stream: promise}
to: {connector: erp, operation: put}
fields:
  note: {from: note, redact: hash}
"""
IN = b"""
format: 1
mapping: in
version: 1
title: hashes
from: {connector: scripted, stream: shipment}
to: {record: shipment}
fields:
  number: {from: number, redact: hash}
  order_no: {value: O-1}
  status: {value: shipped}
"""
KEY = b"a key of one hub"


def begin(start: Start, secret: bytes) -> World:
    world = start("natural", {"P": {"a": StepDef("erp", mapping="out")}})
    for flow in world.flows:
        flow.secret = secret
    world.flow.bundles.activate(read_bundle({"out.yaml": OUT, "in.yaml": IN}))
    return world


def test_what_is_sent_is_hashed_with_the_key_of_the_hub(start: Start) -> None:
    world = begin(start, KEY)
    world.revise("P", 1)
    (call,) = world.claim()
    assert call.document["note"] == keyed_hash("P1", KEY)


def test_what_comes_in_is_hashed_with_the_key_of_the_hub(start: Start) -> None:
    world = begin(start, KEY)
    event = Event("shipment", "m-1", {"number": "13000000001"})
    world.store.write_now(inbox.store, [incoming_of(world.flow, "wms", event)])
    world.route()
    (record,) = world.store.read_now(views.records)
    assert record["number"] == keyed_hash("13000000001", KEY)


def test_without_a_key_nothing_is_sent_and_the_mapping_says_why(start: Start) -> None:
    world = begin(start, b"")
    world.revise("P", 1)
    assert world.claim() == []
    (row,) = world.deliveries()
    assert (row.state, row.reason) == ("dead", "mapping")
    assert "run hub init" in row.words
