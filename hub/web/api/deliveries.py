"""Deliveries: the outbox, and what a person decides about one or many of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from hub.flow import checks, privacy
from hub.language import say
from hub.service import bulk, documents, versions
from hub.service.story import Teller
from hub.store import pages, views
from hub.store.pages import Wanted
from hub.store.views import Row
from hub.web.api import answers, inputs, outputs, values
from hub.web.api.calls import Call, Calling, ExactRoute, in_both
from hub.web.api.problems import Problem, Wrong

router = APIRouter(prefix="/deliveries", tags=["deliveries"], route_class=ExactRoute)

IfMatch = Annotated[
    str | None,
    Header(
        pattern=r'^"[0-9a-f]{16}"$',
        description="ETag of the delivery as it was looked at. 查看时的 ETag。",
    ),
]
_DECISION = answers.of(404, 409, 412)


@router.get("", summary="List deliveries · 列出投递")
async def list_deliveries(
    call: Calling, asked: Annotated[inputs.DeliveryList, Query()]
) -> outputs.Page[outputs.Delivery]:
    """The newest first. 最新的在前。"""
    wanted = Wanted(asked.state, asked.connection, asked.number, asked.reason, asked.since)
    page = await call.page("deliveries", asked, pages.deliveries, wanted)
    for row in page["items"]:
        row["words"] = privacy.words(row["words"])
    return outputs.Page[outputs.Delivery].model_validate(page)


@router.get(
    "/{id}",
    summary="Show a delivery · 查看投递",
    response_model=outputs.WholeDelivery,
    responses=answers.ONE | {200: {"headers": answers.ETAG}},
)
async def show_delivery(
    call: Calling, id: values.PathId, look: Annotated[inputs.Look, Query()], response: Response
) -> Any:
    """Its document, what it waits for and every attempt. 单据、等待项与全部尝试。"""
    await call.read(_seen, call, id)
    personal = await call.unmasked(look.personal, id)
    told = await call.read(_told, call, id, personal)
    response.headers["ETag"] = _tag(told["version"])
    return told


@router.post("/bulk", summary="Decide about many · 批量处理", responses=answers.ACTION)
async def decide_many(call: Calling, asked: inputs.Bulk) -> outputs.Preview | outputs.Done:
    """With `preview` it only says what it would meet; with its `token` it acts on exactly those.

    A token counts once, for a day, for the same decision by the same person.
    先用 `preview` 预览，再携带返回的 `token` 执行；令牌一日内有效，只能使用一次。
    """
    choice = _choice(asked)
    if asked.preview:
        return outputs.Preview.model_validate(await bulk.preview(call.flow, choice, call.actor))
    done = await call.act("delivery.bulk", id=asked.token, choice=choice)
    for row in done["rows"]:
        if "refused" in row:
            row["refused"] = in_both(row["refused"])
    return outputs.Done.model_validate(done)


@router.post("/{id}/retry", summary="Try a dead one again · 重试死信", responses=_DECISION)
async def retry_delivery(
    call: Calling, id: values.PathId, asked: inputs.Retry, response: Response,
    if_match: IfMatch = None,
) -> outputs.Decided:  # fmt: skip
    """Or let one go that is held for a person. 也可放行等待人工的投递。"""
    return await _decided(call, "retry", id, if_match, response, latest=asked.latest)


@router.post(
    "/{id}/edit",
    summary="Send another document · 修改单据后重发",
    responses=_DECISION | answers.of(428),
)
async def edit_delivery(
    call: Calling, id: values.PathId, asked: inputs.Edit, response: Response,
    if_match: IfMatch = None,
) -> outputs.Decided:  # fmt: skip
    """Of a dead delivery that was surely not applied; takes `If-Match`, so that of two who edit it
    at once the second one learns of the first.

    仅限确定未生效的死信；须带 `If-Match`，两人同时修改时后者会得知。
    """
    if if_match is None:
        raise Problem(
            "no-version",
            say("Send `If-Match` with the ETag of the delivery as you looked at it."),
        )
    _require_fit(call, await call.read(_seen, call, id), asked)
    return await _decided(call, "edit", id, if_match, response, document=asked.document)


@router.post(
    "/{id}/skip", summary="Count it as done by hand · 标记为已手工完成", responses=_DECISION
)
async def skip_delivery(
    call: Calling, id: values.PathId, asked: inputs.Skip, response: Response,
    if_match: IfMatch = None,
) -> outputs.Decided:  # fmt: skip
    """Its lane opens and the steps after it go on. 通道放开，后续步骤继续。"""
    return await _decided(
        call, "skip", id, if_match, response, reason=asked.reason, external_id=asked.external_id
    )


@router.post("/{id}/cancel", summary="Do not do it · 取消", responses=_DECISION)
async def cancel_delivery(
    call: Calling, id: values.PathId, asked: inputs.Why, response: Response,
    if_match: IfMatch = None,
) -> outputs.Decided:  # fmt: skip
    """Nor the steps after it in its plan. 同一计划的后续步骤一并取消。"""
    return await _decided(call, "cancel", id, if_match, response, reason=asked.reason)


def _seen(tx: Any, call: Call, delivery_id: str) -> Row:
    row = views.delivery(tx, delivery_id)
    call.require_seen(tx, "delivery", delivery_id, row["record_id"])
    return row


def _told(tx: Any, call: Call, delivery_id: str, personal: bool) -> Row:
    row = _seen(tx, call, delivery_id)
    told = Teller(tx, call.settings, personal=personal).deliveries([row])[0]
    version = versions.of_delivery(tx, delivery_id)
    return {**told, "kind": row["kind"], "number": row["number"], "version": version}


async def _decided(
    call: Call, verb: str, delivery_id: str, if_match: str | None, response: Response,
    **arguments: Any,
) -> outputs.Decided:  # fmt: skip
    await call.read(_seen, call, delivery_id)
    version = if_match.strip('"') if if_match else None
    state = await call.act(f"delivery.{verb}", id=delivery_id, version=version, **arguments)
    response.headers["ETag"] = _tag(await call.read(versions.of_delivery, delivery_id))
    return outputs.Decided(id=delivery_id, state=state)


def _tag(version: str | None) -> str:
    return f'"{version}"'


def _require_fit(call: Call, row: Row, asked: inputs.Edit) -> None:
    """Let a document pass; raises a `Problem` with every place that does not fit."""
    configured = call.settings.connections.get(row["connection"])
    fields = checks.fields_of(configured.connector, row["operation"]) if configured else None
    wrong = documents.faults(asked.document, fields)
    if any(one.barred for one in wrong) or (wrong and not asked.anyway):
        raise Problem(
            "invalid",
            say("The document does not fit {operation}; see faults.", operation=row["operation"]),
            [Wrong(f"body.document.{one.field}".rstrip("."), "document", one.message)
             for one in wrong],
        )  # fmt: skip


def _choice(asked: inputs.Bulk) -> bulk.Choice:
    such = asked.such.model_dump(exclude_none=True) if asked.such else {}
    if (asked.ids is None) == (not such):
        raise _wrong("body.such", say("Name deliveries by ids, or by one word of such; not both."))
    if asked.preview == (asked.token is not None):
        raise _wrong("body.token", say("Send preview, or the token of a preview; not both."))
    if asked.decision != "retry" and asked.reason is None:
        raise _wrong("body.reason", say("{place} is missing.", place="body.reason"))
    ids = None if asked.ids is None else tuple(asked.ids)
    return bulk.Choice(asked.decision, ids, Wanted(**such) if such else None, asked.reason)


def _wrong(place: str, sentence: str) -> Problem:
    return Problem("invalid", sentence, [Wrong(place, "choice", sentence)])
