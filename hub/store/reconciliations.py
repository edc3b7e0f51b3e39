"""Runs of reconciliations and the life of their findings.

A finding is one row for as long as anybody can remember: it opens, is explained, waived or
repaired, is resolved when a complete run no longer sees it, and opens again with its old age.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.store import payloads
from hub.store import tables as t

#: States of a run that goes on.
RUNNING = ("reading", "comparing", "rechecking")
#: States of a finding in which somebody may still have to do something.
OPEN = ("open", "explained", "repairing")
#: Those that end when a complete run does not see the finding.
STANDING = (*OPEN, "waived")
#: Those in which nobody has to do anything any more.
ENDED = ("resolved", "out_of_scope")
#: States of a run whose report was kept, so that somebody was told what it found.
_TOLD = ("complete", "incomplete")
#: Runs one after the other that failed are remembered so far back.
_FAILED = 1_000
_IDS = 400

_r, _s, _f, _e = t.reconcile_run.c, t.reconcile_side.c, t.finding.c, t.finding_event.c


@dataclass(slots=True)
class Run:
    """One run, as it is stored."""

    id: str
    name: str
    version: int
    title: str
    definition: str
    mode: str
    state: str
    as_of: datetime
    started_at: datetime
    started_by: str
    worker: str
    verdict: str | None = None
    reasons: list[Any] = field(default_factory=list)
    ended_at: datetime | None = None
    lease_until: datetime | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    hash: str | None = None


_RUN = tuple(one.name for one in fields(Run))
_RUNS = sa.select(*(_r[name] for name in _RUN))


# ---- runs --------------------------------------------------------------------------------------


def begin(tx: Connection, run: Run, *, alone: bool = False) -> Run | None:
    """Store a new run; None, or the run that is in the way, where one of its name goes on.

    A run whose worker gave no sign of life until its lease ended is failed and no longer in the
    way. `alone` says that the worker is the only one there can be: all others are dead.
    """
    other = running(tx, run.name, lock=True)
    if other is not None:
        if _lives(other, run.worker, run.started_at, alone=alone):
            return other
        end(tx, other.id, "failed", "failed", ["interrupted"], run.started_at, {}, None)
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(t.reconcile_run).values(_values(run)))
    except IntegrityError:
        return running(tx, run.name)
    return None


def take_up(
    tx: Connection, name: str, definition: str, worker: str, now: datetime, lease_until: datetime,
    *, alone: bool = False,
) -> Run | None:  # fmt: skip
    """Take up the run of a name that was left; None where there is none of this definition.

    One that goes on is nobody else's, see `begin`. What it found so far is found anew, so it has
    seen none of it yet.
    """
    left = running(tx, name, lock=True)
    if left is None or left.definition != definition or _lives(left, worker, now, alone=alone):
        return None
    tx.execute(
        sa.update(t.reconcile_run)
        .where(_r.id == left.id)
        .values(worker=worker, lease_until=lease_until)
    )
    tx.execute(sa.update(t.finding).where(_f.name == name, _f.last_run == left.id)
               .values(last_run=""))  # fmt: skip
    return replace(left, worker=worker, lease_until=lease_until)


def _lives(run: Run, worker: str, now: datetime, *, alone: bool) -> bool:
    if alone and run.worker != worker:
        return False
    return run.lease_until is not None and run.lease_until > now


def _values(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _RUN}


def running(tx: Connection, name: str, *, lock: bool = False) -> Run | None:
    """Return the run of a name that goes on; `lock` it for the rest of the transaction."""
    query = _RUNS.where(_r.name == name, _r.ended_at.is_(None))
    found = tx.execute(query.with_for_update() if lock else query).first()
    return Run(*found) if found is not None else None


def is_ours(tx: Connection, run_id: str, worker: str) -> bool:
    """Say whether a run is still this worker's, and keep it so for the rest of the transaction."""
    query = sa.select(_r.id).where(_r.id == run_id, _r.worker == worker, _r.ended_at.is_(None))
    return tx.execute(query.with_for_update()).first() is not None


