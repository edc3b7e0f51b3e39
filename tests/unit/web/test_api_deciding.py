"""What people decide through the API: versions, keys of their own, many at once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from api_site import Site

from hub.service import bulk
from hub.store import idempotency
from hub.store import tables as t

DAY = timedelta(days=1)


async def looked_at(site: Site, one: str) -> tuple[str, dict[str, Any]]:
    """Return ETag and document of a delivery, personal data included."""
    answer = await site.get(f"deliveries/{one}", params={"personal": "true"})
    return answer.headers["etag"], answer.json()["payload"]["document"]


def die_again(site: Site, one: str) -> None:
    """Let the far end refuse a delivery once more."""
    changed = {"state": "dead", "reason": "rejected", "due_at": None, "waits": 0}
    d = t.delivery
    site.change(sa.update(d).where(d.c.id == one).values(fence=d.c.fence + 1, **changed))


# ---- one delivery ----------------------------------------------------------------------------


async def test_a_retry_makes_it_ready_and_says_who_asked(site: Site) -> None:
    one = site.dead()[0]
    answer = await site.post(f"deliveries/{one}/retry", {})
    assert answer.json() == {"id": one, "state": "ready"}
    assert site.delivery(one).state == "ready"
    (entry,) = site.entries("delivery.retried")
    assert entry.actor == "person:ops"


async def test_skip_and_cancel_take_a_reason_that_is_kept(site: Site) -> None:
    skipped, cancelled = site.dead()
    answer = await site.post(f"deliveries/{skipped}/skip", {"reason": "手工录入"})
    assert answer.json()["state"] == "skipped"
    answer = await site.post(f"deliveries/{cancelled}/cancel", {"reason": "作废"})
    assert answer.json()["state"] == "cancelled"
    assert [site.delivery(one).words for one in (skipped, cancelled)] == ["手工录入", "作废"]


async def test_of_two_edits_of_one_dead_letter_the_second_one_is_told(site: Site) -> None:
    one = site.dead()[0]
    etag, document = await looked_at(site, one)
    path, headers = f"deliveries/{one}/edit", {"if-match": etag}
    first = await site.post(path, {"document": {**document, "title": "A"}}, headers=headers)
    assert first.status_code == 200, first.text
    die_again(site, one)
    second = await site.post(path, {"document": {**document, "title": "B"}}, headers=headers)
    assert second.status_code == 412
    assert second.json()["type"].endswith("#changed")
    _, stands = await looked_at(site, one)
    assert stands["title"] == "A"


async def test_two_edits_at_the_same_moment_are_one(site: Site) -> None:
    one = site.dead()[0]
    etag, document = await looked_at(site, one)
    answers = await asyncio.gather(
        *(
            site.post(
                f"deliveries/{one}/edit", {"document": {**document, "title": comment}},
                headers={"if-match": etag},
            )
            for comment in "AB"
        )
    )  # fmt: skip
    assert sorted(one.status_code for one in answers) == [200, 412]
    assert len(site.entries("delivery.edited")) == 1


async def test_an_edit_needs_the_version_that_was_looked_at(site: Site) -> None:
    one = site.dead()[0]
    _, document = await looked_at(site, one)
    answer = await site.post(f"deliveries/{one}/edit", {"document": document})
    assert answer.status_code == 428
    assert site.delivery(one).state == "dead"


@pytest.mark.parametrize("verb", ["retry", "skip", "cancel"])
async def test_other_decisions_heed_a_version_where_one_is_sent(site: Site, verb: str) -> None:
    one = site.dead()[0]
    etag, _ = await looked_at(site, one)
    body = {} if verb == "retry" else {"reason": "r"}
    die_again(site, one)
    answer = await site.post(f"deliveries/{one}/{verb}", body, headers={"if-match": etag})
    assert answer.status_code == 412
    assert site.delivery(one).state == "dead"
    wrong = await site.post(f"deliveries/{one}/{verb}", body, headers={"if-match": "*"})
    assert wrong.json()["faults"][0]["place"] == "header.if-match"


async def test_the_etag_of_a_decision_is_the_next_ones_version(site: Site) -> None:
    one = site.dead()[0]
    answer = await site.post(f"deliveries/{one}/retry", {})
    shown = await site.get(f"deliveries/{one}")
    assert answer.headers["etag"] == shown.headers["etag"]


async def test_what_a_delivery_cannot_take_now_is_refused_with_the_reason(site: Site) -> None:
    one = site.dead()[0]
    await site.post(f"deliveries/{one}/cancel", {"reason": "r"})
    answer = await site.post(f"deliveries/{one}/retry", {})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#refused")
    assert "final" in answer.json()["detail"]


async def test_a_document_is_sent_as_written_to_the_last_digit(site: Site) -> None:
    one = site.dead()[0]
    etag, document = await looked_at(site, one)
    line = {**document["lines"][0], "unit_price": "@"}
    body = json.dumps({"document": {**document, "lines": [line]}})
    body = body.replace('"@"', "10.10000000000000000001")
    answer = await site.post(
        f"deliveries/{one}/edit", content=body.encode(),
        headers={"if-match": etag, "content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    _, stands = await looked_at(site, one)
    assert stands["lines"][0]["unit_price"] == "10.10000000000000000001"


async def test_a_masked_document_and_one_that_does_not_fit_are_refused_whole(site: Site) -> None:
    one = site.dead()[0]
    etag, document = await looked_at(site, one)
    path, headers = f"deliveries/{one}/edit", {"if-match": etag}
    for wrong in ({**document, "title": "***"}, {**document, "no_such_field": 1}):
        answer = await site.post(path, {"document": wrong}, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["place"].startswith("body.document.")
    masked = {"document": {**document, "title": "***"}, "anyway": True}
    assert (await site.post(path, masked, headers=headers)).status_code == 422
    assert site.delivery(one).state == "dead"
    anyway = {"document": {**document, "no_such_field": 1}, "anyway": True}
    assert (await site.post(path, anyway, headers=headers)).status_code == 200


# ---- the same call twice ---------------------------------------------------------------------


def key(name: str = "k-1", **more: str) -> dict[str, str]:
    return {"idempotency-key": name, **more}


async def test_a_call_repeated_with_its_key_is_done_once_and_answered_the_same(
    site: Site,
) -> None:
    path = f"deliveries/{site.dead()[0]}/skip"
    first = await site.post(path, {"reason": "r"}, headers=key())
    again = await site.post(path, {"reason": "r"}, headers=key())
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(site.entries("delivery.skipped_by_person")) == 1


async def test_a_refusal_is_answered_the_same_too(site: Site) -> None:
    path = f"deliveries/{'0' * 32}/retry"
    first = await site.post(path, {}, headers=key())
    again = await site.post(path, {}, headers=key())
    assert first.status_code == again.status_code == 404
    assert again.json() == first.json()
    assert again.headers["content-type"] == "application/problem+json"


async def test_a_key_outlives_the_process_that_answered(site: Site) -> None:
    path = f"deliveries/{site.dead()[0]}/retry"
    first = await site.post(path, {}, headers=key())
    site.flow.worker = "another"
    site.rebuild()
    again = await site.post(path, {}, headers=key())
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")


@pytest.mark.parametrize("other", ["body", "path", "query", "if-match"])
async def test_a_key_with_another_call_is_refused(site: Site, other: str) -> None:
    one, second = site.dead()
    await site.post(f"deliveries/{one}/skip", {"reason": "r"}, headers=key())
    path = f"deliveries/{second if other == 'path' else one}/skip"
    more = {"if-match": '"0123456789abcdef"'} if other == "if-match" else {}
    answer = await site.post(
        path + ("?a=b" if other == "query" else ""),
        {"reason": "other" if other == "body" else "r"}, headers=key(**more),
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("#key-reused")
    assert site.delivery(second).state == "dead"


async def test_keys_of_two_persons_are_two_keys(site: Site) -> None:
    path = "connections/wms/pause"
    assert (await site.post(path, {}, headers=key())).json() == {"changed": True}
    answer = await site.post(path, {}, "own", headers=key())
    assert answer.json() == {"changed": False}
    assert "idempotent-replayed" not in answer.headers


async def test_the_same_call_while_the_first_one_runs_is_told_so(site: Site) -> None:
    one = site.dead()[0]
    path = f"deliveries/{one}/retry"
    answers = await asyncio.gather(*(site.post(path, {}, headers=key()) for _ in range(5)))
    kinds = sorted(
        answer.json().get("type", "done").rpartition("#")[2]
        for answer in answers
        if "idempotent-replayed" not in answer.headers
    )
    assert kinds.count("done") == 1
    assert set(kinds) <= {"done", "key-in-use"}
    assert "key-in-use" in kinds
    assert len(site.entries("delivery.retried")) == 1


async def claimed_by(site: Site, worker: str) -> Any:
    """Leave a key as a process leaves it that took a call and has not answered."""
    path = f"deliveries/{site.dead()[0]}/retry"
    await site.post(path, {}, headers=key())
    site.change(sa.update(t.idempotency).values(status=None, answer=None, worker=worker))
    return await site.post(path, {}, headers=key())


async def test_a_call_whose_process_died_is_said_to_be_unknown_not_done_again(site: Site) -> None:
    answer = await claimed_by(site, "dead-1")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#outcome-unknown")
    assert len(site.entries("delivery.retried")) == 1


async def test_a_call_another_living_process_runs_is_not_unknown(site: Site) -> None:
    seen = {"host": "h", "pid": 1, "seen_at": site.clock.now()}
    site.change(sa.insert(t.worker).values(id="living-1", **seen))
    answer = await claimed_by(site, "living-1")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#key-in-use")


async def test_a_failure_is_not_kept_so_the_same_call_may_be_made_again(site: Site) -> None:
    path = f"deliveries/{site.dead()[0]}/retry"
    site.change(sa.text("ALTER TABLE lane RENAME TO gone"))
    assert (await site.post(path, {}, headers=key())).status_code == 503
    assert site.rows(t.idempotency) == []
    site.change(sa.text("ALTER TABLE gone RENAME TO lane"))
    assert (await site.post(path, {}, headers=key())).status_code == 200


async def test_a_key_is_forgotten_after_a_day(site: Site) -> None:
    path = "connections/wms/pause"
    await site.post(path, {}, headers=key())
    site.clock.advance(DAY - timedelta(seconds=1))
    assert "idempotent-replayed" in (await site.post(path, {}, headers=key())).headers
    site.clock.advance(timedelta(seconds=1))
    assert "idempotent-replayed" not in (await site.post(path, {}, headers=key())).headers
    assert len(site.rows(t.idempotency)) == 1


@pytest.mark.parametrize("wrong", ["", "x" * 201, "\u00e9"], ids=["empty", "long", "not-ascii"])
async def test_a_key_that_is_none_is_refused(site: Site, wrong: str) -> None:
    answer = await site.post(
        "connections/wms/pause", {}, headers={"idempotency-key": wrong.encode()}
    )
    assert answer.status_code == 400
    assert site.rows(t.idempotency) == []


# ---- many at once ----------------------------------------------------------------------------


async def test_many_are_shown_first_and_then_exactly_those_are_decided(site: Site) -> None:
    dead = site.dead()
    asked = {"decision": "retry", "such": {"state": "dead"}}
    shown = (await site.post("deliveries/bulk", {**asked, "preview": True})).json()
    assert shown["count"] == 2
    assert shown["groups"] == [{"connection": "erp", "reason": "rejected", "count": 2}]
    assert site.dead() == dead
    later = next(row.id for row in site.rows(t.delivery, t.delivery.c.state == "blocked"))
    site.change(sa.update(t.delivery).where(t.delivery.c.id == later).values(state="dead"))
    done = (await site.post("deliveries/bulk", {**asked, "token": shown["token"]})).json()
    assert (done["done"], done["refused"]) == (2, 0)
    assert site.dead() == [later]
    (entry,) = site.entries("delivery.bulk")
    assert (entry.actor, entry.facts["done"]) == ("person:ops", 2)


async def test_those_that_cannot_take_it_are_named_and_stop_no_other(site: Site) -> None:
    first, second = site.dead()
    asked = {"decision": "cancel", "ids": [second, first, "0" * 32, first], "reason": "作废"}
    shown = (await site.post("deliveries/bulk", {**asked, "preview": True})).json()
    assert (shown["count"], shown["unknown"]) == (2, ["0" * 32])
    site.change(sa.update(t.delivery).where(t.delivery.c.id == first).values(state="sending"))
    done = (await site.post("deliveries/bulk", {**asked, "token": shown["token"]})).json()
    rows = {row["id"]: row for row in done["rows"]}
    assert (done["done"], done["refused"]) == (1, 1)
    assert rows[second]["state"] == "cancelled"
    assert "sending" in rows[first]["refused"]["en"]
    assert site.delivery(second).words == "作废"


async def test_a_choice_counts_once_for_its_viewer_and_the_same_decision(site: Site) -> None:
    asked = {"decision": "retry", "ids": site.dead()}

    async def shown() -> str:
        answer = await site.post("deliveries/bulk", {**asked, "preview": True})
        return str(answer.json()["token"])

    async def decided(token: str, person: str = "ops", **changed: Any) -> int:
        body = {**asked, "token": token, **changed}
        return int((await site.post("deliveries/bulk", body, person)).status_code)

    token = await shown()
    assert await decided(token, "own") == 409
    assert await decided(token, decision="skip", reason="r") == 409
    assert await decided(token, ids=asked["ids"][:1]) == 409
    assert await decided("0" * 32) == 409
    assert len(site.dead()) == 2
    assert await decided(token) == 200
    assert await decided(token) == 409
    token = await shown()
    site.clock.advance(DAY)
    assert await decided(token) == 409


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"decision": "retry", "preview": True}, "body.such"),
        ({"decision": "retry", "such": {}, "preview": True}, "body.such"),
        ({"decision": "retry", "ids": ["0" * 32], "such": {"state": "dead"}, "preview": True},
         "body.such"),
        ({"decision": "retry", "ids": [], "preview": True}, "body.ids"),
        ({"decision": "retry", "ids": ["0" * 32]}, "body.token"),
        ({"decision": "retry", "ids": ["0" * 32], "preview": True, "token": "0" * 32},
         "body.token"),
        ({"decision": "skip", "ids": ["0" * 32], "preview": True}, "body.reason"),
        ({"decision": "edit", "ids": ["0" * 32], "preview": True}, "body.decision"),
        ({"decision": "retry", "ids": ["0" * 32] * 10_001, "preview": True}, "body.ids"),
        ({"decision": "retry", "ids": ["x"], "preview": True}, "body.ids.0"),
        ({"decision": "retry", "such": {"stat": "dead"}, "preview": True}, "body.such.stat"),
    ],
    ids=["nothing", "empty-such", "both", "no-ids", "neither", "token-and-preview", "no-reason",
         "edit", "10001-ids", "no-id", "unknown-word"],
)  # fmt: skip
async def test_a_choice_that_is_none_is_refused_at_its_place(
    site: Site, body: dict[str, Any], place: str
) -> None:
    answer = await site.post("deliveries/bulk", body)
    assert answer.status_code == 422
    assert [one["place"] for one in answer.json()["faults"]] == [place]


async def test_more_than_one_decision_is_about_are_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 1)
    body = {"decision": "retry", "such": {"state": "dead"}, "preview": True}
    answer = await site.post("deliveries/bulk", body)
    assert answer.status_code == 422
    assert "Narrow" in answer.json()["detail"]


async def test_who_sees_only_own_records_decides_only_about_them(site: Site) -> None:
    _, own = site.dead()
    body = {"decision": "retry", "such": {"state": "dead"}}
    shown = (await site.post("deliveries/bulk", {**body, "preview": True}, "own")).json()
    assert shown["count"] == 1
    site.change(sa.update(t.record).values(owner="赵磊"))
    done = await site.post("deliveries/bulk", {**body, "token": shown["token"]}, "own")
    assert done.json()["refused"] == 1
    assert site.delivery(own).state == "dead"


async def test_a_store_that_fills_up_in_the_middle_keeps_what_was_decided(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BITE", 1)
    first, second = site.dead()
    body = {"decision": "retry", "ids": [first, second]}
    shown = (await site.post("deliveries/bulk", {**body, "preview": True})).json()
    site.change(
        sa.text(
            "CREATE TRIGGER full BEFORE UPDATE ON delivery WHEN OLD.id = "
            f"'{second}' BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    )
    answer = await site.post("deliveries/bulk", {**body, "token": shown["token"]})
    assert answer.status_code == 503
    assert [site.delivery(one).state for one in (first, second)] == ["ready", "dead"]


# ---- links and connections -------------------------------------------------------------------


async def test_a_link_is_set_and_says_what_was_there(site: Site) -> None:
    body = {"connection": "erp", "kind": "item", "handle": "M-003", "external_id": "77"}
    assert (await site.post("links", body)).json() == {"before": None}
    changed = await site.post("links", {**body, "external_id": "78"})
    assert changed.json() == {"before": "77"}
    page = (await site.get("links", params={"connection": "erp", "handle": "M-003"})).json()
    assert [one["external_id"] for one in page["items"]] == ["78"]
    long = await site.post("links", {**body, "kind": "k" * 41})
    assert long.status_code == 422
    assert (await site.post("links", {**body, "connection": "epr"})).status_code == 404


async def test_a_message_is_taken_up_again(site: Site) -> None:
    waiting = site.rows(t.message)[0]
    site.change(sa.update(t.message).where(t.message.c.id == waiting.id).values(state="failed"))
    answer = await site.post(f"messages/{waiting.id}/replay")
    assert answer.json() == {"id": waiting.id, "state": "received"}
    assert (await site.post(f"messages/{waiting.id}/replay")).status_code == 409


def test_a_claim_that_nobody_answered_can_be_taken_back(site: Site) -> None:
    now = site.clock.now()
    claim = (idempotency.claim, "a", "k", "h", "w", now)
    assert site.flow.store.write_now(*claim) is None
    assert site.flow.store.write_now(*claim) is not None
    site.flow.store.write_now(idempotency.release, "a", "k")
    assert site.flow.store.write_now(*claim) is None
