"""The promises of the delivery core, as checks of a world: at each claim, and at rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.store import tables as t
from hub.store.rows import FINAL, OPEN

if TYPE_CHECKING:
    from delivery_far_ends import Effect, FarEnd
    from delivery_world import World

    from hub.flow.deliver import Call

#: Delivery → what it waits for, as (kind, id).
Waits = Mapping[str, Sequence[tuple[str, str]]]


# ---- when a revision is planned --------------------------------------------------------------


def check_plan(world: World, record: str, revision: int) -> None:
    """Note as a fault a delivery that does not wait for the object it needs."""
    needing = {name: step.needs for name, step in world.steps[record].items() if step.needs}
    if not needing:
        return
    waiting = waits(world)
    for row in world.deliveries():
        facts = world.rows[row.id]
        if (facts.record, row.revision) != (record, revision) or row.step not in needing:
            continue
        waits_for_link = any(kind == "link" for kind, _ in waiting.get(row.id, ()))
        untouched = row.intent == "put" and not row.tries and row.state in OPEN
        if untouched and not waits_for_link and not _is_linked(world, f"{needing[row.step]}-a"):
            far = world.connectors[row.connection].far
            far.faults.append(f"does not wait for the object it needs: {facts}")


def _is_linked(world: World, handle: str) -> bool:
    c = t.link.c
    query = sa.select(c.id).where(
        c.connection == "erp", c.handle == handle, c.alive, c.record_id.is_not(None)
    )
    return bool(world.store.read_now(lambda tx: tx.execute(query).first()))


# ---- at a claim ------------------------------------------------------------------------------


def check_claim(world: World, call: Call, rows: Sequence[Any]) -> None:
    """Note as faults what may not be claimed now."""
    far = world.connectors[call.row.connection].far
    found = _bad_send(world, call, rows, far) if call.kind == "send" else _bad_ask(call, far)
    far.faults += [f"{one}: {world.rows[call.row.id]} {call.row.id[-3:]}" for one in found]


def _bad_send(world: World, call: Call, rows: Sequence[Any], far: FarEnd) -> Iterator[str]:
    row, facts = call.row, world.rows[call.row.id]
    outdated = world.planned.get(facts.record, 0) > row.revision or (
        facts.record, row.revision,
    ) in world.revoked  # fmt: skip
    if row.intent == "put" and outdated and not row.unsure:
        yield f"outdated revision {row.revision} sent"
    if facts.record in world.held_back and not row.unsure and row.intent != "compensate":
        yield "sent though a person holds its record"
    if far.kind == "none" and row.unsure and not row.approved and row.id not in world.may_repeat:
        yield "sent again without being told to"
    for other in rows:
        if other.lane_id != row.lane_id or other.id == row.id:
            continue
        if other.state == "sending" and other.lease_until is not None:
            yield "two rows of a lane in flight"
        elif other.seat is not None and other.seat < row.seat and not _gives_way(other):
            yield f"sent before {other.id[-3:]} of its lane"
    # a far end that knows the key refuses it
    kept_away = {one.id for one in rows if far.kind == "key" and one.state == "delivered"}
    for effect in (*(one for one, _ in far.under_way), *far.jobs.values()):
        own = effect.delivery == row.id
        beside = world.rows[effect.delivery].lane == row.lane_id and not own
        may_land = beside and effect.delivery not in kept_away
        if may_land or (own and far.kind in ("lookup", "none")):
            yield f"sent while an old request of {effect.delivery[-3:]} may land"


def _gives_way(row: Any) -> bool:
    return row.state in FINAL or (
        row.state == "dead" and row.traits["full_state"] and not row.unsure
    )


def _bad_ask(call: Call, far: FarEnd) -> Iterator[str]:
    if call.kind == "ask":
        if any(effect.delivery == call.row.id for effect, _ in far.under_way):
            yield "asked while an old request may land"
        if any(effect.delivery == call.row.id for effect in far.jobs.values()):
            yield "asked while a taken job is queued"


# ---- at rest ---------------------------------------------------------------------------------


def check_at_rest(world: World) -> None:
    """Everything is final or visibly waits; the far ends hold what they should."""
    for complaint in _complaints(world):
        raise AssertionError(f"{complaint}: {story(world)}")


def _complaints(world: World) -> Iterator[str]:
    for connector in world.connectors.values():
        yield from connector.far.faults
    rows = {row.id: row for row in world.deliveries()}
    yield from _Rest(world, rows).complaints()
    todos = _todos(world)
    for row in rows.values():
        yield from _bad_row(world, row, todos)
    yield from _bad_cascades(world, rows)
    yield from _bad_messages(world, rows)
    for record, steps in world.steps.items():
        for name in steps if record in world.planned else ():
            mine = [
                row for row in rows.values()
                if (world.rows[row.id].record, row.step) == (record, name)
            ]  # fmt: skip
            yield from _bad_objects(world, record, name, mine)


class _Rest:
    """Whether each row that rests waits for something a person can see."""

    def __init__(self, world: World, rows: Mapping[str, Any]) -> None:
        self.world = world
        self.rows = rows
        self.waits = waits(world)
        query = sa.select(t.link)
        self.links = {row.id: row for row in world.store.read_now(lambda tx: tx.execute(query))}

    def complaints(self) -> Iterator[str]:
        for row in self.rows.values():
            verdict = self.visible(row, ())
            if verdict not in (None, True):
                yield str(verdict)

    def visible(self, row: Any, seen: tuple[str, ...]) -> Any:
        """Return True when it visibly waits, None when it is final, else the complaint."""
        if row.id in seen:
            return f"deadlock at {row.id}"
        if row.state in FINAL:
            return None
        if row.state == "dead":
            return True
        if row.state != "blocked":
            return f"{row.id} rests in {row.state}"
        if not self.waits.get(row.id):
            return f"{row.id} waits for nothing and is not ready"
        for kind, on_id in self.waits[row.id]:
            verdict = self.wait_visible(kind, on_id, row, (*seen, row.id))
            if verdict is not True:
                return verdict
        return True

    def wait_visible(self, kind: str, on_id: str, row: Any, seen: tuple[str, ...]) -> Any:
        if kind == "hold" or (kind == "gate" and on_id in self.world.held_back.values()):
            return True
        if kind == "link":
            return self.link_visible(row, self.links[on_id], seen)
        other = self.rows[on_id]
        if kind == "confirmed" and other.state == "delivered":
            return other.confirm in ("differs", "unreadable") or f"{row.id} waits on {other.id}"
        verdict = self.visible(other, seen)
        return verdict if verdict is not None else f"{row.id} waits for {other.state} {on_id}"

    def link_visible(self, row: Any, wanted: Any, seen: tuple[str, ...]) -> Any:
        name = (wanted.connection, wanted.kind, wanted.handle)
        for link in self.links.values():
            if link.alive and (link.connection, link.kind, link.handle) == name:
                return f"{row.id} waits for a link that is there"
        for other in self.rows.values():
            makes = (other.connection, other.operation, other.handle) == name
            if makes and other.intent == "put" and other.state in OPEN:
                return self.visible(other, seen)
        return True


def _bad_row(world: World, row: Any, todos: set[str]) -> Iterator[str]:
    far = world.connectors[row.connection].far
    facts = world.rows[row.id]
    applied = [one for one in far.log if one.delivery == row.id]
    if row.state == "delivered" and row.reason != "nothing_to_cancel":
        if row.action == "cancel":
            if row.external_id in far.alive(facts.record, facts.step):
                yield f"delivered, but its object still stands {row.id}"
        elif not applied:
            yield f"delivered but never applied {row.id}"
    if row.state != "delivered" and applied and not row.unsure:
        yield f"{row.state} ({row.reason}) and nobody doubts it, though applied {row.id}"
    if row.state == "dead" and row.reason in ("rejected", "period_closed") and applied:
        yield f"dead ({row.reason}) though applied {row.id}"
    if row.id in world.heard and row.state in OPEN:
        yield f"the far end said it was applied, yet it is {row.state} {row.id}"
    closed = row.id in world.heard and row.state in FINAL - {"delivered"}
    if closed and row.id not in todos:
        yield f"the far end said it was applied, it is {row.state}, nobody is told {row.id}"
    if row.id in todos and row.reason != "person":
        yield f"closed by itself, yet applied after all {row.id}"
    if row.confirm == "differs" and not _changed_by_others(world, row, applied):
        yield f"nobody else changed it, yet it differs {row.id}"


def _changed_by_others(world: World, row: Any, applied: Sequence[Effect]) -> bool:
    facts = world.rows[row.id]
    ours = (f"{facts.record}{row.revision}", "edited")
    changed = any(one.note not in ours for one in applied)
    return changed or row.id in world.misread or (facts.record, facts.step) in world.by_hand


def _bad_messages(world: World, rows: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with how call-backs were taken."""
    m, c = t.message.c, t.ledger.c
    query = sa.select(m.id, m.state, m.event)
    found = world.store.read_now(lambda tx: tx.execute(query).all())
    reported = sa.select(c.subject, c.facts).where(c.kind == "delivery.reported")
    booked = {
        one.facts["message"]: one.subject
        for one in world.store.read_now(lambda tx: tx.execute(reported).all())
    }
    for message in found:
        about, applied = world.told[message.id]
        row, report = rows[about], message.event["report"]
        if message.id in booked and booked[message.id] != about:
            yield f"a call-back for {about} was booked on {booked[message.id]}"
        if message.state == "waiting":
            if report["ticket"] == row.ticket and row.ticket is not None:
                yield f"a call-back still waits though {about} has its ticket"
            if report["key"] == row.key and row.traits["idempotency"] == "key":
                yield f"a call-back still waits though {about} has its key"
        elif applied and row.state in OPEN:
            yield f"a call-back said it was applied, yet it is {row.state} {about}"


