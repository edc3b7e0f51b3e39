"""What the Tryton connector writes, told against the simulator and against a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub import Action, Command
from tests.connectors.tryton_erp import GIFT_ROW, Crash, Erp, Notebook, gift, refusal

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
        ({"lines": [gift(quantity="1_5")]}, "lines[1].quantity is '1_5'"),
        ({"lines": [gift(), gift()]}, "line_no"),
        ({"commitment_no": ""}, "commitment_no"),
        ({"promised_date": "soon"}, "soon"),
    ],
    ids=["product", "no number", "negative", "grouped", "twice", "empty", "no date"],
)
async def test_a_document_that_cannot_be_right_is_refused_naming_the_place(
    erp: Erp, change: dict[str, Any], named: str
) -> None:
    await erp.sale("quotation")
    assert named in str(await refusal(erp, erp.command(**change)))
    assert len(await erp.lines()) == 1


async def test_an_id_that_is_none_of_a_sale_is_refused_by_name(erp: Erp) -> None:
    await erp.sale("quotation")
    assert "sale.sale,abc" in str(
        await refusal(erp, replace(erp.command(), external_id="sale.sale,abc"))
    )


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
