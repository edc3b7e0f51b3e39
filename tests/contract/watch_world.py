"""A small company for watches: contracts come from crm by themselves, orders of erp are polled."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from hub import (
    Command,
    Connector,
    ConnectorError,
    Context,
    Event,
    Idempotency,
    Operation,
    Outcome,
    Page,
    Progress,
    Receipt,
    Received,
    Spec,
    Stream,
)
from hub.flow import watch
from hub.flow.parts import Bundles, Connection, Flow
from hub.flow.poll import poll
from hub.flow.receive import incoming_of
from hub.flow.route import route
from hub.mapping.bundle import read_bundle
from hub.people import Actor
from hub.service import actions
from hub.settings import Settings
from hub.store import inbox
from hub.store import tables as t
from hub.store.engine import Store
from hub.store.rows import Policy
from hub.testing import FixedClock
from hub.testing.case import simulated_context

CONTRACT = """\
mapping: crm-to-contract
from: {connector: crm-product, stream: contract}
to: {record: contract}
fields:
  number: number
  status: status
  customer: {fields: {code: customer}}
  company: company
"""
ORDER = """\
mapping: erp-to-order
from: {connector: erp-product, stream: order}
to: {record: order}
fields:
  number: number
  status: {from: status, required: true}
  contract_no: contract_no
  customer: {fields: {code: customer}}
"""
NOTICE = """\
mapping: notice-to-im
from: {record: notice}
to: {connector: im-product, operation: notify}
fields: {text: text_en, about: key, event: event}
"""
WATCH = """\
watch: delivery-not-started
title: Delivery not started
when: {record: contract, from: crm, if: status == "signed"}
key: number
unless: {record: order, key: contract_no, within: 2 working hours}
then:
  - {notify: [role:sales_supervisor]}
  - {after: 1 working day, notify: [role:regional_director]}
