"""`hub map check`: every fault in every form, and the repairs of `--fix`."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from hub.cli import fault_formats
from hub.cli.fault_formats import Report
from hub.errors import ConfigError, Fault
from hub.flow import repair
from hub.language import Language

Hub = Callable[..., Any]

TWELVE = Path(__file__).parent / "files" / "twelve-faults.yaml"
#: Code, line and column of each fault of the file.
PLACES = [
    ("E106", 3, 1), ("E003", 7, 29), ("E002", 9, 27), ("E107", 11, 40), ("E104", 13, 3),
    ("E101", 13, 11), ("E110", 14, 30), ("E103", 15, 3), ("E109", 16, 31), ("E102", 17, 47),
    ("E108", 18, 18), ("E004", 19, 13),
]  # fmt: skip
GOOD = """\
mapping: mine
from: {connector: there, stream: a, fields: {title: text}}
to: {connector: here, operation: b, fields: {name: text}}
fields:
  name: title
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder without hub.yaml and without mappings."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(content: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def errors(out: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in out.splitlines()]
    return [one for one in found if one["severity"] == "error"]


# ---- twelve faults ---------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_json_names_every_fault_with_its_place(hub: Hub, language: str) -> None:
    ran = hub("--lang", language, "map", "check", TWELVE, "--format", "json")
    found = errors(ran.out)
    assert ran.code == 1
    assert [(one["code"], one["line"], one["column"]) for one in found] == PLACES
    for one in found:
        assert set(one) == {
            "code", "name", "file", "line", "column", "end_column", "target", "source_path",
            "source_value", "message", "hint", "severity",
        }  # fmt: skip
        assert bool(re.search("[一-鿿]", one["message"].replace("已批准，待发", ""))) is (
            language == "zh"
        )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_person_sees_every_place_marked_in_its_line(hub: Hub, language: str) -> None:
    out = hub("--lang", language, "map", "check", TWELVE).out
    lines = TWELVE.read_text("utf-8").splitlines()
    blocks = [block.splitlines() for block in out.split("\n\n")]
    told = {block[0].rpartition("twelve-faults.yaml")[2]: block for block in blocks}
    for code, line, column in PLACES:
        key = next(key for key in told if key.startswith(f":{line}:{column}  {code} "))
        _, before, meant, marks, *_ = told[key]
        assert before == f"{line - 1:>5} | {lines[line - 2]}"
        assert meant == f"{line:>5} | {lines[line - 1]}"
        assert columns(marks.partition("^")[0]) == 8 + columns(lines[line - 1][: column - 1])


def columns(words: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_github_gets_a_command_for_each_fault(hub: Hub, language: str) -> None:
    ran = hub("--lang", language, "map", "check", TWELVE, "--format", "github")
    shape = re.compile(
        r"::error file=\S+,line=(\d+),col=(\d+)(?:,endColumn=\d+)?,title=(E\d+) .*::."
    )
    found = [match for line in ran.out.splitlines() if (match := shape.match(line))]
    assert ran.code == 1
    assert [
        (code, int(line), int(column)) for line, column, code in (match.groups() for match in found)
    ] == PLACES


@pytest.mark.parametrize("language", ["en", "zh"])
def test_junit_has_a_failed_case_for_each_fault(hub: Hub, language: str) -> None:
    ran = hub("--lang", language, "map", "check", TWELVE, "--format", "junit")
    root = ET.fromstring(ran.out.split("\n", 1)[1])
    suite = next(one for one in root if one.get("name", "").endswith(TWELVE.name))
    failed = [one for one in suite if one.find("failure") is not None]
    assert ran.code == 1
    assert suite.get("failures") == str(len(PLACES)) == str(len(failed))
    for (code, line, column), case in zip(PLACES, failed, strict=True):
        assert case.get("name", "").startswith(f"{code} ")
        assert case.get("name", "").endswith(f" {line}:{column}")


def test_the_short_form_of_json_is_json(hub: Hub) -> None:
    long = hub("map", "check", TWELVE, "--format", "json").out
    assert hub("map", "check", TWELVE, "--json").out == long


def test_the_last_line_counts(hub: Hub) -> None:
    assert "12 fault(s) in 1 file(s)." in hub("map", "check", TWELVE).out


# ---- which files -----------------------------------------------------------------------------


def test_without_hub_yaml_the_shipped_files_are_checked(hub: Hub) -> None:
    ran = hub("map", "check")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"[1-9]\d* mapping\(s\), 1 route\(s\)", ran.out)


def test_without_hub_yaml_the_mappings_here_are_checked(hub: Hub) -> None:
    Path("mappings").mkdir()
    Path("mappings/mine.yaml").write_text(GOOD.replace("title", "a b"), "utf-8")
    ran = hub("map", "check", "--json")
    assert ran.code == 1
    assert [one["file"] for one in errors(ran.out)] == ["mappings/mine.yaml"]


