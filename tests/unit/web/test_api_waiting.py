"""What waits for a person: todo, gates, watches, alerts, schedules, and what a gate answers."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from api_site import ALSO_DEAD, DEAD, Site

from hub.flow.parts import Bundles
from hub.mapping import read_bundle
from hub.people import People, Person
from hub.settings import Schedule
from hub.store import alerts
from hub.store import tables as t

GATE = b"""\
gate: big-promise
title: Big promises
when: {record: commitment, from: crm, if: amount >= 1000}
needs:
  - {approvals: 1, roles: [director]}
release: {roles: [coo]}
unavailable: hold
"""


@pytest.fixture
def gated(site: Site) -> Site:
    """A site with a gate in force, and a coo."""
    files = {**site.flow.bundles.active.files, "own/gates/big.yaml": GATE}
    site.flow.bundles = Bundles(read_bundle(files))
    coo = {"mapper": Person("mapper", "mapper", ("coo",))}
    site.flow.people = People({**site.flow.people.persons, **coo})
    return site


def watch(site: Site, number: str, state: str = "fired") -> str:
    (record,) = site.rows(t.record, t.record.c.number == number)
    now, one = site.clock.now(), site.clock.new_id()
    site.change(
        sa.insert(t.watch).values(
            id=one, watch="not-started", key=number, state=state, record_id=record.id,
            armed_at=now, deadline=now, fired_at=now, step=1,
        )
    )  # fmt: skip
    return one


# ---- todo ------------------------------------------------------------------------------------


async def test_the_todo_list_says_what_waits_and_the_command_for_it(site: Site) -> None:
    items = (await site.get("todo")).json()["items"]
    dead = [one for one in items if one["kind"] == "dead"]
    assert {one["number"] for one in dead} == {DEAD, ALSO_DEAD}
    assert dead[0]["do"] == f"hub delivery show {dead[0]['id']}"
    assert dead[0]["what"]["zh"] != dead[0]["what"]["en"]


async def test_mine_is_what_my_roles_may_settle_and_own_what_i_see(site: Site) -> None:
    assert (await site.get("todo", "viewer", params={"mine": "true"})).json()["items"] == []
    assert (await site.get("todo", "ops", params={"mine": "true"})).json()["items"]
    own = (await site.get("todo", "own")).json()["items"]
    assert {one["number"] for one in own} == {ALSO_DEAD}


# ---- gates -----------------------------------------------------------------------------------


async def test_a_record_held_by_hand_is_listed_and_released_once(site: Site) -> None:
    held = await site.post("gates/hold", {"number": DEAD, "reason": "Looks odd"})
    one = held.json()["id"]
    (item,) = (await site.get("gates")).json()["items"]
    assert (item["id"], item["gate"], item["number"]) == (one, "manual", DEAD)
    released = await site.post(f"gates/{one}/release", {"reason": "It is right"})
    assert released.json() == {"id": one, "state": "released"}
    assert (await site.get("gates")).json()["items"] == []
    again = await site.post(f"gates/{one}/release", {"reason": "Twice"})
    assert again.status_code == 409


async def test_a_hold_is_decided_by_its_roles_with_a_reason_and_within_sight(site: Site) -> None:
    held = await site.post("gates/hold", {"number": DEAD, "reason": "Looks odd"})
    one = held.json()["id"]
    assert (await site.post(f"gates/{one}/release", {"reason": "r"}, "viewer")).status_code == 403
    assert (await site.post(f"gates/{one}/release", {})).status_code == 422
    assert (await site.post(f"gates/{one}/release", {"reason": "r"}, "own")).status_code == 404
    assert (await site.get("gates", "own")).json()["items"] == []
    missing = await site.post("gates/hold", {"number": DEAD, "reason": "r"}, "own")
    assert missing.status_code == 404
    assert [row.state for row in site.rows(t.hold)] == ["held"]


# ---- what a gate answers ---------------------------------------------------------------------


def record(**changes: Any) -> dict[str, Any]:
    return {
        "number": "CM-1", "kind": "gift", "status": "approved", "amount": "5000",
        "currency": "CNY", "promise": "x", **changes,
    }  # fmt: skip


async def test_a_gate_answers_who_asks_beforehand(gated: Site) -> None:
    asked = {"connection": "crm", "stream": "commitment", "item": {"commitment_no": "CM-9"}}
    answer = await gated.post("decisions/big-promise", asked)
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert (told["gate"], told["answer"], told["basis"]) == ("big-promise", "hold", "unmapped")
    assert told["reasons"][0]["en"]
    assert [row.answer for row in gated.rows(t.decision)] == ["hold"]


@pytest.mark.parametrize(
    ("gate", "asked", "status"),
    [
        ("big-promis", {"record": record()}, 404),
        ("big-promise", {}, 422),
        ("big-promise", {"item": {}}, 422),
        ("big-promise", {"connection": "crm", "stream": "nothing", "item": {}}, 422),
        ("big-promise", {"connection": "nowhere", "stream": "commitment", "item": {}}, 422),
        ("big-promise", {"record": "x"}, 422),
    ],
    ids=["unknown-gate", "nothing", "no-stream", "unmapped-stream", "no-connection", "text"],
)
async def test_a_question_that_is_none_is_refused(
    gated: Site, gate: str, asked: dict[str, Any], status: int
) -> None:
    answer = await gated.post(f"decisions/{gate}", asked)
    assert answer.status_code == status
    assert gated.rows(t.decision) == []


async def test_an_unknown_gate_is_answered_with_the_nearest_one(gated: Site) -> None:
    answer = await gated.post("decisions/big-promis", {"record": record()})
    assert "big-promise" in answer.json()["detail"]


# ---- watches and alerts ----------------------------------------------------------------------


async def test_a_watch_is_acknowledged_once(site: Site) -> None:
    one = watch(site, DEAD)
    (item,) = (await site.get("watches", params={"state": "fired"})).json()["items"]
    assert item["id"] == one
    done = await site.post(f"watches/{one}/acknowledge", {"reason": "Called them"})
    assert done.json()["id"] == one
    (row,) = site.rows(t.watch)
    assert row.acknowledged_by == "person:ops"
    again = await site.post(f"watches/{one}/acknowledge", {"reason": "Again"})
    assert again.status_code == 409


async def test_a_watch_is_put_off_to_a_moment_that_is_to_come(site: Site) -> None:
    one = watch(site, DEAD)
    for until, status in (("soon", 409), ("2020-01-01T00:00:00Z", 409), ("3 days", 200)):
        answer = await site.post(f"watches/{one}/snooze", {"until": until, "reason": "r"})
        assert answer.status_code == status, answer.text


async def test_a_watch_out_of_sight_is_not_there(site: Site) -> None:
    one, own = watch(site, DEAD), watch(site, ALSO_DEAD)
    body = {"reason": "r"}
    assert (await site.post(f"watches/{one}/acknowledge", body, "own")).status_code == 404
    assert (await site.post(f"watches/{one}/acknowledge", body, "viewer")).status_code == 403
    assert (await site.post(f"watches/{own}/acknowledge", body, "own")).status_code == 200


async def test_an_alert_is_told_in_both_languages_and_acknowledged(site: Site) -> None:
    facts = {"connection": "wms", "by": "person:ops"}
    now, new_id = site.clock.now(), site.clock.new_id
    site.flow.store.write_now(alerts.open, "paused", "wms", facts, now, new_id)
    (item,) = (await site.get("alerts")).json()["items"]
    assert item["what"]["en"].startswith("wms is paused")
    assert item["what"]["zh"] != item["what"]["en"]
    assert item["do"] == "hub connection check wms"
    path = f"alerts/{item['id']}/acknowledge"
    assert (await site.post(path, None, "viewer")).status_code == 403
    assert (await site.post(path)).json()["subject"] == "wms"
    assert (await site.post(path)).status_code == 409


# ---- schedules -------------------------------------------------------------------------------


async def test_schedules_are_listed_and_one_is_run_by_name(site: Site) -> None:
    named = {"morning-check": Schedule.model_validate({"at": "0 8 * * *", "do": "check"})}
    settings = site.flow.settings
    assert settings is not None
    site.flow.settings = settings.model_copy(update={"schedules": named})
    site.rebuild()
    (item,) = (await site.get("schedules")).json()
    assert (item["name"], item["do"], item["last_at"]) == ("morning-check", "check", None)
    assert (await site.post("schedules/morning-chek/run")).status_code == 404
    assert (await site.post("schedules/morning-check/run", None, "viewer")).status_code == 403
    ran = await site.post("schedules/morning-check/run")
    assert ran.status_code == 200, ran.text
    assert ran.json()["words"]["en"]
