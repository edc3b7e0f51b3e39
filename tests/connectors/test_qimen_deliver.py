"""Orders at a simulated warehouse: once, found again, cancelled in time or not."""

from __future__ import annotations

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pydantic import ValidationError

from connectors.wms.qimen.simulator import QimenSimulator
from connectors.wms.qimen.wire import objects_of, parse, text_of, write
from hub import Action, ConnectorError, Outcome, Receipt
from hub.compare import compare
from hub.testing import FixedClock, SimulatorTransport
from tests.connectors.qimen_wms import (
    CUSTOMER,
    DOCUMENT,
    KEY,
    SECRET,
    NoProgress,
    Warehouse,
    changed,
    command,
    connector,
)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def wms(clock: FixedClock, tmp_path: Path) -> Warehouse:
    simulator = QimenSimulator(tmp_path, clock, secret=SECRET, customer_id=CUSTOMER)
    return Warehouse(simulator, connector(SimulatorTransport(simulator), clock))


CREATED = ("deliveryorder.create", KEY)
CANCELLED = ("order.cancel", KEY)


# ---- create


async def test_an_order_is_created_under_our_key_with_its_gift(wms: Warehouse) -> None:
    receipt = await wms.deliver(command())
    assert isinstance(receipt, Receipt)
    assert (receipt.external_id, receipt.already) == ("WMS-88001", False)
    assert receipt.values["external_id"] == "WMS-88001"
    content = wms.held()["content"]
    lines = [(line["orderLineNo"], line["actualPrice"]) for line in content["orderLines"]]
    assert lines == [("1", "113.00"), ("G1", "0.00")]
    assert content["extendProps"]["giftLines"] == "G1"
    header = content["deliveryOrder"]
    assert header["warehouseCode"] == "WH-NB-01"
    assert header["createTime"] == "2026-06-01 09:00:00"
    assert header["placeOrderTime"] == "2026-11-18 09:12:00"
    assert wms.effects == [CREATED]


@pytest.mark.parametrize("wrap", ["both", "tail", "hmac_md5"])
async def test_every_way_to_sign_is_understood(clock: FixedClock, wrap: Any) -> None:
    simulator = QimenSimulator(clock=clock, secret=SECRET, sign_wrap=wrap)
    wms = connector(SimulatorTransport(simulator), clock, sign_wrap=wrap)
    assert isinstance(await wms.deliver(command(), NoProgress()), Receipt)


async def test_delivering_twice_creates_one_order(wms: Warehouse) -> None:
    await wms.deliver(command())
    again = await wms.deliver(command())
    assert isinstance(again, Receipt)
    assert (again.already, again.external_id) == (True, "WMS-88001")
    assert wms.effects == [CREATED]


async def test_a_duplicate_with_other_lines_is_not_overwritten(wms: Warehouse) -> None:
    await wms.deliver(command())
    error = await wms.refused(changed("line", planQty=12))
    assert error.outcome is Outcome.REJECTED
    assert error.words is not None
    assert error.words.startswith("wms_order_differs: 出库单号")
    assert "1 VALVE-50: ours 12, theirs 10" in str(error)
    assert wms.effects == [CREATED]


async def test_a_duplicate_that_is_not_shown_yet_stays_unknown(
    wms: Warehouse, clock: FixedClock
) -> None:
    wms.simulator.query_lag = timedelta(seconds=20)
    await wms.deliver(command())
    assert (await wms.refused(command())).outcome is Outcome.UNKNOWN
    clock.advance(timedelta(seconds=21))
    receipt = await wms.deliver(command())
    assert isinstance(receipt, Receipt)
    assert receipt.already


async def test_a_fraction_is_refused_and_nothing_is_sent(wms: Warehouse) -> None:
    error = await wms.refused(changed("line", planQty="1.5"))
    assert error.outcome is Outcome.REJECTED
    assert "orderLines[1].planQty 1.5 must be a whole number" in str(error)
    assert not wms.simulator.calls


async def test_odd_characters_in_names_arrive(wms: Warehouse) -> None:
    await wms.deliver(changed("line", itemName="阀门 \"DN50\" <&> '😀'\x07"))
    line = wms.held()["content"]["orderLines"][0]
    assert line["itemName"] == "阀门 \"DN50\" <&> '😀'"


