"""A whole plant in one process: CRM, ERP and WMS simulators, the real store and all stages."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from connectors.crm.lowcode import simulator as crm
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.erp.tryton.connector import TrytonConnector
from connectors.erp.tryton.simulator import TrytonSimulator
from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.simulator import QimenSimulator
from hub.flow import sweep
from hub.flow.deliver import Deliverer
from hub.flow.parts import Bundles, Connection, Flow
from hub.flow.press import Press
from hub.flow.receive import receive
from hub.flow.route import route
from hub.mapping import Bundle, load_bundle, read_bundle
from hub.mapping.shipped import shipped_folder
from hub.settings import Settings
from hub.store import connections, engine, upkeep
from hub.store import tables as t
from hub.store.rows import Policy
from hub.testing import FixedClock
from hub.testing.case import as_webhook, simulated_context

LEVELS = crm.LEVELS
PEOPLE = ("李强", "赵敏", "周宏")


#: The shipped route without its document: these tests are about carrying, not about annexes.
PLAIN_ROUTE = """\
route: approved-commitment
when: {record: commitment, from: crm, if: status == "approved"}
require:
  approvals: {levels: [sales_supervisor, operations_director, coo]}
deliver:
  - {to: erp, operation: add_commitment, map: commitment-to-erp, on_confirmed: supplementary_order}
  - {to: wms, operation: create_order, map: commitment-to-wms, after: [erp], if: count(lines) > 0}
  - {to: crm, operation: update_record, map: commitment-to-lowcode, after: [erp, wms]}
