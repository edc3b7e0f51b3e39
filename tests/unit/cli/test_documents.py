"""`hub document` at a terminal: what is on file, written out, revoked, and the keys."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import annexed
import pytest
import sqlalchemy as sa

from hub.documents.number import Number
from hub.store import engine
from hub.store import tables as t

RECORD, OTHER = "CM-2026-000123", "CM-2026-000124"
Write = Callable[..., Any]


@pytest.fixture
def write(filled: Path) -> Write:
    """Run something in a transaction of the store."""

    def run(function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        store = engine.connect(f"sqlite:///{filled}/hub.db")
        store.open()
        try:
            return store.write_now(function, *args, **more)
        finally:
            store.close()

    return run


@pytest.fixture
def annex(write: Write) -> Number:
    """A document in force with two copies."""
    one: Number = write(annexed.put, RECORD, recipients=(annexed.RECIPIENT, "第二收件人"))
    return one


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# ---- lists -------------------------------------------------------------------------------------


def test_there_are_no_documents_at_first(filled: Path, hub: Any) -> None:
    ran = hub("document", "list")
    assert (ran.code, ran.out.strip()) == (0, "Nothing to show.")


def test_documents_are_listed_with_their_record_the_newest_first(
    annex: Number, write: Write, hub: Any
) -> None:
    write(annexed.put, OTHER, 2, state="revoked")
    listed = rows(hub("document", "list", "--json").out)
    assert [(one["record_number"], one["state"]) for one in listed] == [
        (OTHER, "revoked"), (RECORD, "issued"),
    ]  # fmt: skip
    assert listed[1]["number"] == str(annex)
    table = hub("document", "list").out
    assert str(annex) in table
    assert annexed.RECIPIENT not in table


@pytest.mark.parametrize(
    ("option", "value", "count"),
    [("--record", RECORD, 1), ("--record", "CM-0", 0), ("--state", "issued", 1),
     ("--state", "superseded", 0), ("--limit", 1, 1)],
)  # fmt: skip
def test_a_list_is_narrowed(
    annex: Number, write: Write, hub: Any, option: str, value: object, count: int
) -> None:
    write(annexed.put, OTHER, 2, state="revoked")
    assert len(rows(hub("document", "list", option, value, "--json").out)) == count


def test_what_is_only_drawn_is_no_document_yet(write: Write, hub: Any) -> None:
    one = write(annexed.put, RECORD, state="drawn")
    assert hub("document", "list", "--json").out == ""
    assert hub("document", "show", one).code == 1


# ---- one ---------------------------------------------------------------------------------------


def test_a_document_is_shown_with_copies_and_deliveries_and_names_masked(
    annex: Number, hub: Any
) -> None:
    shown = hub("document", "show", annex)
    assert shown.code == 0
    for wanted in (str(annex), RECORD, "create_order", annex.with_copy(2)):
        assert wanted in shown.out
    assert annexed.RECIPIENT not in shown.out
    assert annexed.RECIPIENT in hub("document", "show", annex, "--personal").out
    (told,) = rows(hub("document", "show", annex, "--json").out)
    assert [(one["copy"], one["recipient"]) for one in told["copies"]] == [(1, "***"), (2, "***")]


@pytest.mark.parametrize(
    "typed",
    [lambda one: one.text, lambda one: one.text.lower(), lambda one: str(one).replace("-", " "),
     lambda one: "".join(chr(ord(char) + 0xFEE0) for char in one.text)],
    ids=["no hyphens", "small", "spaces", "full width"],
)  # fmt: skip
def test_a_number_is_found_however_it_is_typed(
    annex: Number, hub: Any, typed: Callable[[Number], str]
) -> None:
    assert unicodedata.normalize("NFKC", typed(annex))
    assert str(annex) in hub("document", "show", typed(annex)).out


def test_a_mistyped_number_is_told_by_its_check_digits(annex: Number, hub: Any) -> None:
    wrong = f"{annex.text[:-1]}{(int(annex.text[-1]) + 1) % 10}"
    ran = hub("document", "show", wrong)
    assert (ran.code, "check digits" in ran.err) == (2, True)
    assert "校验" in hub("--lang", "zh", "document", "show", wrong).err


@pytest.mark.parametrize("command", ["show", "revoke", "reissue"])
def test_an_unknown_number_names_the_list(filled: Path, hub: Any, command: str) -> None:
    more = {"revoke": ("--reason", "x"), "reissue": ("--recipient", "x")}.get(command, ())
    ran = hub("document", command, annexed.number(9), *more)
    assert ran.code == 1
    assert "hub document list" in ran.err


def test_the_story_of_a_record_tells_its_documents(annex: Number, hub: Any) -> None:
    assert str(annex) in hub("trace", RECORD).out
    (told,) = rows(hub("trace", RECORD, "--json").out)
    (record,) = told["records"]
    (one,) = record["documents"]
    assert (one["number"], one["state"], len(one["copies"])) == (str(annex), "issued", 2)
    assert "document.issued" in [entry["kind"] for entry in record["ledger"]]
    assert annexed.RECIPIENT not in hub("trace", RECORD).out
    assert str(annex) in hub("record", "show", RECORD).out


# ---- files -------------------------------------------------------------------------------------


def test_the_files_of_all_copies_are_written_as_they_were_issued(
    annex: Number, hub: Any, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "folder"
    assert hub("document", "show", annex, "--out", out).code == 0
    assert sorted(path.name for path in out.iterdir()) == [f"{annex}-C2.pdf", f"{annex}.pdf"]
    assert (out / f"{annex}.pdf").read_bytes() == annexed.file_of(annex, 1)
    # and again: the same bytes stay
    assert hub("document", "show", annex, "--out", out).code == 0


def test_of_a_copy_that_is_named_only_its_file_is_written(
    annex: Number, hub: Any, tmp_path: Path
) -> None:
    assert hub("document", "show", annex.with_copy(2), "--out", tmp_path / "out").code == 0
    (path,) = (tmp_path / "out").iterdir()
    assert path.read_bytes() == annexed.file_of(annex, 2)


def test_a_copy_there_is_not_is_told_with_those_there_are(
    annex: Number, hub: Any, tmp_path: Path
) -> None:
    ran = hub("document", "show", annex.with_copy(7), "--out", tmp_path / "out")
    assert ran.code == 1
    assert "C1, C2" in ran.err


def test_another_file_of_that_name_is_never_overwritten(
    annex: Number, hub: Any, tmp_path: Path
) -> None:
    there = tmp_path / f"{annex}.pdf"
    there.write_bytes(b"mine")
    ran = hub("document", "show", annex, "--out", tmp_path)
    assert (ran.code, there.read_bytes()) == (2, b"mine")


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_done(
    annex: Number, hub: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ran = hub("document", "reissue", annex, "--recipient", "x", "--out", tmp_path / "file" / "x")
    assert (ran.code, "--out" in ran.err) == (2, True)
    (told,) = rows(hub("document", "show", annex, "--json").out)
    assert len(told["copies"]) == 2


def test_an_erased_file_is_told(annex: Number, write: Write, hub: Any, tmp_path: Path) -> None:
    write(lambda tx: tx.execute(sa.update(t.payload).values(content=None)))
    ran = hub("document", "show", annex, "--out", tmp_path / "out")
    assert (ran.code, "erased" in ran.err) == (1, True)


# ---- revoking ----------------------------------------------------------------------------------


def test_a_document_is_revoked_once_with_its_reason_kept(annex: Number, hub: Any) -> None:
    ran = hub("document", "revoke", annex, "--reason", "客户退单，电话 13000000001")
    assert (ran.code, str(annex) in ran.out) == (0, True)
    (told,) = rows(hub("document", "show", annex, "--json").out)
    # a telephone number in it is masked like anywhere
    assert (told["state"], told["reason"]) == ("revoked", "客户退单，电话 ***")
    again = hub("document", "revoke", annex, "--reason", "x")
    assert (again.code, "revoked before" in again.err) == (1, True)


@pytest.mark.parametrize("reason", [None, " "], ids=["none", "blank"])
def test_a_revocation_without_a_reason_is_refused(
    annex: Number, hub: Any, reason: str | None
) -> None:
    given = () if reason is None else ("--reason", reason)
    assert hub("document", "revoke", annex, *given).code == 2
    (told,) = rows(hub("document", "show", annex, "--json").out)
    assert told["state"] == "issued"


def test_one_copy_alone_is_not_revoked(annex: Number, hub: Any) -> None:
    ran = hub("document", "revoke", annex.with_copy(1), "--reason", "x")
    assert (ran.code, "as a whole" in ran.err) == (2, True)


# ---- keys --------------------------------------------------------------------------------------


def test_keys_are_listed_without_what_is_secret_and_old_ones_only_verify(
    filled: Path, hub: Any
) -> None:
    (first,) = rows(hub("document", "keys", "--json").out)
    assert (first["generation"], first["use"]) == (1, "sign")
    config = filled / "hub.yaml"
    config.write_text(config.read_text("utf-8") + "documents: {key_generation: 2}\n", "utf-8")
    new, old = rows(hub("document", "keys", "--json").out)
    assert (old["kid"], old["use"], new["use"]) == (first["kid"], "verify", "sign")
    assert set(new) == {"kid", "alg", "public_key", "use", "generation"}
    assert "key_generation: 3" in hub("document", "keys").out


def test_without_a_master_key_the_command_that_makes_one_is_named(filled: Path, hub: Any) -> None:
    (filled / "hub.key").unlink()
    ran = hub("document", "keys")
    assert (ran.code, "hub init" in ran.err) == (2, True)
