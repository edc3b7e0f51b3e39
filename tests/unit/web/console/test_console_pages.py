"""What the pages show, and to whom."""

from __future__ import annotations

import re

import pytest
from console_site import Parsed, Site, csrf

from hub.store import connections

# ---- home ------------------------------------------------------------------------------------


async def test_home_says_what_waits_for_a_person_and_leads_there(site: Site) -> None:
    await site.flow.store.write(connections.pause, "erp", "401", "system", site.clock.now())
    page = (await (await site.signed_in()).get("/")).text
    text = Parsed(page).text
    assert "is dead: rejected" in text
    assert "E201" in text
    assert "erp is paused: 401" in text
    for place in (f"/deliveries/{site.delivery('dead').id}",
                  f"/messages/{site.message('failed').id}", "/connections"):  # fmt: skip
        assert f'href="{place}"' in page


async def test_home_for_me_shows_only_what_i_can_settle(site: Site) -> None:
    everything = await (await site.signed_in("zhao.min")).get("/")
    assert "is dead: rejected" in everything.text
    mine = await (await site.signed_in("zhao.min")).get("/?for=me")
    assert "Nothing waits for a person." in mine.text


# ---- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "place"),
    [("CM-2026-000001", "/trace?number=CM-2026-000001"),
     (" CM-2026-000002 ", "/trace?number=CM-2026-000002"),
     ("WMS-88001", "/trace?number=CM-2026-000001")],
    ids=["number", "with blanks", "their id"],
)  # fmt: skip
async def test_a_number_of_ours_or_theirs_leads_to_its_story(
    site: Site, wanted: str, place: str
) -> None:
    answer = await (await site.signed_in()).get("/find", params={"q": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, place)


async def test_the_ending_of_an_id_leads_to_its_page(site: Site) -> None:
    browser = await site.signed_in()
    for row, place in ((site.delivery("dead"), "deliveries"), (site.message("failed"), "messages")):
        answer = await browser.get("/find", params={"q": row.id[-10:]})
        assert answer.headers["location"] == f"/{place}/{row.id}"


async def test_a_number_that_is_not_there_names_those_near_it(site: Site) -> None:
    answer = await (await site.signed_in()).get("/find?q=CM-2026-00001")
    assert answer.status_code == 404
    assert 'href="/trace?number=CM-2026-000001"' in answer.text


# ---- stories ---------------------------------------------------------------------------------


async def test_a_story_tells_what_happened_in_its_order(site: Site) -> None:
    answer = await (await site.signed_in()).get("/trace?number=CM-2026-000001")
    text = Parsed(answer.text).text
    order = [
        "crm brought commitment", "Revision 1 is on record", "sales supervisor", "COO",
        "Deliveries planned", "applied send", "confirmed read back",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    times = re.findall(r'datetime="([^"]+)"', answer.text.partition("timeline")[2])
    assert times == sorted(times)
    assert "WMS-88001" in text


async def test_messages_that_brought_nothing_new_are_one_line(site: Site) -> None:
    page = (await (await site.signed_in()).get("/trace?number=CM-2026-000002")).text
    assert "3 more messages brought nothing new" in Parsed(page).text
    assert page.count("nothing new") == 1


async def test_a_dead_delivery_shows_their_words_and_what_to_do(site: Site) -> None:
    one = site.delivery("dead")
    page = (await (await site.signed_in()).get(f"/deliveries/{one.id}")).text
    text = Parsed(page).text
    assert "库存不足：M-003" in text
    assert "B0021" in text
    assert "rejected by the far end" in text
    assert "dead-letters/rejected.md" in page
    assert "Their answer" in text


async def test_a_message_that_does_not_fit_names_file_line_and_column(site: Site) -> None:
    one = site.message("failed")
    text = Parsed((await (await site.signed_in()).get(f"/messages/{one.id}")).text).text
    assert re.search(r"lowcode-to-commitment\.yaml:\d+:\d+ E201", text)


# ---- personal data ---------------------------------------------------------------------------


async def test_personal_data_is_masked_until_somebody_who_may_asks_and_that_is_noted(
    site: Site,
) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    pages = {
        f"/deliveries/{one.id}": "/personal", "/trace?number=CM-2026-000002": "",
        f"/messages/{one.message_id}": "/personal",
    }  # fmt: skip
    for place, more in pages.items():
        page = (await browser.get(place)).text
        assert "13000000001" not in page
        form = {"csrf": csrf(page), "number": "CM-2026-000002"}
        shown = await browser.post(f"{place}{more}" if more else "/trace/personal", data=form)
        assert shown.status_code == 200
        assert "13000000001" in shown.text
        assert "13000000001" not in (await browser.get(place)).text
    noted = [(row.actor, row.subject, row.facts["action"]) for row in site.ledger("action.done")]
    assert noted == [
        ("person:li.na", one.id, "personal.show"),
        ("person:li.na", "CM-2026-000002", "personal.show"),
        ("person:li.na", one.message_id, "personal.show"),
    ]


async def test_a_viewer_is_not_shown_personal_data_and_the_ledger_knows_who_asked(
    site: Site,
) -> None:
    browser, one = await site.signed_in("zhao.min"), site.delivery("dead")
    page = (await browser.get(f"/deliveries/{one.id}")).text
    assert "/personal" not in page
    answer = await browser.post(f"/deliveries/{one.id}/personal", data={"csrf": csrf(page)})
    assert answer.status_code == 403
    assert "13000000001" not in answer.text
    (refused,) = site.ledger("action.refused")
    assert (refused.actor, refused.facts["action"]) == ("person:zhao.min", "personal.show")


# ---- scope -----------------------------------------------------------------------------------


async def test_whoever_sees_only_own_records_finds_no_trace_of_others(site: Site) -> None:
    """CM-2026-000002 is 刘洋's, the others are 王芳's."""
    browser = await site.signed_in("wang.fang")
    theirs = site.delivery("dead")
    for path in ("/trace?number=CM-2026-000002", f"/deliveries/{theirs.id}",
                 f"/messages/{theirs.message_id}", f"/find?q={theirs.id}",
                 "/find?q=CM-2026-000002"):  # fmt: skip
        answer = await browser.get(path)
        assert answer.status_code == 404, path
        assert "刘洋" not in answer.text
    for path in ("/", "/deliveries", "/messages", "/find?q=CM-2026-00000"):
        page = (await browser.get(path)).text
        assert theirs.id not in page
        assert "CM-2026-000002" not in page
    assert "CM-2026-000001" in (await browser.get("/deliveries")).text


async def test_whoever_sees_only_own_records_decides_about_no_others(site: Site) -> None:
    browser, theirs = await site.signed_in("wang.fang"), site.delivery("dead")
    proof = csrf((await browser.get("/")).text)
    form = {"csrf": proof, "reason": "x", "document": "{}", "number": "CM-2026-000002"}
    for path in (f"/deliveries/{theirs.id}/retry", f"/deliveries/{theirs.id}/cancel",
                 f"/deliveries/{theirs.id}/edit", f"/deliveries/{theirs.id}/personal",
                 f"/messages/{theirs.message_id}/replay", "/trace/personal"):  # fmt: skip
        assert (await browser.post(path, data=form)).status_code == 404, path
    assert site.delivery("dead").id == theirs.id
    assert site.ledger("action.done") == []


# ---- lists -----------------------------------------------------------------------------------


async def test_a_list_is_narrowed_to_a_state_and_a_connection(site: Site) -> None:
    browser = await site.signed_in()
    dead = Parsed((await browser.get("/deliveries?state=dead")).text)
    links = [one["href"] or "" for tag, one in dead.elements if tag == "a" and "href" in one]
    shown = [one for one in links if re.fullmatch("/deliveries/[0-9a-f]{32}", one)]
    assert shown == [f"/deliveries/{site.delivery('dead').id}"]
    assert "erp.add_commitment" not in Parsed((await browser.get("/deliveries?at=wms")).text).text


async def test_a_long_list_goes_on_with_older_rows(site: Site) -> None:
    for number in range(60):
        site.plant.save(f"CM-2026-001{number:03}")
    await site.plant.arrive()
    browser, seen, path, pages = await site.signed_in(), [], "/messages?state=&at=", 0
    while path:
        page = (await browser.get(path)).text
        seen += re.findall(r'href="/messages/([0-9a-f]{32})"', page)
        older = re.search(r'class="button" href="(\?[^"]*after=[^"]*)"', page)
        path = f"/messages{older[1]}".replace("&amp;", "&") if older else ""
        pages += 1
    assert pages == 2
    assert seen == [row.id for row in reversed(site.plant.messages())]


async def test_the_account_page_shows_roles_and_tokens_but_no_secret(site: Site) -> None:
    token = await site.token("li.na", label="笔记本")
    browser = site.browser()
    await browser.post("/login", data={"token": token})
    page = (await browser.get("/account")).text
    assert "operator" in page
    assert "笔记本" in page
    assert "this visit" in page
    assert token not in page


# ---- ways back -------------------------------------------------------------------------------


async def test_from_what_was_refused_a_way_leads_back_to_its_page(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("delivered")
    form = {"csrf": csrf((await browser.get("/")).text)}
    for path in (f"/deliveries/{one.id}/retry", f"/messages/{one.message_id}/replay",
                 "/connections/wms/pause", f"/gates/{one.id}/release",
                 f"/watches/{one.id}/snooze", f"/account/tokens/{one.id}/revoke"):  # fmt: skip
        refused = await browser.post(path, data=form)
        assert refused.status_code in (404, 409, 422), path
        back = re.search(r'class="button" href="([^"]+)"', refused.text)
        assert back
        assert (await browser.get(back[1])).status_code == 200, path


async def test_the_language_can_be_changed_on_a_story_shown_unmasked(site: Site) -> None:
    browser = await site.signed_in()
    form = {"csrf": csrf((await browser.get("/")).text), "number": "CM-2026-000002"}
    page = (await browser.post("/trace/personal", data=form)).text
    (link,) = re.findall(r'href="([^"]*lang=zh)"', page)
    other = await browser.get(link.replace("&amp;", "&"))
    assert "当前进展" in other.text
    assert "13000000001" not in other.text
