"""What the Tryton connector makes of a far end that misbehaves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from connectors.erp.tryton.profile import read_profile
from connectors.erp.tryton.simulator import TrytonSimulator
from hub import Action, Command, ConfigError, ConnectorError, Context, Outcome
from hub.http import connect
from hub.testing import FixedClock, SimulatorTransport
from hub.tokens import TokenCache

URL = "http://erp.test"
PASSWORD = TrytonSimulator.password


class Notebook:
    """Progress of one delivery."""

    def __init__(self) -> None:
        self.saved: dict[str, Any] = {}

    async def save(self, **values: Any) -> None:
        self.saved |= values


class Tryton70(TrytonSimulator):
    """The older long-term series."""

    series = "7.0"


@dataclass
class Far:
    """A simulated Tryton and what makes connectors to it."""

    simulator: TrytonSimulator
    clock: FixedClock

    def connector(
        self, password: str = PASSWORD, profile: Mapping[str, Any] | None = None
    ) -> TrytonConnector:
        return connector_over(SimulatorTransport(self.simulator), self.clock, password, profile)

    def lines(self) -> list[dict[str, Any]]:
        return [row for row in self.simulator.records.all("sale.line") if row["note"]]

    def sale(self, reference: str) -> dict[str, Any]:
        return self.simulator.records.where("sale.sale", reference=reference)[0]


def connector_over(
    transport: httpx.AsyncBaseTransport,
    clock: FixedClock,
    password: str = PASSWORD,
    profile: Mapping[str, Any] | None = None,
) -> TrytonConnector:
    settings = TrytonSettings(
        base_url=URL, database="demo", username="admin", password=password,
        profile=dict(profile or {}),
    )  # fmt: skip
    http = connect("erp", URL, clock=clock, transport=transport)
    return TrytonConnector(settings, Context("erp", http, clock, TokenCache(clock)))


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[Far]:
    clock = FixedClock()
    simulator = TrytonSimulator(tmp_path, clock)
    yield Far(simulator, clock)
    simulator.state.close()


def command(reference: str = "CRM-2005", action: Action = Action.CREATE) -> Command:
    """Return a gift for one of the demo company's sales; CRM-2004 is a quotation."""
    customer = {"CRM-2005": "KH0001", "CRM-2004": "KH0004", "CRM-2003": "KH0003"}
    line = {"line_no": "1", "product_code": "P-300", "quantity": 2, "unit_price": Decimal(0)}
    document = {
        "reference": reference,
        "commitment_no": "CMT-1",
        "customer_code": customer.get(reference, "KH0001"),
        "lines": [line],
    }
    return Command("add_commitment", action, document, "CMT-1")


async def failure(connector: TrytonConnector, wanted: Command) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await connector.deliver(wanted, Notebook())
    return caught.value


# ---- session ---------------------------------------------------------------------------------


async def test_a_wrong_password_is_tried_once(far: Far) -> None:
    error = await failure(far.connector("not-the-password"), command())
    assert error.outcome is Outcome.NOT_AUTHORIZED
    assert far.simulator.calls["common.db.login"] == 1
    assert "not-the-password" not in str(error)


async def test_a_lost_session_is_opened_again_and_the_call_repeated(far: Far) -> None:
    connector = far.connector()
    await connector.check()
    far.simulator.inject("token_expired", "sale.sale.write")
    await connector.deliver(command(), Notebook())
    assert far.simulator.calls["common.db.login"] == 2
    assert len(far.lines()) == 1


async def test_a_session_refused_twice_stops(far: Far) -> None:
    far.simulator.inject("token_expired", "search_read", times=2)
    error = await failure(far.connector(), command())
    assert error.outcome is Outcome.NOT_AUTHORIZED
    assert far.simulator.calls["common.db.login"] == 2


