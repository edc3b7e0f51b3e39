"""Sentences for a person: English where they are written, Chinese looked up when they are read.

A `Message` is its English sentence, so whoever knows nothing of languages prints it. It also
keeps its template and values; `told` finds the template's Chinese in `hub.chinese`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Self

from hub.errors import Fault

#: Stands before and behind a sentence that is a value of another one, until all are filled in.
_EDGE = "\0"
_HAN = "[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
#: A blank between the two, where Chinese meets Chinese.
_NEEDLESS = re.compile(f"(?<={_HAN})(?:{_EDGE} {_EDGE}?| {_EDGE})(?={_HAN})")


class Language(enum.StrEnum):
    """A language people are told things in."""

    EN = "en"
    ZH = "zh"


class Message(str):
    """An English sentence that knows how to be another language's. Immutable, equal by its text."""

    __slots__ = ("template", "values")

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any]) -> Self:
        """Return the sentence of a template with its `{name}`s filled."""
        made = super().__new__(cls, template.format_map(values))
        made.template = template
        made.values = values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.values


def say(template: str, /, **values: Any) -> Message:
    """Return a sentence; values may be sentences themselves. Braces are written `{{` and `}}`."""
    return Message(template, values)


def sentence_of(fault: Fault) -> Message:
    """Return a fault as one sentence: its place, its code, what is wrong and what to do."""
    message: str = fault.message
    if fault.hint:
        message = say("{message} {hint}", message=message, hint=fault.hint)
    if not fault.where:
        return say("{code} {message}", code=fault.code, message=message)
    return say("{place}  {code} {message}", place=fault.where, code=fault.code, message=message)


def told_fault(fault: Fault, language: Language) -> str:
    """Return a fault with its place in a language; in English it is `str(fault)`."""
    return told(sentence_of(fault), language)


def told(sentence: str, language: Language) -> str:
    """Return a sentence in a language; what nobody translated stays as it is."""
    if language is Language.EN or not isinstance(sentence, Message):
        return str(sentence)
    from hub.chinese import CHINESE

    values = {
        name: f"{_EDGE}{told(value, language)}{_EDGE}" if isinstance(value, Message) else value
        for name, value in sentence.values.items()
    }
    filled = CHINESE.get(sentence.template, sentence.template).format_map(values)
    # a blank in a plain value is the reader's own, and stays
    return _NEEDLESS.sub("", filled).replace(_EDGE, "")
