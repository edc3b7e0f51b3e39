"""What all workers know of a connection: pause, circuit breaker, Retry-After, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.inserts import insert_missing

#: Failures in a row after which the breaker opens.
FAILURES_TO_OPEN = 5
#: How long the breaker stays open the first time; doubled each time, up to the longest.
FIRST_OPEN = timedelta(seconds=30)
LONGEST_OPEN = timedelta(minutes=15)
#: Budget window → its length in seconds.
_WINDOWS = {"second": 1, "minute": 60, "day": 86_400}


@dataclass(slots=True)
class State:
    """A connection's row."""

    connection: str
    paused_at: datetime | None = None
    pause_reason: str | None = None
    paused_by: str | None = None
    not_before: datetime | None = None
    #: Since when deliveries wait for a person to let it go live.
    observed_at: datetime | None = None
    failures: int = 0
    opened: int = 0
    budgets: dict[str, Any] = field(default_factory=dict)

    def slots(self, wanted: int, now: datetime) -> int:
        """Return how many calls may start now: none while paused or held, one to probe."""
        if self.paused_at is not None or (self.not_before is not None and self.not_before > now):
            return 0
        return min(wanted, 1) if self.failures >= FAILURES_TO_OPEN else wanted

    def spend(self, wanted: int, limits: Mapping[str, float | None], now: datetime) -> int:
        """Take up to `wanted` calls off the budgets (second, minute, day); return how many."""
        budgets = dict(self.budgets)
        for name, seconds in _WINDOWS.items():
            allowed = limits.get(name)
            if allowed is None:
                continue
            start, used = budgets.get(name, (0, 0))
            current = int(now.timestamp() // seconds)
            budgets[name] = [current, used if start == current else 0]
            wanted = min(wanted, max(0, int(max(allowed, 1)) - budgets[name][1]))
        for entry in budgets.values():
            entry[1] += wanted
        self.budgets = budgets
        return wanted

    def succeeded(self) -> None:
        """Close the breaker."""
        self.failures = self.opened = 0

    def failed(self, now: datetime) -> None:
        """Count a failure; open the breaker when there were too many in a row."""
        self.failures += 1
        held = self.not_before is not None and self.not_before > now
        # calls that were under way when it opened say nothing new
        if self.failures >= FAILURES_TO_OPEN and not held:
            self.opened += 1
            pause = min(FIRST_OPEN * 2 ** min(self.opened - 1, 10), LONGEST_OPEN)
            self.hold(now + pause)

    def hold(self, until: datetime) -> None:
        """Start no call before a moment."""
        self.not_before = max(self.not_before or until, until)


_ALL = sa.select(t.connection_state)
_LOCKED = (
    _ALL.where(t.connection_state.c.connection.in_(sa.bindparam("names", expanding=True)))
    .order_by(t.connection_state.c.connection)
    .with_for_update()
)


def lock(tx: Connection, names: list[str]) -> dict[str, State]:
    """Lock the rows of these connections, making those that are new."""
    rows = tx.execute(_LOCKED, {"names": names}).mappings()
    found = {row["connection"]: State(**row) for row in rows}
    missing = [name for name in names if name not in found]
    if missing:
        insert_missing(
            tx,
            t.connection_state,
            [
                {"connection": name, "failures": 0, "opened": 0, "budgets": {}}
                for name in sorted(missing)
            ],
        )
        return lock(tx, names)
    return found


def read(tx: Connection) -> Mapping[str, State]:
    """Return the rows of all connections, unlocked."""
    rows = tx.execute(_ALL).mappings()
    return {row["connection"]: State(**row) for row in rows}


def save(tx: Connection, state: State) -> None:
    """Write a row back."""
    values = {name: getattr(state, name) for name in State.__slots__ if name != "connection"}
    tx.execute(
        sa.update(t.connection_state)
        .where(t.connection_state.c.connection == state.connection)
        .values(values)
    )


def pause(tx: Connection, name: str, reason: str, by: str, now: datetime) -> bool:
    """Pause a connection; return False when it was paused already."""
    state = lock(tx, [name])[name]
    if state.paused_at is not None:
        return False
    state.paused_at, state.pause_reason, state.paused_by = now, reason, by
    save(tx, state)
    return True


def resume(tx: Connection, name: str, now: datetime) -> bool:
    """Resume a connection; deadlines stood still meanwhile. False when it was not paused."""
    state = lock(tx, [name])[name]
    if state.paused_at is None:
        return False
    _move_deadlines(tx, name, now - state.paused_at)
    state.paused_at = state.pause_reason = state.paused_by = state.not_before = None
    state.succeeded()
    save(tx, state)
    return True


def _move_deadlines(tx: Connection, name: str, by: timedelta) -> None:
    d = t.delivery.c
    open_states = ("blocked", "ready", "sending", "in_doubt", "accepted")
    rows = tx.execute(
        sa.select(d.id, d.deadline, d.gives_up_at)
        .where(d.connection == name, d.state.in_(open_states))
        .order_by(d.id)
        .with_for_update()
    ).all()
    if rows:
        tx.execute(
            sa.update(t.delivery)
            .where(d.id == sa.bindparam("row"))
            .values(deadline=sa.bindparam("later"), gives_up_at=sa.bindparam("give_up")),
            [
                {
                    "row": row.id,
                    "later": row.deadline + by,
                    "give_up": row.gives_up_at and row.gives_up_at + by,
                }
                for row in rows
            ],
        )
