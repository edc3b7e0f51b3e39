"""Accepting a webhook: on disk before it is answered, against storing nothing and commit each."""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator

import sides
from figures import Figure, measured, ratio

RUNS = 3
SECONDS = 2.0
_SIDES = ("hub", "storeless", "commit-each")
_NAMES = ("accept/vs-storeless", "accept/vs-commit-each", "accept/p99")


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Load the three servers in turn, several times."""
    if not any(map(wanted, _NAMES)):
        return
    taken = _measure()
    rates = {side: [run["rate"] for run in runs] for side, runs in taken.items()}
    storeless, each, p99 = _NAMES
    note = (
        "600 B, HMAC, 32 keep-alive connections, SQLite synchronous=FULL; accepted a second;"
        f" one flush of this disk takes {_flush():.2g} ms"
    )
    found = (
        ratio(storeless, ">= 0.4", rates["hub"], rates["storeless"], note),
        ratio(each, ">= 6", rates["hub"], rates["commit-each"], note),
        measured(p99, "ms", [run["p99"] for run in taken["hub"]], "<= 50",
                 "storeless: {:.3g} ms, commit each: {:.3g} ms".format(
                     *(taken[side][-1]["p99"] for side in _SIDES[1:]))),
    )  # fmt: skip
    yield from (figure for figure in found if wanted(figure.bench))


def _flush() -> float:
    """Return the median milliseconds of a small write that is flushed to the disk.

    Group commit gains as much as a flush costs, so the ratio means nothing without it.
    """
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def _measure() -> dict[str, list[dict[str, float]]]:
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in _SIDES}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ports = {
            side: stack.enter_context(sides.serving("accept_server.py", side, folder))
            for side in _SIDES
        }
        for turn in range(RUNS):
            for side in _SIDES:
                sides.say(f"accept: run {turn + 1}, {side}")
                load = sides.run("accept_load.py", ports[side], SECONDS, (turn + 1) * 1_000_000)
                if load["refused"]:
                    raise RuntimeError(f"{side} refused {load['refused']} webhooks")
                taken[side].append(load)
    return taken
