"""What holds for every answer, and forms that others send."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import pytest
import sqlalchemy as sa
from console_site import URL, Site, csrf

from hub.web.console import app as console
from hub.web.console import render

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
ID = f"{1:032x}"


def filled_in(path: str) -> str:
    """Return the path of a form with something for each of its parts."""
    parts = {"id": ID, "verb": "retry", "name": "wms", "copy": "1"}
    parts["number"] = "HX-2611-4837-2059-1864-10"
    verbs = {"/connections": "pause", "/gates": "release", "/watches": "snooze"}
    parts["verb"] = next((verb for start, verb in verbs.items() if path.startswith(start)), "retry")
    return re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], path)


FORMS = sorted(filled_in(path) for path in console._FORMS)


# ---- every answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/trace?number=CM-2026-000001", 200), ("/trace?number=nothing", 404),
     ("/nowhere", 404), ("/deliveries/xyz", 404), ("/login", 200), ("/find?q=CM-2026-000001", 303),
     ("/static/console.css", 200), ("/static/nothing", 404)],
)  # fmt: skip
async def test_every_answer_has_the_strict_headers(site: Site, path: str, status: int) -> None:
    answer = await (await site.signed_in()).get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    stored = "immutable" if path == "/static/console.css" else "no-store"
    assert stored in answer.headers["cache-control"]


async def test_pages_load_nothing_from_elsewhere_and_hold_no_script(site: Site) -> None:
    browser = await site.signed_in()
    delivery = site.delivery("dead")
    for path in [*(one for one in console._PAGES if "{" not in one), f"/deliveries/{delivery.id}"]:
        page = (await browser.get(path)).text
        assert "<script" not in page
        assert " style=" not in page
        assert re.findall(r"\son\w+=", page) == []
        loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page)
        assert all(one.startswith("/static/") for one in loaded)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "hub.local", "", "localhost.evil:8080"]
)
async def test_under_a_name_that_is_not_ours_nothing_is_served(site: Site, host: str) -> None:
    browser = await site.signed_in()
    answer = await browser.get("/deliveries", headers={"Host": host})
    assert answer.status_code == 421
    assert "CM-2026" not in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost:8080", "192.168.1.20:8080", "[::1]:8080", "10.0.0.5"]
)
async def test_by_address_and_as_localhost_it_is_served(site: Site, host: str) -> None:
    assert (await site.browser().get("/login", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py",
        "/static/..%5capp.py", "/static//etc/passwd", "/static/console.css/../../app.py",
        "/static/console.css%00.py", "/static/", "/static/texts.py",
    ],
)  # fmt: skip
async def test_no_way_leads_out_of_the_files_a_browser_may_load(site: Site, path: str) -> None:
    url = httpx.URL(URL).copy_with(raw_path=path.encode())
    answer = await site.browser().get(url)
    assert answer.status_code in (303, 404)
    assert "def " not in answer.text


async def test_a_file_is_named_with_the_mark_of_its_content(site: Site) -> None:
    page = (await site.browser().get("/login")).text
    assert f"/static/console.css?{render.static('console.css')[1]}" in page


@pytest.mark.parametrize(
    "path", ["//evil.example", "///evil.example/deliveries", "/%2fevil.example"]
)
async def test_no_link_of_a_page_that_is_not_there_leads_elsewhere(site: Site, path: str) -> None:
    url = httpx.URL(URL).copy_with(raw_path=path.encode())
    answer = await site.browser().get(url)
    assert answer.status_code == 404
    links = re.findall(r'href="([^"]*)"', answer.text)
    assert any("evil.example" in one for one in links)
    assert [one for one in links if one.startswith("//")] == []


@pytest.mark.parametrize(
    "path",
    ["/deliveries/../messages", "/deliveries/' OR 1=1 --", "/messages/%00", "/deliveries/ffffff",
     f"/deliveries/{ID[:-1]}%", "/messages/" + "a" * 5000, "/trace?number=%00",
     "/trace?number=" + "x" * 5000, "/find?q=%00", "/find?q=" + "%25" * 50, "/find?q=_",
     "/deliveries?state=nonsense&at=%00&after=../..", "/messages?after=zz", "/watches?state=x"],
)  # fmt: skip
async def test_nonsense_is_no_error_of_ours(site: Site, path: str) -> None:
    answer = await (await site.signed_in()).get(path)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("path", ["/", "/deliveries", "/login"])
async def test_without_its_store_the_console_says_so(site: Site, path: str) -> None:
    browser, token = await site.signed_in(), await site.token("li.na")
    with site.plant.store.engine.begin() as tx:
        tx.execute(sa.text("DROP TABLE session"))
    answer = await (
        browser.post(path, data={"token": token}) if path == "/login" else browser.get(path)
    )
    assert answer.status_code == 503
    assert "The store cannot be used now" in answer.text
    assert answer.headers["content-security-policy"] == CSP


# ---- forms that others send ------------------------------------------------------------------


def unchanged(site: Site) -> object:
    deliveries = [(row.id, row.state, row.payload, row.key) for row in site.plant.deliveries()]
    return deliveries, [(row.id, row.state) for row in site.plant.messages()], site.plant.paused()


@pytest.mark.parametrize("path", FORMS)
async def test_every_form_needs_the_proof_of_its_own_visit(site: Site, path: str) -> None:
    browser, other = await site.signed_in(), await site.signed_in("chen.jing")
    foreign = csrf((await other.get("/")).text)
    before = unchanged(site)
    for proof in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é"}, {"csrf": foreign}):
        answer = await browser.post(path, data={"reason": "x", **proof})
        assert answer.status_code == 403, path
    assert unchanged(site) == before
    assert (await browser.get("/")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8080.evil.example"}, {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": None}, {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None, "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_form_from_another_site_is_not_taken_even_with_the_proof(
    site: Site, headers: Mapping[str, str | None]
) -> None:
    browser = await site.signed_in()
    proof = csrf((await browser.get("/")).text)
    for name, value in headers.items():
        browser.headers.pop(name, None)
        if value is not None:
            browser.headers[name] = value
    answer = await browser.post("/connections/wms/pause", data={"csrf": proof, "reason": "x"})
    assert answer.status_code == 403
    assert site.plant.paused() == []
    login = await browser.post("/login", data={"token": await site.token("chen.jing")})
    assert login.status_code == 403


async def test_over_https_a_page_without_encryption_sends_no_form(site: Site) -> None:
    url = "https://127.0.0.1:8080"
    browser = await site.signed_in(url=url)
    proof = csrf((await browser.get("/")).text)
    browser.headers["Origin"] = URL
    answer = await browser.post("/connections/wms/pause", data={"csrf": proof, "reason": "x"})
    assert answer.status_code == 403
    assert site.plant.paused() == []


async def test_a_browser_that_only_names_the_kind_of_site_is_believed(site: Site) -> None:
    browser = await site.signed_in()
    proof = csrf((await browser.get("/")).text)
    del browser.headers["Origin"]
    browser.headers["Sec-Fetch-Site"] = "same-origin"
    answer = await browser.post("/connections/wms/pause", data={"csrf": proof, "reason": "x"})
    assert answer.status_code == 303
    assert site.plant.paused() == ["wms"]


@pytest.mark.parametrize("path", FORMS)
async def test_looking_at_the_address_of_a_form_does_nothing(site: Site, path: str) -> None:
    browser, before = await site.signed_in(), unchanged(site)
    answer = await browser.get(path)
    assert answer.status_code in (404, 405)
    assert unchanged(site) == before


@pytest.mark.parametrize("path", FORMS)
async def test_whoever_is_not_signed_in_can_send_no_form(site: Site, path: str) -> None:
    before = unchanged(site)
    answer = await site.browser().post(path, data={"csrf": "0" * 64, "reason": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert unchanged(site) == before


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"csrf": "x"}', 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"\xff=\xfe", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=b" for _ in range(100)), 400),
        ("application/x-www-form-urlencoded", b"csrf=" + b"x" * (8 * 1024**2), 413),
        ("application/x-www-form-urlencoded", b"csrf=%ff%fe", 400),
    ],
    ids=["json", "multipart", "bytes", "many fields", "large", "not utf-8"],
)  # fmt: skip
async def test_what_is_no_form_is_not_taken(
    site: Site, kind: str, body: bytes, status: int
) -> None:
    browser = await site.signed_in()
    headers = {"Content-Type": kind}
    answer = await browser.post("/connections/wms/pause", content=body, headers=headers)
    assert answer.status_code == status
    assert site.plant.paused() == []
