"""Which connectors are installed, and the way from a connection's settings to a connector.

Connectors register through the entry-point group `hub.connectors`, the hub's own ones too. A class
is imported when it is used, so one broken connector does not stop the others. Faults carry the
codes of `hub.settings`, and of their own:

    E505 secret in plain text          E507 no such connector
    E508 no such stream, or not polled  E509 a profile that cannot work
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import httpx
from pydantic import ValidationError

from hub import http
from hub.clock import Clock
from hub.connector import Connector, ConnectorSettings, Context, Stream, capabilities
from hub.errors import ConfigError, Fault, UnknownConnector
from hub.language import Message, say
from hub.nearest import nearest
from hub.settings import (
    CONNECTION_WORDS,
    Connection,
    Schedule,
    Settings,
    Source,
    faults_of,
    is_secret,
)
from hub.tokens import TokenCache
from hub.yamlfile import Way, YamlFile, dotted, texts

#: Entry-point group a distribution registers its connectors in: name → `module:Class`.
GROUP = "hub.connectors"


def names() -> list[str]:
    """Return the names of all installed connectors, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def load(name: str) -> type[Connector]:
    """Return the class of a connector.

    Raises `UnknownConnector` with the nearest name, or `ConfigError` where the connector cannot
    be imported, is no connector, or is installed twice under one name.
    """
    entries = list(entry_points(group=GROUP, name=name))
    if not entries:
        hint = nearest(name, names())
        raise UnknownConnector(
            say("No connector {name!r} is installed.{hint}", name=name, hint=hint)
        )
    if len({entry.value for entry in entries}) > 1:
        where = " and ".join(sorted(entry.value for entry in entries))
        raise ConfigError(
            say("Connector {name!r} is installed twice: {where}. Remove one.",
                name=name, where=where)
        )  # fmt: skip
    return _imported(entries[0])


def _imported(entry: EntryPoint) -> type[Connector]:
    try:
        found = entry.load()
    except (ImportError, AttributeError) as exc:
        raise ConfigError(
            say(
                "Connector {name!r} ({place}) cannot be imported: {problem}. Reinstall the package "
                "it comes from.",
                name=entry.name, place=entry.value, problem=str(exc),
            )
        ) from exc  # fmt: skip
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise ConfigError(
            say("Connector {name!r} ({place}) is no hub.Connector class.",
                name=entry.name, place=entry.value)
        )  # fmt: skip
    return found


def options(connection: Connection) -> ConnectorSettings:
    """Return a connection's own options, checked by its connector.

    Raises `ConfigError` with every fault at its place.
    """
    checked, faults = _checked(connection, load(connection.connector))
    if checked is None or faults:
        raise ConfigError(faults=faults)
    return checked


def check(settings: Settings) -> list[Fault]:
    """Return what is wrong with the connections: connectors, their options, their streams.

    So too with the streams that schedules poll.
    """
    faults = [fault for each in settings.connections.values() for fault in _faults(each)]
    for name, schedule in settings.schedules.items():
        connection = settings.connections.get(schedule.connection or "")
        if connection is not None:
            faults += _schedule_faults(name, schedule, connection)
    return sorted(faults, key=lambda fault: (fault.line, fault.column))


