"""One run: read the sides, find and judge what differs, say why, look again, book, report.

    plan → collect → candidates → judge → classify (with the ledger) → look again → totals → report

Only a run that read everything may say that something is missing, or end a finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import msgspec
import sqlalchemy as sa

from hub import logs
from hub.calendars import STANDARD
from hub.compare.fields import Result
from hub.connector import Lists
from hub.errors import ConfigError, HubError, StoreError
from hub.failpoints import fail_at
from hub.flow.parts import Flow
from hub.language import Language, Message, say, told
from hub.mapping.bundle import Bundle
from hub.mapping.faults import suggestion
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Opinion, Seen
from hub.mapping.reconciliation.rows import FORM, Row, SideReader, cuts_of
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.reconcile import scratch
from hub.reconcile.again import Again
from hub.reconcile.classify import Circumstances, Classified, classify
from hub.reconcile.clusters import Clusters, labelled
from hub.reconcile.collect import Closed, Collector
from hub.reconcile.engine import Engine, Progress, in_order
from hub.reconcile.present import Presenter
from hub.reconcile.report import spool as spools
from hub.reconcile.report.spool import Spool
from hub.reconcile.report.value import (
    Carried,
    Finding,
    Moment,
    Report,
    SideReport,
    SignOff,
    Trend,
    Verdict,
)
from hub.reconcile.tally import Tally
from hub.reconcile.threads import in_thread
from hub.reconcile.wording import rule_of, rules
from hub.store import payloads, reconciliations
from hub.store.reconciliations import Booked, Evidence, Found, Run
from hub.store.snapshots import Keeping, Snapshot, translated

if TYPE_CHECKING:
    from hub.table_file import Table

_T = TypeVar("_T")
log = logs.get_logger(__name__)

#: How long a worker keeps a run without a sign of life.
_LEASE = timedelta(minutes=2)
#: Seconds between two signs of life.
_BEAT = 1.0
#: Keys judged, classified and booked together.
_BATCH = 500
#: Keys added to the slices between two signs of life.
_SLICED = 5_000
#: Keys read once more in one run.
_MOST_LOOKS = 2_000
#: Runs the line over time shows.
_TREND = 30
REPORT_TYPE = "application/vnd.hub.reconciliation"


class RunGoesOn(HubError):
    """The reconciliation is running already. Wait for it, or look with `hub reconcile show`."""


@dataclass(slots=True)
class _Moves:
    """How findings came and went in this run."""

    new: int = 0
    carried: int = 0
    reopened: int = 0
    waived: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is about."""

    definition: Reconciliation
    bundle: Bundle
    actor: str
    #: Side → a file that takes its place.
    files: Mapping[str, Table] = field(default_factory=dict)
    #: Go on with a run that was interrupted.
    resume: bool = False
    language: Language = Language.ZH
    #: Told after each page and batch: phase, side, rows.
    progress: Callable[[str, str, int], None] = lambda phase, side, rows: None
    #: Read everything, of sides too of which otherwise only changes are read.
    whole: bool = False


async def run(flow: Flow, plan: Plan) -> Run:
    """Run a reconciliation to its end; return what is stored of it.

    Raises `RunGoesOn` where another process is at it, `ConfigError` where a side cannot be read
    with these connections.
    """
    _check(flow, plan)
    running = await _begin(flow, plan)
    work: _Work | None = None
    try:
        await scratch.tidy(flow)
        with translated():
            work = _Work(flow, plan, running)
            return await work.do()
    except asyncio.CancelledError:
        # what was read stays for `--resume`
        with contextlib.suppress(StoreError):
            await flow.store.write(reconciliations.leave, running.id, flow.worker, flow.clock.now())
        raise
    except Exception as error:
        # of a run that was taken over, what was read belongs to whoever has it by now
        if not isinstance(error, RunGoesOn):
            await _fail(flow, running, error, work)
        if work is not None:
            await in_thread(work.close)
        await scratch.tidy(flow)
        raise
    finally:
        if work is not None:
            await in_thread(work.close)


async def _fail(flow: Flow, running: Run, error: Exception, work: _Work | None) -> None:
    """End a run as failed; what it has read goes first, as that may be what fills the disk."""
    words = str(error) if isinstance(error, HubError) else type(error).__name__
    try:
        with translated():
            if work is not None and await flow.store.read(
                reconciliations.is_ours, running.id, flow.worker
            ):
                await in_thread(work.drop)
        await flow.store.write(_failed, running.id, flow.worker, words, flow.clock.now())
    except (OSError, StoreError) as worse:
        # it ends as any other that nobody goes on with
        log.warning("reconcile.not_ended", run=running.id, name=running.name, error=str(worse))


