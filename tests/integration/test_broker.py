"""Hints through a real broker, and through one that hangs, drops connections or comes late."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator

import kombu
import kombu.utils.url
import pytest
from structlog.testing import capture_logs

from hub import transport
from hub.testing.clock import FixedClock
from hub.transport import Transport
from tests.conftest import RABBITMQ, missing

pytestmark = pytest.mark.rabbitmq

REDIS = os.environ.get("HUB_TEST_REDIS", "redis://127.0.0.1:6379")
#: Longest a hint may take before a test gives up, in seconds.
PATIENCE = 15.0


class Ear:
    """Collects hints, and waits for them."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._rung = threading.Condition()

    def __call__(self, stage: str) -> None:
        with self._rung:
            self.heard.append(stage)
            self._rung.notify_all()

    def wait_for(self, stage: str) -> None:
        with self._rung:
            assert self._rung.wait_for(lambda: stage in self.heard, PATIENCE), self.heard


def eventually(condition: Callable[[], bool], publish: Callable[[], None] = lambda: None) -> None:
    """Wait until something holds, doing `publish` again and again meanwhile."""
    until = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        publish()
        pause.wait(0.02)


class Proxy:
    """A TCP hop before the broker that can hang, drop its connections, or not be there yet."""

    def __init__(self, host: str, port: int) -> None:
        self._far = (host, port)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._flows = threading.Event()
        self._flows.set()
        self._closed = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        self._listener.listen()
        self._spawn(self._accept)

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._closed = True
        self.thaw()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _spawn(self, work: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._far)
            self._pairs.append((near, far))
            self._spawn(self._carry, near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while not self._closed:
                ready, _, _ = select.select([near, far], [], [], 0.1)
                self._flows.wait()
                for end in ready:
                    content = end.recv(65536)
                    if not content:
                        return
                    (far if end is near else near).sendall(content)


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    """The address of a RabbitMQ that answers."""
    try:
        with kombu.Connection(RABBITMQ, connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1, timeout=3)
    except (OSError, kombu.exceptions.OperationalError):
        missing("no RabbitMQ server (HUB_TEST_RABBITMQ)")
    return RABBITMQ


@pytest.fixture(scope="session")
def redis() -> str:
    """The address of a Redis that answers, where its library is installed."""
    if importlib.util.find_spec("redis") is None:
        missing("the extra accord-hub[redis] is not installed")
    address = kombu.utils.url.parse_url(REDIS)
    try:
        socket.create_connection((address["hostname"], address["port"] or 6379), 2).close()
    except OSError:
        missing("no Redis server (HUB_TEST_REDIS)")
    return REDIS


@pytest.fixture(params=["rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest) -> str:
    """The address of each kind of broker in turn."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def proxy(rabbitmq: str) -> Iterator[Proxy]:
    """A hop before RabbitMQ, not yet open."""
    address = kombu.utils.url.parse_url(rabbitmq)
    hop = Proxy(address["hostname"], address["port"] or 5672)
    yield hop
    hop.close()


@pytest.fixture
def proxied(rabbitmq: str, proxy: Proxy) -> str:
    """RabbitMQ's address by way of the hop."""
    address = kombu.utils.url.parse_url(rabbitmq)
    user = f"{address['userid']}:{address['password']}"
    return f"amqp://{user}@127.0.0.1:{proxy.port}/{address['virtual_host']}"


class Processes:
    """Starts transports as so many processes of one hub would, and closes them all."""

    def __init__(self) -> None:
        self._clock = FixedClock()
        self._running: list[Transport] = []
        self._tenant = f"T{os.getpid()}N{time.monotonic_ns()}"

    def start(self, url: str, on_hint: Callable[[str], None], tenant: str = "") -> Transport:
        one = transport.connect(url, on_hint, self._clock, tenant=tenant or self._tenant)
        one.start()
        self._running.append(one)
        return one

    def start_up(self, url: str, on_hint: Callable[[str], None], tenant: str = "") -> Transport:
        one = self.start(url, on_hint, tenant)
        eventually(lambda: one.up)
        return one

    def close(self) -> None:
        for one in self._running:
            one.close()


@pytest.fixture
def processes() -> Iterator[Processes]:
    every = Processes()
    yield every
    every.close()


# ---- a broker that works ---------------------------------------------------------------------


def test_a_hint_reaches_the_other_processes_and_not_its_own(
    broker: str, processes: Processes
) -> None:
    first, second, third = Ear(), Ear(), Ear()
    ringing = processes.start_up(broker, first)
    processes.start_up(broker, second)
    answering = processes.start_up(broker, third)
    ringing.publish("deliver")
    second.wait_for("deliver")
    third.wait_for("deliver")
    # what comes back later proves that the first had its time to hear itself
    answering.publish("route")
    first.wait_for("route")
    assert first.heard == ["route"]


def test_processes_of_another_tenant_hear_nothing(broker: str, processes: Processes) -> None:
    ours, theirs = Ear(), Ear()
    ringing = processes.start_up(broker, Ear())
    processes.start_up(broker, ours)
    processes.start_up(broker, theirs, tenant="SOMEBODYELSE")
    ringing.publish("route")
    ours.wait_for("route")
    assert theirs.heard == []


def test_a_burst_of_rings_is_a_few_hints(broker: str, processes: Processes) -> None:
    ear = Ear()
    ringing = processes.start_up(broker, Ear())
    processes.start_up(broker, ear)
    pause, began = threading.Event(), time.monotonic()
    while (seconds := time.monotonic() - began) < 0.5:
        ringing.publish("deliver")
        pause.wait(0.001)
    ringing.publish("route")
    ear.wait_for("route")
    assert 2 <= ear.heard.count("deliver") <= 20 * (seconds + 0.1) + 2


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"\xff\xfe",
        b"[1]",
        b'"deliver"',
        b'{"v": 2, "stage": "deliver"}',
        b'{"v": 1, "stage": "unheard-of"}',
        b'{"v": 1, "stage": ["deliver"]}',
        b'{"v": 1}',
        b"[" * 50_000,
    ],
    ids=lambda body: body[:30].decode(errors="replace"),
)
def test_what_is_no_hint_of_ours_is_passed_over(
    body: bytes, rabbitmq: str, processes: Processes
) -> None:
    ear = Ear()
    ringing = processes.start_up(rabbitmq, Ear(), tenant="BAD")
    processes.start_up(rabbitmq, ear, tenant="BAD")
    with kombu.Connection(rabbitmq) as connection, connection.channel() as channel:
        exchange = kombu.Exchange("accord-hub.hints.BAD", type="fanout", durable=False)
        producer = kombu.Producer(channel, exchange, auto_declare=False)
        producer.publish(body, content_type="application/json", content_encoding="binary")
        producer.publish(body, headers={"compression": "gzip"}, content_encoding="nonsense")
    ringing.publish("route")
    ear.wait_for("route")
    assert ear.heard == ["route"]


# ---- one that does not -----------------------------------------------------------------------


def longest_ring(ringing: Transport, seconds: float) -> float:
    """Ring for some seconds; return how long the slowest call took."""
    longest, pause, until = 0.0, threading.Event(), time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        ringing.publish("deliver")
        longest = max(longest, time.perf_counter() - began)
        pause.wait(0.002)
    return longest


def test_a_broker_that_comes_late_is_found(
    proxy: Proxy, proxied: str, rabbitmq: str, processes: Processes
) -> None:
    ear = Ear()
    with capture_logs() as lines:
        late = processes.start(proxied, ear)
        eventually(lambda: bool(lines))
        assert not late.up
        proxy.open()
        eventually(lambda: late.up)
    assert [line["event"] for line in lines] == ["transport.down", "transport.up"]
    processes.start_up(rabbitmq, Ear()).publish("deliver")
    ear.wait_for("deliver")


def test_lost_connections_are_made_anew(
    proxy: Proxy, proxied: str, rabbitmq: str, processes: Processes
) -> None:
    near, far = Ear(), Ear()
    proxy.open()
    tried = processes.start_up(proxied, near)
    steady = processes.start_up(rabbitmq, far)
    proxy.cut()
    assert longest_ring(tried, 0.3) < 0.05
    eventually(lambda: "route" in far.heard, lambda: tried.publish("route"))
    eventually(lambda: "route" in near.heard, lambda: steady.publish("route"))
    eventually(lambda: tried.up)


def test_a_broker_that_hangs_holds_nobody_up(
    proxy: Proxy, proxied: str, rabbitmq: str, processes: Processes
) -> None:
    near, far = Ear(), Ear()
    proxy.open()
    tried = processes.start_up(proxied, near)
    steady = processes.start_up(rabbitmq, far)
    proxy.freeze()
    assert longest_ring(tried, 4.0) < 0.05
    proxy.thaw()
    eventually(lambda: "route" in far.heard, lambda: tried.publish("route"))
    eventually(lambda: "route" in near.heard, lambda: steady.publish("route"))


def test_a_broker_that_hangs_while_it_is_connected_to_is_tried_again(
    proxy: Proxy, proxied: str, processes: Processes
) -> None:
    proxy.freeze()
    proxy.open()
    with capture_logs() as lines:
        tried = processes.start(proxied, Ear())
        assert longest_ring(tried, 1.0) < 0.05
        eventually(lambda: bool(lines))
        proxy.thaw()
        eventually(lambda: tried.up)


def test_closing_does_not_wait_for_a_broker_that_hangs(
    proxy: Proxy, proxied: str, processes: Processes
) -> None:
    proxy.open()
    tried = processes.start_up(proxied, Ear())
    proxy.freeze()
    began = time.monotonic()
    tried.close()
    assert time.monotonic() - began < 13
