"""Actions a person takes on a running hub: one table, for the command line and later the API.

With a daemon on SQLite, an action goes through its local socket, as only one process may write
there. Without one, the caller takes the store's lock and does it itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
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
from hub.flow import in_force, link_survey, links, replay, sweep
from hub.flow.apply import apply
from hub.flow.opening import open_flow
from hub.flow.parts import Flow
from hub.flow.poll import poll
from hub.language import say
from hub.settings import Settings
from hub.store import bundles, connections, ledger, upkeep
from hub.xlsx import MAX_UNPACKED

log = logs.get_logger(__name__)

#: Does one action with its arguments, for an actor.
Action = Callable[[Flow, dict[str, Any], str], Awaitable[Any]]
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


async def _retry(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    latest = bool(given.get("latest"))
    return await _written(flow, replay.retry, _argument(given, "id"), actor, latest=latest)


async def _edit(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    document = _argument(given, "document")
    return await _written(flow, replay.edit, _argument(given, "id"), document, actor)


async def _skip(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    one, reason = _argument(given, "id"), _argument(given, "reason")
    made = given.get("external_id")
    return await _written(flow, replay.skip, one, reason, actor, external_id=made)


async def _cancel(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    reason = _argument(given, "reason")
    return await _written(flow, replay.cancel, _argument(given, "id"), reason, actor)


async def _replay(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await _written(flow, replay.replay, _argument(given, "id"), actor)


async def _written(flow: Flow, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Run a decision in a transaction, and wake whoever it gave work to."""
    result = await flow.store.write(lambda tx: function(tx, flow, *args, **more))
    flow.bell.ring("deliver")
    flow.bell.ring("route")
    return result


async def _pause(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    name = flow.connection(_argument(given, "name")).name
    reason = given.get("reason") or "paused by a person"
    return await flow.store.write(_moved, flow, "connection.paused", name, actor, connections.pause,
                                  name, reason, actor)  # fmt: skip


async def _resume(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    name = flow.connection(_argument(given, "name")).name
    done = await flow.store.write(
        _moved, flow, "connection.resumed", name, actor, connections.resume, name
    )
    flow.bell.ring("deliver")
    return done


def _moved(
    tx: sa.Connection, flow: Flow, what: str, name: str, actor: str,
    function: Callable[..., bool], *args: Any,
) -> bool:  # fmt: skip
    now = flow.clock.now()
    done = function(tx, *args, now)
    if done:
        ledger.append(tx, [ledger.entry(flow.clock.new_id(), now, what, name, actor=actor)])
    return done


async def _set_link(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    names = ("connection", "kind", "handle", "external_id")
    connection, *rest = (_argument(given, name) for name in names)
    named = links.Named(flow.connection(connection).name, *rest)
    return {"before": await _written(flow, links.set_link, named, actor)}


async def _import_links(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    named = [
        links.Named(flow.connection(connection).name, kind, handle, external_id)
        for connection, kind, pairs in _argument(given, "groups")
        for handle, external_id in pairs
    ]
    sha, survey = _argument(given, "sha256"), await flow.store.read(link_survey.look, flow, named)
    if given.get("dry_run"):
        return link_survey.told(survey)
    return await _written(flow, links.import_links, named, sha, actor, dry_run=False, survey=survey)


async def _poll(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    connection = flow.connection(_argument(given, "name"))
    connector = connection.connector
    streams = given.get("streams") or [
        stream.name for stream in connector.polled_streams(connector.settings)
    ]
    if not streams:
        raise ConfigError(f"{connection.name}: {connection.spec.name} cannot be polled.")
    log.info("poll.asked_for", connection=connection.name, actor=actor)
    return {
        stream: await poll(flow, connection.name, stream, given.get("since")) for stream in streams
    }


async def _prune(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    keep = timedelta(days=int(_argument(given, "keep_days")))
    log.info("store.pruned", actor=actor, keep_days=keep.days)
    return await flow.store.write(
        upkeep.prune, flow.clock.now(), keep, 500, entry_id=flow.clock.new_id()
    )


async def _apply(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    since, dry_run = str(given.get("since") or ""), bool(given.get("dry_run"))
    return await apply(flow, actor, since=since, dry_run=dry_run)


async def _seal(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await sweep.seal(flow)


def _argument(given: Mapping[str, Any], name: str) -> Any:
    try:
        return given[name]
    except KeyError:
        raise ConfigError(f"this action needs {name!r}") from None


#: Name → what it does.
ACTIONS: Mapping[str, Action] = {
    "delivery.retry": _retry,
    "delivery.edit": _edit,
    "delivery.skip": _skip,
    "delivery.cancel": _cancel,
    "message.replay": _replay,
    "connection.pause": _pause,
    "connection.resume": _resume,
    "link.set": _set_link,
    "link.import": _import_links,
    "map.apply": _apply,
    "poll": _poll,
    "store.prune": _prune,
    "ledger.seal": _seal,
}


async def act(flow: Flow, action: str, arguments: dict[str, Any], actor: str) -> Any:
    """Do one action; raises `HubError` with what to do where it cannot be done."""
    try:
        do = ACTIONS[action]
    except KeyError:
        raise ConfigError(f"there is no action {action!r}") from None
    return await do(flow, arguments, actor)


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
        answer = {"result": await act(flow, asked["action"], asked["arguments"], asked["actor"])}
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


def call(settings: Settings, action: str, arguments: dict[str, Any], actor: str) -> Any:
    """Do one action, through the running daemon where there is one.

    Raises the `HubError` the action ended with, wherever it was done; `StoreLocked` where a
    process writes the store that does not answer; `DaemonGone` where one died meanwhile.
    """
    path = socket_path(settings)
    line = _connected(path) if path is not None else None
    if line is None:
        return asyncio.run(_alone(settings, action, arguments, actor))
    with line:
        answer = _asked(line, {"action": action, "arguments": arguments, "actor": actor})
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
    asked = json.dumps(request, ensure_ascii=False).encode() + b"\n"
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
        UnknownConnector, replay.Refused,
    )
}  # fmt: skip


async def _alone(settings: Settings, action: str, arguments: dict[str, Any], actor: str) -> Any:
    # what is in force, not what the folder holds by now; what cannot be read maps nothing
    kept = in_force.kept(settings)
    flow = open_flow(settings, bundle=kept.bundle if kept is not None else None)
    flow.store.open()
    try:
        return await act(flow, action, arguments, actor)
    finally:
        flow.store.close()
