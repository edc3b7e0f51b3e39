"""What the Tryton connector does, told against the simulator and against a real server."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.erp.tryton import server
from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from connectors.erp.tryton.simulator import TrytonSimulator
from hub import Action, Command, ConfigError, ConnectorError, Context, Outcome, Receipt
from hub.clock import Clock, SystemClock
from hub.http import TokenCache, connect
from hub.testing import FixedClock, SimulatorTransport

NUMBERS = itertools.count(1)


class Crash(Exception):
    """The process dies here."""


@dataclass
class Notebook:
    """Progress of one delivery; dies after saving the given step."""

    saved: dict[str, Any] = field(default_factory=dict)
    dies_at: str = ""

    async def save(self, **values: Any) -> None:
        self.saved |= values
        if values.get("step") == self.dies_at:
            raise Crash


@dataclass
class Erp:
    """A Tryton to test against, and hands to arrange and look with."""

    connector: TrytonConnector
    clock: Clock
    reference: str

    @property
    def rpc(self) -> Any:
        return self.connector._rpc

    async def sale(self, state: str = "draft", customer: str = "KH0001", **more: Any) -> int:
        """Make a sale of 3 P-100 under the test's reference and lead it to a state."""
        party = await self.id_of("party.party", customer)
        product = await self.id_of("product.product", "P-100")
        values = await self.connector._sales.party_values(party)
        line = await self.connector._sales.product_values(product, 3.0, party)
        line |= {"type": "line", "product": product, "quantity": 3.0}
        values |= {"reference": self.reference, "lines": [["create", [line]]]}
        values |= {"sale_date": date(2026, 4, 1), **more}
        (made,) = await self.rpc.change("sale.sale", "create", [values])
        buttons = {
            "draft": [], "quotation": ["quote"], "confirmed": ["quote", "confirm"],
            "processing": ["quote", "confirm", "process"], "cancelled": ["cancel"],
        }  # fmt: skip
        for button in buttons[state]:
            await self.rpc.change("sale.sale", button, [made])
        return int(made)

    async def id_of(self, model: str, code: str) -> int:
        rows = await self.rpc.call(
            model, "search_read", [["code", "=", code]], 0, 1, None, ["code"]
        )
        return int(rows[0]["id"])

    async def sales(self, suffix: str = "") -> list[dict[str, Any]]:
        fields = ["reference", "state", "number", "comment", "shipping_date", "description"]
        domain = [["reference", "=", self.reference + suffix]]
        rows: list[dict[str, Any]] = await self.rpc.call(
            "sale.sale", "search_read", domain, 0, None, [["id", "ASC"]], fields
        )
        return rows

    async def lines(self, suffix: str = "") -> list[tuple[Any, ...]]:
        """Return (type, product, quantity, price, description) of the lines of the sales."""
        fields = ["type", "product.code", "quantity", "unit_price", "description"]
        ids = [sale["id"] for sale in await self.sales(suffix)]
        rows = await self.rpc.call(
            "sale.line", "search_read", [["sale", "in", ids]], 0, None, [["id", "ASC"]], fields
        )
        return [
            (
                row["type"], (row["product."] or {}).get("code"), row["quantity"],
                row["unit_price"], row["description"],
            )
            for row in rows
        ]  # fmt: skip

    def command(self, action: Action = Action.CREATE, revision: int = 1, **more: Any) -> Command:
        """Return a gift of two P-300 for this test's sale."""
        options = {"on_confirmed": more.pop("on_confirmed", "supplementary_order")}
        document = {
            "reference": self.reference,
            "commitment_no": "CMT-1",
            "title": "赠品",
            "text": "随单赠送电控柜两台",
            "customer_code": "KH0001",
            "currency": "CNY",
            "promised_date": None,
            "watermark": "WM-7F3A",
            "lines": [gift()],
            **more,
        }
        key = f"{self.reference}/CMT-1"
        return Command("add_commitment", action, document, key, revision=revision, options=options)

    async def deliver(self, command: Command, progress: Notebook | None = None) -> Receipt:
        receipt = await self.connector.deliver(command, progress or Notebook())
        assert isinstance(receipt, Receipt)
        return receipt


