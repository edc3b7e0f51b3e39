"""What the Tryton connector finds and reads, against the simulator and against a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.erp.tryton.connector import TrytonConnector
from hub import Action, Command, ConfigError
from hub.testing import FixedClock
from tests.connectors.tryton_erp import Erp, gift

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


def attach(sale: int, name: str, content: str = "JVBERg==", **more: Any) -> Command:
    document = {"sale_id": sale, "name": name, "content_base64": content}
    return Command("attach_document", Action.CREATE, document, "k", **more)


async def test_a_new_revision_takes_the_place_of_the_annex_before_it(erp: Erp) -> None:
    sale = await erp.sale()
    first = await erp.deliver(attach(sale, "HX-1.pdf"))
    update = replace(
        attach(sale, "HX-2.pdf", "JVBERjI=", external_id=first.external_id), action=Action.UPDATE
    )
    standing = await erp.connector.find(update)
    second, again = await erp.deliver(update), await erp.deliver(update)
    assert (second.external_id, second.already, again.already) == (first.external_id, False, True)
    assert await attached(erp, sale) == ["HX-2.pdf"]
    assert standing is not None
    assert not standing.mine


async def test_an_annex_follows_its_promise_to_another_sale(erp: Erp) -> None:
    sale, other = await erp.sale(), await erp.sale()
    first = await erp.deliver(attach(sale, "HX-1.pdf"))
    update = attach(other, "HX-1.pdf", external_id=first.external_id)
    await erp.deliver(replace(update, action=Action.UPDATE))
    assert (await attached(erp, sale), await attached(erp, other)) == ([], ["HX-1.pdf"])


async def test_a_revoked_annex_is_taken_away_and_others_stay(erp: Erp) -> None:
    sale = await erp.sale()
    await erp.deliver(attach(sale, "by hand.pdf"))
    first = await erp.deliver(attach(sale, "HX-1.pdf"))
    command = Command(
        "attach_document", Action.CANCEL, {"name": "HX-1.pdf"}, "k", first.external_id
    )
    standing = await erp.connector.find(command)
    done, again = await erp.deliver(command), await erp.deliver(command)
    assert await attached(erp, sale) == ["by hand.pdf"]
    assert (done.already, again.already) == (False, True)
    assert standing is not None
    assert not standing.mine


async def test_an_annex_a_person_removed_is_made_anew(erp: Erp) -> None:
    sale = await erp.sale()
    first = await erp.deliver(attach(sale, "HX-1.pdf"))
    assert first.external_id is not None
    await erp.rpc.change("ir.attachment", "delete", [int(first.external_id.partition(",")[2])])
    update = attach(sale, "HX-2.pdf", external_id=first.external_id)
    second = await erp.deliver(replace(update, action=Action.UPDATE))
    assert second.external_id != first.external_id
    assert await attached(erp, sale) == ["HX-2.pdf"]


async def test_the_same_file_put_there_by_hand_is_taken_for_it_and_never_removed(
    erp: Erp,
) -> None:
    sale = await erp.sale()
    by_hand = await erp.deliver(attach(sale, "HX-1.pdf"))
    gone = attach(sale, "HX-1.pdf", external_id="ir.attachment,999999")
    await erp.deliver(replace(gone, action=Action.CANCEL))
    taken = await erp.deliver(replace(gone, action=Action.UPDATE))
    assert (taken.external_id, taken.already) == (by_hand.external_id, True)
    assert await attached(erp, sale) == ["HX-1.pdf"]


async def attached(erp: Erp, sale: int) -> list[str]:
    domain = [["resource", "=", f"sale.sale,{sale}"]]
    rows = await erp.rpc.call(
        "ir.attachment", "search_read", domain, 0, None, [["id", "ASC"]], ["name"]
    )
    return [row["name"] for row in rows]


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


@pytest.mark.parametrize("stream", ["order", "shipment", "bom"])
async def test_as_many_are_counted_as_pages_bring(erp: Erp, stream: str) -> None:
    await erp.sale()
    assert await erp.connector.count(stream) == len(await read_all(erp.connector, stream))


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
    assert item["shipping_date"] is None
    (line,) = item["lines"]
    assert (line["product"]["code"], line["quantity"], line["unit"]["symbol"]) == ("P-100", 3, "u")
    assert await erp.connector.fetch("order", "sale.sale,999999") is None


async def test_a_sale_shows_when_it_is_to_be_shipped(erp: Erp) -> None:
    sale = await erp.sale(sale_date=None)
    day = erp.clock.now().date() + timedelta(days=90)
    await erp.rpc.change("sale.sale", "write", [sale], {"shipping_date": day})
    item = await erp.connector.fetch("order", f"sale.sale,{sale}")
    assert item is not None
    assert item["shipping_date"] == day.isoformat()


async def test_a_series_without_a_shipping_date_shows_none(erp: Erp) -> None:
    sale = await erp.sale()
    erp.connector._streams = replace(erp.connector._streams, shipping_date_field="")
    item = await erp.connector.fetch("order", f"sale.sale,{sale}")
    assert item is not None
    assert item["shipping_date"] is None


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


async def test_polling_may_begin_at_any_instant(erp: Erp) -> None:
    everything = await read_all(erp.connector, "order")
    assert everything
    assert await read_all(erp.connector, "order", "1970-01-01T00:00:00+00:00") == everything
    assert await read_all(erp.connector, "order", "2999-01-01T00:00:00+00:00") == []
