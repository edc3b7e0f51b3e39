"""What the API shows, and to whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from api_site import ALSO_DEAD, DEAD, PHONE, Site

from hub.cli.states import MessageState as CommandLineState
from hub.store import tables as t
from hub.store.rows import FINAL, OPEN
from hub.web.api.values import DeliveryState, MessageState

LISTS = ("messages", "deliveries", "records", "links")


async def all_pages(site: Site, path: str, limit: int, person: str = "ops") -> list[list[str]]:
    """Return the ids of each page."""
    pages, cursor = [], None
    while True:
        params = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        page = (await site.get(path, person, params=params)).json()
        pages.append([row["id"] for row in page["items"]])
        cursor = page["next"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("path", LISTS)
async def test_pages_hold_every_row_once_the_newest_first(site: Site, path: str) -> None:
    pages = await all_pages(site, path, 2)
    found = [one for page in pages for one in page]
    whole = (await site.get(path, params={"limit": 200})).json()
    assert all(len(page) == 2 for page in pages[:-1])
    assert found == [row["id"] for row in whole["items"]]
    assert found == sorted(set(found), reverse=True)
    assert whole["next"] is None


async def test_rows_that_come_meanwhile_move_no_page(site: Site) -> None:
    first = (await site.get("records", params={"limit": 2})).json()
    (row,) = site.rows(t.record, t.record.c.number == DEAD)
    site.change(sa.insert(t.record).values({**row._mapping, "id": "f" * 32, "number": "NEW"}))
    second = (await site.get("records", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["number"] for one in first["items"] + second["items"]] == [
        f"CM-2026-00000{number}" for number in (4, 3, 2, 1)
    ]


@pytest.mark.parametrize(
    "changed",
    [
        lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        lambda cursor: ("A" if cursor[0] != "A" else "B") + cursor[1:],
        lambda cursor: cursor[:20],
        lambda cursor: "",
        lambda cursor: "é",
        lambda cursor: cursor + "=",
    ],
    ids=["end", "beginning", "cut", "empty", "not-ascii", "padded"],
)
async def test_a_changed_cursor_is_refused_and_named(site: Site, changed: Any) -> None:
    cursor = (await site.get("messages", params={"limit": 1})).json()["next"]
    answer = await site.get("messages", params={"limit": 1, "cursor": changed(cursor)})
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("#bad-request")
    assert changed(cursor) in answer.json()["detail"]


async def test_a_cursor_is_of_one_list_with_its_filters(site: Site) -> None:
    cursor = (await site.get("messages", params={"limit": 1})).json()["next"]
    assert (await site.get("records", params={"cursor": cursor})).status_code == 400
    other = {"cursor": cursor, "state": "routed"}
    assert (await site.get("messages", params=other)).status_code == 400
    assert (await site.get("messages", params={"cursor": cursor, "limit": 7})).status_code == 200


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"state": "dead"}, 2),
        ({"state": "dead", "connection": "wms"}, 0),
        ({"reason": "rejected"}, 2),
        ({"number": DEAD}, 3),
        ({"number": DEAD, "connection": "erp"}, 1),
        ({"since": "2026-06-01T09:00:00+08:00"}, 9),
        ({"since": "2026-06-01T09:00:01+08:00"}, 0),
    ],
    ids=str,
)
async def test_deliveries_are_found_by_what_they_are(
    site: Site, asked: dict[str, str], expected: int
) -> None:
    page = (await site.get("deliveries", params=asked)).json()
    assert len(page["items"]) == expected


@pytest.mark.parametrize(
    ("path", "asked", "place"),
    [
        ("deliveries", {"limit": "0"}, "query.limit"),
        ("deliveries", {"limit": "201"}, "query.limit"),
        ("deliveries", {"limit": "many"}, "query.limit"),
        ("deliveries", {"state": "deaf"}, "query.state"),
        ("deliveries", {"stat": "dead"}, "query.stat"),
        ("deliveries", {"since": "2026-06-01T08:00:00"}, "query.since"),
        ("deliveries", {"since": "yesterday"}, "query.since"),
        ("deliveries", {"number": "a\x00b"}, "query.number"),
        ("records", {"number": "x" * 256}, "query.number"),
        ("ledger", {"since": "-1"}, "query.since"),
        ("deliveries/XYZ", {}, "path.id"),
    ],
    ids=str,
)
async def test_a_wrong_value_is_named_with_its_place_in_both_languages(
    site: Site, path: str, asked: dict[str, str], place: str
) -> None:
    answer = await site.get(path, params=asked)
    (fault,) = answer.json()["faults"]
    assert answer.status_code == 422
    assert fault["place"] == place
    assert place in fault["sentences"]["en"]
    assert fault["sentences"]["zh"] != fault["sentences"]["en"]


async def test_one_delivery_is_shown_with_its_document_and_attempts(site: Site) -> None:
    one = site.dead()[0]
    answer = await site.get(f"deliveries/{one}")
    told = answer.json()
    assert (told["number"], told["state"], told["reason"]) == (DEAD, "dead", "rejected")
    assert told["payload"]["document"]["lines"]
    assert told["attempts"][0]["outcome"] == "rejected"
    assert answer.headers["etag"].strip('"')


async def test_the_trace_tells_every_record_of_a_number(site: Site) -> None:
    told = (await site.get(f"trace/{DEAD}")).json()
    (record,) = told["records"]
    assert [one["connection"] for one in record["deliveries"]] == ["erp", "wms", "crm"]
    assert record["ledger"]


async def test_a_number_may_hold_what_an_address_does_not(site: Site) -> None:
    odd = "HT/2026?单号 #1%"
    site.change(sa.update(t.record).where(t.record.c.number == DEAD).values(number=odd))
    answer = await site.get(f"trace/{quote(odd, safe='')}")
    assert answer.json()["number"] == odd


async def test_nothing_that_is_answered_is_kept_on_the_way(site: Site) -> None:
    for path in ("me", "ledger", "no/such/place", f"trace/{DEAD}"):
        answer = await site.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_personal_data_is_masked_until_an_operator_asks_and_that_is_noted(
    site: Site,
) -> None:
    (row,) = site.rows(t.record, t.record.c.number == DEAD)
    for path in (f"records/{row.id}", f"trace/{DEAD}", f"messages/{site.rows(t.message)[0].id}"):
        assert PHONE not in (await site.get(path)).text
        assert PHONE in (await site.get(path, params={"personal": "true"})).text
    noted = [one.facts["action"] for one in site.entries("action.done")]
    assert noted == ["personal.show"] * 3
    refused = await site.get(f"trace/{DEAD}", "viewer", params={"personal": "true"})
    assert refused.status_code == 403
    assert len(site.entries("action.refused")) == 1


async def test_connections_tell_what_stops_them(site: Site) -> None:
    await site.post("connections/wms/pause", {"reason": "Stock-taking"})
    found = {one["name"]: one for one in (await site.get("connections")).json()}
    assert sorted(found) == ["crm", "erp", "wms"]
    assert (found["wms"]["state"], found["wms"]["reason"]) == ("paused", "Stock-taking")
    assert found["wms"]["paused_by"] == "person:ops"
    assert found["erp"]["state"] == "open"


async def test_the_ledger_comes_as_lines_from_any_place_on(site: Site) -> None:
    answer = await site.get("ledger")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [one["seq"] for one in lines] == list(range(1, len(lines) + 1))
    assert len(lines) > 10
    rest = (await site.get("ledger", params={"since": len(lines) - 2})).text.splitlines()
    assert [json.loads(line)["seq"] for line in rest] == [len(lines) - 1, len(lines)]
    assert (await site.get("ledger", params={"since": len(lines)})).text == ""


# ---- whose records ---------------------------------------------------------------------------


async def test_who_sees_only_own_records_finds_nothing_of_others_in_any_list(site: Site) -> None:
    theirs = {row.id for row in site.rows(t.record, t.record.c.owner != "王芳")}
    (own,) = site.rows(t.record, t.record.c.owner == "王芳")
    for path in ("messages", "deliveries", "links"):
        rows = (await site.get(path, "own")).json()["items"]
        assert rows, path
        assert ALSO_DEAD in json.dumps(rows) or own.id in json.dumps(rows)
        assert not [one for one in theirs if one in json.dumps(rows)]
    assert [one["id"] for one in (await site.get("records", "own")).json()["items"]] == [own.id]


async def test_what_is_out_of_sight_is_not_there_and_nothing_hints_at_it(site: Site) -> None:
    hidden, seen = site.dead()
    (record,) = site.rows(t.record, t.record.c.number == DEAD)
    message = site.delivery(hidden).message_id
    for path in (
        f"deliveries/{hidden}", f"records/{record.id}", f"messages/{message}", f"trace/{DEAD}",
        "trace/CM-2026-00000",
    ):  # fmt: skip
        answer = await site.get(path, "own")
        assert answer.status_code == 404, path
        assert "CM-2026-000003" not in answer.text
    assert (await site.get(f"deliveries/{seen}", "own")).status_code == 200
    assert (await site.get(f"trace/{ALSO_DEAD}", "own")).status_code == 200


async def test_what_is_out_of_sight_cannot_be_decided_about(site: Site) -> None:
    hidden, seen = site.dead()
    assert (await site.post(f"deliveries/{hidden}/retry", {}, "own")).status_code == 404
    assert site.delivery(hidden).state == "dead"
    message = site.delivery(hidden).message_id
    assert (await site.post(f"messages/{message}/replay", None, "own")).status_code == 404
    assert (await site.post(f"deliveries/{seen}/retry", {}, "own")).status_code == 200


async def test_the_ledger_is_not_for_who_sees_only_own_records(site: Site) -> None:
    assert (await site.get("ledger", "own")).status_code == 403


async def test_times_are_told_with_their_zone(site: Site) -> None:
    (row, *_) = (await site.get("messages")).json()["items"]
    assert datetime.fromisoformat(row["received_at"]) == datetime(2026, 6, 1, 1, tzinfo=UTC)


def test_every_state_can_be_asked_for() -> None:
    assert set(get_args(DeliveryState)) == OPEN | FINAL
    assert set(get_args(MessageState)) == set(CommandLineState)
