"""What a person decides in the console is done, once, under their name."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from console_site import Parsed, Site, csrf, field

from hub.people import SYSTEM
from hub.service.actions import act
from hub.store import holds, views
from hub.store import tables as t
from hub.store.holds import Hold


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


async def form_of(browser: httpx.AsyncClient, place: str) -> dict[str, str]:
    """Return what the forms of a page hold beside what a person fills in."""
    page = (await browser.get(place)).text
    found = {"csrf": csrf(page)}
    if 'name="version"' in page:
        found["version"] = field(page, "version")
    return found


async def opened(browser: httpx.AsyncClient, place: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Open the document of a delivery for editing; return what the form holds, and the document."""
    page = (await browser.post(f"{place}/personal", data=await form_of(browser, place))).text
    text = page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    document = "".join(Parsed(f"<pre>{text}</pre>").texts)
    return {"csrf": csrf(page), "version": field(page, "version")}, json.loads(document)


# ---- deliveries ------------------------------------------------------------------------------


async def test_a_retried_delivery_goes_out_and_the_ledger_names_who_asked(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    answer = await browser.post(f"{place}/retry", data=await form_of(browser, place))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{place}?done=retried")
    assert "It is tried again." in (await browser.get(answer.headers["location"])).text
    await site.plant.work()
    assert site.plant.effects("wms") == [("CM-2026-000002", "deliveryorder.create")]
    (noted,) = site.ledger("delivery.retried")
    assert noted.actor == "person:li.na"
    (done,) = site.ledger("action.done")
    assert (done.actor, done.subject) == ("person:li.na", one.id)


async def test_a_document_changed_by_hand_is_what_arrives(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, document = await opened(browser, place)
    document["orderLines"][0]["planQty"] = 2
    answer = await browser.post(f"{place}/edit", data={**form, "document": _json(document)})
    assert answer.headers["location"] == f"{place}?done=edited"
    await site.plant.work()
    row = next(row for row in site.plant.deliveries() if row.id == one.id)
    assert row.state == "delivered"
    assert row.payload != one.payload
    (noted,) = site.ledger("delivery.edited")
    assert (noted.actor, noted.facts["after"]) == ("person:li.na", row.payload)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"deliveryOrder": {},\n  "orderLines": [}', "line 2, column 18: This is not JSON"),
        ("[1, 2]", "must be a JSON object"),
        ("", "line 1, column 1"),
        ('{"a": 1, "a": 2}', "a stands twice"),
        ('{"planQty": NaN}', "NaN is no number"),
        ('{"deliveryOrdr": {}, "orderLines": []}', "Did you mean deliveryOrder?"),
        ('{"deliveryOrder": [], "orderLines": []}', "deliveryOrder must be an object"),
        ('{"deliveryOrder": {"receiverInfo": {"name": "***"}}}', "from a masked view"),
        ("[" * 100_000, "JSON"),
    ],
    ids=["syntax", "no object", "empty", "twice", "nan", "unknown", "type", "masked", "deep"],
)  # fmt: skip
async def test_what_is_wrong_with_a_document_is_said_beside_it_and_nothing_is_lost(
    site: Site, text: str, said: str
) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, _ = await opened(browser, place)
    answer = await browser.post(f"{place}/edit", data={**form, "document": text})
    assert answer.status_code == 422
    parsed = Parsed(answer.text)
    assert said in parsed.text
    if len(text) < 1000:
        kept = "".join(Parsed(answer.text).texts)
        assert text in kept
    assert site.delivery("dead").payload == one.payload
    assert "13000000001" not in answer.text


