"""The public page in a real browser the size of a phone, without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from plant import Plant

from hub.documents.number import Number
from hub.store import documents
from tests.conftest import missing
from tests.e2e.test_console_chromium import CHROMIUM, browsing, served

PHONE = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    if not CHROMIUM.exists():
        missing("no Chromium (CHROMIUM, default /usr/bin/chromium)")
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db", documents=True)
    plant.approve_all(plant.save(promise_text="随货赠送机械密封件一套 <script>alert(1)</script>"))
    await plant.work()
    yield plant
    await plant.flow.close_tools()
    plant.close()


def issued(plant: Plant, folder: Path) -> tuple[Number, Path, Path]:
    """Return the number, the file, and the file with a byte changed."""
    (row,) = plant.store.read_now(documents.listed)
    pdf = plant.store.read_now(documents.pdf, row.number, 1)
    genuine, changed = folder / "annex.pdf", folder / "changed.pdf"
    genuine.write_bytes(pdf)
    changed.write_bytes(pdf[:-40] + bytes([pdf[-40] ^ 1]) + pdf[-39:])
    return Number(row.number), genuine, changed


async def told(page: Any) -> str:
    heading: str = await page.inner_text("h1")
    return heading


async def test_number_and_files_are_checked_on_a_phone(plant: Plant, tmp_path: Path) -> None:
    number, genuine, changed = issued(plant, tmp_path)
    problems: list[str] = []
    async with served(plant) as url, browsing(locale="zh-CN", **PHONE) as page:
        page.on("console", lambda message: problems.append(message.text))
        await page.goto(f"{url}/v")
        await page.fill("#number", str(number).lower())
        await page.click("button")
        assert await told(page) == "已登记，请对照纸面"
        for file, expected in ((genuine, "真实，现行有效"), (changed, "与所出具的不符")):
            await page.set_input_files("#file", file)
            await page.click("button")
            assert await told(page) == expected
        assert "<script>alert(1)</script>" in await page.inner_text("main")
        await page.click("header a")
        assert await page.get_attribute("html", "lang") == "en"
    assert problems == []


async def test_nothing_is_wider_than_the_phone(plant: Plant, tmp_path: Path) -> None:
    number, genuine, _ = issued(plant, tmp_path)
    phone = {"viewport": {"width": 320, "height": 640}}
    async with served(plant) as url, browsing(locale="en-GB", **phone) as page:
        await page.goto(f"{url}/v/{number.text}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.set_input_files("#file", genuine)
        await page.click("button")
        assert await told(page) == "Genuine and in force"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        fact = page.locator("dd").first
        assert (await fact.bounding_box())["width"] > 200
        item = page.locator("tbody td").nth(1)
        # however long quantity and price are, there is room to read what it is
        assert (await item.bounding_box())["width"] > 200
