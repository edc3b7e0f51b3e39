"""What waits for a person: todo list, holds of gates, watches, alerts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from hub.flow import alert_words, privacy
from hub.service import todo as todos
from hub.store import pages
from hub.store.views import NotFound
from hub.web.api import answers, inputs, outputs, values
from hub.web.api.calls import Call, Calling, ExactRoute, in_both
from hub.web.api.inbox import kind_of

todo = APIRouter(prefix="/todo", tags=["todo"], route_class=ExactRoute)
gates = APIRouter(prefix="/gates", tags=["gates"], route_class=ExactRoute)
watches = APIRouter(prefix="/watches", tags=["watches"], route_class=ExactRoute)
alerts = APIRouter(prefix="/alerts", tags=["alerts"], route_class=ExactRoute)
ROUTERS = (todo, gates, watches, alerts)

_DECISION = answers.of(404, 409)


@todo.get("", summary="List what waits for a person · 列出待办")
async def list_todo(call: Calling, asked: Annotated[inputs.TodoList, Query()]) -> outputs.Todos:
    """What waits longest first, with the command that settles it. 等待最久的在前，并附处理命令。"""
    found = await call.read(
        todos.todo, call.settings, call.flow.clock.now(), owners=call.owners, limit=asked.limit
    )
    if asked.mine:
        person = call.actor.person
        own = [f"person:{person.id}"] if person else []
        found = todos.meant_for(found, {*own, *(f"role:{role}" for role in call.actor.roles)})
    items = [
        outputs.Todo(
            kind=one.kind, what=values.Sentences(**in_both(one.what)), do=one.do, since=one.since,
            who=list(one.who), id=one.id, connection=one.connection, number=one.number,
        )
        for one in found
    ]  # fmt: skip
    return outputs.Todos(items=items)


# ---- gates -----------------------------------------------------------------------------------


@gates.get("", summary="List what gates hold · 列出关卡扣住的单据")
async def list_holds(
    call: Calling, asked: Annotated[inputs.HoldList, Query()]
) -> outputs.Page[outputs.Hold]:
    """The newest first. 最新的在前。"""
    page = await call.page("gates", asked, pages.holds, state=asked.state, gate=asked.gate)
    for row in page["items"]:
        row |= {name: privacy.said(row[name]) for name in ("reasons", "decision")}
    return outputs.Page[outputs.Hold].model_validate(page)


@gates.post("/hold", summary="Hold a record by hand · 人工扣住单据", responses=_DECISION)
async def hold_record(call: Calling, asked: inputs.HoldRecord) -> outputs.Held:
    """What of it was not yet sent does not go out until it is released.

    放行前未发送的部分不会发出。
    """
    kind = await call.read(kind_of, call, asked.number, asked.kind)
    given = {**asked.model_dump(), "kind": kind}
    return outputs.Held.model_validate(await call.act("gate.hold", **given))


@gates.post("/{id}/release", summary="Let it go on · 放行", responses=_DECISION)
async def release_hold(call: Calling, id: values.PathId, asked: inputs.Why) -> outputs.Decided:
    """By a role its gate names, never by who asked for it.

    由关卡指定的角色放行，申请人本人不可。
    """
    return await _decided(call, "release", id, asked.reason)


@gates.post("/{id}/refuse", summary="Say no to it · 否决", responses=_DECISION)
async def refuse_hold(call: Calling, id: values.PathId, asked: inputs.Why) -> outputs.Decided:
    """Final for this revision. 对此版本为最终决定。"""
    return await _decided(call, "refuse", id, asked.reason)


@gates.post("/{id}/approve", summary="Approve it · 审批通过", responses=_DECISION)
async def approve_hold(call: Calling, id: values.PathId, asked: inputs.Why) -> outputs.Decided:
    """It goes on by itself once all its gate needs is there. 条件齐备后自动放行。"""
    return await _decided(call, "approve", id, asked.reason)


async def _decided(call: Call, verb: str, hold_id: str, reason: str) -> outputs.Decided:
    if not await call.read(pages.hold_is_seen, hold_id, call.owners):
        raise NotFound("hold", hold_id)
    state = await call.act(f"gate.{verb}", id=hold_id, reason=reason)
    return outputs.Decided(id=hold_id, state=state)


# ---- watches ---------------------------------------------------------------------------------


@watches.get("", summary="List watches · 列出监视")
async def list_watches(
    call: Calling, asked: Annotated[inputs.WatchList, Query()]
) -> outputs.Page[outputs.Watch]:
    """The newest first. 最新的在前。"""
    page = await call.page("watches", asked, pages.watches, state=asked.state, watch=asked.watch)
    return outputs.Page[outputs.Watch].model_validate(page)


@watches.post("/{id}/snooze", summary="Put it off · 暂缓提醒", responses=_DECISION)
async def snooze_watch(call: Calling, id: values.PathId, asked: inputs.Snooze) -> outputs.Decided:
    """Nobody is told until then. 在此之前不再提醒。"""
    await _require_watch(call, id)
    done = await call.act("watch.snooze", id=id, until=asked.until, reason=asked.reason)
    return outputs.Decided.model_validate(done)


@watches.post("/{id}/acknowledge", summary="Say that I am at it · 确认处理", responses=_DECISION)
async def acknowledge_watch(call: Calling, id: values.PathId, asked: inputs.Why) -> outputs.Decided:
    """Nobody is told again until it is over. 结束前不再提醒。"""
    await _require_watch(call, id)
    done = await call.act("watch.acknowledge", id=id, reason=asked.reason)
    return outputs.Decided.model_validate(done)


async def _require_watch(call: Call, watch_id: str) -> None:
    """Let it pass; raises `NotFound` where the person sees no such watch."""
    if not await call.read(pages.watch_is_seen, watch_id, call.owners):
        raise NotFound("watch", watch_id)


# ---- alerts ----------------------------------------------------------------------------------


@alerts.get("", summary="List alerts · 列出告警")
async def list_alerts(
    call: Calling, asked: Annotated[inputs.AlertList, Query()]
) -> outputs.Page[outputs.Alert]:
    """The newest first. They are of the whole hub: who sees only some records is told of none.

    最新的在前。告警涉及整个中枢，仅可见部分单据者看不到。
    """
    page = await call.page("alerts", asked, pages.alerts, state=asked.state)
    items = [{**row, **_worded(row)} for row in page["items"]]
    return outputs.Page[outputs.Alert].model_validate({**page, "items": items})


@alerts.post(
    "/{id}/acknowledge", summary="Say that I am at it · 确认处理", responses=answers.ACTION
)
async def acknowledge_alert(call: Calling, id: values.PathId) -> outputs.Acknowledged:
    """No further notice of it until it is over. 结束前不再通知。"""
    return outputs.Acknowledged.model_validate(await call.act("alert.acknowledge", id=id))


def _worded(row: dict[str, Any]) -> dict[str, Any]:
    words = alert_words.sentence(row["kind"], row["subject"], row["facts"])
    return {"what": in_both(words), "do": alert_words.command(row["kind"], row["facts"])}
