"""Deciding: what a person does is done, in the ledger under their name, or refused with 1."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hub = Callable[..., Any]

DELIVERED, REFUSED = "CM-2026-000123", "CM-2026-000124"


def one(hub: Hub, number: str) -> dict[str, Any]:
    """Return the newest delivery of a record."""
    return json.loads(hub("delivery", "list", "--record", number, "--json").out.splitlines()[0])


def told(hub: Hub, number: str) -> dict[str, Any]:
    return json.loads(hub("trace", number, "--json").out)["records"][0]


def entries(hub: Hub, kind: str) -> list[dict[str, Any]]:
    hub("ledger", "verify", "--seal")
    found = map(json.loads, hub("ledger", "export").out.splitlines())
    return [entry for entry in found if entry["kind"] == kind]


@pytest.fixture
def dead(hub: Hub, filled: Path) -> str:
    return str(one(hub, REFUSED)["id"])[-8:]


def test_a_dead_delivery_is_retried_under_the_name_of_who_did_it(hub: Hub, dead: str) -> None:
    ran = hub("delivery", "retry", dead)
    assert ran.code == 0
    assert "is now ready" in ran.out
    assert one(hub, REFUSED)["state"] == "ready"
    assert [entry["actor"] for entry in entries(hub, "delivery.retried")] == [
        f"os:{getpass.getuser()}"
    ]


def test_retrying_with_the_latest_mapping_gives_a_new_key(hub: Hub, dead: str) -> None:
    before = told(hub, REFUSED)["deliveries"][0]["key"]
    assert hub("delivery", "retry", dead, "--latest").code == 0
    assert told(hub, REFUSED)["deliveries"][0]["key"] != before


def test_an_edited_document_replaces_the_old_one_exactly(
    hub: Hub, dead: str, tmp_path: Path
) -> None:
    document = json.loads(hub("delivery", "show", dead, "--document", "--personal").out)
    document["orderLines"][0]["planQty"] = 9
    file = tmp_path / "new.json"
    file.write_text(
        json.dumps(document, ensure_ascii=False).replace('"113.05"', "113.050"), "utf-8"
    )
    assert hub("delivery", "edit", dead, "--file", file).code == 0
    now = json.loads(hub("delivery", "show", dead, "--document", "--personal").out)
    assert now["orderLines"][0]["planQty"] == 9
    assert now["orderLines"][0]["actualPrice"] == "113.050"
    assert now["deliveryOrder"]["receiverInfo"]["mobile"] == "13000000001"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\n  'a': 1}", "new.json:2: not JSON"),
        ("[1, 2]", "must be a JSON object"),
        ('{"name": "***"}', "came from a masked view"),
        ('{"price": NaN}', "not JSON: NaN"),
        ('{"price": -Infinity}', "not JSON: -Infinity"),
        (None, "cannot be read"),
    ],
    ids=["not-json", "no-object", "masked", "nan", "infinity", "missing"],
)
def test_a_bad_document_is_refused_and_nothing_changes(
    hub: Hub, dead: str, tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "new.json"
    if text is not None:
        file.write_text(text, "utf-8")
    ran = hub("delivery", "edit", dead, "--file", file)
    assert ran.code == 2
    assert words in ran.err
    assert one(hub, REFUSED)["state"] == "dead"


@pytest.mark.parametrize(("verb", "state"), [("skip", "skipped"), ("cancel", "cancelled")])
def test_a_dead_delivery_is_closed_with_the_reason(
    hub: Hub, dead: str, verb: str, state: str
) -> None:
    ran = hub("delivery", verb, dead, "--reason", "done by telephone")
    assert ran.code == 0
    row = one(hub, REFUSED)
    assert (row["state"], row["words"]) == (state, "done by telephone")
    assert len(entries(hub, f"delivery.{state}_by_person")) == 1


def test_what_was_made_by_hand_is_linked_by_the_id_that_is_named(hub: Hub, dead: str) -> None:
    ran = hub("delivery", "skip", dead, "--reason", "by hand", "--external-id", "WMS-7")
    assert ran.code == 0
    row = one(hub, REFUSED)
    assert (row["state"], row["external_id"]) == ("skipped", "WMS-7")
    links = [json.loads(line) for line in hub("link", "list", "--json").out.splitlines()]
    assert (REFUSED, "WMS-7", True) in [
        (link["handle"], link["external_id"], link["alive"]) for link in links
    ]
    [entry] = entries(hub, "delivery.skipped_by_person")
    assert entry["facts"]["external_id"] == "WMS-7"


@pytest.mark.parametrize("verb", ["skip", "cancel"])
def test_closing_needs_a_reason(hub: Hub, dead: str, verb: str) -> None:
    assert hub("delivery", verb, dead).code == 2
    assert one(hub, REFUSED)["state"] == "dead"


@pytest.mark.parametrize(
    "decision",
    [["retry"], ["skip", "--reason", "x"], ["cancel", "--reason", "x"]],
    ids=lambda x: x[0],
)
def test_what_is_delivered_is_not_decided_again(
    hub: Hub, filled: Path, decision: list[str]
) -> None:
    row = one(hub, DELIVERED)
    ran = hub("delivery", decision[0], row["id"], *decision[1:])
    assert (ran.code, ran.out) == (1, "")
    assert "delivered" in ran.err
    assert one(hub, DELIVERED) == row


def test_a_failed_message_is_taken_up_again(hub: Hub, filled: Path) -> None:
    failed = json.loads(hub("message", "list", "--state", "failed", "--json").out)
    ran = hub("message", "replay", failed["id"])
    assert (ran.code, ran.out) == (0, f"Message {failed['id']} is now received.\n")
    assert hub("message", "list", "--state", "failed", "--json").out == ""


def test_a_failed_message_is_set_aside_with_the_reason(hub: Hub, filled: Path) -> None:
    failed = json.loads(hub("message", "list", "--state", "failed", "--json").out)
    ran = hub("message", "ignore", failed["id"], "--reason", "a test item")
    assert (ran.code, ran.out) == (0, f"Message {failed['id']} is now ignored.\n")
    assert "已搁置：a test item" in hub("--lang", "zh", "message", "show", failed["id"]).out
    again = hub("message", "ignore", failed["id"], "--reason", "once more")
    assert (again.code, "is ignored" in again.err) == (1, True)


def test_a_routed_message_is_not_replayed(hub: Hub, filled: Path) -> None:
    routed = json.loads(hub("message", "list", "--state", "routed", "--json").out.splitlines()[0])
    ran = hub("message", "replay", routed["id"])
    assert ran.code == 1
    assert "nothing is left to replay" in ran.err


def test_a_connection_is_paused_and_goes_on(hub: Hub, filled: Path) -> None:
    assert hub("connection", "pause", "wms", "--reason", "stock-taking").out == "wms is paused.\n"
    assert hub("connection", "pause", "wms").out == "wms was paused already.\n"
    paused = [
        row
        for row in map(json.loads, hub("connection", "list", "--json").out.splitlines())
        if row["state"] == "paused"
    ]
    assert [(row["name"], row["reason"]) for row in paused] == [("wms", "stock-taking")]
    assert re.search(r"^For a person: .*\bpaused 1\b", hub("status").out, re.MULTILINE)
    assert hub("connection", "resume", "wms").out == "wms goes on.\n"
    assert hub("connection", "resume", "wms").out == "wms was not paused.\n"


@pytest.mark.parametrize(
    "command",
    [
        ["connection", "pause", "wsm"],
        ["poll", "wsm"],
        ["poll", "wms", "--stream", "shipment"],
        ["link", "set", "wsm", "customer", "C-1", "77"],
    ],
    ids=" ".join,
)
def test_an_action_on_what_is_not_configured_ends_with_2(
    hub: Hub, filled: Path, command: list[str]
) -> None:
    ran = hub(*command)
    assert ran.code == 2
    assert "wms" in ran.err


def test_polling_what_cannot_be_reached_ends_with_4(hub: Hub, filled: Path) -> None:
    ran = hub("poll", "crm", "--stream", "commitment")
    assert (ran.code, ran.out) == (4, "")
    assert "crm" in ran.err


def test_a_link_is_set_and_listed(hub: Hub, filled: Path) -> None:
    ran = hub("link", "set", "wms", "customer", "C-1042", "77")
    assert ran.code == 0
    links = [json.loads(line) for line in hub("link", "list", "--json").out.splitlines()]
    assert ("customer", "C-1042", "77") in [
        (link["kind"], link["handle"], link["external_id"]) for link in links
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["connection", "pause", "wms"],
        ["ledger", "verify", "--seal"],
        ["message", "list"],
        ["status"],
    ],
    ids=" ".join,
)
def test_a_store_that_is_not_there_ends_with_4_and_is_not_made(
    hub: Hub, empty: Path, command: list[str]
) -> None:
    ran = hub("--config", empty, *command)
    assert (ran.code, ran.out) == (4, "")
    assert "hub store upgrade" in ran.err
    assert not (empty.parent / "hub.db").exists()