async def test_another_factor_is_said_to_be_wanted(far: Far) -> None:
    questions = ["LoginException", ["password", "Password for admin", "password"]]
    far.simulator.inject("error_in_200", "db.login", detail={"error": questions})
    error = await failure(far.connector(), command())
    assert (error.outcome, error.code) == (Outcome.NOT_AUTHORIZED, "LoginException")


async def test_series_7_is_found_under_its_own_path(tmp_path: Path) -> None:
    clock = FixedClock()
    simulator = Tryton70(tmp_path, clock)
    connector = connector_over(SimulatorTransport(simulator), clock)
    assert "7.0" in await connector.check()
    simulator.state.close()


async def test_the_boms_of_series_7_have_no_code_and_show_the_drawing_in_their_name(
    tmp_path: Path,
) -> None:
    clock = FixedClock()
    simulator = Tryton70(tmp_path, clock)
    drawing = r"\S+ (?P<drawing_no>.+)-(?P<drawing_version>[^-]+)$"
    profile = {"bom_code_field": "", "bom_drawing": drawing}
    connector = connector_over(SimulatorTransport(simulator), clock, profile=profile)
    item = (await connector.poll("bom", None)).events[0].item
    assert (item["code"], item["name"]) == (None, "P-100 DWG-P100-V3")
    assert (item["drawing_no"], item["drawing_version"]) == ("DWG-P100", "V3")
    simulator.state.close()


async def test_a_code_of_boms_that_series_7_lacks_is_a_wrong_configuration(tmp_path: Path) -> None:
    clock = FixedClock()
    simulator = Tryton70(tmp_path, clock)
    with pytest.raises(ConnectorError, match="'code'") as caught:
        await connector_over(SimulatorTransport(simulator), clock).poll("bom", None)
    assert caught.value.outcome is Outcome.MISCONFIGURED
    simulator.state.close()


# ---- answers that are lost -------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["answer_lost", "error_500", "malformed"])
@pytest.mark.parametrize("method", ["draft", "write", "quote"])
async def test_an_answer_that_is_lost_is_unknown_and_doing_it_again_makes_one_line(
    far: Far, fault: Any, method: str
) -> None:
    connector = far.connector()
    far.simulator.inject(fault, f"sale.sale.{method}")
    notebook = Notebook()
    with pytest.raises(ConnectorError) as caught:
        await connector.deliver(command("CRM-2004"), notebook)
    assert caught.value.outcome is Outcome.UNKNOWN
    await connector.deliver(command("CRM-2004"), notebook)
    assert len(far.lines()) == 1
    assert far.sale("CRM-2004")["state"] == "quotation"
    assert [effect["key"] for effect in far.simulator.effects] == ["CMT-1"]


async def test_find_settles_a_lost_answer(far: Far) -> None:
    connector = far.connector()
    far.simulator.inject("answer_lost", "sale.sale.write")
    await failure(connector, command())
    found = await connector.find(command())
    assert found is not None
    assert found.mine


async def test_find_proves_absence_of_what_never_arrived(far: Far) -> None:
    connector = far.connector()
    far.simulator.inject("dropped", "sale.sale.write")
    error = await failure(connector, command())
    assert error.outcome is Outcome.UNKNOWN
    assert await connector.find(command()) is None


@pytest.mark.parametrize("fault", ["rate_limited", "unavailable", "error_in_200"])
async def test_a_refusal_after_a_part_was_done_is_not_called_not_applied(
    far: Far, fault: Any
) -> None:
    far.simulator.inject(fault, "sale.sale.quote")
    error = await failure(far.connector(), command("CRM-2004"))
    assert error.outcome is Outcome.UNKNOWN
    assert len(far.lines()) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("rate_limited", Outcome.RATE_LIMITED),
        ("error_in_200", Outcome.REJECTED),
        # the server says 503 of a COMMIT whose answer never came as well
        ("unavailable", Outcome.UNKNOWN),
        ("html", Outcome.UNKNOWN),
    ],
)
async def test_a_write_that_is_refused_at_once_says_what_happened(
    far: Far, fault: Any, outcome: Outcome
) -> None:
    far.simulator.inject(fault, "sale.sale.write")
    assert (await failure(far.connector(), command())).outcome is outcome
    assert far.lines() == []


