"""Reconciliation: finding what differs, and what reports of it cost.

HUB_BENCH_KEYS says how many keys three sides have (200,000); HUB_BENCH_LARGE=1 adds ten times as
many on two sides, to see whether memory grows.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sides
from figures import Figure, measured, missing, ratio

_KEYS = int(os.environ.get("HUB_BENCH_KEYS", "200000"))
_LARGE = os.environ.get("HUB_BENCH_LARGE") == "1"
#: Seconds a side may take, for each million rows and at least.
_PATIENCE, _LEAST = 400, 300
_SHARES: Mapping[str, tuple[float, str]] = {"17": (0.17, "<= 2.5"), "1": (0.01, "<= 1.3")}
_LOADING = ("reconcile/canonical", "reconcile/load", "reconcile/whole-run", "reconcile/memory")
_DIGESTS, _LARGE_MEMORY = "reconcile/digests", "reconcile/memory-ten-times"
_CHANGES, _BESIDE = "reconcile/changes", "reconcile/deliver-beside"
#: Deliveries made, and keys compared beside them; turns.
_DELIVERIES, _BESIDE_KEYS, _TURNS = 1500, 60_000, 3
_REPORTS = ("reconcile/xlsx-vs-bare", "reconcile/xlsx-memory", "reconcile/html-size")
_PEERS = ("sql", "duckdb", "datacompy")


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure what was asked for."""
    names = [
        *(f"reconcile/judge-{share}-vs-{peer}" for share in _SHARES for peer in _PEERS),
        *_LOADING, _DIGESTS,
    ]  # fmt: skip
    parts: Sequence[tuple[Sequence[str], Callable[[], Iterator[Figure]]]] = (
        (names, _compared), ([_CHANGES], _changes), ([_BESIDE], _beside),
        ([_LARGE_MEMORY], _large), (_REPORTS, _reports),
    )  # fmt: skip
    for names_, measure in parts:
        if any(map(wanted, names_)):
            sides.say(f"reconcile: {names_[0]}")
            yield from (figure for figure in measure() if wanted(figure.bench))


def _compared() -> Iterator[Figure]:
    for share, (part, goal) in _SHARES.items():
        with tempfile.TemporaryDirectory() as folder:
            found = _sides(folder, part)
            for peer in _PEERS:
                yield ratio(
                    f"reconcile/judge-{share}-vs-{peer}", goal if peer == "sql" else "",
                    [found["sqlite"]["cpu_seconds"]], [found[peer]["cpu_seconds"]],
                    f"CPU seconds from landed rows to what differs: {_KEYS:,} keys on three sides,"
                    f" 8 fields, {share} % changed. {found[peer]['note']}",
                )  # fmt: skip
            if share == "17":
                yield from _loading(folder, found)


def _sides(folder: str, share: float) -> Mapping[str, Any]:
    """Return what each side took on the same data."""
    sides.say(f"reconcile: {_KEYS:,} keys, {share:.0%} changed")
    _run("reconcile_data.py", folder, _KEYS, 3, share)
    _run("reconcile_canonical.py", folder)
    found = {"sqlite": _run("reconcile_hub.py", folder, "sqlite")}
    for peer in _PEERS:
        found[peer] = _run(f"reconcile_{peer}.py", folder)
    return found


def _loading(folder: str, found: Mapping[str, Any]) -> Iterator[Figure]:
    canonical = _run("reconcile_hub.py", folder, "sqlite", "canonical")
    ours, rows = found["sqlite"], canonical["findings"]
    yield measured("reconcile/canonical", "us", [canonical["cpu_seconds"] / rows * 1e6], "<= 10",
                   "CPU a row of 8 fields: canonical form")  # fmt: skip
    yield measured(
        "reconcile/load",
        "us",
        [ours["load_cpu_seconds"] / rows * 1e6],
        "<= 30",
        "CPU a row: JSON read, canonical form, hash, kept in SQLite, known by key",
    )
    whole = ours["load_cpu_seconds"] + ours["cpu_seconds"]
    yield measured("reconcile/whole-run", "s", [whole],
                   "<= 100" if _KEYS == 1_000_000 else "",
                   f"CPU from pages to what differs, {rows:,} rows")  # fmt: skip
    yield measured("reconcile/memory", "MB", [ours["peak_mb"]], "<= 256",
                   f"most memory of the process, {rows:,} rows")  # fmt: skip
    yield _digests(folder, found)


