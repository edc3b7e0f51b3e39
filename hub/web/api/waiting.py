"""What waits for a person: holds of gates, watches, alerts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from hub.store import pages
from hub.web.api import shapes
from hub.web.api.calls import Calling, ExactRoute

gates = APIRouter(prefix="/gates", tags=["gates"], route_class=ExactRoute)
watches = APIRouter(prefix="/watches", tags=["watches"], route_class=ExactRoute)
alerts = APIRouter(prefix="/alerts", tags=["alerts"], route_class=ExactRoute)
ROUTERS = (gates, watches, alerts)


@gates.get("", summary="List what gates hold · 列出关卡扣住的单据")
async def list_holds(
    call: Calling, asked: Annotated[shapes.HoldList, Query()]
) -> shapes.Page[shapes.Hold]:
    """The newest first. 最新的在前。"""
    page = await call.page("gates", asked, pages.holds, state=asked.state, gate=asked.gate)
    return shapes.Page[shapes.Hold].model_validate(page)


@watches.get("", summary="List watches · 列出监视")
async def list_watches(
    call: Calling, asked: Annotated[shapes.WatchList, Query()]
) -> shapes.Page[shapes.Watch]:
    """The newest first. 最新的在前。"""
    page = await call.page("watches", asked, pages.watches, state=asked.state, watch=asked.watch)
    return shapes.Page[shapes.Watch].model_validate(page)


@alerts.get("", summary="List alerts · 列出告警")
async def list_alerts(
    call: Calling, asked: Annotated[shapes.AlertList, Query()]
) -> shapes.Page[shapes.Alert]:
    """The newest first. 最新的在前。"""
    page = await call.page("alerts", asked, pages.alerts, state=asked.state)
    return shapes.Page[shapes.Alert].model_validate(page)
