"""What a person says about links: one of them, or a whole table; whoever waited for one goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.errors import ConfigError
from hub.flow import lanes, link_survey
from hub.flow.link_survey import Survey
from hub.flow.parts import Flow
from hub.language import say
from hub.store import ledger, payloads
from hub.store.board import Board
from hub.store.links import LONGEST
from hub.store.rows import Link


@dataclass(frozen=True, slots=True)
class Named:
    """What a person said an object is called at a connection; `ConfigError` where that cannot be.

    It takes no empty text, and none longer than a link has room for.
    """

    connection: str
    kind: str
    #: Our handle of it.
    handle: str
    external_id: str

    def __post_init__(self) -> None:
        for name, most in LONGEST.items():
            value = getattr(self, name)
            if not value.strip() or len(value) > most:
                raise ConfigError(
                    say("A link's {name} has 1 to {most} characters.", name=name, most=most)
                )


def set_link(tx: Transaction, flow: Flow, named: Named, actor: str) -> str | None:
    """Say which object of a connection is meant by our handle; return the id it had before."""
    board = flow.board(tx)
    _load(board, [named])
    link, before = _set(board, named)
    board.save()
    facts = {
        "connection": named.connection, "kind": named.kind, "handle": named.handle,
        "external_id": named.external_id, "before": before,
    }  # fmt: skip
    entry = ledger.entry(
        flow.clock.new_id(), board.now, "link.set", link.id, actor=actor, facts=facts
    )
    ledger.append(tx, [entry])
    return before


def import_links(
    tx: Transaction, flow: Flow, given: Sequence[Named], sha: str, actor: str, *, dry_run: bool,
    survey: Survey | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Say many at once; return how many are new, changed and unchanged, and what changed.

    `sha` is that of the file they come from; the ledger keeps it, and the hash of a document with
    what was overwritten. A dry run writes nothing. With a `survey` of the same links it writes in a
    fraction of the time.
    """
    counts: Counter[str] = Counter(new=0, changed=0, unchanged=0)
    changed: list[dict[str, str]] = []
    if survey is not None and link_survey.insert(tx, survey):
        given = list(survey.rest)
        counts.update(new=len(survey.plain), unchanged=len(survey.unchanged))
    board = flow.board(tx)
    _load(board, given)
    for named in given:
        before = _known(_standing(board, named))
        what = _difference(before, named.external_id)
        counts[what] += 1
        if what == "changed":
            changed.append({**_plain(named), "before": before or ""})
        if what != "unchanged" and not dry_run:
            _set(board, named)
    if not dry_run and counts["new"] + counts["changed"]:
        board.save()
        entry = ledger.entry(
            flow.clock.new_id(), board.now, "link.imported", sha, actor=actor,
            facts={"sha256": sha, **counts, "overwritten": _kept(tx, changed, board.now)},
        )  # fmt: skip
        ledger.append(tx, [entry])
    return {"counts": dict(counts), "changed": changed}


def _kept(tx: Transaction, changed: Sequence[Mapping[str, str]], now: datetime) -> str | None:
    """Store which links had which ids before; return the hash of it."""
    if not changed:
        return None
    row = payloads.row(payloads.encode({"overwritten": changed}), payloads.JSON, now)
    payloads.put(tx, [row])
    return str(row["sha256"])


def _load(board: Board, given: Sequence[Named]) -> None:
    """Load, in a few statements, all links that are meant and everybody who waits for one."""
    handles = ((one.connection, one.kind, one.handle) for one in given)
    ids = ((one.connection, one.kind, one.external_id) for one in given)
    board.ask_objects(handles, ids)
    about = ((*_about(board, one), _unnamed(board, one)) for one in given)
    board.ask_waiters(link.id for links in about for link in links if link is not None)
    waiting = [row for row in board.rows.values() if row.seat is None]
    board.lock_lanes(row.lane_id for row in waiting)
    board.ask_links({row.record_id for row in waiting})
    board.ask_generations((row.connection, row.handle) for row in waiting)


def _difference(before: str | None, after: str) -> str:
    if before is None:
        return "new"
    return "unchanged" if before == after else "changed"


def _set(board: Board, named: Named) -> tuple[Link, str | None]:
    """Write what a person said; return the link it is in, and the id the object had before."""
    standing = _standing(board, named)
    before = _known(standing)
    empty = [link for link in _about(board, named) if link.record_id is None]
    link = standing or board.empty_link(named.connection, named.kind, named.handle)
    for one in [link, *(other for other in empty if other is not link)]:
        lanes.fill(board, one, named.external_id)
    unnamed = _unnamed(board, named)
    if unnamed is not None:
        lanes.wake_for_link(board, unnamed)
    return link, before


def _unnamed(board: Board, named: Named) -> Link | None:
    """Return what those wait for that have the id and want our handle of it."""
    return board.unnamed_link(named.connection, named.kind, named.external_id)


def _standing(board: Board, named: Named) -> Link | None:
    """Return the link that look-ups answer from: of those that stand the last one written."""
    alive = [link for link in _about(board, named) if link.alive]
    named_ones = [link for link in alive if link.external_id is not None] or alive
    return max(named_ones, key=lambda link: (link.changed_at, link.id), default=None)


def _about(board: Board, named: Named) -> list[Link]:
    return board.links_about(named.connection, named.kind, named.handle)


def _known(link: Link | None) -> str | None:
    return None if link is None else link.external_id


def _plain(named: Named) -> Mapping[str, str]:
    return {
        "connection": named.connection, "kind": named.kind, "handle": named.handle,
        "external_id": named.external_id,
    }  # fmt: skip
