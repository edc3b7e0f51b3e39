"""One run: read the sides, find and judge what differs, say why, look again, book, report.

    plan → collect → candidates → judge → classify (with the ledger) → look again → totals → report

Only a run that read everything may say that something is missing, or end a finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from hub import logs
from hub.calendars import STANDARD
from hub.compare.fields import Result
from hub.errors import HubError, StoreError
from hub.failpoints import fail_at
from hub.flow.parts import Flow
from hub.language import Message, say, told
from hub.mapping.reconciliation.judge import Opinion, Seen
from hub.mapping.reconciliation.rows import cuts_of
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.reconcile import scratch
from hub.reconcile.again import Again
from hub.reconcile.classify import Classified
from hub.reconcile.clusters import Clusters, labelled
from hub.reconcile.collect import Closed, Collector
from hub.reconcile.engine import Engine, Progress
from hub.reconcile.matches import Matches
from hub.reconcile.plan import LEASE, Plan, RunGoesOn, begin, check, kept_sides, opened
from hub.reconcile.present import Presenter
from hub.reconcile.report import spool as spools
from hub.reconcile.report.stored import REPORT_TYPE, digest, figures_of, parts
from hub.reconcile.report.value import (
    Carried,
    Finding,
    Moment,
    Report,
    SideReport,
    Trend,
    Verdict,
)
from hub.reconcile.tally import Tally
from hub.reconcile.threads import in_thread
from hub.reconcile.witness import Testimony, Witness
from hub.reconcile.wording import rule_of, rules
from hub.store import payloads, reconciliations
from hub.store.reconciliations import Booked, Found, Run
from hub.store.snapshots import translated

_T = TypeVar("_T")
log = logs.get_logger(__name__)

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


@dataclass(slots=True)
class _Moves:
    """How findings came and went in this run."""

    new: int = 0
    carried: int = 0
    reopened: int = 0
    waived: int = 0
    moved: int = 0


async def run(flow: Flow, plan: Plan) -> Run:
    """Run a reconciliation to its end; return what is stored of it.

    Raises `RunGoesOn` where another process is at it, `ConfigError` where a side cannot be read
    with these connections.
    """
    check(flow, plan)
    running = await begin(flow, plan)
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
            await in_thread(flow, work.close)
        await scratch.tidy(flow)
        raise
    finally:
        if work is not None:
            await in_thread(flow, work.close)


async def _fail(flow: Flow, running: Run, error: Exception, work: _Work | None) -> None:
    """End a run as failed; what it has read goes first, as that may be what fills the disk."""
    words = str(error) if isinstance(error, HubError) else type(error).__name__
    try:
        with translated():
            if work is not None and await flow.store.read(
                reconciliations.is_ours, running.id, flow.worker
            ):
                await in_thread(flow, work.drop)
        await flow.store.write(_failed, running.id, flow.worker, words, flow.clock.now())
    except (OSError, StoreError) as worse:
        # it ends as any other that nobody goes on with
        log.warning("reconcile.not_ended", run=running.id, name=running.name, error=str(worse))


def _failed(tx: sa.Connection, run_id: str, worker: str, words: str, now: datetime) -> None:
    if reconciliations.is_ours(tx, run_id, worker):
        reconciliations.end(tx, run_id, "failed", str(Verdict.FAILED), [words], now, {}, None)


class _Work:
    """A run while it is done."""

    def __init__(self, flow: Flow, plan: Plan, running: Run) -> None:
        self._flow, self._plan, self._run = flow, plan, running
        self._definition = plan.definition
        self._snapshot = opened(flow, plan, running.id)
        settings = flow.settings
        calendar = settings.calendar.of(None) if settings is not None else STANDARD
        self._engine = Engine(plan.definition, self._snapshot, calendar, kept_sides(plan))
        self._spool = scratch.open_spool(flow, running.id)
        self._tally = Tally(self._engine)
        self._witness = Witness(flow, plan, self._engine)
        files = {name: table.name for name, table in plan.files.items()}
        self._present = Presenter(plan.definition, self._engine.layout, plan.language, files)
        self._closed: dict[str, Closed] = {}
        self._moves = _Moves()
        self._clusters, self._matches = Clusters(), Matches()
        slices, day = plan.definition.slices, running.as_of.astimezone(plan.definition.zone).date()
        self._slicer = Slicer(plan.definition, slices, day) if slices is not None else None
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
            await in_thread(self._flow, self._engine.close, name)
        with contextlib.closing(self._engine.opinions(self._run.as_of)) as opinions:
            done = 0
            while batch := await in_thread(self._flow, _some, opinions):
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

            while await in_thread(self._flow, some):
                await self._move("comparing")

    async def _collect(self) -> None:
        if self._engine.kept:
            await in_thread(self._flow, self._begin)
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
        lease = self._flow.clock.now() + LEASE
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
        testimony = await self._witness.of(batch, self._now)
        judged = [(one, testimony.classified(one)) for one in batch]
        fail_at("reconcile.judged")
        judged = await self._look_again(judged, testimony)
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
        stories = await self._witness.stories((opinion.key, one) for opinion, one, _ in findings)
        await in_thread(self._flow, self._spool_batch, judged, findings, booked, stories)

    async def _look_again(
        self, judged: list[tuple[Opinion, list[Classified]]], testimony: Testimony
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
        again = Again(self._flow, self._plan.bundle, self._engine, self._plan.files,
                      testimony.known)  # fmt: skip
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
            looked.append((fresh, testimony.classified(fresh)))
        return [
            (opinion, [await self._renamed(one, again) for one in found])
            for opinion, found in looked
        ]

    async def _renamed(self, one: Classified, again: Again) -> Classified:
        """Return what seems deleted as renamed where the object is there under another key."""
        object_id = one.evidence.get("external_id")
        if one.cause != "deleted_at_target" or not object_id or self._looks >= _MOST_LOOKS:
            return one
        self._looks += 1
        keys = await again.renamed(one.seen.side, one.seen.key, object_id)
        if keys is None:
            return one
        if not keys:
            words = say("{id} is there, outside of what is compared", id=object_id)
            return dataclasses.replace(one, cause="rekeyed_at_target", words=words)
        # an order may hold other promises too, which are known
        strange = await self._witness.strange(keys)
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
            if not waived:
                self._matches.add(row, one.seen.refs)
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
        totals = await in_thread(self._flow, self._tally.totals)
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
        counts = await in_thread(self._flow, self._tally.counts)
        earlier = await self._flow.store.read(reconciliations.runs, definition.name, _TREND + 1)
        moves = self._moves
        spool = self._spool
        keys = {name: self._engine.keys(name) for name in self._engine.sides}
        clusters = self._clusters.told(keys, language)
        names = {one.name for one in clusters}
        likely = await in_thread(self._flow, self._matches.told, language)
        whole = {name: one.complete for name, one in self._closed.items()}
        slices = (
            await in_thread(self._flow, self._slicer.sliced, whole)
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
            clusters=clusters, likely=likely,
            findings=lambda: labelled(spool.rows(spools.FINDING), names, likely),
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
        return dataclasses.replace(report, hash=await in_thread(self._flow, digest, report))

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
        figures = await in_thread(self._flow, figures_of, report)
        sides = [
            {**self._stored_side(one.name), "keyed": one.keys} for one in report.sides
        ]  # fmt: skip
        now = self._flow.clock.now()
        fail_at("reconcile.before_end")
        self._state = "ended"
        await self._write(_end, run_id, self._flow.worker, state, report, now, figures, sides)
        fail_at("reconcile.ended")
        await in_thread(self._flow, self.drop)
        log.info("reconcile.ended", run=run_id, name=self._run.name, verdict=report.verdict,
                 findings=figures["open"])  # fmt: skip
        stored = await self._flow.store.read(reconciliations.run, run_id)
        assert stored is not None  # noqa: S101 (it was written above)
        return stored

    async def _label(self, report: Report) -> None:
        """Note with each finding which pattern it belongs to, and what it is likely to be."""
        if not report.clusters and not report.likely:
            return
        pairs = await in_thread(self._flow, self._matches.pairs)
        marked = (one for one in report.findings() if one.cluster or one.id in report.likely)
        while batch := list(islice(marked, _BATCH)):
            clusters: dict[str, list[str]] = {}
            for one in batch:
                clusters.setdefault(one.cluster, []).append(one.id)
            words = {one.id: one.words for one in batch if one.id in report.likely}
            await self._write(reconciliations.label, clusters, words, pairs)


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
