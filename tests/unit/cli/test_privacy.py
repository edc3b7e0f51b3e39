"""What is personal stays out of what is shown, wherever the far end repeats it."""

from __future__ import annotations

import json
from pathlib import Path

from hub import settings
from hub.cli import privacy

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
