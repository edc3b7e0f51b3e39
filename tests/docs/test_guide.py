"""The guide to mappings, followed to the letter: its files, changes, commands and outputs.

A path alone on a line names the file of the block below it: a whole file is written, a `diff`
changes it, and the lines of an excerpt (`before`) must stand in the file that is copied next.
`…` on the page stands for what differs from machine to machine: as a line for any lines, inside
a line for any characters.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub import registry
from hub.flow import checks
from hub.mapping import load_bundle, run_tests
from hub.mapping.examples.coverage import coverage
from hub.mapping.field_mapping import FieldMapping
from hub.mapping.shipped import shipped_folder
from hub.yamlreader import parse

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-mapping.md"
#: Operations that carry files rather than fields.
CARRIES_FILES = {("lowcode", "attach_annex"), ("tryton", "attach_document")}
#: Its columns are those of somebody's files.
ANY_COLUMNS = {("folder", "row"), ("folder", "write_row")}
#: What a running hub needs to take a changed file over, in seconds, and some more.
SOON = 20.0

_BLOCK = re.compile(
    r"^(?:(?P<above>[^\n]+)\n\n)?```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"`(mappings/[\w./-]+)`:?$")
_COPIED = re.compile("已写入：(.+)\n")
_PLACE = "…/mappings"


# ---- the page --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing the page tells its reader to do."""

    section: str
    #: `run`, `write`, `change` or `before`.
    what: str
    #: The command, or the file.
    subject: str
    #: What the page shows: an output, a whole file, a change, some lines of a file.
    shown: str


def steps() -> Iterator[Step]:
    """Yield what the page says, from its top to its end."""
    section = ""
    for part in re.split(r"^(?=## )", PAGE.read_text("utf-8"), flags=re.MULTILINE):
        section = part.partition("\n")[0]
        for found in _BLOCK.finditer(part):
            kind, body, file = found["kind"], found["body"], _FILE.search(found["above"] or "")
            if kind == "console":
                for command in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                    line, _, shown = command.partition("\n")
                    yield Step(section, "run", line, shown)
            elif file is not None:
                whole = "format: 1\n" in body or kind == "csv"
                what = "change" if kind == "diff" else "write" if whole else "before"
                yield Step(section, what, file[1], body)


def agrees(shown: str, got: str) -> bool:
    """Return whether an output is what the page shows."""
    lines = (line.rstrip() for line in shown.strip("\n").split("\n"))
    wanted = [
        "(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + " *\n"
        for line in lines
    ]
    return re.fullmatch("".join(wanted), got.strip("\n") + "\n") is not None


def changed(text: str, change: str) -> str:
    """Return a text with a change of the page made; the lines it is about stand there once."""
    lines = change.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(before) == 1, f"not once in the file:\n{before}"
    return text.replace(before, after)


# ---- the reader ------------------------------------------------------------------------------


