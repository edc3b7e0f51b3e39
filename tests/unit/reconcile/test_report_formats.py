"""All formats of one report hold the same counts and the same sums, whatever is in it."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import pytest
import python_calamine
from sample_report import NOW, finding, report

from hub.compare import forms
from hub.language import Language
from hub.reconcile.report import csv_files, html, json_files, terminal, xlsx
from hub.reconcile.report.summary import Summary, agreement, said, summed, unread
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Report, Severity, SideReport, Total, Verdict

#: Rows and, by currency, what they are worth.
Figures: TypeAlias = tuple[int, Mapping[str, Decimal]]

KINDS = ("missing", "differs", "extra", "stale")
CAUSES = ("never_sent", "changed_at_target", "unknown")
CURRENCIES = ("CNY", "USD", "CNY", "EUR")


def mixed(count: int) -> list[Finding]:
    return [
        finding(
            at, kind=KINDS[at % 4], cause=CAUSES[at % 3], currency=CURRENCIES[at * 7 % 4],
            severity=tuple(Severity)[at % 4], side="erp" if at % 2 else "crm", age=at % 50,
            first_seen=NOW - timedelta(days=at % 50), owner=f"owner {at % 3}",
            amount=None if at % 11 == 10 else Decimal(at * 7919 % 100_003) / 100,
        )
        for at in range(count)
    ]  # fmt: skip


def made(count: int) -> Report:
    rows = mixed(count)
    return replace(
        report(rows),
        waived=lambda: iter([replace(one, state="waived", note="盘点") for one in rows[:7]]),
        in_flight=lambda: iter(rows[7:12]), within=lambda: iter(rows[12:15]),
        not_compared=lambda: iter(rows[15:17]),
    )  # fmt: skip


def figures(rows: Iterable[tuple[object, str]]) -> Figures:
    """Return how many rows there are, and their sums by currency; nothing is worth nothing."""
    count, sums = 0, dict[str, Decimal]()
    for amount, currency in rows:
        count += 1
        if amount not in (None, ""):
            plain = str(amount).replace(",", "")
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(plain)
    return count, sums


def expected(rows: Iterable[Finding]) -> Figures:
    return figures((one.amount, one.currency) for one in rows)


# -- one reader a format: sheet → figures


def read_xlsx(made: Report, folder: Path) -> Mapping[str, Figures]:
    xlsx.write(made, folder / "r.xlsx", Language.ZH)
    book = python_calamine.load_workbook(str(folder / "r.xlsx"))
    found = {}
    for name in ROWS:
        head, *rows = book.get_sheet_by_name(text(Language.ZH, f"sheet.{name}")).to_python()
        amount, total = head.index("涉及金额"), text(Language.ZH, "line.total")
        body = [row for row in rows if row[0] != total]
        found[name] = figures((row[amount], str(row[amount + 1])) for row in body)
        # what stands below the rows is what they come to
        assert {
            row[amount + 1]: Decimal(str(row[amount])) for row in rows if row[0] == total
        } == found[name][1]
    return found


def read_csv(made: Report, folder: Path) -> Mapping[str, Figures]:
    csv_files.write(made, folder / "csv", Language.ZH)
    found = {}
    for name in ROWS:
        with (folder / "csv" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            found[name] = figures((row["涉及金额"], row["币种"]) for row in csv.DictReader(file))
    return found


def read_json(made: Report, folder: Path) -> Mapping[str, Figures]:
    json_files.write(made, folder / "r.json")
    whole = json.loads((folder / "r.json").read_bytes())
    assert whole == json.loads(json.dumps(json_files.document(made)))
    found = {
        name: figures((one["amount"], one["currency"]) for one in whole[name]) for name in ROWS
    }
    count, sums = found["findings"]
    assert whole["findings_total"] == count
    assert {unit: Decimal(one) for unit, one in whole["amounts_total"].items()} == sums
    for part in ("kinds", "causes", "severities"):
        assert sum(whole[part].values()) == count
    assert sum(map(sum, whole["ageing_counts"].values())) == count
    return found


def read_lines(made: Report, folder: Path) -> Mapping[str, Figures]:
    rows = [json.loads(line) for line in json_files.lines(made)]
    return {"findings": figures((one["amount"], one["currency"]) for one in rows)}


def read_terminal(made: Report, folder: Path) -> Mapping[str, Figures]:
    """Read the table of kinds and causes: rows with a count begin one, others go on with it."""
    lines = list(terminal.lines(made, Language.EN, 200))
    if "Findings by kind and cause" not in lines:
        return {"findings": (0, {})}
    table = lines[lines.index("Findings by kind and cause") + 2 :]
    sums: dict[bool, dict[str, Decimal]] = {True: defaultdict(Decimal), False: defaultdict(Decimal)}
    counts, in_total = {True: 0, False: 0}, False
    for line in table[: table.index("")]:
        in_total |= line.startswith("Total")
        number, amount, unit = re.fullmatch(
            r".*?(?:  +([\d,]+))?(?:  +([\d,]+\.\d+)  ([A-Z]+))?", line
        ).groups()  # type: ignore[union-attr]
        counts[in_total] += int(number.replace(",", "")) if number else 0
        if amount:
            sums[in_total][unit] += Decimal(amount.replace(",", ""))
    assert (counts[True], sums[True]) == (counts[False], sums[False])
    return {"findings": (counts[True], sums[True])}


def read_html(made: Report, folder: Path) -> Mapping[str, Figures]:
    html.write(made, folder / "r.html", Language.ZH)
    page = (folder / "r.html").read_text()
    packed = re.search(r'id="data">([A-Za-z0-9+/=]*)<', page)
    assert packed is not None
    data = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    currency = data["columns"]["amount"]
    known = currency.get("dictionary")
    shown = [known[at] if known else at for at in currency["values"]]
    amounts = [None if one is None else forms.unscaled(int(one)) for one in data["scaled"]]
    found = figures(
        (amount, words.rpartition(" ")[2]) for amount, words in zip(amounts, shown, strict=True)
    )
    assert found[0] == data["size"]
    return {"findings": found}


ROWS = ("findings", "waived", "in_flight", "within", "not_compared")
READERS: Mapping[str, Callable[[Report, Path], Mapping[str, Figures]]] = {
    "xlsx": read_xlsx, "csv": read_csv, "json": read_json, "jsonl": read_lines,
    "terminal": read_terminal, "html": read_html,
}  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 57, 500])
@pytest.mark.parametrize("name", READERS)
def test_a_format_holds_the_counts_and_sums_of_the_report(
    tmp_path: Path, name: str, count: int
) -> None:
    whole = made(count)
    for rows, found in READERS[name](whole, tmp_path).items():
        assert found == expected(getattr(whole, rows)()), rows


def test_every_format_says_the_same_of_the_total() -> None:
    whole = made(57)
    count, sums = expected(whole.findings())
    summary = Summary.of(whole)
    assert (summary.total.count, summary.total.amounts) == (count, sums)
    for parts in (
        summary.kinds, summary.causes, summary.severities, summary.customers, summary.owners,
        summary.ageing, summary.heat, summary.groups, summary.gravity,
    ):  # fmt: skip
        assert sum(one.count for one in parts.values()) == count
        for currency, amount in sums.items():
            worth = (one.amounts.get(currency, Decimal(0)) for one in parts.values())
            assert sum(worth) == amount


def test_sums_are_worked_out_once() -> None:
    walks = []

    def rows() -> Iterator[Finding]:
        walks.append(1)
        return iter(mixed(9))

    whole = summed(replace(report([]), findings=rows))
    assert Summary.of(whole) is Summary.of(summed(whole))
    assert len(walks) == 1
    assert list(whole.findings()) == mixed(9)


def test_the_oldest_stand_in_the_last_bucket() -> None:
    whole = report([finding(at, age=age) for at, age in enumerate((0, 1, 2, 3, 7, 8, 30, 31))])
    counts = {at: one.count for (_, at), one in Summary.of(whole).ageing.items()}
    assert counts == {0: 2, 1: 2, 2: 1, 3: 2, 4: 1}


def test_amounts_of_two_currencies_are_never_added() -> None:
    whole = report([
        finding(1, customer="A", amount=Decimal(60), currency="CNY"),
        finding(2, customer="A", amount=Decimal(60), currency="USD"),
        finding(3, customer="B", amount=Decimal(100), currency="CNY"),
    ])  # fmt: skip
    summary = Summary.of(whole)
    assert list(summary.customers) == ["B", "A"]
    assert str(summary.total) == "160.00 CNY + 60.00 USD"


# -- what may not be said


def incomplete(**changes: object) -> Report:
    reason = "page 7 of 12: HTTP 500"
    return report(
        mixed(9), verdict=Verdict.INCOMPLETE, reasons=(f"ERP: {reason}",),
        sides=(
            SideReport("crm", "CRM", "crm.order", "complete", "full", True, rows=100, keys=100),
            SideReport("erp", "ERP", "erp.order", "partial", "full", reason=reason, pages=7),
        ),
        **changes,
    )  # fmt: skip


def test_a_side_that_was_not_read_to_its_end_has_no_sum() -> None:
    whole = incomplete()
    figures = said(whole, whole.totals[0])
    assert figures["left_sum"] == Decimal("1000.10")
    assert [name for name, one in figures.items() if one is None] == [
        "right_sum", "total_difference", "not_compared", "rest",
    ]  # fmt: skip
    assert agreement(whole) is None
    assert unread(whole) == ("ERP: page 7 of 12: HTTP 500",)


def test_of_a_failed_run_nothing_is_said() -> None:
    whole = report([], verdict=Verdict.FAILED, reasons=("the store is full",))
    assert set(said(whole, whole.totals[0]).values()) == {None}


def test_a_partial_side_is_named_even_if_no_reason_of_the_run_does() -> None:
    whole = replace(incomplete(), reasons=("the rest of 金额 is 3.00",))
    assert unread(whole) == ("the rest of 金额 is 3.00", "ERP: page 7 of 12: HTTP 500")


@pytest.mark.parametrize("name", ["xlsx", "csv", "json", "terminal"])
def test_no_format_tells_the_sum_of_a_side_that_was_not_read(tmp_path: Path, name: str) -> None:
    total = Total("amount", "金额", "CNY", "crm", "erp", Decimal("555.10"), Decimal("7654321.50"),
                  Decimal(1), Decimal(0), Decimal(0), Decimal("-9.5"))  # fmt: skip
    whole = incomplete(totals=(total,))
    match name:
        case "xlsx":
            xlsx.write(whole, tmp_path / "r.xlsx", Language.ZH)
            book = python_calamine.load_workbook(str(tmp_path / "r.xlsx"))
            texts = [str(book.get_sheet_by_name(one).to_python()) for one in ("概览", "控制合计")]
        case "csv":
            csv_files.write(whole, tmp_path / "csv", Language.ZH)
            texts = [(tmp_path / "csv" / "totals.csv").read_text("utf-8-sig")]
        case "json":
            texts = [json.dumps(json_files.document(whole)["totals"])]
        case _:
            texts = ["\n".join(terminal.lines(whole, Language.ZH, width)) for width in (60, 250)]
    for words in texts:
        plain = words.replace(",", "")
        assert "555.1" in plain
        assert "7654321.5" not in plain
        assert ("null" if name == "json" else "未知") in words


# -- names that would be more than names

HOSTILE = (
    '=HYPERLINK("http://evil","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1",
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "http://evil.example/",
    "<r><t>rich</t></r>", "\u202eevil\u2066", "a\x00b\x07\x1b[2Jc\x7f", "\u2028next\x85line",
    "𠮷" * 300, "x" * 40_000, "𠮷" * 20_000, '"; DROP TABLE--', "{{7*7}} ${7*7} %s {0}", "'quoted",
    "\ufffe\uffff", "_x0041_ & < > \"'", "mailto:a@b.example", "[Book.xlsx]Sheet1!A1",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_text_in_every_format(tmp_path: Path, name: str) -> None:
    one = finding(
        1, key=name, customer=name, words=name, expected=name, actual=name, owner=name,
        field_title=name, currency="CNY", note=name,
    )  # fmt: skip
    sides = tuple(
        SideReport(side, name, name, "complete", "full", notes=(name,)) for side in ("crm", "erp")
    )
    whole = report([one], title=name, rules=((name, name),), sides=sides)
    xlsx.write(whole, tmp_path / "r.xlsx", Language.EN)
    csv_files.write(whole, tmp_path / "csv", Language.EN)
    json_files.write(whole, tmp_path / "r.json")
    html.write(whole, tmp_path / "r.html", Language.EN)

    book = python_calamine.load_workbook(str(tmp_path / "r.xlsx"))
    cell = book.get_sheet_by_name("Findings").to_python()[1][1]
    assert isinstance(cell, str)
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    for path in (tmp_path / "csv").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not [value for value in row if value.startswith(tuple("=@\t\r\n＝＋－＠"))]
    assert json.loads((tmp_path / "r.json").read_bytes())["findings"][0]["customer"] == name
    (line,) = "".join(f"{one}\n" for one in json_files.lines(whole)).splitlines()
    assert json.loads(line)["key"] == name
    page = (tmp_path / "r.html").read_text()
    assert len(re.findall("<script", page)) == 3
    assert "<img" not in page
    for width in (40, 120):
        for line in terminal.lines(whole, Language.EN, width):
            assert line.isprintable()


def test_all_files_of_the_same_report_are_the_same(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        whole = made(57)
        xlsx.write(whole, tmp_path / folder / "r.xlsx", Language.ZH)
        json_files.write(whole, tmp_path / folder / "r.json")
        csv_files.write(whole, tmp_path / folder / "csv", Language.ZH)
    files = [one.relative_to(tmp_path / "a") for one in (tmp_path / "a").rglob("*.*")]
    assert len(files) == 12
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("name", ["xlsx", "csv", "json"])
def test_a_report_that_breaks_off_leaves_the_old_file_alone(tmp_path: Path, name: str) -> None:
    def broken() -> Iterator[Finding]:
        yield finding(1)
        raise OSError("the disk is full")

    writers: Mapping[str, tuple[Path, Callable[[Report], None]]] = {
        "xlsx": (
            tmp_path / "r.xlsx",
            lambda one: xlsx.write(one, tmp_path / "r.xlsx", Language.ZH),
        ),
        "csv": (tmp_path / "within.csv", lambda one: csv_files.write(one, tmp_path, Language.ZH)),
        "json": (tmp_path / "r.json", lambda one: json_files.write(one, tmp_path / "r.json")),
    }
    path, write = writers[name]
    write(made(20))
    before = path.read_bytes()
    names = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="disk is full"):
        write(replace(made(20), within=broken))
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == names


def test_times_are_those_of_the_zone_of_the_report(tmp_path: Path) -> None:
    # 17:30 in London is the next day in Shanghai
    at = datetime.fromisoformat("2026-11-26T17:30:00+00:00")
    whole = report([finding(1, first_seen=at)])
    csv_files.write(whole, tmp_path, Language.EN)
    xlsx.write(whole, tmp_path / "r.xlsx", Language.EN)
    assert ",2026-11-27," in (tmp_path / "findings.csv").read_text("utf-8-sig")
    book = python_calamine.load_workbook(str(tmp_path / "r.xlsx"))
    assert str(book.get_sheet_by_name("Findings").to_python()[1][15]) == "2026-11-27"
