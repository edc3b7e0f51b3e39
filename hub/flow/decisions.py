"""Answers to those who ask a gate before something happens, such as a form before it is submitted.

The answer is given within a moment or not at all: then it is what the gate says for that case
(`unavailable:`). What was answered is kept, and compared with what really came later.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import pydantic
from sqlalchemy import Connection as Transaction

from hub import logs
from hub.errors import HubError, MappingError, StoreError
from hub.flow.judging import as_data, person_named
from hub.flow.lookups import StoreLookUps
from hub.flow.parts import Flow
from hub.language import Message, say
from hub.mapping.faults import RuleFault
from hub.mapping.gate import Gate
from hub.mapping.running.lookups import LinksMissing
from hub.mapping.running.run import Scope
from hub.mapping.verdict import Answer as Word
from hub.mapping.verdict import Decided, Reason, Verdict, because, judge
from hub.nearest import suggestion
from hub.people import Actor
from hub.records import Record, kind
from hub.store import decisions, ledger

log = logs.get_logger(__name__)

#: Whoever waits with a form open is answered within it.
BUDGET = timedelta(milliseconds=700)
#: What a record says that no route and no gate sees.
_UNSEEN = {"approvals", "modified_at"}


class UnknownGate(HubError):
    """No gate of that name is in force."""


class BadQuestion(HubError):
    """The question cannot be read: it holds neither a record nor an item of a stream."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gate answers, and on what that rests."""

    gate: str
    answer: Word
    #: Each with `en`, `zh`, `fields` and `roles`.
    reasons: list[dict[str, Any]] = field(default_factory=list)
    #: judged: it was looked at; unmapped: it could not be read; unavailable: not in time.
    basis: Literal["judged", "unmapped", "unavailable"] = "judged"
    #: Id of the kept answer; None where it could not be kept.
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked about."""

    connection: str | None
    record: Record


class _Unmapped(Exception):
    """The document is no record; nothing was judged."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__("unmapped")
        self.reasons = reasons


async def decide(
    flow: Flow, gate: str, asked: Mapping[str, Any], actor: Actor, budget: timedelta = BUDGET
) -> Answer:
    """Answer allow, hold or deny, with the reasons; the answer is kept before it is given.

    `asked` is `{"record": {…}}`, or `{"connection": …, "stream": …, "item": {…}}` as the stream
    brings it. Raises `UnknownGate`, `BadQuestion`, and `ConfigError` for a connection there is
    not. What cannot be mapped, judged in time or kept is answered as `unavailable:` says.
    """
    found = _gate(flow, gate)
    late = threading.Event()
    try:
        async with asyncio.timeout(budget.total_seconds()):
            return await _answered(flow, found, asked, actor, late)
    except (TimeoutError, StoreError) as error:
        late.set()
        log.warning("decision.unavailable", gate=gate, answer=found.unavailable,
                    error=type(error).__name__)  # fmt: skip
        told = because(say("the hub could not look at it in time"))
        return _answer(found, Verdict(found.unavailable, (told,)), "unavailable", None)


def _gate(flow: Flow, name: str) -> Gate:
    gates = flow.bundles.active.gates
    if name not in gates:
        hint = suggestion(name, gates)
        raise UnknownGate(say("There is no gate {name}. {hint}", name=name, hint=hint))
    return gates[name]


async def _answered(
    flow: Flow, gate: Gate, asked: Mapping[str, Any], actor: Actor, late: threading.Event
) -> Answer:
    basis: Literal["judged", "unmapped"] = "judged"
    question = None
    try:
        question = await flow.store.read(_read, flow, gate, asked)
        verdict = _judged(flow, gate, question)
    except _Unmapped as unmapped:
        verdict, basis = Verdict(gate.unavailable, unmapped.reasons), "unmapped"
    kept = _kept(flow, gate, question, verdict, actor)
    await flow.store.write(_keep, flow, kept, basis, late)
    return _answer(gate, verdict, basis, kept.id)


def _answer(
    gate: Gate,
    verdict: Verdict,
    basis: Literal["judged", "unmapped", "unavailable"],
    id: str | None,
) -> Answer:
    return Answer(gate.name, verdict.answer, as_data(verdict), basis, id)


