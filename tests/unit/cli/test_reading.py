"""Looking: listings, single things, the whole story of a number."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store import engine, ledger, views
from hub.store import tables as t

Hub = Callable[..., Any]

DELIVERED, REFUSED, WAITING = "CM-2026-000123", "CM-2026-000124", "CM-2026-000125"
#: What stands in the messages and must not be shown unasked.
PERSONAL = ("13000000001", "样本街2号", "收货人")

LISTINGS = [
    ["message", "list"], ["delivery", "list"], ["record", "list"], ["link", "list"],
    ["connection", "list"], ["connector", "list"], ["map", "list"], ["ledger", "export"],
    ["ledger", "list", "--days", "36500"],
]  # fmt: skip


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def delivery_id(hub: Hub, number: str) -> str:
    found = objects(hub("delivery", "list", "--record", number, "--json").out)
    return str(found[0]["id"])


@pytest.mark.parametrize("command", LISTINGS, ids=" ".join)
def test_every_listing_gives_one_json_object_per_line(
    hub: Hub, filled: Path, command: list[str]
) -> None:
    json_flag = [] if command == ["ledger", "export"] else ["--json"]
    ran = hub(*command, *json_flag)
    assert ran.code == 0
    assert ran.err == ""
    assert objects(ran.out)


@pytest.mark.parametrize(
    ("command", "count"),
    [
        (["message", "list", "--state", "failed"], 1),
        (["message", "list", "--state", "routed", "--connection", "crm"], 2),
        (["message", "list", "--connection", "wms"], 0),
        (["message", "list", "--limit", "3"], 3),
        (["delivery", "list", "--state", "dead"], 1),
        (["delivery", "list", "--record", DELIVERED], 1),
        (["delivery", "list", "--connection", "crm"], 0),
        (["record", "list", "--kind", "commitment"], 3),
        (["record", "list", "--kind", "contract"], 0),
        (["link", "list", "--connection", "wms"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_listings_are_filtered(hub: Hub, filled: Path, command: list[str], count: int) -> None:
    assert len(objects(hub(*command, "--json").out)) == count


def test_a_table_shows_the_newest_first_with_typeable_ids(hub: Hub, filled: Path) -> None:
    lines = hub("delivery", "list").out.splitlines()
    assert lines[0].split()[:2] == ["id", "number"]
    assert [line.split()[1] for line in lines[1:]] == [REFUSED, DELIVERED]
    assert hub("delivery", "show", lines[1].split()[0]).code == 0


def test_an_empty_listing_says_so(hub: Hub, filled: Path) -> None:
    assert hub("message", "list", "--connection", "nobody").out == "Nothing to show.\n"


@pytest.mark.parametrize(
    "command",
    [
        ["message", "list", "--state", "lost"],
        ["delivery", "list", "--state", "gone"],
        ["delivery", "list", "--limit", "0"],
        ["delivery", "list", "--limit", "many"],
        ["delivery", "list", "--colour", "red"],
        ["record", "list", "--kind", "comitment"],
        ["--lang", "fr", "status"],
        ["deliver", "list"],
        ["delivery", "show"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(hub: Hub, filled: Path, command: list[str]) -> None:
    ran = hub(*command)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err


# ---- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [6, 12, 32])
def test_a_delivery_is_found_by_the_ending_of_its_id(hub: Hub, filled: Path, length: int) -> None:
    whole = delivery_id(hub, DELIVERED)
    ran = hub("delivery", "show", whole[-length:].upper(), "--json")
    assert json.loads(ran.out)["id"] == whole


@pytest.mark.parametrize("given", ["abcdef", "123", "0" * 32, "no id at all", "%%%%%%", "______"])
@pytest.mark.parametrize("what", ["message", "delivery"])
def test_an_id_that_is_not_there_ends_with_1(hub: Hub, filled: Path, what: str, given: str) -> None:
    ran = hub(what, "show", given)
    assert (ran.code, ran.out) == (1, "")
    assert f"There is no {what} {given}" in ran.err
    assert f"hub {what} list" in ran.err


def test_an_ending_of_several_ids_lists_the_candidates(hub: Hub, filled: Path) -> None:
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    ids = [f"{first}{'0' * 25}abcdef" for first in "ab"]
    with store.engine.begin() as tx:
        row = dict(tx.execute(t.message.select().limit(1)).mappings().one())
        tx.execute(t.message.insert(), [{**row, "id": one} for one in ids])
    store.close()
    ran = hub("message", "show", "abcdef")
    assert ran.code == 1
    assert all(one in ran.err for one in ids)


# ---- the story -------------------------------------------------------------------------------


def test_trace_tells_the_whole_story_in_json(hub: Hub, filled: Path) -> None:
    ran = hub("trace", DELIVERED, "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["number"]) == (0, DELIVERED)
    [record] = told["records"]
    assert [one["state"] for one in record["messages"]] == ["routed"]
    assert [(one["level"], one["person"], one["auto_passed"]) for one in record["approvals"]] == [
        ("sales_supervisor", "***", False),
        ("区域经理", "***", True),
    ]
    assert [(one["revision"], one["revoked"]) for one in record["revisions"]] == [(1, False)]
    [delivery] = record["deliveries"]
    assert delivery["mapping"] == "commitment-to-wms"
    assert len(delivery["bundle"]) == 64
    assert (delivery["key"], delivery["external_id"]) == (DELIVERED, "WMS-88001")
    assert delivery["payload"]["document"]["orderLines"][0]["itemCode"] == "VALVE-50"
    assert [(one["kind"], one["outcome"]) for one in delivery["attempts"]] == [
        ("send", "applied"),
        ("read", "confirmed"),
    ]
    assert "<flag>success</flag>" in delivery["attempts"][0]["answer"]
    assert delivery["confirm"] == "confirmed"
    assert [one["seq"] for one in record["ledger"]] == list(range(1, 10))


def test_trace_draws_the_story_as_a_tree(hub: Hub, filled: Path) -> None:
    out = hub("trace", REFUSED).out
    for words in (
        f"commitment {REFUSED} of crm",
        "sales_supervisor: approved by ***",
        "区域经理: approved by *** · passed by itself",
        "mapped with commitment-to-wms of bundle",
        "send: rejected · B0021",
        "words: 库存不足",
        "dead · rejected",
        "delivery.dead",
    ):
        assert words in out


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["tree", "json"])
def test_who_approved_is_named_only_where_personal_data_is_asked_for(
    hub: Hub, filled: Path, form: list[str]
) -> None:
    masked, whole = hub("trace", REFUSED, *form), hub("trace", REFUSED, *form, "--personal")
    for name in ("李强", "陈静"):
        assert name not in masked.out
        assert name in whole.out


def test_trace_of_what_waits_shows_the_reason(hub: Hub, filled: Path) -> None:
    out = hub("trace", WAITING).out
    assert "waiting · approval: sales_supervisor has not decided" in out


@pytest.mark.parametrize(
    "command",
    [
        ["trace", DELIVERED], ["trace", REFUSED], ["record", "show", DELIVERED],
        ["record", "list"], ["delivery", "list"], ["message", "list"],
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_personal_data_is_masked_unless_asked_for(
    hub: Hub, filled: Path, command: list[str], form: list[str]
) -> None:
    out = hub(*command, *form).out
    assert out
    assert not [one for one in PERSONAL if one in out]


def test_single_things_are_masked_unless_asked_for(hub: Hub, filled: Path) -> None:
    message = objects(hub("message", "list", "--json").out)[-1]["id"]
    for command in (
        ["delivery", "show", delivery_id(hub, DELIVERED)],
        ["delivery", "show", delivery_id(hub, DELIVERED), "--document"],
        ["message", "show", message],
    ):
        masked, whole = hub(*command), hub(*command, "--personal")
        assert not [one for one in PERSONAL if one in masked.out]
        assert "***" in masked.out
        assert all(one in whole.out for one in PERSONAL)


def test_what_nobody_described_is_masked_whole(hub: Hub, filled: Path) -> None:
    config = filled / "hub.yaml"
    config.write_text(config.read_text("utf-8").replace("  wms:\n", "  other:\n"), "utf-8")
    told = json.loads(hub("delivery", "show", delivery_id(hub, DELIVERED), "--json").out)
    assert told["payload"]["document"]["orderLines"][0]["itemCode"] == "***"


@pytest.mark.parametrize(
    ("given", "near"),
    [("CM-2026-00123", DELIVERED), ("000124", REFUSED), ("cm-2026-000125", WAITING)],
)
def test_a_number_that_is_not_there_names_the_nearest(
    hub: Hub, filled: Path, given: str, near: str
) -> None:
    ran = hub("trace", given)
    assert (ran.code, ran.out) == (1, "")
    assert near in ran.err


def test_words_from_outside_cannot_command_the_terminal(hub: Hub, filled: Path) -> None:
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    with store.engine.begin() as tx:
        tx.execute(t.delivery.update().values(words="\x1b[2J\x07 gone [bold]"))
    store.close()
    for command in (["delivery", "list"], ["trace", DELIVERED]):
        out = hub(*command).out
        assert "\x1b" not in out
        assert "\\u001b[2J\\u0007 gone [bold]" in out


# ---- the rest --------------------------------------------------------------------------------


def test_why_a_message_waits_is_told_in_chinese_and_stored_for_programs(
    hub: Hub, filled: Path
) -> None:
    shown = hub("--lang", "zh", "message", "list", "--state", "waiting").out
    assert "审批：sales_supervisor 尚未审批" in shown
    (row,) = objects(hub("--lang", "zh", "message", "list", "--state", "waiting", "--json").out)
    assert row["reason"].startswith("approval: sales_supervisor has not decided")
    for command in (["message", "show", row["id"]], ["trace", WAITING]):
        assert "审批：sales_supervisor 尚未审批" in hub("--lang", "zh", *command).out


def test_a_refusal_is_told_in_chinese(hub: Hub, filled: Path) -> None:
    delivery, *_ = objects(hub("delivery", "list", "--state", "delivered", "--json").out)
    message, *_ = objects(hub("message", "list", "--state", "routed", "--json").out)
    for command, words in (
        (["delivery", "retry", delivery["id"]], "状态为 delivered，已不可更改"),
        (["message", "replay", message["id"]], "没有可重新受理的内容"),
        (["poll", "wms"], "不能轮询"),
    ):
        ran = hub("--lang", "zh", *command)
        assert ran.code != 0
        assert words in ran.err


def test_status_counts_and_ends_with_1_while_a_person_is_needed(hub: Hub, filled: Path) -> None:
    ran = hub("status", "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert told["messages"] == {"failed": 1, "routed": 2, "waiting": 1}
    assert told["deliveries"] == {"dead": 1, "delivered": 1}
    assert told["todo"] == {"approval": 1, "failed": 1, "dead": 1}
    assert told["todo"] == Counter(
        json.loads(line)["kind"] for line in hub("todo", "--json").out.splitlines()
    )
    shown = "For a person: approval missing 1, dead letter 1, message failed 1. `hub todo` lists"
    assert shown in hub("status").out
    assert "待人工处理：待审批 1，" in hub("--lang", "zh", "status").out.replace(", ", "，")


@pytest.fixture
def noted(filled: Path) -> Path:
    """Three things the ledger has noted for a person, one of them long ago."""
    now = datetime.now(UTC)
    kinds = (
        ("todo.applied_after_all", now - timedelta(days=40)),
        ("todo.applied_after_all", now - timedelta(days=2)),
        ("todo.message_conflict", now - timedelta(days=1)),
    )
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    with store.engine.begin() as tx:
        ledger.append(
            tx,
            [
                ledger.entry(f"{number:032x}", at, kind, f"subject {number}", facts={"key": "K-1"})
                for number, (kind, at) in enumerate(kinds, 0xF000)
            ],
        )
    store.close()
    return filled


def test_status_tells_what_the_ledger_noted_for_a_person_lately(hub: Hub, noted: Path) -> None:
    told = json.loads(hub("status", "--json").out)
    assert told["noted"] == {"applied_after_all": 1, "message_conflict": 1}
    assert told["todo"]["noted"] == 2
    assert (
        "To look at, of the last 30 days: applied_after_all 1, message_conflict 1."
        in hub("status").out
    )
    assert "最近 30 天需核查：applied_after_all 1" in hub("--lang", "zh", "status").out


def test_status_says_nothing_of_a_ledger_that_noted_nothing(hub: Hub, filled: Path) -> None:
    told = json.loads(hub("status", "--json").out)
    assert told["noted"] == {}
    assert "noted" not in told["todo"]
    assert "To look at" not in hub("status").out


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        (["--kind", "todo"], ["subject 61442", "subject 61441"]),
        (["--kind", "todo", "--days", "90"], ["subject 61442", "subject 61441", "subject 61440"]),
        (["--kind", "todo", "--limit", "1"], ["subject 61442"]),
        (["--kind", "todo.applied_after_all"], ["subject 61441"]),
        (["--kind", "todo.applied"], []),
        (["--kind", "tod"], []),
    ],
    ids=" ".join,
)
def test_ledger_entries_are_listed_by_kind_the_newest_first(
    hub: Hub, noted: Path, options: list[str], subjects: list[str]
) -> None:
    found = objects(hub("ledger", "list", *options, "--json").out)
    assert [entry["subject"] for entry in found] == subjects


def test_a_ledger_entry_is_shown_with_its_facts(hub: Hub, noted: Path) -> None:
    lines = hub("ledger", "list", "--kind", "todo").out.splitlines()
    assert lines[0].split() == ["at", "kind", "subject", "actor", "facts"]
    assert lines[1].split()[2:] == [
        "todo.message_conflict", "subject", "61442", "system", "key=K-1",
    ]  # fmt: skip


def test_the_index_of_todos_serves_what_counts_and_lists_them(filled: Path) -> None:
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(
        store.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
    )  # fmt: skip
    since = datetime.now(UTC)
    store.read_now(views.todos, since)
    store.read_now(views.ledger_entries, "todo", since, 50)
    ledgers = [one for one in asked if "FROM ledger" in one[0]]
    with store.engine.connect() as tx:
        plans = [
            str(tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
            for statement, parameters in ledgers
        ]
    store.close()
    assert len(plans) == 2
    assert all("ledger_todo" in plan for plan in plans)


def test_the_ledger_fits(hub: Hub, filled: Path) -> None:
    ran = hub("ledger", "verify", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["broken"], told["unsealed"]) == (0, [], 0)
    entries = objects(hub("ledger", "export").out)
    assert [one["seq"] for one in entries] == list(range(1, told["sealed"] + 1))
    assert entries[-1]["chain"] == told["head"]
    assert objects(hub("ledger", "export", "--since", "5").out) == entries[5:]


def test_a_changed_ledger_entry_is_named(hub: Hub, filled: Path) -> None:
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    with store.engine.begin() as tx:
        tx.execute(t.ledger.update().where(t.ledger.c.seq == 4).values(actor="nobody"))
    store.close()
    ran = hub("ledger", "verify")
    assert ran.code == 1
    assert "entry 4: the record.approval entry" in ran.out


def test_a_connector_is_described_from_its_spec(hub: Hub, filled: Path) -> None:
    told = json.loads(hub("connector", "describe", "qimen", "--json").out)
    assert told["capabilities"] == ["receives", "delivers", "finds"]
    secret = next(one for one in told["settings"] if one["name"] == "secret")
    assert (secret["secret"], secret["required"], secret["default"]) == (True, True, None)
    out = hub("connector", "describe", "qimen").out
    assert "create_order" in out
    assert "warehouse_code" in out


def test_an_unknown_connector_names_the_nearest(hub: Hub) -> None:
    ran = hub("connector", "describe", "quimen")
    assert ran.code == 2
    assert "qimen" in ran.err


def test_store_stats_count_rows(hub: Hub, filled: Path) -> None:
    told = json.loads(hub("store", "stats", "--json").out)
    assert told["rows"]["delivery"] == 2
    assert "delivery: 2" in hub("store", "stats").out
