"""Charts of a report: small drawings with their figures beside them; colour alone says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from hub.language import Language
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Trend, Verdict

_WIDTH = 560
#: Runs the line shows.
_RUNS = 30
#: So many runs away from either end, a figure has room of its own.
_APART = 3


def bars(rows: Iterable[tuple[str, Decimal | int, str]]) -> Markup:
    """Return horizontal bars: name, length, and the figures beside it, which wrap on a phone."""
    found = list(rows)
    if not found:
        return Markup("")
    most = max(size for _, size, _ in found)
    drawn = Markup("").join(
        Markup(
            '<li><bdi class="name">{name}</bdi><svg class="track" aria-hidden="true">'
            '<rect class="bar" width="{share}%" height="100%" rx="2"></rect></svg>'
            '<span class="figure">{words}</span></li>'
        ).format(name=name, share=_percent(size, most), words=words)
        for name, size, words in found
    )
    return Markup('<ul class="bars">{}</ul>').format(drawn)


def trend(runs: Sequence[Trend], language: Language) -> Markup:
    """Return the line of open findings over the runs; a run that is incomplete has its own sign."""
    runs = runs[-_RUNS:]
    opens = [one.open for one in runs]
    most = max(opens, default=0) or 1
    # more figures than these run into one another
    newest = len(runs) - 1
    told = {0, newest} | {
        at for at in (opens.index(max(opens)), opens.index(min(opens)))
        if _APART <= at <= newest - _APART
    }  # fmt: skip
    step = (_WIDTH - 40) / max(len(runs) - 1, 1)
    points = [(20 + at * step, 100 - 72 * one.open / most, one) for at, one in enumerate(runs)]
    line = Markup('<polyline class="line" points="{points}"></polyline>').format(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    )
    dots = Markup("").join(
        Markup('<circle class="dot{bad}" cx="{x}" cy="{y}" r="{r}"><title>{words}</title></circle>'
               '<text class="value" x="{x}" y="{above}" text-anchor="middle">{sign}</text>').format(
            bad=" bad" if one.verdict in (Verdict.INCOMPLETE, Verdict.FAILED) else "",
            x=f"{x:.1f}", y=f"{y:.1f}", above=f"{y - 8:.1f}",
            r=6 if at == newest else 3,
            sign=(f"{one.open:,}" if at in told else "")
                 + ("?" if one.verdict in (Verdict.INCOMPLETE, Verdict.FAILED) else ""),
            words=f"{one.ended:%Y-%m-%d %H:%M} · {one.open} · "
                  + text(language, f"verdict.{one.verdict}"),
        )
        for at, (x, y, one) in enumerate(points)
    )  # fmt: skip
    first, last = runs[0].ended, runs[-1].ended
    ends = Markup(
        '<line class="axis" x1="20" y1="104" x2="{right}" y2="104"></line>'
        '<text class="value" x="20" y="122">{first}</text>'
        '<text class="value" x="{right}" y="122" text-anchor="end">{last}</text>'
    ).format(right=_WIDTH - 20, first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
    return _drawing(128, line + dots + ends)


def _drawing(height: int, content: Markup) -> Markup:
    return Markup(
        '<svg class="line-chart" viewBox="0 0 {width} {height}" width="100%" role="img" '
        'preserveAspectRatio="xMinYMin meet">{content}</svg>'
    ).format(width=_WIDTH, height=height, content=content)


def _percent(size: Decimal | int, most: Decimal | int) -> int:
    return max(round(100 * size / most), 1) if most > 0 and size > 0 else 0