def leave(tx: Connection, run_id: str, worker: str, now: datetime) -> None:
    """End the lease of a run that its worker does not go on with; somebody else may at once."""
    ours = (_r.id == run_id, _r.worker == worker, _r.ended_at.is_(None))
    tx.execute(sa.update(t.reconcile_run).where(*ours).values(lease_until=now))


def release(tx: Connection, workers: Sequence[str], now: datetime) -> None:
    """End the leases of workers that are dead."""
    theirs = (_r.worker.in_(workers), _r.ended_at.is_(None), _r.lease_until > now)
    tx.execute(sa.update(t.reconcile_run).where(*theirs).values(lease_until=now))


def give_up(tx: Connection, before: datetime, now: datetime) -> int:
    """Fail the runs whose leases ended before, and that nobody took up; return how many."""
    query = sa.select(_r.id).where(_r.ended_at.is_(None), _r.lease_until < before)
    left = tx.scalars(query.order_by(_r.id).with_for_update()).all()
    for run_id in left:
        end(tx, run_id, "failed", "failed", ["interrupted"], now, {}, None)
    return len(left)


def ended(tx: Connection, ids: Sequence[str]) -> list[str]:
    """Return those of the runs that have ended."""
    found: list[str] = []
    for start in range(0, len(ids), _IDS):
        some = sa.select(_r.id).where(
            _r.id.in_(ids[start : start + _IDS]), _r.ended_at.is_not(None)
        )
        found += tx.scalars(some.order_by(_r.id))
    return found


def move(
    tx: Connection, run_id: str, worker: str, state: str, lease_until: datetime,
    sides: Iterable[Mapping[str, Any]] = (),
) -> bool:  # fmt: skip
    """Note how far a run is, and how far its sides; False where it is no longer this worker's."""
    done = tx.execute(
        sa.update(t.reconcile_run)
        .where(_r.id == run_id, _r.worker == worker, _r.ended_at.is_(None))
        .values(state=state, lease_until=lease_until)
    )
    if done.rowcount != 1:
        return False
    for side in sides:
        _put_side(tx, run_id, side)
    return True


def _put_side(tx: Connection, run_id: str, side: Mapping[str, Any]) -> None:
    where = (_s.run_id == run_id, _s.side == side["side"])
    if tx.execute(sa.update(t.reconcile_side).where(*where).values(**side)).rowcount == 0:
        tx.execute(sa.insert(t.reconcile_side).values(run_id=run_id, **side))


def end(
    tx: Connection, run_id: str, state: str, verdict: str, reasons: Sequence[str], now: datetime,
    figures: Mapping[str, Any], hash_: str | None,
) -> None:  # fmt: skip
    """End a run; of one that failed no report is kept."""
    if state == "failed":
        forget_parts(tx, run_id)
    tx.execute(
        sa.update(t.reconcile_run)
        .where(_r.id == run_id, _r.ended_at.is_(None))
        .values(
            state=state, verdict=verdict, reasons=list(reasons), ended_at=now,
            figures=dict(figures), hash=hash_, lease_until=None,
        )
    )  # fmt: skip


def runs(tx: Connection, name: str | None = None, limit: int = 50) -> list[Run]:
    """Return runs, the newest first."""
    query = _RUNS if name is None else _RUNS.where(_r.name == name)
    return [Run(*row) for row in tx.execute(query.order_by(_r.id.desc()).limit(limit))]


def run(tx: Connection, given: str) -> Run | None:
    """Return the run of an id, or of a unique ending of it; the last one of a name."""
    ending = given.strip().lower()
    query = _RUNS.where(sa.or_(_r.id == ending, _r.id.like(f"%{ending}"))).limit(2)
    found = tx.execute(query).all() if len(ending) >= 6 else []
    if len(found) == 1:
        return Run(*found[0])
    of_name = runs(tx, given.strip(), 1)
    return of_name[0] if of_name else None


