"""Takes the pictures of `docs/images/documents/`: an annex, and the public page on a phone.

    python docs/document_pictures.py

Everything in them is made up. It needs Chromium at /usr/bin/chromium, or where CHROMIUM says.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import pypdfium2
from playwright.async_api import async_playwright

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "docs"), str(_ROOT / "tests" / "integration")]

from plant import Plant  # noqa: E402 (it stands with the tests)
from screenshots import CHROMIUM, FLAGS, served  # noqa: E402

from hub.documents.reading import Reader  # noqa: E402
from hub.store import documents  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "images" / "documents"
_LINES = (
    ("电控柜 300型", "P-300", 2, 0, "是"), ("离心泵 100型", "P-100", 1, 12800, "否"),
    ("齿轮减速机 200型", "P-200", 1, 23600, "否"),
)  # fmt: skip


async def main() -> None:
    """Issue an annex, and look at it on paper and on a phone."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plant = Plant(Path(folder), f"sqlite:///{folder}/hub.db", documents=True)
        lines = [
            {"line_no": str(at), "sku": sku, "name": name, "quantity": count, "unit": "台",
             "unit_price": price, "is_gift": gift, "note": ""}
            for at, (name, sku, count, price, gift) in enumerate(_LINES, 1)
        ]  # fmt: skip
        text = "随单赠送电控柜 2 台；交货期由 45 天缩短为 30 天。"
        plant.approve_all(plant.save(promise_text=text, lines=lines, amount=36400))
        await plant.work()
        (row,) = plant.store.read_now(documents.listed)
        pdf = plant.store.read_now(documents.pdf, row.number, 1)
        page = pypdfium2.PdfDocument(pdf)[0].render(scale=110 / 72).to_pil()
        page.quantize(32).save(FOLDER / "annex-page-1.png", optimize=True)
        async with Reader() as reader:
            (code, *_) = (await reader.look(pdf)).codes
        await _phone(plant, code.text.removeprefix("HTTPS://HUB.EXAMPLE"))
        await plant.flow.close_tools()
        plant.close()


async def _phone(plant: Plant, path: str) -> None:
    async with served(plant) as url, async_playwright() as play:  # type: ignore[arg-type]
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        context = await browser.new_context(
            viewport={"width": 390, "height": 844}, locale="zh-CN", java_script_enabled=False
        )
        page = await context.new_page()
        await page.goto(url + path)
        await page.screenshot(path=FOLDER / "verify-phone.png")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
