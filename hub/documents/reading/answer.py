"""What passes from the child that looks at a file to the hub, which trusts none of it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from hub.documents.number import BadNumber, parse
from hub.documents.reading.refusals import Code, Looks, refusal
from hub.documents.reading.seen import Kind, Seen, SeenCode

#: Pages a PDF may have.
MOST_PAGES = 500
#: Codes and numbers that are told of one file, and the length of a text.
MOST_CODES, MOST_NUMBERS, LONGEST_TEXT = 100, 100, 8_000
#: A longer attachment is none of ours.
LONGEST_ATTACHMENT = 32 * 1024**2
#: Bytes of a whole answer.
LONGEST_ANSWER = LONGEST_ATTACHMENT + MOST_CODES * LONGEST_TEXT * 4 + 64 * 1024

_Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_Page = Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)]


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """What the child saw; the fields are those of `Seen`."""

    kind: Kind
    pages: _Page | None
    attachment: Annotated[bytes, msgspec.Meta(max_length=LONGEST_ATTACHMENT)] | None
    #: Page and text.
    codes: Annotated[tuple[tuple[_Page, _Text], ...], msgspec.Meta(max_length=MOST_CODES)]
    numbers: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_NUMBERS)]
    has_text: bool
    repaired: bool


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Why the file was not read."""

    code: Code
    looks: Looks | None = None


Answer: TypeAlias = Looked | Refused

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def packed(answer: Answer) -> bytes:
    """Return an answer as it goes through the pipe."""
    return _ENCODER.encode(answer)


def seen_of(raw: bytes, sha256: str, size: int) -> Seen:
    """Return what a child saw; `DocumentError` where it refused, or its answer is no answer."""
    try:
        answer = _DECODER.decode(raw)
        if isinstance(answer, Refused):
            raise refusal(answer.code, answer.looks)
        numbers = tuple(parse(text)[0] for text in answer.numbers)
    except (msgspec.DecodeError, BadNumber):
        # only a child that a file took over answers so
        raise refusal("E_DOC_BOMB") from None
    codes = tuple(SeenCode(page, text) for page, text in answer.codes)
    return Seen(
        answer.kind, sha256, size, answer.pages, answer.attachment, codes, numbers,
        answer.has_text, answer.repaired,
    )  # fmt: skip
