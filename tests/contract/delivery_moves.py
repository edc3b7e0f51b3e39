"""What may happen next in a random world, and how its routes and far ends are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from delivery_world import LEASE, StepDef, World

from hub.flow.deliver import Call

KINDS = ("key", "key", "natural", "lookup", "none")
REVISIONS = tuple(range(1, 9))
#: A key is remembered so long where a far end forgets keys.
WINDOW = timedelta(minutes=10)
#: What a far end does with a request, the usual first.
SENT = (
    *("apply",) * 12,
    *("answer_lost", "under_way") * 2,
    *("refuse", "busy", "conflict", "reject", "closed", "unauthorized", "misconfigured"),
)
ASKED = (*("apply",) * 6, "refuse", "busy", "silent", "unauthorized")
RESULT = (*("done",) * 5, "apply", "refused", "refuse", "silent", "unauthorized")
READ = (*("apply",) * 6, "refuse", "unauthorized", "differs")
TAKEN = ("accept", "accept", "accept_lost")
DECISIONS = (*("retry",) * 8, "latest", "edit", "edit", *("skip", "cancel") * 2)

#: A revision or a revocation that is still to come: what, record, number.
Arrival = tuple[str, str, int]


# ---- the worlds ------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw routes of one or two records over two far ends."""
    kinds = {name: draw(far_ends()) for name in ("erp", "wms")}
    shared = draw(st.booleans())
    steps: dict[str, dict[str, StepDef]] = {}
    for record in draw(st.sampled_from(["PQ", "PQR", "PQR"])):
        steps[record] = {}
        for name in "abc"[: draw(st.sampled_from([3, 2, 2, 1]))]:
            steps[record][name] = draw(a_step(record, list(steps[record]), shared=shared))
    deadline = draw(st.sampled_from([timedelta(days=30)] * 3 + [timedelta(hours=2)]))
    return {"steps": steps, "kinds": kinds, "deadline": deadline}


def far_ends() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Draw a kind of far end, and what it can do beyond that."""
    traits = st.fixed_dictionaries(
        {
            "readable": st.booleans(),
            "full": st.booleans(),
            "later": st.booleans(),
            "window": st.sampled_from([None, None, WINDOW]),
            "blind": st.sampled_from([False, False, True]),
        }
    )
    return st.tuples(st.sampled_from(KINDS), traits).map(_possible)


def _possible(far_end: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Take away what far ends of that kind do not have."""
    kind, traits = far_end
    if kind != "key":
        traits["window"] = None
    if kind == "lookup":
        traits["blind"] = False
    return kind, traits


def a_step(record: str, earlier: list[str], *, shared: bool) -> st.SearchStrategy[StepDef]:
    """Draw a step after the earlier ones of its record."""
    edges = st.tuples(st.sampled_from(earlier), st.booleans()).map(lambda edge: (edge,))
    return st.builds(
        StepDef,
        to=st.sampled_from(["erp", "wms"]),
        on_revision=st.sampled_from(["update", "update", "cancel_then_create", "append", "person"]),
        on_revoke=st.sampled_from(["cancel", "cancel", "person"]),
        after=st.one_of(st.just(()), edges) if earlier else st.just(()),
        lane=st.just("S") if shared else st.none(),
        revisions=st.sampled_from([REVISIONS, REVISIONS, REVISIONS, (1, 3, 5, 6), REVISIONS[1:]]),
        needs=st.sampled_from([None, None, "P"]) if record != "P" else st.none(),
        on_unknown=st.sampled_from(["stop", "stop", "resend"]),
    )


def arrivals_of(draw: Callable[..., Any], steps: dict[str, Any]) -> list[Arrival]:
    """Draw what will be known of each record, in the order it comes about."""
    found: list[Arrival] = []
    for record in steps:
        last = draw(st.integers(4, 8))
        mine: list[Arrival] = [("revise", record, number) for number in range(1, last + 1)]
        for _ in range(draw(st.integers(0, 2))):
            number = draw(st.integers(1, last))
            mine.insert(draw(st.integers(number - 1, last)), ("revoke", record, number))
        found += mine
    return found


# ---- the moves -------------------------------------------------------------------------------


