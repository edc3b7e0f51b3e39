"""Who gets in, for how long, and what ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from console_site import PEOPLE, URL, Site, csrf

from hub.store import people as tokens
from hub.store import tables as t


async def enter(browser: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    return await browser.post("/login", data={"token": token, **more})


# ---- in --------------------------------------------------------------------------------------


@pytest.fixture
def lonely(filled: Site, tmp_path: Path) -> Iterator[Site]:
    """A hub whose people.yaml names nobody."""
    copy = filled.copied(tmp_path / "lonely", people="")
    yield copy
    copy.close()


@pytest.mark.parametrize("path", ["/", "/login", "/deliveries", "/trace?number=CM-2026-000001"])
async def test_without_people_the_console_says_how_to_write_them_and_shows_nothing(
    lonely: Site, path: str
) -> None:
    answer = await lonely.browser().get(path)
    assert answer.status_code == 403
    assert "people.yaml" in answer.text
    assert "hub person token" in answer.text
    assert "approved-commitment" not in answer.text


async def test_without_people_no_token_and_no_form_counts(lonely: Site) -> None:
    browser = lonely.browser()
    assert (await enter(browser, await lonely.token("li.na"))).status_code == 403
    assert (await browser.post("/connections/wms/pause", data={"reason": "x"})).status_code == 403
    assert lonely.plant.paused() == []


async def test_people_written_while_it_runs_open_the_console(lonely: Site) -> None:
    browser = lonely.browser()
    assert (await browser.get("/login")).status_code == 403
    (lonely.folder / "people.yaml").write_text(PEOPLE, "utf-8")
    assert (await browser.get("/login")).status_code == 200


@pytest.mark.parametrize("path", ["/deliveries?state=dead", "/trace?number=CM-2026-000001", "/"])
async def test_whoever_is_not_signed_in_is_led_to_the_door_and_then_on(
    site: Site, path: str
) -> None:
    browser = site.browser()
    led = await browser.get(path)
    assert led.status_code == 303
    door = await browser.get(led.headers["location"])
    wanted = re.search(r'name="next" value="([^"]*)"', door.text)
    assert wanted
    token = await site.token("li.na")
    answer = await enter(browser, token, next=wanted[1].replace("&amp;", "&"))
    assert answer.headers["location"] == path
    assert (await browser.get(path)).status_code == 200


async def test_the_cookie_is_for_the_browser_only_and_for_no_other_site(site: Site) -> None:
    answer = await enter(site.browser(), await site.token("li.na"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hub=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie


async def test_over_https_the_cookie_is_bound_to_host_and_encryption(site: Site) -> None:
    url = "https://127.0.0.1:8080"
    answer = await enter(site.browser(url), await site.token("li.na"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hub=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_behind_a_proxy_that_encrypts_the_cookie_is_bound_as_well(site: Site) -> None:
    assert site.flow.settings is not None
    changed = {"public_url": "https://hub.example.com"}
    site.flow.settings = site.flow.settings.model_copy(update=changed)
    browser = site.browser("http://hub.example.com")
    browser.headers["Origin"] = "https://hub.example.com"
    answer = await enter(browser, await site.token("li.na"))
    assert answer.headers["set-cookie"].startswith("__Host-hub=")


@pytest.mark.parametrize(
    "token", ["", "acc_", "acc_" + "x" * 40, "令牌", "x" * 5000, "acc_\r\nSet-Cookie: a=b", "\0"],
    ids=["empty", "prefix", "unknown", "chinese", "long", "header", "nul"],
)  # fmt: skip
async def test_what_is_no_token_lets_nobody_in(site: Site, token: str) -> None:
    browser = site.browser()
    answer = await enter(browser, token)
    assert answer.status_code == 403
    assert not browser.cookies
    if len(token) > len("acc_"):
        assert token not in answer.text
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"revoked": True}, "was revoked"),
        ({"expires_at": -timedelta(seconds=1)}, "expired"),
        ({"person": "gone"}, "people.yaml has no gone"),
    ],
    ids=["revoked", "expired", "unknown person"],
)
async def test_a_token_that_does_not_count_says_why(
    site: Site, changes: dict[str, object], said: str
) -> None:
    now = site.clock.now()
    given: dict[str, object] = {"person": "li.na", **changes}
    if given.pop("revoked", False):
        given["revoked_at"] = now
    if isinstance(given.get("expires_at"), timedelta):
        given["expires_at"] = now + given["expires_at"]  # type: ignore[operator]
    answer = await enter(site.browser(), await site.token(**given))  # type: ignore[arg-type]
    assert answer.status_code == 403
    assert said in answer.text


async def test_who_has_no_role_sees_nothing(site: Site) -> None:
    browser = await site.signed_in("li.na")
    (site.folder / "people.yaml").write_text("people:\n  li.na: {name: 李娜, roles: []}\n", "utf-8")
    answer = await browser.get("/deliveries")
    assert answer.status_code == 403
    assert "no role" in answer.text
    assert "CM-2026" not in answer.text


# ---- how often -------------------------------------------------------------------------------


async def test_one_address_may_try_ten_times_and_then_waits(site: Site) -> None:
    browser = site.browser()
    for _ in range(10):
        assert (await enter(browser, "acc_wrong")).status_code == 403
    token = await site.token("li.na")
    refused = await enter(browser, token)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    site.clock.advance(timedelta(seconds=301))
    assert (await enter(browser, token)).status_code == 303


async def test_another_address_is_not_held_up_by_the_first(site: Site) -> None:
    app = site.browser()._transport.app  # type: ignore[attr-defined]

    def at(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=URL, headers={"Origin": URL})

    for _ in range(11):
        await enter(at("10.0.0.1"), "acc_wrong")
    token = await site.token("li.na")
    assert (await enter(at("10.0.0.1"), token)).status_code == 429
    assert (await enter(at("10.0.0.2"), token)).status_code == 303


async def test_many_addresses_together_are_held_up_too(site: Site) -> None:
    app = site.browser()._transport.app  # type: ignore[attr-defined]
    for number in range(201):
        transport = httpx.ASGITransport(app=app, client=(f"10.0.1.{number}", 1))
        async with httpx.AsyncClient(
            transport=transport, base_url=URL, headers={"Origin": URL}
        ) as browser:
            answer = await enter(browser, "acc_wrong")
    assert answer.status_code == 429


# ---- where to --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/",
        "javascript:alert(1)", "/ /evil.example", "/\t/evil.example", "///evil.example",
        "http:evil.example", "/\r\nSet-Cookie: a=b", "evil", "/\u202e", "//[",
    ],
)  # fmt: skip
async def test_signing_in_never_leads_to_another_site(site: Site, path: str) -> None:
    browser = site.browser()
    door = await browser.get("/login", params={"next": path})
    assert 'name="next" value="/"' in door.text
    answer = await enter(browser, await site.token("li.na"), next=path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers["location"].lower()


# ---- the end ---------------------------------------------------------------------------------


async def test_an_id_known_before_signing_in_is_worth_nothing_after_it(site: Site) -> None:
    browser = site.browser()
    browser.cookies.set("hub", "planted", domain="127.0.0.1")
    await enter(browser, await site.token("li.na"))
    kept = {cookie.value for cookie in browser.cookies.jar}
    assert "planted" not in kept
    planted = site.browser()
    planted.cookies.set("hub", "planted")
    assert (await planted.get("/")).status_code == 303


async def test_signing_in_again_ends_the_visit_before(site: Site) -> None:
    browser = await site.signed_in()
    before = browser.cookies["hub"]
    await enter(browser, await site.token("li.na"))
    assert browser.cookies["hub"] != before
    old = site.browser()
    old.cookies.set("hub", before)
    assert (await old.get("/")).status_code == 303
    assert (await browser.get("/")).status_code == 200


async def test_the_store_does_not_hold_what_the_browser_shows(site: Site) -> None:
    browser = await site.signed_in()
    rows = site.plant.store.read_now(lambda tx: tx.execute(sa.select(t.session)).all())
    assert len(rows) == 1
    assert browser.cookies["hub"] not in str(rows)


async def test_signing_out_ends_the_visit_on_both_sides(site: Site) -> None:
    browser = await site.signed_in()
    page, secret = (await browser.get("/")).text, browser.cookies["hub"]
    await browser.post("/logout", data={"csrf": csrf(page)})
    assert "hub" not in browser.cookies
    again = site.browser()
    again.cookies.set("hub", secret)
    assert (await again.get("/")).status_code == 303


async def test_a_revoked_token_ends_its_visit_at_once(site: Site) -> None:
    browser = await site.signed_in()
    assert (await browser.get("/")).status_code == 200
    token = site.plant.store.read_now(tokens.listed, "li.na")[0]
    await site.flow.store.write(tokens.revoke, token.id, site.clock.now())
    assert (await browser.get("/")).status_code == 303
    # and it does not come back with a token that counts again
    rows = site.plant.store.read_now(lambda tx: tx.execute(sa.select(t.session)).all())
    assert rows == []


async def test_a_token_that_expires_ends_its_visit(site: Site) -> None:
    browser = site.browser()
    soon = site.clock.now() + timedelta(minutes=10)
    await enter(browser, await site.token("li.na", expires_at=soon))
    assert (await browser.get("/")).status_code == 200
    site.clock.advance(timedelta(minutes=10))
    assert (await browser.get("/")).status_code == 303


@pytest.mark.parametrize(
    "written",
    ["people:\n  li.na: {name: 李娜, roles: [operator], left: 2026-05-30}\n",
     "people:\n  chen.jing: {name: 陈静, roles: [admin]}\n"],
    ids=["left", "no longer written"],
)  # fmt: skip
async def test_whoever_left_is_out_at_once(site: Site, written: str) -> None:
    browser = await site.signed_in()
    (site.folder / "people.yaml").write_text(written, "utf-8")
    assert (await browser.get("/")).status_code == 303


async def test_a_visit_nobody_goes_on_with_is_over_after_eight_hours(site: Site) -> None:
    browser = await site.signed_in()
    site.clock.advance(timedelta(hours=7, minutes=59))
    assert (await browser.get("/")).status_code == 200
    site.clock.advance(timedelta(hours=7, minutes=59))
    assert (await browser.get("/")).status_code == 200
    site.clock.advance(timedelta(hours=8, minutes=1))
    assert (await browser.get("/")).status_code == 303


async def test_visits_that_are_over_are_cleared_away(site: Site) -> None:
    await site.signed_in()
    site.clock.advance(timedelta(hours=9))
    await site.signed_in()
    rows = site.plant.store.read_now(lambda tx: tx.execute(sa.select(t.session)).all())
    assert len(rows) == 1


# ---- language --------------------------------------------------------------------------------


async def test_the_language_is_the_browsers_until_it_is_chosen_and_then_stays(site: Site) -> None:
    browser = site.browser(headers={"Accept-Language": "fr, zh-TW;q=0.8, en;q=0.5"})
    assert "登录" in (await browser.get("/login")).text
    chosen = await browser.get("/login?lang=en")
    assert "Sign in" in chosen.text
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert "Sign in" in (await browser.get("/login")).text
    assert "Sign in" in (await browser.get("/login?lang=%22%3E")).text


async def test_changing_the_language_keeps_what_the_page_shows(site: Site) -> None:
    browser = await site.signed_in()
    page = await browser.get("/deliveries?state=dead&at=wms")
    (link,) = re.findall(r'href="([^"]*lang=zh)"', page.text)
    other = await browser.get(link.replace("&amp;", "&"))
    assert "死信" in other.text
    assert "已送达</span>" not in other.text