def test_a_file_takes_the_place_of_the_one_of_its_name(
    hub: Hub, empty: Path, write: Callable[..., Path]
) -> None:
    (empty.parent / "mappings" / "mine.yaml").write_text(GOOD.replace("title", "a b"), "utf-8")
    assert hub("--config", empty, "map", "check").code == 1
    ran = hub("--config", empty, "map", "check", write(GOOD, "other.yaml"))
    assert (ran.code, ran.err) == (0, "")


def test_a_file_is_checked_over_the_other_files_of_the_hub(
    hub: Hub, empty: Path, write: Callable[..., Path]
) -> None:
    (empty.parent / "mappings" / "mine.yaml").write_text(GOOD, "utf-8")
    route = "route: r\nwhen: {record: order, from: crm}\ndeliver:\n"
    route += "  - {to: wms, operation: x, map: mine}\n"
    messages = [
        one["message"]
        for one in errors(hub("--config", empty, "map", "check", write(route), "--json").out)
    ]
    assert messages
    assert not any("There is no mapping mine" in message for message in messages)


def test_connectors_fields_are_known_without_hub_yaml(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(
        "mapping: mine\nfrom: {record: commitment}\n"
        "to: {connector: qimen, operation: create_order}\nfields:\n  wharehouse: number\n"
    )
    assert "E103" in [one["code"] for one in errors(hub("map", "check", path, "--json").out)]


def test_the_files_of_a_folder_are_checked(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "folder" / "inner"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_text(GOOD, "utf-8")
    (folder / "two.yml").write_text("mapping: two\n", "utf-8")
    (folder / "notes.txt").write_text("no mapping", "utf-8")
    ran = hub("map", "check", tmp_path / "folder", "--json")
    assert {Path(one["file"]).name for one in errors(ran.out)} == {"two.yml"}


WITH_TABLE = """\
mapping: mine
from: {connector: there, stream: a}
to: {connector: here, operation: b}
tables: {units: {file: tables/units.yaml}}
fields:
  unit: {from: unit, map: units}
"""


def test_a_table_beside_a_file_comes_with_it_and_is_not_asked_about(
    hub: Hub, write: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    write("台: EA\n", "tables/units.yaml")
    mine = write(WITH_TABLE)
    ran = hub("map", "check", mine, "--json")
    assert (ran.code, errors(ran.out)) == (0, [])
    write("台: [EA]\n", "tables/units.yaml")
    assert {Path(one["file"]).name for one in errors(hub("map", "check", mine, "--json").out)} == {
        "units.yaml"
    }


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["units.yaml", "units.csv"])
def test_a_table_alone_is_called_a_table(
    hub: Hub, write: Callable[..., Path], name: str, language: str
) -> None:
    (given := write("台: EA\n", name)).chmod(0o600)
    ran = hub("--lang", language, "map", "check", given)
    assert (ran.code, ran.out) == (2, "")
    assert ("is a table" if language == "en" else "是对照表") in ran.err
    write(WITH_TABLE.replace("tables/units.yaml", "units.yaml"))
    if name.endswith(".yaml"):
        assert hub("map", "check", given, given.with_name("mine.yaml")).code == 0


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "E105", 0), (b"# nothing\n", "E105", 0), (b"a: b\n\x00\xff\xfe", "E001", 2),
        (b"a: \x01b\n", "E001", 1), ("名：值\n".encode("gb18030"), "E001", 1),
        (b"a" * 300_000, "E005", 0),
    ],
    ids=["empty", "comment", "binary", "control", "gb18030", "large"],
)  # fmt: skip
def test_a_file_that_is_no_mapping_is_one_fault(
    hub: Hub, write: Callable[..., Path], content: bytes, code: str, line: int
) -> None:
    ran = hub("map", "check", write(content), "--json")
    assert (ran.code, ran.err) == (1, "")
    assert [(one["code"], one["line"]) for one in errors(ran.out)] == [(code, line)]


@pytest.mark.parametrize("form", ["human", "github", "junit"])
def test_a_binary_file_is_told_in_every_form(
    hub: Hub, write: Callable[..., Path], form: str
) -> None:
    ran = hub("map", "check", write(b"a: b\n\x00\xff\x1b"), "--format", form)
    assert (ran.code, ran.err) == (1, "")
    assert "E001" in ran.out
    assert not re.search("[\x00-\x08\x1b]", ran.out)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_there_ends_with_2(hub: Hub, tmp_path: Path, language: str) -> None:
    (tmp_path / "hollow").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    for given in ("none.yaml", "hollow", "pipe.yaml"):
        ran = hub("--lang", language, "map", "check", tmp_path / given)
        assert (ran.code, ran.out) == (2, "")
        assert given in ran.err
        assert ("文件" in ran.err) is (language == "zh")


