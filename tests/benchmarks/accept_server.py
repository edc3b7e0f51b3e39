"""The three sides of `accept`, each a uvicorn process of its own.

    accept_server.py PORT hub|storeless|commit-each FOLDER

All verify the same HMAC. `hub` serves the hub's own application on SQLite with synchronous=FULL;
`storeless` keeps nothing; `commit-each` commits one row a request, on a thread of its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import hmac
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import uvicorn
from job import hub_flow, sign
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import logs
from hub.web import app

_BODY_LIMIT = 5 * 1024 * 1024


class CommitEach:
    """An inbox as simple as can be: one insert, one commit, one after the other."""

    def __init__(self, path: Path) -> None:
        self._thread = concurrent.futures.ThreadPoolExecutor(1, initializer=self._open)
        self._path = path

    def _open(self) -> None:
        self._database = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID")

    async def store(self, body: bytes) -> None:
        """Return once the message is on disk."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._insert, json.loads(body)["id"], body)

    def _insert(self, message_id: str, body: bytes) -> None:
        query = "INSERT OR IGNORE INTO inbox VALUES (?, ?)"
        self._database.execute(query, (message_id, body))


def raw_app(inbox: CommitEach | None) -> ASGIApp:
    """Return a bare ASGI application; without an inbox it keeps nothing."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        signature = dict(scope["headers"]).get(b"x-signature", b"").decode()
        good = hmac.compare_digest(sign(body), signature)
        if good and inbox is not None:
            await inbox.store(body)
        await _answer(send, 200 if good else 401)

    return serve


async def _answer(send: Send, status: int) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def _app(side: str, folder: Path) -> Any:
    if side == "hub":
        flow = hub_flow(f"sqlite:///{folder / 'hub.db'}", "http://127.0.0.1:9")
        return app.build(flow, _BODY_LIMIT)
    return raw_app(CommitEach(folder / "each.db") if side == "commit-each" else None)


def main(port: int, side: str, folder: Path) -> None:
    """Serve until told to stop, set up as the daemon sets its web server up."""
    logs.configure("json")
    config = uvicorn.Config(
        _app(side, folder), host="127.0.0.1", port=port,
        log_config=None, access_log=False, lifespan="off", server_header=False,
    )  # fmt: skip
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
