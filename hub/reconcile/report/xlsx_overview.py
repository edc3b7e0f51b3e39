"""The first sheet of a workbook: what a manager asks, what an accountant checks, where to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter.utility import xl_range

from hub.reconcile.report import sentences
from hub.reconcile.report.summary import Sum, Summary, agreement, said, unread
from hub.reconcile.report.terminal_tables import columns
from hub.reconcile.report.value import Report, Severity, Verdict
from hub.reconcile.report.xlsx_cells import RED, Cells, Formula, Value, ordered, quoted, shown

#: Columns it is wide, and how wide these are.
_ACROSS, _FIRST, _OTHER = 9, 24, 15
#: Customers and owners it names.
_NAMED = 10
_LINE = 15
#: Rows that are still read when they are printed on one page.
_ONE_PAGE = 110


@dataclass(slots=True)
class Listed:
    """What became of the rows of a sheet."""

    title: str
    #: Sheets the rows are on.
    pages: list[str] = field(default_factory=list)
    #: Rows on the last of them, and on all.
    last: int = 0
    count: int = 0
    #: Currency → sum, and the cell it stands in.
    amounts: dict[str, Decimal] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    #: Currencies of which an amount is a text; no formula adds them up.
    texts: set[str] = field(default_factory=set)


class Overview:
    """Writes the overview, row by row."""

    def __init__(self, report: Report, summary: Summary, cells: Cells, page: Any) -> None:
        self._report, self._summary, self._cells, self._page = report, summary, cells, page
        self._words = cells.words
        self._titles = {one.name: one.title for one in report.sides}
        self._zone = ZoneInfo(report.zone)
        self._row = 0

    def write(self, listed: Iterable[Listed]) -> None:
        """Write it; the other sheets are there."""
        self._page.hide_gridlines(2)
        self._page.set_column(0, 0, _FIRST)
        self._page.set_column(1, _ACROSS - 1, _OTHER)
        self._verdict()
        self._counts()
        self._contents(listed)
        self._totals()
        self._kinds()
        self._causes()
        self._sides()
        self._fields()
        self._worth_by("customer", self._summary.customers)
        self._worth_by("owner", self._summary.owners)
        self._clusters()
        self._trend()
        self._page.set_portrait()
        self._page.fit_to_pages(1, 1 if self._row <= _ONE_PAGE else 0)

    # -- lines

    def _prose(self, words: str, form: str, height: int = _LINE) -> None:
        """Write a text across the sheet, as high as it needs."""
        across = _FIRST + _OTHER * (_ACROSS - 1) - 8
        plain = shown(words)
        lines = sum(max(-(-columns(line) // across), 1) for line in plain.split("\n"))
        look = self._cells.forms[form]
        self._page.set_row(self._row, min(height + _LINE * (lines - 1), 400))
        self._page.merge_range(self._row, 0, self._row, _ACROSS - 1, "", look)
        self._page.write_string(self._row, 0, plain, look)
        self._row += 1

    def _section(self, title: str) -> None:
        self._row += 1
        self._cells.text(self._page, self._row, 0, title, "section")
        self._page.set_row(self._row, 20)
        self._row += 1

    def _head(self, names: Sequence[str], numbers: Iterable[int] = ()) -> None:
        right = set(numbers)
        if any(columns(name) > _OTHER for name in names[1:]):
            self._page.set_row(self._row, 2 * _LINE)
        for at in range(max(len(names), _ACROSS)):
            name = names[at] if at < len(names) else ""
            self._cells.text(
                self._page, self._row, at, name, "caption_right" if at in right else "caption"
            )
        self._row += 1

    def _line(self, values: Sequence[Value], form: str = "") -> None:
        for at, value in enumerate(values):
            if value is not None or form:
                self._cells.put(self._page, self._row, at, value, form)
        self._row += 1

    def _worth(self, values: Sequence[Value], one: Sum, form: str = "") -> None:
        """Write a row with what it is worth; one more for each further currency."""
        empty: list[Value] = [None] * len(values)
        amounts: Mapping[str, Decimal | None] = ordered(one.amounts) or {"": None}
        for at, (currency, amount) in enumerate(amounts.items()):
            self._line([*(empty if at else values), amount, currency], form)

    def _columns(self, *names: str) -> list[str]:
        return [self._words(f"column.{name}") for name in names]

    def _here(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None)

    # -- what was found

    def _verdict(self) -> None:
        report, reasons = self._report, unread(self._report)
        if report.verdict in (Verdict.INCOMPLETE, Verdict.FAILED):
            verdict = self._words(f"verdict.{report.verdict}")
            self._prose(" — ".join((verdict, *reasons[:1])), "wrong", 24)
            for reason in reasons[1:]:
                self._prose(reason, "wrong", 18)
            self._page.freeze_panes(1, 0)
            self._page.set_tab_color(RED)
        title = f"{report.title}  v{report.version}"
        self._cells.text(self._page, self._row, 0, title, "title")
        self._page.set_row(self._row, 30)
        self._row += 1
        look = "good" if report.verdict is Verdict.AGREED else "warn"
        language = self._cells.language
        self._prose(sentences.headline(report, self._summary, language), look, 24)
        self._prose(sentences.about(report, language), "soft")
        if report.materiality:
            low, least = self._words("severity.low"), ordered(report.materiality)
            worth = " · ".join(f"< {one:,f} {unit}" for unit, one in least.items())
            self._prose(f"{self._words('column.severity')} {low}: {worth}", "soft")

    def _counts(self) -> None:
        found, share = self._report.counts, agreement(self._report)
        names = (
            *self._columns("keys", "equal", "within", "differs"), self._words("sheet.waived"),
            *self._columns("in_flight", "not_compared"),
            self._words("line.agreement", share="").strip(),
        )  # fmt: skip
        self._row += 1
        self._head(names, range(len(names)))
        counts = (found.keys, found.agreed, found.within, found.differing, found.waived,
                  found.in_flight, found.not_compared)  # fmt: skip
        for at, value in enumerate(counts):
            if self._report.verdict is Verdict.FAILED:
                self._cells.amount(self._page, self._row, at, None)
            else:
                self._page.write_number(self._row, at, value, self._cells.forms["number"])
        if share is None:
            self._cells.amount(self._page, self._row, len(counts), None)
        else:
            # never rounded up to everything
            cut = float(share.quantize(Decimal("0.0001"), ROUND_DOWN))
            self._page.write_number(self._row, len(counts), cut, self._cells.forms["share"])
        self._row += 1
        if self._report.verdict is not Verdict.FAILED:
            self._prose(sentences.carried(self._report, self._cells.language), "soft")

    def _contents(self, listed: Iterable[Listed]) -> None:
        """Write which sheet holds how many rows, with a way there."""
        self._row += 1
        self._head(["", *self._columns("count", "amount", "currency")], (1, 2))
        for one in listed:
            self._link(one.pages[0], one.title)
            self._page.write_number(self._row, 1, one.count, self._cells.forms["count"])
            for currency, amount in ordered(one.amounts).items():
                works = currency not in one.texts
                place = (self._row, 2)
                self._cells.formula(
                    self._page, place, f"={one.cells[currency]}", amount, works=works
                )
                self._cells.text(self._page, self._row, 3, currency)
                self._row += 1
            self._row += not one.amounts
        for name in ("totals", "ageing", "rules", "sign_offs"):
            title = self._words(f"sheet.{name}")
            self._link(title, title)
            self._row += 1

    def _link(self, page: str, title: str) -> None:
        look = self._cells.forms["link"]
        self._page.write_url(self._row, 0, f"internal:{quoted(page)}!A1", look, title)

    def _totals(self) -> None:
        if not self._report.totals:
            return
        self._section(self._words("sheet.totals"))
        names = ("field", "unit", "left", "left_sum", "right", "right_sum", "total_difference",
                 "not_compared", "rest")  # fmt: skip
        self._head(self._columns(*names), (3, 5, 6, 7, 8))
        for one in self._report.totals:
            figures = said(self._report, one)
            words = {
                "field": one.title, "unit": one.unit,
                "left": self._titles.get(one.left_side, one.left_side),
                "right": self._titles.get(one.right_side, one.right_side),
            }  # fmt: skip
            for at, name in enumerate(names):
                if name in words:
                    self._cells.text(self._page, self._row, at, words[name])
                else:
                    self._cells.amount(self._page, self._row, at, figures[name])
            if figures["rest"]:
                self._cells.amount(self._page, self._row, len(names) - 1, figures["rest"], "wrong_")
            self._row += 1

    def _kinds(self) -> None:
        if not self._summary.total.count:
            return
        self._section(self._words("sheet.findings"))
        grades = [str(one) for one in Severity]
        self._head([
            *self._columns("kind"), *(self._words(f"severity.{one}") for one in grades),
            *self._columns("count", "amount", "currency"),
        ], range(1, 7))  # fmt: skip
        first = self._row
        for kind, one in sorted(self._summary.kinds.items()):
            by_grade = (self._summary.gravity.get((kind, grade), Sum()) for grade in grades)
            counts = [each.count for each in by_grade]
            self._worth([self._words(f"kind.{kind}"), *counts, one.count], one)
        severities = (self._summary.severities.get(grade, Sum()) for grade in grades)
        sums = [*(one.count for one in severities), self._summary.total.count]
        self._sums(first, sums, self._summary.total)

    def _sums(self, first: int, counts: Sequence[int], worth: Sum | None = None) -> None:
        """Write sums of counts below a block, as formulas, and what it is worth."""
        cells = [
            Formula(f"=SUM({xl_range(first, at, self._row - 1, at)})", value)
            for at, value in enumerate(counts, 1)
        ]
        total: list[Value] = [self._words("line.total"), *cells]
        if worth is None:
            self._line(total, "sum_")
        else:
            self._worth(total, worth, "sum_")

    def _causes(self) -> None:
        causes = sorted(
            self._summary.causes, key=lambda one: (-self._summary.causes[one].count, one)
        )
        if not causes:
            return
        self._section(self._words("section.causes"))
        sides = [one.name for one in self._report.sides][: _ACROSS - 2]
        titles = [*(self._titles[one] for one in sides), self._words("line.total")]
        self._head([*self._columns("cause"), *titles], range(1, len(titles) + 1))
        first = self._row
        heat = self._summary.heat
        rows = [
            [*(heat.get((cause, side), Sum()).count for side in sides),
             self._summary.causes[cause].count]
            for cause in causes
        ]  # fmt: skip
        for cause, counts in zip(causes, rows, strict=True):
            self._line([self._words(f"cause.{cause}"), *counts])
        self._sums(first, [sum(column) for column in zip(*rows, strict=True)])

    # -- what was read

    def _sides(self) -> None:
        self._section(self._words("section.sides"))
        names = ("side", "source", "state", "read", "pages", "rows", "keys", "rejected", "declared")
        self._head(self._columns(*names), range(4, 9))
        for one in self._report.sides:
            read = self._words(f"read.{one.read}")
            fits = columns(read) <= _OTHER
            self._line([
                one.title, one.source, self._words(f"state.{one.state}"), read if fits else "",
                one.pages, one.rows, one.keys, one.rejected,
                one.declared_before if one.declared_after is None else one.declared_after,
            ])  # fmt: skip
            if not fits:
                self._prose(f"{one.title}: {read}", "soft")
            if one.reason:
                self._prose(f"{one.title}: {one.reason}", "wrong")
            for note in one.notes:
                self._prose(f"{one.title}: {note}", "soft")

    def _fields(self) -> None:
        if not self._report.fields:
            return
        self._section(self._words("section.fields"))
        names = ("field", "equal", "within", "differs", "not_comparable", "rule")
        self._head(self._columns(*names), range(1, 5))
        for one in self._report.fields:
            self._line(
                [one.title, one.equal, one.within, one.differs, one.not_comparable, one.rule]
            )

    # -- who and what

    def _worth_by(self, name: str, sums: Mapping[str, Sum]) -> None:
        if not sums:
            return
        self._section(self._words(f"section.{name}s"))
        self._head(self._columns(name, "count", "amount", "currency"), (1, 2))
        for one, worth in islice(sums.items(), _NAMED):
            self._worth([one, worth.count], worth)

    def _clusters(self) -> None:
        if not self._report.clusters:
            return
        self._section(self._words("section.clusters"))
        self._head(self._columns("cause", "keys", "amount", "currency", "first_seen", "words"),
                   (1, 2))  # fmt: skip
        for one in self._report.clusters:
            since = self._here(one.since).date() if one.since is not None else None
            why = " · ".join(filter(None, (one.words, one.mapping)))
            cause = self._words(f"cause.{one.cause}")
            self._line([cause, one.keys, one.amount, one.currency, since, why])

    def _trend(self) -> None:
        if not self._report.trend:
            return
        self._section(self._words("section.trend"))
        self._head(self._columns("at", "count", "amount", "currency", "state"), (1, 2))
        for one in self._report.trend:
            worth = Sum(one.open, dict(one.value))
            verdict = self._words(f"verdict.{one.verdict}")
            # what is written of a row later than the next row is lost
            self._cells.text(self._page, self._row, 4, verdict)
            self._worth([self._here(one.ended), one.open], worth)
