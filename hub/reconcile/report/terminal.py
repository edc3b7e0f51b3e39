"""A report for the terminal: verdict, totals, the gravest findings. Plain text.

Chinese characters take two columns. Figures are never cut: a table that is too wide for the
terminal gives up columns, and a control total is told line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice

from hub.language import Language
from hub.reconcile.report import sentences, slices
from hub.reconcile.report.summary import Sum, Summary, figure, said, unread
from hub.reconcile.report.terminal_tables import Look, natural, one_line, table, wrapped
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Report, Verdict

#: Columns of figures, which stand to the right and are shown whole.
_FIGURES = frozenset((
    "rows", "keys", "rejected", "count", "age", "amount", "left_sum", "right_sum",
    "total_difference", "findings", "in_flight", "within", "not_expected", "not_compared", "rest",
))  # fmt: skip
#: All columns, each in some table.
_COLUMNS = (
    "side", "source", "state", "rows", "keys", "rejected", "read", "field", "unit", "left",
    "left_sum", "right", "right_sum", "total_difference", "findings", "in_flight", "within",
    "not_expected", "not_compared", "rest", "kind", "cause", "count", "amount", "currency", "id",
    "key", "expected", "actual", "difference", "severity", "age",
)  # fmt: skip
#: Columns a narrow table does without, the first to go first.
_DISPENSABLE = (
    "id", "age", "cause", "severity", "source", "read", "rejected", "expected", "actual", "side",
    "field", "difference", "keys", "amount", "currency",
)  # fmt: skip


def lines(report: Report, language: Language, width: int, top: int = 20) -> Iterator[str]:
    """Yield the lines of a report, none wider than `width` columns where that is possible.

    The first line of a run that is not complete names the side that could not be read, and why.
    """
    summary, reasons = Summary.of(report), unread(report)
    title = f"{one_line(report.title)} (v{report.version})"
    yield from wrapped(" · ".join((title, *map(one_line, reasons[:1]))), width)
    yield from wrapped(sentences.headline(report, summary, language), width)
    for reason in reasons:
        yield from wrapped(f"  ! {one_line(reason)}", width)
    yield from wrapped(sentences.about(report, language), width)
    if report.verdict is not Verdict.FAILED:
        yield from wrapped(sentences.counts(report, language), width)
        yield from wrapped(sentences.carried(report, language), width)
    yield ""
    yield from _sides(report, language, width)
    yield from _totals(report, language, width)
    yield from _slices(report, language, width)
    yield from _kinds(report, summary, language, width)
    yield from _patterns(report, language, width)
    yield from _findings(report, summary, language, width, top)


def _sides(report: Report, language: Language, width: int) -> Iterator[str]:
    rows = [
        {
            "side": one.title, "source": one.source, "state": text(language, f"state.{one.state}"),
            "rows": f"{one.rows:,}", "keys": f"{one.keys:,}", "rejected": f"{one.rejected:,}",
            "read": text(language, f"read.{one.read}"),
        }
        for one in report.sides
    ]  # fmt: skip
    yield from table(rows, _look(language), width)
    for one in report.sides:
        for note in one.notes:
            yield from wrapped(f"  {one_line(one.title)}: {one_line(note)}", width)


def _totals(report: Report, language: Language, width: int) -> Iterator[str]:
    # a currency nobody has anything in tells nothing; what nobody can tell is no 0
    told = [(one, said(report, one)) for one in report.totals]
    told = [
        (one, figures) for one, figures in told if any(value != 0 for value in figures.values())
    ]
    if not told:
        return
    yield ""
    yield text(language, "sheet.totals")
    titles = {one.name: one.title for one in report.sides}
    rows = []
    for one, figures in told:
        amounts = {name: _figure(value, language) for name, value in figures.items()}
        rows.append({
            "field": one.title, "unit": one.unit, "left": titles.get(one.left_side, one.left_side),
            "left_sum": amounts.pop("left_sum"),
            "right": titles.get(one.right_side, one.right_side), **amounts,
        })  # fmt: skip
    if natural(rows, _look(language)) <= width:
        yield from table(rows, _look(language), width)
        return
    for row in rows:
        yield from _told(row, language, width)


def _told(row: Mapping[str, str], language: Language, width: int) -> Iterator[str]:
    """Yield a control total line by line, as there is no room for a row."""
    words = {name: one_line(value) for name, value in row.items()}
    sums = (
        f"{words['left']} {words['left_sum']}",
        f"{words['right']} {words['right_sum']}",
        f"{text(language, 'column.total_difference')} {words['total_difference']}",
    )
    yield from wrapped(" · ".join((f"{words['field']} {words['unit']}".strip(), *sums)), width)
    parts = ("findings", "in_flight", "within", "not_expected", "not_compared", "rest")
    told = (f"{text(language, f'column.{name}')} {words[name]}" for name in parts)
    yield from wrapped("  = " + " · ".join(told), width)


def _slices(report: Report, language: Language, width: int) -> Iterator[str]:
    if report.slices is None:
        return
    yield ""
    yield text(language, "slices.title")
    for sentence in slices.sentences(report, report.slices, language):
        yield from wrapped(f"  {one_line(sentence)}", width)


def _kinds(report: Report, summary: Summary, language: Language, width: int) -> Iterator[str]:
    if not summary.total.count:
        return
    yield ""
    yield text(language, "section.kinds")
    titles = {one.name: one.title for one in report.sides}
    rows: list[Mapping[str, str]] = []
    for (kind, cause, side), one in sorted(
        summary.groups.items(), key=lambda item: (-item[1].count, item[0])
    ):
        words = (text(language, f"kind.{kind}"), text(language, f"cause.{cause}"))
        rows += _worth(*words, titles.get(side, side), one)
    rows += _worth(text(language, "line.total"), "", "", summary.total)
    yield from table(rows, _look(language), width)


def _patterns(report: Report, language: Language, width: int) -> Iterator[str]:
    if not report.clusters:
        return
    yield ""
    yield text(language, "section.clusters")
    for one in report.clusters:
        worth = f"{figure(one.amount)} {one.currency}" if one.amount is not None else ""
        since = sentences.moment(report, one.since)[:10] if one.since is not None else ""
        cause = text(language, f"cause.{one.cause}")
        told = filter(None, (one.words, cause, worth, one.mapping, since))
        yield from wrapped("  " + " · ".join(map(one_line, told)), width)


def _worth(kind: str, cause: str, side: str, one: Sum) -> Iterator[Mapping[str, str]]:
    """Yield a row with what it is worth, and one more for each further currency."""
    worth = [(figure(amount), currency) for currency, amount in sorted(one.amounts.items())]
    for at, (amount, currency) in enumerate(worth or [("", "")]):
        first = {"kind": kind, "cause": cause, "side": side, "count": f"{one.count:,}"}
        yield {
            **(dict.fromkeys(first, "") if at else first), "amount": amount, "currency": currency,
        }  # fmt: skip


def _findings(
    report: Report, summary: Summary, language: Language, width: int, top: int
) -> Iterator[str]:
    if not summary.total.count:
        return
    yield ""
    yield text(language, "sheet.findings")
    titles = {one.name: one.title for one in report.sides}
    shown = list(islice(report.findings(), top))
    rows = [_row(one, titles.get(one.side, one.side), language) for one in shown]
    yield from table(rows, _look(language), width)
    for one in shown:
        # what is too much in its place says the same
        if one.kind == "missing" and one.id in report.likely:
            yield from wrapped(f"  {one_line(one.key)}: {one_line(report.likely[one.id])}", width)
    if summary.total.count > top:
        yield text(language, "line.more", count=f"{summary.total.count - top:,}")


def _row(one: Finding, side: str, language: Language) -> Mapping[str, str]:
    return {
        "id": one.id[:12], "key": one.key, "side": side, "kind": text(language, f"kind.{one.kind}"),
        "cause": text(language, f"cause.{one.cause}"), "field": one.field_title,
        "expected": one.expected or "", "actual": one.actual or "", "difference": one.difference,
        "severity": text(language, f"severity.{one.severity}"), "age": str(one.age),
    }  # fmt: skip


def _figure(value: Decimal | None, language: Language) -> str:
    return text(language, "line.unknown") if value is None else figure(value)


def _look(language: Language) -> Look:
    heads = {name: text(language, f"column.{name}") for name in _COLUMNS}
    return Look(heads, _FIGURES, _DISPENSABLE)
