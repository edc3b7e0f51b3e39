"""Messages, records and the whole story of a number."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from hub.flow import privacy
from hub.service.story import Teller
from hub.store import pages, views
from hub.store.views import NotFound, Row
from hub.web.api import answers, inputs, outputs, values
from hub.web.api.calls import Call, Calling, ExactRoute

messages = APIRouter(prefix="/messages", tags=["messages"], route_class=ExactRoute)
records = APIRouter(prefix="/records", tags=["records"], route_class=ExactRoute)
trace = APIRouter(prefix="/trace", tags=["records"], route_class=ExactRoute)


@messages.get("", summary="List messages · 列出消息")
async def list_messages(
    call: Calling, asked: Annotated[inputs.MessageList, Query()]
) -> outputs.Page[outputs.Message]:
    """The newest first. 最新的在前。"""
    page = await call.page(
        "messages", asked, pages.messages, state=asked.state, connection=asked.connection
    )
    for row in page["items"]:
        row["reason"] = privacy.words(row["reason"])
    return outputs.Page[outputs.Message].model_validate(page)


@messages.get(
    "/{id}",
    summary="Show a message · 查看消息",
    response_model=outputs.WholeMessage,
    responses=answers.ONE,
)
async def show_message(
    call: Calling, id: values.PathId, look: Annotated[inputs.Look, Query()]
) -> Any:
    """With what it brought. 含其内容。"""
    await call.read(_seen_message, call, id)
    personal = await call.unmasked(look.personal, id)
    return await call.read(_told_message, call, id, personal)


@messages.post(
    "/{id}/replay", summary="Take it up again · 重新处理", responses=answers.of(404, 409)
)
async def replay_message(call: Calling, id: values.PathId) -> outputs.Decided:
    """A failed, ignored or waiting one, with the mappings in force. 按现行映射重新处理。"""
    await call.read(_seen_message, call, id)
    return outputs.Decided(id=id, state=await call.act("message.replay", id=id))


@records.get("", summary="List records · 列出单据")
async def list_records(
    call: Calling, asked: Annotated[inputs.RecordList, Query()]
) -> outputs.Page[outputs.Record]:
    """Those that came last first. 最新的在前。"""
    page = await call.page(
        "records", asked, pages.records, kind=asked.kind, connection=asked.connection,
        number=asked.number,
    )  # fmt: skip
    return outputs.Page[outputs.Record].model_validate(page)


@records.get(
    "/{id}",
    summary="Show a record · 查看单据",
    response_model=outputs.WholeRecord,
    responses=answers.ONE,
)
async def show_record(
    call: Calling, id: values.PathId, look: Annotated[inputs.Look, Query()]
) -> Any:
    """With revisions, approvals, deliveries and ledger. 含各版本、审批、投递与台账。"""
    await call.read(_seen_record, call, id)
    personal = await call.unmasked(look.personal, id)
    return await call.read(_told_record, call, id, personal)


@trace.get(
    "/{number:path}",
    summary="Tell all of a number · 追踪单号",
    response_model=outputs.Trace,
    responses=answers.ONE,
)
async def trace_number(
    call: Calling, number: values.Word, look: Annotated[inputs.Look, Query()]
) -> Any:
    """Every record of that number, with all that became of it. 该单号的全部单据与经过。"""
    await call.read(records_seen, call, number)
    personal = await call.unmasked(look.personal, number)
    return await call.read(_traced, call, number, personal)


def _seen_message(tx: Any, call: Call, message_id: str) -> Row:
    row = views.message(tx, message_id)
    call.require_seen(tx, "message", message_id, row["record_id"])
    return row


def _told_message(tx: Any, call: Call, message_id: str, personal: bool) -> Row:
    row = _seen_message(tx, call, message_id)
    return Teller(tx, call.settings, personal=personal).message(row)


def _seen_record(tx: Any, call: Call, record_id: str) -> Row:
    row = pages.record(tx, record_id)
    if row is None:
        raise NotFound("record", record_id)
    call.require_seen(tx, "record", record_id, record_id)
    return row


def _told_record(tx: Any, call: Call, record_id: str, personal: bool) -> Row:
    row = _seen_record(tx, call, record_id)
    return Teller(tx, call.settings, personal=personal).record(views.story(tx, row))


def records_seen(tx: Any, call: Call, number: str) -> list[Row]:
    """Return the records of a number the person sees; `NotFound` where there are none."""
    owners = call.owners
    found = views.records_numbered(tx, number) if owners is None else _of_number(tx, number)
    seen = [row for row in found if pages.is_seen(tx, row["id"], owners)]
    if not seen:
        raise NotFound("record", number)
    return seen


def kind_of(tx: Any, call: Call, number: str, kind: str | None) -> str | None:
    """Return the kind of what a person means by a number; None where several are in sight.

    Raises `NotFound` where the person sees no record of that number, or none of that kind.
    """
    seen = {row["kind"] for row in records_seen(tx, call, number)}
    if kind is not None and kind not in seen:
        raise NotFound("record", number)
    return kind or (seen.pop() if len(seen) == 1 else None)


def _of_number(tx: Any, number: str) -> list[Row]:
    """Return the records of a number, without a hint at numbers the person may not see."""
    try:
        return views.records_numbered(tx, number)
    except NotFound:
        raise NotFound("record", number) from None


def _traced(tx: Any, call: Call, number: str, personal: bool) -> Row:
    teller = Teller(tx, call.settings, personal=personal)
    rows = records_seen(tx, call, number)
    return {"number": number, "records": [teller.record(views.story(tx, row)) for row in rows]}