@pytest.mark.parametrize("wrong", [["--format", "xml"], ["--strict", "yes"]], ids=" ".join)
def test_options_that_do_not_exist_end_with_2(hub: Hub, wrong: list[str]) -> None:
    assert hub("map", "check", *wrong).code == 2


def test_a_settings_file_that_is_named_must_be_there(hub: Hub, tmp_path: Path) -> None:
    assert hub("--config", tmp_path / "none.yaml", "map", "check").code == 2


def test_a_step_that_fits_no_connection_is_a_fault(hub: Hub, empty: Path) -> None:
    route = empty.parent / "mappings" / "route.yaml"
    route.write_text(route.read_text("utf-8").replace("to: wms", "to: wsm"), "utf-8")
    ran = hub("--config", empty, "map", "check")
    assert ran.code == 1
    assert "hub.yaml has no connection wsm" in ran.out


def test_a_test_that_fails_is_a_fault_of_the_check(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(GOOD + "tests:\n  - name: t\n    given: {title: a}\n    expect: {name: b}\n")
    [found] = errors(hub("map", "check", path, "--json").out)
    assert (found["code"], found["line"], found["target"]) == ("E401", 7, "name")


def test_what_is_in_force_stays_in_force(hub: Hub, filled: Path) -> None:
    assert "stay in force" not in hub("map", "check").out
    (filled / "mappings" / "mine.yaml").write_text("mapping: mine\n", "utf-8")
    ran = hub("map", "check")
    assert ran.code == 1
    assert re.search(r"bundle [0-9a-f]{12}\) stay in force", ran.out)


def test_a_warning_is_told_and_harms_only_when_asked(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(GOOD.replace("fields:\n", "let:\n  unused: title\nfields:\n"))
    ran = hub("map", "check", path)
    assert ran.code == 0
    assert re.search(r"mine\.yaml:5:3  W102 unused-name\n", ran.out)
    assert ran.out.endswith("1 warning(s).\n")
    [found] = map(json.loads, hub("map", "check", path, "--json").out.splitlines())
    assert (found["code"], found["severity"]) == ("W102", "warning")
    strict = hub("map", "check", path, "--strict")
    assert (strict.code, strict.out.splitlines()[-1]) == (1, "1 fault(s) in 1 file(s).")
    assert hub("map", "test", path, "--json").out == ""


def test_nobody_is_warned_of_the_shipped_files(hub: Hub, write: Callable[..., Path]) -> None:
    assert "W1" not in hub("map", "check", write(GOOD), "--json", "--strict").out
    assert hub("map", "check", "--strict").code == 0


# ---- forms -----------------------------------------------------------------------------------


def test_the_wanted_names_and_what_to_do_are_said_below(hub: Hub) -> None:
    out = hub("map", "check", TWELVE).out
    assert "E102 unknown-word" in out
    assert "Did you mean default?" in out


def test_a_long_line_is_shown_around_its_fault() -> None:
    line = "a" * 5000 + "中" * 10 + "X" + "b" * 5000
    fault = Fault("E106", "Wrong.", "m.yaml", 1, 5011, 5012)
    _, shown, marks = fault_formats.frame(fault, line, Language.EN)
    assert len(shown) < 200
    at = marks.index("^")
    assert columns(shown[: shown.index("X")]) == at


def test_a_fault_without_a_line_is_said_without_one() -> None:
    fault = Fault("E105", "The file is empty.", "m.yaml")
    assert list(fault_formats.frame(fault, "", Language.EN)) == [
        "m.yaml  E105 missing-word", "   The file is empty.",
    ]  # fmt: skip


def test_github_commands_cannot_be_broken_out_of() -> None:
    fault = Fault("E106", "100%\n::error::x", "a,b:c.yaml", 1, 2)
    assert fault_formats.annotation(fault, Language.EN) == (
        "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title=E106 wrong-value::100%25%0A::error::x"
    )


def test_junit_leaves_out_what_xml_cannot_say() -> None:
    report = Report((Fault("E106", "<&\x00\x1b]]>", "m\x07.yaml", 1, 1),))
    text = fault_formats.junit(report, Language.EN, lambda _: "a\x00")
    root = ET.fromstring(text.split("\n", 1)[1])
    assert root[0].get("name") == "m.yaml"
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "<&]]>"


def test_warnings_count_only_when_asked() -> None:
    warning = Fault("W102", "Nobody uses it.", "m.yaml", 1, 1)
    assert Report((warning,)).wrong() == ()
    assert Report((warning,), strict=True).wrong() == (warning,)
    assert fault_formats.as_object(warning, Language.EN)["severity"] == "warning"
    assert fault_formats.annotation(warning, Language.EN).startswith("::warning ")
    lenient = fault_formats.junit(Report((warning,)), Language.EN, lambda _: None)
    strict = fault_formats.junit(Report((warning,), strict=True), Language.EN, lambda _: None)
    assert "<failure" not in lenient
    assert "<failure" in strict


# ---- repairs ---------------------------------------------------------------------------------

BROKEN = """\
mapping：mine   # 注：全角（保留）
title: 标题：（全角）保留
from: {connector: there, stream: a}
to: {connector: here, operation: b}
when: state ＝＝ “是，的”
fields:
\tname: {text: {title}-{n}, max_length: 20}
\tnote: {value: "：，\t"}
"""
MENDED = """\
mapping: mine   # 注：全角（保留）
title: 标题：（全角）保留
from: {connector: there, stream: a}
to: {connector: here, operation: b}
when: state == "是，的"
fields:
  name: {text: "{title}-{n}", max_length: 20}
  note: {value: "：，"}
"""


def test_fix_repairs_what_is_safe_and_shows_it(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(BROKEN.replace("，\\t", "，").replace("，\t", "，"))
    path.chmod(0o640)
    ran = hub("map", "check", path, "--fix")
    assert ran.code == 0
    assert path.read_text("utf-8") == MENDED
    assert "-mapping：mine" in ran.out
    assert "+mapping: mine" in ran.out
    assert "1 file(s) repaired." in ran.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in path.parent.iterdir() if one.is_file()] == [path.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_fix_leaves_a_file_to_its_owner_and_group(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(BROKEN)
    os.chown(path, 4711, 4712)
    hub("map", "check", path, "--fix")
    assert path.read_text("utf-8") != BROKEN
    assert (path.stat().st_uid, path.stat().st_gid) == (4711, 4712)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_would_come_to_be_ours_is_not_written() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_bytes(b"a: b\n")
        os.chmod(folder, 0o777)  # noqa: PTH101
        os.chown(path, 4711, 4712)
        os.seteuid(4713)
        try:
            with pytest.raises(ConfigError, match="belongs to another user"):
                repair.write(path, b"a: c\n", b"a: b\n")
        finally:
            os.seteuid(0)
        assert [one.name for one in path.parent.iterdir()] == ["mine.yaml"]
        assert path.read_bytes() == b"a: b\n"


def test_fix_done_twice_is_done_once(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(BROKEN.replace("，\t", "，"))
    hub("map", "check", path, "--fix")
    stamp = path.stat()
    ran = hub("map", "check", path, "--fix")
    assert "Nothing that can be repaired" in ran.out
    assert path.stat() == stamp


def test_fix_keeps_what_is_left_and_says_it(hub: Hub, write: Callable[..., Path]) -> None:
    path = write(GOOD.replace("name: title", "name：title\n  b: {frm: c}"))
    ran = hub("map", "check", path, "--fix", "--json")
    assert ran.code == 1
    assert {one["code"] for one in errors(ran.out)} >= {"E102"}
    assert "+  name: title" in ran.err
    assert "name: title" in path.read_text("utf-8")


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("name: title", 'name: {text: "a\tb"}'), GOOD + "# a\tb\n",
        GOOD.replace("title", "{frm: title}"), "mapping: [x\n", "",
    ],
    ids=["tab-in-quotes", "tab-in-comment", "word", "bracket", "empty"],
)  # fmt: skip
def test_fix_leaves_alone_what_it_cannot_repair(
    hub: Hub, write: Callable[..., Path], content: str
) -> None:
    path = write(content)
    assert hub("map", "check", path, "--fix").code == 1
    assert path.read_text("utf-8") == content


def test_fix_keeps_the_byte_order_mark_and_windows_line_ends(
    hub: Hub, write: Callable[..., Path]
) -> None:
    text = GOOD.replace("\n", "\r\n")
    path = write(b"\xef\xbb\xbf" + text.replace("name: ", "name：").encode())
    assert hub("map", "check", path, "--fix").code == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + text.encode()


def test_fix_writes_through_a_link(hub: Hub, write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(GOOD.replace("name: ", "name："))
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    assert hub("map", "check", link, "--fix").code == 0
    assert link.is_symlink()
    assert path.read_text("utf-8") == GOOD


def test_a_check_says_what_fix_would_repair(hub: Hub, write: Callable[..., Path]) -> None:
    assert "--fix" in hub("map", "check", write(GOOD.replace("name: ", "name："))).out
    assert "--fix" not in hub("map", "check", write(GOOD.replace("title", "{frm: a}"))).out
