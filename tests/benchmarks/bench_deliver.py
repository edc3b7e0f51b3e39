"""From a stored message to a booked delivery, against Celery and against the bare HTTP client.

All sides do the same job (`job.py`) against the same far end, which answers after 2 ms. A rate is
deliveries a second over enqueue and delivery together: 1 / (1 / enqueue + 1 / deliver).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sides
from figures import Figure, measured, missing, ratio

NUMBER = 1500
RUNS = 3
_CELERY = {"prefork": "8", "threads": "16"}
_GOALS = {
    "sqlite-vs-bare-client": ">= 0.75",
    "postgres-vs-bare-client": ">= 0.75",
    "sqlite-vs-postgres": ">= 0.9",
    "sqlite-vs-stock-httpx": "",
    **{f"{store}-vs-celery-{pool}": ">= 2" for store in ("sqlite", "postgres") for pool in _CELERY},
}


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure all sides in turn, several times."""
    if not any(wanted(f"deliver/{name}") for name in (*_GOALS, "sqlite", "postgres")):
        return
    absent = _absent()
    taken: dict[str, list[dict[str, float]]] = {}
    with sides.serving("far_end.py") as port:
        far_end = f"http://127.0.0.1:{port}"
        for turn in range(RUNS):
            for side, measure in _sides(far_end):
                if side in absent:
                    continue
                sides.say(f"deliver: run {turn + 1}, {side}")
                taken.setdefault(side, []).append(measure())
    for figure in _figures(taken, absent):
        if wanted(figure.bench):
            yield figure


def _absent() -> dict[str, str]:
    """Return the sides that cannot be measured here, and why."""
    no_postgres, no_rabbitmq = sides.no_postgres(), sides.no_rabbitmq()
    found = {"postgres": no_postgres} if no_postgres else {}
    no_celery = no_postgres or no_rabbitmq
    if no_celery:
        found.update({f"celery-{pool}": no_celery for pool in _CELERY})
    return found


def _sides(far_end: str) -> Iterator[tuple[str, Callable[[], dict[str, float]]]]:
    yield "bare-client", lambda: _bare(far_end, "hub")
    yield "stock-httpx", lambda: _bare(far_end, "httpx")
    yield "sqlite", lambda: _sqlite(far_end)
    yield "celery-prefork", lambda: _celery(far_end, "prefork")
    yield "postgres", lambda: _postgres(far_end)
    yield "celery-threads", lambda: _celery(far_end, "threads")


def _bare(far_end: str, client: str) -> dict[str, float]:
    took: dict[str, float] = sides.run("deliver_bare.py", far_end, NUMBER, client)
    return took


def _sqlite(far_end: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        return _hub(f"sqlite:///{Path(folder) / 'hub.db'}", far_end)


def _postgres(far_end: str) -> dict[str, float]:
    with sides.postgres() as url:
        return _hub(url, far_end)


def _hub(store: str, far_end: str) -> dict[str, float]:
    took: dict[str, float] = sides.run("deliver_hub.py", store, far_end, NUMBER)
    return took


def _celery(far_end: str, pool: str) -> dict[str, float]:
    with sides.postgres() as url:
        took: dict[str, float] = sides.run(
            "deliver_celery.py", pool, _CELERY[pool], NUMBER,
            env={"BENCH_QUEUE": f"hub_bench_{os.getpid()}_{time.monotonic_ns()}",
                 "BENCH_DATABASE": url, "BENCH_FAR_END": far_end},
        )  # fmt: skip
    return took


def _figures(taken: dict[str, list[dict[str, float]]], absent: dict[str, str]) -> Iterator[Figure]:
    for name, goal in _GOALS.items():
        ours, _, theirs = name.partition("-vs-")
        reason = absent.get(ours) or absent.get(theirs)
        if reason:
            yield missing(f"deliver/{name}", "ratio", goal, reason)
        else:
            note = f"{_phases(ours, taken[ours])}; {_phases(theirs, taken[theirs])}"
            yield ratio(f"deliver/{name}", goal, _rates(taken[ours]), _rates(taken[theirs]), note)
    for store in ("sqlite", "postgres"):
        if store in taken:
            note = _phases(store, taken[store])
            yield measured(f"deliver/{store}", "1/s", _rates(taken[store]), note=note)


def _rates(runs: list[dict[str, float]]) -> list[float]:
    return [NUMBER / (run.get("enqueue", 0.0) + run["deliver"]) for run in runs]


def _phases(side: str, runs: list[dict[str, float]]) -> str:
    """Return the medians of the phases in words, and the CPU time where it is one process's."""
    middle = {what: statistics.median(run[what] for run in runs) for what in runs[0]}
    cpu = middle.pop("cpu", None)
    told = [f"{phase} {NUMBER / seconds:.0f}/s" for phase, seconds in middle.items()]
    if cpu is not None:
        told.append(f"{cpu / NUMBER * 1e6:.0f} µs of CPU each")
    return f"{side}: {', '.join(told)}"
