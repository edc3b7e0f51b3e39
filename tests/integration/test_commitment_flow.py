"""An approved commitment travels from the CRM to ERP and WMS, and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from plant import LEVELS, PEOPLE, Plant

from hub import Event
from hub.errors import StoreError
from hub.flow import replay, sweep
from hub.flow.receive import incoming_of
from hub.flow.route import commit, route
from hub.store import connections, inbox, ledger
from hub.store import tables as t

MINUTE = timedelta(minutes=1)


async def test_an_approved_commitment_reaches_erp_and_wms_and_is_confirmed(plant: Plant) -> None:
    plant.approve_all(plant.save())
    await plant.work()
    await plant.pass_time(MINUTE)
    assert plant.states() == {
        "erp": ["delivered/confirmed"],
        "wms": ["delivered/confirmed"],
        "crm": ["delivered"],
    }
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 1


async def test_what_is_not_fully_approved_waits_and_says_what_is_missing(plant: Plant) -> None:
    data_id = plant.save()
    for level, person in zip(LEVELS[:2], PEOPLE, strict=False):
        plant.crm.approve(data_id, level, person)
    await plant.work()
    assert plant.deliveries() == []
    plant.crm.save_form({"status": "已批准"}, data_id=data_id)
    await plant.work()
    waiting = [one for one in plant.messages() if one.state == "waiting"]
    assert [one.reason for one in waiting] == ["approval: coo has not decided"]
    plant.crm.approve(data_id, LEVELS[2], PEOPLE[2])
    await plant.work()
    assert {one.state for one in plant.messages()} <= {"routed", "ignored"}
    assert len(plant.effects("erp")) == 1


@pytest.mark.parametrize(
    ("people", "auto", "missing"),
    [
        (("李强", "李强", "周宏"), False,
         "sales_supervisor and operations_director were decided by the same person"),
        (PEOPLE, True, "coo was passed by the workflow, not by a person"),
    ],
    ids=["same person twice", "passed by the workflow"],
)  # fmt: skip
async def test_an_approval_that_is_none_keeps_the_commitment_waiting(
    plant: Plant, people: tuple[str, ...], auto: bool, missing: str
) -> None:
    data_id = plant.save()
    for level, person in zip(LEVELS, people, strict=True):
        plant.crm.approve(data_id, level, person, auto_passed=auto and level == LEVELS[2])
    await plant.work()
    assert plant.deliveries() == []
    assert missing in str([one.reason for one in plant.messages()])


async def test_approvals_in_any_order_count_the_same(plant: Plant) -> None:
    data_id = plant.save()
    for level, person in reversed(list(zip(LEVELS, PEOPLE, strict=True))):
        plant.crm.approve(data_id, level, person)
    await plant.work()
    assert len(plant.effects("wms")) == 1


async def test_a_duplicate_webhook_is_one_message_and_one_effect(plant: Plant) -> None:
    data_id = plant.save()
    plant.crm.inject("duplicate_callback", times=4)
    plant.approve_all(data_id)
    answers = await plant.arrive()
    assert [verdict for _, verdicts in answers for verdict in verdicts].count("duplicate") == 3
    await plant.work()
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 1


async def test_the_same_content_again_is_ignored_as_a_duplicate(plant: Plant) -> None:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    plant.crm.push("data_update", plant.crm.record(data_id))
    await plant.work()
    assert plant.messages()[-1].state == "ignored"
    assert plant.messages()[-1].reason.startswith("duplicate")
    assert len(plant.effects("erp")) == 1


async def test_a_new_revision_replaces_the_old_object(plant: Plant) -> None:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    await plant.pass_time(MINUTE)
    line = plant.crm.record(data_id)["lines"][0]
    plant.crm.save_form(
        {"revision": 2, "lines": [{**line, "quantity": 2}], "approvals": [], "status": "审批中"},
        data_id=data_id,
    )
    plant.approve_all(data_id)
    await plant.work()
    await plant.pass_time(MINUTE, 10 * MINUTE)
    assert {one.state for one in plant.deliveries()} == {"delivered"}
    whats = [what for _, what in plant.effects("wms")]
    assert whats.count("deliveryorder.create") == 2
    assert whats.count("order.cancel") == 1
    keys = [key for key, what in plant.effects("wms") if what == "deliveryorder.create"]
    assert keys == ["CM-2026-000001", "CM-2026-000001-2"]


async def test_a_revoked_approval_takes_the_objects_back(plant: Plant) -> None:
    data_id = plant.save()
    plant.approve_all(data_id)
    await plant.work()
    plant.crm.revoke(data_id, PEOPLE[2])
    await plant.work()
    await plant.pass_time(MINUTE)
    cancels = [one for one in plant.deliveries() if one.intent == "compensate"]
    assert {one.connection: one.state for one in cancels if one.connection != "crm"} == {
        "erp": "delivered",
        "wms": "delivered",
    }
    assert ("CM-2026-000001", "order.cancel") in plant.effects("wms")


async def test_a_lost_answer_is_settled_by_asking(plant: Plant) -> None:
    data_id = plant.save()
    plant.wms.inject("answer_lost", "create")
    plant.approve_all(data_id)
    await plant.work()
    assert "in_doubt" in plant.states()["wms"]
    await plant.pass_time(MINUTE, MINUTE)
    assert plant.states()["wms"] == ["delivered/confirmed"]
    assert len(plant.effects("wms")) == 1


@pytest.mark.parametrize("fault", ["dropped", "error_500", "html", "malformed", "unavailable"])
@pytest.mark.parametrize("system", ["erp", "wms"])
async def test_a_far_end_that_misbehaves_once_applies_once(
    plant: Plant, system: str, fault: str
) -> None:
    data_id = plant.save()
    simulator = {"erp": plant.erp, "wms": plant.wms}[system]
    simulator.inject(fault, "create")
    plant.approve_all(data_id)
    await plant.work()
    await plant.pass_time(*[MINUTE] * 4, 10 * MINUTE, 40 * MINUTE)
    assert plant.states()[system] == ["delivered/confirmed"]
    assert len(plant.effects(system)) == 1


async def test_a_refusal_keeps_the_words_of_the_far_end(plant: Plant) -> None:
    data_id = plant.save()
    line = plant.crm.record(data_id)["lines"][0]
    plant.crm.save_form({"lines": [{**line, "sku": "NO-SUCH-PRODUCT"}]}, data_id=data_id)
    plant.approve_all(data_id)
    await plant.work()
    erp = next(one for one in plant.deliveries() if one.connection == "erp")
    assert (erp.state, erp.reason) == ("dead", "rejected")
    assert "NO-SUCH-PRODUCT" in erp.words
    assert plant.states()["wms"] == ["blocked"]


async def test_skipping_a_dead_step_lets_the_next_ones_go_on(plant: Plant) -> None:
    data_id = plant.save(order_no="SO-1001")
    plant.erp.inject("error_in_200", "create")
    plant.approve_all(data_id)
    await plant.work()
    erp = next(one for one in plant.deliveries() if one.connection == "erp")
    assert erp.state == "dead"
    await plant.flow.store.write(lambda tx: replay.skip(tx, plant.flow, erp.id, "done", "p"))
    await plant.work()
    assert plant.states()["wms"][0].startswith("delivered")


async def test_a_changed_password_pauses_the_connection_and_kills_nothing(plant: Plant) -> None:
    data_id = plant.save()
    plant.wms.inject("unauthorized", times=3)
    plant.approve_all(data_id)
    await plant.work()
    assert plant.paused() == ["wms"]
    assert plant.states()["wms"] == ["ready"]
    plant.wms.faults.clear()
    await plant.pass_time(timedelta(days=5))
    await plant.flow.store.write(connections.resume, "wms", plant.clock.now())
    await plant.work()
    await plant.pass_time(MINUTE)
    assert plant.states()["wms"] == ["delivered/confirmed"]


async def test_too_many_calls_make_the_whole_connection_wait(plant: Plant) -> None:
    first, second = plant.save("CM-2026-000001"), plant.save("CM-2026-000002", order_no="SO-2")
    plant.wms.inject("rate_limited", "create")
    for data_id in (first, second):
        plant.approve_all(data_id)
    await plant.work()
    calls = sum(n for name, n in plant.wms.calls.items() if "create" in name)
    assert calls <= 2
    await plant.pass_time(MINUTE, MINUTE, 10 * MINUTE)
    assert [one.split("/")[0] for one in plant.states()["wms"]] == ["delivered", "delivered"]


async def test_a_shipping_confirmation_before_the_create_reply_proves_it_applied(
    plant: Plant,
) -> None:
    data_id = plant.save()
    plant.wms.inject("answer_lost", "create")
    plant.approve_all(data_id)
    await plant.work()
    plant.wms.ship("CM-2026-000001")
    await plant.work()
    wms = next(one for one in plant.deliveries() if one.connection == "wms")
    assert wms.state == "delivered"
    assert len(plant.effects("wms")) == 1


async def test_a_lease_that_runs_out_is_in_doubt_and_never_simply_sent_again(
    plant: Plant,
) -> None:
    plant.approve_all(plant.save())
    await plant.arrive()
    await route(plant.flow)
    from hub.flow import deliver

    calls = await deliver.turn(plant.flow, [], {"erp": 4})
    assert len(calls) == 1
    await deliver.carry_out(plant.flow, calls[0])
    await plant.pass_time(4 * MINUTE, 10 * MINUTE, MINUTE)
    assert plant.states()["erp"] == ["delivered/confirmed"]
    assert len(plant.effects("erp")) == 1


async def test_an_unknown_field_value_fails_with_its_name_and_is_replayed_after_the_repair(
    plant: Plant,
) -> None:
    data_id = plant.save(kind="不存在的类型")
    plant.approve_all(data_id)
    await plant.work()
    failed = [one for one in plant.messages() if one.state == "failed"]
    assert failed
    assert "kind" in failed[-1].reason
    assert plant.deliveries() == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"lines": [{"line_no": "1", "sku": "M-003", "name": "x", "quantity": -1, "unit": "套",
                     "unit_price": 0, "is_gift": "是", "note": ""}]}, "quantity"),
        ({"currency": "RMB"}, "currency"),
    ],
    ids=["negative quantity", "unknown currency"],
)  # fmt: skip
async def test_a_record_that_cannot_be_is_refused_by_field(
    plant: Plant, changes: dict[str, object], named: str
) -> None:
    plant.approve_all(plant.save(**changes))
    await plant.work()
    assert named in str([one.reason for one in plant.messages() if one.state == "failed"])
    assert plant.deliveries() == []


async def test_names_with_quotes_and_emoji_arrive_as_they_are(plant: Plant) -> None:
    plant.approve_all(plant.save(customer_name='O\'Neil "引号" <&> 😀 有限公司'))
    await plant.work()
    await plant.pass_time(MINUTE)
    assert plant.states()["wms"] == ["delivered/confirmed"]


async def test_the_ledger_tells_the_story_and_finds_one_changed_byte(plant: Plant) -> None:
    plant.approve_all(plant.save())
    await plant.work()
    while await sweep.seal(plant.flow):
        pass
    good = plant.store.read_now(ledger.verify)
    assert (good.broken, good.unsealed) == ([], 0)
    import sqlalchemy as sa

    from hub.store import tables as t

    victim = sa.select(t.ledger.c.id).where(t.ledger.c.kind == "record.planned").limit(1)

    def tamper(tx: sa.Connection) -> None:
        row = tx.scalar(victim)
        tx.execute(sa.update(t.ledger).where(t.ledger.c.id == row).values(actor="somebody"))

    plant.store.write_now(tamper)
    bad = plant.store.read_now(ledger.verify)
    assert len(bad.broken) == 1
    assert "record.planned" in bad.broken[0][1]


async def test_a_claim_whose_commit_was_not_heard_of_is_taken_up_again_at_once(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.approve_all(plant.save())
    await plant.arrive()
    while await route(plant.flow):
        pass
    write = plant.store.write

    async def unheard(*args: Any) -> None:
        await write(*args)
        raise StoreError("the connection was lost after the commit")

    monkeypatch.setattr(plant.store, "write", unheard)
    with pytest.raises(StoreError):
        await plant.deliverer.step()
    monkeypatch.undo()
    assert {one.state for one in plant.deliveries()} == {"sending", "blocked"}
    await plant.work()
    assert {one.state for one in plant.deliveries()} == {"delivered"}
    assert len(plant.effects("erp")) == len(plant.effects("wms")) == 1
    assert {one.tries for one in plant.deliveries()} == {1}


async def test_a_message_whose_payload_is_gone_fails_visibly(plant: Plant) -> None:
    event = incoming_of(plant.flow, "crm", Event("commitment", "E-1", {"commitment_no": "CM-1"}))
    plant.store.write_now(inbox.store, [event])
    plant.store.write_now(lambda tx: tx.execute(sa.update(t.payload).values(content=None)))
    await plant.work()
    assert [one.state for one in plant.messages()] == ["failed"]
    assert "erased" in plant.messages()[0].reason


async def test_messages_whose_plan_was_not_committed_are_taken_up_again_at_once(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.approve_all(plant.save())
    await plant.arrive()
    write = plant.store.write

    async def away(function: Any, *args: Any) -> Any:
        if function is commit:
            raise StoreError("the store is away")
        return await write(function, *args)

    monkeypatch.setattr(plant.store, "write", away)
    with pytest.raises(StoreError):
        await route(plant.flow)
    monkeypatch.undo()
    await plant.work()
    assert {one.state for one in plant.deliveries()} == {"delivered"}
    assert len(plant.effects("erp")) == 1