def _bad_objects(world: World, record: str, name: str, mine: Sequence[Any]) -> Iterator[str]:
    """Yield how what stands at the far end is not what should."""
    step = world.steps[record][name]
    far = world.connectors[step.to].far
    now, wanted = world.planned[record], world.wanted.get((record, name), set())
    # what depends on a cancelled step is cancelled with it
    cut = any(row.state == "cancelled" and row.revision == now for row in mine)
    touched = world.touched.get((record, name), 0) >= now
    if cut or touched or _made_twice(world, far, mine):
        return
    standing = far.standing(record, name)
    found = f"{record}.{name}: {[one.revision for one in standing]} stand, wanted {sorted(wanted)}"
    if step.on_revision != "append" and len(standing) > 1:
        yield found
    if any(row.state in OPEN for row in mine):
        return
    gave_way = {
        row.revision for row in mine
        if row.intent == "put" and row.revision < now and row.state in ("cancelled", "superseded")
    }  # fmt: skip
    if step.on_revision == "append":
        if {one.revision for one in standing} != wanted - gave_way:
            yield found
    elif len(standing) != len(wanted):
        yield found
    elif wanted and {far.shown(record, name)[-1].revision} != wanted:
        yield f"{found}, but with the content of {far.shown(record, name)[-1]}"


