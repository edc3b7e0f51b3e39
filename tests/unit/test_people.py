"""Who the people are: what people.yaml says, what is wrong with it, and who stands in for whom."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub import people_file
from hub.errors import ConfigError
from hub.language import Language, told_fault
from hub.people import People
from hub.people_file import PeopleFile

CONNECTIONS = ("crm", "im")
GOOD = """\
people:
  li.na: {name: 李娜, roles: [sales_supervisor, viewer], ids: {crm: [u-1001], im: [lina]},
          team: east, scope: team, email: li.na@example.com, left: 2026-12-31,
          delegates: [{to: wang.wei, from: 2026-11-20, until: 2026-11-30,
                       roles: [sales_supervisor]}]}
  wang.wei: {name: 王伟, roles: operator, ids: {crm: u-1002},
             delegates: [{to: zhao.min, from: 2026-11-01, until: 2026-11-30}]}
  zhao.min: {name: 赵敏}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write people.yaml so that its time differs from that of the one before."""
    file = tmp_path / "people.yaml"
    ticks = iter(range(1, 100))

    def put(text: str) -> Path:
        file.write_text(text, "utf-8")
        moment = 1_780_000_000 + next(ticks)
        os.utime(file, (moment, moment))
        return file

    return put


@pytest.fixture
def people(write: Write) -> People:
    return people_file.load(write(GOOD), CONNECTIONS)


def faults(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        people_file.load(file, CONNECTIONS)
    for fault in caught.value.faults:
        assert told_fault(fault, Language.ZH) != str(fault)
    return [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- reading ---------------------------------------------------------------------------------


def test_every_word_of_a_person_is_read(people: People) -> None:
    li = people.persons["li.na"]
    assert (li.name, li.roles, li.team, li.scope, li.email) == (
        "李娜", ("sales_supervisor", "viewer"), "east", "team", "li.na@example.com",
    )  # fmt: skip
    assert li.left == date(2026, 12, 31)
    assert people.persons["wang.wei"].roles == ("operator",)
    assert people.persons["zhao.min"].scope == "all"


def test_a_person_is_known_by_the_id_at_a_connection_and_only_there(people: People) -> None:
    assert people.known_as("crm", "u-1002") is people.persons["wang.wei"]
    assert people.known_as("im", "u-1002") is None


@pytest.mark.parametrize("text", ["", "people:\n", "people: {}\n", "# nobody\n"])
def test_a_file_may_name_nobody(write: Write, text: str) -> None:
    assert not people_file.load(write(text), CONNECTIONS)


def test_no_file_is_nobody(tmp_path: Path) -> None:
    assert not people_file.load(tmp_path / "people.yaml", CONNECTIONS)


def test_a_link_that_leads_nowhere_is_not_nobody(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.symlink_to(tmp_path / "gone.yaml")
    assert faults(file) == [f"{file}  E001 The file cannot be read: No such file or directory."]


def test_all_faults_of_a_file_are_told_at_once_each_at_its_place(write: Write) -> None:
    file = write("""\
people:
  li.na:
    name: 李娜
    rols: [viewer]
    ids: {cmr: [u-1], im: [lina]}
    scope: temm
    left: 2026-13-31
    email: li na
    delegates:
      - {to: wang.wi, from: 2026-11-20, until: 2026-11-19}
      - {to: li.na, from: 2026-11-20, until: 30.11.2026}
      - {to: wang.wei, from: 2026-11-20, until: 2026-11-30, roles: [coo]}
      - {to: wang.wei, from: 2026-11-20}
  wang.wei: {ids: {im: [lina]}, roles: [Chef]}
  Wang: {}
