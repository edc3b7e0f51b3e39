"""What a gate says of one document, and why: pure, the same for routing, questions and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hub.errors import Fault
from hub.language import Language, Message, say, told
from hub.mapping.faults import MappingFault, RuleFault
from hub.people import People
from hub.records import Decision

if TYPE_CHECKING:
    from hub.mapping.gate import Gate, Need
    from hub.mapping.route import Condition

Answer: TypeAlias = Literal["allow", "hold", "deny"]

#: What the name of a known person begins with.
PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about the document."""

    level: str
    #: `person:ID` of somebody in people.yaml, else the name at the source.
    person: str
    decision: str
    #: Role the source states; counts for those only who are not in people.yaml.
    role: str | None
    auto_passed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps the document from passing, in both languages."""

    en: str
    zh: str
    #: Fields at fault.
    fields: tuple[str, ...] = ()
    #: Levels or roles of those who could help.
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with a reason for each thing that is missing or wrong."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()


def because(message: Message, fields: Sequence[str] = (), roles: Sequence[str] = ()) -> Reason:
    """Return a sentence of the hub as a reason."""
    named = tuple(str(one) for one in fields)
    return Reason(str(message), told(message, Language.ZH), named, tuple(roles))


def judge(
    gate: Gate,
    document: Mapping[str, Any],
    decisions: Sequence[Decided],
    people: People,
    at: datetime,
) -> Verdict:
    """Return what the gate says; the decisions come in the order they were made.

    What cannot be told, such as a condition about a field that is not there, holds.
    """
    applies, unclear = _holds(gate.when, document)
    if not applies:
        return Verdict("allow")
    denied, wrong = _wrong(gate, document)
    reasons = [*unclear, *wrong]
    for need in gate.needs:
        wanted, doubt = _holds(need.when, document)
        reasons += [*doubt, *(_Said(gate, need, decisions, people, at).lacking() if wanted else ())]
    if not gate.needs and not gate.checks:
        reasons.append(because(say("held until somebody releases it"), (), gate.release.roles))
    return Verdict("deny" if denied else "hold" if reasons else "allow", tuple(reasons))


def _holds(when: Condition | None, document: Mapping[str, Any]) -> tuple[bool, list[Reason]]:
    """Return whether a condition holds, and why that cannot be told; what is in doubt holds."""
    if when is None:
        return True, []
    try:
        return when.holds(document), []
    except MappingFault as fault:
        return True, [_doubt(one) for one in fault.faults]


def _doubt(fault: Fault) -> Reason:
    source = fault.source if isinstance(fault, RuleFault) else ""
    problem = say("it cannot be judged: {problem}", problem=fault.message)
    return because(problem, (source,) if source else ())


def _wrong(gate: Gate, document: Mapping[str, Any]) -> tuple[bool, list[Reason]]:
    """Return whether a check denies the document, and the reasons of all that stop it."""
    denied = False
    reasons: list[Reason] = []
    for check in gate.checks:
        stops, doubt = _holds(check.when, document)
        if doubt:
            reasons += doubt
        elif stops:
            denied |= check.then == "deny"
            reasons.append(Reason(*check.reason, check.fields))
    return denied, reasons


# ---- approvals ---------------------------------------------------------------------------------


def roles_of(one: Decided, people: People, at: datetime) -> frozenset[str]:
    """Return the roles somebody decided with: those of people.yaml at that moment, if known."""
    known = people.persons.get(one.person.removeprefix(PERSON))
    if known is not None and one.person.startswith(PERSON):
        # a source whose clock is ahead cannot bring roles forward
        return frozenset(people.roles_of(known, min(one.at, at)))
    return frozenset((one.role,)) if one.role else frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """What was decided, seen from one need."""

    gate: Gate
    need: Need
    decisions: Sequence[Decided]
    people: People
    at: datetime

    def lacking(self) -> Iterator[Reason]:
        return self._levels() if self.need.levels else self._persons()

    def _persons(self) -> Iterator[Reason]:
        # the last word of each person counts, whatever level it was said at
        latest = {
            (one.person if self.need.distinct else (one.person, one.level)): one
            for one in self.decisions
        }
        count = sum(self._counts(one) for one in latest.values())
        wanted, roles = self.need.approvals, self.need.roles
        if count >= wanted:
            return
        message = say("{count} of {wanted} approvals", count=count, wanted=wanted)
        if roles:
            message = say("{message} by {roles}", message=message, roles=", ".join(roles))
        yield because(message, (), roles)

    def _counts(self, one: Decided) -> bool:
        if one.decision != Decision.APPROVED:
            return False
        if one.auto_passed and not self.need.accept_auto_passed:
            return False
        roles = self.need.roles
        return not roles or bool(roles_of(one, self.people, self.at) & set(roles))

    def _levels(self) -> Iterator[Reason]:
        decided: dict[str, list[str]] = {}
        for level in self.need.levels:
            missing, persons = self._level(level)
            if missing is not None:
                yield because(missing, (), (level,))
            else:
                decided[level] = persons
        if self.need.distinct and not _can_differ(decided):
            levels = ", ".join(decided)
            message = say("each level needs a person of its own: {levels}", levels=levels)
            yield because(message, (), tuple(decided))

    def _level(self, level: str) -> tuple[Message | None, list[str]]:
        """Return what a level lacks, or the persons who have approved it."""
        latest = {one.level: one for one in self.decisions}.get(level)
        if latest is not None and latest.decision != Decision.APPROVED:
            return say("{level} decided {decision}", level=level, decision=latest.decision), []
        here = self._approved_here(level)
        if latest is not None and (self.need.accept_auto_passed or not latest.auto_passed):
            return None, [latest.person, *here]
        if here:
            return None, here
        if latest is None:
            return say("{level} has not decided", level=level), []
        return say("{level} was passed by the workflow, not by a person", level=level), []

    def _approved_here(self, level: str) -> list[str]:
        """Return who, having the role of the level's name, approved at the hub itself."""
        here = level_of(self.gate.name)
        latest = {one.person: one for one in self.decisions if one.level == here}
        return [
            name
            for name, one in latest.items()
            if one.decision == Decision.APPROVED and level in roles_of(one, self.people, self.at)
        ]


def level_of(gate: str) -> str:
    """Return the level at which persons approve a record for a gate at the hub itself."""
    return f"gate:{gate}"


def _can_differ(candidates: Mapping[str, Sequence[str]]) -> bool:
    """Say whether each level can have a person of its own."""
    taken: dict[str, str] = {}

    def seat(level: str, asked: set[str]) -> bool:
        for person in candidates[level]:
            if person not in asked:
                asked.add(person)
                if person not in taken or seat(taken[person], asked):
                    taken[person] = level
                    return True
        return False

    return all(seat(level, set()) for level in candidates)
