"""`hub link import` takes a table whole or not at all; `hub link set` says what was before."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import xlsxwriter

from hub import admin, settings
from hub.cli.session import reading
from hub.flow import lanes, link_survey, links
from hub.flow.opening import open_flow
from hub.language import Language
from hub.store import payloads, views

Hub = Callable[..., Any]
Write = Callable[..., Path]

HEADER = "connection,kind,handle,external_id"


@pytest.fixture
def write(filled: Path) -> Write:
    """Write a table beside the hub's settings, a row a line."""

    def table(*lines: str) -> Path:
        path = filled / "links.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return table


def customers(hub: Hub) -> dict[str, str]:
    """Return handle → id of all customers that are linked."""
    rows = map(json.loads, hub("link", "list", "--kind", "customer", "--json").out.splitlines())
    return {row["handle"]: row["external_id"] for row in rows if row["alive"]}


def entries(hub: Hub) -> list[dict[str, Any]]:
    ran = hub("ledger", "list", "--kind", "link", "--json")
    return [json.loads(line) for line in ran.out.splitlines()]


# ---- set, list -------------------------------------------------------------------------------


def test_setting_a_link_anew_says_what_it_was_before(hub: Hub, filled: Path) -> None:
    first = hub("link", "set", "wms", "customer", "C-1042", "77")
    again = hub("link", "set", "wms", "customer", "C-1042", "77")
    other = hub("link", "set", "wms", "customer", "C-1042", "78")
    assert first.out == again.out == "wms customer C-1042 is 77.\n"
    assert other.out == "wms customer C-1042: 77 → 78\n"
    assert customers(hub) == {"C-1042": "78"}
    assert [one["facts"].get("before") for one in entries(hub)] == ["77", "77", None]


def test_a_link_that_has_no_room_is_refused(hub: Hub, filled: Path) -> None:
    ran = hub("link", "set", "wms", "customer", "C" * 256, "77")
    assert (ran.code, customers(hub)) == (2, {})
    assert "A link's handle has 1 to 255 characters." in ran.err


def test_links_are_listed_by_our_number(hub: Hub, filled: Path) -> None:
    for handle in ("C-1", "C-2"):
        hub("link", "set", "wms", "customer", handle, f"id-{handle}")
    (row,) = hub("link", "list", "--handle", "C-2", "--json").out.splitlines()
    assert json.loads(row)["external_id"] == "id-C-2"


# ---- what waits for one ----------------------------------------------------------------------


@pytest.fixture
def waiting(hub: Hub, filled: Path) -> str:
    """A delivery that waits for the link of customer C-9; return its id."""
    found = json.loads(hub("delivery", "list", "--state", "dead", "--json").out)["id"]
    flow = open_flow(settings.load(filled / "hub.yaml"))
    flow.store.open()

    def park(tx: sa.Connection) -> None:
        board = flow.board(tx)
        lanes.park(board, board.load([found])[0], [board.empty_link("wms", "customer", "C-9")])
        board.save()

    flow.store.write_now(park)
    flow.store.close()
    return str(found)


def test_what_a_delivery_waits_for_is_told_with_the_command_that_writes_it(
    hub: Hub, waiting: str
) -> None:
    words = "hub link set wms customer C-9 ID"
    assert words in hub("delivery", "show", waiting).out
    assert words in hub("trace", "CM-2026-000124").out
    told = json.loads(hub("delivery", "show", waiting, "--json").out)
    assert told["waits_for"][0]["link"] == {
        "connection": "wms", "kind": "customer", "handle": "C-9", "external_id": None
    }  # fmt: skip


def test_status_names_the_links_that_deliveries_wait_for(hub: Hub, waiting: str) -> None:
    assert re.search(r"^wms +customer +C-9 +1 *$", hub("status").out, re.MULTILINE)
    told = json.loads(hub("status", "--json").out)["wanted_links"]
    assert told == [{
        "connection": "wms", "kind": "customer", "handle": "C-9", "external_id": None, "count": 1
    }]  # fmt: skip
    hub("link", "set", "wms", "customer", "C-9", "77")
    assert json.loads(hub("status", "--json").out)["wanted_links"] == []


# ---- import ----------------------------------------------------------------------------------


