"""The way of a command to the hub: through the running daemon, or by itself where none runs.

With a daemon on SQLite, an action goes through its local socket, as only one process may write
there. Without one, the caller takes the store's lock and does it itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import pwd
import socket
import stat
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import logs
from hub.errors import (
    BadRequest,
    ConfigError,
    ConnectorError,
    HubError,
    MappingError,
    Outcome,
    SignatureInvalid,
    StoreError,
    StoreFull,
    StoreLocked,
    UnknownConnector,
)
from hub.flow import in_force, replay
from hub.flow.opening import open_flow
from hub.flow.parts import Flow
from hub.language import say
from hub.people import Caller
from hub.reconcile.scheduled import JOBS
from hub.service.actions import act
from hub.service.authority import NotAllowed
from hub.service.identity import TokenRefused, identify
from hub.settings import Settings
from hub.store import bundles
from hub.xlsx import MAX_UNPACKED

log = logs.get_logger(__name__)

#: A table of links, as the largest workbook holds it, and what JSON puts around its cells.
_LIMIT = 2 * MAX_UNPACKED
#: The kernel takes about 100 bytes as the path of a socket.
_LONGEST_PATH = 100


class DaemonGone(ConnectorError):
    """The daemon went away before it answered; look whether it was done."""

    def __init__(self) -> None:
        super().__init__(Outcome.UNKNOWN, (type(self).__doc__ or "").strip())


class NotOurDaemon(StoreLocked):
    """The daemon belongs to another user; act as that user."""


# ---- through a running daemon ----------------------------------------------------------------


def socket_path(settings: Settings) -> Path | None:
    """Return where a daemon on SQLite listens; None for a store many processes may write."""
    url = sa.make_url(settings.store)
    if url.get_backend_name() != "sqlite" or url.database is None or os.name != "posix":
        return None
    database = Path(url.database).resolve()
    beside = database.with_name(database.name + ".sock")
    if len(os.fsencode(beside)) < _LONGEST_PATH:
        return beside
    name = hashlib.sha256(str(database).encode()).hexdigest()[:16]
    return _own_folder() / f"{name}.sock"


def _own_folder() -> Path:
    """Return where sockets are whose place beside the store has too long a path."""
    # not XDG_RUNTIME_DIR: a service and a shell of the same user are told different ones
    return Path(tempfile.gettempdir()) / f"hub-{os.geteuid()}"


def _make_own(folder: Path) -> None:
    """Make a folder only we can enter; `ConfigError` where somebody else was faster."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_private(folder):
        raise ConfigError(
            f"{folder} is not a folder of ours alone. Remove it, or set TMPDIR to another folder."
        )


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and not found.st_mode & 0o077


async def serve(flow: Flow, path: Path) -> asyncio.Server:
    """Serve actions on a socket only this user may open.

    Raises `ConfigError` where its folder among those of all users is somebody else's.
    """
    if path.parent == _own_folder():
        _make_own(path.parent)
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(
            lambda reader, writer: _answer(flow, reader, writer), path, limit=_LIMIT
        )
    finally:
        os.umask(before)


