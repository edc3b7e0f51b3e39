"""Named places at which a test can kill the hub, to prove that nothing is lost or done twice.

`HUB_FAIL=delivery.sent:3` kills the process (SIGKILL) the third time it passes that place. Inside
a test process `failing` raises `FailPoint` there instead. Unset, a place costs one attribute check.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping

from hub.errors import ConfigError

#: Every place there is, named `<stage>.<what has just happened, or is about to>`.
POINTS = frozenset(
    {
        "message.stored",
        "message.planned",
        "plan.before_commit",
        "plan.committed",
        "document.drawn",
        "document.printed",
        "delivery.claimed",
        "delivery.before_send",
        "delivery.sent",
        "delivery.before_finish",
        "delivery.finished",
        "ask.claimed",
        "ask.answered",
        "confirm.claimed",
        "confirm.answered",
        "poll.before_commit",
        "poll.committed",
        "watch.before_commit",
        "watch.committed",
        "notice.given_out",
        "notice.claimed",
        "notice.taken",
        "notice.sent",
        "reconcile.begun",
        "reconcile.page_landed",
        "reconcile.indexed",
        "reconcile.side_settled",
        "reconcile.judged",
        "reconcile.looked",
        "reconcile.booked",
        "reconcile.settled",
        "reconcile.part_kept",
        "reconcile.before_end",
        "reconcile.ended",
        "repair.planned",
        "repair.before_commit",
        "repair.committed",
    }
)


class FailPoint(BaseException):
    """The hub was stopped here by a test. Like a kill, it passes every `except Exception`."""


class _Switch:
    """The one thing that is set while a place is to fail."""

    hook: Callable[[str], None] | None = None


def fail_at(name: str) -> None:
    """Die here if a test asked for it; `name` is one of `POINTS`."""
    if _Switch.hook is not None:
        _Switch.hook(name)


def arm(environ: Mapping[str, str]) -> None:
    """Do what `HUB_FAIL` says; called once, when the daemon starts.

    Raises `ConfigError` when it is not `<place>:<n>` with a place of `POINTS` and n from 1.
    """
    wanted = environ.get("HUB_FAIL")
    if not wanted:
        return
    point, _, number = wanted.partition(":")
    if point not in POINTS:
        known = ", ".join(sorted(POINTS))
        raise ConfigError(f"HUB_FAIL: there is no place {point!r}; it knows: {known}")
    if not (number.isascii() and number.isdigit() and int(number)):
        raise ConfigError(f"HUB_FAIL={wanted}: write {point}:n, n being the pass from 1 that fails")
    _Switch.hook = _at_pass(point, int(number), _kill)


@contextlib.contextmanager
def failing(point: str, number: int = 1) -> Iterator[None]:
    """Raise `FailPoint` at the n-th pass of a place, within the `with` block; blocks may nest."""
    if point not in POINTS:
        raise ValueError(f"there is no place {point!r}")
    before = _Switch.hook
    _Switch.hook = _at_pass(point, number, _stop)
    try:
        yield
    finally:
        _Switch.hook = before


def _at_pass(point: str, number: int, act: Callable[[str], None]) -> Callable[[str], None]:
    left = number
    other = _Switch.hook

    def passed(name: str) -> None:
        nonlocal left
        if other is not None:
            other(name)
        left -= name == point
        if name == point and left == 0:
            act(name)

    return passed


def _kill(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop(name: str) -> None:
    raise FailPoint(name)
