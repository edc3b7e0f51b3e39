"""What a warehouse shipped."""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Instant, Number, Part, Record, Text


class ShipmentStatus(enum.StrEnum):
    """How far the warehouse is; the order of the members is the order of work."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class ShipmentLine(Part):
    """One shipped item."""

    line_no: Code | None = None
    sku: Code
    quantity: Annotated[Number, Field(ge=0)]


class ShipmentPackage(Part):
    """One parcel."""

    carrier: Code | None = None
    tracking_no: Code | None = None


class Shipment(Record):
    """One report of a warehouse about one order; quantities of partial reports add up."""

    kind_name: ClassVar[str] = "shipment"

    order_no: Code
    warehouse_no: Code | None = None
    status: ShipmentStatus
    #: No further report will come for this order.
    final: bool = True
    shipped_at: Instant | None = None
    remark: Text = ""
    lines: tuple[ShipmentLine, ...] = ()
    packages: tuple[ShipmentPackage, ...] = ()
