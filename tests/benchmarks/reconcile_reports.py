"""What a workbook of many findings costs beside bare XlsxWriter, and how large the page is.

    python tests/benchmarks/reconcile_reports.py [FINDINGS]

Each side runs in a process of its own and writes the same cells; XlsxWriter alone knows nothing of
findings but how to write a string, a number and a date. The figures are CPU seconds from the first
row to the closed file, and the most memory the process ever had. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from reconcile_steps import peak_mb

from hub.language import Language
from hub.reconcile.report.value import Counts, Finding, Report, Severity, SideReport, Verdict

FINDINGS = 100_000
#: The page is measured with as many findings as it holds at most.
PAGE = 20_000
ROUNDS = 3
#: Cells are compared one by one in a workbook of so many.
COMPARED = 1_000
NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
SIDES = {"crm": "CRM", "erp": "Kingdee", "wms": "Qimen"}
KINDS = {"missing": "missing", "differs": "differs", "extra": "extra", "stale": "old revision"}
CAUSES = {
    "never_sent": "never sent", "changed_at_target": "changed there",
    "outside_hub": "made outside the hub", "unknown": "unknown", "mapping": "mapping",
}  # fmt: skip
SEVERITIES = {
    Severity.CRITICAL: "critical", Severity.HIGH: "high", Severity.MEDIUM: "medium",
    Severity.LOW: "low",
}  # fmt: skip
PROPOSALS = {"redeliver": "deliver again", "adopt": "adopt theirs", "task": "task for a person"}


def findings(count: int) -> Iterator[Finding]:
    """Yield findings as runs have them; always the same ones."""
    sides, kinds, causes = tuple(SIDES)[1:], tuple(KINDS), tuple(CAUSES)
    severities, proposals = tuple(SEVERITIES), tuple(PROPOSALS)
    for at in range(count):
        age = at * 7 % 90
        cents = at * 7919 % 10_000_000
        yield Finding(
            id=f"{at * 2654435761 % 2**128:032x}", key=f"HT-2026-{at:07d}", side=sides[at % 2],
            kind=kinds[at % 4], cause=causes[at % 5], severity=severities[at % 4], state="open",
            first_seen=NOW - timedelta(days=age), age=age, canonical=f"HT2026{at:07d}",
            field="amount", field_title="合同金额",
            expected=f"{cents // 100}.{cents % 100:02d} CNY",
            actual=f"{cents // 100 + 1}.{cents % 100:02d} CNY", difference="+1.00 CNY",
            amount=Decimal(cents) / 100, currency="CNY",
            customer=f"苏州恒力第{at % 997}工程有限公司",
            owner="role:accountant", proposal=proposals[at % 3],
            words=f"delivery {at} was read back as delivered; the system shows something else now",
        )  # fmt: skip


def report(count: int) -> Report:
    """Return a report with so many findings."""
    return Report(
        name="orders", title="订单对账", version=3, definition_hash="d" * 64, run="r" * 32,
        mode="full", verdict=Verdict.FINDINGS, reasons=(), as_of=NOW, started=NOW, ended=NOW,
        zone="Asia/Shanghai", counts=Counts(count * 10, count * 9, 0, 0, 0, count),
        sides=tuple(
            SideReport(name, title, f"{name}.order", "complete", "full", name == "crm")
            for name, title in SIDES.items()
        ),
        fields=(), findings=lambda: findings(count),
    )  # fmt: skip


def with_hub(path: Path, count: int) -> None:
    """Write the workbook as the hub does."""
    from hub.reconcile.report import xlsx

    xlsx.write(report(count), path, Language.EN)


def bare(path: Path, count: int) -> None:
    """Write the rows of its sheet of findings with nothing but XlsxWriter."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet("Findings")
    text, plain = book.add_format({"num_format": "@"}), book.add_format({"valign": "top"})
    amount = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
    number, day = (book.add_format({"num_format": form}) for form in ("#,##0", "yyyy-mm-dd"))
    for row, one in enumerate(findings(count), 1):
        page.write_string(row, 0, one.id[:12], text)
        page.write_string(row, 1, one.key, text)
        page.write_string(row, 2, SIDES[one.side], text)
        page.write_string(row, 3, KINDS[one.kind], text)
        page.write_string(row, 4, CAUSES[one.cause], text)
        page.write_string(row, 5, one.field_title, text)
        page.write_string(row, 6, one.expected, text)
        page.write_string(row, 7, one.actual, text)
        page.write_string(row, 8, one.difference, text)
        page.write_number(row, 9, one.amount, amount)
        page.write_string(row, 10, one.currency, text)
        page.write_string(row, 11, SEVERITIES[one.severity], text)
        page.write_string(row, 12, one.state, text)
        page.write_string(row, 13, one.customer, text)
        page.write_string(row, 14, one.owner, text)
        page.write_datetime(row, 15, one.first_seen.date(), day)
        page.write_number(row, 16, one.age, number)
        page.write_string(row, 17, one.words, plain)
        page.write_string(row, 18, PROPOSALS[one.proposal], text)
    book.close()


