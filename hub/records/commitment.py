"""A commitment: what a salesperson promised a customer, and who approved it."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Currency, Instant, Number, Part, Record, Text


class CommitmentKind(enum.StrEnum):
    """What was promised."""

    GIFT = "gift"
    EXPEDITE = "expedite"
    CUSTOMISATION = "customisation"
    PAYMENT_TERMS = "payment_terms"
    DELIVERY_DATE = "delivery_date"
    PRICE = "price"
    SERVICE = "service"


class CommitmentStatus(enum.StrEnum):
    """Where the promise stands in the system it comes from."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class Decision(enum.StrEnum):
    """What an approver decided."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class ApprovalEntry(Part):
    """One level's decision about one revision."""

    #: Name of the level as the route lists it, such as `sales_supervisor`.
    level: Code
    person: Code
    decision: Decision = Decision.APPROVED
    decided_at: Instant | None = None
    role: Code | None = None
    #: The workflow passed the level by itself (same person, time-out, empty level).
    auto_passed: bool = False
    comment: Text = ""


class Contact(Part):
    """Whom to talk to and where to ship; personal data."""

    name: Text = ""
    phone: Text = ""
    province: Text = ""
    city: Text = ""
    district: Text = ""
    street: Text = ""
    postcode: Text = ""


#: Path → kind of personal data in every record that names a customer.
CONTACT = {
    "customer.contact.name": "name",
    "customer.contact.phone": "phone",
    "customer.contact.street": "address",
}


class Customer(Part):
    """The customer as the source knows it."""

    code: Code
    name: Text = ""
    contact: Contact | None = None


class CommitmentLine(Part):
    """One promised item."""

    line_no: Code
    sku: Code
    name: Text = ""
    quantity: Annotated[Number, Field(gt=0)]
    unit: Code = "PCS"
    unit_price: Annotated[Number, Field(ge=0)] | None = None
    gift: bool = False
    note: Text = ""


class Commitment(Record):
    """A promise made to a customer, ready to be carried to every system that must keep it."""

    kind_name: ClassVar[str] = "commitment"
    version: ClassVar[int] = 1
    outside_content: ClassVar[frozenset[str]] = frozenset(
        {"revision", "modified_at", "approvals", "status"}
    )
    personal: ClassVar[dict[str, str]] = {
        **CONTACT,
        "salesperson": "name",
        "approvals.person": "name",
    }

    kind: CommitmentKind
    status: CommitmentStatus
    customer: Customer
    contract_no: Code | None = None
    #: Number of the order the promise belongs to: the object it changes at the ERP.
    order_no: Code | None = None
    currency: Currency = "CNY"
    #: What the promise is worth.
    amount: Annotated[Number, Field(ge=0)] | None = None
    #: The promise in words, as the customer reads it.
    text: Text = ""
    promised_date: date | None = None
    latest_ship_at: Instant | None = None
    payment_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    warehouse: Code | None = None
    salesperson: Text = ""
    lines: tuple[CommitmentLine, ...] = ()
    approvals: tuple[ApprovalEntry, ...] = ()

    @property
    def owner(self) -> str | None:
        """Return the salesperson who made the promise."""
        return self.salesperson[:100] or None
