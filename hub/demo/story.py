"""The story of the demo: commitments as salespeople fill them in, and what goes wrong with them.

Forms are written in the aliases of the CRM's commitment form. Companies, people and telephone
numbers are made up; products, customers and orders are those the ERP of the demo starts with.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hub.testing.simulator import FaultKind

#: Levels that must agree, as the form lists them, and who decides at each.
APPROVERS: Mapping[str, str] = {"销售主管": "李强", "运营总监": "赵敏", "首席运营官": "周宏"}

#: A product the ERP does not know.
UNKNOWN_PRODUCT = "P-999"

#: Customer code, name, province, city, street, and orders the ERP already has for it.
_CUSTOMERS = (
    ("KH0001", "苏州恒力精密机械有限公司", "江苏省", "苏州市", "吴中大道88号", "CRM-2001 CRM-2005"),
    ("KH0002", "宁波东海泵业股份有限公司", "浙江省", "宁波市", "江南路1500号", "CRM-2002"),
    ("KH0003", "广州南沙港机设备有限公司", "广东省", "广州市", "港前大道南162号", "CRM-2003"),
    ("KH0004", "Nordwind Maschinenbau GmbH", "上海市", "上海市", "张杨路500号", "CRM-2004"),
)
#: Product code, name and price.
_PRODUCTS = (
    ("P-100", "离心泵 100型", 12800),
    ("P-200", "齿轮减速机 200型", 23600),
    ("P-300", "电控柜 300型", 8900),
)
#: Given away: only what the ERP lets be sold can be part of a sale.
_GIFTS = (("P-300", "电控柜 300型"), ("P-100", "离心泵 100型"))
_SALESPEOPLE = ("王芳", "陈静", "刘洋")
_RECEIVERS = ("林晓", "何静", "吴桐", "郑凯")


class Twist(enum.StrEnum):
    """What is special about a commitment; the most telling ones first."""

    #: Its webhooks are sent twice.
    DUPLICATE = "duplicate"
    #: It is changed and approved again after it was delivered.
    REVISED = "revised"
    #: The ERP does it, and the answer is lost.
    ERP_ANSWER_LOST = "erp_answer_lost"
    #: The ERP refuses it: there is no such product.
    REFUSED = "refused"
    #: The same, and people put the product right afterwards.
    CORRECTED = "corrected"
    #: Its approval is taken back after it was delivered.
    REVOKED = "revoked"
    #: The warehouse is not well for a while.
    WMS_DOWN = "wms_down"
    #: The last level decides much later.
    LATE_LEVEL = "late_level"
    #: The workflow passed the last level by itself: a person has to decide.
    AUTO_PASSED = "auto_passed"
    #: The webhook of the form comes after the one of its approval.
    REORDERED = "reordered"
    #: The warehouse ships it before it has answered the order.
    SHIPPED_EARLY = "shipped_early"
    PLAIN = "plain"


#: The ERP does not know the product.
_UNKNOWN = (Twist.REFUSED, Twist.CORRECTED)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that a far end meets; see `hub.testing.simulator`."""

    connection: str
    kind: FaultKind
    match: str = ""
    times: int = 1
    seconds: float = 1.0


#: Twist → the faults that make it.
FAULTS: Mapping[Twist, Sequence[Fault]] = {
    Twist.DUPLICATE: (Fault("crm", "duplicate_callback", times=2),),
    Twist.REORDERED: (Fault("crm", "reordered_callback"),),
    Twist.ERP_ANSWER_LOST: (Fault("erp", "answer_lost", "sale.sale.create"),),
    Twist.WMS_DOWN: (
        Fault("wms", "unavailable", "deliveryorder.create"),
        Fault("wms", "error_500", "deliveryorder.create"),
        Fault("wms", "answer_lost", "deliveryorder.create"),
        Fault("wms", "slow", "deliveryorder.create", seconds=2.0),
    ),
}


