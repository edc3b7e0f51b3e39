"""Signatures of Example's webhooks: HMAC-SHA256 over time and raw body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from hub import SignatureInvalid


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the hex signature of `timestamp + "." + body`; the timestamp is in Unix seconds."""
    text = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def verify(
    secret: str,
    timestamp: str,
    signature: str,
    body: bytes,
    *,
    now: datetime,
    window: timedelta,
) -> None:
    """Return if the signature fits and is at most `window` old; `SignatureInvalid` otherwise."""
    if not timestamp.isascii() or not timestamp.isdigit():
        raise SignatureInvalid("the webhook's time is missing or no number: check who sends it")
    expected = sign(secret, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise SignatureInvalid
    if abs(int(timestamp) - now.timestamp()) > window.total_seconds():
        raise SignatureInvalid(
            f"the webhook was signed at {timestamp}, more than {window} from our clock:"
            " check the clocks on both sides"
        )
