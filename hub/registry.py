"""Which connectors are installed, and the way from a connection's settings to a connector.

Connectors register through the entry-point group `hub.connectors`, the hub's own ones too. A class
is imported when it is used, so one broken connector does not stop the others. Faults carry the
codes of `hub.settings`, and of their own:

    E505 secret in plain text    E507 no such connector    E508 no such stream, or not polled
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points

import httpx
from pydantic import ValidationError

from hub import http
from hub.clock import Clock
from hub.connector import Connector, ConnectorSettings, Context, Stream, capabilities
from hub.errors import ConfigError, Fault, UnknownConnector
from hub.settings import (
    CONNECTION_WORDS,
    Connection,
    Settings,
    Source,
    did_you_mean,
    faults_of,
    is_secret,
)
from hub.yamlfile import Place, YamlFile, dotted, texts

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
        hint = did_you_mean(name, names())
        raise UnknownConnector(f"No connector {name!r} is installed.{hint}")
    if len({entry.value for entry in entries}) > 1:
        where = " and ".join(sorted(entry.value for entry in entries))
        raise ConfigError(f"Connector {name!r} is installed twice: {where}. Remove one.")
    return _imported(entries[0])


def _imported(entry: EntryPoint) -> type[Connector]:
    try:
        found = entry.load()
    except (ImportError, AttributeError) as exc:
        message = f"Connector {entry.name!r} ({entry.value}) cannot be imported: {exc}."
        raise ConfigError(f"{message} Reinstall the package it comes from.") from exc
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise ConfigError(f"Connector {entry.name!r} ({entry.value}) is no hub.Connector class.")
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
    """Return what is wrong with the connections: connectors, their options, their streams."""
    faults = [fault for each in settings.connections.values() for fault in _faults(each)]
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
        tokens=http.TokenCache(clock),
        public_url=connection.public_url or public_url,
    )
    return connector(own, context)


def _faults(connection: Connection) -> list[Fault]:
    try:
        connector = load(connection.connector)
    except ConfigError as exc:
        source = _source(connection)
        place = (*source.place, "connector")
        return [source.file.fault("E507", f"{dotted(place)}: {exc}", place)]
    _, faults = _checked(connection, connector)
    return [*faults, *_stream_faults(connection, connector)]


def _checked(
    connection: Connection, connector: type[Connector]
) -> tuple[ConnectorSettings | None, list[Fault]]:
    source = _source(connection)
    model = connector.Settings
    faults = [
        source.file.fault("E505", f"{dotted(place)}: write it as ${{env:NAME}}.", place)
        for place in _plain_secrets(connection, model)
    ]
    try:
        return model.model_validate(connection.settings), faults
    except ValidationError as exc:
        return None, [*faults, *faults_of(exc, model, source, CONNECTION_WORDS)]


def _plain_secrets(connection: Connection, model: type[ConnectorSettings]) -> Iterator[Place]:
    """Yield the places of secrets that stand in the file themselves."""
    source = connection.source
    for place, _ in texts(connection.settings) if source else ():
        if source and is_secret(model, place):
            there = (*source.place, *place)
            if there not in source.references:
                yield there


def _stream_faults(connection: Connection, connector: type[Connector]) -> Iterator[Fault]:
    source = _source(connection)
    streams = connector.spec.streams
    for stream in connection.mappings:
        place = (*source.place, "mappings", stream)
        yield from _unknown(source, place, stream, streams, "no such stream", key=True)
    if connection.poll is None:
        return
    if "polls" not in capabilities(connector):
        place = (*source.place, "poll")
        message = f"{dotted(place)}: {connector.spec.name} cannot be polled; remove it."
        yield source.file.fault("E508", message, place, key=True)
        return
    polled = [stream for stream in streams if stream.polled]
    for index, stream in enumerate(connection.poll.streams):
        place = (*source.place, "poll", "streams", index)
        yield from _unknown(source, place, stream, polled, f"{stream} cannot be polled")


def _unknown(
    source: Source,
    place: Place,
    name: str,
    streams: Sequence[Stream],
    complaint: str,
    *,
    key: bool = False,
) -> Iterator[Fault]:
    known = [stream.name for stream in streams]
    if name not in known:
        message = f"{dotted(place)}: {complaint}.{did_you_mean(name, known)}"
        yield source.file.fault("E508", message, place, key=key)


def _source(connection: Connection) -> Source:
    return connection.source or Source(YamlFile(""), ("connections", connection.name), frozenset())
