"""What it costs to keep people in control: watches, gates, and questions asked before."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sides
from figures import Figure, measured, missing, ratio

_STORES = ("sqlite", "postgres")
#: Messages a turn, and turns.
_ROUTED, _ROUTE_TURNS = 300, 7
_ROWS, _IDLE_TURNS = 1_000_000, 200
_DUE, _FIRE_TURNS = 10_000, 4
#: Questions a second, for how long, how often.
_ASKED, _SECONDS, _ASK_TURNS = 50, 6, 3
#: Figure → unit and goal.
_GOALS = {
    "routing-vs-without": ("ratio", ">= 0.8"),
    "routing-all-match-vs-without": ("ratio", ""),
    "sweep-idle": ("ms", "<= 20"),
    "sweep-100-due": ("ms", "<= 20"),
}
_FIRE, _DECIDE = "control/sqlite-delivery-p99-while-firing", "control/sqlite-decision-p99"


def figures(wanted: Callable[[str], bool]) -> Iterator[Figure]:
    """Measure both stores, then the daemon on SQLite."""
    for store in _STORES:
        reason = sides.no_postgres() if store == "postgres" else None
        for measure, part in ((_routing, "routing"), (_sweep, "sweep")):
            names = {f"control/{store}-{what}": what for what in _GOALS if what.startswith(part)}
            if not any(map(wanted, names)):
                continue
            sides.say(f"control: {store}, {part}")
            found = (
                (missing(name, *_GOALS[what], reason) for name, what in names.items())
                if reason
                else measure(store)
            )
            yield from (figure for figure in found if wanted(figure.bench))
    for name, daemon in ((_FIRE, _firing), (_DECIDE, _decisions)):
        if wanted(name):
            sides.say(name)
            yield daemon()


@contextlib.contextmanager
def _new(store: str) -> Iterator[str]:
    if store == "postgres":
        with sides.postgres() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'hub.db'}"


# ---- routing ---------------------------------------------------------------------------------


def _routing(store: str) -> Iterator[Figure]:
    with contextlib.ExitStack() as stack:
        urls = [f"{stack.enter_context(_new(store))}:{armed}" for armed in ("none", "some", "all")]
        took = sides.run("control_route.py", _ROUTE_TURNS, _ROUTED, *urls)
    for armed, what in (("some", "routing-vs-without"), ("all", "routing-all-match-vs-without")):
        ours, theirs = took[armed], took["none"]
        yield ratio(
            f"control/{store}-{what}", _GOALS[what][1], _rates(ours["cpu"]), _rates(theirs["cpu"]),
            "messages routed per second of CPU time of the hub's process, with 20 watches and 3"
            f" gates against without; by the clock {_rate(ours)} against {_rate(theirs)}/s",
        )  # fmt: skip


def _rates(seconds: Sequence[float]) -> list[float]:
    return [_ROUTED / one for one in seconds]


def _rate(took: Mapping[str, Sequence[float]]) -> str:
    return f"{statistics.median(_rates(took['seconds'])):.0f}"


# ---- the stage of watches --------------------------------------------------------------------


def _sweep(store: str) -> Iterator[Figure]:
    with _new(store) as url:
        took = sides.run("control_sweep.py", url, _ROWS, _IDLE_TURNS)
    told = statistics.median(took["told"])
    notes = {"idle": "nothing due", "due": f"100 due, all of which are told after {told:.3g} ms"}
    for what, turns in (("sweep-idle", took["idle"]), ("sweep-100-due", took["due"])):
        note = notes["due" if what.endswith("due") else "idle"]
        worst = sorted(turns)[int(len(turns) * 0.99)]
        yield measured(
            f"control/{store}-{what}", "ms", turns, _GOALS[what][1],
            f"median turn with {_ROWS:,} armed and {note}; p99 {worst:.3g} ms",
        )  # fmt: skip


# ---- a daemon at work ------------------------------------------------------------------------


@contextlib.contextmanager
def _company() -> Iterator[tuple[str, str, str]]:
    """Yield a store, a far end and a folder."""
    with sides.serving("far_end.py") as port, tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'hub.db'}", f"http://127.0.0.1:{port}", folder


def _firing() -> Figure:
    with _company() as (store, far_end, _):
        took = sides.run("control_fire.py", store, far_end, _FIRE_TURNS, _DUE)
    middle = {side: _medians(took[side])[0] for side in ("alone", "firing")}
    return ratio(
        _FIRE, "<= 1.2", [one[1] for one in took["firing"]], [one[1] for one in took["alone"]],
        f"p99 in ms from webhook to booked delivery at 50/s with {_DUE:,} watches due, of which"
        f" {statistics.median(took['fired']):.0f} fire a second, against alone;"
        f" p50 {middle['firing']:.3g} against {middle['alone']:.3g} ms",
    )  # fmt: skip


def _decisions() -> Figure:
    with (
        _company() as (store, far_end, folder),
        sides.serving("control_server.py", store, far_end, folder) as port,
    ):
        took: list[dict[str, Any]] = [
            sides.run("control_ask.py", port, _ASKED, _SECONDS) for _ in range(_ASK_TURNS)
        ]
    asked, judged = (sum(one[what] for one in took) for what in ("asked", "judged"))
    return measured(
        _DECIDE, "ms", [one["p99"] for one in took], "<= 800",
        f"{_ASKED} questions a second over HTTP beside 50 deliveries a second;"
        f" p50 {statistics.median(one['p50'] for one in took):.3g} ms;"
        f" judged in time: {judged} of {asked}",
    )  # fmt: skip


def _medians(runs: Sequence[Sequence[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*runs, strict=True)]
