"""A bill of materials."""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Number, Part, Record, Text


class BomStatus(enum.StrEnum):
    """Whether production may use it."""

    DRAFT = "draft"
    RELEASED = "released"
    OBSOLETE = "obsolete"


class BomComponent(Part):
    """One component for one unit of the product."""

    sku: Code
    quantity: Annotated[Number, Field(gt=0)]
    unit: Code = "PCS"


class Bom(Record):
    """What a product is made of, and after which drawing."""

    kind_name: ClassVar[str] = "bom"

    sku: Code
    status: BomStatus = BomStatus.RELEASED
    drawing_no: Code | None = None
    drawing_version: Code | None = None
    name: Text = ""
    components: tuple[BomComponent, ...] = ()
