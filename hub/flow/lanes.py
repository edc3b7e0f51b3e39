"""Seats and waits: who may go next to one object of one connection.

A delivery is `blocked` while it waits for anything. Whoever finishes something takes the wait off
those that waited for it, in the same transaction; at zero waits a row takes its seat in the lane,
and when nothing before it holds the lane any more it is bound to an action and `ready`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from hub.store.board import Board
from hub.store.links import WAKE_KEY
from hub.store.rows import FINAL, Delivery, Link, Wait

#: Nothing stood at the far end, so there was nothing to cancel.
NOTHING_TO_CANCEL = "nothing_to_cancel"


def holds_lane(board: Board, row: Delivery) -> bool:
    """Say whether rows behind this one in the lane must still wait."""
    if row.seat is None:
        return False
    if row.state in FINAL:
        if _old_request_may_land(board, row):
            return True
        return row.state == "delivered" and _somebody_awaits_confirm(board, row)
    if row.state == "dead" and row.rules.full_state:
        # a later full state replaces it, unless an old request of it may still come through
        return row.unsure
    return True


def _old_request_may_land(board: Board, row: Delivery) -> bool:
    late = row.settles_at is not None and row.settles_at > board.now
    return late and row.rules.idempotency != "key"


def _somebody_awaits_confirm(board: Board, row: Delivery) -> bool:
    return row.confirm in ("due", "reading") and bool(board.waiting_on(row.id, "confirmed"))


def take_seat(board: Board, row: Delivery) -> None:
    """Put a row at the tail of its lane; it waits for the last one before it that holds it."""
    row.seat = board.next_seat(row.lane_id)
    last = _last_holder(board, row)
    if last is not None:
        board.add_wait(row, Wait("lane", last.id))


def _last_holder(board: Board, row: Delivery) -> Delivery | None:
    """Return the last row before this one that really holds the lane."""
    seat = row.seat or 0
    loaded = [
        other
        for other in board.rows_in_lane(row.lane_id)
        if (other.seat or 0) < seat and holds_lane(board, other)
    ]
    noted = board.last_noted(row.lane_id)
    if noted is None or holds_lane(board, noted):
        return loaded[-1] if loaded else None
    # the last one noted has left since: look further ahead, and trust only what is locked
    while noted is not None and not holds_lane(board, noted):
        noted = board.holder_before(row.lane_id, noted.seat or 0)
    return max(
        (one for one in (*loaded[-1:], noted) if one), key=lambda one: one.seat or 0, default=None
    )


def become_ready(board: Board, row: Delivery) -> None:
    """Let a row that waits for nothing more have its turn."""
    if row.state != "blocked" or row.open_waits:
        return
    if row.seat is None:
        take_seat(board, row)
        if row.open_waits:
            note_lane(board, row)
            return
    if row.tries:
        # it was bound before; what was sent keeps its key
        row.state, row.due_at = "ready", board.now
    else:
        bind(board, row)
    note_lane(board, row)


def wait_behind(board: Board, row: Delivery) -> None:
    """Let a row that is to go again wait for the one before it that holds the lane by now."""
    board.lock_lanes([row.lane_id])
    ahead = board.holder_before(row.lane_id, row.seat or 0)
    while ahead is not None and not holds_lane(board, ahead):
        ahead = board.holder_before(row.lane_id, ahead.seat or 0)
    if ahead is not None:
        row.state, row.due_at = "blocked", None
        board.add_wait(row, Wait("lane", ahead.id))


def note_lane(board: Board, row: Delivery) -> None:
    """Keep the stored mark of who holds the lane true."""
    row.holds_lane = holds_lane(board, row)


def step_back(board: Board, row: Delivery, waits: Iterable[Wait]) -> None:
    """Let a row that is not to go yet wait outside its lane; nothing is stuck behind it."""
    row.state, row.due_at, row.seat = "blocked", None, None
    if not row.tries and row.action != "create":
        row.key = None
    release_lane(board, row)
    for wait in [one for one in row.open_waits if one.kind == "lane"]:
        board.drop_wait(row, wait)
    for wait in waits:
        board.add_wait(row, wait)
    note_lane(board, row)


def park(board: Board, row: Delivery, links: Sequence[Link]) -> None:
    """Let a row that was about to be sent wait until these links are written.

    It gives up its seat, as what makes the objects may stand behind it in the same lane, and is
    bound anew when it takes the next one; an object it was to create keeps its key.
    """
    step_back(board, row, [Wait("link", link.id) for link in links])
    names = [
        f"{link.connection}.{link.kind} {link.handle or f'? {link.external_id}'}" for link in links
    ]
    board.note("delivery.parked", row, step=row.step, links=names)


def bind(board: Board, row: Delivery) -> None:
    """Decide create, update or cancel from what stands at the far end now."""
    alive = _standing(board, row)
    before = row.action if row.key else None
    if row.intent == "put":
        replaces = row.rules.on_revision in ("update", "person") and alive
        row.action, row.target = ("update", alive[-1].id) if replaces else ("create", None)
    else:
        if not alive:
            close(board, row, "delivered", NOTHING_TO_CANCEL)
            return
        row.action, row.target = "cancel", alive[-1].id
    if not before == row.action == "create":
        draw_key(board, row)
    row.state = "ready"
    row.due_at = board.now


def _standing(board: Board, row: Delivery) -> list[Link]:
    """Return what stands at the far end of the row's step; of its target only, if it has one."""
    alive = [link for link in board.links(row.record_id, row.step) if link.alive]
    if row.intent == "put" or row.target is None:
        return alive
    return [link for link in alive if row.target in (link.id, link.delivery_id)]


