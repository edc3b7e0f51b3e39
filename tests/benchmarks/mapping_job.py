"""The job of the mapping benchmarks: one document, and `mapping_job.yaml` written by hand.

24 fields of a header and 11 of each of five lines make 79 values: tables, conditions, texts put
together, masks, days, a time in another zone, and exact sums.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from hub.mapping import FieldMapping, read_bundle

Document: TypeAlias = Mapping[str, Any]

FILE = Path(__file__).with_name("mapping_job.yaml")
NAME = "commitment-to-outbound-order"

_CENT = Decimal("0.01")
_THOUSANDTH = Decimal("0.001")
_ZONE = ZoneInfo("Asia/Shanghai")
_TABLES: Mapping[str, Mapping[str, str]] = {
    "order_type": {"gift": "GIFT", "expedite": "RUSH", "customisation": "CUST"},
    "warehouse": {"SZ01": "WH-SUZHOU-1", "SH02": "WH-SHANGHAI-2"},
    "ship_mode": {"express": "SF", "truck": "LTL"},
    "uom": {"PCS": "EA", "SET": "ST"},
}


def mapping() -> FieldMapping:
    """Return the mapping of the file."""
    return read_bundle({f"own/{FILE.name}": FILE.read_bytes()}).mappings[NAME]


def written(document: object) -> str:
    """Return the document as it goes out: exact numbers become text."""
    return json.dumps(document, default=str, ensure_ascii=False, sort_keys=True)


# ---- the documents ---------------------------------------------------------------------------


def good() -> dict[str, Any]:
    """Return a document nothing is wrong with."""
    address = {
        "province": "江苏省", "city": "苏州市", "district": "吴中区", "street": "样本街2号",
        "postcode": "215000",
    }  # fmt: skip
    contact = {"name": "收货人", "mobile": "13000000001", "email": "receiver@example.com"}
    return {
        "id": "CM-2026-000123", "rev": "2", "status": "approved", "type": "expedite",
        "expedite": True, "currency": "CNY", "tax_rate": "0.13",
        "approved_at": "2026-11-18T01:12:00Z",
        "customer": {
            "code": "C-1042", "name": "示例采购", "uscc": "91320500MA0000000X",
            "contact": contact, "address": address,
        },
        "owner": {"user_id": "u17", "name": "销售员", "dept": "华东区"},
        "delivery": {
            "promised_date": "2026-11-26", "mode": "express", "warehouse": "SZ01",
            "partial_allowed": False,
        },
        "payment": {"terms": "net30", "deposit_ratio": "0.30"},
        "remark": "承诺:赠品1件;加急;外箱贴客户标签;发票随货,缺货先通知",
        "lines": [_line_given(number) for number in range(1, 6)],
    }  # fmt: skip


def _line_given(number: int) -> dict[str, Any]:
    return {
        "line_no": str(number), "sku": f"VALVE-{40 + number}", "name": "阀门",
        "spec": f"DN{40 + number}" if number % 2 else None, "qty": f"{7 * number}.5",
        "unit": "SET" if number > 3 else "PCS", "unit_price": f"{112 + number}.335",
        "gift": number == 5, "due": f"2026-11-2{number}",
        "custom": ["刻字", "防锈"] if number == 2 else [],
    }  # fmt: skip


def with_one_fault() -> dict[str, Any]:
    """Return the document with a kind of order that no table knows."""
    return {**good(), "type": "vip"}


def with_twenty_faults() -> dict[str, Any]:
    """Return the document with five faults in the header and three in each line."""
    document = with_one_fault()
    document["approved_at"] = "yesterday"
    document["delivery"] = {"promised_date": "soon", "mode": "drone", "warehouse": "??"}
    wrong = {"sku": None, "unit": "HEAP", "due": "31.11.2026"}
    document["lines"] = [{**line, **wrong} for line in document["lines"]]
    return document


# ---- what a program written by hand is made of; other engines may call it too ----------------


def table_value(table: str, key: str) -> str:
    """Return what a table has for a text; `KeyError` where it has nothing."""
    return _TABLES[table][key]


def masked_name(name: str) -> str:
    """Return the first character of a name."""
    return name[:1] + "*" * (len(name) - 1)


def masked_phone(phone: str) -> str:
    """Return a mobile number without its middle digits."""
    return f"{phone[:3]}****{phone[-4:]}"


def compact_day(day: str) -> str:
    """Return an ISO day as YYYYMMDD."""
    return date.fromisoformat(day).strftime("%Y%m%d")


def local_time(instant: str) -> str:
    """Return an ISO instant as the clock in Shanghai shows it."""
    return datetime.fromisoformat(instant).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def exact(number: str) -> Decimal:
    """Return a number as it is written."""
    return Decimal(number)


def quantity(number: str) -> Decimal:
    """Return a number with three places."""
    return Decimal(number).quantize(_THOUSANDTH, ROUND_HALF_UP)


def product(one: str | Decimal, other: str | Decimal) -> Decimal:
    """Return the product to the cent."""
    return (Decimal(one) * Decimal(other)).quantize(_CENT, ROUND_HALF_UP)


def net_of(lines: Iterable[Document]) -> Decimal:
    """Return what is to be paid for the lines, to the cent."""
    paid = [line for line in lines if not line["gift"]]
    total = sum([Decimal(line["qty"]) * Decimal(line["unit_price"]) for line in paid], Decimal())
    return total.quantize(_CENT, ROUND_HALF_UP)


def gifts_of(lines: Iterable[Document]) -> int:
    """Return how many lines are gifts."""
    return sum([1 for line in lines if line["gift"]])


def shortened(text: str, length: int) -> str:
    """Return the beginning of a text."""
    return text[:length]


def joined(texts: Sequence[str]) -> str:
    """Return texts with semicolons between them."""
    return ";".join(texts)


def required(value: str | None) -> str:
    """Return a value that must be there."""
    if value is None:
        raise ValueError("a required value is missing")
    return value


# ---- by hand ---------------------------------------------------------------------------------


def by_hand(document: Document) -> dict[str, Any]:
    """Return the order; what the mapping file does not require is simply taken as there."""
    customer, delivery, lines = document["customer"], document["delivery"], document["lines"]
    owner, net, mode = document["owner"], net_of(lines), delivery["mode"]
    return {
        "order_no": f"{document['id']}-R{document['rev']}",
        "source": "CRM",
        "order_type": _TABLES["order_type"][document["type"]],
        "priority": "1" if document["expedite"] else "5",
        "owner_code": required(customer["code"]),
        "owner_name": customer["name"],
        "tax_no": customer["uscc"],
        "consignee": _consignee(customer["contact"], customer["address"]),
        "warehouse": _TABLES["warehouse"][delivery["warehouse"]],
        "ship_mode": "LTL" if mode is None else _TABLES["ship_mode"][mode],
        "promised_date": compact_day(required(delivery["promised_date"])),
        "approved_at": local_time(document["approved_at"]),
        "allow_partial": "Y" if delivery["partial_allowed"] else "N",
        "currency": document["currency"],
        "amount": net,
        "tax": product(net, document["tax_rate"]),
        "deposit": product(net, document["payment"]["deposit_ratio"]),
        "gift_count": gifts_of(lines),
        "salesperson": owner["name"],
        "dept": owner["dept"],
        "remark": shortened(document["remark"], 20),
        "lines": [_line(line) for line in lines],
    }


def _consignee(contact: Document, address: Document) -> dict[str, Any]:
    place = f"{address['province']}{address['city']}{address['district']}{address['street']}"
    return {
        "name": masked_name(contact["name"]),
        "phone": masked_phone(contact["mobile"]),
        "address": place,
        "postcode": address["postcode"],
    }


def _line(line: Document) -> dict[str, Any]:
    spec = line["spec"]
    return {
        "line_no": line["line_no"],
        "sku": required(line["sku"]),
        "name": line["name"],
        "spec": "-" if spec is None else spec,
        "qty": quantity(line["qty"]),
        "uom": _TABLES["uom"][line["unit"]],
        "price": exact(line["unit_price"]),
        "amount": product(line["qty"], line["unit_price"]),
        "type": "GIFT" if line["gift"] else "SALE",
        "due": compact_day(line["due"]),
        "custom": joined(line["custom"]),
    }
