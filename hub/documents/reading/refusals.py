"""Why a file from outside was not read, each with a code that stays and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from hub.documents.errors import DocumentError
from hub.language import Message, say

Code: TypeAlias = Literal[
    "E_DOC_EMPTY",
    "E_DOC_NOT_READABLE",
    "E_DOC_CORRUPT",
    "E_DOC_ENCRYPTED",
    "E_DOC_TOO_MANY_PAGES",
    "E_DOC_NO_PAGES",
    "E_DOC_PAGE_SIZE",
    "E_DOC_TOO_MANY_PIXELS",
    "E_DOC_BOMB",
    "E_DOC_TIMEOUT",
]
Looks: TypeAlias = Literal[
    "html",
    "xml",
    "json",
    "zip",
    "docx",
    "xlsx",
    "pptx",
    "ofd",
    "ole",
    "heic",
    "rar",
    "text",
    "data",
]


class Refusal(Exception):
    """A file is not read; raised where it is looked at, told by `refusal` on the other side."""

    def __init__(self, code: Code, looks: Looks | None = None) -> None:
        super().__init__(code)
        self.code: Code = code
        self.looks = looks


def refusal(code: Code, looks: Looks | None = None) -> DocumentError:
    """Return the error that tells why a file was not read."""
    if code == "E_DOC_NOT_READABLE":
        return DocumentError(code, _not_readable(looks or "data"))
    return DocumentError(code, _SENTENCES[code])


def too_large(size: int, limit: int) -> DocumentError:
    """Return the error of a file with more bytes than are looked at."""
    return DocumentError(
        "E_DOC_TOO_LARGE",
        say(
            "The file has {size} bytes; files up to {limit} bytes are looked at. Bring a smaller "
            "one, or raise documents.upload_limit in hub.yaml.",
            size=size, limit=limit,
        ),
    )  # fmt: skip


def reader_ended(status: int | None) -> DocumentError:
    """Return the error of a process that ended before it looked at a file."""
    return DocumentError(
        "E_DOC_READER",
        say(
            "The process that looks at files ended by itself ({status}). Try again; if it stays "
            "so, see what it wrote to the standard error of the hub.",
            status=status,
        ),
    )


def _not_readable(looks: Looks) -> Message:
    return say(
        "This is {what}, neither a PDF nor a picture. Bring the PDF itself, or a photo or scan as "
        "JPEG, PNG, WebP, TIFF, BMP or GIF.",
        what=_LOOKS[looks],
    )


_LOOKS: Mapping[Looks, Message] = {
    "html": say("a web page, perhaps of a login that ended"),
    "xml": say("an XML file"),
    "json": say("a JSON file"),
    "zip": say("a ZIP archive"),
    "docx": say("a Word document"),
    "xlsx": say("an Excel workbook"),
    "pptx": say("a PowerPoint file"),
    "ofd": say("an OFD document"),
    "ole": say("an older Office document"),
    "heic": say("a HEIC photo"),
    "rar": say("a RAR or 7z archive"),
    "text": say("plain text"),
    "data": say("data of an unknown kind"),
}
_SENTENCES: Mapping[Code, Message] = {
    "E_DOC_EMPTY": say("The file is empty: it has 0 bytes. Fetch it again from its source."),
    "E_DOC_CORRUPT": say(
        "The file is damaged or was cut off on its way. Fetch it again from its source."
    ),
    "E_DOC_ENCRYPTED": say(
        "The PDF opens only with a password. Save it without one, and bring that file."
    ),
    "E_DOC_TOO_MANY_PAGES": say(
        "The PDF has more than 500 pages. Bring only the pages the document is on."
    ),
    "E_DOC_NO_PAGES": say("The PDF has no pages. Fetch it again from its source."),
    "E_DOC_PAGE_SIZE": say(
        "A page of the PDF is larger than 5 metres (14,400 points). Print it to a usual paper "
        "size, and bring that file."
    ),
    "E_DOC_TOO_MANY_PIXELS": say(
        "The picture has more than 100 million pixels. Make it smaller, and bring that file."
    ),
    "E_DOC_BOMB": say(
        "Looking at the file was stopped: it needs too much memory, or breaks what reads it."
    ),
    "E_DOC_TIMEOUT": say("Looking at the file was stopped: it takes too long."),
}
