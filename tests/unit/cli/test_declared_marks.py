"""What a mapping declares as personal is masked wherever documents are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.mapping.data.declared import personal_ways

Hub = Callable[..., Any]

NUMBER, TEXT, SKU = "CM-2026-000123", "买十送一", "VALVE-50"
MARKS = "promise_text: {personal: other}, lines: {type: list, fields: {sku: {personal: other}}}"


@pytest.fixture
def marked(hub: Hub, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub that works with a mapping that marks more of the form than the connector does."""
    monkeypatch.chdir(filled)
    assert hub("map", "copy", "lowcode-to-commitment").code == 0
    own = filled / "mappings" / "lowcode" / "lowcode-to-commitment.yaml"
    text = own.read_text("utf-8")
    assert "stream: commitment}" in text
    text = text.replace("stream: commitment}", f"stream: commitment, fields: {{{MARKS}}}}}")
    own.write_text(text.replace("\nversion: 2", "\nversion: 3"), "utf-8")
    applied = hub("map", "apply")
    assert applied.code == 0, applied.err
    return filled


def message(hub: Hub) -> str:
    told = json.loads(hub("trace", NUMBER, "--json").out)
    return str(told["records"][0]["messages"][0]["id"])


def test_a_message_is_shown_without_what_the_mapping_marks(hub: Hub, marked: Path) -> None:
    shown = hub("message", "show", message(hub), "--json").out
    assert [text for text in (TEXT, SKU) if text in shown] == []
    assert NUMBER in shown
    assert TEXT in hub("message", "show", message(hub), "--json", "--personal").out


def test_without_the_declaration_the_connectors_marks_count_alone(hub: Hub, filled: Path) -> None:
    shown = hub("message", "show", message(hub), "--json").out
    assert [text for text in (TEXT, SKU) if text not in shown] == []


def test_the_marks_of_both_ends_are_found_in_files() -> None:
    files = {
        "own/a.yaml": b"from: {connector: crm, stream: form,"
        b" fields: {m: {personal: phone}, d: date}}\nto: {record: order}\n",
        "own/b.yaml": b"to: {connector: crm, operation: put,"
        b" fields: {l: {type: list, fields: {n: {personal: name}}}}}\n",
        "own/c.yaml": b"fields: {a: {from: b, allow_personal: why}}\n",
        "own/d.csv": b"personal:,b\n",
        "own/e.yaml": b"personal: [\n",
    }  # fmt: skip
    assert personal_ways(files) == {
        ("crm", "form"): frozenset({("m",)}),
        ("crm", "put"): frozenset({("l", "n")}),
    }
