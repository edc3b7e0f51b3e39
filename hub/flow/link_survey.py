"""A look at a table of links before it is written, so that the writing itself is short.

Most rows of a table name objects that no link is about yet, or say what is known. They need none of
what waiting deliveries need, and webhooks need not wait for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Connection as Transaction

from hub.store import links as stored_links
from hub.store import queries
from hub.store import tables as t

if TYPE_CHECKING:
    from hub.flow.links import Named
    from hub.flow.parts import Flow

#: Names asked for in one statement.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at the store said of a table; another transaction may know better by now."""

    #: About what no link was known and nobody waited for.
    plain: Sequence[Named]
    #: The same as rows to be inserted.
    rows: Sequence[Mapping[str, Any]]
    #: What stands so already.
    unchanged: Sequence[Named]
    #: All others, each with the id it had.
    rest: Mapping[Named, str | None]


def look(tx: Transaction, flow: Flow, given: Sequence[Named]) -> Survey:
    """Return what is known of these links, without locking anything."""
    known = known_among(tx, given)
    plain = [one for one in given if one not in known]
    standing = {
        (connection, kind): stored_links.external_ids(tx, connection, kind, handles)
        for (connection, kind), handles in _handles(known).items()
    }
    before = {one: standing[one.connection, one.kind].get(one.handle)
              for one in given if one in known}  # fmt: skip
    unchanged = [one for one, stands in before.items() if stands == one.external_id]
    rest = {one: stands for one, stands in before.items() if stands != one.external_id}
    now = flow.clock.now()
    return Survey(plain, [_row(flow.clock.new_id(), one, now) for one in plain], unchanged, rest)


def told(survey: Survey) -> dict[str, Any]:
    """Return what writing the table would come to, in the words of `links.import_links`."""
    changed = [
        {"connection": one.connection, "kind": one.kind, "handle": one.handle,
         "external_id": one.external_id, "before": before}
        for one, before in survey.rest.items()
        if before is not None
    ]  # fmt: skip
    new = len(survey.plain) + len(survey.rest) - len(changed)
    counts = {"new": new, "changed": len(changed), "unchanged": len(survey.unchanged)}
    return {"counts": counts, "changed": changed}


def known_among(tx: Transaction, given: Sequence[Named]) -> Collection[Named]:
    """Return those that a link is about, or whose id somebody waits for."""
    found: set[tuple[str, str, str]] = set()
    for (connection, kind), handles in _handles(given).items():
        about = {"connection": connection, "kind": kind}
        found |= {(*about.values(), row.handle) for row in _ask(tx, queries.LINKS_OF_OBJECTS,
                                                                handles, about)}  # fmt: skip
    connections = sorted({one.connection for one in given})
    ids = sorted({one.external_id for one in given})
    unnamed = {
        (row.connection, row.kind, row.external_id)
        for row in _ask(tx, queries.LINKS_UNNAMED, ids, {"connections": connections})
    }
    return {
        one
        for one in given
        if (one.connection, one.kind, one.handle) in found
        or (one.connection, one.kind, one.external_id) in unnamed
    }


def insert(tx: Transaction, survey: Survey) -> bool:
    """Insert what is plain in one statement, unless a link was written about any of it since."""
    # those of the rest too: whoever locks one after the other may block another for ever
    meant = (*survey.plain, *survey.rest)
    stored_links.lock_to_want(tx, {name for one in meant for name in (one.handle, one.external_id)})
    if known_among(tx, survey.plain):
        return False
    if survey.rows:
        tx.execute(sa.insert(t.link), list(survey.rows))
    return True


def shared(
    tx: Transaction, groups: Mapping[tuple[str, str], Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return each id that several of our handles would have, with what is linked already.

    `groups` are connection and kind → our handle → their id.
    """
    found = []
    for (connection, kind), links in sorted(groups.items()):
        handles: defaultdict[str, list[str]] = defaultdict(list)
        for handle, external_id in links.items():
            handles[external_id].append(handle)
        for external_id, handle in stored_links.handles(tx, connection, kind, handles).items():
            # what the table says of a handle comes in place of what stands
            if handle not in links:
                handles[external_id].append(handle)
        found += [
            {"connection": connection, "kind": kind, "external_id": one, "handles": sorted(names)}
            for one, names in sorted(handles.items())
            if len(names) > 1
        ]
    return found


def _handles(given: Collection[Named]) -> Mapping[tuple[str, str], list[str]]:
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in given:
        groups[one.connection, one.kind].append(one.handle)
    return groups


def _ask(
    tx: Transaction, query: Any, names: Sequence[str], more: Mapping[str, Any]
) -> Iterator[sa.Row[Any]]:
    for at in range(0, len(names), _AT_ONCE):
        yield from tx.execute(query, {"ids": names[at : at + _AT_ONCE], **more})


def _row(link_id: str, named: Named, now: datetime) -> Mapping[str, Any]:
    return {
        "id": link_id, "connection": named.connection, "kind": named.kind,
        "handle": named.handle, "external_id": named.external_id, "alive": True,
        "changed_at": now,
    }  # fmt: skip
