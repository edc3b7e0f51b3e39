"""Seals checked without a hub: the public keys of a file say who issued what, and no more."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli.session import Session
from hub.documents import codes
from hub.documents.errors import DocumentError
from hub.errors import ConfigError
from hub.language import Language, told

if TYPE_CHECKING:
    from hub.documents.codes import Sealed
    from hub.documents.reading import Seen

#: Bytes of a public key.
_LENGTH = 32


def keys_of(here: Session, path: Path) -> list[bytes]:
    """Return the public keys of a file, as a hub publishes it or as `document keys --json` says.

    Raises `ConfigError` where there are none in it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(here.text("edit.unreadable", path=path, problem=problem)) from None
    try:
        found = [_key(one) for one in _listed(text)]
    except (ValueError, KeyError, TypeError, AttributeError):
        found = []
    if not found or any(len(one) != _LENGTH for one in found):
        raise ConfigError(here.text("verify.no_keys", path=path))
    return found


def _listed(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return whole.get("keys", [whole])  # type: ignore[no-any-return]


def _key(row: Mapping[str, Any]) -> bytes:
    text: str = row["public_key"]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(what: str | bytes, keys: Sequence[bytes]) -> dict[str, Any]:
    """Return what the seal of a code or file says: `sealed`, `altered` or `unreadable`."""
    if isinstance(what, str):
        return _told("seal", [what], None, keys)
    try:
        seen = asyncio.run(_look(what))
    except DocumentError as error:
        words = {one.value: told(error.args[0], one) for one in Language}
        return {"given": "file", "verdict": "unreadable", "reasons": [], "unread": error.code,
                "words": words}  # fmt: skip
    given = "file" if seen.kind == "pdf" else "image"
    return _told(given, [one.text for one in seen.codes], seen.attachment, keys)


async def _look(content: bytes) -> Seen:
    from hub.documents.reading import Reader

    reader = Reader()
    try:
        return await reader.look(content)
    finally:
        await reader.aclose()


def _told(
    given: str, texts: Iterable[str], attachment: bytes | None, keys: Sequence[bytes]
) -> dict[str, Any]:
    seals = [seal for seal in map(_seal, texts) if seal is not None]
    if not seals:
        return {"given": given, "verdict": "unreadable", "reasons": ["no_seal"]}
    opened = [_opened(seal, keys) for seal in seals]
    said = {one for one in opened if one is not None}
    if None in opened or len(said) != 1:
        reasons = ["seal"] if None in opened else ["several"]
        return {"given": given, "verdict": "altered", "reasons": reasons}
    (sealed,) = said
    fits = attachment is None or hashlib.sha256(attachment).hexdigest().startswith(sealed.content)
    verdict, reasons = ("sealed", []) if fits else ("altered", ["content"])
    return {"given": given, "verdict": verdict, "reasons": reasons, **as_data(sealed)}


def _seal(text: str) -> codes.SealText | None:
    """Return the seal in the text of a code; whose address stands before it does not matter."""
    _, found, rest = text.strip().upper().rpartition("S/")
    code = codes.read_code(f"{codes.OFFLINE}S/{rest}", None) if found else None
    return code if isinstance(code, codes.SealText) else None


def _opened(seal: codes.SealText, keys: Sequence[bytes]) -> Sealed | None:
    for key in keys:
        try:
            return codes.open_with(key, seal)
        except codes.SealInvalid:
            continue
    return None


def as_data(sealed: Sealed) -> dict[str, Any]:
    """Return what a seal says as plain data."""
    return {
        "number": str(sealed.number),
        "copy": sealed.copy,
        "revision": sealed.revision,
        "issued_at": sealed.issued_at.isoformat(),
        "content": sealed.content,
        "recipient_hash": sealed.recipient,
        "lines": sealed.lines,
        "amount": sealed.amount,
    }
