"""The contract suite: what every connector owes the hub, asked of its simulator.

    class TestAcme(ConnectorContract):
        connector = AcmeConnector
        samples = Path(acme.__file__).with_name("samples")

        def make_case(self, clock: FixedClock) -> Case: ...
        def read_sample(self, connector: Connector, sample: Path) -> None: ...

Tests of capabilities a connector does not have, and of faults its product does not know,
are not collected. Everything else is asked of every operation in its Spec.
"""

from __future__ import annotations

import collections
import dataclasses
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hub.connector import Connector, Receipt, capabilities
from hub.errors import NOT_APPLIED_OUTCOMES, BadRequest, Outcome
from hub.testing import asking
from hub.testing.case import Case, MemoryProgress, personal_values
from hub.testing.clock import FixedClock
from hub.testing.needs import (
    Needs,
    always,
    answered_later,
    any_operation,
    cancellable,
    has_login,
    has_signed_time,
    keeps_one,
    needs,
    reported_later,
)
from hub.testing.simulator import FaultKind

#: Faults under which the product answers, yet not with its success.
_NO_SUCCESS: Sequence[FaultKind] = ("error_500", "html", "malformed")


class ConnectorContract:
    """Subclass it, name the connector and write `make_case`; pytest does the rest."""

    connector: ClassVar[type[Connector]]
    #: Folder of the product's own messages; every file in it must parse.
    samples: ClassVar[Path]
    #: Faults of `SPOKEN_BY_PRODUCT` that this product does not have.
    unspoken: ClassVar[frozenset[FaultKind]] = frozenset()
    #: Names of the operations that the simulator's fault `accepted` answers later.
    later: ClassVar[Sequence[str]] = ()
    #: The product calls back with the result of an accepted operation.
    calls_back: ClassVar[bool] = True
    #: The product signs the time with its webhooks, so that an old one can be refused.
    signs_time: ClassVar[bool] = True
    #: Part of the simulator's name of the call that fetches a token; empty: none does.
    login_call: ClassVar[str] = ""

    def make_case(self, clock: FixedClock) -> Case:
        """Return a fresh far end and how to use it."""
        raise NotImplementedError(f"{type(self).__name__} must say what its far end is")

    def read_sample(self, connector: Connector, sample: Path) -> None:
        """Parse one file of `samples`, and assert what it says."""
        raise NotImplementedError(f"{type(self).__name__} must say how {sample.name} is read")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "connector"):
            return
        for name in dir(ConnectorContract):
            test = getattr(ConnectorContract, name)
            if hasattr(test, "needs") and not cls._applies(test):
                setattr(cls, name, None)

    @classmethod
    def _applies(cls, test: Any) -> bool:
        need: Needs = test.needs
        if not set(need.capabilities) <= set(capabilities(cls.connector)):
            return False
        if need.fault in cls.unspoken or not need.when(cls):
            return False
        return "delivers" not in need.capabilities or bool(cls._operations(need))

    @classmethod
    def _operations(cls, need: Needs) -> list[str]:
        return [item.name for item in cls.connector.spec.operations if need.operations(cls, item)]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Ask every operation, and every sample."""
        if "operation" in metafunc.fixturenames:
            need = getattr(metafunc.function, "needs", Needs((), None, any_operation, always))
            metafunc.parametrize("operation", self._operations(need))
        if "sample" in metafunc.fixturenames:
            files = sorted(file for file in self.samples.rglob("*") if file.is_file())
            files = files or [self.samples]
            metafunc.parametrize("sample", files, ids=[file.name for file in files])

    @pytest.fixture
    def case(self) -> Iterator[Case]:
        """Return the far end of one test."""
        case = self.make_case(FixedClock())
        yield case
        case.simulator.state.close()

    # -- what it says of itself

    def test_the_spec_is_complete(self, case: Case) -> None:
        """Titles in both languages, names used once, an example for every operation."""
        spec = self.connector.spec
        assert spec.name
        assert spec.title
        assert spec.title_zh
        for items in (spec.streams, spec.operations):
            names = collections.Counter(item.name for item in items)
            assert [name for name, times in names.items() if times > 1] == []
        assert set(case.exercises) == {item.name for item in spec.operations}

    async def test_the_check_proves_that_the_far_end_is_reached(self, case: Case) -> None:
        """One line about it, and nothing is changed there."""
        line = await case.connect().check()
        assert line
        assert "\n" not in line
        assert case.simulator.effects == []

    @needs(fault="unauthorized")
    async def test_the_check_says_when_the_credentials_are_refused(self, case: Case) -> None:
        """The person who sets the connection up learns it at once."""
        case.simulator.inject("unauthorized", times=asking.PATIENCE)
        error = await asking.refusal(case.connect().check())
        assert error.outcome is Outcome.NOT_AUTHORIZED

    def test_every_sample_parses(self, case: Case, sample: Path) -> None:
        """The product's own messages, as its manual or a real account shows them."""
        assert sample.is_file(), f"{sample.name} is empty: put messages of the product there"
        self.read_sample(case.connect(), sample)

    # -- delivering

    @needs("delivers")
    async def test_delivering_creates_one_object(self, case: Case, operation: str) -> None:
        """The receipt comes with an effect."""
        receipt = await asking.create(case, operation)
        assert not receipt.already
        assert case.simulator.effects
        assert asking.repeated(case) == []

    @needs("delivers", operations=keeps_one)
    async def test_delivering_twice_creates_one_object(self, case: Case, operation: str) -> None:
        """The far end keeps our key or our reference, whoever sends again."""
        first = await asking.create(case, operation)
        effects = case.simulator.effects
        again = await asking.create(case, operation)
        assert again.already
        assert again.external_id == first.external_id
        assert case.simulator.effects == effects

    @needs("delivers")
    async def test_an_answer_lost_after_processing_is_unknown(
        self, case: Case, operation: str
    ) -> None:
        """Nobody can tell, so nobody claims anything."""
        error = await asking.fail(case, operation, "answer_lost")
        assert error.outcome is Outcome.UNKNOWN
        assert case.simulator.effects

    @needs("delivers", operations=keeps_one)
    async def test_sending_again_after_a_lost_answer_has_one_effect(
        self, case: Case, operation: str
    ) -> None:
        """The next attempt is handed what the last one saved."""
        command, progress = case.exercises[operation].command, MemoryProgress()
        case.simulator.inject("answer_lost", case.exercises[operation].call)
        await asking.refusal(asking.connected(case).deliver(command, progress))
        receipt = await asking.connected(case).deliver(command, progress)
        assert isinstance(receipt, Receipt)
        assert asking.repeated(case) == []

    @needs("delivers", "finds")
    async def test_finding_settles_a_lost_answer(self, case: Case, operation: str) -> None:
        """The object under our key is ours."""
        await asking.fail(case, operation, "answer_lost")
        found = await asking.find(case, case.exercises[operation].command)
        assert found is not None
        assert found.mine

    @needs("delivers")
    async def test_a_request_dropped_before_processing_is_unknown(
        self, case: Case, operation: str
    ) -> None:
        """From here it looks the same as a lost answer."""
        error = await asking.fail(case, operation, "dropped")
        assert error.outcome is Outcome.UNKNOWN

    @needs("delivers", "finds")
    async def test_finding_proves_that_a_dropped_request_did_nothing(
        self, case: Case, operation: str
    ) -> None:
        """Absence is a proof, so it may be sent again."""
        await asking.fail(case, operation, "dropped")
        assert await asking.find(case, case.exercises[operation].command) is None

    @needs("delivers", "finds")
    async def test_a_search_that_fails_proves_nothing(self, case: Case, operation: str) -> None:
        """An error while looking must not read as absence."""
        case.simulator.inject("unavailable", times=asking.PATIENCE)
        await asking.refusal(asking.find(case, case.exercises[operation].command))

    @needs("delivers")
    @pytest.mark.parametrize("fault", _NO_SUCCESS)
    async def test_an_answer_without_the_success_field_is_unknown(
        self, case: Case, operation: str, fault: FaultKind
    ) -> None:
        """A 500, a proxy's page with status 200, half an answer."""
        error = await asking.fail(case, operation, fault)
        assert error.outcome is Outcome.UNKNOWN

    @needs("delivers")
    async def test_unavailable_is_never_success(self, case: Case, operation: str) -> None:
        """The connector's table says whether a 503 proves that nothing was done."""
        error = await asking.fail(case, operation, "unavailable")
        allowed = {Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED, Outcome.RATE_LIMITED}
        assert error.outcome in allowed
        assert case.simulator.effects == []

    @needs("delivers", fault="rate_limited")
    async def test_too_many_calls_is_rate_limited(self, case: Case, operation: str) -> None:
        """The whole connection waits, for a time within reason."""
        error = await asking.fail(case, operation, "rate_limited")
        assert error.outcome is Outcome.RATE_LIMITED
        assert error.retry_after is None or timedelta(0) < error.retry_after <= timedelta(days=1)
        assert case.simulator.effects == []

    @needs("delivers", fault="error_in_200")
    async def test_a_refusal_keeps_the_vendors_words(self, case: Case, operation: str) -> None:
        """A person decides, and must read what the product said."""
        error = await asking.fail(case, operation, "error_in_200")
        assert error.outcome is Outcome.REJECTED
        assert error.words
        assert case.refusal in error.words
        assert case.simulator.effects == []

    @needs("delivers", fault="unauthorized")
    async def test_refused_credentials_are_not_authorized(self, case: Case, operation: str) -> None:
        """The connection pauses; nothing is lost."""
        case.simulator.inject("unauthorized", times=asking.PATIENCE)
        error = await asking.refusal(asking.create(case, operation))
        assert error.outcome is Outcome.NOT_AUTHORIZED
        assert case.simulator.effects == []

    @needs("delivers", fault="token_expired", when=has_login)
    async def test_an_expired_token_is_renewed_once(self, case: Case, operation: str) -> None:
        """One refresh, then the call again, all inside one attempt."""
        connector = asking.connected(case)
        await connector.check()
        before = self._login_calls(case)
        case.simulator.inject("token_expired", case.exercises[operation].call)
        command = case.exercises[operation].command
        assert isinstance(await connector.deliver(command, MemoryProgress()), Receipt)
        assert self._login_calls(case) - before == 1
        assert asking.repeated(case) == []

    @needs("delivers", when=has_login)
    async def test_a_failed_login_leaves_nothing_in_doubt(self, case: Case, operation: str) -> None:
        """The call that needed the token was never sent."""
        case.simulator.inject("error_500", self.login_call, times=asking.PATIENCE)
        error = await asking.refusal(asking.create(case, operation))
        assert error.outcome in NOT_APPLIED_OUTCOMES
        assert case.simulator.effects == []

    @needs("delivers", operations=cancellable)
    async def test_cancelling_twice_is_one_cancel(self, case: Case, operation: str) -> None:
        """The second cancel is told that it is done."""
        cancel = asking.cancel_of(case, operation, await asking.create(case, operation))
        assert isinstance(await asking.send(case, cancel), Receipt)
        effects = case.simulator.effects
        assert isinstance(await asking.send(case, cancel), Receipt)
        assert case.simulator.effects == effects
        assert asking.repeated(case) == []

    @needs("delivers", "finds", operations=cancellable)
    async def test_finding_tells_a_cancel_from_a_standing_object(
        self, case: Case, operation: str
    ) -> None:
        """For a cancel, `mine` means gone, and no proof of it while the object stands."""
        cancel = asking.cancel_of(case, operation, await asking.create(case, operation))
        standing = await asking.find(case, cancel)
        assert standing is not None
        assert not standing.mine
        await asking.send(case, cancel)
        gone = await asking.find(case, cancel)
        assert gone is not None
        assert gone.mine

    @needs("delivers", "results", fault="accepted", operations=answered_later)
    async def test_the_result_of_an_accepted_order_comes_by_asking(
        self, case: Case, operation: str
    ) -> None:
        """Taken first; the receipt follows, once."""
        accepted = await asking.accept(case, operation)
        assert case.clock.now() < accepted.ask_at < accepted.give_up_at
        receipt = await asking.ask(case, operation, accepted)
        assert receipt.external_id
        assert asking.repeated(case) == []

    @needs("delivers", "results", "receives", fault="accepted", operations=reported_later)
    async def test_the_result_of_an_accepted_order_comes_by_callback(
        self, case: Case, operation: str
    ) -> None:
        """The report names our ticket or our key, and carries the same receipt."""
        accepted = await asking.accept(case, operation)
        receipt = await asking.ask(case, operation, accepted)
        key = case.exercises[operation].command.key
        reports = [event.report for event in asking.called_back(case) if event.report is not None]
        ours = [item for item in reports if item.ticket == accepted.ticket or item.key == key]
        assert [item.receipt and item.receipt.external_id for item in ours] == [receipt.external_id]

    # -- receiving

    @needs("receives")
    def test_a_signed_webhook_is_understood(self, case: Case) -> None:
        """At least one event, in a stream the Spec names."""
        events = asking.events_of(case, asking.signed(case))
        streams = {stream.name for stream in self.connector.spec.streams}
        assert events
        assert all(event.external_id and event.stream in streams for event in events)

    @needs("receives")
    def test_the_same_webhook_is_the_same_event(self, case: Case) -> None:
        """Sent again later, signed anew, it has the same dedupe key."""
        first = asking.events_of(case, asking.signed(case))
        case.clock.advance(timedelta(minutes=10))
        again = asking.events_of(case, asking.signed(case))
        assert [event.external_id for event in again] == [event.external_id for event in first]

    @needs("receives")
    def test_a_changed_body_does_not_fit_its_signature(self, case: Case) -> None:
        """Nothing of it is believed."""
        good = asking.signed(case)
        asking.refuse(case, dataclasses.replace(good, body=good.body + b" "))

    @needs("receives")
    def test_a_webhook_without_its_signature_is_refused(self, case: Case) -> None:
        """A missing signature is a bad one."""
        name = asking.webhooks_of(case).signature
        asking.refuse(case, asking.resigned(asking.signed(case), name, None))

    @needs("receives")
    @pytest.mark.parametrize(
        "signature", ["", "0" * 64, "签名"], ids=["empty", "zeros", "no ASCII"]
    )
    def test_a_wrong_signature_is_refused(self, case: Case, signature: str) -> None:
        """Whatever stands in its place."""
        name = asking.webhooks_of(case).signature
        asking.refuse(case, asking.resigned(asking.signed(case), name, signature))

    @needs("receives", when=has_signed_time)
    def test_a_stale_webhook_is_refused(self, case: Case) -> None:
        """Recorded and sent again after the window, or from a clock that runs ahead."""
        webhooks, now = asking.webhooks_of(case), case.clock.now()
        for signed_at in (now - webhooks.window * 2, now + webhooks.window * 2):
            old = webhooks.sign(webhooks.body, signed_at)
            asking.refuse(case, dataclasses.replace(old, received_at=now))

    @needs("receives")
    @pytest.mark.parametrize("body", [b"", b"{", b"<", b"\xff\xfe\x00", b"[]", b'"text"', b"null"])
    def test_a_webhook_that_cannot_be_read_is_a_bad_request(self, case: Case, body: bytes) -> None:
        """Signed well, but neither JSON nor XML of the product."""
        request = asking.webhooks_of(case).sign(body, case.clock.now())
        with pytest.raises(BadRequest):
            asking.connected(case).receive(request)

    # -- reading

    @needs("polls")
    async def test_polling_misses_nothing_across_pages_and_restarts(self, case: Case) -> None:
        """Changes of one instant, a crash after each page, changes between two rounds."""
        changed = [asking.change(case) for _ in range(3)]
        case.clock.advance(timedelta(hours=1))
        changed += [asking.change(case) for _ in range(2)]
        seen, cursor = await asking.poll(case, None)
        assert set(changed) <= {event.object_id for event in seen}
        case.clock.advance(timedelta(hours=1))
        late = asking.change(case)
        seen, _ = await asking.poll(case, cursor)
        assert late in {event.object_id for event in seen}

    @needs("polls")
    async def test_polling_the_same_change_twice_gives_the_same_event(self, case: Case) -> None:
        """The overlap brings things again; their dedupe key tells."""
        asking.change(case)
        first, _ = await asking.poll(case, None)
        again, _ = await asking.poll(case, None)
        assert [item.external_id for item in again] == [item.external_id for item in first]

    @needs("polls")
    async def test_polling_without_changes_keeps_the_cursor_usable(self, case: Case) -> None:
        """An empty far end is polled, then something happens."""
        _, cursor = await asking.poll(case, None)
        case.clock.advance(timedelta(hours=1))
        changed = asking.change(case)
        seen, _ = await asking.poll(case, cursor)
        assert changed in {event.object_id for event in seen}

    @needs("polls")
    async def test_a_poll_that_fails_raises(self, case: Case) -> None:
        """An error while reading must not read as "no changes"."""
        asking.change(case)
        case.simulator.inject("unavailable", times=asking.PATIENCE)
        await asking.refusal(asking.connected(case).poll(case.stream, None))

    @needs("fetches")
    async def test_fetching_shows_what_is_there(self, case: Case) -> None:
        """The whole item, and None for an id that is not there."""
        object_id = asking.change(case)
        assert await asking.connected(case).fetch(case.stream, object_id)
        assert await asking.connected(case).fetch(case.stream, "999999999") is None

    # -- secrets

    async def test_secrets_and_personal_data_are_never_shown(
        self, case: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """In no text of settings, connector and errors, and in no log line."""
        caplog.set_level(logging.DEBUG)
        connector = case.connect()
        settings = connector.settings
        shown = [str(settings), repr(settings), repr(connector), settings.model_dump_json()]
        hidden = list(case.secrets)
        for name, exercise in case.exercises.items():
            fields = self.connector.spec.operation(name).fields
            hidden.extend(personal_values(fields, exercise.command.document))
            shown.extend([text async for text in asking.complaints(case, name, self._faults())])
        shown += [caplog.text, *capsys.readouterr()]
        leaked = [number for number, secret in enumerate(hidden) if secret in "\n".join(shown)]
        assert leaked == [], "numbers of the secrets, then of the personal values, that were shown"

    def _login_calls(self, case: Case) -> int:
        return sum(n for name, n in case.simulator.calls.items() if self.login_call in name)

    @classmethod
    def _faults(cls) -> list[FaultKind]:
        spoken: list[FaultKind] = ["rate_limited", "error_in_200", "token_expired", "unauthorized"]
        known = [fault for fault in spoken if fault not in cls.unspoken]
        return ["answer_lost", "dropped", "unavailable", *_NO_SUCCESS, *known]
