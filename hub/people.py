"""People: who they are, what they may do, who stands in for whom.

A `Person` is written in `people.yaml`. An `Actor` is whoever does one thing: a person who showed
a token, a user of the operating system, or the hub itself. Only persons count as a second pair
of eyes; the user of the operating system is recorded and proves nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Scope: TypeAlias = Literal["own", "team", "all"]

#: Roles the hub itself asks for; every other role is one of the company, such as `coo`.
ROLES = ("viewer", "operator", "mapper", "accountant", "reviewer", "admin")

#: Where days begin and end unless hub.yaml says otherwise.
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody stands in for a person, with these roles, from one day to another."""

    #: Person who stands in.
    to: str
    #: First and last day, both counted, in the calendar's zone.
    since: date
    until: date
    #: Roles handed over; empty: all.
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """One person of `people.yaml`."""

    id: str
    name: str = ""
    roles: tuple[str, ...] = ()
    #: Connection → ids of the person there.
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    team: str | None = None
    #: Whose records the person sees: own, those of the team, all.
    scope: Scope = "all"
    email: str | None = None
    delegations: tuple[Delegation, ...] = ()
    #: Last day in the company; after it the person may do nothing.
    left: date | None = None

    @property
    def names(self) -> frozenset[str]:
        """Return what the person is called, here and at every connection."""
        ids = (one for known in self.ids.values() for one in known)
        return frozenset(one for one in (self.id, self.name, *ids) if one)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for something, before anybody has looked whether it is true."""

    #: User of the operating system.
    os_user: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does one thing, as the ledger names it."""

    #: None: no person is proven.
    person: Person | None = None
    #: Roles at this moment → person who handed it over; None: the actor's own.
    roles: Mapping[str, str | None] = field(default_factory=dict)
    #: Id of the token shown, never the token.
    token: str | None = None
    #: Person or user who made that token.
    token_made_by: str | None = None
    os_user: str | None = None
    #: Nobody is written in people.yaml, so whoever may use the hub's account may do everything.
    trusted: bool = False

    def __str__(self) -> str:
        if self.person is not None:
            return f"person:{self.person.id}"
        return f"os:{self.os_user}" if self.os_user else "system"


#: The hub by itself.
SYSTEM = Actor(trusted=True)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody in `people.yaml`."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    #: Where days begin and end: those of delegations, and the last one of whoever left.
    zone: tzinfo = ZONE
    # every record and approval asks for these
    #: Connection and id there → person.
    _known: Mapping[tuple[str, str], Person] = field(init=False, repr=False, compare=False)
    #: Those who have ever handed something over.
    _givers: tuple[Person, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known: dict[tuple[str, str], Person] = {}
        for person in self.persons.values():
            for connection, ids in person.ids.items():
                for one in ids:
                    known.setdefault((connection, one), person)
        object.__setattr__(self, "_known", known)
        givers = tuple(one for one in self.persons.values() if one.delegations)
        object.__setattr__(self, "_givers", givers)

    def __bool__(self) -> bool:
        return bool(self.persons)

    def known_as(self, connection: str, external_id: str) -> Person | None:
        """Return the person whom a connection calls so."""
        return self._known.get((connection, external_id))

    def has_left(self, person: Person, at: datetime) -> bool:
        """Say whether the person's last day in the company is over."""
        return person.left is not None and at.astimezone(self.zone).date() > person.left

    def roles_of(self, person: Person, at: datetime) -> Mapping[str, str | None]:
        """Return the person's roles at a moment, each with who handed it over, None for own ones.

        A person who has left has none, and has handed none over. What somebody has only from
        another one is not handed on.
        """
        if self.has_left(person, at):
            return {}
        own: dict[str, str | None] = dict.fromkeys(person.roles)
        if not self._givers:
            return own
        handed_over = {
            role: giver.id
            for giver, delegation in self._delegated_to(person, at)
            for role in delegation.roles or giver.roles
            if role in giver.roles
        }
        return {**handed_over, **own}

    def with_role(self, role: str, at: datetime) -> Mapping[str, str | None]:
        """Return the persons who have a role at a moment, each with who handed it over."""
        found = {one.id: self.roles_of(one, at) for one in self.persons.values()}
        return {person: roles[role] for person, roles in found.items() if role in roles}

    def _delegated_to(self, person: Person, at: datetime) -> Iterator[tuple[Person, Delegation]]:
        today = at.astimezone(self.zone).date()
        for giver in self._givers:
            for one in giver.delegations:
                counts = one.to == person.id and one.since <= today <= one.until
                if counts and not self.has_left(giver, at):
                    yield giver, one
