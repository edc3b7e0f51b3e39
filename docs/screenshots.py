"""Takes the pictures of `docs/images/console/` from a hub that real stages have filled.

    python docs/screenshots.py [FOLDER]

Everything in them is made up. It needs Chromium at /usr/bin/chromium, or where CHROMIUM says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, Page, async_playwright

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests" / "integration")]

from console_site import Site  # noqa: E402 (it stands with the tests)

from hub.store import connections  # noqa: E402
from hub.web import app  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
).split()
FOLDER = Path(__file__).parent / "images" / "console"


@contextlib.asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """Serve the console of a site; yield its address."""
    config = uvicorn.Config(
        app.build(site.flow, 5 * 1024**2), host="127.0.0.1", port=0, log_level="warning",
        lifespan="off",
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def filled(folder: Path) -> Site:
    """Return a hub where something of everything has happened."""
    site = Site(folder)
    await site.fill()
    reason = "the far end refuses the credentials (401)"
    await site.flow.store.write(connections.pause, "erp", reason, "system", site.clock.now())
    return site


async def sign_in(page: Page, url: str, token: str) -> None:
    """Sign in as a person does."""
    await page.goto(f"{url}/login")
    await page.fill("#token", token)
    await page.click("main button")
    await page.wait_for_url(f"{url}/")


async def take(browser: Browser, url: str, site: Site, folder: Path) -> None:
    """Take every picture."""
    dead = site.delivery("dead")
    places = {
        "home": "/",
        "trace": "/trace?number=CM-2026-000001",
        "delivery": f"/deliveries/{dead.id}",
        "deliveries": "/deliveries",
        "messages": "/messages",
        "message": f"/messages/{site.message('failed').id}",
        "connections": "/connections",
        "gates": "/gates",
        "watches": "/watches",
        "account": "/account",
        "find": "/find?q=CM-2026-00001",
    }
    ways = {
        "": {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"},
        "-dark-en": {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB",
                     "color_scheme": "dark"},
        "-phone": {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"},
    }  # fmt: skip
    for ending, given in ways.items():
        context = await browser.new_context(**given)
        page = await context.new_page()
        await page.goto(f"{url}/login")
        await page.screenshot(path=folder / f"login{ending}.png")
        await sign_in(page, url, await site.token("li.na"))
        for name, place in places.items():
            await page.goto(url + place)
            await page.screenshot(path=folder / f"{name}{ending}.png", full_page=True)
        await page.goto(url + places["delivery"])
        opening = page.locator('form[action$="/personal"] button:not(.link)')
        await opening.click()
        await page.screenshot(path=folder / f"edit{ending}.png", full_page=True)
        await context.close()


async def main(folder: Path) -> None:
    """Fill a hub, serve it, and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        site = await filled(Path(place) / "hub")
        async with served(site) as url, async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await take(browser, url, site, folder)
            await browser.close()
        site.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
