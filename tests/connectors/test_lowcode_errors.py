"""Low-code CRM: what each code and status of the platform means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from connectors.crm.lowcode import simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.profile import read_profile
from connectors.crm.lowcode.settings import LowcodeSettings
from hub import Action, Command, ConfigError, ConnectorError, Context, Outcome
from hub.http import connect
from hub.testing import FixedClock
from hub.testing.case import MemoryProgress
from hub.tokens import TokenCache

URL = "http://crm.test/api"
WRITE = Command("update_record", Action.UPDATE, {"hub_status": "x"}, "CM-1-1", "r1")
DONE = {"data": {"_id": "r1", "hub_status": "x", "updateTime": "2026-06-01T00:00:00Z"}}


def connector_to(router: respx.Router, **options: Any) -> LowcodeConnector:
    clock = FixedClock()
    transport = httpx.MockTransport(router.async_handler)
    http = connect("crm", URL, clock=clock, transport=transport)
    settings = LowcodeSettings.model_validate(simulator.options(URL) | options)
    return LowcodeConnector(settings, Context("crm", http, clock, TokenCache(clock)))


async def outcome_of(answer: httpx.Response, **options: Any) -> ConnectorError | None:
    """Deliver against one answer; return the error, None for success."""
    router = respx.Router(assert_all_called=False)
    router.post(url__regex=".*/update$").mock(return_value=answer)
    router.post(url__regex=".*/get$").mock(return_value=httpx.Response(503))
    try:
        await connector_to(router, **options).deliver(WRITE, MemoryProgress())
    except ConnectorError as exc:
        return exc
    return None


#: The vendor's list, by hand: the profile is compared with it.
CODES = {
    "8303": Outcome.RATE_LIMITED,
    "8304": Outcome.RATE_LIMITED,
    "9007": Outcome.CONFLICT,
    "8301": Outcome.NOT_AUTHORIZED,
    "17018": Outcome.NOT_AUTHORIZED,
    "8302": Outcome.MISCONFIGURED,
    "4025": Outcome.MISCONFIGURED,
    "17017": Outcome.MISCONFIGURED,
    "17032": Outcome.MISCONFIGURED,
    "17034": Outcome.MISCONFIGURED,
    "4815": Outcome.MISCONFIGURED,
    "17023": Outcome.MISCONFIGURED,
    "17024": Outcome.MISCONFIGURED,
    "17025": Outcome.MISCONFIGURED,
    "7103": Outcome.MISCONFIGURED,
    "7212": Outcome.MISCONFIGURED,
    "4001": Outcome.REJECTED,
    "4000": Outcome.REJECTED,
    "4402": Outcome.REJECTED,
    "17026": Outcome.UNKNOWN,  # looked at first, and here the look fails
}


@pytest.mark.parametrize("status", [400, 200, 500])
@pytest.mark.parametrize(("code", "outcome"), CODES.items(), ids=list(CODES))
async def test_every_documented_code_is_understood_whatever_its_status(
    code: str, outcome: Outcome, status: int
) -> None:
    body = {"code": int(code), "msg": "平台的原话"}
    error = await outcome_of(httpx.Response(status, json=body))
    assert error is not None
    assert error.outcome is outcome
    if code != "17026":
        assert (error.code, error.words, error.status) == (code, "平台的原话", status)


async def test_the_profile_knows_every_documented_code() -> None:
    assert set(read_profile("jiandaoyun", {}).codes) == set(CODES)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (401, Outcome.NOT_AUTHORIZED),
        (403, Outcome.MISCONFIGURED),
        (404, Outcome.MISCONFIGURED),
        (429, Outcome.RATE_LIMITED),
        (302, Outcome.UNKNOWN),
        (400, Outcome.UNKNOWN),
        (409, Outcome.UNKNOWN),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
        (504, Outcome.UNKNOWN),
    ],
)
async def test_a_status_without_a_known_code_of_a_write(status: int, outcome: Outcome) -> None:
    error = await outcome_of(httpx.Response(status, text="<html/>"))
    assert error is not None
    assert error.outcome is outcome


@pytest.mark.parametrize(
    "body",
    [b"", b"<html/>", b"[]", b"null", b"{}", b'{"data":{}}', b'{"data":{"_id":"r2"}}',
     b'{"code":31337,"msg":"new"}', b'{"data":{"_id":"r1"}'],
)  # fmt: skip
async def test_a_200_that_does_not_show_the_record_is_unknown(body: bytes) -> None:
    error = await outcome_of(httpx.Response(200, content=body))
    assert error is not None
    assert error.outcome is Outcome.UNKNOWN


async def test_a_200_with_the_record_is_success() -> None:
    assert await outcome_of(httpx.Response(200, json=DONE)) is None
    assert await outcome_of(httpx.Response(200, json=DONE | {"code": 0})) is None


async def test_another_platform_says_success_with_its_own_code() -> None:
    assert await outcome_of(httpx.Response(200, json=DONE | {"code": 0}), flavour="generic") is None
    for answer in (DONE, DONE | {"code": 1}):
        error = await outcome_of(httpx.Response(200, json=answer), flavour="generic")
        assert error is not None
        assert error.outcome is Outcome.UNKNOWN


async def test_too_many_calls_waits_as_told() -> None:
    answer = httpx.Response(429, headers={"Retry-After": "17"}, json={"code": 8303})
    error = await outcome_of(answer)
    assert error is not None
    assert error.retry_after == timedelta(seconds=17)


async def test_a_code_can_mean_something_else_at_one_tenant() -> None:
    body = {"code": 31337, "msg": "表单已停用"}
    error = await outcome_of(
        httpx.Response(400, json=body), profile={"codes": {"31337": "misconfigured"}}
    )
    assert error is not None
    assert error.outcome is Outcome.MISCONFIGURED


@pytest.mark.parametrize(
    "outcome",
    [one for one in Outcome if one not in {Outcome.APPLIED, Outcome.ALREADY_APPLIED}],
    ids=str,
)
async def test_a_code_can_mean_every_outcome_of_a_failure(outcome: Outcome) -> None:
    answer = httpx.Response(400, json={"code": 9999})
    error = await outcome_of(answer, profile={"codes": {"9999": outcome.value}})
    assert error is not None
    assert error.outcome is outcome


async def test_an_error_names_the_next_step_and_no_secret() -> None:
    answer = httpx.Response(400, json={"code": 4402, "msg": "联系电话 13000000001 不合法"})
    error = await outcome_of(answer)
    assert error is not None
    assert "correct the record or the mapping" in str(error)
    assert simulator.API_KEY not in repr(error)
    assert "13000000001" not in str(error)


# ---- reads


NO_RECORD = [
    {}, {"msg": "系统繁忙"}, {"code": 0}, {"data": None}, {"data": {}}, {"data": "x"},
    {"data": {"hub_status": "x"}}, {"data": {"_id": ""}}, {"data": {"_id": True}},
]  # fmt: skip


@pytest.mark.parametrize("body", NO_RECORD, ids=str)
async def test_a_200_without_the_record_is_no_proof_that_there_is_none(body: Any) -> None:
    router = respx.Router()
    router.post(url__regex=".*/get$").respond(200, json=body)
    connector = connector_to(router)
    for read in (connector.fetch("commitment", "r1"), connector.find(WRITE)):
        with pytest.raises(ConnectorError, match="has no usable") as caught:
            await read
        assert caught.value.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": "x"}, {"data": [{}]}], ids=str)
async def test_a_200_without_rows_is_no_empty_list(body: Any) -> None:
    router = respx.Router()
    router.post(url__regex=".*/list$").respond(200, json=body)
    with pytest.raises(ConnectorError, match="has no usable") as caught:
        await connector_to(router).poll("commitment", None)
    assert caught.value.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


# ---- the profile


@pytest.mark.parametrize(
    ("profile", "named"),
    [
        ({"code": {}}, "unknown code; known words: .*codes"),
        ({"codes": {"1": "nonsense"}}, "profile.codes.1 is 'nonsense': must be one of rejected"),
        ({"codes": {"1": "applied"}}, "profile.codes.1 is 'applied'"),
        ({"codes": {"1": "already_applied"}}, "profile.codes.1 is 'already_applied'"),
        ({"codes": None}, "profile.codes is None"),
        ({"statuses": {"404": "applied"}}, "profile.statuses.404 is 'applied'"),
        ({"statuses": {"4O4": "rejected"}}, "profile.statuses.4O4"),
        ({"page_size": "many"}, "profile.page_size is 'many'"),
        ({"page_size": 0}, "profile.page_size is 0"),
        ({"last_page": "full"}, "'short' or 'empty'"),
        ({"paths": "x"}, "profile.paths is 'x'"),
        ({"paths": {"list": "rows"}}, "profile.paths.list is 'rows'"),
        ({"paths": {"lists": "/rows"}}, "profile.paths.lists: there is no such word"),
        ({"success": {"values": []}}, "profile.success.values"),
        ({"webhook": {"deliver_id": "x-id"}}, "profile.webhook.deliver_id is 'x-id'"),
    ],
)
@pytest.mark.parametrize("flavour", ["jiandaoyun", "generic"])
def test_a_profile_that_cannot_work_is_named(
    flavour: str, profile: dict[str, Any], named: str
) -> None:
    options = simulator.options(URL) | {"flavour": flavour, "profile": profile}
    with pytest.raises(ConfigError, match=named):
        LowcodeConnector.check_profile(LowcodeSettings.model_validate(options))


@pytest.mark.parametrize("flavour", ["jiandaoyun", "generic"])
def test_a_profile_that_works_is_taken(flavour: str) -> None:
    profile = {"codes": {"1": "not_found"}, "page_size": "50", "start_trigger": "false"}
    options = simulator.options(URL) | {"flavour": flavour, "profile": profile}
    LowcodeConnector.check_profile(LowcodeSettings.model_validate(options))