async def test_what_a_connection_sets_as_default_is_used(wms: Warehouse, clock: FixedClock) -> None:
    sender = {
        "name": "发货仓",
        "province": "浙江省",
        "city": "宁波市",
        "detailAddress": "示例路1号",
    }
    defaults = {"deliveryOrder": {"shopNick": "示例制造", "senderInfo": sender}}
    transport = SimulatorTransport(wms.simulator)
    tenant = connector(transport, clock, customer_id=CUSTOMER, profile={"defaults": defaults})
    await tenant.deliver(changed("header", senderInfo={}), NoProgress())
    assert wms.held()["content"]["deliveryOrder"]["senderInfo"] == sender


async def test_all_ids_of_a_split_order_are_kept(clock: FixedClock) -> None:
    ids = [{"deliveryOrderId": "W1"}, {"deliveryOrderId": "W2"}]
    body = write("response", {"flag": "success", "deliveryOrders": ids})
    router = respx.Router()
    router.post(host="wms.example").respond(200, content=body)
    wms = connector(httpx.MockTransport(router.async_handler), clock)
    receipt = await wms.deliver(command(), NoProgress())
    assert isinstance(receipt, Receipt)
    assert receipt.external_id == "W1"
    assert receipt.values["delivery_order_ids"] == ["W1", "W2"]


async def test_an_update_is_refused_with_the_way_out(wms: Warehouse) -> None:
    error = await wms.refused(command(Action.UPDATE))
    assert "cancel_then_create" in str(error)
    assert not wms.simulator.calls


# ---- faults


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("rate_limited", Outcome.RATE_LIMITED),
        ("unauthorized", Outcome.NOT_AUTHORIZED),
        ("token_expired", Outcome.NOT_AUTHORIZED),
        ("error_in_200", Outcome.REJECTED),
        ("html", Outcome.UNKNOWN),
        ("unavailable", Outcome.UNKNOWN),
        ("dropped", Outcome.UNKNOWN),
    ],
)
async def test_a_fault_before_processing_creates_nothing(
    wms: Warehouse, kind: Any, outcome: Outcome
) -> None:
    wms.simulator.inject(kind, "create")
    error = await wms.refused(command())
    assert error.outcome is outcome
    assert await wms.connector.find(command()) is None
    assert wms.effects == []


@pytest.mark.parametrize("kind", ["answer_lost", "error_500", "malformed"])
async def test_when_the_answer_is_lost_find_settles_it(wms: Warehouse, kind: Any) -> None:
    wms.simulator.inject(kind, "create")
    assert (await wms.refused(command())).outcome is Outcome.UNKNOWN
    found = await wms.connector.find(command())
    assert found is not None
    assert (found.mine, found.external_id) == (True, "WMS-88001")
    await wms.deliver(command())
    assert wms.effects == [CREATED]


async def test_the_words_of_a_refusal_are_kept(wms: Warehouse) -> None:
    wms.simulator.inject("error_in_200", detail={"code": "B7", "message": "商品不存在"})
    error = await wms.refused(command())
    assert (error.code, error.words) == ("B7", "商品不存在")


async def test_a_wrong_secret_pauses_the_connection(clock: FixedClock) -> None:
    wms = connector(SimulatorTransport(QimenSimulator(clock=clock, secret="else")), clock)
    with pytest.raises(ConnectorError) as caught:
        await wms.check()
    assert caught.value.outcome is Outcome.NOT_AUTHORIZED
    assert SECRET not in str(caught.value)


async def test_the_check_says_who_answers(wms: Warehouse) -> None:
    assert await wms.connector.check() == "wms.example answers for 客户+1 &%, WH-NB-01"
    assert wms.effects == []


# ---- find


async def test_an_order_with_other_lines_is_found_but_not_ours(wms: Warehouse) -> None:
    await wms.deliver(command())
    found = await wms.connector.find(changed("line", itemCode="VALVE-80"))
    assert found is not None
    assert not found.mine
    assert found.document["orderLines"][0]["itemCode"] == "VALVE-50"


@pytest.mark.parametrize("numbered", [True, False])
async def test_an_order_kept_in_another_order_of_lines_reads_back_alike(
    wms: Warehouse, numbered: bool
) -> None:
    await wms.deliver(command())
    order = wms.held()
    order["content"]["orderLines"].reverse()
    for line in order["content"]["orderLines"]:
        line["orderLineNo"] = line["orderLineNo"] if numbered else ""
    wms.simulator.state.put("order", KEY, order)
    found = await wms.connector.find(command())
    assert found is not None
    assert found.mine
    fields = wms.connector.spec.operation("create_order").fields
    assert compare(DOCUMENT, found.document, fields) == []


