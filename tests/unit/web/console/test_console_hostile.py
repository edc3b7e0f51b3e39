"""Whatever arrives is shown and does nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console_site import HOSTILE, PEOPLE, Parsed, Site, csrf

from hub.people import SYSTEM
from hub.service.actions import act

#: Elements the console's own templates are made of.
OURS = frozenset(
    "html head meta title link body a header img nav form input div main p footer section h1 h2 ul "
    "li ol span table thead tbody tr th td code pre details summary time button label select "
    "option textarea aside dl dt dd article strong b br".split()
)
#: Attributes of theirs.
ATTRIBUTES = frozenset(
    "lang charset name content rel href type class src alt width height id tabindex action method "
    "value role aria-label aria-current placeholder maxlength autocomplete autofocus required for "
    "datetime rows spellcheck checked selected hreflang title formaction".split()
)
DOCS = "https://github.com/accord-hub/accord-hub/blob/main/docs/"
#: Characters that turn a line around or are not seen.
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]")


@pytest.fixture(scope="session")
def beset(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("hostile") / "hub")
    asyncio.run(site.suffer())
    site.close()
    return site


@pytest.fixture
def hostile(beset: Site, tmp_path: Path) -> Iterator[Site]:
    """A hub everything hostile has arrived at, among it the name of a person."""
    named = PEOPLE.replace("李娜,", '"\'<xss-mark data-xss=1>",')
    copy = beset.copied(tmp_path / "hub", people=named)
    yield copy
    copy.close()


def harmless(page: str) -> None:
    """Assert that a page consists of what our own templates hold."""
    parsed = Parsed(page)
    for tag, attributes in parsed.elements:
        assert tag in OURS, tag
        assert set(attributes) <= ATTRIBUTES, (tag, attributes)
        for name in ("href", "src", "action", "formaction"):
            place = attributes.get(name) or "/"
            assert re.match(r"/(?![/\\])|\?|#", place) or place.startswith(DOCS), place
    assert UNSEEN.search(page) is None
    assert "49" not in re.findall(r"\{\{.*?\}\}|>\s*49\s*<", page)


async def crawled(browser: httpx.AsyncClient, *start: str) -> dict[str, str]:
    """Return every page that can be reached, by its address."""
    found: dict[str, str] = {}
    waiting = list(start)
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        answer = await browser.get(place)
        if answer.status_code == 303:
            waiting.append(answer.headers["location"])
            continue
        assert answer.status_code in (200, 404), place
        found[place] = answer.text
        for tag, attributes in Parsed(answer.text).elements:
            href = attributes.get("href") or ""
            if tag == "a" and href.startswith("/") and "lang=" not in href:
                waiting.append(href)
    return found


async def test_what_is_hostile_in_any_field_is_shown_and_does_nothing(hostile: Site) -> None:
    browser = await hostile.signed_in()
    found = await crawled(
        browser, "/", "/?for=me", "/deliveries", "/messages", "/messages?state=failed",
        *(f"/messages/{row.id}" for row in hostile.plant.messages()),
    )  # fmt: skip
    assert len(found) > 100
    for page in found.values():
        harmless(page)
    # it is shown: in messages, stories, answers and the words of failures
    text = "><xss-mark onpointerover=alert(1) data-xss=1></textarea></pre></title></style><script>"
    showing = {place.split("?")[0].split("/")[1] for place, page in found.items()
               if text in "".join(Parsed(page).texts)}  # fmt: skip
    assert {"messages", "trace", "deliveries"} <= showing


async def test_shown_unmasked_and_in_the_editor_it_does_nothing_either(hostile: Site) -> None:
    browser, one = await hostile.signed_in(), hostile.delivery("dead")
    place = f"/deliveries/{one.id}"
    proof = csrf((await browser.get(place)).text)
    shown = await browser.post(f"{place}/personal", data={"csrf": proof})
    harmless(shown.text)
    assert "<textarea" in shown.text
    wrong = await browser.post(f"{place}/edit", data={"csrf": proof, "document": HOSTILE})
    assert wrong.status_code == 422
    harmless(wrong.text)
    named = await browser.post(
        f"{place}/edit", data={"csrf": proof, "document": '{"<xss-mark>": "</textarea>"}'}
    )
    harmless(named.text)
    number = "CM-2026-000666"
    traced = await browser.post("/trace/personal", data={"csrf": proof, "number": number})
    assert traced.status_code == 200
    harmless(traced.text)


@pytest.mark.parametrize(
    "number", ["'\"><xss-mark data-xss=1>", "javascript:alert(1)", "a&lang=zh#<b>/../"]
)
async def test_a_hostile_number_leads_to_its_own_page(hostile: Site, number: str) -> None:
    browser = await hostile.signed_in()
    page = (await browser.get("/deliveries")).text
    places = {
        one.get("href") or "" for tag, one in Parsed(page).elements
        if tag == "a" and httpx.URL(one.get("href") or "").params.get("number") == number
    }  # fmt: skip
    (place,) = places
    answer = await browser.get(place)
    assert answer.status_code == 200
    assert number in "".join(Parsed(answer.text).texts)
    harmless(answer.text)


@pytest.mark.parametrize(
    "path",
    ["/find?q={}", "/trace?number={}", "/deliveries?state={}&at={}", "/messages?after={}",
     "/login?next={}", "/?lang={}", "/?done={}", "/?{}={}", "/gates?state={}", "/{}"],
)  # fmt: skip
async def test_a_hostile_address_does_nothing(hostile: Site, path: str) -> None:
    browser = await hostile.signed_in()
    parts = {"": httpx.QueryParams({"x": HOSTILE})}
    asked = path.replace("{}", str(parts[""])[2:])
    for one in (browser, hostile.browser()):
        harmless((await one.get(asked)).text)


async def test_hostile_words_of_persons_do_nothing(hostile: Site) -> None:
    browser, one = await hostile.signed_in(), hostile.delivery("dead")
    await hostile.token("li.na", label=HOSTILE[:100])
    form = {"csrf": csrf((await browser.get("/")).text), "reason": HOSTILE}
    await browser.post("/connections/wms/pause", data=form)
    await browser.post(f"/deliveries/{one.id}/cancel", data=form)
    held = {"number": "CM-2026-000667", "reason": HOSTILE}
    await act(hostile.flow, "gate.hold", held, SYSTEM)
    for path in ("/connections", f"/deliveries/{one.id}", "/gates", "/account", "/",
                 "/trace?number=CM-2026-000667"):  # fmt: skip
        page = (await browser.get(path)).text
        harmless(page)
    assert "xss-mark" in "".join(Parsed((await browser.get("/gates")).text).texts)