@pytest.mark.parametrize("fault", ["error_500", "html", "malformed", "unavailable"])
async def test_a_read_that_fails_changed_nothing(far: Far, fault: Any) -> None:
    far.simulator.inject(fault, "sale.sale.search_read")
    error = await failure(far.connector(), command())
    assert error.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


# ---- warnings, concurrency -------------------------------------------------------------------

WARNING = {"error": ["UserWarning", ["9f3a.sale_late", "The sale is late.", "Go on?"]]}


async def test_a_warning_refuses_with_trytons_question(far: Far) -> None:
    far.simulator.inject("error_in_200", "sale.sale.write", detail=WARNING)
    error = await failure(far.connector(), command())
    assert (error.outcome, error.words) == (Outcome.REJECTED, "The sale is late. Go on?")


async def test_a_warning_the_profile_lists_is_accepted_and_the_call_repeated(far: Far) -> None:
    far.simulator.inject("error_in_200", "sale.sale.write", detail=WARNING)
    connector = far.connector(profile={"accepted_warnings": ["sale_late"]})
    await connector.deliver(command(), Notebook())
    (accepted,) = far.simulator.records.all("res.user.warning")
    assert (accepted["user"], accepted["name"], accepted["always"]) == (1, "9f3a.sale_late", False)
    assert len(far.lines()) == 1


async def test_warnings_that_do_not_end_are_refused(far: Far) -> None:
    far.simulator.inject("error_in_200", "sale.sale.write", times=99, detail=WARNING)
    connector = far.connector(profile={"accepted_warnings": ["sale_late"]})
    assert (await failure(connector, command())).outcome is Outcome.REJECTED


async def test_a_sale_changed_between_reading_and_writing_is_a_conflict(far: Far) -> None:
    connector = far.connector()
    stale = await connector._sales.read(5)
    far.clock.advance(timedelta(seconds=1))
    far.simulator.records.write("sale.sale", 5, {"description": "somebody else"})
    with pytest.raises(ConnectorError) as caught:
        await connector._rpc.change(
            "sale.sale", "write", [5], {"comment": "x"},
            _timestamp={stale.external_id: stale.timestamp},
        )  # fmt: skip
    assert caught.value.outcome is Outcome.CONFLICT


async def test_a_field_the_database_lacks_is_a_wrong_configuration(far: Far) -> None:
    connector = far.connector(profile={"shipping_date_field": "promised_on"})
    error = await failure(connector, command())
    assert error.outcome is Outcome.MISCONFIGURED
    assert "promised_on" in str(error)


