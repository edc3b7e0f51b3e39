"""Says what became of a commitment, and how long its steps took, from what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from hub.reconcile.health.value import Asked, Commitment, State, StepTime
from hub.store.health import Known

#: Route, step and bundle → the steps it waits for.
Before = Callable[[str, str, str], Collection[str]]

#: Delivered, as far as the hub is concerned: by it, or by hand.
_DONE = ("delivered", "skipped")
#: What a delivery waits for when only a person can help.
_HELD = ("hold", "gate", "observe")
#: What a delivery waits for that comes by itself.
_COMING = ("link", "lane", "after", "confirmed")


class _Why(NamedTuple):
    """What keeps a commitment."""

    cause: str = ""
    where: str = ""
    ref: str = ""


def judge(known: Known, asked: Asked, before: Before, *, shows_owner: bool) -> Commitment:
    """Return what became of a commitment."""
    steps = _steps(known)
    last = {name: rows[-1] for name, rows in steps.items()}
    state, why = _state(known, last, asked)
    ends = {name: end for name, rows in steps.items() if (end := _end(rows)) is not None}
    whole = len(ends) == len(steps) and bool(ends)
    times = () if state is State.REVOKED else tuple(_times(known, steps, ends, before))
    return Commitment(
        known.record_id, known.number, known.connection, known.revision, known.received, state,
        *why, delivered=max(ends.values()) if whole else None,
        customer=known.customer or known.customer_code or "",
        owner=(known.owner or "") if shows_owner else "", steps=times,
        done=sum(row.state in _DONE for row in last.values()), planned=len(last),
    )  # fmt: skip


def _steps(known: Known) -> dict[str, list[Any]]:
    """Return the deliveries of each step, the oldest first; replaced ones do not count."""
    steps: dict[str, list[Any]] = {}
    for row in known.deliveries:
        if row.state != "superseded":
            steps.setdefault(row.step, []).append(row)
    return steps


def _end(rows: Sequence[Any]) -> datetime | None:
    """Return when a step was first delivered: a repair is later, and no part of the time."""
    ends = [row.finished_at for row in rows if row.state in _DONE and row.finished_at is not None]
    return min(ends, default=None)


# ---- the state -----------------------------------------------------------------------------------


def _state(known: Known, last: Mapping[str, Any], asked: Asked) -> tuple[State, _Why]:
    if known.revoked:
        return State.REVOKED, _Why()
    if not last:
        return _unplanned(known, asked)
    stopped = _first(_stops(known, row) for row in last.values())
    if stopped is not None:
        return State.STOPPED, stopped
    waiting = _first(_waits(known, row) for row in last.values())
    if any(row.state not in _DONE for row in last.values()):
        return _underway(known, asked), waiting or _Why("sending")
    differs = next((row for row in last.values() if row.confirm == "differs"), None)
    if differs is not None:
        return State.BROKEN, _Why("differs", differs.step, differs.id)
    if known.findings:
        found = known.findings[0]
        return State.BROKEN, _Why(f"found.{found.cause}", found.side, found.id)
    if waiting is not None:
        return _underway(known, asked), waiting
    return State.FULFILLED, _Why()


def _underway(known: Known, asked: Asked) -> State:
    return State.LATE if asked.now - known.received > asked.limit else State.UNDERWAY


def _first(found: Iterator[_Why | None]) -> _Why | None:
    """Return the gravest of what keeps the steps."""
    return min(
        (one for one in found if one is not None), default=None,
        key=lambda one: _ORDER.index(one.cause),
    )  # fmt: skip


#: What keeps a commitment, the gravest first.
_ORDER = (
    *("dead", "in_doubt", "held", "observed", "cancelled"),
    *("link", "retrying", "accepted", "lane", "confirmed", "after", "sending", "unreadable"),
    "read_back",
)


def _stops(known: Known, row: Any) -> _Why | None:
    """Return what stops a step until a person acts."""
    if row.state in ("dead", "in_doubt", "cancelled"):
        return _Why(row.state, row.step, row.id)
    for wait in known.waits.get(row.id, ()) if row.state == "blocked" else ():
        if wait.kind == "observe":
            return _Why("observed", row.connection, row.id)
        if wait.kind in _HELD:
            gate = next((one for one in known.holds if one.id == wait.on_id), None)
            return _Why("held", gate.gate if gate is not None else row.step, wait.on_id or row.id)
    return None


def _waits(known: Known, row: Any) -> _Why | None:
    """Return what a step that is not stopped waits for; None for what is done."""
    if row.state in _DONE:
        if row.confirm == "unreadable":
            return _Why("unreadable", row.step, row.id)
        return _Why("read_back", row.step, row.id) if row.confirm in ("due", "reading") else None
    if row.state == "blocked":
        waits = sorted(known.waits.get(row.id, ()), key=lambda one: _COMING.index(one.kind))
        if waits and waits[0].kind == "link":
            return _Why("link", f"{waits[0].connection}: {waits[0].of}", row.id)
        return _Why(waits[0].kind if waits else "sending", row.step, row.id)
    if row.state == "accepted":
        return _Why("accepted", row.step, row.id)
    return _Why("retrying" if row.tries else "sending", row.step, row.id)


def _unplanned(known: Known, asked: Asked) -> tuple[State, _Why]:
    state, reason = known.message or ("", "")
    held = next((one for one in known.holds if one.state == "held"), None)
    if known.planned < known.revision and held is not None:
        return State.STOPPED, _Why("held", held.gate, held.id)
    if state == "failed":
        return State.STOPPED, _Why("message_failed", known.connection)
    if known.planned < known.revision and state == "waiting":
        cause = "approval" if reason.startswith("approval") else "waiting"
        return _underway(known, asked), _Why(cause, known.connection)
    if state in ("received", "fetching"):
        return _underway(known, asked), _Why("routing", known.connection)
    cause = "no_route" if known.planned < known.revision else "no_step"
    return State.NOT_PLANNED, _Why(cause, known.connection)


# ---- times ---------------------------------------------------------------------------------------


def _times(
    known: Known, steps: Mapping[str, Sequence[Any]], ends: Mapping[str, datetime], before: Before
) -> Iterator[StepTime]:
    for name, end in ends.items():
        row = next(one for one in steps[name] if one.finished_at == end)
        earlier = [ends[one] for one in before(row.route, name, row.bundle) if one in ends]
        yield _time(known, row, end, max(earlier, default=None))


def _time(known: Known, row: Any, end: datetime, earlier: datetime | None) -> StepTime:
    """Return the parts of the time a step took; moments are moved into their order."""

    def at(moment: datetime | None, least: int, most: int) -> int:
        if moment is None:
            return most
        return min(max(int((moment - known.received).total_seconds()), least), most)

    whole = max(int((end - known.received).total_seconds()), 0)
    planned = at(row.created_at, 0, whole)
    free = at(earlier, planned, whole) if earlier is not None else planned
    tried = at(known.tried.get(row.id), free, whole)
    spans = [
        (at(one.held_at, free, tried), at(one.decided_at, free, tried))
        for one in known.holds if one.delivery_id == row.id
    ]  # fmt: skip
    held = _covered(spans)
    return StepTime(
        row.step, row.connection, planned, free - planned, held, tried - free - held,
        whole - tried, earlier is not None,
    )  # fmt: skip


def _covered(spans: Sequence[tuple[int, int]]) -> int:
    """Return how much time spans cover together; those that overlap count once."""
    covered, reached = 0, 0
    for begin, end in sorted(spans):
        covered += max(end - max(begin, reached), 0)
        reached = max(reached, end)
    return covered
