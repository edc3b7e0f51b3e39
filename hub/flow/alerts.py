"""Looks at the hub every few seconds: opens an alert for what needs a person, ends it when over.

Only kinds in `LOOKED_FOR` are its own; whoever opens another kind also clears it.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.flow import digest
from hub.flow.parts import Flow
from hub.settings import Alerts, Settings
from hub.store import alerts, bundles, notices, reconciliations, singletons, troubles

#: What is wrong: kind and subject → facts.
Found = dict[tuple[str, str], dict[str, Any]]

LOOKED_FOR = frozenset(
    {
        "dead_letter", "failed_message", "paused", "unreachable", "stuck_lane", "overdue",
        "store_behind", "silent_source", "quiet_source", "broken_mapping", "broken_people", "disk",
        "channel_down", "findings", "incomplete_run",
    }
)  # fmt: skip
#: Longer than a look takes.
_LEASE = timedelta(seconds=30)
#: Open alerts that are compared with what is found.
_MOST = 1000
#: The breaker opens after five failures, then again after 30 s and a minute.
_OPENINGS = 3
#: Tries after which a channel counts as down.
_TRIES = 3
#: Free space is told in steps of 10 MiB, so that not every look changes it.
_STEP = 10 * 1024**2


class Lookout:
    """Looks at one hub, in whichever process has the lease."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        #: What was never read counts as unread since then.
        self._since = flow.clock.now()
        #: Last day whose summary is queued.
        self._told: date | None = None

    async def look(self) -> None:
        """Open and end alerts as things stand now."""
        flow = self._flow
        if flow.settings is None or not await self._is_ours():
            return
        look = _Look(flow, flow.settings, flow.clock.now(), self._since)
        found = await flow.store.read(look.at_the_store)
        found |= await asyncio.to_thread(look.at_the_machine)
        before = await flow.store.read(_open)
        if _differ(found, before, look):
            await flow.store.write(_settle, flow, flow.settings.alerts, found)
        self._told = await digest.queue_daily(flow, self._told)

    async def _is_ours(self) -> bool:
        flow, now = self._flow, self._flow.clock.now()
        if flow.store.dialect == "sqlite":
            return True  # nobody else works on this store
        return await flow.store.write(singletons.acquire, "alerts", flow.worker, now, _LEASE)


# ---- what is wrong ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    flow: Flow
    settings: Settings
    now: datetime
    since: datetime

    def at_the_store(self, tx: Transaction) -> Found:
        """Return what the store shows to be wrong."""
        limit = self.now - self.settings.alerts.stuck_after
        found: Found = {}
        for one in troubles.dead_letters(tx):
            found["dead_letter", f"{one['connection']}/{one['reason']}"] = one
        for one in troubles.failed_messages(tx):
            found["failed_message", f"{one['connection']}/{one['stream']}"] = one
        for one in troubles.stuck_lanes(tx, limit):
            found["stuck_lane", one["connection"]] = one
        for one in troubles.unreachable(tx, _OPENINGS):
            found["unreachable", one["connection"]] = one
        # only another channel can tell of one
        others = len(self.settings.ways_to_people) > 1
        for one in notices.unsent(tx):
            if others and one["state"] == "queued" and one["tries"] >= _TRIES:
                facts = {"channel": one["channel"], "code": one["words"]}
                found["channel_down", one["channel"]] = facts
        broken = sum(len(one.faults) for one in bundles.broken(tx))
        if broken:
            found["broken_mapping", "mappings"] = {"faults": broken}
        found |= dict(_reconciled(tx))
        found |= self._paused_and_overdue(tx, limit)
        return found | self._behind(tx, limit) | dict(self._unheard(tx))

    def _paused_and_overdue(self, tx: Transaction, limit: datetime) -> Found:
        paused = troubles.paused(tx)
        names = {one["connection"] for one in paused}
        sending = [
            name for name, one in self.flow.connections.items()
            if name not in names and not one.observe
        ]  # fmt: skip
        found: Found = {
            ("paused", one["connection"]): {"connection": one["connection"], "by": one["paused_by"]}
            for one in paused
            # whoever paused it knows; it is told when it may have been forgotten
            if one["paused_by"] == "system" or one["paused_at"] < limit
        }
        for one in troubles.overdue(tx, sending, limit):
            found["overdue", one["connection"]] = one | {"since": self._local(one["since"])}
        return found

    def _behind(self, tx: Transaction, limit: datetime) -> Found:
        since = troubles.oldest_message(tx, limit)
        return (
            {} if since is None else {("store_behind", "messages"): {"since": self._local(since)}}
        )

    def _unheard(self, tx: Transaction) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        own = self.settings.alerts
        read = troubles.read_to_the_end(tx)
        for name, stream in self._polled():
            since = read.get((name, stream)) or self.since
            if since < self.now - own.silent_after:
                facts = {"connection": name, "stream": stream, "since": self._local(since)}
                yield ("silent_source", f"{name}/{stream}"), facts
        for name, longest in own.silent.items():
            last = troubles.last_message(tx, name)
            if last is not None and last < self.now - longest:
                yield ("quiet_source", name), {"connection": name, "since": self._local(last)}

    def _polled(self) -> Iterator[tuple[str, str]]:
        for name, one in self.settings.connections.items():
            if one.poll is None or name not in self.flow.connections:
                continue
            connector = self.flow.connections[name].connector
            polled = [stream.name for stream in connector.polled_streams(connector.settings)]
            yield from ((name, stream) for stream in one.poll.streams or polled)

    def at_the_machine(self) -> Found:
        """Return what is wrong beside the store."""
        found: Found = {}
        file = self.flow.people_file
        if file is not None and file.faults:
            found["broken_people", "people.yaml"] = {"faults": len(file.faults)}
        free = _free(self.settings.store)
        if free is not None and free < self.settings.alerts.disk_free:
            found["disk", socket.gethostname()] = {"free": free // _STEP * 10}
        return found

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.flow.people.zone).isoformat(" ", "minutes")


