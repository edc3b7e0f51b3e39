"""`hub map apply` and `hub map list`: what a person is told came into force, and from where."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Hub = Callable[..., Any]


def change(folder: Path) -> Path:
    """Make the own route say something else; return its file."""
    route = folder / "mappings" / "route.yaml"
    route.write_text(route.read_text("utf-8").replace("sales_supervisor", "coo"), "utf-8")
    return route


def test_the_first_files_come_in_place_of_nothing(
    hub: Hub, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(empty.parent)
    assert hub("store", "upgrade").code == 0
    dry = hub("map", "apply", "--dry-run").out
    assert re.fullmatch("Would come into force: [0-9a-f]{12}, the first.\n", dry)
    assert json.loads(hub("map", "apply", "--dry-run", "--json").out)["before"] == ""
    first = hub("map", "apply").out
    assert re.fullmatch("In force now: [0-9a-f]{12}, the first.\n", first)
    assert hub("map", "apply").out.startswith("In force already: ")
    change(empty.parent)
    assert re.search(
        "In force now: [0-9a-f]{12}, in place of [0-9a-f]{12}", hub("map", "apply").out
    )


@pytest.mark.parametrize("command", [["map", "apply", "--dry-run"], ["map", "diff"]], ids=" ".join)
def test_what_changed_is_named_by_a_file_one_can_open(
    hub: Hub, filled: Path, command: list[str]
) -> None:
    route = change(filled)
    assert f"{route}:" in hub(*command).out
    told = [json.loads(line) for line in hub(*command, "--json").out.splitlines()]
    (changed,) = told[0]["changes"][0]["changes"] if "bundle" in told[0] else told[0]["changes"]
    assert set(changed) == {"part", "name", "kind", "old", "new"}
    assert set(changed["new"]) == {"text", "file", "line", "column"}
    assert Path(changed["new"]["file"]) == route


def test_warnings_for_programs_are_in_the_language_of_whoever_asked(
    hub: Hub, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(filled)
    assert hub("map", "copy", "commitment-to-wms").code == 0
    (own,) = (filled / "mappings").rglob("commitment-to-wms.yaml")
    own.write_text(own.read_text("utf-8").replace("itemName: name", "itemName: sku"), "utf-8")
    for language, words in (("en", "raise version:"), ("zh", "版本")):
        ran = hub("--lang", language, "map", "apply", "--dry-run", "--json")
        (warning,) = json.loads(ran.out)["warnings"]
        assert warning["code"] == "W103"
        assert words in warning["message"]
        assert Path(warning["file"]) == own.relative_to(filled)


def test_files_are_listed_by_the_path_one_can_open(hub: Hub, filled: Path) -> None:
    rows = [json.loads(line) for line in hub("map", "list", "--json").out.splitlines()]
    assert [row["file"] for row in rows if not Path(row["file"]).is_file()] == []
    assert str(filled / "mappings" / "route.yaml") in {row["file"] for row in rows}


def _all_of(terminal: int) -> Iterator[bytes]:
    """Yield what stands in a terminal whose other end is closed."""
    with contextlib.suppress(OSError):  # its end
        while found := os.read(terminal, 65_536):
            yield found


@pytest.mark.parametrize(("more", "shown"), [([], False), (["--wide"], True)], ids=["", "wide"])
def test_a_terminal_gets_the_columns_it_has_room_for(
    filled: Path, more: list[str], shown: bool
) -> None:
    reading, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "hub", "map", "list", *more],
        stdout=terminal, env={**os.environ, "COLUMNS": "400"}, check=False,
    )  # fmt: skip
    os.close(terminal)
    told = b"".join(_all_of(reading)).decode()
    os.close(reading)
    assert done.returncode == 0
    assert "commitment-to-wms" in told
    assert ("route.yaml" in told) is shown
