"""Rows go out as files: one a key, proven whatever a reader does with it."""

from __future__ import annotations

import csv
import errno
import io
import os
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files.folder.disk import Disk
from connectors.files.folder.settings import FolderSettings
from connectors.files.folder.wire import file_name, parse, render
from hub import Action, ConfigError, Outcome
from tests.connectors.folder_files import (
    DOCUMENT,
    Killed,
    MortalDisk,
    Site,
    command,
    deliver,
    refused,
    settled,
)

CANCEL = command(Action.CANCEL)
NEWER = command(Action.UPDATE, document={**DOCUMENT, "amount": "1200.00"}, revision=2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def out(site: Site) -> list[str]:
    return [one for one in site.names("out") if not one.startswith(".")]


async def test_a_row_is_a_file_that_spreadsheets_read(site: Site) -> None:
    receipt = await deliver(site.connector(), command())
    assert (receipt.external_id, receipt.already) == ("SO-1001.csv", False)
    data = (site.root / "out" / "SO-1001.csv").read_bytes()
    assert data == (b"\xef\xbb\xbforder_no,customer,amount\r\nSO-1001,C-1042,1130.00\r\n")
    assert site.names("out") == ["SO-1001.csv"]


async def test_the_same_key_twice_is_one_file(site: Site) -> None:
    await deliver(site.connector(), command())
    assert (await deliver(site.connector(), command())).already
    assert out(site) == ["SO-1001.csv"]


async def test_what_a_reader_took_is_not_written_again(site: Site) -> None:
    await deliver(site.connector(), command())
    (site.root / "out" / "SO-1001.csv").unlink()
    assert (await deliver(site.connector(), command())).already
    assert out(site) == []
    found = await site.connector().find(command())
    assert found is not None
    assert (found.mine, found.document) == (True, {})


async def test_what_a_reader_put_into_taken_is_shown(site: Site) -> None:
    await deliver(site.connector(), command())
    (site.root / "out" / "taken").mkdir()
    (site.root / "out" / "SO-1001.csv").rename(site.root / "out" / "taken" / "SO-1001.csv")
    found = await site.connector().find(command())
    assert found is not None
    assert (found.mine, found.document) == (True, DOCUMENT)


async def test_a_newer_revision_replaces_the_file(site: Site) -> None:
    await deliver(site.connector(), command())
    assert not (await deliver(site.connector(), NEWER)).already
    assert b"1200.00" in (site.root / "out" / "SO-1001.csv").read_bytes()
    old = await site.connector().find(command())
    assert old is not None
    assert not old.mine
    assert old.document["amount"] == "1200.00"


async def test_what_was_never_written_is_proven_absent(site: Site) -> None:
    assert await site.connector().find(command()) is None
    gone = await site.connector().find(CANCEL)
    assert gone is not None
    assert gone.mine
    assert (await deliver(site.connector(), CANCEL)).already


async def test_a_file_from_before_the_notes_were_lost_is_known_by_its_content(site: Site) -> None:
    await deliver(site.connector(), command())
    (site.root / ".hub" / "SO-1001.json").unlink()
    found = await site.connector().find(command())
    assert found is not None
    assert found.mine
    assert (await deliver(site.connector(), command())).already


# ---- taking back ------------------------------------------------------------------------------


async def test_a_cancel_removes_what_nobody_took(site: Site) -> None:
    await deliver(site.connector(), command())
    assert not (await deliver(site.connector(), CANCEL)).already
    assert site.names("out") == []
    assert (await deliver(site.connector(), CANCEL)).already


async def test_a_cancel_tells_the_reader_who_took_it(site: Site) -> None:
    await deliver(site.connector(), command())
    (site.root / "out" / "SO-1001.csv").unlink()
    standing = await site.connector().find(CANCEL)
    assert standing is not None
    assert not standing.mine
    await deliver(site.connector(), CANCEL)
    assert out(site) == ["SO-1001.cancel.csv"]
    assert (await deliver(site.connector(), CANCEL)).already
    told = await site.connector().find(CANCEL)
    assert told is not None
    assert told.mine
    assert await site.connector().find(command()) is None


async def test_what_was_cancelled_can_be_written_again(site: Site) -> None:
    connector = site.connector()
    for taken in (False, True):
        await deliver(connector, command())
        if taken:
            (site.root / "out" / "SO-1001.csv").unlink()
        await deliver(connector, CANCEL)
        assert not (await deliver(connector, command())).already
        assert out(site) == ["SO-1001.csv"]


# ---- killed anywhere --------------------------------------------------------------------------


@pytest.mark.parametrize("reader_is_quick", [False, True])
@pytest.mark.parametrize("at", range(1, 16))
async def test_killed_at_any_step_a_file_is_written_once(
    site: Site, at: int, *, reader_is_quick: bool
) -> None:
    taken = 0
    try:
        await deliver(site.connector(MortalDisk(at)), command())
    except Killed:
        if reader_is_quick:
            taken = len([one.unlink() for one in site.taken()])
        await settled(site.connector(), command())
    assert taken + len(site.taken()) == 1
    for one in site.taken():
        assert one.read_bytes() == render(DOCUMENT)
    found = await site.connector().find(command())
    assert found is not None
    assert found.mine


@pytest.mark.parametrize("at", range(1, 16))
async def test_killed_while_it_is_replaced_the_newer_one_wins(site: Site, at: int) -> None:
    await deliver(site.connector(), command())
    try:
        await deliver(site.connector(MortalDisk(at)), NEWER)
    except Killed:
        (one,) = site.taken()
        assert one.read_bytes() in {render(DOCUMENT), render(NEWER.document)}
        await settled(site.connector(), NEWER)
    assert (site.root / "out" / "SO-1001.csv").read_bytes() == render(NEWER.document)
    await deliver(site.connector(), CANCEL)
    assert out(site) == []


@pytest.mark.parametrize("before", [0, 3, 5, 7])
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("at", range(1, 14))
async def test_killed_while_it_is_cancelled_it_ends_cancelled(
    site: Site, at: int, before: int, *, taken: bool
) -> None:
    await deliver(site.connector(), command())
    if taken:
        (site.root / "out" / "SO-1001.csv").unlink()
    if before:  # and a newer one was killed before
        with pytest.raises(Killed):
            await deliver(site.connector(MortalDisk(before)), NEWER)
    late = bool(taken and not site.taken())
    try:
        await deliver(site.connector(MortalDisk(at)), CANCEL)
    except Killed:
        await settled(site.connector(), CANCEL)
    assert out(site) == (["SO-1001.cancel.csv"] if late else [])
    assert (await deliver(site.connector(), CANCEL)).already


# ---- what fails -------------------------------------------------------------------------------


class FailingDisk(Disk):
    """Fails at one kind of step, for one folder."""

    def __init__(self, step: str, number: int, folder: str = "out") -> None:
        self.step, self.number, self.folder = step, number, folder

    def _fail(self, step: str, folder: Path) -> None:
        if (step, folder.name) == (self.step, self.folder):
            raise OSError(self.number, os.strerror(self.number))

    def write(self, path: Path, data: bytes) -> None:
        self._fail("write", path.parent)
        super().write(path, data)

    def replace(self, source: Path, target: Path) -> None:
        self._fail("replace", target.parent)
        super().replace(source, target)

    def sync(self, folder: Path) -> None:
        super().sync(folder)


@pytest.mark.parametrize(
    ("step", "folder", "number", "outcome"),
    [
        ("write", "out", errno.ENOSPC, Outcome.UNAVAILABLE_NOT_APPLIED),
        ("write", "out", errno.EACCES, Outcome.MISCONFIGURED),
        ("write", "out", errno.EIO, Outcome.UNAVAILABLE_NOT_APPLIED),
        ("write", ".hub", errno.ENOSPC, Outcome.UNAVAILABLE_NOT_APPLIED),
        ("replace", "out", errno.EACCES, Outcome.MISCONFIGURED),
        ("replace", "out", errno.EIO, Outcome.UNKNOWN),
    ],
)
async def test_a_failure_says_what_it_proves_and_names_the_path(
    site: Site, step: str, folder: str, number: int, outcome: Outcome
) -> None:
    error = await refused(site.connector(FailingDisk(step, number, folder)), command())
    assert error.outcome is outcome
    assert str(site.root) in str(error)
    assert error.words == os.strerror(number)
    assert out(site) == []
    assert await site.connector().find(command()) is None


async def test_a_folder_that_is_not_there_takes_nothing(tmp_path: Path) -> None:
    error = await refused(Site(tmp_path / "gone").connector(), command())
    assert error.outcome is Outcome.MISCONFIGURED
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("value", [["x"], [{"a": 1}], {"a": 1}, ()])
async def test_lists_and_objects_are_refused_by_name(site: Site, value: object) -> None:
    error = await refused(site.connector(), command(document={"a": "1", "lines": value}))
    assert error.outcome is Outcome.REJECTED
    assert "lines: a row holds no lists" in str(error)


async def test_a_document_without_fields_is_refused(site: Site) -> None:
    assert (await refused(site.connector(), command(document={}))).outcome is Outcome.REJECTED


async def test_a_note_that_nobody_can_read_stops_for_a_person(site: Site) -> None:
    await deliver(site.connector(), command())
    (site.root / ".hub" / "SO-1001.json").write_text("{")
    error = await refused(site.connector(), command())
    assert error.outcome is Outcome.MISCONFIGURED
    assert "SO-1001.json" in str(error)


# ---- names and cells --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd", "..", ".", "/", "\\\\host\\share", "C:\\x", "a:b", "CON", "nul.txt",
        "COM1", "LPT¹", ".hidden", "~$lock", "x.", "x ", "", "x\0y", "x\ny", "长" * 200, "a" * 500,
        "SO-1.CANCEL", "so-1.tmp", "é", "-rf", "<script>", "|", "*?",
    ],
)  # fmt: skip
def test_a_name_made_of_any_key_stays_in_its_folder(key: str) -> None:
    name = file_name(key)
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(f"{name}.csv")
        assert path.name == f"{name}.csv"
        assert not path.is_absolute()
    assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT¹"}
    assert 0 < len(f".{name}.written.{'0' * 16}.tmp".encode()) <= 255
    assert not name.startswith((".", "~$"))
    assert name == name.strip(" .")