def test_a_table_is_written_in_one_action_and_told(hub: Hub, write: Write) -> None:
    hub("link", "set", "wms", "customer", "C-1", "11")
    hub("link", "set", "wms", "customer", "C-2", "22")
    file = write(HEADER, "wms,customer,C-1,11", "wms,customer,C-2,23", "crm,customer,C-3,33")
    ran = hub("link", "import", file)
    assert ran.out == ("wms customer C-2: 22 → 23\nLinks: 1 new, 1 changed, 1 unchanged.\n")
    assert customers(hub) == {"C-1": "11", "C-2": "23", "C-3": "33"}
    entry = entries(hub)[0]
    assert entry["kind"] == "link.imported"
    overwritten = entry["facts"].pop("overwritten")
    assert entry["facts"] == {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "new": 1, "changed": 1, "unchanged": 1,
    }  # fmt: skip
    with reading(settings.load(file.with_name("hub.yaml")).store, Language.EN) as store:
        assert store.read_now(payloads.document, overwritten) == {"overwritten": [{
            "connection": "wms", "kind": "customer", "handle": "C-2",
            "external_id": "23", "before": "22",
        }]}  # fmt: skip
    assert entry["actor"].startswith("os:")


def test_a_table_written_already_changes_nothing_and_leaves_no_entry(
    hub: Hub, write: Write
) -> None:
    file = write(HEADER, "wms,customer,C-1,11")
    hub("link", "import", file)
    assert hub("link", "import", file).out == "Links: 0 new, 0 changed, 1 unchanged.\n"
    assert len(entries(hub)) == 1


def test_a_dry_run_says_all_and_writes_nothing(hub: Hub, write: Write) -> None:
    hub("link", "set", "wms", "customer", "C-1", "11")
    file = write(HEADER, "wms,customer,C-1,12", "wms,customer,C-2,22")
    ran = hub("link", "import", file, "--dry-run")
    assert ran.out == (
        "wms customer C-1: 11 → 12\n"
        "Nothing was written. Links: 1 would be new, 1 changed, 0 unchanged.\n"
    )
    assert customers(hub) == {"C-1": "11"}
    assert [one["kind"] for one in entries(hub)] == ["link.set"]


def test_a_dry_run_counts_what_the_import_does(hub: Hub, write: Write, waiting: str) -> None:
    hub("link", "set", "wms", "customer", "C-1", "11")
    file = write(HEADER, "wms,customer,C-1,11", "wms,customer,C-9,99", "wms,customer,C-2,22")
    counts = {"new": 2, "changed": 0, "unchanged": 1}
    for more in (["--dry-run"], []):
        told = json.loads(hub("link", "import", file, *more, "--json").out)
        assert (told["counts"], told["changed"]) == (counts, [])
    assert customers(hub) == {"C-1": "11", "C-2": "22", "C-9": "99"}
    assert json.loads(hub("delivery", "show", waiting, "--json").out)["waits_for"] == []


def test_a_link_that_was_written_meanwhile_is_seen(filled: Path) -> None:
    given = [links.Named("wms", "customer", one, f"id-{one}") for one in ("C-1", "C-2")]
    flow = open_flow(settings.load(filled / "hub.yaml"))
    flow.store.open()
    try:
        survey = flow.store.read_now(link_survey.look, flow, given)
        other = links.Named("wms", "customer", "C-2", "other")
        flow.store.write_now(links.set_link, flow, other, "os:me")
        told = flow.store.write_now(
            links.import_links, flow, given, "0" * 64, "os:me", dry_run=False, survey=survey
        )
        rows = flow.store.read_now(lambda tx: views.links(tx, kind="customer"))
    finally:
        flow.store.close()
    assert told["counts"] == {"new": 1, "changed": 1, "unchanged": 0}
    assert {row["handle"]: row["external_id"] for row in rows} == {"C-1": "id-C-1", "C-2": "id-C-2"}


def test_an_id_that_several_would_have_is_told_before_anything_is_written(
    hub: Hub, write: Write
) -> None:
    hub("link", "set", "wms", "customer", "C-1", "11")
    hub("link", "set", "wms", "customer", "C-4", "44")
    file = write(
        HEADER, "wms,customer,C-2,22", "wms,customer,C-3,22", "wms,customer,C-9,11",
        "wms,customer,C-4,45", "wms,customer,C-5,44",
    )  # fmt: skip
    ran = hub("link", "import", file, "--dry-run")
    assert ran.err.splitlines() == [
        "Warning: wms customer 11 would be the id of several: C-1, C-9.",
        "Warning: wms customer 22 would be the id of several: C-2, C-3.",
    ]
    shared = json.loads(hub("link", "import", file, "--json").out)["shared"]
    assert [one["handles"] for one in shared] == [["C-1", "C-9"], ["C-2", "C-3"]]


def test_of_many_faults_the_first_are_told_and_all_are_counted(hub: Hub, write: Write) -> None:
    ran = hub("link", "import", write(HEADER, *(f"wsm,customer,C-{n},1" for n in range(60))))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 51
    assert ran.err.endswith("60 fault(s); the first 50 are shown.\n")


