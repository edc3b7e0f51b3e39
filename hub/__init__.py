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
        load_profile,
    )
    from hub.errors import BadRequest, ConfigError, ConnectorError, Outcome, SignatureInvalid
    from hub.http import decode, retry_after

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
    "retry_after",
]

_ERRORS = frozenset({"BadRequest", "ConfigError", "ConnectorError", "Outcome", "SignatureInvalid"})
_HTTP = frozenset({"decode", "retry_after"})


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without them."""
    if name not in __all__:
        raise AttributeError(f"module 'hub' has no attribute {name!r}")
    module = "hub.errors" if name in _ERRORS else "hub.http" if name in _HTTP else "hub.connector"
    return getattr(importlib.import_module(module), name)