def draw_key(board: Board, row: Delivery) -> None:
    """Give a row its key: of the call where the far end takes one, else of the object."""
    row.first_sent_at = None
    if row.rules.idempotency == "key":
        row.key = row.id if row.key is None else f"{row.id}-{board.new_id()[-6:]}"
    elif row.action == "create" or row.target is None:
        generation = board.next_generation(row)
        row.key = row.handle if generation == 1 else f"{row.handle}-{generation}"
        board.keep_key(row, generation)
    else:
        row.key = board.link(row.target).key


def wake(board: Board, on_id: str, kind: str) -> None:
    """Take one kind of wait for one thing off everybody."""
    for row in board.waiting_on(on_id, kind):
        board.drop_wait(row, Wait(kind, on_id))
        become_ready(board, row)


def pass_gate(board: Board, hold_id: str) -> None:
    """Let go on what a gate held; the time it was held takes nothing of the time to deliver."""
    rows = board.waiters(hold_id)
    for one in (*rows, *later_steps(board, rows)):
        one.deadline = max(one.deadline, board.now + board.policy.deadline)
    for row in rows:
        board.drop_wait(row, Wait("gate", hold_id))
        become_ready(board, row)


def later_steps(board: Board, rows: Iterable[Delivery]) -> list[Delivery]:
    """Return all steps that come after these, directly or not."""
    found: dict[str, Delivery] = {}
    level = list(rows)
    while level:
        board.ask_waiters(row.id for row in level)
        after = {
            other.id: other
            for row in level
            for other in board.waiting_on(row.id, "after", "confirmed")
            if other.id not in found
        }
        found |= after
        level = list(after.values())
    return list(found.values())


def release_lane(board: Board, row: Delivery) -> None:
    """Wake who waits behind a row that no longer holds the lane, or hand its own wait on."""
    if holds_lane(board, row):
        return
    ahead = [wait for wait in row.open_waits if wait.kind == "lane"]
    for other in board.waiting_on(row.id, "lane"):
        board.drop_wait(other, Wait("lane", row.id))
        for wait in ahead:
            board.add_wait(other, wait)
        become_ready(board, other)