def _failed(tx: sa.Connection, run_id: str, worker: str, words: str, now: datetime) -> None:
    if reconciliations.is_ours(tx, run_id, worker):
        reconciliations.end(tx, run_id, "failed", str(Verdict.FAILED), [words], now, {}, None)


def _check(flow: Flow, plan: Plan) -> None:
    for side in plan.definition.sides.values():
        if side.connection and side.name not in plan.files:
            connection = flow.connection(side.connection)
            if side.stream:
                stream = connection.spec.stream(side.stream)
                # what shows a list shows it whole, and its items may have other ids in a poll
                lists = isinstance(connection.connector, Lists)
                if side.read == "incremental" and (lists or not stream.polled):
                    raise ConfigError(
                        say("{side}: {connection} cannot be asked what changed in {stream}. Use "
                            "read: full.", side=side.name, connection=side.connection,
                            stream=side.stream)
                    )  # fmt: skip
            else:
                connection.spec.operation(side.operation)
    unknown = sorted(set(plan.files) - set(plan.definition.sides))
    if unknown:
        known = ", ".join(plan.definition.sides)
        raise ConfigError(
            say("{name} has no side {side}; it has: {known}",
                name=plan.definition.name, side=unknown[0], known=known)
        )  # fmt: skip
    for name, table in plan.files.items():
        _check_columns(plan.definition.columns(name), table)


def _check_columns(needed: Collection[str], table: Table) -> None:
    """Refuse a file that lacks a column: its cells would all be found to be empty."""
    for column in sorted(needed):
        if column not in table.columns:
            raise ConfigError(
                say("{file} has no column {column!r}; it has: {known}. {hint}",
                    file=table.name, column=column, known=", ".join(table.columns),
                    hint=suggestion(column, table.columns))
            )  # fmt: skip


async def _begin(flow: Flow, plan: Plan) -> Run:
    now = flow.clock.now()
    definition = plan.definition
    # one process writes a SQLite store: a run of another one is a dead one's
    alone = flow.store.dialect == "sqlite"
    if plan.resume:
        left = await flow.store.write(
            reconciliations.take_up, definition.name, _hash(plan), flow.worker, now, now + _LEASE,
            alone=alone,
        )  # fmt: skip
        if left is not None:
            return left
    fresh = Run(
        id=flow.clock.new_id(), name=definition.name, version=definition.version,
        title=definition.title, definition=_hash(plan), state="reading",
        mode="incremental" if _kept(plan) and not plan.whole else "full",
        as_of=now - definition.settle, started_at=now, started_by=plan.actor[:100],
        worker=flow.worker, lease_until=now + _LEASE,
    )  # fmt: skip
    other = await flow.store.write(reconciliations.begin, fresh, alone=alone)
    if other is not None:
        raise RunGoesOn(
            say("{name} is running since {at}. Wait for it, or look with `hub reconcile show`.",
                name=definition.name, at=other.started_at.isoformat(" ", "minutes"))
        )  # fmt: skip
    fail_at("reconcile.begun")
    return fresh


def _hash(plan: Plan) -> str:
    file = plan.bundle.files.get(plan.definition.file, b"")
    return hashlib.sha256(file).hexdigest()


def _kept(plan: Plan) -> list[str]:
    """Return the sides of which only changes are read; a file is always read whole."""
    if plan.files:
        return []
    sides = plan.definition.sides.values()
    return [one.name for one in sides if one.read == "incremental"]


def _opened(flow: Flow, plan: Plan, run_id: str) -> Snapshot:
    kept, sides = _kept(plan), in_order(plan.definition)
    if not kept:
        return scratch.open_snapshot(flow, run_id, len(sides))
    keeping = Keeping(frozenset(map(sides.index, kept)), _signature(plan))
    return scratch.open_kept(flow, plan.definition.name, len(sides), keeping)


def _signature(plan: Plan) -> bytes:
    """Return the hash of all that the rows kept of a side depend on."""
    parts = (str(FORM), plan.bundle.sha, _hash(plan))
    return hashlib.sha256("\n".join(parts).encode()).digest()


