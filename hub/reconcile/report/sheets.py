"""The sheets of a report: what an XLSX workbook and a folder of CSV files have in common.

A sheet is a title, names of columns with what they hold, and rows; each format writes a cell as it
writes amounts, dates and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report import sentences
from hub.reconcile.report.summary import Summary
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Report

Kind: TypeAlias = Literal["text", "amount", "number", "date", "time"]
Cell: TypeAlias = str | Decimal | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    title: str
    kind: Kind = "text"
    width: int = 14
    #: Choices a person makes in it; empty: none.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet."""

    #: What it is, such as `findings`; names the CSV file.
    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Sequence[Cell]]]
    #: Positions of the columns that are added up below the rows.
    sums: tuple[int, ...] = ()


def sheets(report: Report, language: Language) -> tuple[Sheet, ...]:
    """Return the sheets of a report, the overview first."""
    return _Sheets(report, language).all()


class _Sheets:
    def __init__(self, report: Report, language: Language) -> None:
        self._report, self._language = report, language
        self._summary = Summary.of(report)
        self._titles = {one.name: one.title for one in report.sides}
        self._zone = ZoneInfo(report.zone)

    def all(self) -> tuple[Sheet, ...]:
        report = self._report
        return (
            self._overview(),
            self._totals(),
            self._ageing(),
            self._of_findings("findings", report.findings),
            self._of_findings("in_flight", report.in_flight),
            self._of_findings("within", report.within),
            self._of_findings("waived", report.waived),
            self._of_findings("not_compared", report.not_compared),
            self._rules(),
            self._sign_offs(),
        )

    def _text(self, key: str, **values: object) -> str:
        return text(self._language, key, **values)

    def _sheet(
        self, name: str, columns: Sequence[tuple[str, Kind, int]],
        rows: Callable[[], Iterator[Sequence[Cell]]], sums: tuple[int, ...] = (),
    ) -> Sheet:  # fmt: skip
        made = tuple(
            Column(self._text(f"column.{one}"), kind, width) for one, kind, width in columns
        )
        return Sheet(name, self._text(f"sheet.{name}"), made, rows, sums)

    # -- one sheet each

    def _overview(self) -> Sheet:
        columns = (("title", "text", 26), ("text", "text", 90))
        return self._sheet("overview", columns, self._overview_rows)  # type: ignore[arg-type]

    def _overview_rows(self) -> Iterator[Sequence[Cell]]:
        report, summary = self._report, self._summary
        yield report.title, f"v{report.version}"
        yield (
            self._text(f"verdict.{report.verdict}"),
            sentences.headline(report, summary, self._language),
        )
        for reason in report.reasons:
            yield "!", reason
        yield "", sentences.about(report, self._language)
        yield "", sentences.counts(report, self._language)
        yield "", sentences.carried(report, self._language)
        for side in report.sides:
            state = self._text(f"state.{side.state}")
            yield (
                side.title,
                (
                    f"{state} · {side.source} · {self._text('column.rows')} {side.rows:,} · "
                    f"{self._text('column.keys')} {side.keys:,} · {self._text(f'read.{side.read}')}"
                ),
            )
            for note in (*filter(None, (side.reason,)), *side.notes):
                yield "", note
        for one in report.fields:
            yield (
                one.title,
                (
                    f"{one.rule} · {self._text('column.equal')} {one.equal:,} · "
                    f"{self._text('column.within')} {one.within:,} · "
                    f"{self._text('column.differs')} {one.differs:,} · "
                    f"{self._text('column.not_comparable')} {one.not_comparable:,}"
                ),
            )
        for kind, summed in sorted(summary.kinds.items()):
            yield self._text(f"kind.{kind}"), f"{summed.count:,} {summed}".strip()

    def _totals(self) -> Sheet:
        amounts = ("left_sum", "right_sum", "total_difference", "findings", "in_flight", "within",
                   "not_expected", "not_compared", "rest")  # fmt: skip
        columns: list[tuple[str, Kind, int]] = [
            ("field", "text", 16), ("unit", "text", 10), ("left", "text", 16),
            ("right", "text", 16), *((one, "amount", 16) for one in amounts),
        ]  # fmt: skip
        return self._sheet("totals", columns, self._totals_rows)

    def _totals_rows(self) -> Iterator[Sequence[Cell]]:
        for one in self._report.totals:
            left, right = (self._titles.get(side, side) for side in (one.left_side, one.right_side))
            yield (
                one.title, one.unit, left, right, one.left, one.right, one.difference,
                one.findings, one.in_flight, one.within, one.not_expected, one.not_compared,
                one.rest,
            )  # fmt: skip

    def _ageing(self) -> Sheet:
        edges = self._report.ageing
        names = [*(self._text("line.days", days=edge) for edge in edges),
                 self._text("line.older")]  # fmt: skip
        columns = (
            Column(self._text("column.kind"), width=18),
            *(Column(name, "number", 10) for name in names),
            Column(self._text("line.total"), "number", 10),
            Column(self._text("column.amount"), width=30),
        )
        sums = tuple(range(1, len(names) + 2))
        return Sheet("ageing", self._text("sheet.ageing"), columns, self._ageing_rows, sums)

    def _ageing_rows(self) -> Iterator[Sequence[Cell]]:
        summary, buckets = self._summary, range(len(self._report.ageing) + 1)
        for kind, summed in sorted(summary.kinds.items()):
            counts = [
                summary.ageing[kind, at].count if (kind, at) in summary.ageing else 0
                for at in buckets
            ]
            yield (self._text(f"kind.{kind}"), *counts, summed.count, str(summed))

    def _of_findings(self, name: str, rows: Callable[[], Iterator[Finding]]) -> Sheet:
        columns: tuple[tuple[str, Kind, int], ...] = (
            ("id", "text", 14), ("key", "text", 22), ("side", "text", 16), ("kind", "text", 12),
            ("cause", "text", 16), ("field", "text", 14), ("expected", "text", 18),
            ("actual", "text", 18), ("difference", "text", 14), ("amount", "amount", 16),
            ("currency", "text", 8), ("severity", "text", 8), ("state", "text", 10),
            ("customer", "text", 24), ("owner", "text", 16), ("first_seen", "date", 12),
            ("age", "number", 10), ("words", "text", 50), ("proposal", "text", 14),
            ("note", "text", 24),
        )  # fmt: skip
        sheet = self._sheet(name, columns, lambda: map(self._finding, rows()), (9,))
        if name != "findings":
            return sheet
        choices = tuple(self._text("line.by_hand").split(","))
        decision = Column(self._text("column.decision"), width=16, choices=choices)
        return Sheet(sheet.name, sheet.title, (*sheet.columns, decision), sheet.rows, sheet.sums)

    def _finding(self, one: Finding) -> Sequence[Cell]:
        return (
            one.id[:12], one.key, self._titles.get(one.side, one.side),
            self._text(f"kind.{one.kind}"), self._text(f"cause.{one.cause}"), one.field_title,
            one.expected, one.actual, one.difference, one.amount, one.currency,
            self._text(f"severity.{one.severity}"), self._text(f"state.{one.state}"),
            one.customer, one.owner, one.first_seen.astimezone(self._zone).date(), one.age,
            one.words, self._text(f"proposal.{one.proposal}") if one.proposal else "", one.note,
        )  # fmt: skip

    def _rules(self) -> Sheet:
        columns: tuple[tuple[str, Kind, int], ...] = (("title", "text", 26), ("text", "text", 100))
        return self._sheet("rules", columns, self._rules_rows)

    def _rules_rows(self) -> Iterator[Sequence[Cell]]:
        report = self._report
        yield from report.rules
        yield "version", f"{report.name} v{report.version}"
        yield "sha256", report.definition_hash
        if report.hash:
            yield self._text("column.hash"), report.hash

    def _sign_offs(self) -> Sheet:
        columns: tuple[tuple[str, Kind, int], ...] = (
            ("role", "text", 12), ("person", "text", 24), ("at", "time", 18),
            ("state", "text", 10), ("hash", "text", 66), ("reason", "text", 30),
        )  # fmt: skip
        return self._sheet("sign_offs", columns, self._sign_offs_rows)

    def _sign_offs_rows(self) -> Iterator[Sequence[Cell]]:
        for one in self._report.sign_offs:
            yield (
                self._text(f"role.{one.role}"), one.person,
                one.at.astimezone(self._zone).replace(tzinfo=None),
                self._text(f"state.{one.state}"), one.hash, one.reason,
            )  # fmt: skip
