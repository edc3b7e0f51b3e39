"""What a look at a file from outside tells. Nothing of it is proved yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from hub.documents.number import Number

Kind: TypeAlias = Literal["pdf", "image"]


@dataclass(frozen=True, slots=True)
class SeenCode:
    """A QR code that was read; it may be anybody's."""

    #: Page it stands on, from 1.
    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A file from outside, as it was seen."""

    #: By its content; the name of a file tells nothing.
    kind: Kind
    sha256: str
    #: Bytes.
    size: int
    #: None: a picture.
    pages: int | None
    #: The attached `annex.json`, as it is.
    attachment: bytes | None
    #: Of at most twelve pages, each text once on a page.
    codes: tuple[SeenCode, ...]
    #: Watermark numbers in its text, not those in pictures.
    numbers: tuple[Number, ...]
    #: It has text that can be copied, which a scan has not.
    has_text: bool
    #: It is not built as it should be and was read all the same, such as with bytes behind its end.
    repaired: bool
