"""Putting the steps of a route in an order in which each comes after what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hub.language import say
from hub.mapping.faults import Faults

if TYPE_CHECKING:
    from hub.mapping.route import Step


def in_order(steps: tuple[Step, ...], faults: Faults) -> tuple[Step, ...]:
    """Return the steps in topological order, otherwise as written; circles are faults."""
    known = {step.name for step in steps}
    placed: dict[str, Step] = {}
    open_steps = list(steps)
    while open_steps:
        ready = next((step for step in open_steps if _free(step, known, placed)), None)
        if ready is None:
            _report_circle(open_steps, faults)
            return steps
        placed[ready.name] = ready
        open_steps.remove(ready)
    return tuple(placed.values())


def _free(step: Step, known: set[str], placed: Mapping[str, Step]) -> bool:
    return all(after.step not in known or after.step in placed for after in step.after)


def _report_circle(steps: list[Step], faults: Faults) -> None:
    names = ", ".join(step.name for step in steps)
    message = say(
        "These steps wait for each other: {names}. Take one of them out of after:.", names=names
    )
    faults.add("E113", steps[0].place, message)
