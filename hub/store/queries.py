"""Statements of the board, built once: building one takes five times as long as running it.

Lists are expanding parameters called `ids`.
"""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store import tables as t

_d, _w, _l, _k = t.delivery.c, t.delivery_wait.c, t.link.c, t.delivery_key.c
_ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)

DELIVERIES = sa.select(t.delivery).where(_d.id.in_(_ids)).order_by(_d.id).with_for_update()
DELIVERIES_OF_RECORDS = (
    sa.select(t.delivery).where(_d.record_id.in_(_ids)).order_by(_d.id).with_for_update()
)
WAITS = sa.select(_w.delivery_id, _w.kind, _w.on_id).where(_w.delivery_id.in_(_ids))
WAITERS = sa.select(_w.delivery_id).where(_w.on_id.in_(_ids))
LANES = (
    sa.select(t.lane.c.id, t.lane.c.next_seat)
    .where(t.lane.c.id.in_(_ids))
    .order_by(t.lane.c.id)
    .with_for_update()
)
_last = (
    sa.select(_d.lane_id, sa.func.max(_d.seat).label("seat"))
    .where(_d.lane_id.in_(_ids), _d.holds_lane)
    .group_by(_d.lane_id)
    .subquery()
)
#: Lane id and delivery id of the last row noted as holding each lane.
LAST_HOLDERS = sa.select(_d.lane_id, _d.id).join(
    _last, sa.and_(_d.lane_id == _last.c.lane_id, _d.seat == _last.c.seat)
)
_links = sa.select(t.link).order_by(_l.id).with_for_update()
LINK = _links.where(_l.id == sa.bindparam("link"))
LINKS_OF_RECORDS = _links.where(_l.record_id.in_(_ids))
#: Empty links others wait for, by the handle of the object they are about.
LINKS_WANTED = _links.where(_l.handle.in_(_ids), _l.record_id.is_(None))
#: Links others wait for that have an id of theirs, and not yet our handle.
LINKS_UNNAMED = _links.where(
    _l.connection.in_(sa.bindparam("connections", expanding=True)),
    _l.external_id.in_(_ids),
    _l.handle == "",
)
#: Links of objects of one kind, by our handles.
LINKS_OF_OBJECTS = _links.where(
    _l.connection == sa.bindparam("connection"),
    _l.kind == sa.bindparam("kind"),
    _l.handle.in_(_ids),
)
# nothing about ids that are null: SQLite would take that for a range, and read all of a connection
_standing = sa.select(_l.kind, _l.handle, _l.external_id).where(
    _l.connection == sa.bindparam("connection"), _l.alive
)
#: Kind, handle and external id of what stands under these handles; the last word comes last.
STANDING_OF_HANDLES = _standing.where(
    _l.kind == sa.bindparam("kind"), _l.handle.in_(_ids)
).order_by(_l.changed_at, _l.id)
#: The same by external id. Of every kind: with the kind in it, SQLite would go by the index of
#: handles and read all that is linked of that kind.
STANDING_OF_EXTERNAL_IDS = _standing.where(_l.external_id.in_(_ids)).order_by(_l.changed_at, _l.id)
#: Advisory locks until the transaction ends, for PostgreSQL; `keys` are whole numbers, in order.
_keys: Any = sa.func.unnest(sa.bindparam("keys", type_=ARRAY(sa.BigInteger)))
LOCK = sa.select(sa.func.pg_advisory_xact_lock(_keys))
LOCK_SHARED = sa.select(sa.func.pg_advisory_xact_lock_shared(_keys))
#: Connection, handle and how often that object was created.
GENERATIONS = (
    sa.select(_k.connection, _k.handle, sa.func.max(_k.generation))
    .where(_k.connection.in_(sa.bindparam("connections", expanding=True)), _k.handle.in_(_ids))
    .group_by(_k.connection, _k.handle)
)
REVOKED = sa.select(t.revocation.c.record_id, t.revocation.c.revision).where(
    t.revocation.c.record_id.in_(_ids)
)
PLANNED = sa.select(t.record.c.id, t.record.c.planned).where(t.record.c.id.in_(_ids))
NO_LONGER_WAITS = sa.delete(t.delivery_wait).where(
    _w.delivery_id == sa.bindparam("owner"),
    _w.kind == sa.bindparam("how"),
    _w.on_id == sa.bindparam("what"),
)


@functools.cache
def changes(table: sa.Table[Any], names: tuple[str, ...]) -> sa.Update:
    """Return the update of these columns to `new_<name>` of the row whose id is `row`."""
    return (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"))
        .values({name: sa.bindparam(f"new_{name}") for name in names})
    )


def see_one_moment(tx: sa.Connection) -> None:
    """Let all that a reading transaction sees be of one moment; to be called before it reads.

    With SQLite it always is.
    """
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
