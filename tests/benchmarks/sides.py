"""Processes, ports and databases of one run; everything is on loopback and removed afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kombu
import psycopg

HERE = Path(__file__).parent
ADMIN = os.environ.get("HUB_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
AMQP = os.environ.get("HUB_BENCH_AMQP", "amqp://guest:guest@127.0.0.1:5672//")
#: Seconds one side may take.
LIMIT = 150


def say(text: str) -> None:
    """Tell the person who waits; figures alone go to standard output."""
    print(text, file=sys.stderr, flush=True)


def command(script: str, *arguments: object) -> list[str]:
    """Return the command line of a script beside this one."""
    return [sys.executable, str(HERE / script), *map(str, arguments)]


def run(
    script: str, *arguments: object, env: Mapping[str, str] | None = None, limit: float = LIMIT
) -> Any:
    """Run one side to its end; return the JSON it printed last."""
    with tempfile.TemporaryFile("w+") as log:
        done = subprocess.run(
            command(script, *arguments), env={**os.environ, **(env or {})}, timeout=limit,
            stdout=subprocess.PIPE, stderr=log, check=False, text=True,
        )  # fmt: skip
        if done.returncode:
            log.seek(0)
            raise RuntimeError(f"{script} ended with {done.returncode}: {log.read()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def serving(script: str, *arguments: object) -> Iterator[int]:
    """Run a server while the block runs; yield the port it was told to serve."""
    port = free_port()
    process = subprocess.Popen(command(script, port, *arguments), stderr=subprocess.DEVNULL)
    try:
        _await_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """Return a port nobody serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not serve port {port}")


def no_postgres() -> str | None:
    """Return why PostgreSQL cannot be used, None when it can."""
    try:
        psycopg.connect(ADMIN, connect_timeout=3).close()
    except psycopg.Error as error:
        return f"no PostgreSQL server (HUB_BENCH_POSTGRES): {type(error).__name__}"
    return None


def no_rabbitmq() -> str | None:
    """Return why RabbitMQ cannot be used, None when it can."""
    try:
        with kombu.Connection(AMQP, connect_timeout=3) as connection:
            connection.connect()
    except OSError as error:
        return f"no RabbitMQ server (HUB_BENCH_AMQP): {type(error).__name__}"
    return None


def remove_queue(name: str) -> None:
    """Delete a queue of the broker, with what is left in it."""
    with kombu.Connection(AMQP) as connection:
        connection.default_channel.queue_delete(name)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Make an empty database; yield its address as psycopg takes it."""
    name = f"hub_bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    try:
        yield ADMIN.rsplit("/", 1)[0] + "/" + name
    finally:
        with psycopg.connect(ADMIN, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
