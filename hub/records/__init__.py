"""Canonical records: the hub's own words for the facts it carries.

Vendors' names end at the mapping; everything behind it speaks these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import ConfigError
from hub.language import say
from hub.nearest import nearest
from hub.records.approval import Approval
from hub.records.base import CURRENCIES, Record, canonical, digest, plain
from hub.records.bom import Bom
from hub.records.commitment import ApprovalEntry, Commitment, CommitmentStatus, Decision
from hub.records.contract import Contract
from hub.records.notice import Notice, NoticeEvent
from hub.records.order import Order
from hub.records.shipment import Shipment

#: Kind name → model.
KINDS: Mapping[str, type[Record]] = {
    model.kind_name: model
    for model in (Approval, Bom, Commitment, Contract, Notice, Order, Shipment)
}

__all__ = [
    "CURRENCIES",
    "KINDS",
    "Approval",
    "ApprovalEntry",
    "Bom",
    "Commitment",
    "CommitmentStatus",
    "Contract",
    "Decision",
    "Notice",
    "NoticeEvent",
    "Order",
    "Record",
    "Shipment",
    "canonical",
    "digest",
    "kind",
    "plain",
    "upcast",
]


def kind(name: str) -> type[Record]:
    """Return the model of a kind; `ConfigError` with the nearest name otherwise."""
    try:
        return KINDS[name]
    except KeyError:
        hint = nearest(name, KINDS)
        message = say("There is no record kind {name!r}.{hint}", name=name, hint=hint)
        raise ConfigError(message) from None


def upcast(name_at_version: str, document: Mapping[str, Any]) -> Record:
    """Return the record stored as `kind@version`, in the kind's current version."""
    name, _, version = name_at_version.partition("@")
    return kind(name).read(document, int(version))
