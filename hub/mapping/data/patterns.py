"""Patterns an administrator writes: RE2, which takes time in proportion to the text, never more."""

from __future__ import annotations

from collections.abc import Callable

import re2

from hub.language import say

MAX_CHARACTERS = 200
#: Bytes a pattern may take once compiled: `(a{1000}){1000}` is refused.
_MAX_MEMORY = 1 << 20


def whole(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text matches from its first to its last character.

    Raises `ValueError` with RE2's words for what is no pattern, or too large a one.
    """
    if len(pattern) > MAX_CHARACTERS:
        raise ValueError(say("longer than {most} characters", most=MAX_CHARACTERS))
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(pattern, options=options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        raise ValueError(words.decode() if isinstance(words, bytes) else str(words)) from None

    def matches(text: str) -> bool:
        # half a character, which JSON can carry, is none that a pattern knows
        whole = text.encode("utf-8", "replace").decode()
        return compiled.fullmatch(whole) is not None

    return matches
