"""Look at a PDF: pages, our attachment, numbers in its text, codes on its pages."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Mapping, Sequence

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from hub.documents.number import numbers_in
from hub.documents.reading import answer, symbols
from hub.documents.reading.refusals import Code, Refusal

#: Name of the attachment that holds the content.
_ATTACHMENT = "annex.json"
#: More attachments than a document of ours ever has.
_MOST_ATTACHMENTS = 20
#: Points a page may be wide or high; PDF itself ends here.
_LARGEST_PAGE = 14_400
#: Pages whose text is read, and those that are drawn.
_MOST_TEXTS, _MOST_DRAWN = 60, 12
#: Characters that are read of a page; numbers stand in it again and again.
_LONGEST_TEXT = 100_000
#: Fewer characters are a page number a scanner wrote, not a text.
_FEW_CHARACTERS = 20
#: Why a PDF is not opened; without pages, nothing is wrong with it for PDFium.
_REASONS: Mapping[int | None, Code] = {
    pdfium.FPDF_ERR_PASSWORD: "E_DOC_ENCRYPTED",
    pdfium.FPDF_ERR_SECURITY: "E_DOC_ENCRYPTED",
    pdfium.FPDF_ERR_SUCCESS: "E_DOC_NO_PAGES",
}
_SCALE = 150 / 72
#: Pixels of one page, larger ones are drawn more coarsely; and of all pages that are drawn.
_PAGE_PIXELS, _ALL_PIXELS = 8_000_000, 30_000_000
_END = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z")
_REFERENCES = re.compile(rb"xref|\d+\s+\d+\s+obj")


def look(content: bytes) -> answer.Looked:
    """Return what is seen of a PDF; `Refusal` where it cannot be read."""
    document = _opened(content)
    pages = _pages(document)
    text = "\n".join(_texts(document, pages))
    numbers = tuple(one.text for one in numbers_in(text))[: answer.MOST_NUMBERS]
    return answer.Looked(
        "pdf", pages, _attachment(document), tuple(_codes(document, pages)), numbers,
        len("".join(text.split())) > _FEW_CHARACTERS, not _is_sound(content),
    )  # fmt: skip


def spread(pages: int, most: int) -> Sequence[int]:
    """Return at most so many places, the first and the last and those evenly between."""
    if pages <= most:
        return range(pages)
    return [round(place * (pages - 1) / (most - 1)) for place in range(most)]


def _opened(content: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise Refusal(_REASONS.get(error.err_code, "E_DOC_CORRUPT")) from None


def _pages(document: pypdfium2.PdfDocument) -> int:
    pages = len(document)
    if pages > answer.MOST_PAGES:
        raise Refusal("E_DOC_TOO_MANY_PAGES")
    for place in range(pages):
        if max(document.get_page_size(place)) > _LARGEST_PAGE:
            raise Refusal("E_DOC_PAGE_SIZE")
    return pages


def _attachment(document: pypdfium2.PdfDocument) -> bytes | None:
    for place in range(min(document.count_attachments(), _MOST_ATTACHMENTS)):
        attached = document.get_attachment(place)
        if attached.get_name() == _ATTACHMENT:
            return _data(attached)
    return None


def _data(attached: pypdfium2.PdfAttachment) -> bytes | None:
    length = ctypes.c_ulong()
    known = pdfium.FPDFAttachment_GetFile(attached, None, 0, length)
    if not known or not 0 < length.value <= answer.LONGEST_ATTACHMENT:
        return None
    return bytes(attached.get_data())


def _texts(document: pypdfium2.PdfDocument, pages: int) -> Iterator[str]:
    for place in spread(pages, _MOST_TEXTS):
        text = document[place].get_textpage()
        yield text.get_text_range(0, min(text.count_chars(), _LONGEST_TEXT))


def _codes(document: pypdfium2.PdfDocument, pages: int) -> list[tuple[int, str]]:
    """Return the codes of the first page, the last, and as many between as may be drawn."""
    first, *between = spread(pages, _MOST_DRAWN)
    pixels, codes = 0, list[tuple[int, str]]()
    for place in (first, *between[-1:], *between[:-1]):
        picture = _picture(page := document[place])
        pixels += picture.width * picture.height
        found = symbols.texts_in(picture, drawn=not _is_scanned(page))
        codes += ((place + 1, text) for text in found)
        if pixels > _ALL_PIXELS:
            break
    return sorted(codes[: answer.MOST_CODES], key=lambda code: code[0])


def _is_scanned(page: pypdfium2.PdfPage) -> bool:
    return any(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))


def _picture(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    scale = min(_SCALE, math.sqrt(_PAGE_PIXELS / (width * height)))
    picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return picture


def _is_sound(content: bytes) -> bool:
    """Say whether a file begins and ends as it should, and its end tells where its objects are."""
    end = _END.search(content, max(0, len(content) - 1024))
    if end is None or not content.startswith(b"%PDF-"):
        return False
    return _REFERENCES.match(content, int(end[1])) is not None
