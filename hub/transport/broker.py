"""Hints by way of RabbitMQ or Redis, through kombu.

One thread publishes and one listens, each with a connection of its own, and each builds
everything anew after any error. What this cannot do, on purpose: keep a hint for a process that
is away, say whether it arrived, or keep hints in order.

On RabbitMQ a process listens on a queue of its own that dies with its connection; on Redis on a
channel of publish/subscribe. Messages are marked as received when they arrive, so a slow process
is never sent anything twice.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import kombu

from hub import logs
from hub.transport import STAGES

#: kombu says it is typed, and mostly is not.
_kombu: Any = kombu

_VERSION = 1
#: Seconds between two hints for one stage: what rings meanwhile is one hint.
_SPACING = 0.05
#: Seconds after which a socket that takes or gives nothing counts as broken.
_TIMEOUT = 3.0
_HEARTBEAT = 30
#: Seconds between two signs of life on a connection where nothing happens.
_TICK = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
#: Hints kept for a process that does not read, and for how many seconds.
_MOST_HINTS, _HINT_LIFE = 10_000, 60.0
_SENDER = "hub-sender"

log = logs.get_logger("hub.transport")


class Broker:
    """Hints to and from all processes that use the same broker and tenant."""

    def __init__(
        self, url: str, on_hint: Callable[[str], None], *, tenant: str, sender: str
    ) -> None:
        self._url = url
        self._on_hint = on_hint
        self._sender = sender
        name = ".".join(part for part in ("accord-hub.hints", tenant) if part)
        self._exchange = _kombu.Exchange(name, type="fanout", durable=False, delivery_mode=1)
        self._pending: set[str] = set()
        self._rung = threading.Condition()
        self._stopping = threading.Event()
        self._sessions = itertools.count(1)
        roles = {"listen": self._listen, "publish": self._speak}
        self._state = _State(*roles)
        self._threads = [
            threading.Thread(target=self._keep_up, args=role, name=f"hints-{role[0]}", daemon=True)
            for role in roles.items()
        ]

    @property
    def up(self) -> bool:
        """Say whether both connections stand, as far as is known."""
        return self._state.up

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def publish(self, stage: str) -> None:
        """Note that a stage is to be woken; the publishing thread does the rest."""
        with self._rung:
            self._pending.add(stage)
            self._rung.notify()

    def close(self) -> None:
        """Stop both threads; one that hangs in the network is left behind."""
        self._stopping.set()
        with self._rung:
            self._rung.notify()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(2 * _TIMEOUT)

    # -- both threads

    def _keep_up(self, role: str, session: Callable[[Any], None]) -> None:
        """Run sessions, one after the other, until the transport is closed."""
        while not self._stopping.is_set():
            try:
                with self._connection() as connection:
                    connection.ensure_connection(max_retries=1, interval_start=0, timeout=_TIMEOUT)
                    session(connection)
            except Exception as error:  # noqa: BLE001 (edge of a thread that must go on: drivers raise anything)
                if not self._stopping.is_set():
                    self._stopping.wait(self._state.fell(role, error))

    def _connection(self) -> Any:
        amqp = self._url.startswith("amqp")
        names = (
            ("read_timeout", "write_timeout")
            if amqp
            else ("socket_timeout", "socket_connect_timeout")
        )
        return _kombu.Connection(
            self._url,
            connect_timeout=_TIMEOUT,
            heartbeat=_HEARTBEAT if amqp else 0,
            transport_options=dict.fromkeys(names, _TIMEOUT),
        )

    # -- listening

    def _listen(self, connection: Any) -> None:
        with connection.channel() as channel:
            queue = _kombu.Queue(
                # a new name each time: the broker may still hold the queue of a lost connection
                f"{self._exchange.name}.{self._sender}.{next(self._sessions)}",
                self._exchange,
                durable=False,
                exclusive=True,
                auto_delete=True,
                max_length=_MOST_HINTS,
                message_ttl=_HINT_LIFE,
            )
            consumer = _kombu.Consumer(
                channel, [queue], no_ack=True, on_message=self._received, on_decode_error=_ignore
            )
            with consumer:
                self._state.rose("listen")
                while not self._stopping.is_set():
                    _tend(connection, _TICK)

    def _received(self, message: Any) -> None:
        stage = _stage(message.body)
        if stage is not None and message.headers.get(_SENDER) != self._sender:
            self._on_hint(stage)

    # -- publishing

    def _speak(self, connection: Any) -> None:
        with connection.channel() as channel:
            producer = _kombu.Producer(channel, self._exchange, auto_declare=True)
            self._state.rose("publish")
            while not self._stopping.is_set():
                for stage in self._next_stages():
                    producer.publish(
                        json.dumps({"v": _VERSION, "stage": stage}),
                        content_type="application/json",
                        content_encoding="utf-8",
                        headers={_SENDER: self._sender},
                        retry=False,
                    )
                if connection.supports_heartbeats:
                    _tend(connection, _SPACING)
                else:
                    self._stopping.wait(_SPACING)

    def _next_stages(self) -> list[str]:
        """Wait a moment for somebody to ring; return what was rung for."""
        with self._rung:
            if not self._pending and not self._stopping.is_set():
                self._rung.wait(_TICK)
            stages = sorted(self._pending)
            self._pending.clear()
            return stages


def _tend(connection: Any, seconds: float) -> None:
    """Take in what the broker sends within a time, and keep the connection alive."""
    with contextlib.suppress(TimeoutError):
        connection.drain_events(timeout=seconds)
    if connection.supports_heartbeats:
        connection.heartbeat_check()


def _stage(body: Any) -> str | None:
    """Return the stage a message names; None for whatever is no hint of ours."""
    try:
        said = json.loads(bytes(body) if isinstance(body, memoryview) else body)
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("v") != _VERSION:
        return None
    stage = said.get("stage")
    return stage if isinstance(stage, str) and stage in STAGES else None


def _ignore(message: Any, error: Exception) -> None:
    """Let a message that cannot be read go: it is no hint of ours."""


class _State:
    """Which connections stand; the log is told once per change."""

    def __init__(self, *roles: str) -> None:
        self._guard = threading.Lock()
        self._standing = dict.fromkeys(roles, False)
        self._pause = dict.fromkeys(roles, _FIRST_PAUSE)
        self._told_up = True

    @property
    def up(self) -> bool:
        """All stand."""
        return all(self._standing.values())

    def rose(self, role: str) -> None:
        """Note that a connection stands."""
        with self._guard:
            self._standing[role] = True
            self._pause[role] = _FIRST_PAUSE
            if self.up and not self._told_up:
                self._told_up = True
                log.info("transport.up")

    def fell(self, role: str, error: Exception) -> float:
        """Note that a connection broke; return the seconds to wait before the next try."""
        with self._guard:
            self._standing[role] = False
            pause = self._pause[role]
            self._pause[role] = min(2 * pause, _LONGEST_PAUSE)
            if self._told_up:
                self._told_up = False
                log.warning(
                    "transport.down", role=role, error=type(error).__name__, words=str(error)
                )
            return pause
