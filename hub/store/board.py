"""The unit of work over deliveries: rows are locked when loaded, changed in memory, saved once.

All rules of lanes, waits and outcomes are plain Python over a `Board` (`hub.flow.lanes`,
`hub.flow.outcomes`, `hub.flow.revisions`). Every decision rests on rows this transaction has
locked, in id order, so a decision cannot be overtaken by another process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVarTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import holds, inbox, queries
from hub.store import ledger as ledgers
from hub.store import links as stored_links
from hub.store import tables as t
from hub.store.inserts import insert_missing
from hub.store.rows import (
    DELIVERY_COLUMNS,
    LINK_COLUMNS,
    OPEN,
    Delivery,
    Link,
    Policy,
    Wait,
    delivery_values,
    link_values,
)

_Columns = TypeVarTuple("_Columns")

#: Connection, kind and our handle of an object, or the connection's id of it.
LinkName: TypeAlias = tuple[str, str, str]
#: Ids asked for in one statement.
_AT_ONCE = 500


class Board:
    """Deliveries of one transaction, with what they wait for and what they made."""

    def __init__(
        self, tx: Connection, now: datetime, new_id: Callable[[], str], policy: Policy
    ) -> None:
        self.tx = tx
        self.now = now
        self.new_id = new_id
        self.policy = policy
        self.rows: dict[str, Delivery] = {}
        #: Connections to wake once committed, as something became due for them.
        self.nudged: set[str] = set()
        #: Keys of waiting messages that may go on.
        self.woken: set[str] = set()
        self._rows_of: defaultdict[str, list[Delivery]] = defaultdict(list)
        self._rows_in: defaultdict[str, list[Delivery]] = defaultdict(list)
        self._saved: dict[str, tuple[Any, ...]] = {}
        self._saved_waits: dict[str, frozenset[Wait]] = {}
        self._waiters: dict[str, set[str]] = {}
        self._asked: set[str] = set()
        self._records: set[str] = set()
        self._links: dict[str, Link] = {}
        self._links_of: defaultdict[str, list[Link]] = defaultdict(list)
        self._links_about: defaultdict[LinkName, list[Link]] = defaultdict(list)
        self._links_saved: dict[str, tuple[Any, ...]] = {}
        self._links_asked: set[str] = set()
        #: By the connection's id: links that lack our handle.
        self._unnamed: dict[LinkName, Link] = {}
        self._wanted_asked: set[str] = set()
        self._objects_asked: set[LinkName] = set()
        self._ids_asked: set[LinkName] = set()
        self._ids_made: set[tuple[str, str]] = set()
        self._last_noted: dict[str, str] = {}
        self._lanes: dict[str, int] = {}
        self._lanes_saved: dict[str, int] = {}
        self._keys: list[dict[str, Any]] = []
        self._generations: dict[tuple[str, str], int] = {}
        self._attempts: list[dict[str, Any]] = []
        self._ledger: list[ledgers.Entry] = []
        self._outdated: dict[str, tuple[int, frozenset[int]]] = {}

    # -- loading

    def load(self, ids: Iterable[str]) -> list[Delivery]:
        """Lock and return the rows of these ids that exist."""
        wanted = sorted(set(ids))
        missing = [one for one in wanted if one not in self.rows]
        self._take(queries.DELIVERIES, missing)
        return [self.rows[one] for one in wanted if one in self.rows]

    def load_record(self, record_id: str) -> list[Delivery]:
        """Lock and return all deliveries of a record, oldest first."""
        if record_id not in self._records:
            self.ask_records([record_id])
        return sorted(self._rows_of[record_id], key=lambda row: row.id)

    def ask_records(self, record_ids: Iterable[str]) -> None:
        """Lock, in one go, all deliveries of these records and what waits for the open ones."""
        wanted = sorted(set(record_ids) - self._records)
        self._take(queries.DELIVERIES_OF_RECORDS, wanted)
        self._records.update(wanted)
        rows = (row for one in wanted for row in self._rows_of[one])
        self.ask_waiters([row.id for row in rows if row.state in OPEN])

    def _ask(
        self, query: sa.Select[*_Columns], ids: Sequence[str], **more: Any
    ) -> Iterator[sa.Row[*_Columns]]:
        for start in range(0, len(ids), _AT_ONCE):
            yield from self.tx.execute(query, {"ids": ids[start : start + _AT_ONCE], **more})

    def _take(self, query: sa.Select[Any], ids: Sequence[str]) -> None:
        fresh: list[Delivery] = []
        for found in self._ask(query, ids):
            if found.id not in self.rows:
                row = Delivery(**found._mapping)
                self._hold(row)
                self._saved[row.id] = delivery_values(row)
                fresh.append(row)
        self._take_waits([row.id for row in fresh if row.waits or row.state == "blocked"])

    def _take_waits(self, ids: Sequence[str]) -> None:
        for owner, kind, on_id in self._ask(queries.WAITS, ids):
            self._note_wait(self.rows[owner], Wait(kind, on_id))
        for one in ids:
            self._saved_waits[one] = frozenset(self.rows[one].open_waits)

    def ask_waiters(self, ids: Iterable[str]) -> None:
        """Load, in one go, everything that waits for one of these ids."""
        wanted = sorted(set(ids) - self._asked)
        if not wanted:
            return
        found = {owner for (owner,) in self._ask(queries.WAITERS, wanted)}
        self._asked.update(wanted)
        self.load(found)

    def waiting_on(self, on_id: str, *kinds: str) -> list[Delivery]:
        """Return the blocked rows that wait for this delivery or link in one of these ways."""
        waits = [Wait(kind, on_id) for kind in kinds]
        return [
            row
            for row in self.waiters(on_id)
            if row.state == "blocked" and any(wait in row.open_waits for wait in waits)
        ]

    def waiters(self, on_id: str) -> list[Delivery]:
        """Return the rows, in whatever state, that wait for this delivery, link or hold."""
        self.ask_waiters([on_id])
        return [self.rows[one] for one in sorted(self._waiters.get(on_id, ()))]

    # -- waits

    def add_wait(self, row: Delivery, wait: Wait) -> None:
        """Let a row wait for one more thing; what is waited for must be locked by now."""
        self._saved_waits.setdefault(row.id, frozenset())
        self._note_wait(row, wait)
        row.waits = len(row.open_waits)

    def drop_wait(self, row: Delivery, wait: Wait) -> None:
        """Take one wait off a row."""
        row.open_waits.discard(wait)
        self._waiters.get(wait.on_id, set()).discard(row.id)
        row.waits = len(row.open_waits)

    def _note_wait(self, row: Delivery, wait: Wait) -> None:
        row.open_waits.add(wait)
        self._waiters.setdefault(wait.on_id, set()).add(row.id)

    # -- new rows

    def add(self, row: Delivery) -> None:
        """Add a new delivery."""
        self._hold(row)
        self._saved_waits[row.id] = frozenset()
        self._asked.add(row.id)

    def _hold(self, row: Delivery) -> None:
        self.rows[row.id] = row
        self._rows_of[row.record_id].append(row)
        self._rows_in[row.lane_id].append(row)

    # -- lanes

    def open_lanes(self, lanes: Iterable[tuple[str, str, str]]) -> None:
        """Make sure the lanes (id, connection, handle) exist."""
        rows = [
            {"id": one, "connection": connection, "handle": handle, "next_seat": 1}
            for one, connection, handle in sorted(set(lanes))
            if one not in self._lanes
        ]
        if rows:
            insert_missing(self.tx, t.lane, rows)

    def lock_lanes(self, ids: Iterable[str]) -> None:
        """Lock lanes in id order, and load the last row that holds each."""
        wanted = sorted(set(ids) - set(self._lanes))
        for one, seat in self._ask(queries.LANES, wanted):
            self._lanes[one] = self._lanes_saved[one] = seat
        found = dict(self._ask(queries.LAST_HOLDERS, wanted))
        self.load(found.values())
        self._last_noted.update(found)

    def last_noted(self, lane: str) -> Delivery | None:
        """Return the last row the store noted as holding the lane when it was locked."""
        noted = self._last_noted.get(lane)
        return self.rows[noted] if noted else None

    def next_seat(self, lane: str) -> int:
        """Return the next seat of a lane, and lock the lane."""
        self.lock_lanes([lane])
        seat = self._lanes[lane]
        self._lanes[lane] = seat + 1
        return seat

    def rows_in_lane(self, lane: str) -> list[Delivery]:
        """Return the rows of a lane that are loaded and hold a seat, by seat."""
        rows = [row for row in self._rows_in[lane] if row.seat is not None]
        return sorted(rows, key=lambda row: row.seat or 0)

    def holder_before(self, lane: str, seat: int) -> Delivery | None:
        """Return, locked, the last row before a seat that is noted as holding the lane."""
        d = t.delivery.c
        found = self.tx.scalar(
            sa.select(d.id)
            .where(d.lane_id == lane, d.holds_lane, d.seat < seat)
            .order_by(d.seat.desc())
            .limit(1)
        )
        return self.load([found])[0] if found else None

    def later_claimed(self, row: Delivery) -> bool:
        """Say whether a later row of the same lane was ever sent."""
        d = t.delivery.c
        return bool(
            self.tx.scalar(
                sa.select(sa.literal(1))
                .where(d.lane_id == row.lane_id, d.seat > row.seat, d.tries > 0)
                .limit(1)
            )
        )

    def later_moved(self, row: Delivery) -> bool:
        """Say whether a later row of the same lane was sent or is about to be."""
        d = t.delivery.c
        moved = sa.or_(d.tries > 0, d.state == "ready")
        query = sa.select(sa.literal(1)).where(d.lane_id == row.lane_id, d.seat > row.seat, moved)
        return bool(self.tx.scalar(query.limit(1)))

    # -- links

    def ask_links(self, record_ids: Iterable[str]) -> None:
        """Load, in one go, what stands at far ends because of these records."""
        wanted = sorted(set(record_ids) - self._links_asked)
        self._take_links(self._ask(queries.LINKS_OF_RECORDS, wanted))
        self._links_asked.update(wanted)

    def _take_links(self, rows: Iterable[sa.Row[Any]]) -> None:
        for found in rows:
            if found.id not in self._links:
                link = Link(**found._mapping)
                self._hold_link(link)
                self._links_saved[link.id] = link_values(link)

    def links(self, record_id: str, step: str | None = None) -> list[Link]:
        """Return the links of a record, of one step if it is named, oldest first."""
        self.ask_links([record_id])
        links = [one for one in self._links_of[record_id] if step is None or one.step == step]
        return sorted(links, key=lambda one: one.id)

    def link(self, link_id: str) -> Link:
        """Return one link by its id."""
        if link_id not in self._links:
            self._take_links(self.tx.execute(queries.LINK, {"link": link_id}))
        return self._links[link_id]

    def ask_objects(self, names: Iterable[LinkName], ids: Iterable[LinkName] = ()) -> None:
        """Load every link of these objects, before others may write or want one.

        They are named by our handles, and by ids of theirs whose handles somebody may wait for.
        """
        wanted = set(names) - self._objects_asked
        unnamed = set(ids) - self._ids_asked
        if not wanted and not unnamed:
            return
        # all at once: whoever locks one after the other may block another for ever
        stored_links.lock_to_want(self.tx, {name for _, _, name in wanted | unnamed})
        groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for connection, kind, handle in sorted(wanted):
            groups[connection, kind].append(handle)
        for (connection, kind), handles in groups.items():
            found = self._ask(queries.LINKS_OF_OBJECTS, handles, connection=connection, kind=kind)
            self._take_links(found)
        self._objects_asked |= wanted
        self._take_unnamed({(connection, one) for connection, _, one in unnamed})
        self._ids_asked |= unnamed

    def _take_unnamed(self, ids: set[tuple[str, str]]) -> None:
        connections = sorted({connection for connection, _ in ids})
        external_ids = sorted({one for _, one in ids})
        self._take_links(self._ask(queries.LINKS_UNNAMED, external_ids, connections=connections))

    def links_about(self, connection: str, kind: str, handle: str) -> list[Link]:
        """Return every link of an object, oldest first."""
        self.ask_objects([(connection, kind, handle)])
        return sorted(self._links_about[connection, kind, handle], key=lambda one: one.id)

    def wanted_link(self, connection: str, kind: str, handle: str) -> Link:
        """Return the link of an object that stands, or an empty one that others can wait for."""
        alive = [one for one in self.links_about(connection, kind, handle) if one.alive]
        return alive[0] if alive else self.empty_link(connection, kind, handle)

    def empty_link(self, connection: str, kind: str, handle: str) -> Link:
        """Return the link of an object that is filled by whoever makes or names the object."""
        for one in self.links_about(connection, kind, handle):
            if one.record_id is None:
                return one
        return self.add_link(
            Link(self.new_id(), connection, kind, handle, alive=False, changed_at=self.now)
        )

    def unnamed_link(self, connection: str, kind: str, external_id: str) -> Link | None:
        """Return what those wait for who have the connection's id and want our handle."""
        self.ask_objects((), [(connection, kind, external_id)])
        return self._unnamed.get((connection, kind, external_id))

    def knows_id(self, connection: str, kind: str, external_id: str) -> bool:
        """Say whether a link that was loaded or made here gives an id of theirs our handle."""
        name = (connection, kind, external_id)
        return any(
            (link.connection, link.kind, link.external_id) == name
            for link in self._links.values()
            if link.alive
        )

    def lacking_link(self, connection: str, kind: str, external_id: str) -> Link:
        """Return the same, made where there is none."""
        found = self.unnamed_link(connection, kind, external_id)
        return found or self.add_link(
            Link(self.new_id(), connection, kind, "", alive=False, changed_at=self.now,
                 external_id=external_id)
        )  # fmt: skip

    def ask_wanted(
        self, handles: Iterable[str], ids: Iterable[tuple[str, str | None]] = ()
    ) -> None:
        """Load, in one go, the links others wait for that are about objects made now.

        `ids` are the objects' connections with their ids there.
        """
        wanted = set(handles) - self._wanted_asked
        made = {(connection, one) for connection, one in ids if one} - self._ids_made
        if not wanted and not made:
            return
        stored_links.lock_to_make(self.tx, wanted | {one for _, one in made})
        self._take_links(self._ask(queries.LINKS_WANTED, sorted(wanted)))
        self._wanted_asked |= wanted
        self._take_unnamed(made)
        self._ids_made |= made

    def links_wanted(self, made: Link) -> list[Link]:
        """Return the empty links others wait for that are about this object."""
        name = (made.connection, made.kind, made.handle)
        return [one for one in self._links_about[name] if one.record_id is None]

    def unnamed_wanted(self, made: Link) -> Link | None:
        """Return what those wait for who know this object by its connection's id only."""
        return self._unnamed.get((made.connection, made.kind, made.external_id or ""))

    def add_link(self, link: Link) -> Link:
        """Add a new link."""
        self._hold_link(link)
        self._asked.add(link.id)
        return link

    def _hold_link(self, link: Link) -> None:
        self._links[link.id] = link
        if not link.handle:
            self._unnamed[link.connection, link.kind, link.external_id or ""] = link
            return
        self._links_about[link.connection, link.kind, link.handle].append(link)
        if link.record_id is not None:
            self._links_of[link.record_id].append(link)

    # -- keys

    def next_generation(self, row: Delivery) -> int:
        """Return the next generation of an object handle: a re-created object has a new key."""
        handle = (row.connection, row.handle)
        if handle not in self._generations:
            self.ask_generations([handle])
        self._generations[handle] += 1
        return self._generations[handle]

    def ask_generations(self, objects: Iterable[tuple[str, str]]) -> None:
        """Load, in one go, how often these objects (connection, handle) were created."""
        wanted = set(objects) - set(self._generations)
        self._generations.update(dict.fromkeys(wanted, 0))
        handles = sorted({handle for _, handle in wanted})
        connections = sorted({connection for connection, _ in wanted})
        for connection, handle, drawn in self._ask(
            queries.GENERATIONS, handles, connections=connections
        ):
            if (connection, handle) in wanted:
                self._generations[connection, handle] = drawn

    def keep_key(self, row: Delivery, generation: int) -> None:
        """Remember that a key was drawn, for ever."""
        self._keys.append(
            {
                "connection": row.connection,
                "handle": row.handle,
                "generation": generation,
                "key": row.key,
                "delivery_id": row.id,
            }
        )

    # -- what is outdated

    def outdated(self, row: Delivery) -> bool:
        """Say whether a newer revision of the record was planned, or this one was revoked."""
        if row.record_id not in self._outdated:
            self.ask_outdated([row.record_id])
        planned, revoked = self._outdated[row.record_id]
        return planned > row.revision or row.revision in revoked

    def ask_outdated(self, record_ids: Iterable[str]) -> None:
        """Load, in one go, which revisions of these records count."""
        wanted = sorted(set(record_ids) - set(self._outdated))
        revoked: dict[str, set[int]] = {}
        for record_id, revision in self._ask(queries.REVOKED, wanted):
            revoked.setdefault(record_id, set()).add(revision)
        for record_id, planned in self._ask(queries.PLANNED, wanted):
            self._outdated[record_id] = (planned, frozenset(revoked.get(record_id, ())))

    def planned_now(self, record_id: str, planned: int, revoked: Iterable[int]) -> None:
        """Note what this transaction itself has just decided about a record."""
        self._outdated[record_id] = (planned, frozenset(revoked))

    # -- appends

    def attempt(self, **values: Any) -> None:
        """Append an attempt."""
        self._attempts.append(values)

    def note(self, kind: str, row: Delivery, actor: str = "system", **facts: Any) -> None:
        """Append a ledger entry about a delivery."""
        entry = ledgers.entry(
            self.new_id(), self.now, kind, row.id, actor=actor,
            correlation_id=row.correlation_id, facts=facts,
        )  # fmt: skip
        self._ledger.append(entry)

    # -- saving

    def save(self) -> None:
        """Write everything that changed, in a few statements."""
        self._save_rows()
        self._save_waits()
        self._save_links()
        moved = [
            {"row": one, "new_next_seat": seat}
            for one, seat in sorted(self._lanes.items())
            if seat != self._lanes_saved[one]
        ]
        if moved:
            self.tx.execute(queries.changes(t.lane, ("next_seat",)), moved)
        if self._keys:
            self.tx.execute(sa.insert(t.delivery_key), self._keys)
        if self._attempts:
            self.tx.execute(sa.insert(t.attempt), self._attempts)
        ledgers.append(self.tx, self._ledger)
        inbox.wake(self.tx, self.woken, self.now)

    def _save_rows(self) -> None:
        new = [row for one, row in sorted(self.rows.items()) if one not in self._saved]
        if new:
            values = [dict(zip(DELIVERY_COLUMNS, delivery_values(row), strict=True)) for row in new]
            self.tx.execute(sa.insert(t.delivery), values)
        groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for one, before in sorted(self._saved.items()):
            row = self.rows[one]
            after = delivery_values(row)
            if after is not before and after != before:
                changed = {
                    name: new_value
                    for name, old, new_value in zip(DELIVERY_COLUMNS, before, after, strict=True)
                    if old != new_value
                }
                groups.setdefault(tuple(changed), []).append({"row": one, **_bound(changed)})
        for names, rows in groups.items():
            self.tx.execute(queries.changes(t.delivery, names), rows)
        for row in self.rows.values():
            if row.due_at is not None:
                self.nudged.add(row.connection)

    def _save_waits(self) -> None:
        gone: list[dict[str, str]] = []
        come: list[dict[str, str]] = []
        for one, before in self._saved_waits.items():
            after = self.rows[one].open_waits
            gone += [_wait_values(one, wait) for wait in sorted(before - after)]
            come += [_wait_values(one, wait) for wait in sorted(after - before)]
        held = [one["on_id"] for one in gone if one["kind"] == "gate"]
        if gone:
            self.tx.execute(
                queries.NO_LONGER_WAITS,
                [
                    {"owner": one["delivery_id"], "how": one["kind"], "what": one["on_id"]}
                    for one in gone
                ],
            )
        if come:
            self.tx.execute(sa.insert(t.delivery_wait), come)
        for one in holds.lapse(self.tx, held, self.now) if held else ():
            self._ledger.append(ledgers.entry(self.new_id(), self.now, "gate.lapsed", one))

    def _save_links(self) -> None:
        new: list[dict[str, Any]] = []
        groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for one, link in sorted(self._links.items()):
            values = dict(zip(LINK_COLUMNS, link_values(link), strict=True))
            before = self._links_saved.get(one)
            if before is None:
                new.append(values)
            elif link_values(link) != before:
                old = dict(zip(LINK_COLUMNS, before, strict=True))
                changed = {name: value for name, value in values.items() if value != old[name]}
                groups.setdefault(tuple(changed), []).append({"row": one, **_bound(changed)})
        for names, rows in groups.items():
            self.tx.execute(queries.changes(t.link, names), rows)
        if new:
            self.tx.execute(sa.insert(t.link), new)


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _wait_values(owner: str, wait: Wait) -> dict[str, str]:
    return {"delivery_id": owner, "kind": wait.kind, "on_id": wait.on_id}
