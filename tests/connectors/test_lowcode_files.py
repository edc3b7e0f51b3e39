"""Low-code CRM: getting a file of an attachment field."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from connectors.crm.lowcode import simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from hub import ConnectorError, Context, Outcome
from hub.http import connect
from hub.testing import FixedClock
from hub.testing.case import simulated_context
from hub.tokens import TokenCache

URL = "http://crm.test/api"
FILES = "http://files.test"
FILE = f"{FILES}/k1?token=t0p-secret"
CONTENT = b"%PDF-1.7\r\n\x00\xff signed"


def connector_to(router: respx.Router) -> LowcodeConnector:
    clock = FixedClock()
    transport = httpx.MockTransport(router.async_handler)
    http = connect("crm", URL, hosts=["files.test"], clock=clock, transport=transport)
    settings = LowcodeSettings.model_validate(simulator.options(URL))
    return LowcodeConnector(settings, Context("crm", http, clock, TokenCache(clock)))


async def refused(router: respx.Router, reference: dict[str, Any]) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await connector_to(router).file("contract", reference)
    return caught.value


async def test_a_file_comes_as_it_is_and_its_host_never_sees_our_key() -> None:
    router = respx.Router()
    asked = router.get(FILE).mock(return_value=httpx.Response(200, content=CONTENT))
    assert await connector_to(router).file("contract", {"url": FILE}) == CONTENT
    assert simulator.API_KEY not in str(asked.calls.last.request.headers.raw)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, Outcome.REJECTED) for status in (400, 401, 403, 404, 410)),
        *((status, Outcome.UNAVAILABLE_NOT_APPLIED) for status in (302, 500, 502, 503)),
        (429, Outcome.RATE_LIMITED),
    ],
)
async def test_what_the_host_of_files_answers_is_told(status: int, outcome: Outcome) -> None:
    router = respx.Router()
    answer = httpx.Response(status, headers={"location": "http://elsewhere.test/k1"})
    router.get(FILE).mock(return_value=answer)
    error = await refused(router, {"url": FILE})
    assert (error.outcome, error.status) == (outcome, status)
    assert "t0p-secret" not in str(error)


@pytest.mark.parametrize(
    "reference",
    [
        {"url": "http://elsewhere.test/k1"},
        {"url": "http://files.test.elsewhere.test/k1"},
        {"url": "http://files.test@elsewhere.test/k1"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "file:///etc/passwd"},
    ],
    ids=["foreign", "longer name", "user", "link-local", "no http"],
)
async def test_nothing_is_sent_to_a_host_that_the_connection_does_not_name(
    reference: dict[str, Any],
) -> None:
    router = respx.Router()
    anywhere = router.route().mock(return_value=httpx.Response(200, content=CONTENT))
    error = await refused(router, reference)
    assert error.outcome is Outcome.MISCONFIGURED
    assert "nothing was sent" in str(error)
    assert not anywhere.called


@pytest.mark.parametrize(
    "reference", [{}, {"url": None}, {"url": ""}], ids=["none", "null", "empty"]
)
async def test_a_file_without_an_address_is_rejected_and_nothing_is_taken_for_it(
    reference: dict[str, Any],
) -> None:
    router = respx.Router()
    anywhere = router.route().mock(return_value=httpx.Response(200, content=CONTENT))
    error = await refused(router, reference)
    assert error.outcome is Outcome.REJECTED
    assert not anywhere.called


async def test_a_file_works_until_its_address_ends() -> None:
    clock = FixedClock()
    platform = simulator.LowcodeSimulator(clock=clock)
    platform.files_url = URL
    settings = LowcodeSettings.model_validate(simulator.options(URL))
    connector = LowcodeConnector(settings, simulated_context("crm", URL, platform, clock))
    data_id = platform.save_form({"contract_no": "HT-1"}, form="contract")
    platform.attach(data_id, "合同.pdf", CONTENT)
    form = await connector.fetch("contract", data_id)
    assert form is not None
    (reference,) = form["contract_file"]
    assert await connector.file("contract", reference) == CONTENT
    platform.end_addresses()
    with pytest.raises(ConnectorError, match="its address has ended"):
        await connector.file("contract", reference)
