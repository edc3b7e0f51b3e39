"""Whatever form a rule gives to personal data, nothing of it is shown unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.cli import explained, masking
from hub.cli.cases import Chosen
from hub.logs import MASK
from hub.mapping import read_bundle
from hub.mapping.compared.effects import Document

Hub = Callable[..., Any]

FORMS = """\
mapping: forms
from: {record: commitment}
to: {connector: lowcode, operation: update_record}
key: "{number}-{$who}"
lane: "{number}"
let:
  who: {from: customer.contact.name, allow_personal: 须知收货人}
fields:
  _id: number
  hub_status: {calc: upper($who)}
  watermark: {from: customer.contact.phone, redact: phone}
"""
DOCUMENT = {
    "number": "N-1", "kind": "gift", "status": "approved",
    "customer": {"code": "C-1", "contact": {"name": "Li Xm", "phone": "13812345678"}},
}  # fmt: skip
INBOUND = """\
mapping: inbound
from: {connector: lowcode, stream: commitment}
to: {connector: lowcode, operation: update_record}
fields:
  number: commitment_no
"""


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document, in a folder with a mapping of its own."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "forms.yaml").write_text(FORMS, "utf-8")
    path = tmp_path / "document.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def test_a_preview_masks_every_form_of_it_and_shows_what_a_mask_left(
    hub: Hub, document: Path
) -> None:
    told = json.loads(hub("map", "preview", "forms", "--doc", document, "--json").out)
    assert told["document"] == {"_id": "N-1", "hub_status": MASK, "watermark": "138****5678"}
    assert (told["key"], told["lane"]) == (MASK, "N-1")
    shown = hub("map", "preview", "forms", "--doc", document, "--json", "--personal").out
    assert (json.loads(shown)["key"], "LI XM" in shown) == ("N-1-Li Xm", True)


def test_an_explanation_masks_every_form_of_it(hub: Hub, document: Path) -> None:
    ran = hub("map", "explain", "forms", "--doc", document, "--json")
    values = {one["target"]: one["value"] for one in map(json.loads, ran.out.splitlines())}
    assert values["watermark"] == '"138****5678"'
    assert values["hub_status"] == f'"{MASK}"'
    assert [text for text in ("Li", "LI", "13812345678") if text in ran.out] == []


def test_files_that_were_read_without_any_marks_show_nothing() -> None:
    bundle = read_bundle({"own/inbound.yaml": INBOUND.encode()})
    mapping, data = bundle.mappings["inbound"], {"commitment_no": "CM-1"}
    assert masking.made(mapping, mapping.apply(data)) == {"number": MASK}
    chosen = Chosen(bundle, mapping, Document("CM-1", data))
    (block,) = explained.blocks_of(chosen, mapping.explain(data), None)
    assert (block.value, [note.value for note in block.notes]) == (MASK, [MASK])