class Moves:
    """Draws one thing after the other that happens to a world, and lets it."""

    def __init__(self, world: World, draw: Callable[..., Any], arrivals: list[Arrival]) -> None:
        self.world = world
        self.draw = draw
        self.arrivals = arrivals

    def one(self) -> None:
        """Let one thing happen, of those that can."""
        name = self.draw(st.sampled_from(self._possible()))
        what, _, connection = name.partition(":")
        move: Callable[..., None] = getattr(self, f"_{what}")
        move(*[connection] if connection else [])

    def _possible(self) -> list[str]:
        world = self.world
        rows = world.glance()
        due = any(row.due_at for row in rows)
        asked_for = bool(self._for_a_person(rows))
        moves = ["time"] + ["work"] * 20 * due + ["claim"] * 3 * due
        moves += ["arrive"] * (3 if due or asked_for else 30) * bool(self.arrivals)
        moves += ["person"] * (6 if due else 20) * asked_for
        moves += ["meddle"] * (asked_for and due)
        moves += ["hold_back"] * (6 if world.calls else 1) * bool(self._not_held())
        moves += ["let_go"] * bool(world.held_back)
        moves += ["resume"] * 30 * bool(world.paused())
        moves += ["call"] * 5 * bool(world.calls) + ["book"] * 2 * bool(world.results)
        moves += ["book_all"] * 2 * (len(world.results) > 1) + ["renew"] * bool(world.calls)
        moves += ["crash"] * bool(world.calls or world.results) + ["restart"] * bool(world.calls)
        for name, one in world.connectors.items():
            moves += [f"land:{name}"] * 5 * bool(one.far.under_way)
            moves += [f"job:{name}"] * 5 * bool(one.far.jobs)
            moves += [f"call_back:{name}"] * 6 * bool(one.far.call_backs)
        return moves

    def _some(self, count: int) -> int:
        return int(self.draw(st.integers(0, count - 1))) if count > 1 else 0

    # -- what arrives

    def _arrive(self) -> None:
        """The next fact about one of the records comes, or one of those after it first."""
        records = sorted({record for _, record, _ in self.arrivals})
        chosen = records[self._some(len(records))]
        places = [at for at, (_, record, _) in enumerate(self.arrivals) if record == chosen]
        ahead = min(self.draw(st.sampled_from([0] * 8 + [1, 2])), len(places) - 1)
        what, record, number = self.arrivals.pop(places[ahead])
        getattr(self.world, what)(record, number)

    def _change_mind(self) -> None:
        """The revision that is in force is revoked, whatever has become of it."""
        planned = sorted(set(self.world.planned.items()) - self.world.revoked)
        if planned:
            self.world.revoke(*planned[self._some(len(planned))])

    def _call_back(self, name: str) -> None:
        far = self.world.connectors[name].far
        number = self._some(len(far.call_backs))
        names = ["both", "ticket", "key"] if far.call_backs[number].names_one else ["ticket"]
        self.world.call_back(name, number, self.draw(st.sampled_from(names)))
        if self.draw(st.booleans()):
            far.call_backs.pop(number)

    # -- the workers

    def _work(self) -> None:
        """A worker does what is due next, once or a few times, and books most of it."""
        for _ in range(self.draw(st.sampled_from([2, 3, 4, 6]))):
            self._go_on()
            due = self.world.jump()
            if self.world.results:
                self.world.turn(self._some(2))
            elif due:
                self._claim()
            else:
                return
            if not self.world.calls and self.world.paused():
                return
            if not self.world.calls:
                # a connection that is held or broken waits for time
                self.world.advance(timedelta(minutes=2))
                self._claim()
            while self.world.calls:
                self._call()
            if self.draw(st.sampled_from([True] * 3 + [False])):
                self.world.book_all()

    def _claim(self) -> None:
        self.world.claim(self._some(2), self.draw(st.sampled_from([10, 10, 1])))

    def _call(self) -> None:
        number = self._some(len(self.world.calls))
        call = self.world.calls[number]
        self.world.proceed(number, self.draw(st.sampled_from(self._behaviours(call))))

    def _behaviours(self, call: Call) -> tuple[str, ...]:
        if call.kind == "read":
            return READ
        if call.kind == "result":
            return RESULT
        if call.kind == "ask":
            return ASKED
        operation = self.world.flow.connections[call.row.connection].spec.operation("put")
        return SENT + TAKEN * 2 if operation.acceptance_window else SENT

    def _book(self) -> None:
        self.world.book(self._some(len(self.world.results)))

    def _book_all(self) -> None:
        self.world.book_all()

    def _renew(self) -> None:
        self.world.renew(self._some(2))

    def _crash(self) -> None:
        self.world.crash(self._some(2))

    def _restart(self) -> None:
        self.world.restart()

    # -- time and far ends

    def _time(self) -> None:
        seconds = self.draw(st.sampled_from([1, 6, 31, LEASE.total_seconds(), 121, 900, 7200]))
        self.world.advance(timedelta(seconds=seconds))

    def _land(self, name: str) -> None:
        self.world.land(name)

    def _job(self, name: str) -> None:
        connector = self.world.connectors[name]
        ticket = sorted(connector.far.jobs)[self._some(len(connector.far.jobs))]
        if self.draw(st.sampled_from([True, True, False])):
            connector.run_job(ticket)
        else:
            connector.refuse_job(ticket)

    def _go_on(self) -> None:
        """Meanwhile what is under way lands, what was taken is done, something comes, or not."""
        what = self.draw(st.sampled_from([None] * 20 + ["arrive"] * 4 + ["change_mind"]))
        if what == "arrive" and self.arrivals:
            self._arrive()
        elif what == "change_mind":
            self._change_mind()
        for name, one in self.world.connectors.items():
            if one.far.under_way and self.draw(st.booleans()):
                self.world.land(name)
            if one.far.jobs and self.draw(st.booleans()):
                self._job(name)

    # -- persons

    def _resume(self) -> None:
        self.world.resume()

    def _not_held(self) -> list[str]:
        return sorted(set(self.world.planned) - set(self.world.held_back))

    def _hold_back(self) -> None:
        records = self._not_held()
        self.world.hold_back(records[self._some(len(records))])

    def _let_go(self) -> None:
        records = sorted(self.world.held_back)
        self.world.let_go(records[self._some(len(records))])

    def _person(self) -> None:
        """A person looks at what stopped for one, mostly to let it go on."""
        rows = self._for_a_person(self.world.glance())
        row = rows[self._some(len(rows))]
        self.world.decide(row.id, self.draw(st.sampled_from(DECISIONS)))

    def _meddle(self) -> None:
        """A person decides about a row that has not stopped."""
        rows = [row for row in self.world.glance() if row.state in ("blocked", "ready")]
        if rows:
            row = rows[self._some(len(rows))]
            self.world.decide(row.id, self.draw(st.sampled_from(["skip", "cancel"])))

    def _for_a_person(self, rows: Sequence[Any]) -> list[Any]:
        held = self.world.held()
        return [row for row in rows if row.state == "dead" or row.id in held]
