"""Acting through a running daemon: its socket, and what it answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import stat
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import admin, settings
from hub.errors import ConfigError, Fault, MappingError
from hub.flow.opening import open_flow
from hub.language import say
from hub.people import SYSTEM, Caller
from hub.service.actions import act
from hub.settings import Settings

Hub = Callable[..., Any]

PAUSE = ("connection", "pause", "wms")


def socket_path(loaded: Settings) -> Path:
    path = admin.socket_path(loaded)
    assert path is not None
    return path


@contextlib.contextmanager
def answering(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """Be a daemon that answers one question with these bytes and is gone; yield what it heard."""
    heard: list[bytes] = []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        try:
            line, _ = listening.accept()
        except OSError:  # nobody asked
            return
        with line:
            heard.append(line.makefile("rb").readline())
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield heard
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()
        path.unlink()


# ---- what the daemon answers -----------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"", b'{"resu'], ids=["nothing", "half"])
def test_a_daemon_that_dies_before_it_answered_leaves_it_unknown(
    hub: Hub, filled: Path, answer: bytes
) -> None:
    with answering(filled / "hub.db.sock", answer):
        ran = hub(*PAUSE)
    assert (ran.code, ran.out) == (3, "")
    assert "look whether it was done" in ran.err


def test_a_daemon_that_dies_while_it_is_asked_leaves_it_unknown(
    hub: Hub, filled: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long.json"
    long.write_text(json.dumps({"text": "x" * 1_000_000}), "utf-8")
    dead = json.loads(hub("delivery", "list", "--state", "dead", "--json").out)["id"]
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(filled / "hub.db.sock"))
    listening.listen()

    def die() -> None:
        listening.accept()[0].close()

    thread = threading.Thread(target=die)
    thread.start()
    ran = hub("delivery", "edit", dead, "--file", long)
    thread.join()
    listening.close()
    assert (ran.code, ran.out) == (3, "")
    assert "look whether it was done" in ran.err


def test_what_the_daemon_would_not_read_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin, "_LIMIT", 50)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        with pytest.raises(ConfigError, match="That is too large: 60 bytes"):
            admin._asked(ours, {"text": "x" * 47})
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ConfigError", 2), ("MappingError", 2), ("UnknownConnector", 2), ("Refused", 1),
        ("StoreError", 4), ("StoreLocked", 4), ("StoreFull", 4), ("HubError", 1),
    ],
)  # fmt: skip
def test_an_error_of_the_daemon_keeps_its_exit_code(
    hub: Hub, filled: Path, kind: str, code: int
) -> None:
    answer = json.dumps({"error": "no such luck", "kind": kind, "outcome": None}).encode()
    with answering(filled / "hub.db.sock", answer + b"\n"):
        ran = hub(*PAUSE)
    assert (ran.code, ran.err) == (code, "Error: no such luck\n")


async def test_a_refusal_of_the_daemon_is_told_in_the_language_of_whoever_asked(
    hub: Hub, filled: Path
) -> None:
    loaded = settings.load(filled / "hub.yaml")
    flow = open_flow(loaded)
    flow.store.open()
    try:
        server = await admin.serve(flow, socket_path(loaded))
        refused = ("link", "set", "wms", "customer", "C" * 256, "77")
        told = {
            language: (await asyncio.to_thread(hub, "--lang", language, *refused)).err
            for language in ("en", "zh")
        }
        server.close()
    finally:
        flow.store.close()
    assert "A link's handle has 1 to 255 characters." in told["en"]
    assert re.search("[一-鿿]", told["zh"].partition("：")[2])


def test_faults_of_the_daemon_keep_their_place_and_language(hub: Hub, filled: Path) -> None:
    fault = Fault("E101", say("There is no record kind {name!r}.", name="x"), "a.yaml", 3, 4)
    answer = admin._refusal(MappingError(faults=[fault]))
    with answering(filled / "hub.db.sock", json.dumps(answer).encode() + b"\n"):
        ran = hub("--lang", "zh", *PAUSE)
    assert ran.code == 2
    assert ran.err.startswith("a.yaml:3:4  E101 没有标准单据类型 'x'。")


async def test_a_missing_argument_is_named(filled: Path) -> None:
    flow = open_flow(settings.load(filled / "hub.yaml"))
    try:
        with pytest.raises(ConfigError, match="needs 'name'"):
            await act(flow, "connection.pause", {}, SYSTEM)
    finally:
        flow.store.close()


async def test_a_fault_inside_an_action_is_no_missing_argument() -> None:
    class Broken:
        def connection(self, name: str) -> Any:
            return {}["a fault of our own"]

    with pytest.raises(KeyError, match="a fault of our own"):
        await act(Broken(), "connection.pause", {"name": "wms"}, SYSTEM)  # type: ignore[arg-type]


# ---- whose socket it is ----------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_socket_of_another_user_is_not_asked(hub: Hub, filled: Path) -> None:
    path = filled / "hub.db.sock"
    with answering(path, b'{"result": true}\n') as heard:
        os.chown(path, 65534, 65534)
        ran = hub(*PAUSE)
    assert (ran.code, ran.out, heard) == (4, "", [])
    assert "belongs to another user" in ran.err


@pytest.fixture
def far_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a hub whose store has a path too long for a socket beside it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / ("x" * 60) / ("y" * 40)
    folder.mkdir(parents=True)
    return Settings(tenant="A", store=f"sqlite:///{folder / 'hub.db'}")


@contextlib.asynccontextmanager
async def served(far_down: Settings) -> AsyncIterator[Path]:
    """Serve actions as a daemon does; yield the socket."""
    path = admin.socket_path(far_down)
    assert path is not None
    flow = open_flow(far_down)
    try:
        server = await admin.serve(flow, path)
        yield path
        server.close()
    finally:
        flow.store.close()


async def test_a_socket_far_from_its_store_is_where_only_we_can_enter(far_down: Settings) -> None:
    async with served(far_down) as path:
        with pytest.raises(ConfigError, match="no action 'dance'"):
            await asyncio.to_thread(admin.call, far_down, "dance", {}, Caller("me"))
        assert path.parent.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def _open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def _a_link(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize("squat", [_open_to_all, _a_link])
async def test_a_folder_that_others_can_enter_holds_no_socket_of_ours(
    far_down: Settings, squat: Callable[[Path], None]
) -> None:
    path = admin.socket_path(far_down)
    assert path is not None
    squat(path.parent)
    with pytest.raises(ConfigError, match="is not a folder of ours alone"):
        await served(far_down).__aenter__()
    with answering(path, b'{"result": true}\n') as heard, pytest.raises(admin.NotOurDaemon):
        admin.call(far_down, "dance", {}, Caller("me"))
    assert heard == []
