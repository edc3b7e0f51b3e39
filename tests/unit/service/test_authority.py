"""Roles, a second pair of eyes, and whose records somebody sees."""

from __future__ import annotations

import pytest

from hub.people import SYSTEM, Actor, People, Person
from hub.service.authority import NotAllowed, may, on_behalf_of, owners_seen, second_person, sees

BO = Person("bo", "博", ("operator",), {"crm": ("u-2",)}, "east", "own")
CHEN = Person("chen", "陈", (), {"crm": ("u-3",), "im": ("chen",)}, "east", "team")
DING = Person("ding", "丁", (), {}, "west", "team")
PEOPLE = People({one.id: one for one in (BO, CHEN, DING)})


def actor(person: Person | None = BO, made_by: str = "person:an", **roles: str | None) -> Actor:
    return Actor(person, roles, "t1", made_by, "anna")


# ---- roles -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["operator", "mapper", "admin"])
def test_one_of_the_roles_or_admin_is_enough(role: str) -> None:
    may(actor(**{role: None}), "link.set", ("operator", "mapper"))


def test_what_only_admins_may_no_other_role_gives() -> None:
    with pytest.raises(NotAllowed, match=r"person:bo may not do person\.erase; .*: admin\. An"):
        may(actor(operator=None), "person.erase", ())


def test_whoever_has_shown_nothing_is_told_how_to() -> None:
    with pytest.raises(NotAllowed, match="Set HUB_TOKEN or run `hub person token NAME --save`"):
        may(Actor(os_user="anna"), "delivery.retry", ("operator",))


@pytest.mark.parametrize("one", [SYSTEM, Actor(os_user="anna", trusted=True)])
def test_where_nobody_is_written_down_everything_is_allowed(one: Actor) -> None:
    may(one, "person.erase", ())


@pytest.mark.parametrize(
    ("roles", "giver"),
    [
        ({"operator": None}, None),
        ({"operator": "li"}, "li"),
        ({"operator": "li", "admin": None}, None),
        ({"admin": "an"}, "an"),
        ({"viewer": "li"}, None),
    ],
)
def test_a_person_acts_in_anothers_place_only_without_a_role_of_ones_own(
    roles: dict[str, str | None], giver: str | None
) -> None:
    assert on_behalf_of(actor(**roles), ("operator",)) == giver


# ---- a second pair of eyes -------------------------------------------------------------------


def test_another_proven_person_is_a_second_one() -> None:
    second_person(actor(coo=None), "person:li", ("coo",))
    second_person(actor(coo=None), "os:root")


@pytest.mark.parametrize("one", [SYSTEM, Actor(os_user="anna", trusted=True), Actor(os_user="a")])
def test_whoever_is_no_proven_person_is_no_second_one(one: Actor) -> None:
    with pytest.raises(NotAllowed, match="It takes a second person"):
        second_person(one, "person:li")


def test_nobody_is_ones_own_second_person() -> None:
    with pytest.raises(NotAllowed, match="person:bo asked for it"):
        second_person(actor(coo=None), "person:bo", ("coo",))


def test_whoever_made_the_token_may_be_the_same_person() -> None:
    with pytest.raises(NotAllowed, match="person:li made the token of person:bo"):
        second_person(actor(made_by="person:li", coo=None), "person:li", ("coo",))


@pytest.mark.parametrize("roles", [("coo",), ()])
def test_whoever_stands_in_for_the_first_is_no_second_one(roles: tuple[str, ...]) -> None:
    with pytest.raises(NotAllowed, match="person:bo stands in for person:li"):
        second_person(actor(coo="li"), "person:li", roles)


def test_a_role_from_elsewhere_makes_a_second_person_of_whoever_stands_in() -> None:
    one = actor(coo="li", admin=None, viewer="li")
    second_person(one, "person:li", ("coo",))
    with pytest.raises(NotAllowed, match="stands in for"):
        second_person(one, "person:li")


# ---- whose records ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        pytest.param(BO, {"bo", "博", "u-2"}, id="own"),
        pytest.param(CHEN, {"bo", "博", "u-2", "chen", "陈", "u-3"}, id="team"),
        pytest.param(Person("e", "", (), {}, None, "team"), {"e"}, id="team-of-nobody"),
    ],
)
def test_the_scope_tells_whose_records_a_person_sees(person: Person, seen: set[str]) -> None:
    assert owners_seen(PEOPLE, actor(person)) == seen


def test_whoever_sees_all_sees_what_belongs_to_nobody() -> None:
    everything = actor(Person("f", "方"))
    assert owners_seen(PEOPLE, everything) is None
    assert sees(PEOPLE, everything, None)
    assert sees(PEOPLE, everything, "anybody")
    assert owners_seen(People(), Actor(os_user="anna", trusted=True)) is None


def test_what_belongs_to_another_one_or_nobody_is_not_seen() -> None:
    own = actor(BO)
    assert sees(PEOPLE, own, "u-2")
    assert not sees(PEOPLE, own, "u-3")
    assert not sees(PEOPLE, own, None)


def test_whoever_proved_nobody_sees_nothing() -> None:
    assert owners_seen(PEOPLE, Actor(os_user="anna")) == frozenset()
