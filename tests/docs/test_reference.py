"""The generated pages say what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from hub import cli, registry
from hub.failpoints import POINTS
from hub.mapping.expression.expressions import AGGREGATES, FUNCTIONS
from hub.mapping.faults import CODES
from hub.mapping.field_mapping import _WORDS as MAPPING_WORDS
from hub.mapping.route import _STEP_WORDS as STEP_WORDS
from hub.mapping.route import _WORDS as ROUTE_WORDS
from hub.mapping.rule.rules import RULE_WORDS
from hub.records import KINDS

DOCS = Path(__file__).parents[2] / "docs"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _load()
PAGES = GENERATE.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_current(name: str) -> None:
    page = DOCS / "reference" / name
    assert page.is_file(), "run: python docs/generate.py"
    assert page.read_text("utf-8") == PAGES[name], "run: python docs/generate.py"


def test_no_generated_page_is_left_over() -> None:
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(PAGES)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("faults.md", CODES),
        ("fail-points.md", POINTS),
        ("records.md", KINDS),
        ("settings.md", ("tenant", "store", "transport", "every", "schedule", "body_limit")),
        ("metrics.md", ("hub_queue", "hub_deliveries_total", "hub_delivery_seconds")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_page_names_everything_the_code_has(page: str, names: object) -> None:
    assert {name for name in names if f"`{name}`" not in PAGES[page]} == set()  # type: ignore[attr-defined]


def test_every_connector_of_the_distribution_has_its_streams_and_operations_explained() -> None:
    page = PAGES["connectors.md"]
    for name in registry.names():
        spec = registry.load(name).spec
        assert f"## `{name}`" in page
        for one in (*spec.streams, *spec.operations):
            assert f"\n`{one.name}`" in page or f"| `{one.name}` |" in page


def test_every_exit_code_of_the_command_line_is_explained() -> None:
    codes = re.findall(r"\b(\d+) [a-z]", (cli.__doc__ or "").partition("Exit codes:")[2])
    assert re.findall(r"^\| (\d+) \|", PAGES["commands.md"], re.MULTILINE) == codes


def test_every_command_has_chinese_help() -> None:
    for section in re.split(r"^## ", PAGES["commands.md"], flags=re.MULTILINE)[2:]:
        prose = section.partition("```")[0]
        assert re.search(r"[\u4e00-\u9fff]", prose), section.partition("\n")[0]


@pytest.mark.parametrize("word", sorted({*MAPPING_WORDS, *RULE_WORDS, *ROUTE_WORDS, *STEP_WORDS}))
def test_every_word_of_the_mapping_language_is_explained(word: str) -> None:
    guide = (DOCS / "how-to" / "write-a-mapping.md").read_text("utf-8")
    assert f"`{word}`" in guide + PAGES["mapping-words.md"]


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *AGGREGATES}))
def test_every_function_of_the_mapping_language_is_named(name: str) -> None:
    assert f"`{name}(" in PAGES["mapping-words.md"]
