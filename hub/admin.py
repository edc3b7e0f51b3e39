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
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import logs
from hub.errors import ConfigError, ConnectorError, HubError, Outcome, StoreError
from hub.flow import replay, sweep
from hub.flow.opening import open_flow
from hub.flow.parts import Flow
from hub.flow.poll import poll
from hub.settings import Settings
from hub.store import connections, ledger, upkeep

log = logs.get_logger(__name__)

#: Does one action with its arguments, for an actor.
Action = Callable[[Flow, dict[str, Any], str], Awaitable[Any]]
_LIMIT = 8 * 1024 * 1024


async def _retry(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    latest = bool(given.get("latest"))
    return await _written(flow, replay.retry, given["id"], actor, latest=latest)


async def _edit(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await _written(flow, replay.edit, given["id"], given["document"], actor)


async def _skip(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await _written(flow, replay.skip, given["id"], given["reason"], actor)


async def _cancel(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await _written(flow, replay.cancel, given["id"], given["reason"], actor)


async def _replay(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await _written(flow, replay.replay, given["id"], actor)


async def _written(flow: Flow, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Run a decision in a transaction, and wake whoever it gave work to."""
    result = await flow.store.write(lambda tx: function(tx, flow, *args, **more))
    flow.bell.ring("deliver")
    flow.bell.ring("route")
    return result


async def _pause(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    name = flow.connection(given["name"]).name
    reason = given.get("reason") or "paused by a person"
    return await flow.store.write(_moved, flow, "connection.paused", name, actor, connections.pause,
                                  name, reason, actor)  # fmt: skip


async def _resume(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    name = flow.connection(given["name"]).name
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
    flow.connection(given["connection"])
    return await _written(flow, replay.set_link, *(given[name] for name in names), actor)


async def _poll(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    connection = flow.connection(given["name"])
    streams = [given["stream"]] if given.get("stream") else [
        stream.name for stream in connection.spec.streams if stream.polled
    ]  # fmt: skip
    log.info("poll.asked_for", connection=connection.name, actor=actor)
    return {
        stream: await poll(flow, connection.name, stream, given.get("since")) for stream in streams
    }


async def _prune(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    keep = timedelta(days=int(given["keep_days"]))
    log.info("store.pruned", actor=actor, keep_days=keep.days)
    return await flow.store.write(
        upkeep.prune, flow.clock.now(), keep, 500, entry_id=flow.clock.new_id()
    )


async def _seal(flow: Flow, given: dict[str, Any], actor: str) -> Any:
    return await sweep.seal(flow)


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
    try:
        return await do(flow, arguments, actor)
    except KeyError as error:
        raise ConfigError(f"{action} needs {error}") from None


# ---- through a running daemon ----------------------------------------------------------------


def socket_path(settings: Settings) -> Path | None:
    """Return where a daemon on SQLite listens; None for a store many processes may write."""
    url = sa.make_url(settings.store)
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    database = Path(url.database).resolve()
    name = hashlib.sha256(str(database).encode()).hexdigest()[:16]
    beside = database.with_name(database.name + ".sock")
    # the kernel takes about 100 bytes
    return beside if len(str(beside)) < 100 else Path(tempfile.gettempdir()) / f"hub-{name}.sock"


async def serve(flow: Flow, path: Path) -> asyncio.Server:
    """Serve actions on a socket only this user may open."""
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
        outcome = error.outcome if isinstance(error, ConnectorError) else None
        answer = {"error": str(error), "kind": type(error).__name__, "outcome": outcome}
    except Exception:  # whoever asked must hear something, and the daemon goes on
        log.exception("action.failed")
        answer = {"error": "internal error; the daemon's log tells it", "kind": "HubError"}
    writer.write(json.dumps(answer, ensure_ascii=False, default=str).encode() + b"\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


def call(settings: Settings, action: str, arguments: dict[str, Any], actor: str) -> Any:
    """Do one action, through the running daemon where there is one.

    Raises the `HubError` the action ended with, wherever it was done; `StoreLocked` where a
    process writes the store that does not answer.
    """
    path = socket_path(settings)
    if path is not None and path.exists():
        with contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
            return _asked(path, {"action": action, "arguments": arguments, "actor": actor})
    return asyncio.run(_alone(settings, action, arguments, actor))


def _asked(path: Path, request: dict[str, Any]) -> Any:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        with line.makefile("rb") as answers:
            text = answers.readline()
    if not text:
        raise ConnectorError(
            Outcome.UNKNOWN, "The daemon went away before it answered; look whether it was done."
        )
    answer = json.loads(text)
    if "error" in answer:
        raise _rebuilt(answer)
    return answer["result"]


def _rebuilt(answer: Mapping[str, Any]) -> HubError:
    """Return the error an action ended with in the daemon."""
    if answer.get("outcome"):
        return ConnectorError(Outcome(answer["outcome"]), answer["error"])
    kinds = {kind.__name__: kind for kind in (ConfigError, StoreError, replay.Refused)}
    return kinds.get(answer["kind"], HubError)(answer["error"])


async def _alone(settings: Settings, action: str, arguments: dict[str, Any], actor: str) -> Any:
    flow = open_flow(settings)
    flow.store.open()
    try:
        return await act(flow, action, arguments, actor)
    finally:
        flow.store.close()
