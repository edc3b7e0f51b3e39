"""Alerts: what needs a person, from when it began until it is over; each told once.

An alert and the notice that tells it are written in one transaction. There is one open alert for
each kind and subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import notices
from hub.store import tables as t
from hub.store.inserts import insert_new

_a = t.alert.c
_n = t.notice.c
_OPEN = _a.state == "open"
_AT_ONCE = timedelta(0)


def open(
    tx: Connection, kind: str, subject: str, facts: Mapping[str, Any], now: datetime,
    new_id: Callable[[], str], *, to: Sequence[str] = (), wait: timedelta = _AT_ONCE,
) -> bool:  # fmt: skip
    """Open an alert and queue the notice of it; False when it is open already.

    `facts` of an open one are brought up to date; its notice tells what they are when it is sent,
    at the earliest after `wait`.
    """
    row: dict[str, Any] = {
        "id": new_id(), "kind": kind, "subject": subject, "state": "open", "facts": dict(facts),
        "opened_at": now,
    }  # fmt: skip
    if not insert_new(tx, t.alert, row):
        same = sa.and_(_OPEN, _a.kind == kind, _a.subject == subject)
        tx.execute(sa.update(t.alert).where(same).values(facts=dict(facts)))
        return False
    tell(tx, row["id"], row["id"], to, now, new_id, wait)
    return True


def tell(
    tx: Connection, alert_id: str, why: str, to: Sequence[str], now: datetime,
    new_id: Callable[[], str], wait: timedelta = _AT_ONCE,
) -> bool:  # fmt: skip
    """Queue a notice of an open alert; False when it was told for this reason before."""
    facts = {"alert": alert_id}
    cause = f"alert:{alert_id}:{why}"
    return notices.queue(tx, cause, "alert", facts, to, now, new_id, due_at=now + wait)


def clear(tx: Connection, kind: str, subject: str, now: datetime) -> bool:
    """Note that it is over, and queue a notice of that where its beginning was told.

    False when there is no such open alert. A notice that nobody was sent yet is not sent.
    """
    found = tx.execute(
        sa.select(_a.id).where(_OPEN, _a.kind == kind, _a.subject == subject).with_for_update()
    ).first()
    if found is None:
        return False
    tx.execute(sa.update(t.alert).where(_a.id == found.id).values(state="cleared", cleared_at=now))
    to = _taken_back(tx, found.id, now)
    if to is not None:
        # the alert's id is a notice's id nobody else has: it is over once
        cause, facts = f"over:{found.id}", {"alert": found.id}
        notices.queue(tx, cause, "cleared", facts, to, now, lambda: str(found.id))
    return True


def _taken_back(tx: Connection, alert_id: str, now: datetime) -> Sequence[str] | None:
    """Fold what is queued of an alert; return whom its beginning was told, None for nobody."""
    of_it = sa.and_(_n.id >= _not_older(alert_id), _n.cause.like(f"alert:{alert_id}:%"))
    rows = tx.execute(
        sa.select(_n.id, _n.channel, _n.to, _n.state, _n.tries)
        .where(of_it)
        .order_by(_n.id)
        .with_for_update()
    ).all()
    waiting = [row.id for row in rows if row.state == "queued" and row.tries == 0]
    notices.folded(tx, waiting, "over before it was sent", now)
    # one that was tried may have been taken although nobody noted it
    told = any(row.channel and (row.state == "sent" or row.tries > 0) for row in rows)
    asked: list[list[str]] = [row.to for row in rows if not row.channel]
    return asked[0] if told and asked else None


def _not_older(alert_id: str) -> str:
    """Return an id below those of an alert's notices, so that no index by text is needed.

    Ids begin with their milliseconds; clocks of two machines may differ by less than an hour.
    """
    return f"{max(0, int(alert_id[:12], 16) - 3_600_000):012x}"


def acknowledge(tx: Connection, alert_id: str, by: str, now: datetime) -> bool:
    """Note who looks after an open alert; False when it is not open or somebody does already."""
    free = sa.and_(_a.id == alert_id, _OPEN, _a.acknowledged_at.is_(None))
    values = {"acknowledged_at": now, "acknowledged_by": by}
    return tx.execute(sa.update(t.alert).where(free).values(values)).rowcount == 1


def list_open(tx: Connection, limit: int = 200) -> list[dict[str, Any]]:
    """Return the open alerts, the oldest first."""
    query = sa.select(t.alert).where(_OPEN).order_by(_a.id).limit(limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def newest(tx: Connection, limit: int = 50) -> list[dict[str, Any]]:
    """Return alerts, open and cleared, the newest first."""
    query = sa.select(t.alert).order_by(_a.id.desc()).limit(limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def ending(tx: Connection, given: str) -> dict[str, Any] | None:
    """Return the open alert of an id, or of its ending of 6 or more characters.

    None where there is none, or several are.
    """
    if not re.fullmatch(r"[0-9a-f]{6,32}", given):
        return None
    query = sa.select(t.alert).where(_OPEN, _a.id.like(f"%{given}")).order_by(_a.id).limit(2)
    rows = [dict(row) for row in tx.execute(query).mappings()]
    return rows[0] if len(rows) == 1 else None


def by_ids(tx: Connection, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    """Return alerts by their ids."""
    query = sa.select(t.alert).where(_a.id.in_(ids)).order_by(_a.id)
    return {row["id"]: dict(row) for row in tx.execute(query).mappings()}
