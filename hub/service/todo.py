"""What waits for a person: what it is, for whom, since when, and the command that settles it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hub.flow import privacy
from hub.language import Message, say
from hub.service import reasons
from hub.settings import Settings
from hub.store import bundles, reconciliations, views, waiting
from hub.store.views import Row

#: Nobody can tick off what the ledger noted for a person, so it is shown for a while.
NOTED_FOR = timedelta(days=30)
#: Nobody counts further than this: it is too much in any case.
MOST = 1000
_OPERATOR = ("role:operator",)
_MAPPER = ("role:mapper",)
_LINKER = (*_OPERATOR, *_MAPPER)
_LEVEL = re.compile(r"(?:^approval: |; )(\S+) (?:has not decided|was passed)")


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that goes on only when a person decides."""

    #: gate, approval, dead, hold, failed, link, paused, observed, differs, unreadable, watch,
    #: finding, mapping, noted.
    kind: str
    what: Message
    #: The command that settles it, or shows what there is to decide.
    do: str
    since: datetime | None
    #: Roles and persons, `role:operator` or `person:li.na`; none: whoever sees it.
    who: tuple[str, ...] = ()
    #: Id of what waits, where it has one.
    id: str | None = None
    connection: str | None = None
    number: str | None = None


def todo(
    tx: Connection, settings: Settings, now: datetime,
    *, owners: frozenset[str] | None = None, limit: int = 200,
) -> list[Todo]:  # fmt: skip
    """Return what waits for a person, what waits longest first; at most `limit` of each kind.

    `owners` narrows it to records of these owners, and to what is about a record; None: all.
    """
    found = [*_of_records(tx, owners, now, limit)]
    if owners is None:
        found += _of_the_hub(tx, settings, now, limit)
    return sorted(found, key=lambda one: (one.since or now, one.kind, one.id or ""))


def counts(tx: Connection, settings: Settings, now: datetime) -> dict[str, int]:
    """Return kind → how many of it wait, the kind of most first; counted up to `MOST` of each."""
    found = Counter(one.kind for one in todo(tx, settings, now, limit=MOST))
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def meant_for(found: list[Todo], names: Collection[str]) -> list[Todo]:
    """Return what is for one of these roles and persons, named as in `Todo.who`.

    An admin may decide everything.
    """
    if "role:admin" in names:
        return found
    return [one for one in found if not one.who or any(name in names for name in one.who)]


# ---- about records ---------------------------------------------------------------------------


def _of_records(
    tx: Connection, owners: frozenset[str] | None, now: datetime, limit: int
) -> Iterator[Todo]:
    yield from map(_held, waiting.held(tx, owners, limit))
    yield from map(_unapproved, waiting.unapproved(tx, owners, limit))
    yield from map(_failed, waiting.failed(tx, owners, limit))
    yield from map(_dead, waiting.dead(tx, owners, limit))
    yield from map(_for_a_word, waiting.for_a_word(tx, owners, limit))
    yield from map(_unconfirmed, waiting.unconfirmed(tx, owners, limit))
    fired = waiting.fired(tx, owners, now, limit)
    told = waiting.told_of_watches(tx, [row["id"] for row in fired])
    yield from (_fired(row, tuple(told.get(row["id"], _OPERATOR))) for row in fired)


def _held(row: Row) -> Todo:
    what = say("{record}: held by the gate {gate}", record=_record(row), gate=row["gate"])
    # where nobody may release it, another document has to come
    denied = any(one.get("deny") for one in row["reasons"])
    do = f"hub gate show {row['id']}" if denied else f"hub gate release {row['id']} --reason …"
    return _todo("gate", what, do, row["held_at"], row, (f"role:{one}" for one in row["roles"]))


def _unapproved(row: Row) -> Todo:
    reason = row["reason"] or ""
    what = say("{record} waits: {reason}", record=_record(row), reason=_told(reason))
    levels = (f"role:{one}" for one in _LEVEL.findall(reason))
    return _todo("approval", what, _trace(row), row["received_at"], row, levels)


def _failed(row: Row) -> Todo:
    what = say(
        "message of {connection} ({stream}) failed: {reason}", connection=row["connection"],
        stream=row["stream"], reason=_told(row["reason"]),
    )  # fmt: skip
    do = f"hub message replay {row['id']}"
    return _todo("failed", what, do, row["received_at"], row, _OPERATOR)


def _dead(row: Row) -> Todo:
    what = say("{step} of {record} is dead: {reason}", step=_step(row), record=_record(row),
               reason=_told(row["reason"]))  # fmt: skip
    return _todo("dead", what, f"hub delivery show {row['id']}", row["since"], row, _OPERATOR)


def _for_a_word(row: Row) -> Todo:
    what = say("{step} of {record} waits for a person's word", step=_step(row), record=_record(row))
    return _todo("hold", what, f"hub delivery retry {row['id']}", row["since"], row, _OPERATOR)


