"""`hub gate` at a terminal: what is held, and what a person decides about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

GATE = """\
gate: careful
when: {record: commitment, if: amount > 1000}
needs: [{approvals: 2, roles: [coo]}]
checks: [{if: amount > 1000000, then: deny, reason: {zh: 金额太大, en: too much}}]
"""


@pytest.fixture
def held(filled: Path, hub: Any) -> str:
    """The id of a hold by hand."""
    assert hub("gate", "hold", "CM-2026-000124", "--reason", "客户来电").code == 0
    return str(json.loads(hub("gate", "list", "--json").out)["id"])


def test_nothing_is_held_at_first(filled: Path, hub: Any) -> None:
    ran = hub("gate", "list")
    assert (ran.code, ran.out.strip()) == (0, "Nothing to show.")


def test_what_is_held_is_listed_with_why_and_who_may_release_it(held: str, hub: Any) -> None:
    shown = hub("gate", "list").out
    for wanted in ("manual", "CM-2026-000124", "客户来电", "operator", held[-12:]):
        assert wanted in shown
    # the salesperson's name is personal
    assert "王芳" not in shown
    assert hub("gate", "list", "--gate", "other").out.strip() == "Nothing to show."


def test_one_hold_is_shown_whole(held: str, hub: Any) -> None:
    assert "words: 客户来电" in hub("gate", "show", held).out
    row = json.loads(hub("gate", "show", held[-6:], "--json").out)
    assert (row["gate"], row["state"], row["number"]) == ("manual", "held", "CM-2026-000124")


def test_a_hold_is_released_once_and_kept_with_its_reason(held: str, hub: Any) -> None:
    assert f"{held} is released." in hub("gate", "release", held, "--reason", "settled").out
    again = hub("gate", "release", held, "--reason", "settled")
    assert again.code == 1
    assert "released already" in again.err
    row = json.loads(hub("gate", "list", "--state", "released", "--json").out)
    assert row["decision"] == "settled"


def test_a_decision_without_a_reason_is_refused(held: str, hub: Any) -> None:
    assert hub("gate", "release", held).code == 2
    ran = hub("gate", "release", held, "--reason", " ")
    assert (ran.code, "reason" in ran.err) == (2, True)


def test_what_takes_a_person_says_so(held: str, hub: Any) -> None:
    ran = hub("gate", "approve", held, "--reason", "fine")
    assert ran.code == 1
    assert "An approval needs a person" in ran.err
    assert "批准须由本人作出" in hub("--lang", "zh", "gate", "approve", held, "--reason", "x").err


def test_an_unknown_hold_names_the_list(filled: Path, hub: Any) -> None:
    ran = hub("gate", "show", "0123456789ab")
    assert ran.code == 1
    assert "hub gate list" in ran.err


def test_an_unknown_number_is_not_held(filled: Path, hub: Any) -> None:
    ran = hub("gate", "hold", "CM-0", "--reason", "x")
    assert ran.code == 1
    assert "CM-0" in ran.err


# ---- trying a gate -----------------------------------------------------------------------------


@pytest.fixture
def careful(filled: Path) -> None:
    (filled / "mappings" / "careful.yaml").write_text(GATE, "utf-8")


def test_a_gate_is_tried_on_a_stored_record(careful: None, hub: Any) -> None:
    ran = hub("gate", "test", "careful", "CM-2026-000124")
    assert ran.code == 0
    assert ran.out.splitlines() == ["crm: hold", "   0 of 2 approvals by coo"]
    same = ("gate", "test", "careful", "CM-2026-000124", "--json")
    told = json.loads(hub("--lang", "zh", *same).out)
    assert (told["answer"], told["reasons"][0]["zh"]) == ("hold", "批准 0/2 人，须由 coo 批准")


def test_trying_what_is_not_there_names_what_is(careful: None, hub: Any) -> None:
    ran = hub("gate", "test", "carefull", "CM-2026-000124")
    assert (ran.code, "careful?" in ran.err) == (2, True)
    assert hub("gate", "test", "careful", "CM-0").code == 2


# ---- the files ---------------------------------------------------------------------------------


def test_gates_are_listed_checked_and_tested_with_the_mappings(
    careful: None, filled: Path, hub: Any
) -> None:
    rows = [json.loads(line) for line in hub("map", "list", "--json").out.splitlines()]
    assert ("gate", "careful", "own") in [(one["kind"], one["name"], one["origin"]) for one in rows]
    file = filled / "mappings" / "careful.yaml"
    file.write_text(GATE + "tests: [{name: big, given: {amount: 2000}, expect: allow}]\n", "utf-8")
    failed = hub("map", "test", file)
    assert failed.code == 1
    assert "big" in failed.out
    assert "the answer is hold, expected allow" in failed.out
    file.write_text(GATE.replace("amount >", "amout >"), "utf-8")
    wrong = hub("map", "check", file)
    assert (wrong.code, "amount" in wrong.out) == (1, True)


def test_a_changed_gate_is_shown_as_a_difference(careful: None, filled: Path, hub: Any) -> None:
    shown = hub("map", "diff").out
    assert "+ gate careful" in shown


def test_a_gate_from_a_connection_there_is_not_is_a_fault(filled: Path, hub: Any) -> None:
    file = filled / "mappings" / "careful.yaml"
    file.write_text(GATE.replace("commitment,", "commitment, from: [crm, wsm],"), "utf-8")
    ran = hub("map", "check", file)
    assert ran.code == 1
    assert "Did you mean wms?" in ran.out


def test_the_schema_of_gates_is_printed(filled: Path, hub: Any) -> None:
    assert "关卡" in json.loads(hub("map", "schema", "--gate").out)["title"]
