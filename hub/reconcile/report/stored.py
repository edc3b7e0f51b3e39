"""A report as it is kept in the store: in parts, with the figures and the hash of its run."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec

from hub.reconcile.clusters import labelled
from hub.reconcile.report import spool as spools
from hub.reconcile.report.spool import Spool
from hub.reconcile.report.value import Report, SignOff

REPORT_TYPE = "application/vnd.hub.reconciliation"
#: What is no part of the head.
_LAZY = ("findings", "waived", "in_flight", "within", "not_compared", "record")


def figures_of(report: Report) -> dict[str, Any]:
    """Return the figures that are kept with a run for good."""
    severities: dict[str, int] = {}
    causes: dict[str, int] = {}
    value: dict[str, Decimal] = {}
    for one in report.findings():
        severities[one.severity] = severities.get(one.severity, 0) + 1
        causes[one.cause] = causes.get(one.cause, 0) + 1
        if one.amount is not None:
            value[one.currency] = value.get(one.currency, Decimal(0)) + one.amount
    counts = report.counts
    return {
        "keys": counts.keys, "agreed": counts.agreed, "differing": counts.differing,
        "in_flight": counts.in_flight, "within": counts.within, "waived": counts.waived,
        "not_compared": counts.not_compared, "open": sum(severities.values()),
        "severities": severities, "causes": causes,
        "value": {currency: format(amount, "f") for currency, amount in value.items()},
        "moved": report.carried.moved, "new": report.carried.new,
        "resolved": report.carried.resolved,
    }  # fmt: skip


def digest(report: Report) -> str:
    """Return the hash a signature is for: definition, sides, findings, totals."""
    whole = hashlib.sha256()

    def add(value: Any) -> None:
        whole.update(msgspec.json.encode(value, order="sorted") + b"\n")

    add([report.name, report.version, report.definition_hash, report.run, str(report.verdict)])
    for one in report.sides:
        add([one.name, one.state, one.rows, one.keys])
    for total in report.totals:
        add(total)
    for rows in (report.findings, report.waived):
        for finding in rows():
            add([finding.id, finding.key, finding.state, finding.expected, finding.actual])
    if report.slices is not None:
        add(report.slices)
    return whole.hexdigest()


def parts(report: Report, spool: Spool) -> Iterator[bytes]:
    """Yield a report with all its rows in pieces to keep, the head first."""
    head = {
        one.name: getattr(report, one.name)
        for one in dataclasses.fields(report) if one.name not in _LAZY
    }  # fmt: skip
    yield msgspec.json.encode(head)
    yield from spool.parts()


def report_of(head: bytes, spool: Spool, sign_offs: Sequence[SignOff] = ()) -> Report:
    """Return a kept report; its rows are in the spool."""
    types = get_type_hints(Report)
    found = msgspec.json.decode(head)
    values = {name: msgspec.convert(value, types[name]) for name, value in found.items()}
    names = {one.name for one in values["clusters"]}
    return Report(
        **{**values, "sign_offs": tuple(sign_offs)},
        findings=lambda: labelled(spool.rows(spools.FINDING), names, values["likely"]),
        waived=lambda: spool.rows(spools.WAIVED),
        in_flight=lambda: spool.rows(spools.IN_FLIGHT),
        within=lambda: spool.rows(spools.WITHIN),
        not_compared=lambda: spool.rows(spools.NOT_COMPARED),
        record=spool.find,
    )
