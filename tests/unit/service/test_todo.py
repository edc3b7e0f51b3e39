"""What waits for a person is told with whom it waits for, since when, and what settles it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import Fault
from hub.flow.parts import Flow
from hub.language import Language, told
from hub.service.todo import Todo, counts, meant_for, todo
from hub.settings import Settings
from hub.store import bundles, connections, ledger, notices
from hub.store import tables as t

HOUR = timedelta(hours=1)
SETTINGS = Settings.model_validate(
    {"tenant": "T", "connections": {name: {"name": name, "connector": "x"} for name in ("wms",)}}
)


@pytest.fixture(autouse=True)
def records(flow: Flow) -> None:
    """Two commitments, of two salespersons."""
    for one, owner in (("1", "王芳"), ("2", "陈静")):
        write(flow, t.record, **{
            "id": one, "kind": "commitment", "connection": "crm", "number": f"CM-{one}",
            "owner": owner, "revision": 1, "planned": 0, "standing": {},
            "changed_at": flow.clock.now(),
        })  # fmt: skip


#: Tables of few rows, and indexes that hold nothing but what is looked for.
FEW_ROWS = {
    *("connection_state", "sqlite_autoindex_broken_1", "anon_1", "message_waiting"),
    *("delivery_unconfirmed", "delivery_wait_link", "hold_open", "ledger_todo"),
    "finding_open",
}


def write(flow: Flow, table: Any, **values: Any) -> None:
    flow.store.write_now(lambda tx: tx.execute(sa.insert(table).values(values)))


def message(flow: Flow, one: str, record: str = "1", **values: Any) -> None:
    write(flow, t.message, **{
        "id": one, "connection": "crm", "stream": "commitment", "external_id": one,
        "payload": "p", "event": {}, "correlation_id": one, "record_id": record,
        "received_at": flow.clock.now(), **values,
    })  # fmt: skip


def delivery(flow: Flow, one: str, record: str = "1", **values: Any) -> None:
    now = flow.clock.now()
    write(flow, t.delivery, **{
        "id": one, "record_id": record, "revision": 1, "plan_id": "p", "message_id": "m",
        "correlation_id": "c", "route": "r", "step": "wms", "connection": "wms",
        "operation": "create_order", "bundle": "b", "intent": "put", "traits": {}, "options": {},
        "lane_id": one, "handle": one, "deadline": now, "created_at": now, **values,
    })  # fmt: skip


def wait(flow: Flow, one: str, kind: str, on_id: str = "") -> None:
    write(flow, t.delivery_wait, delivery_id=one, kind=kind, on_id=on_id)


def watch(flow: Flow, one: str, **values: Any) -> None:
    write(flow, t.watch, **{
        "id": one, "watch": "late", "key": f"K{one}", "state": "fired", "record_id": "1",
        "fired_at": flow.clock.now(), "step": 1, **values,
    })  # fmt: skip


def look(flow: Flow, **more: Any) -> list[Todo]:
    return flow.store.read_now(todo, SETTINGS, flow.clock.now(), **more)


def only(flow: Flow) -> tuple[str, str, str, tuple[str, ...]]:
    (one,) = look(flow)
    return one.kind, str(one.what), one.do, one.who


def hold(flow: Flow, one: str, record: str = "1", **values: Any) -> None:
    write(flow, t.hold, **{
        "id": one, "gate": "big-contract", "record_id": record, "revision": 1, "state": "held",
        "reasons": [], "roles": ["coo"], "held_at": flow.clock.now(), **values,
    })  # fmt: skip


def test_a_hub_at_peace_has_nothing_to_do(flow: Flow) -> None:
    message(flow, "m", state="routed")
    delivery(flow, "d", state="delivered", confirm="confirmed")
    hold(flow, "h", state="released")
    watch(flow, "w", state="armed")
    assert look(flow) == []


def test_what_a_gate_holds_is_for_those_who_may_release_it(flow: Flow) -> None:
    hold(flow, "h1")
    assert only(flow) == (
        "gate", "commitment CM-1: held by the gate big-contract",
        "hub gate release h1 --reason …", ("role:coo",),
    )  # fmt: skip


def test_what_nobody_may_release_is_shown_with_its_reasons(flow: Flow) -> None:
    hold(flow, "h1", reasons=[{"en": "too long", "zh": "过长", "deny": True}], roles=[])
    assert only(flow)[2:] == ("hub gate show h1", ())


def test_a_missing_approval_is_for_the_levels_that_have_not_decided(flow: Flow) -> None:
    message(
        flow, "m", state="waiting", wake_key="approval:1:1",
        reason="approval: coo has not decided; director was passed by the workflow, not by a "
        "person; sales decided rejected",
    )  # fmt: skip
    kind, what, do, who = only(flow)
    assert (kind, do, who) == ("approval", "hub trace CM-1", ("role:coo", "role:director"))
    assert what.startswith("commitment CM-1 waits: approval: coo has not decided")


def test_a_dead_delivery_is_for_operators(flow: Flow) -> None:
    delivery(flow, "d1", state="dead", reason="rejected")
    assert only(flow) == (
        "dead", "wms → wms of commitment CM-1 is dead: rejected", "hub delivery show d1",
        ("role:operator",),
    )  # fmt: skip


def test_what_a_route_holds_for_a_person_is_let_go_by_retry(flow: Flow) -> None:
    delivery(flow, "d1", state="blocked")
    wait(flow, "d1", "hold")
    delivery(flow, "d2", state="blocked")
    wait(flow, "d2", "lane", "d1")
    assert only(flow)[::2] == ("hold", "hub delivery retry d1")


def test_a_failed_message_is_replayed_and_its_words_are_masked(flow: Flow) -> None:
    message(flow, "m1", state="failed", reason="mapping: phone 13000000001")
    kind, what, do, _ = only(flow)
    assert (kind, do) == ("failed", "hub message replay m1")
    assert "mapping: phone" in what
    assert "13000000001" not in what


@pytest.mark.parametrize("verdict", ["differs", "unreadable"])
def test_what_the_far_end_does_not_show_is_looked_at(flow: Flow, verdict: str) -> None:
    delivery(flow, "d1", state="delivered", confirm=verdict, finished_at=flow.clock.now())
    assert only(flow)[::2] == (verdict, "hub delivery show d1")


def test_a_watch_is_for_those_it_has_told(flow: Flow) -> None:
    watch(flow, "w1")
    watch(flow, "w2", state="cannot_tell", fired_at=None, deadline=flow.clock.now())
    for step, to in enumerate((["role:sales"], ["role:sales", "person:li.na"])):
        flow.store.write_now(
            notices.queue, f"watch:w1:{step}", "watch", {}, to, flow.clock.now(),
            flow.clock.new_id,
        )  # fmt: skip
    found = {one.id: one for one in look(flow)}
    assert found["w1"].who == ("role:sales", "person:li.na")
    assert str(found["w1"].what) == "watch late: Kw1 is overdue"
    assert found["w2"].who == ("role:operator",)
    assert str(found["w2"].what) == "watch late: nobody can tell about Kw2"
    assert found["w1"].do == "hub watch acknowledge w1"


def test_a_watch_that_was_acknowledged_or_snoozed_is_left_alone(flow: Flow) -> None:
    watch(flow, "w1", acknowledged_at=flow.clock.now())
    watch(flow, "w2", snoozed_until=flow.clock.now() + HOUR)
    assert look(flow) == []
    flow.clock.advance(HOUR)
    assert [one.id for one in look(flow)] == ["w2"]


def test_a_paused_connection_is_for_operators(flow: Flow) -> None:
    flow.store.write_now(connections.pause, "wms", "audit", "os:clerk", flow.clock.now())
    assert only(flow) == (
        "paused", "wms is paused: audit", "hub connection resume wms", ("role:operator",),
    )  # fmt: skip


def test_what_waits_to_go_live_is_for_an_admin_once_hub_yaml_says_live(flow: Flow) -> None:
    delivery(flow, "d1", state="blocked", reason="observed")
    wait(flow, "d1", "observe", "wms")
    assert only(flow) == (
        "observed", "1 deliveries of wms were planned while it was observed",
        "hub connection go-live wms", ("role:admin",),
    )  # fmt: skip
    watching = SETTINGS.model_validate(
        {"tenant": "T", "connections": {"wms": {"name": "wms", "connector": "x",
                                                "mode": "observe"}}}
    )  # fmt: skip
    assert flow.store.read_now(todo, watching, flow.clock.now()) == []


def test_links_that_are_waited_for_are_told_with_how_many_wait(flow: Flow) -> None:
    write(flow, t.link, id="k1", connection="wms", kind="customer", handle="C-1", alive=False,
          changed_at=flow.clock.now())  # fmt: skip
    for one in ("d1", "d2"):
        delivery(flow, one, state="blocked")
        wait(flow, one, "link", "k1")
    assert only(flow)[:3] == (
        "link", "2 wait for wms's id of customer C-1", "hub link set wms customer C-1 THEIRS",
    )  # fmt: skip


def test_wrong_mapping_files_are_for_mappers(flow: Flow) -> None:
    flow.store.write_now(
        bundles.note_broken, "w1: mappings", [Fault("E101", "wrong")], flow.clock.now()
    )
    assert only(flow)[::3] == ("mapping", ("role:mapper",))


def test_what_the_ledger_noted_is_shown_for_a_month(flow: Flow) -> None:
    entry = ledger.entry("e1", flow.clock.now(), "todo.message_conflict", "m1")
    flow.store.write_now(ledger.append, [entry])
    assert only(flow)[1:3] == (
        "the ledger notes message_conflict", "hub ledger list --kind todo.message_conflict",
    )  # fmt: skip
    flow.clock.advance(timedelta(days=31))
    assert look(flow) == []


def test_what_waits_longest_comes_first_and_each_kind_has_its_limit(flow: Flow) -> None:
    delivery(flow, "d1", state="dead", reason="rejected")
    flow.clock.advance(HOUR)
    message(flow, "m1", state="failed", reason="mapping")
    flow.clock.advance(HOUR)
    delivery(flow, "d2", state="dead", reason="deadline")
    delivery(flow, "d3", state="dead", reason="deadline")
    assert [one.id for one in look(flow)] == ["d1", "m1", "d2", "d3"]
    assert [one.id for one in look(flow, limit=1)] == ["d1", "m1"]


def test_whoever_sees_only_the_own_records_hears_only_of_them(flow: Flow) -> None:
    for one in ("1", "2"):
        message(flow, f"m{one}", one, state="failed", reason="mapping")
        delivery(flow, f"d{one}", one, state="dead", reason="rejected")
        hold(flow, f"h{one}", one)
        watch(flow, f"w{one}", record_id=one)
    flow.store.write_now(connections.pause, "wms", "audit", "os:clerk", flow.clock.now())
    own = look(flow, owners=frozenset({"王芳"}))
    assert {one.id for one in own} == {"m1", "d1", "h1", "w1"}
    assert look(flow, owners=frozenset()) == []


def test_a_role_or_person_hears_of_what_is_for_it(flow: Flow) -> None:
    hold(flow, "h1")
    hold(flow, "h2", roles=[])
    delivery(flow, "d1", state="dead", reason="rejected")
    found = look(flow)
    assert {one.id for one in meant_for(found, {"role:coo"})} == {"h1", "h2"}
    assert {one.id for one in meant_for(found, {"role:operator"})} == {"d1", "h2"}
    assert meant_for(found, {"person:an", "role:admin"}) == found


def test_looking_reads_no_whole_table(flow: Flow) -> None:
    watch(flow, "w1")
    said: dict[str, Any] = {}

    @sa.event.listens_for(flow.store.engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, params: Any, _x: Any, many: bool) -> None:
        said[statement] = params

    look(flow)
    look(flow, owners=frozenset({"王芳"}))
    plans = {
        step.detail
        for statement, params in list(said.items())
        for step in flow.store.read_now(
            lambda tx, asked: tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1]).all(),
            (statement, params),
        )
    }
    assert len(said) > 12
    scans = {plan.split()[-1] for plan in plans if plan.startswith("SCAN")}
    assert scans <= FEW_ROWS


def test_a_sentence_is_told_in_chinese_too(flow: Flow) -> None:
    flow.store.write_now(connections.pause, "wms", "audit", "os:clerk", flow.clock.now())
    (one,) = look(flow)
    assert told(one.what, Language.ZH) == "wms 已暂停：audit"


def test_what_a_gate_holds_is_listed_once(flow: Flow) -> None:
    message(flow, "m", state="waiting", wake_key="approval:1:1", reason="gate big-contract: large")
    hold(flow, "h1")
    assert [one.kind for one in look(flow)] == ["gate"]


def test_what_waits_is_counted_by_kind_the_most_first(flow: Flow) -> None:
    assert flow.store.read_now(counts, SETTINGS, flow.clock.now()) == {}
    message(flow, "m1", state="failed", reason="mapping: wrong")
    delivery(flow, "d1", state="dead", reason="rejected")
    delivery(flow, "d2", state="dead", reason="deadline")
    found = flow.store.read_now(counts, SETTINGS, flow.clock.now())
    assert list(found.items()) == [("dead", 2), ("failed", 1)]


def test_why_it_waits_is_told_in_chinese_too(flow: Flow) -> None:
    delivery(flow, "d1", state="dead", reason="rejected")
    (one,) = look(flow)
    assert told(one.what, Language.ZH) == "commitment CM-1 的 wms → wms 已成死信：被对方拒绝"
