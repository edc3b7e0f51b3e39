"""What the demo says, in English and Chinese."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from hub.cli.exits import exit_code
from hub.cli.texts import WordedConfig
from hub.demo import check, folder, texts
from hub.demo.check import Evidence
from hub.demo.watch import Books
from hub.language import Language


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", texts.TEXTS)
def test_every_text_is_there_in_both_languages_with_the_same_placeholders(key: str) -> None:
    english, chinese = texts.TEXTS[key]
    assert english
    assert chinese != english
    assert placeholders(english) == placeholders(chinese)


def test_the_verdict_is_given_in_the_language_asked_for() -> None:
    books = Books(0, frozenset(), [], {})
    seen = Evidence([], books, [{"sha256": "ab12", "taken": True}], {}, {}, {})
    assert check.judge(seen, 1.0)[1] == ["webhook ab12 was taken and is not stored"]
    assert check.judge(seen, 1.0, Language.ZH)[1] == ["回调 ab12 已接收但未入库"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_any_number_of_refusals_reads_well(count: int) -> None:
    told = texts.text(Language.EN, "verdict.ignored", ignored_duplicates=count, dead=count)
    assert f"ignored: {count}. " in told
    assert told.endswith(f"decides: {count}.")


def test_an_error_is_told_in_both_languages_and_logged_in_english(tmp_path: Path) -> None:
    with pytest.raises(WordedConfig) as caught:
        folder.read(tmp_path)
    assert "holds no demo" in str(caught.value)
    assert "没有演示" in caught.value.say(Language.ZH)
    assert exit_code(caught.value) == 2


def test_a_new_demo_has_the_connector_that_is_named_before_it_is_written(tmp_path: Path) -> None:
    settings = folder.read(folder.make(tmp_path / "new").parent)
    for name, connection in settings.connections.items():
        assert folder.connector_of(name) == connection.connector
