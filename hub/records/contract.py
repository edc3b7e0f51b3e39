"""A contract signed with a customer."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Currency, Number, Part, Record, Text
from hub.records.commitment import CONTACT, Customer


class ContractStatus(enum.StrEnum):
    """Where the contract stands."""

    DRAFT = "draft"
    SIGNED = "signed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ContractFile(Part):
    """A file of the contract, bound by its hash; nothing was written into it."""

    name: Text = ""
    #: None where the file could not be got.
    sha256: Code | None = None
    #: Of a PDF.
    pages: Annotated[int, Field(ge=1)] | None = None
    #: Bytes.
    size: Annotated[int, Field(ge=0)] | None = None
    #: Connection it came from.
    origin: Code
    #: Code of what is wrong with it, such as `E_DOC_ENCRYPTED`.
    problem: Code | None = None


class Contract(Record):
    """The paper that commitments are annexes of."""

    kind_name: ClassVar[str] = "contract"
    personal: ClassVar[dict[str, str]] = CONTACT

    status: ContractStatus
    customer: Customer
    signed_on: date | None = None
    currency: Currency = "CNY"
    amount: Annotated[Number, Field(ge=0)] | None = None
    payment_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    title: Text = ""
    order_nos: tuple[Code, ...] = ()
    files: tuple[ContractFile, ...] = ()
