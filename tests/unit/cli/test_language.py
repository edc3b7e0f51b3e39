"""The command line in English and Chinese, its help, and its edge."""

from __future__ import annotations

import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.cli import app, texts
from hub.cli.exits import exit_code
from hub.cli.help_zh import HELP_ZH
from hub.cli.texts import TEXTS
from hub.errors import (
    ConfigError,
    ConnectorError,
    HubError,
    MappingError,
    Outcome,
    StoreError,
    StoreLocked,
)
from hub.language import Language

Hub = Callable[..., Any]
Install = Callable[[str, str, str], None]


def nodes(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, node
    for name, child in getattr(node, "commands", {}).items():
        yield from nodes(child, (*path, name))


TREE = list(nodes(app.command(Language.EN)))
#: Groups that do nothing by themselves.
GROUPS = [
    path for path, node in TREE if hasattr(node, "commands") and not node.invoke_without_command
]
PATHS = [path for path, _ in TREE]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_there_in_both_languages_with_the_same_placeholders(key: str) -> None:
    english, chinese = TEXTS[key]
    assert english
    assert chinese != english
    assert placeholders(english) == placeholders(chinese)


def test_every_help_text_has_its_chinese_and_none_is_left_over() -> None:
    helps = {
        part.help
        for _, node in TREE
        for part in (node, *node.params)
        if getattr(part, "help", None) and part.name != "help"
    }
    assert helps == set(HELP_ZH)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(path) or "hub")
def test_every_command_has_help_in_both_languages(hub: Hub, path: tuple[str, ...]) -> None:
    english, chinese = hub(*path, "--help"), hub("--lang", "zh", *path, "--help")
    assert (english.code, chinese.code) == (0, 0)
    assert not re.search(r"[\u4e00-\u9fff]", english.out)
    assert re.search(r"[\u4e00-\u9fff]", chinese.out)


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_alone_shows_its_help(hub: Hub, path: tuple[str, ...]) -> None:
    ran = hub(*path)
    assert ran.code == 2
    assert "Commands" in ran.out + ran.err


@pytest.mark.parametrize(
    ("arguments", "environ", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "C", "HUB_LANG": "zh"}, "zh"),
        (["--lang", "en"], {"HUB_LANG": "zh"}, "en"),
        (["--lang=zh", "status"], {}, "zh"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_nearest_wish(
    arguments: list[str], environ: dict[str, str], language: str
) -> None:
    assert texts.choose(arguments, environ) == language


BILINGUAL = """
from hub import Connector, ConnectorSettings, Idempotency, Operation, Spec, Stream

class Settings(ConnectorSettings):
    fast: bool = False

class Acme(Connector):
    Settings = Settings
    spec = Spec(
        "acme", "Acme", "艾克米", cannot=["It cannot fly."], cannot_zh=["不能飞。"],
        streams=[Stream("order", "Orders", polled=True, title_zh="订单"), Stream("note", "Notes")],
        operations=[Operation("put", "Put it there", Idempotency.KEY, title_zh="放置")],
    )
"""


def test_a_connector_is_described_in_one_language(hub: Hub, install: Install) -> None:
    install("acme", BILINGUAL, "Acme")
    english = hub("--lang", "en", "connector", "describe", "acme").out
    chinese = hub("--lang", "zh", "connector", "describe", "acme").out
    for one, other in (
        ("Acme", "艾克米"), ("It cannot fly.", "不能飞。"), ("Orders", "订单"),
        ("Put it there", "放置"), ("yes", "是"),
    ):  # fmt: skip
        assert one in english
        assert other not in english
        assert other in chinese
        assert one not in chinese
    for shown in (english, chinese):
        assert re.search(r"fast +boolean .* false\b", shown)
    # a title nobody has put into Chinese is better than none
    assert "Notes" in chinese


@pytest.mark.parametrize(
    ("command", "english", "chinese"),
    [
        (["init", "FOLDER", "--tenant", "acme ltd"], "--tenant must be", "--tenant 须为"),
        (["connection", "pause", "wsm"], "has no connection wsm", "没有连接 wsm"),
        (["demo", "up", "FOLDER"], "holds no demo", "没有演示"),
        (["demo", "--keep", "FOLDER", "--erp", "none"], "only the ERP's own", "只有 ERP 自己"),
        (
            ["record", "list", "--kind", "ordr"],
            "no record kind 'ordr'",
            "没有标准单据类型 'ordr'。是否应为",
        ),
        (["connector", "describe", "qimn"], "No connector 'qimn'", "未安装连接器 'qimn'。是否应为"),
        (["--config", "none.yaml", "map", "check"], "none.yaml (from", "none.yaml（来自--config）"),
    ],
    ids=["tenant", "connection", "demo-up", "demo-erp", "kind", "connector", "settings"],
)
def test_what_is_wrong_is_said_in_one_language(
    hub: Hub, filled: Path, tmp_path: Path, command: list[str], english: str, chinese: str
) -> None:
    given = [str(tmp_path / "none") if word == "FOLDER" else word for word in command]
    for language, words in (("en", english), ("zh", chinese)):
        ran = hub("--lang", language, *given)
        assert ran.code == 2
        assert words in ran.err
    assert not (tmp_path / "none").exists()


def test_tables_and_errors_are_chinese_when_asked(hub: Hub, filled: Path) -> None:
    assert "单据编号" in hub("--lang", "zh", "delivery", "list").out
    assert "没有编号为 NONE 的单据" in hub("--lang", "zh", "trace", "NONE").err


# ---- the edge --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (MappingError("x"), 2),
        (StoreError("x"), 4),
        (StoreLocked("x"), 4),
        (ConnectorError(Outcome.UNAVAILABLE_NOT_APPLIED, "away"), 4),
        (ConnectorError(Outcome.RATE_LIMITED, "busy"), 4),
        (ConnectorError(Outcome.UNKNOWN, "garbled"), 3),
        (ConnectorError(Outcome.NOT_AUTHORIZED, "who"), 1),
        (ConnectorError(Outcome.REJECTED, "no"), 1),
        (HubError("x"), 1),
    ],
    ids=repr,
)
def test_each_error_has_its_exit_code(error: HubError, code: int) -> None:
    assert exit_code(error) == code


def test_what_nobody_expected_is_one_line_and_70(hub: Hub, install: Install) -> None:
    install("bad", "raise RuntimeError('the module of a connector fails')", "Bad")
    ran = hub("connector", "describe", "bad")
    assert ran.code == 70
    assert re.fullmatch(r"Internal error: \w+ at \w+\.py:\d+\. .*--debug.*\n", ran.err)
    with pytest.raises(RuntimeError, match="the module of a connector fails"):
        hub("--debug", "connector", "describe", "bad")


def test_help_imports_nothing_heavy() -> None:
    heavy = ("sqlalchemy", "httpx", "kombu", "alembic", "uvicorn", "starlette", "lxml", "structlog")
    code = (
        "import sys\nfrom hub.cli.app import main\nmain(['--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_the_package_runs_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "hub", "nonsense"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "nonsense" in ran.stderr