def close(board: Board, row: Delivery, state: str, reason: str | None = None) -> None:
    """End a row: delivered, cancelled, superseded or skipped. Everybody who waited is told."""
    row.state, row.reason = state, reason
    row.lease_until = row.due_at = None
    row.finished_at = board.now
    if state == "delivered":
        row.rescues = 0
        _plan_confirm(board, row)
        _keep_link(board, row)
    elif state == "skipped" and row.intent != "put":
        for link in _standing(board, row)[-1:]:
            _gone(board, row, link)
    release_lane(board, row)
    if state in ("delivered", "skipped"):
        wake(board, row.id, "after")
        if row.confirm is None:
            wake(board, row.id, "confirmed")
    else:
        _cascade(board, row)
    _clear_waits(board, row)
    note_lane(board, row)
    board.note(f"delivery.{state}", row, reason=row.reason, step=row.step, key=row.key)


def _plan_confirm(board: Board, row: Delivery) -> None:
    reads = row.rules.read_back and row.action in ("create", "update")
    if reads and row.confirm is None and row.reason != NOTHING_TO_CANCEL:
        row.confirm = "due"
        row.due_at = board.now + timedelta(seconds=row.rules.read_back_after)


def _keep_link(board: Board, row: Delivery) -> None:
    """Note what now stands, or no longer stands, at the far end."""
    if row.action == "cancel" and row.target:
        _gone(board, row, board.link(row.target))
        return
    if row.action == "update" and row.target:
        link = board.link(row.target)
        link.changed_at, link.document_hash = board.now, row.payload
        link.external_id = row.external_id or link.external_id
        link.results = {**(link.results or {}), **(row.results or {})}
        fill_wanted(board, link)
        return
    if row.action != "create":
        return
    link = board.add_link(
        Link(board.new_id(), row.connection, row.operation, row.handle, alive=True,
             changed_at=board.now, record_id=row.record_id, step=row.step, delivery_id=row.id,
             key=row.key, external_id=row.external_id, results=row.results,
             document_hash=row.payload)
    )  # fmt: skip
    fill_wanted(board, link)


def fill_wanted(board: Board, made: Link) -> None:
    """Let those that wait for an object know what it is called, now that its link stands."""
    board.ask_wanted([made.handle], [(made.connection, made.external_id)])
    for wanted in board.links_wanted(made):
        if not wanted.alive or wanted.external_id != made.external_id:
            fill(board, wanted, made.external_id)
    unnamed = board.unnamed_wanted(made)
    if unnamed is not None:
        wake_for_link(board, unnamed)


def fill(board: Board, link: Link, external_id: str | None) -> None:
    """Say which object a link is about; whoever waits for it goes on."""
    link.external_id, link.alive, link.changed_at = external_id, True, board.now
    wake_for_link(board, link)


def wake_for_link(board: Board, link: Link) -> None:
    """Let deliveries and messages go on that wait for a link."""
    wake(board, link.id, "link")
    board.woken.add(link_key(link))


def link_key(link: Link) -> str:
    """Return what a message waits for that needs a link."""
    return f"{WAKE_KEY}{link.id}"


def _gone(board: Board, row: Delivery, link: Link) -> None:
    """Note that an object no longer stands, also for those who may yet wait for it."""
    board.ask_wanted([row.handle])
    for one in (link, *board.links_wanted(link)):
        one.alive, one.changed_at = False, board.now


def _cascade(board: Board, row: Delivery) -> None:
    """A step that will not happen cancels the steps after it in its own plan, and no others."""
    for other in board.waiting_on(row.id, "after", "confirmed"):
        if other.plan_id != row.plan_id:
            board.drop_wait(other, Wait("after", row.id))
            board.drop_wait(other, Wait("confirmed", row.id))
            become_ready(board, other)
        else:
            close(board, other, "cancelled", f"predecessor_{row.state}")


def _clear_waits(board: Board, row: Delivery) -> None:
    keep = "lane" if holds_lane(board, row) else None
    for wait in [wait for wait in row.open_waits if wait.kind != keep]:
        board.drop_wait(row, wait)


def die(board: Board, row: Delivery, reason: str, words: str | None = None) -> None:
    """Stop a row for a person; it closes its lane unless a later full state may replace it."""
    row.state, row.reason, row.words = "dead", reason, words or row.words
    row.lease_until = row.due_at = None
    release_lane(board, row)
    note_lane(board, row)
    board.note("delivery.dead", row, reason=reason, step=row.step, key=row.key)
