"""A run adds up what all keys say, keeps it with its report, and every format tells the same."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from plant import Plant

from hub.errors import ConfigError
from hub.language import Language
from hub.mapping import read_bundle
from hub.mapping.reconciliation.slices import tables
from hub.mapping.reconciliation.slices.value import CASH, Sliced
from hub.people import SYSTEM
from hub.reconcile import kept, repair
from hub.reconcile.plan import Plan
from hub.reconcile.report import csv_files, html, json_files, slices, terminal, xlsx
from hub.reconcile.report.plain import csv_files as plain_csv
from hub.reconcile.report.plain import html as plain_html
from hub.reconcile.report.plain import json_files as plain_json
from hub.reconcile.report.plain import terminal as plain_terminal
from hub.reconcile.report.plain import xlsx as plain_xlsx
from hub.reconcile.report.stored import digest
from hub.reconcile.report.value import Report
from hub.reconcile.run import run
from hub.store import reconciliations
from hub.store.reconciliations import Run
from hub.table_file import open_table

FILE = """\
reconciliation: sales
title: 销售回款对账
cut_off: {settle: 0}
sides:
  crm: {title: CRM, connection: crm, stream: contract, key: 合同号}
  finance:
    title: 财务
    connection: fin
    stream: receipt
    key: 合同号
    many: true
    unique: false
    expected_from: 签约日 + 60 days
    rows: {min: 3}
compare:
  amount:
    as: money
    title: 合同额
    tolerance: "1.00"
    crm: {from: 合同额, currency: 币种}
    finance: {from: 合同额, currency: 币种}
slices:
  states:
    signed: {title: 签约, side: crm, on: 签约日, amount: {from: 金额, currency: 币种}}
    paid: {title: 回款, side: finance, on: 到账日, amount: {from: 到账, currency: 币种}}
  by:
    seller: {title: 销售, crm: 销售}
  periods: [month, quarter, {fiscal_year: 4}, {rolling: 90 days}]
  targets:
    plan:
      {title: 销售目标, file: plan.csv, by: seller, subject: 销售, period: 期间, amount: 目标,
       currency: CNY}
  rates:
    reached: {title: 达成率, of: signed, against: plan}
    collected: {title: 回款率, of: paid, against: signed}
