"""A plant whose commitments pass gates, and the people who decide about them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from plant import Plant, form

from hub import Event
from hub.flow import sweep
from hub.flow.parts import Bundles
from hub.flow.receive import incoming_of
from hub.flow.route import route
from hub.mapping import Bundle, read_bundle
from hub.mapping.shipped import shipped_folder
from hub.people import Actor, Delegation, People, Person
from hub.service.actions import act
from hub.store import inbox
from hub.store import tables as t

NUMBER = "CM-2026-000001"
BIG = """\
gate: big
title: Large promises
when: {record: commitment, from: crm, if: amount >= 500000}
needs:
  - {approvals: 2, roles: [director, coo]}
checks:
  - if: payment_days > 90
    then: deny
    reason: {zh: 账期超过 90 天, en: Payment terms exceed 90 days}
    fields: [payment_days]
release: {roles: [coo], valid: 2 days}
unavailable: deny
"""
ROUTE = """\
route: approved-commitment
when: {{record: commitment, from: crm, if: {when}}}
require: {{{require}}}
deliver:
{deliver}"""
TO_WMS = "  - {to: wms, operation: create_order, map: commitment-to-wms, %s}\n"
TO_CRM = "  - {to: crm, operation: update_record, map: commitment-to-lowcode, %s}\n"
PLAIN = TO_WMS % "step: wms" + TO_CRM % "after: [wms]"
AT_RECORD = {"require": "gates: [big]", "deliver": PLAIN}
AT_STEP = {"require": "", "deliver": TO_WMS % "gates: [big]" + TO_CRM % "after: [wms]"}
EDIT = """\
gate: four-eyes
when: {record: commitment, action: delivery.edit, if: amount > 50000}
release: {roles: [operator]}
"""

PEOPLE = People(
    {
        one.id: one
        for one in (
            Person("li.na", "李娜", ("director",), {"crm": ("u-1", "lina")}),
            Person("wang", "王芳", ("sales", "coo"), {"crm": ("u-2",)}),
            Person(
                "chen", "陈静", ("coo",), {"crm": ("u-3",)},
                delegations=(Delegation("zhao", date(2026, 6, 1), date(2026, 6, 2), ("coo",)),),
            ),
            Person("zhao", "赵敏", ("operator",), {"crm": ("u-4",)}),
            Person("qian", "", ("operator", "viewer")),
            Person("sun", "", ("admin",)),
        )
    }
)  # fmt: skip


@functools.cache
def _bundle(route_text: str, gates: tuple[str, ...]) -> Bundle:
    folder = shipped_folder()
    names = ("lowcode/lowcode-to-commitment", "lowcode/commitment-to-lowcode",
             "qimen/commitment-to-wms")  # fmt: skip
    files = {f"shipped/{name}.yaml": (folder / f"{name}.yaml").read_bytes() for name in names}
    files |= {f"own/gate{n}.yaml": one.encode() for n, one in enumerate(gates)}
    return read_bundle({**files, "own/route.yaml": route_text.encode()})


class World:
    """Records that arrive at a plant with gates, and what persons do about them."""

    def __init__(self, plant: Plant, gates: str = BIG, **words: str) -> None:
        self.plant = plant
        self.flow = plant.flow
        self.flow.people = PEOPLE
        self.use(gates, **words)

    def use(self, *gates: str, **words: str) -> None:
        """Put gates and a route in force; its words are `require`, `deliver` and `when`."""
        chosen = {**AT_RECORD, "when": 'status == "approved"', **words}
        self.flow.bundles = Bundles(_bundle(ROUTE.format(**chosen), gates))

    async def arrive(self, revision: int = 1, *, key: str = "", **changes: Any) -> None:
        """Take in a revision of the commitment and plan it."""
        await self.take_in(revision, key=key, **changes)
        await self.plan()

    async def take_in(self, revision: int = 1, *, key: str = "", **changes: Any) -> None:
        """Take in a revision of the commitment."""
        brought = form(NUMBER, revision=revision, status="已批准", amount=600000) | changes
        event = Event("commitment", f"{NUMBER}@{revision}{key}", brought)
        await self.flow.store.write(inbox.store, [incoming_of(self.flow, "crm", event)])

    async def plan(self) -> None:
        while await route(self.flow):
            pass

    async def work(self) -> None:
        """Let deliveries go as far as they can."""
        await self.plan()
        while await self.plant.deliverer.step():
            pass

    async def pass_time(self, delta: Any) -> None:
        self.plant.clock.advance(delta)
        await sweep.sweep(self.flow)
        await self.plan()

    async def do(self, action: str, who: str | Actor = "chen", **given: Any) -> Any:
        """Let a person do something about the newest hold, or what is named."""
        actor = self.actor(who) if isinstance(who, str) else who
        if action != "gate.hold" and "id" not in given:
            given["id"] = self.holds()[-1].id
        given.setdefault("reason", "agreed by telephone")
        return await act(self.flow, action, given, actor)

    def actor(self, name: str) -> Actor:
        person = PEOPLE.persons[name]
        roles = PEOPLE.roles_of(person, self.plant.clock.now())
        return Actor(person, roles, token=f"t-{name}", token_made_by="person:sun")

    # -- what there is

    def holds(self) -> Sequence[Any]:
        return self._all(sa.select(t.hold).order_by(t.hold.c.id))

    def states(self) -> list[str]:
        return [one.state for one in self.holds()]

    def message(self) -> tuple[str, str | None]:
        """Return state and reason of the first message."""
        row = self.plant.messages()[0]
        return row.state, row.reason

    def messages(self) -> list[str]:
        return [one.state for one in self.plant.messages()]

    def deliveries(self) -> dict[str, str]:
        """Return step → state of the newest delivery of each step."""
        return {one.step: one.state for one in self.plant.deliveries()}

    def waits(self) -> set[tuple[str, str]]:
        """Return step and kind of every wait."""
        w, d = t.delivery_wait.c, t.delivery.c
        query = sa.select(d.step, w.kind).join(t.delivery, d.id == w.delivery_id)
        return {(one.step, one.kind) for one in self._all(query)}

    def told(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the facts of ledger entries of a kind."""
        query = sa.select(t.ledger).where(t.ledger.c.kind == kind).order_by(t.ledger.c.id)
        return [{**one.facts, "actor": one.actor} for one in self._all(query)]

    def _all(self, query: Any) -> Sequence[Any]:
        return self.plant.store.read_now(lambda tx: tx.execute(query).all())


def approval(person: str, level: str = "L1", **more: Any) -> dict[str, Any]:
    """Return one decision as the form has it."""
    return {
        "level": level, "person": person, "role": "", "decision": "同意", "decided_at": "",
        "auto_passed": "否", "comment": "", **more,
    }  # fmt: skip


def sqlite_plant(folder: Path) -> Plant:
    """Return a plant on SQLite."""
    return Plant(folder, f"sqlite:///{folder}/hub.db")
