"""Accord Hub: what the author of a connector imports, and nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.connector import (
        Accepted,
        Action,
        Command,
        Connector,
        ConnectorSettings,
        Context,
        Document,
        Event,
        FieldSpec,
        Found,
        Idempotency,
        Limits,
        OnRevision,
        OnRevoke,
        Operation,
        Page,
        Progress,
        ReadBack,
        Receipt,
        Received,
        Reply,
        Report,
        Spec,
        Stream,
        WebhookRequest,
    )
    from hub.errors import BadRequest, ConfigError, ConnectorError, Outcome, SignatureInvalid
    from hub.http import decode, retry_after
    from hub.profile import load_profile, read_profile

__all__ = [
    "Accepted",
    "Action",
    "BadRequest",
    "Command",
    "ConfigError",
    "Connector",
    "ConnectorError",
    "ConnectorSettings",
    "Context",
    "Document",
    "Event",
    "FieldSpec",
    "Found",
    "Idempotency",
    "Limits",
    "OnRevision",
    "OnRevoke",
    "Operation",
    "Outcome",
    "Page",
    "Progress",
    "ReadBack",
    "Receipt",
    "Received",
    "Reply",
    "Report",
    "SignatureInvalid",
    "Spec",
    "Stream",
    "WebhookRequest",
    "decode",
    "load_profile",
    "read_profile",
    "retry_after",
]

#: Where the names come from that are not of `hub.connector`.
_ELSEWHERE = {
    **dict.fromkeys(
        ("BadRequest", "ConfigError", "ConnectorError", "Outcome", "SignatureInvalid"), "hub.errors"
    ),
    **dict.fromkeys(("decode", "retry_after"), "hub.http"),
    **dict.fromkeys(("load_profile", "read_profile"), "hub.profile"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without them."""
    if name not in __all__:
        raise AttributeError(f"module 'hub' has no attribute {name!r}")
    return getattr(importlib.import_module(_ELSEWHERE.get(name, "hub.connector")), name)
