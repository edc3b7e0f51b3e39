"""Low-code CRM: what a revoked promise leaves in the form."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hub import Action, Command, Outcome
from tests.connectors.test_lowcode_deliver import UPDATE, FarEnd

REVOKED = {"hub_status": "已撤销", "watermark": "7F3K 已撤销"}


def cancel(command: Command, **fields: Any) -> Command:
    return dataclasses.replace(command, action=Action.CANCEL, document={**REVOKED, **fields})


async def test_revoking_writes_what_the_mapping_says_and_leaves_the_rest() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.update())
    receipt = await far_end.deliver(cancel(far_end.update()))
    assert (receipt.external_id, receipt.already) == (far_end.data_id, False)
    assert far_end.record["hub_status"] == "已撤销"
    assert far_end.record["erp_number"] == "SO-1"


async def test_revoking_twice_makes_one_change() -> None:
    far_end = FarEnd()
    await far_end.deliver(cancel(far_end.update()))
    assert (await far_end.deliver(cancel(far_end.update()))).already
    assert len(far_end.simulator.effects) == 1


async def test_revoking_leaves_the_file_and_marks_the_watermark() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.attach())
    await far_end.deliver(cancel(far_end.attach(), file={"name": "附件 7F3K.pdf"}))
    assert [one["name"] for one in far_end.record["annex"]] == ["附件 7F3K.pdf"]
    assert far_end.record["watermark"] == "7F3K 已撤销"


async def test_revoking_an_annex_without_a_field_to_write_changes_nothing() -> None:
    far_end = FarEnd()
    await far_end.deliver(far_end.attach())
    command = dataclasses.replace(far_end.attach(), action=Action.CANCEL, document={})
    assert (await far_end.deliver(command)).already
    assert len(far_end.simulator.effects) == 1


async def test_a_promise_revoked_by_removing_its_form_is_revoked() -> None:
    far_end = FarEnd()
    far_end.simulator.remove(far_end.data_id)
    assert (await far_end.deliver(cancel(far_end.update()))).already
    found = await far_end.connector.find(cancel(far_end.update()))
    assert found is not None
    assert found.mine
    assert not far_end.simulator.effects


async def test_a_lost_answer_of_revoking_is_settled_by_finding() -> None:
    far_end = FarEnd()
    before = await far_end.connector.find(cancel(far_end.update()))
    far_end.simulator.inject("answer_lost", UPDATE)
    error = await far_end.refused(cancel(far_end.update()))
    after = await far_end.connector.find(cancel(far_end.update()))
    assert error.outcome is Outcome.UNKNOWN
    assert before is not None
    assert after is not None
    assert (before.mine, after.mine) == (False, True)


@pytest.mark.parametrize("hub_marker", [None, "hub_mark"], ids=["by values", "by marker"])
async def test_a_revocation_is_another_write_than_the_one_it_takes_back(
    hub_marker: str | None,
) -> None:
    far_end = FarEnd(hub_marker=hub_marker)
    await far_end.deliver(far_end.update())
    assert not (await far_end.deliver(cancel(far_end.update()))).already
    again = dataclasses.replace(far_end.update(), key="CM-1-1-2")
    assert not (await far_end.deliver(again)).already
    assert far_end.record["hub_status"] == "已同步"
