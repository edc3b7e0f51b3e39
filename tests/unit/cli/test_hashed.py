"""`redact: hash` takes the hub's master key, which is read once and never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub import keys, settings
from hub.errors import ConfigError
from hub.flow.opening import open_flow
from hub.mapping.data.redaction import keyed_hash

Hub = Callable[..., Any]

NUMBER = "CM-2026-000123"
MASTER = "0" * 64
HASHING = """\
mapping: hashing
from: {record: commitment}
to: {connector: lowcode, operation: update_record}
fields:
  _id: {from: number, redact: hash}
"""


@pytest.fixture
def hashing(filled: Path) -> Path:
    """Return the folder of a hub with a mapping that hashes."""
    (filled / "mappings" / "hashing.yaml").write_text(HASHING, "utf-8")
    return filled


def secret(folder: Path) -> bytes:
    """Return the key a hub that starts now hashes with."""
    return open_flow(settings.load(folder / "hub.yaml")).secret


def previewed(hub: Hub, *more: str) -> str:
    ran = hub("map", "preview", "hashing", "--id", NUMBER, "--json", *more)
    return str(json.loads(ran.out)["document"]["_id"])


def test_a_hub_hashes_alike_after_every_start(hashing: Path) -> None:
    first = secret(hashing)
    assert first == secret(hashing) == keys.derived(hashing / "hub.key", keys.REDACT)
    assert len(first) == 32


def test_a_hub_with_another_master_key_hashes_otherwise(hashing: Path) -> None:
    before = secret(hashing)
    (hashing / "hub.key").write_text("1" * 64, "ascii")
    assert secret(hashing) != before


def test_neither_the_master_key_nor_what_comes_of_it_is_shown(hashing: Path) -> None:
    flow = open_flow(settings.load(hashing / "hub.yaml"))
    assert flow.secret
    assert MASTER not in repr(flow)
    assert repr(flow.secret)[2:-1] not in repr(flow)
    assert "secret" not in repr(flow)


def test_a_damaged_master_key_keeps_the_hub_from_starting(hashing: Path) -> None:
    (hashing / "hub.key").write_text("1", "ascii")
    with pytest.raises(ConfigError, match="fewer than 32 characters"):
        secret(hashing)


def test_a_preview_hashes_as_the_hub_does(hub: Hub, hashing: Path) -> None:
    assert previewed(hub, "--personal") == keyed_hash(NUMBER, secret(hashing))


def test_an_explanation_hashes_as_the_hub_does(hub: Hub, hashing: Path) -> None:
    ran = hub("map", "explain", "hashing", "--id", NUMBER)
    assert keyed_hash(NUMBER, secret(hashing)) in ran.out


def test_a_hub_without_a_master_key_previews_the_fault_of_the_mapping(
    hub: Hub, hashing: Path
) -> None:
    (hashing / "hub.key").unlink()
    ran = hub("map", "preview", "hashing", "--id", NUMBER)
    assert ran.code == 1
    assert "this hub has no key for it; run hub init" in ran.out
