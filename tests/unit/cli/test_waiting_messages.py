"""A message that waits for a link is seen, with the command that writes it, and goes on with it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import settings
from hub.flow import checks, lanes
from hub.flow.opening import open_flow
from hub.flow.route import route
from hub.mapping.shipped import shipped_folder

Hub = Callable[..., Any]

PLAIN = 'order_no: {from: order_no, empty: [""]}'
LOOKED_UP = "order_no: {from: order_no, lookup: wms.order -> hub.order, else: park}"


@pytest.fixture
def waiting(hub: Hub, filled: Path) -> str:
    """A message that has the warehouse's number and waits for ours; return its id."""
    shipped = shipped_folder() / "lowcode" / "lowcode-to-commitment.yaml"
    text = shipped.read_text("utf-8").partition("\ntests:")[0] + "\n"
    assert PLAIN in text
    own = filled / "mappings" / "lowcode-to-commitment.yaml"
    own.write_text(text.replace(PLAIN, LOOKED_UP), "utf-8")
    (row,) = map(
        json.loads, hub("message", "list", "--state", "waiting", "--json").out.splitlines()
    )
    hub("message", "replay", row["id"])
    asyncio.run(take_up(filled))
    return str(row["id"])


async def take_up(filled: Path) -> None:
    loaded = settings.load(filled / "hub.yaml")
    flow = open_flow(loaded, bundle=checks.load(loaded))
    flow.store.open()
    try:
        while await route(flow):
            pass
    finally:
        flow.store.close()


WORDS = "link missing: hub link set wms order OUR_HANDLE SO-2026-0456"


def test_a_waiting_message_names_the_command(hub: Hub, waiting: str) -> None:
    assert WORDS in hub("message", "show", waiting).out
    listed = json.loads(hub("message", "list", "--state", "waiting", "--json").out)
    assert (listed["state"], listed["reason"]) == ("waiting", WORDS)


def test_status_counts_it_at_the_link_it_waits_for(hub: Hub, waiting: str) -> None:
    line = r"^wms +order +SO-2026-0456 +1 *$"
    assert re.search(line, hub("status").out, re.MULTILINE)
    told = json.loads(hub("status", "--json").out)["wanted_links"]
    assert told == [{
        "connection": "wms", "kind": "order", "handle": None, "external_id": "SO-2026-0456",
        "count": 1,
    }]  # fmt: skip


def test_it_goes_on_once_the_command_is_given(hub: Hub, waiting: str) -> None:
    hub("link", "set", "wms", "order", "O-7", "SO-2026-0456")
    assert "received" in hub("message", "show", waiting).out
    assert json.loads(hub("status", "--json").out)["wanted_links"] == []


def test_a_delivery_that_lacks_our_handle_is_told_with_the_command(hub: Hub, filled: Path) -> None:
    found = json.loads(hub("delivery", "list", "--state", "dead", "--json").out)["id"]
    flow = open_flow(settings.load(filled / "hub.yaml"))
    flow.store.open()

    def park(tx: sa.Connection) -> None:
        board = flow.board(tx)
        lanes.park(board, board.load([found])[0], [board.lacking_link("wms", "customer", "77")])
        board.save()

    flow.store.write_now(park)
    flow.store.close()
    assert "hub link set wms customer OUR_HANDLE 77" in hub("delivery", "show", found).out
    told = json.loads(hub("delivery", "show", found, "--json").out)
    assert told["waits_for"][0]["link"] == {
        "connection": "wms", "kind": "customer", "handle": None, "external_id": "77"
    }  # fmt: skip


def test_the_ledger_notes_what_it_waits_for(hub: Hub, waiting: str) -> None:
    (entry,) = map(
        json.loads, hub("ledger", "list", "--kind", "message.parked", "--json").out.splitlines()
    )
    assert entry["facts"]["links"] == ["wms order OUR_HANDLE SO-2026-0456"]