"""
PLAN = "销售,期间,目标\n张三,2026-03,100\n"
#: 102 % are reached, 83 % of it collected by now, one contract is in dispute.
CRM = """\
合同号,销售,签约日,金额,币种,合同额
HT-1,张三,2026-03-31 23:59,60.00,CNY,60
HT-2,张三,2026-03-05,37.92,CNY,37.92
HT-3,张三,2026-03-06,4.08,CNY,4.08
HT-4,,2026-04-01,8.00,CNY,8
HT-5,李四,,5.00,USD,5
HT-6,=1+1,2026-03-09,1000.00,USD,1000
HT-7,张三,2026-05-02,7.00,CNY,7
"""
FINANCE = """\
合同号,到账日,到账,币种,合同额
HT-1,2026-04-02,60.00,CNY,60
HT-2,2026-03-20,20.00,CNY,18.96
HT-2,2026-04-20,4.66,CNY,18.96
HT-3,,,CNY,14.08
HT-4,2026-04-03,-8.00,CNY,8.50
HT-5,2026-04-04,5.00,USD,5
HT-6,2026-04-05,1.00,USD,1000
"""


def plan(plant: Plant, finance: str = FINANCE) -> Plan:
    """Return the reconciliation of two files, whose connections nobody has to have."""
    files = {"own/r.yaml": FILE.encode(), "own/plan.csv": PLAN.encode()}
    bundle = read_bundle(files)
    tables_ = {}
    for side, text in (("crm", CRM), ("finance", finance)):
        path = plant.folder / f"{side}.csv"
        path.write_text(text, "utf-8")
        tables_[side] = open_table(path)
    return Plan(bundle.reconciliations["sales"], bundle, "person:accountant", tables_,
                language=Language.EN)  # fmt: skip


async def ran(plant: Plant, finance: str = FINANCE) -> Run:
    plant.clock.advance(datetime(2026, 5, 10, tzinfo=UTC) - plant.clock.now())
    return await run(plant.flow, plan(plant, finance))


def rate(sliced: Sliced, name: str, period: str, by: str = "", who: str = "") -> tables.Rated:
    (found,) = [
        one
        for periods in sliced.periods
        for one in tables.rates(sliced, periods, by)
        if (one.rate, one.period, one.currency, one.who.name) == (name, period, "CNY", who)
    ]
    return found


def sliced_of(report: Report) -> Sliced:
    assert report.slices is not None
    return report.slices


async def test_what_is_reached_and_collected_is_seen_with_what_is_in_dispute(plant: Plant) -> None:
    done = await ran(plant)
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        reached = rate(found, "reached", "2026-03", "seller", "张三")
        collected = rate(found, "collected", "2026-03")
    assert (reached.of, reached.against, reached.value) == (102, 100, Decimal("1.02"))
    assert reached.shares == {"agreed": Decimal("0.96"), "open": Decimal("0.04")}
    # of what was signed in March 84.66 is paid by now, whenever it was paid
    assert (collected.of, collected.value) == (Decimal("84.66"), Decimal("0.83"))
    assert (collected.view, reached.view) == ("cohort", "cash")


async def test_each_view_is_of_its_own_date(plant: Plant) -> None:
    done = await ran(plant)
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        month = found.periods[0]
        paid = {
            (view, one.period): one.amount
            for view in ("cash", "cohort")
            for one in tables.amounts(found, month, "", view)
            if (one.state, one.currency) == ("paid", "CNY")
        }
    assert paid == {
        ("cash", "2026-03"): 20, ("cash", "2026-04"): Decimal("56.66"),
        ("cash", "all"): Decimal("76.66"), ("cohort", "2026-03"): Decimal("84.66"),
        ("cohort", "2026-04"): -8, ("cohort", "all"): Decimal("76.66"),
    }  # fmt: skip


async def test_what_is_not_in_the_figures_is_told(plant: Plant) -> None:
    done = await ran(plant)
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        told = list(slices.sentences(report, found, Language.EN))
    signed, paid = found.states
    assert (signed.keys, signed.no_date, signed.no_amount, signed.empty) == (7, 1, 0, 0)
    assert (paid.keys, paid.no_date, paid.empty, paid.no_cohort) == (6, 0, 1, 1)
    assert "签约: 1 keys without a date; their amounts are in no period" in told
    assert "回款: 1 keys with neither date nor amount" in told
    assert "销售: 1 keys name none" in told
    undated = [
        one for one in tables.amounts(found, found.periods[0], "", CASH) if one.period == "undated"
    ]
    assert [(one.state, one.currency, one.amount) for one in undated] == [("signed", "USD", 5)]


def parts(plant: Plant, done: Run) -> dict[str, dict[str, Decimal]]:
    """Return month → quality → what was signed in CNY."""
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        return {
            one.period: dict(one.parts)
            for one in tables.amounts(found, found.periods[0], "", CASH)
            if (one.state, one.currency) == ("signed", "CNY")
        }


async def test_how_a_key_came_out_is_seen_in_its_amounts(plant: Plant) -> None:
    found = parts(plant, await ran(plant))
    assert found["2026-03"] == {"agreed": Decimal("97.92"), "open": Decimal("4.08")}
    assert (found["2026-04"], found["2026-05"]) == ({"within": 8}, {"in_flight": 7})
    (finding,) = plant.store.read_now(reconciliations.findings, "sales")
    until, policy = plant.clock.now() + timedelta(days=2), plan(plant).definition.policy
    plant.store.write_now(
        lambda tx: repair.waive(tx, plant.flow, policy, finding, SYSTEM, reason="盘点差异",
                                until=until, limit=Decimal(100))
    )  # fmt: skip
    plant.clock.advance(timedelta(minutes=1))
    found = parts(plant, await run(plant.flow, plan(plant)))
    assert found["2026-03"] == {"agreed": Decimal("97.92"), "waived": Decimal("4.08")}


async def test_a_side_that_was_not_read_wholly_says_so_and_what_lacks_is_not_compared(
    plant: Plant,
) -> None:
    done = await ran(plant, "".join(FINANCE.splitlines(keepends=True)[:2]))
    assert done.verdict == "incomplete"
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        told = list(slices.sentences(report, found, Language.EN))
        collected = rate(found, "collected", "2026-03")
        signed = next(
            one for one in tables.amounts(found, found.periods[0], "", CASH)
            if (one.state, one.period, one.currency) == ("signed", "2026-03", "CNY")
        )  # fmt: skip
    assert "财务 was not read to its end: 回款 counts only what was read" in told
    assert (collected.whole, signed.whole) == (False, True)
    assert signed.parts == {"agreed": 60, "not_compared": 42}


async def test_a_run_without_slices_has_none(plant: Plant) -> None:
    plant.clock.advance(timedelta(minutes=1))
    whole = plan(plant)
    done = await run(
        plant.flow,
        dataclasses.replace(whole, definition=dataclasses.replace(whole.definition, slices=None)),
    )
    with kept.report_of(plant.store, done) as report:
        assert report.slices is None
        assert "slices" not in json_files.document(report)
        assert not any("Slices" in line for line in terminal.lines(report, Language.EN, 120))


async def test_the_hash_that_is_signed_is_over_the_slices_too(plant: Plant) -> None:
    first = await ran(plant)
    other = FINANCE.replace("2026-04-02,60.00", "2026-04-02,59.00")
    plant.clock.advance(timedelta(minutes=1))
    second = await run(plant.flow, plan(plant, other))
    # the run's id is in the hash: held against each other is what is signed
    with kept.report_of(plant.store, first) as one, kept.report_of(plant.store, second) as two:
        same = dataclasses.replace(one, slices=two.slices)
        assert digest(one) == one.hash != digest(same)


# ---- every format ------------------------------------------------------------------------------


async def test_the_report_of_the_run_tells_them_in_every_format(plant: Plant) -> None:
    done = await ran(plant)
    folder = plant.folder
    with kept.report_of(plant.store, done) as report:
        html.write(report, folder / "r.html", Language.ZH)
        xlsx.write(report, folder / "r.xlsx", Language.ZH)
        csv_files.write(report, folder / "csv", Language.ZH)
        json_files.write(report, folder / "r.json")
        lines = list(terminal.lines(report, Language.ZH, 120))
    assert any("回款率 = 回款 ÷ 签约，按“签约”的日期" in line for line in lines)
    page = (folder / "r.html").read_text("utf-8")
    assert all(words in page for words in ("达成率", "102.00 %", "83.00 %", "4.00 %"))
    document = json.loads((folder / "r.json").read_text("utf-8"))["slices"]
    (reached,) = [
        one for one in document["rate_rows"]
        if (one["rate"], one["period"], one["subject"]) == ("reached", "2026-03", "张三")
    ]  # fmt: skip
    assert (reached["value"], reached["of"], reached["open"]) == ("1.0200", "102", "0.0400")
    assert {one["view"] for one in document["amount_rows"]} == {"cash", "cohort"}
    assert {one["name"] for one in document["periods"]} == {
        "month", "quarter", "fiscal_year", "rolling_90_days",
    }  # fmt: skip
    book = openpyxl.load_workbook(folder / "r.xlsx", read_only=True)
    assert {"切片", "比率明细", "金额明细"} <= set(book.sheetnames)
    cells = [cell for row in book["比率明细"].iter_rows(values_only=True) for cell in row]
    assert {1.02, 0.83} <= set(cells)
    with (folder / "csv" / "slices_rate_rows.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    # a name that a spreadsheet would work out is none
    assert any(row["主体"] == "'=1+1" for row in rows)
    assert any(row["比率"] == "1.0200" for row in rows)


async def test_what_is_asked_for_is_told_in_every_format(plant: Plant) -> None:
    done = await ran(plant)
    folder = plant.folder
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
        asked = slices.asked(found, "seller", "", "cohort")
        pages = slices.pages(report, found, asked, Language.EN)
        lines = list(plain_terminal.lines(pages, Language.EN, 160))
        plain_html.write(pages, folder / "s.html", Language.EN)
        plain_xlsx.write(pages, folder / "s.xlsx", Language.EN)
        plain_csv.write(pages, folder / "s", Language.EN)
        document = plain_json.document(pages)
    row = next(line for line in lines if "2026-03" in line and "张三" in line)
    assert re.findall(r"[\d.]+ %", row)[:4] == ["102.00 %", "4.00 %", "83.00 %", "2.19 %"]
    assert any("by the date of 签约" in line for line in lines)
    assert document["asked"] == {
        "run": done.id, "by": "seller", "period": "month", "view": "cohort"
    }  # fmt: skip
    rows: list[dict[str, Any]] = document["tables"]["slices_amount_rows"]
    assert {one["view"] for one in rows} == {"cohort"}
    assert {(one["who"], one["subject"]) for one in rows} == {
        ("total", ""), ("value", "张三"), ("value", "李四"), ("value", "=1+1"), ("unsaid", ""),
    }  # fmt: skip
    assert Path(folder / "s" / "slices_rates.csv").exists()


async def test_what_is_not_there_is_told_with_what_is(plant: Plant) -> None:
    done = await ran(plant)
    with kept.report_of(plant.store, done) as report:
        found = sliced_of(report)
    with pytest.raises(ConfigError, match="Did you mean seller"):
        slices.asked(found, "seler", "", "cash")
    with pytest.raises(ConfigError, match="Did you mean quarter"):
        slices.asked(found, "", "quarters", "cash")
