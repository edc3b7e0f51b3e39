"""`hub document issue` and `verify`: real annexes, and what is made of them afterwards."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import admin, settings
from hub.documents.number import Number, parse
from hub.flow import in_force
from hub.flow.opening import open_flow
from hub.mapping import Bundle

RECORD, UNAPPROVED = "CM-2026-000123", "CM-2026-000125"


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def issuing(filled: Path, hub: Any) -> Path:
    """A hub whose route has a document; what came before was planned without."""
    route = filled / "mappings" / "route.yaml"
    plain = route.read_text("utf-8")
    route.write_text(plain.replace("require:", "document: commitment-annex\nrequire:"), "utf-8")
    applied = hub("map", "apply")
    assert applied.code == 0, applied.err
    return filled


@pytest.fixture
def annex(issuing: Path, hub: Any, tmp_path: Path) -> Path:
    """The file of a document that was issued by hand."""
    ran = hub("document", "issue", RECORD, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    (path,) = (tmp_path / "out").glob("*.pdf")
    return path


def number_of(annex: Path) -> Number:
    return parse(annex.stem)[0]


# ---- issuing -----------------------------------------------------------------------------------


def test_the_same_document_is_issued_once(annex: Path, hub: Any) -> None:
    again = hub("document", "issue", RECORD)
    assert (again.code, "issued before" in again.out) == (0, True)
    (listed,) = rows(hub("document", "list", "--json").out)
    assert (listed["number"], listed["record_number"]) == (annex.stem, RECORD)


def test_a_dry_run_issues_nothing(issuing: Path, hub: Any) -> None:
    ran = hub("document", "issue", RECORD, "--dry-run")
    assert (ran.code, "nothing was issued" in ran.out) == (0, True)
    assert hub("document", "list", "--json").out == ""


def test_a_further_copy_has_a_file_and_recipient_of_its_own(
    annex: Path, hub: Any, tmp_path: Path
) -> None:
    out = tmp_path / "copies"
    ran = hub("document", "reissue", annex.stem, "--recipient", "二号仓库", "--out", out)
    assert ran.code == 0, ran.err
    (path,) = out.iterdir()
    assert path.name == f"{annex.stem}-C2.pdf"
    assert path.read_bytes() != annex.read_bytes()
    (told,) = rows(hub("document", "show", annex.stem, "--json", "--personal").out)
    assert [one["recipient"] for one in told["copies"]][1] == "二号仓库"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("CM-0",), "hub record list"),
        ((RECORD, "--revision", 7), "no revision 7"),
        ((RECORD, "--connection", "wms"), "hub record list"),
        ((UNAPPROVED,), "not approved"),
    ],
    ids=["no record", "no revision", "not from there", "not approved"],
)
def test_what_cannot_be_issued_is_told(
    issuing: Path, hub: Any, given: tuple[object, ...], says: str
) -> None:
    ran = hub("document", "issue", *given)
    assert (ran.code, says in ran.err) == (1, True), ran.err
    assert hub("document", "list", "--json").out == ""


def test_without_a_route_that_has_a_document_the_word_for_it_is_named(
    filled: Path, hub: Any
) -> None:
    ran = hub("document", "issue", RECORD)
    assert (ran.code, "`document:`" in ran.err) == (1, True)


def test_a_recipient_of_too_many_characters_is_refused(annex: Path, hub: Any) -> None:
    ran = hub("document", "reissue", annex.stem, "--recipient", "长" * 81)
    assert (ran.code, "81" in ran.err) == (2, True)


# ---- what each check answers -------------------------------------------------------------------


def test_the_file_that_was_issued_is_genuine_until_it_is_revoked(annex: Path, hub: Any) -> None:
    ran = hub("document", "verify", annex)
    assert (ran.code, "Genuine and in force" in ran.out) == (0, True)
    assert hub("document", "revoke", annex.stem, "--reason", "x").code == 0
    ran = hub("--lang", "zh", "document", "verify", annex)
    assert (ran.code, "已撤销" in ran.out) == (1, True)


@pytest.mark.parametrize(
    "change",
    [lambda content: content.replace(b"/Type", b"/Tipe", 1), lambda content: content + b"\n%x"],
    ids=["one byte changed", "bytes appended"],
)
def test_a_changed_file_is_told_as_altered(
    annex: Path, hub: Any, change: Callable[[bytes], bytes]
) -> None:
    annex.write_bytes(change(annex.read_bytes()))
    ran = hub("document", "verify", annex, "--json")
    (told,) = rows(ran.out)
    assert (ran.code, told["verdict"], told["number"]) == (1, "altered", annex.stem)


def test_a_number_in_force_is_fine_and_every_check_is_noted(annex: Path, hub: Any) -> None:
    (told,) = rows(hub("document", "verify", annex.stem, "--json").out)
    assert (told["verdict"], told["state"]) == ("record_only", "issued")
    assert hub("document", "verify", annex.stem.replace("-", "")).code == 0
    (shown,) = rows(hub("document", "show", annex.stem, "--json").out)
    assert [one["given"] for one in shown["checks"]] == ["number", "number"]
    assert told["serial"] in [one["serial"] for one in shown["checks"]]


def test_a_mistyped_number_and_an_unknown_one_are_not_fine(annex: Path, hub: Any) -> None:
    text = number_of(annex).text
    wrong = f"{text[:-1]}{(int(text[-1]) + 1) % 10}"
    ran = hub("document", "verify", wrong)
    assert (ran.code, "check digits" in ran.out) == (1, True)
    assert hub("document", "verify", "HX-2611-4837-2059-1864-10").code == 1


def test_a_code_of_another_host_is_not_followed(issuing: Path, hub: Any) -> None:
    ran = hub("document", "verify", "https://elsewhere.example/V/X", "--json")
    (told,) = rows(ran.out)
    assert (ran.code, told["verdict"], told["reasons"]) == (1, "unknown", ["foreign_code"])


def test_of_several_the_worst_counts(annex: Path, hub: Any, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("nothing of ours", "utf-8")
    assert hub("document", "verify", annex, annex.stem).code == 0
    assert hub("document", "verify", annex, note).code == 3
    ran = hub("document", "verify", note, "HX-2611-4837-2059-1864-10", annex, "--json")
    assert [one["verdict"] for one in rows(ran.out)] == ["unreadable", "unknown", "genuine"]
    assert ran.code == 1


def test_a_file_that_cannot_be_read_says_why_in_words(issuing: Path, hub: Any) -> None:
    (issuing / "empty.pdf").write_bytes(b"")
    ran = hub("--lang", "zh", "document", "verify", issuing / "empty.pdf")
    assert (ran.code, "0 字节" in ran.out) == (3, True), ran.out


@pytest.mark.parametrize(
    ("given", "says"),
    [("nowhere.pdf", "neither a file"), (".", "folder"), ("x" * 5000, "neither a file"),
     ("", "folder")],
    ids=["not there", "a folder", "too long", "nothing"],
)  # fmt: skip
def test_what_is_nothing_to_check_is_told_before_anything_is_checked(
    annex: Path, hub: Any, given: str, says: str
) -> None:
    ran = hub("document", "verify", annex, given)
    assert (ran.code, says in ran.err, ran.out) == (2, True, ""), ran.err


async def test_a_running_daemon_issues_and_checks_for_the_command_line(
    issuing: Path, hub: Any, tmp_path: Path
) -> None:
    flow = open_flow(settings.load(issuing / "hub.yaml"), bundle=kept(issuing))
    flow.store.open()
    path = admin.socket_path(settings.load(issuing / "hub.yaml"))
    assert path is not None
    try:
        server = await admin.serve(flow, path)
        issued = await asyncio.to_thread(hub, "document", "issue", RECORD, "--out", tmp_path / "x")
        (file,) = (tmp_path / "x").iterdir()
        checked = await asyncio.to_thread(hub, "document", "verify", file)
        wrong = await asyncio.to_thread(hub, "document", "issue", UNAPPROVED)
        server.close()
    finally:
        await flow.close_tools()
        flow.store.close()
    assert (issued.code, checked.code) == (0, 0), issued.err + checked.err
    assert "Genuine and in force" in checked.out
    assert re.search(r"issued: 20\d\d-\d\d-\d\d \d\d:", checked.out)
    # as without a daemon: refused, not a broken settings file
    assert (wrong.code, "not approved" in wrong.err) == (1, True)


def kept(folder: Path) -> Bundle:
    """Return the mapping files in force."""
    found = in_force.kept(settings.load(folder / "hub.yaml"))
    assert found is not None
    assert found.bundle is not None
    return found.bundle


# ---- without a hub -----------------------------------------------------------------------------


@pytest.fixture
def keys(annex: Path, hub: Any, tmp_path: Path) -> Path:
    """The public keys, in a file."""
    path = tmp_path / "keys.json"
    path.write_text(hub("document", "keys", "--json").out, "utf-8")
    return path


def test_a_seal_is_checked_with_nothing_but_the_public_keys(
    annex: Path, keys: Path, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_CONFIG", str(annex.parent / "nowhere.yaml"))
    ran = hub("document", "verify", "--offline", "--keys", keys, annex, "--json")
    assert re.fullmatch("[0-9a-f]{8}", rows(ran.out)[0]["recipient_hash"])
    (told,) = rows(ran.out)
    assert (ran.code, told["verdict"], told["number"], told["revision"]) == (
        0, "sealed", annex.stem, 1,
    )  # fmt: skip


def test_the_published_file_of_keys_will_do_as_well(annex: Path, keys: Path, hub: Any) -> None:
    known = rows(keys.read_text("utf-8"))
    keys.write_text(json.dumps({"keys": known}), "utf-8")
    assert hub("document", "verify", "--offline", "--keys", keys, annex).code == 0


def test_a_seal_of_another_hub_is_none_of_ours(annex: Path, keys: Path, hub: Any) -> None:
    known = rows(keys.read_text("utf-8"))
    keys.write_text(json.dumps({"keys": [{**known[0], "public_key": "A" * 43}]}), "utf-8")
    ran = hub("document", "verify", "--offline", "--keys", keys, annex)
    assert (ran.code, "none of ours" in ran.out) == (1, True)


def test_what_has_no_seal_is_unreadable_and_stops_no_other(
    annex: Path, keys: Path, hub: Any, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("<html><body>Log in</body></html>", "utf-8")
    given = (tmp_path / "page.html", annex.stem, annex)
    ran = hub("document", "verify", "--offline", "--keys", keys, *given, "--json")
    assert [one["verdict"] for one in rows(ran.out)] == ["unreadable", "unreadable", "sealed"]
    assert ran.code == 3
    shown = hub("--lang", "zh", "document", "verify", "--offline", "--keys", keys, *given).out
    assert "网页" in shown
    assert "离线印记真实" in shown


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', "[1]", '{"keys": [{"kid": "a"}]}',
                                  '{"public_key": "AAAA"}'])  # fmt: skip
def test_a_file_without_keys_is_told(annex: Path, keys: Path, hub: Any, text: str) -> None:
    keys.write_text(text, "utf-8")
    ran = hub("document", "verify", "--offline", "--keys", keys, annex)
    assert (ran.code, "no public keys" in ran.err) == (2, True)


@pytest.mark.parametrize("options", [("--offline",), ("--keys", "x")], ids=["alone", "keys only"])
def test_offline_and_keys_go_together(annex: Path, hub: Any, options: tuple[str, ...]) -> None:
    assert hub("document", "verify", *options, annex).code == 2
