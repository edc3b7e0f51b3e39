"""What somebody who wishes us ill, or has an accident, sends to the API; what hides from whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from api_site import ALSO_DEAD, DEAD, PHONE, Site

from hub.service import bulk
from hub.store import alerts, payloads
from hub.store import tables as t

JSON = {"content-type": "application/json"}


def nested(depth: int) -> Any:
    document: Any = 1
    for _ in range(depth):
        document = {"a": document}
    return document


# ---- bodies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [45, 300, 900])
async def test_a_document_that_goes_too_deep_is_refused_however_one_insists(
    site: Site, depth: int
) -> None:
    one = site.dead()[0]
    shown = await site.get(f"deliveries/{one}", params={"personal": "true"})
    document = {**shown.json()["payload"]["document"], "more": nested(depth)}
    headers = {"if-match": shown.headers["etag"]}
    asked = {"document": document, "anyway": True}
    answer = await site.post(f"deliveries/{one}/edit", asked, headers=headers)
    assert answer.status_code == 422
    assert "The document goes too deep." in {one["detail"] for one in answer.json()["faults"]}
    assert site.delivery(one).state == "dead"


@pytest.mark.parametrize("depth", [300, 600])
async def test_a_message_that_goes_very_deep_can_be_looked_at(site: Site, depth: int) -> None:
    message = site.rows(t.message)[0]
    kept = payloads.row(payloads.encode(nested(depth)), payloads.JSON, site.clock.now())
    site.flow.store.write_now(payloads.put, [kept])
    m = t.message
    site.change(sa.update(m).where(m.c.id == message.id).values(payload=kept["sha256"]))
    for personal in ("true", "false"):
        answer = await site.get(f"messages/{message.id}", params={"personal": personal})
        assert answer.status_code == 200
        assert "…" in answer.text


@pytest.mark.parametrize(
    "body", ['{"reason": "a", "reason": "b"}', '{"reason": "a", "other": {"x": 1, "x": 2}}']
)
async def test_what_stands_twice_in_a_body_is_refused(site: Site, body: str) -> None:
    one = site.dead()[0]
    answer = await site.post(f"deliveries/{one}/cancel", content=body, headers=JSON)
    assert answer.status_code == 400
    assert "stands twice" in answer.json()["detail"]
    assert site.delivery(one).state == "dead"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_number_is_named(site: Site, word: str) -> None:
    path = f"deliveries/{site.dead()[0]}/cancel"
    answer = await site.post(path, content=f'{{"reason": {word}}}', headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"{word} is no number in JSON."


async def test_no_more_faults_are_told_than_anybody_reads(site: Site) -> None:
    one = site.dead()[0]
    etag = (await site.get(f"deliveries/{one}")).headers["etag"]
    many = {f"name{number}": 1 for number in range(3000)}
    edited = await site.post(
        f"deliveries/{one}/edit", {"document": many}, headers={"if-match": etag}
    )
    asked = await site.post("deliveries/bulk", {"decision": "retry", **many})
    for answer in (edited, asked):
        assert answer.status_code == 422
        assert len(answer.json()["faults"]) == 100
    assert asked.json()["detail"].startswith("3000 ")


async def test_a_choice_nobody_acts_on_is_forgotten_after_a_day(site: Site) -> None:
    asked = {"decision": "retry", "such": {"state": "dead"}, "preview": True}
    await site.post("deliveries/bulk", asked)
    site.clock.advance(bulk.idempotency.KEPT)
    await site.post("deliveries/bulk", asked)
    assert len(site.rows(t.idempotency)) == 1


# ---- what is hidden from whom ----------------------------------------------------------------


async def test_what_is_missing_is_said_in_both_languages(site: Site) -> None:
    for path in (f"deliveries/{'f' * 32}", f"messages/{'f' * 32}", "trace/CM-2026-00000"):
        sentences = (await site.get(path)).json()["sentences"]
        assert sentences["en"].startswith("There is no ")
        assert sentences["zh"].startswith("没有")
    assert DEAD in sentences["en"]


async def test_alerts_are_not_for_who_sees_only_own_records(site: Site) -> None:
    facts = {"connection": "erp", "count": 2, "reason": "rejected"}
    site.flow.store.write_now(
        alerts.open, "dead_letter", "erp:rejected", facts, site.clock.now(), site.clock.new_id
    )
    assert len((await site.get("alerts")).json()["items"]) == 1
    assert (await site.get("alerts", "own")).json() == {"items": [], "next": None}


def other_kind_of_that_number(site: Site) -> str:
    """Make a contract of somebody else with the number of one's own commitment."""
    (own,) = site.rows(t.record, t.record.c.number == ALSO_DEAD)
    other = {**own._mapping, "id": "f" * 32, "kind": "contract", "owner": "赵磊"}
    site.change(sa.insert(t.record).values(other))
    return "contract"


