"""What the hub does by itself at its time, each turn in one process and once.

The next turn is kept in the store. Turns missed while no process ran are caught up with one run;
a changed rule counts from now on; a clock set back brings no turn twice. A run whose process died
is begun again, so what a job does must bear being done twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub import logs
from hub.errors import ConfigError, ConnectorError, Fault, HubError, StoreError
from hub.flow import checks, digest
from hub.flow.fetch import PAUSING
from hub.flow.parts import Flow
from hub.flow.poll import poll
from hub.language import Message, say, sentence_of
from hub.mapping.bundle import Bundle
from hub.nearest import suggestion
from hub.settings import Settings, Turns
from hub.store import connections, schedules
from hub.timetable import Rule, following

log = logs.get_logger(__name__)

#: How long a process keeps a run without a sign of life.
_LEASE = timedelta(seconds=60)
_RENEWED = 20.0
#: A stage looks at least so often, as the clock may be set and others may have run it.
_LOOK = 15.0
#: A clock that is set back further was wrong before.
_WRONG = timedelta(days=1)


class Busy(HubError):
    """The schedule is running already."""


@dataclass(frozen=True, slots=True)
class Job:
    """One schedule of hub.yaml, or how a connection there is polled."""

    name: str
    #: What it does, a word of `KINDS`.
    do: str
    rule: Rule
    #: The rule in the words of hub.yaml.
    words: str
    connection: str = ""
    #: None: all that can be polled.
    streams: tuple[str, ...] = ()
    reconciliation: str = ""


#: Does one run; returns how it went.
Kind = Callable[[Flow, Job], Awaitable[Message]]


def jobs(settings: Settings) -> list[Job]:
    """Return everything that repeats, polls first."""
    found = [
        _job(settings, f"poll {name}", "poll", one.poll, name, one.poll.streams)
        for name, one in settings.connections.items()
        if one.poll is not None
    ]
    found += [
        _job(settings, name, one.do, one, one.connection or "", one.streams, one.reconciliation)
        for name, one in settings.schedules.items()
    ]
    return found


def _job(
    settings: Settings, name: str, do: str, turns: Turns, connection: str,
    streams: tuple[str, ...], reconciliation: str | None = None,
) -> Job:  # fmt: skip
    calendar = settings.calendar.of(None)
    works = calendar.is_working_day if turns.on == "working days" else None
    rule = Rule(turns.place or calendar.zone, turns.every, turns.at, works)
    return Job(name, do, rule, turns.words, connection, streams, reconciliation or "")


def find(settings: Settings, name: str) -> Job:
    """Return the job of a name; `ConfigError` with the nearest name where there is none."""
    known = {job.name: job for job in jobs(settings)}
    if name not in known:
        raise ConfigError(
            say("hub.yaml has no schedule {name}. {near}", name=name, near=suggestion(name, known))
        )  # fmt: skip
    return known[name]


def faults(settings: Settings, now: datetime, bundle: Bundle | None) -> list[Fault]:
    """Return a fault for every rule whose time never comes, at its place in hub.yaml.

    With mapping files, for every reconciliation that is none of theirs as well.
    """
    every = {f"poll {name}": one.poll for name, one in settings.connections.items()}
    found = []
    for job in jobs(settings):
        source = (every.get(job.name) or settings.schedules[job.name]).source
        if source is not None and following(job.rule, now) is None:
            way = (*source.way, "at" if job.rule.at is not None else "on")
            found.append(source.file.fault("E503", _never(job), way))
    return found + (list(_unknown(settings, bundle)) if bundle is not None else [])


def _unknown(settings: Settings, bundle: Bundle) -> Iterator[Fault]:
    for name, one in settings.schedules.items():
        wanted = one.reconciliation
        if wanted is not None and one.source is not None and wanted not in bundle.reconciliations:
            way = (*one.source.way, "reconciliation")
            message = say(
                "schedules.{name}.reconciliation: there is no reconciliation {wanted}. {hint}",
                name=name, wanted=wanted, hint=suggestion(wanted, bundle.reconciliations),
            )  # fmt: skip
            yield one.source.file.fault("E504", message, way)


def begin(flow: Flow, settings: Settings) -> list[Job]:
    """Return the jobs of a process that starts.

    Raises `ConfigError` where one would never have its turn, or has a stream that is none.
    """
    found = jobs(settings)
    for job in found:
        _following(job, flow.clock.now())
        for stream in job.streams:
            flow.connection(job.connection).spec.stream(stream)
    return found


# ---- turns -----------------------------------------------------------------------------------


async def turn(flow: Flow, job: Job) -> float:
    """Run a job when its time has come; return after how many seconds to look again."""
    now = flow.clock.now()
    row = await flow.store.read(schedules.get, job.name)
    due = _due(job, row, now)
    if row is None or (due, job.words) != (row.next_at, row.rule):
        await flow.store.write(schedules.plan, job.name, job.words, due, row)
    if due > now:
        return min((due - now).total_seconds(), _LOOK)
    if not await flow.store.write(schedules.take, job.name, due, flow.worker, now, _LEASE):
        return _LOOK
    words = await _run(flow, job, flow.worker)
    ended = flow.clock.now()
    next_at = _following(job, max(ended, due))
    await flow.store.write(schedules.finish, job.name, flow.worker, now, ended, words, next_at)
    return 0.0


def _due(job: Job, row: schedules.Scheduled | None, now: datetime) -> datetime:
    if row is None:
        return _following(job, now) if job.rule.at is not None else now
    fresh = _following(job, now)
    if row.rule != job.words:
        return fresh
    if row.next_at <= fresh:
        return row.next_at
    # the clock was set back: a pause counts anew, a moment that had its turn comes no second time
    if job.rule.at is None or row.last_at is None or row.last_at >= now + _WRONG:
        return fresh
    return row.next_at


def _following(job: Job, after: datetime) -> datetime:
    found = following(job.rule, after)
    if found is None:
        raise ConfigError(_never(job))
    return found


def _never(job: Job) -> Message:
    return say("{name}: {rule} never comes. Change at: or on: in hub.yaml.",
               name=job.name, rule=job.words)  # fmt: skip


async def run_now(flow: Flow, job: Job) -> Message:
    """Run a job outside its turns; return how it went. `Busy` while it is running."""
    now, holder = flow.clock.now(), flow.clock.new_id()
    row = await flow.store.read(schedules.get, job.name)
    await flow.store.write(schedules.plan, job.name, job.words, _due(job, row, now), row)
    if not await flow.store.write(schedules.hold, job.name, holder, now, _LEASE):
        raise Busy(say("{name} is running; `hub schedule list` shows how it ends.", name=job.name))
    words = await _run(flow, job, holder)
    await flow.store.write(schedules.finish, job.name, holder, now, flow.clock.now(), words)
    return words


async def _run(flow: Flow, job: Job, holder: str) -> Message:
    """Run a job, keeping its lease; whatever happens becomes words."""
    kind: Kind = flow.jobs.get(job.do) or KINDS[job.do]
    work = asyncio.ensure_future(kind(flow, job))
    try:
        while not (await asyncio.wait({work}, timeout=_RENEWED))[0]:
            await flow.store.write(schedules.hold, job.name, holder, flow.clock.now(), _LEASE)
        words = work.result()
    except StoreError:
        raise
    except HubError as error:
        log.warning("schedule.failed", schedule=job.name, error=str(error))
        words = say("failed: {reason}", reason=error.args[0] if error.args else str(error))
    except Exception:
        # a job that breaks has had its turn like any other
        log.exception("schedule.broke", schedule=job.name)
        words = say("internal error; the log tells it")
    finally:
        work.cancel()
    return words


# ---- kinds -----------------------------------------------------------------------------------


async def _poll(flow: Flow, job: Job) -> Message:
    """Poll the streams of a connection, unless it is paused."""
    states = await flow.store.read(connections.read)
    state = states.get(job.connection)
    if state is not None and state.paused_at is not None:
        return say("not polled: {name} is paused", name=job.connection)
    connector = flow.connection(job.connection).connector
    streams = job.streams or tuple(
        stream.name for stream in connector.polled_streams(connector.settings)
    )
    fresh, unread = 0, []
    for stream in streams:
        try:
            fresh += await poll(flow, job.connection, stream)
        except ConnectorError as error:
            unread.append(f"{stream} ({error.outcome})")
            await _unread(flow, job.connection, stream, error)
    if unread:
        return say("{count} new; not read: {streams}", count=fresh, streams=", ".join(unread))
    return say("{count} new", count=fresh)


async def _unread(flow: Flow, connection: str, stream: str, error: ConnectorError) -> None:
    log.warning("poll.failed", connection=connection, stream=stream, outcome=str(error.outcome),
                error=str(error))  # fmt: skip
    if error.outcome in PAUSING:
        now = flow.clock.now()
        await flow.store.write(connections.pause, connection, str(error), "system", now)


async def _check(flow: Flow, job: Job) -> Message:
    """Look for faults in settings and mapping files."""
    if flow.settings is None:
        raise ConfigError(say("there is no hub.yaml to check"))
    found = await asyncio.to_thread(checks.check, flow.settings)
    wrong = (*found.faults, *faults(flow.settings, flow.clock.now(), found.bundle))
    if wrong:
        log.warning("schedule.found_faults", count=len(wrong))
        return say("{count} fault(s), the first: {fault}",
                   count=len(wrong), fault=sentence_of(wrong[0]))  # fmt: skip
    return say("no faults")


async def _digest(flow: Flow, job: Job) -> Message:
    """Tell what waits for a person to those who hear of alerts."""
    of = flow.clock.now().astimezone(flow.people.zone).isoformat(" ", "minutes")
    if await flow.store.write(digest.queue, flow, of):
        return say("queued")
    return say("queued before")


#: What a schedule can do, by the word of hub.yaml; `Flow.jobs` has what higher layers can.
KINDS: Mapping[str, Kind] = {"poll": _poll, "digest": _digest, "check": _check}
