"""Whose token it is, and what it may."""

from __future__ import annotations

from fastapi import APIRouter

from hub.web.api import outputs
from hub.web.api.calls import Calling

router = APIRouter(prefix="/me", tags=["me"])


@router.get("", summary="Say who I am · 我是谁")
async def show_me(call: Calling) -> outputs.Me:
    """The person of the token, and the roles at this moment. 令牌对应的人员及当前角色。"""
    person = call.actor.person
    assert person is not None  # noqa: S101 (nobody else gets this far)
    return outputs.Me(
        person=person.id, name=person.name, roles=dict(call.actor.roles), scope=person.scope,
        token=call.actor.token,
    )  # fmt: skip
