"""Work of a run that takes processor time or waits for a file, beside the event loop.

Threads of Python share one interpreter: while one computes, whoever delivers gets half of what it
would. So a run gives way to deliveries, and is in no hurry while there are any.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hub.flow.parts import Flow

#: How long a run waits after a piece of work, in times of what the event loop computed meanwhile,
#: and at most.
_GIVES_WAY, _SECONDS = 50, 1.0
#: Share of the time the loop computed from which on somebody is in need of the processor.
_BUSY = 0.1
_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(flow: Flow, work: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
    """Do work in a thread; afterwards give way to deliveries that are under way.

    Whoever is cancelled meanwhile goes on only when the work has ended: a thread cannot be stopped,
    and what it works on is thrown away by whoever was cancelled.
    """
    began, computed = time.perf_counter(), time.thread_time()
    result = await _ended(work, *args, **more)
    took, busy = time.perf_counter() - began, time.thread_time() - computed
    if flow.under_way and busy > _BUSY * took:
        await asyncio.sleep(min(_GIVES_WAY * busy, _SECONDS))
    return result


async def _ended(work: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
    job = asyncio.ensure_future(asyncio.to_thread(work, *args, **more))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        while not job.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait((job,))
        # nobody is left to hear of it
        with contextlib.suppress(asyncio.CancelledError):
            job.exception()
        raise
