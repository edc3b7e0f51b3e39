"""The contract suite finds what it should, and Example can do what flows are tried on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hub import (
    Accepted,
    BadRequest,
    Command,
    ConnectorError,
    Event,
    Found,
    Outcome,
    Page,
    Progress,
    Receipt,
    Received,
    Spec,
    WebhookRequest,
)
from hub.testing import FixedClock, asking
from hub.testing.case import Case
from hub.testing.contract import ConnectorContract
from hub.testing.example.connector import ExampleConnector
from hub.testing.example.contract import ExampleContract
from hub.testing.example.simulator import ExampleSimulator
from hub.testing.example.wire import Answer, parse_notice

# ---- orders that are answered later: every way Example reports them ------------------------


@pytest.fixture
def case() -> Iterator[Case]:
    case = ExampleContract().make_case(FixedClock())
    yield case
    case.simulator.state.close()


async def _accepted(case: Case, **detail: str) -> Accepted:
    case.simulator.inject("accepted", "create", seconds=10, detail=detail)
    answer = await asking.send(case, case.exercises["create_order"].command)
    assert isinstance(answer, Accepted)
    return answer


def _work(case: Case) -> list[Event]:
    assert isinstance(case.simulator, ExampleSimulator)
    case.simulator.work()
    return asking.called_back(case)


async def _ask(case: Case, accepted: Accepted) -> Receipt | Accepted:
    command = case.exercises["create_order"].command
    answer: Receipt | Accepted = await asking.connected(case).result(command, accepted.ticket)
    return answer


async def test_an_accepted_order_is_made_only_when_it_is_due(case: Case) -> None:
    accepted = await _accepted(case)
    assert _work(case) == []
    assert isinstance(await _ask(case, accepted), Accepted)
    assert case.simulator.effects == []


async def test_the_callback_and_the_question_tell_the_same(case: Case) -> None:
    accepted = await _accepted(case)
    case.clock.advance(timedelta(seconds=10))
    (event,) = _work(case)
    assert event.report is not None
    assert event.report.receipt == await _ask(case, accepted)


async def test_a_result_reported_twice_is_one_event(case: Case) -> None:
    await _accepted(case, report="twice")
    case.clock.advance(timedelta(seconds=10))
    first, second = _work(case)
    assert first.external_id == second.external_id


async def test_an_early_callback_is_there_before_the_order_is_accepted(case: Case) -> None:
    accepted = await _accepted(case, report="early")
    (event,) = asking.called_back(case)
    assert event.report is not None
    assert event.report.ticket == accepted.ticket
    assert event.report.key == case.exercises["create_order"].command.key


async def test_a_silent_far_end_tells_only_who_asks(case: Case) -> None:
    accepted = await _accepted(case, report="silent")
    case.clock.advance(timedelta(seconds=10))
    assert _work(case) == []
    assert isinstance(await _ask(case, accepted), Receipt)


@pytest.mark.parametrize(("report", "made"), [("never", True), ("lost", False)])
async def test_a_far_end_that_never_reports_can_be_searched(
    case: Case, report: str, made: bool
) -> None:
    accepted = await _accepted(case, report=report)
    case.clock.advance(timedelta(days=1))
    assert _work(case) == []
    assert isinstance(await _ask(case, accepted), Accepted)
    found = await asking.find(case, case.exercises["create_order"].command)
    assert (found is not None and found.mine) is made


async def test_an_accepted_order_can_still_be_refused(case: Case) -> None:
    accepted = await _accepted(case, refuse="库存不足 no stock")
    case.clock.advance(timedelta(seconds=10))
    (event,) = _work(case)
    assert event.report is not None
    assert event.report.refused == "库存不足 no stock"
    error = await asking.refusal(_ask(case, accepted))
    assert (error.outcome, error.words) == (Outcome.REJECTED, "库存不足 no stock")
    assert case.simulator.effects == []


async def test_an_accepted_order_that_is_sent_again_is_made_once(case: Case) -> None:
    await _accepted(case, report="silent")
    await _accepted(case, report="silent")
    case.clock.advance(timedelta(seconds=10))
    assert _work(case) == []
    assert len(case.simulator.effects) == 1


async def test_callbacks_are_sent_where_a_sender_is_set(case: Case) -> None:
    got: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        got.append(parse_notice(request.content).type)
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(take)) as case.simulator.caller:
        await _accepted(case, report="early")
    assert got == ["job.done"]


# ---- a person works in the product -----------------------------------------------------------


async def test_what_we_wrote_ourselves_is_an_echo(case: Case) -> None:
    await asking.create(case, "create_order")
    asking.change(case)
    events, _ = await asking.poll(case, None)
    assert [event.echo for event in events] == [True, False]


async def test_an_update_by_us_replaces_what_stood_there(case: Case) -> None:
    receipt = await asking.create(case, "create_order")
    command = dataclasses.replace(
        case.exercises["create_order"].command,
        action="update",
        revision=2,
        document={"customer": "C-7", "lines": [{"item": "A-1", "quantity": "3"}]},
        external_id=receipt.external_id,
    )
    await asking.send(case, command)
    found = await asking.find(case, command)
    assert found.mine
    assert found.document["customer"] == "C-7"
    assert not (await asking.find(case, case.exercises["create_order"].command)).mine


# ---- the suite finds what it should ------------------------------------------------------------


class BelievesAnyAnswer(ExampleConnector):
    """Takes whatever has status 200 for a success."""

    def _read(self, response: httpx.Response, in_doubt: Outcome) -> Answer:
        try:
            return super()._read(response, in_doubt)
        except ConnectorError:
            if response.is_success:
                return Answer(ok=True, id="?")
            raise


class SendsNoKey(ExampleConnector):
    """Sends every attempt under another key."""

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        key = f"{command.key}-{self.context.clock.new_id()}"
        return await super().deliver(dataclasses.replace(command, key=key), progress)


class FindsNothing(ExampleConnector):
    """Takes a search that fails for absence."""

    async def find(self, command: Command) -> Found | None:
        try:
            return await super().find(command)
        except ConnectorError:
            return None


class BelievesAnySender(ExampleConnector):
    """Does not verify."""

    def receive(self, request: WebhookRequest) -> Received:
        try:
            return Received(events=(self._event(parse_notice(request.body)),))
        except ValueError as exc:
            raise BadRequest from exc


class SkipsAnInstant(ExampleConnector):
    """Goes on after the instant of the last change, and so misses its siblings."""

    async def poll(self, stream: str, cursor: str | None) -> Page:
        page = await super().poll(stream, cursor)
        return dataclasses.replace(page, cursor=page.cursor.partition("|")[0] + "|~")


class ResendsInDoubt(ExampleConnector):
    """Tries again what may have been applied, and claims that it was refused."""

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        try:
            return await super().deliver(command, progress)
        except ConnectorError as exc:
            raise ConnectorError(Outcome.REJECTED, str(exc), words=exc.words) from exc


class TellsItsSecret(ExampleConnector):
    """Shows the secret in an error."""

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        try:
            return await super().deliver(command, progress)
        except ConnectorError as exc:
            secret = self.settings.app_secret.get_secret_value()
            raise ConnectorError(exc.outcome, f"refused with {secret}", words=exc.words) from exc


async def _findings(connector: type[ExampleConnector]) -> set[str]:
    """Return the tests of the suite that a connector fails, of those that take only a case."""
    failed = set()
    for name, test in inspect.getmembers(ConnectorContract, inspect.isfunction):
        arguments = set(inspect.signature(test).parameters) - {"self"}
        if name.startswith("test_") and arguments <= {"case", "operation"}:
            suite = ExampleContract()
            good = suite.make_case(FixedClock())
            # The far end is the same; only the connector is another one.
            case = dataclasses.replace(good, connect=_other(good.connect, connector))
            values: dict[str, Any] = {"case": case, "operation": "create_order"}
            if not await _passes(test, suite, {name: values[name] for name in arguments}):
                failed.add(name)
            case.simulator.state.close()
    return failed


def _other(connect: Callable[[], Any], connector: type[ExampleConnector]) -> Callable[[], Any]:
    def build() -> ExampleConnector:
        good = connect()
        return connector(good.settings, good.context)

    return build


async def _passes(test: Any, suite: ConnectorContract, arguments: dict[str, Any]) -> bool:
    try:
        answer = test(suite, **arguments)
        if inspect.isawaitable(answer):
            await answer
    except (AssertionError, pytest.fail.Exception, ConnectorError):
        return False
    return True


async def test_the_suite_has_nothing_against_a_good_connector() -> None:
    assert await _findings(ExampleConnector) == set()


@pytest.mark.parametrize(
    ("connector", "finding"),
    [
        (BelievesAnyAnswer, "test_a_refusal_keeps_the_vendors_words"),
        (SendsNoKey, "test_delivering_twice_creates_one_object"),
        (SendsNoKey, "test_finding_settles_a_lost_answer"),
        (FindsNothing, "test_a_search_that_fails_proves_nothing"),
        (BelievesAnySender, "test_a_changed_body_does_not_fit_its_signature"),
        (BelievesAnySender, "test_a_stale_webhook_is_refused"),
        (SkipsAnInstant, "test_polling_misses_nothing_across_pages_and_restarts"),
        (ResendsInDoubt, "test_an_answer_lost_after_processing_is_unknown"),
    ],
)
async def test_the_suite_finds_a_bad_connector(
    connector: type[ExampleConnector], finding: str
) -> None:
    assert finding in await _findings(connector)


async def test_the_suite_finds_a_secret_that_is_shown(
    case: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = dataclasses.replace(case, connect=_other(case.connect, TellsItsSecret))
    with pytest.raises(AssertionError, match="that were shown"):
        await ExampleContract().test_secrets_and_personal_data_are_never_shown(bad, caplog, capsys)


# ---- what a connector cannot do is not asked ------------------------------------------------


class OnlyReceives(ExampleConnector):
    """Has no operations and no polling."""

    spec = Spec(name="deaf", title="Deaf", title_zh="只收", streams=ExampleConnector.spec.streams)


def test_tests_that_do_not_apply_are_not_collected() -> None:
    class Suite(ExampleContract):
        connector = OnlyReceives
        unspoken = frozenset({"unauthorized"})
        signs_time = False

    assert Suite.test_delivering_creates_one_object is None
    assert Suite.test_a_stale_webhook_is_refused is None
    assert Suite.test_the_check_says_when_the_credentials_are_refused is None
    assert Suite.test_a_signed_webhook_is_understood is not None


@pytest.mark.parametrize("where", ["make_case", "read_sample"])
def test_a_suite_that_was_not_filled_in_says_so(where: str) -> None:
    argument: tuple[Any, ...] = (
        (FixedClock(),) if where == "make_case" else (None, _Named("x.json"))
    )
    with pytest.raises(NotImplementedError, match="ConnectorContract must say"):
        getattr(ConnectorContract(), where)(*argument)


@dataclasses.dataclass
class _Named:
    name: str
