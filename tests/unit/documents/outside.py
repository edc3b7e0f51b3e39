"""Files as they come from outside: a real annex, and PDFs written by hand, good and bad."""

from __future__ import annotations

import functools
import io
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from tests.unit.documents import papers

# ---- an annex --------------------------------------------------------------------------------


@functools.cache
def annex() -> bytes:
    """Return the file of an annex of two pages."""
    return papers.printed(papers.content(document=papers.promise(12))).pdf


def page_of(pdf: bytes, place: int, dpi: int = 300) -> NDArray[np.uint8]:
    """Return a page of a PDF in grey."""
    page = pypdfium2.PdfDocument(pdf)[place]
    drawn: NDArray[np.uint8] = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return np.ascontiguousarray(drawn.reshape(drawn.shape[:2]))


# ---- PDFs by hand ----------------------------------------------------------------------------


def pdf(
    content: bytes = b"", *, page: str = "/MediaBox [0 0 595 842]", filters: str = "",
    resources: str = "/Font << /F 3 0 R >>", objects: Sequence[bytes] = (), catalog: str = "",
    pages: int = 1, start: int | None = None,
) -> bytes:  # fmt: skip
    """Return a PDF of pages that all show the same content.

    More objects are numbered from 6; `start` is written where the end tells where the table is.
    """
    kids = " ".join(["4 0 R"] * pages)
    written = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Type /Page /Parent 2 0 R {page} /Contents 5 0 R "
        f"/Resources << {resources} >> >>".encode(),
        stream(content, filters),
        *objects,
    ]
    return assembled(written, start)


def stream(content: bytes, filters: str = "") -> bytes:
    """Return an object that holds a stream."""
    head = f"<< /Length {len(content)} {filters} >>\nstream\n".encode()
    return head + content + b"\nendstream"


def assembled(objects: Sequence[bytes], start: int | None = None) -> bytes:
    """Return a file of objects, the first of which is the catalog."""
    file, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    table = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    file += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    file += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n".encode()
    file += f"startxref\n{table if start is None else start}\n%%EOF\n".encode()
    return bytes(file)


def text(said: str) -> bytes:
    """Return page content that shows a text."""
    return f"BT /F 12 Tf 50 700 Td ({said}) Tj ET".encode()


def blanks(mebibytes: int) -> bytes:
    """Return so many MiB of blanks, packed into a thousandth; the checksum behind is left out."""
    packer = zlib.compressobj(9)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    each = packer.compress(b" " * 1024**2) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + each * mebibytes


def endless() -> bytes:
    """Return a PDF whose page takes minutes to draw, and no memory."""
    size = 8_000
    black = zlib.compress(bytes(size * size // 8))
    picture = stream(
        black,
        f"/Type /XObject /Subtype /Image /Width {size} /Height {size} /BitsPerComponent 1 "
        "/ColorSpace /DeviceGray /Filter /FlateDecode",
    )
    shown = b"q 500 3 -3 700 9 9 cm /I Do Q\n" * 2_000
    return pdf(shown, resources="/XObject << /I 6 0 R >>", objects=[picture])


def laughing() -> bytes:
    """Return a PDF whose page shows a form ten times, which shows a form ten times, and so on."""
    kind = "/Type /XObject /Subtype /Form /BBox [0 0 9 9]"
    forms = [
        stream(b"/X Do " * 10, f"{kind} /Resources << /XObject << /X {number} 0 R >> >>")
        for number in range(7, 16)
    ]
    return pdf(
        b"/X Do",
        resources="/XObject << /X 6 0 R >>",
        objects=[*forms, stream(b"0 0 9 9 re f", kind)],
    )


# ---- pictures --------------------------------------------------------------------------------


def picture(page: NDArray[np.uint8]) -> Image.Image:
    """Return a page as a picture."""
    return Image.fromarray(page)


def code(text: str, pixels: int = 5) -> Image.Image:
    """Return a QR code in grey, a module so many pixels wide."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="H")
    return Image.fromarray(np.asarray(made.to_image(scale=pixels)))


def full_of_codes(count: int) -> Image.Image:
    """Return a page of different codes in rows of twelve."""
    size = code("000").width
    page = Image.new("L", (12 * size, count // 12 * size), "white")
    for place in range(count):
        page.paste(code(f"{place:03}"), (place % 12 * size, place // 12 * size))
    return page


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the file of a picture."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
