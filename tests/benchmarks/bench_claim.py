"""Claiming deliveries with 100 thousand and with a million of them pending."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sides
from figures import Figure, measured, missing, ratio

SIZES = (100_000, 1_000_000)
RUNS = 3
CLAIMS = 100
#: Figure → unit and goal.
_GOALS = {
    "every-lane-busy": ("ms", "<= 10"),
    "p99-growth": ("ratio", "<= 2"),
    "rss": ("MB", "<= 150"),
}


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure both stores."""
    for store in ("sqlite", "postgres"):
        names = {what: f"claim/{store}-{what}" for what in _GOALS}
        if not any(map(wanted, names.values())):
            continue
        reason = sides.no_postgres() if store == "postgres" else None
        if reason:
            found = [missing(names[what], *_GOALS[what], reason) for what in _GOALS]
        else:
            found = list(_figures(names, _measure(store)))
        yield from (figure for figure in found if wanted(figure.bench))


def _measure(store: str) -> dict[int, list[dict[str, Any]]]:
    taken: dict[int, list[dict[str, Any]]] = {size: [] for size in SIZES}
    with contextlib.ExitStack() as stack:
        urls = {size: stack.enter_context(_store(store)) for size in SIZES}
        for size, url in urls.items():
            sides.say(f"claim: {store}, filling {size:,}")
            sides.run("claim_rows.py", url, size)
        for turn in range(RUNS):
            for size, url in urls.items():
                sides.say(f"claim: run {turn + 1}, {store}, {size:,}")
                taken[size].append(sides.run("claim_worker.py", url, CLAIMS))
    return taken


@contextlib.contextmanager
def _store(store: str) -> Iterator[str]:
    if store == "postgres":
        with sides.postgres() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'hub.db'}"


def _figures(names: dict[str, str], taken: dict[int, list[dict[str, Any]]]) -> Iterator[Figure]:
    small, large = SIZES

    def times(size: int, connection: str, which: int) -> list[float]:
        return [run[connection][which] for run in taken[size]]

    middle = {size: statistics.median(times(size, "busy", 0)) for size in SIZES}
    yield measured(
        names["every-lane-busy"], "ms", times(large, "busy", 1), _GOALS["every-lane-busy"][1],
        f"p99 of {CLAIMS} claims at {large:,} pending; p50 {middle[large]:.2g} ms,"
        f" at {small:,} {middle[small]:.2g} ms",
    )  # fmt: skip
    yield ratio(
        names["p99-growth"], _GOALS["p99-growth"][1],
        times(large, "open", 1), times(small, "open", 1),
        f"p99 in ms of claiming and mapping 32 due deliveries, {large:,} against {small:,} pending;"
        f" p50 {statistics.median(times(large, 'open', 0)):.3g} ms against"
        f" {statistics.median(times(small, 'open', 0)):.3g} ms",
    )  # fmt: skip
    yield measured(
        names["rss"], "MB", [run["rss"] for run in taken[large]], _GOALS["rss"][1],
        f"peak of the worker's process at {large:,} pending",
    )  # fmt: skip
