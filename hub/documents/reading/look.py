"""Look at a file: pages, attachment, text, codes.

Runs in a child process with limits. Whatever cannot be read is an `Unread` with its code; what
ends the process is told by whoever started it.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from hub.documents.number import numbers_in
from hub.documents.reading.seen import Answer, Seen, SeenCode, Unread

#: Pages a PDF may have, and pages that are looked at for codes.
MOST_PAGES, LOOKED_AT = 500, 12
#: Points one side of a page may have; more is no paper.
LARGEST_PAGE = 14_400
#: Pixels a picture may have.
MOST_PIXELS = 100_000_000
#: Characters of text looked through, and characters from which a PDF is no scan.
_TEXT, _SOME_TEXT = 200_000, 20
#: Bytes an attachment may have.
_ATTACHMENT = 5_000_000
_NAME = "annex.json"
_DPI = 150
#: Pixels of the longer side a page is rastered to at most.
_SIDE = 4_000
#: Turns, in degrees, that are tried where nothing was read as it is.
_TURNS = (17, -17, 8, -8, 30, -30, 45)
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "MPO")
#: Beginning of a file → what it looks like.
_LOOKS = (
    (b"<!doctype html", "an HTML page"), (b"<html", "an HTML page"), (b"<?xml", "an XML file"),
    (b"pk\x03\x04", "a ZIP, Word or Excel file"), (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"), (b"\x1f\x8b", "a gzip file"), (b"rar!", "a RAR file"),
    (b"{", "a JSON file"),
)  # fmt: skip

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class _Unread(Exception):
    def __init__(self, code: str, detail: object = "") -> None:
        super().__init__(code)
        self.unread = Unread(code, str(detail))


def look(content: bytes) -> Answer:
    """Return what a file shows, or why nothing can be seen."""
    try:
        if not content:
            raise _Unread("E_DOC_EMPTY")
        # junk before the header is allowed, as readers of PDFs allow it
        if b"%PDF-" in content[:1024]:
            return Answer(seen=_pdf(content))
        return Answer(seen=_picture(content))
    except _Unread as error:
        return Answer(unread=error.unread)


# ---- PDF -------------------------------------------------------------------------------------


def _pdf(content: bytes) -> Seen:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        encrypted = pdfium.FPDF_GetLastError() == pdfium.FPDF_ERR_PASSWORD
        raise _Unread(
            "E_DOC_ENCRYPTED" if encrypted or "password" in str(error).lower() else "E_DOC_CORRUPT"
        ) from None
    pages = len(document)
    if pages == 0:
        raise _Unread("E_DOC_NO_PAGES")
    if pages > MOST_PAGES:
        raise _Unread("E_DOC_TOO_MANY_PAGES", pages)
    attachment = _attachment(document)
    looked_at = _chosen(pages)
    text = "\n".join(_texts(document, looked_at))
    return Seen(
        "pdf", pages, attachment, tuple(_codes(document, looked_at)),
        tuple(one.text for one in numbers_in(text)), len(text.strip()) > _SOME_TEXT,
    )  # fmt: skip


def _chosen(pages: int) -> list[int]:
    """Return the pages to look at: the first ones, and the last."""
    first = list(range(min(pages, LOOKED_AT)))
    return first if pages <= LOOKED_AT else [*first[:-1], pages - 1]


def _page(document: Any, at: int) -> Any:
    try:
        page = document[at]
    except pypdfium2.PdfiumError:
        raise _Unread("E_DOC_CORRUPT") from None
    width, height = page.get_size()
    if not 0 < width <= LARGEST_PAGE or not 0 < height <= LARGEST_PAGE:
        raise _Unread("E_DOC_PAGE_SIZE", f"{width:.0f} x {height:.0f}")
    return page


def _texts(document: Any, pages: list[int]) -> Iterator[str]:
    left = _TEXT
    for at in pages:
        if left <= 0:
            return
        text = _page(document, at).get_textpage().get_text_range(count=-1)[:left]
        left -= len(text)
        yield text


def _codes(document: Any, pages: list[int]) -> Iterator[SeenCode]:
    for at in pages:
        page = _page(document, at)
        scale = min(_DPI / 72, _SIDE / max(page.get_size()))
        picture = page.render(scale=scale, grayscale=True).to_pil()
        yield from (SeenCode(at + 1, text) for text in codes_in(picture))


def _attachment(document: Any) -> bytes | None:
    """Return the file `annex.json` of a PDF; other attachments are nobody's business here."""
    count = pdfium.FPDFDoc_GetAttachmentCount(document)
    for at in range(min(count, 50)):
        attached = pdfium.FPDFDoc_GetAttachment(document, at)
        if attached and _name_of(attached) == _NAME:
            return _bytes_of(attached)
    return None


def _name_of(attached: Any) -> str:
    length = pdfium.FPDFAttachment_GetName(attached, None, 0)
    if not 2 < length < 1000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFAttachment_GetName(
        attached, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), length
    )
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0")


def _bytes_of(attached: Any) -> bytes | None:
    length = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attached, None, 0, length):
        return None
    if length.value > _ATTACHMENT:
        raise _Unread("E_DOC_BOMB")
    buffer = ctypes.create_string_buffer(length.value)
    pdfium.FPDFAttachment_GetFile(attached, buffer, length.value, length)
    return buffer.raw


# ---- pictures --------------------------------------------------------------------------------


def _picture(content: bytes) -> Seen:
    try:
        picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise _Unread("E_DOC_TOO_MANY_PIXELS", f"{picture.width} x {picture.height}")
        grey = _grey(ImageOps.exif_transpose(picture))
    except Image.DecompressionBombError:
        raise _Unread("E_DOC_TOO_MANY_PIXELS") from None
    except UnidentifiedImageError:
        raise _Unread("E_DOC_NOT_READABLE", _looks_like(content)) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise _Unread("E_DOC_CORRUPT") from None
    return Seen("image", 1, codes=tuple(SeenCode(1, text) for text in codes_in(grey)))


def _grey(picture: Image.Image) -> Image.Image:
    """Return a picture in shades of grey, on white where it is transparent."""
    picture.draft("L", None)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("L")
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    return picture.convert("L")


def _looks_like(content: bytes) -> str:
    start = content[:512].lstrip().lower()
    for beginning, name in _LOOKS:
        if start.startswith(beginning):
            return name
    return "text" if start.isascii() and b"\0" not in start else "something else"


# ---- codes -----------------------------------------------------------------------------------


def codes_in(picture: Image.Image) -> list[str]:
    """Return the texts of all codes of a picture: as it is, else twice as large, else turned."""
    for one in _tries(picture):
        found = zxingcpp.read_barcodes(one, formats=_QR)
        texts = [str(code.text) for code in found if code.valid]
        if texts:
            return list(dict.fromkeys(texts))
    return []


def _tries(picture: Image.Image) -> Iterator[Image.Image]:
    yield picture
    if max(picture.size) <= _SIDE:
        yield picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.BICUBIC)
    if max(picture.size) <= _SIDE:
        for degrees in _TURNS:
            yield picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
