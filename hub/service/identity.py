"""Who is calling: the person of a token, or only a user of the operating system."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from datetime import timedelta

from hub import logs
from hub.errors import StoreError
from hub.flow.parts import Flow
from hub.flow.roster import look
from hub.language import Message, say
from hub.people import Actor, Caller
from hub.service.authority import NotAllowed
from hub.store import ledger
from hub.store import people as tokens

log = logs.get_logger(__name__)

_TOKEN = re.compile(r"acc_[A-Za-z0-9_-]{40}")
#: How exactly the store knows when a token was last used.
_USE_NOTED = timedelta(minutes=1)


class TokenRefused(NotAllowed):
    """The token proves nobody."""


def new_token() -> str:
    """Return a fresh token, which nobody can guess."""
    # 30 bytes are 40 characters
    return f"acc_{secrets.token_urlsafe(30)}"


def is_token(text: str) -> bool:
    """Say whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def hashed(token: str) -> str:
    """Return what is kept of a token; 240 bits of chance need no salt."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


async def identify(flow: Flow, caller: Caller) -> Actor:
    """Return who calls: the person of the token, or a user who proved nobody.

    As long as people.yaml names nobody, whoever may use the hub's account may do everything, and
    no token counts. Raises `TokenRefused`, which says why: the token is unknown, revoked, expired,
    another user's, or its person is gone; the ledger keeps that, where the token was once one.
    """
    look(flow)
    os_user = caller.os_user or None
    if not flow.people:
        return Actor(os_user=os_user, trusted=True)
    if caller.token is None:
        return Actor(os_user=os_user)
    token = await flow.store.read(tokens.by_hash, hashed(caller.token))
    if token is None:
        log.warning("token.unknown", os_user=os_user)
        raise TokenRefused(
            say("The hub knows no such token. An admin makes one: `hub person token`.")
        )
    return await _proven(flow, token, os_user)


async def recognise(flow: Flow, token_id: str) -> Actor:
    """Return who showed a token before, and began a visit to the console with it.

    Raises `TokenRefused` as `identify` does: what ends the token ends the visit.
    """
    look(flow)
    token = await flow.store.read(tokens.by_id, token_id)
    if token is None:
        raise TokenRefused(
            say("The hub knows no such token. An admin makes one: `hub person token`.")
        )
    return await _proven(flow, token, None)


async def _proven(flow: Flow, token: tokens.Token, os_user: str | None) -> Actor:
    now = flow.clock.now()
    person = flow.people.persons.get(token.person)
    refusal = _refusal(flow, token, os_user)
    if refusal is not None or person is None:
        code, why = refusal or _unknown(token)
        await _note_refused(flow, token, os_user, code)
        raise TokenRefused(why)
    if token.used_at is None or now - token.used_at >= _USE_NOTED:
        # when it was used is no reason to refuse it
        with contextlib.suppress(StoreError):
            await flow.store.write(tokens.used, token.id, now)
    roles = flow.people.roles_of(person, now)
    return Actor(person, roles, token.id, token.made_by, os_user)


def _refusal(flow: Flow, token: tokens.Token, os_user: str | None) -> tuple[str, Message] | None:
    """Return why a token does not count, as a code and a sentence."""
    now, end = flow.clock.now(), token.id[-12:]
    if token.revoked_at is not None:
        at = token.revoked_at.date()
        return "revoked", say("The token {id} was revoked on {at}.", id=end, at=at)
    if token.expires_at is not None and token.expires_at <= now:
        at = token.expires_at.date()
        return "expired", say(
            "The token {id} expired on {at}. An admin makes a new one: `hub person token`. While "
            "no admin has one, the user the hub runs as does, without HUB_TOKEN and the saved one.",
            id=end, at=at,
        )  # fmt: skip
    person = flow.people.persons.get(token.person)
    if person is None:
        return _unknown(token)
    if flow.people.has_left(person, now):
        return "left", say("{person} left on {at}; the token {id} proves nobody.",
                           person=person.id, at=person.left, id=end)  # fmt: skip
    if token.os_user is not None and os_user is not None and token.os_user != os_user:
        return "other_user", say(
            "The token {id} is for the user {bound} of the operating system, and {os_user} showed "
            "it. Revoke it if it leaked: `hub person revoke {id}`.",
            id=end, bound=token.os_user, os_user=os_user,
        )  # fmt: skip
    return None


def _unknown(token: tokens.Token) -> tuple[str, Message]:
    return "unknown_person", say(
        "people.yaml has no {person}, whose token {id} is.", person=token.person, id=token.id[-12:]
    )


async def _note_refused(flow: Flow, token: tokens.Token, os_user: str | None, code: str) -> None:
    log.warning("token.refused", id=token.id, person=token.person, os_user=os_user, code=code)
    entry = ledger.entry(
        flow.clock.new_id(), flow.clock.now(), "token.refused", token.id,
        actor=f"os:{os_user}" if os_user else "system",
        facts={"person": token.person, "code": code, "os_user": os_user},
    )  # fmt: skip
    with contextlib.suppress(StoreError):
        await flow.store.write(ledger.append, [entry])
