"""A report as one HTML file that opens from a mail: nothing is loaded, nothing leaves it.

Without scripts it shows all figures and the first findings. With them the findings are searched,
filtered and sorted, and each opens into what every side says of its record. They are carried as
compressed columns, a hundredth of what rows of a table take.
"""

from __future__ import annotations

import base64
import functools
import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup

from hub.compare import forms
from hub.language import Language
from hub.reconcile.report import charts, page_files, sentences, slices
from hub.reconcile.report import summary as figures
from hub.reconcile.report.files import replaced
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import FIGURES, Table
from hub.reconcile.report.summary import Sum, Summary, bucket, figure, shown
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Record, Report, Severity

#: Findings the file holds, of them shown without scripts, and record pages.
MAX_FINDINGS = 20_000
FIRST = 500
MAX_RECORDS = 5_000
_SHOWN = (
    *("key", "side", "kind", "cause", "field", "expected", "actual", "difference", "amount"),
    *("severity", "state", "customer", "owner", "first_seen", "age"),
)
_CARRIED = (
    *_SHOWN, "id", "canonical", "words", "proposal", "note", "severity_code", "currency",
)  # fmt: skip
#: From this share of different values on, a dictionary saves nothing.
_REPEATED = 0.7


def write(report: Report, path: Path, language: Language) -> None:
    """Write a report as one file, as a whole or not at all."""
    page = _Page(report, language).rendered()
    with replaced(path) as file:
        file.write(page.encode())


