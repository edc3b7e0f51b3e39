"""Keys for single purposes come of the master key, and say nothing of it or of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import keys
from hub.errors import ConfigError

MASTER = "5e" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hub.key"
    path.write_text(f"{MASTER}\n", "ascii")
    return path


def test_the_same_master_key_gives_the_same_key(file: Path) -> None:
    # kept as it is for ever: with another one, hashes already sent match nothing any more
    assert keys.derived(file, keys.REDACT).hex() == (
        "5d277a9970d57fe8c7292bbd789f1925fc212f5cb6627ca54d1c4e9f91995889"
    )


def test_each_master_key_and_purpose_has_a_key_of_its_own(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text("6f" * 32, "ascii")
    found = {keys.derived(file, keys.REDACT), keys.derived(other, keys.REDACT),
             keys.derived(file, "accord-hub/else/1")}  # fmt: skip
    assert len(found) == 3


def test_a_hub_without_a_master_key_has_none_for_any_purpose(tmp_path: Path) -> None:
    assert keys.derived(tmp_path / "hub.key", keys.REDACT) == b""


def test_a_master_key_that_is_cut_off_is_refused_and_not_shown(file: Path) -> None:
    file.write_text("5e5e5e\n", "ascii")
    with pytest.raises(ConfigError, match="fewer than 32 characters") as refused:
        keys.derived(file, keys.REDACT)
    assert "5e5e" not in str(refused.value)


def test_a_master_key_that_cannot_be_read_is_refused(file: Path) -> None:
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        keys.derived(file, keys.REDACT)
