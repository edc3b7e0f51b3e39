"""What came before its watch was written: records of the store are looked through once.

Without it, a new watch would take what is long there for missing. Until a watch has learned, it
tells nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.errors import HubError, MappingError
from hub.flow.parts import Flow
from hub.flow.watching import awake
from hub.mapping.watch import Watch
from hub.records import digest
from hub.store import ledger, records, watches
from hub.store.watches import Learned, Row

#: Records looked through in one transaction.
BITE = 500
#: Two transactions may want the same new row; then one looks again.
_LOOKS = 5


def unlearned(tx: Transaction, flow: Flow) -> list[Watch]:
    """Return the watches that have not looked through what the store had before them."""
    bundle = flow.bundles.active
    if not bundle.watches:
        return []
    known = watches.learned(tx)
    concerned = awake(flow, bundle).values()
    wide_awake = {one.name: one for some in concerned for one in some.clearing}
    return [one for name, one in sorted(wide_awake.items()) if not _is_known(known.get(name), one)]


def _is_known(learned: Learned | None, watch: Watch) -> bool:
    return learned is not None and learned.done and learned.definition == _definition(watch)


def _definition(watch: Watch) -> str:
    side = watch.unless
    text = side.when.text if side.when is not None else None
    return digest([side.record, list(side.sources), list(side.key.names), text])[:16]


def forgotten(tx: Transaction, flow: Flow) -> list[str]:
    """Return the watches that sleep or are no more: what comes meanwhile they will not know."""
    concerned = awake(flow, flow.bundles.active).values()
    wide_awake = {one.name for some in concerned for one in some.clearing}
    return sorted(set(watches.learned(tx)) - wide_awake)


def learn(tx: Transaction, flow: Flow, watch: Watch) -> None:
    """Look through one bite of the store's records for a watch."""
    now, learned = flow.clock.now(), watches.learned(tx).get(watch.name)
    definition = _definition(watch)
    after = ""
    if learned is not None and learned.definition == definition:
        after = learned.after
    found = watches.records_after(tx, after, BITE)
    fitting = [one for one in found if watch.unless.takes(one.kind, one.connection)]
    _remember(tx, flow, watch, fitting, now)
    last = found[-1].id if found else after
    watches.note_learned(
        tx, watch.name, Learned(definition, last, done=len(found) < BITE), now, flow.clock.new_id
    )


def _remember(tx: Transaction, flow: Flow, watch: Watch, rows: list[Any], now: datetime) -> None:
    of = {(row.id, row.revision): row for row in rows}
    here: dict[str, Any] = {}
    for whole in records.whole(tx, set(of)) if of else ():
        row = of.get((whole.record_id, whole.revision))
        if row is not None:
            document = {**whole.document, **whole.standing, "revision": whole.revision}
            here.update(dict.fromkeys(_keys(watch, document), row))
    for _ in range(_LOOKS):
        known = {one.key: one for one in watches.lock(tx, here, ()) if one.watch == watch.name}
        fresh = [
            Row(flow.clock.new_id(), watch.name, key, "met", company=row.company, cleared_at=now,
                cleared_by=row.message_id)
            for key, row in here.items() if key not in known
        ]  # fmt: skip
        if watches.add(tx, fresh):
            break
    else:
        raise HubError("watches: other processes kept changing the same rows")
    for row in known.values():
        _was_here(tx, flow, row, here[row.key].message_id)
    watches.save(tx, {row.id: row for row in known.values()})


def _was_here(tx: Transaction, flow: Flow, row: Row, message_id: str) -> None:
    """Change a row for which B was there all the time; who was told otherwise hears of it."""
    now = flow.clock.now()
    if row.state == "ended":
        row.state, row.cleared_by = "met", message_id
    elif row.open:
        row.state, row.reason, row.cleared_at, row.cleared_by = "cleared", None, now, message_id
        row.due_at = now if row.step else None
        entry = ledger.entry(
            flow.clock.new_id(), now, "watch.cleared", row.record_id or row.id,
            correlation_id=row.correlation_id, facts={"watches": [f"{row.watch}: {row.key}"]},
        )  # fmt: skip
        ledger.append(tx, [entry])


def _keys(watch: Watch, document: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return watch.unless.keys(document)
    except MappingError:
        return ()