class _Page:
    def __init__(self, report: Report, language: Language) -> None:
        self._report, self._language = report, language
        self._summary = Summary.of(report)
        self._titles = {one.name: one.title for one in report.sides}
        self._zone = ZoneInfo(report.zone)

    def _text(self, key: str, **values: object) -> str:
        return text(self._language, key, **values)

    def rendered(self) -> str:
        """Return the whole page."""
        report, summary = self._report, self._summary
        rows = [self._row(one) for one in islice(report.findings(), MAX_FINDINGS)]
        script, style = page_files.part("report.js"), page_files.part("report.css")
        return page_files.template("report.html").render(
            lang="zh-CN" if self._language is Language.ZH else "en",
            report=report, summary=summary, titles=self._titles, t=self._text,
            style=Markup(style), script=Markup(script),  # noqa: S704 (our own files)
            style_hash=page_files.source(style), script_hash=page_files.source(script),
            headline=sentences.headline(report, summary, self._language),
            about=sentences.about(report, self._language),
            counts=sentences.counts(report, self._language),
            carried=sentences.carried(report, self._language),
            trend=charts.trend(report.trend, self._language) if len(report.trend) > 1 else "",
            causes=charts.bars(
                (self._text(f"cause.{name}"), one.count, self._figure(one))
                for name, one in sorted(summary.causes.items(), key=lambda item: -item[1].count)
            ),
            customers=self._worth(summary.customers), owners=self._worth(summary.owners),
            currency=self._text("html.bars", currency=self._currency) if self._currency else "",
            ages=charts.bars(
                (name, one.count, self._figure(one))
                for name, one in zip(self._buckets(), self._ages(), strict=True)
            ) if summary.total.count else "",
            materiality=shown(report.materiality), seconds=_seconds,
            buckets=self._buckets(), ageing=self._ageing(), heat=self._heat(),
            amount=figure, moment=self._moment, unread=figures.unread(report),
            totals=[(one, figures.said(report, one)) for one in report.totals],
            slices=self._slices(), kinds=FIGURES, slices_said=self._slices_said(),
            left_out=self._left_out(), shown=_SHOWN, first=rows[:FIRST],
            words=_as_data(self._words()), data=self._data(rows),
        )  # fmt: skip

    def _slices_said(self) -> list[str]:
        report = self._report
        if report.slices is None:
            return []
        return list(slices.sentences(report, report.slices, self._language))

    def _slices(self) -> list[tuple[Table, list[list[str]], int]]:
        """Return the tables of the slices, their first rows in words, and how many are left out."""
        report, words = self._report, Words(self._language, self._report.zone)
        if report.slices is None:
            return []
        found = []
        for one in slices.read_first(report, report.slices, self._language):
            rows = [
                [words.cell(cell, column) for cell, column in zip(row, one.columns, strict=True)]
                for row in islice(one.rows(), FIRST)
            ]
            found.append((one, rows, (one.count or 0) - len(rows)))
        return found

    def _moment(self, at: datetime) -> str:
        return sentences.moment(self._report, at)

    def _buckets(self) -> list[str]:
        edges = [self._text("line.days", days=edge) for edge in self._report.ageing]
        return [*edges, self._text("line.older")]

    @functools.cached_property
    def _currency(self) -> str:
        """The currency of the most kinds, then of the largest sum; others are not added to it."""
        counted = Counter(
            currency for one in self._summary.kinds.values() for currency in one.amounts
        )
        amounts = self._summary.total.amounts
        return max(amounts, key=lambda name: (counted[name], amounts[name], name), default="")

    def _worth(self, sums: Mapping[str, Sum]) -> Markup:
        """Return bars of what is at stake in one currency; the others stand beside them."""
        found = [(name, one.amounts.get(self._currency, Decimal(0)), self._figure(one))
                 for name, one in sums.items()]  # fmt: skip
        return charts.bars(sorted(found, key=lambda one: (-one[1], one[0]))[:5])

    def _figure(self, one: Sum) -> str:
        return f"{self._text('html.count', count=f'{one.count:,}')} {one}".rstrip(" ·")

    def _ages(self) -> list[Sum]:
        """Return the sums of each ageing bucket."""
        ages = [Sum() for _ in self._buckets()]
        for (_, at), found in self._summary.ageing.items():
            ages[at].count += found.count
            for currency, amount in found.amounts.items():
                ages[at].put(0, currency, amount)
        return ages

    def _ageing(self) -> list[tuple[str, list[Sum | None], Sum]]:
        """Return a row for each kind and one of the totals: name, buckets, sum."""
        places = range(len(self._report.ageing) + 1)
        found = self._summary.ageing
        rows: list[tuple[str, list[Sum | None], Sum]] = [
            (self._text(f"kind.{kind}"), [found.get((kind, at)) for at in places], whole)
            for kind, whole in sorted(self._summary.kinds.items())
        ]
        return [*rows, (self._text("line.total"), [*self._ages()], self._summary.total)]

    def _heat(self) -> list[tuple[str, list[int | str]]]:
        found = self._summary.heat
        return [
            (cause, [found[cause, one.name].count if (cause, one.name) in found else ""
                     for one in self._report.sides])
            for cause in sorted(self._summary.causes)
        ]  # fmt: skip

    def _left_out(self) -> str:
        more = self._summary.total.count - MAX_FINDINGS
        if more <= 0:
            return ""
        return self._text("html.left_out", shown=f"{MAX_FINDINGS:,}", more=f"{more:,}")

    def _words(self) -> Mapping[str, Any]:
        return {
            "columns": {name: self._text(f"column.{name}") for name in _SHOWN},
            "page": self._text("html.page"), "look": self._text("html.look"),
            "rule": self._text("column.rule"), "sum": self._text("html.sum"),
            "no_amount": self._text("html.no_amount"), "timeline": self._text("html.timeline"),
            "annex": self._text("html.annex"), "severities": [str(one) for one in Severity],
            "results": {
                name: self._text(f"result.{name}")
                for name in ("equal", "within", "differs", "not_comparable")
            },
        }  # fmt: skip

    # -- findings as columns

    def _row(self, one: Finding) -> dict[str, Any]:
        amount = "" if one.amount is None else f"{figure(one.amount)} {one.currency}".strip()
        return {
            "key": one.key, "side": self._titles.get(one.side, one.side),
            "kind": self._text(f"kind.{one.kind}"), "cause": self._text(f"cause.{one.cause}"),
            "field": one.field_title, "expected": one.expected, "actual": one.actual,
            "difference": one.difference, "amount": amount,
            "severity": self._text(f"severity.{one.severity}"),
            "state": self._text(f"state.{one.state}"), "customer": one.customer,
            "owner": one.owner,
            "first_seen": one.first_seen.astimezone(self._zone).date().isoformat(),
            "age": one.age, "id": one.id[:12], "canonical": one.canonical, "words": one.words,
            "proposal": self._text(f"proposal.{one.proposal}") if one.proposal else "",
            "note": one.note, "severity_code": str(one.severity), "currency": one.currency,
            "scaled": None if one.amount is None else forms.scaled(one.amount),
            "bucket": bucket(one.age, self._report.ageing),
        }  # fmt: skip

    def _record(self, record: Record) -> Any:
        """Return a record page; its moments are in the zone of the report."""
        built = msgspec.to_builtins(record)
        for one, moment in zip(built["timeline"], record.timeline, strict=True):
            one["at"] = self._moment(moment.at)
        return built

    def _data(self, rows: Sequence[Mapping[str, Any]]) -> str:
        records: dict[str, Any] = {}
        for row in rows:
            if len(records) == MAX_RECORDS:
                break
            canonical = row["canonical"]
            found = self._report.record(canonical) if canonical not in records else None
            if found is not None:
                records[canonical] = self._record(found)
        whole = {
            "size": len(rows),
            "columns": {name: _column([row[name] for row in rows]) for name in _CARRIED},
            "scaled": [None if row["scaled"] is None else str(row["scaled"]) for row in rows],
            "bucket": [row["bucket"] for row in rows],
            "buckets": self._buckets(),
            "places": forms.PLACES,
            "sides": [
                {"name": one.name, "title": one.title, "authority": one.authority}
                for one in self._report.sides
            ],
            "records": records,
        }
        packed = gzip.compress(msgspec.json.encode(whole), compresslevel=9, mtime=0)
        return base64.b64encode(packed).decode()


def _column(values: Sequence[Any]) -> Mapping[str, Any]:
    """Return a column; where values come again, as a dictionary and positions in it."""
    known: dict[Any, int] = {}
    for one in values:
        known.setdefault(one, len(known))
    if len(known) > _REPEATED * len(values):
        return {"values": values}
    return {"dictionary": list(known), "values": [known[one] for one in values]}


def _seconds(started: datetime | None, ended: datetime | None) -> str:
    return f"{(ended - started).total_seconds():,.0f}" if started and ended else ""


def _as_data(value: Any) -> Markup:
    """Return data that cannot end the script it stands in."""
    plain = json.dumps(value, ensure_ascii=False)
    return Markup(plain.replace("<", "\\u003c"))  # noqa: S704 (no < is left in it)
