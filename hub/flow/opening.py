"""From settings to the stages' common ground: connections, mapping files, store."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import httpx

from hub import keys, registry
from hub.clock import Clock, SystemClock, jitter
from hub.connector import ReadBack
from hub.flow import checks
from hub.flow.parts import Bundles, Connection, Flow
from hub.flow.press import Press
from hub.logs import Metrics
from hub.mapping.bundle import Bundle
from hub.people_file import PeopleFile
from hub.settings import Settings
from hub.store import engine
from hub.store.rows import Policy


def open_flow(
    settings: Settings,
    clock: Clock | None = None,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    bundle: Bundle | None = None,
) -> Flow:
    """Return the stages' common ground for these settings; the store is not yet open.

    `transports` replaces the network of connections in tests; `bundle` are the mapping files to
    begin with, those of the folder unless given. Raises `ConfigError` with every
    fault of settings, connections and mapping files, or with that of the master key.
    """
    clock = clock or SystemClock()
    bundle = bundle or checks.require(settings)
    metrics = Metrics()
    people_file = PeopleFile(
        settings.people, settings.connections, ZoneInfo(settings.calendar.zone)
    )
    return Flow(
        store=engine.connect(settings.store),
        clock=clock,
        connections={
            name: _connection(settings, name, clock, (transports or {}).get(name))
            for name in settings.connections
        },
        bundles=Bundles(bundle),
        policy=_policy(settings),
        secret=keys.derived(settings.keys, keys.REDACT),
        people=people_file.first(),
        people_file=people_file,
        settings=settings,
        press=Press(settings, metrics, clock),
        metrics=metrics,
        worker=f"{socket.gethostname()[:20]}-{os.getpid()}-{clock.new_id()[-6:]}",
    )


def _connection(
    settings: Settings, name: str, clock: Clock, network: httpx.AsyncBaseTransport | None
) -> Connection:
    one = settings.connections[name]
    connector = registry.build(one, clock, public_url=settings.public_url, transport=network)
    return Connection(
        name, connector, one.mode == "observe", one.mappings, one.settle, one.concurrency,
        ReadBack(one.read_back) if one.read_back else None, one.read_back_share, one.since,
    )  # fmt: skip


def _policy(settings: Settings) -> Policy:
    retry = settings.retry
    return Policy(retry.schedule, retry.deadline, lambda delay: jitter(delay, retry.jitter))
