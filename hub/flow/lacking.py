"""Links that mappings lack: whoever needs one waits, and goes on as soon as it is written."""

from __future__ import annotations

from collections.abc import Iterable

from hub.errors import ConfigError, HubError
from hub.flow.parts import Flow
from hub.language import say
from hub.mapping.running.lookups import MissingLink
from hub.store import links
from hub.store.board import Board
from hub.store.rows import Link


class Lacking:
    """Missing links, locked and loaded in a few statements for one transaction."""

    def __init__(self, flow: Flow, board: Board, missing: Iterable[MissingLink]) -> None:
        self._flow = flow
        self._board = board
        asked = {one for one in missing if links.storable(one.handle)}
        self._theirs = {(one.connection, one.kind, one.handle) for one in asked if one.theirs}
        ours = ((one.connection, one.kind, one.handle) for one in asked if not one.theirs)
        board.ask_objects(ours, self._theirs)
        self._named = self._with_handles()

    def _with_handles(self) -> set[tuple[str, str, str]]:
        """Return the ids of theirs that have a handle, as things stand under the locks."""
        groups: dict[tuple[str, str], set[str]] = {}
        for connection, kind, external_id in sorted(self._theirs):
            groups.setdefault((connection, kind), set()).add(external_id)
        return {
            (connection, kind, one)
            for (connection, kind), ids in groups.items()
            for one in links.handles(self._board.tx, connection, kind, ids)
        }

    def of(self, missing: Iterable[MissingLink]) -> list[Link]:
        """Return the links to wait for; none where all of them have been written meanwhile.

        Raises `ConfigError` where one can never be written.
        """
        found = (self._wanted(one) for one in missing)
        return [link for link in found if link is not None]

    def _wanted(self, one: MissingLink) -> Link | None:
        self._check(one)
        name = (one.connection, one.kind, one.handle)
        if one.theirs:
            known = name in self._named or self._board.knows_id(*name)
            return None if known else self._board.lacking_link(*name)
        about = self._board.links_about(*name)
        if any(link.alive and link.external_id is not None for link in about):
            return None
        return self._board.empty_link(*name)

    def _check(self, one: MissingLink) -> None:
        if not links.storable(one.handle) or len(one.kind) > links.LONGEST["kind"]:
            text = say(
                "No link can be called so: {connection} {kind}, a name of {count} characters",
                connection=one.connection, kind=one.kind, count=len(one.handle),
            )  # fmt: skip
            raise ConfigError(text)
        try:
            self._flow.connection(one.connection)
        except HubError as unknown:
            raise ConfigError(f"{one}: {unknown}") from None
