"""What is personal stays out of what is shown, wherever the far end repeats it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub import settings
from hub.cli import output
from hub.flow import privacy
from hub.store import engine, inbox

Hub = Callable[..., Any]

HUB_YAML = """
tenant: DEMO
connections:
  crm: {connector: lowcode, base_url: http://crm, api_key: "${env:KEY}", app_id: a, forms: {}}
"""


def test_an_answer_is_masked_by_all_its_product_may_show(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(HUB_YAML)
    loaded = settings.load(file, {"KEY": "k"})
    answer = {"data": {"contact_name": "郑凯", "street": "港前大道南162号", "revision": 1}}
    marks = privacy.of_answers(loaded, "crm")
    shown = privacy.answer(json.dumps(answer, ensure_ascii=False).encode(), marks) or ""
    assert "郑凯" not in shown
    assert "港前大道" not in shown
    assert '"revision":1' in shown


def test_a_connection_nobody_configured_has_no_marks(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("tenant: DEMO\n")
    assert privacy.of_answers(settings.load(file, {}), "crm") is None


MARKS = frozenset({("receiverInfo", "name"), ("receiverInfo", "detailAddress")})


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ("<name>林晓</name><code>7</code>", "<name>***</name><code>7</code>"),
        ("<name><![CDATA[林<晓]]></name><code>7</code>", "<name>***</name><code>7</code>"),
        ('<name type="1">林晓</name><code>7</code>', "<name>***</name><code>7</code>"),
        ('<name of="林晓"/><code>7</code>', "<name>***<code>7</code>"),
        ("<name><family>林</family>晓</name >", "<name>***</name >"),
        ("<name><names>林</names>晓</name>", "<name>***</name>"),
        ("<q:name>林晓</q:name>", "<q:name>***</q:name>"),
        ("<code>7</code><name>林晓", "<code>7</code><name>***"),
    ],
    ids=["plain", "cdata", "attribute", "empty", "inside", "longer-name", "prefix", "cut-off"],
)  # fmt: skip
def test_a_personal_element_is_masked_however_it_is_written(xml: str, shown: str) -> None:
    assert privacy.answer(xml.encode(), MARKS) == shown


def test_an_answer_nobody_described_is_masked_whole() -> None:
    assert privacy.answer("<name>林晓</name>".encode(), None) == "***"


def test_the_words_of_a_refusal_are_masked_in_a_message(hub: Hub, filled: Path) -> None:
    refused = "REJECT 收货人 13812345678 拒收"
    report = {"ticket": None, "key": "CM-1", "refused": refused, "results": {}, "applied": False}
    message = inbox.Incoming(
        id="f" * 32, connection="wms", stream="order_status", external_id="refusal",
        item=b"{}", event={"report": report}, correlation_id="f" * 32,
        received_at=datetime.now(UTC),
    )  # fmt: skip
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    with store.engine.begin() as tx:
        inbox.store(tx, [message])
    store.close()
    masked, whole = (
        json.loads(hub("message", "show", message.id, "--json", *personal).out)["event"]["report"]
        for personal in ([], ["--personal"])
    )
    assert masked == {**report, "refused": "REJECT 收货人 *** 拒收"}
    assert whole == report


# ---- what a terminal would act on ------------------------------------------------------------

ACTING = {"c1": "a\x9b31mb", "bidi": "a\u202eb", "far": "a\U000e0001b", "del": "a\x7fb"}


def test_json_holds_no_character_a_terminal_acts_on_and_says_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.as_json(ACTING)
    shown = capsys.readouterr().out
    assert shown.removesuffix("\n").isprintable()
    assert json.loads(shown) == ACTING


def test_a_document_holds_no_character_a_terminal_acts_on(
    hub: Hub, filled: Path, tmp_path: Path
) -> None:
    dead = json.loads(hub("delivery", "list", "--state", "dead", "--json").out)["id"]
    file = tmp_path / "new.json"
    file.write_text(json.dumps(ACTING), "utf-8")
    assert hub("delivery", "edit", dead, "--file", file).code == 0
    shown = hub("delivery", "show", dead, "--document", "--personal").out
    assert shown.replace("\n", "").isprintable()
    assert json.loads(shown) == ACTING