def last_complete(tx: Connection, name: str) -> Run | None:
    """Return the last run of a name that read everything."""
    query = _RUNS.where(_r.name == name, _r.state == "complete")
    found = tx.execute(query.order_by(_r.id.desc()).limit(1)).first()
    return Run(*found) if found is not None else None


def last_runs(tx: Connection) -> list[Run]:
    """Return the last run of each reconciliation that has ended."""
    found: list[Run] = []
    name: str | None = ""
    # from name to name: runs of years are many, reconciliations few
    while (name := tx.scalar(
        sa.select(_r.name).where(_r.name > name).order_by(_r.name).limit(1)
    )) is not None:  # fmt: skip
        ended = _RUNS.where(_r.name == name, _r.ended_at.is_not(None))
        found += [Run(*row) for row in tx.execute(ended.order_by(_r.id.desc()).limit(1))]
    return found


def sides(tx: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return how far the sides of a run were read."""
    query = sa.select(t.reconcile_side).where(_s.run_id == run_id).order_by(_s.side)
    return [dict(row) for row in tx.execute(query).mappings()]


def rows_before(tx: Connection, name: str, side: str) -> int | None:
    """Return how much of a side was read by the last run that read it whole."""
    query = (
        sa.select(_s.rows)
        .join_from(t.reconcile_side, t.reconcile_run, _r.id == _s.run_id)
        .where(_r.name == name, _s.side == side, _s.state == "complete", _r.ended_at.is_not(None))
        .order_by(_r.id.desc())
        .limit(1)
    )
    return tx.scalar(query)


# ---- findings ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Found:
    """A finding of a run, to be booked."""

    id: str
    name: str
    side: str
    key: str
    original: str
    kind: str
    cause: str
    field: str
    severity: str
    amount: Decimal | None
    currency: str
    owner: str
    row: dict[str, Any]
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Booked:
    """What a finding is, once it is booked."""

    state: str
    first_seen: datetime
    #: Seen for the first time, or again after it was resolved.
    new: bool
    reopened: bool
    note: str
    owner: str


def book(
    tx: Connection, run_id: str, found: Sequence[Found], now: datetime,
    new_id: Callable[[], str], materiality: Mapping[str, Decimal],
) -> Mapping[str, Booked]:  # fmt: skip
    """Store the findings of a batch; return what each is now.

    The same run may book one twice, and what only runs saw that failed is as new as before: nobody
    was told of it. A waived one opens again when its time is over, or when the
    amount is over the limit of the waiver.
    """
    known = _known(tx, [one.id for one in found])
    untold = {run_id, *(_untold(tx, found[0].name) if found else ())}
    again = _came_back(tx, known.values(), untold)
    booked: dict[str, Booked] = {}
    fresh, events, changed = [], [], []
    for one in found:
        row = known.get(one.id)
        values = _finding_values(one, run_id, now)
        if row is None:
            fresh.append({**values, "state": "open", "first_seen": now, "first_run": run_id})
            events.append(_event(new_id(), one.id, run_id, now, "system", None, "open"))
            booked[one.id] = Booked("open", now, True, False, "", one.owner)
            continue
        state, why = _state_of(row, one, now, materiality)
        reopened = row.state in ENDED
        if state != row.state:
            values["reopened"] = row.reopened + reopened
            events.append(_event(new_id(), one.id, run_id, now, "system", row.state, state, why))
        owner = row.owner or one.owner
        changed.append({**values, "state": state, "owner": owner, "reopened": values.get(
            "reopened", row.reopened), "at_id": one.id})  # fmt: skip
        booked[one.id] = Booked(
            state, row.first_seen, row.first_run in untold, reopened or one.id in again,
            row.note or "", owner,
        )  # fmt: skip
    if fresh:
        tx.execute(sa.insert(t.finding), fresh)
    if changed:
        names = [name for name in changed[0] if name not in ("at_id", "id")]
        tx.execute(
            sa.update(t.finding)
            .where(_f.id == sa.bindparam("at_id"))
            .values({name: sa.bindparam(f"new_{name}") for name in names}),
            [{"at_id": one["at_id"], **{f"new_{name}": one[name] for name in names}}
             for one in changed],
        )  # fmt: skip
    if events:
        tx.execute(sa.insert(t.finding_event), events)
    return booked


def standing(tx: Connection, name: str, ids: Sequence[str]) -> set[str]:
    """Return those of the findings that stood when somebody was told of them last."""
    known, untold = _known(tx, ids), _untold(tx, name)
    again = _came_back(tx, known.values(), untold)
    return {
        one for one, row in known.items()
        if row.state in STANDING and row.first_run not in untold and one not in again
    }  # fmt: skip


def _untold(tx: Connection, name: str) -> set[str]:
    """Return the runs of a name since the last one with a report: one goes on, others failed."""
    told = sa.select(sa.func.max(_r.id)).where(_r.name == name, _r.state.in_(_TOLD))
    since = sa.func.coalesce(told.scalar_subquery(), "")
    query = sa.select(_r.id).where(_r.name == name, _r.id > since)
    return set(tx.scalars(query.order_by(_r.id.desc()).limit(_FAILED)))


def _came_back(tx: Connection, rows: Iterable[Any], untold: Collection[str]) -> set[str]:
    """Return those of the findings that one of the runs opened after they had ended."""
    ids = [row.id for row in rows if row.reopened and row.first_run not in untold]
    found: set[str] = set()
    for start in range(0, len(ids), _IDS):
        query = sa.select(_e.finding_id, _e.run_id).where(
            _e.finding_id.in_(ids[start : start + _IDS]), _e.from_state.in_(ENDED)
        )
        found |= {one for one, run_id in tx.execute(query) if run_id in untold}
    return found


def _known(tx: Connection, ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), _IDS):
        query = sa.select(t.finding).where(_f.id.in_(ids[start : start + _IDS]))
        found.update({row.id: row for row in tx.execute(query)})
    return found


def _finding_values(one: Found, run_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "side": one.side, "key": one.key[:200],
        "original": one.original, "kind": one.kind, "cause": one.cause, "field": one.field,
        "severity": one.severity, "cluster": "", "currency": one.currency, "owner": one.owner,
        "amount": None if one.amount is None else format(one.amount, "f"), "row": one.row,
        "evidence": one.evidence, "last_seen": now, "last_run": run_id,
    }  # fmt: skip


def _state_of(
    row: Any, one: Found, now: datetime, materiality: Mapping[str, Decimal]
) -> tuple[str, str]:
    if row.state in ENDED:
        return "open", "seen again"
    if row.state not in ("waived", "explained"):
        return str(row.state), ""
    if row.until is not None and row.until <= now:
        return "open", "its time is over"
    if row.limit is not None and one.amount is not None and one.amount > Decimal(row.limit):
        return "open", "it grew beyond the limit"
    before = Decimal(row.amount) if row.amount is not None else None
    least = materiality.get(one.currency)
    moved = abs(one.amount - before) if before is not None and one.amount is not None else None
    if least is not None and moved is not None and moved > least:
        return "open", "it changed by more than is immaterial"
    return str(row.state), ""


def _event(
    id_: str, finding_id: str, run_id: str | None, at: datetime, actor: str,
    from_state: str | None, to_state: str, words: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": id_, "finding_id": finding_id, "run_id": run_id, "at": at, "actor": actor,
        "from_state": from_state, "to_state": to_state, "words": words or None,
    }  # fmt: skip


def settle(
    tx: Connection, name: str, run_id: str, now: datetime, new_id: Callable[[], str],
    covered: Callable[[str, str], bool],
) -> dict[str, int]:  # fmt: skip
    """End the findings that a complete run did not see; return how many ended how.

    `covered(side, field)` says whether the run looked for such a finding at all.
    """
    query = sa.select(_f.id, _f.side, _f.field, _f.state).where(
        _f.name == name, _f.state.in_(STANDING), _f.last_run != run_id
    )
    moved: dict[str, list[str]] = {state: [] for state in ENDED}
    events = []
    for row in tx.execute(query).all():
        state = "resolved" if covered(row.side, row.field) else "out_of_scope"
        moved[state].append(row.id)
        events.append(_event(new_id(), row.id, run_id, now, "system", row.state, state))
    for state, ids in moved.items():
        for start in range(0, len(ids), _IDS):
            tx.execute(
                sa.update(t.finding)
                .where(_f.id.in_(ids[start : start + _IDS]))
                .values(state=state, note=None, noted_by=None, until=None, limit=None)
            )
    if events:
        tx.execute(sa.insert(t.finding_event), events)
    return _settled(tx, name, {run_id, *_untold(tx, name)})


def _settled(tx: Connection, name: str, untold: Collection[str]) -> dict[str, int]:
    """Return how many findings these runs ended how, and nobody was told so."""
    query = (
        sa.select(_f.state, sa.func.count(_f.id.distinct()).label("number"))
        .join_from(t.finding_event, t.finding, _f.id == _e.finding_id)
        # ids grow with time: what lies before the runs need not be looked at
        .where(_e.id > min(untold), _e.run_id.in_(sorted(untold)), _e.to_state == _f.state)
        .where(_f.name == name, _f.state.in_(ENDED))
        .group_by(_f.state)
    )
    counts = dict.fromkeys(ENDED, 0)
    counts.update({row.state: row.number for row in tx.execute(query)})
    return counts


def change(
    tx: Connection, finding_id: str, to_state: str, actor: str, now: datetime, event_id: str,
    words: str, **values: Any,
) -> None:  # fmt: skip
    """Move a finding to another state, in a person's name."""
    before = tx.scalar(sa.select(_f.state).where(_f.id == finding_id).with_for_update())
    tx.execute(sa.update(t.finding).where(_f.id == finding_id).values(state=to_state, **values))
    event = _event(event_id, finding_id, None, now, actor, before, to_state, words)
    tx.execute(sa.insert(t.finding_event).values(event))


def finding(tx: Connection, given: str) -> dict[str, Any] | None:
    """Return a finding by its id or a unique beginning of it."""
    text = given.strip().lower()
    if len(text) < 6:
        return None
    query = sa.select(t.finding).where(_f.id.like(f"{text}%")).limit(2)
    found = tx.execute(query).mappings().all()
    return dict(found[0]) if len(found) == 1 else None


def findings(
    tx: Connection, name: str | None = None, *, states: Collection[str] = OPEN,
    run_id: str | None = None, key: str | None = None, cause: str | None = None,
    limit: int = 1000,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return findings, the gravest and oldest first."""
    query = sa.select(t.finding)
    for column, value in ((_f.name, name), (_f.last_run, run_id), (_f.key, key),
                          (_f.cause, cause)):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if states:
        query = query.where(_f.state.in_(states))
    grave = sa.case(
        (_f.severity == "critical", 0), (_f.severity == "high", 1), (_f.severity == "medium", 2),
        else_=3,
    )  # fmt: skip
    query = query.order_by(grave, _f.first_seen, _f.id).limit(limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def events(tx: Connection, finding_id: str) -> list[dict[str, Any]]:
    """Return what happened to a finding, in order."""
    query = sa.select(t.finding_event).where(_e.finding_id == finding_id).order_by(_e.id).limit(500)
    return [dict(row) for row in tx.execute(query).mappings()]


def counted(tx: Connection) -> list[tuple[str, str, str, int, datetime]]:
    """Return reconciliation, severity, state, number and oldest of the findings that stand."""
    query = (
        sa.select(_f.name, _f.severity, _f.state, sa.func.count(), sa.func.min(_f.first_seen))
        .where(_f.state.in_(STANDING))
        .group_by(_f.name, _f.severity, _f.state)
        .order_by(_f.name, _f.severity, _f.state)
    )
    return [(name, severity, state, count, oldest)
            for name, severity, state, count, oldest in tx.execute(query)]  # fmt: skip


def label(
    tx: Connection, clusters: Mapping[str, Sequence[str]], words: Mapping[str, str],
    pairs: Mapping[str, tuple[str, str]],
) -> None:  # fmt: skip
    """Note the pattern findings belong to, by its name, and better words for some of them.

    `pairs` are key and id of the row that a missing one is likely to be.
    """
    for name, ids in clusters.items():
        tx.execute(sa.update(t.finding).where(_f.id.in_(ids)).values(cluster=name))
    query = sa.select(_f.id, _f.row, _f.evidence).where(_f.id.in_(list(words)))
    for id_, row, evidence in tx.execute(query).all():
        key, ref = pairs.get(id_, ("", ""))
        likely = {"likely": {"key": key, "ref": ref}} if ref else {}
        changed = {"row": {**row, "words": words[id_]}, "evidence": {**evidence, **likely}}
        tx.execute(sa.update(t.finding).where(_f.id == id_).values(changed))


def open_keys(tx: Connection, name: str) -> set[str]:
    """Return the keys with a finding that stands."""
    query = sa.select(_f.key).distinct().where(_f.name == name, _f.state.in_(STANDING))
    return set(tx.scalars(query))


# ---- sign-off ----------------------------------------------------------------------------------


def sign(tx: Connection, run_id: str, role: str, person: str, hash_: str, now: datetime) -> None:
    """Keep a person's word for a run; one of each role."""
    o = t.sign_off.c
    tx.execute(sa.delete(t.sign_off).where(o.run_id == run_id, o.role == role))
    tx.execute(sa.insert(t.sign_off).values(
        run_id=run_id, role=role, person=person, at=now, hash=hash_, state="valid"
    ))  # fmt: skip


def sign_offs(tx: Connection, run_id: str) -> list[dict[str, Any]]:
    """Return who signed a run."""
    query = sa.select(t.sign_off).where(t.sign_off.c.run_id == run_id).order_by(t.sign_off.c.at)
    return [dict(row) for row in tx.execute(query).mappings()]


def lapse(tx: Connection, name: str, now: datetime, reason: str) -> int:
    """End the signatures of a reconciliation: something changed after they were given."""
    o = t.sign_off.c
    of_name = sa.select(_r.id).where(_r.name == name)
    done = tx.execute(
        sa.update(t.sign_off)
        .where(o.run_id.in_(of_name), o.state == "valid", o.at < now)
        .values(state="lapsed", reason=reason)
    )
    return int(done.rowcount)


# ---- reports -----------------------------------------------------------------------------------


def keep_part(tx: Connection, run_id: str, part: int, row: Mapping[str, Any]) -> None:
    """Keep a part of a run's report; `row` is that of its payload.

    With the first one, those go that the run kept before it was interrupted.
    """
    if part == 0:
        forget_parts(tx, run_id)
    payloads.put(tx, [dict(row)])
    tx.execute(
        sa.insert(t.reconcile_report).values(run_id=run_id, part=part, payload=row["sha256"])
    )


def forget_parts(tx: Connection, run_id: str) -> None:
    """Forget the report of a run."""
    tx.execute(sa.delete(t.reconcile_report).where(t.reconcile_report.c.run_id == run_id))


def parts(tx: Connection, run_id: str) -> list[str]:
    """Return the addresses of the parts of a run's report, in order."""
    p = t.reconcile_report.c
    return list(tx.scalars(sa.select(p.payload).where(p.run_id == run_id).order_by(p.part)))


def forget_reports(tx: Connection, before: datetime, limit: int) -> int:
    """Forget the reports of runs that ended before; runs, findings and signatures stay."""
    p = t.reconcile_report.c
    old = sa.select(_r.id).where(_r.ended_at < before)
    ids = tx.scalars(sa.select(p.run_id).where(p.run_id.in_(old)).distinct().limit(limit)).all()
    done = tx.execute(sa.delete(t.reconcile_report).where(p.run_id.in_(ids)))
    return int(done.rowcount)