def test_connection_and_kind_may_come_from_the_command(hub: Hub, write: Write) -> None:
    file = write("external_id;name;handle", "11;苏州恒力;C-1")
    ran = hub("link", "import", file, "--connection", "wms", "--kind", "customer", "--json")
    assert json.loads(ran.out) == {
        "changed": [], "counts": {"changed": 0, "new": 1, "unchanged": 0}, "dry_run": False,
        "shared": [],
    }  # fmt: skip
    assert customers(hub) == {"C-1": "11"}


def test_every_fault_of_a_table_is_told_and_nothing_is_written(hub: Hub, write: Write) -> None:
    file = write(
        HEADER,
        "wsm,customer,C-1,11",
        "wms,customer,C-2,22",
        "wms,,C-3,",
        "wms,customer,C-2,22",
        "crm,customer,C-4,44",
        f"wms,a customer,{'C' * 256},55",
    )
    ran = hub("link", "import", file, "--connection", "wms")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        f"{file}:2:1  E116 connection is wsm, not wms as the command says.",
        f"{file}:4:2  E116 kind is empty.",
        f"{file}:4:4  E116 external_id is empty.",
        f"{file}:5:3  E116 C-2 stands in line 3 already. Remove one of the two.",
        f"{file}:6:1  E116 connection is crm, not wms as the command says.",
        f"{file}:7:2  E116 a customer is no kind: use letters, digits, - and _.",
        f"{file}:7:3  E116 handle has more than 255 characters.",
        "7 fault(s).",
    ]
    assert customers(hub) == {}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([HEADER, "wsm,customer,C-1,11"], ":2:1  E116 hub.yaml has no connection wsm. Did you"),
        (["connection,kind,handle"], ":1  E116 The column external_id is missing."),
        ([HEADER, "wms,customer,C-1,11,12"], ":2:5  E116 The row has 5 cells"),
        ([""], "  E116 The table is empty."),
    ],
    ids=["connection", "column", "cells", "empty"],
)
def test_a_fault_names_its_place(hub: Hub, write: Write, lines: list[str], fault: str) -> None:
    file = write(*lines)
    ran = hub("link", "import", file)
    assert ran.code == 2
    assert ran.err.startswith(f"{file}{fault}")
    assert ran.err.endswith("1 fault(s).\n")


def test_a_workbook_is_imported_like_a_table(hub: Hub, filled: Path) -> None:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["connection", "kind", "handle", "external_id"])
    page.write_row(1, 0, ["wms", "customer", "C-1", 11])
    book.close()
    (filled / "links.xlsx").write_bytes(data.getvalue())
    assert hub("link", "import", filled / "links.xlsx").code == 0
    assert customers(hub) == {"C-1": "11"}


def test_a_file_that_is_not_there_and_a_connection_nobody_configured_are_refused(
    hub: Hub, write: Write
) -> None:
    gone = hub("link", "import", "gone.csv")
    unknown = hub("link", "import", write(HEADER), "--connection", "wsm")
    assert (gone.code, unknown.code) == (2, 2)
    assert "gone.csv cannot be read: No such file or directory" in gone.err
    assert "has no connection wsm" in unknown.err


async def test_a_running_daemon_takes_the_table(hub: Hub, write: Write, filled: Path) -> None:
    file = write(HEADER, "wms,customer,C-1,11")
    loaded = settings.load(filled / "hub.yaml")
    path = admin.socket_path(loaded)
    assert path is not None
    flow = open_flow(loaded)
    flow.store.open()
    try:
        server = await admin.serve(flow, path)
        ran = await asyncio.to_thread(hub, "link", "import", file)
        server.close()
    finally:
        flow.store.close()
    assert (ran.code, ran.out) == (0, "Links: 1 new, 0 changed, 0 unchanged.\n")
    assert customers(hub) == {"C-1": "11"}


async def test_a_running_daemon_takes_the_largest_table(hub: Hub, filled: Path) -> None:
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["handle", "external_id"])
    for row in range(1, 10_000):
        page.write_row(row, 0, [f"{row}{'客' * 245}", f"{row}{'户' * 245}"])
    book.close()
    (filled / "links.xlsx").write_bytes(data.getvalue())
    loaded = settings.load(filled / "hub.yaml")
    path = admin.socket_path(loaded)
    assert path is not None
    flow = open_flow(loaded)
    flow.store.open()
    try:
        server = await admin.serve(flow, path)
        command = ("link", "import", filled / "links.xlsx", "--connection", "wms", "--kind", "x")
        ran = await asyncio.to_thread(hub, *command)
        server.close()
    finally:
        flow.store.close()
    assert (ran.code, ran.out) == (0, "Links: 9999 new, 0 changed, 0 unchanged.\n")
