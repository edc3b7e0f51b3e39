"""Tables beside a mapping file: CSV and YAML, part of the bundle, every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import Fault, MappingError
from hub.mapping import Bundle, MappingFault, load_bundle, read_bundle

MAPPING = """\
mapping: probe
from: {{connector: there, stream: things}}
to: {{connector: here, operation: put}}
tables:
  uom: {table}
fields:
  unit: {{from: unit, map: uom}}
"""
CSV = "{file: uom.csv, key: ours, value: theirs}"


def _load(folder: Path, table: str, **files: str | bytes) -> Bundle:
    (folder / "probe.yaml").write_text(MAPPING.format(table=table), "utf-8")
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_", ".")).write_bytes(data)
    return load_bundle(folder)


def _faults(folder: Path, table: str, **files: str | bytes) -> list[tuple[str, str, int, int]]:
    with pytest.raises(MappingError) as caught:
        _load(folder, table, **files)
    found: list[Fault] = list(caught.value.faults)
    return [(one.code, Path(one.file).name, one.line, one.column) for one in found]


def _unit(bundle: Bundle, unit: str) -> object:
    return bundle.mappings["probe"].apply({"unit": unit})["unit"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("ours,theirs\n个,EA\n0012,BX\n".encode(), id="UTF-8"),
        pytest.param("\ufeffours,theirs\n个,EA\n0012,BX\n".encode(), id="with a mark"),
        pytest.param("ours,theirs\n个,EA\n0012,BX\n".encode("gb18030"), id="GB18030"),
        pytest.param("remark;theirs;ours\n常用;EA;个\n;BX;0012\n".encode(), id="semicolons"),
    ],
)
def test_a_table_may_stand_in_a_csv_file(tmp_path: Path, content: bytes) -> None:
    bundle = _load(tmp_path, CSV, uom_csv=content)
    assert (_unit(bundle, "个"), _unit(bundle, "0012")) == ("EA", "BX")


def test_a_table_may_stand_in_a_yaml_file(tmp_path: Path) -> None:
    bundle = _load(tmp_path, "{file: uom.yaml}", uom_yaml="个: EA\nNO: BX\n")
    assert (_unit(bundle, "个"), _unit(bundle, "NO")) == ("EA", "BX")


@pytest.mark.parametrize("file", ["uom.csv", "uom.yaml"])
def test_a_table_file_is_part_of_its_bundle(tmp_path: Path, file: str) -> None:
    table = CSV if file == "uom.csv" else "{file: uom.yaml}"
    one, other = (
        {"uom_csv": "ours,theirs\n个,EA\n", "uom_yaml": "个: EA\n"},
        {"uom_csv": "ours,theirs\n个,PC\n", "uom_yaml": "个: PC\n"},
    )
    name = file.replace(".", "_")
    before = _load(tmp_path, table, **{name: one[name]})
    after = _load(tmp_path, table, **{name: other[name]})
    assert before.sha != after.sha
    stored = read_bundle(after.files)
    assert (stored.sha, _unit(stored, "个")) == (after.sha, "PC")


def test_a_bundle_is_kept_as_text_whatever_the_encoding(tmp_path: Path) -> None:
    bundle = _load(tmp_path, CSV, uom_csv="ours,theirs\n个,EA\n".encode("gb18030"))
    assert bundle.files["shipped/uom.csv"].decode() == "ours,theirs\n个,EA\n"


def test_a_csv_file_nobody_names_is_no_part_of_the_bundle(tmp_path: Path) -> None:
    bundle = _load(tmp_path, "{个: EA}", other_csv=b"\x81\xff\x00")
    assert [*bundle.files] == ["shipped/probe.yaml"]


@pytest.mark.parametrize(
    ("table", "files", "expected"),
    [
        pytest.param(CSV, {}, [("E116", "probe.yaml", 5, 15)], id="no file"),
        pytest.param("{file: uom.csv}", {"uom_csv": "a,b\n"}, [("E105", "probe.yaml", 5, 9)] * 2,
                     id="no columns named"),
        pytest.param(CSV, {"uom_csv": "ours,other\n个,EA\n"}, [("E116", "uom.csv", 1, 0)],
                     id="a missing column"),
        pytest.param(CSV, {"uom_csv": "ours,theirs\n个,EA\n台,ST\n个,PC\n"},
                     [("E116", "uom.csv", 4, 1)], id="a duplicate key"),
        pytest.param(CSV, {"uom_csv": "ours,theirs\n个,\n,ST\n"},
                     [("E116", "uom.csv", 2, 2), ("E116", "uom.csv", 3, 1)], id="empty cells"),
        pytest.param(CSV, {"uom_csv": b"ours,theirs\n\xff\xff,EA\n"}, [("E116", "uom.csv", 2, 0)],
                     id="neither encoding"),
        pytest.param("{file: uom.yaml}", {"uom_yaml": "个: EA\n个: PC\n"},
                     [("E002", "uom.yaml", 2, 1)], id="a key twice in YAML"),
        pytest.param("{file: uom.yaml}", {"uom_yaml": "个: [EA]\n"}, [("E106", "uom.yaml", 1, 1)],
                     id="a list in YAML"),
        pytest.param("{file: uom.yaml, key: a}", {"uom_yaml": "个: EA\n"},
                     [("E110", "probe.yaml", 5, 25)], id="a column of YAML"),
        pytest.param("{file: ../../../etc/passwd.csv, key: a, value: b}", {},
                     [("E116", "probe.yaml", 5, 15)], id="outside the folder"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_file_has_its_place(
    tmp_path: Path, table: str, files: dict[str, str | bytes], expected: list[object]
) -> None:
    assert _faults(tmp_path, table, **files) == expected


def test_a_value_the_file_does_not_know_names_the_file(tmp_path: Path) -> None:
    bundle = _load(tmp_path, CSV, uom_csv="ours,theirs\n个,EA\n")
    with pytest.raises(MappingFault, match=r"Add it at .*uom\.csv, or say else: keep"):
        _unit(bundle, "箱")


def test_an_own_mapping_uses_the_shipped_table_where_it_has_none(tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    shipped.mkdir()
    own.mkdir()
    (shipped / "uom.csv").write_text("ours,theirs\n个,EA\n", "utf-8")
    for folder in (shipped, own):
        (folder / "probe.yaml").write_text(MAPPING.format(table=CSV), "utf-8")
    assert _unit(load_bundle(shipped, own), "个") == "EA"
    (own / "uom.csv").write_text("ours,theirs\n个,PC\n", "utf-8")
    assert _unit(load_bundle(shipped, own), "个") == "PC"


@pytest.mark.parametrize(
    ("name", "table", "shipped", "own"),
    [
        ("uom.csv", CSV, "ours,theirs\n个,EA\n", "ours,theirs\n个,PC\n"),
        ("uom.yaml", "{file: uom.yaml}", "个: EA\n", "个: PC\n"),
        ("more/uom.yaml", "{file: more/uom.yaml}", "个: EA\n", "个: PC\n"),
    ],
)
def test_an_own_table_takes_the_place_of_the_shipped_one_of_its_name(
    tmp_path: Path, name: str, table: str, shipped: str, own: str
) -> None:
    for folder, content in (("shipped", shipped), ("own", own)):
        (tmp_path / folder / name).parent.mkdir(parents=True)
        (tmp_path / folder / name).write_text(content, "utf-8")
    (tmp_path / "shipped" / "probe.yaml").write_text(MAPPING.format(table=table), "utf-8")
    assert _unit(load_bundle(tmp_path / "shipped"), "个") == "EA"
    bundle = load_bundle(tmp_path / "shipped", tmp_path / "own")
    assert _unit(bundle, "个") == "PC"
    stored = read_bundle(bundle.files)
    assert (stored.sha, _unit(stored, "个")) == (bundle.sha, "PC")


def test_an_own_file_that_no_mapping_names_must_still_say_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "other.yaml").write_text("个: PC\n", "utf-8")
    (tmp_path / "shipped").mkdir()
    _load(tmp_path / "shipped", "{file: uom.yaml}", uom_yaml="个: EA\n")
    with pytest.raises(MappingError) as caught:
        load_bundle(tmp_path / "shipped", tmp_path / "own")
    assert [(one.code, Path(one.file).name) for one in caught.value.faults] == [
        ("E105", "other.yaml")
    ]


@pytest.mark.parametrize("own", ["own", "/srv/hub/mappings"])
def test_own_files_by_whatever_name_overlay_the_shipped_tables(own: str) -> None:
    files = {
        f"{own}/m/probe.yaml": MAPPING.format(table="{file: uom.yaml}").encode(),
        "shipped/m/uom.yaml": "个: EA\n".encode(),
    }
    assert _unit(read_bundle(files, own=own), "个") == "EA"
    files[f"{own}/m/uom.yaml"] = "个: PC\n".encode()
    assert _unit(read_bundle(files, own=own), "个") == "PC"
