"""Print an annex: frozen content and a copy's recipient become a PDF/A-3 file."""

from __future__ import annotations

from dataclasses import dataclass


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
class Printed:
    """The file of one copy."""

    copy: Copy
    pdf: bytes
    sha256: str
    pages: int
    #: Key of its codes.
    kid: str
