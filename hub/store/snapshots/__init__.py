"""What the sides of a reconciliation showed, for as long as they are compared.

Rows are landed in the order in which pages come, found by key afterwards, and thrown away when the
report is written. On SQLite they are in a file of their own, with a connection of its own, so that
no delivery ever waits for a run; on PostgreSQL in unlogged tables.

The rows of a page and how far it read are one transaction: a run that was killed goes on with the
next page and counts nothing twice. Nothing here is proof of anything, so nothing is written more
safely than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

#: Key, hashes of the groups of fields, everything the row holds.
Landed: TypeAlias = "tuple[bytes, bytes, bytes]"
#: Key, then for each side the rows it has of it.
Candidate: TypeAlias = "tuple[bytes, list[list[bytes]]]"
#: Bytes of a group's hash.
HASH = 16


class Snapshot(Protocol):
    """The rows of one run. Sides and groups of fields go by number, in the run's order."""

    def land(self, side: int, rows: Iterable[Landed], progress: bytes) -> None:
        """Keep the rows of a page and how far the side was read, both or neither."""
        ...

    def progress(self, side: int) -> bytes | None:
        """Return how far a side was read; None before its first page."""
        ...

    def index(self, side: int) -> None:
        """Make the rows of a side, all of which are landed, known by key."""
        ...

    def several(self, side: int) -> Iterator[tuple[bytes, list[bytes]]]:
        """Yield each key that several rows of a side have, with what they hold."""
        ...

    def settle(
        self, side: int, changed: Iterable[tuple[bytes, Sequence[Landed]]], progress: bytes
    ) -> None:
        """Put other rows in the place of all of a key; more than one of them are set aside.

        That, and the progress with the sums it changes, or neither.
        """
        ...

    def count(self, side: int) -> int:
        """Return how many keys a side has."""
        ...

    def candidates(
        self, groups: Sequence[Sequence[int]], *, everything: bool
    ) -> Iterator[Candidate]:
        """Yield the keys whose rows are not plainly equal, each once.

        `groups` are the sides of each group of fields, the one that is compared with first. A key
        is plainly equal where all sides have one row of it and the hashes of each group are the
        same. `everything` yields all keys there are.
        """
        ...

    def plain(
        self, groups: Sequence[Sequence[int]], sides: Sequence[int]
    ) -> Iterator[Sequence[bytes]]:
        """Yield of each key that is plainly equal the rows that some sides have of it.

        Those are the keys that `candidates` does not yield.
        """
        ...

    def drop(self) -> None:
        """Throw the rows away."""
        ...

    def close(self) -> None:
        """Let go of the database; what was landed stays."""
        ...
