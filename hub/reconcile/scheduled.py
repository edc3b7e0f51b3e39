"""Reconciliations that run by themselves at their time."""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import ConfigError
from hub.flow.parts import Flow
from hub.flow.schedules import Job, Kind
from hub.language import Message, say
from hub.nearest import suggestion
from hub.reconcile.plan import Plan
from hub.reconcile.run import run


async def reconcile(flow: Flow, job: Job) -> Message:
    """Run a reconciliation; return how it ended."""
    bundle = flow.bundles.active
    definition = bundle.reconciliations.get(job.reconciliation)
    if definition is None:
        raise ConfigError(
            say("There is no reconciliation {name}. {hint}", name=job.reconciliation,
                hint=suggestion(job.reconciliation, bundle.reconciliations))
        )  # fmt: skip
    done = await run(flow, Plan(definition, bundle, "system"))
    return say("{verdict}: {count} findings", verdict=done.verdict or "",
               count=done.figures.get("open", 0))  # fmt: skip


#: For `Flow.jobs`.
JOBS: Mapping[str, Kind] = {"reconcile": reconcile}
