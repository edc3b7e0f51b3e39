"""Low-code CRM: the shipped mappings, on what the platform really gives and takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.crm.lowcode import simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LEVELS, LowcodeSimulator
from connectors.crm.lowcode.spec import SPEC
from hub import Action, Command, FieldSpec
from hub.mapping import Bundle, MappingFault, Scope, load_bundle, run_tests
from hub.mapping.shipped import shipped_folder
from hub.records import Commitment, Contract
from hub.testing import FixedClock
from hub.testing.case import MemoryProgress, simulated_context

URL = "http://crm.test/api"
FORM = Path(simulator.__file__).with_name("samples") / "form_commitment.json"


def schema(connector: str, name: str) -> Mapping[str, FieldSpec] | None:
    if connector != SPEC.name:
        return None
    named = {item.name: item.fields for item in (*SPEC.streams, *SPEC.operations)}
    return named[name]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(shipped_folder() / "lowcode", schemas=schema)


class Account:
    """A commitment form, filled in, and a connector to read it."""

    def __init__(self, **changes: Any) -> None:
        clock = FixedClock()
        self.simulator = LowcodeSimulator(clock=clock)
        settings = LowcodeSettings.model_validate(simulator.options(URL))
        context = simulated_context("crm", URL, self.simulator, clock)
        self.connector = LowcodeConnector(settings, context)
        self.data_id = self.simulator.save_form(json.loads(FORM.read_text("utf-8")) | changes)

    async def commitment(self, bundle: Bundle) -> Commitment:
        item = await self.connector.fetch("commitment", self.data_id)
        mapping = bundle.inbound("lowcode", "commitment")
        assert item is not None
        assert mapping is not None
        return Commitment.model_validate(mapping.apply(item))


def test_the_inline_tests_of_the_mappings_pass(bundle: Bundle) -> None:
    assert [str(fault) for fault in run_tests(bundle)] == []


async def test_an_approved_form_becomes_an_approved_commitment(bundle: Bundle) -> None:
    account = Account()
    for level in LEVELS:
        account.simulator.approve(account.data_id, level, f"{level}甲", role=level)
    record = await account.commitment(bundle)
    assert record.status == "approved"
    assert [entry.level for entry in record.approvals] == [
        "sales_supervisor",
        "operations_director",
        "coo",
    ]
    assert record.amount == Decimal("1130.5")
    assert [line.gift for line in record.lines] == [False, True]
    assert str(record.promised_date) == "2026-06-26"
    assert record.latest_ship_at is not None
    assert record.latest_ship_at.isoformat() == "2026-06-24T10:00:00+00:00"


@pytest.mark.parametrize("nothing", [None, ""], ids=["null", "empty"])
async def test_fields_nobody_filled_in_are_left_out(bundle: Bundle, nothing: Any) -> None:
    optional = [
        "revision", "customer_name", "contact_name", "contact_phone", "province", "city",
        "district", "street", "contract_no", "order_no", "currency", "amount", "promise_text",
        "promised_date", "latest_ship_at", "payment_days", "warehouse", "salesperson",
    ]  # fmt: skip
    line = {"line_no": "1", "sku": "A", "quantity": 1}
    line |= dict.fromkeys(["name", "unit", "unit_price", "is_gift", "note"], nothing)
    record = await Account(**dict.fromkeys(optional, nothing), lines=[line]).commitment(bundle)
    assert (record.revision, record.order_no, record.amount) == (None, None, None)
    assert record.currency == "CNY"
    assert record.lines[0].unit == "PCS"
    assert not record.lines[0].gift


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"commitment_no": None}, "number"),
        ({"customer_code": None}, "customer.code"),
        ({"status": "归档"}, "status"),
        ({"kind": "其他"}, "kind"),
        ({"promised_date": "下周"}, "promised_date"),
        ({"lines": [{"line_no": "1", "sku": "A", "quantity": "十"}]}, "lines[0].quantity"),
        ({"lines": [{"line_no": "1", "sku": "A", "quantity": 1, "is_gift": "Y"}]}, "lines[0].gift"),
    ],
)
async def test_a_form_that_cannot_be_mapped_names_the_field(
    bundle: Bundle, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(MappingFault) as caught:
        await Account(**changes).commitment(bundle)
    assert field in str(caught.value)
    assert "13000000001" not in str(caught.value)


async def test_a_contract_form_becomes_a_contract(bundle: Bundle) -> None:
    account = Account()
    form = {"contract_no": "HT-1", "status": "已签订", "customer_code": "C-1", "amount": 50000}
    account.simulator.save_form(form, form="contract")
    ((event,), mapping) = (
        (await account.connector.poll("contract", None)).events,
        bundle.inbound("lowcode", "contract"),
    )
    assert mapping is not None
    record = Contract.model_validate(mapping.apply(event.item))
    assert (record.number, record.status, record.amount) == ("HT-1", "signed", 50000)


async def test_numbers_and_watermark_are_written_back_into_the_form(bundle: Bundle) -> None:
    account = Account()
    record = (await account.commitment(bundle)).model_dump(mode="json")
    scope = Scope(
        links={"crm": account.data_id},
        results={"erp": {"sale_number": "SO-9"}, "wms": {"external_id": "W-9"}},
        delivery={"watermark": "7F3K"},
    )
    mapping = bundle.mappings["commitment-to-lowcode"]
    document, key = mapping.apply(record, scope), mapping.key(record)
    assert key == "CM-2026-000123"
    await account.connector.deliver(
        Command("update_record", Action.CREATE, document, key), MemoryProgress()
    )
    shown = account.simulator.record(account.data_id)
    written = ("hub_status", "erp_number", "wms_number", "watermark")
    assert [shown[name] for name in written] == ["已同步", "SO-9", "W-9", "7F3K"]