repeat: 1 working day
"""


class Crm(Connector):
    """Contracts come by themselves."""

    spec: ClassVar[Spec] = Spec("crm-product", "CRM", "CRM", streams=(Stream("contract", "C"),))

    def receive(self, request: Any) -> Received:
        raise NotImplementedError


class Erp(Connector):
    """Orders are only found by asking."""

    spec: ClassVar[Spec] = Spec(
        "erp-product", "ERP", "ERP", streams=(Stream("order", "O", polled=True),)
    )

    def __init__(self, settings: Any, context: Context) -> None:
        super().__init__(settings, context)
        self.orders: list[Event] = []
        self.up = True
        #: Orders on one page; None: all.
        self.page: int | None = None
        #: Seconds until a page is there.
        self.takes = 0.0
        #: It goes down once so many pages were read.
        self.pages_left: int | None = None
        self._polls = itertools.count(1)

    async def poll(self, stream: str, cursor: str | None) -> Page:
        if not self.up or self.pages_left == 0:
            raise ConnectorError(Outcome.UNAVAILABLE_NOT_APPLIED, "erp is down")
        if self.pages_left is not None:
            self.pages_left -= 1
        await self.context.clock.sleep(self.takes)
        most = self.page or len(self.orders)
        events, self.orders = self.orders[:most], self.orders[most:]
        return Page(events, f"{next(self._polls)}", more=bool(self.orders))


class Im(Connector):
    """Takes words."""

    spec: ClassVar[Spec] = Spec(
        "im-product", "IM", "IM", operations=(Operation("notify", "N", Idempotency.KEY),)
    )

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        raise NotImplementedError


class Company:
    """Store, stages and clock; Monday, 1 June 2026, 09:00 in China."""

    def __init__(self, store: Store, clock: FixedClock | None = None) -> None:
        self.store, self.clock = store, clock or FixedClock()
        self._ids = itertools.count(1)
        self.connectors = {
            "crm": Crm(None, simulated_context("crm", "http://crm", None, self.clock)),
            "erp": Erp(None, simulated_context("erp", "http://erp", None, self.clock)),
            "im": Im(None, simulated_context("im", "http://im", None, self.clock)),
        }
        self.settings: dict[str, Any] = {}
        #: The mapping of orders, and whether its watch files are shipped ones.
        self.order_mapping, self.origin = ORDER, "own"
        self.flow = self.start(WATCH)

    def start(self, *watches: str, **settings: Any) -> Flow:
        """Return the stages of a fresh process with these watch files."""
        self.settings = settings or self.settings
        files = {
            f"{self.origin}/w{number}.yaml": one.encode() for number, one in enumerate(watches)
        }
        texts = {"own/c.yaml": CONTRACT, "own/o.yaml": self.order_mapping, "own/n.yaml": NOTICE}
        files |= {name: text.encode() for name, text in texts.items()}
        connections: dict[str, Any] = {
            name: {"name": name, "connector": one.spec.name}
            for name, one in self.connectors.items()
        }
        connections["erp"]["poll"] = {"every": "5m"}
        self.flow = Flow(
            self.store, self.clock,
            {name: Connection(name, one) for name, one in self.connectors.items()},
            Bundles(read_bundle(files)), Policy(), worker=f"w{next(self._ids)}",
            settings=Settings.model_validate(
                {"tenant": "T", "connections": connections, **self.settings}
            ),
        )  # fmt: skip
        return self.flow

    # -- what happens

    async def contract(self, number: str = "HT-1", status: str = "signed", **more: Any) -> None:
        """Somebody saves a contract."""
        item = {"number": number, "status": status, "customer": "C-1", **more}
        await self.bring("crm", "contract", item)
        await self.work()

    async def order(self, contract_no: str = "HT-1", **more: Any) -> None:
        """An order appears in the ERP, and is found by the next poll."""
        number = next(self._ids)
        item = {"number": f"SO-{number}", "status": "open", "contract_no": contract_no,
                "customer": "C-1", **more}  # fmt: skip
        self.connectors["erp"].orders.append(Event("order", f"o{number}", item))

    async def bring(self, connection: str, stream: str, item: dict[str, Any]) -> None:
        """A message is stored, and not yet taken up."""
        event = Event(stream, f"m{next(self._ids)}", item)
        await self.store.write(inbox.store, [incoming_of(self.flow, connection, event)])

    async def read(self) -> None:
        """The ERP is polled, and what it brought is taken up."""
        await poll(self.flow, "erp", "order")
        await self.work()

    async def work(self) -> None:
        while await route(self.flow):
            pass

    async def fire(self) -> None:
        """Let the watches do what is due at this moment."""
        for _ in range(50):
            if not await watch.fire(self.flow):
                return
        raise AssertionError("the watches are never done")

    async def until(self, moment: str, *, read: bool = True) -> None:
        """Let time pass to a moment in China, read the ERP, and let the watches do their work."""
        self.clock.advance(at(moment) - self.clock.now())
        if read:
            await self.read()
        await self.fire()

    async def act(self, action: str, **given: Any) -> Any:
        return await actions.act(self.flow, action, given, Actor(os_user="li", trusted=True))

    # -- what there is

    def rows(self, *columns: str) -> list[Any]:
        """Return the rows by watch and key; of one column its values."""
        w = t.watch.c
        query = sa.select(*(w[one] for one in columns or ("state",))).order_by(w.watch, w.key)
        query = query.where(w.key != "")
        found = self.all(query)
        return [row[0] for row in found] if len(columns) < 2 else [tuple(row) for row in found]

    def told(self) -> list[tuple[str, list[str]]]:
        """Return kind and addressees of every notice of a watch, in the order they were queued."""
        return [(row.kind, row.to) for row in self.notices()]

    def notices(self) -> Sequence[Any]:
        n = t.notice.c
        return self.all(sa.select(t.notice).where(n.cause.like("watch:%")).order_by(n.id))

    def alerts(self, state: str = "open") -> list[tuple[str, str]]:
        a = t.alert.c
        rows = self.all(sa.select(a.kind, a.subject).where(a.state == state).order_by(a.id))
        return [tuple(row) for row in rows]

    def noted(self, kind: str) -> Sequence[Any]:
        e = t.ledger.c
        return self.all(sa.select(t.ledger).where(e.kind == kind).order_by(e.id))

    def all(self, query: Any) -> Sequence[Any]:
        return self.store.read_now(lambda tx: tx.execute(query).all())


def at(moment: str) -> datetime:
    """Return a moment of June 2026 in China, such as `1 11:00`."""
    day, time = moment.split()
    return datetime.fromisoformat(f"2026-06-{int(day):02d}T{time}+08:00")


def later(**by: float) -> timedelta:
    return timedelta(**by)
