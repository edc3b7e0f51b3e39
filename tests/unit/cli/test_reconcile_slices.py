"""`hub reconcile slices` shows what a run added up, and says what there is otherwise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Hub

FILE = """\
reconciliation: sales
title: 销售回款
cut_off: {settle: 0}
sides:
  crm: {title: CRM, connection: crm, stream: commitment, key: no}
  finance: {title: 财务, connection: wms, operation: create_order, key: no}
compare:
  amount: {as: money, crm: {from: amount, currency: CNY}, finance: {from: amount, currency: CNY}}
slices:
  states:
    signed: {title: 签约, side: crm, on: day, amount: {from: amount, currency: CNY}}
    paid: {title: 回款, side: finance, on: day, amount: {from: amount, currency: CNY}}
  by:
    seller: {title: 销售, crm: seller}
  periods: [month, quarter]
  targets:
    plan:
      {file: plan.csv, by: seller, subject: seller, period: period, amount: amount, currency: CNY}
  rates:
    reached: {title: 达成率, of: signed, against: plan}
    collected: {title: 回款率, of: paid, against: signed}
"""


@pytest.fixture
def reconciled(hub: Hub, filled: Path) -> Path:
    """Return a folder in which two spreadsheets were reconciled."""
    own = filled / "mappings"
    (own / "sales.yaml").write_text(FILE, "utf-8")
    (own / "plan.csv").write_text("seller,period,amount\n张三,2026-03,100\n", "utf-8")
    crm, finance = filled / "crm.csv", filled / "finance.csv"
    crm.write_text("no,seller,day,amount\nA,张三,2026-03-05,102\nB,李四,2026-03-06,50\n", "utf-8")
    finance.write_text("no,day,amount\nA,2026-04-01,102\nB,2026-04-02,40\n", "utf-8")
    assert hub("map", "apply").code == 0
    ran = hub("reconcile", "run", "sales", "--side", f"crm={crm}", "--side", f"finance={finance}")
    assert "达成率" in ran.out, ran.err
    return filled


def test_amounts_and_rates_are_shown_by_a_subject(hub: Hub, reconciled: Path) -> None:
    ran = hub("--lang", "zh", "reconcile", "slices", "sales", "--by", "seller")
    assert ran.code == 0, ran.err
    line = next(line for line in ran.out.splitlines() if "张三" in line)
    assert re.findall(r"[\d.]+ %", line)[:3] == ["102.00 %", "0.00 %", "100.00 %"]
    assert "80.00 %" in ran.out


def test_they_are_said_to_programs_and_written_to_files(hub: Hub, reconciled: Path) -> None:
    out = reconciled / "reports"
    ran = hub("reconcile", "slices", "sales", "--by", "seller", "--period", "quarter",
              "--view", "cohort", "--json", "--out", out, "--format", "csv", "--format", "html",
              "--format", "xlsx", "--format", "jsonl")  # fmt: skip
    found = json.loads(ran.out)
    assert found["schema"] == "hub/reconciliation-slices@1"
    assert found["asked"]["period"] == "quarter"
    (paid,) = [
        row for row in found["tables"]["slices_amount_rows"]
        if (row["state"], row["period"], row["subject"]) == ("paid", "2026-Q1", "李四")
    ]  # fmt: skip
    assert (paid["amount"], paid["open"]) == ("40", "1.0000")
    assert len(list(out.iterdir())) == 4


def test_what_is_not_there_is_told_with_what_is(hub: Hub, reconciled: Path) -> None:
    ran = hub("--lang", "en", "reconcile", "slices", "sales", "--by", "sellers")
    assert ran.code != 0
    assert "Did you mean seller?" in ran.err
    ran = hub("--lang", "zh", "reconcile", "slices", "sales", "--period", "years")
    assert "没有期间 years" in ran.err


def test_wrong_words_are_found_by_check_with_their_place(hub: Hub, reconciled: Path) -> None:
    path = reconciled / "mappings" / "sales.yaml"
    path.write_text(FILE.replace("against: signed", "against: singed"), "utf-8")
    ran = hub("--lang", "en", "reconcile", "check")
    assert ran.code != 0
    assert "sales.yaml:21:48" in ran.err + ran.out
    assert "Did you mean signed?" in ran.err + ran.out
