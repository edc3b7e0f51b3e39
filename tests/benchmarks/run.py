"""Measure, and print one JSON line per figure.

    run.py [ONLY]      ONLY: first letters of figures, such as `deliver` or `claim/sqlite`

Figures go to standard output, everything else to standard error.

The exit code is 0 also when a goal is missed: the line says so, and a busy machine is no fault.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import bench_accept
import bench_claim
import bench_control
import bench_deliver
import bench_documents
import bench_gates
import bench_mapping
import bench_reconcile
import bench_start
from figures import Figure
from sides import say

BENCHES: Sequence[Callable[[Callable[[str], bool]], Iterator[Figure]]] = (
    bench_start.figures,
    bench_mapping.figures,
    bench_accept.figures,
    bench_deliver.figures,
    bench_gates.figures,
    bench_documents.figures,
    bench_reconcile.figures,
    bench_claim.figures,
    bench_control.figures,
)


def main(only: str) -> None:
    """Run what was asked for."""
    started = time.monotonic()
    say(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    lines = 0
    for bench in BENCHES:
        for figure in bench(lambda name: name.startswith(only)):
            print(figure.line(), flush=True)
            lines += 1
    if not lines:
        say(f"no figure begins with {only!r}")
    say(f"load after: {os.getloadavg()[0]:.1f}; took {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
