"""The shipped mapping `commitment-to-wms`, written by hand as a careful programmer would.

It makes the same document and refuses the same input: missing receivers, fractions of a piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

_ZONE = ZoneInfo("Asia/Shanghai")
_CENT = Decimal("0.01")


def commitment_to_wms(
    record: Mapping[str, Any],
    results: Mapping[str, Any],
    delivery: Mapping[str, Any],
    document: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the delivery order; `ValueError` where the record cannot be shipped."""
    order_no = results.get("erp", {}).get("sale_number") or record.get("order_no")
    watermark = delivery.get("watermark")
    lines = record.get("lines", ())
    extend = {
        "commitmentNo": record.get("number"), "contractNo": record.get("contract_no"),
        "watermarkNo": watermark, "contentSha256": document.get("content_sha256"),
        "giftLines": ",".join(_line_no(line) for line in lines if line.get("gift")),
    }  # fmt: skip
    return {
        "deliveryOrder": _order(record, watermark),
        "orderLines": [_line(line, order_no) for line in lines],
        "extendProps": _present(extend),
    }


def _order(record: Mapping[str, Any], watermark: str | None) -> dict[str, Any]:
    urgent = record["kind"] == "expedite"
    promised = record.get("promised_date")
    order = {
        "warehouseCode": record.get("warehouse"),
        "placeOrderTime": _local(record.get("modified_at")),
        "isUrgency": "Y" if urgent else "N",
        "orderFlag": "LIMIT" if urgent and promised else None,
        "latestDeliveryTime": _local(record.get("latest_ship_at")),
        "deliveryRequirements": _requirements(promised),
        "receiverInfo": _receiver(record["customer"]),
        "sellerMessage": record["text"][:500] if record["kind"] == "customisation" else None,
        "remark": _remark(record.get("text"), watermark),
    }
    return _present(order)


def _requirements(promised: str | None) -> dict[str, str] | None:
    if not promised:
        return None
    return {"scheduleType": "104", "scheduleDay": date.fromisoformat(promised).isoformat()}


def _receiver(customer: Mapping[str, Any]) -> dict[str, Any]:
    contact = customer.get("contact") or {}
    missing = [name for name in ("name", "phone", "province", "city", "street")
               if not contact.get(name)]  # fmt: skip
    if missing:
        raise ValueError(f"customer.contact lacks {', '.join(missing)}")
    receiver = {
        "company": customer.get("name"), "name": contact["name"],
        "zipCode": contact.get("postcode"), "mobile": contact["phone"],
        "province": contact["province"], "city": contact["city"],
        "area": contact.get("district"), "detailAddress": contact["street"],
    }  # fmt: skip
    return _present(receiver)


def _remark(text: str | None, watermark: str | None) -> str | None:
    if not watermark:
        return text[:500] if text is not None else None
    return f"WM:{watermark} {text}"[:500] if text else f"WM:{watermark}"


def _line(line: Mapping[str, Any], order_no: str | None) -> dict[str, Any]:
    quantity = Decimal(line["quantity"])
    if quantity != quantity.to_integral_value():
        raise ValueError(f"line {line['line_no']}: quantity {quantity} is no whole number")
    price: Any = "0.00"
    if not line.get("gift"):
        price = Decimal(line["unit_price"]).quantize(_CENT, ROUND_HALF_UP)
    found = {
        "orderLineNo": _line_no(line), "sourceOrderCode": order_no, "itemCode": line["sku"],
        "itemName": line.get("name"), "planQty": int(quantity), "actualPrice": price,
        "remark": (line.get("note") or "")[:500] or None,
    }  # fmt: skip
    return _present(found)


def _line_no(line: Mapping[str, Any]) -> str:
    number: str = line["line_no"]
    return f"G{number}" if line.get("gift") and not number.startswith("G") else number


def _local(instant: str | None) -> str | None:
    if not instant:
        return None
    return datetime.fromisoformat(instant).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
