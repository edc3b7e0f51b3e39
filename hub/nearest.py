"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Names that are told where none is near.
_MOST = 12


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest right name, else with the names there are."""
    names = sorted({candidate for candidate in known if candidate})
    close = difflib.get_close_matches(name, names, 1)
    if close:
        return f" Did you mean {close[0]}?"
    shown = ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
    return f" Known: {shown}." if shown else " There are none."
