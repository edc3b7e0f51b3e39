"""Reports as a company would have them, for tests of what renders them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

from hub.reconcile.report.value import (
    Carried,
    Counts,
    FieldReport,
    FieldValues,
    Finding,
    Record,
    Report,
    Severity,
    SideReport,
    SideValue,
    Total,
    Trend,
    Verdict,
)

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


def finding(at: int, **changes: object) -> Finding:
    made = Finding(
        id=sha256(str(at).encode()).hexdigest()[:32], key=f"HT-{at:04d}", side="erp",
        kind="differs", cause="changed_at_target", severity=Severity.HIGH, state="open",
        first_seen=NOW, age=at % 40, canonical=f"HT{at:04d}", field="amount", field_title="金额",
        expected=f"{at}.00 CNY", actual=f"{at + 1}.00 CNY", difference="+1.00 CNY",
        amount=Decimal("1.00"), currency="CNY", customer="苏州恒力", owner="role:accountant",
        words="已回读", proposal="redeliver", new=True,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def report(findings: list[Finding], **changes: object) -> Report:
    def rows() -> Iterator[Finding]:
        return iter(findings)

    def record(key: str) -> Record | None:
        values = (SideValue("crm", "1.00 CNY"), SideValue("erp", "2.00 CNY", None, "第 7 行"))
        fields = (FieldValues("amount", "金额", values, "differs", "±0.01"),)
        return Record(key, key, fields)

    made = Report(
        name="orders", title="订单对账", version=3, definition_hash="d" * 64, run="r" * 32,
        mode="full", verdict=Verdict.FINDINGS if findings else Verdict.AGREED, reasons=(),
        as_of=NOW, started=NOW, ended=NOW, zone="Asia/Shanghai",
        counts=Counts(100, 100 - len(findings), 2, 1, 0, len(findings)),
        sides=(
            SideReport("crm", "CRM", "crm.order", "complete", "full", True, rows=100, keys=100),
            SideReport("erp", "ERP", "erp.order", "complete", "full", rows=99, keys=99),
        ),
        fields=(FieldReport("amount", "金额", "money", "±0.01", ("crm", "erp"), 90, 2, 7),),
        totals=(
            Total("amount", "金额", "CNY", "crm", "erp", Decimal("1000.10"), Decimal(990),
                  Decimal(10), Decimal(0), Decimal("0.10"), Decimal(0)),
        ),
        findings=rows, record=record, carried=Carried(new=len(findings)),
        trend=(Trend("a", NOW, Verdict.FINDINGS, 9), Trend("b", NOW, Verdict.INCOMPLETE, 4)),
        rules=(("截止时点", "2026-11-27"),), hash="e" * 64,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]
