"""May somebody do that, and see it? Roles and scope decide; who is not allowed hears why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.errors import HubError
from hub.language import say
from hub.people import Actor, People, Person


class NotAllowed(HubError):
    """Nobody with these roles may do that."""


def may(actor: Actor, what: str, roles: Sequence[str]) -> None:
    """Let it pass; raises `NotAllowed` where the actor has none of the roles.

    An admin may everything. Where people are written in people.yaml, whoever is no proven person
    may nothing.
    """
    if actor.trusted or any(role in actor.roles for role in (*roles, "admin")):
        return
    if actor.person is None:
        raise NotAllowed(
            say(
                "Nobody has shown who asks for {what}. Set HUB_TOKEN or run `hub person token "
                "NAME --save`.",
                what=what,
            )
        )
    raise NotAllowed(
        say(
            "{actor} may not do {what}; it takes one of these roles: {roles}. An admin gives "
            "roles in people.yaml.",
            actor=actor, what=what, roles=", ".join(dict.fromkeys([*roles, "admin"])),
        )
    )  # fmt: skip


def on_behalf_of(actor: Actor, roles: Sequence[str]) -> str | None:
    """Return the person in whose place the actor does something that takes one of the roles.

    None where one of them, or admin, is the actor's own.
    """
    held = [actor.roles[role] for role in (*roles, "admin") if role in actor.roles]
    return held[0] if held and None not in held else None


def second_person(actor: Actor, first: str, roles: Sequence[str] = ()) -> None:
    """Let a second pair of eyes pass; raises `NotAllowed` where the actor is none.

    `first` is whoever asked, as the ledger names actors. The second one is a proven person, another
    one, whose token the first did not make and who does not act by a role the first handed over:
    one of `roles`, or admin, must come from elsewhere; without `roles`, all the actor has must.
    """
    if actor.person is None:
        raise NotAllowed(
            say("It takes a second person, and nobody has shown who asks. Set HUB_TOKEN.")
        )
    if str(actor) == first:
        raise NotAllowed(say("{actor} asked for it; another person must decide.", actor=first))
    if actor.token_made_by == first:
        raise NotAllowed(
            say(
                "{first} made the token of {actor}, and so could be both. Let another admin make "
                "a new one.",
                first=first, actor=actor,
            )
        )  # fmt: skip
    if not _of_ones_own(actor, first, roles):
        raise NotAllowed(
            say(
                "{actor} stands in for {first}, who asked for it; another person must decide.",
                actor=actor, first=first,
            )
        )  # fmt: skip


def _of_ones_own(actor: Actor, first: str, roles: Sequence[str]) -> bool:
    if not roles:
        return all(f"person:{giver}" != first for giver in actor.roles.values())
    held = [actor.roles[role] for role in (*roles, "admin") if role in actor.roles]
    # without any, it is not for this rule to say what is missing
    return not held or any(f"person:{giver}" != first for giver in held)


def sees(people: People, actor: Actor, owner: str | None) -> bool:
    """Say whether the actor may see what belongs to an owner, as the source names the person.

    What belongs to nobody is seen only by those who see all.
    """
    seen = owners_seen(people, actor)
    return seen is None or owner in seen


def owners_seen(people: People, actor: Actor) -> frozenset[str] | None:
    """Return the names and ids of everybody whose records the actor sees; None: all are seen."""
    if actor.trusted:
        return None
    if actor.person is None:
        return frozenset()
    if actor.person.scope == "all":
        return None
    return frozenset(name for one in _whose(people, actor.person) for name in one.names)


def _whose(people: People, person: Person) -> Iterable[Person]:
    if person.scope == "own" or person.team is None:
        return [person]
    return [one for one in people.persons.values() if one.team == person.team]
