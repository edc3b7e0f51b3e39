"""Hints without a broker: addresses, one process, and a broker that is not there."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from hub import transport
from hub.errors import ConfigError
from hub.testing.clock import FixedClock


def ignore(stage: str) -> None:
    """Hear a hint and do nothing."""


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port nobody listens on, and nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_one_process_has_nobody_to_wake_and_nothing_that_can_be_down() -> None:
    heard: list[str] = []
    alone = transport.connect("memory://", heard.append, FixedClock())
    alone.start()
    alone.publish("deliver")
    assert alone.up
    alone.close()
    assert heard == []


@pytest.mark.parametrize("url", ["kafka://host", "amqp", "memory", ""])
def test_an_unknown_address_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(ConfigError, match=r"transport: .*amqp://.*redis://"):
        transport.connect(url, ignore, FixedClock())


def test_a_password_in_a_wrong_address_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        transport.connect("amqpx://hub:hunter2@host", ignore, FixedClock())
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_redis_without_its_library_names_what_to_install(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'accord-hub\[redis\]'"):
        transport.connect(f"{scheme}://127.0.0.1:6379", ignore, FixedClock())


def test_publishing_never_waits_while_no_broker_is_there(closed_port: int) -> None:
    with capture_logs() as lines:
        lonely = transport.connect(
            f"amqp://hub:hunter2@127.0.0.1:{closed_port}//", ignore, FixedClock()
        )
        lonely.start()
        longest = 0.0
        told = threading.Event()
        while not any(line["event"] == "transport.down" for line in lines):
            began = time.perf_counter()
            lonely.publish("deliver")
            longest = max(longest, time.perf_counter() - began)
            told.wait(0.01)
        # a second round of failures, which is no news
        told.wait(0.7)
        assert not lonely.up
        lonely.close()
    assert longest < 0.05
    assert [line["event"] for line in lines] == ["transport.down"]
    assert "hunter2" not in str(lines)


def test_closing_what_was_never_started_is_fine(closed_port: int) -> None:
    transport.connect(f"amqp://127.0.0.1:{closed_port}//", ignore, FixedClock()).close()
