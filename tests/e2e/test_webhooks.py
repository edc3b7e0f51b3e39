"""Webhooks as senders really send them, over HTTP to a daemon that runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from connectors.crm.lowcode import simulator as crm
from connectors.wms.qimen.callbacks import wall_clock
from connectors.wms.qimen.signing import sign
from connectors.wms.qimen.wire import write
from hub.store import tables as t
from hub.store.payloads import parse
from tests.e2e.site import Site, form, make, push_body, running, signed, until

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A daemon whose far ends are all down: taking webhooks in does not need them."""
    challenge = {"profile": {"webhook": {"challenge": {"query": "challenge"}}}}
    site = make(tmp_path_factory.mktemp("site"), "wms", "crm", options={"crm": challenge})
    with running(site) as hub:
        asyncio.run(hub.ready())
        yield site


def record(number: str, **changes: Any) -> dict[str, Any]:
    """Return a record of the CRM's commitment form."""
    system = {
        "_id": f"id-{number}", "appId": crm.APP_ID, "entryId": crm.ENTRY_IDS["commitment"],
        "updateTime": "2026-06-01T02:30:00.000Z", "updater": crm.PERSON,
    }  # fmt: skip
    return form(number, **changes) | system


def call(request: httpx.Request) -> httpx.Response:
    with httpx.Client(timeout=20, trust_env=False, verify=False) as client:
        return client.send(request)


def pushed(site: Site, body: bytes, deliver_id: str) -> httpx.Response:
    return call(signed(site.hub_url, body, deliver_id))


def message(site: Site, external_id: str) -> Any:
    """Return a message, None where it was not stored."""
    return next((one for one in site.messages() if one.external_id == external_id), None)


def ended(site: Site, external_id: str) -> Any:
    """Return a message once the hub is done with it."""

    def look() -> Any:
        found = message(site, external_id)
        return found if found is not None and found.finished_at is not None else None

    return asyncio.run(until(look, f"{external_id} is done", 10))


def revision(site: Site, external_id: str) -> dict[str, Any]:
    """Return the canonical document that a push led to."""
    done = ended(site, external_id)
    assert done.state == "routed", done.reason
    rows = site.rows(t.record_revision.select().where(t.record_revision.c.message_id == done.id))
    document: dict[str, Any] = rows[0].document
    return document


def callback(
    site: Site, step: str, *, secret: str = "demo-secret", at: datetime | None = None
) -> httpx.Request:
    """Return the warehouse's report of a step."""
    stamp = wall_clock(at or datetime.now(UTC), ZoneInfo("Asia/Shanghai"))
    head = {"orderCode": "CM-77", "orderId": "W-77", "orderType": "JYCK"}
    process = {"processStatus": step, "operateTime": stamp}
    body = write("request", {"order": head, "process": process})
    params = [
        ("method", "orderprocess.report"), ("timestamp", stamp), ("format", "xml"),
        ("app_key", "demo-app"), ("v", "2.0"), ("sign_method", "md5"),
        ("customerId", "demo-customer"),
    ]  # fmt: skip
    query = [*params, ("sign", sign(secret, params, body))]
    return httpx.Request(
        "POST", f"{site.hub_url}/webhooks/wms", params=query, content=body,
        headers={"Content-Type": "text/xml;charset=utf-8"},
    )  # fmt: skip


# ---- who it is from --------------------------------------------------------------------------


def altered(request: httpx.Request) -> httpx.Request:
    body = request.content.replace("加急生产".encode(), "免费赠送".encode())
    return httpx.Request("POST", request.url, content=body, headers=without_length(request))


def unsigned(request: httpx.Request) -> httpx.Request:
    headers = without_length(request)
    del headers["X-JDY-Signature"]
    return httpx.Request("POST", request.url, content=request.content, headers=headers)


def misspelt(request: httpx.Request) -> httpx.Request:
    headers = [(name.encode(), text.encode()) for name, text in without_length(request).items()]
    headers[1] = (b"X-JDY-Signature", "签".encode())
    return httpx.Request("POST", request.url, content=request.content, headers=headers)


def without_length(request: httpx.Request) -> dict[str, str]:
    names = ("Content-Type", "X-JDY-Signature", "X-JDY-DeliverId")
    return {name: request.headers[name] for name in names}


