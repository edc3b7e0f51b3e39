"""What the stages share: store, clock, connections, mapping files, and the bell between stages."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.clock import Clock
from hub.connector import Connector, Operation, ReadBack, Spec
from hub.documents.reading import Reader
from hub.errors import ConfigError, MappingError
from hub.flow import checks
from hub.flow.press import Press
from hub.language import say
from hub.logs import Metrics
from hub.mapping.bundle import Bundle, read_bundle, read_kept
from hub.mapping.route import Step
from hub.mapping.watch import Concerned
from hub.people import People
from hub.people_file import PeopleFile
from hub.settings import Settings
from hub.store import bundles
from hub.store.board import Board
from hub.store.engine import Store
from hub.store.inbox import Message
from hub.store.rows import Policy, Traits

#: Bundles one process keeps in memory.
_BUNDLES_KEPT = 32


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured account of a product."""

    name: str
    connector: Connector
    #: observe: plan, map and show, but send nothing.
    observe: bool = False
    #: Stream → mapping, where it is not the default one.
    mappings: Mapping[str, str] = field(default_factory=dict)
    #: Overrides the operation's settle time, where the administrator knows the far end.
    settle: timedelta | None = None
    concurrency: int | None = None
    #: Overrides how often the connector's operations are read back.
    read_back: ReadBack | None = None
    #: Share of the objects that is read back where only a sample is.
    read_back_share: float = 0.1
    #: What was changed at the far end before goes no further.
    since: datetime | None = None
    #: Names of the operations files go along with.
    takes_files: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        taking = frozenset(one.name for one in self.spec.operations if one.takes_files)
        object.__setattr__(self, "takes_files", taking)

    @property
    def spec(self) -> Spec:
        """Return the connector's account of itself."""
        return self.connector.spec

    @property
    def finds(self) -> bool:
        """Say whether the far end can be asked by our key."""
        return "finds" in self.connector.can

    @property
    def slots(self) -> int:
        """Return how many calls may run at once."""
        return self.concurrency or self.spec.limits.concurrency

    @property
    def lease(self) -> timedelta:
        """Return how long a worker may keep one of its deliveries without a sign of life."""
        return 3 * max(self.spec.timeout, timedelta(seconds=20))

    @property
    def limits(self) -> Mapping[str, float | None]:
        """Return the budgets by window."""
        limits = self.spec.limits
        return {
            "second": limits.per_second,
            "minute": limits.per_minute,
            "day": limits.per_day,
        }

    def traits(self, operation: Operation, step: Step, handle: str) -> Traits:
        """Return what is frozen with a delivery of this operation to the object of this handle."""
        settle = self.settle if self.settle is not None else operation.settle
        return Traits(
            idempotency=str(operation.idempotency),
            can_find=self.finds,
            full_state=operation.full_state,
            on_revision=step.on_revision or str(operation.on_revision),
            on_revoke=step.on_revoke or str(operation.on_revoke),
            on_unknown=step.on_unknown,
            cancellable=operation.cancellable,
            settle=settle.total_seconds(),
            window=operation.window.total_seconds() if operation.window else None,
            acceptance=(
                operation.acceptance_window.total_seconds() if operation.acceptance_window else None
            ),
            read_back=self._reads_back(operation, handle),
            read_back_after=operation.read_back_after.total_seconds(),
        )

    def _reads_back(self, operation: Operation, handle: str) -> bool:
        """Say whether what is delivered to this object is read back; the answer never changes."""
        if operation.read_back is ReadBack.NEVER or not self.finds:
            return False
        policy = self.read_back or operation.read_back
        if policy is ReadBack.SAMPLE:
            return _drawn(self.name, handle) < self.read_back_share
        return policy is ReadBack.ALWAYS