def gift(**more: Any) -> dict[str, Any]:
    return {
        "line_no": "1",
        "product_code": "P-300",
        "quantity": Decimal(2),
        "unit_price": Decimal(0),
        "description": "赠品 CMT-1：随单赠送电控柜两台",
        **more,
    }


GIFT_ROW = ("line", "P-300", Decimal(2), Decimal(0), "赠品 CMT-1：随单赠送电控柜两台")


@pytest.fixture(scope="session")
def tryton_server() -> Iterator[server.Server]:
    default = "~/.cache/accord-hub/tryton"
    directory = Path(os.environ.get("HUB_TRYTON_CACHE", default)).expanduser()
    if os.environ.get("HUB_REQUIRE_SERVICES") != "1" and not server.is_built(directory):
        pytest.skip(f"no Tryton server in {directory}; HUB_REQUIRE_SERVICES=1 builds one")
    running = server.start(directory)
    yield running
    running.stop()


def connector_to(
    url: str, clock: Clock, transport: Any = None, profile: Mapping[str, Any] | None = None
) -> TrytonConnector:
    settings = TrytonSettings(
        base_url=url,
        database=server.DATABASE,
        username=server.USER,
        password=server.PASSWORD,
        profile=dict(profile or {}),
    )
    http = connect("erp", url, clock=clock, transport=transport)
    return TrytonConnector(settings, Context("erp", http, clock, TokenCache(clock)))


@pytest.fixture(params=["simulator", pytest.param("server", marks=pytest.mark.tryton)])
async def erp(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Erp]:
    reference = f"SO-{next(NUMBERS)}"
    if request.param == "simulator":
        clock = FixedClock()
        simulator = TrytonSimulator(tmp_path, clock)
        connector = connector_to("http://erp.test", clock, SimulatorTransport(simulator))
        yield Erp(connector, clock, reference)
        simulator.state.close()
        return
    running = request.getfixturevalue("tryton_server")
    connector = connector_to(running.url, SystemClock())
    yield Erp(connector, SystemClock(), reference)
    await connector.context.http.aclose()


async def refusal(erp: Erp, command: Command) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await erp.deliver(command)
    assert caught.value.outcome is Outcome.REJECTED
    return caught.value


# ---- adding ----------------------------------------------------------------------------------


async def test_a_gift_appears_as_a_line_at_price_zero_with_the_promise_in_words(erp: Erp) -> None:
    sale = await erp.sale()
    receipt = await erp.deliver(erp.command())
    assert (await erp.lines())[1:] == [GIFT_ROW]
    assert receipt.external_id == f"sale.sale,{sale}"
    assert receipt.values["reference"] == erp.reference


async def test_delivering_twice_makes_one_line(erp: Erp) -> None:
    await erp.sale()
    first = await erp.deliver(erp.command())
    second = await erp.deliver(erp.command())
    assert len(await erp.lines()) == 2
    assert (first.already, second.already) == (False, True)
    assert first.external_id == second.external_id


@pytest.mark.parametrize("state", ["draft", "quotation", "confirmed"])
async def test_an_open_sale_gets_the_line_and_keeps_its_state(erp: Erp, state: str) -> None:
    await erp.sale(state)
    await erp.deliver(erp.command())
    (sale,) = await erp.sales()
    assert sale["state"] == state
    assert (await erp.lines())[1:] == [GIFT_ROW]
    assert "[hub:" not in (sale["comment"] or "")


async def test_a_sale_in_processing_gets_a_supplementary_sale(erp: Erp) -> None:
    await erp.sale("processing")
    receipt = await erp.deliver(erp.command())
    again = await erp.deliver(erp.command())
    (sale,) = await erp.sales("-CMT-1")
    assert sale["state"] == "confirmed"
    assert erp.reference in sale["description"]
    assert await erp.lines("-CMT-1") == [GIFT_ROW]
    assert len(await erp.lines()) == 1
    assert receipt.values["sale_number"] == sale["number"]
    assert again.already


