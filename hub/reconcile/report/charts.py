"""Charts of a report: small drawings with their figures beside them; colour alone says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from markupsafe import Markup

from hub.language import Language
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Trend, Verdict

#: What a bar or point is long or high by.
Size: TypeAlias = Decimal | int

_WIDTH = 560
#: Runs the line shows.
_RUNS = 30
#: Characters of a figure that is short.
_BRIEF = 8
#: With more points than these only those with a figure have a dot.
_DOTTED = 62
#: So many runs away from either end, a figure has room of its own.
_APART = 3


def bars(rows: Iterable[tuple[str, Size, str]]) -> Markup:
    """Return horizontal bars: name, length, and the figures beside it, which wrap on a phone."""
    return stacked((name, (size,), words) for name, size, words in rows)


def stacked(rows: Iterable[tuple[str, Sequence[Size], str]]) -> Markup:
    """Return horizontal bars of parts, one after the other: name, sizes, the figures beside."""
    found = list(rows)
    if not found:
        return Markup("")
    most = max(sum(sizes) for _, sizes, _ in found)
    drawn = Markup("").join(
        Markup(
            '<li><bdi class="name">{name}</bdi><svg class="track" aria-hidden="true">{parts}</svg>'
            '<span class="figure">{words}</span></li>'
        ).format(name=name, parts=_parts(sizes, most), words=words)
        for name, sizes, words in found
    )
    # short figures leave the room to the bars
    brief = all(len(words) <= _BRIEF for _, _, words in found)
    return Markup('<ul class="bars{brief}">{drawn}</ul>').format(
        brief=" brief" if brief else "", drawn=drawn
    )


def _parts(sizes: Sequence[Size], most: Size) -> Markup:
    drawn, begins = [], 0
    for at, size in enumerate(sizes):
        share = _percent(size, most)
        drawn.append(
            Markup(
                '<rect class="{part}"{x} width="{share}%" height="100%" rx="2"></rect>'
            ).format(
                part=f"bar s{at}" if at else "bar", share=share,
                x=Markup(' x="{}%"').format(begins) if begins else "",
            )
        )  # fmt: skip
        begins += share
    return Markup("").join(drawn)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: what it shows, and a value with its words at each point."""

    title: str
    #: None: nothing is known there; the line is broken.
    values: Sequence[Size | None]
    words: Sequence[str]


def lines(labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """Return lines over the same points, with the first and last label, and what each line is."""
    if not labels or not series:
        return Markup("")
    most = max((value for one in series for value in one.values if value is not None), default=0)
    step = (_WIDTH - 40) / max(len(labels) - 1, 1)
    drawn = Markup("").join(
        _line(one, at, [20 + step * place for place in range(len(labels))], labels, most or 1)
        for at, one in enumerate(series)
    )
    chart = _drawing(128, drawn + _ends(labels[0], labels[-1]))
    return chart + legend([one.title for one in series])


def legend(titles: Sequence[str]) -> Markup:
    """Return which colour is what, in the order of the parts or lines."""
    return Markup('<ul class="legend">{}</ul>').format(
        Markup("").join(
            Markup('<li class="s{at}">{title}</li>').format(at=at, title=title)
            for at, title in enumerate(titles)
        )
    )


def _line(
    one: Series, number: int, places: Sequence[float], labels: Sequence[str], most: Size
) -> Markup:
    """Return one line with its points; the highest says its figure, of the first line the last."""
    runs: list[list[str]] = [[]]
    known = [(value, at) for at, value in enumerate(one.values) if value is not None]
    told = {max(known, key=lambda item: (item[0], -item[1]))[1]} if known else set()
    if known and not number:
        # those of the other lines would stand in the same place
        told.add(known[-1][1])
    dots = []
    for at, value in enumerate(one.values):
        if value is None:
            runs.append([])
            continue
        y = 100 - 72 * float(value) / float(most)
        runs[-1].append(f"{places[at]:.1f},{y:.1f}")
        dots.append(_dot(places[at], y, number, f"{labels[at]} · {one.title} · {one.words[at]}",
                         one.words[at] if at in told else "", len(labels)))  # fmt: skip
    drawn = (
        Markup('<polyline class="line s{number}" points="{points}"></polyline>').format(
            number=number, points=" ".join(points)
        )
        for points in runs if len(points) > 1
    )  # fmt: skip
    return Markup("").join((*drawn, *dots))


def _dot(x: float, y: float, number: int, words: str, told: str, count: int) -> Markup:
    anchor = "start" if x < _WIDTH / 4 else "end" if x > _WIDTH * 3 / 4 else "middle"
    if count > _DOTTED and not told:
        return Markup("")
    return Markup(
        '<circle class="dot s{number}" cx="{x}" cy="{y}" r="3"><title>{words}</title></circle>'
        '<text class="value" x="{x}" y="{above}" text-anchor="{anchor}">{told}</text>'
    ).format(number=number, x=f"{x:.1f}", y=f"{y:.1f}", above=f"{y - 8:.1f}", words=words,
             anchor=anchor, told=told)  # fmt: skip


def _ends(first: str, last: str) -> Markup:
    return Markup(
        '<line class="axis" x1="20" y1="104" x2="{right}" y2="104"></line>'
        '<text class="value" x="20" y="122">{first}</text>'
        '<text class="value" x="{right}" y="122" text-anchor="end">{last}</text>'
    ).format(right=_WIDTH - 20, first=first, last=last)


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
    ends = _ends(f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}")
    return _drawing(128, line + dots + ends)


def _drawing(height: int, content: Markup) -> Markup:
    return Markup(
        '<svg class="line-chart" viewBox="0 0 {width} {height}" width="100%" role="img" '
        'preserveAspectRatio="xMinYMin meet">{content}</svg>'
    ).format(width=_WIDTH, height=height, content=content)


def _percent(size: Size, most: Size) -> int:
    return max(round(100 * size / most), 1) if most > 0 and size > 0 else 0
