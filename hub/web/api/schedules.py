"""Schedules: what the hub does by itself, when, and how that ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from hub.flow import schedules
from hub.flow.schedules import Job
from hub.language import say
from hub.store import schedules as stored
from hub.store.bundles import sentence_of_data
from hub.store.schedules import Scheduled
from hub.web.api import answers, outputs, values
from hub.web.api.calls import Calling, ExactRoute, in_both, unknown

router = APIRouter(prefix="/schedules", tags=["schedules"], route_class=ExactRoute)

Name = Annotated[values.Word, Path(description="Its name, as the list gives it. 列表中的名称。")]


@router.get("", summary="List schedules · 列出计划任务")
async def list_schedules(call: Calling) -> list[outputs.Schedule]:
    """When each runs next, when it ran last and how that ended. 下次、上次运行时间及结果。"""
    kept = await call.read(stored.read)
    return [_told(job, kept.get(job.name)) for job in schedules.jobs(call.settings)]


@router.post(
    "/{name}/run", summary="Run a schedule now · 立即运行", responses=answers.of(404, 409, 502)
)
async def run_schedule(call: Calling, name: Name) -> outputs.Ran:
    """Its next turn stays when it is. 下次运行时间不变。"""
    known = [job.name for job in schedules.jobs(call.settings)]
    if name not in known:
        raise unknown(say("schedule"), name, known)
    words = sentence_of_data(await call.act("schedule.run", name=name))
    return outputs.Ran(words=values.Sentences(**in_both(words)))


def _told(job: Job, row: Scheduled | None) -> outputs.Schedule:
    # a rule that was just changed has no next turn before the daemon has seen it
    current = row is not None and row.rule == job.words
    words = in_both(row.words) if row is not None and row.words is not None else None
    return outputs.Schedule(
        name=job.name, do=job.do, rule=job.words, connection=job.connection or None,
        streams=list(job.streams), next_at=row.next_at if row is not None and current else None,
        last_at=row.last_at if row is not None else None,
        words=values.Sentences(**words) if words else None,
    )  # fmt: skip