@dataclass(frozen=True, slots=True)
class Commitment:
    """One commitment, as it is asked for first."""

    number: str
    twist: Twist
    form: Mapping[str, Any]

    @property
    def arrives(self) -> bool:
        """Say whether every system holds it when people begin to put things right."""
        return self.twist not in (*_UNKNOWN, Twist.AUTO_PASSED, Twist.REVOKED)

    @property
    def has_goods(self) -> bool:
        """Say whether the warehouse gets an order for it."""
        return bool(self.form["lines"])

    @property
    def last_revision(self) -> int:
        """Return the revision it stands at when the story is over."""
        return 2 if self.twist is Twist.REVISED else 1

    def revised(self) -> dict[str, Any]:
        """Return what the form says after the customer wanted one more of everything."""
        lines = [{**line, "quantity": line["quantity"] + 1} for line in self.form["lines"]]
        return {"revision": 2, "lines": lines, "approvals": [], "status": "审批中"}


def tell(count: int, seed: int, today: date) -> list[Commitment]:
    """Return so many commitments; the same ones for the same seed and day."""
    chance = random.Random(seed)
    special = [twist for twist in Twist if twist is not Twist.PLAIN][:count]
    twists = [*special, *[Twist.PLAIN] * (count - len(special))]
    chance.shuffle(twists)
    return [_commitment(n, twist, chance, today) for n, twist in enumerate(twists, 1)]


def _commitment(n: int, twist: Twist, chance: random.Random, today: date) -> Commitment:
    number = f"CM-{today.year}-{n:06d}"
    kind = chance.choice(tuple(_KINDS)) if twist is Twist.PLAIN else "赠品"
    code, company, province, city, street, orders = chance.choice(_CUSTOMERS)
    lines, text = _goods(kind, chance)
    if twist in _UNKNOWN:
        lines = [{**line, "sku": UNKNOWN_PRODUCT, "name": "停产型号"} for line in lines]
    # what moves a date or changes later has an order of its own, so that no two disturb each other
    shared = twist is Twist.PLAIN and kind in ("赠品", "价格") and chance.random() < 0.5
    form = {
        "commitment_no": number, "revision": 1, "kind": kind, "status": "审批中",
        "customer_code": code, "customer_name": company,
        "contact_name": chance.choice(_RECEIVERS), "contact_phone": f"1300000{n:04d}",
        "province": province, "city": city, "district": "", "street": street,
        "contract_no": f"HT-{today.year}-{n:03d}",
        "order_no": chance.choice(orders.split()) if shared else f"SO-{today.year}-{n:04d}",
        "currency": "CNY", "promise_text": text,
        "amount": sum(line["quantity"] * line["unit_price"] for line in lines),
        "promised_date": (today + timedelta(days=chance.randint(10, 60))).isoformat(),
        "payment_days": chance.choice((60, 90)) if kind == "账期" else None,
        "warehouse": "WH-NB-01", "salesperson": chance.choice(_SALESPEOPLE),
        "lines": lines, "approvals": [],
    }  # fmt: skip
    return Commitment(number, twist, form)


#: Kind of a commitment, as the form says it → the promise in the salesperson's words.
_KINDS: Mapping[str, str] = {
    "赠品": "采购 {quantity} 台{product}，赠送{gift} 1 台",
    "加急": "{product} {quantity} 台加急生产，按约定日期到货",
    "价格": "{product} {quantity} 台按九五折结算",
    "账期": "本单账期按约定天数执行",
}


def _goods(kind: str, chance: random.Random) -> tuple[list[dict[str, Any]], str]:
    """Return the lines of a commitment of this kind, and its text."""
    sku, name, price = chance.choice(_PRODUCTS)
    gift_sku, gift = chance.choice(_GIFTS)
    quantity = chance.randint(1, 6)
    text = _KINDS[kind].format(product=name, quantity=quantity, gift=gift)
    if kind == "账期":
        return [], text
    price = price * 95 // 100 if kind == "价格" else price
    lines = [_line("1", sku, name, quantity, price, "否")]
    if kind == "赠品":
        lines.append(_line("2", gift_sku, gift, 1, 0, "是"))
    return lines, text


def _line(
    line_no: str, sku: str, name: str, quantity: int, price: int, gift: str
) -> dict[str, Any]:
    return {
        "line_no": line_no, "sku": sku, "name": name, "quantity": quantity, "unit": "台",
        "unit_price": price, "is_gift": gift, "note": "",
    }  # fmt: skip
