"""Patterns an administrator writes: RE2, which takes time in proportion to the text, never more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2

from hub.language import say

MAX_CHARACTERS = 200
#: Bytes a pattern may take once compiled: `(a{1000}){1000}` is refused.
_MAX_MEMORY = 1 << 20


def whole(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text matches from its first to its last character.

    Raises `ValueError` with RE2's words for what is no pattern, or too large a one.
    """
    compiled = _compiled(pattern)
    return lambda text: compiled.fullmatch(_written(text)) is not None


def found(pattern: str) -> Callable[[str], str]:
    """Return what finds a pattern in a text: its first group, or all of it; empty: it is not there.

    Raises `ValueError` as `whole` does.
    """
    compiled = _compiled(pattern)

    def find(text: str) -> str:
        match = compiled.search(_written(text))
        if match is None:
            return ""
        return match.group(1 if compiled.groups else 0) or ""

    return find


def _written(text: str) -> str:
    # half a character, which JSON can carry, is none that a pattern knows
    return text.encode("utf-8", "replace").decode()


def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_CHARACTERS:
        raise ValueError(say("longer than {most} characters", most=MAX_CHARACTERS))
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        raise ValueError(words.decode() if isinstance(words, bytes) else str(words)) from None