# ---- reading the question ----------------------------------------------------------------------


def _read(tx: Transaction, flow: Flow, gate: Gate, asked: Mapping[str, Any]) -> _Question:
    record, item = asked.get("record"), asked.get("item")
    if isinstance(record, Mapping):
        return _Question(None, _record(gate.record, record))
    names = (asked.get("connection"), asked.get("stream"))
    if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in names):
        raise BadQuestion(
            say("A question needs record:, or connection:, stream: and item: of a stream.")
        )
    return _mapped(tx, flow, gate, str(names[0]), str(names[1]), dict(item))


def _mapped(
    tx: Transaction, flow: Flow, gate: Gate, name: str, stream: str, item: dict[str, Any]
) -> _Question:
    connection = flow.connection(name)
    mapping = flow.bundles.active.inbound(
        connection.spec.name, stream, connection.mappings.get(stream)
    )
    if mapping is None or mapping.target != gate.record:
        raise BadQuestion(
            say("No mapping makes a {record} of what {stream} of {connection} brings.",
                record=gate.record, stream=stream, connection=name)
        )  # fmt: skip
    scope = Scope(lookups=StoreLookUps(tx), secret=flow.secret)
    try:
        if not mapping.applies(item, scope):
            raise _Unmapped((because(say("{mapping} leaves it out", mapping=mapping.name)),))
        return _Question(name, _record(gate.record, mapping.apply(item, scope)))
    except LinksMissing as missing:
        links = ", ".join(str(one) for one in missing.links)
        raise _Unmapped((because(say("link missing: {links}", links=links)),)) from None
    except MappingError as error:
        raise _Unmapped(tuple(map(_of_fault, error.faults))) from None


def _of_fault(fault: Any) -> Reason:
    message: Message = (
        fault.message if isinstance(fault.message, Message) else say("{text}", text=fault)
    )
    named = (fault.source or fault.target,) if isinstance(fault, RuleFault) else ()
    return because(message, tuple(one for one in named if one))


def _record(name: str, document: Mapping[str, Any]) -> Record:
    try:
        return kind(name).model_validate(dict(document))
    except pydantic.ValidationError as error:
        raise _Unmapped(tuple(map(_of_field, error.errors(include_url=False)))) from None


def _of_field(fault: Any) -> Reason:
    # the value stays out, as it may be personal
    path = ".".join(str(part) for part in fault["loc"])
    return because(say("{path}: {problem}", path=path, problem=fault["msg"]), (path,))


# ---- judging and keeping -----------------------------------------------------------------------


def _judged(flow: Flow, gate: Gate, question: _Question) -> Verdict:
    record, now = question.record, flow.clock.now()
    if not gate.concerns(record.kind_name, question.connection):
        return Verdict("allow")
    document = {
        **record.model_dump(mode="json", exclude=_UNSEEN), "revision": record.revision or 1,
    }  # fmt: skip
    made = [
        Decided(
            one.level, person_named(flow.people, question.connection or "?", one.person),
            str(one.decision), one.role, one.auto_passed, one.decided_at or now,
        )
        for one in getattr(record, "approvals", ())
    ]  # fmt: skip
    return judge(gate, document, made, flow.people, now)


def _kept(
    flow: Flow, gate: Gate, question: _Question | None, verdict: Verdict, actor: Actor
) -> decisions.Decision:
    record = None if question is None else question.record
    return decisions.Decision(
        flow.clock.new_id(), gate.name, gate.record, verdict.answer, str(actor)[:100],
        flow.clock.now(), None if question is None else question.connection,
        None if record is None else record.number,
        None if record is None else record.content_hash(), as_data(verdict),
    )  # fmt: skip


def _keep(
    tx: Transaction, flow: Flow, one: decisions.Decision, basis: str, late: threading.Event
) -> None:
    decisions.add(tx, one)
    facts = {"gate": one.gate, "answer": one.answer, "basis": basis, "content": one.content_hash}
    entry = ledger.entry(
        flow.clock.new_id(), one.asked_at, "gate.asked", one.id, actor=one.actor, facts=facts
    )
    ledger.append(tx, [entry])
    if late.is_set():
        # another answer has been given meanwhile
        raise StoreError
