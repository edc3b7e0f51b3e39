"""Watermarked documents: issuing, checking, and what they cost those who send webhooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator

import sides
from figures import Figure, measured, ratio

#: Documents of a turn, and turns.
_ISSUED, _TURNS = 50, 8
_REGISTERED, _LOOKS = 1_000, 40
_SECONDS, _RUNS = 4.0, 5
_ISSUE, _MEMORY = "documents/issue-vs-typst", "documents/memory-growth"
_CHECKS = {
    "documents/verify-hash": ("hash", "<= 5", "by SHA-256 among 1,000 documents, with the ledger"),
    "documents/verify-image": ("image", "<= 60", "one page at 150 dpi, JPEG"),
    "documents/verify-pdf": ("pdf", "<= 200", "two pages, one byte changed"),
}
_ACCEPT = "documents/accept-p99-vs-without"
_RATES = {"documents/read-short": ("short", ">= 49"), "documents/read-seal": ("seal", ">= 46")}


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure what was asked for."""
    for names, measure in (
        ((_ISSUE, _MEMORY), _issue), (tuple(_CHECKS), _check), ((_ACCEPT,), _accept),
        (tuple(_RATES), _rates),
    ):  # fmt: skip
        if any(map(wanted, names)):
            sides.say(f"documents: {names[0]}")
            yield from (figure for figure in measure() if wanted(figure.bench))


def _issue() -> Iterator[Figure]:
    took = sides.run("documents_issue.py", _TURNS, _ISSUED)
    yield ratio(
        _ISSUE, "<= 1.6", took["ours"], took["bare"],
        "seconds of processor time for two pages: frozen, codes, seal, printed, stored in SQLite;"
        " against typst with the same page and no codes",
    )  # fmt: skip
    growth = took["memory"][-1] - took["memory"][0]
    yield measured(_MEMORY, "MB", [growth], "<= 10",
                   f"largest memory after {_ISSUED * _TURNS} documents less that after"
                   f" {_ISSUED}; it was {took['memory'][-1]:.0f} MB")  # fmt: skip


def _check() -> Iterator[Figure]:
    took = sides.run("documents_verify.py", _REGISTERED, _LOOKS)
    for name, (side, goal, note) in _CHECKS.items():
        yield measured(name, "ms", took[side], goal, note)


def _accept() -> Iterator[Figure]:
    p99: dict[str, list[float]] = {"with": [], "without": []}
    for run in range(_RUNS):
        for side, found in p99.items():
            with (
                tempfile.TemporaryDirectory() as folder,
                # one at a time: the press of one would slow the other down
                sides.serving("documents_server.py", side, folder) as port,
            ):
                load = sides.run("accept_load.py", port, _SECONDS, (run + 1) * 1_000_000)
                found.append(load["p99"])
    yield ratio(_ACCEPT, "<= 1.2", p99["with"], p99["without"],
                "p99 of accepting webhooks over 32 connections, in ms, while the press prints"
                " without a pause, against a hub that issues nothing")  # fmt: skip


def _rates() -> Iterator[Figure]:
    read = sides.run("read_rate.py")
    note = f"degraded pages whose code was read; wrong texts: {read['wrong']}"
    for name, (code, goal) in _RATES.items():
        yield measured(name, "of 50", [read[code]], goal, note)
