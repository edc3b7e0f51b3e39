"""Signature of the Qimen protocol, in both directions.

    text = secret + every query parameter as name+value, names in byte order + body + secret
    sign = MD5(text), upper-case hex

Values are taken before URL encoding, the body is the very bytes that travel, and `sign` itself
is left out. Pure functions: no clock, no network.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

#: `both`: the secret before and after the text; `tail`: only after it; `hmac_md5`: HMAC-MD5
#: with the secret as key and nothing around the text.
Wrap: TypeAlias = Literal["both", "tail", "hmac_md5"]
Pairs: TypeAlias = Iterable[tuple[str, str]]

_MD5_HEX = re.compile(r"[0-9A-Fa-f]{32}")


def sign(secret: str, params: Pairs, body: bytes, wrap: Wrap = "both") -> str:
    """Return the signature of one call, 32 upper-case hex digits."""
    text = _text(params) + body
    key = secret.encode()
    if wrap == "hmac_md5":
        return hmac.new(key, text, "md5").hexdigest().upper()
    head = key if wrap == "both" else b""
    # the protocol prescribes MD5; the secret on both sides is what protects it
    return hashlib.md5(head + text + key, usedforsecurity=False).hexdigest().upper()


def verify(secret: str, params: Pairs, body: bytes, wrap: Wrap = "both") -> bool:
    """Say whether the parameter `sign` fits the other parameters and the raw body.

    Compares in constant time. Peers differ about empty parameters, so they are tried as received
    and then without them. A parameter that occurs twice has no one meaning: it never fits.
    """
    pairs = list(params)
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        return False
    given = dict(pairs).get("sign", "")
    if not _MD5_HEX.fullmatch(given):
        return False
    readings = [pairs, [(name, value) for name, value in pairs if value]]
    fits = [
        hmac.compare_digest(sign(secret, reading, body, wrap), given.upper())
        for reading in readings
    ]
    return any(fits)


def _text(params: Pairs) -> bytes:
    encoded = sorted(
        (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
        for name, value in params
        if name != "sign"
    )
    return b"".join(name + value for name, value in encoded)
