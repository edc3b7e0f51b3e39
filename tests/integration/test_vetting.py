"""Whether a folder of mapping files may come into force, found out in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hub import settings as settings_module
from hub.flow import vetting
from hub.mapping.folder import MAX_FILES
from hub.settings import Settings

MAPPING = (
    "mapping: mine\nfrom: {connector: there, stream: things}\n"
    "to: {connector: here, operation: put}\nfields: {x: a}\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "mine.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "hub.yaml").write_text("tenant: T1\n", "utf-8")
    return settings_module.load(tmp_path / "hub.yaml", {})


def write(settings: Settings, name: str, text: str = MAPPING) -> Path:
    path = settings.mappings_folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_good_files_come_back_as_they_were_read(settings: Settings) -> None:
    found = vetting.vet(settings, needs_folder=False)
    assert not found.faults
    assert found.files["own/mine.yaml"] == MAPPING.encode()
    assert any(name.startswith("shipped/") for name in found.files)


def test_a_wrong_file_comes_back_as_its_faults_and_nothing_else(settings: Settings) -> None:
    path = write(settings, "mine.yaml", MAPPING + "  y: 1: 2\n")
    found = vetting.vet(settings, needs_folder=False)
    assert not found.files
    assert {fault.file for fault in found.faults} == {path.as_posix()}


def test_a_failing_inline_test_is_a_fault(settings: Settings) -> None:
    test = "tests:\n  - {name: one, given: {a: 1}, expect: {x: '2'}}\n"
    write(settings, "mine.yaml", MAPPING + test)
    assert [fault.code for fault in vetting.vet(settings, needs_folder=False).faults] == ["E401"]


def test_a_check_that_takes_too_long_is_ended_and_counts_as_a_fault(settings: Settings) -> None:
    found = vetting.vet(settings, needs_folder=False, seconds=0.001)
    assert not found.files
    assert [fault.code for fault in found.faults] == ["E005"]
    assert "took longer" in found.faults[0].message


def test_a_check_that_needs_too_much_memory_counts_as_a_fault(settings: Settings) -> None:
    many = "".join(f"  - {{name: t{n}, given: {{a: 1}}, expect: {{x: '1'}}}}\n" for n in range(900))
    for name in range(20):
        text = MAPPING.replace("mine", f"m{name}").replace("things", f"t{name}")
        write(settings, f"{name}.yaml", f"{text}tests:\n{many}")
    found = vetting.vet(settings, needs_folder=False, memory=16 * 1024**2)
    assert not found.files
    assert [fault.code for fault in found.faults] == ["E005"]


def test_a_folder_that_was_there_and_is_gone_is_a_fault(settings: Settings) -> None:
    (settings.mappings_folder / "mine.yaml").unlink()
    settings.mappings_folder.rmdir()
    assert vetting.vet(settings, needs_folder=False).files
    found = vetting.vet(settings, needs_folder=True)
    assert not found.files
    assert [fault.code for fault in found.faults] == ["E105"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_entered_is_a_fault(settings: Settings) -> None:
    inner = write(settings, "inner/other.yaml").parent
    inner.chmod(0)
    try:
        found = vetting.vet(settings, needs_folder=False)
    finally:
        inner.chmod(0o755)
    assert [fault.code for fault in found.faults] == ["E001"]


@pytest.mark.parametrize(
    "name", [".mine.yaml.swp", "mine.yaml~", "#mine.yaml#", ".#mine.yaml", ".git/config.yaml"]
)
def test_what_an_editor_leaves_beside_a_file_changes_nothing(settings: Settings, name: str) -> None:
    before = vetting.stamp(settings)
    write(settings, name, "half of a fi")
    assert vetting.stamp(settings) == before
    found = vetting.vet(settings, needs_folder=False)
    assert "own/mine.yaml" in found.files
    assert not any(name in file for file in found.files)


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_a_change(
    settings: Settings,
) -> None:
    path, before = settings.mappings_folder / "mine.yaml", vetting.stamp(settings)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    other = write(settings, "other.txt", MAPPING.replace("x: a", "x: b"))
    os.utime(other, ns=times)
    other.rename(path)
    assert vetting.stamp(settings) != before


def test_a_file_that_is_written_in_place_and_keeps_size_and_time_is_a_change(
    settings: Settings,
) -> None:
    path, before = settings.mappings_folder / "mine.yaml", vetting.stamp(settings)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_text(MAPPING.replace("x: a", "x: b"), "utf-8")
    os.utime(path, ns=times)
    assert vetting.stamp(settings) != before


@pytest.mark.parametrize("name", ["README.md", "notes.txt", "mine.yaml.orig", "4913"])
def test_other_files_in_the_folder_change_nothing(settings: Settings, name: str) -> None:
    before = vetting.stamp(settings)
    write(settings, name, "words")
    assert vetting.stamp(settings) == before


def to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere.yaml")


@pytest.mark.parametrize("make", [to_nowhere, Path.mkdir, os.mkfifo], ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", ["other.yaml", "other.yml", "other.csv"])
def test_what_is_named_like_a_file_and_is_none_is_a_fault(
    settings: Settings, make: Callable[[Path], None], name: str
) -> None:
    before, path = vetting.stamp(settings), settings.mappings_folder / name
    make(path)
    assert vetting.stamp(settings) != before
    found = vetting.vet(settings, needs_folder=False)
    assert [(fault.code, fault.file) for fault in found.faults] == [("E001", path.as_posix())]


def test_an_empty_folder_is_a_fault_where_its_files_are_in_force(settings: Settings) -> None:
    (settings.mappings_folder / "mine.yaml").unlink()
    assert vetting.vet(settings, needs_folder=True).files
    found = vetting.vet(settings, needs_folder=True, needs_files=True)
    assert [fault.code for fault in found.faults] == ["E105"]
    assert "hub map apply" in str(found.faults[0])


def test_a_check_that_came_to_no_end_says_so(settings: Settings) -> None:
    assert vetting.vet(settings, needs_folder=False, seconds=0.001).unfinished
    assert not vetting.vet(settings, needs_folder=False).unfinished


def test_more_files_than_a_check_has_time_for_are_refused_at_the_start_too(
    settings: Settings,
) -> None:
    for name in range(MAX_FILES):
        write(settings, f"{name}.csv", "")
    found = vetting.look(settings, needs_folder=False)
    assert [fault.code for fault in found.faults] == ["E005"]
    assert vetting.SECONDS >= MAX_FILES * 0.2
