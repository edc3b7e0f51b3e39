"""Charts of a report: small drawings with their figures beside them; colour alone says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from hub.language import Language
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Trend, Verdict

_ROW = 26
_WIDTH = 560


def bars(rows: Iterable[tuple[str, int, str]]) -> Markup:
    """Return horizontal bars: name, length, and what is written behind the length."""
    found = list(rows)
    if not found:
        return Markup("")
    most = max(count for _, count, _ in found) or 1
    drawn = Markup("").join(
        Markup(
            '<text x="0" y="{y}">{name}</text>'
            '<rect class="bar" x="150" y="{top}" width="{width}" height="14" rx="2"></rect>'
            '<text class="value" x="{end}" y="{y}">{words}</text>'
        ).format(
            y=at * _ROW + 17, top=at * _ROW + 6, width=max(round(180 * count / most), 2),
            end=158 + max(round(180 * count / most), 2), name=_short(name, 11),
            words=f"{count:,} · {words}" if words else f"{count:,}",
        )
        for at, (name, count, words) in enumerate(found)
    )  # fmt: skip
    return _drawing(len(found) * _ROW + 4, drawn)


def trend(runs: Sequence[Trend], language: Language) -> Markup:
    """Return the line of open findings over the runs; a run that is incomplete has its own sign."""
    most = max((one.open for one in runs), default=0) or 1
    step = (_WIDTH - 40) / max(len(runs) - 1, 1)
    points = [(20 + at * step, 100 - 80 * one.open / most, one) for at, one in enumerate(runs)]
    line = Markup('<polyline class="line" points="{points}"></polyline>').format(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    )
    dots = Markup("").join(
        Markup('<circle class="dot{bad}" cx="{x}" cy="{y}" r="4"><title>{words}</title></circle>'
               '<text class="value" x="{x}" y="{above}" text-anchor="middle">{sign}</text>').format(
            bad=" bad" if one.verdict in (Verdict.INCOMPLETE, Verdict.FAILED) else "",
            x=f"{x:.1f}", y=f"{y:.1f}", above=f"{y - 8:.1f}",
            sign=f"{one.open}" + ("?" if one.verdict is Verdict.INCOMPLETE else ""),
            words=f"{one.ended:%Y-%m-%d %H:%M} · {one.open} · "
                  + text(language, f"verdict.{one.verdict}"),
        )
        for x, y, one in points
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
        '<svg viewBox="0 0 {width} {height}" width="100%" role="img" '
        'preserveAspectRatio="xMinYMin meet">{content}</svg>'
    ).format(width=_WIDTH, height=height, content=content)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
