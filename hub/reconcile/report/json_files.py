"""A report for programs: one JSON document, or the findings as JSON lines.

Codes instead of words, money and quantities as text, times as ISO 8601. `document` has the fields
of `value.Report` by their names, with `schema`; of the findings as many as asked for, while
`findings_total` says how many there are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from hub.reconcile.report.files import replaced
from hub.reconcile.report.summary import Summary
from hub.reconcile.report.value import SCHEMA, Finding, Report

_LAZY = ("findings", "waived", "in_flight", "within", "not_compared", "record")


def document(report: Report, limit: int | None = None) -> dict[str, Any]:
    """Return a report as plain data, with at most so many findings."""
    summary = Summary.of(report)
    plain: dict[str, Any] = {"schema": SCHEMA}
    for one in dataclasses.fields(report):
        if one.name not in _LAZY:
            plain[one.name] = msgspec.to_builtins(getattr(report, one.name))
    agreement = report.counts.agreement
    plain["agreement"] = None if agreement is None else format(agreement, "f")
    plain["findings_total"] = summary.total.count
    plain["amounts_total"] = {
        currency: format(amount, "f") for currency, amount in sorted(summary.total.amounts.items())
    }
    plain["causes"] = {name: one.count for name, one in sorted(summary.causes.items())}
    plain["kinds"] = {name: one.count for name, one in sorted(summary.kinds.items())}
    plain["findings"] = [msgspec.to_builtins(one) for one in islice(report.findings(), limit)]
    plain["waived"] = [msgspec.to_builtins(one) for one in islice(report.waived(), limit)]
    plain["in_flight"] = [msgspec.to_builtins(one) for one in islice(report.in_flight(), limit)]
    return plain


def lines(report: Report) -> Iterator[str]:
    """Yield each finding as a JSON object in one line."""
    for one in report.findings():
        yield _line(one)


def _line(one: Finding) -> str:
    return msgspec.json.encode(one).decode()


def write(report: Report, path: Path) -> None:
    """Write the whole report as one JSON document, finding by finding."""
    head = document(report, 0)
    for name in ("findings", "waived", "in_flight"):
        del head[name]
    with replaced(path) as file:
        file.write(msgspec.json.encode(head)[:-1])
        for name, rows in (
            ("findings", report.findings), ("waived", report.waived),
            ("in_flight", report.in_flight),
        ):  # fmt: skip
            file.write(f',"{name}":['.encode())
            for at, one in enumerate(rows()):
                file.write((b"," if at else b"") + msgspec.json.encode(one))
            file.write(b"]")
        file.write(b"}\n")
