"""Figures of the store, and the removal of what is finished."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from hub.flow import lanes, revisions
from hub.flow.revisions import Plan, PlannedStep
from hub.store import engine as engines
from hub.store import ledger, payloads, records, upkeep
from hub.store import tables as t
from hub.store.board import Board
from hub.store.rows import FINAL, Delivery, Policy, Traits

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEEP = timedelta(days=90)
CHECKS = timedelta(days=30)
OLD = NOW - timedelta(days=100)
RECENT = NOW - timedelta(days=10)


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A store in a file, to be used in transactions that are taken back."""
    yield from _prepared(f"sqlite:///{tmp_path_factory.mktemp('store') / 'hub.db'}")


@pytest.fixture(scope="module")
def postgresql_store(postgres_server: str) -> Iterator[sa.Engine]:
    """A database of this file's own, to be used in transactions that are taken back."""
    name = f"hub_test_upkeep_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    address = sa.make_url(postgres_server).set(database=name)
    yield from _prepared(address.render_as_string(hide_password=False))
    with server.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


def _prepared(url: str) -> Iterator[sa.Engine]:
    engine = engines.connect(url).engine
    upkeep.prepare(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tx(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A transaction on an empty store, taken back at the end."""
    engine: sa.Engine = request.getfixturevalue(f"{request.param}_store")
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def insert(tx: Connection, table: Any, **values: Any) -> None:
    tx.execute(sa.insert(table).values(**values))


def add_delivery(tx: Connection, one: str, **changes: Any) -> None:
    """Insert a delivery that was delivered long ago; `changes` says what differs."""
    row = Delivery(
        id=one, record_id="r1", revision=1, plan_id="p1", message_id="m1", correlation_id="c1",
        route="approved", step="erp", connection="erp", operation="create_order", bundle="b",
        intent="put", traits=asdict(Traits("natural")), lane_id="lane1", handle="C-1",
        deadline=OLD, created_at=OLD, state="delivered", action="create", tries=1, finished_at=OLD,
    )  # fmt: skip
    values = {name: getattr(row, name) for name in t.delivery.c.keys()}  # noqa: SIM118
    insert(tx, t.delivery, **{**values, **changes})


def add_message(tx: Connection, one: str, **changes: Any) -> None:
    """Insert a message that was routed long ago."""
    values: dict[str, Any] = {
        "id": one, "connection": "crm", "stream": "orders", "external_id": one, "state": "routed",
        "payload": add_payload(tx, one), "event": {}, "correlation_id": "c1", "record_id": "r1",
        "received_at": OLD, "finished_at": OLD, "fence": 1, "tries": 1,
    }  # fmt: skip
    insert(tx, t.message, **{**values, **changes})


def add_payload(tx: Connection, text: str, at: datetime = OLD) -> str:
    row = payloads.row(text.encode(), "text/plain", at)
    payloads.put(tx, [row])
    return str(row["sha256"])


def add_attempt(tx: Connection, delivery: str, answer: str | None = None) -> None:
    insert(tx, t.attempt, delivery_id=delivery, fence=1, kind="send", outcome="applied",
           answer=answer, late=False, started_at=OLD, ended_at=OLD)  # fmt: skip


def add_link(tx: Connection, one: str, **changes: Any) -> None:
    values = {"id": one, "connection": "erp", "kind": "create_order", "handle": "C-1",
              "record_id": "r1", "step": "erp", "alive": True, "changed_at": OLD}  # fmt: skip
    insert(tx, t.link, **{**values, **changes})


def ids(tx: Connection, table: Any) -> set[str]:
    return set(tx.scalars(sa.select(table.c.id)))


_entries = itertools.count(1)


def prune(tx: Connection, limit: int = 500) -> dict[str, int]:
    """Prune until nothing is left to remove; return the sums."""
    total: dict[str, int] = {}
    while True:
        removed = upkeep.prune(tx, NOW, KEEP, limit, entry_id=f"e{next(_entries):031x}",
                               keep_checks=CHECKS)  # fmt: skip
        for name, count in removed.items():
            total[name] = total.get(name, 0) + count
        if not any(removed.values()):
            return total


# ---- figures ---------------------------------------------------------------------------------


def test_an_empty_store_has_nothing_due_and_nothing_dead(tx: Connection) -> None:
    found = upkeep.stats(tx)
    assert set(found["rows"]) == set(t.metadata.tables)
    assert not any(found["rows"].values())
    assert (found["oldest_due"], found["unsealed"], found["dead"], found["failed"]) == (
        None, 0, 0, 0,
    )  # fmt: skip
    assert found["size_bytes"] > 4096


def test_the_figures_tell_what_waits_and_what_a_person_must_decide(tx: Connection) -> None:
    add_message(tx, "m1", state="failed")
    add_message(tx, "m2", state="received", due_at=RECENT)
    add_delivery(tx, "d1", state="ready", due_at=OLD)
    add_delivery(tx, "d2", state="dead")
    add_delivery(tx, "d3", state="dead")
    ledger.append(tx, [ledger.entry("e1", NOW, "message.received", "m1")])
    found = upkeep.stats(tx)
    assert found["rows"]["message"] == 2
    assert found["rows"]["delivery"] == 3
    assert found["oldest_due"] == OLD
    assert (found["unsealed"], found["dead"], found["failed"]) == (1, 2, 1)


# ---- what goes -------------------------------------------------------------------------------


def test_a_replaced_delivery_goes_with_its_attempts_and_bytes(tx: Connection) -> None:
    sent, answered = add_payload(tx, "sent"), add_payload(tx, "answered")
    add_delivery(tx, "d1", payload=sent)
    add_attempt(tx, "d1", answered)
    add_delivery(tx, "d2", action="update")
    assert prune(tx) == {
        "attempt": 1, "delivery_wait": 0, "delivery": 1, "message": 0, "payload": 2, "bundle": 0,
        "notice": 0, "alert": 0, "document": 0, "document_check": 0, "reconcile_report": 0,
    }  # fmt: skip
    assert ids(tx, t.delivery) == {"d2"}
    assert not tx.execute(sa.select(t.payload)).all()


def test_old_alerts_that_are_over_and_what_was_told_go_and_what_waits_stays(tx: Connection) -> None:
    for one, state, at in (("a1", "cleared", OLD), ("a2", "open", OLD), ("a3", "cleared", NOW)):
        insert(tx, t.alert, id=one, kind="disk", subject=one, state=state, facts={}, opened_at=OLD,
               cleared_at=None if state == "open" else at)  # fmt: skip
    for one, state, at in (("n1", "sent", OLD), ("n2", "queued", OLD), ("n3", "sent", RECENT)):
        insert(tx, t.notice, id=one, cause=one, channel="", to=[], kind="alert", facts={},
               state=state, tries=0, queued_at=at)  # fmt: skip
    removed = prune(tx)
    assert (removed["alert"], removed["notice"]) == (1, 1)
    assert ids(tx, t.alert) == {"a2", "a3"}
    assert ids(tx, t.notice) == {"n2", "n3"}


@pytest.mark.parametrize("state", ["cancelled", "superseded"])
def test_what_was_never_done_goes(state: str, tx: Connection) -> None:
    add_delivery(tx, "d1", state=state, tries=0)
    assert prune(tx)["delivery"] == 1


def test_what_went_is_told_in_the_ledger(tx: Connection) -> None:
    add_delivery(tx, "d1", state="cancelled")
    upkeep.prune(tx, NOW, KEEP, entry_id="e1", keep_checks=CHECKS)
    told = tx.execute(sa.select(t.ledger)).one()
    assert (told.id, told.kind, told.at) == ("e1", "store.pruned", NOW)
    assert told.facts["delivery"] == 1
    assert told.facts["before"] == (NOW - KEEP).isoformat()


def test_nothing_to_remove_is_not_told(tx: Connection) -> None:
    assert not any(upkeep.prune(tx, NOW, KEEP, entry_id="e1", keep_checks=CHECKS).values())
    assert not tx.execute(sa.select(t.ledger)).all()


def test_one_call_removes_no_more_than_it_may(tx: Connection) -> None:
    for number in range(5):
        add_delivery(tx, f"d{number}", state="cancelled")
        add_message(tx, f"m{number}")
    first = upkeep.prune(tx, NOW, KEEP, 2, entry_id="e1", keep_checks=CHECKS)
    assert (first["delivery"], first["message"]) == (2, 2)
    rest = prune(tx, limit=2)
    assert (rest["delivery"], rest["message"]) == (3, 3)


def test_messages_that_are_done_go_and_their_dedupe_keys_stay(tx: Connection) -> None:
    add_message(tx, "m1")
    add_message(tx, "m2", state="ignored", event={"raw": add_payload(tx, "raw")})
    insert(tx, t.message_key, connection="crm", external_id="m1", sha256="s", message_id="m1",
           received_at=OLD)  # fmt: skip
    removed = prune(tx)
    assert (removed["message"], removed["payload"]) == (2, 3)
    assert tx.scalar(sa.select(t.message_key.c.message_id)) == "m1"


# ---- what stays ------------------------------------------------------------------------------

RECENTLY = {"finished_at": RECENT}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(RECENTLY, id="finished recently"),
        pytest.param({"state": "dead", "finished_at": None}, id="dead"),
        pytest.param({"confirm": "due", "due_at": OLD}, id="to be read back"),
        pytest.param({"confirm": "reading", "lease_until": OLD}, id="being read back"),
        pytest.param({"holds_lane": True}, id="holds its lane"),
        pytest.param({"state": "cancelled", "unsure": True}, id="perhaps applied"),
        pytest.param({"settles_at": NOW + KEEP}, id="an old request may land"),
    ],
)
def test_a_delivery_stays_that_is(changes: dict[str, Any], tx: Connection) -> None:
    add_delivery(tx, "d1", **changes)
    add_delivery(tx, "d2", lane_id="lane2")
    assert prune(tx)["delivery"] == 0


@pytest.mark.parametrize("state", ["delivered", "skipped"])
def test_the_last_delivery_of_a_step_stays_as_a_revocation_needs_it(
    state: str, tx: Connection
) -> None:
    add_delivery(tx, "d1", state=state)
    add_delivery(tx, "d2", state="delivered", action="cancel", intent="compensate")
    assert prune(tx)["delivery"] == 1
    assert ids(tx, t.delivery) == {"d1"}


def test_a_later_step_done_by_hand_does_not_stand_for_what_was_delivered(tx: Connection) -> None:
    add_delivery(tx, "d1", state="delivered")
    add_delivery(tx, "d2", state="skipped", tries=0)
    assert prune(tx)["delivery"] == 0


@pytest.mark.parametrize("alive", [True, False], ids=["stands", "was taken back"])
def test_what_made_a_live_object_stays(alive: bool, tx: Connection) -> None:
    add_delivery(tx, "d1")
    add_delivery(tx, "d2")
    add_link(tx, "l1", delivery_id="d1", alive=alive)
    assert prune(tx)["delivery"] == (0 if alive else 1)


def test_the_document_last_written_to_an_object_stays(tx: Connection) -> None:
    add_link(tx, "l1", document_hash=add_payload(tx, "document"))
    assert prune(tx)["payload"] == 0


def test_nothing_of_a_record_goes_while_any_of_it_is_open(tx: Connection) -> None:
    add_message(tx, "m1")
    add_delivery(tx, "d1", state="superseded", payload=add_payload(tx, "sent"))
    add_delivery(tx, "d2", state="dead", step="wms", lane_id="lane2", finished_at=None)
    assert not any(prune(tx).values())


@pytest.mark.parametrize(
    "ahead",
    [
        {"state": "dead", "finished_at": None},
        {"state": "blocked", "holds_lane": True, "finished_at": None},
        {"confirm": "due", "due_at": OLD},
        {"confirm": "reading", "lease_until": OLD},
    ],
    ids=["dead", "blocked", "to be read back", "being read back"],
)
def test_what_went_on_behind_an_open_row_of_its_lane_stays(
    ahead: dict[str, Any], tx: Connection
) -> None:
    """Else a person could send the old one after the new one."""
    add_delivery(tx, "d1", record_id="r2", seat=1, **ahead)
    add_delivery(tx, "d2", seat=2, state="superseded")
    assert prune(tx)["delivery"] == 0


def test_what_somebody_waits_for_stays(tx: Connection) -> None:
    add_delivery(tx, "d1", state="superseded")
    add_delivery(tx, "d2", record_id="r2", lane_id="lane2", state="blocked", finished_at=None)
    insert(tx, t.delivery_wait, delivery_id="d2", kind="confirmed", on_id="d1")
    assert prune(tx)["delivery"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "failed"},
        {"state": "waiting", "finished_at": None},
        {"state": "received", "finished_at": None, "due_at": OLD},
        {"finished_at": RECENT},
    ],
    ids=["failed", "waiting", "due", "recent"],
)
def test_a_message_stays_that_is(changes: dict[str, Any], tx: Connection) -> None:
    add_message(tx, "m1", **changes)
    assert not any(prune(tx).values())


def test_mapping_files_go_that_no_delivery_names_and_that_are_long_out_of_force(
    tx: Connection,
) -> None:
    for name, at in (("used", OLD), ("unused", OLD), ("recent", NOW - timedelta(hours=1))):
        insert(tx, t.bundle, sha=name, files={}, active_at=at)
    insert(tx, t.bundle, sha="in force", files={}, active_at=NOW)
    add_delivery(tx, "d1", bundle="used", finished_at=NOW)
    assert prune(tx)["bundle"] == 1
    assert set(tx.scalars(sa.select(t.bundle.c.sha))) == {"used", "recent", "in force"}


def test_the_files_in_force_stay_however_old_they_are(tx: Connection) -> None:
    insert(tx, t.bundle, sha="only", files={}, active_at=OLD)
    prune(tx)
    assert tx.scalar(sa.select(sa.func.count()).select_from(t.bundle)) == 1


def test_bytes_that_something_else_refers_to_stay(tx: Connection) -> None:
    same = add_payload(tx, "the usual answer")
    add_delivery(tx, "d1", state="superseded")
    add_attempt(tx, "d1", same)
    add_delivery(tx, "d2", lane_id="lane2")
    add_attempt(tx, "d2", same)
    removed = prune(tx)
    assert (removed["attempt"], removed["payload"]) == (1, 0)


def test_bytes_stored_recently_stay_though_nothing_refers_to_them_yet(tx: Connection) -> None:
    add_payload(tx, "just fetched", at=RECENT)
    assert prune(tx)["payload"] == 0


# ---- life goes on ----------------------------------------------------------------------------


@pytest.mark.parametrize("on_revision", ["update", "append"])
def test_what_stands_is_still_taken_back_after_pruning(on_revision: str, tx: Connection) -> None:
    numbers = itertools.count(1)
    traits = Traits("natural", can_find=True, on_revision=on_revision)
    step = PlannedStep("erp", "erp", "create_order", "C-1", "C-1", traits)
    insert(tx, t.record, id="r1", kind="commitment", connection="crm", number="C-1", revision=3,
           planned=3, standing={}, changed_at=OLD)  # fmt: skip

    def board(now: datetime) -> Board:
        return Board(tx, now, lambda: f"{next(numbers):032x}", Policy())

    for revision in (1, 2, 3):
        unit = board(OLD)
        plan = Plan("r1", revision, "approved", "b", "m1", "c1", (step,))
        for row in revisions.plan_revision(unit, plan):
            row.tries, row.external_id = 1, f"SO-{revision}"
            lanes.close(unit, row, "delivered")
        unit.save()
    assert prune(tx)["delivery"] == (1 if on_revision == "update" else 0)
    records.add_revocation(tx, "r1", 3, "m2", NOW)
    unit = board(NOW)
    revisions.revoke(unit, "r1", 3, 3)
    taken_back = [row for row in unit.load_record("r1") if row.compensates]
    unit.save()
    assert len(taken_back) == (1 if on_revision == "update" else 3)
    # of several, the others wait for the first in their lane
    assert taken_back[0].action == "cancel"


_RECORDS = ["r1", "r2", "r3", "r4"]
#: Random rows: each is (record, step, lane, intent, state, confirm, holds, unsure, sent, old).
_rows = st.lists(
    st.tuples(
        st.sampled_from(_RECORDS),
        st.sampled_from(["erp", "wms"]),
        st.sampled_from(["lane1", "lane2"]),
        st.sampled_from(["put", "put", "compensate"]),
        st.sampled_from(
            [*sorted(FINAL), *sorted(FINAL), "delivered", "delivered", "dead", "ready"]
        ),
        st.sampled_from([None, None, "confirmed", "differs", "due"]),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([False, False, True]),
        st.booleans(),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=14,
)
_pairs = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=3)


def _fill(tx: Connection, rows: list[Any], waits: Any, links: Any) -> None:
    for number, row in enumerate(rows):
        record, step, lane, intent, state, confirm, holds, unsure, sent, old = row
        unread = state == "delivered" and confirm == "due"
        add_message(tx, f"m{number:02}", record_id=record)
        add_delivery(
            tx, f"d{number:02}", record_id=record, step=step, lane_id=lane, seat=number,
            intent=intent, state=state, confirm=confirm if state == "delivered" else None,
            due_at=OLD if unread or state == "ready" else None, message_id=f"m{number:02}",
            holds_lane=state == "ready" or (state in FINAL and holds), unsure=unsure,
            tries=int(sent or state == "delivered"),
            payload=add_payload(tx, f"sent {number % 4}"),
            finished_at=(OLD if old else RECENT) if state in FINAL else None,
        )  # fmt: skip
        add_attempt(tx, f"d{number:02}", add_payload(tx, f"answer {number % 3}"))
    known = len(rows)
    for owner, on in {(a % known, b % known) for a, b in waits}:
        insert(tx, t.delivery_wait, delivery_id=f"d{owner:02}", kind="after", on_id=f"d{on:02}")
    for number, (made_by, alive) in enumerate(links):
        made = rows[made_by % known]
        add_link(tx, f"l{number}", delivery_id=f"d{made_by % known:02}", alive=bool(alive % 2),
                 record_id=made[0], step=made[1])  # fmt: skip


def _asked_later(tx: Connection) -> dict[str, Any]:
    """Return every answer the stages may yet want of the rows that are not finished."""
    board = Board(tx, NOW, lambda: "", Policy())
    answers: dict[str, Any] = {}
    for record in _RECORDS:
        rows = board.load_record(record)
        for row in rows:
            if row.state not in FINAL or row.confirm == "due":
                answers[f"{row.id} later"] = (board.later_moved(row), board.later_claimed(row))
                answers[f"{row.id} all"] = [one.id for one in rows]
        for step in ("erp", "wms"):
            puts = [one for one in rows if one.step == step and one.intent == "put"]
            stands = [one.id for one in puts if revisions._may_stand(one)]
            answers[f"{record} {step} to take back"] = stands[-1:]
            before = [one for one in puts if one.state not in ("cancelled", "superseded")]
            answers[f"{record} {step} has something before"] = bool(before)
    return answers


def _dangling(tx: Connection) -> list[str]:
    """Return what is named by a row that is there, and is not there itself."""
    queries = {
        "waited for": (sa.select(t.delivery_wait.c.on_id), t.delivery.c.id),
        "made a live object": (
            sa.select(t.link.c.delivery_id).where(t.link.c.alive),
            t.delivery.c.id,
        ),
        "payload": (sa.select(t.delivery.c.payload), t.payload.c.sha256),
        "answer": (sa.select(t.attempt.c.answer), t.payload.c.sha256),
        "message": (sa.select(t.message.c.payload), t.payload.c.sha256),
        "attempt": (sa.select(t.attempt.c.delivery_id), t.delivery.c.id),
    }
    lost: list[str] = []
    for name, (wanted, there) in queries.items():
        gone = set(tx.scalars(wanted)) - set(tx.scalars(sa.select(there)))
        lost += [f"{name} {one}" for one in sorted(gone)]
    return lost


@settings(max_examples=100, deadline=None)
@given(rows=_rows, waits=_pairs, links=_pairs)
def test_pruning_changes_no_answer_anything_unfinished_may_want(
    sqlite_store: sa.Engine, rows: list[Any], waits: Any, links: Any
) -> None:
    with sqlite_store.connect() as tx:
        _fill(tx, rows, waits, links)
        before, there = _asked_later(tx), ids(tx, t.delivery)
        removed = prune(tx, limit=3)
        assert _asked_later(tx) == before
        assert _dangling(tx) == []
        gone = there - ids(tx, t.delivery)
        assert removed["delivery"] == len(gone)
        assert all(rows[int(one[1:])][4] in FINAL and rows[int(one[1:])][9] for one in gone)
        tx.rollback()