def build(
    connection: Connection,
    clock: Clock,
    *,
    public_url: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connector:
    """Return the connector of a connection, ready for use; nothing is called yet.

    `public_url` is the hub's own; the connection's stands before it. `transport` takes the place
    of the network in tests. Raises `ConfigError` as `load` and `options` do.
    """
    connector = load(connection.connector)
    own = options(connection)
    client = http.connect(
        connection.name,
        str(getattr(own, "base_url", "")),
        hosts=connection.hosts,
        proxy=connection.proxy,
        ca_file=connection.ca_file,
        timeout=connector.spec.timeout,
        concurrency=connection.concurrency or connector.spec.limits.concurrency,
        clock=clock,
        transport=transport,
    )
    context = Context(
        connection=connection.name,
        http=client,
        clock=clock,
        tokens=TokenCache(clock),
        public_url=connection.public_url or public_url,
    )
    return connector(own, context)


def _faults(connection: Connection) -> list[Fault]:
    try:
        connector = load(connection.connector)
    except ConfigError as exc:
        source = _source(connection)
        way = (*source.way, "connector")
        message = say("{way}: {problem}", way=dotted(way), problem=exc.args[0])
        return [source.file.fault("E507", message, way)]
    own, faults = _checked(connection, connector)
    return [*faults, *_stream_faults(connection, connector, own)]


def _checked(
    connection: Connection, connector: type[Connector]
) -> tuple[ConnectorSettings | None, list[Fault]]:
    source = _source(connection)
    model = connector.Settings
    faults = [
        source.file.fault("E505", say("{way}: write it as ${{env:NAME}}.", way=dotted(way)), way)
        for way in _plain_secrets(connection, model)
    ]
    try:
        # a relative path in them is meant from where they stand
        folder = Path(source.file.name).resolve().parent
        checked = model.model_validate(connection.settings, context={"folder": folder})
    except ValidationError as exc:
        return None, [*faults, *faults_of(exc, model, source, CONNECTION_WORDS)]
    return checked, [*faults, *_profile_faults(connector, checked, source)]


def _profile_faults(
    connector: type[Connector], own: ConnectorSettings, source: Source
) -> Iterator[Fault]:
    try:
        connector.check_profile(own)
    except ConfigError as exc:
        way = (*source.way, "profile")
        problem = exc.args[0] if exc.args else str(exc)
        message = say("{way}: {problem}", way=dotted(way), problem=problem)
        yield source.file.fault("E509", message, way, key=True)


def _plain_secrets(connection: Connection, model: type[ConnectorSettings]) -> Iterator[Way]:
    """Yield the ways to secrets that stand in the file themselves."""
    source = connection.source
    for way, _ in texts(connection.settings) if source else ():
        if source and is_secret(model, way):
            there = (*source.way, *way)
            if there not in source.references:
                yield there


def _stream_faults(
    connection: Connection, connector: type[Connector], own: ConnectorSettings | None
) -> Iterator[Fault]:
    source = _source(connection)
    streams = connector.spec.streams
    for stream in connection.mappings:
        way = (*source.way, "mappings", stream)
        yield from _unknown(source, way, stream, streams, say("no such stream"), key=True)
    if connection.poll is not None:
        there = Source(source.file, (*source.way, "poll"), source.references)
        yield from _poll_faults(there, connector, own, connection.poll.streams)


def _schedule_faults(name: str, schedule: Schedule, connection: Connection) -> Iterator[Fault]:
    try:
        connector = load(connection.connector)
    except ConfigError:
        return  # told at the connection
    source = schedule.source or Source(YamlFile(""), ("schedules", name), frozenset())
    own, _ = _checked(connection, connector)
    yield from _poll_faults(source, connector, own, schedule.streams)


def _poll_faults(
    source: Source, connector: type[Connector], own: ConnectorSettings | None,
    wanted: Sequence[str],
) -> Iterator[Fault]:  # fmt: skip
    if "polls" not in capabilities(connector):
        way = source.way
        message = say("{way}: {connector} cannot be polled; remove it.",
                      way=dotted(way), connector=connector.spec.name)  # fmt: skip
        yield source.file.fault("E508", message, way, key=True)
        return
    every = [stream for stream in connector.spec.streams if stream.polled]
    polled = every if own is None else connector.polled_streams(own)
    for index, stream in enumerate(wanted):
        way = (*source.way, "streams", index)
        complaint = say("{stream} cannot be polled", stream=stream)
        yield from _unknown(source, way, stream, polled, complaint)


def _unknown(
    source: Source,
    way: Way,
    name: str,
    streams: Sequence[Stream],
    complaint: Message,
    *,
    key: bool = False,
) -> Iterator[Fault]:
    known = [stream.name for stream in streams]
    if name not in known:
        message = say("{way}: {complaint}.{hint}",
                      way=dotted(way), complaint=complaint, hint=nearest(name, known))  # fmt: skip
        yield source.file.fault("E508", message, way, key=key)


def _source(connection: Connection) -> Source:
    return connection.source or Source(YamlFile(""), ("connections", connection.name), frozenset())