def _made_twice(world: World, far: FarEnd, mine: Sequence[Any]) -> bool:
    """Say whether something took effect twice that somebody let take effect twice."""
    return any(
        sum(one.delivery == row.id and one.action == "create" for one in far.log) > 1
        for row in mine
        if row.id in world.may_repeat
    )


def _bad_cascades(world: World, rows: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was cancelled although no step of its own plan was."""
    roots = {row.plan_id for row in rows.values() if row.state == "superseded"}
    roots |= {rows[one].plan_id for one in world.cancelled}
    for row in rows.values():
        if row.state == "cancelled" and row.plan_id not in roots:
            yield f"cancelled though nobody cancelled a step of its plan {row.id}"


# ---- looking ---------------------------------------------------------------------------------


def waits(world: World) -> Waits:
    """Return what every row waits for."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = sa.select(t.delivery_wait)
    for row in world.store.read_now(lambda tx: tx.execute(query).all()):
        found.setdefault(row.delivery_id, []).append((row.kind, row.on_id))
    return found


def _todos(world: World) -> set[str]:
    c = t.ledger.c
    query = sa.select(c.subject).where(c.kind == "todo.applied_after_all")
    return set(world.store.read_now(lambda tx: tx.scalars(query).all()))


def story(world: World) -> str:
    """Return all rows, attempts and effects, for whoever reads a failure."""
    waiting = waits(world)
    lines = [
        f"{row.id[-3:]} {world.rows[row.id].record}{row.revision}.{row.step} {row.intent}"
        f"/{row.action} {row.connection} {row.state} {row.reason or ''} key={row.key}"
        f" tries={row.tries} unsure={row.unsure} seat={row.seat} holds={row.holds_lane}"
        f" confirm={row.confirm} waits={[(k, o[-3:]) for k, o in waiting.get(row.id, [])]}"
        for row in world.deliveries()
    ]
    lines += [
        f"{one.delivery_id[-3:]} {one.fence} {one.kind} {one.outcome} {one.started_at:%d %H:%M:%S}"
        for one in world.attempts()
    ]
    for name, connector in world.connectors.items():
        lines += [f"{name}({connector.far.kind}) {one}" for one in connector.far.log]
    return "\n" + "\n".join(lines)
