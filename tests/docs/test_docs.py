"""What the pages say is true: links, files, commands, reasons."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from hub import registry
from hub import settings as hub_settings
from hub.cli.app import build
from hub.errors import Outcome
from hub.mapping import load_bundle, read_bundle, run_tests
from hub.mapping.shipped import shipped_folder
from hub.reconcile.health.texts import TEXTS
from hub.store.rows import FINAL, OPEN

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_REFERENCE = re.compile(r"\$\{(?:env|file):([^}]+)\}")

pages = pytest.mark.parametrize(
    "page", PAGES, ids=[str(page.relative_to(ROOT).as_posix()) for page in PAGES]
)


def _blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in _FENCE.findall(page.read_text("utf-8")) if kind == language]


# ---- links -----------------------------------------------------------------------------------


@pages
def test_every_relative_link_leads_to_a_page_and_its_heading(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.is_file() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    """Return the headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in words}


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(_LINK.findall((folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda page: str(page.stem)
)
def test_every_decision_says_why_and_what_would_change_it(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
    assert headings == ["Context", "Choice", "Alternatives", "What would change our mind"]


# ---- YAML ------------------------------------------------------------------------------------


def _own_files(page: Path) -> Mapping[str, bytes]:
    """Return the mappings and routes of a page as files of an administrator's folder."""
    files = {}
    for number, block in enumerate(_blocks(page, "yaml")):
        if {"mapping", "route", "gate", "document"} & set(yaml.safe_load(block) or ()):
            files[f"own/{page.stem}-{number}.yaml"] = block.encode()
    return files


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if _own_files(page)],
    ids=lambda page: str(page.relative_to(ROOT).as_posix()),
)
def test_mappings_and_routes_of_a_page_load_beside_the_shipped_ones(page: Path) -> None:
    shipped = load_bundle(shipped_folder()).files
    bundle = read_bundle({**shipped, **_own_files(page)})
    assert run_tests(bundle) == []


@pages
def test_settings_of_a_page_are_right(page: Path, tmp_path: Path) -> None:
    for block in _blocks(page, "yaml"):
        if not {"tenant", "connections", "store"} & set(yaml.safe_load(block) or ()):
            continue
        text = block if "tenant:" in block else f"tenant: ACME\n{block}"
        (tmp_path / "hub.yaml").write_text(text, "utf-8")
        environ = dict.fromkeys(_REFERENCE.findall(text), "not-a-real-secret")
        assert registry.check(hub_settings.load(tmp_path / "hub.yaml", environ)) == []


# ---- commands --------------------------------------------------------------------------------

COMMANDS = typer.main.get_command(build())


def _said_commands(page: Path) -> Iterator[str]:
    """Yield every `hub …` a page names, in text and in console blocks."""
    text = page.read_text("utf-8")
    for block in _blocks(page, "console"):
        for line in block.splitlines():
            said = re.sub(r"\s+#.*", "", line)
            found = re.match(r"\$ (?:\w+=\S+ )*(?:\S*/)?hub( .*)", said)
            if found:
                yield f"hub{found[1]}"
    yield from re.findall(r"`(hub [a-z-][^`]*)`", _FENCE.sub("", text))


def _fault(said: str) -> str | None:
    """Return what is wrong with a command line, None when each of its words exists."""
    node: Any = COMMANDS
    waiting = 0
    for word in shlex.split(said.partition(" > ")[0])[1:]:
        children = getattr(node, "commands", {})
        if waiting:
            waiting -= 1
        elif word == "--help":
            return None
        elif word.startswith("-"):
            option = next((one for one in node.params if word in one.opts), None)
            if option is None:
                return f"{said}: no option {word}"
            waiting = 0 if option.is_flag else 1
        elif word in children:
            node = children[word]
        elif not any(one.param_type_name == "argument" for one in node.params):
            return f"{said}: no command or argument {word}"
    return None


@pages
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    assert [fault for said in _said_commands(page) if (fault := _fault(said))] == []


def test_every_command_a_health_report_advises_exists() -> None:
    advice = [words for name, both in TEXTS.items() if name.startswith("next.") for words in both]
    said = [found for words in advice for found in re.findall(r"hub [a-z]+ [a-z]+", words)]
    assert said
    assert [fault for one in said if (fault := _fault(one))] == []


def test_commands_that_do_not_exist_are_found() -> None:
    assert _fault("hub delivery list --state dead") is None
    assert _fault("hub delivery explode ID") is not None
    assert _fault("hub delivery retry ID --newest") is not None


# ---- reasons and states ----------------------------------------------------------------------


def _dead_reasons() -> set[str]:
    """Return the reasons with which the flow stops a delivery for a person."""
    # where the reason is an outcome, these two end a delivery
    reasons = {str(Outcome.REJECTED), str(Outcome.PERIOD_CLOSED)}
    for path in (ROOT / "hub" / "flow").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "lanes.die":
                constants = (one for one in ast.walk(node.args[2]) if isinstance(one, ast.Constant))
                reasons |= {str(one.value) for one in constants}
    return reasons


DEAD_LETTERS = ROOT / "docs" / "operations" / "dead-letters"


@pytest.mark.parametrize("reason", sorted(_dead_reasons()))
def test_every_reason_of_a_dead_letter_has_its_page(reason: str) -> None:
    page = (DEAD_LETTERS / f"{reason}.md").read_text("utf-8")
    assert page.startswith(f"# `{reason}` · ")
    assert "**What happened.**" in page
    assert "**What to do.**" in page
    assert "hub delivery" in page
    assert "中文" in page
    assert f"(dead-letters/{reason}.md)" in DEAD_LETTERS.with_suffix(".md").read_text("utf-8")


def test_no_page_is_about_a_reason_that_does_not_exist() -> None:
    named = {path.stem for path in DEAD_LETTERS.glob("*.md")}
    assert named - {"failed-messages"} == _dead_reasons()


def test_every_state_of_a_delivery_is_explained_and_drawn() -> None:
    page = (ROOT / "docs" / "concepts" / "states.md").read_text("utf-8")
    for state in OPEN | FINAL:
        assert f"| `{state}` |" in page
        assert f"--> {state}" in page or f"    {state} -->" in page


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_explained(outcome: Outcome) -> None:
    assert f"`{outcome}`" in (ROOT / "docs" / "concepts" / "states.md").read_text("utf-8")


# ---- manners ---------------------------------------------------------------------------------


def test_the_readme_is_short_and_in_both_languages() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 120
    assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 300


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.parent.name in ("docs", "concepts", "how-to", "operations")],
    ids=lambda page: str(page.relative_to(ROOT).as_posix()),
)
def test_every_page_tells_its_main_points_in_chinese(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    assert len(re.findall(r"[\u4e00-\u9fff]", "".join(lines[:12]))) >= 8
    assert len(re.findall(r"[\u4e00-\u9fff]", "".join(lines))) >= 30


@pages
def test_no_page_holds_unfinished_words_or_paths_of_somebodys_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"\b(?:TODO|FIXME|TBD|XXX|WIP|lorem)\b", text) == []
    assert re.findall(r"(?<![\w.])/(?:home|root|Users|tmp|work|mnt)/", text) == []


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions
    assert all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+", one) for one in versions)
