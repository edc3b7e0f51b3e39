"""The ledger, as lines of JSON for whoever keeps a copy elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from hub.language import say
from hub.service.authority import NotAllowed
from hub.store import pages
from hub.web.api import values
from hub.web.api.calls import Call, Calling

router = APIRouter(prefix="/ledger", tags=["ledger"])

LINES = "application/x-ndjson"
#: Entries read at once.
_BITE = 1000
_LINE = '{"seq": 42, "at": "2026-06-01T01:00:00Z", "kind": "delivery.delivered"}'


class Since(values.Given):
    """From where on."""

    since: Annotated[
        int,
        Field(ge=0, le=2**62, description="Entries after this `seq`. 此 `seq` 之后的条目。"),
    ] = 0


@router.get(
    "",
    summary="Export the ledger · 导出台账",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One sealed entry a line, in the order of the chain",
            "content": {LINES: {"schema": {"type": "string"}, "example": f"{_LINE}\n"}},
        }
    },
)
async def export_ledger(call: Calling, asked: Annotated[Since, Query()]) -> StreamingResponse:
    """Sealed entries in the order of the chain; go on from the last `seq`.

    按链序逐行输出已封存条目。
    """
    if call.owners is not None:
        raise NotAllowed(say("The ledger is of everybody; it takes the scope all."))
    return StreamingResponse(_lines(call, asked.since), media_type=LINES)


async def _lines(call: Call, since: int) -> AsyncIterator[bytes]:
    while rows := await call.read(pages.sealed, since, _BITE):
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        since = rows[-1]["seq"]
