"""How long the command line takes to start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from figures import Figure, measured, missing
from sides import say

NAME = "start/help"
RUNS = 10
_COMMAND = (sys.executable, "-m", "hub", "--help")


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Run `hub --help` once to warm the file cache, then several times."""
    if not wanted(NAME):
        return
    say("start: hub --help")
    first = subprocess.run(_COMMAND, capture_output=True, check=False, text=True)
    if first.returncode:
        reason = f"hub --help ended with {first.returncode}: {first.stderr.splitlines()[-1:]}"
        yield missing(NAME, "s", "<= 0.4", reason)
        return
    yield measured(NAME, "s", [_once() for _ in range(RUNS)], "<= 0.4", "wall time")


def _once() -> float:
    started = time.perf_counter()
    subprocess.run(_COMMAND, capture_output=True, check=True)
    return time.perf_counter() - started
