"""The console over PostgreSQL: every page, and decisions that lock rows."""

from __future__ import annotations

from pathlib import Path

from console_site import HOSTILE, Site, csrf, field

from hub.web.console import app as console


async def test_every_page_and_a_decision_work_on_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    site = Site(tmp_path / "hub", url=postgres_url)
    try:
        await site.fill()
        browser, one = await site.signed_in(), site.delivery("dead")
        place = f"/deliveries/{one.id}"
        for path in [*(page for page in console._PAGES if "{" not in page and page != "/trace"),
                     place, f"/messages/{one.message_id}",
                     "/trace?number=CM-2026-000002"]:  # fmt: skip
            assert (await browser.get(path)).status_code == 200, path
        for path in ("/find", "/trace", "/deliveries", "/messages", "/gates", "/watches",
                     "/documents"):  # fmt: skip
            for hostile in ("\0", HOSTILE, "%_\\", "x" * 5000):
                given = {"q": hostile, "number": hostile, "state": hostile, "at": hostile,
                         "after": hostile, "record": hostile}  # fmt: skip
                answer = await browser.get(path, params=given)
                assert answer.status_code in (200, 404), (path, hostile)
        page = (await browser.get(place)).text
        form = {"csrf": csrf(page), "version": field(page, "version")}
        for path in ("/trace/personal", "/gates/%00/release", "/watches/%00/snooze",
                     "/account/tokens/%00/revoke", "/connections/%00/pause"):  # fmt: skip
            answer = await browser.post(path, data={**form, "number": "\0", "reason": "x"})
            assert answer.status_code in (404, 422), path
        assert (await browser.post(f"{place}/retry", data=form)).status_code == 303
        await site.plant.work()
        assert (await browser.post(f"{place}/retry", data=form)).status_code == 409
        await browser.post("/logout", data=form)
        assert (await browser.get("/")).status_code == 303
    finally:
        site.close()
