"""Annexes: the same bytes every time, a code on each page, and no text where it must not be."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from papers import (
    CUSTOMER,
    ISSUER,
    NUMBER,
    content,
    hash_of,
    line,
    printed,
    promise,
    settings,
    spec,
)

from hub.documents.annex import Printed, Printer
from hub.documents.codes import SealText, ShortCode, base_of, open_seal, read_code, token_fits
from hub.documents.errors import DocumentError
from hub.documents.keys import DocumentKeys
from hub.documents.register import Copy
from hub.settings import Issuer

#: A4 with its margins, in points: left, bottom, right, top.
MARGINS = (56.5, 25.0, 538.8, 815.0)
FILE = {"name": "购销合同（签字版）.pdf", "sha256": "e1" * 32, "pages": 14, "origin": "crm-sh"}
LONG = "苏州恒远" * 20


def text_of(one: Printed) -> str:
    pages = pypdfium2.PdfDocument(one.pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "\n")


def codes_of(one: Printed) -> list[list[str]]:
    """Return the codes of each page."""
    pages = (page.render(scale=150 / 72).to_pil() for page in pypdfium2.PdfDocument(one.pdf))
    return [[code.text for code in zxingcpp.read_barcodes(page)] for page in pages]


def upright(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """Yield where each text of a page stands, all but the watermark."""
    for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=10):
        if abs(one.get_matrix().b) < 1e-6:
            yield one.get_bounds()


# ---- bytes -----------------------------------------------------------------------------------


def test_the_same_content_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    of = settings(tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import papers\n"
        "of = papers.settings(Path(sys.argv[2]))\n"
        "print(papers.printed(papers.content(), of).sha256)"
    )

    asked = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    other = subprocess.run(asked, capture_output=True, text=True, check=True)

    one = printed(content(), of)
    assert printed(content(), of).pdf == one.pdf
    assert other.stdout.strip() == one.sha256 == hashlib.sha256(one.pdf).hexdigest()


def test_one_printer_prints_copy_after_copy() -> None:
    of = settings()
    printer, frozen = Printer(of, DocumentKeys.load(of)), content()
    copies = [Copy(place, "customer", f"客户 {place}") for place in (1, 2, 1)]
    made = [printer.print(frozen, hash_of(frozen), one) for one in copies]
    printer.close()

    assert made[0].pdf == made[2].pdf != made[1].pdf
    assert "HX-2611-4837-2059-1864-10/C2" in text_of(made[1])


def test_the_file_is_pdf_a_3_of_the_time_of_issue() -> None:
    reader = pypdf.PdfReader(io.BytesIO(printed(content()).pdf))
    described = reader.trailer["/Root"]["/Metadata"].get_data().decode()

    assert "<pdfaid:part>3</pdfaid:part>" in described
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in described
    assert reader.metadata is not None
    assert reader.metadata["/CreationDate"] == "D:20261121083100Z"
    assert reader.metadata.title == "合同附件 · 承诺确认书 HX-2611-4837-2059-1864-10/C1"


# ---- codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [promise(0, amount="12"), promise(40), promise(1, text="一\n" * 300)],
    ids=["one page", "more lines", "more pages than guessed"],
)
def test_every_page_has_a_code_of_its_own_and_the_last_one_a_seal(document: dict[str, Any]) -> None:
    of = settings()
    keys, frozen = DocumentKeys.load(of), content(document=document)
    one = printed(frozen, of)

    read = [[read_code(code, base_of(of)) for code in page] for page in codes_of(one)]

    assert len(read) == one.pages
    for place, page in enumerate(read, 1):
        short = next(code for code in page if isinstance(code, ShortCode))
        assert (short.number, short.copy, short.page) == (NUMBER, 1, place)
        assert token_fits(keys.current, short, "HX", 2, hash_of(frozen))
    seals = [[code for code in page if isinstance(code, SealText)] for page in read]
    assert [len(page) for page in seals] == [0] * (one.pages - 1) + [1]
    sealed = open_seal(keys, seals[-1][0])
    assert (sealed.number, sealed.revision, sealed.copy) == (NUMBER, 2, 1)
    assert sealed.lines == len(document["lines"])


@pytest.mark.parametrize(
    ("ask", "told"),
    [("法务部 0512-0000 0000", "核验请联系 法务部 0512-0000 0000"), ("", "核验请向出具方查询")],
    ids=["somebody", "the issuer"],
)
def test_without_a_public_address_the_page_says_whom_to_ask(ask: str, told: str) -> None:
    one = printed(content(), settings(public_url=None, documents={"ask": ask}))

    assert told in " ".join(text_of(one).split())
    assert "hub-document-keys.json" not in text_of(one)
    assert all(code.startswith("ACCORD:") for page in codes_of(one) for code in page)


# ---- what stands where -----------------------------------------------------------------------

_LINES = [
    line(1, name="W" * 150, sku="S" * 60, unit="U" * 30, quantity="99999999999", note="！" * 120),
    line(2, line_no="L" * 40, unit_price="0.123456789012"),
]


@pytest.mark.parametrize(
    ("changes", "copy"),
    [
        ({}, CUSTOMER),
        ({"document": promise(500)}, CUSTOMER),
        ({"document": promise(_LINES, text="x" * 900 + "é！（" * 300 + "Ж" * 300)}, CUSTOMER),
        ({"document": promise(1, text="第二批缩短为 9 个工作日。" * 700)}, CUSTOMER),
        ({"contract": {"number": "9" * 90, "files": [{**FILE, "name": "a" * 150}]}}, CUSTOMER),
        (
            {
                "issuer": Issuer(name="华" * 100, name_en="W" * 150, address="江苏" * 100),
                "document": promise(customer={"code": "C", "name": LONG}, company=LONG),
                "spec": spec(language="both", title="合同附件与承诺确认书及其说明合同附件与承诺"),
                "supersedes": NUMBER,
            },
            Copy(12, "customer", LONG),
        ),
        ({"spec": spec(language="en"), "document": promise(amount="9" * 14)}, CUSTOMER),
    ],
    ids=["plain", "500 lines", "long words", "long text", "long names", "both", "English"],
)
def test_no_text_runs_out_of_the_page_or_over_its_code(changes: dict[str, Any], copy: Copy) -> None:
    one = printed(content(**changes), copy=copy)

    left, bottom, right, top = MARGINS
    for page in pypdfium2.PdfDocument(one.pdf):
        codes = [
            found.get_bounds()
            for found in page.get_objects(max_depth=10)
            if found.type == pdfium.FPDF_PAGEOBJ_PATH and _is_code(found.get_bounds())
        ]
        assert codes
        for box in upright(page):
            assert left <= box[0] <= box[2] <= right
            assert bottom <= box[1] <= box[3] <= top
            assert not any(_meet(box, code) for code in codes)


def _is_code(box: tuple[float, ...]) -> bool:
    """Say whether a path is as large as one of the two codes: 34 or 42 mm."""
    wide, high = box[2] - box[0], box[3] - box[1]
    return abs(wide - high) < 1 and min(abs(wide - side) for side in (96.4, 119.1)) < 1


def _meet(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def test_an_annex_says_what_was_promised() -> None:
    lines = [line(1, note="蓝色"), line(2, gift=True), line(3, unit_price=None)]
    contract = {"number": "HT-2026-00217", "files": [FILE]}
    frozen = content(document=promise(lines), contract=contract, supersedes=NUMBER)

    text = text_of(printed(frozen))

    for said in (
        "华星电子制造（江苏）有限公司", "CM-2026-000418", "取代 HX-2611-4837-2059-1864-10", "蓝色",
        "2026-12-06 18:00:00 +08:00", "1,200 件", "15,000.00", "六角螺栓 M2（赠品）", "crm-sh",
        "王磊", "陈思远", "请勿删除", hash_of(frozen)[:16],
    ):  # fmt: skip
        assert said in text


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        ("zh", ["合同附件", "承诺内容"], ["Contract annex", "The promise"]),
        ("en", ["Contract annex", "The promise", "Huaxing Electronics"], ["承诺内容"]),
        ("both", ["承诺内容 The promise", "合同附件", "Contract annex"], []),
    ],
)
def test_an_annex_speaks_the_language_of_its_document(
    language: str, said: list[str], unsaid: list[str]
) -> None:
    text = text_of(printed(content(spec=spec(language=language))))

    assert all(one in text for one in said)
    assert not any(one in text for one in unsaid)


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")', "<b>x</b>", "$x$ *a* _b_ `c`", "\\ @ref // no", "= heading",
        "- item", '#import "@preview/cetz:0.3.0"', "#panic() [x] {y}", '"quoted" \\u{41}',
    ],
)  # fmt: skip
def test_what_a_customer_writes_is_printed_and_never_read_as_code(text: str) -> None:
    lines = [line(1, name=text, sku=text, note=text)]
    document = promise(lines, text=text, customer={"code": "C", "name": text}, order_no=text)

    one = printed(content(document=document), copy=Copy(1, "customer", text))

    assert text_of(one).count(text) >= 4


def test_a_free_text_that_cannot_be_printed_is_shown_and_attached_exactly() -> None:
    one = printed(content(document=promise(1, text="好 \U0001f44d\u202e")))

    assert "好 〔U+1F44D〕〔U+202E〕" in text_of(one)
    attached = pypdf.PdfReader(io.BytesIO(one.pdf)).attachments["annex.json"][0]
    assert "好 \U0001f44d\u202e".encode() in attached


def test_a_recipient_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(DocumentError) as raised:
        printed(content(), copy=Copy(1, "customer", "王\U0001f44d"))

    assert raised.value.code == "E_DOC_CHARACTER"


def test_an_issuer_of_its_own_for_each_company_brings_its_logo(tmp_path: Path) -> None:
    red = '<rect width="40" height="10" fill="#c00"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10">{red}</svg>'
    (tmp_path / "own.svg").write_text(svg, "utf-8")
    own = ISSUER.model_copy(update={"logo": tmp_path / "own.svg"})
    of = settings(tmp_path, documents={"companies": {"kunshan": own}})

    one, other = (
        printed(content(document=promise(1, company=company)), of) for company in ("kunshan", None)
    )

    assert _reds(one) > 1000 > _reds(other) == 0


def _reds(one: Printed) -> int:
    picture = pypdfium2.PdfDocument(one.pdf)[0].render(scale=1).to_pil().convert("RGB")
    return sum(count for count, color in picture.getcolors(1 << 20) if color == (204, 0, 0))


@pytest.mark.parametrize(
    ("name", "written", "code"),
    [
        ("logo.gif", b"GIF89a", "E_DOC_LOGO"),
        ("logo.svg", None, "E_DOC_LOGO"),
        ("logo.png", b"no picture", "E_DOC_PRINT"),
    ],
    ids=["kind", "missing", "broken"],
)
def test_a_logo_that_cannot_be_printed_is_told(
    tmp_path: Path, name: str, written: bytes | None, code: str
) -> None:
    if written is not None:
        (tmp_path / name).write_bytes(written)
    issuer = ISSUER.model_copy(update={"logo": tmp_path / name})

    with pytest.raises(DocumentError) as raised:
        printed(content(), settings(tmp_path, documents={"issuer": issuer}))

    assert raised.value.code == code
