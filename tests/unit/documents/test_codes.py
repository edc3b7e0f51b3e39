"""Codes and seals: they say what was issued, and nothing that was changed is taken for it."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.documents.codes import (
    LARGEST_AMOUNT,
    Sealed,
    SealInvalid,
    SealText,
    ShortCode,
    open_seal,
    open_with,
    read_code,
    recipient_hash,
    seal_code,
    sealed_amount,
    short_code,
    token_fits,
)
from hub.documents.keys import DocumentKeys
from hub.documents.number import Number, check_digits
from hub.settings import Documents, Settings

BASE = "HTTPS://HUB.EXAMPLE.COM"
NUMBER = Number("HX261148372059186410")
#: SHA-256 of `content`.
CONTENT = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
ISSUED = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
SEALED = Sealed(NUMBER, 3, 1, ISSUED, CONTENT[:32], "89090901", 12, Decimal("123456.78"))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

numbers = st.builds(
    lambda prefix, digits: Number(f"{prefix}{digits}{check_digits(prefix, digits)}"),
    st.text(ALPHABET[:26], min_size=2, max_size=4),
    st.text("0123456789", min_size=16, max_size=16),
)
amounts = st.decimals(-LARGEST_AMOUNT, LARGEST_AMOUNT, places=4)
sealed_things = st.builds(
    Sealed,
    numbers,
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.binary(min_size=4, max_size=4).map(bytes.hex),
    st.integers(0, 2**16 - 1),
    st.none() | amounts,
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DocumentKeys:
    path = tmp_path_factory.mktemp("keys") / "hub.key"
    path.write_text("5e" * 32, "ascii")
    documents = Documents(key_generation=2)
    return DocumentKeys.load(Settings(tenant="HX", keys=path, documents=documents))


def short(text: str, base: str | None = BASE) -> ShortCode:
    read = read_code(text, base)
    assert isinstance(read, ShortCode)
    return read


def seal(text: str, base: str | None = BASE) -> SealText:
    read = read_code(text, base)
    assert isinstance(read, SealText)
    return read


# ---- forms that stay -------------------------------------------------------------------------


def test_a_code_and_a_seal_are_those_made_by_hand(keys: DocumentKeys) -> None:
    """Kept as they are for ever: they stand on paper.

    The token: `printf %s 'accord-hub/v1|wrkoupgg|HX|HX261148372059186410|3|1|2|ed70…9f73'`
    through `openssl dgst -sha256 -mac HMAC -macopt hexkey:bd25…e828 -binary | head -c10 | base32`.
    The seal: 01, the hint b454, 240*10^16+2611483720591864 (HX is 8*27+24) and the other values in
    hex, then `openssl pkeyutl -sign -rawin`, both together through `base32`.
    """
    key = next(one for one in keys.all.values() if one.generation == 1)
    assert short_code(key, "HX", NUMBER, 3, 1, 2, CONTENT, BASE) == (
        "HTTPS://HUB.EXAMPLE.COM/V/HX261148372059186410/C1P2.SBOVXKU7A47SPAWN"
    )
    assert recipient_hash("示例客户") == "89090901"
    assert seal_code(key, SEALED, None) == (
        "ACCORD:S/AG2FIAAAEFL4U2RUOCU7QAAAAMAAC2YFJMEO24ACWQ46TLEEL4RDK7MCFOWBJCIJBEAQADAAAAAAASM"
        "WAJ4C47D2UJIROVHTO6DUYS6XM5XUFKW3BPALKVA27JTBHXP26XYAQNOORVYXTXAMD3JB7Z6WIDAKNVS6YHAUSXHDL"
        "LJ7DL2BVS6NJGMABM"
    )


def test_openssl_verifies_a_seal_with_the_published_key(keys: DocumentKeys, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    published = keys.public()[0]["public_key"]
    raw = base64.urlsafe_b64decode(published + "=")
    code = seal_code(keys.current, SEALED, BASE).removeprefix(f"{BASE}/S/")
    whole = base64.b32decode(code + "=" * (-len(code) % 8))
    (tmp_path / "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + raw)
    (tmp_path / "said").write_bytes(whole[:-64])
    (tmp_path / "signature").write_bytes(whole[-64:])
    asked = [openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
             "-inkey", "key", "-in", "said", "-sigfile", "signature"]  # fmt: skip
    answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "rawin" in answer.stderr:
        pytest.skip("needs openssl 3")
    assert answer.stdout.strip() == "Signature Verified Successfully", answer.stderr
    (tmp_path / "said").write_bytes(whole[:-65] + b"\xff")
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False).returncode == 1


# ---- short codes -----------------------------------------------------------------------------


@given(numbers, st.integers(1, 99_999), st.integers(1, 9_999), st.sampled_from([BASE, None]))
def test_a_code_is_read_as_it_was_made(
    keys: DocumentKeys, number: Number, copy: int, page: int, base: str | None
) -> None:
    made = short_code(keys.current, "HX", number, 3, copy, page, CONTENT, base)
    for text in (made, made.lower(), f" {made}\n"):
        code = short(text, base)
        assert (code.number, code.copy, code.page) == (number, copy, page)
        assert token_fits(keys.current, code, "HX", 3, CONTENT)


@pytest.mark.parametrize(
    "moved",
    [
        {"page": 3}, {"copy": 2}, {"revision": 4}, {"tenant": "HY"}, {"content_sha256": "0" * 64},
        {"number": Number("HX261148372059186507")}, {"copy": 12, "page": 1},
    ],
    ids=" and ".join,
)  # fmt: skip
def test_a_token_does_not_fit_anywhere_else(keys: DocumentKeys, moved: dict[str, Any]) -> None:
    made: dict[str, Any] = {"tenant": "HX", "number": NUMBER, "revision": 3, "copy": 1, "page": 2,
            "content_sha256": CONTENT}  # fmt: skip
    token = short(short_code(keys.current, **made, base=BASE)).token
    assert token != short(short_code(keys.current, **{**made, **moved}, base=BASE)).token
    there = {**made, **moved}
    code = ShortCode(there["number"], there["copy"], there["page"], token)
    assert not token_fits(
        keys.current, code, there["tenant"], there["revision"], there["content_sha256"]
    )


def test_a_token_with_any_bit_flipped_or_of_another_key_does_not_fit(keys: DocumentKeys) -> None:
    code = short(short_code(keys.current, "HX", NUMBER, 3, 1, 2, CONTENT, BASE))
    whole = int.from_bytes(base64.b32decode(code.token), "big")
    for bit in range(80):
        flipped = base64.b32encode((whole ^ 1 << bit).to_bytes(10, "big")).decode()
        assert not token_fits(keys.current, replace(code, token=flipped), "HX", 3, CONTENT)
    for key in keys.all.values():
        assert token_fits(key, code, "HX", 3, CONTENT) is key.signs


# ---- seals -----------------------------------------------------------------------------------


@given(sealed_things, st.sampled_from([BASE, None]))
def test_a_seal_opens_to_exactly_what_was_sealed(
    keys: DocumentKeys, said: Sealed, base: str | None
) -> None:
    text = seal_code(keys.current, said, base)
    assert open_seal(keys, seal(text.lower(), base)) == said
    assert open_with(keys.current.public_key, seal(text, base)) == said


@given(sealed_things, st.data())
def test_a_seal_with_any_character_changed_is_refused(
    keys: DocumentKeys, said: Sealed, data: st.DataObject
) -> None:
    text = seal(seal_code(keys.current, said, BASE)).text
    place = data.draw(st.integers(0, len(text) - 1) | st.just(len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(text[place], "")))
    with pytest.raises(SealInvalid):
        open_seal(keys, SealText(text[:place] + other + text[place + 1 :]))


def test_a_seal_with_any_bit_flipped_is_refused(keys: DocumentKeys) -> None:
    text = seal(seal_code(keys.current, SEALED, BASE)).text
    whole = int.from_bytes(base64.b32decode(text + "=" * (-len(text) % 8)), "big")
    for bit in range(116 * 8):
        flipped = base64.b32encode((whole ^ 1 << bit).to_bytes(116, "big")).decode().rstrip("=")
        with pytest.raises(SealInvalid):
            open_seal(keys, SealText(flipped))


@pytest.mark.parametrize(
    "text", ["A" * 186, "A" * 100, "A" * 101, "", "1", "é", "a" * 186], ids=repr
)
def test_what_is_no_seal_at_all_is_refused(keys: DocumentKeys, text: str) -> None:
    with pytest.raises(SealInvalid):
        open_seal(keys, SealText(text))


def test_a_seal_of_a_form_that_is_not_known_is_refused_though_it_is_signed(
    keys: DocumentKeys,
) -> None:
    text = seal(seal_code(keys.current, SEALED, BASE)).text
    later = b"\x02" + base64.b32decode(text + "=" * (-len(text) % 8))[1:-64]
    signed = base64.b32encode(later + keys.current.seal.sign(later)).decode().rstrip("=")
    with pytest.raises(SealInvalid):
        open_with(keys.current.public_key, SealText(signed))


@pytest.mark.parametrize(
    ("amount", "said"),
    [("0.00005", "0.0001"), ("-0.00005", "-0.0001"), ("1.00004999", "1"), ("1E+3", "1000")],
)
def test_an_amount_is_sealed_with_four_decimals(keys: DocumentKeys, amount: str, said: str) -> None:
    text = seal_code(keys.current, replace(SEALED, amount=Decimal(amount)), BASE)
    assert open_seal(keys, seal(text)).amount == sealed_amount(Decimal(amount)) == Decimal(said)


@pytest.mark.parametrize(
    "changed",
    [
        {"revision": 2**24}, {"revision": -1}, {"copy": 2**16}, {"lines": 2**16}, {"lines": -1},
        {"issued_at": datetime(2107, 1, 1, tzinfo=UTC)},
        {"issued_at": datetime(1969, 12, 31, tzinfo=UTC)},
        {"issued_at": ISSUED.replace(tzinfo=None)},
        {"content": CONTENT}, {"content": CONTENT[:30]}, {"recipient": "8909"},
        {"amount": LARGEST_AMOUNT + Decimal("0.0001")},
        {"amount": -LARGEST_AMOUNT - Decimal("0.0001")},
        {"amount": Decimal("NaN")}, {"amount": Decimal("-Infinity")},
    ],
    ids=str,
)  # fmt: skip
def test_what_a_seal_has_no_room_for_is_refused(
    keys: DocumentKeys, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"seal|time zone"):
        seal_code(keys.current, replace(SEALED, **changed), BASE)


def test_a_seal_keeps_the_second_it_was_issued_in(keys: DocumentKeys) -> None:
    later = replace(SEALED, issued_at=ISSUED + timedelta(microseconds=999_999))
    assert open_seal(keys, seal(seal_code(keys.current, later, BASE))).issued_at == ISSUED