@pytest.mark.parametrize("forge", [altered, unsigned, misspelt], ids=lambda one: one.__name__)
def test_a_forged_push_is_refused_and_nothing_is_stored(site: Site, forge: Any) -> None:
    genuine = signed(site.hub_url, push_body(record("CM-10")), f"forged-{forge.__name__}")
    assert call(forge(genuine)).status_code == 401
    assert message(site, f"forged-{forge.__name__}") is None


@pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["an hour old", "an hour ahead"])
def test_a_stale_push_is_refused_and_nothing_is_stored(site: Site, off: timedelta) -> None:
    at = datetime.now(UTC) + off
    answer = call(signed(site.hub_url, push_body(record("CM-11")), "stale", at))
    assert answer.status_code == 401
    assert message(site, "stale") is None


@pytest.mark.parametrize(
    "given", [{"secret": "another"}, {"at": datetime(2026, 1, 1, tzinfo=UTC)}],
    ids=["wrong secret", "stale"],
)  # fmt: skip
def test_a_forged_callback_is_refused_in_the_warehouses_words(
    site: Site, given: dict[str, Any]
) -> None:
    before = len(site.messages())
    answer = call(callback(site, "PICK", **given))
    assert answer.status_code == 200
    assert b"<flag>failure</flag>" in answer.content
    assert len(site.messages()) == before


def test_no_refusal_repeats_the_secret(site: Site) -> None:
    forged = altered(signed(site.hub_url, push_body(record("CM-12")), "quiet"))
    assert crm.WEBHOOK_SECRET not in call(forged).text
    assert crm.WEBHOOK_SECRET not in site.log()


# ---- where it is sent ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/webhooks/nobody", 404),
        ("GET", "/webhooks/nobody", 404),
        ("POST", "/webhooks/", 404),
        ("PUT", "/webhooks/crm", 405),
        ("DELETE", "/webhooks/crm", 405),
        ("POST", "/elsewhere", 404),
    ],
)
def test_what_is_not_served_is_said_so(site: Site, method: str, path: str, status: int) -> None:
    assert call(httpx.Request(method, site.hub_url + path)).status_code == status


def test_a_challenge_is_answered(site: Site) -> None:
    answer = call(httpx.Request("GET", f"{site.hub_url}/webhooks/crm?challenge=abc123"))
    assert (answer.status_code, answer.text) == (200, "abc123")


def test_a_challenge_that_is_no_plain_text_is_not_echoed(site: Site) -> None:
    answer = call(
        httpx.Request("GET", f"{site.hub_url}/webhooks/crm", params={"challenge": "<b>签</b>"})
    )
    assert answer.status_code == 400
    assert "<b>" not in answer.text


@pytest.mark.parametrize("query", ["nonce=%ff&timestamp=1", "nonce=%zz", "&&=&"])
def test_a_query_that_is_no_text_is_refused(site: Site, query: str) -> None:
    answer = call(httpx.Request("POST", f"{site.hub_url}/webhooks/crm?{query}", content=b"{}"))
    assert answer.status_code in (400, 401)


# ---- what it says ----------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b'{"op":"data_create","data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


