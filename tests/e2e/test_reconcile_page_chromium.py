"""The report of a run in a real browser: from a file, on any width, with and without scripts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sample_report import finding, report

from hub.language import Language
from hub.reconcile.report import html
from tests.conftest import missing

playwright = pytest.importorskip("playwright.async_api")

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run".split()
READY = "html[data-ready=yes]"
COUNT = "count => document.querySelectorAll('#findings tbody tr').length === count"


@pytest.fixture
def page_of(tmp_path: Path) -> Any:
    """Return what writes a report of these findings; the address of its file."""
    if not CHROMIUM.exists():
        missing("no Chromium (CHROMIUM, default /usr/bin/chromium)")

    def write(*findings: Any, **changes: Any) -> str:
        path = tmp_path / "report.html"
        html.write(report(list(findings), **changes), path, Language.ZH)
        return path.as_uri()

    return write


@contextlib.asynccontextmanager
async def opened(url: str, **given: Any) -> AsyncIterator[tuple[Any, list[str]]]:
    """Yield the page of a file, with everything it asked for or complained of."""
    said: list[str] = []
    async with playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await (await browser.new_context(**given)).new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        await page.goto(url)
        try:
            yield page, said
        finally:
            await browser.close()


async def rows(page: Any) -> list[str]:
    found: list[str] = await page.locator("#findings tbody tr td:first-child").all_inner_texts()
    return found


@pytest.mark.parametrize("width", [1280, 390])
async def test_the_page_asks_for_nothing_and_fits(page_of: Any, width: int) -> None:
    url = page_of(*(finding(at) for at in range(30)))
    async with opened(url, viewport={"width": width, "height": 800}) as (page, said):
        await page.wait_for_selector(READY)
        assert said == [url]
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert len(await rows(page)) == 30


async def test_without_scripts_the_figures_and_the_first_findings_are_there(page_of: Any) -> None:
    url = page_of(*(finding(at) for at in range(700)))
    async with opened(url, java_script_enabled=False) as (page, _):
        assert len(await rows(page)) == 500
        assert "未决差异 700 条" in await page.inner_text(".verdict")
        assert not await page.is_visible("#filters")


async def test_findings_are_searched_filtered_sorted_and_paged(page_of: Any) -> None:
    some = [finding(at, side="crm" if at % 10 == 0 else "erp") for at in range(250)]
    async with opened(page_of(*some)) as (page, _):
        await page.wait_for_selector(READY)
        assert len(await rows(page)) == 100
        await page.fill("input[type=search]", "HT-0123")
        await page.wait_for_function(COUNT, arg=1)
        assert await rows(page) == ["HT-0123"]
        await page.fill("input[type=search]", "")
        await page.select_option("select[name=side]", "CRM")
        await page.wait_for_function(
            "document.querySelectorAll('#findings tbody tr').length === 25"
        )
        await page.click("#findings th:first-child button")
        await page.click("#findings th:first-child button")
        assert (await rows(page))[0] == "HT-0240"


async def test_a_finding_opens_into_what_every_side_says(page_of: Any) -> None:
    async with opened(page_of(finding(7))) as (page, _):
        await page.wait_for_selector(READY)
        await page.click("#findings tbody button.link")
        shown = await page.inner_text("dialog")
        assert "1.00 CNY" in shown
        assert "第 7 行" in shown
        assert await page.locator("dialog mark").all_inner_texts() == ["2"]
        await page.keyboard.press("Escape")
        assert not await page.is_visible("dialog")


async def test_no_name_acts(page_of: Any) -> None:
    hostile = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    url = page_of(finding(1, key=hostile, customer=hostile, words=hostile), title=hostile)
    async with opened(url) as (page, said):
        await page.wait_for_selector(READY)
        await page.click("#findings tbody button.link")
        assert await page.title() == hostile
        assert said == [url]
        assert hostile in await page.inner_text("dialog")
