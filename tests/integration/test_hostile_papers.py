"""Papers made by somebody who has only a number: none of them tells what stands in the document."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pypdf
import pytest
import zxingcpp
from PIL import Image
from plant import Plant
from test_documents_flow import change
from test_verify_page import Page, client

from hub.documents.codes import OFFLINE
from hub.documents.content import SCHEMA

MADE_UP = f"{OFFLINE}V/{{number}}/C1P1.{'A' * 16}"
NO_COPY = f"{OFFLINE}V/{{number}}/C9P1.{'A' * 16}"
FORGED = f"{OFFLINE}S/{'A' * 185}"
#: What stands in the document, whose it is, and what took its place.
SECRETS = ("机械密封件", "M-003", "赠送一套", "CM-2026-000001", "HT-2026-001", "恒力", "取代者")


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A document that was superseded."""
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db", documents=True)
    data_id = plant.save(promise_text="赠送一套")
    plant.approve_all(data_id)
    await plant.work()
    async with client(plant, plant.settings) as http:
        page = Page(plant, http)
        change(plant, data_id, revision=2, promise_text="赠送两套")
        plant.approve_all(data_id)
        await plant.work()
        yield page
    await plant.flow.close_tools()
    plant.close()


def picture(codes: Sequence[str]) -> Image.Image:
    """Return a page with these codes beneath each other."""
    sheet = Image.new("L", (1240, 1754), "white")
    for place, code in enumerate(codes):
        made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
        sheet.paste(Image.fromarray(np.asarray(made.to_image(scale=6))), (100, 60 + 560 * place))
    return sheet


def pdf(codes: Sequence[str], attached: str = "") -> bytes:
    """Return a scan of these codes, with an `annex.json` that names a number."""
    scanned, file = io.BytesIO(), io.BytesIO()
    picture(codes).save(scanned, "PDF", resolution=150)
    writer = pypdf.PdfWriter(clone_from=scanned)
    if attached:
        said = {"schema": SCHEMA, "number": attached}
        writer.add_attachment("annex.json", json.dumps(said).encode())
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize("attached", [False, True], ids=["a scan", "with an attachment"])
@pytest.mark.parametrize(
    "codes",
    [(MADE_UP,), (NO_COPY,), (FORGED,), (MADE_UP, FORGED), (NO_COPY, FORGED), (MADE_UP, NO_COPY),
     (MADE_UP, "https://evil.example/v/x"), ()],
    ids=["made-up code", "code of no copy", "forged seal", "made-up code and forged seal",
         "code of no copy and forged seal", "two made-up codes", "beside somebody else's", "none"],
)  # fmt: skip
async def test_a_paper_made_of_a_number_tells_no_more_than_the_number(
    page: Page, codes: Sequence[str], attached: bool
) -> None:
    texts = [code.format(number=page.number.text) for code in codes]
    file = pdf(texts, str(page.number) if attached else "")
    told = (await page.upload(file)).json()
    assert told["verdict"] in ("altered", "unreadable", "conflict")
    assert not {"lines", "promise", "record", "recipient", "superseded_by"} & set(told)
    shown = (await page.http.post("/v?lang=zh", files={"file": ("a.pdf", file)})).text
    assert [one for one in SECRETS if one in shown] == []


async def test_the_one_fitting_code_is_what_opens_it(page: Page) -> None:
    told = (await page.upload(pdf([f"HTTPS://HUB.EXAMPLE{page.code}"]))).json()
    assert (told["verdict"], told["state"]) == ("record_only", "superseded")
    assert {"lines", "record", "recipient", "superseded_by"} <= set(told)
