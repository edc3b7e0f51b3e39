"""What the sides of a reconciliation showed, for as long as they are compared.

Rows are landed in the order in which pages come, found by key afterwards, and thrown away when the
report is written. On SQLite they are in a file of their own, with a connection of its own, so that
no delivery ever waits for a run; on PostgreSQL in unlogged tables.

A side of which only changes are read is *kept* from run to run: its rows are known by the document
they come from too, and what is read of a document takes the place of all it had before.

The rows of a page and how far it read are one transaction: a run that was killed goes on with the
next page and counts nothing twice. Nothing here is proof of anything, so nothing is written more
safely than that.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import psycopg

from hub.errors import HubError, StoreError, StoreFull
from hub.language import say
from hub.store import engine

#: Key, hashes of the groups of fields, everything the row holds.
Landed: TypeAlias = "tuple[bytes, bytes, bytes]"
#: Key, then for each side the rows it has of it.
Candidate: TypeAlias = "tuple[bytes, list[list[bytes]]]"
#: Document → the rows it has now; None: it is gone.
Replaced: TypeAlias = "Sequence[tuple[bytes, Sequence[Landed] | None]]"
#: Bytes of a group's hash.
HASH = 16
#: Key of a row that has none which can be used; it holds the reason.
NO_KEY = b""


class SnapshotInUse(HubError):
    """Another process reads what earlier runs kept of the sides. Wait until its run has ended."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What lives on when a run has ended."""

    #: Numbers of the sides.
    sides: frozenset[int]
    #: Of all that rows depend on: what was kept under another one is worth nothing.
    signature: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of a side."""

    documents: int
    rows: int
    rejected: int
    #: Of some that are rejected.
    reasons: Sequence[str]


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of what a run writes down into the hub's."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error) as error:
        found = engine.translation(error)
        if isinstance(found, StoreFull):
            found = StoreFull(
                say("No space is left for what the sides of a reconciliation show. Free some, "
                    "then run it again.")
            )  # fmt: skip
        raise found if isinstance(found, StoreError) else StoreError(str(found)) from error


class Snapshot(Protocol):
    """The rows of one run. Sides and groups of fields go by number, in the run's order."""

    def land(self, side: int, rows: Iterable[Landed], progress: bytes) -> None:
        """Keep the rows of a page and how far the side was read, both or neither."""
        ...

    def progress(self, side: int) -> bytes | None:
        """Return how far a side was read; None before its first page."""
        ...

    def restart(self, side: int) -> None:
        """Forget the rows of a side, and how far it was read."""
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

    # -- of sides that are kept

    def earlier(self, side: int, sources: Sequence[bytes]) -> Mapping[bytes, list[bytes]]:
        """Return document → the rows it has so far, without those that have no key."""
        ...

    def replace(self, side: int, documents: Replaced, progress: bytes, *, touch: bool) -> None:
        """Put what a page shows of documents in the place of what they had before.

        `touch` notes their keys, for `touched`. All that and the progress, or nothing.
        """
        ...

    def build(self, side: int, progress: bytes) -> None:
        """Land everything that is kept of a side, as if it had been read now."""
        ...

    def touched(self, side: int) -> Iterator[tuple[bytes, list[bytes], list[bytes]]]:
        """Yield each key noted, the rows it counts with, and those its documents have by now.

        `settle` forgets the note.
        """
        ...

    def held(self, side: int) -> Held:
        """Return how much is kept of a side."""
        ...

    # -- comparing

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
        """Throw the rows away, but for those of sides that are kept."""
        ...

    def close(self) -> None:
        """Let go of the database; what was landed stays."""
        ...