async def test_a_cancelled_sale_gets_a_supplementary_sale(erp: Erp) -> None:
    await erp.sale("cancelled")
    await erp.deliver(erp.command(on_confirmed="ask"))
    assert await erp.lines("-CMT-1") == [GIFT_ROW]


@pytest.mark.parametrize("choice", ["ask", "amend"])
async def test_a_sale_in_processing_is_refused_where_the_route_says_so(
    erp: Erp, choice: str
) -> None:
    await erp.sale("processing")
    error = await refusal(erp, erp.command(on_confirmed=choice))
    assert choice in str(error.words)
    assert await erp.sales("-CMT-1") == []


async def test_an_order_tryton_does_not_know_becomes_a_quotation_with_addresses(erp: Erp) -> None:
    receipt = await erp.deliver(erp.command())
    (sale,) = await erp.sales()
    assert sale["state"] == "quotation"
    assert sale["number"] == receipt.values["sale_number"]
    assert await erp.lines() == [GIFT_ROW]


async def test_a_price_that_is_not_given_is_trytons_own(erp: Erp) -> None:
    await erp.sale()
    await erp.deliver(erp.command(lines=[gift(unit_price=None)]))
    assert (await erp.lines())[1][3] == Decimal(8900)


async def test_quotes_emoji_and_what_looks_like_a_mark_arrive_as_they_are(erp: Erp) -> None:
    await erp.sale("quotation")
    text = '送 "O\'Brien" 100% \\ 🎁 [x]\n第二行'
    command = erp.command(lines=[gift(description=text)], watermark="[hub:other:r9]")
    await erp.deliver(command)
    found = await erp.connector.find(command)
    assert (await erp.lines())[1][4] == text
    assert found is not None
    assert found.mine


# ---- refusals --------------------------------------------------------------------------------


async def test_several_sales_with_the_reference_are_refused_by_name(erp: Erp) -> None:
    first, second = await erp.sale(), await erp.sale()
    error = await refusal(erp, erp.command())
    assert str(first) in str(error)
    assert str(second) in str(error)


async def test_the_sale_of_another_customer_is_refused(erp: Erp) -> None:
    await erp.sale(customer="KH0002")
    assert "KH0002" in str(await refusal(erp, erp.command()))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"lines": [gift(product_code="P-999")]}, "P-999"),
        ({"lines": [gift(quantity="x")]}, "lines[1].quantity"),
        ({"lines": [gift(quantity="-1")]}, "lines[1].quantity"),
        ({"lines": [gift(), gift()]}, "line_no"),
        ({"commitment_no": ""}, "commitment_no"),
        ({"promised_date": "soon"}, "soon"),
    ],
    ids=["product", "no number", "negative", "twice", "empty", "no date"],
)
async def test_a_document_that_cannot_be_right_is_refused_naming_the_place(
    erp: Erp, change: dict[str, Any], named: str
) -> None:
    await erp.sale("quotation")
    assert named in str(await refusal(erp, erp.command(**change)))
    assert len(await erp.lines()) == 1


async def test_an_unknown_customer_of_a_new_order_is_refused_naming_the_code(erp: Erp) -> None:
    assert "KH9999" in str(await refusal(erp, erp.command(customer_code="KH9999")))
    assert await erp.sales() == []


async def test_a_refusal_keeps_trytons_words_and_puts_the_sale_back(erp: Erp) -> None:
    await erp.sale("confirmed")
    error = await refusal(erp, erp.command(lines=[gift(unit_price=Decimal("0.123456"))]))
    assert "0.123456" in str(error.words)
    assert error.code == "UserError"
    assert (await erp.sales())[0]["state"] == "confirmed"
    assert len(await erp.lines()) == 1


