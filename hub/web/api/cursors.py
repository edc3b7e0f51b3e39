"""Where a page of a list begins: an opaque text that only leads on in the list it was given for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from hub.errors import BadRequest
from hub.language import say

_PURPOSE = b"accord-hub/api-cursor/1"
_ID_BYTES = 16
_SEAL_BYTES = 12


def make(secret: bytes, of: str, filters: Mapping[str, Any], row_id: str) -> str:
    """Return the cursor behind a row of a list with these filters."""
    content = bytes.fromhex(row_id)
    sealed = content + _seal(secret, of, filters, content)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(secret: bytes, of: str, filters: Mapping[str, Any], cursor: str) -> str:
    """Return the id of the row it stands behind.

    Raises `BadRequest` where it was changed, or is of another list or of other filters.
    """
    row = _decoded(cursor)[:_ID_BYTES]
    # made anew and compared as text: several texts decode to the same bytes
    if not hmac.compare_digest(make(secret, of, filters, row.hex()).encode(), cursor.encode()):
        raise BadRequest(
            say(
                "The cursor {cursor} is not one of this list with these filters. Take `next` of "
                "the page before as it is, or leave the cursor out.",
                cursor=cursor[:64],
            )
        )
    return row.hex()


def _decoded(cursor: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cursor):
        return b""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return b""


def _seal(secret: bytes, of: str, filters: Mapping[str, Any], row: bytes) -> bytes:
    # it is no permission: whoever goes on is looked at as if they began
    asked = repr((of, sorted((name, str(value)) for name, value in filters.items())))
    return hmac.new(secret + _PURPOSE, asked.encode() + row, hashlib.sha256).digest()[:_SEAL_BYTES]
