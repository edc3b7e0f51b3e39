"""What the steps of one process took, and its memory: the line each side of `reconcile` prints."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class Steps:
    """Measures steps; `compare` is the one the sides are measured against each other by."""

    def __init__(self) -> None:
        self._took: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure a step; the memory is the most the process ever had until it ended."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        start = "" if name == "compare" else f"{name}_"
        self._took[f"{start}cpu_seconds"] = round(time.process_time() - cpu, 4)
        self._took[f"{start}wall_seconds"] = round(time.perf_counter() - wall, 4)
        self._took[f"{start}peak_mb"] = round(peak_mb(), 1)

    def line(self, findings: int, digest: str, note: str = "") -> str:
        """Return everything as a line of JSON."""
        return json.dumps({**self._took, "findings": findings, "digest": digest, "note": note})


def peak_mb() -> float:
    """Return the most memory this process ever had.

    What `getrusage` says may be what the process had that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = next(
            line for line in status.read_text("ascii", "replace").splitlines()
            if line.startswith("VmHWM:")
        )  # fmt: skip
        return int(found.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