async def test_a_date_before_the_sale_is_refused_in_trytons_words_without_its_innards(
    erp: Erp,
) -> None:
    await erp.sale("processing")
    error = await refusal(erp, erp.command(lines=[], promised_date="2026-03-31"))
    assert "Shipping Date" in str(error.words)
    assert "__class__" not in str(error)


async def test_a_priced_line_in_another_currency_is_refused(erp: Erp) -> None:
    await erp.sale()
    command = erp.command(currency="USD", lines=[gift(unit_price=Decimal(5))])
    assert "USD" in str(await refusal(erp, command))


# ---- crashes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["draft", "quote", "confirm"])
async def test_a_crash_between_transitions_is_resumed(erp: Erp, step: str) -> None:
    await erp.sale("confirmed")
    notebook = Notebook(dies_at=step)
    with pytest.raises(Crash):
        await erp.deliver(erp.command(), notebook)
    unfinished = await erp.connector.find(erp.command())
    assert unfinished is None or not unfinished.mine
    await erp.deliver(erp.command(), Notebook(saved=notebook.saved))
    assert (await erp.sales())[0]["state"] == "confirmed"
    assert (await erp.lines())[1:] == [GIFT_ROW]


async def test_a_crash_on_the_way_of_a_new_order_makes_no_second_one(erp: Erp) -> None:
    with pytest.raises(Crash):
        await erp.deliver(erp.command(), Notebook(dies_at="quote"))
    await erp.deliver(erp.command())
    assert [sale["state"] for sale in await erp.sales()] == ["quotation"]
    assert await erp.lines() == [GIFT_ROW]


# ---- update and cancel -----------------------------------------------------------------------


async def test_an_update_replaces_our_lines_and_no_others(erp: Erp) -> None:
    await erp.sale("quotation")
    await erp.deliver(erp.command())
    lines = [gift(quantity=Decimal(5)), gift(line_no="2", product_code="P-200")]
    await erp.deliver(erp.command(Action.UPDATE, 2, lines=lines))
    rows = [row[:3] for row in await erp.lines()]
    assert rows == [
        ("line", "P-100", 3), ("line", "P-300", 5), ("line", "P-200", 2),
    ]  # fmt: skip
    assert (await erp.sales())[0]["state"] == "quotation"


async def test_an_older_revision_never_replaces_a_newer_one(erp: Erp) -> None:
    await erp.sale()
    await erp.deliver(erp.command(revision=2))
    assert "revision 2" in str(await refusal(erp, erp.command(lines=[gift(quantity=9)])))


async def test_an_update_of_lines_in_processing_is_for_a_person(erp: Erp) -> None:
    sale = await erp.sale("confirmed")
    await erp.deliver(erp.command())
    await erp.rpc.change("sale.sale", "process", [sale])
    await refusal(erp, erp.command(Action.UPDATE, 2, lines=[gift(quantity=9)]))
    await refusal(erp, erp.command(Action.CANCEL))
    assert (await erp.lines())[1:] == [GIFT_ROW]


@pytest.mark.parametrize("state", ["draft", "quotation", "confirmed"])
async def test_cancelling_takes_our_lines_away(erp: Erp, state: str) -> None:
    await erp.sale(state)
    receipt = await erp.deliver(erp.command())
    cancel = replace(erp.command(Action.CANCEL), external_id=receipt.external_id)
    await erp.deliver(cancel)
    again = await erp.deliver(cancel)
    found = await erp.connector.find(cancel)
    assert [row[1] for row in await erp.lines()] == ["P-100"]
    assert (await erp.sales())[0]["state"] == state
    assert again.already
    assert found is not None
    assert found.mine


async def test_a_cancel_that_crashed_is_finished_by_the_next_attempt(erp: Erp) -> None:
    await erp.sale("confirmed")
    await erp.deliver(erp.command())
    notebook = Notebook(dies_at="quote")
    with pytest.raises(Crash):
        await erp.deliver(erp.command(Action.CANCEL), notebook)
    unfinished = await erp.connector.find(erp.command(Action.CANCEL))
    assert unfinished is not None
    assert not unfinished.mine
    await erp.deliver(erp.command(Action.CANCEL), Notebook(saved=notebook.saved))
    assert (await erp.sales())[0]["state"] == "confirmed"


