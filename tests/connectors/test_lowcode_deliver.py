"""Low-code CRM: writing back, attaching, finding."""

from __future__ import annotations

import base64
import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.crm.lowcode import simulator, wire
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LowcodeSimulator
from hub import Action, Command, ConnectorError, Outcome
from hub.testing import FixedClock
from hub.testing.case import MemoryProgress, simulated_context

URL = "http://crm.test/api"
UPDATE = "data/update"
CONTENT = b"%PDF-1.7\r\n\x00\xff annex"


class FarEnd:
    """An account with one form."""

    def __init__(self, kind: type[LowcodeSimulator] = LowcodeSimulator, **options: Any) -> None:
        self.clock = FixedClock()
        self.simulator = kind(clock=self.clock)
        settings = LowcodeSettings.model_validate(simulator.options(URL) | options)
        context = simulated_context("crm", URL, self.simulator, self.clock)
        self.connector = LowcodeConnector(settings, context)
        self.data_id = self.simulator.save_form({"commitment_no": "CM-1", "contact_phone": "139"})

    def update(self, **fields: Any) -> Command:
        document = {"hub_status": "已同步", "erp_number": "SO-1"} | fields
        return Command("update_record", Action.UPDATE, document, "CM-1-1", self.data_id)

    def attach(self, **fields: Any) -> Command:
        content = base64.b64encode(CONTENT).decode()
        file = {"name": "附件 7F3K.pdf", "media_type": "application/pdf", "content": content}
        document = {"file": file, "watermark": "7F3K"} | fields
        return Command("attach_annex", Action.CREATE, document, "CM-1-1", self.data_id)

    async def deliver(self, command: Command, progress: MemoryProgress | None = None) -> Any:
        return await self.connector.deliver(command, progress or MemoryProgress())

    async def refused(self, command: Command, progress: MemoryProgress | None = None) -> Any:
        with pytest.raises(ConnectorError) as caught:
            await self.deliver(command, progress)
        return caught.value

    @property
    def record(self) -> dict[str, Any]:
        return self.simulator.record(self.data_id)


# ---- fields ----------------------------------------------------------------------------------


async def test_writing_back_changes_the_named_fields_only() -> None:
    far_end = FarEnd()
    receipt = await far_end.deliver(far_end.update(amount=Decimal("0.10")))
    assert receipt.external_id == far_end.data_id
    assert not receipt.already
    assert far_end.record["hub_status"] == "已同步"
    assert far_end.record["amount"] == 0.1
    assert far_end.record["commitment_no"] == "CM-1"


async def test_writing_back_twice_makes_one_change() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    again = await far_end.deliver(far_end.update())
    assert again.already
    assert len(far_end.simulator.effects) == 1


async def test_a_newer_revision_is_another_change() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    newer = dataclasses.replace(far_end.update(erp_number="SO-2"), revision=2)
    assert not (await far_end.deliver(newer)).already
    assert far_end.record["erp_number"] == "SO-2"


async def test_both_operations_may_share_a_key() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    assert not (await far_end.deliver(far_end.attach())).already


async def test_a_write_that_somebody_changed_since_is_not_repeated() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    far_end.simulator.save_form({"erp_number": "by hand"}, data_id=far_end.data_id)
    error = await far_end.refused(far_end.update())
    assert error.outcome is Outcome.REJECTED
    assert error.code == "17026"
    assert far_end.record["erp_number"] == "by hand"


async def test_a_duplicate_that_cannot_be_looked_at_stays_unknown() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    far_end.simulator.inject("rate_limited", "data/get")
    assert (await far_end.refused(far_end.update())).outcome is Outcome.UNKNOWN


async def test_a_lost_answer_is_settled_by_finding() -> None:
    far_end = FarEnd()
    far_end.simulator.inject("answer_lost", UPDATE)
    assert (await far_end.refused(far_end.update())).outcome is Outcome.UNKNOWN
    found = await far_end.connector.find(far_end.update())
    assert found is not None
    assert found.mine
    assert found.document == {"hub_status": "已同步", "erp_number": "SO-1"}


async def test_a_write_that_never_arrived_is_not_found() -> None:
    far_end = FarEnd()
    far_end.simulator.inject("dropped", UPDATE)
    assert (await far_end.refused(far_end.update())).outcome is Outcome.UNKNOWN
    assert await far_end.connector.find(far_end.update()) is None


async def test_nothing_is_found_in_a_record_that_is_gone() -> None:
    far_end = FarEnd()
    command = far_end.update()
    await far_end.deliver(command)
    far_end.simulator.remove(far_end.data_id)
    assert await far_end.connector.find(command) is None


async def test_with_a_marker_a_write_is_found_though_somebody_changed_it_since() -> None:
    far_end = FarEnd(hub_marker="hub_marker")
    await far_end.deliver(far_end.update())
    far_end.simulator.save_form({"erp_number": "by hand"}, data_id=far_end.data_id)
    assert (await far_end.connector.find(far_end.update())).mine
    other = dataclasses.replace(far_end.update(), revision=2)
    assert await far_end.connector.find(other) is None


async def test_an_answer_about_another_record_is_no_success() -> None:
    far_end = FarEnd(profile={"answers": {"record": "data.approvals"}})
    error = await far_end.refused(far_end.update())
    assert error.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"external_id": None}, "hub link set"),
        ({"document": {"_id": "x"}}, "no field"),
        ({"document": {"lines": [{"sku": "A"}]}}, "lines"),
        ({"document": {"contact": {"phone": "139"}}}, "contact"),
    ],
    ids=["no link", "nothing to write", "sub-form", "object"],
)
async def test_a_command_that_cannot_be_done_is_refused_before_it_is_sent(
    change: dict[str, Any], complaint: str
) -> None:
    far_end = FarEnd()
    error = await far_end.refused(dataclasses.replace(far_end.update(), **change))
    assert error.outcome is Outcome.REJECTED
    assert complaint in str(error)
    assert not far_end.simulator.calls


