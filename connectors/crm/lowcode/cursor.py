"""Where polling has got to.

A list comes in the order of ids, not of changes. One round therefore walks all ids of what
changed since an instant, page by page, and only the end of a round moves that instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from hub import ConnectorError, Outcome


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in a round."""

    #: Changes since this instant belong to the round; None: everything.
    since: datetime | None = None
    #: Id after which the round goes on; None at its start.
    after: str | None = None
    #: When the round started, by our clock.
    started: datetime | None = None
    #: Newest change the round has seen, by the platform's clock.
    newest: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor, or that of an ISO instant; without one everything is read."""
        if text is None:
            return cls()
        if moment := instant(text):
            return cls(moment)
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            raise ConnectorError(
                Outcome.MISCONFIGURED,
                "the stored cursor cannot be read; start the poll again from the beginning",
            ) from None

    def text(self) -> str:
        """Return the form that is stored."""
        return msgspec.json.encode(self).decode()

    def next_page(self, last_id: str, seen: Iterable[datetime], now: datetime) -> Cursor:
        """Return the cursor of the same round behind one page."""
        newest = max([*seen, *filter(None, [self.newest])], default=None)
        return Cursor(self.since, last_id, self.started or now, newest)

    def next_round(self, seen: Iterable[datetime], now: datetime) -> Cursor:
        """Return the cursor of the next round.

        A record that changed behind the round's back, with an id it had passed, changed after
        the round started: the next one starts no later than that, and no later than the newest
        change seen, whichever clock is ahead.
        """
        newest = max([*seen, *filter(None, [self.newest])], default=None)
        if newest is None:
            return Cursor(self.since)
        return Cursor(min(newest, self.started or now))


def instant(value: str) -> datetime | None:
    """Return an ISO instant, UTC where it names no zone; None where it is none."""
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
