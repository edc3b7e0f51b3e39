"""A report on the terminal fits it, in Chinese too, and never cuts a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_report import finding, report

from hub.language import Language
from hub.reconcile.report import terminal
from hub.reconcile.report.terminal_tables import columns
from hub.reconcile.report.value import Cluster, SideReport, Total, Verdict


def lines(width: int = 100, *, language: Language = Language.ZH, **changes: Any) -> list[str]:
    found = changes.pop("findings", [finding(at) for at in range(30)])
    return list(terminal.lines(report(found, **changes), language, width))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("language", list(Language))
def test_no_line_is_wider_than_the_terminal(width: int, language: Language) -> None:
    long = "宁波东海泵业股份有限公司" * 4
    findings = [finding(at, key=long, customer=long, expected=long) for at in range(30)]
    sides = tuple(
        SideReport(name, long, long, "partial", "by_key", reason=long, notes=(long,))
        for name in ("crm", "erp")
    )
    found = lines(
        width, language=language, findings=findings, title=long, sides=sides,
        verdict=Verdict.INCOMPLETE, reasons=(long, f"{long}: HTTP 500"),
    )  # fmt: skip
    assert [line for line in found if columns(line) > width] == []


@given(st.text(), st.integers(8, 200))
def test_whatever_a_title_is_it_fits_and_is_printable(title: str, width: int) -> None:
    made = report([], title=title, sides=(), totals=())
    for line in terminal.lines(made, Language.ZH, max(width, 20)):
        assert columns(line) <= max(width, 20)
        assert line.isprintable()


@pytest.mark.parametrize(
    ("text", "wide"), [("abc", 3), ("对账", 4), ("ＡＢ", 4), ("e\u0301", 1), ("¥1,000", 6)]
)
def test_chinese_takes_two_columns(text: str, wide: int) -> None:
    assert columns(text) == wide


def test_columns_stand_below_their_heads() -> None:
    found = lines(160)
    table = found[found.index("差异明细") + 1 :]
    head, first = table[0], table[1]
    place = columns(head[: head.index("差异类型")])
    assert columns(first[: first.index("不符")]) == place


def test_a_run_that_is_not_complete_says_so_first() -> None:
    found = lines(verdict=Verdict.INCOMPLETE, reasons=("ERP: page 7: HTTP 500", "CRM: fewer rows"))
    assert found[0] == "订单对账 (v3) · ERP: page 7: HTTP 500"
    assert found[1].startswith("不完整")
    assert "一致率" not in found[1]
    assert found[2:4] == ["  ! ERP: page 7: HTTP 500", "  ! CRM: fewer rows"]


def test_of_a_failed_run_no_keys_are_counted() -> None:
    found = "\n".join(lines(findings=[], verdict=Verdict.FAILED, reasons=("the store is full",)))
    assert "100" not in found.partition("差异方")[0]


@pytest.mark.parametrize("width", [40, 80, 120, 250])
def test_the_rest_of_a_total_is_told_whatever_the_width(width: int) -> None:
    total = Total("amount", "金额", "CNY", "crm", "erp", Decimal("12345678901.10"),
                  Decimal("12345678000.00"), Decimal("900.10"), Decimal(0), Decimal("0.75"),
                  Decimal("0.25"))  # fmt: skip
    found = " ".join(" ".join(lines(width, totals=(total,))).split())
    assert "未解释（须为 0）" in found
    for figure in ("12,345,678,901.10", "12,345,678,000.00", "901.10", "900.10", "0.75", "0.25"):
        assert figure in found


NONE = Total("amount", "金额", "USD", "crm", "erp", *(Decimal(0) for _ in range(6)))


def test_a_total_with_nothing_in_it_is_not_told() -> None:
    euros = replace(NONE, unit="EUR", left=Decimal(5), right=Decimal(5))
    found = "\n".join(lines(totals=(NONE, euros)))
    assert "EUR" in found
    assert "USD" not in found
    assert "控制合计" not in "\n".join(lines(totals=(NONE,)))


@pytest.mark.parametrize(
    "part", ["findings", "in_flight", "within", "not_expected", "not_compared", "rest"]
)
def test_a_total_that_explains_something_is_told_though_both_sums_are_0(part: str) -> None:
    assert "USD" in "\n".join(lines(totals=(replace(NONE, **{part: Decimal(1)}),)))


def test_a_total_nobody_can_tell_is_no_0() -> None:
    sides = (SideReport("crm", "CRM", "crm.order", "complete", "full"),
             SideReport("erp", "ERP", "erp.order", "partial", "full"))  # fmt: skip
    assert "USD" in "\n".join(lines(totals=(NONE,), sides=sides, verdict=Verdict.INCOMPLETE))


def test_kinds_and_causes_are_counted_with_a_total() -> None:
    findings = [finding(at, kind=("missing", "extra")[at % 2], cause="late") for at in range(30)]
    found = lines(findings=findings)
    table = found[found.index("差异按类型与原因") + 2 :]
    assert [line.split() for line in table[:3]] == [
        ["多余", "事后批准", "ERP", "15", "15.00", "CNY"],
        ["缺失", "事后批准", "ERP", "15", "15.00", "CNY"],
        ["合计", "30", "30.00", "CNY"],
    ]


def test_a_pattern_is_told_with_what_it_is_worth_and_since_when() -> None:
    pattern = Cluster(
        "wms.quantity ratio 3", "mapping", "4 of 5 share: 数量: 3 times as much", 4,
        Decimal("1234.50"), "CNY", datetime(2026, 11, 19, 23, tzinfo=UTC), "commitment-to-wms",
    )  # fmt: skip
    found = lines(clusters=(pattern,))
    at = found.index("同因聚类")
    assert found[at + 1] == (
        "  4 of 5 share: 数量: 3 times as much · 映射问题 · 1,234.50 CNY · commitment-to-wms · "
        "2026-11-20"
    )


def test_the_gravest_are_shown_and_the_others_counted() -> None:
    found = list(terminal.lines(report([finding(at) for at in range(30)]), Language.ZH, 120, top=5))
    assert found[-1] == "… 另有 25 条"
    assert found[-2].startswith(finding(4).id[:12])


def test_a_narrow_table_gives_up_columns_before_it_cuts_the_key() -> None:
    findings = [finding(1, key="CM-2026-00000123")]
    assert any("CM-2026-00000123" in line for line in lines(40, findings=findings))


def test_without_findings_there_are_no_empty_tables() -> None:
    found = lines(findings=[])
    assert "差异明细" not in found
    assert "无差异" in found[1]


def test_nothing_acts_on_the_terminal() -> None:
    evil = "\x1b[2J\x07\u202eevil\r\nnext"
    findings = [finding(1, key=evil, customer=evil, currency=evil)]
    for line in lines(findings=findings, title=evil, reasons=(evil,), verdict=Verdict.INCOMPLETE):
        assert line.isprintable()
