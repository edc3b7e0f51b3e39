"""What a run is about: the definition, what is read, and whose run it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.connector import Lists
from hub.errors import ConfigError, HubError
from hub.failpoints import fail_at
from hub.flow.parts import Flow
from hub.language import Language, say
from hub.mapping.bundle import Bundle
from hub.mapping.faults import suggestion
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.rows import FORM
from hub.reconcile import scratch
from hub.reconcile.engine import in_order
from hub.store import reconciliations
from hub.store.reconciliations import Run
from hub.store.snapshots import Keeping, Snapshot

if TYPE_CHECKING:
    from hub.table_file import Table

#: How long a worker keeps a run without a sign of life.
LEASE = timedelta(minutes=2)


class RunGoesOn(HubError):
    """The reconciliation is running already. Wait for it, or look with `hub reconcile show`."""


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


def check(flow: Flow, plan: Plan) -> None:
    """Refuse what cannot be read with these connections and files; `ConfigError` says why."""
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


async def begin(flow: Flow, plan: Plan) -> Run:
    """Store a new run, or take up one that was left; `RunGoesOn` where another process has it."""
    now = flow.clock.now()
    definition = plan.definition
    # one process writes a SQLite store: a run of another one is a dead one's
    alone = flow.store.dialect == "sqlite"
    if plan.resume:
        left = await flow.store.write(
            reconciliations.take_up, definition.name, _hash(plan), flow.worker, now, now + LEASE,
            alone=alone,
        )  # fmt: skip
        if left is not None:
            return left
    fresh = Run(
        id=flow.clock.new_id(), name=definition.name, version=definition.version,
        title=definition.title, definition=_hash(plan), state="reading",
        mode="incremental" if kept_sides(plan) and not plan.whole else "full",
        as_of=now - definition.settle, started_at=now, started_by=plan.actor[:100],
        worker=flow.worker, lease_until=now + LEASE,
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


def kept_sides(plan: Plan) -> list[str]:
    """Return the sides of which only changes are read; a file is always read whole."""
    if plan.files:
        return []
    sides = plan.definition.sides.values()
    return [one.name for one in sides if one.read == "incremental"]


def opened(flow: Flow, plan: Plan, run_id: str) -> Snapshot:
    """Open what the sides of a run show, with what earlier runs kept of them."""
    names, sides = kept_sides(plan), in_order(plan.definition)
    if not names:
        return scratch.open_snapshot(flow, run_id, len(sides))
    keeping = Keeping(frozenset(map(sides.index, names)), _signature(plan))
    return scratch.open_kept(flow, plan.definition.name, len(sides), keeping)


def _signature(plan: Plan) -> bytes:
    """Return the hash of all that the rows kept of a side depend on."""
    parts = (str(FORM), plan.bundle.sha, _hash(plan))
    return hashlib.sha256("\n".join(parts).encode()).digest()