async def test_a_gift_the_warehouse_dropped_is_seen_on_reading_back(wms: Warehouse) -> None:
    await wms.deliver(command())
    order = wms.held()
    del order["content"]["orderLines"][1]
    wms.simulator.state.put("order", KEY, order)
    found = await wms.connector.find(command())
    assert found is not None
    assert not found.mine
    fields = wms.connector.spec.operation("create_order").fields
    assert [one.path for one in compare(DOCUMENT, found.document, fields)] == ["orderLines[1]"]


async def test_a_query_that_fails_is_no_proof_of_absence(wms: Warehouse) -> None:
    wms.simulator.inject("error_in_200", "query")
    with pytest.raises(ConnectorError) as caught:
        await wms.connector.find(command())
    assert caught.value.outcome is Outcome.UNKNOWN


async def test_all_pages_of_a_long_order_are_compared(wms: Warehouse) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["orderLines"] = [
        {"orderLineNo": str(n), "itemCode": f"I{n}", "planQty": n, "actualPrice": "1.00"}
        for n in range(1, 251)
    ]
    long = command(document=document)
    await wms.deliver(long)
    found = await wms.connector.find(long)
    assert found is not None
    assert found.mine
    assert wms.simulator.calls["deliveryorder.query"] == 3


# ---- cancel


async def test_an_order_is_cancelled_once(wms: Warehouse) -> None:
    await wms.deliver(command())
    cancel = command(Action.CANCEL, external_id="WMS-88001")
    first = await wms.deliver(cancel)
    again = await wms.deliver(cancel)
    assert isinstance(first, Receipt)
    assert isinstance(again, Receipt)
    assert (first.already, again.already) == (False, True)
    assert wms.effects == [CREATED, CANCELLED]


async def test_when_the_answer_to_a_cancel_is_lost_find_settles_it(wms: Warehouse) -> None:
    await wms.deliver(command())
    cancel = command(Action.CANCEL)
    before = await wms.connector.find(cancel)
    assert before is not None
    assert not before.mine
    wms.simulator.inject("answer_lost", "cancel")
    assert (await wms.refused(cancel)).outcome is Outcome.UNKNOWN
    found = await wms.connector.find(cancel)
    assert found is not None
    assert found.mine


async def test_an_order_that_never_was_counts_as_cancelled(wms: Warehouse) -> None:
    found = await wms.connector.find(command(Action.CANCEL))
    assert found is not None
    assert found.mine
    receipt = await wms.deliver(command(Action.CANCEL))
    assert isinstance(receipt, Receipt)
    assert receipt.already


async def test_a_cancel_that_comes_too_late_is_for_a_person(wms: Warehouse) -> None:
    await wms.deliver(command())
    wms.simulator.report(KEY, "PICK")
    error = await wms.refused(command(Action.CANCEL))
    assert error.outcome is Outcome.REJECTED
    assert error.words == "订单状态PICK，不能取消"
    assert "stands at PICK" in str(error)
    assert wms.effects == [CREATED]


# ---- the simulated warehouse calls back


def told(request: httpx.Request) -> tuple[str, dict[str, str]]:
    _, content = parse(request.content)
    lines = objects_of(content, "orderLines")
    status = text_of(content, "deliveryOrder", "status")
    return status, {line["orderLineNo"]: line["actualQty"] for line in lines}


async def test_an_order_is_shipped_in_two_parts(wms: Warehouse) -> None:
    await wms.deliver(command())
    wms.simulator.ship(KEY, partial=True)
    wms.simulator.ship(KEY)
    assert [told(request) for request in wms.simulator.outgoing] == [
        ("PARTDELIVERED", {"1": "5"}),
        ("DELIVERED", {"1": "5", "G1": "1"}),
    ]


async def test_a_confirm_can_come_before_the_reply(wms: Warehouse) -> None:
    wms.simulator.ship(KEY, before_reply=True)
    wms.simulator.inject("answer_lost", "create")
    assert (await wms.refused(command())).outcome is Outcome.UNKNOWN
    assert [told(request)[0] for request in wms.simulator.outgoing] == ["DELIVERED"]


async def test_the_warehouse_remembers_after_a_restart(wms: Warehouse, tmp_path: Path) -> None:
    await wms.deliver(command())
    wms.simulator.state.close()
    again = QimenSimulator(tmp_path)
    assert again.effects[0]["key"] == KEY


# ---- settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "ftp://wms.example"),
        ("base_url", "http://wms.example/?a=b"),
        ("customer_id", ""),
        ("secret", ""),
        ("zone", "Peking"),
        ("sign_wrap", "head"),
        ("max_skew_seconds", 0),
        ("shop", "x"),
    ],
)
def test_wrong_settings_are_named(clock: FixedClock, name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        connector(httpx.MockTransport(lambda _: httpx.Response(200)), clock, **{name: value})
