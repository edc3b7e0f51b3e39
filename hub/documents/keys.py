"""Keys of documents: one makes new codes and seals, older ones only verify.

All are made of master keys, for each generation one for codes (HMAC) and one for seals (Ed25519).
Counting `documents.key_generation` up makes new ones; a master key that was replaced goes into
`documents.old_keys`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub import keys as master_keys
from hub.documents import extra
from hub.errors import ConfigError
from hub.language import say
from hub.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAC, _SEAL = "accord-hub/document/mac/{}", "accord-hub/document/seal/{}"


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What codes and seals of one generation are made and verified with."""

    #: Name of the key: the beginning of the hash of its public half.
    kid: str
    generation: int
    #: Of the codes.
    mac: bytes = field(repr=False)
    #: Of the seals.
    seal: Ed25519PrivateKey = field(repr=False)
    #: New documents are made with it; all others only verify.
    signs: bool

    @property
    def public_key(self) -> bytes:
        """Return the public half, 32 bytes."""
        return self.seal.public_key().public_bytes_raw()

    @property
    def hint(self) -> bytes:
        """Return the two bytes by which a seal names its key."""
        return hashlib.sha256(self.public_key).digest()[:2]


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """All keys of this hub, by their names."""

    current: DocumentKey
    all: Mapping[str, DocumentKey]

    @classmethod
    def load(cls, settings: Settings) -> DocumentKeys:
        """Return the keys; `ConfigError` where a master key is missing or cannot be read."""
        last = settings.documents.key_generation
        own = _generations(settings.keys, last)
        for path in settings.documents.old_keys:
            own += _generations(path, last, old=True)
        # the first of a name counts: a master key that is also named as an old one still signs
        return cls(own[last - 1], {one.kid: one for one in reversed(own)})

    def get(self, kid: str) -> DocumentKey | None:
        """Return the key of a name; None where it is none of ours."""
        return self.all.get(kid)

    def by_hint(self, hint: bytes) -> list[DocumentKey]:
        """Return the keys a seal may be made with."""
        return [one for one in self.all.values() if one.hint == hint]

    def public(self) -> list[dict[str, Any]]:
        """Return the public halves, the one that signs first, as they are published."""
        ordered = sorted(self.all.values(), key=lambda one: (not one.signs, -one.generation))
        return [
            {
                "kid": one.kid,
                "alg": "Ed25519",
                "public_key": base64.urlsafe_b64encode(one.public_key).rstrip(b"=").decode(),
                "use": "sign" if one.signs else "verify",
            }
            for one in ordered
        ]


def _generations(path: Path, last: int, *, old: bool = False) -> list[DocumentKey]:
    """Return the keys made of one master key, the oldest first."""
    return [
        _key(path, generation, old=old, signs=not old and generation == last)
        for generation in range(1, last + 1)
    ]


def _key(path: Path, generation: int, *, old: bool, signs: bool) -> DocumentKey:
    ed25519 = extra.require("cryptography.hazmat.primitives.asymmetric.ed25519")
    mac = master_keys.derived(path, _MAC.format(generation))
    if not mac:
        raise ConfigError(_gone(path, old=old))
    seal = ed25519.Ed25519PrivateKey.from_private_bytes(
        master_keys.derived(path, _SEAL.format(generation))
    )
    fingerprint = hashlib.sha256(seal.public_key().public_bytes_raw()).digest()
    kid = base64.b32encode(fingerprint)[:8].decode().lower()
    return DocumentKey(kid, generation, mac, seal, signs)


def _gone(path: Path, *, old: bool) -> str:
    if old:
        return say(
            "The old master key {path} of documents: old_keys: is not there. Put back its backup; "
            "without it, what was made with it is never verified again.",
            path=path,
        )
    return say(
        "The master key {path} is not there. `hub init` makes one; a lost one comes from its "
        "backup.",
        path=path,
    )
