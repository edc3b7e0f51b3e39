"""The JSON of a report is for programs: codes, exact figures, as many rows as asked for."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from sample_report import finding, report

from hub.reconcile.report import json_files
from hub.reconcile.report.value import Verdict


def test_a_document_tells_its_schema_and_all_figures() -> None:
    made = json_files.document(report([finding(at) for at in range(3)]))
    assert made["schema"] == "hub/reconciliation-report@1"
    assert (made["verdict"], made["counts"]["keys"], made["agreement"]) == ("findings", 100, "0.97")
    assert [one["name"] for one in made["sides"]] == ["crm", "erp"]
    assert [one["name"] for one in made["fields"]] == ["amount"]
    assert made["kinds"] == {"differs": 3}
    assert made["ageing_counts"] == {"differs": [2, 1, 0, 0, 0]}
    assert made["as_of"] == "2026-11-27T04:00:00Z"
    json.dumps(made)


def test_money_is_text_without_exponent() -> None:
    made = json_files.document(report(
        [finding(1, amount=Decimal("1E+3"))], materiality={"CNY": Decimal("1E+2")}
    ))  # fmt: skip
    total = made["totals"][0]
    assert (total["left"], total["right"], total["difference"]) == ("1000.10", "990", "10.10")
    assert made["materiality"] == {"CNY": "100"}
    assert made["findings"][0]["amount"] == "1000"
    assert made["amounts_total"] == {"CNY": "1000"}


def test_codes_are_no_words() -> None:
    (one,) = json_files.document(report([finding(1)]))["findings"]
    assert (one["kind"], one["cause"], one["severity"], one["proposal"]) == (
        "differs", "changed_at_target", "high", "redeliver",
    )  # fmt: skip


def test_there_are_no_more_rows_than_asked_for() -> None:
    whole = report([finding(at) for at in range(9)])
    made = json_files.document(whole, limit=2)
    assert (len(made["findings"]), made["findings_total"]) == (2, 9)
    assert json_files.document(whole, limit=0)["findings"] == []


def test_lines_are_the_findings_of_the_document() -> None:
    whole = report([finding(at, words="第一行\u2028第二行\x85") for at in range(3)])
    lines = list(json_files.lines(whole))
    assert [json.loads(one) for one in lines] == json_files.document(whole)["findings"]
    assert all(len(one.splitlines()) == 1 for one in lines)


def test_the_file_is_the_document(tmp_path: Path) -> None:
    whole = report([finding(at) for at in range(30)])
    json_files.write(whole, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_bytes()) == json_files.document(whole)
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_a_run_that_is_not_complete_claims_no_share() -> None:
    made = json_files.document(report([], verdict=Verdict.INCOMPLETE, reasons=("ERP: page 7",)))
    assert (made["agreement"], made["reasons"]) == (None, ["ERP: page 7"])