async def test_lines_a_browser_ends_in_its_own_way_stay_as_they_were_typed(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, _ = await opened(browser, place)
    answer = await browser.post(f"{place}/edit", data={**form, "document": '{\r\n  "a": }'})
    assert "line 2, column 8" in Parsed(answer.text).text
    assert '{\n  "a": }' in "".join(Parsed(answer.text).texts)


async def test_a_field_nobody_described_is_sent_when_the_person_insists(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, document = await opened(browser, place)
    document["colour"] = "blue"
    form["document"] = _json(document)
    asked = await browser.post(f"{place}/edit", data=form)
    assert asked.status_code == 422
    assert 'name="anyway"' in asked.text
    answer = await browser.post(f"{place}/edit", data={**form, "anyway": "1"})
    assert answer.status_code == 303


async def test_a_masked_value_is_not_sent_even_when_the_person_insists(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, document = await opened(browser, place)
    document["deliveryOrder"]["receiverInfo"]["name"] = "***"
    given = {**form, "document": _json(document), "anyway": "1"}
    answer = await browser.post(f"{place}/edit", data=given)
    assert answer.status_code == 422
    assert 'name="anyway"' not in answer.text
    assert site.delivery("dead").id == one.id


async def test_a_document_nobody_could_look_at_again_is_not_sent(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, _ = await opened(browser, place)
    for text in ('{"a":' * 300 + "1" + "}" * 300, '{"a": ' + "1" * 5000 + "}"):
        answer = await browser.post(f"{place}/edit", data={**form, "document": text, "anyway": "1"})
        assert answer.status_code == 422
        assert 'name="anyway"' not in answer.text
    assert (await browser.get(place)).status_code == 200
    assert site.delivery("dead").id == one.id


async def test_two_people_at_one_delivery_do_not_undo_each_other(site: Site) -> None:
    first, second = await site.signed_in(), await site.signed_in("chen.jing")
    one = site.delivery("dead")
    place = f"/deliveries/{one.id}"
    mine, document = await opened(first, place)
    theirs, _ = await opened(second, place)
    # it goes out with the change of the first, and is refused again
    site.plant.wms.inject("error_in_200", detail={"message": "仍无库存"}, times=1)
    document["deliveryOrder"]["remark"] = "改一"
    await first.post(f"{place}/edit", data={**mine, "document": _json(document)})
    await site.plant.work()
    kept = site.delivery("dead").payload
    document["deliveryOrder"]["remark"] = "改二"
    late = await second.post(f"{place}/edit", data={**theirs, "document": _json(document)})
    assert late.status_code == 409
    assert "has changed since it was looked at" in late.text
    assert "改二" in "".join(Parsed(late.text).texts)
    assert site.delivery("dead").payload == kept
    assert (await second.post(f"{place}/retry", data=theirs)).status_code == 409


async def test_what_was_typed_is_kept_when_the_delivery_went_on_meanwhile(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form, document = await opened(browser, place)
    await browser.post(f"{place}/retry", data=await form_of(browser, place))
    await site.plant.work()
    document["deliveryOrder"]["remark"] = "迟到的修改"
    late = await browser.post(f"{place}/edit", data={**form, "document": _json(document)})
    assert late.status_code == 409
    assert "迟到的修改" in "".join(Parsed(late.text).texts)


async def test_a_viewer_decides_nothing(site: Site) -> None:
    browser, one = await site.signed_in("zhao.min"), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form = await form_of(browser, place)
    page = (await browser.get(place)).text
    assert "/retry" not in page
    assert "<textarea" not in page
    for verb in ("retry", "skip", "cancel", "edit"):
        given = {**form, "reason": "x", "document": "{"}
        answer = await browser.post(f"{place}/{verb}", data=given)
        assert answer.status_code == 403, verb
        assert "13000000001" not in answer.text
    assert (await browser.post("/connections/wms/pause", data=given)).status_code == 403
    assert site.delivery("dead").id == one.id
    assert site.plant.paused() == []


async def test_what_was_done_by_hand_opens_the_way_for_what_waits(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    given = {**await form_of(browser, place), "reason": "仓库手工建单", "external_id": "WMS-9"}
    answer = await browser.post(f"{place}/skip", data=given)
    assert answer.headers["location"] == f"{place}?done=skipped"
    row = next(row for row in site.plant.deliveries() if row.id == one.id)
    assert (row.state, row.words, row.external_id) == ("skipped", "仓库手工建单", "WMS-9")
    assert "仓库手工建单" in (await browser.get(place)).text


@pytest.mark.parametrize(
    "reason", ["", "   ", "x" * 2001, "a\0b"], ids=["empty", "blank", "long", "nul"]
)
async def test_cancelling_needs_a_reason(site: Site, reason: str) -> None:
    browser, one = await site.signed_in(), site.delivery("dead")
    place = f"/deliveries/{one.id}"
    form = await form_of(browser, place)
    refused = await browser.post(f"{place}/cancel", data={**form, "reason": reason})
    assert refused.status_code == 422
    assert site.delivery("dead").id == one.id
    await browser.post(f"{place}/cancel", data={**form, "reason": "客户撤单"})
    assert [row.state for row in site.plant.deliveries() if row.id == one.id] == ["cancelled"]


async def test_what_is_final_is_refused_with_the_reason(site: Site) -> None:
    browser, one = await site.signed_in(), site.delivery("delivered")
    form = {"csrf": csrf((await browser.get("/")).text)}
    answer = await browser.post(f"/deliveries/{one.id}/retry", data=form)
    assert answer.status_code == 409
    assert "final" in answer.text


# ---- messages, connections -------------------------------------------------------------------


async def test_a_failed_message_is_taken_up_again(site: Site) -> None:
    browser, one = await site.signed_in(), site.message("failed")
    place = f"/messages/{one.id}"
    answer = await browser.post(f"{place}/replay", data=await form_of(browser, place))
    assert answer.headers["location"] == f"{place}?done=replayed"
    assert [row.state for row in site.plant.messages() if row.id == one.id] == ["received"]


async def test_a_connection_is_paused_with_a_reason_and_goes_on(site: Site) -> None:
    browser = await site.signed_in()
    form = await form_of(browser, "/connections")
    await browser.post("/connections/wms/pause", data={**form, "reason": "仓库盘点"})
    page = (await browser.get("/connections")).text
    assert "仓库盘点" in page
    assert "Paused by 李娜" in page
    await browser.post("/connections/wms/resume", data=form)
    assert site.plant.paused() == []


async def test_there_are_no_other_verbs_and_no_other_connections(site: Site) -> None:
    browser = await site.signed_in()
    form = {**await form_of(browser, "/connections"), "reason": "x"}
    assert (await browser.post("/connections/wms/explode", data=form)).status_code == 404
    assert (await browser.post("/connections/nowhere/pause", data=form)).status_code == 404
    assert site.ledger("action.refused") == []
    place = f"/deliveries/{site.delivery('dead').id}"
    assert (await browser.post(f"{place}/bulk", data=form)).status_code == 404


# ---- gates -----------------------------------------------------------------------------------


def form_to(page: str, ending: str) -> str:
    """Return where the one form of a page leads whose address ends so."""
    (found,) = {str(one["action"]) for tag, one in Parsed(page).elements
                if tag == "form" and (one.get("action") or "").endswith(ending)}  # fmt: skip
    return found


async def test_what_a_gate_holds_is_released_by_another_than_whose_it_is(site: Site) -> None:
    """CM-2026-000004 is 王芳's, who is an operator as well."""
    asked = {"number": "CM-2026-000004", "reason": "先核对账期"}
    await act(site.flow, "gate.hold", asked, SYSTEM)
    own = await site.signed_in("wang.fang")
    page = (await own.get("/gates")).text
    assert "先核对账期" in page
    place = form_to(page, "/release")
    form = {"csrf": csrf(page), "reason": "已核对"}
    refused = await own.post(place, data=form)
    assert refused.status_code == 403
    assert "another person must decide" in refused.text
    viewer = await site.signed_in("zhao.min")
    form["csrf"] = csrf((await viewer.get("/gates")).text)
    assert (await viewer.post(place, data=form)).status_code == 403
    other = await site.signed_in("li.na")
    form["csrf"] = csrf((await other.get("/gates")).text)
    assert (await other.post(place, data=form)).headers["location"] == "/gates?done=released"
    shown = (await other.get("/gates?state=released")).text
    assert "李娜</p>" in shown or "李娜:" in shown
    assert "已核对" in shown
    again = await other.post(place, data=form)
    assert again.status_code == 409


async def test_what_a_gate_holds_is_refused_with_a_reason(site: Site) -> None:
    record = site.plant.store.read_now(views.records_numbered, "CM-2026-000004")[0]
    told = {"en": "0 of 2 approvals", "zh": "批准 0/2 人", "fields": ["amount"]}
    hold = Hold(
        site.clock.new_id(), "large-commitment", record["id"], 1, site.clock.now(),
        reasons=[told], roles=["coo"],
    )  # fmt: skip
    await site.flow.store.write(holds.add, [hold])
    browser = await site.signed_in()
    page = (await browser.get("/gates")).text
    assert "0 of 2 approvals (amount)" in page
    assert "may be released by COO" in page
    place, form = f"/gates/{hold.id}", {"csrf": csrf(page)}
    assert (await browser.post(f"{place}/refuse", data=form)).status_code == 422
    form["reason"] = "账期过长"
    assert (await browser.post(f"{place}/release", data=form)).status_code == 403
    answer = await browser.post(f"{place}/refuse", data=form)
    assert answer.headers["location"] == "/gates?done=refused"
    assert "账期过长" in (await browser.get("/gates?state=refused")).text


# ---- watches ---------------------------------------------------------------------------------


def fired(site: Site, number: str) -> str:
    """Write down that a watch fired; return its id."""
    record = site.plant.store.read_now(views.records_numbered, number)[0]
    now, one = site.clock.now(), site.clock.new_id()
    row = {
        "id": one, "watch": "delivery-not-started", "key": number, "state": "fired",
        "record_id": record["id"], "armed_at": now, "deadline": now, "fired_at": now, "step": 1,
    }  # fmt: skip
    with site.plant.store.engine.begin() as tx:
        tx.execute(sa.insert(t.watch).values(row))
    return one


async def test_a_watch_that_fired_is_looked_after_and_put_off(site: Site) -> None:
    one = fired(site, "CM-2026-000001")
    browser = await site.signed_in()
    page = (await browser.get("/watches")).text
    assert "delivery-not-started" in page
    form = {"csrf": csrf(page), "reason": "已催仓库", "until": "1 working day"}
    later = await browser.post(f"/watches/{one}/snooze", data=form)
    assert later.headers["location"] == "/watches?done=snoozed"
    assert "Put off until" in (await browser.get("/watches")).text
    done = await browser.post(f"/watches/{one}/acknowledge", data=form)
    assert done.headers["location"] == "/watches?done=acknowledged"
    assert "after by 李娜" in (await browser.get("/watches")).text


async def test_a_watch_of_somebody_elses_record_is_not_there(site: Site) -> None:
    one = fired(site, "CM-2026-000001")
    browser = await site.signed_in("liu.yang")
    page = (await browser.get("/watches")).text
    assert "delivery-not-started" not in page
    form = {"csrf": csrf(page), "reason": "x"}
    assert (await browser.post(f"/watches/{one}/acknowledge", data=form)).status_code == 404


# ---- tokens ----------------------------------------------------------------------------------


async def test_revoking_the_token_one_signed_in_with_ends_the_visit(site: Site) -> None:
    browser = await site.signed_in()
    page = (await browser.get("/account")).text
    (form,) = [one["action"] for tag, one in Parsed(page).elements
               if tag == "form" and (one.get("action") or "").endswith("/revoke")]  # fmt: skip
    answer = await browser.post(str(form), data={"csrf": csrf(page)})
    assert answer.headers["location"].startswith("/login")
    assert (await browser.get("/")).status_code == 303


async def test_nobody_revokes_the_token_of_somebody_else(site: Site) -> None:
    await site.token("zhao.min", id=f"{7:032x}")
    browser = await site.signed_in()
    form = {"csrf": csrf((await browser.get("/account")).text)}
    answer = await browser.post(f"/account/tokens/{7:032x}/revoke", data=form)
    assert answer.status_code == 403
