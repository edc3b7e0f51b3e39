"""Tokens of persons: who may make one for whom, and who may end it."""

from __future__ import annotations

import os
import pwd
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import ConfigError, HubError
from hub.flow.parts import Flow
from hub.language import say
from hub.nearest import suggestion
from hub.people import Actor, Person
from hub.service.authority import NotAllowed, may
from hub.service.identity import hashed, new_token
from hub.store import ledger
from hub.store import people as tokens

#: How long a token counts unless something else is said, and at most.
LIFE = timedelta(days=90)
LONGEST = timedelta(days=366)
_LONGEST_USER = 64
#: Characters of a token's id, or of its ending, that name it.
_SHORTEST_ENDING = 6


async def make_token(flow: Flow, given: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Make a token for a person, and return it: it can be shown only now.

    An admin makes one for anybody, a person for oneself. While no admin has a token that counts,
    the user of the operating system whose hub it is makes one for an admin. What a person makes
    for oneself is bound as the token shown is, and counts as made by whoever made that one.
    """
    person = _person(flow, given.get("person"), actor)
    if given.get("own") and actor.person is not None and actor.person.id != person.id:
        raise NotAllowed(
            say("{actor} cannot keep a token of {person}. Leave out --save, and hand it over.",
                actor=actor, person=person.id)
        )  # fmt: skip
    os_user = given.get("os_user")
    if os_user is not None and not 0 < len(os_user) <= _LONGEST_USER:
        raise ConfigError(say("No user of the operating system is called so: {name}.",
                              name=os_user))  # fmt: skip
    life = timedelta(seconds=given.get("seconds") or LIFE.total_seconds())
    if not timedelta() < life <= LONGEST:
        raise ConfigError(say("A token counts at most {days} days.", days=LONGEST.days))
    secret = new_token()
    ends = flow.clock.now() + life
    token = await flow.store.write(_made, flow, person, secret, ends, given, actor)
    return {
        "id": token.id, "person": person.id, "token": secret,
        "expires_at": ends.isoformat(timespec="seconds"),
    }  # fmt: skip


def _person(flow: Flow, name: str | None, actor: Actor) -> Person:
    """Return the person named, else the one who asks."""
    if not flow.people:
        raise ConfigError(say("people.yaml names nobody yet. Write the persons into it first."))
    if name is None and actor.person is None:
        raise ConfigError(say("Name the person the token is for, as people.yaml does."))
    wanted = name if name is not None else str(actor.person and actor.person.id)
    person = flow.people.persons.get(wanted)
    if person is None:
        hint = suggestion(wanted, flow.people.persons)
        raise ConfigError(say("There is no person {name}. {hint}", name=wanted, hint=hint))
    if flow.people.has_left(person, flow.clock.now()):
        raise ConfigError(say("{person} left on {at}.", person=person.id, at=person.left))
    return person


def _made(
    tx: sa.Connection, flow: Flow, person: Person, secret: str, ends: datetime,
    given: dict[str, Any], actor: Actor,
) -> tokens.Token:  # fmt: skip
    now = flow.clock.now()
    made_by, os_user = _may_make(tx, flow, person, given.get("os_user"), actor)
    token = tokens.Token(
        flow.clock.new_id(), person.id, hashed(secret), str(given.get("label") or "")[:100],
        os_user, now, made_by, ends,
    )  # fmt: skip
    tokens.add(tx, token)
    entry = ledger.entry(
        flow.clock.new_id(), now, "token.made", token.id, actor=str(actor),
        facts={"person": person.id, "os_user": os_user, "expires": ends.isoformat()},
    )  # fmt: skip
    ledger.append(tx, [entry])
    return token


def _may_make(
    tx: sa.Connection, flow: Flow, person: Person, os_user: str | None, actor: Actor
) -> tuple[str, str | None]:
    """Return who counts as its maker and the user it is bound to; `NotAllowed` otherwise."""
    if actor.person is not None and actor.person.id == person.id and actor.token is not None:
        (shown,) = tokens.by_ending(tx, actor.token)
        if shown.os_user is not None and os_user not in (None, shown.os_user):
            raise NotAllowed(
                say("A token bound to the user {bound} makes none for another user.",
                    bound=shown.os_user)
            )  # fmt: skip
        return shown.made_by, os_user or shown.os_user
    if actor.person is not None or not _may_begin(tx, flow, person, actor):
        _require_begun(tx, flow, actor)
        may(actor, "person.token", ())
    return str(actor), os_user


def _may_begin(tx: sa.Connection, flow: Flow, person: Person, actor: Actor) -> bool:
    """Say whether this is the first token of an admin, made where the hub itself runs."""
    now = flow.clock.now()
    admins = _admins(flow, now)
    if person.id not in admins or tokens.living(tx, admins, now):
        return False
    return actor.os_user in (pwd.getpwuid(os.geteuid()).pw_name, "root")


def _admins(flow: Flow, now: datetime) -> set[str]:
    persons = flow.people.persons.values()
    return {
        one.id for one in persons if "admin" in one.roles and not flow.people.has_left(one, now)
    }


def _require_begun(tx: sa.Connection, flow: Flow, actor: Actor) -> None:
    """Raise `NotAllowed` where an admin's token must come first, and say whose."""
    now = flow.clock.now()
    admins = _admins(flow, now)
    if actor.person is not None or tokens.living(tx, admins, now):
        return
    if not admins:
        raise NotAllowed(
            say(
                "people.yaml names no admin. Write `roles: [admin]` for somebody, and make the "
                "first token for that person.",
            )
        )
    raise NotAllowed(
        say(
            "The first token is an admin's: as the user the hub runs as, run `hub person token "
            "{admin} --save`. Then make the others.",
            admin=min(admins),
        )
    )


async def revoke_token(flow: Flow, given: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """End a token, named by its id or the ending of it: an admin anybody's, a person an own one.

    Returns how many `others` of that person still count.
    """
    return await flow.store.write(_revoked, flow, str(given.get("id") or ""), actor)


def _revoked(tx: sa.Connection, flow: Flow, ending: str, actor: Actor) -> dict[str, Any]:
    found = tokens.by_ending(tx, ending) if len(ending) >= _SHORTEST_ENDING else []
    if len(found) != 1:
        raise HubError(
            say(
                "There is no token {given}, or its ending is not unique or shorter than 6. "
                "`hub person list --tokens` shows them.",
                given=ending,
            )
        )
    (token,) = found
    if actor.person is None or actor.person.id != token.person:
        may(actor, "person.revoke", ())
    now = flow.clock.now()
    done = tokens.revoke(tx, token.id, now)
    if done:
        entry = ledger.entry(
            flow.clock.new_id(), now, "token.revoked", token.id, actor=str(actor),
            facts={"person": token.person},
        )  # fmt: skip
        ledger.append(tx, [entry])
    # whoever stole one may have made another by it
    others = len(tokens.living(tx, [token.person], now))
    return {"id": token.id, "person": token.person, "revoked": done, "others": others}
