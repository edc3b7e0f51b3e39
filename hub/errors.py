"""All errors of the hub.

    HubError
    ├── ConfigError               a person changes a file
    │   ├── MappingError          a mapping, route or table file is wrong
    │   └── UnknownConnector      no connector of that name is installed
    ├── ConnectorError            a far end did not do what was asked; `outcome` tells the rest
    ├── SignatureInvalid          a webhook is not from whom it says: 401, nothing stored
    ├── BadRequest                a webhook cannot be read: 400, nothing stored
    └── StoreError                the database could not be used; nothing was half-applied
        ├── StoreLocked           another process writes this SQLite file
        └── StoreFull             no space is left: 503, the sender tries again

The docstring of a class says what happened and what to do, and is its default message.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class HubError(Exception):
    """Something went wrong in the hub."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file, at its place."""

    #: Stable code such as ``E101``, searchable in the docs.
    code: str
    #: What is wrong, in one or two sentences.
    message: str
    #: Path of the file as the administrator knows it.
    file: str = ""
    #: Line, counted from 1; 0 when the file as a whole is meant.
    line: int = 0
    #: Column, counted from 1; 0 when the line as a whole is meant.
    column: int = 0
    #: Column behind the last character that is meant, in the same line; 0 when that is unknown.
    end_column: int = 0
    #: What to do about it, such as the nearest right name; may be empty.
    hint: str = ""

    @property
    def where(self) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        what = f"{self.code} {self.message}{hint}"
        return f"{self.where}  {what}" if self.where else what


class ConfigError(HubError):
    """The configuration is wrong. Run `hub check`: it lists every fault with its place."""

    def __init__(self, message: str | None = None, faults: Sequence[Fault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(message or "\n".join(str(fault) for fault in self.faults) or None)


class MappingError(ConfigError):
    """A mapping file is wrong. Run `hub map check`: it lists every fault with its place."""


class UnknownConnector(ConfigError):
    """No connector of that name is installed. Run `hub connector list`."""


class Outcome(enum.StrEnum):
    """What a far end did with one call; the one vocabulary of every connector."""

    #: The far end did it.
    APPLIED = "applied"
    #: The far end had done it before, under our key: nothing was done twice.
    ALREADY_APPLIED = "already_applied"
    #: The far end refused for good; its own words are kept; a person decides.
    REJECTED = "rejected"
    #: Somebody else changed the object meanwhile: read again, try again.
    CONFLICT = "conflict"
    #: Too many calls; not processed; the whole connection waits.
    RATE_LIMITED = "rate_limited"
    #: It was surely not processed (connect phase failed, maintenance answer before processing).
    UNAVAILABLE_NOT_APPLIED = "unavailable_not_applied"
    #: Our credentials are refused: the connection pauses, deliveries keep their place.
    NOT_AUTHORIZED = "not_authorized"
    #: The far end lacks a field, permission or method we were told to use: the connection pauses.
    MISCONFIGURED = "misconfigured"
    #: The accounting period is closed: a person decides where it belongs.
    PERIOD_CLOSED = "period_closed"
    #: Nobody knows whether it was processed: ask before anything else.
    UNKNOWN = "unknown"


#: Outcomes that prove the far end holds the effect.
APPLIED_OUTCOMES = frozenset({Outcome.APPLIED, Outcome.ALREADY_APPLIED})

#: Outcomes that prove this attempt had no effect.
NOT_APPLIED_OUTCOMES = frozenset(
    {
        Outcome.REJECTED,
        Outcome.CONFLICT,
        Outcome.RATE_LIMITED,
        Outcome.UNAVAILABLE_NOT_APPLIED,
        Outcome.NOT_AUTHORIZED,
        Outcome.MISCONFIGURED,
        Outcome.PERIOD_CLOSED,
    }
)


class ConnectorError(HubError):
    """A far end did not do what was asked.

    `words` are the vendor's own, kept as they came; `code` is the vendor's code.
    """

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        code: str | None = None,
        words: str | None = None,
        status: int | None = None,
        retry_after: timedelta | None = None,
        answer: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.code = code
        self.words = words
        self.status = status
        #: How long the far end asked the whole connection to wait.
        self.retry_after = retry_after
        #: The raw answer, for the attempt record.
        self.answer = answer


class SignatureInvalid(HubError):
    """The webhook's signature does not fit. Check the secret on both sides."""


class BadRequest(HubError):
    """The webhook cannot be read."""


class StoreError(HubError):
    """The database could not be used; nothing was half-applied. Run `hub doctor`."""


class StoreLocked(StoreError):
    """Another process writes this store. Stop it, or let its daemon do the work."""


class StoreFull(StoreError):
    """No space is left for the store. Free some; the sender tries again by itself."""