async def _answer(flow: Flow, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        asked = json.loads(await reader.readline())
        caller = Caller(_peer(writer) or asked["os_user"], asked.get("token"))
        answer = {
            "result": await act(
                flow, asked["action"], asked["arguments"], await identify(flow, caller)
            )
        }
    except HubError as error:
        answer = _refusal(error)
    except Exception:  # whoever asked must hear something, and the daemon goes on
        log.exception("action.failed")
        answer = {"error": "internal error; the daemon's log tells it", "kind": "HubError"}
    writer.write(json.dumps(answer, ensure_ascii=False, default=str).encode() + b"\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


def _refusal(error: HubError) -> dict[str, Any]:
    """Return an error as plain data; its sentences can still be told in any language."""
    said = error.args[0] if error.args else str(error)
    faults = error.faults if isinstance(error, ConfigError) else ()
    return {
        "error": bundles.sentence_as_data(said),
        "kind": type(error).__name__,
        "outcome": error.outcome if isinstance(error, ConnectorError) else None,
        "faults": [bundles.fault_as_data(fault) for fault in faults],
    }


def _peer(writer: asyncio.StreamWriter) -> str | None:
    """Return the user at the other end of the socket, where the system tells it."""
    line = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    credentials = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3i", credentials)[1]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def call(settings: Settings, action: str, arguments: dict[str, Any], caller: Caller) -> Any:
    """Do one action, through the running daemon where there is one.

    Raises the `HubError` the action ended with, wherever it was done; `StoreLocked` where a
    process writes the store that does not answer; `DaemonGone` where one died meanwhile.
    """
    path = socket_path(settings)
    line = _connected(path) if path is not None else None
    if line is None:
        return asyncio.run(_alone(settings, action, arguments, caller))
    with line:
        who = {"os_user": caller.os_user, "token": caller.token}
        answer = _asked(line, {"action": action, "arguments": arguments, **who})
    if "error" in answer:
        raise _rebuilt(answer)
    return answer["result"]


def _connected(path: Path) -> socket.socket | None:
    """Return the line to a running daemon; None where none runs."""
    line = socket.socket(socket.AF_UNIX)
    try:
        # whoever else put a socket there would read what is asked, and answer it
        if path.lstat().st_uid not in (os.geteuid(), 0):
            raise PermissionError
        if path.parent == _own_folder() and not _is_private(path.parent):
            raise PermissionError
        line.connect(str(path))
    except (ConnectionRefusedError, FileNotFoundError):
        line.close()
        return None
    except PermissionError:
        line.close()
        raise NotOurDaemon from None
    return line


def _asked(line: socket.socket, request: dict[str, Any]) -> dict[str, Any]:
    """Return what the daemon answers; `DaemonGone` where that breaks off.

    `ConfigError` where it would not read that much; nothing was sent then.
    """
    # what is no text is refused there, in words
    asked = json.dumps(request, ensure_ascii=False).encode(errors="surrogatepass") + b"\n"
    if len(asked) > _LIMIT:
        raise ConfigError(
            say("That is too large: {size} bytes, and at most {most} are taken. Split it.",
                size=len(asked), most=_LIMIT)
        )  # fmt: skip
    try:
        line.sendall(asked)
        with line.makefile("rb") as answers:
            text = answers.readline()
    except ConnectionError:
        raise DaemonGone from None
    if not text.endswith(b"\n"):
        raise DaemonGone
    answer: dict[str, Any] = json.loads(text)
    return answer


def _rebuilt(answer: Mapping[str, Any]) -> HubError:
    """Return the error an action ended with in the daemon."""
    said = bundles.sentence_of_data(answer["error"])
    if answer.get("outcome"):
        return ConnectorError(Outcome(answer["outcome"]), said)
    error = _KINDS.get(answer["kind"], HubError)(said)
    if isinstance(error, ConfigError):
        error.faults = tuple(map(bundles.fault_of_data, answer.get("faults", ())))
    return error


#: Name → error that an action may end with.
_KINDS: Mapping[str, type[HubError]] = {
    kind.__name__: kind
    for kind in (
        BadRequest, ConfigError, MappingError, SignatureInvalid, StoreError, StoreFull, StoreLocked,
        UnknownConnector, replay.Refused, NotAllowed, TokenRefused,
    )
}  # fmt: skip


async def _alone(settings: Settings, action: str, arguments: dict[str, Any], caller: Caller) -> Any:
    # what is in force, not what the folder holds by now; what cannot be read maps nothing
    kept = in_force.kept(settings)
    flow = open_flow(settings, bundle=kept.bundle if kept is not None else None)
    flow.jobs = JOBS
    flow.store.open()
    try:
        return await act(flow, action, arguments, await identify(flow, caller))
    finally:
        await flow.close_tools()
        flow.store.close()
