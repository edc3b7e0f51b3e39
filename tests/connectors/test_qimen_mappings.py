"""The shipped mappings, from a commitment to the warehouse and from its confirm to a shipment."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors.wms.qimen as package
from connectors.wms.qimen.callbacks import event_of
from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.order import create_request
from connectors.wms.qimen.profile import read_profile
from hub.mapping import Bundle, Scope, read_bundle, run_tests
from hub.records import Commitment, Shipment

MAPPINGS = Path(__file__).parents[2] / "mappings"
SAMPLES = Path(next(iter(package.__path__))) / "samples"
PROFILE = read_profile({})


def schemas(connector: str, name: str) -> Any:
    assert connector == "qimen"
    spec = QimenConnector.spec
    streams = {stream.name: stream.fields for stream in spec.streams}
    operations = {operation.name: operation.fields for operation in spec.operations}
    return {**streams, **operations}.get(name)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    files = sorted((MAPPINGS / "qimen").glob("*.yaml"))
    return read_bundle({f"qimen/{file.name}": file.read_bytes() for file in files}, schemas=schemas)


def test_the_examples_in_the_files_hold(bundle: Bundle) -> None:
    assert run_tests(bundle) == []


def commitment(**changes: Any) -> dict[str, Any]:
    given = {
        "number": "CM-2026-000123",
        "kind": "gift",
        "status": "approved",
        "order_no": "SO-2026-0456",
        "text": "承诺:赠品1件",
        "customer": {
            "code": "C-1042",
            "name": "示例采购",
            "contact": {
                "name": "收货人",
                "phone": "13000000001",
                "province": "江苏省",
                "city": "苏州市",
                "street": "样本街2号",
            },
        },
        "lines": [
            {"line_no": "1", "sku": "VALVE-50", "quantity": "10", "unit_price": "113"},
            {"line_no": "G1", "sku": "SEAL-KIT", "quantity": "1", "gift": True},
        ],
        **changes,
    }
    return Commitment.model_validate(given).model_dump()


def ordered(bundle: Bundle, document: dict[str, Any], scope: Scope) -> dict[str, Any]:
    mapped = bundle.mappings["commitment-to-wms"].apply(document, scope)
    stamps = dict.fromkeys(("createTime", "placeOrderTime", "operateTime"), "2026-11-20 10:00:00")
    stamps["warehouseCode"] = "WH-NB-01"
    return create_request(mapped, "CM-2026-000123-1", PROFILE, stamps, "OWN01")


def test_a_commitment_becomes_an_order_the_connector_takes(bundle: Bundle) -> None:
    scope = Scope(
        results={"erp": {"sale_number": "SO-9"}}, delivery={"watermark": "7F3K-9Q2M-XA41"}
    )
    order = ordered(bundle, commitment(), scope)
    assert order["deliveryOrder"]["remark"] == "WM:7F3K-9Q2M-XA41 承诺:赠品1件"
    assert [(line["orderLineNo"], line["planQty"]) for line in order["orderLines"]] == [
        ("1", 10),
        ("G1", 1),
    ]
    assert {line["sourceOrderCode"] for line in order["orderLines"]} == {"SO-9"}
    assert order["extendProps"]["giftLines"] == "G1"


def test_without_a_watermark_and_a_text_no_remark_is_sent(bundle: Bundle) -> None:
    order = ordered(bundle, commitment(text=""), Scope())
    assert not order["deliveryOrder"].get("remark")


def test_a_long_promise_is_cut_behind_the_watermark(bundle: Bundle) -> None:
    order = ordered(bundle, commitment(text="长" * 900), Scope(delivery={"watermark": "W1"}))
    remark = order["deliveryOrder"]["remark"]
    assert len(remark) == 500
    assert remark.startswith("WM:W1 长")


@pytest.mark.parametrize(
    ("name", "final", "quantities"),
    [
        ("final", True, ["10", "1"]),
        ("partial", False, ["6"]),
        ("gift_missing", True, ["10", "0"]),
    ],
)
def test_a_confirm_becomes_a_shipment(
    bundle: Bundle, name: str, final: bool, quantities: list[str]
) -> None:
    body = (SAMPLES / f"deliveryorder_confirm_{name}.xml").read_bytes()
    event = event_of("deliveryorder.confirm", "shipment", body, PROFILE)
    mapping = bundle.inbound("qimen", event.stream)
    assert mapping is not None
    shipment = Shipment.model_validate(mapping.apply(event.item))
    assert (shipment.order_no, shipment.number) == ("CM-2026-000123-1", event.external_id)
    assert shipment.final == final
    assert [line.quantity for line in shipment.lines] == [Decimal(text) for text in quantities]
    assert shipment.packages[0].carrier == "SF"
    assert shipment.shipped_at is not None
    assert shipment.shipped_at.isoformat() == "2026-11-24T08:20:05+00:00"
