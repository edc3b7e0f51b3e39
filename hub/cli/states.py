"""States one can filter listings by."""

from __future__ import annotations

import enum


class MessageState(enum.StrEnum):
    """Where a message stands."""

    RECEIVED = "received"
    FETCHING = "fetching"
    ROUTED = "routed"
    WAITING = "waiting"
    IGNORED = "ignored"
    FAILED = "failed"


class HoldState(enum.StrEnum):
    """Where something a gate held stands."""

    HELD = "held"
    RELEASED = "released"
    REFUSED = "refused"
    PASSED = "passed"
    LAPSED = "lapsed"


class DocumentState(enum.StrEnum):
    """Where a document stands."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class WatchState(enum.StrEnum):
    """Where something that is waited for stands."""

    MET = "met"
    ARMED = "armed"
    FIRED = "fired"
    CANNOT_TELL = "cannot_tell"
    CLEARED = "cleared"
    ENDED = "ended"


class DeliveryState(enum.StrEnum):
    """Where a delivery stands."""

    BLOCKED = "blocked"
    READY = "ready"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
