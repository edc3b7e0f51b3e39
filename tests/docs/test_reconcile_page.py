"""The page about reconciliations, followed to the letter: its files and its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.mapping import load_bundle
from hub.mapping.shipped import shipped_folder
from tests.docs.test_guide import Reader, agrees

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "reconcile.md").read_text("utf-8")
SHIPPED = PAGE[PAGE.index("## Shipped files") : PAGE.index("## What a run says")]
_BLOCK = re.compile(
    r"^(?:`(?P<file>[\w.]+)`\n\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    found.leave()


def _said(body: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a block, each with what it shows."""
    for command in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        line, _, shown = command.partition("\n")
        yield line, shown


def test_who_compares_two_files_and_then_two_folders_sees_what_the_page_shows(
    reader: Reader,
) -> None:
    ran = []
    for block in _BLOCK.finditer(SHIPPED):
        if block["file"]:
            (reader.folder / block["file"]).write_text(block["body"], "utf-8")
        elif block["kind"] == "yaml":
            settings = reader.folder / "hub.yaml"
            before, none, _ = settings.read_text("utf-8").partition("connections: {}\n")
            assert none
            settings.write_text(before + block["body"], "utf-8")
        for command, shown in _said(block["body"]) if block["kind"] == "console" else ():
            ran.append(command)
            if command.startswith("cd "):
                reader.folder /= command.removeprefix("cd ")
                continue
            got = reader.output(command)
            assert agrees(shown, got), f"$ {command}\n{got}"
    assert sum(command.startswith("hub reconcile run two-files") for command in ran) == 2


def test_every_shipped_reconciliation_stands_in_the_table_with_its_connections() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\| ([^|]+) \|$", SHIPPED, re.MULTILINE))
    known = load_bundle(shipped_folder()).reconciliations
    assert rows.keys() == known.keys()
    for name, needs in rows.items():
        connections = {side.connection for side in known[name].sides.values()}
        assert connections == set(re.findall(r"`(\w+)`", needs)), name


@pytest.mark.parametrize(
    "path", sorted((shipped_folder() / "reconcile").glob("*.yaml")), ids=lambda path: path.stem
)
def test_a_shipped_reconciliation_says_when_it_sleeps_and_what_must_be_looked_at(
    path: Path,
) -> None:
    text = path.read_text("utf-8")
    head = text[: text.index("format: 1")]
    (one,) = (
        one for one in load_bundle(shipped_folder()).reconciliations.values()
        if one.file.endswith(path.name)
    )  # fmt: skip
    assert one.name == path.stem
    assert "sleeps until" in head
    assert "Copy it into your own folder" in head
    assert re.search(r"[\u4e00-\u9fff]", one.title)
    for side in one.sides.values():
        assert side.connection in head
    assert len(one.tests) >= 4