def page(path: Path, count: int) -> None:
    """Write the page."""
    from hub.reconcile.report import html

    html.write(report(count), path, Language.EN)


WRITERS: Mapping[str, Callable[[Path, int], None]] = {"hub": with_hub, "bare": bare, "page": page}


def measure(side: str, path: Path, count: int) -> str:
    """Write a file in this process; return what it took as a line of JSON."""
    started = time.process_time()
    WRITERS[side](path, count)
    return json.dumps({
        "cpu_seconds": round(time.process_time() - started, 2), "peak_mb": round(peak_mb(), 1),
        "file_mb": round(path.stat().st_size / 1024**2, 2),
    })  # fmt: skip


def in_process(side: str, path: Path, count: int) -> dict[str, Any]:
    """Return what a side took in a process of its own."""
    command = [sys.executable, __file__, str(count), "--side", side, "--path", str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    taken: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return taken


def cells(path: Path) -> list[list[Any]]:
    """Return the cells of the findings, without head, sum and empty columns."""
    import python_calamine

    rows = python_calamine.load_workbook(str(path)).get_sheet_by_name("Findings").to_python()
    return [row[:19] for row in rows if row[0] and isinstance(row[15], date)]


def main() -> None:
    """Measure all sides, and print a line for each."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("findings", nargs="?", type=int, default=FINDINGS)
    asked.add_argument("--side", choices=WRITERS)
    asked.add_argument("--path", type=Path)
    given = asked.parse_args()
    if given.side:
        print(measure(given.side, given.path, given.findings))
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = {side: Path(folder) / f"{side}.xlsx" for side in ("hub", "bare")}
        for side, path in paths.items():
            WRITERS[side](path, COMPARED)
        equal = cells(paths["hub"]) == cells(paths["bare"])
        print(f"{COMPARED:,} findings, the same cells in both: {'yes' if equal else 'NO'}")
        # by turns, and the lowest counts: other work on the machine only ever adds
        runs = [
            {side: in_process(side, path, given.findings) for side, path in paths.items()}
            for _ in range(ROUNDS)
        ]
        taken = {
            side: min((run[side] for run in runs), key=lambda one: one["cpu_seconds"])
            for side in paths
        }
        for side, figures in taken.items():
            print(f"xlsx {side} {given.findings:,} findings: {json.dumps(figures)}")
        ratio = taken["hub"]["cpu_seconds"] / taken["bare"]["cpu_seconds"]
        print(f"xlsx cpu hub / bare: {ratio:.2f}")
        figures = in_process("page", Path(folder) / "report.html", PAGE)
        print(f"html {PAGE:,} findings: {json.dumps(figures)}")


if __name__ == "__main__":
    main()