async def test_cancelling_a_supplementary_sale_cancels_it(erp: Erp) -> None:
    await erp.sale("processing")
    await erp.deliver(erp.command())
    await erp.deliver(erp.command(Action.CANCEL))
    assert (await erp.sales("-CMT-1"))[0]["state"] == "cancelled"
    assert await erp.connector.find(erp.command()) is None


# ---- promises without items ------------------------------------------------------------------


def dated(erp: Erp, action: Action = Action.CREATE, revision: int = 1, day: int = 30) -> Command:
    text = "交期提前"
    return erp.command(action, revision, lines=[], text=text, promised_date=f"2026-06-{day}")


@pytest.mark.parametrize("state", ["draft", "quotation", "processing"])
async def test_a_delivery_date_becomes_note_and_shipping_date(erp: Erp, state: str) -> None:
    await erp.sale(state)
    await erp.deliver(dated(erp))
    (sale,) = await erp.sales()
    assert sale["shipping_date"] == date(2026, 6, 30)
    assert "交期提前" in sale["comment"]
    assert sale["state"] == state
    assert (await erp.connector.find(dated(erp))).mine  # type: ignore[union-attr]


async def test_an_open_sale_also_shows_it_as_a_comment_line(erp: Erp) -> None:
    await erp.sale("quotation")
    await erp.deliver(dated(erp))
    assert [row[0] for row in await erp.lines()] == ["line", "comment"]


@pytest.mark.parametrize("state", ["quotation", "processing"])
async def test_cancelling_a_delivery_date_restores_the_one_before(erp: Erp, state: str) -> None:
    sale = await erp.sale("quotation", shipping_date=date(2026, 5, 1), comment="请走南门")
    await erp.deliver(dated(erp))
    await erp.deliver(dated(erp, Action.UPDATE, 2, day=25))
    if state == "processing":
        await erp.rpc.change("sale.sale", "confirm", [sale])
        await erp.rpc.change("sale.sale", "process", [sale])
    await erp.deliver(dated(erp, Action.CANCEL, 2, day=25))
    (after,) = await erp.sales()
    assert after["shipping_date"] == date(2026, 5, 1)
    assert after["comment"] == "请走南门"


# ---- finding ---------------------------------------------------------------------------------


async def test_find_proves_this_delivery_and_no_other(erp: Erp) -> None:
    await erp.sale()
    assert await erp.connector.find(erp.command()) is None
    await erp.deliver(erp.command())
    found = await erp.connector.find(erp.command())
    newer = await erp.connector.find(erp.command(Action.UPDATE, 2))
    assert found is not None
    assert newer is not None
    assert (found.mine, newer.mine) == (True, False)
    assert found.document["lines"] == [gift()]
    assert found.document["reference"] == erp.reference


async def test_find_shows_what_a_person_changed(erp: Erp) -> None:
    sale = await erp.sale()
    await erp.deliver(erp.command())
    (line,) = await erp.connector._sales.lines([["sale", "=", sale], ["note", "like", "%[hub:%"]])
    changed = {"lines": [["write", [line.id], {"quantity": 1.0}]]}
    await erp.rpc.change("sale.sale", "write", [sale], changed)
    found = await erp.connector.find(erp.command())
    assert found is not None
    assert not found.mine
    assert found.document["lines"][0]["quantity"] == 1


# ---- attachments -----------------------------------------------------------------------------


