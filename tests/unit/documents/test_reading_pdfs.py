"""A PDF from outside is read as far as it can be, or refused with a code; it harms nothing."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pypdf
import pytest
import pytest_asyncio

from hub.documents.errors import DocumentError
from hub.documents.number import Number
from hub.documents.reading import Reader, Seen, SeenCode
from hub.documents.reading.pdf import spread
from hub.language import Language, told
from tests.unit.documents import outside, papers

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAID = "A text of a contract, number HX-2611-4837-2059-1864-10."
GOOD = outside.pdf(outside.text(SAID))
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def reader() -> AsyncIterator[Reader]:
    async with Reader() as one:
        yield one


def written(writer: pypdf.PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def locked(password: str) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(GOOD))
    writer.encrypt(password, owner_password="owner", permissions_flag=0)
    return written(writer)


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "%PDF-1.7")
    return file.getvalue()


# ---- good ones -------------------------------------------------------------------------------


async def test_an_annex_shows_its_content_number_and_codes(reader: Reader) -> None:
    file = outside.annex()
    seen = await reader.look(file)
    codes = [(one.page, one.text.split("/")[3]) for one in seen.codes]
    assert (seen.kind, seen.pages, seen.size) == ("pdf", 2, len(file))
    assert seen.sha256 == hashlib.sha256(file).hexdigest()
    assert hashlib.sha256(seen.attachment or b"").hexdigest() == papers.hash_of(
        papers.content(document=papers.promise(12))
    )
    assert seen.numbers == (papers.NUMBER,)
    assert codes == [(1, "V"), (2, "V"), (2, "S")]
    assert seen.has_text
    assert not seen.repaired


async def test_an_annex_within_a_longer_file_is_seen(reader: Reader) -> None:
    writer = pypdf.PdfWriter(io.BytesIO(outside.pdf(pages=80)))
    writer.append(io.BytesIO(outside.annex()))
    seen = await reader.look(written(writer))
    assert seen.pages == 82
    assert seen.numbers == (papers.NUMBER,)
    assert {one.page for one in seen.codes} == {82}


async def test_a_scan_has_codes_and_no_text(reader: Reader) -> None:
    page = outside.picture(outside.page_of(outside.annex(), 0, 150))
    seen = await reader.look(outside.saved(page, "PDF", resolution=150))
    assert [one.page for one in seen.codes] == [1]
    assert not seen.has_text
    assert seen.numbers == ()


@pytest.mark.parametrize(
    "page",
    [
        "/MediaBox [0 0 595 842] /Rotate 90",
        "/MediaBox [0 0 595 842] /CropBox [40 40 500 800]",
        "/MediaBox [-100 -100 495 742]",
        "/MediaBox [0 0 14400 14400]",
        "/MediaBox [0 0 14400 0.01]",
        "/MediaBox [0 0 0 0]",
    ],
    ids=["rotated", "cropped", "moved", "as large as can be", "thin", "of no size"],
)
async def test_pages_of_any_shape_are_read(reader: Reader, page: str) -> None:
    assert (await reader.look(outside.pdf(outside.text(SAID), page=page))).pages == 1


async def test_a_rotated_annex_shows_its_codes(reader: Reader) -> None:
    writer = pypdf.PdfWriter(io.BytesIO(outside.annex()))
    for page, degrees in zip(writer.pages, (90, 180), strict=True):
        page.rotate(degrees)
    assert len((await reader.look(written(writer))).codes) == 3


async def test_a_file_that_only_forbids_changes_is_read(reader: Reader) -> None:
    assert (await reader.look(locked(""))).numbers == (Number("HX261148372059186410"),)


async def test_scripts_and_attachments_of_others_are_left_alone(reader: Reader) -> None:
    script = r"/OpenAction << /S /JavaScript /JS (while\(true\){}) >>"
    writer = pypdf.PdfWriter(io.BytesIO(outside.pdf(outside.text(SAID), catalog=script)))
    writer.add_attachment("annex.json.exe", b"MZ")
    writer.add_attachment("invoice.xml", b"<x/>")
    file = written(writer)
    seen = await reader.look(file)
    assert b"/JavaScript" in file
    assert seen.has_text
    assert seen.attachment is None


async def test_the_attachment_is_found_among_others(reader: Reader) -> None:
    writer = pypdf.PdfWriter(io.BytesIO(GOOD))
    for name in ("a.txt", "annex.json", "z.txt"):
        writer.add_attachment(name, name.encode())
    assert (await reader.look(written(writer))).attachment == b"annex.json"


async def test_a_page_number_alone_is_no_text(reader: Reader) -> None:
    assert not (await reader.look(outside.pdf(outside.text("Page 1 of 1")))).has_text


@pytest.mark.parametrize(
    "file",
    [
        GOOD + b"\n% more",
        b"HTTP/1.1 200 OK\r\n\r\n" + GOOD,
        outside.pdf(outside.text(SAID), start=7),
        outside.pdf(outside.text(SAID), start=10**11),
    ],
    ids=["bytes behind", "junk before", "wrong startxref", "startxref beyond the end"],
)
async def test_a_file_that_had_to_be_repaired_is_told_so(reader: Reader, file: bytes) -> None:
    seen = await reader.look(file)
    assert seen.repaired
    assert seen.has_text


@pytest.mark.parametrize("pages", [1, 2, 11, 12, 13, 100, 500])
async def test_pages_looked_at_are_spread_over_the_file(pages: int) -> None:
    chosen = list(spread(pages, 12))
    assert len(chosen) == min(pages, 12)
    assert (chosen[0], chosen[-1]) == (0, pages - 1)
    assert chosen == sorted(set(chosen))


# ---- bad ones --------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, Any]] = {
    "no bytes": ("E_DOC_EMPTY", b""),
    "garbage": ("E_DOC_NOT_READABLE", bytes(range(256)) * 9),
    "a login page": ("E_DOC_NOT_READABLE", b"\n<!DOCTYPE html><html><body>%PDF-"),
    "an archive": ("E_DOC_NOT_READABLE", zipped("a.pdf")),
    "only its first bytes": ("E_DOC_CORRUPT", b"%PDF-1.7\n"),
    "cut in the middle": ("E_DOC_CORRUPT", lambda: outside.annex()[:40_000]),
    "needs a password": ("E_DOC_ENCRYPTED", lambda: locked("user")),
    "no pages": ("E_DOC_NO_PAGES", outside.pdf(pages=0)),
    "501 pages": ("E_DOC_TOO_MANY_PAGES", outside.pdf(pages=501)),
    "100,000 pages": ("E_DOC_TOO_MANY_PAGES", lambda: outside.pdf(pages=100_000)),
    "an enormous page": ("E_DOC_PAGE_SIZE", outside.pdf(page="/MediaBox [0 0 1000000 1000000]")),
    "a long page": ("E_DOC_PAGE_SIZE", outside.pdf(page="/MediaBox [0 0 10 14401]")),
    "pages in a circle": (
        "E_DOC_CORRUPT",
        outside.assembled([CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 3 /Parent 2 0 R >>"]),
    ),
    "2 GiB in 2 MB": (
        "E_DOC_BOMB",
        lambda: outside.pdf(outside.blanks(2048), filters="/Filter /FlateDecode"),
    ),
    "2 GiB in 6 KB, packed twice": (
        "E_DOC_BOMB",
        lambda: outside.pdf(
            zlib.compress(outside.blanks(2048)), filters="/Filter [/FlateDecode /FlateDecode]"
        ),
    ),
    "forms that show ten forms each": ("E_DOC_BOMB", outside.laughing),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_file_is_refused_and_the_next_one_is_read(reader: Reader, name: str) -> None:
    code, file = REFUSED[name]
    content = file() if callable(file) else file
    with pytest.raises(DocumentError) as refused:
        await reader.look(content)
    assert refused.value.code == code
    assert (await reader.look(GOOD)).has_text


@pytest.mark.parametrize(
    ("file", "english", "chinese"),
    [
        (b"<!doctype html>", "a web page", "网页"),
        (b"<?xml version='1.0'?><html>", "a web page", "网页"),
        (b"<?xml version='1.0'?><a/>", "an XML file", "XML"),
        (b'\xef\xbb\xbf{"errcode": 401}', "a JSON file", "JSON"),
        (zipped("a.txt"), "a ZIP archive", "ZIP"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a Word document", "Word"),
        (zipped("xl/workbook.xml"), "an Excel workbook", "Excel"),
        (zipped("OFD.xml"), "an OFD document", "OFD"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an older Office", "旧版Office"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "a HEIC photo", "HEIC"),
        (b"Rar!\x1a\x07\x01\0", "a RAR or 7z archive", "RAR"),
        ("合同第一条".encode(), "plain text", "纯文本"),
        (b"\x7fELF\x02\x01\x01\0", "data of an unknown kind", "未知类型"),
    ],
)
async def test_a_file_of_another_kind_is_told_by_its_name(
    reader: Reader, file: bytes, english: str, chinese: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        await reader.look(file)
    said = refused.value.args[0]
    assert refused.value.code == "E_DOC_NOT_READABLE"
    assert f"This is {english}" in said
    assert f"这是{chinese}" in told(said, Language.ZH).replace(" ", "")


async def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(DocumentError) as refused:
        await Reader(largest=len(GOOD) - 1).look(GOOD)
    assert refused.value.code == "E_DOC_TOO_LARGE"
    assert str(len(GOOD)) in str(refused.value)


async def test_of_large_scans_the_first_and_the_last_page_are_looked_at(reader: Reader) -> None:
    pages = [outside.code(f"{page}") for page in range(1, 8)]
    file = outside.saved(pages[0], "PDF", resolution=8, save_all=True, append_images=pages[1:])
    seen = await reader.look(file)
    assert {1, 7} <= {one.page for one in seen.codes} < set(range(1, 8))
    assert all(one.text == str(one.page) for one in seen.codes)


async def test_a_page_full_of_codes_tells_a_hundred_at_most(reader: Reader) -> None:
    seen: Seen = await reader.look(outside.saved(outside.full_of_codes(144), "PDF"))
    assert len(seen.codes) == 100
    assert all(isinstance(one, SeenCode) for one in seen.codes)
