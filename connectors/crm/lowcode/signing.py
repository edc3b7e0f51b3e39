"""Signatures of incoming webhooks, as pure functions over the raw bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def jiandaoyun(body: bytes, *, secret: str, nonce: str, timestamp: str) -> str:
    """Return Jiandaoyun's `X-JDY-Signature`: SHA-1 over `nonce:body:secret:timestamp`, in hex."""
    text = b":".join((nonce.encode(), body, secret.encode(), timestamp.encode()))
    return hashlib.sha1(text).hexdigest()  # noqa: S324  the vendor's choice, not ours


def placeholders(template: str) -> list[str]:
    """Return the names a template puts in, in order."""
    return _PLACEHOLDER.findall(template)


def fill(template: str, parts: Mapping[str, bytes]) -> bytes:
    """Return the bytes to sign: the template with each `{name}` replaced by its raw bytes."""
    pieces = _PLACEHOLDER.split(template)
    return b"".join(
        parts[piece] if number % 2 else piece.encode() for number, piece in enumerate(pieces)
    )


def sign(text: bytes, *, algorithm: str, encoding: str, key: bytes | None) -> str:
    """Return the HMAC of the text, or its plain digest where `key` is None, as hex or Base64."""
    if key is None:
        raw = hashlib.new(algorithm, text).digest()
    else:
        raw = hmac.new(key, text, algorithm).digest()
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()


def same(given: str, expected: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())