def _drawn(connection: str, handle: str) -> float:
    """Return an object's lot from 0 up to 1: the same in every process and after every restart."""
    digest = hashlib.sha256(f"{connection}\x00{handle}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


class Bundles:
    """The mapping files in force, and those that unfinished deliveries were mapped with.

    What is in force may change at any moment: whoever needs it twice for one thing keeps it.
    """

    def __init__(self, active: Bundle) -> None:
        self.active = active
        self._known = {active.sha: active}
        #: Address → why this program cannot read what the store has: it never will.
        self._unreadable: dict[str, MappingError] = {}

    def activate(self, bundle: Bundle) -> None:
        """Put a bundle in force in this process; the store has it already."""
        self._keep(bundle)
        self.active = bundle

    def get(self, tx: Transaction, sha: str) -> Bundle:
        """Return a bundle by its address, from the store where it is not in memory.

        Raises `MappingError` where the store has none, or one this program cannot read.
        """
        active = self.active
        known = active if active.sha == sha else self._known.get(sha)
        return known if known is not None else self._keep(self._stored(tx, sha))

    def _stored(self, tx: Transaction, sha: str) -> Bundle:
        why = self._unreadable.get(sha)
        if why is not None:
            raise MappingError(why.args[0], why.faults)
        files = _stored_files(tx, sha)
        try:
            return _readable(sha, files)
        except MappingError as error:
            # many deliveries may ask for it, each within a transaction
            self._unreadable[sha] = error
            raise

    def _keep(self, bundle: Bundle) -> Bundle:
        known = {**self._known, bundle.sha: bundle}
        # the newest ones; what goes is read again when it is needed
        self._known = dict(list(known.items())[-_BUNDLES_KEPT:])
        return bundle


def stored_bundle(tx: Transaction, sha: str) -> Bundle:
    """Return a bundle of the store; `MappingError` where there is none or it cannot be read."""
    return _readable(sha, _stored_files(tx, sha))


def _stored_files(tx: Transaction, sha: str) -> Mapping[str, bytes]:
    files = bundles.files(tx, sha)
    if not files:
        raise MappingError(say("The store has no mapping files {sha}.", sha=sha[:12]))
    return files


def _readable(sha: str, files: Mapping[str, bytes]) -> Bundle:
    try:
        found = read_bundle(files, checks.schema)
    except MappingError:
        # a connector has other fields by now, or the language is stricter: what was planned with
        # them goes its way all the same
        found = read_kept(files)
    # what counts as a table may have changed too; it is called what its deliveries call it
    return replace(found, sha=sha)


class Bell:
    """Tells sleeping stages that there is something to do; never carries anything itself."""

    def __init__(self) -> None:
        self._events = {stage: asyncio.Event() for stage in ("route", "deliver", "mappings")}
        #: Called after a local ring, to wake other processes.
        self.publish: Callable[[str], None] = lambda stage: None

    def ring(self, stage: str) -> None:
        """Wake a stage here and in other processes."""
        self._events[stage].set()
        self.publish(stage)

    def heard(self, stage: str) -> None:
        """Wake a stage here only, because another process rang."""
        self._events[stage].set()

    async def wait(self, stage: str, seconds: float) -> None:
        """Sleep until the stage is rung for, or the time is over."""
        event = self._events[stage]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
        event.clear()


@dataclass(slots=True)
class Flow:
    """Everything a stage needs."""

    store: Store
    clock: Clock
    connections: Mapping[str, Connection]
    bundles: Bundles
    policy: Policy
    #: Name of this process among the workers of the store.
    worker: str
    bell: Bell = field(default_factory=Bell)
    metrics: Metrics = field(default_factory=Metrics)
    #: Key of `redact: hash`; empty where there is no master key.
    secret: bytes = field(default=b"", repr=False)
    #: Everybody in people.yaml.
    people: People = field(default_factory=People)
    #: Where they are written; None where they come from elsewhere.
    people_file: PeopleFile | None = None
    #: What hub.yaml says; None where it was put together without one.
    settings: Settings | None = None
    #: Prints documents; None where the hub was put together without a hub.yaml.
    press: Press | None = None
    #: Looks at files from outside; made when the first one comes.
    reader: Reader | None = None
    #: What a schedule can do besides what this layer can: word of hub.yaml → how.
    jobs: Mapping[str, Any] = field(default_factory=dict)
    #: Messages taken up in one transaction.
    batch: int = 50
    #: Lengths of the queues when the figures were last read.
    queues: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Address of the bundle in force → kind of records → watches they may arm or clear.
    watched: dict[str, Mapping[str, Concerned]] = field(default_factory=dict)
    #: Years whose public holidays nobody knew, as was logged.
    unknown_years: set[int] = field(default_factory=set)
    #: Calls to far ends that this process waits for.
    under_way: int = 0
    #: Messages leased here whose plans could not be committed: given back once the store answers.
    unplanned: list[Message] = field(default_factory=list)

    def takes_files(self, connection: str, stream: str) -> bool:
        """Say whether the items of a stream may come with files."""
        known = self.connections.get(connection)
        streams = known.spec.streams if known is not None else ()
        return any(one.files for one in streams if one.name == stream)

    def printing(self) -> Press:
        """Return what prints documents; `ConfigError` where no hub.yaml says how."""
        if self.press is None:
            raise ConfigError(say("Documents need a hub.yaml."))
        return self.press

    def look(self) -> Reader:
        """Return what looks at files from outside."""
        if self.reader is None:
            limit = self.settings.documents.upload_limit if self.settings else None
            self.reader = Reader(limit) if limit else Reader()
        return self.reader

    async def close_tools(self) -> None:
        """End what prints documents and what looks at files."""
        if self.press is not None:
            await asyncio.to_thread(self.press.close)
        if self.reader is not None:
            await self.reader.aclose()

    def board(self, tx: Transaction) -> Board:
        """Return a fresh unit of work."""
        return Board(tx, self.clock.now(), self.clock.new_id, self.policy)

    def connection(self, name: str) -> Connection:
        """Return a connection; `ConfigError` when hub.yaml has none of that name."""
        try:
            return self.connections[name]
        except KeyError:
            known = ", ".join(sorted(self.connections)) or "none"
            raise ConfigError(
                say("hub.yaml has no connection {name!r}; it has: {known}", name=name, known=known)
            ) from None
