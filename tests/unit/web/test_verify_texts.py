"""Everything the public page says, it says in both languages, and nothing is left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from hub.documents.verdict import Reason, Verdict
from hub.web import verify
from hub.web.verify.texts import TEXTS

FOLDER = Path(verify.__file__).parent
CODE = "\n".join(
    path.read_text("utf-8")
    for path in (*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html"))
    if path.name != "texts.py"
)
HAN = re.compile("[\u4e00-\u9fff]")
STATES = ("issued", "superseded", "revoked")
#: What code puts together from a verdict, a reason, a state, or where a check began.
MADE = {
    *(f"{one}{end}" for one in Verdict for end in ("", ".says")),
    *(f"reason.{one}" for one in Reason),
    *(f"state.{one}" for one in STATES),
    *(f"record_only.{one}" for one in STATES[1:]),
    *(f"{one}.{given}" for one in ("proves", "not") for given in ("file", "paper", "number")),
}


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(MADE))
def test_every_verdict_reason_and_state_has_its_texts(key: str) -> None:
    assert key in TEXTS


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_in_both_languages_with_the_same_values(key: str) -> None:
    english, chinese = TEXTS[key]
    assert english.strip()
    assert not HAN.search(english)
    assert HAN.search(chinese)
    assert holes(english) == holes(chinese)


def test_every_fact_has_a_label() -> None:
    yielded = re.findall(r'yield "\w+", "(\w+)"', CODE)
    assert len(yielded) > 10
    assert {f"fact.{one}" for one in yielded} <= set(TEXTS)


@pytest.mark.parametrize("key", sorted(set(TEXTS) - MADE))
def test_no_text_is_left_over(key: str) -> None:
    # of a heading its sentence is named, of a fact or column what comes behind its dot
    names = (key, key.removesuffix(".title"), key.removeprefix("fact."), key.removeprefix("line."))
    assert any(f"{quote}{name}{quote}" in CODE for name in names for quote in "\"'")
