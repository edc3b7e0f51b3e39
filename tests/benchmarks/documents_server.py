"""The hub's own application on SQLite, with documents being issued beside it or not.

    documents_server.py PORT with|without FOLDER

With: the press prints one annex after the other all the time, and each is stored as the flow
stores it.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

import uvicorn
from document_papers import FIRST, Paper
from job import hub_flow

from hub import logs
from hub.documents.register import Copy
from hub.flow.parts import Flow
from hub.flow.press import Done, Order, Press
from hub.records.base import canonical
from hub.store import documents, payloads
from hub.web import app

import papers  # isort: skip (found beside document_papers)

_BODY_LIMIT = 5 * 1024 * 1024


async def main(port: int, side: str, folder: Path) -> None:
    """Serve until told to stop."""
    logs.configure("json")
    flow = hub_flow(f"sqlite:///{folder / f'{side}.db'}", "http://127.0.0.1:9")
    settings = papers.settings(folder)
    flow.press = Press(settings, flow.metrics, flow.clock)
    server = uvicorn.Server(
        uvicorn.Config(
            app.build(flow, _BODY_LIMIT), host="127.0.0.1", port=port,
            log_config=None, access_log=False, lifespan="off", server_header=False,
        )
    )  # fmt: skip
    issuing = asyncio.create_task(_issue(flow, Paper(settings))) if side == "with" else None
    await server.serve()
    if issuing is not None:
        issuing.cancel()


async def _issue(flow: Flow, paper: Paper) -> None:
    """Issue one document after the other."""
    for at in itertools.count(1):
        content = await asyncio.to_thread(paper.content, at)
        encoded = canonical(content)
        sha = payloads.sha256(encoded)
        copy = Copy(1, "customer", content["customer"]["name"])
        order = Order(f"{at:032}", content, sha, (copy,))
        assert flow.press is not None
        done = await flow.press.print([order], 1)
        await flow.store.write(_store, paper, at, content, encoded, done[order.document_id])


def _store(
    tx: Any, paper: Paper, at: int, content: dict[str, Any], encoded: bytes, done: Done
) -> None:
    (file,) = done.copies
    documents.keep(tx, encoded, FIRST)
    row = paper.row(at, content["number"], payloads.sha256(encoded))
    documents.add(tx, row)
    made = documents.Copy(
        row.id, 1, "customer", file.copy.recipient, file.sha256, len(file.pdf), file.pages,
        file.kid, FIRST, "system",
    )  # fmt: skip
    documents.add_copies(tx, [made], {file.sha256: file.pdf})


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
