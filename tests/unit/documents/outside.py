"""Files as they come from outside: a real annex, and PDFs written by hand, good and bad."""

from __future__ import annotations

import functools
import hashlib
import io
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image

from hub.documents.annex import Copy, Printed, Printer
from hub.documents.codes import qr_svg
from hub.documents.keys import DocumentKeys
from hub.records.base import canonical
from hub.settings import Settings

NUMBER = "HX-2611-4837-2059-1864-10"
BASE = "https://hub.example.com"


# ---- an annex --------------------------------------------------------------------------------


@functools.cache
def annex() -> tuple[dict[str, Any], Printed]:
    """Return content and file of an annex of two pages."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "master.key"
        key.write_text("5e" * 32)
        settings = Settings(tenant="HX", keys=key, public_url=BASE)
        printer = Printer(settings, DocumentKeys.load(settings))
        content = _content(printer)
        content_sha256 = hashlib.sha256(canonical(content)).hexdigest()
        printed = printer.print(
            content, content_sha256, Copy(1, "customer", "安徽某某机械有限公司"), revision=2
        )
        printer.close()
    return content, printed


def page_of(pdf: bytes, place: int, dpi: int = 300) -> NDArray[np.uint8]:
    """Return a page of a PDF in grey."""
    page = pypdfium2.PdfDocument(pdf)[place]
    drawn: NDArray[np.uint8] = page.render(scale=dpi / 72, grayscale=True).to_numpy()
    return np.ascontiguousarray(drawn.reshape(drawn.shape[:2]))


def _content(printer: Printer) -> dict[str, Any]:
    lines = [
        {
            "line_no": str(place), "sku": f"A-{place:04}", "name": f"六角螺栓 M{place}",
            "quantity": "100", "unit": "件", "unit_price": str(Decimal(place) / 4), "gift": False,
            "note": None,
        }
        for place in range(1, 13)
    ]  # fmt: skip
    approvals = [
        {
            "level": level, "title": title, "person": "张三", "role": "经理",
            "decided_at": f"2026-11-0{place}T01:00:00Z",
        }
        for place, (level, title) in enumerate({"sales": "销售主管", "finance": "财务"}.items(), 1)
    ]  # fmt: skip
    return {
        "schema": "accord-hub/annex/1", "number": NUMBER, "tenant": "HX",
        "document": "commitment-annex",
        "title": {"zh": "合同附件 · 承诺确认书", "en": "Contract annex"}, "language": "zh",
        "issuer": {"name": "华夏公司", "name_en": "", "address": "合肥市", "phone": "0551-0000"},
        "record": {"kind": "commitment", "number": "CN-1", "revision": 2}, "company": None,
        "supersedes": None, "contract": None, "order_no": "SO-1",
        "customer": {"code": "C-1", "name": "安徽某某机械有限公司"},
        "promise": {
            "kind": "gift", "text": "随货赠送备件。", "promised_date": "2026-12-01",
            "latest_ship_at": None, "payment_days": 30, "currency": "CNY", "amount": None,
        },
        "lines": lines, "approvals": approvals, "terms": ["本附件为合同之一部分。"],
        "approved_at": "2026-11-02T01:00:00Z", "issued_at": "2026-11-03T01:00:00Z",
        "template": dict(zip(("name", "sha256"), printer.template, strict=True)),
        "font": dict(zip(("name", "sha256"), printer.font, strict=True)), "bundle": "0" * 64,
    }  # fmt: skip


# ---- PDFs by hand ----------------------------------------------------------------------------


def pdf(
    content: bytes = b"", *, page: str = "/MediaBox [0 0 595 842]", filters: str = "",
    objects: Sequence[bytes] = (), catalog: str = "", pages: int = 1, start: int | None = None,
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
        f"/Resources << /Font << /F 3 0 R >> >> >>".encode(),
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


def deflated(parts: int, times: int = 1) -> bytes:
    """Return as many MiB of blanks, packed."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 1024**2) for _ in range(parts)) + packer.flush()
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    return packed


# ---- pictures --------------------------------------------------------------------------------


@functools.cache
def code_picture(said: str, dpi: int = 150) -> Image.Image:
    """Return a page with a code in grey."""
    import typst

    page = "#set page(paper: \"a4\")\n#image(bytes(sys.inputs.svg), width: 34mm)"
    given: Mapping[str, str] = {"svg": qr_svg(said, "H")}
    png = typst.compile(page.encode(), format="png", ppi=dpi, sys_inputs=dict(given))
    return Image.open(io.BytesIO(png)).convert("L")


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the file of a picture."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