def _unconfirmed(row: Row) -> Todo:
    step, record = _step(row), _record(row)
    what = (
        say("{step} of {record} differs at the far end", step=step, record=record)
        if row["confirm"] == "differs"
        else say("{step} of {record} could not be read back", step=step, record=record)
    )
    do = f"hub delivery show {row['id']}"
    return _todo(row["confirm"], what, do, row["since"], row, _OPERATOR)


def _fired(row: Row, who: tuple[str, ...]) -> Todo:
    names = {"watch": row["watch"], "key": row["key"]}
    what = (
        say("watch {watch}: {key} is overdue", **names)
        if row["state"] == "fired"
        else say("watch {watch}: nobody can tell about {key}", **names)
    )
    since = row["fired_at"] or row["deadline"] or row["armed_at"]
    return _todo("watch", what, f"hub watch acknowledge {row['id']}", since, row, who)


def _told(reason: str | None) -> str:
    return reasons.sentence(privacy.words(reason) or "")


def _record(row: Row) -> str:
    named = (row["record_kind"], row["number"])
    return " ".join(one for one in named if one) or row["id"][-12:]


def _step(row: Row) -> str:
    return f"{row['step']} → {row['connection']}"


def _trace(row: Row) -> str:
    return f"hub trace {row['number']}" if row["number"] else f"hub message show {row['id']}"


def _todo(
    kind: str, what: Message, do: str, since: datetime | None, row: Row, who: Any = ()
) -> Todo:
    return Todo(kind, what, do, since, tuple(who), row["id"], row.get("connection"), row["number"])


# ---- about the hub ---------------------------------------------------------------------------


def _of_the_hub(tx: Connection, settings: Settings, now: datetime, limit: int) -> Iterator[Todo]:
    for row in waiting.paused(tx):
        name, reason = row["connection"], privacy.words(row["pause_reason"]) or ""
        what = say("{name} is paused: {reason}", name=name, reason=reason)
        do = f"hub connection resume {name}"
        yield Todo("paused", what, do, row["paused_at"], _OPERATOR, connection=name)
    yield from _observed(tx, settings)
    for row in views.wanted_links(tx, limit):
        yield _link(row)
    for one in bundles.broken(tx):
        what = say("{count} fault(s) in mapping files: {place}",
                   count=len(one.faults), place=one.place)  # fmt: skip
        yield Todo("mapping", what, "hub map check", one.since, _MAPPER)
    yield from _findings(tx)
    for row in waiting.noted(tx, now - NOTED_FOR, limit):
        what = say("the ledger notes {what}", what=row["kind"].removeprefix("todo."))
        do = f"hub ledger list --kind {row['kind']}"
        yield Todo("noted", what, do, row["at"], _OPERATOR, row["id"])


def _observed(tx: Connection, settings: Settings) -> Iterator[Todo]:
    for row in waiting.observed(tx, sorted(settings.connections)):
        name, count = row["connection"], row["count"]
        if settings.connections[name].mode == "observe":
            continue  # as it should be: nobody has decided to go live
        what = say("{count} deliveries of {name} were planned while it was observed",
                   count=count, name=name)  # fmt: skip
        do = f"hub connection go-live {name}"
        yield Todo("observed", what, do, row["since"], ("role:admin",), connection=name)


def _findings(tx: Connection) -> Iterator[Todo]:
    counts: dict[str, Counter[str]] = {}
    since: dict[str, datetime] = {}
    for name, severity, state, count, oldest in reconciliations.counted(tx):
        if state == "open":
            counts.setdefault(name, Counter())[severity] += count
            since[name] = min(since.get(name, oldest), oldest)
    for name, found in counts.items():
        grave = found["critical"] + found["high"]
        what = say("reconciliation {name}: {count} findings, {grave} of them critical or high",
                   name=name, count=found.total(), grave=grave)  # fmt: skip
        do = f"hub reconcile findings {name}"
        yield Todo("finding", what, do, since[name], ("role:accountant",), number=name)


def _link(row: Row) -> Todo:
    names = {"connection": row["connection"], "of": row["kind"], "count": row["count"]}
    if row["handle"]:
        what = say("{count} wait for {connection}'s id of {of} {handle}",
                   handle=row["handle"], **names)  # fmt: skip
    else:
        what = say("{count} wait for our handle of {connection}'s {of} {external_id}",
                   external_id=row["external_id"], **names)  # fmt: skip
    do = (
        f"hub link set {row['connection']} {row['kind']} "
        f"{row['handle'] or 'OURS'} {row['external_id'] or 'THEIRS'}"
    )
    return Todo("link", what, do, None, _LINKER, connection=row["connection"], number=row["handle"])
