"""A sales order as an ERP knows it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Currency, Number, Part, Record, Text
from hub.records.commitment import CONTACT, Customer


class OrderLine(Part):
    """One ordered item."""

    line_no: Code
    sku: Code | None = None
    name: Text = ""
    quantity: Number
    unit: Code = "PCS"
    unit_price: Number | None = None


class Order(Record):
    """A sales order; `number` is the reference both sides know it by."""

    kind_name: ClassVar[str] = "order"
    personal: ClassVar[dict[str, str]] = CONTACT

    #: State in the words of the system it comes from.
    status: Code
    customer: Customer
    contract_no: Code | None = None
    ordered_on: date | None = None
    currency: Currency = "CNY"
    amount: Annotated[Number, Field(ge=0)] | None = None
    lines: tuple[OrderLine, ...] = ()