"""


@functools.cache
def shipped(route: str | None = None) -> Bundle:
    """Return the shipped mapping files, with a route in the place of the shipped one if given."""
    files = load_bundle(shipped_folder()).files
    own = {} if route is None else {"own/routes/commitment.yaml": route.encode()}
    return read_bundle({**files, **own})


def form(number: str, **changes: Any) -> dict[str, Any]:
    """Return a commitment form as a salesperson fills it in."""
    return {
        "commitment_no": number, "revision": 1, "kind": "赠品", "status": "审批中",
        "customer_code": "KH0001", "customer_name": "苏州恒力精密机械有限公司",
        "contact_name": "收货人", "contact_phone": "13000000001", "province": "江苏省",
        "city": "苏州市", "district": "吴中区", "street": "样本街2号",
        "contract_no": "HT-2026-001", "order_no": "SO-1001", "currency": "CNY",
        "amount": 0, "promise_text": "随货赠送机械密封件一套", "promised_date": "2026-06-26",
        "payment_days": None, "warehouse": "WH-NB-01", "salesperson": "王芳",
        "lines": [
            {"line_no": "1", "sku": "M-003", "name": "机械密封件", "quantity": 1, "unit": "套",
             "unit_price": 0, "is_gift": "是", "note": ""},
        ],
        "approvals": [],
        **changes,
    }  # fmt: skip


@dataclass
class Plant:
    """Everything between a saved form and a shipped order."""

    folder: Path
    url: str
    clock: FixedClock = field(default_factory=FixedClock)
    #: Issues documents, as the shipped route says.
    documents: bool = False

    def __post_init__(self) -> None:
        self._presses: list[Press] = []
        self.crm = crm.LowcodeSimulator(None, self.clock, webhook_url="http://hub/webhooks/crm")
        self.erp = TrytonSimulator(None, self.clock)
        self.wms = QimenSimulator(None, self.clock, webhook_url="http://hub/webhooks/wms")
        self.store = engine.connect(self.url)
        upkeep.prepare(self.store.engine)
        self.store.open()
        self.flow = self.start()

    def start(self) -> Flow:
        """Return the stages of a fresh process."""
        crm_options = LowcodeConnector.Settings(**crm.options("http://crm"))
        parts = {
            "crm": LowcodeConnector(
                crm_options, simulated_context("crm", "http://crm", self.crm, self.clock)
            ),
            "erp": TrytonConnector(
                TrytonConnector.Settings(
                    base_url="http://erp", database=self.erp.database, username=self.erp.user,
                    password=SecretStr(self.erp.password),
                ),
                simulated_context("erp", "http://erp", self.erp, self.clock),
            ),
            "wms": QimenConnector(
                QimenConnector.Settings(
                    base_url="http://wms", app_key="demo-app", secret=SecretStr("demo-secret"),
                    customer_id="demo-customer", owner_code="OWN01", warehouse_code="WH-NB-01",
                ),
                simulated_context("wms", "http://wms", self.wms, self.clock),
            ),
        }  # fmt: skip
        self.flow = Flow(
            self.store, self.clock,
            {name: Connection(name, one) for name, one in parts.items()},
            Bundles(shipped(None if self.documents else PLAIN_ROUTE)), Policy(),
            f"worker-{self.clock.new_id()[-6:]}",
        )  # fmt: skip
        if self.documents:
            # of a process that died, the next one knows nothing
            self._presses.append(Press(self.settings, self.flow.metrics, self.clock))
            self.flow.settings = self.settings
            self.flow.press = self._presses[-1]
        self.deliverer = Deliverer(self.flow)
        return self.flow

    # -- what happens

    def save(self, number: str = "CM-2026-000001", **changes: Any) -> str:
        """A salesperson saves a form; return its id at the CRM."""
        return self.crm.save_form(form(number, **changes))

    def approve_all(self, data_id: str) -> None:
        """Three people approve."""
        for level, person in zip(LEVELS, PEOPLE, strict=True):
            self.crm.approve(data_id, level, person)

    async def arrive(self) -> list[tuple[int, list[str]]]:
        """Take in every webhook the simulators have sent; return (status, verdicts) of each."""
        answers = []
        for name, simulator in (("crm", self.crm), ("wms", self.wms)):
            requests, simulator.outgoing[:] = list(simulator.outgoing), []
            for request in requests:
                call = as_webhook(request, self.clock.now())
                reply, verdicts = await receive(self.flow, name, call)
                answers.append((reply.status, verdicts))
        return answers

    async def work(self, rounds: int = 40) -> None:
        """Let the stages run until nothing is left to do at this moment of the clock."""
        for _ in range(rounds):
            await self.arrive()
            moved = await route(self.flow)
            while await self.deliverer.step():
                moved = 1
            if not moved and not self.crm.outgoing and not self.wms.outgoing:
                return

    async def pass_time(self, *deltas: timedelta) -> None:
        """Move the clock, and let the stages do what that brings."""
        for delta in deltas:
            self.clock.advance(delta)
            await sweep.sweep(self.flow)
            await self.work()

    # -- what there is

    def messages(self) -> Sequence[Any]:
        return self._all(sa.select(t.message).order_by(t.message.c.id))

    def deliveries(self) -> Sequence[Any]:
        return self._all(sa.select(t.delivery).order_by(t.delivery.c.id))

    def states(self) -> dict[str, list[str]]:
        """Return connection → states of its deliveries, with the read-back where there is one."""
        found: dict[str, list[str]] = {}
        for row in self.deliveries():
            state = f"{row.state}/{row.confirm}" if row.confirm else row.state
            found.setdefault(row.connection, []).append(state)
        return found

    def paused(self) -> list[str]:
        states = self.store.read_now(connections.read)
        return sorted(name for name, one in states.items() if one.paused_at is not None)

    def effects(self, name: str) -> list[tuple[str, str]]:
        """Return (key, what) of everything that took effect at a far end."""
        simulator = {"crm": self.crm, "erp": self.erp, "wms": self.wms}[name]
        return [(one["key"], one["what"]) for one in simulator.effects]

    def _all(self, query: Any) -> Sequence[Any]:
        return self.store.read_now(lambda tx: tx.execute(query).all())

    def close(self) -> None:
        for press in self._presses:
            press.close()
        self.store.close()

    @functools.cached_property
    def settings(self) -> Settings:
        """What hub.yaml says where documents are issued."""
        keys = self.folder / "hub.key"
        keys.write_text("k" * 64)
        return Settings(
            tenant="HX", store=self.url, keys=keys, public_url="https://hub.example",
            documents={"issuer": {"name": "样本制造有限公司"}},
        )  # fmt: skip