def _digests(folder: str, found: Mapping[str, Any]) -> Figure:
    digests = {name: found[name]["digest"] for name in ("sqlite", "sql", "duckdb")}
    digests["dictionary"] = _run("reconcile_oracle.py", folder)["digest"]
    without = sides.no_postgres()
    if without is not None:
        return missing(_DIGESTS, "", "<= 1", without)
    digests["postgresql"] = _run("reconcile_hub.py", folder, "postgresql")["digest"]
    return measured(_DIGESTS, "digests", [len(set(digests.values()))], "<= 1",
                    f"different ones among {', '.join(digests)}")  # fmt: skip


def _changes() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        _run("reconcile_data.py", folder, _KEYS, 3, 0.01)
        took = _run("reconcile_hub.py", folder, "sqlite", "changes")
    yield measured(_CHANGES, "s", [took["cpu_seconds"]], "<= 15" if _KEYS == 1_000_000 else "",
                   f"CPU of a run that reads 1 % of {_KEYS:,} keys on three sides, the rest being"
                   " kept from the run before")  # fmt: skip


def _beside() -> Iterator[Figure]:
    rates: dict[str, list[float]] = {"beside": [], "idle": []}
    with tempfile.TemporaryDirectory() as folder, sides.serving("far_end.py") as port:
        _run("reconcile_data.py", folder, _BESIDE_KEYS, 3, 0.17)
        for _ in range(_TURNS):
            for side, found in rates.items():
                with tempfile.TemporaryDirectory() as own:
                    took = sides.run(
                        "reconcile_beside.py", f"sqlite:///{own}/hub.db",
                        f"http://127.0.0.1:{port}", _DELIVERIES, folder,
                        *(["idle"] if side == "idle" else []),
                    )  # fmt: skip
                found.append(_DELIVERIES / took["deliver"])
    yield ratio(_BESIDE, ">= 0.9", rates["beside"], rates["idle"],
                "deliveries a second in a process that reconciles beside, against one that does"
                " not")  # fmt: skip


def _large() -> Iterator[Figure]:
    if not _LARGE:
        yield missing(_LARGE_MEMORY, "MB", "<= 256", "it takes an hour: HUB_BENCH_LARGE=1")
        return
    with tempfile.TemporaryDirectory() as folder:
        _run("reconcile_data.py", folder, _KEYS * 10, 2, 0.01)
        took = _run("reconcile_hub.py", folder, "sqlite")
    yield measured(_LARGE_MEMORY, "MB", [took["peak_mb"]], "<= 256",
                   f"most memory of the process, {_KEYS * 10:,} keys on two sides,"
                   f" {took['findings']:,} findings")  # fmt: skip


def _reports() -> Iterator[Figure]:
    took: dict[str, list[dict[str, float]]] = {"hub": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(3):
            for side, found in took.items():
                path = Path(folder) / f"{side}.xlsx"
                found.append(_run("reconcile_reports.py", 100_000, "--side", side, "--path", path))
        page = _run("reconcile_reports.py", 20_000, "--side", "page", "--path",
                    Path(folder) / "report.html")  # fmt: skip
    cpu = {side: [one["cpu_seconds"] for one in found] for side, found in took.items()}
    yield ratio("reconcile/xlsx-vs-bare", "<= 1.1", cpu["hub"], cpu["bare"],
                "CPU seconds for a workbook of 100,000 findings, against XlsxWriter with the cells"
                " of its main sheet alone")  # fmt: skip
    yield measured("reconcile/xlsx-memory", "MB", [one["peak_mb"] for one in took["hub"]], "<= 64",
                   "most memory of the process that writes it")  # fmt: skip
    yield measured("reconcile/html-size", "MB", [page["file_mb"]], "<= 3",
                   "the page with 20,000 findings")  # fmt: skip


def _run(script: str, *arguments: object) -> Any:
    rows = _KEYS * 30 if _LARGE else _KEYS * 3
    return sides.run(script, *arguments, limit=max(_LEAST, _PATIENCE * rows / 1e6))
