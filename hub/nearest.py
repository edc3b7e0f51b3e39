"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from hub.language import Message, say

#: Names that are told where none is near.
_MOST = 12


def nearest(name: str, known: Iterable[str]) -> Message:
    """Return what `suggestion` says, with a space before it: the end of a longer sentence."""
    return say(" {suggestion}", suggestion=suggestion(name, known))


def suggestion(name: str, known: Iterable[str]) -> Message:
    """Return a sentence with the nearest right name, else with the names there are."""
    names = sorted({candidate for candidate in known if candidate})
    close = difflib.get_close_matches(name, names, 1)
    if close:
        return say("Did you mean {name}?", name=close[0])
    shown = ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
    return say("Known: {names}.", names=shown) if shown else say("There are none.")
