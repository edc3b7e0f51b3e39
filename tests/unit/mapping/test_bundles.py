"""Bundles: content-addressed, overlaid by name, complete or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.errors import MappingError
from hub.mapping import load_bundle, read_bundle, run_tests
from hub.mapping.shipped import shipped_folder


def mapping(name: str, field: str = "a", stream: str = "things") -> str:
    return (
        f"mapping: {name}\nfrom: {{connector: there, stream: {stream}}}\n"
        f"to: {{connector: here, operation: put}}\nfields: {{x: {field}}}\n"
    )


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped / "there", own):
        folder.mkdir(parents=True)
    (shipped / "there" / "one.yaml").write_text(mapping("one"), "utf-8")
    (shipped / "there" / "two.yaml").write_text(mapping("two", stream="others"), "utf-8")
    return shipped, own


def test_the_users_file_overlays_the_shipped_one_of_the_same_name(
    folders: tuple[Path, Path],
) -> None:
    shipped, own = folders
    (own / "any-file-name.yaml").write_text(mapping("one", "b"), "utf-8")
    bundle = load_bundle(shipped, own)
    assert bundle.mappings["one"].apply({"a": "shipped", "b": "own"}) == {"x": "own"}
    assert bundle.origins[bundle.mappings["one"].file] == "own"
    assert bundle.origins[bundle.mappings["two"].file] == "shipped"


def test_two_files_of_the_same_path_and_other_names_are_both_in_force(
    folders: tuple[Path, Path],
) -> None:
    shipped, own = folders
    (own / "there").mkdir()
    (own / "there" / "one.yaml").write_text(mapping("mine"), "utf-8")
    assert set(load_bundle(shipped, own).mappings) == {"one", "two", "mine"}


def test_a_bundle_reads_back_from_its_stored_files(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    (own / "mine.yml").write_text(mapping("one", "b"), "utf-8")
    loaded = load_bundle(shipped, own)
    stored = read_bundle(loaded.files)
    assert stored.sha == loaded.sha
    assert stored.origins == loaded.origins
    assert stored.mappings["one"].apply({"b": "1"}) == {"x": "1"}


def test_the_address_depends_on_paths_and_bytes_only(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    first = load_bundle(shipped, own).sha
    assert load_bundle(shipped).sha == first
    (shipped / "there" / "one.yaml").write_text(mapping("one") + "# changed\n", "utf-8")
    changed = load_bundle(shipped).sha
    assert changed != first
    (shipped / "there" / "one.yaml").rename(shipped / "one.yaml")
    assert load_bundle(shipped).sha not in {first, changed}


def test_paths_and_bytes_never_run_together() -> None:
    one = {"own/a.yaml": mapping("a").encode(), "own/b.yaml": mapping("b").encode()}
    shas = {read_bundle(one).sha, read_bundle({"own/a.yaml": one["own/a.yaml"]}).sha}
    assert len(shas) == 2
    assert all(len(sha) == 64 for sha in shas)


def test_other_and_hidden_files_are_no_part_of_a_bundle(folders: tuple[Path, Path]) -> None:
    shipped, _ = folders
    (shipped / "README.md").write_text("# read me", "utf-8")
    (shipped / ".draft.yaml").write_text("not: [yaml", "utf-8")
    assert set(load_bundle(shipped).files) == {
        "shipped/there/one.yaml",
        "shipped/there/two.yaml",
    }


def test_faults_name_the_file_as_the_administrator_knows_it(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    (own / "mine.yaml").write_text(mapping("one", "$net"), "utf-8")
    (own / "bad.yaml").write_bytes(b"\xff")
    with pytest.raises(MappingError) as caught:
        load_bundle(shipped, own)
    assert [fault.file for fault in caught.value.faults] == [
        (own / "bad.yaml").as_posix(),
        (own / "mine.yaml").as_posix(),
    ]


def test_one_name_stands_in_one_file_only(folders: tuple[Path, Path]) -> None:
    shipped, _ = folders
    (shipped / "again.yaml").write_text(mapping("one"), "utf-8")
    with pytest.raises(MappingError) as caught:
        load_bundle(shipped)
    (fault,) = caught.value.faults
    assert fault.code == "E112"
    assert "again.yaml" in fault.message


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no such folder"):
        load_bundle(tmp_path / "nowhere")


def test_a_file_that_is_neither_mapping_nor_route_is_a_fault(file_faults: Any) -> None:
    assert [fault.code for fault in file_faults(a="title: something\n")] == ["E105"]
    assert [fault.code for fault in file_faults(a="- a\n- b\n")] == ["E105"]


def test_inbound_finds_the_mapping_of_a_stream(folders: tuple[Path, Path]) -> None:
    bundle = load_bundle(folders[0])
    found = bundle.inbound("there", "things")
    assert found is not None
    assert found.name == "one"
    assert bundle.inbound("there", "nothing") is None
    named = bundle.inbound("there", "things", "two")
    assert named is not None
    assert named.name == "two"


def test_inbound_asks_rather_than_chooses(folders: tuple[Path, Path]) -> None:
    shipped, _ = folders
    (shipped / "three.yaml").write_text(mapping("three"), "utf-8")
    bundle = load_bundle(shipped)
    with pytest.raises(MappingError, match="several mappings read things: one, three"):
        bundle.inbound("there", "things")
    with pytest.raises(MappingError, match="Did you mean three"):
        bundle.inbound("there", "things", "thre")


def test_the_shipped_mappings_load_and_pass_their_own_tests() -> None:
    assert run_tests(load_bundle(shipped_folder())) == []