async def test_who_holds_an_own_number_holds_nothing_of_others(site: Site) -> None:
    kind = other_kind_of_that_number(site)
    asked = {"number": ALSO_DEAD, "reason": "r"}
    theirs = await site.post("gates/hold", {**asked, "kind": kind}, "own")
    assert theirs.status_code == 404
    mine = await site.post("gates/hold", asked, "own")
    assert mine.status_code == 200, mine.text
    (hold,) = site.rows(t.hold)
    assert hold.record_id != "f" * 32
    assert (await site.post("gates/hold", asked, "ops")).status_code == 409


async def test_a_link_of_somebody_elses_record_is_neither_shown_nor_set(site: Site) -> None:
    theirs, mine = (
        {"connection": "crm", "kind": "commitment", "handle": number, "external_id": "new"}
        for number in (DEAD, ALSO_DEAD)
    )
    answer = await site.post("links", theirs, "own")
    assert answer.status_code == 404
    (link,) = site.rows(t.link, t.link.c.connection == "crm", t.link.c.handle == DEAD)
    assert link.external_id != "new"
    assert link.external_id not in answer.text
    assert (await site.post("links", mine, "own")).status_code == 200


async def test_numbers_of_phones_in_what_persons_wrote_are_masked(site: Site) -> None:
    words = {"reason": f"Called {PHONE}"}
    held = (await site.post("gates/hold", {"number": DEAD, **words})).json()["id"]
    for state in ("held", "released"):
        listed = await site.get("gates", params={"state": state})
        assert len(listed.json()["items"]) == 1
        assert PHONE not in listed.text
        assert "Called ***" in listed.text
        await site.post(f"gates/{held}/release", words)


async def test_a_reason_the_ledger_keeps_is_masked_in_a_story(site: Site) -> None:
    (record,) = site.rows(t.record, t.record.c.number == DEAD)
    entry = site.entries("record.revised")[0]
    told = {"id": "e" * 32, "subject": record.id, "facts": {"reason": f"Called {PHONE}"}}
    site.change(sa.insert(t.ledger).values({**entry._mapping, "seq": None, **told}))
    masked = (await site.get(f"records/{record.id}")).json()["ledger"]
    assert "Called ***" in json.dumps(masked)
    assert PHONE not in json.dumps(masked)
    shown = await site.get(f"records/{record.id}", params={"personal": "true"})
    assert f"Called {PHONE}" in shown.text


async def test_of_a_long_story_the_latest_part_is_told(site: Site) -> None:
    (record,) = site.rows(t.record, t.record.c.number == DEAD)
    r = t.record_revision
    first = site.rows(r, r.c.record_id == record.id)[0]._mapping
    site.change(sa.insert(r).values([{**first, "revision": n} for n in range(2, 602)]))
    told = (await site.get(f"records/{record.id}")).json()["revisions"]
    assert [told[0]["revision"], told[-1]["revision"]] == [102, 601]


async def test_an_answer_that_goes_too_deep_to_be_masked_is_hidden_whole(site: Site) -> None:
    one = site.dead()[0]
    content = b'{"a":' * 900 + b'{"mobile":"' + PHONE.encode() + b'"}' + b"}" * 900
    kept = payloads.row(content, payloads.JSON, site.clock.now())
    site.flow.store.write_now(payloads.put, [kept])
    a = t.attempt
    site.change(sa.update(a).where(a.c.delivery_id == one).values(answer=kept["sha256"]))
    told = await site.get(f"deliveries/{one}")
    assert [row["answer"] for row in told.json()["attempts"]] == ["***"]
