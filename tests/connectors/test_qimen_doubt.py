"""What the warehouse leaves in doubt: absence, orders it has given up, refusals of every kind."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.wms.qimen.connector import QimenConnector
from connectors.wms.qimen.settings import QimenSettings
from connectors.wms.qimen.simulator import QimenSimulator, Refused
from connectors.wms.qimen.wire import text_of
from hub import Action, Command, ConfigError, ConnectorError, Outcome, Receipt
from hub.testing import FixedClock
from tests.connectors.qimen_wms import (
    DOCUMENT,
    KEY,
    SECRET,
    URL,
    Warehouse,
    command,
    warehouse,
)

CREATED = ("deliveryorder.create", KEY)
CANCEL = command(Action.CANCEL, external_id="WMS-88001")


class SaysNothing(QimenSimulator):
    """Answers a query with success and without an order."""

    def _query(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {}


class HeaderOnce(QimenSimulator):
    """Shows the header of an order on the first page only."""

    def _query(self, content: Mapping[str, Any]) -> dict[str, Any]:
        answer = super()._query(content)
        if text_of(content, "page") != "1":
            del answer["deliveryOrder"]
        return answer


class OnePage(QimenSimulator):
    """Has forgotten the order when its second page is asked for."""

    def _query(self, content: Mapping[str, Any]) -> dict[str, Any]:
        if text_of(content, "page") != "1":
            raise Refused("S004", "单据不存在")
        return super()._query(content)


def long(action: Action = Action.CREATE) -> Command:
    """An order of two pages."""
    document = copy.deepcopy(DOCUMENT)
    document["orderLines"] = [
        {"orderLineNo": str(n), "itemCode": f"I{n}", "planQty": n, "actualPrice": "1.00"}
        for n in range(1, 151)
    ]
    return command(action, document=document)


def move(wms: Warehouse, status: str) -> None:
    wms.simulator.state.put("order", KEY, {**wms.held(), "status": status})


async def unfound(wms: Warehouse, wanted: Command) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await wms.connector.find(wanted)
    return caught.value


@pytest.fixture
def wms() -> Warehouse:
    return warehouse(FixedClock())


# ---- absence


async def test_a_refused_cancel_is_not_booked_when_the_query_shows_no_order() -> None:
    wms = warehouse(FixedClock(), SaysNothing)
    await wms.deliver(command())
    wms.simulator.report(KEY, "PICK")
    assert (await wms.refused(CANCEL)).outcome is Outcome.UNKNOWN
    assert (await unfound(wms, CANCEL)).outcome is Outcome.UNKNOWN
    assert wms.effects == [CREATED]


async def test_a_success_that_shows_no_order_permits_no_second_create() -> None:
    wms = warehouse(FixedClock(), SaysNothing)
    assert (await unfound(wms, command())).outcome is Outcome.UNKNOWN


async def test_an_order_whose_header_comes_on_the_first_page_only_is_read_whole() -> None:
    wms = warehouse(FixedClock(), HeaderOnce)
    await wms.deliver(long())
    found = await wms.connector.find(long())
    assert found is not None
    assert (found.mine, found.external_id) == (True, "WMS-88001")
    wms.simulator.report(KEY, "PICK")
    error = await wms.refused(long(Action.CANCEL))
    assert error.outcome is Outcome.REJECTED
    assert "stands at PICK" in str(error)


async def test_not_found_on_a_later_page_proves_nothing() -> None:
    wms = warehouse(FixedClock(), OnePage)
    await wms.deliver(long())
    assert (await unfound(wms, long())).outcome is Outcome.UNKNOWN


# ---- orders the warehouse has given up


@pytest.mark.parametrize("status", ["CANCELED", "CLOSED", "REJECT"])
async def test_an_order_the_warehouse_has_given_up_does_not_count_as_created(
    wms: Warehouse, status: str
) -> None:
    await wms.deliver(command())
    move(wms, status)
    error = await wms.refused(command())
    assert error.outcome is Outcome.REJECTED
    assert f"stands at {status} and will not be shipped" in str(error)
    assert str(error.words).startswith("wms_order_differs: ")
    found = await wms.connector.find(command())
    assert found is not None
    assert not found.mine


async def test_an_order_that_is_being_picked_counts_as_created(wms: Warehouse) -> None:
    await wms.deliver(command())
    move(wms, "PICK")
    found = await wms.connector.find(command())
    assert found is not None
    assert found.mine


# ---- words of a refusal


async def test_a_word_about_lines_is_no_duplicate_order(wms: Warehouse) -> None:
    told = {"code": "V7", "message": "订单行商品编码重复"}
    wms.simulator.inject("error_in_200", "create", detail=told)
    error = await wms.refused(command())
    assert (error.outcome, error.words) == (Outcome.REJECTED, "订单行商品编码重复")


async def test_a_word_about_the_order_is_a_duplicate(wms: Warehouse) -> None:
    await wms.deliver(command())
    told = {"code": "V8", "message": "出库单号重复"}
    wms.simulator.inject("error_in_200", "create", detail=told)
    receipt = await wms.deliver(command())
    assert isinstance(receipt, Receipt)
    assert receipt.already


async def test_words_about_the_signature_pause_instead_of_refusing_orders(wms: Warehouse) -> None:
    wms.simulator.inject("error_in_200", "create", detail={"code": "W9", "message": "签名错误"})
    assert (await wms.refused(command())).outcome is Outcome.NOT_AUTHORIZED


# ---- the check


async def test_the_check_tells_what_the_warehouse_refuses(wms: Warehouse) -> None:
    told = {"code": "W7", "message": "商品不存在"}
    wms.simulator.inject("error_in_200", "inventory", detail=told)
    assert (await wms.connector.check()).endswith(", and refuses: code W7, 商品不存在")


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("签名错误", Outcome.NOT_AUTHORIZED),
        ("签名与报文不符", Outcome.NOT_AUTHORIZED),
        ("应用未授权", Outcome.NOT_AUTHORIZED),
        ("接口无权限", Outcome.MISCONFIGURED),
        ("货主不存在", Outcome.MISCONFIGURED),
    ],
)
async def test_the_check_fails_where_credentials_or_rights_are_refused(
    wms: Warehouse, words: str, outcome: Outcome
) -> None:
    wms.simulator.inject("error_in_200", "inventory", detail={"code": "W9", "message": words})
    with pytest.raises(ConnectorError, match="W9") as caught:
        await wms.connector.check()
    assert (caught.value.outcome, caught.value.words) == (outcome, words)
    assert SECRET not in str(caught.value)


# ---- the profile


def settings(profile: dict[str, Any]) -> QimenSettings:
    return QimenSettings.model_validate(
        {
            "base_url": URL,
            "app_key": "demo-app",
            "secret": SECRET,
            "customer_id": "demo",
            "owner_code": "OWN01",
            "warehouse_code": "WH",
            "profile": profile,
        }
    )


@pytest.mark.parametrize(
    ("profile", "named"),
    [
        ({"code": {}}, "unknown code; known words: .*codes"),
        ({"codes": {"B1": "nonsense"}}, "profile.codes.B1 is 'nonsense': must be one of rejected"),
        ({"codes": {"B1": "applied"}}, "profile.codes.B1 is 'applied'"),
        ({"codes": {"B1": ["rejected"]}}, r"profile.codes.B1 is \['rejected'\]"),
        ({"codes": None}, "profile.codes is None"),
        ({"words": {"好": "already_applied"}}, "profile.words.好 is 'already_applied'"),
        ({"words": {"": "duplicate"}}, "profile.words"),
        ({"check_words": {"好": "applied"}}, "profile.check_words.好"),
        ({"gateway": {"7": "applied"}}, "profile.gateway.7"),
        ({"sub_codes": {"isv.": "applied"}}, "profile.sub_codes.isv."),
        ({"status": {"404": "applied"}}, "profile.status.404 is 'applied'"),
        ({"status": {"404": "not_found"}}, "profile.status.404 is 'not_found'"),
        ({"status": {"4O4": "rejected"}}, "profile.status.4O4"),
        ({"inbound": {"deliveryorder.confirm": "ship"}}, "'shipment' or 'progress'"),
        ({"cancelled": "CANCELED"}, "profile.cancelled is 'CANCELED'"),
        ({"cut": {"remark": 0}}, "profile.cut.remark is 0"),
        ({"cut": {"remark": "many"}}, "profile.cut.remark is 'many'"),
        ({"defaults": {"deliveryOrder": None}}, "profile.defaults.deliveryOrder is None"),
        ({"defaults": {"orderLines": {}}}, "'deliveryOrder' or 'orderLine'"),
        ({"required": {"orderLine": "itemCode"}}, "profile.required.orderLine is 'itemCode'"),
        ({"required": {"orderLines": []}}, "profile.required.orderLines"),
        ({"element_order": {"request": "x"}}, "profile.element_order.request is 'x'"),
    ],
)
def test_a_profile_that_cannot_work_is_named(profile: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        QimenConnector.check_profile(settings(profile))


def test_every_fault_of_a_profile_is_named_with_the_next_step() -> None:
    with pytest.raises(ConfigError) as caught:
        QimenConnector.check_profile(settings({"codes": {"A": "x"}, "cut": {"remark": 0}}))
    for part in ("profile.codes.A", "profile.cut.remark", "Correct it under profile:"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "profile",
    [{}, {"codes": {"B1": "duplicate", "B2": "period_closed"}}, {"cut": {"remark": "200"}}],
    ids=["nothing", "codes", "a number as text"],
)
def test_a_profile_that_works_is_taken(profile: dict[str, Any]) -> None:
    QimenConnector.check_profile(settings(profile))
