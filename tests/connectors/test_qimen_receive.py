"""Callbacks of the warehouse: what is taken, what is refused, what is answered."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import connectors.wms.qimen as package
from connectors.wms.qimen.callbacks import MAX_BODY
from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.settings import QimenSettings
from connectors.wms.qimen.signing import sign
from connectors.wms.qimen.simulator import QimenSimulator
from hub import BadRequest, Context, Received, SignatureInvalid, WebhookRequest
from hub.http import connect
from hub.testing import FixedClock, SimulatorTransport
from hub.tokens import TokenCache

SAMPLES = Path(next(iter(package.__path__))) / "samples"
INDEX = json.loads((SAMPLES / "INDEX.json").read_text("utf-8"))
SECRET = "wms-Secret-31x"
#: 10:00:00 at the warehouse.
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def sample(name: str) -> bytes:
    return (SAMPLES / f"deliveryorder_{name}.xml").read_bytes()


@pytest.fixture
def wms() -> QimenConnector:
    clock = FixedClock(NOW)
    url = "http://wms.example/router/qimen/service"
    http = connect("wms", url, clock=clock, transport=SimulatorTransport(QimenSimulator()))
    settings = QimenSettings.model_validate(
        {
            "base_url": url,
            "app_key": "app",
            "secret": SECRET,
            "customer_id": "cust",
            "owner_code": "OWN01",
            "warehouse_code": "WH-NB-01",
        }
    )
    return QimenConnector(settings, Context("wms", http, clock, TokenCache(clock)))


def call(
    body: bytes, method: str = "deliveryorder.confirm", sign_with: str = SECRET, **params: str
) -> WebhookRequest:
    pairs = {
        "method": method,
        "timestamp": "2026-11-20 10:00:00",
        "format": "xml",
        "app_key": "app",
        "v": "2.0",
        "sign_method": "md5",
        "customerId": "cust",
        **params,
    }
    query = [*pairs.items(), ("sign", sign(sign_with, pairs.items(), body))]
    return WebhookRequest("POST", "/in/wms", query, {"content-type": "text/xml"}, body, NOW)


def quantities(received: Received) -> dict[str, str]:
    [event] = received.events
    return {line["itemCode"]: line["actualQty"] for line in event.item["orderLines"]}


@pytest.mark.parametrize("name", ["confirm_final", "confirm_partial", "confirm_gift_missing"])
def test_a_signed_confirm_becomes_one_event(wms: QimenConnector, name: str) -> None:
    told = INDEX[f"deliveryorder_{name}.xml"]
    received = wms.receive(call(sample(name)))
    [event] = received.events
    assert quantities(received) == told["shipped"]
    assert (event.item["deliveryOrder"]["confirmType"] == "0") == told["final"]
    assert event.external_id == told.get("idempotency_key", "OB-900003")
    assert (event.stream, event.object_id) == ("shipment", "CM-2026-000123-1")
    assert b"<flag>success</flag>" in received.reply.body
    assert b"<flag>failure</flag>" in received.refusal.body
    assert {received.reply.status, received.refusal.status} == {200}
    assert received.reply.media_type == "text/xml;charset=utf-8"


@pytest.mark.parametrize(
    "method", ["deliveryorder.confirm", "taobao.qimen.deliveryorder.confirm", "stockout.confirm"]
)
def test_both_forms_of_a_method_are_taken(wms: QimenConnector, method: str) -> None:
    [event] = wms.receive(call(sample("confirm_final"), method)).events
    assert event.item["method"] == method.removeprefix("taobao.qimen.")


def test_a_confirm_proves_that_the_order_was_created(wms: QimenConnector) -> None:
    [event] = wms.receive(call(sample("confirm_partial"))).events
    assert event.report is not None
    assert event.report.key == "CM-2026-000123-1"
    assert event.report.receipt is not None
    assert event.report.receipt.external_id == "WMS-88001"


def status(word: str) -> bytes:
    return sample("confirm_final").replace(b">DELIVERED<", f">{word}<".encode())


def test_a_rejected_order_is_reported_as_refused(wms: QimenConnector) -> None:
    [event] = wms.receive(call(status("REJECT"))).events
    assert event.report is not None
    assert (event.report.receipt, event.report.refused) == (None, "REJECT")


@pytest.mark.parametrize("word", ["CANCELED", "CLOSED", "CANCELEDFAIL", "SOMETHING"])
def test_a_status_that_may_be_about_a_cancel_proves_nothing(wms: QimenConnector, word: str) -> None:
    [event] = wms.receive(call(status(word))).events
    assert event.report is None


def test_a_step_is_an_event_of_its_own_stream(wms: QimenConnector) -> None:
    body = (
        b"<request><order><orderCode>CM-1-1</orderCode><orderId>W1</orderId></order>"
        b"<process><processStatus>PICK</processStatus></process></request>"
    )
    [event] = wms.receive(call(body, "orderprocess.report")).events
    assert (event.stream, event.object_id) == ("progress", "CM-1-1")
    assert event.external_id == hashlib.sha256(body).hexdigest()
    assert event.report is not None
    assert event.report.receipt is not None


def test_the_same_bytes_are_the_same_event_and_without_a_business_code_the_body_counts(
    wms: QimenConnector,
) -> None:
    body = sample("confirm_final").replace(b"<outBizCode>OB-900002</outBizCode>", b"")
    ids = {wms.receive(call(body)).events[0].external_id for _ in range(3)}
    assert ids == {hashlib.sha256(body).hexdigest()}


# ---- refused


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        pytest.param(call(sample("confirm_final"), sign_with="other"), "sign", id="secret"),
        pytest.param(
            call(sample("confirm_final"), timestamp="2026-11-20 09:44:59"), "clocks", id="stale"
        ),
        pytest.param(
            call(sample("confirm_final"), timestamp="2026-11-20 10:15:01"), "clocks", id="future"
        ),
    ],
)
def test_a_call_that_cannot_be_trusted_is_refused(
    wms: QimenConnector, request_: WebhookRequest, said: str
) -> None:
    with pytest.raises(SignatureInvalid, match=said) as caught:
        wms.receive(request_)
    assert SECRET not in str(caught.value)
    assert b"<code>sign-check-failure</code>" in wms.refuse(caught.value).body


def test_a_body_that_was_changed_on_the_way_is_refused(wms: QimenConnector) -> None:
    good = call(sample("confirm_final"))
    changed = WebhookRequest(
        "POST", good.path, good.query, good.headers, good.body + b"\n", good.received_at
    )
    with pytest.raises(SignatureInvalid):
        wms.receive(changed)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        pytest.param(call(sample("confirm_malformed")), "well-formed", id="malformed"),
        pytest.param(call(sample("confirm_xxe")), "document type", id="xxe"),
        pytest.param(call(b""), "well-formed", id="empty"),
        pytest.param(call(b"{}"), "well-formed", id="json"),
        pytest.param(call(b"<a>" * 30), "nested", id="deep"),
        pytest.param(call(b"<response/>"), "root element", id="root"),
        pytest.param(call(b"<request/>"), "deliveryOrderCode is missing", id="no-code"),
        pytest.param(call(b"<request/>", "stock.report"), "not taken here", id="method"),
        pytest.param(call(b"<request/>", timestamp="today"), "timestamp must", id="timestamp"),
        pytest.param(call(b"<request/>", customerId="other"), "customerId", id="customer"),
        pytest.param(call(b" " * (MAX_BODY + 1)), "more than 2097152", id="size"),
    ],
)
def test_a_call_that_cannot_be_read_is_refused_with_flag_failure(
    wms: QimenConnector, request_: WebhookRequest, said: str
) -> None:
    with pytest.raises(BadRequest, match=said) as caught:
        wms.receive(request_)
    reply = wms.refuse(caught.value)
    assert reply.status == 200
    assert b"<flag>failure</flag>" in reply.body


def test_a_body_of_the_greatest_size_is_read(wms: QimenConnector) -> None:
    body = sample("confirm_final")
    [event] = wms.receive(call(body + b" " * (MAX_BODY - len(body)))).events
    assert event.external_id == "OB-900002"


def test_a_get_is_refused(wms: QimenConnector) -> None:
    good = call(sample("confirm_final"))
    request = WebhookRequest("GET", good.path, good.query, good.headers, good.body, NOW)
    with pytest.raises(BadRequest, match="POST"):
        wms.receive(request)


# ---- from the simulator


async def test_a_callback_of_the_simulated_warehouse_is_accepted(wms: QimenConnector) -> None:
    clock = FixedClock(NOW + timedelta(minutes=5))
    simulator = QimenSimulator(clock=clock, secret=SECRET, customer_id="cust")
    order: dict[str, Any] = {
        "code": "CM-1-1", "id": "W1", "status": "ACCEPT", "created_at": NOW.isoformat(),
        "shipped": {},
        "content": {
            "deliveryOrder": {"orderType": "QTCK", "warehouseCode": "WH"},
            "orderLines": [
                {"orderLineNo": "1", "itemCode": "A", "planQty": "5"},
                {"orderLineNo": "G1", "itemCode": "B", "planQty": "1"},
            ],
        },
    }  # fmt: skip
    simulator.state.put("order", "CM-1-1", order)
    simulator.ship("CM-1-1", partial=True)
    simulator.ship("CM-1-1", missing_gift=True)
    shipped = []
    for sent in simulator.outgoing:
        request = WebhookRequest(
            "POST",
            sent.url.path,
            sent.url.params.multi_items(),
            dict(sent.headers),
            sent.content,
            clock.now(),
        )
        shipped.append(quantities(wms.receive(request)))
    assert shipped == [{"A": "3"}, {"A": "2", "B": "0"}]
