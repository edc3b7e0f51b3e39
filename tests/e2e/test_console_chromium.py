"""The console in a real browser: it works without JavaScript, and nothing hostile acts."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from console_site import Site

from hub.web import app
from tests.conftest import missing

playwright = pytest.importorskip("playwright.async_api")

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
).split()


@pytest.fixture
def site(tmp_path: Path) -> Any:
    if not CHROMIUM.exists():
        missing("no Chromium (CHROMIUM, default /usr/bin/chromium)")
    made = Site(tmp_path / "hub")
    yield made
    made.close()


@contextlib.asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    config = uvicorn.Config(
        app.build(site.flow, 5 * 1024**2), host="127.0.0.1", port=0, log_level="warning",
        lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not (server.started or serving.done()):
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def browsing(**given: Any) -> AsyncIterator[Any]:
    """Yield a window of a real browser."""
    async with playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(**given)
        try:
            yield await context.new_page()
        finally:
            await browser.close()


async def sign_in(page: Any, url: str, token: str) -> None:
    await page.goto(f"{url}/login")
    await page.fill("#token", token)
    await page.click("main button")
    await page.wait_for_url(f"{url}/")


async def test_a_dead_letter_is_edited_and_sent_in_a_browser_without_javascript(
    site: Site,
) -> None:
    await site.fill()
    one = site.delivery("dead")
    async with served(site) as url, browsing(java_script_enabled=False, locale="zh-CN") as page:
        await page.goto(f"{url}/deliveries/{one.id}")
        assert "/login" in page.url
        await page.fill("#token", await site.token("li.na"))
        await page.click("main button")
        assert page.url == f"{url}/deliveries/{one.id}"
        await page.click("text=打开编辑")
        text = await page.input_value("#document")
        changed = text.replace('"planQty": 1', '"planQty": 2')
        assert changed != text
        await page.fill("#document", changed + "}")
        await page.click("text=保存并发送")
        assert "未保存" in await page.inner_text(".note.bad[role=alert]")
        assert await page.input_value("#document") == changed + "}"
        await page.fill("#document", changed)
        await page.click("text=保存并发送")
        assert "修改后的报文已安排发送" in await page.inner_text("main")
        await site.plant.work()
        await page.reload()
        assert "已送达" in await page.inner_text("main header")
        await page.click("text=退出")
        assert page.url == f"{url}/login"
        await page.goto(f"{url}/deliveries")
        assert "/login" in page.url
    assert [row.state for row in site.plant.deliveries() if row.id == one.id] == ["delivered"]


async def test_nothing_hostile_acts_in_a_browser_and_no_page_breaks_its_own_rules(
    site: Site,
) -> None:
    await site.suffer()
    stopped: list[str] = []
    asked: list[str] = []
    async with served(site) as url, browsing(locale="en-GB") as page:

        async def dismiss(dialog: Any) -> None:
            stopped.append(f"dialog {dialog.message}")
            await dialog.dismiss()

        page.on("dialog", dismiss)
        page.on("console", lambda said: stopped.append(said.text))
        page.on("pageerror", lambda error: stopped.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        await sign_in(page, url, await site.token("li.na"))
        one = site.delivery("dead")
        places = [
            "/", "/deliveries", "/messages", "/messages?state=failed",
            "/trace?number=CM-2026-000666", "/trace?number=CM-2026-000667",
            *(f"/deliveries/{row.id}" for row in site.plant.deliveries() if row.state == "dead"),
            *(f"/messages/{row.id}" for row in site.plant.messages() if row.state == "failed"),
        ]  # fmt: skip
        for place in places[:30]:
            await page.goto(url + place)
            assert await page.locator("xss-mark, script, img[src=x], iframe").count() == 0
            await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= await page.evaluate("innerWidth"), place
        await page.goto(f"{url}/deliveries/{one.id}")
        await page.locator('form[action$="/personal"] button').first.click()
        await page.locator("#document, pre").first.hover()
    assert stopped == []
    assert {address.split("/")[2] for address in asked} == {url.split("/")[2]}


async def test_another_site_cannot_use_somebodys_visit(site: Site) -> None:
    await site.fill()
    async with served(site) as url, browsing(locale="en-GB") as page:
        await sign_in(page, url, await site.token("li.na"))
        # a page of another origin: the same machine by another name
        elsewhere = url.replace("127.0.0.1", "localhost")
        form = f"""<form method=post action="{url}/connections/wms/pause">
            <input name=reason value=x><button>go</button></form>"""
        await page.route(f"{elsewhere}/evil", lambda route: route.fulfill(
            body=form, content_type="text/html"))  # fmt: skip
        await page.goto(f"{elsewhere}/evil")
        await page.click("button")
        assert site.plant.paused() == []
        await page.goto(f"{url}/")
        assert "What needs attention" in await page.inner_text("main")


@pytest.mark.parametrize("width", [1280, 390])
async def test_no_page_is_wider_than_its_window(site: Site, width: int) -> None:
    await site.fill()
    window = {"width": width, "height": 800}
    async with served(site) as url, browsing(viewport=window, locale="zh-CN") as page:
        await sign_in(page, url, await site.token("li.na"))
        for place in ("/", "/deliveries", "/messages", "/connections", "/gates", "/watches",
                      "/account", "/find", "/trace?number=CM-2026-000001",
                      f"/deliveries/{site.delivery('dead').id}"):  # fmt: skip
            await page.goto(url + place)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, place
