"""`hub reconcile health`: what it prints and writes, and what it says to wrong options."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

Hub = Callable[..., Any]

EVER = ("--since", "2000-01-01")


def test_it_tells_the_rate_and_the_list(hub: Hub, filled: Path) -> None:
    ran = hub("reconcile", "health", *EVER)
    assert (ran.code, ran.err) == (0, "")
    assert "CM-2026-000123" in ran.out
    # personal data of the messages is not in it
    assert "13000000001" not in ran.out


def test_all_formats_hold_the_same_commitments(hub: Hub, filled: Path, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    formats = [word for one in ("html", "xlsx", "csv", "json", "jsonl")
               for word in ("--format", one)]  # fmt: skip
    ran = hub("reconcile", "health", *EVER, "--out", out, *formats, "--json")
    told = json.loads(ran.out)
    assert told["schema"] == "hub/commitment-health@1"
    files = {one.suffix or "csv": one for one in out.iterdir()}
    whole = json.loads(files[".json"].read_text())
    assert whole["tables"] == told["tables"]
    assert whole["figures"] == told["figures"]
    rows = told["tables"]["commitments"]
    assert [json.loads(line) for line in files[".jsonl"].read_text().splitlines()] == rows
    numbers = [one["number"] for one in rows]
    with (files["csv"] / "commitments.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file)][1:] == numbers
    sheet = load_workbook(files[".xlsx"])["Commitments, the worst first"]
    assert [row[0] for row in sheet.iter_rows(values_only=True)][1:] == numbers
    page = files[".html"].read_text()
    assert all(f"<bdi>{number}</bdi>" in page for number in numbers)


def test_one_commitment_is_told_by_its_number(hub: Hub, filled: Path) -> None:
    told = json.loads(hub("reconcile", "health", "--key", "CM-2026-000123", "--json").out)
    assert told["asked"]["number"] == "CM-2026-000123"
    whats = [one["what"] for one in told["tables"]["timeline"]]
    assert {"received", "approved", "planned", "attempt", "done"} <= set(whats)


@pytest.mark.parametrize(("options", "words"), [
    (["--since", "yesterday"], "--since 'yesterday'"),
    (["--since", "2 hours"], "--since '2 hours'"),
    (["--since", "9999 weeks"], "--since '9999 weeks'"),
    (["--since", "0001-01-01"], "--since '0001-01-01'"),
    (["--until", "9999-12-31"], "--until '9999-12-31'"),
    (["--until", "2026-13-01"], "--until '2026-13-01'"),
    (["--limit", "soon"], "--limit 'soon'"),
    (["--limit", "0 days"], "--limit '0 days'"),
    (["--since", "2026-02-01", "--until", "2026-01-01"], "2026-02-01 is after --until 2026-01-01"),
    (["--from", "crn"], "crn"),
    (["--record", "comitment"], "Did you mean commitment?"),
])  # fmt: skip
def test_a_wrong_option_is_named(hub: Hub, filled: Path, options: list[str], words: str) -> None:
    ran = hub("reconcile", "health", *options)
    assert ran.code == 2
    assert words in ran.err


def test_a_number_nobody_has_is_told_with_those_near(hub: Hub, filled: Path) -> None:
    ran = hub("reconcile", "health", "--key", "CM-2026-00012")
    assert ran.code == 1
    assert "CM-2026-000123" in ran.err


@pytest.mark.parametrize("given", ["3 days", "72h", "72 hours", "3天", "4320 minutes", "3d"])
def test_a_limit_is_written_in_many_ways(hub: Hub, filled: Path, given: str) -> None:
    told = json.loads(hub("reconcile", "health", "--limit", given, "--json").out)
    assert told["asked"]["limit_seconds"] == 3 * 86_400


def test_a_period_without_any_has_no_rate_and_exit_code_0(hub: Hub, filled: Path) -> None:
    ran = hub("reconcile", "health", "--since", "2001-01-01", "--until", "2001-01-31")
    assert ran.code == 0
    assert "Fulfilment rate: –" in ran.out
