"""Takes the pictures of `docs/images/console/` from a hub that real stages have filled.

    python docs/screenshots.py [FOLDER]

Without a folder those the docs show are taken, with one every page in three ways. Everything in
them is made up. It needs Chromium at /usr/bin/chromium, or where CHROMIUM says.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

_ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests" / "integration")]

from console_site import Site  # noqa: E402 (it stands with the tests)

from hub.flow import checks  # noqa: E402
from hub.flow.parts import Bundles  # noqa: E402
from hub.mapping.shipped import shipped_folder  # noqa: E402
from hub.people import SYSTEM  # noqa: E402
from hub.service.actions import act  # noqa: E402
from hub.store import connections, holds, views  # noqa: E402
from hub.store import tables as t  # noqa: E402
from hub.store.holds import Hold  # noqa: E402
from hub.web import app  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking "
    "--disable-component-update --disable-sync --no-first-run"
).split()
FOLDER = Path(__file__).resolve().parent / "images" / "console"
#: What the docs show.
SHOWN = ("home", "home-dark-en", "trace", "trace-phone", "edit", "gates", "watches")


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
    # files are named as an administrator sees them who stands in the hub's folder
    shutil.copytree(shipped_folder() / "lowcode", folder / "mappings" / "lowcode")
    os.chdir(folder)
    assert site.flow.settings is not None  # noqa: S101 (the site has read them)
    here = {"mappings_folder": Path("mappings")}
    site.flow.settings = site.flow.settings.model_copy(update=here)
    site.flow.bundles = Bundles(checks.load(site.flow.settings))
    await site.fill()
    now = site.clock.now()
    reason = "the far end refuses the credentials (401)"
    await site.flow.store.write(connections.pause, "erp", reason, "system", now)
    asked = {"number": "CM-2026-000004", "reason": "客户账期待财务确认"}
    await act(site.flow, "gate.hold", asked, SYSTEM)
    await site.flow.store.write(_gated, site, "CM-2026-000002")
    return site


def _gated(tx: sa.Connection, site: Site, number: str) -> None:
    """Let a gate hold a record, and a watch fire."""
    record, now = views.records_numbered(tx, number)[0], site.clock.now()
    told = {"en": "0 of 2 approvals by operations_director, finance_director, coo",
            "zh": "批准 0/2 人：operations_director、finance_director、coo",
            "fields": ["amount"]}  # fmt: skip
    hold = Hold(
        site.clock.new_id(), "large-commitment", record["id"], 1, now, reasons=[told],
        roles=["coo"], requested_by="person:liu.yang",
    )  # fmt: skip
    holds.add(tx, [hold])
    row = {
        "id": site.clock.new_id(), "watch": "delivery-not-started", "key": number,
        "state": "fired", "record_id": record["id"], "armed_at": now - timedelta(hours=4),
        "deadline": now - timedelta(hours=2), "fired_at": now, "step": 1,
    }  # fmt: skip
    tx.execute(sa.insert(t.watch).values(row))


async def sign_in(page: Page, url: str, token: str) -> None:
    """Sign in as a person does."""
    await page.goto(f"{url}/login")
    await page.fill("#token", token)
    await page.click("main button")
    await page.wait_for_url(f"{url}/")


async def take(browser: Browser, url: str, site: Site, folder: Path) -> None:
    """Take every picture."""
    delivery = f"/deliveries/{site.delivery('dead').id}"
    places = {
        "home": "/",
        "trace": "/trace?number=CM-2026-000001",
        "delivery": delivery,
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
        await page.goto(url + delivery)
        opening = page.locator('form[action$="/personal"] button:not(.link)')
        await opening.click()
        await page.screenshot(path=folder / f"edit{ending}.png", full_page=True)
        await context.close()


async def main(folder: Path | None) -> None:
    """Fill a hub, serve it, and take the pictures."""
    with tempfile.TemporaryDirectory() as place:
        taken = Path(place) / "pictures"
        site = await filled(Path(place) / "hub")
        async with served(site) as url, async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await take(browser, url, site, taken)
            await browser.close()
        site.close()
        names = SHOWN if folder is None else [path.stem for path in taken.iterdir()]
        kept = folder or FOLDER
        kept.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(taken / f"{name}.png", kept)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None))
