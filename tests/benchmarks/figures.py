"""What a benchmark tells: one JSON line per figure, goals that were missed included."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value beside its goal."""

    #: Such as `deliver/postgres-vs-celery-prefork`.
    bench: str
    #: Median of the runs; None when it could not be measured, and `note` says why.
    value: float | None
    #: ratio, ms, s, MB, 1/s.
    unit: str
    #: Such as `>= 2`; empty where the figure is only told.
    goal: str = ""
    met: bool | None = None
    runs: int = 0
    #: Smallest and largest run.
    spread: tuple[float, float] | None = None
    #: Medians of both sides of a ratio.
    ours: float | None = None
    theirs: float | None = None
    note: str = ""

    def line(self) -> str:
        """Return the figure as a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def ratio(
    bench: str, goal: str, ours: Sequence[float], theirs: Sequence[float], note: str = ""
) -> Figure:
    """Return ours over theirs, run by run, so that a busy moment of the machine hits both."""
    each = [mine / yours for mine, yours in zip(ours, theirs, strict=True)]
    return _figure(
        bench, each, "ratio", goal, note,
        {"ours": _short(statistics.median(ours)), "theirs": _short(statistics.median(theirs))},
    )  # fmt: skip


def measured(
    bench: str, unit: str, values: Sequence[float], goal: str = "", note: str = ""
) -> Figure:
    """Return a figure that needs no other side."""
    return _figure(bench, values, unit, goal, note, {})


def missing(bench: str, unit: str, goal: str, reason: str) -> Figure:
    """Return the figure that could not be measured."""
    return Figure(bench, None, unit, goal, note=reason)


def _figure(
    bench: str,
    values: Sequence[float],
    unit: str,
    goal: str,
    note: str,
    sides: Mapping[str, Any],
) -> Figure:
    value = statistics.median(values)
    spread = (_short(min(values)), _short(max(values)))
    met = _holds(value, goal) if goal else None
    return Figure(bench, _short(value), unit, goal, met, len(values), spread, note=note, **sides)


def _holds(value: float, goal: str) -> bool:
    word, number = goal.split()
    return value >= float(number) if word == ">=" else value <= float(number)


def _short(value: float) -> float:
    """Return three significant digits: more would be noise."""
    return float(f"{value:.3g}")
