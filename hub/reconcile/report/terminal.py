"""A report for the terminal: verdict, totals, the gravest findings. Plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from hub.language import Language
from hub.reconcile.report import sentences
from hub.reconcile.report.summary import Summary
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Report

#: What a column may take of the width.
_WIDEST, _NARROWEST = 44, 6


def lines(report: Report, language: Language, width: int, top: int = 20) -> Iterator[str]:
    """Yield the lines of a report, none wider than `width` columns where that is possible."""
    summary = Summary.of(report)
    yield f"{_one_line(report.title)} (v{report.version})"
    yield sentences.headline(report, summary, language)
    for reason in report.reasons:
        yield f"  ! {_one_line(reason)}"
    yield sentences.about(report, language)
    yield sentences.counts(report, language)
    yield sentences.carried(report, language)
    yield ""
    yield from _sides(report, language, width)
    yield from _totals(report, language, width)
    yield from _kinds(report, summary, language, width)
    yield from _findings(report, summary, language, width, top)


def _sides(report: Report, language: Language, width: int) -> Iterator[str]:
    names = ("side", "source", "state", "rows", "keys", "rejected", "read")
    rows = [
        (one.title, one.source, text(language, f"state.{one.state}"), f"{one.rows:,}",
         f"{one.keys:,}", f"{one.rejected:,}", text(language, f"read.{one.read}"))
        for one in report.sides
    ]  # fmt: skip
    yield from _table([text(language, f"column.{name}") for name in names], rows, width)
    for one in report.sides:
        for note in one.notes:
            yield f"  {one.title}: {note}"


def _totals(report: Report, language: Language, width: int) -> Iterator[str]:
    if not report.totals:
        return
    yield ""
    yield text(language, "sheet.totals")
    names = ("field", "unit", "left", "left_sum", "right", "right_sum", "total_difference",
             "findings", "in_flight", "within", "not_expected", "rest")  # fmt: skip
    titles = {one.name: one.title for one in report.sides}
    rows = [
        (one.title, one.unit, titles.get(one.left_side, one.left_side), f"{one.left:,f}",
         titles.get(one.right_side, one.right_side), f"{one.right:,f}", f"{one.difference:,f}",
         f"{one.findings:,f}", f"{one.in_flight:,f}", f"{one.within:,f}",
         f"{one.not_expected:,f}", f"{one.rest:,f}")
        for one in report.totals
    ]  # fmt: skip
    yield from _table([text(language, f"column.{name}") for name in names], rows, width)


def _kinds(report: Report, summary: Summary, language: Language, width: int) -> Iterator[str]:
    if not summary.total.count:
        return
    yield ""
    yield text(language, "section.kinds")
    titles = {one.name: one.title for one in report.sides}
    rows = [
        (text(language, f"cause.{cause}"), titles.get(side, side), f"{one.count:,}", str(one))
        for (cause, side), one in sorted(
            summary.heat.items(), key=lambda item: (-item[1].count, item[0])
        )
    ]
    names = ("cause", "side", "count", "amount")
    yield from _table([text(language, f"column.{name}") for name in names], rows, width)


def _findings(
    report: Report, summary: Summary, language: Language, width: int, top: int
) -> Iterator[str]:
    if not summary.total.count:
        return
    yield ""
    yield text(language, "sheet.findings")
    titles = {one.name: one.title for one in report.sides}
    names = ("id", "key", "side", "kind", "cause", "field", "expected", "actual", "difference",
             "severity", "age")  # fmt: skip
    rows = [
        _row(one, titles.get(one.side, one.side), language)
        for one in islice(report.findings(), top)
    ]
    yield from _table([text(language, f"column.{name}") for name in names], rows, width)
    if summary.total.count > top:
        yield text(language, "line.more", count=f"{summary.total.count - top:,}")


def _row(one: Finding, side: str, language: Language) -> tuple[str, ...]:
    return (
        one.id[:12], one.key, side, text(language, f"kind.{one.kind}"),
        text(language, f"cause.{one.cause}"), one.field_title, one.expected or "",
        one.actual or "", one.difference, text(language, f"severity.{one.severity}"), str(one.age),
    )  # fmt: skip


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield rows in columns, without those in which nothing stands, or which find no room."""
    used = [at for at in range(len(header)) if any(row[at] for row in rows)]
    used = used[: max(width // (_NARROWEST + 2), 1)]
    cells = [[_one_line(row[at]) for at in used] for row in (header, *rows)]
    widths = [min(max(columns(row[at]) for row in cells), _WIDEST) for at in range(len(used))]
    while sum(widths) + 2 * len(widths) > width and max(widths, default=0) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in cells:
        yield "  ".join(
            _fitted(cell, size) for cell, size in zip(row, widths, strict=True)
        ).rstrip()


def columns(words: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in words
    )


def _fitted(words: str, size: int) -> str:
    if columns(words) > size:
        kept = ""
        for sign in words:
            if columns(kept + sign) > size - 1:
                break
            kept += sign
        words = f"{kept}…"
    return words + " " * (size - columns(words))


def _one_line(words: str) -> str:
    whole = " ".join(words.split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in whole)
