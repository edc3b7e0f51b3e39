"""A report says the same in every format, whatever a customer is called."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
import python_calamine
from sample_report import finding, report

from hub.language import Language
from hub.reconcile.report import csv_files, html, json_files, terminal, xlsx
from hub.reconcile.report.csv_files import guarded
from hub.reconcile.report.terminal_tables import columns
from hub.reconcile.report.value import Verdict

HOSTILE = (
    '=HYPERLINK("http://evil")',
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\u202eevil",
    "𠮷" * 300,
    "@SUM(A1)",
    "a\x00b\x07",
)


def sheets(path: Path) -> dict[str, list[list[object]]]:
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("count", [0, 1, 57])
def test_counts_and_sums_are_the_same_in_every_format(tmp_path: Path, count: int) -> None:
    found = [finding(at, amount=Decimal(at) + Decimal("0.25")) for at in range(count)]
    value = sum((one.amount or Decimal(0) for one in found), Decimal(0))
    made = report(found)
    xlsx.write(made, tmp_path / "r.xlsx", Language.ZH)
    csv_files.write(made, tmp_path / "csv", Language.ZH)
    json_files.write(made, tmp_path / "r.json")
    html.write(made, tmp_path / "r.html", Language.ZH)

    rows = sheets(tmp_path / "r.xlsx")["差异明细"][1:]
    if count:
        # the sum below is stored, for whoever does not calculate
        assert Decimal(str(rows[-1][9])) == value
        rows = rows[:-1]
    assert len(rows) == count
    assert sum((Decimal(str(row[9])) for row in rows), Decimal(0)) == value
    with (tmp_path / "csv" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))[1:]
    assert len(lines) == count
    assert sum((Decimal(line[9]) for line in lines), Decimal(0)) == value
    whole = json.loads((tmp_path / "r.json").read_text())
    assert (whole["findings_total"], len(whole["findings"])) == (count, count)
    assert Decimal(whole["amounts_total"].get("CNY", "0")) == value
    assert sum((Decimal(one["amount"]) for one in whole["findings"]), Decimal(0)) == value
    assert len(list(json_files.lines(made))) == count
    shown = f"{value:,.2f} CNY" if count else "无差异"
    for text in (
        "\n".join(terminal.lines(made, Language.ZH, 120)),
        (tmp_path / "r.html").read_text(),
        str(sheets(tmp_path / "r.xlsx")["概览"]),
    ):
        assert shown in text
    total = sheets(tmp_path / "r.xlsx")["控制合计"][1]
    assert [Decimal(str(cell)) for cell in total[4:7]] == [
        Decimal("1000.1"), Decimal(990), Decimal("10.1"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_becomes_anything_else(tmp_path: Path, name: str) -> None:
    made = report([finding(1, key=name, customer=name, words=name, expected=name)], title=name)
    xlsx.write(made, tmp_path / "r.xlsx", Language.EN)
    csv_files.write(made, tmp_path / "csv", Language.EN)
    html.write(made, tmp_path / "r.html", Language.EN)
    key = sheets(tmp_path / "r.xlsx")["Findings"][1][1]
    assert isinstance(key, str)
    # a sign nobody sees is shown as its picture
    assert key == name.replace("\x00", "␀").replace("\x07", "␇")
    with (tmp_path / "csv" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        cell = list(csv.reader(file))[1][1]
    assert not cell.startswith(("=", "@", "+", "-"))
    page = (tmp_path / "r.html").read_text()
    assert len(re.findall("<script", page)) == 3
    assert "<img" not in page
    assert all("\x00" not in line for line in terminal.lines(made, Language.EN, 100))


def test_a_long_number_keeps_its_digits(tmp_path: Path) -> None:
    number, large = "24312000000012345678", Decimal("1234567890123456.78")
    xlsx.write(report([finding(1, key=number, amount=large)]), tmp_path / "r.xlsx", Language.EN)
    row = sheets(tmp_path / "r.xlsx")["Findings"][1]
    assert (row[1], row[9]) == (number, "1,234,567,890,123,456.78")


def test_an_incomplete_run_says_so_first_and_claims_no_share() -> None:
    made = report([], verdict=Verdict.INCOMPLETE, reasons=("ERP: page 7: HTTP 500",))
    lines = list(terminal.lines(made, Language.ZH, 100))
    assert lines[1].startswith("不完整")
    assert "一致率" not in lines[1]
    assert "page 7" in lines[2]


def test_the_page_holds_the_gravest_and_says_how_many_more(tmp_path: Path) -> None:
    made = report([finding(at, words=f"第 {at} 行") for at in range(20_010)])
    html.write(made, tmp_path / "r.html", Language.ZH)
    page = (tmp_path / "r.html").read_text()
    assert "另有 10 条" in page
    assert len(page.encode()) < 3 * 1024 * 1024


def test_the_same_report_is_the_same_file(tmp_path: Path) -> None:
    made = report([finding(1)])
    for name in ("a", "b"):
        xlsx.write(made, tmp_path / f"{name}.xlsx", Language.ZH)
        html.write(made, tmp_path / f"{name}.html", Language.ZH)
    for kind in ("xlsx", "html"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_tables_fit_the_terminal() -> None:
    made = report([finding(at, key="宁波东海泵业股份有限公司" * 3) for at in range(30)])
    for width in (40, 80, 120):
        lines = list(terminal.lines(made, Language.ZH, width))
        table = lines[lines.index("差异明细") :]
        assert [line for line in table if columns(line) > width] == []


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra"])
def test_what_a_spreadsheet_would_work_out_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"