def _reconciled(tx: Transaction) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield the reconciliations with critical findings, and those whose last run was not whole."""
    critical: dict[str, int] = {}
    for name, severity, state, count, _ in reconciliations.counted(tx):
        if (severity, state) == ("critical", "open"):
            critical[name] = critical.get(name, 0) + count
    for name, count in critical.items():
        yield ("findings", name), {"name": name, "count": count}
    for run in reconciliations.last_runs(tx):
        if run.state in ("incomplete", "failed"):
            yield ("incomplete_run", run.name), {"name": run.name, "state": run.state}


def _free(url: str) -> int | None:
    """Return the bytes that are free beside a store in a file."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return shutil.disk_usage(Path(parsed.database).resolve().parent).free


# ---- opening, telling more, ending -----------------------------------------------------------


def _open(tx: Transaction) -> dict[tuple[str, str], Mapping[str, Any]]:
    rows = alerts.list_open(tx, _MOST)
    return {(row["kind"], row["subject"]): row for row in rows if row["kind"] in LOOKED_FOR}


def _differ(found: Found, before: Mapping[tuple[str, str], Mapping[str, Any]], look: _Look) -> bool:
    """Say whether anything is to be written."""
    if found.keys() != before.keys():
        return True
    now = look.now.isoformat()
    return any(
        facts.items() - before[key]["facts"].items()
        or before[key]["facts"].get("told_at", now) < now
        for key, facts in found.items()
    )


def _settle(tx: Transaction, flow: Flow, settings: Alerts, found: Found) -> None:
    now, new_id = flow.clock.now(), flow.clock.new_id
    before = _open(tx)
    for (kind, subject), facts in found.items():
        wait = settings.coalesce if "count" in facts else timedelta(0)
        known = before.get((kind, subject))
        if "count" in facts:
            facts |= _more(tx, flow, known, facts, now + wait)
        alerts.open(tx, kind, subject, facts, now, new_id, wait=wait)
    for kind, subject in before.keys() - found.keys():
        alerts.clear(tx, kind, subject, now)


def _more(
    tx: Transaction, flow: Flow, known: Mapping[str, Any] | None, facts: Mapping[str, Any],
    next_at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return how many were told and when, after telling of those that came since.

    At most one notice in the time dead letters of one cause are gathered, and none once somebody
    looks after it.
    """
    now = flow.clock.now()
    if known is None:
        return {"told": facts["count"], "told_at": next_at.isoformat()}
    was = known["facts"]
    if "told_at" in was:
        if was["told_at"] >= now.isoformat():
            return {"told": was["told"], "told_at": was["told_at"]}
        # its notice tells the count of the last look
        was = was | {"told": was["count"]}
    told = min(was["told"], facts["count"])
    if facts["count"] <= told or known["acknowledged_at"] is not None:
        return {"told": told}
    wait = next_at - now
    alerts.tell(tx, known["id"], flow.clock.new_id(), (), now, flow.clock.new_id, wait)
    return {"told": facts["count"], "told_at": next_at.isoformat()}
