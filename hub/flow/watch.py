"""Watches whose time has come: somebody is told, or it cannot be told, or it is over.

    armed ──(time over, everything read past it, B absent)──► fired ──(steps, repeat)──► fired
      └────(time over, not everything read)──► cannot_tell ──(read)──► fired
    any of them ──(B came)──► cleared      ──(A no longer holds, watch removed)──► ended

Each row is looked at under its lock, and moved in the transaction that queues what is told of it:
a process that dies tells nothing twice. After a standstill only the step that is next is told,
with how late it is; the step after it is counted from then.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection as Transaction

from hub.failpoints import fail_at
from hub.flow import watch_memory, watch_words
from hub.flow.issue import Issues
from hub.flow.parts import Flow
from hub.flow.replay import Refused
from hub.flow.sources import Reading, Unread
from hub.flow.watching import calendar_of, warn_of_years
from hub.language import say
from hub.mapping.watch import Watch
from hub.records import NoticeEvent
from hub.store import alerts, bundles, ledger, notices, singletons, watches
from hub.store.notices import Notice
from hub.store.watches import Row

#: Rows looked at in one transaction, so that deliveries have their turn between.
BITE = 10
_LEASE = timedelta(seconds=30)
#: After which time something that could not be told is looked at again.
_SOON, _LATER = timedelta(seconds=15), timedelta(minutes=1)
#: How late a stream may be read before anybody is troubled with it.
_PATIENCE = timedelta(minutes=5)


async def fire(flow: Flow) -> int:
    """Do what is due, one bite of it, in the one process that has the lease; return how much."""
    if not await flow.store.read(_is_work, flow):
        return 0
    done = await flow.store.write(_fire, flow)
    fail_at("watch.committed")
    if done:
        flow.bell.ring("deliver")
    return done


def _is_work(tx: Transaction, flow: Flow) -> bool:
    if watches.any_due(tx, flow.clock.now()) or watch_memory.unlearned(tx, flow):
        return True
    gone = _removed(tx, flow) or _in_force(tx, flow, watch_memory.forgotten(tx, flow))
    return bool(gone or watches.over_alerts(tx))


def _removed(tx: Transaction, flow: Flow) -> list[str]:
    """Return the watches that still wait and that no file has any more."""
    known = flow.bundles.active.watches
    return _in_force(tx, flow, [one for one in watches.open_watches(tx) if one not in known])


def _in_force(tx: Transaction, flow: Flow, names: list[str]) -> list[str]:
    """Return the names, or none where another process may have newer files than this one."""
    return names if names and bundles.active(tx) in (None, flow.bundles.active.sha) else []


def _fire(tx: Transaction, flow: Flow) -> int:
    if not singletons.acquire(tx, "watch", flow.worker, flow.clock.now(), _LEASE):
        return 0
    for watch in watch_memory.unlearned(tx, flow)[:1]:
        watch_memory.learn(tx, flow, watch)
        return 1
    watches.forget(tx, _in_force(tx, flow, watch_memory.forgotten(tx, flow)))
    look = _Look(tx, flow)
    due = watches.due(tx, look.now, BITE)
    for row in due:
        look.at(row)
    # while more is due, the rest can wait
    idle = len(due) < BITE
    for name in _removed(tx, flow) if idle else ():
        for row in watches.open_of(tx, name, BITE):
            look.removed(row)
    look.save()
    for name in watches.over_alerts(tx) if idle else ():
        alerts.clear(tx, watches.ALERT, name, look.now)
    fail_at("watch.before_commit")
    return len(look.rows)


class _Look:
    """One look at rows, in one transaction."""

    def __init__(self, tx: Transaction, flow: Flow) -> None:
        self.tx, self.flow = tx, flow
        self.now = flow.clock.now()
        self.rows: dict[str, Row] = {}
        self._bundle = flow.bundles.active
        self._reading = Reading(tx, flow, self._bundle)
        self._issues = Issues(flow, self._bundle)
        self._notices: list[Notice] = []
        self._entries: list[ledger.Entry] = []
        #: Watch → why it cannot tell.
        self._cannot: dict[str, Unread] = {}

    def at(self, row: Row) -> None:
        """Do what is due of a row."""
        self.rows[row.id] = row
        watch = self._bundle.watches.get(row.watch)
        if watch is None:
            # `removed` ends it, as soon as it is sure that it was
            row.due_at = self.now + _LATER if row.open else None
        elif not row.open:
            self._tell_over(watch, row)
        elif _all_told(watch, row):
            row.due_at = None
        else:
            self._tell(watch, row)

    def removed(self, row: Row) -> None:
        """End a row whose watch is no more; nobody hears of it."""
        self.rows[row.id] = row
        row.state, row.reason, row.cleared_at, row.due_at = "ended", "removed", self.now, None
        self._note("watch.ended", row, reason="removed")

    def save(self) -> None:
        """Write rows, what is told of them, and the ledger."""
        watches.save(self.tx, self.rows)
        notices.queue_all(self.tx, self._notices)
        self._issues.save(self.tx)
        for name, why in self._cannot.items():
            facts = {"reason": why.code, "connection": why.connection, "stream": why.stream}
            alerts.open(self.tx, watches.ALERT, name, facts, self.now, self.flow.clock.new_id)
        ledger.append(self.tx, self._entries)

    # -- telling

    def _tell(self, watch: Watch, row: Row) -> None:
        unread = self._reading.unread(watch.name, row.asked_at or self.now)
        if unread is not None:
            self._put_off(row, unread)
            return
        step, late = row.step, self.now - (row.asked_at or self.now)
        self._give(watch, row, step, NoticeEvent.LATE, f"watch:{row.id}:{step}")
        row.state, row.step, row.reason = "fired", step + 1, None
        row.fired_at = row.fired_at or self.now
        row.due_at = row.asked_at = self._next(watch, row)
        self._note("watch.fired", row, step=step, late_seconds=max(0, int(late.total_seconds())))

    def _give(self, watch: Watch, row: Row, step: int, event: NoticeEvent, cause: str) -> None:
        telling = watch.then[min(step, len(watch.then) - 1)]
        if telling.delivery is not None:
            number = cause.removeprefix("watch:")
            record = watch_words.notice(watch, row, event, self.now, number)
            self._issues.add(record, telling.delivery, watch, cause, row)
            return
        kind = "watch" if event is NoticeEvent.LATE else "cleared"
        facts = watch_words.facts(watch, row, event, self.now)
        self._notices.append(
            Notice(self.flow.clock.new_id(), cause, "", telling.notify, kind, facts, self.now,
                   self.now, 0)
        )  # fmt: skip

    def _next(self, watch: Watch, row: Row) -> datetime | None:
        """Return when the next step is due; a file that has changed meanwhile counts as it is."""
        after = watch.repeat
        if row.step < len(watch.then):
            after = watch.then[row.step].after
            if after is None:
                return self.now
        if after is None:
            return None
        calendar = calendar_of(self.flow, watch, row.company)
        due = calendar.add(self.now, after)
        warn_of_years(self.flow, calendar, due)
        return due

    def _tell_over(self, watch: Watch, row: Row) -> None:
        """Tell everybody who was told that it is late, each once."""
        row.due_at = None
        told: list[object] = []
        for step, telling in enumerate(watch.then[: row.step]):
            to = telling.notify or telling.delivery
            if to not in told:
                told.append(to)
                self._give(watch, row, step, NoticeEvent.OVER, f"watch:{row.id}:over:{step}")

    def _put_off(self, row: Row, unread: Unread) -> None:
        """Look again later; say so once it has taken longer than reading usually does."""
        patience = self._reading.patience(unread, _PATIENCE)
        if row.state != "cannot_tell" and self.now < (row.asked_at or self.now) + patience:
            row.due_at = self.now + _SOON
            return
        row.due_at = self.now + _LATER
        if row.reason != str(unread):
            row.reason = str(unread)
            self._note("watch.cannot_tell", row, reason=row.reason)
        if row.state != "fired":
            row.state = "cannot_tell"
            self._cannot.setdefault(row.watch, unread)

    def _note(self, what: str, row: Row, **facts: object) -> None:
        self._entries.append(
            ledger.entry(self.flow.clock.new_id(), self.now, what, row.record_id or row.id,
                         correlation_id=row.correlation_id,
                         facts={"watch": row.watch, "key": row.key, **facts})
        )  # fmt: skip


def _all_told(watch: Watch, row: Row) -> bool:
    return row.step >= len(watch.then) and watch.repeat is None


# ---- persons ---------------------------------------------------------------------------------


def snooze(
    tx: Transaction, flow: Flow, watch_id: str, until: datetime, reason: str, actor: str
) -> str:
    """Be quiet about a row until a moment; it is told then if it is still late."""
    now, row = flow.clock.now(), _waiting(tx, watch_id)
    if until <= now:
        raise Refused(say("{until} is over already; name a later time.", until=until.isoformat()))
    if row.due_at is not None:
        if row.due_at == row.snoozed_until:
            # a time snoozed before is replaced; the deadline stays the least
            row.due_at = row.asked_at = row.deadline or until
        row.due_at = max(row.due_at, until)
        row.asked_at = max(row.asked_at or until, until)
    row.snoozed_until, row.reason = until, reason
    return _decided(tx, flow, row, "watch.snoozed", actor, until=until.isoformat())


def acknowledge(tx: Transaction, flow: Flow, watch_id: str, reason: str, actor: str) -> str:
    """Note who looks after a row that is late: nobody is told any more, but that it is over."""
    row = _waiting(tx, watch_id)
    if row.state != "fired":
        raise Refused(say("{id} is not late as far as is known; snooze it instead.", id=watch_id))
    if row.acknowledged_at is not None:
        by = row.acknowledged_by
        raise Refused(say("{id} was acknowledged before, by {by}.", id=watch_id, by=by))
    row.acknowledged_at, row.acknowledged_by, row.due_at = flow.clock.now(), actor[:100], None
    row.reason = reason
    return _decided(tx, flow, row, "watch.acknowledged", actor)


def _waiting(tx: Transaction, watch_id: str) -> Row:
    row = watches.find(tx, watch_id)
    if row is None:
        raise Refused(say("Nothing is watched as {id}. Run `hub watch list`.", id=watch_id))
    if not row.open:
        raise Refused(say("{id} is {state}; nothing is waited for any more.", id=watch_id,
                          state=row.state))  # fmt: skip
    return row


def _decided(tx: Transaction, flow: Flow, row: Row, what: str, actor: str, **facts: str) -> str:
    watches.save(tx, {row.id: row})
    known = {"watch": row.watch, "key": row.key, **facts}
    entry = ledger.entry(
        flow.clock.new_id(), flow.clock.now(), what, row.record_id or row.id, actor=actor,
        correlation_id=row.correlation_id, facts=known,
    )  # fmt: skip
    ledger.append(tx, [entry])
    return row.state
