"""Bytes as they came or went: content-addressed, compressed, erasable without a trace of text."""

from __future__ import annotations

import hashlib
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
_compress = zstandard.ZstdCompressor(level=3)
_expand = zstandard.ZstdDecompressor()
_decode = msgspec.json.Decoder(float_hook=lambda text: text)


def sha256(content: bytes) -> str:
    """Return the address of some bytes."""
    return hashlib.sha256(content).hexdigest()


def encode(document: Any) -> bytes:
    """Return JSON bytes of plain data; decimals become text, so nothing is rounded."""
    return msgspec.json.encode(document)


def row(content: bytes, media_type: str, now: datetime) -> dict[str, Any]:
    """Return the row that stores some bytes."""
    return {
        "sha256": sha256(content),
        "content": _compress.compress(content),
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
    """Return the bytes of these addresses that are still kept."""
    p = t.payload.c
    wanted = sorted(set(shas))
    found: dict[str, bytes] = {}
    for start in range(0, len(wanted), 500):
        query = sa.select(p.sha256, p.content).where(p.sha256.in_(wanted[start : start + 500]))
        for sha, content in tx.execute(query):
            if content is not None:
                found[sha] = _expand.decompress(content)
    return found


def document(tx: Connection, sha: str) -> Any:
    """Return the JSON document of an address; `StoreError` when it was erased."""
    content = get(tx, [sha]).get(sha)
    if content is None:
        raise StoreError(f"The payload {sha[:12]} was erased.")
    return _decode.decode(content)


def parse(content: bytes) -> Any:
    """Return a stored JSON document; numbers that are not whole are text, exactly as stored."""
    return _decode.decode(content)
