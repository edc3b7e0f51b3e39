"""Bytes as they came or went: content-addressed, compressed if long, erasable without a trace."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import zstandard
from sqlalchemy import Connection

from hub.errors import StoreError
from hub.store import tables as t
from hub.store.inserts import insert_missing

JSON = "application/json"
#: What every zstd frame begins with (RFC 8878, 3.1.1); content that does not is stored plain.
_MAGIC = b"\x28\xb5\x2f\xfd"
#: Bytes from which compressing saves more than it costs.
_WORTH_COMPRESSING = 1024


class _Zstd(threading.local):
    """A compressor serves one thread at a time: two that share one damage what they store."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=3).compress
        self.expand = zstandard.ZstdDecompressor().decompress


_zstd = _Zstd()
_decode = msgspec.json.Decoder(float_hook=lambda text: text)


_CONTENTS = sa.select(t.payload.c.sha256, t.payload.c.content).where(
    t.payload.c.sha256.in_(sa.bindparam("shas", expanding=True))
)


def sha256(content: bytes) -> str:
    """Return the address of some bytes."""
    return hashlib.sha256(content).hexdigest()


def encode(document: Any) -> bytes:
    """Return JSON bytes of plain data; decimals become text, so nothing is rounded."""
    return msgspec.json.encode(document)


def row(content: bytes, media_type: str, now: datetime) -> dict[str, Any]:
    """Return the row that stores some bytes."""
    return row_of(sha256(content), content, media_type, now)


def row_of(sha: str, content: bytes, media_type: str, now: datetime) -> dict[str, Any]:
    """Return the row that stores some bytes whose address is known."""
    return {
        "sha256": sha,
        "content": _packed(content),
        "media_type": media_type,
        "size": len(content),
        "stored_at": now,
    }


def put(tx: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Store rows made by `row`; what is there already stays as it is."""
    unique = {one["sha256"]: one for one in rows}
    if unique:
        insert_missing(tx, t.payload, [unique[sha] for sha in sorted(unique)])


def get(tx: Connection, shas: Iterable[str]) -> Mapping[str, bytes]:
    """Return the bytes of these addresses that are still kept and whole."""
    wanted = sorted(set(shas))
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), 500):
        for sha, content in tx.execute(_CONTENTS, {"shas": wanted[start : start + 500]}):
            if content is not None and (whole := _expanded(sha, content)) is not None:
                found[sha] = whole
    return found


def _packed(content: bytes) -> bytes:
    """Return the bytes as they are stored: compressed where that is worth its time."""
    # what looks compressed by itself is compressed once more, so that reading can tell
    if len(content) < _WORTH_COMPRESSING and not content.startswith(_MAGIC):
        return content
    return _zstd.compress(content)


def _expanded(sha: str, content: bytes) -> bytes | None:
    """Return the bytes; None where the stored row is damaged, so that only its owner suffers."""
    try:
        whole = _zstd.expand(content) if content.startswith(_MAGIC) else content
    except zstandard.ZstdError:
        return None
    return whole if sha256(whole) == sha else None


def document(tx: Connection, sha: str) -> Any:
    """Return the JSON document of an address; `StoreError` when it was erased."""
    content = get(tx, [sha]).get(sha)
    if content is None:
        raise StoreError(f"The payload {sha[:12]} was erased, or its row is damaged.")
    return _decode.decode(content)


def parse(content: bytes) -> Any:
    """Return a stored JSON document; numbers that are not whole are text, exactly as stored."""
    return _decode.decode(content)
