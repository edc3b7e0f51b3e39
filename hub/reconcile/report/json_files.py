"""A report for programs: one JSON document, or the findings as JSON lines.

Codes instead of words, money and quantities as plain decimals in text, times as ISO 8601 in UTC.

A document has the fields of `value.Report` by their names, and

    schema         hub/reconciliation-report@1
    agreement      share of compared keys that agree, as text; null: nobody can tell
    findings_total, amounts_total
                   how many findings there are, and what they are worth by currency
    kinds, causes, severities
                   code → how many findings
    ageing_counts  kind → findings by bucket of `ageing`, the last one older than all
    findings, waived, in_flight, within, not_compared
                   rows, each with the fields of `value.Finding`

    slices         where the definition has them: states, subjects, targets and rates with what is
                   not in them, `amount_rows` and `rate_rows` with everything

In a control total null stands for what nobody can tell since a side was not read to its end.
Records with the values of all sides are not in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from hub.reconcile.report import slices
from hub.reconcile.report import summary as figures
from hub.reconcile.report.files import replaced
from hub.reconcile.report.summary import Summary
from hub.reconcile.report.value import SCHEMA, Finding, Report, Total

_ROWS = ("findings", "waived", "in_flight", "within", "not_compared")
_LAZY = (*_ROWS, "record")
#: What some readers take for the end of a line, though JSON does not.
ENDINGS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


def document(report: Report, limit: int | None = None) -> dict[str, Any]:
    """Return a report as plain data, with at most so many rows of each kind."""
    plain = _head(report)
    for name in _ROWS:
        plain[name] = [plain_value(one) for one in islice(getattr(report, name)(), limit)]
    return plain


def _head(report: Report) -> dict[str, Any]:
    summary = Summary.of(report)
    plain: dict[str, Any] = {"schema": SCHEMA}
    for one in dataclasses.fields(report):
        # what rows are likely to be is in their words
        if one.name not in (*_LAZY, "slices", "likely"):
            plain[one.name] = plain_value(getattr(report, one.name))
    if report.slices is not None:
        plain["slices"] = plain_value(slices.document(report, report.slices))
    plain["totals"] = [_total(report, one) for one in report.totals]
    plain["agreement"] = plain_value(figures.agreement(report))
    plain["findings_total"] = summary.total.count
    plain["amounts_total"] = plain_value(dict(sorted(summary.total.amounts.items())))
    for name in ("kinds", "causes", "severities"):
        plain[name] = {code: one.count for code, one in sorted(getattr(summary, name).items())}
    plain["ageing_counts"] = {
        kind: [
            summary.ageing[kind, at].count if (kind, at) in summary.ageing else 0
            for at in range(len(report.ageing) + 1)
        ]
        for kind in sorted(summary.kinds)
    }
    return plain


def _total(report: Report, total: Total) -> dict[str, Any]:
    said = figures.said(report, total)
    known = {
        "left": said["left_sum"], "right": said["right_sum"],
        "difference": said["total_difference"], **{
            name: value for name, value in said.items()
            if name not in ("left_sum", "right_sum", "total_difference")
        },
    }  # fmt: skip
    return {**plain_value(total), **plain_value(known)}


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it; no decimal as 1E+3."""
    return _decimals(msgspec.to_builtins(value, builtin_types=(Decimal,)))


def _decimals(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case dict():
            return {name: _decimals(one) for name, one in value.items()}
        case list() | tuple():
            return [_decimals(one) for one in value]
    return value


def lines(report: Report) -> Iterator[str]:
    """Yield each finding as a JSON object in one line, whatever a reader takes for a line."""
    for one in report.findings():
        yield _row(one).decode().translate(ENDINGS)


def write_lines(report: Report, path: Path) -> None:
    """Write the findings, a line each; as a whole or not at all."""
    with replaced(path) as file:
        file.writelines(f"{line}\n".encode() for line in lines(report))


def _row(one: Finding) -> bytes:
    if one.amount is not None and "E" in str(one.amount):
        one = dataclasses.replace(one, amount=Decimal(format(one.amount, "f")))
    return msgspec.json.encode(one)


def write(report: Report, path: Path) -> None:
    """Write the whole report as one JSON document, row by row; as a whole or not at all."""
    with replaced(path) as file:
        file.write(msgspec.json.encode(_head(report))[:-1])
        for name in _ROWS:
            rows: Callable[[], Iterator[Finding]] = getattr(report, name)
            file.write(f',"{name}":['.encode())
            for at, one in enumerate(rows()):
                file.write((b"," if at else b"") + _row(one))
            file.write(b"]")
        file.write(b"}\n")