UNREADABLE = {
    "empty": b"",
    "no JSON": b"<xml/>",
    "half JSON": b'{"op": "data_create", "data": {',
    "an array": b"[1, 2]",
    "another charset": '{"op": "data_create", "data": {"备注": "中文"}}'.encode("gbk"),
    "UTF-16": '{"op": "data_create"}'.encode("utf-16"),
    "nested 100 000 deep": nested(100_000),
    "nested lists": b"[" * 100_000,
    "no record": b'{"op": "data_create"}',
    "another form": push_body(record("CM-13") | {"entryId": "unknown"}),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_refused_and_nothing_is_stored(site: Site, body: bytes) -> None:
    answer = pushed(site, body, "unreadable")
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert message(site, "unreadable") is None


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_over_the_limit_is_refused(site: Site, chunked: bool) -> None:
    body = push_body(record("CM-14", promise_text="长" * 2_000_000))
    request = signed(site.hub_url, body, "large")
    if chunked:
        parts = (body[n : n + 65_536] for n in range(0, len(body), 65_536))
        request = httpx.Request("POST", request.url, content=parts, headers=without_length(request))
    assert call(request).status_code == 413
    assert message(site, "large") is None
    assert pushed(site, push_body(record("CM-15")), "after large").status_code == 200


def test_emoji_and_quotes_arrive_as_they_were_written(site: Site) -> None:
    words = "赠 🎁 1 套；O'Neil said \"ok\"; \\ <b>&amp;</b> '); DROP TABLE message;--\u2028𠮷"
    pushed(site, push_body(record("CM-20", promise_text=words)), "emoji")
    assert revision(site, "emoji")["text"] == words


def test_a_nul_in_a_text_fails_and_does_not_stop_what_comes_after(site: Site) -> None:
    assert pushed(site, push_body(record("CM-21", promise_text="a\0b")), "nul").status_code == 200
    assert (ended(site, "nul").state, "NUL" in ended(site, "nul").reason) == ("failed", True)
    assert pushed(site, push_body(record("CM-22")), "after nul").status_code == 200
    assert ended(site, "after nul").state == "routed"


def test_a_record_that_lacks_a_field_fails_and_names_it(site: Site) -> None:
    assert pushed(site, push_body(record("CM-23", commitment_no=None)), "lacks").status_code == 200
    failed = ended(site, "lacks")
    assert failed.state == "failed"
    assert "number" in failed.reason
    assert "commitment_no" in failed.reason


def test_what_no_mapping_wants_is_kept_and_ignored_with_the_reason(site: Site) -> None:
    assert b"<flag>success</flag>" in call(callback(site, "UNHEARD-OF")).content
    stored = [one for one in site.messages() if one.connection == "wms"]
    ignored = ended(site, stored[-1].external_id)
    assert ignored.state == "ignored"
    assert "qimen-to-progress" in ignored.reason


# ---- the same again --------------------------------------------------------------------------


def test_the_same_push_again_is_one_message(site: Site) -> None:
    body = push_body(record("CM-30"))
    answers = [pushed(site, body, "twice") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [one.external_id for one in site.messages()].count("twice") == 1


def test_the_same_id_with_another_body_keeps_the_first_and_tells_a_person(site: Site) -> None:
    first, second = record("CM-31"), record("CM-31", promise_text="另一段文字")
    assert pushed(site, push_body(first), "conflict").status_code == 200
    assert pushed(site, push_body(second), "conflict").status_code == 200
    kept = message(site, "conflict")
    assert parse(site.stored(kept.payload))["promise_text"] == "加急生产"
    told = [one for one in site.ledger("todo.message_conflict") if one.subject == kept.id]
    assert len(told) == 1


def test_pushes_at_the_same_moment_are_all_stored_once(site: Site) -> None:
    async def storm() -> list[int]:
        async with httpx.AsyncClient(timeout=20, trust_env=False, verify=False) as client:
            requests = [
                signed(site.hub_url, push_body(record(f"CM-4{n:02d}")), f"storm-{n}")
                for n in range(40)
            ]
            answers = await asyncio.gather(*(client.send(one) for one in requests * 2))
        return [answer.status_code for answer in answers]

    assert set(asyncio.run(storm())) == {200}
    stored = [one.external_id for one in site.messages() if one.external_id.startswith("storm-")]
    assert sorted(stored) == sorted(f"storm-{n}" for n in range(40))


def test_a_body_that_comes_in_small_pieces_is_one_body(site: Site) -> None:
    request = signed(site.hub_url, push_body(record("CM-32")), "pieces")
    body = request.content
    parts = (body[n : n + 7] for n in range(0, len(body), 7))
    pieces = httpx.Request("POST", request.url, content=parts, headers=without_length(request))
    assert call(pieces).status_code == 200
    assert parse(site.stored(message(site, "pieces").payload))["commitment_no"] == "CM-32"


def test_a_caller_that_leaves_before_the_end_of_its_body_has_sent_nothing(site: Site) -> None:
    request = signed(site.hub_url, push_body(record("CM-33")), "left")
    head = {**without_length(request), "Host": "hub", "Transfer-Encoding": "chunked"}
    target = request.url.raw_path.decode()
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    with socket.create_connection((request.url.host, request.url.port or 80)) as caller:
        caller.sendall("\r\n".join([*lines, "", ""]).encode())
        # all of it came, but for the chunk that says so
        caller.sendall(f"{len(request.content):x}\r\n".encode() + request.content + b"\r\n")
    assert pushed(site, push_body(record("CM-34")), "stayed").status_code == 200
    assert message(site, "stayed") is not None
    assert message(site, "left") is None