@dataclass
class Reader:
    """Somebody who does what the page says, in an empty folder."""

    folder: Path
    before: str = ""
    daemon: subprocess.Popen[bytes] | None = None

    def do(self, step: Step) -> None:
        path = self.folder / step.subject
        if step.what == "run":
            self._run(step)
        elif step.what == "before":
            self.before = step.shown
        elif step.what == "write":
            path.write_text(step.shown, "utf-8")
        else:
            path.write_text(changed(path.read_text("utf-8"), step.shown), "utf-8")

    def _run(self, step: Step) -> None:
        command = step.subject
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ")
            _another_port(self.folder / "hub.yaml")
        elif command == "hub run":
            self._start()
        else:
            self._compare(step)

    def _compare(self, step: Step) -> None:
        end = time.monotonic() + (SOON if self._waits(step.subject) else 0)
        got = self.output(step.subject)
        while not agrees(step.shown, got) and time.monotonic() < end:
            got = self.output(step.subject)
        assert agrees(step.shown, got), f"{step.section}\n$ {step.subject}\n{got}"
        if step.subject.startswith("hub map copy "):
            copied = self.folder / _COPIED.match(got)[1]  # type: ignore[index]
            assert self.before in copied.read_text("utf-8"), self.before
            self.before = ""

    def _waits(self, command: str) -> bool:
        """Return whether what a command says follows from what the running hub does."""
        return self.daemon is not None and command in ("hub status", "hub map diff")

    def output(self, command: str) -> str:
        """Return what a command prints, its shipped files named as the page names them."""
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=_environment(), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
        )  # fmt: skip
        return done.stdout.replace(shipped_folder().as_posix(), _PLACE)

    def _start(self) -> None:
        with (self.folder / "hub.log").open("wb") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "hub", "run"], cwd=self.folder, env=_environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + 3 * SOON
        while "daemon.started" not in (self.folder / "hub.log").read_text("utf-8"):
            assert self.daemon.poll() is None, (self.folder / "hub.log").read_text("utf-8")
            assert time.monotonic() < until, "the hub does not start"
            time.sleep(0.1)

    def leave(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()


def _environment() -> Mapping[str, str]:
    """Return the environment of a Chinese shell in which the hub is installed."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "PATH": path, "HUB_LANG": "zh", "PYTHONUTF8": "1"}


def _another_port(settings: Path) -> None:
    """Let the hub listen where nobody does: the machine of a test has other services."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = settings.read_text("utf-8").replace("port: 8080", f"port: {port}")
    settings.write_text(text, "utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    found.leave()


# each command of the page is a process of its own
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_who_follows_the_guide_line_by_line_sees_what_it_shows(reader: Reader) -> None:
    for step in steps():
        reader.do(step)


def test_the_guide_has_its_five_tasks_each_with_a_file_a_change_and_outputs() -> None:
    told: dict[str, set[str]] = {}
    for step in steps():
        told.setdefault(step.section, set()).add(step.what)
    tasks = [section for section in told if section.startswith("## Task ")]
    assert [section[:9] for section in tasks] == [f"## Task {number}" for number in range(1, 6)]
    assert all(told[task] == {"before", "change", "run"} for task in tasks)


@pytest.mark.parametrize(
    ("shown", "got", "fits"),
    [
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfive\n", False),
        ("in force since … now\n", "in force since 09:14 now\n", True),
        ("one\n", "one\ntwo\n", False),
        ("a.b\n", "axb\n", False),
    ],
)
def test_dots_stand_for_lines_or_characters_and_for_nothing_else(
    shown: str, got: str, fits: bool
) -> None:
    assert agrees(shown, got) == fits


# ---- the shipped files -----------------------------------------------------------------------

BUNDLE = load_bundle(shipped_folder(), schemas=checks.schema)
MAPPINGS = list(BUNDLE.mappings.values())

mappings = pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda one: str(one.name))


def test_no_shipped_file_has_a_warning() -> None:
    assert [str(warning) for warning in BUNDLE.warnings] == []


def test_every_example_of_a_shipped_mapping_holds() -> None:
    assert [str(fault) for fault in run_tests(BUNDLE)] == []


@mappings
def test_every_rule_and_table_entry_of_a_shipped_mapping_is_touched_by_an_example(
    mapping: FieldMapping,
) -> None:
    root = parse(BUNDLE.files[mapping.file], mapping.file).root
    assert root is not None
    assert [part for part in coverage(mapping, root) if not part.touched] == []


@mappings
def test_every_shipped_mapping_that_refuses_documents_shows_one(mapping: FieldMapping) -> None:
    rules = BUNDLE.files[mapping.file].decode().partition("\ntests:")[0]
    if re.search(r"required: true|check:|map:", rules):
        assert [test for test in mapping.tests if test.error]


def ends_of_connectors() -> Iterator[tuple[str, str]]:
    """Yield connector and name of every stream and operation that can have a shipped mapping."""
    for name in registry.names():
        spec = registry.load(name).spec
        for end in (*spec.streams, *spec.operations):
            if (spec.name, end.name) not in CARRIES_FILES | ANY_COLUMNS:
                yield spec.name, end.name


@pytest.mark.parametrize("end", sorted(ends_of_connectors()), ids=".".join)
def test_every_stream_and_operation_of_a_connector_has_a_shipped_mapping(
    end: tuple[str, str],
) -> None:
    assert [one for one in MAPPINGS if end in (one.source, one.target)]
