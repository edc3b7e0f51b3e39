"""Everything the console says, it says in both languages, and nothing is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from jinja2 import nodes

from hub.errors import Outcome
from hub.people import ROLES
from hub.store.rows import FINAL, OPEN
from hub.web import console
from hub.web.console import render
from hub.web.console.deciding import _DONE
from hub.web.console.texts import DONE, TEXTS
from hub.web.console.watches import SNOOZES
from hub.web.console.words import TONES, WORDS

FOLDER = Path(console.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SOURCES = sorted(FOLDER.glob("*.py"))
HAN = re.compile("[\u4e00-\u9fff]")


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def keys_asked_for() -> set[str]:
    """Return the keys of texts that templates and code name; a `*` stands for what they add."""
    found: set[str] = set()
    for path in TEMPLATES:
        tree = render.environment().parse(path.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                found.add(_key(call.args[0]))
    code = "\n".join(path.read_text("utf-8") for path in SOURCES if path.name != "texts.py")
    found |= {one for one in re.findall(r'"([a-z]+\.[a-z_]+)"', code) if one in TEXTS}
    return found


def _key(node: nodes.Node) -> str:
    if isinstance(node, nodes.Const):
        return str(node.value)
    first = node.nodes[0] if isinstance(node, nodes.Concat) else None
    return f"{first.value}*" if isinstance(first, nodes.Const) else "*"


def test_every_text_is_in_both_languages_with_the_same_values() -> None:
    for key, (english, chinese) in TEXTS.items():
        assert english.strip(), key
        assert HAN.search(chinese) or english.startswith("{"), key
        assert holes(english) == holes(chinese), key


def test_every_word_is_in_both_languages() -> None:
    for group, known in WORDS.items():
        for name, (english, chinese) in known.items():
            assert english.strip(), (group, name)
            assert HAN.search(chinese), (group, name)


def test_every_text_that_is_asked_for_is_there() -> None:
    plain = {key for key in keys_asked_for() if "*" not in key}
    assert plain <= set(TEXTS)


def test_no_text_is_left_over() -> None:
    asked = keys_asked_for()
    starts = tuple(key[:-1] for key in asked if key.endswith("*") and key != "*")
    assert {key for key in TEXTS if key not in asked and not key.startswith(starts)} == set()


def test_no_sentence_stands_in_a_template() -> None:
    for path in TEMPLATES:
        bare = re.sub(r"<pre.*?</pre>|\{[{%#].*?[}%#]\}|<[^>]*>", " ", path.read_text("utf-8"),
                      flags=re.DOTALL)  # fmt: skip
        words = set(re.findall(r"[A-Za-z]{3,}|[\u4e00-\u9fff]+", bare))
        assert words <= {"English", "中文", "hub", "person", "token", "NAME", "save", "doctype"}, (
            path.name
        )


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("state", OPEN | FINAL), ("outcome", set(Outcome)), ("role", set(ROLES)),
        ("span", set(SNOOZES)), ("scope", {"own", "team", "all"}),
    ],
)  # fmt: skip
def test_every_code_has_a_word(group: str, codes: set[str]) -> None:
    assert {str(code) for code in codes} <= set(WORDS[group])


def test_every_reason_of_a_dead_delivery_has_a_word_and_says_what_to_do() -> None:
    pages = Path(__file__).parents[4] / "docs" / "operations" / "dead-letters"
    reasons = {path.stem for path in pages.glob("*.md")} - {"README", "failed-messages"}
    assert reasons
    for reason in reasons:
        assert reason in WORDS["reason"], reason
        assert f"help.{reason}" in TEXTS, reason


def test_whatever_can_be_done_is_said_afterwards() -> None:
    assert set(_DONE.values()) <= DONE


def test_the_colour_of_a_state_only_repeats_its_word() -> None:
    known = {name for group in WORDS.values() for name in group}
    assert set(TONES) <= known