persons: {}
""")
    assert faults(file) == [
        "4:5  E501 li.na has no word 'rols'. Did you mean roles?",
        "5:11  E503 hub.yaml has no connection cmr. Did you mean crm?",
        "6:12  E503 scope cannot be 'temm'. Did you mean team?",
        "7:11  E503 left needs a day such as 2026-11-30, not '2026-13-31'.",
        "8:12  E503 email needs one address, such as name@example.com.",
        "10:14  E503 There is no person wang.wi. Did you mean wang.wei?",
        "10:48  E503 until 2026-11-19 lies before from 2026-11-20.",
        "11:14  E503 Nobody stands in for oneself.",
        "11:46  E503 until needs a day such as 2026-11-30, not '30.11.2026'.",
        "12:69  E503 li.na has no role coo to hand over. There are none.",
        "13:9  E502 The word until: is missing.",
        "14:25  E503 li.na has this id at im already; an id is one person's.",
        "14:41  E503 roles: 'Chef' is no name of a role, such as sales_supervisor.",
        "15:3  E503 'Wang' is no id of a person: a small letter, then small letters, digits, "
        "., _ or -, at most 40.",
        "16:1  E501 people.yaml has no word 'persons'. Known: people.",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("people: [li.na]\n", "1:9  E506 people needs words with values, such as name: value."),
        ("people:\n  a: hello\n", "2:6  E506 a needs words with values, such as name: value."),
        ("people:\n  a: {roles: [[x]]}\n",
         "2:15  E503 roles needs a list of texts of 1 to 100 characters."),
        ("people:\n  a: {name: {x: y}}\n", "2:13  E503 name needs a text of 1 to 100 characters."),
        ("people:\n  a: {delegates: b}\n", "2:18  E503 delegates needs a list."),
        ("people:\n  a: {left: 20261231}\n",
         "2:13  E503 left needs a day such as 2026-11-30, not '20261231'."),
        ("people:\n  a: {}\n  a: {}\n", "3:3  E002 a stands already in line 2."),
        ("people:\n  a：b: {}\n",
         "2:4  E003 This is the full-width ：, the file needs : and a space. "
         "In quotes it may stay."),
    ],
)  # fmt: skip
def test_what_is_no_person_is_refused(write: Write, text: str, told: str) -> None:
    assert told in faults(write(text))


# ---- roles -----------------------------------------------------------------------------------


def roles(people: People, person: str, moment: str) -> dict[str, str | None]:
    return dict(people.roles_of(people.persons[person], at(moment)))


def test_ones_own_roles_come_from_nobody(people: People) -> None:
    assert roles(people, "li.na", "2026-11-25T04:00") == {"sales_supervisor": None, "viewer": None}


@pytest.mark.parametrize(
    ("moment", "stands_in"),
    [
        ("2026-11-19T15:59:59", False),  # a second before the first day begins in China
        ("2026-11-19T16:00:00", True),
        ("2026-11-30T15:59:59", True),
        ("2026-11-30T16:00:00", False),
    ],
)
def test_a_delegation_counts_from_its_first_day_to_its_last(
    people: People, moment: str, stands_in: bool
) -> None:
    wanted = {"operator": None} | ({"sales_supervisor": "li.na"} if stands_in else {})
    assert roles(people, "wang.wei", moment) == wanted


def test_days_begin_and_end_in_the_zone_of_the_company(write: Write) -> None:
    people = people_file.load(write(GOOD), CONNECTIONS, ZoneInfo("America/New_York"))
    assert "sales_supervisor" not in roles(people, "wang.wei", "2026-11-20T04:59")
    assert "sales_supervisor" in roles(people, "wang.wei", "2026-11-20T05:00")


def test_what_was_handed_over_is_not_handed_on(people: People) -> None:
    # wang.wei stands in for li.na, and zhao.min for wang.wei, both now
    assert roles(people, "zhao.min", "2026-11-25T04:00") == {"operator": "wang.wei"}


def test_whoever_left_has_no_roles_from_the_next_day_on(people: People) -> None:
    assert roles(people, "li.na", "2026-12-31T15:59")
    assert roles(people, "li.na", "2026-12-31T16:00") == {}


def test_whoever_left_hands_nothing_over(write: Write) -> None:
    people = people_file.load(write(GOOD.replace("2026-12-31", "2026-11-24")), CONNECTIONS)
    assert "sales_supervisor" in roles(people, "wang.wei", "2026-11-24T15:59")
    assert "sales_supervisor" not in roles(people, "wang.wei", "2026-11-24T16:00")


def test_an_own_role_stays_ones_own_when_it_is_handed_over_too(write: Write) -> None:
    text = GOOD.replace("roles: operator", "roles: [operator, sales_supervisor]")
    people = people_file.load(write(text), CONNECTIONS)
    assert roles(people, "wang.wei", "2026-11-25T04:00")["sales_supervisor"] is None


# ---- while the hub runs ----------------------------------------------------------------------


def test_a_changed_file_is_taken_over_at_the_next_look(write: Write) -> None:
    file = PeopleFile(write(GOOD), CONNECTIONS)
    people = file.first()
    assert file.changed(people) is None
    write(GOOD.replace("operator", "admin"))
    changed = file.changed(people)
    assert changed is not None
    assert changed.persons["wang.wei"].roles == ("admin",)


def test_a_file_that_became_wrong_changes_nothing_until_it_is_right_again(write: Write) -> None:
    file = PeopleFile(write(GOOD), CONNECTIONS)
    people = file.first()
    write(GOOD.replace("operator", "[oper"))
    assert file.changed(people) is None
    assert [fault.code for fault in file.faults] == ["E001"]
    write(GOOD)
    assert file.changed(people) is not None
    assert file.faults == ()


@pytest.mark.parametrize("text", ["", "people: {}\n"])
def test_a_file_that_became_empty_lets_nobody_do_everything(write: Write, text: str) -> None:
    file = PeopleFile(write(GOOD), CONNECTIONS)
    people = file.first()
    write(text)
    assert file.changed(people) is None
    assert "Nobody is in it any more" in str(file.faults[0])


def test_a_file_that_went_away_lets_nobody_do_everything(write: Write) -> None:
    path = write(GOOD)
    file = PeopleFile(path, CONNECTIONS)
    people = file.first()
    path.unlink()
    assert file.changed(people) is None
    assert file.faults


def test_a_first_file_comes_into_force_while_the_hub_runs(tmp_path: Path, write: Write) -> None:
    file = PeopleFile(tmp_path / "people.yaml", CONNECTIONS)
    nobody = file.first()
    write(GOOD)
    assert file.changed(nobody)


def test_a_file_is_read_again_only_when_its_time_or_size_changed(write: Write) -> None:
    path = write(GOOD)
    file = PeopleFile(path, CONNECTIONS)
    people = file.first()
    before = path.stat()
    path.write_text(GOOD.replace("operator", "reviewer"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert file.changed(people) is None
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert file.changed(people) is not None


def test_a_file_that_is_wrong_at_the_start_stops_it(write: Write) -> None:
    with pytest.raises(ConfigError):
        PeopleFile(write("people: 1\n"), CONNECTIONS).first()


def test_the_day_after_tomorrow_is_no_matter_of_utc(people: People) -> None:
    li = people.persons["li.na"]
    last = datetime(2026, 12, 31, 23, 59, tzinfo=people.zone)
    assert not people.has_left(li, last)
    assert people.has_left(li, last + timedelta(minutes=1))
