"""What a person's decision changes at a far end, and in what should stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.store import tables as t
from hub.store.rows import OPEN

if TYPE_CHECKING:
    from delivery_world import World

#: A revision that never comes.
_FOR_EVER = 1_000_000


def note_decision(world: World, row: Any, what: str) -> None:
    """Keep what a decision about a row means for the checks; a cancellation is done by hand."""
    if what == "retry" and row.unsure and world.connectors[row.connection].blind:
        world.may_repeat.add(row.id)
    if what == "cancel":
        world.cancelled.add(row.id)
    if what == "skip" and row.intent != "put" and not _earlier_open(world, row):
        _take_back_by_hand(world, row)
    elif what in ("skip", "cancel"):
        _touch(world, row, for_ever=_leaves_more(row, what))


def _touch(world: World, row: Any, *, for_ever: bool) -> None:
    facts = world.rows[row.id]
    key = facts.record, facts.step
    last = _FOR_EVER if for_ever else world.planned[facts.record]
    world.touched[key] = max(last, world.touched.get(key, 0))
    if row.intent == "put":
        world.wanted[key].discard(row.revision)


def _leaves_more(row: Any, what: str) -> bool:
    """Say whether something may stand that later revisions do not change."""
    if row.intent == "put" or row.unsure:
        return bool(row.unsure)
    return what == "skip" or row.traits["on_revision"] not in ("update", "person")


def _earlier_open(world: World, row: Any) -> bool:
    """Say whether an older row of the same object may still put something there."""
    mine = world.rows[row.id]
    return any(
        other.id < row.id
        and other.state in OPEN
        and (world.rows[other.id].record, other.step) == (mine.record, mine.step)
        for other in world.deliveries()
    )


def _take_back_by_hand(world: World, row: Any) -> None:
    """A person who skips a cancellation has done it at the far end."""
    facts = world.rows[row.id]
    far = world.connectors[row.connection].far
    objects = far.standing(facts.record, facts.step)
    if facts.append and row.intent == "compensate":
        objects = [one for one in objects if one.delivery == _made_by(world, row.target)]
    for one in objects:
        far.remove_by_hand(one)
    world.by_hand.add((facts.record, facts.step))


def _made_by(world: World, target: str) -> str:
    """Return the delivery a compensation takes back; its target is that, or the link of it."""
    query = sa.select(t.link.c.delivery_id).where(t.link.c.id == target)
    found = world.store.read_now(lambda tx: tx.scalar(query))
    return str(found or target)