class _Work:
    """A run while it is done."""

    def __init__(self, flow: Flow, plan: Plan, running: Run) -> None:
        self._flow, self._plan, self._run = flow, plan, running
        self._definition = plan.definition
        self._snapshot = _opened(flow, plan, running.id)
        settings = flow.settings
        calendar = settings.calendar.of(None) if settings is not None else STANDARD
        self._engine = Engine(plan.definition, self._snapshot, calendar, _kept(plan))
        self._spool = scratch.open_spool(flow, running.id)
        self._tally = Tally(self._engine)
        files = {name: table.name for name, table in plan.files.items()}
        self._present = Presenter(plan.definition, self._engine.layout, plan.language, files)
        self._closed: dict[str, Closed] = {}
        self._moves = _Moves()
        self._clusters = Clusters()
        slices, day = plan.definition.slices, running.as_of.astimezone(plan.definition.zone).date()
        self._slicer = Slicer(plan.definition, slices, day) if slices is not None else None
        self._readers: dict[str, SideReader] = {}
        self._looks = 0
        self._now = running.started_at
        self._state = "reading"

    def drop(self) -> None:
        """Throw away what the sides showed, and the rows of the report."""
        self._snapshot.drop()
        self._spool.drop()

    def close(self) -> None:
        """Let go of what the sides showed and of the rows of the report."""
        self._snapshot.close()
        self._spool.close()

    async def _write(self, function: Callable[..., _T], *args: Any) -> _T:
        """Write as long as the run is ours, as `Store.write` does; raises `RunGoesOn`."""
        done: tuple[_T] | None = await self._flow.store.write(
            _while_ours, self._run.id, self._flow.worker, function, args
        )
        if done is None:
            raise RunGoesOn(
                say("{name}: another process has taken the run over.", name=self._run.name)
            )
        return done[0]

    # -- phases

    async def do(self) -> Run:
        """Do everything there is to do; return the run as it is stored."""
        beating = asyncio.ensure_future(self._beat())
        working = asyncio.ensure_future(self._work())
        try:
            # the heart breaks where the run is no longer ours
            await asyncio.wait((beating, working), return_when=asyncio.FIRST_COMPLETED)
            if beating.done():
                beating.result()
            return await working
        finally:
            await _stop(beating, working)

    async def _beat(self) -> None:
        """Tell how far the run is, and keep it ours, until it ends."""
        while self._state != "ended":
            if self._state == "reading":
                for name in self._engine.sides:
                    self._plan.progress("read", name, self._engine.progress[name].rows)
            with contextlib.suppress(StoreError):
                await self._move(self._state)
            # a lease is given by the clock of the hub, and kept by that of the machine
            await asyncio.sleep(_BEAT)

    async def _work(self) -> Run:
        await self._collect()
        await self._move("comparing")
        for name in self._engine.sides:
            self._plan.progress("index", name, self._engine.progress[name].rows)
            await in_thread(self._engine.close, name)
        with contextlib.closing(self._engine.opinions(self._run.as_of)) as opinions:
            done = 0
            while batch := await in_thread(_some, opinions):
                await self._judge(batch)
                done += len(batch)
                self._plan.progress("compare", "", done)
                await self._move("comparing")
        if self._slicer is not None:
            await self._slice(self._slicer)
        return await self._finish()

    async def _slice(self, slicer: Slicer) -> None:
        """Add up the keys that are plainly equal; the others were added as they were judged."""
        with contextlib.closing(self._engine.plain()) as plain:

            def some() -> int:
                batch = list(islice(plain, _SLICED))
                for cuts in batch:
                    slicer.add(cuts, "agreed")
                return len(batch)

            while await in_thread(some):
                await self._move("comparing")

    async def _collect(self) -> None:
        if self._engine.kept:
            await in_thread(self._begin)
        collector = Collector(self._flow, self._engine, self._plan.bundle, self._plan.files)
        reading = [
            asyncio.ensure_future(self._read(collector, name)) for name in self._engine.sides
        ]
        try:
            closed = await asyncio.gather(*reading)
        finally:
            # the others of one that failed
            await _stop(*reading)
        self._closed = {one.name: one for one in closed}

    def _begin(self) -> None:
        """Begin the sides of a snapshot that belongs to other runs too, unless this one has."""
        for name in self._engine.sides:
            if self._engine.progress[name].run != self._run.id:
                self._engine.begin(name, self._run.id, self._now, whole=self._plan.whole)

    async def _read(self, collector: Collector, name: str) -> Closed:
        before = await self._flow.store.read(
            reconciliations.rows_before, self._definition.name, name
        )
        return await collector.read(name, before)

    async def _move(self, state: str) -> None:
        self._state = state
        lease = self._flow.clock.now() + _LEASE
        sides = [self._stored_side(name) for name in self._engine.sides]
        await self._write(
            reconciliations.move, self._run.id, self._flow.worker, state, lease, sides
        )

    def _stored_side(self, name: str) -> dict[str, Any]:
        progress, closed = self._engine.progress[name], self._closed.get(name)
        state = "reading" if closed is None else "complete" if closed.complete else "partial"
        return {
            "side": name, "state": state, "pages": progress.pages, "rows": progress.documents,
            "reason": str(closed.reason) if closed is not None and closed.reason else None,
            "rejected": progress.rejected, "declared_before": progress.declared,
            "declared_after": closed.declared_after if closed is not None else None,
            "keyed": 0, "started_at": progress.first_read, "ended_at": progress.last_read,
        }  # fmt: skip

    # -- judging a batch

    async def _judge(self, batch: Sequence[Opinion]) -> None:
        around, known = await self._evidence(batch)
        judged = [(one, self._classified(one, known, around)) for one in batch]
        fail_at("reconcile.judged")
        judged = await self._look_again(judged, around, known)
        findings = [
            (opinion, one, self._finding(opinion, one))
            for opinion, found in judged for one in found
            if not one.in_flight and not one.agreed and not self._unread(one.seen)
        ]  # fmt: skip
        booked = await self._write(
            reconciliations.book, self._run.id,
            [self._found(opinion, one, row) for opinion, one, row in findings], self._now,
            self._flow.clock.new_id, self._definition.policy.materiality,
        )  # fmt: skip
        fail_at("reconcile.booked")
        stories = await self._stories(findings)
        await in_thread(self._spool_batch, judged, findings, booked, stories)

    async def _stories(
        self, findings: Sequence[tuple[Opinion, Classified, Finding]]
    ) -> Mapping[str, list[Moment]]:
        """Return key → what was delivered for it, attempt by attempt; codes, no far end's words."""
        deliveries = {
            str(one.evidence["delivery"]): opinion.key
            for opinion, one, _ in findings if one.evidence.get("delivery")
        }  # fmt: skip
        found = await self._flow.store.read(reconciliations.attempts, list(deliveries))
        stories: dict[str, list[Moment]] = {}
        for row in found:
            code = f" {row.code}" if row.code else ""
            words = f"{row.step} → {row.connection} r{row.revision}: {row.kind} {row.outcome}{code}"
            stories.setdefault(deliveries[row.delivery_id], []).append(Moment(row.ended_at, words))
        return stories

    def _classified(
        self, opinion: Opinion, known: Mapping[tuple[str, str], Evidence], around: Circumstances
    ) -> list[Classified]:
        return [
            classify(seen, opinion, self._known(seen, opinion, known), around)
            for seen in opinion.seen
        ]

    def _known(
        self, seen: Seen, opinion: Opinion, known: Mapping[tuple[str, str], Evidence]
    ) -> Evidence | None:
        authority = opinion.rows.get(self._definition.authority)
        number = authority.original if authority is not None else seen.original
        return known.get((seen.side, number))

    async def _evidence(
        self, batch: Sequence[Opinion]
    ) -> tuple[Circumstances, Mapping[tuple[str, str], Evidence]]:
        """Return what the ledger knows of the keys of a batch, by side and number."""
        kind, source = self._record_kind()
        known: dict[tuple[str, str], Evidence] = {}
        sides = {seen.side for opinion in batch for seen in opinion.seen}
        numbers = {
            row.original for opinion in batch for rows in opinion.all.values() for row in rows
        }
        told_of = {
            name for name, side in self._definition.sides.items() if kind or side.by_key
        }  # fmt: skip
        for name in sides & told_of:
            side = self._definition.sides[name]
            found = await self._flow.store.read(
                reconciliations.evidence, kind, source, numbers, side.connection,
                side.delivered_by,
            )  # fmt: skip
            known.update({(name, number): one for number, one in found.items()})
        # what the authority said then is only known where its items are records
        wanted = {
            (one.record_id, delivery.revision)
            for one in known.values() for delivery in one.deliveries if kind
        }  # fmt: skip
        said = await self._flow.store.read(reconciliations.said, wanted) if wanted else {}
        began = {
            name: progress.first_read or self._now
            for name, progress in self._engine.progress.items()
        }
        around = Circumstances(
            now=self._flow.clock.now(), in_flight_for=self._definition.in_flight_for,
            began=began, layout=self._engine.layout, told_of=told_of,
            said=lambda one, revision: self._row_said(said.get((one.record_id, revision))),
        )  # fmt: skip
        return around, known

    def _record_kind(self) -> tuple[str, str]:
        """Return kind and connection of the records the keys are numbers of.

        Empty where the authority's items are no records. What is read by key was delivered all
        the same, as whatever record has the number.
        """
        side = self._definition.sides[self._definition.authority]
        if side.mapping:
            return str(self._plan.bundle.mappings[side.mapping].target), side.connection
        return side.record, side.connection

    def _row_said(self, document: Mapping[str, Any] | None) -> Row | None:
        if document is None:
            return None
        name = self._definition.authority
        if name not in self._readers:
            # what was approved once may be out of scope by now
            side = dataclasses.replace(self._definition.sides[name], only=None)
            sides = {**self._definition.sides, name: side}
            definition = dataclasses.replace(self._definition, sides=sides)
            self._readers[name] = SideReader(definition, name, self._engine.layout)
        return next(iter(self._readers[name].rows(document)), None)

    async def _look_again(
        self,
        judged: list[tuple[Opinion, list[Classified]]],
        around: Circumstances,
        known: Mapping[tuple[str, str], Evidence],
    ) -> list[tuple[Opinion, list[Classified]]]:
        """Read new findings once more, by their keys; what agrees by now has only moved."""
        ids = {
            self._finding(opinion, one).id: opinion.key
            for opinion, found in judged for one in found
            if not one.in_flight and not one.agreed and not self._unread(one.seen)
        }  # fmt: skip
        standing = await self._flow.store.read(
            reconciliations.standing, self._definition.name, list(ids)
        )
        wanted = {key for one, key in ids.items() if one not in standing}
        again = Again(self._flow, self._plan.bundle, self._engine, self._plan.files, known)
        looked: list[tuple[Opinion, list[Classified]]] = []
        for opinion, found in judged:
            look = opinion.key in wanted and self._looks < _MOST_LOOKS
            self._looks += look
            fresh = await again.look(opinion) if look else None
            if look:
                fail_at("reconcile.looked")
            if fresh is None:
                looked.append((opinion, found))
                continue
            self._moves.moved += fresh.agrees
            looked.append((fresh, self._classified(fresh, known, around)))
        return [
            (opinion, [await self._renamed(one, again) if opinion.key in wanted else one
                       for one in found])
            for opinion, found in looked
        ]  # fmt: skip

    async def _renamed(self, one: Classified, again: Again) -> Classified:
        """Return what seems deleted as renamed where the object is there under another key."""
        object_id = one.evidence.get("external_id")
        if one.cause != "deleted_at_target" or not object_id:
            return one
        keys = await again.renamed(one.seen.side, one.seen.key, object_id)
        if keys is None:
            return one
        if not keys:
            words = say("{id} is there, outside of what is compared", id=object_id)
            return dataclasses.replace(one, cause="rekeyed_at_target", words=words)
        kind, source = self._record_kind()
        # an order may hold other promises too, which are known
        known = await self._flow.store.read(
            reconciliations.evidence, kind, source, keys, "", ""
        )  # fmt: skip
        strange = [key for key in keys if key not in known]
        if not strange:
            return one
        words = say("{id} is there as {keys}", id=object_id, keys=", ".join(strange))
        return dataclasses.replace(one, cause="rekeyed_at_target", words=words)

    def _unread(self, seen: Seen) -> bool:
        """Say whether a side was not read for this: nothing is missing where nobody looked."""
        if seen.kind == "missing":
            return not self._closed[seen.side].complete
        if seen.kind == "extra":
            return not self._closed[self._definition.authority].complete
        return False

    def _beyond(self, opinion: Opinion) -> Sequence[str]:
        """Return the sides read by key that have what the authority was not read for."""
        authority = self._definition.authority
        if authority in opinion.all or self._closed[authority].complete:
            return ()
        return [side for side in opinion.all if self._definition.sides[side].by_key]

    def _finding(self, opinion: Opinion, one: Classified) -> Finding:
        words = told(one.words, self._plan.language) if one.words else ""
        found = self._present.finding(
            one.seen, opinion, self._now, cause=one.cause, words=words, kind=one.kind
        )
        return dataclasses.replace(found, proposal=self._definition.policy.proposed(one.cause)[0])

    def _found(self, opinion: Opinion, one: Classified, row: Finding) -> Found:
        return Found(
            id=row.id, name=self._definition.name, side=row.side, key=one.seen.key,
            original=row.key, kind=row.kind, cause=row.cause, field=row.field,
            severity=str(row.severity), amount=row.amount, currency=row.currency,
            owner=row.owner, row=msgspec.to_builtins(row), evidence=one.evidence,
        )  # fmt: skip

    def _spool_batch(
        self, judged: Sequence[tuple[Opinion, Sequence[Classified]]],
        findings: Sequence[tuple[Opinion, Classified, Finding]], booked: Mapping[str, Booked],
        stories: Mapping[str, Sequence[Moment]],
    ) -> None:  # fmt: skip
        rows: list[tuple[int, Finding]] = []
        standing: set[str] = set()
        accepted: set[str] = set()
        for opinion, one, row in findings:
            now = booked[row.id]
            waived = now.state == "waived"
            kept = dataclasses.replace(
                row, state=now.state, first_seen=now.first_seen, new=now.new, note=now.note,
                owner=now.owner, age=(self._now - now.first_seen).days,
                cluster="" if waived else self._clusters.add(
                    row, one.seen, self._engine.layout.fields.get(row.field), one.evidence
                ),
            )  # fmt: skip
            rows.append((spools.WAIVED if waived else spools.FINDING, kept))
            self._count(now)
            (accepted if waived else standing).add(opinion.key)
        records = {opinion.key: opinion for opinion, _, _ in findings}
        for opinion, found in judged:
            flying = frozenset(one.seen.side for one in found if one.in_flight)
            unread = frozenset(one.seen.side for one in found if self._unread(one.seen))
            if self._beyond(opinion):
                unread |= {self._definition.authority}
            rows += self._others(opinion, found)
            quality = self._tally.add(
                opinion, flying, unread, differing=opinion.key in standing,
                waived=opinion.key in accepted,
            )  # fmt: skip
            if self._slicer is not None:
                self._slicer.add(cuts_of(opinion.all), quality)
        self._spool.add(rows)
        self._spool.record(
            self._present.record(opinion, stories.get(key, ())) for key, opinion in records.items()
        )

    def _others(
        self, opinion: Opinion, found: Sequence[Classified]
    ) -> Iterator[tuple[int, Finding]]:
        """Yield what is no finding and told all the same."""
        for one in found:
            if one.in_flight:
                yield spools.IN_FLIGHT, self._finding(opinion, one)
            elif self._unread(one.seen):
                yield spools.NOT_COMPARED, self._finding(opinion, one)
        for side in self._beyond(opinion):
            seen = Seen("extra", side, opinion.key, _original(opinion))
            yield spools.NOT_COMPARED, self._present.finding(seen, opinion, self._now)
        for side in opinion.not_due:
            seen = Seen("missing", side, opinion.key, _original(opinion))
            yield spools.IN_FLIGHT, self._present.finding(seen, opinion, self._now, cause="not_due")
        for name, side, judged in opinion.judged:
            if judged.result is Result.WITHIN:
                yield spools.WITHIN, self._present.within(opinion, name, side, judged, self._now)

    def _count(self, now: Booked) -> None:
        self._moves.waived += now.state == "waived"
        self._moves.reopened += now.reopened
        self._moves.new += now.new
        self._moves.carried += not now.new and not now.reopened

    # -- the end

    async def _finish(self) -> Run:
        totals = await in_thread(self._tally.totals)
        reasons: list[Message | str] = [
            say("{side}: {reason}", side=self._definition.sides[name].title, reason=one.reason)
            for name, one in self._closed.items() if not one.complete
        ]  # fmt: skip
        reasons += [
            say("{field}: {rest} of {left} − {right} is explained by no row",
                field=one.title, rest=one.rest, left=one.left_side, right=one.right_side)
            for one in totals if one.rest and not reasons
        ]  # fmt: skip
        settled = {"resolved": 0, "out_of_scope": 0}
        if not reasons:
            settled = await self._write(
                reconciliations.settle, self._definition.name, self._run.id,
                self._flow.clock.now(), self._flow.clock.new_id, self._covers,
            )  # fmt: skip
        fail_at("reconcile.settled")
        standing = self._spool.count(spools.FINDING)
        verdict = Verdict.INCOMPLETE if reasons else (
            Verdict.FINDINGS if standing else Verdict.AGREED
        )  # fmt: skip
        report = await self._report(verdict, reasons, totals, settled)
        return await self._store(report)

    def _covers(self, side: str, name: str) -> bool:
        known = self._definition.sides
        return side in known and (not name or side in self._engine.layout.owners.get(name, ()))

    async def _report(
        self, verdict: Verdict, reasons: Sequence[Message | str], totals: Sequence[Any],
        settled: Mapping[str, int],
    ) -> Report:  # fmt: skip
        language, definition = self._plan.language, self._definition
        counts = await in_thread(self._tally.counts)
        earlier = await self._flow.store.read(reconciliations.runs, definition.name, _TREND + 1)
        moves = self._moves
        spool = self._spool
        keys = {name: self._engine.keys(name) for name in self._engine.sides}
        clusters = self._clusters.told(keys, language)
        names = {one.name for one in clusters}
        whole = {name: one.complete for name, one in self._closed.items()}
        slices = (
            await in_thread(self._slicer.sliced, whole)
            if self._slicer is not None else None
        )  # fmt: skip
        report = Report(
            name=definition.name, title=definition.title, version=definition.version,
            definition_hash=self._run.definition, run=self._run.id, mode=self._run.mode,
            verdict=verdict, reasons=tuple(told(one, language) for one in reasons),
            as_of=self._run.as_of, started=self._run.started_at, ended=self._flow.clock.now(),
            zone=str(definition.zone), counts=counts,
            sides=tuple(self._side_report(name) for name in self._engine.sides),
            fields=self._tally.fields(
                {name: told(rule_of(one), language)
                 for name, one in self._engine.layout.fields.items()}
            ),
            totals=tuple(totals), ageing=definition.ageing,
            clusters=clusters,
            findings=lambda: labelled(spool.rows(spools.FINDING), names),
            waived=lambda: spool.rows(spools.WAIVED),
            in_flight=lambda: spool.rows(spools.IN_FLIGHT),
            within=lambda: spool.rows(spools.WITHIN),
            not_compared=lambda: spool.rows(spools.NOT_COMPARED),
            record=spool.find,
            trend=tuple(reversed([_trend(one) for one in earlier if one.verdict])),
            carried=Carried(
                new=moves.new, carried=moves.carried, waived=moves.waived,
                reopened=moves.reopened, moved=moves.moved, resolved=settled["resolved"],
                out_of_scope=settled["out_of_scope"],
            ),
            materiality=definition.policy.materiality,
            rules=rules(definition, self._run.as_of, language),
            slices=slices,
        )  # fmt: skip
        return dataclasses.replace(report, hash=await in_thread(_digest, report))

    def _side_report(self, name: str) -> SideReport:
        side, progress, closed = (
            self._definition.sides[name], self._engine.progress[name], self._closed[name],
        )  # fmt: skip
        table = self._plan.files.get(name)
        return SideReport(
            name=name, title=side.title, source=table.name if table is not None else side.source,
            state="complete" if closed.complete else "partial", read=side.read,
            authority=name == self._definition.authority,
            reason=told(closed.reason, self._plan.language) if closed.reason else "",
            pages=progress.pages, rows=progress.rows, keys=self._engine.keys(name),
            rejected=progress.rejected, declared_before=progress.declared,
            declared_after=closed.declared_after, started=progress.first_read,
            ended=progress.last_read,
            notes=tuple(progress.reasons) if progress.rejected else tuple(
                told(one, self._plan.language)
                for one in (table.notes if table else _of_changes(progress))
            ),
        )  # fmt: skip

    async def _store(self, report: Report) -> Run:
        """Keep the report, then end the run: a run that has ended has its whole report."""
        run_id = self._run.id
        for number, part in enumerate(parts(report, self._spool)):
            row = payloads.row(part, REPORT_TYPE, self._flow.clock.now())
            await self._write(reconciliations.keep_part, run_id, number, row)
            fail_at("reconcile.part_kept")
        await self._label(report)
        state = "incomplete" if report.verdict is Verdict.INCOMPLETE else "complete"
        figures = await in_thread(figures_of, report)
        sides = [
            {**self._stored_side(one.name), "keyed": one.keys} for one in report.sides
        ]  # fmt: skip
        now = self._flow.clock.now()
        fail_at("reconcile.before_end")
        self._state = "ended"
        await self._write(_end, run_id, self._flow.worker, state, report, now, figures, sides)
        fail_at("reconcile.ended")
        await in_thread(self.drop)
        log.info("reconcile.ended", run=run_id, name=self._run.name, verdict=report.verdict,
                 findings=figures["open"])  # fmt: skip
        stored = await self._flow.store.read(reconciliations.run, run_id)
        assert stored is not None  # noqa: S101 (it was written above)
        return stored

    async def _label(self, report: Report) -> None:
        """Note with each finding which pattern it belongs to."""
        if not report.clusters:
            return
        members = ((one.cluster, one.id) for one in report.findings() if one.cluster)
        while batch := list(islice(members, _BATCH)):
            clusters: dict[str, list[str]] = {}
            for name, finding in batch:
                clusters.setdefault(name, []).append(finding)
            await self._write(reconciliations.label, clusters)


