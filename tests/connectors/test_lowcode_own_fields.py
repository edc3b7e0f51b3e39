"""Low-code CRM: fields of a form that the connector does not name come through both ways."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.crm.lowcode import simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LowcodeSimulator
from hub import Action, Command, Event, Received, WebhookRequest
from hub.errors import MappingError
from hub.flow import checks
from hub.mapping import FieldMapping, read_bundle
from hub.testing import FixedClock
from hub.testing.case import MemoryProgress, simulated_context

URL = "http://crm.test/api"
HOOK = "http://hub.test/webhooks/crm"
OWN = {"sign_date": "2026-06-01", "site": {"mobile": "13000000001"}, "tags": ["急", "大"]}

INWARDS = """\
mapping: own-form
from:
  connector: lowcode
  stream: contract
  fields: {sign_date: date, site: {type: object, fields: {mobile: {personal: phone}}}, tags: list}
to: {record: contract}
fields:
  number: {from: contract_no, required: true}
  status: {value: signed}
  customer: {fields: {code: customer_code, contact: {fields: {phone: site.mobile}}}}
  signed_on: {from: sign_date, as: date}
  title: tags[first]
"""
OUTWARDS = """\
mapping: own-status
from: {record: contract}
to:
  connector: lowcode
  operation: update_record
  fields: {shop_order: {type: text, required: true}}
key: "{number}"
fields: {shop_order: number}
"""


class Account:
    """An account with one contract form, and its connector."""

    def __init__(self, **options: Any) -> None:
        self.clock = FixedClock()
        self.simulator = LowcodeSimulator(clock=self.clock, webhook_url=HOOK)
        settings = LowcodeSettings.model_validate(simulator.options(URL) | options)
        context = simulated_context("crm", URL, self.simulator, self.clock)
        self.connector = LowcodeConnector(settings, context)
        form = {"contract_no": "HT-1", "customer_code": "C-1", **OWN}
        self.data_id = self.simulator.save_form(form, form="contract")


def mapping(text: str) -> FieldMapping:
    (found,) = read_bundle({"own/probe.yaml": text.encode()}, checks.schema).mappings.values()
    return found


def own_fields(item: Any) -> dict[str, Any]:
    return {name: item[name] for name in OWN}


async def test_fetching_and_polling_bring_fields_nobody_named() -> None:
    account = Account()
    item = await account.connector.fetch("contract", account.data_id)
    page = await account.connector.poll("contract", None)
    assert [own_fields(one) for one in (item, page.events[0].item)] == [OWN, OWN]


async def test_a_push_brings_fields_nobody_named() -> None:
    account = Account(reread=False)
    (push,) = account.simulator.outgoing
    query, headers = tuple(push.url.params.multi_items()), dict(push.headers)
    at = account.clock.now()
    received = account.connector.receive(
        WebhookRequest("POST", push.url.path, query, headers, push.content, at)
    )
    assert isinstance(received, Received)
    (event,) = received.events
    assert isinstance(event, Event)
    assert own_fields(event.item) == OWN


async def test_what_a_mapping_declares_of_the_form_reaches_the_record() -> None:
    account = Account()
    item = await account.connector.fetch("contract", account.data_id)
    assert item is not None
    made = mapping(INWARDS).apply(item)
    assert (made["signed_on"], made["title"]) == ("2026-06-01", "急")
    assert made["customer"]["contact"]["phone"] == "13000000001"


async def test_what_a_mapping_declares_of_the_form_is_written_into_it() -> None:
    account = Account()
    document = mapping(OUTWARDS).apply({"number": "HT-1"})
    command = Command(
        "update_record",
        Action.UPDATE,
        document,
        "HT-1",
        account.data_id,
        options={"form": "contract"},
    )
    await account.connector.deliver(command, MemoryProgress())
    assert account.simulator.record(account.data_id)["shop_order"] == "HT-1"
    found = await account.connector.find(command)
    assert found is not None
    assert found.document == {"shop_order": "HT-1"}


@pytest.mark.parametrize("text", [INWARDS, OUTWARDS], ids=["in", "out"])
def test_the_same_mapping_without_its_declarations_is_refused(text: str) -> None:
    lines = [line for line in text.splitlines() if not line.startswith("  fields: {s")]
    with pytest.raises(MappingError, match="declare it"):
        mapping("\n".join(lines) + "\n")
