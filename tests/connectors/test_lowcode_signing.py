"""Low-code CRM: signatures, settings and profile."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.crm.lowcode import signing
from connectors.crm.lowcode.profile import read_profile
from connectors.crm.lowcode.settings import LowcodeSettings, Verification
from hub import ConfigError, Outcome

GOOD: dict[str, Any] = {
    "api_key": "key-4711",
    "app_id": "a1",
    "forms": {"commitment": {"entry_id": "c1"}},
}


def test_the_published_jiandaoyun_vector_is_met() -> None:
    signature = signing.jiandaoyun(
        b'{"op":"data_create"}', secret="s3cret", nonce="abc", timestamp="1700000000"
    )
    assert signature == "aaf1f379bdf88a53ba9c32626166a9f1d184536e"


@given(body=st.binary(max_size=200), at=st.integers(min_value=0, max_value=199))
def test_a_changed_byte_changes_the_signature(body: bytes, at: int) -> None:
    changed = bytearray(body or b"x")
    changed[at % len(changed)] ^= 1
    one, other = (
        signing.jiandaoyun(bytes(text), secret="s", nonce="n", timestamp="1")
        for text in (body, changed)
    )
    assert one != other


def test_a_template_signs_raw_bytes_in_its_own_order() -> None:
    parts = {"timestamp": b"17", "body": b"\xff{body}", "nonce": b"n"}
    assert signing.fill("{timestamp}.{nonce}\n{body}", parts) == b"17.n\n\xff{body}"


@pytest.mark.parametrize(
    ("algorithm", "encoding", "key", "expected"),
    [
        ("sha256", "hex", b"Jefe",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("md5", "hex", b"Jefe", "750c783e6ab0b503eaa86e310a5db738"),
        ("sha1", "base64", b"Jefe", "7/zfauXrL6LSdBbV8YTfnCWafHk="),
        ("sha1", "hex", None, "8f820394f95335182045da24f34de52bf8bc3432"),
    ],
    ids=["RFC 4231", "RFC 2202 md5", "RFC 2202 sha1", "plain digest"],
)  # fmt: skip
def test_algorithms_meet_the_published_vectors(
    algorithm: str, encoding: str, key: bytes | None, expected: str
) -> None:
    text = b"what do ya want for nothing?"
    assert signing.sign(text, algorithm=algorithm, encoding=encoding, key=key) == expected


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"template": "{timestamp}{bdy}"}, "unknown bdy"),
        ({"template": "{timestamp}"}, "without {body}"),
        ({"template": "{body}"}, "timestamp"),
        ({"template": "{timestamp}{body}{nonce}"}, "nonce"),
        ({"keyed": False}, "{secret}"),
        ({"signature": "cookie:x"}, "signature"),
        ({"algorithm": "crc32"}, "algorithm"),
    ],
)
def test_a_verification_that_proves_nothing_is_refused(
    change: dict[str, Any], complaint: str
) -> None:
    good = {
        "method": "hmac",
        "template": "{timestamp}\n{body}",
        "signature": "header:x-sign",
        "timestamp": "header:x-time",
    }
    adapter: TypeAdapter[Any] = TypeAdapter(Verification)
    assert adapter.validate_python(good)
    with pytest.raises(ValidationError, match=complaint):
        adapter.validate_python(good | change)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"app_id": None}, "app_id"),
        ({"forms": {}}, "forms"),
        ({"forms": {"quote": {"entry_id": "x"}}}, "forms"),
        ({"verification": {"method": "none"}}, "method"),
        ({"replay_window": 0}, "replay_window"),
        ({"api_kye": "x"}, "api_kye"),
    ],
    ids=["no app", "no form", "unknown stream", "no verification", "no window", "misspelt"],
)
def test_wrong_options_are_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as caught:
        LowcodeSettings.model_validate(GOOD | change)
    assert "key-4711" not in repr(LowcodeSettings.model_validate(GOOD))
    assert "key-4711" not in str(caught.value)


def test_a_form_may_be_in_another_application() -> None:
    options = GOOD | {"forms": {"commitment": {"entry_id": "c1", "app_id": "a2"}}}
    settings = LowcodeSettings.model_validate(options)
    assert settings.form("commitment") == {"app_id": "a2", "entry_id": "c1"}
    assert settings.stream_of("a2", "c1") == "commitment"
    assert settings.stream_of("a1", "c1") is None


@pytest.mark.parametrize("flavour", ["jiandaoyun", "generic"])
def test_a_code_can_be_corrected_without_python(flavour: str) -> None:
    profile = read_profile(flavour, {"codes": {"4402": "conflict"}})
    assert profile.codes["4402"] is Outcome.CONFLICT


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ({"cods": {}}, "unknown cods"),
        ({"codes": {"1": "maybe"}}, "codes.1"),
        ({"page_size": 0}, "page_size"),
    ],
)
def test_a_wrong_override_is_named(override: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read_profile("jiandaoyun", override)
