"""`hub person`, and how a command says who runs it."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import admin, settings
from hub.flow.opening import open_flow

Hub = Callable[..., Any]

PEOPLE = """\
people:
  an: {name: 安, roles: [admin]}
  bo: {name: 博, roles: [operator], ids: {crm: [u-2]}, team: east, scope: own,
       delegates: [{to: an, from: 2026-01-01, until: 2099-12-31}]}
  chen: {name: 陈, roles: [viewer], left: 2026-01-31}
"""
OURS = pwd.getpwuid(os.geteuid()).pw_name
PAUSE = ("connection", "pause", "wms")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def kept(home: Path) -> Path:
    return home / ".config" / "accord-hub" / "token"


@pytest.fixture
def peopled(filled: Path, home: Path) -> Path:
    """The folder of a hub whose people are written down."""
    (filled / "people.yaml").write_text(PEOPLE, "utf-8")
    return filled


@pytest.fixture
def as_admin(hub: Hub, peopled: Path) -> Path:
    """The same, run by somebody who kept the first token of the admin."""
    assert hub("person", "token", "an", "--save").code == 0
    return peopled


def made(hub: Hub, *arguments: str) -> str:
    ran = hub("person", "token", *arguments, "--json")
    assert ran.code == 0, ran.err
    return str(json.loads(ran.out)["token"])


def put(file: Path, text: str, mode: int = 0o600) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(mode)


# ---- tokens ----------------------------------------------------------------------------------


def test_nothing_is_changed_before_somebody_showed_who_asks(hub: Hub, peopled: Path) -> None:
    ran = hub(*PAUSE)
    assert ran.code == 1
    assert "Set HUB_TOKEN or run `hub person token NAME --save`" in ran.err
    assert "请设置 HUB_TOKEN" in hub("--lang", "zh", *PAUSE).err


def test_a_saved_token_is_shown_by_the_commands_after_it(
    hub: Hub, as_admin: Path, kept: Path
) -> None:
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert hub(*PAUSE).code == 0
    hub("ledger", "verify", "--seal")
    told = [json.loads(one) for one in hub("ledger", "export").out.splitlines()]
    done = [(one["actor"], one["facts"]["action"]) for one in told if one["kind"] == "action.done"]
    assert ("person:an", "connection.pause") in done


def test_a_saved_token_is_not_printed(hub: Hub, peopled: Path, kept: Path) -> None:
    ran = hub("person", "token", "an", "--save")
    assert f"Kept in {kept}." in ran.out
    assert kept.read_text().strip() not in ran.out + ran.err
    again = hub("person", "token", "--save", "--json")
    assert kept.read_text().strip() not in again.out
    assert json.loads(again.out)["path"] == str(kept)


def test_a_token_of_the_environment_goes_before_the_saved_one(
    hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_TOKEN", made(hub, "bo", "--label", "night shift"))
    assert hub(*PAUSE).code == 0
    ran = hub("person", "token", "chen")
    assert "chen left on 2026-01-31" in ran.err
    refused = hub("person", "token", "an")
    assert "person:bo may not do person.token" in refused.err


def test_a_new_token_is_told_once_with_what_to_do(hub: Hub, as_admin: Path) -> None:
    ran = hub("person", "token", "bo", "--expires", "12h")
    first, second, token = ran.out.splitlines()
    assert first.startswith("Token ")
    assert second == "It is shown only now; give it to that person alone:"
    assert token not in hub("person", "list", "--tokens", "--json").out


def test_a_token_is_listed_and_revoked(
    hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = made(hub, "bo", "--label", "night shift", "--os-user", OURS)
    rows = [json.loads(one) for one in hub("person", "list", "--tokens", "--json").out.splitlines()]
    assert [(one["person"], one["state"], one["made_by"]) for one in rows] == [
        ("bo", "live", "person:an"), ("an", "live", f"os:{OURS}"),
    ]  # fmt: skip
    assert (rows[0]["label"], rows[0]["os_user"]) == ("night shift", OURS)
    assert "hash" not in rows[0]
    assert "is revoked" in hub("person", "revoke", rows[0]["id"][-8:]).out
    assert "was revoked before" in hub("person", "revoke", rows[0]["id"][-8:]).out
    monkeypatch.setenv("HUB_TOKEN", token)
    assert "was revoked on" in hub(*PAUSE).err


def test_a_token_bound_to_another_user_is_refused(
    hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_TOKEN", made(hub, "bo", "--os-user", "somebody-else"))
    # what the environment says of the user proves nothing
    monkeypatch.setenv("LOGNAME", "somebody-else")
    ran = hub(*PAUSE)
    assert ran.code == 1
    assert f"and {OURS} showed it" in ran.err


async def test_a_token_counts_through_the_daemon_as_well(
    hub: Hub, peopled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = settings.load(peopled / "hub.yaml")
    flow = open_flow(loaded)
    flow.store.open()
    try:
        path = admin.socket_path(loaded)
        assert path is not None
        server = await admin.serve(flow, path)
        await asyncio.to_thread(hub, "person", "token", "an", "--save")
        bound = await asyncio.to_thread(made, hub, "bo", "--os-user", "somebody-else")
        done = await asyncio.to_thread(hub, *PAUSE)
        monkeypatch.setenv("HUB_TOKEN", bound)
        refused = await asyncio.to_thread(hub, "--lang", "zh", *PAUSE)
        server.close()
    finally:
        flow.store.close()
    assert (done.code, refused.code) == (0, 1)
    assert f"却由 {OURS} 出示" in refused.err


# ---- bad tokens ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["x", "acc_" + "A" * 40 + "\n", " acc_" + "A" * 40, "acc_" + "A" * 39 + "é"]
)
def test_what_can_be_no_token_is_refused_without_being_shown(
    hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HUB_TOKEN", token)
    ran = hub(*PAUSE)
    assert ran.code == 2
    assert f"HUB_TOKEN holds no token: {len(token)} characters" in ran.err
    assert "AAA" not in ran.err


def test_a_token_nobody_made_is_refused(
    hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_TOKEN", "acc_" + "A" * 40)
    ran = hub(*PAUSE)
    assert (ran.code, "The hub knows no such token" in ran.err) == (1, True)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_token_file_others_can_read_or_write_is_refused(
    hub: Hub, as_admin: Path, kept: Path, mode: int
) -> None:
    kept.chmod(mode)
    ran = hub(*PAUSE)
    assert ran.code == 2
    assert f"(mode {mode:04o})" in ran.err
    assert f"chmod 600 {kept}" in ran.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_token_file_of_another_user_is_refused(hub: Hub, as_admin: Path, kept: Path) -> None:
    os.chown(kept, 65534, 65534)
    ran = hub(*PAUSE)
    assert (ran.code, "is not a file of this user" in ran.err) == (2, True)


def test_a_link_or_folder_in_place_of_the_token_file_is_refused(
    hub: Hub, as_admin: Path, kept: Path
) -> None:
    real = kept.with_name("real")
    kept.rename(real)
    kept.symlink_to(real)
    assert (hub(*PAUSE).code, "cannot be read" in hub(*PAUSE).err) == (2, True)
    kept.unlink()
    kept.mkdir(mode=0o700)
    assert hub(*PAUSE).code == 2


@pytest.mark.parametrize("text", ["", "\n", "令牌\n", "acc_" + "A" * 40 + "\n\n", "x" * 5000])
def test_a_token_file_that_holds_no_token_is_refused(
    hub: Hub, peopled: Path, kept: Path, text: str
) -> None:
    put(kept, text)
    ran = hub(*PAUSE)
    assert (ran.code, f"{kept} holds no token" in ran.err) == (2, True)


@pytest.mark.parametrize("given", ["90", "soon", "0d", "-1d"])
def test_a_time_that_is_none_is_refused(hub: Hub, as_admin: Path, given: str) -> None:
    ran = hub("person", "token", "bo", f"--expires={given}")
    assert (ran.code, f"{given} is no time" in ran.err) == (2, True)


def test_a_token_counts_a_year_at_most(hub: Hub, as_admin: Path) -> None:
    ran = hub("person", "token", "bo", "--expires", "367d")
    assert (ran.code, "at most 366 days" in ran.err) == (2, True)


# ---- persons ---------------------------------------------------------------------------------


def test_persons_are_listed_with_the_roles_they_have_now(hub: Hub, as_admin: Path) -> None:
    rows = [json.loads(one) for one in hub("person", "list", "--json").out.splitlines()]
    assert [(one["person"], one["roles"], one["stands_in_for"], one["tokens"]) for one in rows] == [
        ("an", ["admin", "operator"], ["bo"], 1),
        ("bo", ["operator"], [], 0),
        ("chen", [], [], 0),
    ]
    assert "代理" in hub("--lang", "zh", "person", "list").out


def test_a_wrong_people_file_stops_every_action_with_all_its_faults(
    hub: Hub, peopled: Path
) -> None:
    (peopled / "people.yaml").write_text("people:\n  an: {rols: [admin]}\n  bo: x\n", "utf-8")
    for command in (PAUSE, ("check",), ("person", "list")):
        ran = hub(*command)
        assert ran.code == 2
        assert f"{peopled / 'people.yaml'}:2:8  E501 an has no word 'rols'." in ran.err
        assert f"{peopled / 'people.yaml'}:3:7  E506" in ran.err
    rows = [json.loads(one)["code"] for one in hub("check", "--json").out.splitlines()]
    assert rows == ["E501", "E506"]


def test_checking_warns_where_nobody_is_written_down(hub: Hub, filled: Path) -> None:
    warning = "names nobody, so whoever may use the hub's account may do everything"
    ran = hub("check")
    assert (ran.code, warning in ran.out) == (0, True)
    (filled / "people.yaml").write_text(PEOPLE, "utf-8")
    ran = hub("check")
    assert (ran.code, warning in ran.out) == (0, False)


def test_without_people_no_token_is_made(hub: Hub, filled: Path) -> None:
    ran = hub("person", "token", "an")
    assert (ran.code, "people.yaml names nobody yet" in ran.err) == (2, True)


# ---- erasing ---------------------------------------------------------------------------------


def test_a_text_is_erased_only_from_what_is_finished(hub: Hub, as_admin: Path) -> None:
    ran = hub("person", "erase", "--text", "收货人", "--reason", "GDPR-17", "--dry-run")
    assert ran.code == 1
    assert "Nothing is erased while these need it: delivery " in ran.err
    assert "收货人" not in ran.err
    assert hub("record", "show", "CM-2026-000123", "--personal").out.count("收货人") == 1


def test_erasing_takes_either_a_person_or_a_text(hub: Hub, as_admin: Path) -> None:
    for given in ((), ("--person", "bo", "--text", "博博")):
        ran = hub("person", "erase", *given, "--reason", "GDPR-17")
        assert (ran.code, "Give either --person ID or --text TEXT" in ran.err) == (2, True)


def test_erasing_is_for_admins(hub: Hub, as_admin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", made(hub, "bo"))
    ran = hub("person", "erase", "--person", "bo", "--reason", "GDPR-17")
    assert (ran.code, "may not do person.erase" in ran.err) == (1, True)


def test_a_person_nobody_wrote_about_is_erased_without_a_trace_to_erase(
    hub: Hub, as_admin: Path
) -> None:
    ran = hub("person", "erase", "--person", "bo", "--reason", "GDPR-17", "--json")
    assert ran.code == 0, ran.err
    assert not any(json.loads(ran.out)["counts"].values())
    assert hub("ledger", "verify").code == 0
