"""Where records of a kind can come from, and up to which moment that was read.

A stream brings a kind when its mapping makes it and fills the field that is asked for. Nothing
is claimed to be absent that only a stream read later could have brought.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection as Transaction

from hub import registry
from hub.errors import ConfigError, Fault, MappingError
from hub.flow.parts import Flow
from hub.language import say
from hub.mapping import outline
from hub.mapping.bundle import Bundle
from hub.mapping.watch import Side
from hub.settings import Settings, Turns
from hub.store import watches
from hub.yamlreader import parse

#: How long the next poll may be away where an expression says when it comes.
_BY_THE_CLOCK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """A stream that can bring what is asked for."""

    connection: str
    stream: str
    #: How often it is polled; None: it is not.
    every: timedelta | None
    #: What happens there comes by itself.
    comes: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something may have happened that nobody has read yet."""

    #: no_source, not_polled, not_read, unread_messages.
    code: str
    connection: str = ""
    stream: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.code, self.connection, self.stream) if part)


@dataclass(frozen=True, slots=True)
class _Account:
    """What is known of a connection, before or after it was built."""

    name: str
    connector: str
    #: Stream → mapping, where it is not the default one.
    mappings: Mapping[str, str]
    streams: tuple[str, ...]
    #: Stream → how often it is polled.
    polled: Mapping[str, timedelta]
    comes: bool


def in_flow(flow: Flow, bundle: Bundle, side: Side) -> tuple[Source, ...]:
    """Return the streams of a running hub that can bring records of a side of a watch."""
    return tuple(one for account in _running(flow) for one in _of(account, bundle, side))


def in_settings(settings: Settings, bundle: Bundle, side: Side) -> tuple[Source, ...]:
    """Return the same as far as hub.yaml tells; nothing is built or called."""
    return tuple(one for account in _configured(settings) for one in _of(account, bundle, side))


def warnings(settings: Settings, bundle: Bundle) -> Iterator[Fault]:
    """Yield a warning for each watch that nothing configured can ever clear."""
    for watch in bundle.watches.values():
        if not in_settings(settings, bundle, watch.unless):
            message = say(
                "Nothing that hub.yaml configures brings {record} with {key}: the watch {watch} "
                "can never tell.",
                record=watch.unless.record, key=watch.unless.key, watch=watch.name,
            )  # fmt: skip
            hint = say("Configure a connection whose mapping fills it, or take the file away.")
            yield watch.place.fault("W105", message, hint)


def _running(flow: Flow) -> Iterator[_Account]:
    for name, connection in flow.connections.items():
        connector, spec = connection.connector, connection.spec
        pollable = [one.name for one in connector.polled_streams(connector.settings)]
        off = {one.name for one in spec.streams if one.polled}.difference(pollable)
        yield _Account(
            name, spec.name, connection.mappings,
            tuple(one.name for one in spec.streams if one.name not in off),
            _polled(flow.settings, name, pollable) if flow.settings is not None else {},
            "receives" in connector.can,
        )  # fmt: skip


def _configured(settings: Settings) -> Iterator[_Account]:
    for name, connection in settings.connections.items():
        try:
            connector = registry.load(connection.connector)
        except ConfigError:
            continue
        streams = tuple(one.name for one in connector.spec.streams)
        yield _Account(
            name, connector.spec.name, connection.mappings, streams,
            _polled(settings, name, streams), "receives" in connector.can,
        )  # fmt: skip


def _polled(settings: Settings, name: str, streams: Sequence[str]) -> Mapping[str, timedelta]:
    """Return stream → how often it is polled, by its connection or by a schedule."""
    polled = {
        stream: _every(one)
        for one in settings.schedules.values()
        for stream in streams
        if one.do == "poll" and one.connection == name
    }
    configured = settings.connections.get(name)
    poll = configured.poll if configured is not None else None
    if poll is None:
        return polled
    wanted = poll.streams or streams
    return {**polled, **{one: _every(poll) for one in streams if one in wanted}}


def _every(turns: Turns) -> timedelta:
    return turns.every if turns.at is None else _BY_THE_CLOCK


def _of(account: _Account, bundle: Bundle, side: Side) -> Iterator[Source]:
    for stream in account.streams:
        if not side.takes(side.record, account.name):
            return
        try:
            override = account.mappings.get(stream)
            mapping = bundle.inbound(account.connector, stream, override)
        except MappingError:
            continue
        makes_it = mapping is not None and mapping.target == side.record
        if mapping is not None and makes_it and _fills(bundle.files[mapping.file], side):
            yield Source(account.name, stream, account.polled.get(stream), account.comes)


def _fills(file: bytes, side: Side) -> bool:
    """Say whether a mapping file has a rule for the key, or for a whole object around it."""
    targets, names = _targets(file), side.key.names
    around = (targets.get(".".join(names[:end])) for end in range(1, len(names)))
    return ".".join(names) in targets or any(whole is False for whole in around)


@functools.lru_cache(maxsize=64)
def _targets(file: bytes) -> Mapping[str, bool]:
    """Return target → whether rules of fields make it; every look at watches asks for it."""
    return {one.target.replace("[]", ""): one.whole for one in outline.filled(parse(file).root)}


# ---- how far -------------------------------------------------------------------------------


class Reading:
    """How far streams were read, as one transaction sees it."""

    def __init__(self, tx: Transaction, flow: Flow, bundle: Bundle) -> None:
        self._tx, self._flow, self._bundle = tx, flow, bundle
        self._now, self._polled = flow.clock.now(), watches.polled(tx)
        self._sources: dict[str, tuple[Source, ...]] = {}
        self._unread: dict[tuple[str, str], datetime | None] = {}

    def sources(self, watch: str) -> tuple[Source, ...]:
        """Return the streams that can bring what a watch waits for."""
        if watch not in self._sources:
            unless = self._bundle.watches[watch].unless
            self._sources[watch] = in_flow(self._flow, self._bundle, unless)
        return self._sources[watch]

    def unread(self, watch: str, deadline: datetime) -> Unread | None:
        """Return why it may have come by the deadline all the same; None: it did not."""
        found = self.sources(watch)
        if not found:
            return Unread("no_source")
        reasons = (self._of_source(one, deadline) for one in found)
        return next((one for one in reasons if one is not None), None)

    def patience(self, unread: Unread, least: timedelta) -> timedelta:
        """Return how long it may take until it was read, if all goes as it should."""
        if unread.code in ("no_source", "not_polled"):
            return timedelta(0)
        every = [
            one.every
            for found in self._sources.values()
            for one in found
            if one.every is not None
            and (one.connection, one.stream) == (unread.connection, unread.stream)
        ]
        return max(least, 2 * max(every, default=least))

    def _of_source(self, one: Source, deadline: datetime) -> Unread | None:
        name = (one.connection, one.stream)
        if one.every is None and not one.comes:
            return Unread("not_polled", *name)
        until = deadline
        if one.every is not None:
            polled = self._polled.get(name)
            read = polled.read_at if polled is not None else None
            # a later moment than now is one of a clock that was wrong
            if polled is None or read is None or not deadline <= read <= self._now:
                return Unread("not_read", *name)
            # what the poll behind the deadline brought may be from before it
            until = max(deadline, polled.moved_at)
        if name not in self._unread:
            self._unread[name] = watches.earliest_unread(self._tx, *name)
        waits = self._unread[name]
        if waits is not None and waits <= until:
            return Unread("unread_messages", *name)
        return None
