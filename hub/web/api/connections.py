"""Connections and links: the configured accounts, and which object there is which of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from hub.flow import privacy
from hub.language import say
from hub.store import connections, pages
from hub.store.connections import State
from hub.store.views import NotFound
from hub.web.api import answers, inputs, outputs, values
from hub.web.api.calls import Call, Calling, ExactRoute, unknown

router = APIRouter(prefix="/connections", tags=["connections"], route_class=ExactRoute)
links = APIRouter(prefix="/links", tags=["links"], route_class=ExactRoute)

Name = Annotated[values.Word, Path(description="Its name in hub.yaml. hub.yaml 中的名称。")]


@router.get("", summary="List connections · 列出连接")
async def list_connections(call: Calling) -> list[outputs.Connection]:
    """With what stops them, where something does. 含暂停或等待的原因。"""
    states: Mapping[str, State] = await call.read(connections.read)
    return [
        outputs.Connection.model_validate(_told(call, name, states.get(name) or State(name)))
        for name in sorted(call.flow.connections)
    ]


@router.post(
    "/{name}/pause", summary="Pause a connection · 暂停连接", responses=answers.of(404, 409)
)
async def pause_connection(call: Calling, name: Name, asked: inputs.Pause) -> outputs.Moved:
    """Send and poll nothing until it is resumed; deadlines stand still. 恢复前不发送、不轮询。"""
    _require(call, name)
    done = await call.act("connection.pause", name=name, reason=asked.reason)
    return outputs.Moved(changed=done)


@router.post(
    "/{name}/resume", summary="Resume a connection · 恢复连接", responses=answers.of(404, 409)
)
async def resume_connection(call: Calling, name: Name) -> outputs.Moved:
    """Let a paused connection go on. 让已暂停的连接继续。"""
    _require(call, name)
    return outputs.Moved(changed=await call.act("connection.resume", name=name))


@links.get("", summary="List links · 列出对照")
async def list_links(
    call: Calling, asked: Annotated[inputs.LinkList, Query()]
) -> outputs.Page[outputs.Link]:
    """The newest first. 最新的在前。"""
    page = await call.page(
        "links", asked, pages.links, connection=asked.connection, kind=asked.kind,
        handle=asked.handle,
    )  # fmt: skip
    return outputs.Page[outputs.Link].model_validate(page)


@links.post("", summary="Set a link · 登记对照", responses=answers.of(404, 409))
async def set_link(call: Calling, asked: inputs.SetLink) -> outputs.WasLinked:
    """Say which object at a connection is ours; what waits for it goes on.

    等待该对照的投递继续。
    """
    _require(call, asked.connection)
    named = (asked.connection, asked.kind, asked.handle)
    if not await call.read(pages.link_is_seen, *named, call.owners):
        raise NotFound("record", asked.handle)
    return outputs.WasLinked.model_validate(await call.act("link.set", **asked.model_dump()))


def _require(call: Call, name: str) -> None:
    """Let it pass; raises a `Problem` where hub.yaml has no such connection."""
    if name not in call.flow.connections:
        raise unknown(say("connection"), name, sorted(call.flow.connections))


def _told(call: Call, name: str, state: State) -> dict[str, Any]:
    one, now = call.flow.connections[name], call.flow.clock.now()
    held = state.not_before is not None and state.not_before > now
    standing = "paused" if state.paused_at is not None else "held" if held else "open"
    return {
        "name": name,
        "connector": one.spec.name,
        "mode": "observe" if one.observe else "live",
        "state": standing,
        "reason": privacy.words(state.pause_reason) if state.paused_at is not None else None,
        "paused_at": state.paused_at,
        "paused_by": state.paused_by,
        "not_before": state.not_before,
        "failures": state.failures,
    }
