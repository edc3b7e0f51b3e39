"""A report for the terminal: verdict, totals, the gravest findings. Plain text.

Chinese characters take two columns. Figures are never cut: a table that is too wide for the
terminal gives up columns, and a control total is told line by line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice

from hub.language import Language
from hub.reconcile.report import sentences
from hub.reconcile.report.summary import Sum, Summary, figure, said, unread
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Finding, Report, Verdict

#: What a column of words may take of the width, and what it keeps when there is little.
_WIDEST, _NARROWEST = 44, 10
#: What the key keeps, by which a finding is looked for.
_KEY = 24
_GAP = 2
#: Columns of figures, which stand to the right and are shown whole.
_FIGURES = frozenset((
    "rows", "keys", "rejected", "count", "age", "amount", "left_sum", "right_sum",
    "total_difference", "findings", "in_flight", "within", "not_expected", "not_compared", "rest",
))  # fmt: skip
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
    title = f"{_one_line(report.title)} (v{report.version})"
    yield from _wrapped(" · ".join((title, *map(_one_line, reasons[:1]))), width)
    yield from _wrapped(sentences.headline(report, summary, language), width)
    for reason in reasons:
        yield from _wrapped(f"  ! {_one_line(reason)}", width)
    yield from _wrapped(sentences.about(report, language), width)
    if report.verdict is not Verdict.FAILED:
        yield from _wrapped(sentences.counts(report, language), width)
        yield from _wrapped(sentences.carried(report, language), width)
    yield ""
    yield from _sides(report, language, width)
    yield from _totals(report, language, width)
    yield from _kinds(report, summary, language, width)
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
    yield from _table(rows, language, width)
    for one in report.sides:
        for note in one.notes:
            yield from _wrapped(f"  {_one_line(one.title)}: {_one_line(note)}", width)


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
    if _natural(rows, language) <= width:
        yield from _table(rows, language, width)
        return
    for row in rows:
        yield from _told(row, language, width)


def _told(row: Mapping[str, str], language: Language, width: int) -> Iterator[str]:
    """Yield a control total line by line, as there is no room for a row."""
    words = {name: _one_line(value) for name, value in row.items()}
    sums = (
        f"{words['left']} {words['left_sum']}",
        f"{words['right']} {words['right_sum']}",
        f"{text(language, 'column.total_difference')} {words['total_difference']}",
    )
    yield from _wrapped(" · ".join((f"{words['field']} {words['unit']}".strip(), *sums)), width)
    parts = ("findings", "in_flight", "within", "not_expected", "not_compared", "rest")
    told = (f"{text(language, f'column.{name}')} {words[name]}" for name in parts)
    yield from _wrapped("  = " + " · ".join(told), width)


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
    yield from _table(rows, language, width)


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
    rows = [
        _row(one, titles.get(one.side, one.side), language)
        for one in islice(report.findings(), top)
    ]
    yield from _table(rows, language, width)
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


# ---- tables --------------------------------------------------------------------------------------


def _table(rows: Sequence[Mapping[str, str]], language: Language, width: int) -> Iterator[str]:
    """Yield rows in columns, without those in which nothing stands, or which find no room."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    cells = _cells(rows, names, language)
    sizes = {name: max(columns(row[name]) for row in cells) for name in names}
    for name in names:
        if name not in _FIGURES:
            sizes[name] = min(sizes[name], _WIDEST)
    for name in _DISPENSABLE:
        least = sum(_least(one, size) for one, size in sizes.items())
        if least + _GAP * (len(sizes) - 1) > width:
            sizes.pop(name, None)
    _shrink(sizes, width)
    for row in cells:
        yield (
            (" " * _GAP)
            .join(_fitted(row[name], size, right=name in _FIGURES) for name, size in sizes.items())
            .rstrip()
        )


def _cells(
    rows: Sequence[Mapping[str, str]], names: Sequence[str], language: Language
) -> list[Mapping[str, str]]:
    head = {name: text(language, f"column.{name}") for name in names}
    return [{name: _one_line(row[name]) for name in names} for row in (head, *rows)]


def _natural(rows: Sequence[Mapping[str, str]], language: Language) -> int:
    """Return how wide a table is of which nothing is cut or left out."""
    names = list(rows[0])
    cells = _cells(rows, names, language)
    return sum(max(columns(row[name]) for row in cells) + _GAP for name in names) - _GAP


def _least(name: str, size: int) -> int:
    return size if name in _FIGURES else min(size, _KEY if name == "key" else _NARROWEST)


def _shrink(sizes: dict[str, int], width: int) -> None:
    """Take from the widest columns of words until all columns find room, as far as there is any."""
    words = [name for name in sizes if name not in _FIGURES]
    while words and sum(sizes.values()) + _GAP * (len(sizes) - 1) > width:
        widest = max(words, key=lambda name: sizes[name])
        if sizes[widest] == 1:
            return
        sizes[widest] -= 1


def columns(words: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two."""
    if words.isascii():
        return len(words)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in words
    )


def _fitted(words: str, size: int, *, right: bool = False) -> str:
    if columns(words) > size:
        words = f"{_start(words, size - 1)}…"
    blanks = " " * (size - columns(words))
    return f"{blanks}{words}" if right else f"{words}{blanks}"


def _start(words: str, size: int) -> str:
    """Return as much of a text as fits, at least one character."""
    taken = at = 0
    for at, sign in enumerate(words):
        taken += columns(sign)
        if taken > size:
            return words[:at]
    return words[: at + 1]


def _wrapped(words: str, width: int) -> Iterator[str]:
    """Yield a sentence in lines that fit, parted between its parts where that is possible."""
    begin = words[: len(words) - len(words.lstrip())]
    line = ""
    for part in _one_line(words).split(" · "):
        longer = f"{line} · {part}" if line else f"{begin}{part}"
        if columns(longer) <= width or not line:
            line = longer
        else:
            yield from _broken(line, width)
            line = f"{begin}  {part}"
    yield from _broken(line, width)


def _broken(line: str, width: int) -> Iterator[str]:
    """Yield a line in pieces that fit, broken at blanks where there are any."""
    begin = line[: len(line) - len(line.lstrip())] + "  "
    while columns(line) > width > len(begin) + 1:
        fits = _start(line, width)
        blank = fits.rfind(" ")
        # a word that is longer than the line is broken where the line ends
        end = blank if blank > len(begin) + width // 4 else len(fits)
        yield line[:end].rstrip()
        line = begin + line[end:].lstrip()
    yield line


def _one_line(words: str) -> str:
    whole = " ".join(words.split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in whole)
