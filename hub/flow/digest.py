"""The daily summary: what waits for a person, and how much is in which state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.flow.parts import Flow
from hub.store import alerts, notices, troubles, views

#: Open alerts that are named; the others are counted.
_NAMED = 20
#: What the ledger noted for a person within this time is counted.
_NOTED = timedelta(days=1)


async def queue_daily(flow: Flow, told: date | None) -> date | None:
    """Queue the summary once its time of day has come; return the last day it is queued for.

    `told` is the day this process knows of. Whichever process is first that day queues it: a
    restart, a second process or a clock that moves back queues none twice.
    """
    at = flow.settings.alerts.digest if flow.settings else None
    local = flow.clock.now().astimezone(flow.people.zone)
    if at is None or told == local.date() or local.time() < time.fromisoformat(at):
        return told
    await flow.store.write(queue, flow, local.date().isoformat())
    return local.date()


def queue(tx: Transaction, flow: Flow, of: str) -> bool:
    """Queue the summary of a day or moment; False where that was done before."""
    now = flow.clock.now()
    facts = {"date": of, **summary(tx, now)}
    return notices.queue(tx, f"digest:{of}", "digest", facts, (), now, flow.clock.new_id)


def summary(tx: Transaction, now: datetime) -> Mapping[str, Any]:
    """Return counts by state and connection, and the oldest open alerts."""
    overview = views.overview(tx)
    found = alerts.list_open(tx, 1000)
    oldest = [{name: one[name] for name in ("kind", "subject", "facts")} for one in found[:_NAMED]]
    return {
        "alerts": len(found), "oldest": oldest, "deliveries": overview["deliveries"],
        "connections": troubles.open_by_connection(tx), "messages": overview["messages"],
        "read_back": overview["read_back"], "noted": views.todos(tx, now - _NOTED),
        "held": troubles.held(tx), "watches": troubles.watches_by_state(tx),
    }  # fmt: skip
