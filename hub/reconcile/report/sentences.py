"""The sentences at the head of a report, the same in every format."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.report.summary import Summary
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Report, Verdict


def headline(report: Report, summary: Summary, language: Language) -> str:
    """Return the verdict with what a manager asks first, in one line."""
    parts = [text(language, f"verdict.{report.verdict}")]
    if report.verdict in (Verdict.AGREED, Verdict.FINDINGS):
        share = report.counts.agreement
        if share is not None:
            # never rounded up to everything
            percent = f"{int(share * 10_000) / 100:.2f} %"
            parts.append(text(language, "line.agreement", share=percent))
    if summary.total.count:
        words = text(language, "line.open", count=f"{summary.total.count:,}")
        worth = str(summary.total)
        parts.append(f"{words} / {worth}" if worth else words)
        parts.append(text(language, "line.oldest", days=summary.oldest))
    elif report.verdict is Verdict.AGREED:
        parts.append(text(language, "line.none"))
    return " · ".join(parts)


def moment(report: Report, at: datetime) -> str:
    """Return a moment in the zone of the report."""
    return at.astimezone(ZoneInfo(report.zone)).isoformat(" ", "minutes")


def about(report: Report, language: Language) -> str:
    """Return as of when it speaks, and of which run."""
    as_of = text(language, "line.as_of", at=moment(report, report.as_of), zone=report.zone)
    if not report.run:
        return as_of
    return f"{as_of} · {text(language, 'line.run', run=report.run[-12:])}"


def counts(report: Report, language: Language) -> str:
    """Return the keys by what was found."""
    found = report.counts
    names = ("keys", "agreed", "differing", "waived", "in_flight", "not_compared")
    return text(language, "line.counts", **{name: f"{getattr(found, name):,}" for name in names})


def carried(report: Report, language: Language) -> str:
    """Return how findings came and went since the last complete run."""
    moves = report.carried
    names = ("new", "carried", "resolved", "waived", "reopened", "moved")
    return text(language, "line.carried", **{name: getattr(moves, name) for name in names})
