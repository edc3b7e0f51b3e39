"""`hub map test`, `list` and `schema`."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Hub = Callable[..., Any]

HEAD = """\
mapping: mine
from: {connector: there, stream: a}
to: {connector: here, operation: b}
fields:
  name: title
  qty: {from: qty, as: decimal, places: 2}
  lines:
    each: lines
    fields: {nr: nr}
"""
FAILING = (
    HEAD
    + """\
tests:   # what must come out
  - name: 名称与数量
    given: {title: "甲：乙", qty: "1", lines: [{nr: "1"}]}
    expect:
      name: old          # kept
      qty: "2.00"        # kept too
      lines:
      - {nr: "1"}
  - name: two lines
    given: {title: t, qty: "1", lines: [{nr: "1"}, {nr: "2"}]}
    expect: {name: t, gone: 1, lines: [{nr: "1"}]}   # in braces
  - name: must fail
    given: {title: t, qty: "1", lines: []}
    expect_error: {code: E201, field: qty}
"""
)
UPDATED = (
    HEAD
    + """\
tests:   # what must come out
  - name: 名称与数量
    given: {title: "甲：乙", qty: "1", lines: [{nr: "1"}]}
    expect:
      name: "甲：乙"          # kept
      qty: "1.00"        # kept too
      lines:
      - {nr: "1"}
  - name: two lines
    given: {title: t, qty: "1", lines: [{nr: "1"}, {nr: "2"}]}
    expect: {name: t, gone: null, lines: [{nr: "1"}, {nr: "2"}]}   # in braces
  - name: must fail
    given: {title: t, qty: "1", lines: []}
    expect_error: {code: E201, field: qty}
"""
)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder without hub.yaml and without mappings."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file with two tests that fail by their fields and one that fails otherwise."""
    path = tmp_path / "mine.yaml"
    path.write_text(FAILING, "utf-8")
    return path


def test_a_failed_test_shows_each_field_with_what_was_expected_and_what_came(
    hub: Hub, mine: Path
) -> None:
    ran = hub("map", "test", mine)
    assert ran.code == 1
    assert re.search(r"mine\.yaml:11:5  E401 test 名称与数量 of mine fails", ran.out)
    assert "   field   expected   got\n" in ran.out
    assert '   name    "old"      "甲：乙"\n   qty     "2.00"     1.00\n' in ran.out
    assert re.search(r'gone +"1" +\(missing\)', ran.out)
    assert re.search(r"expected E201 at qty", ran.out) is None
    assert "a fault E201 was expected, but the document was mapped" in ran.out
    assert ran.out.endswith("3 of 3 test(s) fail.\n")


def test_a_failed_test_is_told_in_chinese(hub: Hub, mine: Path) -> None:
    out = hub("--lang", "zh", "map", "test", mine).out
    assert "映射 mine 的测试“名称与数量”未通过" in out
    assert re.search("字段 +期望 +实际", out)
    assert "3 个测试中有 3 个失败" in out


def test_only_the_tests_of_the_files_at_hand_run(hub: Hub, mine: Path) -> None:
    assert "of 3 test(s)" in hub("map", "test", mine).out
    everything = re.search(r"(\d+) test\(s\) pass", hub("map", "test").out)
    assert everything is not None
    assert int(everything[1]) > 10


def test_tests_are_chosen_by_a_part_of_their_name(hub: Hub, mine: Path) -> None:
    out = hub("map", "test", mine, "-k", "TWO").out
    assert "two lines" in out
    assert "名称与数量" not in out
    assert out.endswith("1 of 1 test(s) fail.\n")


def test_a_name_no_test_has_ends_with_2(hub: Hub, mine: Path) -> None:
    ran = hub("map", "test", mine, "-k", "three")
    assert (ran.code, ran.out) == (2, "")
    assert "'three'" in ran.err


def test_programs_get_the_field_of_each_failure(hub: Hub, mine: Path) -> None:
    rows = [json.loads(line) for line in hub("map", "test", mine, "--json").out.splitlines()]
    assert [(row["code"], row["line"], row["target"]) for row in rows] == [
        ("E401", 11, "name"), ("E401", 11, "qty"), ("E401", 18, "gone"), ("E401", 18, "lines"),
        ("E401", 21, ""),
    ]  # fmt: skip


def test_junit_names_the_tests_that_pass_too(hub: Hub, mine: Path) -> None:
    mine.write_text(FAILING.replace("name: old", 'name: "甲：乙"').replace("2.00", "1"), "utf-8")
    root = ET.fromstring(hub("map", "test", mine, "--format", "junit").out.split("\n", 1)[1])
    outcomes = {case.get("name"): case.find("failure") is None for case in root.iter("testcase")}
    assert outcomes == {
        "mine: 名称与数量": True, "mine: two lines": False, "mine: must fail": False,
    }  # fmt: skip


def test_tests_of_a_broken_file_do_not_run(hub: Hub, mine: Path) -> None:
    mine.write_text(FAILING.replace("places: 2", "plaecs: 2"), "utf-8")
    ran = hub("map", "test", mine)
    assert ran.code == 1
    assert "E102" in ran.out
    assert "E401" not in ran.out


# ---- update ----------------------------------------------------------------------------------


