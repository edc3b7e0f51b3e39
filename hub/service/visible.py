"""What comes from outside, shown so that nothing in it acts on whoever reads it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

#: No document of a product goes so deep, and what shows it gives up somewhere further down.
_DEEPEST = 60


def clean(words: str) -> str:
    """Return text from outside with its control characters made visible, so that none acts.

    They are escaped as JSON escapes them, so that JSON stays what it was.
    """
    if words.isascii() and words.isprintable():
        return words
    return "".join(
        _escaped(char)
        if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf")
        else char
        for char in words
    )


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def shallow(value: Any, depth: int = 0) -> Any:
    """Return a document with an ellipsis for what goes deeper than anybody reads."""
    if not isinstance(value, Mapping | list):
        return value
    if depth == _DEEPEST:
        return "…"
    if isinstance(value, list):
        return [shallow(item, depth + 1) for item in value]
    return {name: shallow(item, depth + 1) for name, item in value.items()}
