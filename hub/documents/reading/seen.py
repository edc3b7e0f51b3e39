"""What is seen in a file."""

from __future__ import annotations

from typing import Literal

import msgspec


class SeenCode(msgspec.Struct, frozen=True):
    """A code on a page."""

    #: From 1.
    page: int
    text: str


class Seen(msgspec.Struct, frozen=True):
    """What a file shows, before anybody has judged it."""

    kind: Literal["pdf", "image"]
    #: Of a PDF; a picture has one.
    pages: int
    #: The content attached to an annex, as it is; None without one.
    attachment: bytes | None = None
    codes: tuple[SeenCode, ...] = ()
    #: Well-formed watermark numbers in the text of a PDF, in canonical form.
    numbers: tuple[str, ...] = ()
    #: It has a text layer: it is no scan.
    has_text: bool = False


class Unread(msgspec.Struct, frozen=True):
    """Why nothing is seen."""

    code: str
    #: What it looks like, or a number the sentence names.
    detail: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a child says."""

    seen: Seen | None = None
    unread: Unread | None = None