@pytest.mark.parametrize("key", ["SO-1001", "合同-7", "A_B (2)", "20260701"])
def test_a_plain_key_is_its_own_name(key: str) -> None:
    assert file_name(key) == key


def test_other_keys_have_other_names_where_case_is_alike() -> None:
    keys = ["SO-1", "so-1", "So-1", "SO_1", "SO/1", "SO:1", "SO?1", " SO-1", "SO-1.", "_CON", "CON"]
    assert len({file_name(key).lower() for key in keys}) == len(keys)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(deadline=None, derandomize=True, database=None)
@given(st.dictionaries(_TEXT.filter(bool), _TEXT, min_size=1, max_size=5))
def test_what_was_rendered_is_read_back(document: dict[str, str]) -> None:
    if len(document) == 1 and not any((*document, *document.values())):
        return
    assert parse(render(document)) == document


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+86 1", "'+86 1"), ("-x", "'-x"), ("@x", "'@x"), ("\tx", "'\tx"),
        ("\rx", "'\rx"), ("-12.50", "-12.50"), (Decimal("-12.50"), "-12.50"), (-3, "-3"),
        (True, "true"), (None, ""), ("'=x", "''=x"), ("'s", "'s"), (Decimal("1E+3"), "1000"),
    ],
)  # fmt: skip
def test_no_cell_begins_a_formula(value: object, cell: str) -> None:
    text = render({"a": "x", "b": value}).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1] == ["x", cell]


# ---- settings ---------------------------------------------------------------------------------


def test_a_folder_is_meant_from_the_folder_of_the_file() -> None:
    given_ = {"folder": "exchange", "key": "no"}
    made = FolderSettings.model_validate(given_, context={"folder": Path("/etc/hub")})
    assert made.folder == Path("/etc/hub/exchange")
    assert made.key == ("no",)
    assert FolderSettings.model_validate({**given_, "folder": "/x"}).folder == Path("/x")


@pytest.mark.parametrize(
    "wrong", [{"settled_after": "soon"}, {"pattern": "../*.csv"}, {"key": []}, {"header": 0}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        FolderSettings.model_validate({"folder": "x", "key": "no", **wrong})


def test_a_profile_is_refused(site: Site) -> None:
    connector = site.connector(profile={"page_size": "1"})
    with pytest.raises(ConfigError, match="no profile"):
        connector.check_profile(connector.settings)
    site.connector().check_profile(site.connector().settings)
