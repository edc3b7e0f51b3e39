"""`hub todo`, `hub schedule` and `hub connection go-live` on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hub = Callable[..., Any]

PEOPLE = """\
people:
  an: {name: 安, roles: [admin]}
  bo: {name: 博, roles: [operator]}
  li: {name: 李, roles: [sales_supervisor]}
"""


def listed(hub: Hub, *arguments: str) -> list[dict[str, Any]]:
    ran = hub(*arguments, "--json")
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def kinds(hub: Hub, *arguments: str) -> set[str]:
    return {row["kind"] for row in listed(hub, "todo", *arguments)}


def test_what_waits_for_a_person_is_listed_with_the_command_that_settles_it(
    hub: Hub, filled: Path
) -> None:
    rows = {row["kind"]: row for row in listed(hub, "todo")}
    assert set(rows) == {"approval", "dead", "failed"}
    assert rows["dead"]["number"] == "CM-2026-000124"
    shown = hub(*rows["dead"]["do"].removeprefix("hub ").split())
    assert shown.code == 0
    assert "CM-2026-000125 在等待" in hub("--lang", "zh", "todo").out


def test_a_role_or_person_sees_what_is_for_it(hub: Hub, filled: Path) -> None:
    (filled / "people.yaml").write_text(PEOPLE, "utf-8")
    assert kinds(hub, "--for", "sales_supervisor") == {"approval"}
    assert kinds(hub, "--for", "li") == {"approval"}
    assert kinds(hub, "--for", "bo") == {"dead", "failed"}
    assert kinds(hub, "--for", "an") == {"approval", "dead", "failed"}
    assert kinds(hub, "--for", "coo") == set()


def test_me_is_whoever_shows_a_token(
    hub: Hub, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (filled / "people.yaml").write_text(PEOPLE, "utf-8")
    ran = hub("todo", "--for", "me")
    assert (ran.code, "HUB_TOKEN" in ran.err) == (2, True)
    admins = hub("person", "token", "an").out.split()
    monkeypatch.setenv("HUB_TOKEN", next(word for word in admins if word.startswith("acc_")))
    words = hub("person", "token", "bo").out.split()
    monkeypatch.setenv("HUB_TOKEN", next(word for word in words if word.startswith("acc_")))
    assert kinds(hub, "--for", "me") == {"dead", "failed"}


def test_schedules_are_listed_and_run_by_hand(hub: Hub, filled: Path) -> None:
    with (filled / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write('schedules:\n  look: {do: check, at: "0 8 * * *", on: working days}\n')
    (row,) = listed(hub, "schedule", "list")
    assert (row["name"], row["rule"]) == ("look", "at 0 8 * * * on working days")
    assert (row["next_at"], row["words"]) == (None, None)
    assert hub("schedule", "run", "look").out == "look: no faults\n"
    (row,) = listed(hub, "schedule", "list")
    assert row["words"] == "no faults"
    assert row["last_at"] < row["next_at"]
    assert hub("--lang", "zh", "schedule", "run", "look").out == "look：没有错误\n"


def test_a_check_that_finds_faults_tells_the_first(hub: Hub, filled: Path) -> None:
    with (filled / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write("schedules:\n  look: {do: check, every: 1h}\n")
    (filled / "mappings" / "wrong.yaml").write_text("mapping: x\n", "utf-8")
    assert "look: 3 fault(s), the first: " in hub("schedule", "run", "look").out


def test_a_schedule_that_is_none_is_told_with_the_nearest(hub: Hub, filled: Path) -> None:
    with (filled / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write("schedules:\n  look: {do: check, every: 1h}\n")
    ran = hub("schedule", "run", "loook")
    assert (ran.code, "Did you mean look?" in ran.err) == (2, True)


def test_nothing_that_waits_goes_live_without_a_word(hub: Hub, filled: Path) -> None:
    ran = hub("connection", "go-live", "wms")
    assert (ran.code, ran.out) == (0, "wms is live; nothing waits.\n")


def test_an_observed_connection_is_told_how_it_goes_live(hub: Hub, filled: Path) -> None:
    config = filled / "hub.yaml"
    config.write_text(
        config.read_text("utf-8").replace(
            "connector: qimen", "connector: qimen\n    mode: observe"
        ),
        "utf-8",
    )
    ran = hub("connection", "go-live", "wms", "--send-waiting")
    assert ran.code != 0
    assert "mode: live" in ran.err
    both = hub("connection", "go-live", "wms", "--send-waiting", "--drop-waiting")
    assert (both.code, "one of them" in both.err) == (2, True)
