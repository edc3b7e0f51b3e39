"""Keys for single purposes, made of the master key: none of them tells anything of another."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from hub.errors import ConfigError
from hub.language import say

#: What `redact: hash` hashes with.
REDACT = "accord-hub/redact/1"
#: Characters a master key has at least; `hub init` writes 64.
_SHORTEST = 32


def derived(path: Path, purpose: str) -> bytes:
    """Return the key for a purpose; empty where there is no master key.

    Raises `ConfigError` where its file cannot be read or holds too little.
    """
    master = _master(path)
    return hmac.new(master, purpose.encode(), hashlib.sha256).digest() if master else b""


def _master(path: Path) -> bytes:
    try:
        master = path.read_bytes().strip()
    except FileNotFoundError:
        return b""
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigError(
            say("The master key {path} cannot be read: {problem}.", path=path, problem=problem)
        ) from None
    if len(master) < _SHORTEST:
        raise ConfigError(
            say(
                "The master key {path} has fewer than {least} characters. Put back the copy that "
                "was kept of it.",
                path=path, least=_SHORTEST,
            )
        )  # fmt: skip
    return master