def test_update_rewrites_only_the_values_that_differ(hub: Hub, mine: Path) -> None:
    ran = hub("map", "test", mine, "--update", "--yes")
    assert mine.read_text("utf-8") == UPDATED
    assert ran.code == 1  # the test that expects a fault still fails
    assert ran.out.endswith("1 of 3 test(s) fail.\n")
    assert "-      name: old          # kept" in ran.out


def test_updating_twice_writes_nothing(hub: Hub, mine: Path) -> None:
    hub("map", "test", mine, "--update", "--yes")
    stamp = mine.stat()
    hub("map", "test", mine, "--update", "--yes")
    assert mine.stat() == stamp


@pytest.mark.parametrize(("answer", "text"), [("y\n", UPDATED), ("n\n", FAILING), ("", FAILING)])
def test_update_asks_first(
    hub: Hub, mine: Path, monkeypatch: pytest.MonkeyPatch, answer: str, text: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    ran = hub("map", "test", mine, "--update")
    assert ran.code == 1
    assert "Write this?" in ran.out + ran.err
    assert mine.read_text("utf-8") == text


def test_update_of_a_list_below_its_word_fits_there(hub: Hub, mine: Path) -> None:
    mine.write_text(FAILING.replace('[{nr: "1"}]}\n    expect:', "[]}\n    expect:"), "utf-8")
    hub("map", "test", mine, "-k", "名称", "--update", "--yes")
    assert hub("map", "test", mine, "-k", "名称").code == 0


# ---- list, schema ----------------------------------------------------------------------------


def test_the_list_tells_origin_version_tests_and_direction(hub: Hub, mine: Path) -> None:
    folder = Path("mappings")
    folder.mkdir()
    (folder / "mine.yaml").write_text(HEAD.replace("mine\n", "mine\nversion: 7\n"), "utf-8")
    ran = hub("map", "list", "--json")
    rows = {row["name"]: row for row in map(json.loads, ran.out.splitlines())}
    assert rows["mine"] | {
        "origin": "own", "overrides_shipped": False, "version": 7, "tests": 0,
        "direction": "one-way",
    } == rows["mine"]  # fmt: skip
    assert rows["tryton-to-bom"]["origin"] == "shipped"
    assert rows["tryton-to-bom"]["tests"] > 0


def test_an_own_mapping_over_a_shipped_one_is_told(hub: Hub) -> None:
    Path("mappings").mkdir()
    own = HEAD.replace("mine\n", "qimen-to-shipment\n")
    Path("mappings/bom.yaml").write_text(own, "utf-8")
    assert "own, overrides shipped" in hub("map", "list").out
    assert "自有，覆盖随附" in hub("--lang", "zh", "map", "list").out
    Path("mappings/bom.yaml").unlink()
    assert "overrides" not in hub("map", "list").out


def test_the_schema_is_printed_or_written(hub: Hub, tmp_path: Path) -> None:
    printed = json.loads(hub("map", "schema").out)
    path = tmp_path / "schema" / "mapping-1.json"
    ran = hub("map", "schema", "--output", path)
    assert (ran.code, json.loads(path.read_text("utf-8"))) == (0, printed)
    assert "mapping" in printed["properties"]
    assert "route" in json.loads(hub("map", "schema", "--route").out)["properties"]


def test_a_schema_that_cannot_be_written_is_said(hub: Hub, mine: Path) -> None:
    ran = hub("map", "schema", "--output", mine / "x.json")
    assert ran.code == 2
    assert "cannot be written" in ran.err


@pytest.mark.parametrize("command", [["map", "list"], ["check"], ["check", "--json"]], ids=" ".join)
def test_other_commands_tell_faults_in_the_language_too(
    hub: Hub, empty: Path, command: list[str]
) -> None:
    (empty.parent / "mappings" / "mine.yaml").write_text("mapping: mine\n", "utf-8")
    english, chinese = (hub("--config", empty, "--lang", one, *command) for one in ("en", "zh"))
    assert (english.code, chinese.code) == (2, 2)
    assert "The word from: is missing." in english.out + english.err
    assert "The word" not in chinese.out + chinese.err
    assert re.search("from:.*[一-鿿]|[一-鿿].*from:", chinese.out + chinese.err)


# ---- coverage --------------------------------------------------------------------------------


def test_coverage_lists_what_no_test_touches_and_counts(hub: Hub, mine: Path) -> None:
    mine.write_text(
        UPDATED.replace("  name: title", "  name: title\n  note: {from: x, map: {a: b}}")
    )
    out = hub("map", "test", mine, "--coverage").out
    assert re.search(r"mine\.yaml:6:3  rule note\n.*mine\.yaml:6:25  table entry map: a\n", out)
    assert out.endswith("rules 3/4, table entries 0/1\n")
    assert "规则 3/4" in hub("--lang", "zh", "map", "test", mine, "--coverage").out


def test_programs_get_the_coverage_too(hub: Hub, mine: Path) -> None:
    mine.write_text(HEAD, "utf-8")
    rows = hub("map", "test", mine, "--coverage", "--json").out.splitlines()
    assert [json.loads(row)["name"] for row in rows] == ["name", "qty", "lines[].nr"]
    notices = hub("map", "test", mine, "--coverage", "--format", "github").out.splitlines()
    assert [line.rpartition(" ")[2] for line in notices] == ["name", "qty", "lines[].nr"]
    assert all(line.startswith("::notice file=") for line in notices)