async def test_the_document_may_name_the_record_and_the_route_the_form() -> None:
    far_end = FarEnd()
    data_id = far_end.simulator.save_form({"contract_no": "HT-1"}, form="contract")
    command = far_end.update(_id=data_id)
    assert (await far_end.refused(command)).code == "4001"
    await far_end.deliver(dataclasses.replace(command, options={"form": "contract"}))
    assert far_end.simulator.record(data_id)["hub_status"] == "已同步"


@pytest.mark.parametrize(
    ("written", "shown", "same"),
    [
        ("12", 12, True),
        (Decimal("12.50"), Decimal("12.5"), True),
        ("0012", 12, False),
        (None, "", True),
        (" x ", "x", True),
        ("é", "e\u0301", True),
        ("a", "b", False),
        (["a", "b"], ["a", "b"], True),
        ("1e3", 1000, False),
    ],
)
def test_values_are_compared_as_a_form_shows_them(written: Any, shown: Any, same: bool) -> None:
    assert wire.shows({"f": shown}, {"f": written}) is same


@given(st.text() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
def test_a_value_is_always_equal_to_itself(value: Any) -> None:
    assert wire.shows({"f": value}, {"f": value})


# ---- the annex -------------------------------------------------------------------------------


async def test_attaching_shows_the_file_in_the_form() -> None:
    far_end = FarEnd()
    assert (await far_end.deliver(far_end.attach())).external_id == far_end.data_id
    (file,) = far_end.record["annex"]
    assert (file["name"], file["size"]) == ("附件 7F3K.pdf", len(CONTENT))
    assert far_end.record["watermark"] == "7F3K"


async def test_attaching_twice_makes_one_change() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.attach())
    assert (await far_end.deliver(far_end.attach())).already
    assert len(far_end.simulator.effects) == 1


async def test_a_crash_after_the_upload_does_not_upload_again() -> None:
    far_end, progress = FarEnd(), MemoryProgress()
    far_end.simulator.inject("dropped", UPDATE)
    assert (await far_end.refused(far_end.attach(), progress)).outcome is Outcome.UNKNOWN
    await far_end.deliver(far_end.attach(), progress)
    assert far_end.simulator.calls["/upload"] == 1
    assert len(far_end.record["annex"]) == 1


async def test_a_crash_during_the_upload_starts_it_again() -> None:
    far_end, progress = FarEnd(), MemoryProgress()
    far_end.simulator.inject("answer_lost", "/upload", times=2)
    error = await far_end.refused(far_end.attach(), progress)
    assert error.outcome is Outcome.UNAVAILABLE_NOT_APPLIED
    assert far_end.simulator.effects == []
    await far_end.deliver(far_end.attach(), progress)
    assert len(far_end.simulator.effects) == 1


async def test_an_upload_the_platform_has_forgotten_is_made_again() -> None:
    far_end, progress = FarEnd(), MemoryProgress()
    far_end.simulator.inject("dropped", UPDATE)
    await far_end.refused(far_end.attach(), progress)
    first = dict(progress.saved)
    far_end.clock.advance(timedelta(hours=2))
    await far_end.deliver(far_end.attach(), progress)
    assert progress.saved["transaction"] != first["transaction"]
    assert far_end.simulator.calls["/upload"] == 2
    assert len(far_end.record["annex"]) == 1


async def test_a_lost_answer_of_attaching_is_settled_by_finding() -> None:
    far_end = FarEnd()
    assert await far_end.connector.find(far_end.attach()) is None
    far_end.simulator.inject("answer_lost", UPDATE)
    await far_end.refused(far_end.attach())
    found = await far_end.connector.find(far_end.attach())
    assert found is not None
    assert found.mine


async def test_the_key_is_never_sent_to_where_files_go() -> None:
    seen: list[str | None] = []

    class Watching(LowcodeSimulator):
        async def handle(self, request: Request) -> Response:
            if request.url.path.endswith("/upload"):
                seen.append(request.headers.get("authorization"))
            return await super().handle(request)

    far_end = FarEnd(Watching)
    await far_end.deliver(far_end.attach())
    assert seen == [None]


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_file_that_its_host_refuses_is_tried_in_a_new_transaction(status: int) -> None:
    class Refusing(LowcodeSimulator):
        async def handle(self, request: Request) -> Response:
            if request.url.path.endswith("/upload") and self.calls["/upload"] == 1:
                return JSONResponse({"error": "expired token"}, status_code=status)
            return await super().handle(request)

    far_end, progress = FarEnd(Refusing), MemoryProgress()
    error = await far_end.refused(far_end.attach(), progress)
    assert (error.outcome, error.status) == (Outcome.UNAVAILABLE_NOT_APPLIED, status)
    first = progress.saved["transaction"]
    await far_end.deliver(far_end.attach(), progress)
    assert progress.saved["transaction"] != first
    assert len(far_end.record["annex"]) == 1


@pytest.mark.parametrize(
    "file",
    [
        None,
        "x",
        {},
        {"name": "a.pdf"},
        {"name": "", "content": "eA=="},
        {"name": "a", "content": "é"},
    ],
    ids=["nothing", "text", "empty", "no content", "no name", "no Base64"],
)
async def test_a_command_without_a_file_is_refused_before_it_is_sent(file: Any) -> None:
    far_end = FarEnd()
    error = await far_end.refused(far_end.attach(file=file))
    assert error.outcome is Outcome.REJECTED
    assert str(error).startswith("crm: file")
    assert not far_end.simulator.calls
