"""Fills a store with pending deliveries, past the hub's stages, which would take hours.

    claim_rows.py STORE NUMBER

Half of them are due on connection `open`, each in a lane of its own, as after a day on which the
far end was down. Half are on connection `busy`, in 5,000 lanes whose first delivery is being sent
and whose others wait for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from job import hub_flow

from hub.flow.parts import Flow
from hub.store import tables as t
from hub.store.rows import DELIVERY_COLUMNS, Delivery, Traits, delivery_values

LANES = 5_000
#: Records of the first deliveries that are claimed; the others' are never looked at.
RECORDS = 12_000
_DOCUMENT = {
    "number": "CM-1", "kind": "expedite", "status": "approved", "order_no": "SO-1",
    "promised_date": "2026-11-26", "customer": {"code": "C-1042", "name": "Example"},
    "lines": [{"line_no": "1", "sku": "VALVE-50", "name": "Valve", "quantity": "10",
               "unit_price": "113", "gift": False}],
    "text": "x" * 200,
}  # fmt: skip


def fill(flow: Flow, number: int) -> None:
    """Insert records and deliveries, and build the indexes afterwards."""
    indexes = [*t.delivery.indexes, *t.delivery_wait.indexes]
    with flow.store.engine.begin() as tx:
        for index in indexes:
            index.drop(tx)
        tx.execute(sa.insert(t.record), list(_records(flow.clock.now())))
        tx.execute(sa.insert(t.record_revision), list(_revisions(flow.clock.now())))
        insert(tx, t.delivery, DELIVERY_COLUMNS, _deliveries(flow, number // 2))
        insert(tx, t.delivery_wait, ("delivery_id", "kind", "on_id"), _waits(number // 2))
        for index in indexes:
            index.create(tx)
    if flow.store.dialect == "postgresql":
        with flow.store.engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.exec_driver_sql("VACUUM ANALYZE")


def _records(now: datetime) -> Iterator[dict[str, Any]]:
    for one in range(RECORDS):
        yield {"id": f"r{one:09}", "kind": "commitment", "connection": "crm", "number": f"C{one}",
               "revision": 1, "planned": 1, "standing": {"status": "approved"},
               "changed_at": now}  # fmt: skip


def _revisions(now: datetime) -> Iterator[dict[str, Any]]:
    for one in range(RECORDS):
        yield {"record_id": f"r{one:09}", "revision": 1, "schema": "commitment@1", "stored_at": now,
               "content_hash": "0" * 64, "document": _DOCUMENT, "message_id": "m",
               "correlation_id": "m"}  # fmt: skip


def _deliveries(flow: Flow, half: int) -> Iterator[tuple[Any, ...]]:
    base = _base(flow)
    due, later = (instant(flow, timedelta(hours=hours)) for hours in (-24, 1))
    step = timedelta(milliseconds=1) if isinstance(due, datetime) else 1000
    for one in range(half):
        row = {"id": f"a{one:09}", "record_id": f"r{one:09}", "lane_id": f"a{one:09}",
               "connection": "open", "state": "ready", "seat": 1, "action": "create",
               "handle": f"A-{one}", "key": f"A-{one}", "due_at": due + step * one}  # fmt: skip
        yield tuple((base | row).values())
    for one in range(half):
        lane, seat = one % LANES, one // LANES + 1
        row = {"id": f"b{one:09}", "record_id": f"s{lane:09}", "lane_id": f"b{lane:09}",
               "connection": "busy", "handle": f"B-{lane}", "seat": seat}  # fmt: skip
        if seat == 1:
            row |= {"state": "sending", "key": f"B-{lane}", "lease_until": later, "fence": 1}
        else:
            row |= {"state": "blocked", "waits": 1}
        yield tuple((base | row).values())


def _waits(half: int) -> Iterator[tuple[str, str, str]]:
    for one in range(LANES, half):
        yield f"b{one:09}", "lane", f"b{one - LANES:09}"


def _base(flow: Flow) -> dict[str, Any]:
    """Return what all rows share, as the database's driver takes it."""
    now = flow.clock.now()
    row = Delivery(
        id="", record_id="", revision=1, plan_id="p", message_id="m", correlation_id="m",
        route="benchmark", step="far", connection="", operation="create_order", intent="put",
        bundle=flow.bundles.active.sha, mapping="commitment-to-order", lane_id="", handle="",
        traits=asdict(Traits(idempotency="key")), holds_lane=True, deadline=now, created_at=now,
    )  # fmt: skip
    values = dict(zip(DELIVERY_COLUMNS, delivery_values(row), strict=True))
    for name in ("traits", "options"):
        values[name] = msgspec.json.encode(values[name]).decode()
    values["deadline"] = instant(flow, timedelta(days=3))
    values["created_at"] = instant(flow, timedelta())
    return values


def instant(flow: Flow, offset: timedelta) -> Any:
    """Return a time so far from now, as the database's driver takes it."""
    dialect = flow.store.engine.dialect
    return t.Instant().process_bind_param(flow.clock.now() + offset, dialect)


def insert(
    tx: sa.Connection, table: Any, columns: Iterable[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert through the driver itself: a million rows in seconds, none kept in memory."""
    names = ", ".join(columns)
    driver = tx.connection.driver_connection
    assert driver is not None
    if tx.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" for _ in names.split(", "))
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)


if __name__ == "__main__":
    flow = hub_flow(sys.argv[1], "http://127.0.0.1:9", connections=("open", "busy"))
    fill(flow, int(sys.argv[2]))
    flow.store.close()
    print("null")
