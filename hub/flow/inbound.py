"""What an inbound record does: a new revision, an approval, a revocation, or nothing.

A `Desk` serves one transaction. It holds the locked records, decides, and lets `revisions` plan
the deliveries once every condition of the route is met. What a batch of records is likely to need
is locked and loaded in a few statements when the desk opens; what was not foreseen is loaded when
it is needed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Transaction

from hub.connector import Operation
from hub.errors import ConfigError
from hub.flow import approvals, bind, gates, judging, lanes, revisions
from hub.flow.lacking import Lacking
from hub.flow.lookups import StoreLookUps
from hub.flow.papers import Papers
from hub.flow.parts import Connection, Flow
from hub.flow.press import Done
from hub.flow.watching import Watching
from hub.mapping.bundle import Bundle
from hub.mapping.route import Route, Step
from hub.mapping.running.lookups import LinksMissing, MissingLink
from hub.mapping.running.run import Scope
from hub.records import Approval, Commitment, CommitmentStatus, Decision, Record
from hub.store import inbox, ledger
from hub.store import records as stored
from hub.store.board import Board
from hub.store.inbox import Message
from hub.store.rows import Link

#: State of a message whose document is being printed: it keeps its lease, nothing is written.
PRINTING = "printing"
#: Missing links a message's reason names.
_LINKS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Settled:
    """How a message ended, or what it waits for."""

    state: str
    reason: str | None = None
    wake_key: str | None = None
    record_id: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """What a record says, worked out once."""

    hash: str
    #: What is stored as the revision.
    document: dict[str, Any]
    #: What may grow within a revision, apart from approvals.
    standing: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """The steps of a route for one document."""

    route: str
    document: dict[str, Any]
    steps: list[revisions.PlannedStep]


class Desk:
    """Decides about inbound records in one transaction."""

    def __init__(
        self, tx: Transaction, flow: Flow, board: Board, bundle: Bundle,
        printed: Mapping[str, Done] | None = None,
    ) -> None:  # fmt: skip
        self.tx = tx
        self.flow = flow
        self.board = board
        #: The mapping files of everything decided here.
        self.bundle = bundle
        self._scope = Scope(lookups=StoreLookUps(tx), secret=flow.secret)
        self.records: dict[stored.Key, stored.Stored] = {}
        self._revisions: list[dict[str, Any]] = []
        self._fresh: dict[tuple[str, int], dict[str, Any]] = {}
        self._contents: dict[str, _Content] = {}
        self._foreseen: dict[str, _Foreseen] = {}
        #: Decisions about the records that were asked for, by record and revision.
        self._approvals: dict[str, dict[int, list[stored.Approved]]] = {}
        self._new_approvals: list[stored.Approved] = []
        self._gates = gates.Gates(tx, flow, board, bundle)
        self.papers = Papers(tx, flow, bundle, board.now, printed or {})
        self._entries: list[ledger.Entry] = []
        self._wake: set[str] = set()
        self._watching = Watching(flow, bundle, board.now)
        #: Wake keys of messages whose revision is decided now → how they end.
        self._decided_keys: dict[str, tuple[str, str]] = {}

    # -- opening

    def open(self, batch: Iterable[tuple[Message, Record]]) -> None:
        """Lock the records of a batch, in key order, and load what their planning needs.

        Records, deliveries, lanes, links: always in this order, as booking results does.
        """
        taken = list(batch)
        if not taken:
            return
        # an approval is no business object: it has no row, only a place at the record it is about
        keys = [_key(*one) for one in taken if not isinstance(one[1], Approval)]
        self.records = stored.lock(self.tx, keys, self.board.now, self.flow.clock.new_id)
        numbers = ((kind, number) for kind, _, number in keys)
        self._gates.open(self.records.values(), numbers)
        ids = sorted(one.id for one in self.records.values())
        self._ask_approvals(ids)
        self.papers.open(ids)
        self.board.ask_records(ids)
        for message, record in taken:
            self._foresee(message, record)
        self._lock_lanes()
        self.board.ask_links(ids)
        self._ask_wanted(taken)

    def _ask_wanted(self, taken: Sequence[tuple[Message, Record]]) -> None:
        """Load who waits for the links between these records and their objects at the source."""
        objects = [
            (record.number, message.connection, str(message.event["object_id"]))
            for message, record in taken
            if message.event.get("object_id") and not isinstance(record, Approval)
        ]
        self.board.ask_wanted(
            (number for number, _, _ in objects),
            ((connection, object_id) for _, connection, object_id in objects),
        )

    def _foresee(self, message: Message, record: Record) -> None:
        """Work out which steps the record will lead to, as far as can be said beforehand."""
        if isinstance(record, Approval):
            return
        row = self.records[_key(message, record)]
        content = self._content(message, record)
        known, number = self._place(message, row, record, content)
        if known not in ("new", "same") or row.planned >= number or number in row.revoked:
            return
        document = {**content.document, **content.standing, "revision": number}
        # what is wrong with the mapping files is told when the record is really taken in
        with contextlib.suppress(ConfigError, LinksMissing):
            route = self.route_of(record.kind_name, message.connection, document)
            if route is not None:
                steps = self._steps(route, document, row)
                self._foreseen[row.id] = _Foreseen(route.name, document, steps)

    def _lock_lanes(self) -> None:
        steps = [step for one in self._foreseen.values() for step in one.steps]
        needed = {revisions.lane_of(step) for step in steps}
        self.board.open_lanes(needed)
        self.board.lock_lanes(lane_id for lane_id, _, _ in needed)
        self.board.ask_generations(
            (step.connection, step.handle) for step in steps if step.traits.idempotency != "key"
        )

    def _content(self, message: Message, record: Record) -> _Content:
        if message.id not in self._contents:
            outside = set(record.outside_content)
            growing = outside - {"approvals", "revision", "modified_at"}
            self._contents[message.id] = _Content(
                record.content_hash(),
                record.model_dump(mode="json", exclude=outside),
                record.model_dump(mode="json", include=growing) if growing else {},
            )
        return self._contents[message.id]

    # -- records

    def take(self, message: Message, record: Record) -> Settled:
        """Take a record in: store a new revision, merge what does not count as content, plan."""
        row = self.records[_key(message, record)]
        content = self._content(message, record)
        self._gates.match(row.kind, row.number, message.id, content.hash)
        known, number = self._place(message, row, record, content)
        if known == "conflict":
            return Settled(
                "failed",
                f"revision_conflict: revision {number} came again with other content",
                record_id=row.id, revision=number,
            )  # fmt: skip
        if known == "new":
            self._store_revision(message, row, record, content, number)
        grown = self._merge(message, row, record, content, number)
        if number == row.revision and (known == "new" or grown):
            # a revoked one is noted below, as one that no longer counts
            as_it_stands = {**content.document, **row.standing, "revision": number}
            first = known == "new" and number == 1
            self._watching.take(message, row, as_it_stands, first=first)
        if self._revokes(record, row.id, number):
            return self._revoke(message, row, number)
        if known == "stale":
            return self._ignored("stale: a newer revision is here", row, number)
        if known == "same" and not grown and row.planned >= number:
            return self._ignored("duplicate: nothing new in it", row, number)
        return self._advance(message, row, record.kind_name, message.connection)

    def issue(self, message: Message, record: Record, route: Route) -> Settled:
        """Store a record the hub made itself, and plan a route of its own for it.

        Raises `ConfigError` or `LinksMissing` where it cannot be planned; nothing is stored then.
        """
        row, content = self.records[_key(message, record)], self._content(message, record)
        document = {**content.document, **content.standing, "revision": 1}
        steps = self._steps(route, document, row)
        self._foreseen[row.id] = _Foreseen(route.name, document, steps)
        self._store_revision(message, row, record, content, 1)
        case = judging.Case(row, 1, document, (), correlation_id=message.correlation_id)
        self._plan(message, case, route, self._foreseen_steps(case, route))
        return Settled("routed", route.name, record_id=row.id, revision=1)

    def _place(
        self, message: Message, row: stored.Stored, record: Record, content: _Content
    ) -> tuple[str, int]:
        """Return whether the record is new, same, stale or in conflict, and its revision."""
        own = content.hash
        if record.revision is not None:
            known = row.hashes.get(record.revision)
            if known is not None and known[0] != own:
                return "conflict", record.revision
            if known is not None:
                return ("same" if record.revision == row.revision else "stale"), record.revision
            return ("new" if record.revision > row.revision else "stale"), record.revision
        taken = message.revision or 0
        if taken in row.hashes and row.hashes[taken][0] == own:
            # it was taken in before, and has waited since: it does not come after what came later
            return ("same" if taken == row.revision else "stale"), taken
        latest = row.hashes.get(row.revision)
        if latest is None:
            return "new", 1
        if latest[0] == own:
            return "same", row.revision
        if latest[1] and record.modified_at and record.modified_at < latest[1]:
            return "stale", row.revision
        return "new", row.revision + 1

    def _store_revision(
        self, message: Message, row: stored.Stored, record: Record, content: _Content, number: int
    ) -> None:
        values: dict[str, Any] = {
            "record_id": row.id, "revision": number, "schema": record.name_at_version(),
            "content_hash": content.hash, "document": content.document,
            "modified_at": record.modified_at, "message_id": message.id,
            "correlation_id": message.correlation_id, "stored_at": self.board.now,
        }  # fmt: skip
        self._revisions.append(values)
        self._fresh[row.id, number] = values
        row.hashes[number] = (content.hash, record.modified_at)
        row.revision = max(row.revision, number)
        row.company, row.owner = record.company, record.owner
        row.changed_at = self.board.now
        self._entries += bind.keep(self.tx, self.flow, message, row.id, content.document)
        self._wake.add(f"record:{row.kind}:{row.number}")
        self._gates.outdate(row, number)
        for old in row.hashes:
            if row.planned < old < number:
                stale = ("ignored", "stale: a newer revision is here")
                self._decided_keys[gates.approval_key(row.id, old)] = stale
        self._link_source(message, row)
        self._note(message, "record.revised", row.id, revision=number,
                   content=content.hash)  # fmt: skip

    def _link_source(self, message: Message, row: stored.Stored) -> None:
        """Remember where the record stands at its source, so that it can be written back to."""
        object_id = message.event.get("object_id")
        if object_id is None:
            return
        for link in self.board.links(row.id):
            if link.connection == message.connection and link.step is None:
                break
        else:
            link = self.board.add_link(
                Link(self.flow.clock.new_id(), message.connection, row.kind, row.number,
                     alive=True, changed_at=self.board.now, record_id=row.id)
            )  # fmt: skip
        if link.external_id != str(object_id):
            link.external_id = str(object_id)
            lanes.fill_wanted(self.board, link)

    def _merge(
        self, message: Message, row: stored.Stored, record: Record, content: _Content, number: int
    ) -> bool:
        """Keep what may grow within a revision; return whether anything did."""
        grown = False
        if number == row.revision and content.standing != row.standing:
            row.standing, grown = content.standing, True
        if isinstance(record, Commitment):
            for one in record.approvals:
                grown |= self._add_approval(message, row.id, number, one.model_dump())
        return grown

    def _revokes(self, record: Record, record_id: str, number: int) -> bool:
        if not isinstance(record, Commitment):
            return False
        if record.status is CommitmentStatus.REVOKED:
            return True
        decisions = self._decisions(record_id, [number])
        return any(one.decision == Decision.REVOKED for one in decisions)

    def _revoke(self, message: Message, row: stored.Stored, number: int) -> Settled:
        if number not in row.revoked:
            stored.add_revocation(self.tx, row.id, number, message.id, self.board.now)
            row.revoked.add(number)
            self.board.planned_now(row.id, row.planned, row.revoked)
            self._gates.outdate(row, number + 1)
            revisions.revoke(self.board, row.id, number, row.planned)
            self.papers.revoke(row.id, number, message.correlation_id)
            if number == row.revision:
                self._watching.revoked(message, row)
            self._note(message, "record.revoked", row.id, revision=number)
        self._decided_keys[gates.approval_key(row.id, number)] = (
            "ignored",
            "revoked before approval",
        )
        return Settled("routed", f"revoked: revision {number}", record_id=row.id, revision=number)

    def _ignored(self, reason: str, row: stored.Stored, number: int) -> Settled:
        return Settled("ignored", reason, record_id=row.id, revision=number)

    # -- links

    def wait_for_links(
        self, message: Message, lacking: Lacking, missing: Sequence[MissingLink]
    ) -> Settled:
        """Let a message wait until its links are written; one nobody can write fails it."""
        try:
            wanted = lacking.of(missing)
        except ConfigError as never:
            return Settled("failed", f"configuration: {never}")
        if not wanted:
            # somebody has written them since it was mapped
            return Settled("received")
        self._note(message, "message.parked", message.id, links=[str(one) for one in missing])
        more = f"; and {len(missing) - _LINKS_TOLD} more" if len(missing) > _LINKS_TOLD else ""
        commands = "; ".join(one.command for one in missing[:_LINKS_TOLD])
        # with the first of them it is taken up, and asks for the others
        return Settled("waiting", f"link missing: {commands}{more}", lanes.link_key(wanted[0]))

    # -- approvals

    def approve(self, message: Message, approval: Approval) -> Settled:
        """Take in a decision that came by itself; it waits for its record if need be."""
        rows = [one for one in self.records.values()
                if (one.kind, one.number) == (approval.about, approval.about_number)]  # fmt: skip
        rows = rows or stored.lock_numbered(self.tx, approval.about, approval.about_number)
        rows = [one for one in rows if approval.about_revision in one.hashes]
        if not rows:
            key = f"record:{approval.about}:{approval.about_number}"
            return Settled("waiting", f"{approval.about} {approval.about_number} not yet here", key)
        how = Settled("ignored", "duplicate: nothing new in it")
        for row in rows:
            self.records[row.kind, row.connection, row.number] = row
            values = approval.model_dump(
                include={"level", "person", "decision", "decided_at", "role", "auto_passed"}
            )
            self._add_approval(message, row.id, approval.about_revision, values)
            known = self._decisions(row.id, [approval.about_revision])
            # a message that waited meanwhile brought what it says already
            if any(one.message_id == message.id for one in known):
                decided = self._decided(message, row, approval)
                # it comes again as long as one of them is printed
                how = how if how.state == PRINTING else decided
        return how

    def _decided(self, message: Message, row: stored.Stored, approval: Approval) -> Settled:
        if approval.decision is Decision.REVOKED:
            return self._revoke(message, row, approval.about_revision)
        return self._advance(message, row, row.kind, row.connection)

    def _add_approval(
        self, message: Message, record_id: str, number: int, values: dict[str, Any]
    ) -> bool:
        known = self._decisions(record_id, [number])
        same = ("level", "person", "decision", "auto_passed")
        if any(all(getattr(one, name) == values[name] for name in same) for one in known):
            return False
        chosen = {name: values[name] for name in (*same, "role", "decided_at")}
        chosen["decision"] = str(chosen["decision"])
        one = stored.Approved(
            id=self.flow.clock.new_id(), record_id=record_id, revision=number,
            connection=message.connection, message_id=message.id, stored_at=self.board.now,
            **chosen,
        )  # fmt: skip
        self._new_approvals.append(one)
        decisions = self._approvals[record_id].setdefault(number, [])
        decisions.append(one)
        decisions.sort(key=stored.Approved.order)
        self._note(message, "record.approval", record_id, revision=number, level=one.level,
                   decision=one.decision, auto_passed=one.auto_passed)  # fmt: skip
        return True

    def _decisions(self, record_id: str, numbers: list[int]) -> list[stored.Approved]:
        if record_id not in self._approvals:
            self._ask_approvals([record_id])
        of_record = self._approvals[record_id]
        return [one for number in numbers for one in of_record.get(number, ())]

    def _ask_approvals(self, record_ids: Sequence[str]) -> None:
        """Load, in one go, what was decided about these locked records."""
        self._approvals.update({one: {} for one in record_ids})
        for one in stored.approvals(self.tx, record_ids):
            self._approvals[one.record_id].setdefault(one.revision, []).append(one)

    # -- planning

    def _advance(
        self, message: Message, row: stored.Stored, kind_name: str, connection: str
    ) -> Settled:
        """Plan the record's newest revision if its route takes it and nothing stops it."""
        number = row.revision
        if row.planned >= number:
            return self._look_again(message, row) or self._ignored(
                "duplicate: already planned", row, number
            )
        if number in row.revoked:
            return self._ignored("revoked before it came", row, number)
        document = self.document_now(row)
        route = self.route_of(kind_name, connection, document)
        if route is None:
            self._gates.forget(row)
            return Settled(
                "routed", "recorded: no route takes it", record_id=row.id, revision=number
            )
        case = self.case(message.correlation_id, row, route, document)
        missing = self.missing(route, case)
        if missing:
            self._note(message, "record.waiting", row.id, revision=number, missing=missing)
            return Settled("waiting", "approval: " + "; ".join(missing),
                           gates.approval_key(row.id, number), row.id, number)  # fmt: skip
        stopped = self._gates.stop(case, route.gates)
        if stopped is not None:
            key = gates.approval_key(row.id, number) if stopped.state == "waiting" else None
            return Settled(stopped.state, stopped.reason, key, row.id, number)
        steps = self._foreseen_steps(case, route)
        if route.document is not None and not self.papers.ready(case, route):
            return Settled(PRINTING, record_id=row.id, revision=number)
        self._plan(message, case, route, steps)
        return Settled("routed", route.name, record_id=row.id, revision=number)

    def missing(self, route: Route, case: judging.Case) -> list[str]:
        """Return which approvals of its route a revision lacks."""
        if route.approvals is None:
            return []
        return approvals.missing(route.approvals, case.approvals, self.flow.people)

    def _look_again(self, message: Message, row: stored.Stored) -> Settled | None:
        """Judge what gates hold of a planned revision anew; None where nothing goes on."""
        if not self._gates.holds_steps(row):
            return None
        document = self.document_now(row)
        route = self.route_of(row.kind, row.connection, document)
        case = self.case(message.correlation_id, row, route, document)
        if not self._gates.look_again(case):
            return None
        return Settled("routed", "gate passed", record_id=row.id, revision=case.revision)

    def case(
        self, correlation_id: str, row: stored.Stored, route: Route | None, document: dict[str, Any]
    ) -> judging.Case:
        """Return the record's newest revision with the decisions that count for it."""
        rows = self.board.load_record(row.id)
        like = judging.like(route, row, rows, lambda number: self._document(row, number))
        known = self._decisions(row.id, [*like, row.revision])
        return judging.Case(row, row.revision, document, known, frozenset(like), correlation_id)

    def route_of(self, kind_name: str, connection: str, document: dict[str, Any]) -> Route | None:
        """Return the first route that takes a document."""
        routes = self.bundle.routes.values()
        return next((one for one in routes if one.matches(kind_name, connection, document)), None)

    def _document(self, row: stored.Stored, number: int) -> dict[str, Any]:
        fresh = self._fresh.get((row.id, number))
        if fresh is not None:
            return dict(fresh["document"])
        return dict(stored.revision(self.tx, row.id, number).document)

    def document_now(self, row: stored.Stored) -> dict[str, Any]:
        """Return the newest revision of a record as routes and mappings see it."""
        return {**self._document(row, row.revision), **row.standing, "revision": row.revision}

    def _foreseen_steps(self, case: judging.Case, route: Route) -> list[revisions.PlannedStep]:
        document = dict(case.document)
        foreseen = self._foreseen.pop(case.row.id, None)
        if foreseen is not None and (foreseen.route, foreseen.document) == (route.name, document):
            return foreseen.steps
        return self._steps(route, document, case.row)

    def _plan(
        self, message: Message, case: judging.Case, route: Route,
        steps: list[revisions.PlannedStep],
    ) -> None:  # fmt: skip
        row, number = case.row, case.revision
        self.papers.supersede(case)
        steps = self._gates.guard(case, route, steps)
        row.planned = number
        self.board.planned_now(row.id, number, row.revoked)
        made = revisions.plan_revision(
            self.board,
            revisions.Plan(row.id, number, route.name, self.bundle.sha, message.id,
                           message.correlation_id, _without_absent(steps)),
        )  # fmt: skip
        self._gates.bind(made)
        self._gates.planned(case)
        self._decided_keys[gates.approval_key(row.id, number)] = ("routed", route.name)
        self._note(
            message, "record.planned", row.id, revision=number, route=route.name,
            bundle=self.bundle.sha, steps=[one.step for one in steps],
        )  # fmt: skip

    def _steps(
        self, route: Route, document: dict[str, Any], row: stored.Stored
    ) -> list[revisions.PlannedStep]:
        return [
            self._step(step, document, row)
            for step in route.steps
            if step.when is None or step.when.holds(document)
        ]

    def _step(
        self, step: Step, document: dict[str, Any], row: stored.Stored
    ) -> revisions.PlannedStep:
        connection = self.flow.connection(step.to)
        operation = connection.spec.operation(step.operation)
        mapping = self.bundle.mappings[step.mapping] if step.mapping else None
        handle = (mapping.key(document, self._scope) if mapping else None) or row.number
        lane = mapping.lane(document, self._scope) if mapping else None
        lane = lane or _lane(operation, document)
        return revisions.PlannedStep(
            step.name, step.to, step.operation, handle[:200], (lane or handle)[:255],
            connection.traits(operation, step, handle), step.mapping,
            _options(connection, operation, step),
            {after.step: after.confirmed for after in step.after},
        )  # fmt: skip

    # -- saving

    def save(self) -> None:
        """Write records, revisions, deliveries and ledger entries."""
        stored.add_revisions(self.tx, self._revisions)
        stored.add_approvals(self.tx, self._new_approvals)
        stored.save(self.tx, self.records.values())
        self._gates.save()
        self.board.save()
        papers = self.papers.save()
        ledger.append(self.tx, [*self._entries, *papers, *self._watching.save(self.tx)])

    def wake(self) -> None:
        """Take up again what waited for what has just come, and end what is decided now."""
        ends: dict[tuple[str, str], list[str]] = {}
        for key, end in self._decided_keys.items():
            ends.setdefault(end, []).append(key)
        for (state, reason), keys in ends.items():
            inbox.release(self.tx, keys, state, reason, self.board.now)
        inbox.wake(self.tx, self._wake | self.board.woken, self.board.now)

    def _note(self, message: Message, what: str, subject: str, **facts: Any) -> None:
        self._entries.append(
            ledger.entry(self.flow.clock.new_id(), self.board.now, what, subject,
                         correlation_id=message.correlation_id, facts=facts)
        )  # fmt: skip


def _key(message: Message, record: Record) -> stored.Key:
    return record.kind_name, message.connection, record.number


def _lane(operation: Operation, document: dict[str, Any]) -> str | None:
    value: Any = document
    for part in (operation.lane or "").split(".") if operation.lane else ():
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if operation.lane and value not in (None, "") else None


def _options(connection: Connection, operation: Operation, step: Step) -> dict[str, Any]:
    chosen = {name: values[0] for name, values in operation.options.items()}
    for name, value in step.options.items():
        if name not in operation.options or value not in operation.options[name]:
            known = "; ".join(f"{k}: {' | '.join(v)}" for k, v in operation.options.items())
            raise ConfigError(
                f"route step {step.name}: {connection.name}.{operation.name} has no option "
                f"{name}: {value}. It has: {known or 'none'}"
            )
        chosen[name] = value
    return chosen


def _without_absent(
    steps: list[revisions.PlannedStep],
) -> tuple[revisions.PlannedStep, ...]:
    """Drop the edges to steps whose `if:` left them out of this plan."""
    present = {step.step for step in steps}
    for step in steps:
        for name in set(step.after) - present:
            del step.after[name]
    return tuple(steps)
