"""Keys of documents: the newest signs, older ones verify, and no secret is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.documents.codes import (
    Sealed,
    SealInvalid,
    SealText,
    ShortCode,
    open_seal,
    read_code,
    seal_code,
    short_code,
    token_fits,
)  # fmt: skip
from hub.documents.keys import DocumentKey, DocumentKeys
from hub.documents.number import Number
from hub.errors import ConfigError
from hub.language import Language, told
from hub.settings import Documents, Settings

NUMBER = Number("HX261148372059186410")
CONTENT = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
SEALED = Sealed(
    NUMBER, 3, 1, datetime(2026, 11, 24, 8, 30, tzinfo=UTC), CONTENT[:32], "89090901", 12, None
)

Load = Callable[..., DocumentKeys]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return keys of the master key `5e…`, or of another one, and of old ones."""

    def file(pair: str) -> Path:
        path = tmp_path / f"{pair}.key"
        path.write_text(f"{pair * 32}\n", "ascii")
        return path

    def keys(master: str = "5e", *, generation: int = 1, old: tuple[str, ...] = ()) -> DocumentKeys:
        documents = Documents(key_generation=generation, old_keys=tuple(map(file, old)))
        return DocumentKeys.load(Settings(tenant="HX", keys=file(master), documents=documents))

    return keys


def sealed_by(key: DocumentKey) -> SealText:
    read = read_code(seal_code(key, SEALED, None), None)
    assert isinstance(read, SealText)
    return read


def coded_by(key: DocumentKey) -> ShortCode:
    read = read_code(short_code(key, "HX", NUMBER, 3, 1, 2, CONTENT, None), None)
    assert isinstance(read, ShortCode)
    return read


# ---- what they are made of -------------------------------------------------------------------


def test_keys_are_those_made_by_hand_of_the_master_key(load: Load) -> None:
    """Kept as it is for ever: with other keys, nothing that was issued verifies any more.

    With `hm() { printf %s "$1" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$2; }` and M, the
    hex of the 64 characters of the master key: mac is `hm accord-hub/document/mac/1 $M`, the seed
    `hm accord-hub/document/seal/1 $M`; behind 302e020100300506032b657004220420 the seed is a
    private key, of which `openssl pkey -pubout` gives the public one; its last 32 bytes through
    `openssl dgst -sha256 -binary | base32` begin with the kid, and through `base64` are published.
    """
    keys = load()
    assert keys.current.mac.hex() == (
        "bd25453e9f307bbeb4ce416ea9daeb4e8b187ed2a772a0e08dce4c49780ae828"
    )
    assert keys.current.seal.private_bytes_raw().hex() == (
        "38379c4c50cd750acfcafe57c4ba8c81d984ed939708262ff729cc15c1d7771b"
    )
    assert keys.current.hint.hex() == "b454"
    assert keys.public() == [
        {
            "kid": "wrkoupgg",
            "alg": "Ed25519",
            "public_key": "y16JvSeqJlblMvcO37rDUSuLtzq761-oe7V-kjNoiK8",
            "use": "sign",
        }
    ]


def test_every_generation_of_every_master_key_has_secrets_of_its_own(load: Load) -> None:
    keys = load(generation=3, old=("6f", "7a")).all.values()
    assert len(keys) == 9
    secrets = {one.mac for one in keys} | {one.seal.private_bytes_raw() for one in keys}
    assert len(secrets) == 18


def test_no_secret_is_shown(load: Load) -> None:
    keys = load(generation=2)
    shown = repr(keys) + str(keys.current) + repr(keys.public())
    for key in keys.all.values():
        for secret in (key.mac, key.seal.private_bytes_raw()):
            assert secret.hex() not in shown
            assert repr(secret)[2:-1] not in shown


# ---- rotation --------------------------------------------------------------------------------


def test_only_the_newest_generation_of_the_present_master_key_signs(load: Load) -> None:
    keys = load(generation=3, old=("6f",))
    assert [one for one in keys.all.values() if one.signs] == [keys.current]
    assert keys.current.generation == 3
    assert keys.current.kid == load(generation=3).current.kid


def test_what_signs_is_published_first_and_every_other_key_verifies(load: Load) -> None:
    keys = load(generation=3, old=("6f",))
    published = keys.public()
    assert [one["use"] for one in published] == ["sign"] + ["verify"] * 5
    assert published[0]["kid"] == keys.current.kid
    assert {one["kid"] for one in published} == set(keys.all)


@pytest.mark.parametrize(
    "rotated",
    [{"generation": 2}, {"master": "6f", "old": ("5e",)}, {"master": "6f", "old": ("7a", "5e")}],
    ids=["next generation", "master key replaced", "master key replaced twice"],
)
def test_after_a_rotation_earlier_codes_and_seals_still_verify(
    load: Load, rotated: dict[str, object]
) -> None:
    before = load().current
    after = load(**rotated)
    assert after.current.kid != before.kid
    key = after.get(before.kid)
    assert key is not None
    assert not key.signs
    assert token_fits(key, coded_by(before), "HX", 3, CONTENT)
    assert open_seal(after, sealed_by(before)) == SEALED


def test_all_generations_of_an_old_master_key_still_verify(load: Load) -> None:
    for generation in (1, 2, 3):
        before = load(generation=generation).current
        assert open_seal(load("6f", generation=3, old=("5e",)), sealed_by(before)) == SEALED


def test_the_key_of_another_master_key_verifies_nothing(load: Load) -> None:
    own, other = load(), load("6f")
    assert not token_fits(other.current, coded_by(own.current), "HX", 3, CONTENT)
    with pytest.raises(SealInvalid) as refused:
        open_seal(other, sealed_by(own.current))
    assert "不是本公司的" in told(refused.value.args[0], Language.ZH)


def test_of_two_keys_that_share_a_hint_by_chance_the_right_one_is_found(load: Load) -> None:
    keys = load(generation=500)
    shared = [keys.by_hint(one.hint) for one in keys.all.values()]
    pair = next(found for found in shared if len(found) == 2)
    for key in pair:
        assert open_seal(keys, sealed_by(key)) == SEALED


def test_an_unknown_key_is_none(load: Load) -> None:
    keys = load()
    assert keys.get(keys.current.kid) is keys.current
    assert keys.get("aaaaaaaa") is None
    assert keys.by_hint(keys.current.hint) == [keys.current]
    assert keys.by_hint(b"\0\0") == []


def test_the_present_master_key_named_as_an_old_one_still_signs(load: Load) -> None:
    keys = load(generation=2, old=("5e",))
    assert keys.current.signs
    assert keys.get(keys.current.kid) is keys.current
    assert len(keys.all) == 2


# ---- files that are not there ----------------------------------------------------------------


def test_without_a_master_key_the_command_that_makes_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hub\.key is not there. `hub init` makes one"):
        DocumentKeys.load(Settings(tenant="HX", keys=tmp_path / "hub.key"))


@pytest.mark.parametrize(
    ("written", "told_so"),
    [(None, r"old\.key of documents: old_keys: is not there"), ("5e5e", r"old\.key has fewer")],
    ids=["missing", "cut off"],
)
def test_an_old_key_that_is_missing_or_cut_off_is_told_with_its_file(
    load: Load, tmp_path: Path, written: str | None, told_so: str
) -> None:
    load()
    old = tmp_path / "old.key"
    if written is not None:
        old.write_text(written, "ascii")
    settings = Settings(tenant="HX", keys=tmp_path / "5e.key", documents=Documents(old_keys=(old,)))
    with pytest.raises(ConfigError, match=told_so):
        DocumentKeys.load(settings)
