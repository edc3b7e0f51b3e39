"""Takes the pictures of `docs/images/reconcile/` of a report whose figures are made up.

    python docs/reconcile_pictures.py

It needs Chromium at /usr/bin/chromium, or where CHROMIUM says, and LibreOffice's `soffice`.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pypdfium2
from playwright.async_api import async_playwright

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests" / "unit" / "reconcile"))

from sample_report import NOW, finding, report  # noqa: E402 (it stands with the tests)

from hub.language import Language  # noqa: E402
from hub.reconcile.report import html, xlsx  # noqa: E402
from hub.reconcile.report.value import (  # noqa: E402
    Counts,
    Report,
    Severity,
    SideReport,
    Trend,
    Verdict,
)

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FOLDER = Path(__file__).resolve().parent / "images" / "reconcile"
_CUSTOMERS = (
    "苏州恒力精密机械",
    "宁波东海泵业",
    "广州南沙港机",
    "Nordwind Maschinenbau",
    "无锡华光电机",
)
_CAUSES = (
    ("differs", "changed_at_target", "wms", "数量", "redeliver"),
    ("missing", "deleted_at_target", "erp", "", "redeliver"),
    ("stale", "rolled_back_at_target", "wms", "数量", "redeliver"),
    ("duplicate", "outside_hub", "erp", "", "task"),
    ("missing", "send_failed", "erp", "", "task"),
)


def sample() -> Report:
    """Return the report of a company that does not exist."""
    chance = random.Random(7)  # noqa: S311 (made up, the same each time)
    found = []
    for at in range(38):
        kind, cause, side, field, proposal = chance.choice(_CAUSES)
        days = chance.choice((0, 1, 2, 5, 9, 12))
        quantity = chance.randint(1, 40)
        found.append(replace(
            finding(at), key=f"CM-2026-{at:06d}", kind=kind, cause=cause, side=side,
            field="quantity" if field else "", field_title=field, proposal=proposal,
            expected=str(quantity) if field else None,
            actual=str(quantity + 3) if field else None, difference="+3" if field else "",
            amount=Decimal(chance.randint(1_000, 40_000)), customer=chance.choice(_CUSTOMERS),
            severity=Severity.CRITICAL if kind == "duplicate" else Severity.HIGH, age=days,
            first_seen=NOW - timedelta(days=days), owner=chance.choice(("role:accountant",
                                                                        "role:operator")),
            words="2026-11-20 09:30 回读时与投递一致；此后对方有人改动" if field else "",
        ))  # fmt: skip
    found.sort(key=lambda one: (list(Severity).index(one.severity), -(one.amount or 0)))
    trend = [
        Trend(f"{day}", NOW - timedelta(days=20 - day),
              Verdict.INCOMPLETE if day == 9 else Verdict.FINDINGS, chance.randint(20, 60))
        for day in range(20)
    ]  # fmt: skip
    made = report(found)
    wms = SideReport("wms", "仓库", "wms.create_order", "complete", "by_key", rows=97, keys=97)
    return replace(
        made, title="承诺三方对账（CRM · ERP · 仓库）", run="0193a2b71d49dcb60193a2b71d49dcb6",
        sides=(*made.sides, wms),
        trend=(*trend, Trend("now", NOW, Verdict.FINDINGS, len(found))),
        counts=Counts(10_012, 9_961, 57, 9, 0, 38, 4),
    )  # fmt: skip


async def picture(page_file: Path) -> None:
    """Take the picture of the page."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 1500})
        await page.goto(page_file.as_uri())
        await page.wait_for_selector("html[data-ready=yes]")
        await page.screenshot(path=FOLDER / "report.png")
        await browser.close()


def workbook_picture(file: Path) -> None:
    """Take the picture of the sheet of findings."""
    convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(file.parent)]
    subprocess.run([*convert, str(file)], check=True, capture_output=True)  # noqa: S603
    document = pypdfium2.PdfDocument(file.with_suffix(".pdf"))
    page = document[3].render(scale=3).to_pil()
    width, height = page.size
    # the left part, where the findings stand
    found = page.crop((width // 50, height * 4 // 100, width * 2 // 3, height * 33 // 100))
    found.save(FOLDER / "workbook.png", optimize=True)


def main() -> None:
    """Take both."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = sample()
    with tempfile.TemporaryDirectory() as folder:
        page, book = Path(folder) / "report.html", Path(folder) / "report.xlsx"
        html.write(made, page, Language.ZH)
        xlsx.write(made, book, Language.ZH)
        asyncio.run(picture(page))
        workbook_picture(book)


if __name__ == "__main__":
    main()
