"""The contract suite, asked of every connector that comes with the hub."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

import connectors.crm.lowcode.simulator as lowcode
import connectors.wms.qimen.settings as qimen
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.wire import read_push
from connectors.files.folder import connector as folder
from connectors.files.folder.settings import FolderSettings
from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.signing import sign
from connectors.wms.qimen.simulator import QimenSimulator
from connectors.wms.qimen.wire import parse
from hub import Action, BadRequest, Command, Connector, WebhookRequest
from hub.testing import FixedClock
from hub.testing.case import Case, Exercise, Webhooks, as_webhook, simulated_context
from hub.testing.contract import ConnectorContract
from hub.testing.example.contract import ExampleContract
from tests.connectors import folder_files


class TestExample(ExampleContract):
    """The far end that the suite itself is tried on."""


# ---- qimen -----------------------------------------------------------------------------------

_QIMEN_ORDER: dict[str, Any] = {
    "deliveryOrder": {
        "placeOrderTime": "2026-05-30 09:12:00",
        "receiverInfo": {
            "name": "收货人甲",
            "mobile": "13000000001",
            "province": "江苏省",
            "city": "苏州市",
            "detailAddress": "样本街二号",
        },
    },
    "orderLines": [
        {"orderLineNo": "1", "itemCode": "VALVE-50", "planQty": 10, "actualPrice": "113.00"},
    ],
}
_QIMEN_URL = "http://wms.test/router/qimen/service"
_QIMEN_SECRET = "qimen-contract-secret"


def _qimen_webhook(body: bytes, at: datetime) -> WebhookRequest:
    params = {
        "method": "deliveryorder.confirm",
        "timestamp": at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S"),
        "format": "xml",
        "app_key": "app",
        "v": "2.0",
        "sign_method": "md5",
        "customerId": "cust",
    }
    query = [*params.items(), ("sign", sign(_QIMEN_SECRET, params.items(), body))]
    return WebhookRequest("POST", "/webhooks/wms", query, {"content-type": "text/xml"}, body, at)


class TestQimen(ConnectorContract):
    """Refuses a second order of one code; has no tokens, no polling and no late answers."""

    connector = QimenConnector
    samples = Path(qimen.__file__).with_name("samples")
    unspoken = frozenset({"token_expired", "accepted"})

    def make_case(self, clock: FixedClock) -> Case:
        simulator = QimenSimulator(
            clock=clock, app_key="app", secret=_QIMEN_SECRET, customer_id="cust"
        )
        settings = qimen.QimenSettings(
            base_url=_QIMEN_URL,
            app_key="app",
            secret=SecretStr(_QIMEN_SECRET),
            customer_id="cust",
            owner_code="OWN01",
            warehouse_code="WH-01",
        )

        def connect() -> Connector:
            return QimenConnector(settings, simulated_context("wms", _QIMEN_URL, simulator, clock))

        command = Command("create_order", Action.CREATE, _QIMEN_ORDER, "CM-2026-000123-1")
        return Case(
            simulator=simulator,
            clock=clock,
            connect=connect,
            secrets=(_QIMEN_SECRET,),
            exercises={"create_order": Exercise(command, call="deliveryorder.create")},
            webhooks=Webhooks(
                body=(self.samples / "deliveryorder_confirm_final.xml").read_bytes(),
                sign=_qimen_webhook,
                signature="sign",
                window=timedelta(minutes=15),
            ),
            refusal="系统校验失败",
        )

    def read_sample(self, connector: Connector, sample: Path) -> None:
        if sample.suffix == ".json":
            json.loads(sample.read_bytes())
        elif sample.stem.endswith(("malformed", "xxe")):
            request = _qimen_webhook(sample.read_bytes(), datetime(2026, 6, 1, tzinfo=UTC))
            with pytest.raises(BadRequest):
                connector.receive(request)  # type: ignore[attr-defined]
        else:
            root, content = parse(sample.read_bytes())
            assert root in ("request", "response", "error_response")
            assert content


# ---- lowcode ---------------------------------------------------------------------------------

_LOWCODE_URL = "https://lowcode.test/api"
_COMMITMENT = {"commitment_no": "CM-2026-000123", "status": "审批中", "customer_code": "C-1042"}
_ANNEX = {"name": "annex.pdf", "media_type": "application/pdf", "content": "JVBERi0xLjcK"}


def _lowcode_webhook(body: bytes, at: datetime) -> WebhookRequest:
    push = lowcode.signed_push("https://hub.test/webhooks/crm", body, at, "deliver-000001")
    return as_webhook(push, at)


def _lowcode_push() -> bytes:
    ids = {"_id": f"{1:024x}", "appId": lowcode.APP_ID, "entryId": lowcode.ENTRY_IDS["commitment"]}
    record = {**ids, **_COMMITMENT, "updateTime": "2026-06-01T01:00:00.000Z"}
    return json.dumps({"op": "data_update", "data": record}, ensure_ascii=False).encode()


class TestLowcode(ConnectorContract):
    """Writes into forms that people made; a cancel writes again; a fixed API key."""

    connector = LowcodeConnector
    samples = Path(lowcode.__file__).with_name("samples")
    unspoken = frozenset({"token_expired", "accepted"})

    def make_case(self, clock: FixedClock) -> Case:
        simulator = lowcode.LowcodeSimulator(clock=clock)
        settings = LowcodeSettings.model_validate(
            {
                "base_url": _LOWCODE_URL,
                "api_key": lowcode.API_KEY,
                "webhook_secret": lowcode.WEBHOOK_SECRET,
                "app_id": lowcode.APP_ID,
                "forms": {name: {"entry_id": form} for name, form in lowcode.ENTRY_IDS.items()},
                "profile": {"page_size": 2},
            }
        )
        record = simulator.save_form(_COMMITMENT)

        def connect() -> Connector:
            context = simulated_context("crm", _LOWCODE_URL, simulator, clock)
            return LowcodeConnector(settings, context)

        def exercise(operation: str, document: dict[str, Any], cancel: dict[str, Any]) -> Exercise:
            command = Command(operation, Action.CREATE, document, "CM-2026-000123-1", record)
            return Exercise(command, "/data/update", cancel)

        return Case(
            simulator=simulator,
            clock=clock,
            connect=connect,
            secrets=(lowcode.API_KEY, lowcode.WEBHOOK_SECRET),
            exercises={
                "update_record": exercise(
                    "update_record", {"erp_number": "SO-1"}, {"hub_status": "已撤销"}
                ),
                "attach_annex": exercise(
                    "attach_annex", {"file": _ANNEX}, {"watermark": "HX-1 已撤销"}
                ),
            },
            webhooks=Webhooks(
                body=_lowcode_push(),
                sign=_lowcode_webhook,
                signature="x-jdy-signature",
                window=timedelta(minutes=5),
            ),
            change=lambda: simulator.save_form(_COMMITMENT),
            stream="commitment",
            refusal="字段值不合法",
        )

    def read_sample(self, connector: Connector, sample: Path) -> None:
        assert read_push(sample.read_bytes())


# ---- folder ----------------------------------------------------------------------------------


class TestFolder(ConnectorContract):
    """A real folder; its disk fails as disks do, and speaks in no words of its own."""

    connector = folder.FolderConnector
    samples = Path(folder.__file__).with_name("samples")
    unspoken = frozenset(
        {"rate_limited", "error_in_200", "token_expired", "unauthorized", "accepted"}
    )

    @pytest.fixture(autouse=True)
    def _root(self) -> Iterator[None]:
        self.root = Path(tempfile.mkdtemp(prefix="hub-folder-"))
        yield
        shutil.rmtree(self.root)

    def make_case(self, clock: FixedClock) -> Case:
        simulator = folder_files.SimulatedFolder(clock=clock)
        site = folder_files.Site(self.root, clock)
        numbers = itertools.count(1)

        def connect() -> Connector:
            return site.connector(folder_files.FaultyDisk(simulator))

        def change() -> str:
            number = next(numbers)
            site.drop(f"{number}.csv", f"no,qty\nSO-{number},1\n")
            return f"SO-{number}"

        command = folder_files.command()
        return Case(
            simulator=simulator,
            clock=clock,
            connect=connect,
            secrets=(),
            exercises={"write_row": Exercise(command, call="write")},
            change=change,
            stream="row",
        )

    def read_sample(self, connector: Connector, sample: Path) -> None:
        (self.root / "inbox").mkdir()
        shutil.copy(sample, self.root / "inbox" / sample.name)
        settings = {"folder": self.root, "key": ["订单号"], "settled_after": "0s"}
        if sample.name == "SO-1001.csv":
            settings["key"] = ["order_no"]
        made = FolderSettings.model_validate(settings)
        reader = folder.FolderConnector(made, connector.context)
        assert asyncio.run(reader.count("row")) >= 1