# ---- statuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "write", "read"),
    [
        (400, Outcome.MISCONFIGURED, Outcome.MISCONFIGURED),
        (403, Outcome.MISCONFIGURED, Outcome.MISCONFIGURED),
        (404, Outcome.UNAVAILABLE_NOT_APPLIED, Outcome.UNAVAILABLE_NOT_APPLIED),
        (413, Outcome.REJECTED, Outcome.REJECTED),
        (422, Outcome.MISCONFIGURED, Outcome.MISCONFIGURED),
        (429, Outcome.RATE_LIMITED, Outcome.RATE_LIMITED),
        (500, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
        (502, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
        (503, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
        (504, Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED),
    ],
)
async def test_a_status_says_what_happened(status: int, write: Outcome, read: Outcome) -> None:
    router = respx.Router(assert_all_called=False)
    answers = {"common.server.version": "8.0", "common.db.login": [1, "t", None]}

    def answer(request: httpx.Request) -> httpx.Response:
        method = httpx.Response(200, content=request.content).json()["method"]
        if method == "model.res.user.get_preferences":
            return httpx.Response(200, json={"id": 1, "result": {"company": 1}})
        if method in answers:
            return httpx.Response(200, json={"id": 1, "result": answers[method]})
        return httpx.Response(status, html="<title>Error</title>", headers={"Retry-After": "7"})

    router.post(url__startswith=URL).mock(side_effect=answer)
    connector = connector_over(httpx.MockTransport(router.async_handler), FixedClock())
    for call, outcome in ((connector._rpc.change, write), (connector._rpc.call, read)):
        with pytest.raises(ConnectorError) as caught:
            await call("sale.sale", "write", [1], {})
        assert caught.value.outcome is outcome
        assert caught.value.retry_after == timedelta(seconds=7)


async def test_a_server_that_is_no_tryton_is_a_wrong_configuration() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, html="<h1>Welcome</h1>"))
    with pytest.raises(ConnectorError) as caught:
        await connector_over(transport, FixedClock()).check()
    assert caught.value.outcome is Outcome.MISCONFIGURED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.UNAVAILABLE_NOT_APPLIED),
        (502, Outcome.UNAVAILABLE_NOT_APPLIED),
        (503, Outcome.UNAVAILABLE_NOT_APPLIED),
        (504, Outcome.UNAVAILABLE_NOT_APPLIED),
    ],
)
async def test_a_first_call_that_meets_a_busy_proxy_is_tried_again(
    status: int, outcome: Outcome
) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, html="<h1>Busy</h1>"))
    error = await failure(connector_over(transport, FixedClock()), command())
    assert error.outcome is outcome


# ---- settings --------------------------------------------------------------------------------


def profile_faults(profile: dict[str, Any]) -> str:
    settings = TrytonSettings(
        base_url=URL, database="demo", username="admin", password=PASSWORD, profile=profile
    )
    with pytest.raises(ConfigError) as caught:
        TrytonConnector.check_profile(settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("profile", "word", "value"),
    [
        ({"new_sale_state": "processing"}, "new_sale_state", "processing"),
        ({"texts": {"note": "{nummer}"}}, "texts.note", "nummer"),
        ({"texts": {"nots": "x"}}, "texts.nots", "x"),
        ({"texts": "x"}, "texts", "x"),
        ({"bom_drawing": "("}, "bom_drawing", "("),
        ({"bom_drawing": "x"}, "bom_drawing", "drawing_no"),
        ({"bom_code_field": ["code"]}, "bom_code_field", "code"),
        ({"accepted_warnings": "sale_late"}, "accepted_warnings", "sale_late"),
        ({"page_size": 0}, "page_size", "0"),
        ({"page_size": "many"}, "page_size", "many"),
        ({"page_size": True}, "page_size", "True"),
    ],
)
def test_a_wrong_profile_is_refused_with_word_value_and_next_step(
    profile: dict[str, Any], word: str, value: str
) -> None:
    said = profile_faults(profile)
    assert f"profile.{word} is " in said
    assert value in said
    assert "Correct it below `profile` of the connection." in said


def test_every_wrong_word_of_a_profile_is_named_at_once() -> None:
    said = profile_faults({"page_size": 0, "supplementary_state": "done"})
    assert "page_size" in said
    assert "supplementary_state" in said


def test_a_word_the_profile_does_not_have_is_refused() -> None:
    assert "accepted_warning;" in profile_faults({"accepted_warning": []})


async def test_a_wrong_profile_makes_no_connector(far: Far) -> None:
    with pytest.raises(ConfigError, match="page_size"):
        far.connector(profile={"page_size": 0})


def test_a_field_may_be_left_empty() -> None:
    assert read_profile({"shipping_date_field": None}).shipping_date_field == ""


async def test_the_password_is_in_no_text_of_the_settings(far: Far) -> None:
    assert PASSWORD not in repr(far.connector().settings)