def _while_ours(
    tx: sa.Connection, run_id: str, worker: str, function: Callable[..., _T], args: Sequence[Any]
) -> tuple[_T] | None:
    """Do a part of a run in its transaction; None where another process has the run by now."""
    return (function(tx, *args),) if reconciliations.is_ours(tx, run_id, worker) else None


async def _stop(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _end(
    tx: sa.Connection, run_id: str, worker: str, state: str, report: Report, now: datetime,
    figures: Mapping[str, Any], sides: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    carried = report.carried
    if carried.new or carried.reopened or carried.resolved or carried.out_of_scope:
        reconciliations.lapse(tx, report.name, now, "a later run found something else")
    reconciliations.move(tx, run_id, worker, "comparing", now, sides)
    reconciliations.end(
        tx, run_id, state, str(report.verdict), report.reasons, now, figures, report.hash
    )


def _of_changes(progress: Progress) -> Iterator[Message]:
    """Yield what must be known of a side of which only changes were read."""
    if progress.changes and progress.whole_at is not None:
        yield say(
            "{count} documents read that changed; everything was read {at}, and what was deleted "
            "since is seen the next time", count=progress.changed,
            at=progress.whole_at.isoformat(" ", "minutes"),
        )  # fmt: skip


def _some(opinions: Iterator[Opinion]) -> list[Opinion]:
    return list(islice(opinions, _BATCH))


def _original(opinion: Opinion) -> str:
    return next((row.original for row in opinion.rows.values()), opinion.key)


def _trend(run: Run) -> Trend:
    value = run.figures.get("value", {})
    return Trend(
        run=run.id, ended=run.ended_at or run.started_at, verdict=Verdict(run.verdict or "failed"),
        open=int(run.figures.get("open", 0)),
        value={currency: Decimal(amount) for currency, amount in value.items()},
    )  # fmt: skip


def figures_of(report: Report) -> dict[str, Any]:
    """Return the figures that are kept with a run for good."""
    severities: dict[str, int] = {}
    causes: dict[str, int] = {}
    value: dict[str, Decimal] = {}
    for one in report.findings():
        severities[one.severity] = severities.get(one.severity, 0) + 1
        causes[one.cause] = causes.get(one.cause, 0) + 1
        if one.amount is not None:
            value[one.currency] = value.get(one.currency, Decimal(0)) + one.amount
    counts = report.counts
    return {
        "keys": counts.keys, "agreed": counts.agreed, "differing": counts.differing,
        "in_flight": counts.in_flight, "within": counts.within, "waived": counts.waived,
        "not_compared": counts.not_compared, "open": sum(severities.values()),
        "severities": severities, "causes": causes,
        "value": {currency: format(amount, "f") for currency, amount in value.items()},
        "moved": report.carried.moved, "new": report.carried.new,
        "resolved": report.carried.resolved,
    }  # fmt: skip


def _digest(report: Report) -> str:
    """Return the hash a signature is for: definition, sides, findings, totals."""
    whole = hashlib.sha256()

    def add(value: Any) -> None:
        whole.update(msgspec.json.encode(value, order="sorted") + b"\n")

    add([report.name, report.version, report.definition_hash, report.run, str(report.verdict)])
    for one in report.sides:
        add([one.name, one.state, one.rows, one.keys])
    for total in report.totals:
        add(total)
    for rows in (report.findings, report.waived):
        for finding in rows():
            add([finding.id, finding.key, finding.state, finding.expected, finding.actual])
    if report.slices is not None:
        add(report.slices)
    return whole.hexdigest()


# ---- a report that is kept ---------------------------------------------------------------------

_LAZY = ("findings", "waived", "in_flight", "within", "not_compared", "record")


def parts(report: Report, spool: Spool) -> Iterator[bytes]:
    """Yield a report with all its rows in pieces to keep, the head first."""
    head = {
        one.name: getattr(report, one.name)
        for one in dataclasses.fields(report) if one.name not in _LAZY
    }  # fmt: skip
    yield msgspec.json.encode(head)
    yield from spool.parts()


def report_of(head: bytes, spool: Spool, sign_offs: Sequence[SignOff] = ()) -> Report:
    """Return a kept report; its rows are in the spool."""
    types = get_type_hints(Report)
    found = msgspec.json.decode(head)
    values = {name: msgspec.convert(value, types[name]) for name, value in found.items()}
    names = {one.name for one in values["clusters"]}
    return Report(
        **{**values, "sign_offs": tuple(sign_offs)},
        findings=lambda: labelled(spool.rows(spools.FINDING), names),
        waived=lambda: spool.rows(spools.WAIVED),
        in_flight=lambda: spool.rows(spools.IN_FLIGHT),
        within=lambda: spool.rows(spools.WITHIN),
        not_compared=lambda: spool.rows(spools.NOT_COMPARED),
        record=spool.find,
    )
