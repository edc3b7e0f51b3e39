"""Low-code CRM: webhooks."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.crm.lowcode import signing, simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LowcodeSimulator, signed_push
from hub import BadRequest, Event, Received, Reply, SignatureInvalid, WebhookRequest
from hub.testing import FixedClock
from hub.testing.case import as_webhook, simulated_context

URL = "http://crm.test/api"
HOOK = "http://hub.test/webhooks/crm"
SAMPLES = Path(simulator.__file__).with_name("samples")
CREATED = (SAMPLES / "push_data_create.json").read_bytes()
NOW = FixedClock().now()


def connect(**options: Any) -> LowcodeConnector:
    clock = FixedClock()
    settings = LowcodeSettings.model_validate(simulator.options(URL) | options)
    context = simulated_context("crm", URL, LowcodeSimulator(clock=clock), clock)
    return LowcodeConnector(settings, context)


def push(body: bytes, at: datetime = NOW, deliver_id: str = "d-1") -> WebhookRequest:
    return as_webhook(signed_push(HOOK, body, at, deliver_id), NOW)


def record(**fields: Any) -> bytes:
    data = json.loads(CREATED)["data"] | fields
    return json.dumps({"op": "data_update", "data": data}).encode()


def event_of(connector: LowcodeConnector, request: WebhookRequest) -> Event:
    received = connector.receive(request)
    assert isinstance(received, Received)
    (event,) = received.events
    return event


def test_a_saved_form_is_an_event_of_its_stream() -> None:
    event = event_of(connect(), push(CREATED))
    assert event.stream == "commitment"
    assert event.object_id == "65f100000000000000000001"
    assert event.item["commitment_no"] == "CM-2026-000123"
    assert not event.echo


def test_numbers_stay_exact() -> None:
    event = event_of(connect(), push(record().replace(b"1130.5", b"1130.10000000000000000001")))
    assert str(event.item["amount"]) == "1130.10000000000000000001"


def test_a_push_is_a_hint_unless_rereading_is_off() -> None:
    assert event_of(connect(), push(CREATED)).hint
    assert not event_of(connect(reread=False), push(CREATED)).hint


def test_the_delivery_id_is_the_dedupe_key() -> None:
    first = event_of(connect(), push(CREATED, deliver_id="d-7"))
    assert first.external_id == "d-7"


def test_without_a_delivery_id_the_body_is_the_dedupe_key() -> None:
    request = push(CREATED)
    headers = {k: v for k, v in request.headers.items() if k != "x-jdy-deliverid"}
    event = event_of(connect(), dataclasses.replace(request, headers=headers))
    assert event.external_id == hashlib.sha256(CREATED).hexdigest()


def test_with_identity_change_a_push_and_a_poll_are_one_event() -> None:
    connector = connect(profile={"webhook": {"identity": ["change", "body"]}})
    data = json.loads(CREATED)["data"]
    event = event_of(connector, push(CREATED))
    assert event.external_id == f"{data['_id']}@{data['updateTime']}"


def test_an_id_that_is_a_whole_number_is_taken_as_text() -> None:
    event = event_of(connect(), push(record(_id=7)))
    assert (event.object_id, event.item["_id"]) == ("7", "7")


@pytest.mark.parametrize("operation", ["data_test", "form_update"])
def test_a_push_without_news_is_answered_and_brings_nothing(operation: str) -> None:
    body = json.dumps({"op": operation, "data": {}}).encode()
    assert connect().receive(push(body)) == Reply()


def test_an_operation_nobody_documented_counts_as_a_change() -> None:
    body = CREATED.replace(b"data_create", b"data_approved")
    assert event_of(connect(), push(body)).hint


def test_a_removed_record_says_so_and_is_not_read_again() -> None:
    event = event_of(connect(), push((SAMPLES / "push_data_remove.json").read_bytes()))
    assert event.item["deleteTime"] == "2026-06-01T01:21:00.000Z"
    assert not event.hint


def test_a_removal_without_its_time_takes_the_time_of_the_push() -> None:
    body = json.dumps({"op": "data_remove", "opTime": 17, "data": {"_id": "x"}}).encode()
    only = {"commitment": {"entry_id": "c1"}}
    assert event_of(connect(forms=only), push(body)).item["deleteTime"] == "17"


@pytest.mark.parametrize(
    ("options", "fields", "echo"),
    [
        ({"writer_id": "hub-api"}, {"updater": {"username": "hub-api"}}, True),
        ({"writer_id": "hub-api"}, {"updater": "hub-api"}, True),
        ({"writer_id": "hub-api"}, {"updater": {"username": "wangfang"}}, False),
        ({"hub_marker": "hub_marker"}, {"hub_marker": "t-1"}, True),
        ({"hub_marker": "hub_marker"}, {"hub_marker": ""}, False),
        ({}, {"updater": {"username": "hub-api"}}, False),
    ],
    ids=["user", "user as text", "a person", "marked", "mark cleared", "not configured"],
)
def test_our_own_writes_are_echoes(
    options: dict[str, Any], fields: dict[str, Any], echo: bool
) -> None:
    assert event_of(connect(**options), push(record(**fields))).echo is echo


@pytest.mark.parametrize(("state", "approved"), [(0, False), (1, True), (2, False)])
def test_approved_when_is_told_to_the_mapping(state: int, approved: bool) -> None:
    connector = connect(approved_when={"flowState": ["1"]})
    assert event_of(connector, push(record(flowState=state))).item["_approved"] is approved


def test_what_the_simulator_pushes_is_understood() -> None:
    clock = FixedClock()
    far_end = LowcodeSimulator(clock=clock, webhook_url=HOOK)
    data_id = far_end.save_form({"commitment_no": "CM-1", "status": "审批中"})
    for level in simulator.LEVELS:
        far_end.approve(data_id, level, "李强")
    far_end.revoke(data_id, "赵磊")
    events = [event_of(connect(), as_webhook(call, clock.now())) for call in far_end.outgoing]
    assert [event.item["status"] for event in events] == [
        "审批中", "审批中", "审批中", "已批准", "已撤销",
    ]  # fmt: skip
    assert len({event.external_id for event in events}) == 5


def test_a_duplicated_push_is_the_same_event() -> None:
    far_end = LowcodeSimulator(clock=FixedClock(), webhook_url=HOOK)
    far_end.inject("duplicate_callback")
    far_end.save_form({"commitment_no": "CM-1"})
    events = [event_of(connect(), as_webhook(call, NOW)) for call in far_end.outgoing]
    assert len(events) == 2
    assert len({event.external_id for event in events}) == 1


# ---- refused ---------------------------------------------------------------------------------


def test_a_hub_without_a_secret_refuses_every_webhook() -> None:
    with pytest.raises(SignatureInvalid, match="webhook_secret"):
        connect(webhook_secret=None).receive(push(CREATED))
    with pytest.raises(SignatureInvalid, match="webhook_secret"):
        connect(webhook_secret="").receive(push(CREATED))


def test_a_generic_platform_without_verification_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="verification"):
        connect(flavour="generic").receive(push(CREATED))


@pytest.mark.parametrize("name", ["nonce", "timestamp"])
def test_a_missing_or_doubled_query_value_is_refused(name: str) -> None:
    good = push(CREATED)
    without = [(key, value) for key, value in good.query if key != name]
    doubled = [*good.query, (name, "1")]
    for query in (without, doubled):
        with pytest.raises(SignatureInvalid):
            connect().receive(dataclasses.replace(good, query=query))


@pytest.mark.parametrize("shift", [-301, 301], ids=["old", "from the future"])
def test_a_stale_webhook_is_refused(shift: int) -> None:
    with pytest.raises(SignatureInvalid, match="300 s"):
        connect().receive(push(CREATED, NOW + timedelta(seconds=shift)))
    assert event_of(connect(), push(CREATED, NOW + timedelta(seconds=shift * 0.9)))


@pytest.mark.parametrize("timestamp", ["soon", "-1", "١٢", "9" * 13, "1" * 400])
def test_a_signed_time_stamp_that_is_no_time_is_refused(timestamp: str) -> None:
    signature = signing.jiandaoyun(
        CREATED, secret=simulator.WEBHOOK_SECRET, nonce="n", timestamp=timestamp
    )
    request = dataclasses.replace(
        push(CREATED),
        query=(("nonce", "n"), ("timestamp", timestamp)),
        headers={"x-jdy-signature": signature},
    )
    with pytest.raises(SignatureInvalid, match="time stamp"):
        connect().receive(request)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"<xml/>", "not JSON"),
        ('{"op":"创建"}'.encode("gbk"), "not UTF-8"),
        (b"[]", "list"),
        (b'{"op":"data_create"}', "no record"),
        (b'{"op":"data_create","data":{"_id":true}}', "no record"),
        (b'{"op":"data_create","data":{"_id":""}}', "no record"),
        (b'{"op":"data_create","data":[]}', "no record"),
        (b'{"op":"data_create","data":{"_id":"x","entryId":"other"}}', "'other'"),
        (b'{"op":"data_create","data":{"_id":"x"}}', "without an id"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "deeper than 32"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
        (b'{"n":1e999999999999}', "not JSON"),
    ],
    ids=[
        "empty", "cut", "XML", "GBK", "list", "no record", "id is true or false", "id is empty",
        "record is a list", "form unknown", "form unnamed", "deep", "very deep",
        "number without measure",
    ],
)  # fmt: skip
def test_a_push_that_cannot_be_read_is_a_bad_request(body: bytes, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        connect().receive(push(body))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    push_=st.fixed_dictionaries(
        {}, optional={"op": _VALUES, "data": _VALUES, "opTime": _VALUES, "challenge": _VALUES}
    )
)
def test_any_signed_json_is_an_event_or_a_clear_refusal(push_: dict[str, Any]) -> None:
    with contextlib.suppress(BadRequest):
        answer = connect().receive(push(json.dumps(push_).encode()))
        assert isinstance(answer, Received | Reply)


def test_errors_never_show_a_secret_or_a_person() -> None:
    bad = dataclasses.replace(push(CREATED), body=CREATED + b" ")
    unknown = push(record(entryId="other"))
    for request in (bad, unknown):
        with pytest.raises((SignatureInvalid, BadRequest)) as caught:
            connect().receive(request)
        assert simulator.WEBHOOK_SECRET not in str(caught.value)
        assert "13000000001" not in str(caught.value)


# ---- other platforms -------------------------------------------------------------------------

TEMPLATE = {
    "method": "hmac",
    "template": "{method}\n{path}\n{timestamp}\n{body}",
    "signature": "header:X-Sign",
    "timestamp": "header:X-Time",
    "unit": "ms",
    "encoding": "base64",
    "prefix": "v1=",
}
GENERIC_BODY = CREATED.replace(b'"data_create"', b'"create"')


def generic_push(body: bytes, at: datetime = NOW, secret: str = "s3") -> WebhookRequest:
    time = str(int(at.timestamp() * 1000))
    signed = b"\n".join((b"POST", b"/webhooks/crm", time.encode(), body))
    raw = hmac.new(secret.encode(), signed, "sha256").digest()
    headers = {"x-sign": "v1=" + base64.b64encode(raw).decode(), "x-time": time}
    return WebhookRequest("POST", "/webhooks/crm", (), headers, body, NOW)


def generic(**options: Any) -> LowcodeConnector:
    given: dict[str, Any] = {"flavour": "generic", "webhook_secret": "s3", "verification": TEMPLATE}
    return connect(**(given | options))


def test_a_platform_with_its_own_template_is_verified() -> None:
    assert event_of(generic(), generic_push(GENERIC_BODY)).hint


def test_its_wrong_signatures_are_refused() -> None:
    good = generic_push(GENERIC_BODY)
    bad = [
        generic_push(GENERIC_BODY, secret="other"),
        generic_push(GENERIC_BODY, NOW - timedelta(minutes=6)),
        dataclasses.replace(good, method="PUT"),
        dataclasses.replace(good, path="/webhooks/other"),
        dataclasses.replace(good, body=b"{}"),
        dataclasses.replace(good, headers={"x-sign": good.headers["x-sign"]}),
        dataclasses.replace(good, headers={"x-time": good.headers["x-time"]}),
    ]
    for request in bad:
        with pytest.raises(SignatureInvalid):
            generic().receive(request)


@pytest.mark.parametrize("place", ["header:X-Token", "query:token"])
def test_a_static_token_is_compared(place: str) -> None:
    connector = generic(verification={"method": "token", "token": place})
    kind, name = place.split(":")
    good = WebhookRequest(
        "POST", "/", (("token", "s3"),) if kind == "query" else (),
        {name.lower(): "s3"} if kind == "header" else {}, GENERIC_BODY, NOW,
    )  # fmt: skip
    assert event_of(connector, good)
    with pytest.raises(SignatureInvalid):
        connector.receive(dataclasses.replace(good, query=(("token", "s4"),), headers={}))
    with pytest.raises(SignatureInvalid):
        connector.receive(dataclasses.replace(good, query=(), headers={}))


def test_a_challenge_in_the_query_is_echoed() -> None:
    asked = WebhookRequest("GET", "/", (("challenge", "abc123"),), {}, b"", NOW)
    assert generic().receive(asked) == Reply(body=b"abc123", media_type="text/plain")


def test_a_challenge_in_a_signed_body_is_echoed_as_json_where_so_configured() -> None:
    body = b'{"challenge":"abc123"}'
    connector = generic(profile={"webhook": {"challenge": {"reply": "json"}}})
    assert connector.receive(generic_push(body)) == Reply(body=body)
    with pytest.raises(SignatureInvalid):
        connector.receive(generic_push(body, secret="other"))


@pytest.mark.parametrize("challenge", ["", "x" * 201, "<é>", "a\nb"])
def test_no_other_text_is_echoed(challenge: str) -> None:
    asked = WebhookRequest("GET", "/", (("challenge", challenge),), {}, b"", NOW)
    with pytest.raises(BadRequest):
        generic().receive(asked)


@pytest.mark.parametrize("name", ["challenge", ""])
def test_jiandaoyun_has_no_challenge(name: str) -> None:
    asked = WebhookRequest("GET", "/", ((name, "abc"),), {}, b"", NOW)
    with pytest.raises(BadRequest, match="POST"):
        connect().receive(asked)
