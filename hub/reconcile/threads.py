"""Work of a run that takes processor time or waits for a file, beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(work: Callable[_P, _T], *args: _P.args, **more: _P.kwargs) -> _T:
    """Do work in a thread; whoever is cancelled meanwhile goes on only when it has ended.

    A thread cannot be stopped, and what it works on is thrown away by whoever was cancelled.
    """
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
