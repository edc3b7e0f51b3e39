"""Canonical records: the hub's own words for the facts it carries.

Vendors' names end at the mapping; everything behind it speaks these models.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from hub.errors import ConfigError
from hub.records.approval import Approval
from hub.records.base import CURRENCIES, Record, canonical, digest, plain
from hub.records.bom import Bom
from hub.records.commitment import ApprovalEntry, Commitment, CommitmentStatus, Decision
from hub.records.contract import Contract
from hub.records.order import Order
from hub.records.shipment import Shipment

#: Kind name → model.
KINDS: Mapping[str, type[Record]] = {
    model.kind_name: model for model in (Approval, Bom, Commitment, Contract, Order, Shipment)
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
        near = difflib.get_close_matches(name, KINDS, 1)
        hint = f" Did you mean {near[0]}?" if near else f" Known: {', '.join(sorted(KINDS))}."
        raise ConfigError(f"There is no record kind {name!r}.{hint}") from None


def upcast(name_at_version: str, document: Mapping[str, Any]) -> Record:
    """Return the record stored as `kind@version`, in the kind's current version."""
    name, _, version = name_at_version.partition("@")
    return kind(name).read(document, int(version))
