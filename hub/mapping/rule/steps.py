"""A step: one word of a rule that changes the value, or refuses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from hub.yamlfile import Place

#: Makes one value of another; `Stop` where it cannot.
Change: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One word at work. Its change takes the value, and the frame where it says so."""

    word: str
    place: Place
    change: Callable[..., Any]
    #: The change also needs the document at hand.
    framed: bool = False
    #: What it works with, for an explanation: the table, the pattern, the type.
    about: str = ""
    #: Nothing comes of any value.
    drops: bool = False