async def test_an_attachment_is_made_once_replaced_and_removed(erp: Erp) -> None:
    sale = await erp.sale()
    document = {"sale_id": sale, "name": "附件 CMT-1.pdf", "content_base64": "JVBERg=="}
    command = Command("attach_document", Action.CREATE, document, "k")
    assert await erp.connector.find(command) is None
    first, second = await erp.deliver(command), await erp.deliver(command)
    newer = replace(command, document={**document, "content_base64": "JVBERjI="})
    stale = await erp.connector.find(newer)
    await erp.deliver(newer)
    fresh = await erp.connector.find(newer)
    await erp.deliver(replace(newer, action=Action.CANCEL))
    assert (first.already, second.already) == (False, True)
    assert stale is not None
    assert fresh is not None
    assert (stale.mine, fresh.mine) == (False, True)
    assert await erp.connector.find(newer) is None


# ---- reading ---------------------------------------------------------------------------------


async def read_all(connector: TrytonConnector, stream: str, cursor: str | None = None) -> list[str]:
    ids, more = [], True
    while more:
        page = await connector.poll(stream, cursor)
        ids += [str(event.object_id) for event in page.events]
        cursor, more = page.cursor, page.more
    return ids


async def test_pages_bring_every_sale_once_also_with_equal_times(erp: Erp) -> None:
    for _ in range(5):
        await erp.sale()
    erp.connector._streams = replace(erp.connector._streams, page_size=2)
    ids = await read_all(erp.connector, "order")
    assert len(ids) == len(set(ids))
    rows = await erp.rpc.call("sale.sale", "search_read", [], 0, None, None, ["reference"])
    assert set(ids) == {f"sale.sale,{row['id']}" for row in rows}


async def test_a_later_poll_overlaps_and_sees_the_change(erp: Erp) -> None:
    sale = await erp.sale()
    page = await erp.connector.poll("order", None)
    while page.more:
        page = await erp.connector.poll("order", page.cursor)
    if isinstance(erp.clock, FixedClock):
        erp.clock.advance(timedelta(minutes=4))
    await erp.rpc.change("sale.sale", "quote", [sale])
    later = await erp.connector.poll("order", page.cursor)
    assert later.events[-1].object_id == f"sale.sale,{sale}"
    assert later.events[-1].item["state"] == "quotation"


async def test_a_sale_is_fetched_with_its_lines(erp: Erp) -> None:
    sale = await erp.sale()
    item = await erp.connector.fetch("order", f"sale.sale,{sale}")
    assert item is not None
    assert item["party"]["code"] == "KH0001"
    assert item["currency"]["code"] == "CNY"
    assert item["total_amount"] == 38400
    (line,) = item["lines"]
    assert (line["product"]["code"], line["quantity"], line["unit"]["symbol"]) == ("P-100", 3, "u")
    assert await erp.connector.fetch("order", "sale.sale,999999") is None


async def test_a_shipment_names_the_sale_it_is_for(erp: Erp) -> None:
    await erp.sale("processing")
    cursor, items = None, []
    while True:
        page = await erp.connector.poll("shipment", cursor)
        items += [event.item for event in page.events]
        cursor = page.cursor
        if not page.more:
            break
    (item,) = (item for item in items if item["sale"]["reference"] == erp.reference)
    assert item["state"] == "waiting"
    assert item["outgoing_moves"][0]["product"]["code"] == "P-100"


async def test_a_bom_shows_drawing_and_components(erp: Erp) -> None:
    page = await erp.connector.poll("bom", None)
    item = next(event.item for event in page.events if event.item["product"]["code"] == "P-100")
    assert (item["drawing_no"], item["drawing_version"]) == ("DWG-P100", "V3")
    assert item["active"] is True
    assert [(row["product"]["code"], row["quantity"]) for row in item["inputs"]] == [
        ("M-001", 1), ("M-002", 1), ("M-003", 2),
    ]  # fmt: skip


async def test_a_check_names_server_and_company(erp: Erp) -> None:
    line = await erp.connector.check()
    assert "8.0" in line
    assert "示例制造有限公司" in line


async def test_a_cursor_of_another_kind_is_refused(erp: Erp) -> None:
    with pytest.raises(ConfigError, match="no cursor"):
        await erp.connector.poll("order", "42")
