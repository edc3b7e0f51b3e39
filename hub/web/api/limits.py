"""How many calls somebody may make: buckets that fill up again, kept in the memory of a process."""

from __future__ import annotations

import math
from collections import OrderedDict

#: Buckets kept; whoever has not called for longest begins again with a full one.
_MOST = 10_000


class Buckets:
    """A bucket of calls for each name, filled evenly over a minute."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / 60
        #: Name → calls left, and when that was.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, now: float) -> int:
        """Take a call; return 0 where there was one, else in how many seconds there will be.

        `now` is a clock that never runs backwards.
        """
        left = self._level(name, now)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        self._left.move_to_end(name)
        if len(self._left) > _MOST:
            self._left.popitem(last=False)
        return 0 if left >= 1 else self._wait(left)

    def wait(self, name: str, now: float) -> int:
        """Return in how many seconds there will be a call, without taking one."""
        left = self._level(name, now)
        return 0 if left >= 1 else self._wait(left)

    def _level(self, name: str, now: float) -> float:
        left, at = self._left.get(name, (self._most, now))
        return min(self._most, left + (now - at) * self._per_second)

    def _wait(self, left: float) -> int:
        return max(1, math.ceil((1 - left) / self._per_second))
