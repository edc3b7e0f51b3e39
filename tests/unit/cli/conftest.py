"""A hub in a folder: settings, own mappings, and a store that the real stages have filled."""

from __future__ import annotations

import asyncio
import copy
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from connectors.wms.qimen.simulator import QimenSimulator
from hub import Event, registry, settings
from hub.cli.app import main
from hub.flow import checks, sweep
from hub.flow import route as routing
from hub.flow.deliver import Deliverer
from hub.flow.parts import Bundles, Connection, Flow
from hub.flow.receive import incoming_of
from hub.store import bundles, engine, inbox, upkeep
from hub.store.rows import Policy
from hub.testing import FixedClock, SimulatorTransport

SECRETS = {"CRM_KEY": "crm-key-3fb1", "WMS_SECRET": "wms-secret-77ac"}
PHONE, STREET = "13000000001", "样本街2号"

SETTINGS = """\
tenant: TEST
store: sqlite:///hub.db
connections:
  crm:
    connector: lowcode
    base_url: http://127.0.0.1:9/api
    api_key: ${env:CRM_KEY}
    app_id: app
    forms:
      commitment: {entry_id: form}
  wms:
    connector: qimen
    base_url: http://127.0.0.1:9/router
    app_key: demo-app
    secret: ${env:WMS_SECRET}
    customer_id: demo-customer
    owner_code: OWN01
    warehouse_code: WH-NB-01
"""

ROUTE = """\
route: approved-commitment
title: To the warehouse
when: {record: commitment, from: crm, if: status == "approved"}
require:
  approvals: {levels: [sales_supervisor]}
deliver:
  - {to: wms, operation: create_order, map: commitment-to-wms}
"""

ITEM: dict[str, Any] = {
    "_id": "65f100000000000000000001",
    "updateTime": "2026-06-01T00:30:00.000Z",
    "commitment_no": "CM-2026-000123",
    "revision": "1",
    "kind": "赠品",
    "status": "已批准",
    "customer_code": "C-1042",
    "customer_name": "示例采购",
    "contact_name": "收货人",
    "contact_phone": PHONE,
    "province": "江苏省",
    "city": "苏州市",
    "district": "吴中区",
    "street": STREET,
    "contract_no": "HT-2026-77",
    "order_no": "SO-2026-0456",
    "currency": "",
    "amount": "1130.50",
    "promise_text": "买十送一",
    "promised_date": "",
    "latest_ship_at": "",
    "payment_days": "",
    "warehouse": "WH-NB-01",
    "salesperson": "王芳",
    "lines": [
        {"line_no": "1", "sku": "VALVE-50", "name": "阀门", "quantity": "10", "unit": "台",
         "unit_price": "113.05", "is_gift": "否", "note": ""},
    ],
    "approvals": [
        {"level": "销售主管", "person": "李强", "role": "主管", "decision": "同意",
         "decided_at": "2026-06-01T00:10:00.000Z", "auto_passed": "否", "comment": ""},
        {"level": "区域经理", "person": "陈静", "role": "", "decision": "同意",
         "decided_at": "", "auto_passed": "是", "comment": ""},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What one run of the command line did."""

    code: int
    out: str
    err: str


Hub = Callable[..., Ran]


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    # no token of whoever runs the tests
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "nobody"))
    for name in ("HUB_CONFIG", "HUB_TOKEN", "HUB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    yield
    # commands log to the standard error of their moment, which pytest takes away
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    structlog.reset_defaults()


@pytest.fixture
def hub(capsys: pytest.CaptureFixture[str]) -> Hub:
    """Run the command line as a shell would."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return run


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Install a connector, as pip would leave it on the path."""

    def write(name: str, code: str, target: str) -> None:
        module = f"installed_{name}_{abs(hash(tmp_path))}"
        folder = tmp_path / f"site-{name}"
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(code, "utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        entry = f"[hub.connectors]\n{name} = {module}:{target}\n"
        (info / "entry_points.txt").write_text(entry)
        monkeypatch.syspath_prepend(str(folder))

    return write


def write_hub(folder: Path) -> Path:
    """Write settings and mappings; return the settings file."""
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings" / "route.yaml").write_text(ROUTE, "utf-8")
    (folder / "hub.yaml").write_text(SETTINGS, "utf-8")
    key = folder / "hub.key"
    key.write_text("0" * 64, "ascii")
    key.chmod(0o600)
    return folder / "hub.yaml"


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "filled"
    config = write_hub(folder)
    loaded = settings.load(config, SECRETS)
    asyncio.run(_fill(loaded))
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """The settings file of a hub that never ran."""
    return write_hub(tmp_path / "empty")


@pytest.fixture
def filled(filled_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a hub that delivered, was refused, waits and failed; it is found by itself."""
    folder = tmp_path / "filled"
    shutil.copytree(filled_folder, folder)
    monkeypatch.setenv("HUB_CONFIG", str(folder / "hub.yaml"))
    return folder


async def _fill(loaded: settings.Settings) -> None:
    clock = FixedClock()
    warehouse = QimenSimulator(None, clock, secret=SECRETS["WMS_SECRET"])
    flow = _flow(loaded, clock, warehouse)
    upkeep.upgrade(flow.store.engine)
    flow.store.open()
    try:
        active = flow.bundles.active
        await flow.store.write(bundles.put, active.sha, active.files, clock.now())
        await _receive(flow, ITEM)
        await _settle(flow)
        warehouse.inject("error_in_200", detail={"message": f"库存不足 {PHONE}"}, times=9)
        await _receive(flow, item("CM-2026-000124"))
        await _settle(flow)
        await _receive(flow, item("CM-2026-000125", approvals=[]))
        await _receive(flow, item("CM-2026-000126", kind="未知"))
        await _settle(flow)
        await sweep.seal(flow)
    finally:
        for connection in flow.connections.values():
            await connection.connector.context.http.aclose()
        warehouse.state.close()
        flow.store.close()


def item(number: str, **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ITEM), "commitment_no": number, **changes}


def _flow(loaded: settings.Settings, clock: FixedClock, warehouse: QimenSimulator) -> Flow:
    connectors = {
        name: registry.build(one, clock, transport=SimulatorTransport(warehouse))
        for name, one in loaded.connections.items()
    }
    return Flow(
        engine.connect(loaded.store), clock,
        {name: Connection(name, one) for name, one in connectors.items()},
        Bundles(checks.load(loaded)), Policy(), worker="w1",
    )  # fmt: skip


async def _receive(flow: Flow, brought: dict[str, Any]) -> None:
    event = Event("commitment", f"{brought['commitment_no']}@1", brought)
    await flow.store.write(inbox.store, [incoming_of(flow, "crm", event)])


async def _settle(flow: Flow) -> None:
    """Let the stages work until nothing is left to do, read-backs included."""
    for _ in range(3):
        while await routing.route(flow):
            pass
        deliverer = Deliverer(flow)
        while await deliverer.step():
            pass
        flow.clock.advance(timedelta(minutes=2))
        await sweep.sweep(flow)
