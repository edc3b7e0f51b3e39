"""A decision may come in a message of its own, from a workflow product."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, PLAIN_ROUTE, Plant, shipped

from hub import Event
from hub.flow.parts import Bundles
from hub.flow.receive import incoming_of
from hub.mapping import read_bundle
from hub.store import inbox
from hub.store import tables as t

NUMBER = "CM-2026-000001"
LEVELS = ("sales_supervisor", "operations_director", "coo")
MAPPING = """\
format: 1
mapping: workflow-to-approval
version: 1
title: Decisions of the workflow product
from: {connector: lowcode, stream: contract}
to: {record: approval}
fields:
  number: id
  about_number: about
  level: level
  person: person
"""


@pytest.fixture
def workflow(plant: Plant) -> Plant:
    """A plant whose CRM brings each decision by itself."""
    files = {**shipped(PLAIN_ROUTE).files, "own/approval.yaml": MAPPING.encode()}
    plant.flow.bundles = Bundles(read_bundle(files))
    crm = plant.flow.connections["crm"]
    decisions = dataclasses.replace(crm, mappings={"contract": "workflow-to-approval"})
    plant.flow.connections = {**plant.flow.connections, "crm": decisions}
    return plant


async def decide(plant: Plant) -> None:
    """Let every level decide, each in a message of its own, all in one batch."""
    items = [
        {"id": f"AP-{level}", "about": NUMBER, "level": level, "person": person}
        for level, person in zip(LEVELS, PEOPLE, strict=True)
    ]
    incoming = [
        incoming_of(plant.flow, "crm", Event("contract", item["id"], item)) for item in items
    ]
    await plant.flow.store.write(inbox.store, incoming)
    await plant.work()


def records(plant: Plant) -> list[Any]:
    query = sa.select(t.record.c.kind, t.record.c.number).order_by(t.record.c.id)
    return plant.store.read_now(lambda tx: [tuple(row) for row in tx.execute(query)])


async def ask(plant: Plant) -> None:
    """A salesperson saves a form that counts as approved and holds no decision itself."""
    plant.save(NUMBER, status="已批准")
    await plant.work()


async def test_a_decision_makes_no_record_of_its_own(workflow: Plant) -> None:
    await ask(workflow)
    await decide(workflow)
    assert records(workflow) == [("commitment", NUMBER)]
    assert workflow.states()["erp"][0].startswith("delivered")


async def test_a_decision_that_comes_first_waits_for_its_record(workflow: Plant) -> None:
    await decide(workflow)
    assert records(workflow) == []
    assert {one.state for one in workflow.messages()} == {"waiting"}
    await ask(workflow)
    assert records(workflow) == [("commitment", NUMBER)]
    assert workflow.states()["erp"][0].startswith("delivered")
