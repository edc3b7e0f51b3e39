"""What the register knows of a document, as the checks ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from hub.documents.number import Number

State: TypeAlias = Literal["issued", "superseded", "revoked"]


@dataclass(frozen=True, slots=True)
class Copy:
    """Whose copy of a document is printed."""

    #: 1, 2, …
    copy: int
    #: Name of the copy in the document file, such as `customer`.
    role: str
    #: Whose it is, as printed on every page. Personal.
    recipient: str


@dataclass(frozen=True, slots=True)
class RegisteredCopy:
    """One copy of a document: whose it is, and the hash of its file."""

    copy: int
    #: Name of the copy in the document file, such as `customer`; `reissue` for later ones.
    role: str
    #: Whose copy it is, as printed; empty once erased. Personal.
    recipient: str
    pdf_sha256: str
    #: Bytes of the file.
    size: int
    pages: int
    #: Key its codes are made with.
    kid: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """A document in the register."""

    number: Number
    record_kind: str
    record_number: str
    revision: int
    state: State
    content_sha256: str
    #: The frozen content (`hub.documents.content`); None once erased.
    content: Mapping[str, Any] | None
    issued_at: datetime
    copies: tuple[RegisteredCopy, ...]
    #: Number of the document that took its place.
    superseded_by: Number | None = None
    #: When it was superseded or revoked.
    ended_at: datetime | None = None
    #: What does not fit between its row and the ledger; empty: nothing.
    unsound: tuple[str, ...] = ()

    def copy(self, number: int) -> RegisteredCopy | None:
        """Return a copy by its number."""
        return next((one for one in self.copies if one.copy == number), None)


@dataclass(frozen=True, slots=True)
class BoundFile:
    """A file from outside, such as the contract, bound by its hash; nothing was written into it."""

    sha256: str
    name: str
    pages: int
    #: Bytes.
    size: int
    #: Connection it came from.
    origin: str
    record_kind: str
    record_number: str
    bound_at: datetime


class Register(Protocol):
    """The look-ups of a check; each answers None where nothing is known."""

    def by_number(self, number: Number) -> Registered | None:
        """Return the document of a number."""
        ...

    def by_pdf(self, sha256: str) -> tuple[Registered, RegisteredCopy] | None:
        """Return the document and copy whose file has this hash."""
        ...

    def bound(self, sha256: str) -> BoundFile | None:
        """Return the file from outside with this hash."""
        ...
