"""Limits how often somebody may try to sign in."""

from __future__ import annotations

from collections import OrderedDict

#: Failures from one address, and from all together, within the window.
_OF_ONE = 10
_OF_ALL = 200
_WINDOW_SECONDS = 300.0
#: Addresses kept in mind; the one that failed longest ago is forgotten first.
_ADDRESSES = 10_000
_ALL = ""


class Throttle:
    """Counts what failed, per address and overall; in the memory of this process."""

    def __init__(self) -> None:
        #: Address → beginning of its window, failures in it.
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait(self, address: str, now: float) -> int:
        """Return how many seconds an address has to wait; 0: it may try."""
        return max(self._wait(address, _OF_ONE, now), self._wait(_ALL, _OF_ALL, now))

    def failed(self, address: str, now: float) -> None:
        """Count a failure."""
        for name in (address, _ALL):
            began, count = self._failures.pop(name, (now, 0))
            fresh = now - began >= _WINDOW_SECONDS
            self._failures[name] = (now, 1) if fresh else (began, count + 1)
        while len(self._failures) > _ADDRESSES:
            self._failures.popitem(last=False)

    def _wait(self, name: str, most: int, now: float) -> int:
        began, count = self._failures.get(name, (now, 0))
        left = began + _WINDOW_SECONDS - now
        return int(left) + 1 if count >= most and left > 0 else 0
