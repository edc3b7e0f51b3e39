"""Tokens: who makes one for whom, whom one proves, and when it does no more."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import people_file
from hub.errors import ConfigError, HubError
from hub.flow.parts import Flow
from hub.people import Actor, Caller, Delegation, People
from hub.people_file import PeopleFile
from hub.service.actions import act
from hub.service.authority import NotAllowed, second_person
from hub.service.identity import TokenRefused, identify, is_token
from hub.store import ledger
from hub.store import tables as t

OURS = pwd.getpwuid(os.geteuid()).pw_name
Entries = Callable[..., list[Any]]
DAY = timedelta(days=1)


async def made(flow: Flow, by: Actor, person: str | None = None, **given: Any) -> dict[str, Any]:
    result: dict[str, Any] = await act(flow, "person.token", {"person": person, **given}, by)
    return result


async def begun(flow: Flow) -> Actor:
    """Return the admin, who got the first token of all."""
    first = await made(flow, Actor(os_user=OURS), "an")
    return await identify(flow, Caller(OURS, first["token"]))


async def refused(flow: Flow, caller: Caller) -> str:
    with pytest.raises(TokenRefused) as caught:
        await identify(flow, caller)
    return str(caught.value)


# ---- whom a token proves ---------------------------------------------------------------------


async def test_a_token_proves_a_person_with_the_roles_of_the_moment(flow: Flow) -> None:
    admin = await begun(flow)
    token = await made(flow, admin, "bo")
    actor = await identify(flow, Caller("anna", token["token"]))
    assert (str(actor), dict(actor.roles), actor.os_user) == (
        "person:bo",
        {"operator": None},
        "anna",
    )
    assert (actor.token, actor.token_made_by, actor.trusted) == (token["id"], "person:an", False)


async def test_where_nobody_is_written_down_no_token_is_asked_for(flow: Flow) -> None:
    flow.people = People()
    assert await identify(flow, Caller("anna", "whatever")) == Actor(os_user="anna", trusted=True)


async def test_without_a_token_nobody_is_proven(flow: Flow) -> None:
    assert await identify(flow, Caller("anna")) == Actor(os_user="anna")
    with pytest.raises(NotAllowed, match="Set HUB_TOKEN"):
        await act(flow, "ledger.seal", {}, Actor(os_user="anna"))


async def test_only_the_hash_of_a_token_is_kept(flow: Flow, tmp_path: Path) -> None:
    token = (await made(flow, Actor(os_user=OURS), "an"))["token"]
    assert is_token(token)
    flow.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"token.made" in kept
    assert token[4:].encode() not in kept


@pytest.mark.parametrize(
    "token",
    ["", "x", "acc_", "acc_" + "A" * 40, "acc_" + "A" * 39 + "\n", "令牌", "\ud800", "x" * 99999],
)
async def test_what_is_no_token_of_the_hub_is_refused(flow: Flow, token: str) -> None:
    await begun(flow)
    assert await refused(flow, Caller("anna", token)) == (
        "The hub knows no such token. An admin makes one: `hub person token`."
    )


async def test_a_revoked_token_proves_nobody(flow: Flow) -> None:
    admin = await begun(flow)
    token = await made(flow, admin, "bo")
    done = await act(flow, "person.revoke", {"id": token["id"][-12:]}, admin)
    assert done == {"id": token["id"], "person": "bo", "revoked": True, "others": 0}
    why = await refused(flow, Caller("", token["token"]))
    assert why == f"The token {token['id'][-12:]} was revoked on 2026-06-01."
    again = await act(flow, "person.revoke", {"id": token["id"]}, admin)
    assert again["revoked"] is False


async def test_a_token_expires_to_the_second(flow: Flow) -> None:
    token = await made(flow, await begun(flow), "bo", seconds=3600)
    flow.clock.advance(timedelta(seconds=3599))
    await identify(flow, Caller("anna", token["token"]))
    flow.clock.advance(timedelta(seconds=1))
    assert "expired on 2026-06-01" in await refused(flow, Caller("anna", token["token"]))


async def test_the_token_of_somebody_who_left_proves_nobody(flow: Flow) -> None:
    token = await made(flow, await begun(flow), "bo")
    last = {**flow.people.persons, "bo": replace(flow.people.persons["bo"], left=date(2026, 6, 1))}
    flow.people = People(last)
    await identify(flow, Caller("anna", token["token"]))
    flow.clock.advance(DAY)
    assert "bo left on 2026-06-01" in await refused(flow, Caller("anna", token["token"]))


async def test_the_token_of_somebody_who_is_in_the_file_no_more_proves_nobody(flow: Flow) -> None:
    token = await made(flow, await begun(flow), "bo")
    flow.people = People({"an": flow.people.persons["an"]})
    assert "people.yaml has no bo" in await refused(flow, Caller("anna", token["token"]))


async def test_a_bound_token_proves_nobody_in_another_users_hands(
    flow: Flow, entries: Entries
) -> None:
    token = await made(flow, await begun(flow), "bo", os_user="bo")
    await identify(flow, Caller("bo", token["token"]))
    await identify(flow, Caller("", token["token"]))  # through the API
    why = await refused(flow, Caller("eve", token["token"]))
    assert "is for the user bo of the operating system, and eve showed it" in why
    (entry,) = entries("token.refused")
    assert (entry.actor, entry.subject) == ("os:eve", token["id"])
    assert entry.facts == {"person": "bo", "code": "other_user", "os_user": "eve"}


async def test_using_a_token_is_noted_at_most_once_a_minute(flow: Flow) -> None:
    token = await made(flow, await begun(flow), "bo")
    used = []
    for seconds in (0, 59, 1):
        flow.clock.advance(timedelta(seconds=seconds))
        await identify(flow, Caller("anna", token["token"]))
        query = sa.select(t.token.c.used_at).where(t.token.c.id == token["id"])
        used.append(flow.store.read_now(lambda tx, query=query: tx.scalar(query)))
    assert used[0] == used[1]
    assert used[2] - used[0] == timedelta(minutes=1)


@pytest.mark.parametrize(("days", "stands_in"), [(0, False), (1, True), (2, False)])
async def test_a_delegate_acts_in_anothers_place_on_those_days_only(
    flow: Flow, entries: Entries, days: int, stands_in: bool
) -> None:
    second = date(2026, 6, 2)
    bo = replace(flow.people.persons["bo"], delegations=(Delegation("chen", second, second),))
    flow.people = People({**flow.people.persons, "bo": bo})
    token = await made(flow, await begun(flow), "chen")
    flow.clock.advance(days * DAY)
    chen = await identify(flow, Caller("anna", token["token"]))
    assert chen.roles.get("operator") == ("bo" if stands_in else None)
    assert ("operator" in chen.roles) == stands_in
    with pytest.raises(ConfigError if stands_in else NotAllowed):
        await act(flow, "connection.pause", {"name": "wms"}, chen)
    (entry,) = entries("action.refused")
    assert entry.facts.get("on_behalf_of") == ("bo" if stands_in else None)


# ---- who makes one ---------------------------------------------------------------------------


async def test_the_first_token_is_an_admins_and_made_by_the_hubs_own_user(flow: Flow) -> None:
    for caller, person in (
        (Actor(os_user="eve"), "an"),
        (Actor(os_user=OURS), "bo"),
        (Actor(), "an"),
    ):
        with pytest.raises(NotAllowed):
            await made(flow, caller, person)
    assert str(await begun(flow)) == "person:an"


@pytest.mark.parametrize("who", ["an", "bo"])
async def test_before_the_first_token_it_is_told_whose_it_must_be(flow: Flow, who: str) -> None:
    persons = {**flow.people.persons, "an": replace(flow.people.persons["an"], roles=("admin",))}
    flow.people = People(persons)
    with pytest.raises(NotAllowed, match="`hub person token an --save`"):
        await made(flow, Actor(os_user="eve"), who)
    flow.people = People({"bo": persons["bo"]})
    with pytest.raises(NotAllowed, match=r"names no admin\. Write `roles: \[admin\]`"):
        await made(flow, Actor(os_user=OURS), "bo")


async def test_once_an_admin_has_a_token_the_hubs_own_user_makes_none(flow: Flow) -> None:
    admin = await begun(flow)
    with pytest.raises(NotAllowed, match="Set HUB_TOKEN"):
        await made(flow, Actor(os_user=OURS), "an")
    # until that one counts no more
    await act(flow, "person.revoke", {"id": admin.token}, admin)
    await made(flow, Actor(os_user=OURS), "an")


async def test_nobody_but_an_admin_makes_a_token_for_another(flow: Flow) -> None:
    admin = await begun(flow)
    bo = await identify(flow, Caller("", (await made(flow, admin, "bo"))["token"]))
    with pytest.raises(NotAllowed, match="it takes one of these roles: admin"):
        await made(flow, bo, "chen")
    assert (await made(flow, bo))["person"] == "bo"


async def test_a_renewed_token_counts_as_made_by_whoever_made_the_first(flow: Flow) -> None:
    bo = await identify(flow, Caller("", (await made(flow, await begun(flow), "bo"))["token"]))
    renewed = await identify(flow, Caller("", (await made(flow, bo))["token"]))
    assert renewed.token_made_by == "person:an"
    # so an admin does not become two persons by renewing what he gave away
    with pytest.raises(NotAllowed, match="person:an made the token of person:bo"):
        second_person(renewed, "person:an")


async def test_a_renewed_token_stays_bound_to_its_user(flow: Flow) -> None:
    bound = await made(flow, await begun(flow), "bo", os_user="bo")
    bo = await identify(flow, Caller("bo", bound["token"]))
    with pytest.raises(NotAllowed, match="bound to the user bo"):
        await made(flow, bo, os_user="eve")
    renewed = (await made(flow, bo))["token"]
    assert "eve showed it" in await refused(flow, Caller("eve", renewed))


async def test_nobody_keeps_a_token_of_another_one_as_an_own(flow: Flow) -> None:
    with pytest.raises(NotAllowed, match="cannot keep a token of bo"):
        await made(flow, await begun(flow), "bo", own=True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"person": "boo"}, "There is no person boo. Did you mean bo?"),
        ({"person": "bo", "seconds": 367 * 86400}, "at most 366 days"),
        ({"person": "bo", "seconds": -1}, "at most 366 days"),
        ({"person": "bo", "os_user": ""}, "No user of the operating system"),
        ({"person": "bo", "os_user": "x" * 65}, "No user of the operating system"),
    ],
)
async def test_a_token_that_cannot_be_is_not_made(
    flow: Flow, given: dict[str, Any], told: str
) -> None:
    admin = await begun(flow)
    with pytest.raises(ConfigError, match=told):
        await act(flow, "person.token", given, admin)


async def test_a_token_is_revoked_by_its_person_or_an_admin(flow: Flow) -> None:
    admin = await begun(flow)
    tokens = {one: await made(flow, admin, one) for one in ("bo", "chen")}
    bo = await identify(flow, Caller("", tokens["bo"]["token"]))
    with pytest.raises(NotAllowed, match="it takes one of these roles: admin"):
        await act(flow, "person.revoke", {"id": tokens["chen"]["id"]}, bo)
    assert (await act(flow, "person.revoke", {"id": tokens["bo"]["id"]}, bo))["revoked"]


async def test_what_was_made_by_a_stolen_token_is_told_when_that_is_revoked(flow: Flow) -> None:
    admin = await begun(flow)
    stolen = await made(flow, admin, "bo")
    await made(flow, await identify(flow, Caller("", stolen["token"])))
    done = await act(flow, "person.revoke", {"id": stolen["id"]}, admin)
    assert (done["revoked"], done["others"]) == (True, 1)


@pytest.mark.parametrize("ending", ["", "1", "%" * 6, "f" * 32])
async def test_a_token_that_is_not_there_is_not_revoked(flow: Flow, ending: str) -> None:
    with pytest.raises(HubError, match="There is no token"):
        await act(flow, "person.revoke", {"id": ending}, await begun(flow))


# ---- the ledger ------------------------------------------------------------------------------


async def test_every_action_leaves_who_asked_and_by_which_token(
    flow: Flow, entries: Entries
) -> None:
    admin = await begun(flow)
    token = await made(flow, admin, "bo")
    bo = await identify(flow, Caller("anna", token["token"]))
    with pytest.raises(NotAllowed):
        await act(flow, "store.prune", {"keep_days": 1}, bo)
    done = entries("action.done")[-1]
    assert (done.actor, done.subject) == ("person:an", "bo")
    assert done.facts == {"action": "person.token", "token": admin.token, "os_user": OURS}
    (no,) = entries("action.refused")
    assert (no.actor, no.facts) == (
        "person:bo",
        {"action": "store.prune", "token": token["id"], "os_user": "anna", "code": "NotAllowed"},
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("李娜", "hub"), ("13000000001", "hub"), ("+8613000000001", "hub"),
        ("li.na@acme.example", "hub"), ("0a1b2c3d4e5f", "0a1b2c3d4e5f"), ("HT-2026-1", "HT-2026-1"),
    ],
)  # fmt: skip
async def test_a_refused_action_leaves_no_name_or_phone_number_in_the_ledger(
    flow: Flow, entries: Entries, given: str, kept: str
) -> None:
    with pytest.raises(HubError):
        await act(flow, "message.replay", {"id": given}, await begun(flow))
    assert [one.subject for one in entries("action.refused")] == [kept]


async def test_the_ledger_holds_with_all_that_people_did(flow: Flow) -> None:
    await begun(flow)
    await flow.store.write(ledger.seal)
    verdict = flow.store.read_now(ledger.verify)
    assert (verdict.sealed, verdict.unsealed, verdict.broken) == (2, 0, [])


# ---- people.yaml while the hub runs ----------------------------------------------------------


async def test_roles_change_with_the_file_and_stay_while_it_is_wrong(
    flow: Flow, tmp_path: Path
) -> None:
    file = tmp_path / "people.yaml"
    ticks = iter(range(1, 9))

    def write(text: str) -> None:
        file.write_text(text, "utf-8")
        os.utime(file, (1_780_000_000, 1_780_000_000 + next(ticks)))

    write("people: {an: {roles: [admin]}, bo: {roles: [operator]}}\n")
    flow.people_file = PeopleFile(file, ())
    flow.people = flow.people_file.first()
    token = (await made(flow, await begun(flow), "bo"))["token"]
    seen = []
    for text in (
        "people: {an: {roles: [admin]}, bo: {roles: [mapper]}}\n",
        "people: {an: {roles: [admin]}, bo: {roles: [admin}}\n",
        "",
        "people: {an: {roles: [admin]}, bo: {roles: [viewer]}}\n",
    ):
        write(text)
        bo = await identify(flow, Caller("anna", token))
        seen.append((list(bo.roles), bool(flow.people_file.faults)))
    assert seen == [
        (["mapper"], False),
        (["mapper"], True),
        (["mapper"], True),
        (["viewer"], False),
    ]
    assert people_file.faults(file, ()) == ()
